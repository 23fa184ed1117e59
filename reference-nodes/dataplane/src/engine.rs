//! Forwarding in memory: what a MAAR does with a packet, given its plane.

use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::packet::{HOP_LIMIT, IPV6_IN_IPV6, Ipv6, Mac};
use ipnet::Ipv6Net;

use crate::{Dataplane, DlifId, Entry, Op, OpFailure, OpId, Plane};

/// A MAAR's forwarding, in memory.
#[derive(Clone, Debug)]
pub struct Engine {
    address: Ipv6Addr,
    plane: Plane,
    done: VecDeque<OpId>,
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forward {
    /// It leaves on the core side.
    Core(Vec<u8>),
    /// It goes to the mobile node.
    Link {
        /// Through this interface,
        dlif: DlifId,
        /// whose MAC address is this.
        mac: Mac,
        /// The packet.
        packet: Vec<u8>,
    },
    /// It is for the MAAR itself.
    Local,
    /// It goes nowhere.
    Drop(DropReason),
}

/// Why a packet goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// Not an IPv6 packet, or not a whole one.
    Malformed,
    /// Its hop limit is used up.
    HopLimit,
    /// Nothing leads to its destination.
    NoRoute,
    /// It came from where its source does not belong.
    Source,
}

/// Where a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Core,
    Link,
    Tunnel(Ipv6Addr),
}

impl Engine {
    /// The forwarding of the MAAR with this address, which tunnels start and end at.
    pub fn new(address: Ipv6Addr) -> Self {
        Self { address, plane: Plane::new(), done: VecDeque::new() }
    }

    /// A packet that came from the core.
    pub fn from_core(&self, packet: &[u8]) -> Forward {
        self.forward(packet, Origin::Core)
    }

    /// A packet that came from a mobile node on the access link.
    pub fn from_link(&self, packet: &[u8]) -> Forward {
        self.forward(packet, Origin::Link)
    }

    /// Whether a DLIF towards this mobile node has this MAC address.
    pub fn has_dlif(&self, mac: Mac, mobile: Mac) -> bool {
        let is_it = |entry: &Entry| matches!(entry, Entry::Dlif { dlif, mac: of, .. } if *of == mac && dlif.mobile == mobile);
        self.plane.iter().any(is_it)
    }

    fn forward(&self, octets: &[u8], from: Origin) -> Forward {
        let Some(packet) = Ipv6::parse(octets) else { return Forward::Drop(DropReason::Malformed) };
        if packet.dst == self.address {
            return self.arrived(&packet, from);
        }
        let Some(octets) = packet.forwarded() else { return Forward::Drop(DropReason::HopLimit) };
        match from {
            // RFC 8885 §3.2: "MAAR2 routes uplink packets with Pref1 through the tunnel", R3.2.13.
            Origin::Link => {
                if let Some(remote) = self.source_route(packet.src) {
                    return Forward::Core(self.encapsulate(remote, &octets));
                }
                if self.on_link(packet.src).is_none() {
                    return Forward::Drop(DropReason::Source);
                }
            }
            // Only what belongs to a prefix that the other end serves may come out of its tunnel uplink; what goes
            // on to a mobile node here is judged by its destination below.
            Origin::Tunnel(remote) => {
                let uplink = self.tunnel_route(packet.src) == Some(remote);
                let downlink = self.on_link(packet.dst).is_some();
                if !uplink && !downlink {
                    return Forward::Drop(DropReason::Source);
                }
            }
            Origin::Core => {}
        }
        if let Some((dlif, mac)) = self.on_link(packet.dst) {
            return Forward::Link { dlif, mac, packet: octets };
        }
        // RFC 8885 §3.2 step 2, R3.2.12: downlink through the tunnel to the S-MAAR.
        if let Some(remote) = self.tunnel_route(packet.dst) {
            return Forward::Core(self.encapsulate(remote, &octets));
        }
        match from {
            Origin::Core => Forward::Drop(DropReason::NoRoute),
            Origin::Link | Origin::Tunnel(_) => Forward::Core(octets),
        }
    }

    fn arrived(&self, packet: &Ipv6<'_>, from: Origin) -> Forward {
        if packet.next_header != IPV6_IN_IPV6 {
            return Forward::Local;
        }
        let from_peer = from == Origin::Core && self.plane.contains(&Entry::Tunnel { remote: packet.src });
        match packet.inner() {
            Some(inner) if from_peer => self.forward(inner.octets, Origin::Tunnel(packet.src)),
            Some(_) => Forward::Drop(DropReason::Source),
            None => Forward::Drop(DropReason::Malformed),
        }
    }

    fn encapsulate(&self, remote: Ipv6Addr, packet: &[u8]) -> Vec<u8> {
        Ipv6::packet(self.address, remote, IPV6_IN_IPV6, HOP_LIMIT, packet)
    }

    fn source_route(&self, address: Ipv6Addr) -> Option<Ipv6Addr> {
        self.longest(address, |entry| match entry {
            Entry::SourceRoute { prefix, remote } => Some((prefix, remote)),
            _ => None,
        })
    }

    fn tunnel_route(&self, address: Ipv6Addr) -> Option<Ipv6Addr> {
        self.longest(address, |entry| match entry {
            Entry::TunnelRoute { prefix, remote } => Some((prefix, remote)),
            _ => None,
        })
    }

    fn on_link(&self, address: Ipv6Addr) -> Option<(DlifId, Mac)> {
        let found = self.longest(address, |entry| match entry {
            Entry::OnLink { prefix, dlif } => Some((prefix, dlif)),
            _ => None,
        })?;
        self.plane.iter().find_map(|entry| match *entry {
            Entry::Dlif { dlif, mac, .. } if dlif == found => Some((dlif, mac)),
            _ => None,
        })
    }

    /// The value of the entry with the longest prefix that holds the address.
    fn longest<T>(&self, address: Ipv6Addr, part: impl Fn(Entry) -> Option<(Ipv6Net, T)>) -> Option<T> {
        let matching =
            self.plane.iter().filter_map(|e| part(*e)).filter(|(prefix, _)| prefix.contains(&address));
        matching.max_by_key(|(prefix, _)| prefix.prefix_len()).map(|(_, value)| value)
    }
}

impl Dataplane for Engine {
    fn submit(&mut self, id: OpId, op: Op) {
        match op {
            Op::Ensure(entry) => self.plane.insert(entry),
            Op::Remove(entry) => self.plane.remove(&entry),
        };
        self.done.push_back(id);
    }

    fn poll_done(&mut self) -> Option<(OpId, Result<(), OpFailure>)> {
        self.done.pop_front().map(|id| (id, Ok(())))
    }

    fn snapshot(&self) -> Plane {
        self.plane.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAAR1: &str = "2001:db8:100::1";
    const MAAR2: &str = "2001:db8:100::2";
    const CN: &str = "2001:db8:ffff::1";
    const MN: &str = "2001:db8:1::5";

    fn addr(text: &str) -> Ipv6Addr {
        text.parse().unwrap()
    }

    fn engine(address: &str, entries: impl IntoIterator<Item = Entry>) -> Engine {
        let mut engine = Engine::new(addr(address));
        for (id, entry) in entries.into_iter().enumerate() {
            engine.submit(OpId(id as u64), Op::Ensure(entry));
        }
        engine
    }

    fn packet(src: &str, dst: &str, hop_limit: u8) -> Vec<u8> {
        Ipv6::packet(addr(src), addr(dst), 17, hop_limit, b"user data")
    }

    fn anchoring() -> Engine {
        let (prefix, remote) = ("2001:db8:1::/64".parse().unwrap(), addr(MAAR2));
        engine(MAAR1, [Entry::Tunnel { remote }, Entry::TunnelRoute { prefix, remote }])
    }

    fn serving() -> Engine {
        let (prefix, remote) = ("2001:db8:1::/64".parse().unwrap(), addr(MAAR1));
        let dlif = DlifId { mobile: [2; 6], anchor: remote };
        engine(
            MAAR2,
            [
                Entry::Tunnel { remote },
                Entry::Dlif { dlif, link_local: addr("fe80::1"), mac: [4; 6] },
                Entry::SourceRoute { prefix, remote },
                Entry::OnLink { prefix, dlif },
            ],
        )
    }

    #[test]
    fn downlink_goes_through_the_tunnel_to_the_mobile_node() {
        let Forward::Core(outer) = anchoring().from_core(&packet(CN, MN, 60)) else {
            panic!("not tunnelled")
        };
        let seen = Ipv6::parse(&outer).unwrap();
        assert_eq!((seen.src, seen.dst, seen.next_header), (addr(MAAR1), addr(MAAR2), IPV6_IN_IPV6));

        let Forward::Link { mac, packet: inner, .. } = serving().from_core(&outer) else {
            panic!("not delivered")
        };
        assert_eq!(mac, [4; 6]);
        assert_eq!(inner, packet(CN, MN, 58), "two routers passed it on");
    }

    #[test]
    fn uplink_goes_through_the_tunnel_and_on_to_the_core() {
        let Forward::Core(outer) = serving().from_link(&packet(MN, CN, 60)) else { panic!("not tunnelled") };
        assert_eq!(anchoring().from_core(&outer), Forward::Core(packet(MN, CN, 58)));
    }

    #[test]
    fn what_does_not_belong_where_it_came_from_is_dropped() {
        let stranger = Ipv6::packet(addr(CN), addr(MAAR1), IPV6_IN_IPV6, 64, &packet(MN, CN, 60));
        let spoofed =
            Ipv6::packet(addr(MAAR2), addr(MAAR1), IPV6_IN_IPV6, 64, &packet("2001:db8:9::9", CN, 60));
        let cut = Ipv6::packet(addr(MAAR2), addr(MAAR1), IPV6_IN_IPV6, 64, &[0x60; 8]);
        let cases = [
            ("a tunnel packet of a stranger", anchoring().from_core(&stranger), DropReason::Source),
            ("a tunnel packet with a foreign source", anchoring().from_core(&spoofed), DropReason::Source),
            ("a tunnel packet without a packet", anchoring().from_core(&cut), DropReason::Malformed),
            (
                "a foreign source on the link",
                serving().from_link(&packet("2001:db8:9::9", CN, 60)),
                DropReason::Source,
            ),
            ("no route", anchoring().from_core(&packet(CN, "2001:db8:9::9", 60)), DropReason::NoRoute),
            ("hop limit 1", anchoring().from_core(&packet(CN, MN, 1)), DropReason::HopLimit),
            ("no packet", anchoring().from_core(b"?"), DropReason::Malformed),
        ];
        for (what, found, expected) in cases {
            assert_eq!(found, Forward::Drop(expected), "{what}");
        }
    }

    #[test]
    fn signalling_is_for_the_maar_itself() {
        assert_eq!(anchoring().from_core(&packet(CN, MAAR1, 1)), Forward::Local);
    }
}
