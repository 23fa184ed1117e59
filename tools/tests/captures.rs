//! The collection of captures, read by the real tshark with the plugin: a golden dissection of each, and nothing that
//! Wireshark or our own decoder finds wrong where nothing is meant to be.

use std::fs;
use std::path::{Path, PathBuf};

use dmm_captures::CaptureReader;
use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER};
use dmm_codec::{Message, OPTIONS};
use dmm_wireshark::{Stage, Tshark};

fn collection() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures");
    let entries = fs::read_dir(folder).expect("the collection is part of the checkout");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a folder that can be read").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "pcapng"));
    files.sort();
    assert!(files.len() > 6, "{} captures", files.len());
    files
}

fn name(capture: &Path) -> String {
    capture.file_stem().expect("a file has a name").to_string_lossy().into_owned()
}

/// Captures of cases in which the tester sends what is wrong on purpose.
fn is_wrong_on_purpose(capture: &Path) -> bool {
    name(capture).starts_with("any.opt.001") || name(capture).starts_with("cmd.opt.002")
}

fn stage() -> Stage {
    let tshark = Tshark::find().unwrap_or_else(|error| panic!("{error}"));
    let plugin = dmm::plugin::built().unwrap_or_else(|error| panic!("{error}"));
    Stage::new(&tshark, Some(&plugin)).expect("the temporary directory takes files")
}

/// The fields of a golden dissection: what stock Wireshark reads of each message, and what the plugin does. Fields and
/// not text, since text differs between versions of Wireshark.
fn golden_fields(stage: &Stage) -> Vec<String> {
    let all = stage.ask(&["-G", "fields"]).expect("tshark knows its fields");
    let registered = all.lines().filter_map(|line| line.split('\t').nth(2)).map(str::to_owned);
    let mut fields = fields();
    // What tracking and the rules find; an option's Type and Length say nothing more than its other fields.
    let found = registered.filter(|name| {
        let is_option = name.starts_with("dmm.option.") && name != "dmm.option.problem";
        name.starts_with("dmm.") && !is_option && !name.starts_with("dmm.tunnel")
    });
    for name in found {
        if !fields.contains(&name) {
            fields.push(name);
        }
    }
    fields
}

fn fields() -> Vec<String> {
    let stock = [
        "frame.number",
        "ipv6.src",
        "ipv6.dst",
        "mip6.mhtype",
        "mip6.bu.seqnr",
        "mip6.bu.lifetime",
        "mip6.ba.status",
        "mip6.ba.seqnr",
        "mip6.ba.lifetime",
    ];
    let ours = OPTIONS
        .iter()
        .filter(|spec| spec.needs_dmm)
        .flat_map(|spec| spec.fields.iter().map(move |field| format!("dmm.{}{}", spec.filter, field.filter)));
    stock.into_iter().map(str::to_owned).chain(["dmm.flag".to_owned()]).chain(ours).collect()
}

#[test]
fn golden_dissections() {
    let stage = stage();
    let fields = golden_fields(&stage);
    let mut arguments = vec!["-2", "-Y", "mipv6", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator= "];
    for field in &fields {
        arguments.extend(["-e", field]);
    }
    for capture in collection() {
        let lines = stage.read(&capture, &arguments).unwrap();
        let mut text = String::new();
        for line in lines.lines() {
            let named = fields.iter().zip(line.split('\t')).filter(|(_, value)| !value.is_empty());
            // 4.0 prints booleans as 1 and 0, later versions as True and False.
            let shown: Vec<String> = named
                .map(|(field, value)| format!("{field}={}", value.replace("True", "1").replace("False", "0")))
                .collect();
            text += &format!("{}\n", shown.join("  "));
        }
        insta::with_settings!({ snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name(&capture), text);
        });
    }
}

#[test]
fn stock_wireshark_finds_nothing_malformed_in_what_is_meant_to_be_right() {
    let stock = Stage::new(&Tshark::find().unwrap(), None).unwrap();
    for capture in collection().iter().filter(|capture| !is_wrong_on_purpose(capture)) {
        // Wireshark 4.0 does not verify the checksum of Mobility Headers; the next test does.
        let wrong = "_ws.malformed || _ws.expert.group == Checksum || udp.checksum.status == 0";
        let found = stock.read(capture, &["-o", "udp.check_checksum:TRUE", "-Y", wrong]).unwrap();
        assert_eq!(found, "", "{}", capture.display());
    }
}

#[test]
fn every_message_that_is_meant_to_be_right_is_read_in_full() {
    let mut messages = 0;
    for capture in collection().iter().filter(|capture| !is_wrong_on_purpose(capture)) {
        let reader = CaptureReader::from_octets(fs::read(capture).unwrap()).unwrap();
        for packet in reader {
            let frame = packet.unwrap().octets;
            let outer = Ethernet::parse(&frame).and_then(|frame| Ipv6::parse(frame.payload)).unwrap();
            if outer.next_header == MOBILITY_HEADER {
                let decoded = Message::decode(outer.payload(), outer.src, outer.dst);
                assert_eq!(decoded.expect("right checksum and layout").skipped, [], "{}", capture.display());
                messages += 1;
            }
        }
    }
    assert!(messages > 100, "{messages} messages");
}

#[test]
fn filters_find_what_the_readme_says_they_do() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures/demo.pcapng");
    let stage = stage();
    let count = |filter: &str| stage.read(&demo, &["-Y", filter]).unwrap().lines().count();
    assert_eq!(count("dmm.previous_maar.address"), 2, "the PBAs that end the two handovers");
    assert_eq!(count("dmm.previous_maar.address == 2001:db8:c0::1"), 2);
    assert_eq!(count("dmm.previous_maar.address == 2001:db8:c0::2"), 1);
    assert_eq!(count("dmm.serving_maar && mip6.mhtype == 5"), 3, "PBUs to P-MAARs: one, then two");
    assert_eq!(count("dmm.option.problem"), 0);
    assert_eq!(count("dmm.flag == 0"), 0);
    assert_eq!(count("dmm.flag == 1"), count("mipv6"));
    assert_eq!(count("dmm"), count("mipv6"));
}

#[test]
fn every_field_of_the_six_options_is_shown() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures/demo.pcapng");
    let stage = stage();
    let tree = stage.read(&demo, &["-Y", "mipv6", "-V"]).unwrap();
    for spec in OPTIONS.iter().filter(|spec| spec.needs_dmm) {
        let shown = format!("{}: ", spec.title);
        assert!(tree.contains(&shown), "no `{shown}` in\n{tree}");
    }
    let fields = fields();
    let mut arguments = vec!["-Y", "mipv6", "-T", "fields"];
    for field in &fields {
        arguments.extend(["-e", field]);
    }
    let lines = stage.read(&demo, &arguments).unwrap();
    for (column, field) in fields.iter().enumerate() {
        let found =
            lines.lines().filter_map(|line| line.split('\t').nth(column)).any(|value| !value.is_empty());
        assert!(found, "`{field}` is in no message of the demo");
    }
}
