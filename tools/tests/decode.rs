//! `dmm decode` as a shell sees it: what it says of captures and of octets, of any link, and of what is cut or wrong.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod decode_bodies;

use std::fs;
use std::io::Write as _;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use decode_bodies::{
    DST, SRC, classic, cut_sub_option, extension, frames, handover_pba, ipv6, linked, pbu, root,
    with_sub_options,
};
use dmm::decode::layers::{Carried, Start, through, through_link};
use dmm_captures::CaptureReader;
use dmm_codec::message::repair_checksum;
use pretty_assertions::assert_eq;
use proptest::prelude::*;

fn dmm(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
    command.arg("decode").args(arguments).current_dir(root()).output().unwrap()
}

/// What it prints on standard output, if it ends well.
#[track_caller]
fn says(arguments: &[&str]) -> String {
    let output = dmm(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What it complains about, having ended with 2; and what it printed before.
#[track_caller]
fn refuses(arguments: &[&str]) -> (String, String) {
    let output = dmm(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// What it says of standard input.
fn says_of_input(octets: &[u8], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
    command.arg("decode").arg("-").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // It may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(octets);
    child.wait_with_output().unwrap()
}

fn file(name: &str, octets: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("dmm-decode-{}-{name}", std::process::id()));
    fs::write(&path, octets).unwrap();
    path
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |hex, octet| hex + &format!("{octet:02x}"))
}

#[test]
fn the_handover_s_pba_reads_so() {
    let frame = handover_pba().0.to_string();
    insta::assert_snapshot!("handover_text", says(&["--frame", &frame, "captures/demo.pcapng"]));
    insta::assert_snapshot!("handover_json", says(&["--json", "--frame", &frame, "captures/demo.pcapng"]));
    insta::assert_snapshot!("handover_yaml", says(&["--yaml", "--frame", &frame, "captures/demo.pcapng"]));
}

/// Every option that has sub-options: of every kind of field, without a row, and as padding.
#[test]
fn sub_options_read_so() {
    let octets = hex(&with_sub_options());
    insta::assert_snapshot!("sub_options_text", says(&["--as", "mh", &octets]));
    insta::assert_snapshot!("sub_options_json", says(&["--as", "mh", "--json", &octets]));
    let yaml = says(&["--as", "mh", "--yaml", &octets]);
    assert!(!yaml.contains("wire:"), "the fields say it all: {yaml}");
    insta::assert_snapshot!("sub_options_yaml", yaml);
}

/// draft-jikim-dmm-pmip, off and on, in every form.
#[test]
fn a_draft_is_followed_where_it_is_asked_for() {
    let pbq = "3b0105000000 0001 8208 004b 01020000";
    let pqa = "3b0106000000 00 21 0001 004b 01020000";
    let on = ["--draft", "jikim-dmm-pmip"];
    for (octets, plain, named, off, query) in [
        (pbq, "Proxy Binding Update", "Proxy Binding Query", "Flags: A P (0x8208)", "Flags: A P Q (0x8208)"),
        (pqa, "Proxy Binding Acknowledgement", "Proxy Query ACK", "Flags: P (0x21)", "Flags: P Q (0x21)"),
    ] {
        let text = says(&[octets]);
        assert!(text.starts_with(plain) && text.contains(off) && text.contains("reserved bits"), "{text}");
        let text = says(&[on[0], on[1], octets]);
        assert!(text.starts_with(named) && text.contains(query) && !text.contains("reserved bits"), "{text}");
        let json = says(&["--json", octets]);
        assert!(json.contains(plain) && !json.contains("\"Q\""), "{json}");
        let json = says(&["--json", on[0], on[1], octets]);
        assert!(json.contains(named) && json.contains("\"P\",\"Q\"]"), "{json}");
        assert!(says(&["--yaml", octets]).contains("flags: 0x"));
        assert!(says(&["--yaml", on[0], on[1], octets]).contains("P, Q]"));
    }
    assert!(refuses(&["--draft", "no-such-draft", pbq]).0.contains("jikim-dmm-pmip"));
}

/// A BID of one octet, and what is left behind it: the option is shown as far as it goes, and said to be skipped.
#[test]
fn sub_options_that_cannot_be_read_read_so() {
    let octets = hex(&cut_sub_option());
    insta::assert_snapshot!("wrong_sub_options_text", says(&["--as", "mh", &octets]));
    insta::assert_snapshot!("wrong_sub_options_json", says(&["--as", "mh", "--json", &octets]));
    insta::assert_snapshot!("wrong_sub_options_yaml", says(&["--as", "mh", "--yaml", &octets]));
}

/// Wrong in many ways at once: payload protocol, reserved octet, reserved flag, no D, prefix bits, unknown option, an
/// Anchored Prefix of the wrong length, and so its checksum.
#[test]
fn octets_that_are_wrong_in_many_ways_read_so() {
    let mut octets = pbu();
    for (at, value) in [(0, 6), (3, 1), (9, 0x08), (47, 1)] {
        octets[at] = value;
    }
    octets.extend([250, 2, 0xde, 0xad, 65, 2, 0, 64]);
    octets[1] += 1;
    let octets = hex(&octets);
    let ends = ["--as", "mh", "--src", "2001:db8:1::1", "--dst", "2001:db8:ff::1"];
    insta::assert_snapshot!("wrong_text", says(&[&ends[..], &[&octets]].concat()));
    insta::assert_snapshot!("wrong_json", says(&[&ends[..], &["--json", &octets]].concat()));
    insta::assert_snapshot!("wrong_yaml", says(&[&ends[..], &["--yaml", &octets]].concat()));
}

/// RFC 5846 §5: the octet behind the type is a trigger in an indication, a status in an acknowledgement.
#[test]
fn the_type_of_a_binding_revocation_says_what_the_next_octet_names() {
    for (octets, name, script) in [
        ("3b0110000000 01010007800001020000", "1 (Administrative Reason)", "administrative"),
        ("3b0110000000 02010007800001020000", "1 (partial success)", "partial_success"),
        ("3b0110000000 03010007800001020000", "1", ""),
    ] {
        let text = says(&["--as", "mh", octets]);
        assert!(text.contains(&format!("  R. Trigger or Status: {name}\n")), "{text}");
        let json: serde_json::Value = serde_json::from_str(&says(&["--as", "mh", "--json", octets])).unwrap();
        assert_eq!(json["trigger_or_status_name"].as_str().unwrap_or_default(), script);
    }
}

#[test]
fn octets_may_be_written_in_many_ways() {
    let octets = pbu();
    let spaced: Vec<_> = octets.iter().map(|octet| format!("{octet:02X}")).collect();
    let expected = says(&[&hex(&octets)]);
    assert!(expected.contains("checksum 0x") && expected.contains("not verified"), "{expected}");
    let colons = spaced.join(":");
    let zeros: Vec<_> = spaced.iter().map(|octet| format!("0x{octet},")).collect();
    for text in [spaced.join(" "), colons, format!("0x{}", hex(&octets)), zeros.join("\n")] {
        assert_eq!(says(&[&text]), expected);
        let output = says_of_input(text.as_bytes(), &[]);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "from standard input");
        let path = file("hex.txt", text.as_bytes());
        assert_eq!(says(&[path.to_str().unwrap()]), expected, "from a file");
        fs::remove_file(path).unwrap();
    }
    let words: Vec<&str> = spaced.iter().map(String::as_str).collect();
    assert_eq!(says(&words), expected, "as several arguments");
}

#[test]
fn what_octets_start_with_is_recognised_and_can_be_forced() {
    let packet = ipv6(135, &pbu());
    for octets in [packet.clone(), linked(1, &packet)] {
        let said = says(&[&hex(&octets)]);
        assert!(said.contains("2001:db8:1::1 → 2001:db8:ff::1") && said.contains("right"), "{said}");
    }
    let mut odd = pbu();
    odd[0] = 17;
    let (why, _) = refuses(&[&hex(&odd)]);
    assert!(why.contains("--as mh|ipv6|ethernet"), "{why}");
    assert!(says(&["--as", "mh", &hex(&odd)]).contains("payload protocol 17, expected 59"));
    let right = says(&["--src", "2001:db8:1::1", "--dst", "2001:db8:ff::1", &hex(&pbu())]);
    assert!(right.contains(" right"), "{right}");
    let wrong = says(&["--src", "2001:db8:1::2", "--dst", "2001:db8:ff::1", &hex(&pbu())]);
    assert!(wrong.contains(" wrong") && wrong.contains("discards the message in silence"), "{wrong}");
}

#[test]
fn every_link_leads_to_the_message() {
    let packet = ipv6(135, &pbu());
    for linktype in [0, 1, 101, 108, 113, 228, 229, 276] {
        let octets = linked(linktype, &packet);
        let way = through_link(linktype, &octets).unwrap();
        let expected = Carried::Message { octets: &packet[40..], is_whole: true, summed: Some((SRC, DST)) };
        assert_eq!(way.carried, expected, "link type {linktype}");
        let path = file(&format!("link-{linktype}.pcap"), &classic(linktype, &[&octets]));
        let said = says(&["--json", path.to_str().unwrap()]);
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&said["message"], &said["checksum"]), (&"pbu".into(), &"right".into()));
        fs::remove_file(path).unwrap();
    }
    // The BSD header in the other byte order, with the family of macOS.
    let swapped = [&[30, 0, 0, 0][..], &packet].concat();
    assert!(matches!(through_link(0, &swapped).unwrap().carried, Carried::Message { .. }));
    // Two VLAN tags.
    let mut tagged = linked(1, &packet);
    tagged.splice(12..14, [0x88, 0xa8, 0, 7, 0x81, 0, 0x20, 9, 0x86, 0xdd]);
    let way = through_link(1, &tagged).unwrap();
    assert_eq!(way.layers, ["Ethernet", "VLAN 7", "VLAN 9", "IPv6"]);
    assert!(matches!(way.carried, Carried::Message { .. }));
    // One that is not known is told, and is no success where there is nothing else.
    let path = file("link-105.pcap", &classic(105, &[&packet]));
    let (why, _) = refuses(&[path.to_str().unwrap()]);
    assert!(why.contains("1 packet of link type 105") && why.contains("no Mobility Header"), "{why}");
    fs::remove_file(path).unwrap();
}

#[test]
fn extension_headers_and_tunnels_are_gone_through_and_named() {
    let home = Ipv6Addr::new(0x2001, 0xdb8, 7, 0, 0, 0, 0, 7);
    let mut from_home = pbu();
    repair_checksum(&mut from_home, home, DST);
    let mut to_home = pbu();
    repair_checksum(&mut to_home, SRC, home);
    let home_address = [&[135, 2, 1, 2, 0, 0, 201, 16][..], &home.octets()].concat();
    let routed = [&[135, 2, 2, 1, 0, 0, 0, 0][..], &home.octets()].concat();
    // (packet, layers, the message is right)
    let plain = ipv6(135, &pbu());
    let table: Vec<(Vec<u8>, Vec<&str>)> = vec![
        (ipv6(0, &[&extension(135)[..], &pbu()].concat()), vec!["IPv6", "hop-by-hop options"]),
        (ipv6(60, &[&home_address[..], &from_home].concat()), vec!["IPv6", "destination options"]),
        (ipv6(43, &[&routed[..], &to_home].concat()), vec!["IPv6", "routing header"]),
        (ipv6(44, &[&[135, 0, 0, 0, 0, 0, 0, 1][..], &pbu()].concat()), vec!["IPv6", "fragment header"]),
        (ipv6(41, &ipv6(41, &plain)), vec!["IPv6", "IPv6", "IPv6"]),
        (
            ipv6(0, &[&extension(60)[..], &extension(41), &plain].concat()),
            vec!["IPv6", "hop-by-hop options", "destination options", "IPv6"],
        ),
    ];
    for (packet, layers) in table {
        let way = through(Start::Ipv6, &packet, None);
        assert_eq!(way.layers, layers);
        let said: serde_json::Value = serde_json::from_str(&says(&["--json", &hex(&packet)])).unwrap();
        assert_eq!(said["checksum"], "right", "{layers:?}");
        assert_eq!(said["faults"], serde_json::json!([]));
    }
}

#[test]
fn what_may_hide_a_message_is_named() {
    // (packet, last layer, why)
    let table = [
        (ipv6(50, &[0; 32]), "ESP", "within ESP"),
        (ipv6(51, &[135, 4, 0, 0, 0, 0, 0, 1]), "AH", "behind AH"),
        (ipv6(44, &[&[135, 0, 0, 1, 0, 0, 0, 1][..], &[0; 16]].concat()), "fragment", "not put together"),
        (ipv6(60, &[135, 9, 0, 0]), "destination options", "ends within its extension headers"),
    ];
    for (packet, layer, why) in table {
        let said = says(&[&hex(&packet)]);
        assert!(said.contains(layer) && said.contains("not decoded: ") && said.contains(why), "{said}");
        assert!(says(&["--yaml", &hex(&packet)]).lines().all(|line| line.starts_with('#')));
    }
    // What cannot be one is not: AH around TCP, a fragment of UDP.
    assert_eq!(through(Start::Ipv6, &ipv6(51, &[6, 4, 0, 0]), None).carried, Carried::Other);
    let fragment = ipv6(44, &[17, 0, 0, 1, 0, 0, 0, 1]);
    assert_eq!(through(Start::Ipv6, &fragment, None).carried, Carried::Other);
}

#[test]
fn a_packet_that_was_captured_in_part_is_read_as_far_as_it_goes() {
    let packet = ipv6(135, &pbu());
    let path = file("short.pcap", &classic(229, &[&packet[..40 + 27]]));
    let said = says(&[path.to_str().unwrap()]);
    for part in ["IPv6, cut short", "27 octets captured", "not verified", "mn1@x.yz"] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    assert!(!said.contains("receiver"), "no fault of the sender's:\n{said}");
    assert!(says(&["--as", "mh", &hex(&pbu()[..27])]).contains("27 octets, at least 48 expected"));
    fs::remove_file(path).unwrap();
}

#[test]
fn a_truncated_capture_gives_what_is_whole_and_then_names_the_packet() {
    let packet = ipv6(135, &pbu());
    let whole = classic(229, &[&packet, &packet, &packet]);
    let demo = fs::read(root().join("captures/demo.pcapng")).unwrap();
    for (name, octets, number) in [
        ("cut.pcap", whole[..whole.len() - 5].to_vec(), 3),
        ("cut.pcapng", demo[..demo.len() - 5].to_vec(), CaptureReader::from_octets(demo).unwrap().count()),
    ] {
        let path = file(name, &octets);
        for form in ["--json", "--yaml"] {
            let (why, said) = refuses(&[form, path.to_str().unwrap()]);
            let expected = format!("packet {number}, octet ");
            assert!(why.contains(&expected) && why.contains("the file ends within"), "{why}");
            assert!(said.lines().count() >= 2, "{said}");
        }
        let output = says_of_input(&octets, &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard input: packet"));
        fs::remove_file(path).unwrap();
    }
}

/// What all cores decode together stands in the order of the file, to the last packet before it ends or breaks.
#[test]
fn a_long_capture_is_said_in_its_order() {
    let one = classic(101, &[&ipv6(135, &pbu())]);
    let (header, packet) = one.split_at(24);
    let long = [header, &packet.repeat(2500)].concat();
    let path = file("long.pcap", &long);
    let said = says(&["--json", path.to_str().unwrap()]);
    let numbers = said.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["frame"].as_u64().unwrap()
    });
    assert!(numbers.eq(1..=2500), "each frame once, in its order");
    let mut as_they_come = Command::new(env!("CARGO_BIN_EXE_dmm"));
    as_they_come.args(["decode", "--json", "-"]).stdin(fs::File::open(&path).unwrap());
    assert_eq!(String::from_utf8(as_they_come.output().unwrap().stdout).unwrap(), said);

    fs::write(&path, &long[..long.len() - 1]).unwrap();
    let (why, before) = refuses(&["--json", path.to_str().unwrap()]);
    assert_eq!(before.lines().count(), 2499);
    assert!(why.contains("packet 2500"), "{why}");
    fs::remove_file(path).unwrap();
}

#[test]
fn what_is_neither_capture_nor_octets_is_refused_with_a_reason() {
    for (arguments, expected) in [
        (&["no/such/file.pcap"][..], "neither a file that is there nor hexadecimal"),
        (&["3b0"], "half an octet"),
        (&[""], "no octets"),
        (&["captures"], "is a folder"),
        (&["README.md"], "neither a capture nor octets"),
        (&["--as", "mh", "captures/demo.pcapng"], "a capture says them itself"),
        (&["--frame", "99999", "captures/demo.pcapng"], "has no frame 99999"),
        (&["--src", "::1", "3b00"], "--dst"),
        (&["--json", "--yaml", "3b00"], "cannot be used with"),
    ] {
        let (why, _) = refuses(arguments);
        assert!(why.contains(expected), "{arguments:?}: {why}");
    }
    assert!(says(&["--as", "ipv6", "600000000000"]).contains("ends within its IPv6 header"));
    let udp = hex(&ipv6(17, &[0; 8]));
    assert!(refuses(&[&udp]).0.contains("no Mobility Header in IPv6"));
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
    command.args(["decode", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let packet = ipv6(135, &pbu());
    let many = classic(229, &vec![&packet[..]; 2000]);
    let _ = child.stdin.take().unwrap().write_all(&many);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// A script of the steps that `--yaml` prints is run, and what it sends are the octets that were decoded, but for the
/// addresses in the checksum.
#[test]
fn the_script_sends_the_octets_that_were_decoded() {
    let folder = std::env::temp_dir().join(format!("dmm-decode-{}-scripts", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut strange = pbu();
    strange.splice(12..14, [8, 9]);
    strange[15] = b'$';
    let mut unknown_type = pbu();
    unknown_type[2] = 99;
    let mut messages = vec![handover_pba().1, pbu(), strange, unknown_type, pbu()[..30].to_vec(), wrong()];
    let mut query = pbu();
    query[9] |= 0x08;
    messages.extend([with_sub_options(), cut_sub_option(), query]);
    for (number, octets) in messages.iter().enumerate() {
        let draft = ["--draft", "jikim-dmm-pmip"];
        let steps = says(&["--as", "mh", "--yaml", draft[0], draft[1], &hex(octets)]).replace('\n', "\n  ");
        let head = format!(
            "dmm: 1\nid: t.{number}\ntitle: decoded\nrequirements: [B1]\niut: cmd\ntesters:\n  maar1: {{role: maar}}\n\
             mobiles: [mn1]\nsteps:\n  "
        );
        let (script, report) = (folder.join(format!("{number}.test.yaml")), folder.join(number.to_string()));
        // A case must be able to fail.
        let check = "\n  - check: {alive: true}\n";
        fs::write(&script, head + steps.trim_end() + check).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
        command.args(["conform", "run"]).arg(&script).args(["--iut", "ref-cmd", "--report"]).arg(&report);
        let output = command.current_dir(root()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let capture = fs::read(report.join(format!("t.{number}.pcapng")));
        let capture = capture.unwrap_or_else(|error| panic!("{error}: {said}\n{steps}"));
        let mut sent = frames(capture).into_iter().next().unwrap_or_else(|| panic!("nothing sent: {said}"));
        let mut expected = octets.clone();
        for octets in [&mut sent, &mut expected] {
            repair_checksum(octets, SRC, DST);
        }
        assert_eq!(hex(&sent), hex(&expected), "{steps}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

fn wrong() -> Vec<u8> {
    let mut octets = pbu();
    for (at, value) in [(3, 1), (9, 0x08), (29, 17), (47, 1)] {
        octets[at] = value;
    }
    octets
}

/// Every capture of the collection, in every form.
#[test]
fn the_whole_collection_is_decoded() {
    let mut decoded = 0;
    for entry in fs::read_dir(root().join("captures")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "pcapng") {
            let path = path.to_str().unwrap();
            let lines = says(&["--json", path]);
            for line in lines.lines() {
                let said: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(said["frame"].is_u64() && said["src"].is_string(), "{line}");
                decoded += 1;
            }
            assert_eq!(says(&["--yaml", path]).matches("- send:").count(), lines.lines().count());
            assert_eq!(says(&[path]).matches("\n\n").count(), lines.lines().count());
        }
    }
    assert!(decoded > 100, "{decoded}");
}

proptest! {
    #[test]
    fn no_octets_make_it_panic(
        octets in proptest::collection::vec(any::<u8>(), 0..200),
        linktype in proptest::sample::select(vec![0_u32, 1, 101, 108, 113, 228, 229, 276]),
        next in proptest::sample::select(vec![0_u8, 41, 43, 44, 50, 51, 60, 135]),
    ) {
        for octets in [octets.clone(), linked(linktype, &octets), linked(linktype, &ipv6(next, &octets))] {
            let _ = through_link(linktype, &octets);
        }
        for start in [Start::Mh, Start::Ipv6, Start::Ethernet] {
            for shown in dmm::decode::in_every_form(through(start, &octets, Some((SRC, DST)))) {
                prop_assert!(!shown.is_empty());
            }
        }
        for shown in dmm::decode::in_every_form(through(Start::Ipv6, &ipv6(next, &octets), None)) {
            prop_assert!(!shown.is_empty());
        }
        let mut message = pbu();
        for (i, octet) in octets.iter().enumerate() {
            let place = (usize::from(*octet) + i) % message.len();
            message[place] = *octet;
        }
        for shown in dmm::decode::in_every_form(through(Start::Mh, &message, Some((SRC, DST)))) {
            prop_assert!(!shown.is_empty());
        }
        let _ = dmm::decode::hex(&String::from_utf8_lossy(&octets));
    }
}
