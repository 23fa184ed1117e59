//! A stack may differ where RFC 8885 leaves room: each value that `docs/nodes.md` names for such a place is run through the suites, and
//! no case fails it.

use std::path::Path;
use std::sync::Arc;

use dmm::conform::{self, Inputs};
use dmm::reference::{Config, Make, Reference, node};
use dmm_codec::Status;
use dmm_conformance::{Profile, Selection, Verdict};
use dmm_proto::legacy::LmaConfig;
use dmm_proto::plan::Answer;
use dmm_proto::stances::{AdvertiseTo, AnchoredPrefix, ForwardedPrefix};
use dmm_proto::updates::UpdateLimit;
use dmm_proto::{CmdConfig, Deregistration, MaarConfig, Pacing};
use ipnet::Ipv6Net;

const LMAS: &[(&str, &[&str], Change<LmaConfig>)] =
    &[("A1: 128", &["ref-lma"], |lma| lma.refusal = Status::REASON_UNSPECIFIED)];

type Change<C> = fn(&mut C);

/// The stance, what is configured, the profiles that it is said of, and how.
const CMDS: &[(&str, &[&str], Change<CmdConfig>)] = &[
    ("A7: the S-MAAR's prefix", ALL_CMDS, |cmd| cmd.forwarded_prefix = ForwardedPrefix::Serving),
    ("A7: ALL_ZERO", ALL_CMDS, |cmd| cmd.forwarded_prefix = ForwardedPrefix::AllZero),
    ("A9: numbers of the S-MAAR's", &["ref-cmd", "ref-cmd-proxy"], |cmd| cmd.plan.copies_sequence = true),
    ("A10: a locator that answers", &["ref-cmd-locator"], |cmd| cmd.plan.collected = Answer::Yes),
    ("A10: a locator that does not", &["ref-cmd-locator"], |cmd| cmd.plan.collected = Answer::No),
    ("A33: by node", ALL_CMDS, |cmd| cmd.update_limit = UpdateLimit::PerNode),
    ("A34: to each peer by itself", ALL_CMDS, |cmd| cmd.peer_pacing = Some(Pacing { rate: 50, burst: 1 })),
    ("A55: short messages", ALL_CMDS, |cmd| cmd.limits.message = 512),
];

const MAARS: &[(&str, &[&str], Change<MaarConfig>)] = &[
    ("A4: in PBUs too", ALL_MAARS, |maar| maar.anchored_prefix = AnchoredPrefix::PbuAndPba),
    ("A4: never", ALL_MAARS, |maar| maar.anchored_prefix = AnchoredPrefix::Never),
    ("A12: no echo", ALL_MAARS, |maar| maar.echoes_serving_maar = false),
    ("A14: DLIFs in PBUs", ALL_MAARS, |maar| maar.dlif_in_pbu = true),
    ("A14: what is behind it in PBUs", ALL_MAARS, |maar| maar.plan.announces_local = true),
    ("A26: P-MAARs end sessions too", ALL_MAARS, |maar| maar.deregistration = Deregistration::PMaarsToo),
    ("A31: to all nodes", ALL_MAARS, |maar| maar.advertise_to = AdvertiseTo::AllNodes),
    ("A33: by node", ALL_MAARS, |maar| maar.update_limit = UpdateLimit::PerNode),
];

const ALL_CMDS: &[&str] = &["ref-cmd", "ref-cmd-locator", "ref-cmd-proxy"];
const ALL_MAARS: &[&str] = &["ref-maar", "ref-maar-locator", "ref-maar-proxy"];

#[test]
fn no_case_fails_an_lma_that_differs_where_it_may() {
    for &(what, profiles, change) in LMAS {
        for profile in profiles {
            let make: Make = Arc::new(move |config| match config {
                Config::Lma(mut config) => {
                    change(&mut config);
                    node(Config::Lma(config))
                }
                other => node(other),
            });
            assert_eq!(failed(profile, &[], make), [""; 0], "{what}, {profile}");
        }
    }
}

/// The cases that fail it, where this is declared besides.
fn failed(profile: &str, declared: &[(&str, bool)], make: Make) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let path = root.join(format!("profiles/{profile}.iut.yaml"));
    let mut profile = Profile::load(&path).expect("it is one of the project's");
    profile.pics.extend(declared.iter().map(|(question, answer)| ((*question).to_owned(), *answer)));
    let (suites, requirements) = ([root.join("suites")], root.join("requirements"));
    let inputs = Inputs { paths: &suites, profile: &profile, requirements: &requirements };
    let reference = Reference::of(&profile).made_by(make);
    let judged = conform::judge(&inputs, &Selection::default(), &|| Box::new(reference.clone()));
    let cases = judged.expect("the suites can be read").cases.into_iter();
    let is_bad = |verdict| matches!(verdict, Verdict::Fail | Verdict::Error | Verdict::Inconclusive);
    cases.filter(|case| is_bad(case.verdict)).map(|case| format!("{}: {}", case.verdict, case.name)).collect()
}

#[test]
fn no_case_fails_a_cmd_that_differs_where_it_may() {
    let mut wrong = Vec::new();
    for &(what, profiles, change) in CMDS {
        for profile in profiles {
            let make: Make = Arc::new(move |config| match config {
                Config::Cmd(mut config) => {
                    change(&mut config);
                    node(Config::Cmd(config))
                }
                other => node(other),
            });
            wrong.extend(failed(profile, &[], make).iter().map(|case| format!("{what}, {profile}: {case}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_case_fails_a_maar_that_differs_where_it_may() {
    let mut wrong = Vec::new();
    for &(what, profiles, change) in MAARS {
        let mut changed = MaarConfig::new([0; 16].into(), [0; 16].into(), Ipv6Net::default());
        change(&mut changed);
        let ends = changed.deregistration == Deregistration::PMaarsToo;
        for profile in profiles {
            let make: Make = Arc::new(move |config| match config {
                Config::Maar(mut config) => {
                    change(&mut config);
                    node(Config::Maar(config))
                }
                other => node(other),
            });
            let cases = failed(profile, &[("maar.p_maar_deregisters", ends)], make);
            wrong.extend(cases.iter().map(|case| format!("{what}, {profile}: {case}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
