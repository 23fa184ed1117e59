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
    let names: Vec<&str> = ["mip6.mobility_opt", "dmm.option.length"]
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
