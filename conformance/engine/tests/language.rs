//! What each part of the language does in a run, and what is said where it is used wrongly.

#[expect(dead_code, reason = "the faults are for another test")]
mod fake;
#[allow(dead_code, reason = "the other tests use the rest")]
mod project;

use std::sync::Arc;

use dmm_codec::packet::{Ethernet, Ipv6};
use dmm_conformance::script::span::Source;
use dmm_conformance::{CaseResult, LoadErrors, Profile, Selection, Suite, Verdict, run};
use fake::{FakeBench, Fault};
use pretty_assertions::assert_eq;
use project::{catalogue, folder, profile};

const HEAD: &str = "dmm: 1\nid: t.1\ntitle: t\nrequirements: [B7]\nmobiles: [mn1]\ninclude: [lib.yaml]\n";
const ROLE: &str = "iut: cmd\ntesters: {maar1: {role: maar}}\n";
const SEND: &str = "{send: {as: reg, from: maar1, use: own, with: {mn: $mn1, prefix: $maar1.prefix.mn1}}}";
/// Templates that use templates.
const LIBRARY: &str = "dmm: 1
templates:
  bare: {msg: pbu, flags: [A, P], lifetime: 300s, options: [{mn_id: $mn.nai}, {hnp: $prefix}]}
  dmm: {use: bare, flags: [A, P, D]}
  own: {use: dmm, add: [{handoff: new_interface}, {att: ieee_802_11}, {timestamp: now}]}
";

fn load_with(text: &str, library: &str) -> Result<Suite, LoadErrors> {
    let source = |name: &str, text: &str| Arc::new(Source { name: name.to_string(), text: text.to_string() });
    Suite::parse(&[source("t.test.yaml", text)], catalogue(), &mut |name| Ok(source(name, library)))
}

fn all(text: &str, fault: Fault) -> Vec<CaseResult> {
    let suite = load_with(text, LIBRARY).unwrap_or_else(|errors| panic!("{errors}"));
    let profile = profile();
    let plan = suite.plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
    plan.iter().map(|instance| run(instance, &profile, &mut FakeBench(fault))).collect()
}

fn steps(steps: &str, fault: Fault) -> CaseResult {
    all(&format!("{HEAD}{ROLE}steps: [{steps}]\n"), fault).remove(0)
}

/// The verdict on what a registration is answered with.
fn answer(expect: &str, fault: Fault) -> CaseResult {
    steps(&format!("{SEND}, {{expect: {{to: maar1, msg: pba, within: 1s, {expect}}}}}"), fault)
}

#[test]
fn one_of_gives_the_verdict_of_the_first_branch_that_fits() {
    let branches = "one_of: [
        {name: accepted, match: {status: 0}, verdict: VERDICT, note: a reading},
        {name: refused, match: {status: {ge: 128}}, verdict: pass},
        {name: never, when: maar, verdict: pass}]";
    for (verdict, expected) in [
        ("pass", Verdict::Pass),
        ("info", Verdict::Info),
        ("warn", Verdict::Warn),
        ("inconclusive", Verdict::Inconclusive),
        ("fail", Verdict::Fail),
    ] {
        let result = answer(&branches.replace("VERDICT", verdict), Fault::None);
        let whole = if expected == Verdict::Info { Verdict::Pass } else { expected };
        assert_eq!(result.verdict, whole, "{verdict}: {:#?}", result.findings);
        assert_eq!(result.measured, ["one of accepted, refused: accepted: a reading"]);
        let finding = result.findings.first().map(|it| (it.verdict, it.expected.as_str(), it.packet));
        assert_eq!(finding, (verdict != "pass").then_some((expected, "refused", Some(2))));
    }
    let none = answer("one_of: [{name: refused, match: {status: {ge: 128}}, verdict: pass}]", Fault::None);
    let finding = none.reason().expect("no branch fits");
    assert_eq!(none.verdict, Verdict::Fail);
    assert_eq!(finding.expected, "a pba at maar1 within 1s that is one of: refused");
    assert_eq!(
        (finding.seen.as_str(), finding.packet),
        ("not refused: status 0 (Proxy Binding Update accepted)", Some(2))
    );
}

#[test]
fn a_regular_expression_is_for_the_whole_of_a_value() {
    let mn_id =
        |regex: &str| answer(&format!("options: {{has: [{{mn_id: {{regex: '{regex}'}}}}]}}"), Fault::None);
    assert_eq!(mn_id(r"mn1\.c\d{5}@conformance\.example").verdict, Verdict::Pass);
    assert_eq!(mn_id("mn1").verdict, Verdict::Fail);
    assert_eq!(mn_id(".*@other").reason().map(|it| it.expected.contains("regex .*@other")), Some(true));
}

#[test]
fn modes_of_has_look_at_the_order_and_at_what_is_left() {
    let mode =
        |mode: &str, has: &str| answer(&format!("options: {{mode: {mode}, has: [{has}]}}"), Fault::None);
    let sent = mode("subset", "").packets.remove(1);
    let names: Vec<_> = {
        let logged = dmm_conformance::packet::Logged::new(
            dmm_codec::Instant::default(),
            "maar1",
            sent.direction,
            sent.frame.clone(),
        );
        let (_, view) = logged.readable().expect("a PBA");
        let options = view.options().map(|option| option.expect("whole"));
        options
            .filter(|option| !option.is_padding())
            .map(|option| option.spec().expect("known").name)
            .collect()
    };
    let whole = names.join(", ");
    let reversed: Vec<_> = names.iter().rev().copied().collect();
    let without_second: Vec<_> =
        names.iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, name)| *name).collect();
    for (named, has, expected) in [
        ("exact", whole.clone(), Verdict::Pass),
        ("exact", without_second.join(", "), Verdict::Fail),
        ("exact", reversed.join(", "), Verdict::Fail),
        ("ordered", without_second.join(", "), Verdict::Pass),
        ("ordered", reversed.join(", "), Verdict::Fail),
        ("subset", reversed.join(", "), Verdict::Pass),
    ] {
        let result = mode(named, &has);
        assert_eq!(result.verdict, expected, "{named}: {has}: {:#?}", result.findings);
    }
    let result = mode("exact", &without_second.join(", "));
    let reason = result.reason().expect("an option is too much");
    assert!(reason.expected.ends_with(" and no others") && reason.seen.ends_with(&whole), "{reason:#?}");
}

#[test]
fn a_message_that_nobody_asked_for_counts_as_the_case_says() {
    let case = |unexpected: &str, fault| {
        let register = format!("{SEND}, {{expect: {{to: maar1, msg: pba, within: 1s}}}}, {{wait: 2s}}");
        all(&format!("{HEAD}{ROLE}{unexpected}steps: [{register}]\n"), fault).remove(0)
    };
    for (unexpected, expected) in [
        ("", Verdict::Pass),
        ("unexpected: note\n", Verdict::Pass),
        ("unexpected: inconclusive\n", Verdict::Inconclusive),
        ("unexpected: fail\n", Verdict::Fail),
    ] {
        let result = case(unexpected, Fault::AnswersTwice);
        assert_eq!(result.verdict, expected, "{unexpected}: {:#?}", result.findings);
        assert_eq!(case(unexpected, Fault::None).verdict, Verdict::Pass);
    }
    let result = case("unexpected: fail\n", Fault::AnswersTwice);
    assert_eq!(result.reason().map(|it| it.packet), Some(Some(3)));
}

#[test]
fn every_message_of_the_tables_can_be_sent() {
    for spec in dmm_codec::MESSAGES {
        let result = steps(
            &format!("{{send: {{from: maar1, msg: {}}}}}, {{check: {{alive: true}}}}", spec.name),
            Fault::None,
        );
        assert_eq!(result.verdict, Verdict::Pass, "{}: {:#?}", spec.name, result.findings);
        let ethernet = Ethernet::parse(&result.packets[0].frame).expect("Ethernet");
        let ip = Ipv6::parse(ethernet.payload).expect("IPv6");
        assert_eq!(ip.payload()[2], spec.mh_type, "{}", spec.name);
    }
}

#[test]
fn a_late_patch_leaves_the_checksum_as_it_was() {
    let patched = |kind: &str| {
        let wire = format!("wire: {{{kind}: [{{at: flags, or: 0x0008}}]}}");
        let send = format!(
            "{{send: {{as: reg, from: maar1, use: own, with: {{mn: $mn1, prefix: $maar1.prefix.mn1}}, {wire}}}}}"
        );
        steps(&format!("{send}, {{expect_outcome: {{of: reg, is: silent, within: 1s}}}}"), Fault::None)
    };
    assert_eq!(patched("late_patch").verdict, Verdict::Pass, "silently discarded");
    assert_eq!(patched("patch").verdict, Verdict::Fail, "a reserved bit is ignored");
}

#[test]
fn the_packet_around_a_message_may_be_unusual() {
    let ip = "ip: {hop_limit: 7, headers: [{type: 60, data: \"01 04 00 00 00 00\"}]}";
    let send = format!(
        "{{send: {{as: reg, from: maar1, use: own, with: {{mn: $mn1, prefix: $maar1.prefix.mn1}}, {ip}}}}}"
    );
    let result =
        steps(&format!("{send}, {{expect_outcome: {{of: reg, is: accept, within: 1s}}}}"), Fault::None);
    assert_eq!(result.verdict, Verdict::Pass, "{:#?}", result.findings);
    let frame = &result.packets[0].frame;
    assert_eq!((frame[14 + 6], frame[14 + 7]), (60, 7), "Destination Options, Hop Limit 7");
    assert_eq!(frame[54..62], [135, 0, 1, 4, 0, 0, 0, 0]);
}

#[test]
fn templates_use_templates() {
    let result = answer("match: {status: 0}", Fault::None);
    assert_eq!(
        result.verdict,
        Verdict::Pass,
        "D is of the second, options of the first: {:#?}",
        result.findings
    );
    let circle = LIBRARY.replace("bare: {", "bare: {use: own, ");
    let errors = load_with(&format!("{HEAD}{ROLE}steps: [{SEND}, {{check: {{alive: true}}}}]\n"), &circle);
    let errors = errors.expect_err("a circle").to_string();
    assert!(
        errors.contains("no template `own`, or it uses itself") && errors.contains("t.test.yaml:9:"),
        "{errors}"
    );
}

#[test]
fn each_variant_is_a_case_of_its_own() {
    let variants = "variants:
  - {name: own, iut: cmd, testers: {maar1: {role: maar}}, stimulus: [SEND, {wait: 1s}]}
  - {name: silent, iut: cmd, testers: {maar1: {role: maar}}, stimulus: [SEND, {expect: {to: maar1, msg: pbu, within: 1s}}]}
  - {name: other, iut: maar, testers: {maar1: {role: cmd}}, stimulus: [{wait: 1s}]}
steps:
  - expect: {to: maar1, msg: pba, within: 1s}
";
    let results = all(&format!("{HEAD}{}", variants.replace("SEND", SEND)), Fault::None);
    let said: Vec<_> = results.iter().map(|it| (it.name.as_str(), it.verdict)).collect();
    // The first: what came during the stimulus is what the steps look at. The second: a stimulus that fails proves nothing.
    let expected = [
        ("t.1[own]", Verdict::Pass),
        ("t.1[silent]", Verdict::Inconclusive),
        ("t.1[other]", Verdict::NotApplicable),
    ];
    assert_eq!(said, expected);
}

#[test]
fn the_share_of_good_runs_decides() {
    let case = |runs: &str, status: &str| {
        let expect = format!("{{expect: {{to: maar1, msg: pba, within: 1s, match: {{status: {status}}}}}}}");
        all(&format!("{HEAD}{ROLE}runs: {runs}\nsteps: [{SEND}, {expect}]\n"), Fault::None).remove(0)
    };
    let enough = "{count: {quick: 3, full: 29}, accept: 90%, confidence: 95%}";
    let result = case(enough, "0");
    assert_eq!(result.verdict, Verdict::Pass, "{:#?}", result.findings);
    let said = "29 of 29 runs that could be judged were good: at least 90.2 % of all, 95 % sure";
    assert_eq!(result.measured, [said]);
    assert_eq!(case(enough, "130").verdict, Verdict::Fail);
    // Half of the runs have an even number in the name of the mobile node.
    let half = "{any: true}}, options: {has: [{mn_id: {regex: '.*[02468]@.*'}}]";
    assert_eq!(case(enough, half).verdict, Verdict::Fail);
    let some = "{any: true}}, options: {has: [{mn_id: {regex: '.*[0-8]@.*'}}]";
    let doubtful = case(enough, some);
    assert_eq!(doubtful.verdict, Verdict::Inconclusive, "{:#?}", doubtful.measured);
    assert_eq!(doubtful.reason().map(|it| it.at.as_str()), Some("t.test.yaml:9"));
}

#[test]
fn a_waived_failure_is_expected_and_its_absence_is_not() {
    let text = |status: &str| {
        format!(
            "{HEAD}{ROLE}steps: [{SEND}, {{expect: {{to: maar1, msg: pba, within: 1s, match: {{status: {status}}}}}}}]\n"
        )
    };
    let good = std::fs::read_to_string(folder("profiles/ref-cmd.iut.yaml")).expect("a file");
    let waiver = "waivers: [{test: t.1, reason: a known failure, until: 2026-12-31, issue: \"https://t.example/1\"}]\npixit:";
    let source =
        Arc::new(Source { name: "p.iut.yaml".to_string(), text: good.replacen("pixit:", waiver, 1) });
    let profile = Profile::parse(&source).unwrap_or_else(|error| panic!("{error}"));
    let judged = |text: &str, today: &str| {
        let suite = load_with(text, LIBRARY).unwrap_or_else(|errors| panic!("{errors}"));
        let selection = Selection { today: Some(today.to_string()), ..Selection::default() };
        let plan = suite.plan(&profile, &selection)?;
        Ok::<_, LoadErrors>(run(&plan[0], &profile, &mut FakeBench(Fault::None)))
    };
    let failed = judged(&text("130"), "2026-12-31").expect("its last day");
    assert_eq!(failed.verdict, Verdict::Xfail);
    assert!(failed.reason().is_some() && failed.waiver.is_some_and(|it| it.issue == "https://t.example/1"));
    assert_eq!(judged(&text("0"), "2026-01-01").expect("in time").verdict, Verdict::Xpass);
    let expired = judged(&text("130"), "2027-01-01").expect_err("over").to_string();
    assert!(expired.contains("L10: the waiver of t.1 has expired on 2026-12-31"), "{expired}");
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    let wrong = [
        "unexpected: maybe\nsteps: []\n",
        "runs: {count: 28, accept: 90%, confidence: 95%}\nsteps: []\n",
        "runs: {count: 30, accept: 100%, confidence: 95%}\nsteps: []\n",
        "runs: {count: 30, accept: 90}\nsteps: []\n",
        "runs: {count: 100000, accept: 90%, confidence: 95%}\nsteps: []\n",
        "variants: []\nsteps: []\n",
        "variants: [{name: a, steps: []}]\nsteps: []\n",
        "variants: [{name: a}, {name: a}]\nsteps: []\n",
        "steps:\n  - expect: {to: maar1, msg: pba, within: 1s, one_of: [{name: a, verdict: maybe}]}\n",
        "steps:\n  - expect: {to: maar1, msg: pba, within: 1s, one_of: [{verdict: pass}]}\n",
        "steps:\n  - expect: {to: maar1, msg: pba, within: 1s, one_of: [{name: a, verdict: pass, match: {sequence: 1}}]}\n",
        "steps:\n  - expect_none: {to: maar1, msg: pba, for: 1s, one_of: [{name: a, verdict: pass}]}\n",
        "steps:\n  - expect: {to: maar1, msg: pba, within: 1s, options: {mode: strict}}\n",
        "steps:\n  - expect: {to: maar1, msg: pba, within: 1s, match: {status: {regex: '1(0'}}}\n",
        "steps:\n  - expect: {to: maar1, msg: pba, within: 1s, match: {status: {regex: '(a{1000}){1000}'}}}\n",
        "steps:\n  - send: {from: maar1, msg: pbu, wire: {late_patch: [{at: 3}]}}\n",
        "steps:\n  - send: {from: maar1, msg: pbu, ip: {hop_limit: 256}}\n",
        "steps:\n  - send: {from: maar1, msg: pbu, ip: {headers: [{type: 60, data: \"01 02\"}]}}\n",
    ];
    let mut shown = String::new();
    for text in wrong {
        let errors = load_with(&format!("{HEAD}{ROLE}{text}"), LIBRARY).expect_err(text);
        shown.push_str(&format!("{errors}\n\n"));
    }
    insta::assert_snapshot!(shown);
}
