//! The schemas that editors use are those of the language: every file of the project is valid, what the loader refuses for a
//! key or a name is not, and what is published is what the types say.

#[allow(dead_code, reason = "the other tests use the rest")]
mod project;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dmm_conformance::script::schema;
use dmm_conformance::script::span::Source;
use dmm_conformance::script::yaml::{Kind, Node, parse};
use project::folder;
use serde_json::{Value, json};

/// What a YAML file says, as JSON.
fn value(name: &str, text: &str) -> Value {
    let source = Arc::new(Source { name: name.to_string(), text: text.to_string() });
    json_of(&parse(&source).unwrap_or_else(|error| panic!("{error}")))
}

fn json_of(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => json!(value),
        Kind::Int(value) => json!(i64::try_from(*value).expect("scripts have small numbers")),
        Kind::Float(value) => json!(value),
        Kind::Text(text) => json!(text),
        Kind::List(items) => items.iter().map(json_of).collect(),
        Kind::Map(entries) => entries.iter().map(|(key, node)| (key.name.clone(), json_of(node))).collect(),
    }
}

fn files(path: &Path, suffix: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(path).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, suffix, found);
        } else if path.to_string_lossy().ends_with(suffix) {
            found.push(path);
        }
    }
}

#[test]
fn every_file_of_the_project_is_valid() {
    for (sub, suffix, schema) in [
        ("suites", ".test.yaml", schema::test()),
        ("suites", ".lib.yaml", schema::library()),
        ("profiles", ".iut.yaml", schema::profile()),
    ] {
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let mut found = Vec::new();
        files(&folder(sub), suffix, &mut found);
        assert!(!found.is_empty(), "{suffix}");
        for path in found {
            let text = std::fs::read_to_string(&path).expect("a file");
            let value = value(&path.to_string_lossy(), &text);
            let errors: Vec<_> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error:.300}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        }
    }
}

#[test]
fn what_the_loader_refuses_for_a_key_or_a_name_is_invalid() {
    let good = std::fs::read_to_string(folder("suites/cmd/ho-relay-001.test.yaml")).expect("a file");
    let validator = jsonschema::validator_for(&schema::test()).expect("a schema");
    assert!(validator.is_valid(&value("good", &good)));
    for (from, to) in [
        ("dmm: 1", "dmm: 2"),
        ("title:", "titel:"),
        ("iut: cmd", "iut: hub"),
        ("role: maar", "role: rsu"),
        ("- send:", "- sned:"),
        ("msg: pbu", "msg: pbb"),
        ("from: smaar", "form: smaar"),
        ("{hnp: $smaar", "{hpn: $smaar"),
        ("lifetime: {gt: 0s}", "lifetime: {more: 0s}"),
        ("status: 0", "status: [0, 128]"),
        ("lacks: [prev_maar]", "lacks: [previous]"),
        ("count: {serving_maar: 1}", "count: {serving: 1}"),
        ("within: $pixit", "withn: $pixit"),
        ("steps:\n", "steps:\n  - {wait: 1s, note: both}\n"),
        ("steps:\n", "steps:\n  - expect_none: {to: smaar, msg: pba, for: 1s, one_of: []}\n"),
        ("steps:\n", "steps:\n  - send: {from: smaar, msg: pbu, wire: {patches: []}}\n"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(!validator.is_valid(&value(to, &good.replacen(from, to, 1))), "{to}");
    }
}

#[test]
fn the_page_of_the_language_is_what_the_tables_say() {
    let path = folder("../docs/scripts.md");
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    let is_current = published == dmm_conformance::script::page::page();
    assert!(is_current, "{}: write it anew: dmm conform reference > docs/scripts.md", path.display());
    for (name, what) in
        [("ra", "router_lifetime"), ("prev_maar", "prefix"), ("pio", "preferred"), ("raw", "inner_src")]
    {
        let row = published.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        assert!(row.is_some_and(|row| row.contains(what)), "{name}: {row:?}");
    }
}

#[test]
fn what_is_published_is_what_the_types_say() {
    for (name, schema) in [("test", schema::test()), ("lib", schema::library()), ("iut", schema::profile())] {
        let path = folder("schema").join(format!("{name}.schema.json"));
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            serde_json::from_str::<Value>(&published).ok() == Some(schema),
            "{} is not what `dmm conform schema {name}` prints: write it anew, and look at the difference",
            path.display()
        );
    }
}
