//! The reference page is what the tables say, all of it; and `dmm reference` finds a row by what people call it.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use dmm_codec::constant::CONSTANTS;
use dmm_codec::wire::FieldKind;
use dmm_codec::{MESSAGES, OPTIONS};
use dmm_wireshark::{Stage, Tshark};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn reference(what: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
    let output =
        command.arg("reference").args(what.split(' ').filter(|word| !word.is_empty())).output().unwrap();
    let printed =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (output.status.code(), printed)
}

#[test]
fn the_checked_in_page_is_what_the_tables_say() {
    let page = fs::read_to_string(root().join("docs/reference.md")).unwrap_or_default();
    let lines = page.lines().zip(dmm::page::page().lines().map(str::to_owned).collect::<Vec<_>>());
    let first = lines.into_iter().enumerate().find(|(_, (page, tables))| page != tables);
    let differs =
        first.map(|(line, (page, tables))| format!("line {}: {page:?}, tables: {tables:?}", line + 1));
    assert!(
        page == dmm::page::page(),
        "docs/reference.md is not what the tables say ({}); run: cargo run -p dmm -- reference > docs/reference.md",
        differs.unwrap_or_else(|| "one of them is longer".to_owned())
    );
    assert_eq!(reference("").1, page, "the command prints the page");
}

#[test]
fn every_row_is_on_the_page() {
    let page = dmm::page::page();
    for spec in MESSAGES {
        assert!(
            page.contains(&format!("### {} message ({})\n\n{}\n", spec.title, spec.mh_type, spec.source))
        );
    }
    for spec in OPTIONS {
        assert!(page.contains(&format!("### {} option ({})\n\n{}\n", spec.title, spec.kind, spec.source)));
        for field in spec.fields {
            assert!(
                page.contains(&format!("| {} | `{}` |", field.label, field.name)),
                "{} {}",
                spec.name,
                field.name
            );
        }
    }
    let tables = OPTIONS.iter().flat_map(|spec| spec.fields).filter_map(|field| match field.kind {
        FieldKind::SubOptions(table) => Some(table),
        _ => None,
    });
    let mut sub_options = 0;
    for (table, spec) in tables.flat_map(|table| table.rows.iter().map(move |spec| (table, spec))) {
        let heading = format!("#### {} sub-option ({}.{})", spec.title, table.option, spec.kind);
        assert!(page.contains(&format!("{heading}\n\n{}\n", spec.source)), "{heading}");
        sub_options += 1;
    }
    assert!(sub_options > 20);
    for row in CONSTANTS {
        assert!(page.contains(&format!("| {} | {} | {} | {} |", row.name, row.value, row.label, row.source)));
    }
}

/// The page is made from what the fields of messages and options point to. A registry or a flag that none of them
/// points to would be missing, so this reads the codec's source for them.
#[test]
fn every_registry_and_flag_of_the_source_is_on_the_page() {
    let page = dmm::page::page();
    let (mut values, mut flags) = (0, 0);
    // What Neighbor Discovery carries is no Mobility Header.
    let elsewhere = |path: &PathBuf| path.ends_with("ndp.rs") || path.ends_with("icmp/mod.rs");
    for path in sources(&root().join("codec/src")).into_iter().filter(|path| !elsewhere(path)) {
        let source = fs::read_to_string(&path).unwrap();
        for line in source.lines().map(str::trim) {
            let quoted: Vec<_> = line.split('"').skip(1).step_by(2).collect();
            let (Some((first, _)), [.., label, source]) =
                (line.split_once(" => ").or(line.split_once(" = ")), &quoted[..])
            else {
                continue;
            };
            let row = match (first.parse::<u32>(), line.split_once(" = 0x"), quoted.len()) {
                // 156 => TIMESTAMP_MISMATCH, "timestamp_mismatch", "TIMESTAMP_MISMATCH", "RFC 5213";
                (Ok(value), _, 3) => {
                    values += 1;
                    format!("| {value} | `{}` | {label} | {source} |", quoted[0])
                }
                // D = 0x0010, "DMM", "RFC 8885 §4.1";
                (_, Some((letter, mask)), 2) => {
                    flags += 1;
                    let mask = mask.split(',').next().unwrap_or_default().replace('_', "");
                    format!("| {letter} | `0x{mask}` | {label} | {source} |")
                }
                _ => continue,
            };
            assert!(page.contains(&row), "{}: no `{row}` on the page: does a field have it?", path.display());
        }
    }
    assert!(values > 150 && flags > 40, "{values} values, {flags} flags found in the source");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn every_link_leads_to_one_heading() {
    let page = dmm::page::page();
    let mut anchors = BTreeSet::new();
    for heading in page
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')))
    {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect();
        assert!(anchors.insert(anchor), "two headings `{heading}`");
    }
    let links: Vec<_> = page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 200);
    for link in links {
        assert!(anchors.contains(link), "no heading for #{link}");
    }
}

#[test]
fn wireshark_knows_every_filter_of_the_page() {
    let plugin = dmm::plugin::built().unwrap();
    let stage = Stage::new(&Tshark::find().unwrap(), Some(&plugin)).unwrap();
    let protocols_and_fields = stage.ask(&["-G", "fields"]).unwrap();
    let known: BTreeSet<_> =
        protocols_and_fields.lines().filter_map(|line| line.split('\t').nth(2)).collect();
    let page = dmm::page::page();
    let filters = page.split('`').skip(1).step_by(2).filter_map(|code| code.split(' ').next());
    let filters: BTreeSet<_> = filters
        .filter(|code| (code.starts_with("dmm.") || code.starts_with("mip6.")) && !code.ends_with('.'))
        .collect();
    assert!(filters.len() > 15);
    for filter in filters {
        assert!(known.contains(filter), "{filter}");
    }
}

/// One way to ask for each sort of thing.
#[test]
fn a_row_is_found_by_what_people_call_it() {
    let mut said = String::new();
    for asked in [
        "prev_maar",
        "hack",
        "D",
        "status 156",
        "timestamp_mismatch",
        "r. trigger or status 1",
        "operational code",
        "MinDelayBeforeBCEDelete",
    ] {
        let (code, printed) = reference(asked);
        assert_eq!(code, Some(0), "{asked}: {printed}");
        said += &format!("$ dmm reference {asked}\n{printed}\n");
    }
    insta::assert_snapshot!(said);
    for (asked, same) in [
        ("67", "prev_maar"),
        ("Previous MAAR", "prev_maar"),
        ("option 67", "prev_maar"),
        ("dmm.previous_maar.address", "prev_maar"),
        ("handover acknowledge", "hack"),
        ("message 15", "hack"),
        ("flag d", "D"),
    ] {
        assert_eq!(reference(asked), reference(same), "{asked}");
    }
    assert_eq!(reference("options").1.lines().count(), OPTIONS.len());
    assert_eq!(reference("messages").1.lines().count(), MESSAGES.len());
    assert_eq!(reference("constants").1.lines().count(), CONSTANTS.len());
}

#[test]
fn an_unknown_name_is_answered_with_those_like_it() {
    for (asked, near) in
        [("prev_mar", "`prev_maar`"), ("MAX_UPDATE", "`MAX_UPDATE_RATE`"), ("zzz", "dmm reference options")]
    {
        let (code, printed) = reference(asked);
        assert_eq!(code, Some(2), "{printed}");
        assert!(printed.contains(near), "{printed}");
    }
}

#[test]
fn scripts_get_json() {
    let all: Vec<serde_json::Value> = serde_json::from_str(&reference("--json").1).unwrap();
    let with_d = all.iter().filter(|row| row["needs_dmm"] == true).map(|row| row["option"].as_u64());
    assert_eq!(with_d.collect::<Vec<_>>(), (65..=70).map(Some).collect::<Vec<_>>());
    let one: Vec<serde_json::Value> = serde_json::from_str(&reference("--json prev_maar").1).unwrap();
    assert_eq!(one.len(), 1);
    let maar = &one[0]["fields"][4];
    assert_eq!(
        (maar["name"].as_str(), maar["offset"].as_u64(), maar["width"].as_u64()),
        (Some("maar"), Some(4), Some(16))
    );
    let rate: Vec<serde_json::Value> =
        serde_json::from_str(&reference("--json max_bindack_timeout").1).unwrap();
    assert_eq!(rate[0]["value"]["seconds"], 32.0);
}
