//! What a run leaves is read by others: each report is checked by a reader that is not of this project.

#[expect(dead_code, reason = "the faults are for another test")]
mod fake;
mod project;

use dmm_conformance::evidence::file_names;
use dmm_conformance::report::json::{Document, ReadError, schema};
use dmm_conformance::report::terminal::{Colour, Terminal};
use dmm_conformance::report::{About, Report, html, junit, ladder, plot, shown, tap};
use dmm_conformance::result::Waived;
use dmm_conformance::{CaseResult, Selection, Verdict, run};
use fake::{FakeBench, Fault};
use pretty_assertions::assert_eq;
use project::{catalogue, folder, profile, suites};

fn results(fault: Fault) -> Vec<CaseResult> {
    let profile = profile();
    let plan = suites().plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
    plan.iter().map(|instance| run(instance, &profile, &mut FakeBench(fault))).collect()
}

/// Every verdict there is, once, under a name that no format likes.
fn every_verdict() -> Vec<CaseResult> {
    let verdicts = [
        Verdict::NotApplicable,
        Verdict::Info,
        Verdict::Pass,
        Verdict::Xfail,
        Verdict::Warn,
        Verdict::Inconclusive,
        Verdict::Xpass,
        Verdict::Fail,
        Verdict::Error,
    ];
    let mut results = results(Fault::LinearBackoff);
    results.retain(|result| result.name.starts_with("cmd.retx.001"));
    let failed = results.pop().expect("it is there");
    let one = |verdict: Verdict| {
        let mut result = failed.clone();
        result.name = format!("x.1[{verdict}<>&\"'#\\]");
        result.title = "a title # with\na line and \u{1b}[31m".to_string();
        result.at = "x.test.yaml:1".to_string();
        result.verdict = verdict;
        result.reason = (verdict > Verdict::Xfail && verdict != Verdict::Xpass).then_some(0);
        result.not_applicable = (verdict == Verdict::NotApplicable).then(|| "not cmd && <maar>".to_string());
        result.waiver = matches!(verdict, Verdict::Xfail | Verdict::Xpass).then(|| Waived {
            reason: "a timer of its own".to_string(),
            issue: "https://tracker.example/123".to_string(),
            until: "2026-12-31".to_string(),
        });
        for finding in &mut result.findings {
            finding.verdict = verdict;
            finding.at = "x.test.yaml:18".to_string();
            finding.script.clear();
        }
        result
    };
    verdicts.into_iter().map(one).collect()
}

fn report(results: &[CaseResult]) -> Report<'_> {
    let about = About { name: "a<b>".to_string(), ..About::default() };
    Report { results, about, catalogue: catalogue(), strict: false }
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = folder("schema/results.schema.json");
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        serde_json::from_str::<serde_json::Value>(&published).ok() == Some(schema().to_value()),
        "{} is not what `dmm conform schema results` prints: write it anew, and look at the difference",
        path.display()
    );
}

#[test]
fn real_documents_are_valid_by_the_schema_and_wrong_ones_are_not() {
    let schema = serde_json::to_value(schema()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for results in [results(Fault::None), results(Fault::NoPacing), every_verdict(), Vec::new()] {
        let mut value: serde_json::Value =
            serde_json::from_str(&Document::of(&report(&results)).to_json().expect("JSON")).expect("JSON");
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        value["dmm_report"] = 1.into();
        assert!(!validator.is_valid(&value), "another version is another layout");
        if let Some(result) = value["results"].get_mut(0) {
            result["verdict"] = "MAYBE".into();
            assert!(!validator.is_valid(&value));
        }
    }
}

#[test]
fn a_page_made_again_from_the_json_is_the_same_to_the_octet() {
    let results = results(Fault::LinearBackoff);
    let report = report(&results);
    let document = Document::of(&report);
    let json = document.to_json().expect("JSON");
    let again = Document::from_json(&json).expect("what was written can be read");
    assert_eq!(again.to_json().expect("JSON"), json);
    assert!(html::page(&again) == html::page(&document));
    assert!(tap::tap(&again) == tap::tap(&document));
    assert!(junit::junit(&again).expect("XML") == junit::junit(&document).expect("XML"));
    let older = json.replacen("\"dmm_report\": 2", "\"dmm_report\": 1", 1);
    assert!(matches!(Document::from_json(&older), Err(ReadError::Version(1))));
    assert!(matches!(Document::from_json("{}"), Err(ReadError::Format(_))));
}

#[test]
fn a_run_that_was_interrupted_is_no_success_in_any_report() {
    let mut results = every_verdict();
    results.retain(|result| result.verdict == Verdict::Pass);
    let mut report = report(&results);
    report.about.not_run = 3;
    let document = Document::of(&report);
    assert_eq!((report.exit_code(), document.exit_code), (130, 130));
    let tap = tap::tap(&document);
    assert!(
        tap.contains("\n1..4\n") && tap.ends_with("Bail out! interrupted: 3 cases have not run\n"),
        "{tap}"
    );
    let xml = junit::junit(&document).expect("XML");
    assert!(xml.contains("errors=\"1\"") && xml.contains("3 cases have not run"), "{xml}");
    assert!(html::page(&document).contains("interrupted: 3 cases have not run"));
    let said = Terminal { report, colour: Colour::Never }.to_string();
    assert!(said.ends_with("interrupted: 3 cases have not run\n"), "{said}");
    let one_left = About { not_run: 1, ..About::default() };
    assert_eq!(one_left.left(), "1 case has not run");
}

#[test]
fn junit_says_of_no_case_that_was_not_judged_that_it_passed() {
    let results = every_verdict();
    let report = report(&results);
    let xml = junit::junit(&Document::of(&report)).expect("XML");
    let tree = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    let cases = tree.descendants().filter(|node| node.has_tag_name("testcase"));
    let outcome = |case: roxmltree::Node<'_, '_>| {
        let outcome =
            case.children().find(|node| ["failure", "error", "skipped"].contains(&node.tag_name().name()));
        let outcome = outcome.map(|node| {
            let kind = node.attribute("type").unwrap_or_default();
            format!("{} {kind}", node.tag_name().name()).trim().to_string()
        });
        outcome.unwrap_or_else(|| "pass".to_string())
    };
    let said: Vec<String> = cases.map(outcome).collect();
    let expected = [
        "skipped",
        "pass",
        "pass",
        "skipped",
        "pass",
        "error inconclusive",
        "failure unexpected pass",
        "failure RFC8885-R3.6.3",
        "error tester",
    ];
    assert_eq!(said, expected);
    insta::assert_snapshot!(xml);
}

#[test]
fn tap_is_a_plan_and_a_line_per_case() {
    let results = every_verdict();
    let report = report(&results);
    let tap = tap::tap(&Document::of(&report));
    let tests = tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok "));
    assert_eq!(tests.count(), results.len());
    insta::assert_snapshot!(tap);
    let strict = Report { strict: true, ..report };
    assert!(tap::tap(&Document::of(&strict)).contains("not ok 5 "), "a warning fails where it is asked to");
}

#[test]
fn every_ladder_and_plot_is_xml_with_an_arrow_per_packet() {
    for fault in [Fault::None, Fault::LinearBackoff, Fault::NoPacing] {
        for result in results(fault) {
            let svg = ladder::file(&result);
            let tree = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
            let arrows = tree.descendants().filter(|node| node.attribute("data-packet").is_some()).count();
            assert_eq!(arrows, result.packets.len(), "{}", result.name);
            for (_, plot) in plot::plots(&result) {
                let plot = plot.into_string();
                roxmltree::Document::parse(&plot).unwrap_or_else(|error| panic!("{error}\n{plot}"));
            }
        }
    }
    let retx = results(Fault::None).into_iter().find(|result| result.name == "cmd.retx.001").expect("there");
    insta::assert_snapshot!(ladder::file(&retx));
}

#[test]
fn the_parts_of_a_packet_are_its_octets_in_order_and_without_a_hole() {
    for result in results(Fault::None) {
        for packet in &result.packets {
            let mut reached = 0;
            for part in shown::parts(packet) {
                // Padding is no part of its own.
                assert!(
                    part.at >= reached && part.at - reached < 8,
                    "{}: {part:?} behind {reached}",
                    result.name
                );
                reached = part.at + part.len;
                for shown::Field(name, _, at, len) in &part.fields {
                    assert!(*at >= part.at && at + len <= reached, "{name} of {}", part.name);
                }
            }
            assert!(reached <= packet.frame.len() && packet.frame.len() - reached < 8, "{}", result.name);
        }
    }
}

#[test]
fn files_are_named_after_their_cases_and_never_the_same() {
    let names = file_names(["cmd.pace.001[k=8]", "cmd.pace.001-k-8", "../../etc/passwd", "[]", "", "ä"]);
    assert_eq!(names, ["cmd.pace.001-k-8", "cmd.pace.001-k-8-2", "etc-passwd", "case", "case-2", "case-3"]);
    assert!(file_names([&*"x".repeat(1000)])[0].len() < 250);
}
