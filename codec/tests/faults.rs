//! What wrong octets do: which error, in whose words, and what a conforming receiver makes of it. And what looks wrong
//! and is not: reserved bits, misaligned and unknown options, octets behind the end.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod octets;

use dmm_codec::message::repair_checksum;
use dmm_codec::{
    DecodeError, HandoffIndicator, Lifetime, MESSAGES, Message, MessageView, MnIdentifier, MobilityOption,
    Pbu, PbuFlags, Reaction, UnknownOption,
};
use octets::{DST, SRC, pbu, summed};
use pretty_assertions::assert_eq;

#[test]
fn a_wrong_message_is_refused_where_it_stands() {
    use Reaction::{BindingError, Discard, ParameterProblem};
    let whole = pbu(&[&[8, 5, 1, b'm', b'@', b'x', b'y']]);
    let cases: &[(Vec<u8>, &str, Reaction)] = &[
        (vec![], "mobility header: header at octet 0: 0 octets, at least 6 expected", Discard),
        (whole[..5].to_vec(), "mobility header: header at octet 0: 5 octets, at least 6 expected", Discard),
        // B2. An unknown type comes before what is wrong with the rest: no other check has a meaning for it.
        (set(&whole, 2, 24), "mobility header: type at octet 2: unknown type 24", BindingError(2)),
        (
            set(&set(&whole, 2, 255), 0, 6),
            "mobility header: type at octet 2: unknown type 255",
            BindingError(2),
        ),
        (
            // B3.
            set(&set(&whole, 0, 17), 1, 0),
            "mobility header: payload protocol at octet 0: payload protocol 17, expected 59 (no next header)",
            ParameterProblem(0),
        ),
        // B4.
        (
            set(&whole, 1, 0),
            "mobility header: header length at octet 1: 8 octets, at least 12 expected",
            ParameterProblem(1),
        ),
        // A Header Len beyond what came, be it in the options or before.
        (
            set(&whole, 1, 3),
            "Proxy Binding Update at octet 6: 24 octets, at least 32 expected",
            ParameterProblem(1),
        ),
        (
            summed(whole[..8].to_vec()),
            "Proxy Binding Update at octet 6: 8 octets, at least 24 expected",
            ParameterProblem(1),
        ),
        // R4.1.7, stance A19: an option that runs past the end is never read beyond it, and takes the message along.
        (
            set(&whole, 13, 11),
            "Mobile Node Identifier option (8) at octet 12: 12 octets, at least 13 expected",
            Discard,
        ),
        (
            set(&whole, 13, 255),
            "Mobile Node Identifier option (8) at octet 12: 12 octets, at least 257 expected",
            Discard,
        ),
        (
            pbu(&[&[200, 8, 1, 2, 3, 4, 5, 6, 7, 8], &[201, 1]]),
            "mobility option 201 at octet 22: 2 octets, at least 3 expected",
            Discard,
        ),
        (
            pbu(&[&[200, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], &[67]]),
            "Previous MAAR option (67) at octet 23: 1 octets, at least 2 expected",
            Discard,
        ),
        (
            pbu(&[&[200, 8, 1, 2, 3, 4, 5, 6, 7, 8], &[1, 7]]),
            "PadN option (1) at octet 22: 2 octets, at least 9 expected",
            Discard,
        ),
    ];
    for (octets, text, reaction) in cases {
        let error = Message::decode(octets, SRC, DST).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.reaction()), (*text, *reaction), "{octets:02x?}");
    }
}

/// Every type that the registry has, with too few octets and with as few as it can have.
#[test]
fn a_message_is_as_long_as_its_fields() {
    for spec in MESSAGES {
        let shortest = (6 + spec.len).next_multiple_of(8);
        let mut octets = vec![0; shortest];
        (octets[0], octets[1], octets[2]) = (59, (shortest / 8 - 1) as u8, spec.mh_type);
        let decoded = Message::decode(&summed(octets.clone()), SRC, DST).unwrap();
        assert_eq!((decoded.message.mh_type(), decoded.skipped), (spec.mh_type, vec![]));
        if shortest > 8 {
            octets.truncate(shortest - 8);
            octets[1] -= 1;
            let error = Message::decode(&summed(octets), SRC, DST).unwrap_err();
            assert_eq!(error.reaction(), Reaction::ParameterProblem(1), "{}: {error}", spec.name);
        }
    }
}

/// RFC 5142 §4: more addresses than there are octets.
#[test]
fn a_home_agent_switch_has_as_many_addresses_as_it_says() {
    let mut octets = vec![59, 2, 12, 0, 0, 0, 1, 0];
    octets.resize(24, 0);
    assert!(Message::decode(&summed(octets.clone()), SRC, DST).is_ok());
    let error = Message::decode(&set(&octets, 6, 2), SRC, DST).unwrap_err();
    let text = "mobility header: header length at octet 1: 24 octets, at least 40 expected";
    assert_eq!((error.to_string().as_str(), error.reaction()), (text, Reaction::ParameterProblem(1)));
    let view = MessageView::new(&octets).unwrap();
    assert_eq!((view.field("addresses").unwrap().octets.len(), view.options().count()), (16, 0));
}

/// B1: the checksum comes first of all, whatever else is wrong.
#[test]
fn a_wrong_checksum_is_discarded_and_the_right_one_named() {
    let whole = pbu(&[]);
    let right = u16::from_be_bytes([whole[4], whole[5]]);
    for (at, value) in [(4, whole[4] ^ 0x80), (0, 17), (1, 0), (2, 99), (15, 1)] {
        let mut octets = whole.clone();
        octets[at] = value;
        let error = Message::decode(&octets, SRC, DST).unwrap_err();
        assert_eq!(error.reaction(), Reaction::Discard);
        let found = u16::from_be_bytes([octets[4], octets[5]]);
        repair_checksum(&mut octets, SRC, DST);
        let expected = u16::from_be_bytes([octets[4], octets[5]]);
        let text = format!(
            "mobility header: checksum at octet 4: checksum 0x{found:04x}, expected 0x{expected:04x}"
        );
        assert_eq!(error.to_string(), text);
        assert!(at == 4 || expected != right);
    }
    // The addresses are part of the sum.
    assert!(Message::decode(&whole, SRC, SRC).is_err());
    assert!(Message::decode(&whole, DST, SRC).is_ok(), "a sum does not know its order");
}

#[test]
fn the_expected_checksum_is_named_as_the_encoder_writes_it() {
    // Sequence numbers until the sum over all else is 0xffff and the checksum zero, of which there are two.
    let (seq, octets) = (0..=u16::MAX)
        .map(|seq| (seq, message(seq, vec![]).encode(SRC, DST).unwrap()))
        .find(|(_, octets)| octets[4..6] == [0, 0])
        .expect("one of 65536 sums is zero");
    assert!(Message::decode(&octets, SRC, DST).is_ok());
    let mut wrong = octets.clone();
    wrong[4] = 1;
    let error = Message::decode(&wrong, SRC, DST).unwrap_err();
    assert!(error.to_string().ends_with("checksum 0x0100, expected 0x0000"), "sequence {seq}: {error}");
    let mut other_zero = octets;
    other_zero[4..6].fill(0xff);
    assert!(Message::decode(&other_zero, SRC, DST).is_ok());
}

/// R4.1.6, R4.2.6, stances A18 and A19: an option that makes no sense is one that is not understood.
#[test]
fn an_option_that_makes_no_sense_is_skipped_and_leaves_the_rest() {
    let prefix = |kind: u8, length: u8| [&[kind, 18, 0, length][..], &[0x20; 16]].concat();
    let previous = |length: u8| [&[67, 34, 0, length][..], &[0x20; 32]].concat();
    let cases: &[(Vec<u8>, &str)] = &[
        (vec![8, 0], "Mobile Node Identifier option (8) at octet 12: length 0, expected 1"),
        (option(2, 3), "Binding Refresh Advice option (2) at octet 12: length 3, expected 2"),
        (option(3, 15), "Alternate Care-of Address option (3) at octet 12: length 15, expected 16"),
        (option(4, 3), "Nonce Indices option (4) at octet 12: length 3, expected 4"),
        (option(6, 17), "Mobile Network Prefix option (6) at octet 12: length 17, expected 18"),
        (option(7, 0), "Mobility Header Link-Layer Address option (7) at octet 12: length 0, expected 1"),
        (option(9, 4), "Mobility Message Authentication option (9) at octet 12: length 4, expected 5"),
        (option(10, 7), "Mobility Message Replay Protection option (10) at octet 12: length 7, expected 8"),
        (option(11, 1), "CGA Parameters Request option (11) at octet 12: length 1, expected 0"),
        (option(15, 1), "Care-of Test Init option (15) at octet 12: length 1, expected 0"),
        (option(16, 9), "Care-of Test option (16) at octet 12: length 9, expected 8"),
        (option(17, 1), "DNS Update option (17) at octet 12: length 1, expected 2"),
        (option(19, 4), "Vendor Specific Mobility option (19) at octet 12: length 4, expected 5"),
        (option(20, 0), "Service Selection option (20) at octet 12: length 0, expected 1"),
        (
            option(21, 3),
            "Binding Authorization Data for FMIPv6 option (21) at octet 12: length 3, expected 4",
        ),
        (option(28, 2), "Restart Counter option (28) at octet 12: length 2, expected 4"),
        (option(29, 4), "IPv4 Home Address option (29) at octet 12: length 4, expected 6"),
        (
            vec![29, 6, 33 << 2, 0, 192, 0, 2, 1],
            "IPv4 Home Address option (29) at octet 12: prefix length 33, expected at most 32",
        ),
        (option(30, 7), "IPv4 Address Acknowledgement option (30) at octet 12: length 7, expected 6"),
        (
            vec![30, 6, 0, 0xff, 192, 0, 2, 1],
            "IPv4 Address Acknowledgement option (30) at octet 12: prefix length 63, expected at most 32",
        ),
        (option(31, 2), "NAT Detection option (31) at octet 12: length 2, expected 6"),
        (option(32, 4), "IPv4 Care-of Address option (32) at octet 12: length 4, expected 6"),
        (option(33, 4), "GRE Key option (33) at octet 12: length 4, expected 6"),
        (option(33, 1), "GRE Key option (33) at octet 12: length 1, expected 2"),
        (
            option(34, 17),
            "Mobility Header IPv6 Address/Prefix option (34) at octet 12: length 17, expected 18",
        ),
        (
            [vec![34, 18, 2, 129], vec![0; 16]].concat(),
            "Mobility Header IPv6 Address/Prefix option (34) at octet 12: prefix length 129, at most 128 possible",
        ),
        (option(35, 3), "Binding Identifier option (35) at octet 12: length 3, expected 4"),
        (option(35, 10), "Binding Identifier option (35) at octet 12: length 10, expected 20"),
        (option(36, 5), "IPv4 Home Address Request option (36) at octet 12: length 5, expected 6"),
        (option(37, 5), "IPv4 Home Address Reply option (37) at octet 12: length 5, expected 6"),
        (option(38, 5), "IPv4 Default-Router Address option (38) at octet 12: length 5, expected 6"),
        (option(39, 1), "IPv4 DHCP Support Mode option (39) at octet 12: length 1, expected 2"),
        (option(40, 1), "Context Request option (40) at octet 12: length 1, expected 2"),
        (
            option(41, 18),
            "Local Mobility Anchor Address option (41) at octet 12: option-code 0, expected 1 or 2",
        ),
        (
            vec![41, 6, 1, 0, 192, 0, 2, 1],
            "Local Mobility Anchor Address option (41) at octet 12: length 6, expected 18",
        ),
        (
            option(42, 8),
            "Mobile Node Link-local Address Interface Identifier option (42) at octet 12: length 8, expected 10",
        ),
        (option(43, 3), "Transient Binding option (43) at octet 12: length 3, expected 2"),
        (option(44, 0), "Flow Summary option (44) at octet 12: length 0, expected 2"),
        (option(44, 5), "Flow Summary option (44) at octet 12: length 5, expected 2"),
        (option(45, 5), "Flow Identification option (45) at octet 12: length 5, expected 6"),
        (option(46, 0), "Redirect-Capability option (46) at octet 12: length 0, expected 2"),
        (option(47, 6), "Redirect option (47) at octet 12: flags 0, expected either K or N"),
        (vec![47, 6, 0x80, 0, 1, 2, 3, 4], "Redirect option (47) at octet 12: length 6, expected 18"),
        (option(48, 17), "Load Information option (48) at octet 12: length 17, expected 18"),
        (option(49, 6), "Alternate IPv4 Care-of Address option (49) at octet 12: length 6, expected 4"),
        (option(50, 2), "Mobile Node Group Identifier option (50) at octet 12: length 2, expected 6"),
        (option(51, 18), "MAG IPv6 Address option (51) at octet 12: address length 0, expected 128"),
        (option(53, 3), "IPv4 Traffic Offload Selector option (53) at octet 12: length 3, expected 4"),
        (option(54, 3), "Dynamic IP Multicast Selector option (54) at octet 12: length 3, expected 4"),
        (option(55, 6), "Delegated Mobile Network Prefix option (55) at octet 12: length 6, expected 18"),
        (
            vec![55, 6, 0x80, 33, 192, 0, 2, 0],
            "Delegated Mobile Network Prefix option (55) at octet 12: prefix length 33, expected at most 32",
        ),
        (option(56, 0), "Active Multicast Subscription IPv4 option (56) at octet 12: length 0, expected 1"),
        (option(57, 0), "Active Multicast Subscription IPv6 option (57) at octet 12: length 0, expected 1"),
        (option(58, 5), "Quality-of-Service option (58) at octet 12: length 5, expected 6"),
        (option(59, 7), "LMA User-Plane Address option (59) at octet 12: length 7, expected 18"),
        (option(63, 5), "MAG Multipath Binding option (63) at octet 12: length 5, expected 6"),
        (option(64, 1), "MAG Identifier option (64) at octet 12: length 1, expected 2"),
        (option(22, 17), "Home Network Prefix option (22) at octet 12: length 17, expected 18"),
        (option(23, 1), "Handoff Indicator option (23) at octet 12: length 1, expected 2"),
        (option(24, 3), "Access Technology Type option (24) at octet 12: length 3, expected 2"),
        (option(25, 1), "Mobile Node Link-layer Identifier option (25) at octet 12: length 1, expected 2"),
        (option(26, 15), "Link-local Address option (26) at octet 12: length 15, expected 16"),
        (option(27, 7), "Timestamp option (27) at octet 12: length 7, expected 8"),
        (option(65, 0), "Anchored Prefix option (65) at octet 12: length 0, expected 18"),
        (option(65, 17), "Anchored Prefix option (65) at octet 12: length 17, expected 18"),
        (option(65, 19), "Anchored Prefix option (65) at octet 12: length 19, expected 18"),
        (option(66, 16), "Local Prefix option (66) at octet 12: length 16, expected 18"),
        (option(67, 33), "Previous MAAR option (67) at octet 12: length 33, expected 34"),
        (option(67, 48), "Previous MAAR option (67) at octet 12: length 48, expected 34"),
        (option(68, 18), "Serving MAAR option (68) at octet 12: length 18, expected 16"),
        (option(69, 17), "DLIF Link-Local Address option (69) at octet 12: length 17, expected 16"),
        (option(70, 0), "DLIF Link-Layer Address option (70) at octet 12: length 0, expected 2"),
        (option(70, 1), "DLIF Link-Layer Address option (70) at octet 12: length 1, expected 2"),
        (
            prefix(22, 129),
            "Home Network Prefix option (22) at octet 12: prefix length 129, at most 128 possible",
        ),
        (prefix(65, 129), "Anchored Prefix option (65) at octet 12: prefix length 129, at most 128 possible"),
        (prefix(66, 255), "Local Prefix option (66) at octet 12: prefix length 255, at most 128 possible"),
        (previous(129), "Previous MAAR option (67) at octet 12: prefix length 129, at most 128 possible"),
    ];
    let rest = [23, 2, 0, 3];
    for (wrong, text) in cases {
        let decoded = Message::decode(&pbu(&[wrong, &rest]), SRC, DST).unwrap();
        assert_eq!(decoded.message, message(7, vec![handoff()]), "{text}");
        let skipped: Vec<_> = decoded.skipped.iter().map(|e| (e.to_string(), e.reaction())).collect();
        assert_eq!(skipped, [((*text).to_string(), Reaction::Skip)]);
    }
}

/// R4.3.4, R4.4.4, R4.5.4, R4.8.4, R4.1.8; RFC 6275 §6.1.1 and §6.2.3: "MUST be ignored by the receiver".
#[test]
fn reserved_octets_and_padding_are_ignored() {
    let clean: &[&[u8]] = &[
        &[[22, 18, 0, 64].as_slice(), &PREFIX].concat(),
        &[23, 2, 0, 3],
        &[24, 2, 0, 4],
        &[25, 8, 0, 0, 2, 0, 0, 0, 0, 1],
        &[[65, 18, 0, 64].as_slice(), &PREFIX].concat(),
        &[[66, 18, 0, 64].as_slice(), &PREFIX].concat(),
        &[[67, 34, 0, 64].as_slice(), &PREFIX, &PREFIX].concat(),
        &[70, 8, 0, 0, 2, 0, 0, 0, 0, 1],
        &[1, 4, 0, 0, 0, 0],
    ];
    let dirty: &[&[u8]] = &[
        &[[22, 18, 0xff, 64].as_slice(), &PREFIX].concat(),
        &[23, 2, 0xff, 3],
        &[24, 2, 0xff, 4],
        &[25, 8, 0xff, 0xff, 2, 0, 0, 0, 0, 1],
        &[[65, 18, 0xff, 64].as_slice(), &PREFIX].concat(),
        &[[66, 18, 0xff, 64].as_slice(), &PREFIX].concat(),
        &[[67, 34, 0xff, 64].as_slice(), &PREFIX, &PREFIX].concat(),
        &[70, 8, 0xff, 0xff, 2, 0, 0, 0, 0, 1],
        &[1, 4, 0xff, 0xff, 0xff, 0xff],
    ];
    let (clean, dirty) = (pbu(clean), set(&pbu(dirty), 3, 0xff));
    assert_eq!(decode(&dirty), decode(&clean));
    assert_eq!(decode(&clean).options().len(), 8);
}

/// R4.1.1: the four bits behind D have no names; they are kept, so that a test can see them, and set no flag.
#[test]
fn the_reserved_flags_of_a_pbu_set_no_flag() {
    let Message::Pbu(pbu) = decode(&set(&pbu(&[]), 9, 0x0f)) else { panic!("a PBU") };
    assert_eq!((pbu.flags.0, pbu.flags.to_string().as_str()), (0x820f, "A P"));
}

/// R4.3.7, R4.4.6, R4.5.9: "Only the first Prefix Length bits are valid".
#[test]
fn prefix_bits_past_the_length_are_ignored() {
    let garbage =
        [0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0xab, 0xcd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let cases = [
        (0, "::/0"),
        (1, "::/1"),
        (3, "2000::/3"),
        (63, "2001:db8:1:abcc::/63"),
        (64, "2001:db8:1:abcd::/64"),
        (127, "2001:db8:1:abcd:ffff:ffff:ffff:fffe/127"),
        (128, "2001:db8:1:abcd:ffff:ffff:ffff:ffff/128"),
    ];
    for (length, prefix) in cases {
        let octets = pbu(&[
            &[[22, 18, 0, length].as_slice(), &garbage].concat(),
            &[[65, 18, 0, length].as_slice(), &garbage].concat(),
            &[[66, 18, 0, length].as_slice(), &garbage].concat(),
            &[[67, 34, 0, length].as_slice(), &PREFIX, &garbage].concat(),
        ]);
        let prefix = prefix.parse().unwrap();
        let found: Vec<_> = decode(&octets).options().iter().filter_map(prefix_of).collect();
        assert_eq!(found, [prefix; 4]);
    }
}

/// R4.1.6, R4.2.6: "MUST ignore and skip any options that it does not understand". Kept, so that who passes a message
/// on or shows it can; B5.
/// What is read back is what was written, but for what is wrong on purpose.
#[test]
fn an_unknown_option_of_a_known_type_is_made_on_purpose_only() {
    for spec in dmm_codec::OPTIONS {
        assert_eq!(UnknownOption::new(spec.kind, &[]), None, "{}", spec.name);
    }
    let unknown = UnknownOption::new(60, &[1]).unwrap();
    assert_eq!((unknown.kind(), unknown.data()), (60, &[1][..]));
    assert_eq!(MobilityOption::read(60, &[1]), Ok(MobilityOption::Unknown(unknown)));
    let wrong = MobilityOption::Unknown(UnknownOption::on_purpose(22, &[0; 17]));
    assert_eq!((wrong.kind(), wrong.body()), (22, vec![0; 17]));
    assert!(MobilityOption::read(wrong.kind(), &wrong.body()).is_err());
}

#[test]
fn unknown_options_are_kept_in_their_places() {
    let octets = pbu(&[
        &[200, 3, 1, 2, 3],
        &[0],
        &[60, 0],
        &[1, 0],
        &[23, 2, 0, 3],
        &[[255, 255].as_slice(), &[0xee; 255]].concat(),
        &[0],
        &[0],
        &[71, 1, 9],
    ]);
    let unknown = |kind, data: &[u8]| MobilityOption::Unknown(UnknownOption::new(kind, data).unwrap());
    let options = vec![
        unknown(200, &[1, 2, 3]),
        unknown(60, &[]),
        handoff(),
        unknown(255, &[0xee; 255]),
        unknown(71, &[9]),
    ];
    assert_eq!(decode(&octets), message(7, options));
}

/// Stance A20: "receivers must accept" an option that stands where it should not.
#[test]
fn a_misaligned_option_is_read() {
    for shift in 0..8 {
        let padding = vec![0; shift];
        let octets = pbu(&[&padding, &[[65, 18, 0, 64].as_slice(), &PREFIX].concat()]);
        let anchored = MobilityOption::AnchoredPrefix("2001:db8:1:a::/64".parse().unwrap());
        assert_eq!(decode(&octets), message(7, vec![anchored]));
    }
}

/// RFC 8200 §4.7: what follows a header that says "no next header" is ignored.
#[test]
fn octets_behind_the_header_length_are_no_options() {
    let mut octets = pbu(&[&[23, 2, 0, 3]]);
    octets.extend_from_slice(&[23, 2, 0, 4, 200, 200, 200]);
    assert_eq!(decode(&summed(octets)), message(7, vec![handoff()]));
}

/// Every prefix of a message is refused with an error, and can still be looked at.
#[test]
fn a_message_cut_short_is_refused_and_can_be_looked_at() {
    let whole = pbu(&[&[8, 5, 1, b'm', b'@', b'x', b'y'], &[[65, 18, 0, 64].as_slice(), &PREFIX].concat()]);
    for len in 0..whole.len() {
        assert!(Message::decode(&summed(whole[..len].to_vec()), SRC, DST).is_err(), "{len} octets");
        let Ok(view) = MessageView::new(&whole[..len]) else { continue };
        let fields = view.fields().count();
        assert_eq!(fields, [8, 10, 12].iter().filter(|end| len >= **end).count());
        // 12 and 19 are where options start; what is cut is one error, after which nothing comes.
        let options: Vec<Result<u8, DecodeError>> = view.options().map(|o| o.map(|o| o.kind)).collect();
        let (whole_ones, cut) = (options.iter().filter(|o| o.is_ok()).count(), options.last());
        match len {
            0..=12 => assert!(options.is_empty()),
            13..=18 => assert!(whole_ones == 0 && matches!(cut, Some(Err(_)))),
            19 => assert!(whole_ones == 1 && options.len() == 1),
            20..=38 => assert!(whole_ones == 1 && options.len() == 2),
            _ => assert!(whole_ones >= 2),
        }
    }
}

#[test]
fn what_does_not_fit_its_length_field_is_not_encoded() {
    let unknown = |len| MobilityOption::Unknown(UnknownOption::new(200, &vec![0; len]).unwrap());
    let text = |options| message(7, options).encode(SRC, DST).map(|o| o.len()).map_err(|e| e.to_string());
    assert_eq!(text(vec![unknown(255)]), Ok(272));
    let too_long = "mobility option 200 would have 256 octets, at most 255 fit its length field";
    assert_eq!(text(vec![unknown(256)]), Err(too_long.to_string()));
    let long_name = MobilityOption::MnIdentifier(MnIdentifier::nai(&"n".repeat(255)));
    let too_long =
        "Mobile Node Identifier option (8) would have 256 octets, at most 255 fit its length field";
    assert_eq!(text(vec![long_name]), Err(too_long.to_string()));
    // 12 octets before the options, 7 options of 257, one of 237.
    let mut options = vec![unknown(255); 7];
    options.push(unknown(235));
    assert_eq!(text(options.clone()), Ok(2048));
    options.push(MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN));
    let too_long =
        "the mobility header would have 2056 octets, at most 2048 fit its length field: send fewer options";
    assert_eq!(text(options), Err(too_long.to_string()));
}

/// 2001:db8:1:a::
const PREFIX: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0];

/// An option of zeros.
fn option(kind: u8, length: u8) -> Vec<u8> {
    [vec![kind, length], vec![0; usize::from(length)]].concat()
}

fn set(octets: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut octets = octets.to_vec();
    octets[at] = value;
    summed(octets)
}

#[track_caller]
fn decode(octets: &[u8]) -> Message {
    let decoded = Message::decode(octets, SRC, DST).unwrap();
    assert_eq!(decoded.skipped, []);
    decoded.message
}

fn message(seq: u16, options: Vec<MobilityOption>) -> Message {
    Message::Pbu(Pbu { seq, flags: PbuFlags::A | PbuFlags::P, lifetime: Lifetime(75), options })
}

fn handoff() -> MobilityOption {
    MobilityOption::HandoffIndicator(HandoffIndicator::BETWEEN_MAGS)
}

fn prefix_of(option: &MobilityOption) -> Option<ipnet::Ipv6Net> {
    match option {
        MobilityOption::HomeNetworkPrefix(prefix)
        | MobilityOption::AnchoredPrefix(prefix)
        | MobilityOption::LocalPrefix(prefix) => Some(*prefix),
        MobilityOption::PreviousMaar(previous) => Some(previous.prefix),
        _ => None,
    }
}
