//! What surrounds a Mobility Header: octets written by hand, checksums computed by another program over the pseudo-header
//! of RFC 8200 §8.1.

use std::net::Ipv6Addr;

use dmm_codec::Instant;
use dmm_codec::headers::{End, NoWalk, Walk};
use dmm_codec::ndp::ALL_NODES;
use dmm_codec::packet::{Ethernet, IPV6_IN_IPV6, Ipv6, Udp, Vlan, link_local, multicast_mac, slaac};
use pretty_assertions::assert_eq;

const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const NODE: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);

/// RFC 8200 §8.1: "IPv6 receivers must discard UDP packets containing a zero checksum".
#[test]
fn a_datagram_without_its_checksum_or_length_is_none() {
    let datagram = Udp { src_port: 5000, dst_port: 7, payload: b"ping!" };
    let octets = datagram.datagram(NODE, ROUTER);
    // Ports 5000 and 7, 13 octets, checksum of the Python snippet.
    assert_eq!(octets, [&[0x13, 0x88, 0, 7, 0, 13, 0xef, 0x6f], &b"ping!"[..]].concat());
    assert_eq!(Udp::parse(&octets, NODE, ROUTER), Some(datagram));
    assert_eq!(Udp::parse(&octets, NODE, NODE), None, "another pseudo-header");
    assert_eq!(Udp::parse(&octets[..12], NODE, ROUTER), None);
    assert_eq!(Udp::parse(&set(&octets, 5, 12), NODE, ROUTER), None);
    assert_eq!(Udp::parse(&[&octets[..], &[0]].concat(), NODE, ROUTER), None);
    // A payload whose sum comes out as zero is sent with 0xffff, and refused with the zero that means none.
    let payload = (0..=u16::MAX)
        .map(u16::to_be_bytes)
        .find(|payload| {
            Udp { src_port: 1, dst_port: 2, payload }.datagram(NODE, ROUTER)[6..8] == [0xff, 0xff]
        })
        .unwrap();
    let mut octets = Udp { src_port: 1, dst_port: 2, payload: &payload }.datagram(NODE, ROUTER);
    assert!(Udp::parse(&octets, NODE, ROUTER).is_some());
    octets[6..8].fill(0);
    assert_eq!(Udp::parse(&octets, NODE, ROUTER), None);
}

#[test]
fn a_packet_is_as_long_as_its_payload_length_says() {
    let whole = Ipv6::packet(NODE, ROUTER, 59, 64, &[1, 2, 3, 4, 5, 6, 7, 8]);
    let longer = [&whole[..], &[0xff; 6]].concat(); // the padding of a short Ethernet frame
    let packet = Ipv6::parse(&longer).unwrap();
    assert_eq!((packet.src, packet.dst, packet.next_header, packet.hop_limit), (NODE, ROUTER, 59, 64));
    assert_eq!((packet.payload(), packet.octets), (&[1, 2, 3, 4, 5, 6, 7, 8][..], &whole[..]));
    assert_eq!(Ipv6::parse(&whole[..47]), None);
    assert_eq!(Ipv6::parse(&set(&whole, 0, 0x45)), None, "IPv4");
    // A payload length of zero has no payload, whatever follows, and no extension header either.
    let empty = set(&longer, 5, 0);
    let none = Ipv6::parse(&empty).unwrap();
    assert_eq!((none.payload(), none.octets.len()), (&[][..], 40));
    assert_eq!(Ipv6::parse(&set(&empty, 6, 60)), None);
}

#[test]
fn a_payload_stands_behind_all_extension_headers() {
    let options = [0, 0, 1, 4, 0, 0, 0, 0]; // Hop-by-Hop: next is Hop-by-Hop's value, set below; PadN
    let destination = [135, 0, 1, 4, 0, 0, 0, 0]; // Destination Options: next is the Mobility Header
    let chain = [&set(&options, 0, 60)[..], &destination, b"message"].concat();
    let octets = Ipv6::packet(NODE, ROUTER, 0, 64, &chain);
    let packet = Ipv6::parse(&octets).unwrap();
    assert_eq!((packet.next_header, packet.payload_offset, packet.payload()), (135, 56, &b"message"[..]));
}

/// A fragment, ESP and AH hide what they carry: the packet carries them, and is no tunnel and no message.
#[test]
fn what_is_hidden_is_not_handed_out() {
    let inner = Ipv6::packet(NODE, ALL_NODES, 59, 3, b"inner");
    // (next header, the header that hides, where the walk ends)
    let table: &[(u8, Vec<u8>, End)] = &[
        (44, vec![41, 0, 0, 1, 0, 0, 0, 9], End::Fragment(41)), // offset 0, M
        (44, vec![41, 0, 0, 8, 0, 0, 0, 9], End::Fragment(41)), // offset 1
        (50, vec![0, 0, 0, 1, 0, 0, 0, 1], End::Encrypted),
        (51, vec![41, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1], End::Authenticated(41)),
    ];
    for (kind, header, end) in table {
        let hidden = [&header[..], &inner].concat();
        let behind_options = [&[*kind, 0, 1, 4, 0, 0, 0, 0][..], &hidden].concat();
        for octets in [
            Ipv6::packet(NODE, ROUTER, *kind, 64, &hidden),
            Ipv6::packet(NODE, ROUTER, 60, 64, &behind_options),
        ] {
            let packet = Ipv6::parse(&octets).unwrap();
            assert_eq!((packet.next_header, packet.payload()), (*kind, &hidden[..]));
            assert_eq!(packet.inner(), None);
            assert!(packet.forwarded().is_some(), "a router passes it on");
            assert_eq!(Walk::new(&octets).unwrap().end(), *end);
        }
    }
    // RFC 6946: a fragment that is the whole packet.
    let atomic = [&[41, 0, 0, 0, 0, 0, 0, 9][..], &inner].concat();
    let octets = Ipv6::packet(NODE, ROUTER, 44, 64, &atomic);
    assert_eq!(Ipv6::parse(&octets).unwrap().inner().unwrap().octets, inner);
}

/// RFC 6275 §6.1.1 and RFC 8200 §8.1: a home address and the final destination are in the sum, not the addresses of the
/// header.
#[test]
fn a_checksum_covers_the_home_address_and_the_final_destination() {
    let home: Ipv6Addr = "2001:db8:7::7".parse().unwrap();
    let home_address = [&[135, 2, 1, 2, 0, 0, 201, 16][..], &home.octets()].concat();
    let type_2 = [&[135, 2, 2, 1, 0, 0, 0, 0][..], &home.octets()].concat();
    let there_already = [&[135, 2, 2, 0, 0, 0, 0, 0][..], &home.octets()].concat();
    let segments = [&[135, 4, 4, 1, 1, 0, 0, 0][..], &home.octets(), &ROUTER.octets()].concat();
    for (kind, header, summed) in [
        (60, &home_address, (home, ROUTER)),
        (43, &type_2, (NODE, home)),
        (43, &there_already, (NODE, ROUTER)),
        (43, &segments, (NODE, home)),
    ] {
        let octets = Ipv6::packet(NODE, ROUTER, kind, 64, &[&header[..], b"message"].concat());
        let packet = Ipv6::parse(&octets).unwrap();
        assert_eq!((packet.summed, packet.payload()), (summed, &b"message"[..]), "{header:?}");
        assert_eq!((packet.src, packet.dst), (NODE, ROUTER));
    }
}

#[test]
fn a_packet_that_ends_within_its_headers_or_has_them_out_of_order_is_none() {
    for (kind, headers) in [
        (60, &[135, 9, 0, 0, 0, 0, 0, 0][..]),
        (60, &[135, 0, 0]),
        (44, &[135, 0, 0, 0, 0, 0, 0]),
        (0, &[]),
        (51, &[]),
        (60, &[0, 0, 1, 4, 0, 0, 0, 0, 59, 0, 1, 4, 0, 0, 0, 0]), // hop-by-hop options behind destination options
    ] {
        assert_eq!(Ipv6::parse(&Ipv6::packet(NODE, ROUTER, kind, 64, headers)), None, "{kind}: {headers:?}");
    }
    assert_eq!(Walk::new(&[0x60; 39]).err(), Some(NoWalk::Cut));
    assert_eq!(Walk::new(&[0x45; 40]).err(), Some(NoWalk::NotIpv6));
    // As far as it was captured, and no further than it says.
    let octets = Ipv6::packet(NODE, ROUTER, 59, 64, b"12345678");
    let cut = Walk::new(&octets[..44]).unwrap();
    assert_eq!((cut.is_whole, cut.behind()), (false, (59, &b"1234"[..])));
}

#[test]
fn vlan_tags_are_gone_through_one_by_one() {
    let octets = [0xe0, 7, 0x81, 0, 0x20, 9, 0x86, 0xdd, 1, 2];
    let outer = Vlan::parse(0x88a8, &octets).unwrap();
    assert_eq!((outer.id, outer.ether_type), (7, 0x8100));
    let inner = Vlan::parse(outer.ether_type, outer.payload).unwrap();
    assert_eq!((inner.id, inner.ether_type, inner.payload), (9, Ethernet::IPV6, &[1, 2][..]));
    assert_eq!(Vlan::parse(Ethernet::IPV6, &octets), None);
    assert_eq!(Vlan::parse(0x8100, &octets[..3]), None);
}

#[test]
fn a_tunnelled_packet_is_inside_its_outer_one() {
    let inner = Ipv6::packet(NODE, ALL_NODES, 59, 3, b"inner");
    let outer = Ipv6::packet(ROUTER, NODE, IPV6_IN_IPV6, 64, &inner);
    let packet = Ipv6::parse(&outer).unwrap();
    assert_eq!(packet.inner().unwrap().octets, inner);
    assert_eq!(packet.inner().unwrap().inner(), None);
}

#[test]
fn a_router_counts_the_hop_limit_down_and_stops_at_zero() {
    for (before, after) in [(64, Some(63)), (2, Some(1)), (1, None), (0, None)] {
        let octets = Ipv6::packet(NODE, ROUTER, 59, before, b"x");
        let forwarded = Ipv6::parse(&octets).unwrap().forwarded();
        assert_eq!(forwarded, after.map(|left| set(&octets, 7, left)));
    }
}

#[test]
fn a_frame_is_read_as_it_was_written() {
    let (src, dst) = ([2, 0, 0, 0, 0, 1], multicast_mac(ALL_NODES));
    let octets = Ethernet::frame(src, dst, b"packet");
    assert_eq!(octets, [&[0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x86, 0xdd], &b"packet"[..]].concat());
    let expected = Ethernet { src, dst, ether_type: Ethernet::IPV6, payload: b"packet" };
    assert_eq!(Ethernet::parse(&octets), Some(expected));
    assert_eq!(Ethernet::parse(&octets[..13]), None);
}

/// RFC 4291 appendix A: the universal/local bit is inverted, 0xfffe goes between.
#[test]
fn addresses_are_formed_from_a_mac_address() {
    let mac = [0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde];
    assert_eq!(link_local(mac), "fe80::3656:78ff:fe9a:bcde".parse::<Ipv6Addr>().unwrap());
    let prefix = [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2];
    assert_eq!(slaac(prefix, mac), "2001:db8:1:2:3656:78ff:fe9a:bcde".parse::<Ipv6Addr>().unwrap());
}

/// RFC 5213 §8.8: 48 bits of seconds, 16 bits of 1/65536 s.
#[test]
fn a_point_in_time_becomes_a_timestamp() {
    let half_past = Instant::from_nanos(1_767_225_600_500_000_000);
    assert_eq!(half_past.timestamp().0, 0x0000_6955_b900_8000);
    assert_eq!(half_past.timestamp().to_string(), "1767225600.500000");
    assert_eq!(half_past.to_string(), "1767225600.500000");
    assert_eq!(Instant::from_secs(u64::MAX), Instant::from_nanos(u64::MAX), "the end of time, not a panic");
}

fn set(octets: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut octets = octets.to_vec();
    octets[at] = value;
    octets
}
