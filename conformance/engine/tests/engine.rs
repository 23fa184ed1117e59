//! The suites of this project against a small CMD, right and with one fault at a time.

mod fake;
mod project;

use std::sync::Arc;

use dmm_captures::CaptureReader;
use dmm_conformance::report::json::Document;
use dmm_conformance::report::terminal::{Colour, Terminal};
use dmm_conformance::report::{About, Report};
use dmm_conformance::script::span::Source;
use dmm_conformance::verdict::exit_code;
use dmm_conformance::{CaseResult, Selection, Suite, Timing, Verdict, run};
use fake::{FakeBench, Fault};
use pretty_assertions::assert_eq;
use project::{catalogue, folder, profile, suites};
use proptest::prelude::*;

#[test]
fn a_conforming_cmd_passes_every_case() {
    let results = everything(Fault::None, &Selection::default());
    assert!(results.len() > 20);
    for result in &results {
        assert_eq!(result.verdict, Verdict::Pass, "{}: {:#?}", result.name, result.findings);
        assert!(!result.unclean && !result.capture.is_empty());
    }
}

#[test]
fn each_fault_is_caught_by_its_cases_and_for_its_requirement() {
    use Fault::{
        AcceptsBadChecksum, AcceptsWithoutD, AnswersBeforeThePMaar, AnswersTwice, CapOf30, ConstantBackoff,
        CopiesWrongSequence, DiesOfBadOptions, DuplicateStartsAnother, FactorOneAndAHalf, ForgetsTheList,
        IgnoresOldStamp, LinearBackoff, Misaligned, NeverAnswers, NoCap, NoPacing, NoRetransmission,
        OnePbaEach, RejectsUnknownOptions, SameSequence, TimerNotStopped, WithoutD, WrongChecksum,
        WrongLength, WrongPreviousPrefix, WrongServing,
    };
    use Verdict::{Fail, Warn};
    // (fault, case that must see it, its verdict, the requirement)
    let table = [
        (AnswersTwice, "cmd.reg.001", Fail, "B7"),
        (CopiesWrongSequence, "cmd.reg.001", Fail, "RFC8885-R3.1.5"),
        (NeverAnswers, "cmd.reg.001", Fail, "RFC8885-R3.1.5"),
        (WithoutD, "cmd.reg.001", Fail, "RFC8885-R4.2.2"),
        (AcceptsWithoutD, "cmd.reg.002", Warn, "RFC8885-R4.1.2"),
        (AcceptsBadChecksum, "cmd.opt.002", Fail, "B1"),
        (AcceptsBadChecksum, "any.opt.001[bad-checksum]", Fail, "B1"),
        (RejectsUnknownOptions, "any.opt.001[unknown-type-skipped]", Fail, "RFC8885-R4.1.6"),
        (RejectsUnknownOptions, "any.opt.001[unknown-type-first]", Fail, "RFC8885-R4.1.6"),
        (DiesOfBadOptions, "any.opt.001[hnp-length-overruns-message]", Warn, "RFC8885-R4.1.6"),
        (AnswersBeforeThePMaar, "cmd.ho.relay.001", Fail, "RFC8885-R3.2.10"),
        (NoRetransmission, "cmd.retx.001", Fail, "RFC8885-R3.6.3"),
        (ConstantBackoff, "cmd.retx.001", Fail, "RFC8885-R3.6.3"),
        (LinearBackoff, "cmd.retx.001", Fail, "RFC8885-R3.6.3"),
        (FactorOneAndAHalf, "cmd.retx.001", Fail, "RFC8885-R3.6.3"),
        (NoCap, "cmd.retx.001", Fail, "RFC8885-R3.6.3"),
        (CapOf30, "cmd.retx.001", Fail, "RFC8885-R3.6.3"),
        (SameSequence, "cmd.retx.001", Fail, "RFC8885-R3.6.3"),
        (TimerNotStopped, "cmd.ho.relay.001", Fail, "RFC8885-R3.6.3"),
        (NoPacing, "cmd.pace.001[k=8]", Fail, "RFC8885-R3.2.20"),
        (NoPacing, "cmd.pace.001[k=16]", Fail, "RFC8885-R3.2.20"),
        (WrongServing, "cmd.ho.relay.001", Fail, "RFC8885-R3.2.4"),
        (WrongPreviousPrefix, "cmd.ho.relay.001", Fail, "RFC8885-R3.2.10"),
        (ForgetsTheList, "cmd.ho.relay.002", Fail, "RFC8885-R3.2.15"),
        (OnePbaEach, "cmd.ho.relay.002", Fail, "RFC8885-R3.2.16"),
        (DuplicateStartsAnother, "cmd.ho.relay.003", Warn, "RFC8885-R3.2.19"),
        (IgnoresOldStamp, "cmd.seq.002", Fail, "B8"),
        (WrongChecksum, "cmd.reg.001", Fail, "RFC8885-R4.2.7"),
        (WrongLength, "cmd.reg.001", Fail, "RFC8885-R4.1.7"),
        (Misaligned, "cmd.reg.001", Fail, "RFC8885-R4.1.7"),
    ];
    for (fault, case, verdict, requirement) in table {
        let result = one(fault, case);
        let reason = result.reason().unwrap_or_else(|| panic!("{fault:?} passed {case}"));
        assert_eq!(
            (result.verdict, reason.requirement.as_deref()),
            (verdict, Some(requirement)),
            "{fault:?}: {reason:#?}"
        );
        let place = reason.at.rsplit_once(".test.yaml:").map(|(_, line)| line.chars().next());
        assert!(
            place.is_some_and(|line| line.is_some_and(|c| c.is_ascii_digit())),
            "{fault:?}: {}",
            reason.at
        );
    }
}

#[test]
fn quick_timing_catches_what_four_messages_show_and_not_the_cap() {
    let quick = Selection { timing: Timing::Quick, ..named("cmd.retx.001") };
    for (fault, verdict) in [
        (Fault::ConstantBackoff, Verdict::Fail),
        (Fault::LinearBackoff, Verdict::Fail),
        (Fault::FactorOneAndAHalf, Verdict::Fail),
        (Fault::CapOf30, Verdict::Pass),
    ] {
        assert_eq!(everything(fault, &quick)[0].verdict, verdict, "{fault:?}");
    }
}

#[test]
fn a_failed_preamble_is_inconclusive() {
    let result = one(Fault::NeverAnswers, "cmd.ho.relay.001");
    assert_eq!(result.verdict, Verdict::Inconclusive, "{:#?}", result.findings);
    assert!(result.reason().is_some_and(|reason| reason.at.contains("common.lib.yaml:") && reason.at.contains("called from")));
}

#[test]
fn a_broken_bench_is_an_error_and_never_a_failure() {
    for fault in [Fault::BenchBreaks, Fault::BenchDoesNotOpen] {
        for result in everything(fault, &Selection::default()) {
            assert_eq!(result.verdict, Verdict::Error, "{}: {:#?}", result.name, result.findings);
        }
    }
}

#[test]
fn what_does_not_apply_is_not_run_and_says_why() {
    let (suite, mut profile) = (suites(), profile());
    profile.pics.insert("cmd.mode.relay".to_string(), false);
    let plan = suite.plan(&profile, &named("cmd.retx.001")).expect("answered");
    let result = run(&plan[0], &profile, &mut FakeBench(Fault::NeverAnswers));
    assert_eq!(result.verdict, Verdict::NotApplicable);
    assert_eq!(result.not_applicable.as_deref(), Some("not cmd && cmd.mode.relay"));
    profile.pics.insert("cmd.mode.relay".to_string(), true);
    profile.pixit.insert("max_pmaars".to_string(), dmm_conformance::script::value::Value::Int(8));
    let plan = suite.plan(&profile, &named("cmd.pace.001")).expect("answered");
    let skipped: Vec<_> =
        plan.iter().filter(|i| i.not_applicable.is_some()).map(|i| i.name.as_str()).collect();
    assert_eq!(skipped, ["cmd.pace.001[k=16]"]);
}

#[test]
fn an_unanswered_question_is_an_error_of_the_profile() {
    let (suite, mut profile) = (suites(), profile());
    profile.pics.remove("cmd.mode.relay");
    let errors = suite.plan(&profile, &Selection::default()).expect_err("not answered");
    assert!(errors.to_string().contains("the profile does not answer `cmd.mode.relay`"), "{errors}");
}

#[test]
fn the_same_run_writes_the_same_octets() {
    for fault in [Fault::None, Fault::LinearBackoff] {
        let captures =
            || everything(fault, &Selection::default()).into_iter().map(|r| r.capture).collect::<Vec<_>>();
        assert!(captures() == captures(), "{fault:?}");
    }
}

#[test]
fn the_capture_names_step_line_requirement_and_verdict() {
    let result = one(Fault::AnswersTwice, "cmd.reg.001");
    let packets: Vec<_> = CaptureReader::from_octets(result.capture.clone())
        .expect("pcapng")
        .map(|p| p.expect("whole"))
        .collect();
    assert_eq!(packets.len(), result.packets.len());
    let reason = result.reason().expect("failed");
    let packet = &packets[reason.packet.expect("a packet") - 1];
    let comments = packet.comments.join("\n");
    for part in
        ["ref-cmd (cmd) -> maar1", "reg-001-initial.test.yaml:", "[B7]", "FAIL: expected no pba at maar1"]
    {
        assert!(comments.contains(part), "{part}: {comments}");
    }
    assert_eq!(packet.interface, "maar1");
    let section = String::from_utf8_lossy(&result.capture).into_owned();
    assert!(section.contains("cmd.reg.001: FAIL"));
}

#[test]
fn identities_are_fresh_for_each_instance() {
    let (suite, profile) = (suites(), profile());
    let plan = suite.plan(&profile, &Selection::default()).expect("answered");
    let mut seen = std::collections::BTreeSet::new();
    for instance in &plan {
        let setup = dmm_conformance::run::setup(instance, &profile).expect("small");
        for role in &setup.roles {
            assert!(
                seen.insert(role.addr.to_string()) && seen.insert(role.pool.to_string()),
                "{}",
                role.addr
            );
        }
        for mobile in &setup.mobiles {
            assert!(seen.insert(mobile.nai.clone()), "{}", mobile.nai);
        }
    }
    // One case alone has the identities that it has among all.
    let alone = suite.plan(&profile, &named("cmd.retx.001")).expect("answered");
    assert_eq!(alone[0].index, plan.iter().find(|i| i.name == "cmd.retx.001").expect("there").index);
}

#[test]
fn the_terminal_report_shows_failures_first_and_counts_last() {
    let catalogue = catalogue();
    let mut results = everything(Fault::AnswersTwice, &named("cmd.reg.001"));
    results.extend(everything(Fault::None, &named("cmd.opt.002")));
    results.extend(everything(Fault::NeverAnswers, &named("cmd.ho.relay.001")));
    for result in &mut results {
        shorten(result);
    }
    let report = Report { results: &results, about: About::default(), catalogue, strict: false };
    assert_eq!(report.exit_code(), 1);
    insta::assert_snapshot!(Terminal { report, colour: Colour::Never });
    let nothing = Report { results: &[], about: About::default(), catalogue, strict: false };
    assert_eq!(nothing.exit_code(), 5);
    assert_eq!(
        Terminal { report: nothing, colour: Colour::Never }.to_string(),
        "nothing was selected, so nothing ran\n"
    );
}

#[test]
fn the_json_report_is_one_document() {
    let catalogue = catalogue();
    let mut results = everything(Fault::AnswersTwice, &named("cmd.reg.001"));
    results.iter_mut().for_each(shorten);
    let report = Report { results: &results, about: About::default(), catalogue, strict: false };
    let mut document = Document::of(&report);
    // The whole catalogue is in it; one row shows how.
    document.requirements.retain(|id, _| id == "B7");
    insta::assert_snapshot!(document.to_json().expect("serialises"));
}

#[test]
fn exit_codes_are_those_of_the_language() {
    use Verdict::{Error, Fail, Inconclusive, Info, NotApplicable, Pass, Warn};
    let table: [(&[Verdict], bool, u8); 9] = [
        (&[], false, 5),
        (&[NotApplicable], false, 5),
        (&[Pass, Info, NotApplicable], false, 0),
        (&[Pass, Warn], false, 0),
        (&[Pass, Warn], true, 1),
        (&[Inconclusive, Pass], false, 4),
        (&[Inconclusive, Error], false, 3),
        (&[Error, Fail, Inconclusive], false, 1),
        (&[Fail], false, 1),
    ];
    for (verdicts, strict, code) in table {
        assert_eq!(exit_code(verdicts.iter().copied(), strict), code, "{verdicts:?}");
    }
}

#[test]
fn expect_none_is_not_ignored_in_any_phase() {
    // The tester's own mutant: without `expect_none` these three would all be PASS.
    let script = |preamble: &str, steps: &str, postamble: &str| {
        format!(
            "dmm: 1\nid: t.1\ntitle: t\nrequirements: [B7]\niut: cmd\ntesters: {{maar1: {{role: maar}}}}\nmobiles: [mn1]\n\
             include: [lib/common.lib.yaml]\npreamble: [{preamble}]\nsteps: [{steps}]\npostamble: [{postamble}]\n"
        )
    };
    let register = "{call: {proc: register, with: {mn: $mn1, maar: maar1, prefix: $maar1.prefix.mn1}}}";
    let none = "{expect_none: {to: maar1, msg: pba, for: 1s}}";
    let both = format!("{register}, {none}");
    for (text, verdict, unclean) in [
        (script("", &both, ""), Verdict::Fail, false),
        (script(&both, register, ""), Verdict::Inconclusive, false),
        (script("", register, &both), Verdict::Pass, true),
    ] {
        let result = run_text(&text, Fault::AnswersTwice);
        assert_eq!((result.verdict, result.unclean), (verdict, unclean), "{:#?}", result.findings);
        assert_eq!(run_text(&text, Fault::None).verdict, Verdict::Pass);
    }
}

#[test]
fn a_mistake_that_only_the_run_shows_is_an_error_with_its_line() {
    let text = "dmm: 1\nid: t.1\ntitle: t\nrequirements: [B7]\niut: cmd\ntesters: {maar1: {role: maar}}\nmobiles: [mn1]\n\
        steps:\n  - send: {as: a, from: maar1, msg: pbu, lifetime: 10s}\n  - expect:\n      to: maar1\n      msg: pba\n      within: $pixit.nothing\n";
    let result = run_text(text, Fault::None);
    assert_eq!(result.verdict, Verdict::Error);
    assert_eq!(result.findings[0].at, "t.test.yaml:13");
    assert!(result.findings[0].seen.contains("has no `nothing`"), "{:?}", result.findings[0]);
}

#[test]
fn an_action_that_the_bench_cannot_do_makes_a_case_not_applicable() {
    let text = "dmm: 1\nid: t.1\ntitle: t\nrequirements: [B7]\niut: cmd\ntesters: {maar1: {role: maar}}\nmobiles: [mn1]\n\
        steps:\n  - trigger: {action: attach, mn: $mn1}\n  - check: {alive: true}\n";
    let result = run_text(text, Fault::None);
    assert_eq!(
        (result.verdict, result.not_applicable.as_deref()),
        (Verdict::NotApplicable, Some("a fake has no access link"))
    );
}

fn run_text(text: &str, fault: Fault) -> CaseResult {
    let (profile, catalogue) = (profile(), catalogue());
    let source = Arc::new(Source { name: "t.test.yaml".to_string(), text: text.to_string() });
    let mut include = |name: &str| {
        let path = folder("suites").join(name);
        let text = std::fs::read_to_string(path).expect("a file of the suites");
        Ok(Arc::new(Source { name: name.to_string(), text }))
    };
    let suite = Suite::parse(&[source], catalogue, &mut include).unwrap_or_else(|errors| panic!("{errors}"));
    let plan = suite.plan(&profile, &Selection::default()).expect("answered");
    run(&plan[0], &profile, &mut FakeBench(fault))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Numbers, times and names of the scripts, changed so that most still load: whatever they then mean, no panic.
    #[test]
    fn a_changed_script_runs_to_a_verdict(
        which in 0_usize..100,
        changes in prop::collection::vec((0_usize..200, prop::sample::select(WORDS)), 1..4),
        fault in prop::sample::select(&[Fault::None, Fault::LinearBackoff, Fault::WrongLength][..]),
    ) {
        let (profile, catalogue) = (profile(), catalogue());
        let mut files: Vec<_> = ["cmd", "robust"].iter()
            .flat_map(|sub| std::fs::read_dir(folder("suites").join(sub)).expect("a folder"))
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        let path = &files[which % files.len()];
        let text = std::fs::read_to_string(path).expect("a file");
        let mut words: Vec<&str> = text.split_inclusive([' ', '\n', ',', '}', ']']).collect();
        let mut changed = String::new();
        for (at, word) in &changes {
            let at = at % words.len();
            words[at] = word;
        }
        for word in words {
            changed.push_str(word);
        }
        let source = Arc::new(Source { name: path.display().to_string(), text: changed });
        let mut include = |name: &str| {
            let text = std::fs::read_to_string(name).map_err(|_| dmm_conformance::LoadErrors::default())?;
            Ok(Arc::new(Source { name: name.to_string(), text }))
        };
        let Ok(suite) = Suite::parse(&[source], catalogue, &mut include) else { return Ok(()) };
        let Ok(plan) = suite.plan(&profile, &Selection::default()) else { return Ok(()) };
        for instance in plan.iter().take(3) {
            run(instance, &profile, &mut FakeBench(fault));
        }
    }
}

/// Words that stand in scripts, and the extremes of what may stand there.
const WORDS: &[&str] = &[
    "0 ",
    "1 ",
    "17 ",
    "255 ",
    "65535 ",
    "65536 ",
    "-1 ",
    "18446744073709551615 ",
    "0s ",
    "1ns ",
    "500000h ",
    "99999999999s ",
    "0% ",
    "1000% ",
    "100/s ",
    "$mn1 ",
    "$mn1.nai ",
    "$maar1 ",
    "$maar1.addr ",
    "$smaar.prefix.mn1 ",
    "$pmaar ",
    "$pmaar.0.addr ",
    "$reg ",
    "$reg.options ",
    "$ho.seq ",
    "$series.last ",
    "$burst.spread ",
    "$case ",
    "$pixit.pacing_rate ",
    "pbu, ",
    "pba, ",
    "\"\" ",
    "\"2001:db8::/129\" ",
    "\"::/0\" ",
    "now-99999h ",
    "{any: true} ",
    "{absent: true} ",
    "[P, D] ",
    "true ",
    "null ",
];

/// Without what differs from machine to machine.
fn shorten(result: &mut CaseResult) {
    let short = |text: &mut String| {
        let parts: Vec<_> =
            text.split(' ').map(|word| word.rsplit_once("suites/").map_or(word, |(_, end)| end)).collect();
        *text = parts.join(" ");
    };
    short(&mut result.at);
    for finding in &mut result.findings {
        short(&mut finding.at);
        finding.script.iter_mut().for_each(|snippet| short(&mut snippet.file));
    }
    result.packets.iter_mut().flat_map(|packet| &mut packet.comments).for_each(short);
}

fn one(fault: Fault, name: &str) -> CaseResult {
    let mut results = everything(fault, &named(name));
    assert_eq!(results.len(), 1, "{name}");
    results.remove(0)
}

fn named(name: &str) -> Selection {
    Selection { names: vec![name.to_string()], ..Selection::default() }
}

fn everything(fault: Fault, selection: &Selection) -> Vec<CaseResult> {
    let (suite, profile) = (suites(), profile());
    let plan = suite.plan(&profile, selection).unwrap_or_else(|errors| panic!("{errors}"));
    // The fake is a CMD; what is for others does not apply to it.
    let of_it = plan.iter().filter(|instance| instance.not_applicable.is_none());
    of_it.map(|instance| run(instance, &profile, &mut FakeBench(fault))).collect()
}
