//! What a frame means to the tester's stations, without the interface: whom it is for, which neighbour it tells of, and what
//! the station answers at once, as any IPv6 node does.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use dmm_codec::icmp::repair_checksum;
use dmm_codec::ndp::{
    ALL_NODES, ND_HOP_LIMIT, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION, NeighborAdvertisement,
    NeighborFlags, NeighborSolicitation, solicited_node,
};
use dmm_codec::packet::{Ethernet, HOP_LIMIT, ICMPV6, Ipv6, Mac, multicast_mac};

/// ICMPv6 Type of Echo Request (RFC 4443 §4.1).
const ECHO_REQUEST: u8 = 128;
/// ICMPv6 Type of Echo Reply (RFC 4443 §4.2).
pub(crate) const ECHO_REPLY: u8 = 129;
/// Type, Code, Checksum, Identifier and Sequence Number.
const ECHO_HEADER: usize = 8;

/// The tester's addresses on the link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stations(BTreeMap<Ipv6Addr, Mac>);

/// What a frame means.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The frame that answers.
    pub(crate) answer: Option<Vec<u8>>,
    /// Who has said where it is.
    pub(crate) neighbor: Option<(Ipv6Addr, Mac)>,
    /// The station that it is for.
    pub(crate) station: Option<Ipv6Addr>,
    /// Whether it is for every node of the link.
    pub(crate) is_to_all: bool,
}

impl Stations {
    pub(crate) fn add(&mut self, addr: Ipv6Addr, mac: Mac) {
        self.0.insert(addr, mac);
    }

    pub(crate) fn remove(&mut self, addr: Ipv6Addr) {
        self.0.remove(&addr);
    }

    pub(crate) fn heard(&self, frame: &[u8]) -> Heard {
        let Some(ethernet) = Ethernet::parse(frame).filter(|it| it.ether_type == Ethernet::IPV6) else {
            return Heard::default();
        };
        let Some(packet) = Ipv6::parse(ethernet.payload) else { return Heard::default() };
        let Ipv6 { src, dst, hop_limit, .. } = packet;
        let kind = packet.payload().first().filter(|_| packet.next_header == ICMPV6).copied();
        match kind {
            Some(NEIGHBOR_SOLICITATION) => {
                let asked = NeighborSolicitation::parse(packet.payload(), src, dst, hop_limit).ok();
                let mac = asked.as_ref().and_then(|asked| self.0.get(&asked.target));
                let answer =
                    asked.as_ref().zip(mac).map(|(asked, mac)| here(*mac, asked.target, src, ethernet.src));
                Heard { answer, ..Heard::default() }
            }
            Some(NEIGHBOR_ADVERTISEMENT) => {
                let said = NeighborAdvertisement::parse(packet.payload(), src, dst, hop_limit).ok();
                let neighbor = said.map(|said| (said.target, said.target_mac.unwrap_or(ethernet.src)));
                Heard { neighbor, ..Heard::default() }
            }
            Some(ECHO_REQUEST) => {
                let mac = self.0.get(&dst);
                let answer = mac.and_then(|mac| {
                    let reply = echo(ECHO_REPLY, packet.payload().get(4..)?, dst, src);
                    let packet = Ipv6::packet(dst, src, ICMPV6, HOP_LIMIT, &reply);
                    Some(Ethernet::frame(*mac, ethernet.src, &packet))
                });
                Heard { answer, ..Heard::default() }
            }
            _ => {
                let station = self.0.contains_key(&dst).then_some(dst);
                Heard { station, is_to_all: dst == ALL_NODES, ..Heard::default() }
            }
        }
    }
}

/// A Neighbor Solicitation of a station.
pub(crate) fn ask(addr: Ipv6Addr, mac: Mac, target: Ipv6Addr) -> Vec<u8> {
    let dst = solicited_node(target);
    let octets = NeighborSolicitation { target, source_mac: Some(mac) }.encode(addr, dst);
    Ethernet::frame(mac, multicast_mac(dst), &Ipv6::packet(addr, dst, ICMPV6, ND_HOP_LIMIT, &octets))
}

/// An Echo Request with this number.
pub(crate) fn ping(number: u16, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    echo(ECHO_REQUEST, &[0x7e, 0x57, high, low], src, dst)
}

/// The number of an Echo Reply to [`ping`].
pub(crate) fn pong(octets: &[u8]) -> Option<u16> {
    match octets.get(..ECHO_HEADER)? {
        [ECHO_REPLY, 0, _, _, 0x7e, 0x57, high, low] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

fn echo(kind: u8, behind_checksum: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let mut octets = [&[kind, 0, 0, 0], behind_checksum].concat();
    repair_checksum(&mut octets, src, dst);
    octets
}

/// RFC 4861 §7.2.4: solicited, unless who asks has no address yet.
fn here(mac: Mac, target: Ipv6Addr, asker: Ipv6Addr, asker_mac: Mac) -> Vec<u8> {
    let (dst, dst_mac, solicited) = match asker {
        Ipv6Addr::UNSPECIFIED => (ALL_NODES, multicast_mac(ALL_NODES), NeighborFlags(0)),
        asker => (asker, asker_mac, NeighborFlags::S),
    };
    let advertisement =
        NeighborAdvertisement { flags: NeighborFlags::O | solicited, target, target_mac: Some(mac) };
    let octets = advertisement.encode(target, dst);
    Ethernet::frame(mac, dst_mac, &Ipv6::packet(target, dst, ICMPV6, ND_HOP_LIMIT, &octets))
}

#[cfg(test)]
mod tests {
    use dmm_codec::checksum::checksum;
    use dmm_codec::packet::{MOBILITY_HEADER, link_local};

    use super::*;

    const MAC: Mac = [2, 0x7e, 0x57, 0, 0, 1];
    const PEER: Mac = [2, 0, 0, 0, 0, 0xcd];

    fn addr(last: u16) -> Ipv6Addr {
        Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0x7e57, last)
    }

    fn stations() -> Stations {
        let mut stations = Stations::default();
        stations.add(addr(1), MAC);
        stations
    }

    #[test]
    fn a_station_answers_for_its_own_address_from_its_own_mac() {
        let asker = link_local(PEER);
        let answer = stations().heard(&ask(asker, PEER, addr(1))).answer.expect("it is there");
        let said = stations().heard(&answer);
        assert_eq!(said.neighbor, Some((addr(1), MAC)));
        let frame = Ethernet::parse(&answer).expect("a frame");
        assert_eq!((frame.src, frame.dst), (MAC, PEER));
        assert_eq!(stations().heard(&ask(asker, PEER, addr(2))), Heard::default(), "nobody is there");
    }

    #[test]
    fn who_tests_an_address_for_duplicates_is_told_on_all_nodes() {
        let dst = solicited_node(addr(1));
        let octets =
            NeighborSolicitation { target: addr(1), source_mac: None }.encode(Ipv6Addr::UNSPECIFIED, dst);
        let packet = Ipv6::packet(Ipv6Addr::UNSPECIFIED, dst, ICMPV6, ND_HOP_LIMIT, &octets);
        let answer =
            stations().heard(&Ethernet::frame(PEER, multicast_mac(dst), &packet)).answer.expect("taken");
        let frame = Ethernet::parse(&answer).expect("a frame");
        assert_eq!(
            (frame.dst, Ipv6::parse(frame.payload).expect("a packet").dst),
            (multicast_mac(ALL_NODES), ALL_NODES)
        );
    }

    #[test]
    fn an_echo_comes_back_with_its_number_and_a_right_checksum() {
        let request = Ipv6::packet(addr(9), addr(1), ICMPV6, HOP_LIMIT, &ping(513, addr(9), addr(1)));
        let answer = stations().heard(&Ethernet::frame(PEER, MAC, &request)).answer.expect("an echo");
        let packet = Ipv6::parse(Ethernet::parse(&answer).expect("a frame").payload).expect("a packet");
        assert_eq!((pong(packet.payload()), packet.dst), (Some(513), addr(9)));
        assert_eq!(checksum(packet.src, packet.dst, ICMPV6, packet.payload()), 0);
    }

    #[test]
    fn octets_that_no_rfc_allows_are_survived() {
        let asker = link_local(PEER);
        let request = Ipv6::packet(addr(9), addr(1), ICMPV6, HOP_LIMIT, &ping(1, addr(9), addr(1)));
        for frame in [ask(asker, PEER, addr(1)), Ethernet::frame(PEER, MAC, &request)] {
            for length in 0..frame.len() {
                assert_eq!(stations().heard(&frame[..length]).answer, None, "cut after {length}");
            }
            for at in 0..frame.len() {
                for octet in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                    let mut wrong = frame.clone();
                    wrong[at] = octet;
                    // Whatever it says: no answer is longer than what was asked, but for a Target Link-layer Address.
                    let answer = stations().heard(&wrong).answer;
                    assert!(
                        answer.is_none_or(|answer| answer.len() <= frame.len() + 8),
                        "{octet:#x} at {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_for_a_station_is_told_from_what_only_comes_by() {
        let to = |dst| {
            Ethernet::frame(PEER, MAC, &Ipv6::packet(addr(9), dst, MOBILITY_HEADER, HOP_LIMIT, &[0; 8]))
        };
        assert_eq!(stations().heard(&to(addr(1))).station, Some(addr(1)));
        assert_eq!(stations().heard(&to(addr(2))), Heard::default());
        assert_eq!(stations().heard(&to(addr(1))[..30]), Heard::default(), "cut short");
    }
}
