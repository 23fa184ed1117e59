//! What the plugin finds out about messages by the messages around them, in the real tshark: on one pass and on two,
//! with packets missing, and with the user's choices.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod support;

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use dmm_codec::packet::{Ipv6, MOBILITY_HEADER};
use dmm_codec::{
    Lifetime, Message, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu, PbuFlags, PreviousMaar, Status,
};
use pretty_assertions::assert_eq;
use support::{Tshark, pcap_at};

const CMD: u16 = 0xcd;
const IPV6: u8 = 41;

/// Milliseconds, and the packet.
type Packet = (u32, Vec<u8>);

fn node(number: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, number)
}

fn mn() -> MobilityOption {
    MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@example.org"))
}

fn prefix(maar: u16) -> MobilityOption {
    MobilityOption::HomeNetworkPrefix(format!("2001:db8:a{maar:03}::/64").parse().unwrap())
}

fn serving(maar: u16) -> MobilityOption {
    MobilityOption::ServingMaar(node(maar))
}

fn previous(maar: u16) -> MobilityOption {
    let prefix = format!("2001:db8:a{maar:03}::/64").parse().unwrap();
    MobilityOption::PreviousMaar(PreviousMaar { address: node(maar), prefix })
}

fn sent(millis: u32, src: u16, dst: u16, message: &Message) -> Packet {
    let (src, dst) = (node(src), node(dst));
    let octets = message.encode(src, dst).unwrap();
    (millis, Ipv6::packet(src, dst, MOBILITY_HEADER, 64, &octets))
}

fn pbu(millis: u32, src: u16, dst: u16, seq: u16, options: Vec<MobilityOption>) -> Packet {
    let flags = PbuFlags::A | PbuFlags::P | PbuFlags::D;
    sent(millis, src, dst, &Message::Pbu(Pbu { seq, flags, lifetime: Lifetime(75), options }))
}

fn pba(millis: u32, src: u16, dst: u16, seq: u16, options: Vec<MobilityOption>) -> Packet {
    answer(millis, src, dst, seq, (Status::ACCEPTED, PbaFlags::P | PbaFlags::D), options)
}

fn answer(
    millis: u32,
    src: u16,
    dst: u16,
    seq: u16,
    (status, flags): (Status, PbaFlags),
    options: Vec<MobilityOption>,
) -> Packet {
    sent(millis, src, dst, &Message::Pba(Pba { status, flags, seq, lifetime: Lifetime(75), options }))
}

/// A user packet from the mobile node's prefix at MAAR 1, in the tunnel between two MAARs.
fn tunnelled(millis: u32, src: u16, dst: u16, is_downlink: bool) -> Packet {
    let (user, peer) = ("2001:db8:a001::99".parse().unwrap(), "2001:db8:f::1".parse().unwrap());
    let (from, to) = if is_downlink { (peer, user) } else { (user, peer) };
    let inner = Ipv6::packet(from, to, 59, 63, &[]);
    (millis, Ipv6::packet(node(src), node(dst), IPV6, 64, &inner))
}

/// Everything that there is to find out; frames count from 1.
fn journey() -> Vec<Packet> {
    let again = pba(6, CMD, 1, 1, vec![mn(), prefix(1)]);
    vec![
        // 1: before any signalling.
        tunnelled(0, 1, 2, true),
        pbu(5, 1, CMD, 1, vec![mn(), prefix(1)]),
        again.clone(),
        // 4: captured twice.
        again,
        // 5: a handover by a relay; its second PBU is lost on the way to MAAR 1.
        pbu(5000, 2, CMD, 1, vec![mn(), prefix(2)]),
        pbu(5001, CMD, 1, 9, vec![mn(), prefix(1), serving(2)]),
        pbu(6001, CMD, 1, 10, vec![mn(), prefix(1), serving(2)]),
        pbu(9001, CMD, 1, 11, vec![mn(), prefix(1), serving(2)]),
        pba(9003, 1, CMD, 11, vec![mn(), prefix(1), serving(2)]),
        pba(9004, CMD, 2, 1, vec![mn(), prefix(2), previous(1)]),
        // 11: uplink and downlink.
        tunnelled(9010, 2, 1, false),
        tunnelled(9011, 1, 2, true),
        // 13: a second PBA of the relay.
        pba(9500, CMD, 2, 1, vec![mn(), prefix(2), previous(1)]).touched(),
        // 14: a handover by a locator.
        pbu(12_000, 3, CMD, 7, vec![mn(), prefix(3)]),
        pbu(12_001, CMD, 2, 2, vec![mn(), prefix(2), serving(3)]),
        pba(12_002, 2, 3, 7, vec![mn(), prefix(2)]),
        pba(12_002, 2, CMD, 2, vec![mn(), prefix(2), serving(3)]),
        // 18: nobody answers, and there are too many of them.
        pbu(20_000, 3, CMD, 8, vec![mn(), prefix(3)]),
        pbu(20_100, 3, CMD, 8, vec![mn(), prefix(3), prefix(1)]),
        pbu(20_200, 3, CMD, 9, vec![mn(), prefix(3), prefix(2)]),
        pbu(20_300, 3, CMD, 10, vec![mn()]),
        // 22: rejected, and by somebody who knows nothing of the D flag.
        pbu(30_000, 3, CMD, 20, vec![mn(), prefix(3)]),
        answer(30_001, CMD, 3, 20, (Status::ADMINISTRATIVELY_PROHIBITED, PbaFlags::P), vec![mn()]),
    ]
}

trait Touched {
    /// The same message with another lifetime, so that it is another packet.
    fn touched(self) -> Self;
}

impl Touched for Packet {
    fn touched(mut self) -> Self {
        const LIFETIME: usize = 40 + 10;
        self.1[LIFETIME + 1] -= 1;
        let (src, dst) = (node(CMD), node(2));
        dmm_codec::message::repair_checksum(&mut self.1[40..], src, dst);
        self
    }
}

fn file(packets: &[Packet]) -> Vec<u8> {
    pcap_at(packets.iter().map(|(millis, octets)| (*millis, (octets.as_slice(), octets.len()))))
}

/// The values of fields, by frame; frames without a value are not listed.
fn values(printed: &str) -> Vec<BTreeMap<u32, String>> {
    let mut columns = Vec::new();
    for line in printed.lines() {
        let mut values = line.split('\t');
        let frame: u32 = values.next().unwrap().parse().unwrap();
        for (column, value) in values.enumerate() {
            if columns.len() <= column {
                columns.push(BTreeMap::new());
            }
            if !value.is_empty() {
                // 4.0 prints flags as `1`, later versions as `True`; 4.6 prints fewer zeros.
                let value = value.replace("True", "1").replace("False", "0");
                columns[column].insert(frame, value);
            }
        }
    }
    columns
}

fn read(packets: &[Packet], arguments: &[&str], fields: &[&str]) -> Vec<BTreeMap<u32, String>> {
    let mut all = arguments.to_vec();
    all.extend(["-T", "fields", "-e", "frame.number"]);
    for field in fields {
        all.extend(["-e", field]);
    }
    values(&Tshark::find().run(&file(packets), &all))
}

type Expected = &'static [(u32, &'static str)];

/// On two passes.
const VALUES: &[(&str, Expected)] = &[
    ("dmm.duplicate_of", &[(4, "3")]),
    ("dmm.response_in", &[(2, "3"), (5, "10"), (8, "9"), (14, "16"), (15, "17"), (22, "23")]),
    (
        "dmm.response_to",
        &[(3, "2"), (4, "2"), (9, "8"), (10, "5"), (13, "5"), (16, "14"), (17, "15"), (23, "22")],
    ),
    (
        "dmm.response_time",
        &[
            (3, "0.001000000"),
            (4, "0.001000000"),
            (9, "0.002000000"),
            (10, "4.004000000"),
            (13, "4.500000000"),
            (16, "0.002000000"),
            (17, "0.001000000"),
            (23, "0.001000000"),
        ],
    ),
    ("dmm.response.first", &[(13, "10")]),
    ("dmm.unanswered", &[(18, "1"), (19, "1"), (20, "1"), (21, "1")]),
    ("dmm.retransmission", &[(7, "1"), (8, "1")]),
    ("dmm.retransmission.of", &[(7, "6"), (8, "7")]),
    ("dmm.retransmission.number", &[(7, "1"), (8, "2")]),
    ("dmm.retransmission.interval", &[(7, "1.000000000"), (8, "3.000000000")]),
    ("dmm.retransmission.doubled", &[(7, "1"), (8, "0")]),
    ("dmm.retransmission.in", &[(6, "7"), (7, "8")]),
    ("dmm.relay.of", &[(6, "5"), (7, "5"), (8, "5"), (15, "14")]),
    ("dmm.relay.in", &[(5, "6"), (14, "15")]),
    ("dmm.locator", &[(16, "1")]),
    (
        "dmm.handover.id",
        &[
            (5, "1"),
            (6, "1"),
            (7, "1"),
            (8, "1"),
            (9, "1"),
            (10, "1"),
            (13, "1"),
            (14, "2"),
            (15, "2"),
            (16, "2"),
            (17, "2"),
        ],
    ),
    ("dmm.tunnel.mn", &[(11, "mn1@example.org"), (12, "mn1@example.org")]),
    ("dmm.tunnel.prefix", &[(11, "2001:db8:a001::"), (12, "2001:db8:a001::")]),
    ("dmm.tunnel.prefix.length", &[(11, "64"), (12, "64")]),
    ("dmm.tunnel.anchor", &[(11, "2001:db8:c0::1"), (12, "2001:db8:c0::1")]),
    ("dmm.tunnel.downlink", &[(11, "0"), (12, "1")]),
];

/// As [`VALUES`], where the messages of a handover agree: those of frame 5 and of frame 14.
const HANDOVERS: &[(&str, Option<&str>, &str)] = &[
    ("dmm.handover.from", Some("2001:db8:c0::1"), "2001:db8:c0::2"),
    ("dmm.handover.to", Some("2001:db8:c0::2"), "2001:db8:c0::3"),
    ("dmm.handover.latency", Some("4.004000000"), "0.002000000"),
    ("dmm.handover.p_maars", Some("1"), "1"),
    ("dmm.handover.mode", Some("relay"), "locator"),
];

#[test]
fn messages_are_put_together() {
    let fields: Vec<&str> = VALUES.iter().map(|(field, _)| *field).collect();
    let found = read(&journey(), &["-2"], &fields);
    for ((field, expected), found) in VALUES.iter().zip(found) {
        assert_eq!(found, owned(expected), "{field}");
    }
}

fn owned(expected: &[(u32, &str)]) -> BTreeMap<u32, String> {
    expected.iter().map(|(frame, value)| (*frame, (*value).to_owned())).collect()
}

#[test]
fn a_handover_is_told_by_each_of_its_messages() {
    let fields: Vec<&str> = HANDOVERS.iter().map(|(field, ..)| *field).collect();
    let found = read(&journey(), &["-2"], &fields);
    for ((field, first, second), found) in HANDOVERS.iter().zip(found) {
        let frames = (5..=10)
            .chain([13])
            .map(|frame| (frame, *first))
            .chain((14..=17).map(|frame| (frame, Some(*second))));
        let expected: Vec<_> = frames.filter_map(|(frame, value)| Some((frame, value?))).collect();
        assert_eq!(found, owned(&expected), "{field}");
    }
}

#[test]
fn a_mobile_node_is_where_the_signalling_says() {
    let found = read(
        &journey(),
        &["-2", "-Y", "mipv6"],
        &["dmm.session.maar", "dmm.session.previous_maar", "dmm.mn"],
    );
    let [here, before, names] = found.as_slice() else { panic!("three fields") };
    let maar = |frame: u32| here.get(&frame).map(|address| address.chars().last().unwrap());
    assert_eq!(
        [2, 3, 5, 6, 13, 14, 15, 23].map(maar),
        [None, Some('1'), Some('1'), Some('2'), Some('2'), Some('2'), Some('3'), Some('3')]
    );
    assert_eq!(before.get(&10).map(String::as_str), Some("2001:db8:c0::1"));
    assert_eq!(before.get(&23).map(String::as_str), Some("2001:db8:c0::2"));
    assert!(names.len() == 20 && names.values().all(|name| name == "mn1@example.org"), "{names:?}");
}

/// What one pass tells of a frame is what came before it, and two passes do not take it back.
#[test]
fn one_pass_knows_what_came_before() {
    let fields: Vec<&str> = VALUES.iter().map(|(field, _)| *field).collect();
    let (one, two) = (read(&journey(), &[], &fields), read(&journey(), &["-2"], &fields));
    let of_what_comes_later = ["dmm.response_in", "dmm.retransmission.in", "dmm.relay.in", "dmm.unanswered"];
    for ((field, one), two) in fields.iter().zip(one).zip(two) {
        if of_what_comes_later.contains(field) {
            assert_eq!(one, BTreeMap::new(), "{field}");
        } else {
            assert_eq!(one, two, "{field}");
        }
    }
}

#[test]
fn with_packets_missing_at_the_start_nothing_wrong_is_told() {
    let all = journey();
    let fields = ["dmm.response_to", "dmm.relay.of", "dmm.retransmission.of", "dmm.duplicate_of"];
    let whole = read(&all, &["-2"], &fields);
    for missing in [4, 5, 9, 14] {
        let rest = read(&all[missing..], &["-2"], &fields);
        for ((field, whole), rest) in fields.iter().zip(&whole).zip(rest) {
            let missing = u32::try_from(missing).unwrap();
            let expected = whole.iter().filter_map(|(frame, to)| {
                let to = to.parse::<u32>().unwrap().checked_sub(missing).filter(|to| *to > 0)?;
                Some((frame.checked_sub(missing)?, to.to_string()))
            });
            assert_eq!(rest, expected.collect(), "{field} without the first {missing}");
        }
    }
}

/// (rule, frames, requirement), with the rate limit and the mode that the test chooses.
const RULES: &[(&str, &[u32], &str)] = &[
    ("status", &[23], "RFC8885-R3.1.13"),
    ("answer_flag", &[23], "RFC8885-R4.2.2"),
    ("unanswered", &[18, 19, 20, 21], "RFC8885-R3.6.1"),
    ("retransmission", &[7, 8], "RFC8885-R3.6.1"),
    ("backoff", &[8], "RFC8885-R3.6.3"),
    ("rate", &[21], "RFC8885-R3.6.5"),
    ("further_pba", &[13], "RFC8885-R3.2.18"),
    ("mode", &[16], "RFC8885-R3.0.8"),
];

#[test]
fn what_breaks_a_rule_is_pointed_out_with_its_requirement() {
    let tshark = Tshark::find();
    let capture = file(&journey());
    let filters: Vec<String> = RULES.iter().map(|(rule, ..)| format!("dmm.expert.{rule}")).collect();
    let mut arguments = vec!["-2", "-o", "dmm.mode:relay", "-T", "fields"];
    for field in ["frame.number", "dmm.requirement", "_ws.expert.message"] {
        arguments.extend(["-e", field]);
    }
    for filter in &filters {
        arguments.extend(["-e", filter]);
    }
    let printed = tshark.run(&capture, &arguments);
    let lines: Vec<Vec<&str>> = printed.lines().map(|line| line.split('\t').collect()).collect();
    for (column, (rule, frames, requirement)) in (3..).zip(RULES) {
        let mut found = Vec::new();
        for line in lines.iter().filter(|line| !line[column].is_empty()) {
            found.push(line[0].parse::<u32>().unwrap());
            assert!(line[1].split(',').any(|id| id == *requirement), "{rule}: {line:?}");
            assert!(line[2].contains(requirement), "{rule}: {line:?}");
        }
        assert_eq!(found, *frames, "{rule}");
    }
}

#[test]
fn the_sentence_stands_with_the_severity() {
    let printed = Tshark::find().run(&file(&journey()), &["-2", "-q", "-z", "expert"]);
    let line =
        printed.lines().find(|line| line.contains("RFC8885-R3.6.3")).expect("a wait that is not doubled");
    assert!(line.contains("DMM") && line.contains("in which the timeout period is doubled"), "{line}");
    let warnings = printed.split("Warns").nth(1).expect("a section of warnings");
    assert!(warnings.contains("RFC8885-R3.6.3") && warnings.contains("RFC8885-R3.6.5"));
}

#[test]
fn the_user_can_choose() {
    let tshark = Tshark::find();
    let capture = file(&journey());
    let count = |arguments: &[&str]| tshark.run(&capture, &[&["-2"], arguments].concat()).lines().count();
    let off = ["-o", "dmm.tracking:FALSE"];
    assert!(count(&["-Y", "dmm.response_to"]) > 0);
    assert_eq!(count(&[&off[..], &["-Y", "dmm.response_to || dmm.tunnel || dmm.handover.id"]].concat()), 0);
    assert_eq!(count(&[&off[..], &["-Y", "dmm.mn"]].concat()), 19, "all with the D flag");
    assert_eq!(count(&["-o", "dmm.rate:4", "-Y", "dmm.expert.rate || dmm.expert.node_rate"]), 0);
    assert_eq!(count(&["-o", "dmm.rate:2", "-Y", "dmm.expert.rate"]), 2);
    assert_eq!(count(&["-o", "dmm.rate:0", "-Y", "dmm.expert.rate"]), 0);
    assert_eq!(count(&["-Y", "dmm.expert.mode"]), 0, "any mode is fine");
    assert_eq!(count(&["-o", "dmm.mode:locator", "-Y", "dmm.expert.mode"]), 1);
}

#[test]
fn the_q_flag_is_read_only_if_the_user_wants_it() {
    const FLAGS: usize = 40 + 8;
    let mut query = pbu(0, 1, CMD, 1, vec![mn()]);
    query.1[FLAGS + 1] |= 0x08;
    dmm_codec::message::repair_checksum(&mut query.1[40..], node(1), node(CMD));
    let capture = file(&[query]);
    let tshark = Tshark::find();
    let fields = ["-T", "fields", "-e", "dmm.query", "-e", "dmm.expert.reserved", "-e", "_ws.col.Info"];
    let off = tshark.run(&capture, &fields);
    assert!(off.starts_with('\t') && off.contains("PBU [D] seq=1") && !off.contains("\t\t"), "{off}");
    let on = tshark.run(&capture, &[&["-o", "dmm.query_flag:TRUE"], &fields[..]].concat());
    assert!((on.starts_with("1\t\t") || on.starts_with("True\t\t")) && on.contains("PBQ [DQ] seq=1"), "{on}");
}

#[test]
fn statistics_count_messages_answers_and_handovers() {
    let printed = Tshark::find().run(&file(&journey()), &["-2", "-q", "-z", "dmm,tree"]);
    let count = |name: &str| {
        let line = printed.lines().find(|line| line.trim_start().starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no `{name}` in\n{printed}"));
        line.trim_start()[name.len()..].split_whitespace().next().and_then(|count| count.parse::<u32>().ok())
    };
    for (name, expected) in [
        ("Messages", 20),
        ("PBU of a MAAR", 8),
        ("PBU of the CMD to a P-MAAR", 4),
        ("PBA of a P-MAAR to the S-MAAR", 1),
        ("PBA of a P-MAAR to the CMD", 2),
        ("129 (Administratively prohibited)", 1),
        ("2001:db8:c0::3 to 2001:db8:c0::cd", 6),
        ("Retransmissions", 2),
        ("PBUs above the rate limit", 1),
        ("Response time (us)", 8),
        ("Handovers by mode of the CMD", 2),
        ("relay", 1),
        ("locator", 1),
        ("Handover latency (us)", 2),
    ] {
        assert_eq!(count(name), Some(expected), "{name}\n{printed}");
    }
}

/// A proxy answers before what it does shows that it is one.
fn by_a_proxy() -> Vec<Packet> {
    vec![
        pbu(0, 1, CMD, 1, vec![mn(), prefix(1)]),
        pba(2, CMD, 1, 1, vec![mn(), prefix(1)]),
        pbu(5000, 2, CMD, 1, vec![mn(), prefix(2)]),
        pba(5001, CMD, 2, 1, vec![mn(), prefix(2), previous(1)]),
        pbu(5002, CMD, 1, 9, vec![mn(), prefix(1), serving(2)]),
        pbu(6002, CMD, 1, 10, vec![mn(), prefix(1), serving(2)]),
        pba(6003, 1, CMD, 10, vec![mn(), prefix(1), serving(2)]),
    ]
}

#[test]
fn statistics_of_one_pass_are_those_of_two() {
    let tshark = Tshark::find();
    for capture in [file(&journey()), file(&by_a_proxy())] {
        // Not when there were most of them: what a later message shows is counted with that one.
        let counts = |passes: &[&str]| {
            let printed = tshark.run(&capture, &[passes, &["-q", "-z", "dmm,tree"]].concat());
            let first_two =
                |line: &str| line.split("  ").filter(|word| !word.is_empty()).take(2).collect::<String>();
            printed.lines().map(first_two).collect::<Vec<_>>()
        };
        assert_eq!(counts(&[]), counts(&["-2"]));
    }
    let printed = tshark.run(&file(&by_a_proxy()), &["-q", "-z", "dmm,tree"]);
    let line = printed.lines().find(|line| line.trim_start().starts_with("proxy")).expect("its mode");
    assert_eq!(line.split_whitespace().nth(1), Some("1"), "{printed}");
}

#[test]
fn conversations_are_those_of_a_mobile_node_with_its_maars() {
    let printed = Tshark::find().run(&file(&journey()), &["-2", "-q", "-z", "conv,dmm"]);
    let rows: Vec<&str> = printed.lines().filter(|line| line.contains("mn1@example.org")).collect();
    assert_eq!(rows.len(), 3, "{printed}");
    for maar in ["2001:db8:c0::1", "2001:db8:c0::2", "2001:db8:c0::3"] {
        assert_eq!(
            rows.iter().filter(|row| row.split_whitespace().any(|word| word == maar)).count(),
            1,
            "{printed}"
        );
    }
}

/// The filters that the host makes of a row of the table.
#[test]
fn a_conversation_is_found_by_its_mobile_node_and_its_maar() {
    let tshark = Tshark::find();
    let capture = file(&journey());
    let count = |filter: &str| tshark.run(&capture, &["-2", "-Y", filter]).lines().count();
    let is = |party: &str| format!("{} == \"{party}\"", "dmm.party");
    let of_maar = |maar: u16| format!("{} && {}", is("mn1@example.org"), is(&node(maar).to_string()));
    assert_eq!([1, 2, 3].map(|maar| count(&of_maar(maar))), [7, 6, 7]);
    assert_eq!(count(&of_maar(4)), 0);
    let both = tshark.run(&capture, &["-2", "-V", "-Y", &of_maar(1)]);
    assert!(!both.contains("Mobile Node or MAAR"), "only for who asks\n{both}");
}

/// A line of the graph has the Info column behind its arrow.
#[test]
fn a_flow_graph_says_who_asks_what_of_whom() {
    let printed = Tshark::find().run(&file(&journey()), &["-q", "-z", "flow,any,network,mipv6"]);
    let told: Vec<&str> =
        printed.lines().filter_map(|line| line.split_once("MIPv6: ")).map(|it| it.1).collect();
    assert_eq!(
        told[3..9],
        [
            "PBU [D] seq=1 mn=mn1@example.org lifetime=300 s",
            "PBU [D] seq=9 mn=mn1@example.org lifetime=300 s → S-MAAR 2001:db8:c0::2",
            "PBU [D] seq=10 mn=mn1@example.org lifetime=300 s → S-MAAR 2001:db8:c0::2 [retransmission 1]",
            "PBU [D] seq=11 mn=mn1@example.org lifetime=300 s → S-MAAR 2001:db8:c0::2 [retransmission 2]",
            "PBA [D] status=0 seq=11 mn=mn1@example.org lifetime=300 s → S-MAAR 2001:db8:c0::2",
            "PBA [D] status=0 seq=1 mn=mn1@example.org lifetime=300 s ← P-MAAR 2001:db8:c0::1",
        ],
        "{printed}"
    );
    assert_eq!(told.len(), journey().len() - 3, "all but the user packets\n{printed}");
}

/// An ICMPv6 error that quotes a PBU is not a PBU.
#[test]
fn a_quoted_message_is_not_noted() {
    const ICMPV6: u8 = 58;
    let asks = pbu(0, 1, CMD, 1, vec![mn(), prefix(1)]);
    let mut error = vec![1, 0, 0, 0, 0, 0, 0, 0];
    error.extend_from_slice(&asks.1);
    let sum = dmm_codec::checksum::checksum(node(CMD), node(1), ICMPV6, &error);
    error[2..4].copy_from_slice(&sum.to_be_bytes());
    let error = Ipv6::packet(node(CMD), node(1), ICMPV6, 64, &error);
    let found = read(
        &[asks, (500, error), pbu(1000, 1, CMD, 2, vec![mn(), prefix(1)])],
        &["-2"],
        &["dmm.duplicate_of", "dmm.retransmission.of", "dmm.flag"],
    );
    assert_eq!((found[0].len(), found[1].get(&3).map(String::as_str)), (0, Some("1")));
    // 4.4 does not look into what an error quotes; the others do.
    assert!(found[2].len() >= 2, "{found:?}");
}

#[test]
fn every_field_that_no_octet_has_is_tried_here() {
    let here = concat!(include_str!("tracking.rs"), include_str!("stock.rs"));
    let untried: Vec<_> =
        support::NOT_OF_OCTETS.iter().filter(|field| !here.contains(&format!("\"{field}\""))).collect();
    assert_eq!(untried, [&"dmm.tunnel"; 0]);
}
