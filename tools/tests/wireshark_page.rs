//! docs/wireshark.md lists every field that the plugin registers, and its filters answer their questions.

use std::path::{Path, PathBuf};
use std::{env, fs};

use dmm_wireshark::{Stage, Tshark};
use pretty_assertions::assert_eq;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wireshark.md")
}

fn stage() -> Stage {
    let plugin = dmm::plugin::built().unwrap_or_else(|error| panic!("{error}"));
    Stage::new(&Tshark::find().expect("tshark"), Some(&plugin)).expect("the temporary directory takes files")
}

/// The table of fields, from what the host says was registered.
fn table() -> String {
    let all = stage().ask(&["-G", "fields"]).expect("tshark knows its fields");
    let mut rows: Vec<String> = all
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|columns| columns.get(2).is_some_and(|filter| filter.starts_with("dmm.")))
        .map(|columns| {
            // A protocol has no type; each of ours in name only is the octets of a part of the message.
            let (name, filter) = (columns[1], columns[2]);
            let kind = columns.get(3).copied().unwrap_or("FT_PROTOCOL");
            let blurb = columns.get(7).copied().unwrap_or_default();
            format!("| `{filter}` | {} | {name} | {blurb} |", kind.trim_start_matches("FT_"))
        })
        .collect();
    rows.sort();
    assert!(rows.len() > 60, "{rows:#?}");
    format!("| filter | type | name | what it is |\n|---|---|---|---|\n{}\n", rows.join("\n"))
}

#[test]
fn every_field_is_on_the_page() {
    let text = fs::read_to_string(page()).unwrap();
    let start = text.find("<!-- fields:").and_then(|at| Some(at + text[at..].find("-->\n")? + 4));
    let (start, end) = (start.expect("a mark"), text.find("<!-- end of fields").expect("a mark"));
    let table = table();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(page(), format!("{}{table}{}", &text[..start], &text[end..])).unwrap();
    } else {
        assert_eq!(&text[start..end], table, "UPDATE_DOCS=1 writes it anew");
    }
}

#[test]
fn each_filter_answers_its_question() {
    let (text, stage) = (fs::read_to_string(page()).unwrap(), stage());
    let section = text.split("## Ten questions").nth(1).and_then(|rest| rest.split("\n## ").next());
    let mut asked = 0;
    for row in section.expect("a section").lines().filter(|line| line.contains('`')) {
        let columns: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, filter, capture, frames] = columns[..] else { continue };
        let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../captures/{capture}.pcapng"));
        let found = stage.read(&capture, &["-2", "-Y", filter.trim_matches('`')]).unwrap();
        assert_eq!(found.lines().count().to_string(), frames, "{filter}");
        asked += 1;
    }
    assert!(asked >= 10, "{asked} questions");
}
