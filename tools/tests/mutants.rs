//! A suite is worth what it catches: each fault of a reference node, put on from outside or by a wrong configuration (`mutant/`), is
//! found by the case that is named for it; without a fault every case passes.

mod mangled;
mod mutant;
mod suites;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use dmm::reference::{REFERENCES, Reference, cmds};
use dmm_conformance::report::terminal::{Colour, Terminal};
use dmm_conformance::{Catalogue, Instance, Profile, Selection, Suite, Verdict, run};
use dmm_proto::CmdConfig;

use mangled::mangle;
use mutant::{configured, mutants};

/// The suites, read once.
static SUITE: LazyLock<Suite> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let catalogue = Catalogue::load(&[root.join("requirements")]).unwrap_or_else(|errors| panic!("{errors}"));
    Suite::load(&[root.join("suites")], &catalogue).unwrap_or_else(|errors| panic!("{errors}"))
});

/// The cases that apply to a node, and its profile.
fn plan(name: &str) -> (Profile, Vec<Instance>) {
    let profile = suites::profile(name);
    let plan = SUITE.plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let applicable = plan.into_iter().filter(|instance| instance.not_applicable.is_none()).collect();
    (profile, applicable)
}

#[test]
fn without_a_fault_every_case_passes() {
    for (name, least) in REFERENCES.iter().zip([28, 20, 20, 50, 50, 50, 15, 10]) {
        let (profile, plan) = plan(name);
        for instance in &plan {
            let case = run(instance, &profile, &mut Reference::of(&profile));
            assert_eq!(case.verdict, Verdict::Pass, "{name}: {}: {:#?}", case.name, case.findings);
            assert!(!case.unclean, "{name}: {}: its postamble failed", case.name);
        }
        assert!(plan.len() >= least, "{name}: {} cases", plan.len());
    }
}

#[test]
fn every_fault_is_found_by_the_case_that_is_named_for_it() {
    let plans: BTreeMap<&str, _> = REFERENCES.iter().map(|name| (*name, plan(name))).collect();
    let mut missed = Vec::new();
    for mutant in mutants() {
        let (profile, plan) = &plans[mutant.profile];
        let instance = plan.iter().find(|instance| instance.name == mutant.killer);
        let instance = instance.unwrap_or_else(|| panic!("no case {} for {}", mutant.killer, mutant.profile));
        let case = run(instance, profile, &mut Reference::of(profile).made_by(mutant.make));
        let finding = case.reason();
        let named = finding.and_then(|finding| finding.requirement.as_deref());
        if case.verdict != mutant.verdict || named != Some(mutant.requirement) {
            missed.push(format!("{}: {} says {}: {finding:#?}", mutant.fault, case.name, case.verdict));
            continue;
        }
        let finding = finding.expect("a verdict other than PASS has a reason");
        let line = finding.at.rsplit_once(':').and_then(|(_, line)| line.parse::<u32>().ok());
        assert!(line.is_some() && finding.at.contains(".test.yaml"), "{}: at {}", mutant.fault, finding.at);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_case_can_fail() {
    let dead = |config| {
        mangle(config, |node| {
            node.octets = |octets, _, _| octets.clear();
            node.link = |_, _| false;
        })
    };
    let killers: BTreeSet<&str> = mutants().iter().map(|mutant| mutant.killer).collect();
    for name in REFERENCES {
        let (profile, plan) = plan(name);
        // What a dead node passes must be failed by one that is named for it.
        for instance in plan.iter().filter(|instance| !killers.contains(instance.name.as_str())) {
            let case = run(instance, &profile, &mut Reference::of(&profile).made_by(Arc::new(dead)));
            assert_ne!(case.verdict, Verdict::Pass, "{name}: no fault here makes {} fail", case.name);
        }
    }
}

#[test]
fn every_case_has_a_fault_of_its_own() {
    let killers: BTreeSet<String> = mutants().iter().map(|mutant| file_of(mutant.killer)).collect();
    let cases: BTreeSet<String> = SUITE.cases.iter().map(|case| case.id.value.clone()).collect();
    // Those of the relay have faults of their own in the engine's tests, on a CMD that shares nothing with the reference.
    let elsewhere = |case: &String| case.starts_with("cmd.");
    let without: Vec<_> = cases.difference(&killers).filter(|case| !elsewhere(case)).collect();
    assert!(without.is_empty(), "no fault is named for {without:?}");
}

/// The id of a case without row and variant.
fn file_of(name: &str) -> String {
    name.split('[').next().unwrap_or(name).to_owned()
}

/// What a person reads of a failure: the README shows it.
#[test]
fn a_constant_interval_reads_so() {
    let constant = |config| configured(config, |config: &mut CmdConfig| config.backoff.factor = 1);
    let judged = suites::judged(&suites::profile("ref-cmd"), cmds(constant));
    let printed = Terminal { report: judged.report(false), colour: Colour::Never }.to_string();
    let failures: Vec<&str> = printed.lines().take_while(|line| !line.is_empty()).collect();
    // Where the checkout is, is nobody's business.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    insta::assert_snapshot!(failures.join("\n").replace(root, ""));
}
