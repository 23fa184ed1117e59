//! A stack may differ where RFC 8885 leaves room: each value that `docs/nodes.md` names for such a place is run through the suites, and
//! no case fails it.

mod suites;

use std::sync::Arc;

use dmm::reference::{Config, Make, node};
use dmm_codec::Status;
use dmm_conformance::Verdict;
use dmm_proto::legacy::LmaConfig;
use dmm_proto::plan::Answer;
use dmm_proto::stances::{AdvertiseTo, AnchoredPrefix, ForwardedPrefix};
use dmm_proto::updates::UpdateLimit;
use dmm_proto::{CmdConfig, Deregistration, MaarConfig, Node, Pacing};

use Change::{Cmd, Lma, Maar};

/// What is configured otherwise.
#[derive(Clone, Copy)]
enum Change {
    Cmd(fn(&mut CmdConfig)),
    Maar(fn(&mut MaarConfig)),
    Lma(fn(&mut LmaConfig)),
}

impl Change {
    fn make(self, mut config: Config) -> Box<dyn Node> {
        match (self, &mut config) {
            (Self::Cmd(change), Config::Cmd(config)) => change(config),
            (Self::Maar(change), Config::Maar(config)) => change(config),
            (Self::Lma(change), Config::Lma(config)) => change(config),
            _ => {}
        }
        node(config)
    }
}

const LMAS: &[&str] = &["ref-lma"];
const CMDS: &[&str] = &["ref-cmd", "ref-cmd-locator", "ref-cmd-proxy"];
const MAARS: &[&str] = &["ref-maar", "ref-maar-locator", "ref-maar-proxy"];

/// The stance and what is otherwise, the profiles that it is said of, and how.
const VARIATIONS: &[(&str, &[&str], Change)] = &[
    ("A1: 128", LMAS, Lma(|lma| lma.refusal = Status::REASON_UNSPECIFIED)),
    ("A7: the S-MAAR's prefix", CMDS, Cmd(|cmd| cmd.forwarded_prefix = ForwardedPrefix::Serving)),
    ("A7: ALL_ZERO", CMDS, Cmd(|cmd| cmd.forwarded_prefix = ForwardedPrefix::AllZero)),
    (
        "A9: numbers of the S-MAAR's",
        &["ref-cmd", "ref-cmd-proxy"],
        Cmd(|cmd| cmd.plan.copies_sequence = true),
    ),
    ("A10: a locator that answers", &["ref-cmd-locator"], Cmd(|cmd| cmd.plan.collected = Answer::Yes)),
    ("A10: a locator that does not", &["ref-cmd-locator"], Cmd(|cmd| cmd.plan.collected = Answer::No)),
    ("A33: by node", CMDS, Cmd(|cmd| cmd.update_limit = UpdateLimit::PerNode)),
    ("A34: to each peer by itself", CMDS, Cmd(|cmd| cmd.peer_pacing = Some(Pacing { rate: 50, burst: 1 }))),
    ("A55: short messages", CMDS, Cmd(|cmd| cmd.limits.message = 512)),
    ("A4: in PBUs too", MAARS, Maar(|maar| maar.anchored_prefix = AnchoredPrefix::PbuAndPba)),
    ("A4: never", MAARS, Maar(|maar| maar.anchored_prefix = AnchoredPrefix::Never)),
    ("A12: no echo", MAARS, Maar(|maar| maar.echoes_serving_maar = false)),
    ("A14: DLIFs in PBUs", MAARS, Maar(|maar| maar.dlif_in_pbu = true)),
    ("A14: what is behind it in PBUs", MAARS, Maar(|maar| maar.plan.announces_local = true)),
    (P_MAARS_END, MAARS, Maar(|maar| maar.deregistration = Deregistration::PMaarsToo)),
    ("A31: to all nodes", MAARS, Maar(|maar| maar.advertise_to = AdvertiseTo::AllNodes)),
    ("A33: by node", MAARS, Maar(|maar| maar.update_limit = UpdateLimit::PerNode)),
];

/// The one that a profile declares.
const P_MAARS_END: &str = "A26: P-MAARs end sessions too";

#[test]
fn no_case_fails_a_node_that_differs_where_it_may() {
    let mut wrong = Vec::new();
    for &(what, profiles, change) in VARIATIONS {
        for profile in profiles {
            let cases = failed(profile, what == P_MAARS_END, Arc::new(move |config| change.make(config)));
            wrong.extend(cases.iter().map(|case| format!("{what}, {profile}: {case}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The cases that fail it.
fn failed(profile: &str, p_maars_end: bool, make: Make) -> Vec<String> {
    let mut profile = suites::profile(profile);
    if p_maars_end {
        profile.pics.insert("maar.p_maar_deregisters".to_owned(), true);
    }
    let cases = suites::judged(&profile, make).cases.into_iter();
    let is_bad = |verdict| matches!(verdict, Verdict::Fail | Verdict::Error | Verdict::Inconclusive);
    cases.filter(|case| is_bad(case.verdict)).map(|case| format!("{}: {}", case.verdict, case.name)).collect()
}
