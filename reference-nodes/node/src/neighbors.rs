//! What a node's access link says and is answered, without the link: Router Solicitations and tests for duplicate
//! addresses show that a mobile node is there; Neighbor Solicitations for its DLIFs are answered by each DLIF itself
//! (R3.7.17).

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

use dmm_codec::ndp::{
    ALL_NODES, ND_HOP_LIMIT, NEIGHBOR_SOLICITATION, NeighborAdvertisement, NeighborFlags,
    NeighborSolicitation, ROUTER_SOLICITATION, RouterSolicitation,
};
use dmm_codec::packet::{Ethernet, ICMPV6, Ipv6, Mac};
use dmm_dataplane::{DlifId, Entry, Op};
use dmm_proto::{Advertise, LinkEvent};

use crate::config::AttachOn;

/// The DLIFs of an access link (RFC 8885 §3.7), and how attachment is noticed there.
#[derive(Clone, Debug)]
pub struct Neighbors {
    attach_on: AttachOn,
    /// By mobile node and link-local address: all MAGs of a domain have one address (RFC 6543), and DLIFs are each one
    /// mobile node's.
    dlifs: BTreeMap<(Mac, Ipv6Addr), Mac>,
    /// Who has DLIFs from before a restart, and has not shown up since.
    unseen: BTreeSet<Mac>,
}

/// What a frame on the access link means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What the state machine is to know.
    pub event: Option<LinkEvent>,
    /// The frame that answers.
    pub answer: Option<Vec<u8>>,
}

impl Neighbors {
    /// No DLIF yet.
    pub fn new(attach_on: AttachOn) -> Self {
        Self { attach_on, dlifs: BTreeMap::new(), unseen: BTreeSet::new() }
    }

    /// A mobile node was served before a restart: whether it is still there shows.
    pub fn restored(&mut self, mobile: Mac) {
        self.unseen.insert(mobile);
    }

    /// A mobile node has shown up.
    pub fn seen(&mut self, mobile: Mac) {
        self.unseen.remove(&mobile);
    }

    /// Takes note of a forwarding order that was carried out.
    pub fn ordered(&mut self, op: &Op) {
        match *op {
            Op::Ensure(Entry::Dlif { dlif: DlifId { mobile, .. }, link_local, mac }) => {
                self.dlifs.insert((mobile, link_local), mac);
            }
            Op::Remove(Entry::Dlif { dlif: DlifId { mobile, .. }, link_local, .. }) => {
                self.dlifs.remove(&(mobile, link_local));
            }
            _ => {}
        }
    }

    /// Whether a mobile node has a DLIF here and has shown up: it is served.
    pub fn serves(&self, mobile: Mac) -> bool {
        let mut dlifs = self.dlifs.range((mobile, Ipv6Addr::UNSPECIFIED)..);
        dlifs.next().is_some_and(|((mac, _), _)| *mac == mobile) && !self.unseen.contains(&mobile)
    }

    /// Reads a frame.
    pub fn heard(&self, frame: &[u8]) -> Heard {
        let Some(frame) = Ethernet::parse(frame).filter(|frame| frame.ether_type == Ethernet::IPV6) else {
            return Heard::default();
        };
        let Some(packet) = Ipv6::parse(frame.payload) else { return Heard::default() };
        let mobile = frame.src;
        if let Some(asked) = neighbor_solicitation(&packet) {
            let answer = self
                .dlifs
                .get(&(mobile, asked.target))
                .map(|mac| answer(*mac, mobile, &packet, asked.target));
            let tests_itself = packet.src.is_unspecified() && asked.target.is_unicast_link_local();
            // Its address may turn out to be taken, so it has none yet.
            let event = (tests_itself && self.attach_on != AttachOn::Admin && answer.is_none())
                .then_some(LinkEvent::Solicited { mobile, src: Ipv6Addr::UNSPECIFIED });
            return Heard { event, answer };
        }
        let solicited = |src| Some(LinkEvent::Solicited { mobile, src });
        let event = match self.attach_on {
            AttachOn::Admin => None,
            _ if is_router_solicitation(&packet) => solicited(packet.src),
            AttachOn::AnyFrame if !self.serves(mobile) => {
                let link_local = packet.src.is_unicast_link_local();
                solicited(if link_local { packet.src } else { Ipv6Addr::UNSPECIFIED })
            }
            _ => None,
        };
        Heard { event, answer: None }
    }
}

/// Whether a frame can matter to [`Neighbors::heard`]: what can be told without knowing DLIFs, so that user traffic need
/// not reach the loop.
pub fn matters(frame: &[u8], attach_on: AttachOn) -> bool {
    let Some(frame) = Ethernet::parse(frame).filter(|frame| frame.ether_type == Ethernet::IPV6) else {
        return false;
    };
    if attach_on == AttachOn::AnyFrame {
        return true;
    }
    let packet = Ipv6::parse(frame.payload);
    packet.is_some_and(|packet| {
        let kind = packet.payload().first().copied();
        packet.next_header == ICMPV6
            && (kind == Some(ROUTER_SOLICITATION) || kind == Some(NEIGHBOR_SOLICITATION))
    })
}

/// The frame of a Router Advertisement (RFC 8885 §3.7), unicast on the link (RFC 6085).
pub fn advertisement(order: &Advertise) -> Vec<u8> {
    let octets = order.advertisement.encode(order.src, order.dst);
    let packet = Ipv6::packet(order.src, order.dst, ICMPV6, ND_HOP_LIMIT, &octets);
    Ethernet::frame(order.src_mac, order.dst_mac, &packet)
}

fn is_router_solicitation(packet: &Ipv6<'_>) -> bool {
    let &Ipv6 { src, dst, hop_limit, .. } = packet;
    packet.next_header == ICMPV6 && RouterSolicitation::parse(packet.payload(), src, dst, hop_limit).is_ok()
}

fn neighbor_solicitation(packet: &Ipv6<'_>) -> Option<NeighborSolicitation> {
    let &Ipv6 { src, dst, hop_limit, .. } = packet;
    if packet.next_header != ICMPV6 {
        return None;
    }
    NeighborSolicitation::parse(packet.payload(), src, dst, hop_limit).ok()
}

/// RFC 4861 §7.2.4: solicited unless the mobile node has no address to answer to, which then tests the DLIF's own.
fn answer(mac: Mac, mobile: Mac, packet: &Ipv6<'_>, target: Ipv6Addr) -> Vec<u8> {
    let (dst, solicited) = match packet.src {
        Ipv6Addr::UNSPECIFIED => (ALL_NODES, NeighborFlags(0)),
        src => (src, NeighborFlags::S),
    };
    let flags = NeighborFlags::R | NeighborFlags::O | solicited;
    let advertisement = NeighborAdvertisement { flags, target, target_mac: Some(mac) };
    let octets = advertisement.encode(target, dst);
    let packet = Ipv6::packet(target, dst, ICMPV6, ND_HOP_LIMIT, &octets);
    Ethernet::frame(mac, mobile, &packet)
}

#[cfg(test)]
mod tests {
    use dmm_codec::ndp::{ALL_ROUTERS, solicited_node};
    use dmm_codec::packet::{UDP, link_local, multicast_mac};

    use super::*;

    const MOBILE: Mac = [2, 0, 0x5e, 0x10, 0, 1];
    const DLIF: Mac = [2, 1, 2, 3, 4, 5];

    fn dlif(op: fn(Entry) -> Op) -> Op {
        let dlif = DlifId { mobile: MOBILE, anchor: "2001:db8::1".parse().unwrap() };
        op(Entry::Dlif { dlif, link_local: link_local(DLIF), mac: DLIF })
    }

    fn frame(src: Ipv6Addr, dst: Ipv6Addr, next_header: u8, octets: &[u8]) -> Vec<u8> {
        let packet = Ipv6::packet(src, dst, next_header, ND_HOP_LIMIT, octets);
        Ethernet::frame(MOBILE, multicast_mac(dst), &packet)
    }

    fn ask(src: Ipv6Addr, target: Ipv6Addr) -> Vec<u8> {
        let dst = solicited_node(target);
        let source_mac = (!src.is_unspecified()).then_some(MOBILE);
        frame(src, dst, ICMPV6, &NeighborSolicitation { target, source_mac }.encode(src, dst))
    }

    fn solicit(src: Ipv6Addr) -> Vec<u8> {
        let octets = RouterSolicitation { source_mac: None }.encode(src, ALL_ROUTERS);
        frame(src, ALL_ROUTERS, ICMPV6, &octets)
    }

    #[test]
    fn each_dlif_answers_for_its_own_address_and_for_its_own_mobile_node() {
        let mut neighbors = Neighbors::new(AttachOn::Solicitation);
        let asked = ask(link_local(MOBILE), link_local(DLIF));
        assert_eq!(neighbors.heard(&asked), Heard::default(), "there is no such DLIF yet");
        neighbors.ordered(&dlif(Op::Ensure));
        assert!(neighbors.serves(MOBILE));

        let answer = neighbors.heard(&asked).answer.expect("the DLIF answers");
        let answer = Ethernet::parse(&answer).unwrap();
        assert_eq!((answer.src, answer.dst), (DLIF, MOBILE));
        let packet = Ipv6::parse(answer.payload).unwrap();
        let Ipv6 { src, dst, hop_limit, .. } = packet;
        let said = NeighborAdvertisement::parse(packet.payload(), src, dst, hop_limit).unwrap();
        assert_eq!(said.target_mac, Some(DLIF));
        assert_eq!(said.flags, NeighborFlags::R | NeighborFlags::S | NeighborFlags::O);

        let mut stranger = asked.clone();
        stranger[6..12].copy_from_slice(&[2, 9, 9, 9, 9, 9]);
        assert_eq!(neighbors.heard(&stranger), Heard::default(), "another's DLIF is not there for it");
        neighbors.ordered(&dlif(Op::Remove));
        assert_eq!(neighbors.heard(&asked), Heard::default());
    }

    #[test]
    fn what_shows_that_a_mobile_node_is_there_is_configured() {
        let own = link_local(MOBILE);
        let here = |src| Some(LinkEvent::Solicited { mobile: MOBILE, src });
        let unspecified = Ipv6Addr::UNSPECIFIED;
        let (solicits, tests) = (solicit(own), ask(unspecified, own));
        let global: Ipv6Addr = "2001:db8:a001::1".parse().unwrap();
        let (tests_global, sends) = (ask(unspecified, global), frame(own, global, UDP, b"12345678"));
        for (attach_on, expected) in [
            (AttachOn::Solicitation, [here(own), here(unspecified), None, None]),
            (AttachOn::AnyFrame, [here(own), here(unspecified), None, here(own)]),
            (AttachOn::Admin, [None; 4]),
        ] {
            let neighbors = Neighbors::new(attach_on);
            let heard = [&solicits, &tests, &tests_global, &sends].map(|frame| neighbors.heard(frame).event);
            assert_eq!(heard, expected, "{attach_on:?}");
        }
        let mut served = Neighbors::new(AttachOn::AnyFrame);
        served.ordered(&dlif(Op::Ensure));
        assert_eq!(served.heard(&sends).event, None, "it is served already");
        served.restored(MOBILE);
        assert_eq!(served.heard(&sends).event, here(own), "it was served before a restart");
        served.seen(MOBILE);
        assert_eq!(served.heard(&sends).event, None);
    }

    #[test]
    fn user_traffic_and_other_protocols_do_not_reach_the_loop() {
        let sends = frame(link_local(MOBILE), ALL_NODES, UDP, b"12345678");
        let mut ipv4 = sends.clone();
        ipv4[12..14].copy_from_slice(&[0x08, 0x00]);
        assert!(matters(&solicit(link_local(MOBILE)), AttachOn::Solicitation));
        assert!(!matters(&sends, AttachOn::Solicitation) && matters(&sends, AttachOn::AnyFrame));
        assert!(!matters(&ipv4, AttachOn::AnyFrame) && !matters(&[1, 2, 3], AttachOn::AnyFrame));
    }
}
