//! Messages whose octets were written down from the figures of RFC 6275, RFC 5213 and RFC 8885, field by field, and
//! whose checksums were computed by another program (a few lines of Python, over the pseudo-header of RFC 8200 §8.1
//! with the addresses that each message states). No code of this crate produced them, so that encoder and decoder
//! cannot be wrong in the same way unseen.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::net::Ipv6Addr;

use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, LinkLayerAddress, Message, MnIdentifier, MobilityOption,
    Pba, PbaFlags, Pbu, PbuFlags, PreviousMaar, Status, Timestamp,
};
use pretty_assertions::assert_eq;

const MAAR1: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1);
const MAAR2: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 2, 0, 0, 0, 0, 1);
const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);

/// RFC 5213 §8.1 with all seven options of RFC 5213 §8.3 to §8.8 and RFC 4283 §3; from MAAR1 to the CMD.
#[rustfmt::skip]
const PBU_OF_RFC_5213: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x0d, // Header Len: (13 + 1) * 8 = 112 octets
    0x05, // MH Type: Binding Update
    0x00, // Reserved
    0x6e, 0x17, // Checksum
    0x00, 0x01, // Sequence #
    0x82, 0x00, // A and P
    0x00, 0x19, // Lifetime: 25 * 4 s
    // 12
    0x08, 0x10, 0x01, // Mobile Node Identifier, Length 16, Subtype NAI
    b'm', b'n', b'1', b'@', b'e', b'x', b'a', b'm', b'p', b'l', b'e', b'.', b'o', b'r', b'g',
    // 30
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6
    // 36 = 8n+4
    0x16, 0x12, 0x00, 0x40, // Home Network Prefix, Length 18, Reserved, Prefix Length 64
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 56
    0x17, 0x02, 0x00, 0x01, // Handoff Indicator, Length 2, Reserved, new interface
    // 60
    0x18, 0x02, 0x00, 0x03, // Access Technology Type, Length 2, Reserved, IEEE 802.3
    // 64 = 2n
    0x19, 0x08, 0x00, 0x00, // Mobile Node Link-layer Identifier, Length 8, Reserved
    0x02, 0x00, 0x5e, 0x10, 0x00, 0x01,
    // 74
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 78 = 8n+6
    0x1a, 0x10, // Link-local Address, Length 16
    0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05,
    // 96
    0x01, 0x00, // PadN of 2
    // 98 = 8n+2
    0x1b, 0x08, // Timestamp, Length 8
    0x00, 0x00, 0x69, 0x55, 0xb9, 0x00, // 1767225600 s
    0x80, 0x00, // and a half
    // 108
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 112 octets
];

/// RFC 8885 §4.1 with the options of §4.3 and §4.4; from MAAR2 to the CMD.
#[rustfmt::skip]
const PBU_OF_S_MAAR: &[u8] = &[
    0x3b, // Payload Proto
    0x10, // Header Len: (16 + 1) * 8 = 136 octets
    0x05, // MH Type: Binding Update
    0x00, // Reserved
    0x52, 0x81, // Checksum
    0x12, 0x34, // Sequence #
    0x82, 0x10, // A, P and D = 0x0010
    0x00, 0x4b, // Lifetime: 75 * 4 s
    // 12
    0x08, 0x10, 0x01, // Mobile Node Identifier, Length 16, Subtype NAI
    b'm', b'n', b'1', b'@', b'e', b'x', b'a', b'm', b'p', b'l', b'e', b'.', b'o', b'r', b'g',
    // 30
    0x17, 0x02, 0x00, 0x03, // Handoff Indicator, Length 2, Reserved, between MAGs
    // 34
    0x18, 0x02, 0x00, 0x04, // Access Technology Type, Length 2, Reserved, IEEE 802.11
    // 38
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6
    // 44 = 8n+4
    0x16, 0x12, 0x00, 0x40, // Home Network Prefix, Length 18, Reserved, Prefix Length 64
    0x20, 0x01, 0x0d, 0xb8, 0x02, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 64
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 68 = 8n+4
    0x41, 0x12, 0x00, 0x40, // Anchored Prefix, Length 18, Reserved, Prefix Length 64
    0x20, 0x01, 0x0d, 0xb8, 0x02, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 88
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 92 = 8n+4
    0x42, 0x12, 0x00, 0x30, // Local Prefix, Length 18, Reserved, Prefix Length 48
    0x20, 0x01, 0x0d, 0xb8, 0x02, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 112
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 116 = 8n+4
    0x42, 0x12, 0x00, 0x3d, // a second Local Prefix, Length 18, Reserved, Prefix Length 61
    0x20, 0x01, 0x0d, 0xb8, 0x02, 0xee, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 136
];

/// RFC 8885 §4.1 with the option of §4.6; from the CMD to MAAR1, the P-MAAR.
#[rustfmt::skip]
const PBU_OF_CMD: &[u8] = &[
    0x3b, // Payload Proto
    0x08, // Header Len: (8 + 1) * 8 = 72 octets
    0x05, // MH Type: Binding Update
    0x00, // Reserved
    0x7d, 0x53, // Checksum
    0xff, 0xff, // Sequence #
    0x82, 0x10, // A, P and D
    0x00, 0x4b, // Lifetime: 75 * 4 s
    // 12
    0x08, 0x10, 0x01, // Mobile Node Identifier, Length 16, Subtype NAI
    b'm', b'n', b'1', b'@', b'e', b'x', b'a', b'm', b'p', b'l', b'e', b'.', b'o', b'r', b'g',
    // 30 = 8n+6
    0x44, 0x10, // Serving MAAR, Length 16
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
    // 48
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 52 = 8n+4
    0x16, 0x12, 0x00, 0x40, // Home Network Prefix, Length 18, Reserved, Prefix Length 64
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 72
];

/// RFC 8885 §4.2 with the options of §4.4, §4.5, §4.7 and §4.8 for two P-MAARs; from the CMD to MAAR2.
#[rustfmt::skip]
const PBA_OF_CMD: &[u8] = &[
    0x3b, // Payload Proto
    0x1d, // Header Len: (29 + 1) * 8 = 240 octets
    0x06, // MH Type: Binding Acknowledgement
    0x00, // Reserved
    0xe0, 0x6a, // Checksum
    0x00, // Status: accepted
    0x22, // P and D = 0x02
    0x12, 0x34, // Sequence #
    0x00, 0x4b, // Lifetime: 75 * 4 s
    // 12
    0x08, 0x10, 0x01, // Mobile Node Identifier, Length 16, Subtype NAI
    b'm', b'n', b'1', b'@', b'e', b'x', b'a', b'm', b'p', b'l', b'e', b'.', b'o', b'r', b'g',
    // 30
    0x17, 0x02, 0x00, 0x03, // Handoff Indicator, Length 2, Reserved, between MAGs
    // 34
    0x18, 0x02, 0x00, 0x04, // Access Technology Type, Length 2, Reserved, IEEE 802.11
    // 38
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6
    // 44 = 8n+4
    0x16, 0x12, 0x00, 0x40, // Home Network Prefix, Length 18, Reserved, Prefix Length 64
    0x20, 0x01, 0x0d, 0xb8, 0x02, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 64
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 68 = 8n+4
    0x43, 0x22, 0x00, 0x40, // Previous MAAR, Length 34, Reserved, Prefix Length 64
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // P-MAAR
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // Prefix
    // 104
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6
    // 110 = 8n+6
    0x45, 0x10, // DLIF Link-Local Address, Length 16
    0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x01, 0x01,
    // 128 = 2n
    0x46, 0x08, 0x00, 0x00, // DLIF Link-Layer Address, Length 8, Reserved
    0x00, 0x00, 0x5e, 0x00, 0x01, 0x01,
    // 138
    0x01, 0x00, // PadN of 2
    // 140 = 8n+4
    0x42, 0x12, 0x00, 0x38, // Local Prefix, Length 18, Reserved, Prefix Length 56
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0xff, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 160
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 164 = 8n+4
    0x43, 0x22, 0x00, 0x3c, // Previous MAAR, Length 34, Reserved, Prefix Length 60
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // P-MAAR
    0x20, 0x01, 0x0d, 0xb8, 0x03, 0x00, 0x00, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // Prefix
    // 200
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6
    // 206 = 8n+6
    0x45, 0x10, // DLIF Link-Local Address, Length 16
    0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x01, 0x03,
    // 224 = 2n
    0x46, 0x08, 0x00, 0x00, // DLIF Link-Layer Address, Length 8, Reserved
    0x00, 0x00, 0x5e, 0x00, 0x01, 0x03,
    // 234
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6: to 240 octets
];

/// RFC 8885 §4.2 as a P-MAAR answers: the Serving MAAR of the PBU comes back, and the DLIF's link-layer address is an
/// EUI-64, which asks for 8n+4; from MAAR1 to the CMD.
#[rustfmt::skip]
const PBA_OF_P_MAAR: &[u8] = &[
    0x3b, // Payload Proto
    0x0e, // Header Len: (14 + 1) * 8 = 120 octets
    0x06, // MH Type: Binding Acknowledgement
    0x00, // Reserved
    0x73, 0xd5, // Checksum
    0x00, // Status: accepted
    0x22, // P and D
    0xff, 0xff, // Sequence #
    0x00, 0x4b, // Lifetime: 75 * 4 s
    // 12
    0x08, 0x15, 0x01, // Mobile Node Identifier, Length 21, Subtype NAI
    b'm', b'o', b'b', b'i', b'l', b'e', b'-', b'1', b'@', b'e', b'x', b'a', b'm', b'p', b'l', b'e', b'.', b'o', b'r', b'g',
    // 35
    0x00, // Pad1
    // 36 = 8n+4: the address stands at 40
    0x46, 0x0a, 0x00, 0x00, // DLIF Link-Layer Address, Length 10, Reserved
    0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x01, 0x01,
    // 48
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6
    // 54 = 8n+6
    0x45, 0x10, // DLIF Link-Local Address, Length 16
    0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x01, 0x01,
    // 72
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6
    // 78 = 8n+6
    0x44, 0x10, // Serving MAAR, Length 16
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
    // 96
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 100 = 8n+4
    0x16, 0x12, 0x00, 0x40, // Home Network Prefix, Length 18, Reserved, Prefix Length 64
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    // 120
];

/// RFC 5213 §5.3.6: an answer to a PBU without identifier, handoff and access technology carries empty ones; from an
/// LMA that knows no D flag (RFC 8885 §4.1), at the CMD's address, to MAAR1.
#[rustfmt::skip]
const PBA_THAT_REJECTS: &[u8] = &[
    0x3b, // Payload Proto
    0x02, // Header Len: (2 + 1) * 8 = 24 octets
    0x06, // MH Type: Binding Acknowledgement
    0x00, // Reserved
    0xd3, 0x97, // Checksum
    0x81, // Status: 129, administratively prohibited
    0x20, // P
    0x00, 0x02, // Sequence #
    0x00, 0x00, // Lifetime
    // 12
    0x08, 0x01, 0x01, // Mobile Node Identifier, Length 1, Subtype NAI, no identifier
    // 15
    0x17, 0x02, 0x00, 0x00, // Handoff Indicator, Length 2, Reserved, 0
    // 19
    0x18, 0x02, 0x00, 0x00, // Access Technology Type, Length 2, Reserved, 0
    // 23
    0x00, // Pad1: to 24 octets
];

/// RFC 6275 §6.1.7: the shortest there is; "the Header Len field MUST be set to 1"; from MAAR1 to the CMD.
#[rustfmt::skip]
const PBU_WITHOUT_OPTIONS: &[u8] = &[
    0x3b, // Payload Proto
    0x01, // Header Len: (1 + 1) * 8 = 16 octets
    0x05, // MH Type: Binding Update
    0x00, // Reserved
    0xdf, 0xdd, // Checksum
    0x00, 0x03, // Sequence #
    0x82, 0x10, // A, P and D
    0x00, 0x00, // Lifetime: ends the binding
    // 12
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 16 octets
];

fn nai() -> MobilityOption {
    MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@example.org"))
}

fn hnp(prefix: &str) -> MobilityOption {
    MobilityOption::HomeNetworkPrefix(prefix.parse().unwrap())
}

fn dlif_link_local(address: &str) -> MobilityOption {
    MobilityOption::DlifLinkLocal(address.parse().unwrap())
}

fn dlif_link_layer(octets: &[u8]) -> MobilityOption {
    MobilityOption::DlifLinkLayer(LinkLayerAddress::from(octets))
}

fn previous_maar(address: &str, prefix: &str) -> MobilityOption {
    MobilityOption::PreviousMaar(PreviousMaar {
        address: address.parse().unwrap(),
        prefix: prefix.parse().unwrap(),
    })
}

fn pbu(seq: u16, flags: PbuFlags, lifetime: u16, options: Vec<MobilityOption>) -> Message {
    Message::Pbu(Pbu { seq, flags, lifetime: Lifetime(lifetime), options })
}

fn pba(status: Status, flags: PbaFlags, seq: u16, lifetime: u16, options: Vec<MobilityOption>) -> Message {
    Message::Pba(Pba { status, flags, seq, lifetime: Lifetime(lifetime), options })
}

/// The octets are what they say, both ways, and nothing in them is skipped.
#[track_caller]
fn check(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr, expected: Message) {
    let decoded = Message::decode(octets, src, dst).unwrap();
    assert_eq!(decoded.message, expected);
    assert_eq!(decoded.skipped, []);
    assert_eq!(expected.encode(src, dst).unwrap(), octets);
}

#[test]
fn a_pbu_of_rfc_5213_has_all_its_options() {
    use MobilityOption as O;
    let options = vec![
        nai(),
        hnp("2001:db8:100:a::/64"),
        O::HandoffIndicator(HandoffIndicator::NEW_INTERFACE),
        O::AccessTechnology(AccessTechnology::IEEE_802_3),
        O::MnLinkLayerIdentifier([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01].into()),
        O::LinkLocalAddress("fe80::5".parse().unwrap()),
        O::Timestamp(Timestamp((1_767_225_600 << 16) + 0x8000)),
    ];
    check(PBU_OF_RFC_5213, MAAR1, CMD, pbu(1, PbuFlags::A | PbuFlags::P, 25, options));
}

/// R4.1.1, R4.1.2, R4.3.1 to R4.3.9, R4.4.1 to R4.4.9, R5.1, R5.2.
#[test]
fn a_pbu_of_an_s_maar_has_the_d_flag_anchored_and_local_prefixes() {
    use MobilityOption as O;
    let options = vec![
        nai(),
        O::HandoffIndicator(HandoffIndicator::BETWEEN_MAGS),
        O::AccessTechnology(AccessTechnology::IEEE_802_11),
        hnp("2001:db8:200:a::/64"),
        O::AnchoredPrefix("2001:db8:200:a::/64".parse().unwrap()),
        O::LocalPrefix("2001:db8:2ff::/48".parse().unwrap()),
        O::LocalPrefix("2001:db8:2ee:8::/61".parse().unwrap()),
    ];
    check(PBU_OF_S_MAAR, MAAR2, CMD, pbu(0x1234, PbuFlags::A | PbuFlags::P | PbuFlags::D, 75, options));
}

/// R3.2.4, R4.6.1 to R4.6.5.
#[test]
fn a_pbu_of_the_cmd_names_the_serving_maar() {
    let options = vec![nai(), MobilityOption::ServingMaar(MAAR2), hnp("2001:db8:100:a::/64")];
    check(PBU_OF_CMD, CMD, MAAR1, pbu(0xffff, PbuFlags::A | PbuFlags::P | PbuFlags::D, 75, options));
}

/// R4.2.1, R4.2.2, R4.5.1 to R4.5.10, R4.7.1 to R4.7.4, R4.8.1 to R4.8.5 (stance A21), R5.1, R5.3.
#[test]
fn a_pba_of_the_cmd_names_previous_maars_and_their_dlifs() {
    use MobilityOption as O;
    let options = vec![
        nai(),
        O::HandoffIndicator(HandoffIndicator::BETWEEN_MAGS),
        O::AccessTechnology(AccessTechnology::IEEE_802_11),
        hnp("2001:db8:200:a::/64"),
        previous_maar("2001:db8:1::1", "2001:db8:100:a::/64"),
        dlif_link_local("fe80::200:5eff:fe00:101"),
        dlif_link_layer(&[0x00, 0x00, 0x5e, 0x00, 0x01, 0x01]),
        O::LocalPrefix("2001:db8:1ff:100::/56".parse().unwrap()),
        previous_maar("2001:db8:3::1", "2001:db8:300:a0::/60"),
        dlif_link_local("fe80::200:5eff:fe00:103"),
        dlif_link_layer(&[0x00, 0x00, 0x5e, 0x00, 0x01, 0x03]),
    ];
    let flags = PbaFlags::P | PbaFlags::D;
    check(PBA_OF_CMD, CMD, MAAR2, pba(Status::ACCEPTED, flags, 0x1234, 75, options));
}

/// R3.2.7, R4.8.2 (stance A20): an EUI-64 stands on a multiple of 8.
#[test]
fn a_pba_of_a_p_maar_returns_the_serving_maar_and_aligns_an_eui_64() {
    let options = vec![
        MobilityOption::MnIdentifier(MnIdentifier::nai("mobile-1@example.org")),
        dlif_link_layer(&[0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x01, 0x01]),
        dlif_link_local("fe80::5eff:fe00:101"),
        MobilityOption::ServingMaar(MAAR2),
        hnp("2001:db8:100:a::/64"),
    ];
    let flags = PbaFlags::P | PbaFlags::D;
    check(PBA_OF_P_MAAR, MAAR1, CMD, pba(Status::ACCEPTED, flags, 0xffff, 75, options));
}

/// B7; R4.1.4 (stance A1).
#[test]
fn a_pba_that_rejects_may_carry_an_empty_identifier() {
    let options = vec![
        MobilityOption::MnIdentifier(MnIdentifier::empty()),
        MobilityOption::HandoffIndicator(HandoffIndicator(0)),
        MobilityOption::AccessTechnology(AccessTechnology(0)),
    ];
    let expected = pba(Status::ADMINISTRATIVELY_PROHIBITED, PbaFlags::P, 2, 0, options);
    check(PBA_THAT_REJECTS, CMD, MAAR1, expected);
}

/// R4.1.5: a multiple of 8 octets, even without options.
#[test]
fn a_pbu_without_options_is_padded_to_sixteen_octets() {
    let expected = pbu(3, PbuFlags::A | PbuFlags::P | PbuFlags::D, 0, vec![]);
    check(PBU_WITHOUT_OPTIONS, MAAR1, CMD, expected);
}
