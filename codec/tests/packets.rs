//! What surrounds a Mobility Header, and Neighbor Discovery: octets written by hand, checksums computed by another
//! program over the pseudo-header of RFC 8200 §8.1.

use std::net::Ipv6Addr;

use dmm_codec::ndp::{
    ALL_NODES, PrefixInformation, RouteInformation, RouterAdvertisement, RouterSolicitation,
};
use dmm_codec::packet::{Ethernet, ICMPV6, IPV6_IN_IPV6, Ipv6, Udp, link_local, multicast_mac, slaac};
use dmm_codec::{Instant, checksum};
use pretty_assertions::assert_eq;

const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const NODE: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);

/// RFC 4861 §4.1, from fe80::2 to ff02::2.
#[rustfmt::skip]
const SOLICITATION: &[u8] = &[
    133, 0, // Type, Code
    0x1c, 0x1a, // Checksum
    0, 0, 0, 0, // Reserved
    1, 1, // Source Link-Layer Address, 8 octets
    0x02, 0x00, 0x5e, 0x10, 0x00, 0x02,
];

/// RFC 4861 §4.2, §4.6.1, §4.6.2 and RFC 4191 §2.3, from fe80::1 to ff02::1.
#[rustfmt::skip]
const ADVERTISEMENT: &[u8] = &[
    134, 0, // Type, Code
    0xbf, 0x61, // Checksum
    64, // Cur Hop Limit
    0, // M, O, Reserved
    0x07, 0x08, // Router Lifetime: 1800 s
    0, 0, 0, 0, // Reachable Time
    0, 0, 0, 0, // Retrans Timer
    1, 1, // Source Link-Layer Address, 8 octets
    0x02, 0x00, 0x5e, 0x10, 0x00, 0x01,
    3, 4, // Prefix Information, 32 octets
    64, // Prefix Length
    0xc0, // L = 0x80, A = 0x40
    0x00, 0x00, 0x1c, 0x20, // Valid Lifetime: 7200 s
    0x00, 0x00, 0x00, 0x00, // Preferred Lifetime: deprecated
    0, 0, 0, 0, // Reserved2
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00, 0x00, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0,
    24, 3, // Route Information, 24 octets
    48, // Prefix Length
    0x00, // Prf: medium
    0x00, 0x00, 0x0e, 0x10, // Route Lifetime: 3600 s
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

#[test]
fn a_router_solicitation_is_read_and_written() {
    let all_routers = "ff02::2".parse().unwrap();
    let expected = RouterSolicitation { source_mac: Some([0x02, 0x00, 0x5e, 0x10, 0x00, 0x02]) };
    assert_eq!(RouterSolicitation::parse(SOLICITATION, NODE, all_routers), Some(expected.clone()));
    assert_eq!(expected.encode(NODE, all_routers), SOLICITATION);
}

#[test]
fn a_router_advertisement_is_read_and_written() {
    let expected = RouterAdvertisement {
        router_lifetime: 1800,
        source_mac: Some([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01]),
        prefixes: vec![PrefixInformation {
            prefix: "2001:db8:100:a::/64".parse().unwrap(),
            valid: 7200,
            preferred: 0,
        }],
        routes: vec![RouteInformation { prefix: "2001:db8:1ff::/48".parse().unwrap(), lifetime: 3600 }],
    };
    assert_eq!(RouterAdvertisement::parse(ADVERTISEMENT, ROUTER, ALL_NODES), Some(expected.clone()));
    assert_eq!(expected.encode(ROUTER, ALL_NODES), ADVERTISEMENT);
}

/// RFC 4861 §6.1.1.
#[test]
fn a_router_solicitation_that_is_not_valid_is_none() {
    let parse =
        |octets: &[u8], src| RouterSolicitation::parse(&summed(octets, src, ALL_NODES), src, ALL_NODES);
    assert!(parse(SOLICITATION, NODE).is_some());
    assert!(
        RouterSolicitation::parse(SOLICITATION, ROUTER, NODE).is_none(),
        "the checksum is of other addresses"
    );
    assert!(parse(&set(SOLICITATION, 1, 1), NODE).is_none(), "a code");
    assert!(parse(&set(SOLICITATION, 0, 134), NODE).is_none(), "another type");
    assert!(parse(&SOLICITATION[..7], NODE).is_none(), "fewer than 8 octets");
    assert!(parse(&set(SOLICITATION, 9, 0), NODE).is_none(), "an option of length zero");
    assert!(parse(&set(SOLICITATION, 9, 2), NODE).is_none(), "an option that is cut short");
    assert!(parse(&SOLICITATION[..9], NODE).is_none(), "an option that ends before its length");
    assert!(parse(SOLICITATION, Ipv6Addr::UNSPECIFIED).is_none(), "a link-layer address of nobody");
    assert!(parse(&SOLICITATION[..8], Ipv6Addr::UNSPECIFIED).is_some());
    assert!(parse(&set(SOLICITATION, 5, 0xff), NODE).is_some(), "Reserved is ignored");
    assert!(
        parse(&set(SOLICITATION, 8, 200), NODE).is_some_and(|rs| rs.source_mac.is_none()),
        "an unknown option"
    );
}

/// RFC 4861 §6.1.2.
#[test]
fn a_router_advertisement_that_is_not_valid_is_none() {
    let parse =
        |octets: &[u8], src| RouterAdvertisement::parse(&summed(octets, src, ALL_NODES), src, ALL_NODES);
    assert!(parse(ADVERTISEMENT, ROUTER).is_some());
    assert!(parse(ADVERTISEMENT, "2001:db8::1".parse().unwrap()).is_none(), "its source must be link-local");
    assert!(parse(&set(ADVERTISEMENT, 1, 1), ROUTER).is_none(), "a code");
    assert!(parse(&ADVERTISEMENT[..15], ROUTER).is_none(), "fewer than 16 octets");
    assert!(parse(&set(ADVERTISEMENT, 57, 0), ROUTER).is_none(), "an option of length zero");
    assert!(parse(&set(ADVERTISEMENT, 57, 4), ROUTER).is_none(), "an option that is cut short");
}

/// RFC 4861 §4.6.2, RFC 4862 §5.5.3: only A makes addresses.
#[test]
fn a_prefix_without_the_a_flag_makes_no_addresses() {
    let prefixes = |flags, length| {
        let octets = summed(&set(&set(ADVERTISEMENT, 27, flags), 26, length), ROUTER, ALL_NODES);
        RouterAdvertisement::parse(&octets, ROUTER, ALL_NODES).unwrap().prefixes.len()
    };
    assert_eq!([0xc0, 0x40, 0xff, 0x80, 0x00].map(|flags| prefixes(flags, 64)), [1, 1, 1, 0, 0]);
    assert_eq!(prefixes(0xc0, 129), 0);
}

/// RFC 4191 §2.3: "The Prefix field is 0, 8, or 16 octets depending on Length"; "If the Reserved (10) value is
/// received, the Route Information Option MUST be ignored".
#[test]
fn a_route_is_read_at_each_length_that_holds_its_prefix() {
    let cases: &[(u8, u8, u8, Option<&str>)] = &[
        (1, 0, 0x00, Some("::/0")),
        (1, 1, 0x00, None),
        (2, 0, 0x08, Some("::/0")),
        (2, 64, 0x18, Some("2001:db8:1:2::/64")),
        (2, 65, 0x00, None),
        (3, 64, 0xe7, Some("2001:db8:1:2::/64")),
        (3, 128, 0x00, Some("2001:db8:1:2:3:4:5:6/128")),
        (3, 129, 0x00, None),
        (4, 64, 0x00, None),
        (2, 64, 0x10, None),
    ];
    let address = "2001:db8:1:2:3:4:5:6".parse::<Ipv6Addr>().unwrap().octets();
    for (length, prefix_length, preference, expected) in cases {
        let mut option = vec![24, *length, *prefix_length, *preference, 0, 0, 0, 9];
        option.extend(address);
        option.resize(usize::from(*length) * 8, 0);
        let octets = summed(&[&ADVERTISEMENT[..16], &option].concat(), ROUTER, ALL_NODES);
        let routes = RouterAdvertisement::parse(&octets, ROUTER, ALL_NODES).unwrap().routes;
        let expected =
            expected.map(|prefix| RouteInformation { prefix: prefix.parse().unwrap(), lifetime: 9 });
        assert_eq!(routes, Vec::from_iter(expected), "length {length}, prefix length {prefix_length}");
    }
}

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

/// With the right ICMPv6 checksum.
fn summed(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let mut octets = octets.to_vec();
    octets[2..4].fill(0);
    let sum = checksum::checksum(src, dst, ICMPV6, &octets);
    octets[2..4].copy_from_slice(&sum.to_be_bytes());
    octets
}
