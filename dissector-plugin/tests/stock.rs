//! Where Wireshark's own dissector says too little or something wrong, what the plugin makes of it; and where it is
//! right, that it stays so.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod support;

use std::net::Ipv6Addr;

use dmm_codec::message::repair_checksum;
use dmm_codec::packet::{Ipv6, MOBILITY_HEADER};
use dmm_codec::wire::Width;
use dmm_codec::{FieldView, MESSAGES, OPTIONS};
use pretty_assertions::assert_eq;
use support::{Tshark, pcap};

const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 1);
const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 2);
const PBU: u8 = 5;
const PBA: u8 = 6;

/// A Mobility Header of this type with these octets behind its header, filled up with Pad1.
fn packet(mh_type: u8, behind: &[u8]) -> Vec<u8> {
    let mut octets = vec![59, 0, mh_type, 0, 0, 0];
    octets.extend_from_slice(behind);
    octets.resize(octets.len().next_multiple_of(8), 0);
    octets[1] = u8::try_from(octets.len() / 8 - 1).unwrap();
    repair_checksum(&mut octets, SRC, DST);
    Ipv6::packet(SRC, DST, MOBILITY_HEADER, 64, &octets)
}

/// Signalling between nodes that are reached by IPv4 (RFC 5844 §4); the captures here are of IPv6, so it is in a tunnel.
fn udp(src: [u8; 4], dst: [u8; 4], message: &[u8]) -> Vec<u8> {
    const PORT: [u8; 2] = 5436_u16.to_be_bytes();
    const IPV4_IN_IPV6: u8 = 4;
    let len = |octets: usize| u16::try_from(octets + message.len()).unwrap().to_be_bytes();
    let header = [&[0x45, 0][..], &len(28), &[0, 0, 0, 0, 64, 17, 0, 0], &src, &dst].concat();
    let udp = [&PORT[..], &PORT, &len(8), &[0, 0], message].concat();
    Ipv6::packet(SRC, DST, IPV4_IN_IPV6, 64, &[header, udp].concat())
}

fn file(packets: &[Vec<u8>]) -> Vec<u8> {
    pcap(packets.iter().map(|octets| (octets.as_slice(), octets.len())))
}

fn fields(packets: &[Vec<u8>], arguments: &[&str], fields: &[&str]) -> Vec<Vec<String>> {
    let mut all = [arguments, &["-T", "fields"]].concat();
    for field in fields {
        all.extend(["-e", field]);
    }
    let printed = Tshark::find().run(&file(packets), &all);
    printed.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// A PBU without flags, before its options.
const EMPTY_PBU: [u8; 6] = [0, 1, 0, 0, 0, 75];

#[test]
fn every_option_that_the_host_does_not_know_has_its_fields() {
    let left: Vec<_> = OPTIONS
        .iter()
        .filter(|spec| !matches!(spec.kind, 0..=41 | 46..=52 | 55) && !spec.needs_dmm)
        .collect();
    assert!(left.len() > 10);
    let bodies: Vec<Vec<u8>> = left.iter().map(|spec| vec![0; spec.min_len.max(1)]).collect();
    let (mut packets, mut asked, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for (spec, body) in left.iter().zip(&bodies) {
        let header = [spec.kind, u8::try_from(body.len()).unwrap()];
        packets.push(packet(PBU, &[&EMPTY_PBU[..], &header, body].concat()));
        for field in FieldView::all(spec.fields, body, 0) {
            // Text of no octets but NUL is no text, and no octets are no value.
            if field.spec.width != Width::Rest {
                asked.push(format!("dmm.{}{}", spec.filter, field.spec.filter));
                rows.push(packets.len() - 1);
            }
        }
    }
    let names: Vec<&str> = ["mip6.mobility_opt", "mip6.mobility_opt.len"]
        .into_iter()
        .chain(asked.iter().map(String::as_str))
        .collect();
    let found = fields(&packets, &[], &names);
    for ((spec, body), line) in left.iter().zip(&bodies).zip(&found) {
        assert!(line[0].split(',').any(|kind| kind == spec.kind.to_string()), "{}: {line:?}", spec.title);
        assert_eq!(line[1], body.len().to_string(), "{}", spec.title);
    }
    for ((name, row), column) in asked.iter().zip(rows).zip(2..) {
        assert_ne!(found[row][column], "", "{name}");
    }
}

#[test]
fn an_option_that_nobody_knows_has_its_length() {
    let behind = [&EMPTY_PBU[..], &[200, 2, 7, 7]].concat();
    let asked = ["mip6.mobility_opt", "mip6.mobility_opt.len", "dmm.option.undecoded", "dmm.option.unknown"];
    let found = fields(&[packet(PBU, &behind)], &[], &asked);
    assert_eq!(found[0][..3], ["200", "2", "0707"]);
    assert_ne!(found[0][3], "");
}

#[test]
fn every_message_that_the_host_does_not_know_has_its_fields() {
    for spec in MESSAGES.iter().filter(|spec| spec.mh_type > 18) {
        let names: Vec<String> = spec
            .fields
            .iter()
            .map(|field| format!("dmm.{}.{}", spec.name, field.filter.trim_start_matches('.')))
            .collect();
        let asked: Vec<&str> = names.iter().map(String::as_str).chain(["_ws.col.Info"]).collect();
        let found = &fields(&[packet(spec.mh_type, &[0; 18])], &[], &asked)[0];
        for (name, value) in names.iter().zip(found) {
            let is_rest =
                spec.fields.iter().any(|field| name.ends_with(field.filter) && field.width == Width::Rest);
            assert!(!value.is_empty() || is_rest, "{name} in {found:?}");
        }
        assert_eq!(found.last().unwrap(), spec.title);
    }
}

/// (MH Type, octets behind the header with all flags set, filters of those that are ours)
const FLAGS: &[(u8, [u8; 6], &[&str])] = &[
    (PBU, [0, 1, 0xff, 0xf8, 0, 75], &["dmm.pbu.flag.s", "dmm.flag"]),
    (PBA, [0, 0xff, 0, 1, 0, 75], &["dmm.pba.flag.s", "dmm.flag"]),
    (14, [0, 1, 0xf0, 0, 0, 0], &["dmm.hi.flag.p", "dmm.hi.flag.f"]),
    (15, [0, 1, 0xe0, 0, 0, 0], &["dmm.hack.flag.u", "dmm.hack.flag.p", "dmm.hack.flag.f"]),
    (19, [0, 1, 0, 1, 0xc0, 0], &["dmm.upn.flag.a", "dmm.upn.flag.d"]),
    (21, [0, 1, 0, 1, 1, 0x80], &["dmm.flow_binding.flag.a"]),
    (23, [1, 0x80, 0, 0, 0, 0], &["dmm.subscription_response.flag.i"]),
];

#[test]
fn every_flag_that_the_host_does_not_know_is_found_set_and_unset() {
    for (mh_type, octets, filters) in FLAGS {
        let unset = octets.map(|octet| if octet > 1 && octet != 75 { 0 } else { octet });
        let found = fields(&[packet(*mh_type, octets), packet(*mh_type, &unset)], &[], filters);
        for (line, expected) in found.iter().zip([["1", "True"], ["0", "False"]]) {
            assert!(line.iter().all(|value| expected.contains(&value.as_str())), "{mh_type}: {line:?}");
        }
    }
}

#[test]
fn flags_stand_behind_those_of_the_host_and_unset_ones_are_not_told() {
    let query = ["-V", "-o", "dmm.query_flag:TRUE"];
    let capture = |flags: [u8; 2]| file(&[packet(PBU, &[0, 1, flags[0], flags[1], 0, 75])]);
    let printed = Tshark::find().run(&capture([0x82, 0x38]), &query);
    let lines: Vec<&str> = printed.lines().collect();
    let last = lines.iter().position(|line| line.contains("Bulk-Binding-Update")).unwrap();
    let ours = ["Multicast Signaling (S)", "DMM (D)", "Query (Q)", "Lifetime"];
    for (line, name) in lines[last + 1..].iter().zip(ours) {
        assert!(line.contains(name), "{name}: {line}");
    }
    let printed = Tshark::find().run(&capture([0x82, 0]), &query);
    assert!(printed.contains("DMM (D) flag: No"), "{printed}");
    assert!(!printed.contains("(S) flag: No Multicast") && !printed.contains("(Q) flag"), "{printed}");
}

#[test]
fn signalling_in_udp_is_read_tracked_and_not_judged_by_its_checksum() {
    let message = |mh_type: u8, octets: &[u8]| {
        let options = [8, 4, 1, b'm', b'@', b'x', 1, 4, 0, 0, 0, 0];
        [&[59, 2, mh_type, 0, 0, 0][..], octets, &options].concat()
    };
    let (maar, cmd) = ([192, 0, 2, 1], [192, 0, 2, 9]);
    let asks = udp(maar, cmd, &message(PBU, &[0, 7, 0x82, 0x10, 0, 75]));
    let answers = udp(cmd, maar, &message(PBA, &[0, 0x22, 0, 7, 0, 75]));
    let capture = file(&[asks, answers]);
    let asked = ["-T", "fields", "-e", "mip6.mhtype", "-e", "dmm.flag", "-e", "dmm.response_to"];
    let more = ["-e", "dmm.requirement", "-e", "_ws.col.Protocol"];
    let printed = Tshark::find().run(&capture, &[&asked[..], &more].concat());
    let printed = printed.replace("True", "1");
    assert_eq!(printed, "5\t1\t\t\tMIPv6\n6\t1\t1\t\tMIPv6\n");
    let off = ["--disable-protocol", "dmm", "-V"];
    let tshark = Tshark::find();
    assert_eq!(tshark.run(&capture, &off), tshark.run_stock(&capture, &["-V"]));
}

#[test]
fn the_protocol_column_is_of_the_message_itself() {
    const ROUTER: [u8; 6] = [0, 1, 0x06, 0, 0, 75];
    let packets = [packet(PBU, &ROUTER), packet(PBU, &EMPTY_PBU), packet(PBA, &[0, 0x20, 0, 1, 0, 75])];
    // The tree is what makes the host remember.
    let asked = ["_ws.col.Protocol", "mip6.bu.seqnr"];
    let found = fields(&packets, &[], &asked);
    assert_eq!([&found[0][0], &found[1][0], &found[2][0]], ["NEMO", "MIPv6", "MIPv6"]);
}

#[test]
fn a_status_has_iana_s_name() {
    let pba = |status| packet(PBA, &[status, 0x22, 0, 1, 0, 75]);
    let printed = Tshark::find().run(&file(&[pba(145), pba(148), pba(179), pba(0)]), &["-V"]);
    for name in [
        "MIPV6-MESG-ID-REQD (145)",
        "CGA and signature verification failed (148)",
        "CANNOT_MEET_QOS_SERVICE_REQUEST (179)",
    ] {
        assert!(printed.contains(&format!("[Status by IANA: {name}]")), "{name}\n{printed}");
    }
    assert_eq!(printed.matches("Status by IANA").count(), 3, "nothing to correct where nothing was rejected");
    let found = fields(&[pba(145)], &[], &["mip6.ba.status", "dmm.status"]);
    assert_eq!(found[0], ["145", "145"], "the stock field is what it was");
}
