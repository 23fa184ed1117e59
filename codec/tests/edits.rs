//! What an edit changes in a message, and what it refuses to.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod octets;

use dmm_codec::edit::{Change, Edit, EditError, Place, apply_all};
use octets::pbu;
use pretty_assertions::assert_eq;

#[test]
fn an_edit_changes_the_place_it_names() {
    use Change::{And, Or, Set, Xor};
    let octets = pbu(&[&[8, 3, 1, b'm', b'@'], &[23, 2, 0, 3], &[0], &[23, 2, 0, 4]]);
    // The octets: header 0..6, seq 6..8, flags 8..10, lifetime 10..12, MN-ID 12..17, handoff 17, Pad1 21, handoff 22.
    type Octets<'a> = &'a [(usize, u8)];
    let cases: &[(&str, Change, Octets<'_>)] = &[
        ("header_len", Set(9), &[(1, 9)]),
        ("reserved", Set(0xff), &[(3, 0xff)]),
        ("checksum", Set(0x1234), &[(4, 0x12), (5, 0x34)]),
        ("seq", Set(0x0102), &[(6, 1), (7, 2)]),
        ("flags", And(0xffef), &[(8, 0x82), (9, 0)]),
        ("flags", Or(0x0010), &[(8, 0x82), (9, 0x10)]),
        ("flags", Xor(0x0210), &[(8, 0x80), (9, 0x10)]),
        ("lifetime", Set(0), &[(10, 0), (11, 0)]),
        ("options.mn_id.0.type", Set(200), &[(12, 200)]),
        ("options.mn_id.0.length", Set(0), &[(13, 0)]),
        ("options.mn_id.0.subtype", Set(4), &[(14, 4)]),
        ("options.mn_id.0.identifier", Set(0x2a), &[(15, 0), (16, 0x2a)]),
        ("options.handoff.0.handoff", Set(5), &[(20, 5)]),
        ("options.handoff.1.handoff", Set(5), &[(25, 5)]),
        ("options.pad1.0.type", Set(1), &[(21, 1)]),
        // One octet for what fits one, two for what does not.
        ("16", Set(0xff), &[(16, 0xff)]),
        ("16", Set(0x0100), &[(16, 1), (17, 0)]),
        ("16", Xor(0xffff), &[(16, !b'@'), (17, !23)]),
    ];
    for (place, change, expected) in cases {
        let mut edited = octets.clone();
        Edit { at: place.parse().unwrap(), change: *change }.apply(&mut edited).unwrap();
        let mut by_hand = octets.clone();
        for (at, value) in *expected {
            by_hand[*at] = *value;
        }
        assert_eq!(edited, by_hand, "{place}");
    }
}

#[test]
fn an_edit_without_a_place_is_refused_and_changes_nothing() {
    let octets = pbu(&[&[23, 2, 0, 3], &[0], &[0]]);
    let last = octets.len() - 1;
    let cases = [
        (Place::Offset(last), 0x100, format!("the message has no `octet {last}`")),
        (Place::Offset(octets.len()), 1, format!("the message has no `octet {}`", octets.len())),
        (Place::Offset(usize::MAX), 1, format!("the message has no `octet {}`", usize::MAX)),
        (Place::Offset(3), 0x1_0000, "0x10000 does not fit the 2 octet(s) of `octet 3`".into()),
        (place("status"), 1, "the message has no `status`".into()),
        (place("nonsense"), 1, "the message has no `nonsense`".into()),
        (place("header_len"), 256, "0x100 does not fit the 1 octet(s) of `header_len`".into()),
        (place("options.handoff.1.type"), 1, "the message has no `options.handoff.1.type`".into()),
        (place("options.handoff.0.prefix"), 1, "the message has no `options.handoff.0.prefix`".into()),
        (place("options.hnp.0.length"), 1, "the message has no `options.hnp.0.length`".into()),
        // Pad1 has no Length (RFC 6275 §6.2.2); the octet behind its Type belongs to the next option.
        (place("options.pad1.0.length"), 1, "the message has no `options.pad1.0.length`".into()),
    ];
    for (at, value, text) in cases {
        let first = Edit { at: Place::Offset(0), change: Change::Set(1) };
        let second = Edit { at, change: Change::Set(value) };
        let mut edited = octets.clone();
        assert_eq!(second.apply(&mut edited).unwrap_err().to_string(), text);
        assert_eq!(apply_all(&mut edited, &[first, second]).unwrap_err().to_string(), text);
        assert_eq!(edited, octets);
    }
    for text in [
        "",
        "options.hnp.0",
        "options.nonsense.0.type",
        "options.hnp.first.type",
        "a.b",
        "options.hnp.-1.type",
    ] {
        assert_eq!(text.parse::<Place>(), Err(EditError::Syntax(text.to_string())));
    }
}

#[test]
fn edits_made_together_find_their_places_in_the_unedited_message() {
    let octets = pbu(&[&[23, 2, 0, 3], &[24, 2, 0, 4], &[23, 2, 0, 5]]);
    let edits = [
        ("header_len", 0),                 // would leave no options to be found
        ("options.handoff.0.length", 200), // would run past the end
        ("options.handoff.0.type", 99),
        ("options.handoff.0.handoff", 6),
        ("options.handoff.1.handoff", 7), // would be the first
        ("mh_type", 6),                   // would have other fields
        ("seq", 0xabcd),
    ];
    let edits = edits.map(|(at, value)| Edit { at: at.parse().unwrap(), change: Change::Set(value) });
    let mut edited = octets.clone();
    apply_all(&mut edited, &edits).unwrap();
    let mut by_hand = octets;
    for (at, value) in [(1, 0), (13, 200), (12, 99), (15, 6), (23, 7), (2, 6), (6, 0xab), (7, 0xcd)] {
        by_hand[at] = value;
    }
    assert_eq!(edited, by_hand);
}

fn place(text: &str) -> Place {
    text.parse().unwrap()
}
