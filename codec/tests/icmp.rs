//! Neighbor Discovery and ICMPv6 error messages: octets written by hand, checksums computed by another program over the
//! pseudo-header of RFC 8200 §8.1.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::net::Ipv6Addr;

use dmm_codec::icmp::{
    ErrorMessage, INVOKING_LEN, IcmpError, Icmpv6, ParameterCode, Problem, TimeCode, UnreachableCode,
};
use dmm_codec::ndp::{
    ALL_NODES, NeighborAdvertisement, NeighborFlags, NeighborSolicitation, Preference, PrefixFlags,
    PrefixInformation, RouteInformation, RouterAdvertisement, RouterFlags, RouterSolicitation,
    solicited_node,
};
use dmm_codec::packet::{ICMPV6, Ipv6, Mac};
use dmm_codec::{Reaction, checksum};
use ipnet::Ipv6Net;
use pretty_assertions::assert_eq;
use proptest::collection::vec;
use proptest::prelude::*;

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
    assert_eq!(RouterSolicitation::parse(SOLICITATION, NODE, all_routers, 255), Ok(expected.clone()));
    assert_eq!(expected.encode(NODE, all_routers), SOLICITATION);
}

#[test]
fn a_router_advertisement_is_read_and_written() {
    let expected = RouterAdvertisement {
        hop_limit: 64,
        router_lifetime: 1800,
        source_mac: Some([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01]),
        prefixes: vec![PrefixInformation {
            prefix: "2001:db8:100:a::/64".parse().unwrap(),
            flags: PrefixFlags::L | PrefixFlags::A,
            valid: 7200,
            preferred: 0,
        }],
        routes: vec![RouteInformation {
            prefix: "2001:db8:1ff::/48".parse().unwrap(),
            preference: Preference::Medium,
            lifetime: 3600,
        }],
        ..RouterAdvertisement::default()
    };
    assert_eq!(RouterAdvertisement::parse(ADVERTISEMENT, ROUTER, ALL_NODES, 255), Ok(expected.clone()));
    assert_eq!(expected.encode(ROUTER, ALL_NODES), ADVERTISEMENT);
}

/// RFC 4191 §2.3: "The Prefix field is 0, 8, or 16 octets depending on Length"; "If the Reserved (10) value is
/// received, the Route Information Option MUST be ignored".
#[test]
fn a_route_is_read_at_each_length_that_holds_its_prefix() {
    let (low, medium, high) = (Preference::Low, Preference::Medium, Preference::High);
    type Case = (u8, u8, u8, Option<(&'static str, Preference)>);
    let cases: &[Case] = &[
        (1, 0, 0x00, Some(("::/0", medium))),
        (1, 1, 0x00, None),
        (2, 0, 0x08, Some(("::/0", high))),
        (2, 64, 0x18, Some(("2001:db8:1:2::/64", low))),
        (2, 65, 0x00, None),
        (3, 64, 0xe7, Some(("2001:db8:1:2::/64", medium))),
        (3, 128, 0x00, Some(("2001:db8:1:2:3:4:5:6/128", medium))),
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
        let routes = RouterAdvertisement::parse(&octets, ROUTER, ALL_NODES, 255).unwrap().routes;
        let expected = expected.map(|(prefix, preference)| RouteInformation {
            prefix: prefix.parse().unwrap(),
            preference,
            lifetime: 9,
        });
        assert_eq!(routes, Vec::from_iter(expected), "length {length}, prefix length {prefix_length}");
    }
}

/// RFC 4861 §4.2 with everything that a router may say: RFC 4191 §2.2, RFC 6275 §7.1, the MTU of RFC 4861 §4.6.4. From
/// fe80::1 to ff02::1.
#[rustfmt::skip]
const FULL_ADVERTISEMENT: &[u8] = &[
    134, 0, // Type, Code
    0xc9, 0xce, // Checksum
    32, // Cur Hop Limit
    0b1110_1000, // M, O, H, Prf high, Reserved
    0x07, 0x08, // Router Lifetime: 1800 s
    0x00, 0x00, 0x75, 0x30, // Reachable Time: 30 s
    0x00, 0x00, 0x03, 0xe8, // Retrans Timer: 1 s
    5, 1, // MTU, 8 octets
    0, 0, // Reserved
    0x00, 0x00, 0x05, 0xdc, // MTU: 1500
    3, 4, // Prefix Information, 32 octets
    64, // Prefix Length
    0x80, // L
    0xff, 0xff, 0xff, 0xff, // Valid Lifetime: infinite
    0x00, 0x00, 0x0e, 0x10, // Preferred Lifetime: 3600 s
    0, 0, 0, 0, // Reserved2
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00, 0x00, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0,
    24, 3, // Route Information, 24 octets
    48, // Prefix Length
    0x18, // Prf: low
    0x00, 0x00, 0x0e, 0x10, // Route Lifetime: 3600 s
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// RFC 4861 §4.3, from fe80::2 to ff02::1:ff00:1.
#[rustfmt::skip]
const NEIGHBOR_SOLICITATION: &[u8] = &[
    135, 0, // Type, Code
    0x1c, 0x87, // Checksum
    0, 0, 0, 0, // Reserved
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // Target Address
    1, 1, // Source Link-Layer Address, 8 octets
    0x02, 0x00, 0x5e, 0x10, 0x00, 0x02,
];

/// RFC 4861 §4.4, from fe80::1 to fe80::2.
#[rustfmt::skip]
const NEIGHBOR_ADVERTISEMENT: &[u8] = &[
    136, 0, // Type, Code
    0x3a, 0x0b, // Checksum
    0b1110_0000, 0, 0, 0, // R, S, O, Reserved
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // Target Address
    2, 1, // Target Link-Layer Address, 8 octets
    0x02, 0x00, 0x5e, 0x10, 0x00, 0x01,
];

#[test]
fn all_that_a_router_may_say_is_read_and_written() {
    let expected = RouterAdvertisement {
        hop_limit: 32,
        flags: RouterFlags::M | RouterFlags::O | RouterFlags::H,
        preference: Preference::High,
        router_lifetime: 1800,
        reachable_time: 30_000,
        retrans_timer: 1000,
        source_mac: None,
        mtu: Some(1500),
        prefixes: vec![PrefixInformation {
            prefix: "2001:db8:100:a::/64".parse().unwrap(),
            flags: PrefixFlags::L,
            valid: u32::MAX,
            preferred: 3600,
        }],
        routes: vec![RouteInformation {
            prefix: "2001:db8:1ff::/48".parse().unwrap(),
            preference: Preference::Low,
            lifetime: 3600,
        }],
    };
    let read = RouterAdvertisement::parse(FULL_ADVERTISEMENT, ROUTER, ALL_NODES, 255);
    assert_eq!(read, Ok(expected.clone()));
    assert_eq!(expected.encode(ROUTER, ALL_NODES), FULL_ADVERTISEMENT);
}

#[test]
fn neighbours_are_asked_for_and_tell() {
    let asked = solicited_node(ROUTER);
    assert_eq!(asked, "ff02::1:ff00:1".parse::<Ipv6Addr>().unwrap());
    let expected =
        NeighborSolicitation { target: ROUTER, source_mac: Some([0x02, 0x00, 0x5e, 0x10, 0x00, 0x02]) };
    let read = NeighborSolicitation::parse(NEIGHBOR_SOLICITATION, NODE, asked, 255);
    assert_eq!(read, Ok(expected.clone()));
    assert_eq!(expected.encode(NODE, asked), NEIGHBOR_SOLICITATION);

    let expected = NeighborAdvertisement {
        flags: NeighborFlags::R | NeighborFlags::S | NeighborFlags::O,
        target: ROUTER,
        target_mac: Some([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01]),
    };
    let read = NeighborAdvertisement::parse(NEIGHBOR_ADVERTISEMENT, ROUTER, NODE, 255);
    assert_eq!(read, Ok(expected.clone()));
    assert_eq!(expected.encode(ROUTER, NODE), NEIGHBOR_ADVERTISEMENT);
}

/// RFC 4861 §6.1.1, §6.1.2, §7.1.1, §7.1.2: each check, and that its failure says what, where and by which section. All
/// of them are "silently discard".
#[test]
fn a_message_that_is_not_valid_is_refused_with_its_reason() {
    let nobody = Ipv6Addr::UNSPECIFIED;
    let global = "2001:db8::1".parse().unwrap();
    let asked = solicited_node(ROUTER);
    type Case = (Vec<u8>, Ipv6Addr, Ipv6Addr, u8, &'static str, &'static str);
    let (rs, ra, ns, na) = (SOLICITATION, ADVERTISEMENT, NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT);
    let cases: Vec<Case> = vec![
        (
            rs.to_vec(),
            NODE,
            ALL_NODES,
            254,
            "Router Solicitation at octet 0: hop limit 254, expected 255",
            "6.1.1",
        ),
        (set(rs, 1, 1), NODE, ALL_NODES, 255, "Router Solicitation at octet 1: code 1, expected 0", "6.1.1"),
        (
            rs[..7].to_vec(),
            NODE,
            ALL_NODES,
            255,
            "Router Solicitation at octet 0: 7 octets, at least 8 expected",
            "6.1.1",
        ),
        (
            set(rs, 9, 0),
            NODE,
            ALL_NODES,
            255,
            "Router Solicitation at octet 8: an option of length 0",
            "6.1.1",
        ),
        (
            set(rs, 9, 2),
            NODE,
            ALL_NODES,
            255,
            "Router Solicitation at octet 8: 8 octets, at least 16 expected",
            "6.1.1",
        ),
        (
            rs[..9].to_vec(),
            NODE,
            ALL_NODES,
            255,
            "Router Solicitation at octet 8: 1 octets, at least 2 expected",
            "6.1.1",
        ),
        (
            rs.to_vec(),
            nobody,
            ALL_NODES,
            255,
            "Router Solicitation at octet 8: a source link-layer address, but the source is unspecified",
            "6.1.1",
        ),
        (
            ra.to_vec(),
            ROUTER,
            ALL_NODES,
            64,
            "Router Advertisement at octet 0: hop limit 64, expected 255",
            "6.1.2",
        ),
        (
            ra.to_vec(),
            global,
            ALL_NODES,
            255,
            "Router Advertisement at octet 0: source 2001:db8::1, expected a link-local address",
            "6.1.2",
        ),
        (
            set(ra, 1, 1),
            ROUTER,
            ALL_NODES,
            255,
            "Router Advertisement at octet 1: code 1, expected 0",
            "6.1.2",
        ),
        (
            ra[..15].to_vec(),
            ROUTER,
            ALL_NODES,
            255,
            "Router Advertisement at octet 0: 15 octets, at least 16 expected",
            "6.1.2",
        ),
        (
            set(ra, 57, 0),
            ROUTER,
            ALL_NODES,
            255,
            "Router Advertisement at octet 56: an option of length 0",
            "6.1.2",
        ),
        (
            set(ra, 57, 4),
            ROUTER,
            ALL_NODES,
            255,
            "Router Advertisement at octet 56: 24 octets, at least 32 expected",
            "6.1.2",
        ),
        (ns.to_vec(), NODE, asked, 0, "Neighbor Solicitation at octet 0: hop limit 0, expected 255", "7.1.1"),
        (
            ns[..23].to_vec(),
            NODE,
            asked,
            255,
            "Neighbor Solicitation at octet 0: 23 octets, at least 24 expected",
            "7.1.1",
        ),
        (
            set(ns, 8, 0xff),
            NODE,
            asked,
            255,
            "Neighbor Solicitation at octet 8: target ff80::1, expected no multicast address",
            "7.1.1",
        ),
        (
            ns[..24].to_vec(),
            nobody,
            ALL_NODES,
            255,
            "Neighbor Solicitation at octet 0: destination ff02::1, expected a solicited-node multicast address, for the source is unspecified",
            "7.1.1",
        ),
        (
            ns.to_vec(),
            nobody,
            asked,
            255,
            "Neighbor Solicitation at octet 24: a source link-layer address, but the source is unspecified",
            "7.1.1",
        ),
        (
            na.to_vec(),
            ROUTER,
            ALL_NODES,
            255,
            "Neighbor Advertisement at octet 4: the S flag in what is sent to a multicast address",
            "7.1.2",
        ),
        (
            set(na, 8, 0xff),
            ROUTER,
            NODE,
            255,
            "Neighbor Advertisement at octet 8: target ff80::1, expected no multicast address",
            "7.1.2",
        ),
        (
            set(na, 25, 0),
            ROUTER,
            NODE,
            255,
            "Neighbor Advertisement at octet 24: an option of length 0",
            "7.1.2",
        ),
    ];
    for (octets, src, dst, hop_limit, expected, section) in cases {
        let error = Icmpv6::parse(&summed(&octets, src, dst), src, dst, hop_limit).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.section, format!("RFC 4861 §{section}"), "{expected}");
        assert_eq!(error.reaction(), Reaction::Discard, "{expected}");
    }
    let unsummed = Icmpv6::parse(rs, ROUTER, NODE, 255).unwrap_err();
    assert_eq!(unsummed.to_string(), "Router Solicitation at octet 2: the checksum is wrong");
    assert_eq!((unsummed.section, unsummed.reaction()), ("RFC 4443 §2.3", Reaction::Discard));
    let other = RouterSolicitation::parse(ra, ROUTER, ALL_NODES, 255).unwrap_err();
    assert_eq!(other.reaction(), Reaction::Skip, "it is for somebody else");
}

/// "MUST be ignored by the receiver" of what is reserved; "any options that it does not recognize" are.
#[test]
fn what_is_reserved_or_unknown_is_ignored() {
    let parse =
        |octets: &[u8]| RouterSolicitation::parse(&summed(octets, NODE, ALL_NODES), NODE, ALL_NODES, 255);
    assert_eq!(parse(&set(SOLICITATION, 5, 0xff)), parse(SOLICITATION));
    assert_eq!(parse(&set(SOLICITATION, 8, 200)), Ok(RouterSolicitation { source_mac: None }));
    let nobody = Ipv6Addr::UNSPECIFIED;
    let bare = summed(&SOLICITATION[..8], nobody, ALL_NODES);
    assert!(RouterSolicitation::parse(&bare, nobody, ALL_NODES, 255).is_ok());
    let reserved = summed(&set(NEIGHBOR_ADVERTISEMENT, 7, 0xff), ROUTER, NODE);
    let clean = NeighborAdvertisement::parse(NEIGHBOR_ADVERTISEMENT, ROUTER, NODE, 255);
    assert_eq!(NeighborAdvertisement::parse(&reserved, ROUTER, NODE, 255), clean);
    // RFC 4191 §2.2: a reserved preference of a router is the medium one.
    let reserved = summed(&set(ADVERTISEMENT, 5, 0x10), ROUTER, ALL_NODES);
    let clean = RouterAdvertisement::parse(ADVERTISEMENT, ROUTER, ALL_NODES, 255);
    assert_eq!(RouterAdvertisement::parse(&reserved, ROUTER, ALL_NODES, 255), clean);
}

#[test]
fn a_prefix_says_what_it_is_for_and_one_of_an_impossible_length_is_skipped() {
    let prefixes = |flags, length| {
        let octets = summed(&set(&set(ADVERTISEMENT, 27, flags), 26, length), ROUTER, ALL_NODES);
        let prefixes = RouterAdvertisement::parse(&octets, ROUTER, ALL_NODES, 255).unwrap().prefixes;
        prefixes.iter().map(|prefix| prefix.flags.0).collect::<Vec<_>>()
    };
    for (octet, flags) in [(0xc0, 0xc0), (0x40, 0x40), (0xff, 0xc0), (0x80, 0x80), (0x00, 0x00)] {
        assert_eq!(prefixes(octet, 64), [flags]);
    }
    assert_eq!(prefixes(0xc0, 129), []);
}

/// RFC 4443 §3.1 to §3.4, from fe80::1 to fe80::2; the invoking packet is four octets of nothing.
#[test]
fn error_messages_are_read_and_written() {
    let cases: [(&[u8], Problem); 5] = [
        (&[1, 3, 0xfd, 0xab, 0, 0, 0, 0, 1, 2, 3, 4], Problem::Unreachable(UnreachableCode::ADDRESS)),
        (&[2, 0, 0xf7, 0xae, 0, 0, 0x05, 0x00, 1, 2, 3, 4], Problem::TooBig(1280)),
        (&[3, 0, 0xfb, 0xae, 0, 0, 0, 0, 1, 2, 3, 4], Problem::Time(TimeCode::HOP_LIMIT)),
        (&[4, 0, 0xfa, 0x85, 0, 0, 0, 41, 1, 2, 3, 4], Problem::Parameter(ParameterCode::HEADER_FIELD, 41)),
        (&[1, 99, 0xfd, 0x4b, 0, 0, 0, 0, 1, 2, 3, 4], Problem::Unreachable(UnreachableCode(99))),
    ];
    for (octets, problem) in cases {
        let expected = ErrorMessage { problem, invoking: vec![1, 2, 3, 4] };
        assert_eq!(ErrorMessage::parse(octets, ROUTER, NODE), Ok(expected.clone()));
        assert_eq!(expected.encode(ROUTER, NODE), octets);
        // From any number of hops away.
        assert_eq!(Icmpv6::parse(octets, ROUTER, NODE, 3), Ok(Icmpv6::Error(expected)));
        let error = ErrorMessage::parse(&octets[..7], ROUTER, NODE).unwrap_err();
        assert_eq!(error.to_string(), "ICMPv6 error message at octet 0: 7 octets, at least 8 expected");
    }
    // RFC 4443 §3.2: the code of Packet Too Big is ignored.
    let coded = summed(&[2, 9, 0, 0, 0, 0, 5, 0], ROUTER, NODE);
    assert_eq!(ErrorMessage::parse(&coded, ROUTER, NODE).unwrap().problem, Problem::TooBig(1280));
    let echo = summed(&[128, 0, 0, 0, 0, 0, 0, 0], ROUTER, NODE);
    let error = Icmpv6::parse(&echo, ROUTER, NODE, 64).unwrap_err();
    assert_eq!(error.to_string(), "ICMPv6 error message at octet 0: type 128, which is another message's");
    assert!(Icmpv6::parse(&[], ROUTER, NODE, 64).is_err());
}

/// RFC 4443 §3.1: "As much of invoking packet as possible without the ICMPv6 packet exceeding the minimum IPv6 MTU".
#[test]
fn an_error_message_fits_the_minimum_mtu() {
    for (len, kept) in
        [(0, 0), (INVOKING_LEN, INVOKING_LEN), (INVOKING_LEN + 1, INVOKING_LEN), (9000, INVOKING_LEN)]
    {
        let invoking: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let message = ErrorMessage { problem: Problem::TooBig(1280), invoking: invoking.clone() };
        let octets = message.encode(ROUTER, NODE);
        assert!(Ipv6::packet(ROUTER, NODE, ICMPV6, 64, &octets).len() <= 1280);
        assert_eq!(ErrorMessage::parse(&octets, ROUTER, NODE).unwrap().invoking, invoking[..kept]);
    }
}

/// No sender may send more, so that what is behind is no part of what is read. Found by fuzzing.
#[test]
fn of_a_longer_error_message_only_so_much_is_read() {
    let longer = [&[2, 0, 0, 0, 0, 0, 5, 0][..], &[7; INVOKING_LEN + 30]].concat();
    let read = ErrorMessage::parse(&summed(&longer, ROUTER, NODE), ROUTER, NODE).unwrap();
    assert_eq!(read.invoking, [7; INVOKING_LEN]);
    assert_eq!(ErrorMessage::parse(&read.encode(ROUTER, NODE), ROUTER, NODE), Ok(read));
}

proptest! {
    #[test]
    fn a_message_is_read_as_it_was_written(message in messages(), src in link_locals(), dst: Ipv6Addr) {
        let solicited_to_all = matches!(&message, Icmpv6::NeighborAdvertisement(na)
            if na.flags.contains(NeighborFlags::S) && dst.is_multicast());
        prop_assume!(!solicited_to_all);
        let octets = message.encode(src, dst);
        prop_assert_eq!(Icmpv6::parse(&octets, src, dst, 255), Ok(message));
    }

    /// Arbitrary octets with the right checksum are read or refused, and an error is in them.
    #[test]
    fn arbitrary_octets_are_survived(
        octets in vec(any::<u8>(), 0..120),
        icmp_type in prop_oneof![0_u8..6, 132_u8..138],
        code in 0_u8..2,
        src in link_locals(),
        dst: Ipv6Addr,
    ) {
        let octets = summed(&[&[icmp_type, code, 0, 0], &octets[..]].concat(), src, dst);
        match Icmpv6::parse(&octets, src, dst, 255) {
            // What was skipped or reserved is gone; what is left stays.
            Ok(message) => prop_assert_eq!(Icmpv6::parse(&message.encode(src, dst), src, dst, 255), Ok(message)),
            Err(IcmpError { offset, .. }) => prop_assert!(offset <= octets.len()),
        }
    }
}

fn link_locals() -> impl Strategy<Value = Ipv6Addr> {
    any::<u64>().prop_map(|id| Ipv6Addr::from(0xfe80_u128 << 112 | u128::from(id)))
}

fn messages() -> impl Strategy<Value = Icmpv6> {
    let mac = || any::<Option<Mac>>();
    let unicast = || any::<Ipv6Addr>().prop_filter("no multicast", |address| !address.is_multicast());
    let net = || {
        (any::<Ipv6Addr>(), 0_u8..=128).prop_map(|(address, len)| Ipv6Net::new(address, len).unwrap().trunc())
    };
    let preference = || prop::sample::select(vec![Preference::Low, Preference::Medium, Preference::High]);
    let prefix = (net(), 0_u8..4, any::<(u32, u32)>()).prop_map(|(prefix, flags, (valid, preferred))| {
        PrefixInformation { prefix, flags: PrefixFlags(flags << 6), valid, preferred }
    });
    let route = (net(), preference(), any::<u32>())
        .prop_map(|(prefix, preference, lifetime)| RouteInformation { prefix, preference, lifetime });
    let numbers = (any::<(u8, u16, u32, u32)>(), 0_u8..8, preference());
    let lists = (mac(), any::<Option<u32>>(), vec(prefix, 0..4), vec(route, 0..4));
    let advertisement = (numbers, lists).prop_map(|((numbers, flags, preference), lists)| {
        let (hop_limit, router_lifetime, reachable_time, retrans_timer) = numbers;
        let (source_mac, mtu, prefixes, routes) = lists;
        Icmpv6::RouterAdvertisement(RouterAdvertisement {
            hop_limit,
            flags: RouterFlags(flags << 5),
            preference,
            router_lifetime,
            reachable_time,
            retrans_timer,
            source_mac,
            mtu,
            prefixes,
            routes,
        })
    });
    let problem = prop_oneof![
        any::<u8>().prop_map(|code| Problem::Unreachable(UnreachableCode(code))),
        any::<u32>().prop_map(Problem::TooBig),
        any::<u8>().prop_map(|code| Problem::Time(TimeCode(code))),
        any::<(u8, u32)>().prop_map(|(code, at)| Problem::Parameter(ParameterCode(code), at)),
    ];
    prop_oneof![
        mac().prop_map(|source_mac| Icmpv6::RouterSolicitation(RouterSolicitation { source_mac })),
        advertisement,
        (unicast(), mac()).prop_map(|(target, source_mac)| {
            Icmpv6::NeighborSolicitation(NeighborSolicitation { target, source_mac })
        }),
        (0_u32..8, unicast(), mac()).prop_map(|(flags, target, target_mac)| {
            let flags = NeighborFlags(flags << 29);
            Icmpv6::NeighborAdvertisement(NeighborAdvertisement { flags, target, target_mac })
        }),
        (problem, vec(any::<u8>(), 0..INVOKING_LEN))
            .prop_map(|(problem, invoking)| Icmpv6::Error(ErrorMessage { problem, invoking })),
    ]
}

fn set(octets: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut octets = octets.to_vec();
    octets[at] = value;
    octets
}

/// With the right ICMPv6 checksum.
fn summed(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let mut octets = octets.to_vec();
    // Messages that are cut short have none.
    let Some(field) = octets.get_mut(2..4) else { return octets };
    field.fill(0);
    let sum = checksum::checksum(src, dst, ICMPV6, &octets);
    octets[2..4].copy_from_slice(&sum.to_be_bytes());
    octets
}
