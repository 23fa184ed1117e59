//! Times against schedules, values against matchers, octets against the tables.

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::body::flow::BindingIdentifier;
use dmm_codec::body::mobile::VendorSpecific;
use dmm_codec::edit::{Change, Edit};
use dmm_codec::message::{
    BindingRefreshRequest, LocalizedRoutingInit, Padded, Upn, UpnFlags, UpnReason, repair_checksum,
};
use dmm_codec::wire::FieldKind;
use dmm_codec::{
    HandoffIndicator, Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu, PbuFlags,
    PreviousMaar, Status, UnknownOption,
};
use dmm_conformance::Verdict;
use dmm_conformance::judge::matcher::holds;
use dmm_conformance::judge::passive::judge;
use dmm_conformance::judge::timing::{
    RateVerdict, Tolerance, backoff, is_later_sequence, judge_interval, rate, token_bucket,
};
use dmm_conformance::packet::Parsed;
use dmm_conformance::script::model::Op;
use dmm_conformance::script::value::Value;
use pretty_assertions::assert_eq;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn backoff_doubles_from_one_second_to_thirty_two() {
    let intervals: Vec<_> = (0..8).map(|number| backoff(SECOND, 2, 32 * SECOND, number).as_secs()).collect();
    assert_eq!(intervals, [1, 2, 4, 8, 16, 32, 32, 32]);
}

#[test]
fn only_the_backoff_of_the_rfc_passes() {
    let conforming = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 32.0];
    let real = Tolerance { early: 0.10, late: 0.15, abs: Duration::from_millis(20) };
    let exact = Tolerance { early: 0.01, late: 0.01, abs: Duration::from_millis(1) };
    // (name, intervals in seconds, passes in real time, passes in virtual time)
    let table: [(&str, [f64; 7], bool, bool); 12] = [
        ("as it should be", conforming, true, true),
        ("10 % early", conforming.map(|seconds| seconds * 0.9), true, false),
        ("10 % late", conforming.map(|seconds| seconds * 1.1), true, false),
        ("timer tick of 100 ms", [1.1, 2.1, 4.1, 8.1, 16.1, 32.1, 32.1], true, false),
        ("constant", [1.0; 7], false, false),
        ("linear", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], false, false),
        ("factor 1.5", [1.0, 1.5, 2.25, 3.375, 5.06, 7.59, 11.39], false, false),
        ("factor 3", [1.0, 3.0, 9.0, 27.0, 32.0, 32.0, 32.0], false, false),
        ("no cap", [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0], false, false),
        ("cap 16 s", [1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0], false, false),
        ("cap 30 s", [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0], true, false),
        ("starts at 2 s", [2.0, 4.0, 8.0, 16.0, 32.0, 32.0, 32.0], false, false),
    ];
    for (name, intervals, in_real_time, in_virtual_time) in table {
        for (tolerance, expected) in [(&real, in_real_time), (&exact, in_virtual_time)] {
            let passes = intervals.iter().enumerate().all(|(number, seconds)| {
                let due = backoff(SECOND, 2, 32 * SECOND, number);
                judge_interval(Duration::from_secs_f64(*seconds), due, tolerance).is_ok()
            });
            assert_eq!(passes, expected, "{name} with {tolerance:?}");
        }
    }
}

#[test]
fn a_rate_is_judged_over_a_sliding_second() {
    let guard = Duration::from_millis(5);
    let judged = |millis: &[u64]| rate(&times(millis), 3, SECOND, guard);
    assert_eq!(judged(&[]), RateVerdict::Within);
    assert_eq!(judged(&[0, 1, 2]), RateVerdict::Within);
    assert_eq!(judged(&[0, 1, 2, 1000]), RateVerdict::Within);
    let close = RateVerdict::Close { at: 3, span: Duration::from_millis(997) };
    assert_eq!(judged(&[0, 1, 2, 997]), close);
    assert_eq!(judged(&[0, 1, 2, 994]), RateVerdict::Exceeded { at: 3, span: Duration::from_millis(994) });
    // Six around the tick of a wall clock: a window that does not slide sees three in each second.
    assert!(matches!(judged(&[900, 950, 990, 1010, 1050, 1090]), RateVerdict::Exceeded { at: 3, .. }));
}

#[test]
fn a_token_bucket_allows_its_burst_and_then_its_rate() {
    let slack = Duration::from_millis(1);
    let judged = |millis: &[u64], burst: f64| token_bucket(&times(millis), 100.0, burst, slack).is_ok();
    assert!(judged(&[], 1.0));
    assert!(judged(&[0, 10, 20, 30], 1.0));
    assert!(judged(&[0, 9, 19, 29], 1.0), "1 ms of slack");
    assert!(!judged(&[0, 0], 1.0));
    assert!(judged(&[0, 0], 2.0));
    assert!(!judged(&[0, 0, 0, 0, 0, 0, 0, 0], 2.0));
    assert!(!judged(&[0, 10, 20, 21, 22, 60], 1.0), "a burst in the middle");
    assert!(!judged(&[0, 5, 10, 15, 20], 1.0), "200 per second");
}

#[test]
fn sequence_numbers_grow_in_a_circle() {
    for (earlier, later, expected) in
        [(1, 2, true), (2, 2, false), (2, 1, false), (0xffff, 0, true), (0, 0xffff, false), (0, 0x7fff, true)]
    {
        assert_eq!(is_later_sequence(earlier, later), expected, "{earlier} {later}");
    }
}

#[test]
fn matchers_hold_as_they_read() {
    let text = |text: &str| Value::Text(text.to_string());
    let list = |items: &[&str]| Value::List(items.iter().map(|item| text(item)).collect());
    let seconds = |seconds| Value::Duration(Duration::from_secs(seconds));
    let addr = |text: &str| Value::Addr(text.parse().expect("an address"));
    let flags = Value::Flags(0x22, PbaFlags::FLAGS);
    let status = Some(FieldKind::Named(Status::NAMES));
    let table = [
        (Op::Ne, Value::Int(1), Some(Value::Int(0)), None, true),
        (Op::Lt, Value::Int(128), Some(Value::Int(127)), status, true),
        (Op::Ge, Value::Int(128), Some(Value::Int(127)), status, false),
        (Op::In, list(&["0", "timestamp_mismatch"]), Some(Value::Int(156)), status, true),
        (Op::In, list(&["0", "1"]), Some(Value::Int(156)), status, false),
        (Op::Range, list(&["4s", "300s"]), Some(seconds(300)), None, true),
        (Op::Range, list(&["4s", "300s"]), Some(seconds(301)), None, false),
        (Op::Gt, text("0s"), Some(seconds(0)), None, false),
        (Op::Set, list(&["P", "D"]), Some(flags.clone()), None, true),
        (Op::Set, list(&["P", "K"]), Some(flags.clone()), None, false),
        (Op::Clear, list(&["K", "R"]), Some(flags.clone()), None, true),
        (Op::Clear, list(&["K", "D"]), Some(flags), None, false),
        (Op::WithinPrefix, text("2001:db8::/32"), Some(addr("2001:db8:1::1")), None, true),
        (Op::WithinPrefix, text("2001:db8::/32"), Some(addr("2001:db9::1")), None, false),
        (Op::Hex, text("de ad"), Some(Value::Octets(vec![0xde, 0xad])), None, true),
        (Op::Absent, Value::Bool(true), None, None, true),
        (Op::Absent, Value::Bool(true), Some(Value::Int(0)), None, false),
        (Op::Any, Value::Bool(true), None, None, false),
        (Op::Lt, Value::Int(1), None, None, false),
    ];
    for (op, operand, seen, kind, expected) in table {
        let held = holds(op, &operand, seen.as_ref(), kind);
        assert_eq!(held, Ok(expected), "{op:?} {operand} {seen:?}");
    }
    assert!(holds(Op::Lt, &text("soon"), Some(&seconds(1)), None).is_err());
    assert!(holds(Op::Set, &list(&["X"]), Some(&Value::Flags(0, PbaFlags::FLAGS)), None).is_err());
    // A script may name the flag of a draft: it does so on purpose.
    assert_eq!(holds(Op::Set, &list(&["Q"]), Some(&Value::Flags(0x01, PbaFlags::FLAGS)), None), Ok(true));
    assert!(holds(Op::In, &list(&["no_such_status"]), Some(&Value::Int(0)), status).is_err());
}

#[test]
fn our_own_messages_break_no_rule() {
    assert_eq!(judge(&pba(&[])), []);
    assert_eq!(judge(&pbu(PbuFlags::D, vec![MobilityOption::ServingMaar(DST)])), []);
}

#[test]
fn each_rule_is_seen_on_octets_that_break_it() {
    // (place, change, rule, message or option)
    let table = [
        ("checksum", Change::Xor(1), "checksum", "pba"),
        ("payload_proto", Change::Set(58), "payload_proto", "pba"),
        ("reserved", Change::Set(1), "reserved", "pba"),
        ("header_len", Change::Set(20), "multiple_of_8", "pba"),
        ("flags", Change::Or(1), "reserved", "pba"),
        ("options.prev_maar.0.length", Change::Set(33), "length", "prev_maar"),
        ("options.prev_maar.0.length", Change::Set(255), "overrun", "prev_maar"),
        ("options.prev_maar.0.reserved", Change::Set(1), "reserved", "prev_maar"),
        ("options.prev_maar.0.prefix_length", Change::Set(129), "prefix_length", "prev_maar"),
        ("flags", Change::And(0xfd), "dmm_flag", "prev_maar"),
        ("options.padn.0.padding", Change::Or(1), "padding", "padn"),
    ];
    for (place, change, rule, name) in table {
        let found = judge(&pba(&[(place, change)]));
        assert!(
            found.iter().any(|v| v.rule == rule && v.name == name && v.verdict == Verdict::Fail),
            "{place} {change:?}: {found:#?}"
        );
    }
    let previous = PreviousMaar { address: DST, prefix: "2001:db8::/64".parse().expect("a prefix") };
    let place = judge(&pbu(PbuFlags::D, vec![MobilityOption::PreviousMaar(previous)]));
    assert_eq!(place.iter().map(|v| (v.rule, v.name.as_str())).collect::<Vec<_>>(), [("place", "prev_maar")]);
    let without_d = judge(&pbu(PbuFlags::default(), vec![MobilityOption::ServingMaar(DST)]));
    assert_eq!(without_d.iter().map(|v| v.rule).collect::<Vec<_>>(), ["dmm_flag"]);
    // RFC 8885 §4.6: "the current S-MAAR's global address"; §4.7: "the link-local address of the DLIF".
    let link_local: Ipv6Addr = "fe80::1".parse().expect("an address");
    for (option, fits) in [
        (MobilityOption::ServingMaar(link_local), false),
        (MobilityOption::ServingMaar(Ipv6Addr::UNSPECIFIED), false),
        (MobilityOption::DlifLinkLocal(link_local), true),
        (MobilityOption::DlifLinkLocal(DST), false),
    ] {
        let rules: Vec<_> = judge(&pbu(PbuFlags::D, vec![option])).iter().map(|v| v.rule).collect();
        assert_eq!(rules, if fits { vec![] } else { vec!["scope"] });
    }
    let twice = vec![MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN); 2];
    assert_eq!(judge(&pbu(PbuFlags::D, twice)).iter().map(|v| v.rule).collect::<Vec<_>>(), ["repeats"]);
    let unknown = UnknownOption::on_purpose(22, &[0; 17]);
    let length = judge(&pbu(PbuFlags::D, vec![MobilityOption::Unknown(unknown)]));
    assert_eq!(length[0].expected, "hnp: length 18");
    // A sub-option's fault is its option's: a BID Reference of one octet, a Flow Binding Action with Reserved.
    let flow = UnknownOption::on_purpose(45, &[0, 1, 0, 1, 0, 0, 2, 1, 5, 4, 2, 1, 11]);
    let found = judge(&pbu(PbuFlags::D, vec![MobilityOption::Unknown(flow)]));
    let rules: Vec<_> = found.iter().map(|v| (v.rule, v.name.as_str())).collect();
    assert_eq!(rules, [("length", "flow"), ("reserved", "flow")]);
}

/// What holds for PBU and PBA only is not asked of others: RFC 6705 §10.1 has two identifiers in one message, RFC 7077
/// §4.1 has any option and a D flag of its own, RFC 5648 §4.3 has two alignments of one option.
#[test]
fn messages_of_other_rfcs_are_judged_by_their_own_rows() {
    let mn = || MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@example.org"));
    let handoff = || MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN);
    let rules = |message: &Message, padded| {
        let mut octets = message.encode_unsummed(padded).expect("small");
        repair_checksum(&mut octets, SRC, DST);
        judge(&parsed(octets)).iter().map(|v| (v.rule, v.name.clone())).collect::<Vec<_>>()
    };
    let aligned = |message: &Message| rules(message, Padded::Aligned);
    let lri = |options| Message::LocalizedRoutingInit(LocalizedRoutingInit { seq: 1, seconds: 4, options });
    assert_eq!(aligned(&lri(vec![mn(), mn()])), []);
    assert_eq!(aligned(&lri(vec![handoff()])), [("place", "handoff".to_string())]);
    let options = vec![mn(), handoff()];
    let flags = UpnFlags::A | UpnFlags::D;
    assert_eq!(aligned(&Message::Upn(Upn { seq: 1, reason: UpnReason(1), flags, options })), []);
    let serving = MobilityOption::ServingMaar(DST);
    let upn = Message::Upn(Upn { seq: 1, reason: UpnReason(1), flags, options: vec![serving] });
    assert_eq!(aligned(&upn), [("dmm_flag", "serving_maar".to_string())]);
    let bid = |care_of| {
        let (id, status, at_home, priority) = (1, Status::ACCEPTED, false, 1);
        MobilityOption::BindingIdentifier(BindingIdentifier { id, status, at_home, priority, care_of })
    };
    let brr = |options| Message::BindingRefreshRequest(BindingRefreshRequest { options });
    for care_of in [None, Some(DST.into())] {
        let message = brr(vec![MobilityOption::CgaParametersRequest(()), bid(care_of)]);
        assert_eq!(aligned(&message), [("place", "cga_request".to_string())]);
    }
    let long = rules(&brr(vec![bid(Some(DST.into()))]), Padded::EndOnly);
    assert_eq!(long, [("alignment", "bid".to_string())]);
    // Octets of other options than padding are no padding.
    let vendor = MobilityOption::VendorSpecific(VendorSpecific { vendor: 1, subtype: 1, data: vec![7] });
    assert_eq!(aligned(&brr(vec![vendor])), []);
}

#[test]
fn misaligned_options_and_cut_headers_are_seen() {
    let message = message();
    let mut octets = message.encode_unsummed(Padded::EndOnly).expect("small");
    repair_checksum(&mut octets, SRC, DST);
    let found = judge(&parsed(octets.clone()));
    assert!(found.iter().any(|v| v.rule == "alignment" && v.name == "hnp" && v.expected == "hnp: at 8n+4"));
    for end in 0..octets.len() {
        judge(&parsed(octets[..end].to_vec()));
    }
    assert_eq!(judge(&parsed(vec![59, 0, 5]))[0].rule, "header");
}

const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);
const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x1000, 0, 0, 0, 0, 1);

fn message() -> Message {
    let prefix = "2001:db8:1::/64".parse().expect("a prefix");
    Message::Pba(Pba {
        status: Status::ACCEPTED,
        flags: PbaFlags::P | PbaFlags::D,
        seq: 1,
        lifetime: Lifetime(75),
        options: vec![
            MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@example.org")),
            MobilityOption::PreviousMaar(PreviousMaar { address: DST, prefix }),
            MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN),
            MobilityOption::HomeNetworkPrefix(prefix),
        ],
    })
}

fn pba(edits: &[(&str, Change)]) -> Parsed {
    let mut octets = message().encode(SRC, DST).expect("small");
    for (place, change) in edits {
        let at = place.parse().expect("a place");
        (Edit { at, change: *change }).apply(&mut octets).expect("in the message");
        if *place != "checksum" {
            repair_checksum(&mut octets, SRC, DST);
        }
    }
    parsed(octets)
}

fn pbu(flags: PbuFlags, options: Vec<MobilityOption>) -> Parsed {
    let pbu = Pbu { seq: 1, flags: PbuFlags::A | PbuFlags::P | flags, lifetime: Lifetime(75), options };
    parsed(Message::Pbu(pbu).encode(SRC, DST).expect("small"))
}

fn parsed(payload: Vec<u8>) -> Parsed {
    Parsed { src: SRC, dst: DST, hop_limit: 64, next_header: 135, payload }
}

fn times(millis: &[u64]) -> Vec<Instant> {
    millis.iter().map(|millis| Instant::from_secs(1) + Duration::from_millis(*millis)).collect()
}
