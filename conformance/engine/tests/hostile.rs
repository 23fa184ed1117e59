//! Scripts are hostile input too: what would take all time or memory is refused, and where.

#[allow(dead_code, reason = "the other tests use the rest")]
mod fake;
mod fuzz_body;
#[allow(dead_code, reason = "the other tests use the rest")]
mod project;

use std::sync::Arc;

use dmm_conformance::script::span::Source;
use dmm_conformance::{LoadErrors, Selection, Suite, Verdict, run};
use fake::{FakeBench, Fault};
use project::{catalogue, folder, profile};

const HEAD: &str = "dmm: 1\nid: t.1\ntitle: t\nrequirements: [B7]\niut: cmd\ntesters: {maar1: {role: maar}}\nmobiles: [mn1]\n";
const EXPECT: &str = "{expect_none: {to: maar1, msg: pba, for: 1ms}}";

fn load(text: &str) -> Result<Suite, LoadErrors> {
    let source = |name: &str, text: &str| Arc::new(Source { name: name.to_string(), text: text.to_string() });
    let library = procedures();
    Suite::parse(&[source("t.test.yaml", text)], catalogue(), &mut |name| Ok(source(name, &library)))
}

/// Eight procedures, each of which calls the next ten times.
fn procedures() -> String {
    let mut text = "dmm: 1\nprocedures:\n".to_string();
    for number in 0..7 {
        let calls = vec![format!("{{call: {{proc: p{}}}}}", number + 1); 10];
        text += &format!("  p{number}: {{steps: [{}]}}\n", calls.join(", "));
    }
    text + "  p7: {steps: [{wait: 1ns}]}\n"
}

/// What loading or planning says.
#[track_caller]
fn refused(text: &str) -> String {
    let suite = match load(text) {
        Ok(suite) => suite,
        Err(errors) => return errors.to_string(),
    };
    suite.plan(&profile(), &Selection::default()).expect_err("it should be refused").to_string()
}

#[test]
fn what_would_take_all_memory_is_refused_where_it_stands() {
    let nested = format!("{HEAD}steps: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    let maps = format!("{HEAD}steps: {}1{}\n", "{a: ".repeat(5000), "}".repeat(5000));
    let mut laughs = format!("{HEAD}a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for number in 1..12 {
        let before = vec![format!("*a{}", number - 1); 10].join(", ");
        laughs += &format!("a{number}: &a{number} [{before}]\n");
    }
    let values = vec!["1"; 200].join(", ");
    let product: Vec<_> = ["a", "b", "c", "d", "e"].map(|name| format!("  {name}: [{values}]")).into();
    let product = product.join("\n");
    let product = format!("{HEAD}params:\n{product}\nsteps: [{EXPECT}]\n");
    let long = format!("{HEAD}params:\n  a: [{}]\nsteps: [{EXPECT}]\n", vec!["1"; 20_000].join(", "));
    let rows: Vec<String> = (0..10_001).map(|number| format!("{{name: r{number}}}")).collect();
    let rows = format!("{HEAD}cases: [{}]\nsteps: [{EXPECT}]\n", rows.join(", "));
    let series = "{expect_series: {to: maar1, msg: pbu, first_within: 1s, count: 4000000000, intervals: {list: [1s], tolerance: {early: 1%, late: 1%, abs: 1ms}}}}";
    let series = format!("{HEAD}steps: [{series}]\n");
    let runs =
        format!("{HEAD}runs: {{count: 4000000000, accept: 90%, confidence: 95%}}\nsteps: [{EXPECT}]\n");
    let calls = format!("{HEAD}include: [lib.yaml]\nsteps: [{{call: {{proc: p0}}}}, {EXPECT}]\n");
    let nothing = format!("{HEAD}include: [lib.yaml]\nsteps: [{{call: {{proc: p0}}}}]\n");
    let file = format!("{HEAD}steps: [{EXPECT}]\n#{}\n", "x".repeat(5 << 20));
    for (what, text, says, at) in [
        ("nested lists", nested, "", "t.test.yaml:8:"),
        ("nested maps", maps, "", "t.test.yaml:8:"),
        ("aliases of aliases", laughs, "", "t.test.yaml:"),
        ("every combination", product, "more than 10000 instances of one case", "t.test.yaml:10:3"),
        ("a long list", long, "more than 10000 instances of one case", "t.test.yaml:9:3"),
        ("many rows", rows, "more than 10000 instances of one case", "t.test.yaml:8:"),
        ("a long series", series, "`count` is from 1 to 1000", "t.test.yaml:8:"),
        ("many runs", runs, "`count` is from 1 to 1000", "t.test.yaml:8:"),
        ("procedures", calls, "more than 10000 steps", "t.test.yaml:1:1"),
        ("procedures that judge nothing", nothing, "more than 10000 steps", "t.test.yaml:1:1"),
        ("a long file", file, "octets in one file", "t.test.yaml"),
    ] {
        let errors = refused(&text);
        let shown: String = errors.chars().take(400).collect();
        assert!(errors.contains(says) && errors.contains(at), "{what}: {shown}");
    }
}

#[test]
fn what_would_take_all_time_ends_as_an_error_of_the_script() {
    let list = vec!["1"; 30].join(", ");
    let mut loops = format!("[{{wait: 1ns}}, {EXPECT}]");
    for number in 0..6 {
        loops = format!("[{{for_each: {{list: [{list}], as: n{number}, steps: {loops}}}}}]");
    }
    for (what, steps, says) in [
        ("loops in loops", loops, "more than 10000 steps in one case"),
        ("too many roles", format!("[{EXPECT}]"), "`count` must be a number from 1 to 250"),
    ] {
        let head = match what {
            "too many roles" => HEAD.replace("{role: maar}", "{role: maar, count: 99999999}"),
            _ => HEAD.to_string(),
        };
        let suite =
            load(&format!("{head}steps: {steps}\n")).unwrap_or_else(|errors| panic!("{what}: {errors}"));
        let profile = profile();
        let plan = suite.plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
        let result = run(&plan[0], &profile, &mut FakeBench(Fault::None));
        assert_eq!(result.verdict, Verdict::Error, "{what}: {:#?}", result.findings);
        let reason = result.reason().expect("an error has a reason");
        assert!(reason.seen.contains(says), "{what}: {}", reason.seen);
    }
}

#[test]
fn a_wait_beyond_the_end_of_time_ends() {
    let text = format!("{HEAD}steps: [{{wait: 5000000h}}, {{wait: 5000000h}}, {EXPECT}]\n");
    let suite = load(&text).unwrap_or_else(|errors| panic!("{errors}"));
    let profile = profile();
    let plan = suite.plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let _ = run(&plan[0], &profile, &mut FakeBench(Fault::None));
}

#[test]
fn what_the_fuzzer_starts_from_goes_through() {
    let corpus = folder("../fuzz/corpus/script");
    let mut files = 0;
    for entry in std::fs::read_dir(corpus).expect("the corpus is part of the checkout") {
        let octets = std::fs::read(entry.expect("an entry").path()).expect("a file");
        fuzz_body::script(&octets);
        files += 1;
    }
    assert!(files > 10, "{files} files");
}
