//! Sub-options whose octets were written down from the figures of their RFCs, field by field; and what is said of wrong
//! ones.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use dmm_codec::body::Padding;
use dmm_codec::body::access::{
    CivicFormat, CivicLocation, Degrees, GeoLocation, HeartbeatControl, MagGroup, NetworkFlags,
    NetworkIdentifier, OperatorIdentifier, OperatorSubtype, Reregistration, UpdateTimer,
};
use dmm_codec::body::flow::{
    BindingReference, FlowAction, FlowBindingAction, FlowIdentification, FlowStatus, OffloadFlags,
    QosOperation, QualityOfService, SelectorFormat, TargetCareOf, TrafficOffload, TrafficSelector,
};
use dmm_codec::body::handover::ContextRequest;
use dmm_codec::body::proxy::{AccessNetwork, MagParameters};
use dmm_codec::body::qos::{
    BitRate, QosTrafficSelector, Retention, SessionBitRate, SessionFlags, VendorAttribute,
};
use dmm_codec::message::{Padded, repair_checksum};
use dmm_codec::sub_option::{
    AccessNetworkSubOption, FlowSubOption, MagParameter, OffloadSubOption, QosAttribute, RequestedOption,
    SUB_OPTIONS,
};
use dmm_codec::{DecodeError, Lifetime, Message, MessageView, MobilityOption, Pbu, Reaction, lint};
use pretty_assertions::assert_eq;

const V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
const ANY: Ipv6Addr = Ipv6Addr::UNSPECIFIED;

/// An option's type, its octets behind Type and Length, and what it says.
type Case = (u8, Vec<u8>, MobilityOption);

/// RFC 5949 §6.2.1: the example of the RFC, with a MN Link-layer ID as it has it.
#[rustfmt::skip]
fn of_context_requests() -> Vec<Case> {
    let bare = |kind| RequestedOption { kind, data: vec![] };
    let vendor = RequestedOption { kind: 19, data: vec![0x00, 0x00, 0x28, 0xaf, 3] };
    vec![(40, vec![
        0, 0, // Reserved
        22, 0, // Req-type: Home Network Prefix, Req-length
        25, 0, // Req-type: Mobile Node Link-layer Identifier, Req-length
        19, 5, // Req-type: Vendor Specific, Req-length
        0x00, 0x00, 0x28, 0xaf, 3, // Vendor-ID, Sub-Type
    ], MobilityOption::ContextRequest(ContextRequest { requests: vec![bare(22), bare(25), vendor] }))]
}

/// RFC 6089 §4.2.1, RFC 7109 §6.2, RFC 6909 §3.1.
#[rustfmt::skip]
fn of_flows() -> Vec<Case> {
    use FlowSubOption as S;
    let selector = TrafficSelector { format: SelectorFormat::IPV4_BINARY, selector: vec![0xde, 0xad] };
    let cases: Vec<(&[u8], Vec<FlowSubOption>)> = vec![
        (&[
            0, // Pad1
            1, 0, // PadN of two octets
            1, 3, 0, 0, 0, // PadN of five
        ], vec![S::Pad1(()), S::PadN(Padding(vec![])), S::PadN(Padding(vec![0, 0, 0]))]),
        (&[
            2, 4, // BID Reference, Length 4
            0x00, 0x05, 0x01, 0x00, // two BIDs
        ], vec![S::BindingReference(BindingReference { first: 5, others: vec![256] })]),
        (&[
            3, 4, // Traffic Selector, Length 4
            1, // TS Format: IPv4 binary
            0, // Reserved
            0xde, 0xad, // Traffic Selector
        ], vec![S::TrafficSelector(selector.clone())]),
        (&[
            4, 2, // Flow Binding Action, Length 2
            0, // Reserved
            15, // Action: move
            5, 18, // Target Care-of Address, Length 18
            0, 0, // Reserved
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ], vec![
            S::Action(FlowBindingAction { action: FlowAction::MOVE }),
            S::TargetCareOf(TargetCareOf(IpAddr::V6(V6))),
        ]),
        (&[
            5, 6, // Target Care-of Address, Length 6
            0, 0, // Reserved
            192, 0, 2, 1,
        ], vec![S::TargetCareOf(TargetCareOf(IpAddr::V4(V4)))]),
        (&[
            99, 1, // of no row, Length 1
            0xff,
        ], vec![S::unknown(99, &[0xff]).unwrap()]),
    ];
    let flow = |sub_options| {
        let status = FlowStatus::SUCCESSFUL;
        MobilityOption::FlowIdentification(FlowIdentification { id: 1, priority: 10, status, sub_options })
    };
    let fixed = [0x00, 0x01, 0x00, 0x0a, 0, 0]; // FID, FID-PRI, Reserved, Status
    let mut all: Vec<Case> =
        cases.into_iter().map(|(octets, value)| (45, [&fixed, octets].concat(), flow(value))).collect();
    all.push((53, vec![
        0x80, 0, 0, 0, // M, Reserved
        3, 4, // Traffic Selector sub-option, Length 4
        1, // TS Format: IPv4 binary
        0, // Reserved
        0xde, 0xad, // Traffic Selector
    ], MobilityOption::TrafficOffload(TrafficOffload {
        flags: OffloadFlags::M,
        selector: vec![OffloadSubOption::TrafficSelector(selector)],
    })));
    all
}

/// RFC 6757 §3.1, RFC 7563 §3, RFC 8127 §3.1.
#[rustfmt::skip]
fn of_access_networks() -> Vec<Case> {
    use AccessNetworkSubOption as S;
    let name = |flags, access_point: &[u8]| {
        S::Network(NetworkIdentifier::new(flags, b"dmm", access_point).unwrap())
    };
    let place = |latitude, longitude| S::Location(GeoLocation {
        latitude: Degrees::from_bits(latitude),
        longitude: Degrees::from_bits(longitude),
    });
    let cases: Vec<(&[u8], AccessNetworkSubOption)> = vec![
        (&[
            1, 8, // Network-Identifier, ANI Length 8
            0x80, // E, Reserved
            3, b'd', b'm', b'm', // Net-Name Len, Network Name
            2, b'a', b'p', // AP-Name Len, Access-Point Name
        ], name(NetworkFlags::E, b"ap")),
        (&[
            1, 6, // Network-Identifier, ANI Length 6
            0x00, // E, Reserved
            3, b'd', b'm', b'm', // Net-Name Len, Network Name
            0, // AP-Name Len
        ], name(NetworkFlags(0), b"")),
        (&[
            2, 6, // Geo-Location, ANI Length 6
            0x1a, 0x40, 0x00, // Latitude Degrees: 52.5 * 2^15
            0xc0, 0x00, 0x00, // Longitude Degrees: -128 * 2^15
        ], place(0x001a_4000, 0x00c0_0000)),
        (&[
            3, 4, // Operator-Identifier, ANI Length 4
            2, // Op-ID Type: realm
            b'x', b'.', b'y', // Operator-Identifier
        ], S::Operator(OperatorIdentifier { subtype: OperatorSubtype::REALM, identifier: b"x.y".to_vec() })),
        (&[
            4, 4, // Civic-Location, ANI Length 4
            0, // Format: binary
            0, // Reserved
            b'D', b'E', // country code
        ], S::CivicLocation(CivicLocation { format: CivicFormat::BINARY, location: b"DE".to_vec() })),
        (&[
            5, 2, // MAG-Group-Identifier, ANI Length 2
            0x01, 0x02, // group identifier
        ], S::MagGroup(MagGroup { group: 258 })),
        (&[
            6, 2, // ANI Update-Timer, ANI Length 2
            0x00, 0x19, // Update-Timer: 25 * 4 s
        ], S::UpdateTimer(UpdateTimer { interval: Lifetime(25) })),
        (&[7, 0], S::unknown(7, &[]).unwrap()),
    ];
    let mut all: Vec<Case> = Vec::new();
    for (octets, value) in cases {
        all.push((52, octets.to_vec(), MobilityOption::AccessNetwork(AccessNetwork { data: vec![value] })));
    }
    let parameters = |data| MobilityOption::MagParameters(MagParameters { data });
    all.push((62, vec![
        1, 6, // Binding Re-registration Control, LCMP Length 6
        0x00, 0x05, // Re-registration-Start-Time: 5 * 4 s
        0x00, 0x01, // Initial-Retransmission-Time
        0x00, 0x20, // Maximum-Retransmission-Time
        2, 6, // Heartbeat Control, LCMP Length 6
        0x00, 0x3c, // HB-Interval
        0x00, 0x05, // HB-Retransmission-Delay
        0x00, 0x03, // HB-Max-Retransmissions
        3, 1, 0xaa, // of no row
    ], parameters(vec![
        MagParameter::Reregistration(Reregistration { start: Lifetime(5), initial: 1, maximum: 32 }),
        MagParameter::Heartbeat(HeartbeatControl { interval: 60, delay: 5, retransmissions: 3 }),
        MagParameter::unknown(3, &[0xaa]).unwrap(),
    ])));
    all
}

/// RFC 7222 §4.2.
#[rustfmt::skip]
fn of_quality() -> Vec<Case> {
    use QosAttribute as S;
    let rate = || BitRate { rate: 1_000_000 };
    let session = |flags| SessionBitRate { flags, rate: 1_000_000 };
    let rates: Vec<(u8, [u8; 2], QosAttribute)> = vec![
        (1, [0, 0], S::PerMnMaxDl(rate())),
        (2, [0, 0], S::PerMnMaxUl(rate())),
        (3, [0x80, 0], S::PerSessionMaxDl(session(SessionFlags::S))), // S, E, Reserved
        (4, [0x40, 0], S::PerSessionMaxUl(session(SessionFlags::E))), // S, E, Reserved
        (6, [0, 0], S::MaxDl(rate())),
        (7, [0, 0], S::MaxUl(rate())),
        (8, [0, 0], S::GuaranteedDl(rate())),
        (9, [0, 0], S::GuaranteedUl(rate())),
    ];
    let mut attributes: Vec<(Vec<u8>, QosAttribute)> = rates
        .into_iter()
        // Length 6, the rest of the first word, the bit rate.
        .map(|(kind, [a, b], value)| (vec![kind, 6, a, b, 0x00, 0x0f, 0x42, 0x40], value))
        .collect();
    attributes.push((vec![
        5, 2, // Allocation-Retention-Priority, Length 2
        0, // Reserved
        0b1001_0110, // PL 9 in four bits, PC 1 and PV 2 in two each
    ], S::Retention(Retention { priority: 9, capability: 1, vulnerability: 2 })));
    attributes.push((vec![
        10, 4, // QoS-Traffic-Selector, Length 4
        0, // Reserved
        2, // TS Format: IPv6 binary
        0xbe, 0xef, // Traffic Selector
    ], S::TrafficSelector(QosTrafficSelector {
        format: SelectorFormat::IPV6_BINARY,
        selector: vec![0xbe, 0xef],
    })));
    attributes.push((vec![
        11, 8, // QoS-Vendor-Specific-Attribute, Length 8
        0, 0, // Reserved
        0x00, 0x00, 0x28, 0xaf, // Vendor ID: 10415
        3, // Sub-Type
        0xaa,
    ], S::VendorSpecific(VendorAttribute { vendor: 10415, subtype: 3, data: vec![0xaa] })));
    attributes.push((vec![12, 2, 0xaa, 0xbb], S::unknown(12, &[0xaa, 0xbb]).unwrap()));
    let option = |attribute| MobilityOption::QualityOfService(QualityOfService {
        request: 9,
        dscp: 46,
        operation: QosOperation::ALLOCATE,
        attributes: vec![attribute],
    });
    let fixed = [9, 0b1011_1000, 1, 0, 0, 0]; // SR-ID, Traffic Class, Operational Code, Reserved
    attributes.into_iter().map(|(octets, value)| (58, [&fixed[..], &octets].concat(), option(value))).collect()
}

fn all() -> Vec<Case> {
    [of_context_requests(), of_flows(), of_access_networks(), of_quality()].concat()
}

#[test]
fn a_sub_option_is_read_and_written_as_its_figure_says() {
    for (kind, octets, value) in all() {
        assert_eq!(MobilityOption::read(kind, &octets), Ok(value.clone()), "type {kind}: {octets:02x?}");
        assert_eq!(value.body(), octets, "type {kind}");
    }
}

#[test]
fn every_row_has_octets_here() {
    let mut here = Vec::new();
    for (kind, octets, _) in all() {
        let message = carrying(kind, &octets);
        let view = MessageView::new(&message).unwrap();
        let option = view.options().map(Result::unwrap).find(|option| option.kind == kind).unwrap();
        let parts: Vec<_> =
            option.fields().flat_map(|field| field.sub_options()).map(Result::unwrap).collect();
        assert!(!parts.is_empty(), "type {kind}");
        here.extend(parts.iter().filter(|part| part.spec().is_some()).map(|part| (kind, part.kind)));
        assert_eq!(lint(&message, None), [], "type {kind}: {octets:02x?}");
    }
    here.sort_unstable();
    here.dedup();
    let rows = SUB_OPTIONS.iter().flat_map(|table| table.rows.iter().map(|spec| (table.option, spec.kind)));
    assert_eq!(here, rows.collect::<Vec<_>>());
}

/// RFC 6757 §3.1.2: 9 whole bits, two's complement.
#[test]
fn degrees_are_fixed_point_with_a_sign() {
    for (bits, degrees) in
        [(0x001a_4000, 52.5), (0x00c0_0000, -128.0), (0x00ff_ffff, -1.0 / 32768.0), (0, 0.0)]
    {
        assert!((Degrees::from_bits(bits).degrees() - degrees).abs() < f64::EPSILON);
    }
}

#[test]
fn a_value_that_would_be_read_as_another_cannot_be_made() {
    assert_eq!(FlowSubOption::unknown(2, &[0, 5]), None);
    assert_eq!(OffloadSubOption::unknown(3, &[]), None);
    assert!(OffloadSubOption::unknown(2, &[0, 5]).is_some(), "RFC 6909 takes over one sub-option only");
    assert_eq!(NetworkIdentifier::new(NetworkFlags::E, b"", b"ap"), None);
}

/// "MUST be ignored by the receiver", as each of these RFCs says of what it reserves.
#[test]
fn reserved_octets_are_ignored() {
    let cases: &[(u8, &[u8], &[u8])] = &[
        (45, &[0, 1, 0, 1, 0, 0, 3, 2, 1, 0], &[0, 1, 0, 1, 0, 0, 3, 2, 1, 0xff]),
        (45, &[0, 1, 0, 1, 0, 0, 4, 2, 0, 11], &[0, 1, 0, 1, 0, 0, 4, 2, 0xff, 11]),
        (45, &[0, 1, 0, 1, 0, 0, 5, 6, 0, 0, 1, 2, 3, 4], &[0, 1, 0, 1, 0, 0, 5, 6, 0xff, 0xff, 1, 2, 3, 4]),
        (52, &[4, 2, 0, 0], &[4, 2, 0, 0xff]),
        (58, &[1, 0, 1, 0, 0, 0, 1, 6, 0, 0, 0, 0, 0, 1], &[1, 0, 1, 0, 0, 0, 1, 6, 0xff, 0xff, 0, 0, 0, 1]),
        (58, &[1, 0, 1, 0, 0, 0, 5, 2, 0, 0x90], &[1, 0, 1, 0, 0, 0, 5, 2, 0xff, 0x90]),
    ];
    for (kind, clean, dirty) in cases {
        let [clean, dirty] = [clean, dirty].map(|octets| MobilityOption::read(*kind, octets));
        assert!(clean.is_ok());
        assert_eq!(clean, dirty);
    }
}

/// Behind the header and the six octets of a Binding Update stand the option's Type and Length at 12 (or 14), its octets
/// behind them.
#[test]
fn a_wrong_sub_option_makes_its_option_one_to_skip_and_is_named() {
    let flow = [0, 1, 0, 10, 0, 0];
    let quality = [9, 0xb8, 1, 0, 0, 0];
    let cases: &[(u8, Vec<u8>, &str, &str)] = &[
        (
            45,
            [&flow[..], &[2, 4, 0, 5]].concat(),
            "BID Reference sub-option (2) of the Flow Identification option (45) at octet 20: 4 octets, at least 6 expected",
            "RFC 6089 §4.2.1.3",
        ),
        (
            45,
            [&flow[..], &[0, 1]].concat(),
            "PadN sub-option (1) of the Flow Identification option (45) at octet 21: 1 octets, at least 2 expected",
            "RFC 6089 §4.2.1.2",
        ),
        (
            45,
            [&flow[..], &[4, 1, 0]].concat(),
            "Flow Binding Action sub-option (4) of the Flow Identification option (45) at octet 20: length 1, expected 2",
            "RFC 7109 §6.2.1",
        ),
        (
            45,
            [&flow[..], &[5, 3, 0, 0, 1]].concat(),
            "Target Care-of Address sub-option (5) of the Flow Identification option (45) at octet 20: length 3, expected 18",
            "RFC 7109 §6.2.2",
        ),
        (
            45,
            [&flow[..], &[2, 3, 0, 5, 0]].concat(),
            "BID Reference sub-option (2) of the Flow Identification option (45) at octet 20: length 3, expected 2",
            "RFC 6089 §4.2.1.3",
        ),
        (
            45,
            [&flow[..], &[99, 3, 0]].concat(),
            "sub-option 99 of the Flow Identification option (45) at octet 20: 3 octets, at least 5 expected",
            "RFC 6089 §4.2.1",
        ),
        (
            52,
            vec![6, 2, 0, 25, 1, 4, 0, 5, b'a', 0],
            "Network-Identifier sub-option (1) of the Access Network Identifier option (52) at octet 18: net-name length 5, expected a name, the length of another and that name, and nothing behind them",
            "RFC 6757 §3.1.1",
        ),
        (
            58,
            [&quality[..], &[1, 5, 0, 0, 0, 0, 1]].concat(),
            "Per-MN-Agg-Max-DL-Bit-Rate sub-option (1) of the Quality-of-Service option (58) at octet 20: length 5, expected 6",
            "RFC 7222 §4.2.1",
        ),
        (
            40,
            vec![0, 0, 22, 1],
            "Home Network Prefix sub-option (22) of the Context Request option (40) at octet 16: 2 octets, at least 3 expected",
            "RFC 5949 §6.2.1",
        ),
    ];
    for (kind, octets, expected, source) in cases {
        let mut message = carrying(*kind, octets);
        repair_checksum(&mut message, ANY, ANY);
        let decoded = Message::decode(&message, ANY, ANY).unwrap();
        assert_eq!(decoded.message.options(), [], "{expected}");
        let [error] = &decoded.skipped[..] else { panic!("{:?}", decoded.skipped) };
        assert_eq!((error.to_string().as_str(), error.source_section()), (*expected, *source));
        assert_eq!(error.reaction(), Reaction::Skip);
        let fault = lint(&message, None).into_iter().find(|fault| fault.to_string() == *expected);
        let fault = fault.unwrap_or_else(|| panic!("{:#?}", lint(&message, None)));
        assert_eq!((fault.source_section(), fault.reaction()), (*source, Some(Reaction::Skip)));
        // Read on its own, an option says where in it the fault is.
        let alone = MobilityOption::read(*kind, octets).unwrap_err().to_string();
        assert!(alone.contains("octets behind the option's length: "), "{alone}");
    }
}

#[test]
fn all_faults_of_sub_options_are_found() {
    let octets = [
        0, 1, 0, 10, 0, 0, // FID, FID-PRI, Reserved, Status: octets 14 to 19
        1, 1, 7, // PadN that is not zero
        2, 2, 0, 5, // BID Reference
        2, 2, 0, 6, // another one
        3, 2, 1, 9, // Traffic Selector with Reserved
        4, 1, 0, // Flow Binding Action of a wrong length
        99, 1, 0xff, // of no row
        4, 9, 0, // cut short
    ];
    let said: Vec<_> = lint(&carrying(45, &octets), None).iter().map(ToString::to_string).collect();
    let of = "of the Flow Identification option (45)";
    assert_eq!(
        said,
        [
            format!("PadN sub-option (1) {of} at octet 22: padding that is not zero"),
            format!("BID Reference sub-option (2) {of} at octet 27: another one, expected at most one"),
            format!("Traffic Selector sub-option (3) {of} at octet 34: reserved is 0x9, expected 0"),
            format!("Flow Binding Action sub-option (4) {of} at octet 35: length 1, expected 2"),
            format!("Flow Binding Action sub-option (4) {of} at octet 41: 3 octets, at least 11 expected"),
        ]
    );
}

/// As much as a Length can say is written, and more is refused; nothing is cut.
#[test]
fn sub_options_that_do_not_fit_their_option_are_refused() {
    let request = |len| {
        let data = vec![0; len];
        let requests = vec![RequestedOption { kind: 19, data }];
        let options = vec![MobilityOption::ContextRequest(ContextRequest { requests })];
        Message::Pbu(Pbu { options, ..Pbu::default() }).encode(ANY, ANY)
    };
    assert!(request(251).is_ok());
    for len in [252, 256, 300, 1000] {
        assert!(request(len).is_err(), "{len}");
    }
}

/// An iterator over octets of every length ends, and after an error at once.
#[test]
fn nothing_is_read_behind_a_sub_option_that_does_not_fit() {
    let octets = carrying(45, &[0, 1, 0, 10, 0, 0, 2, 9, 0, 0, 2, 2, 0, 5]);
    let view = MessageView::new(&octets).unwrap();
    let option = view.options().map(Result::unwrap).find(|option| option.kind == 45).unwrap();
    let parts: Vec<Result<_, DecodeError>> = option.fields().flat_map(|field| field.sub_options()).collect();
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].as_ref().unwrap_err().offset, 20);
}

/// A Binding Update with one option, whose checksum is zero. The octets may be no option at all.
fn carrying(kind: u8, octets: &[u8]) -> Vec<u8> {
    let unaligned = Message::Pbu(Pbu::default()).encode_unsummed(Padded::EndOnly).unwrap();
    let mut message = unaligned[..12].to_vec();
    match kind {
        40 => message[10..12].copy_from_slice(&[1, 0]), // a Handover Initiate has two octets less than a Binding Update
        62 => message.extend([1, 0]),                   // 4n+2
        _ => {}
    }
    message.extend([kind, octets.len() as u8]);
    message.extend(octets);
    match 8 - message.len() % 8 {
        8 => {}
        1 => message.push(0),
        more => {
            message.extend([1, more as u8 - 2]);
            message.resize(message.len() + more - 2, 0);
        }
    }
    message[1] = (message.len() / 8 - 1) as u8;
    // What only other messages may carry.
    message[2] = match kind {
        40 => 14,
        62 => 6,
        _ => 5,
    };
    message
}
