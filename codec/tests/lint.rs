//! All faults of a message are found, each where it stands; a right message has none.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::net::Ipv6Addr;

use dmm_codec::message::repair_checksum;
use dmm_codec::{
    Drafts, Lifetime, Message, MessageView, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu, PbuFlags,
    Reaction, Status, Weight, lint, lint_with,
};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1);
const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);

#[test]
fn a_right_message_has_no_faults() {
    assert_eq!(lint(&pbu(), Some((SRC, DST))), []);
}

#[test]
fn each_fault_is_named_where_it_stands() {
    // Octet 12: MN identifier of 9 octets; 23: PadN of 5; 28: Anchored Prefix.
    type Case = (&'static [(usize, u8)], &'static str, Option<Reaction>);
    let cases: &[Case] = &[
        (
            &[(0, 6)],
            "mobility header: payload protocol at octet 0: payload protocol 6, expected 59 (no next header)",
            Some(Reaction::ParameterProblem(0)),
        ),
        (&[(3, 1)], "mobility header: reserved at octet 3: reserved is 0x1, expected 0", None),
        (
            &[(9, 0x18)],
            "Proxy Binding Update at octet 8: flags 0x8218 with reserved bits 0x0008, expected 0",
            None,
        ),
        (
            &[(9, 0x00)],
            "Anchored Prefix option (65) at octet 28: only with the D flag, which is not set",
            Some(Reaction::Skip),
        ),
        (&[(25, 1)], "PadN option (1) at octet 25: padding that is not zero", None),
        (
            &[(28, 67)],
            "Previous MAAR option (67) at octet 28: it has no place in a Proxy Binding Update",
            Some(Reaction::Skip),
        ),
        (
            &[(29, 17)],
            "Anchored Prefix option (65) at octet 28: length 17, expected 18",
            Some(Reaction::Skip),
        ),
        (
            &[(29, 200)],
            "Anchored Prefix option (65) at octet 28: 20 octets, at least 202 expected",
            Some(Reaction::Discard),
        ),
        (&[(30, 2)], "Anchored Prefix option (65) at octet 30: reserved is 0x2, expected 0", None),
        (
            &[(31, 129)],
            "Anchored Prefix option (65) at octet 28: prefix length 129, at most 128 possible",
            Some(Reaction::Skip),
        ),
        (
            &[(47, 1)],
            "Anchored Prefix option (65) at octet 32: 2001:db8:a::1 has bits behind its prefix length 64",
            None,
        ),
        (
            &[(28, 69)],
            "DLIF Link-Local Address option (69) at octet 28: length 18, expected 16",
            Some(Reaction::Skip),
        ),
        (
            &[(28, 8)],
            "Mobile Node Identifier option (8) at octet 28: another one, expected at most one",
            None,
        ),
        (
            &[(1, 6)],
            "Proxy Binding Update at octet 6: 48 octets, at least 56 expected",
            Some(Reaction::ParameterProblem(1)),
        ),
        (
            &[(1, 0)],
            "mobility header: header length at octet 1: 8 octets, at least 12 expected",
            Some(Reaction::ParameterProblem(1)),
        ),
        (
            &[(1, 0)],
            "mobility header: header length at octet 1: it says 8 octets, there are 40 more behind them",
            None,
        ),
        (&[(2, 99)], "mobility header: type at octet 2: unknown type 99", Some(Reaction::BindingError(2))),
    ];
    for (changes, expected, reaction) in cases {
        let mut octets = pbu();
        for (at, value) in *changes {
            octets[*at] = *value;
        }
        repair_checksum(&mut octets, SRC, DST);
        let faults = lint(&octets, Some((SRC, DST)));
        let said: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let at = said.iter().position(|line| line == expected);
        let fault = &faults[at.unwrap_or_else(|| panic!("no `{expected}` in {said:#?}"))];
        assert_eq!(fault.reaction(), *reaction, "{expected}");
        let has_no_rule = expected.contains("unknown type") || expected.contains("8 octets, at least 12");
        assert_eq!(fault.rule().is_none(), has_no_rule, "{expected}");
    }
}

/// draft-jikim-dmm-pmip: Q is a reserved bit, and the messages have the names of RFC 5213, unless it is asked for.
#[test]
fn a_flag_of_a_draft_is_reserved_unless_the_draft_is_followed() {
    let pbq = Pbu { flags: PbuFlags::P | PbuFlags::Q, ..Pbu::default() };
    let pqa = Pba {
        status: Status::ACCEPTED,
        flags: PbaFlags::P | PbaFlags::Q,
        seq: 0,
        lifetime: Lifetime(1),
        options: vec![],
    };
    let (off, on) = (Drafts::default(), Drafts { query: true });
    for (message, names, bits) in [
        (
            Message::Pbu(pbq),
            ["Proxy Binding Update", "Proxy Binding Query"],
            "flags 0x0208 with reserved bits 0x0008",
        ),
        (
            Message::Pba(pqa),
            ["Proxy Binding Acknowledgement", "Proxy Query ACK"],
            "flags 0x0021 with reserved bits 0x0001",
        ),
    ] {
        let octets = message.encode(SRC, DST).unwrap();
        let view = MessageView::new(&octets).unwrap();
        assert_eq!([off, on].map(|drafts| view.title(drafts).unwrap()), names);
        let flags = view.field("flags").unwrap();
        let letters = |drafts| flags.flags(drafts).map(|flag| flag.letter).collect::<Vec<_>>();
        assert_eq!((letters(off), letters(on)), (vec!["P"], vec!["P", "Q"]));
        assert!(!flags.has_flag("Q"));
        let [fault] = &lint(&octets, Some((SRC, DST)))[..] else { panic!("one fault") };
        assert!(fault.to_string().contains(bits), "{fault}");
        assert_eq!(lint_with(&octets, Some((SRC, DST)), on), []);
    }
    // Without Q the draft changes nothing.
    let octets = pbu();
    assert_eq!(MessageView::new(&octets).unwrap().title(on), Some("Proxy Binding Update"));
    assert_eq!(lint_with(&octets, Some((SRC, DST)), on), []);
}

#[test]
fn all_faults_of_a_message_are_found() {
    let mut octets = pbu();
    for (at, value) in [(0, 6), (3, 1), (9, 0x08), (30, 2), (47, 1)] {
        octets[at] = value;
    }
    let faults = lint(&octets, Some((SRC, DST)));
    let offsets: Vec<_> = faults.iter().map(|fault| fault.offset).collect();
    assert_eq!(offsets, [4, 0, 3, 8, 28, 30, 32], "{faults:#?}");
    assert_eq!(lint(&octets, None).len(), 6, "no addresses, no checksum");
    let questionable = faults.iter().filter(|fault| fault.weight() == Weight::Questionable);
    assert_eq!(questionable.count(), 1, "bits behind a prefix");
    assert!(faults.iter().all(|fault| fault.source_section().starts_with("RFC ")));
}

proptest! {
    #[test]
    fn arbitrary_octets_are_survived(octets in proptest::collection::vec(any::<u8>(), 0..200), mh_type in 0_u8..8) {
        let mut octets = octets;
        if let Some(octet) = octets.get_mut(2) {
            *octet = mh_type;
        }
        for fault in lint(&octets, Some((SRC, DST))) {
            prop_assert!(fault.offset <= octets.len() && !fault.to_string().is_empty());
            let _ = fault.reaction();
        }
    }
}

fn pbu() -> Vec<u8> {
    let message = Message::Pbu(Pbu {
        seq: 1,
        flags: PbuFlags::A | PbuFlags::P | PbuFlags::D,
        lifetime: Lifetime(75),
        options: vec![
            MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@x.yz")),
            MobilityOption::AnchoredPrefix("2001:db8:a::/64".parse().unwrap()),
        ],
    });
    message.encode(SRC, DST).unwrap()
}
