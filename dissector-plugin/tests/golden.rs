//! What tshark prints of every capture in the collection, on two passes: the Mobility Header with everything around it
//! that is ours, as `-V` and `-T json` have it. Of captures that others made, and that are not in this repository, how
//! often each of our fields is found.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use serde_json::Value;
use support::Tshark;

/// Frames of a capture that are shown whole; of those behind them, only what is ours, in one line.
const WHOLE: usize = 8;
/// The host's words around ours differ between releases.
const RELEASE: &str = "4.0";

#[test]
fn every_capture_of_the_collection_reads_as_it_did() {
    let found = dmm_wireshark::Tshark::find().unwrap();
    if found.minor != RELEASE {
        eprintln!("passed over: the words are those of Wireshark {RELEASE}, this is {}", found.version);
        return;
    }
    let captures = captures(&root().join("captures"), "pcapng");
    assert!(captures.len() > 20, "{captures:?}");
    let tshark = Tshark::find();
    insta::with_settings!({prepend_module_to_snapshot => false, snapshot_path => "golden"}, {
        for capture in captures {
            let name = capture.file_stem().unwrap().to_string_lossy().into_owned();
            insta::assert_snapshot!(name, golden(&tshark, &fs::read(&capture).unwrap()));
        }
    });
}

#[test]
fn captures_of_others_have_as_many_of_our_fields_as_before() {
    let folder = root().join("../shared/captures");
    if !folder.is_dir() {
        eprintln!("passed over: the captures of tcpdump and Zeek are not here");
        return;
    }
    let (tshark, mut summary) = (Tshark::find(), String::new());
    for capture in ["tcpdump", "zeek"].iter().flat_map(|from| captures(&folder.join(from), "pcap")) {
        let frames = frames(&tshark, &fs::read(&capture).unwrap(), "frame");
        let mut counts = BTreeMap::<String, u32>::new();
        for (_, layers) in &frames {
            each_field(layers, &mut |name, _| *counts.entry(name.to_owned()).or_default() += 1);
        }
        writeln!(summary, "{}: {} frames", capture.file_name().unwrap().display(), frames.len()).unwrap();
        for (name, count) in counts {
            writeln!(summary, "  {count:>3} {name}").unwrap();
        }
    }
    insta::assert_snapshot!("of_others", summary);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn captures(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files.sort();
    files
}

fn golden(tshark: &Tshark, capture: &[u8]) -> String {
    const OURS: &str = "mipv6 || dmm.tunnel";
    let printed = tshark.run(capture, &["-2", "-V", "-Y", OURS]);
    let trees: Vec<String> = printed.split("\n\n").map(ours).filter(|tree| !tree.is_empty()).collect();
    let objects = frames(tshark, capture, OURS);
    assert_eq!(trees.len(), objects.len(), "{printed}");
    let mut text = String::new();
    for (at, (tree, (number, layers))) in trees.iter().zip(&objects).enumerate() {
        if at < WHOLE {
            write!(text, "frame {number}\n{tree}").unwrap();
            each_field(layers, &mut |name, value| writeln!(text, "  {name} = {value}").unwrap());
        } else {
            let own: Vec<&str> =
                tree.lines().skip_while(|line| line.starts_with(' ')).map(str::trim).collect();
            writeln!(text, "frame {number}: {}", own.join(" ")).unwrap();
        }
    }
    text
}

/// Of the tree of a frame, the Mobility Header or the tunnel and what is ours. Flags of the host's that are not set are
/// left out: they are most of the lines, and the flags themselves are said elsewhere.
fn ours(frame: &str) -> String {
    let starts = ["    Mobile IPv6", "[DMM tunnel", "DMM tunnel"];
    let lines = frame.lines().skip_while(|line| !starts.iter().any(|start| line.starts_with(start)));
    let is_mobility = |line: &&str| !line.starts_with("Internet Protocol");
    let is_unset = |line: &str| {
        let bits = line.trim_start().split(" = ").next().unwrap_or_default();
        bits.contains('0') && bits.chars().all(|bit| ". 0".contains(bit))
    };
    let told = lines.take_while(is_mobility).filter(|line| !is_unset(line) || line.contains("(D)"));
    told.fold(String::new(), |text, line| text + line + "\n")
}

/// The number and the layers of each frame that a filter finds.
fn frames(tshark: &Tshark, capture: &[u8], filter: &str) -> Vec<(String, Value)> {
    let asked = ["-2", "-T", "json", "--no-duplicate-keys", "-Y", filter];
    let printed: Value = serde_json::from_str(&tshark.run(capture, &asked)).unwrap();
    let layers = printed.as_array().unwrap().iter().map(|frame| &frame["_source"]["layers"]);
    layers.map(|it| (it["frame"]["frame.number"].as_str().unwrap().to_owned(), it.clone())).collect()
}

/// Every field of ours, wherever it stands.
fn each_field(value: &Value, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for value in values.iter().filter(|_| name.starts_with("dmm.")) {
                    // 4.0 prints flags as `1`, later versions as `True`.
                    if let Some(value) = value.as_str() {
                        visit(name, value);
                    }
                }
                each_field(value, visit);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| each_field(value, visit)),
        _ => {}
    }
}
