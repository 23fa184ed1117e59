//! Reference nodes with one fault each, in a table by role, and how a row makes its node.

mod cmds;
mod legacy;
mod p_maars;
mod s_maars;

use std::sync::Arc;

use dmm::reference::{self, Config, Make, MakeCmd, node};
use dmm_conformance::Verdict;
use dmm_proto::{Cmd, CmdConfig, Maar, MaarConfig, Node};

use crate::mangled::{Mangled, mangle};

/// Every row.
pub(crate) fn mutants() -> Vec<Mutant> {
    [cmds::of_cmds(), s_maars::of_s_maars(), p_maars::of_p_maars(), legacy::of_legacy()]
        .into_iter()
        .flatten()
        .collect()
}

/// A fault, the case that finds it, and the requirement that it names.
pub(crate) struct Mutant {
    pub(crate) fault: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) make: Make,
    pub(crate) killer: &'static str,
    pub(crate) requirement: &'static str,
    pub(crate) verdict: Verdict,
}

fn fails(fault: &'static str, make: MakeCmd, killer: &'static str, requirement: &'static str) -> Mutant {
    Mutant {
        fault,
        profile: "ref-cmd",
        make: reference::cmds(make),
        killer,
        requirement,
        verdict: Verdict::Fail,
    }
}

impl Mutant {
    fn warns(self) -> Self {
        Self { verdict: Verdict::Warn, ..self }
    }

    fn by(self, profile: &'static str) -> Self {
        Self { profile, ..self }
    }
}

/// A MAAR that is configured wrongly.
fn maar(
    fault: &'static str,
    change: fn(&mut MaarConfig),
    killer: &'static str,
    requirement: &'static str,
) -> Mutant {
    let make: Make = Arc::new(move |config| match config {
        Config::Maar(mut config) => {
            change(&mut config);
            Box::new(Maar::new(config))
        }
        other => node(other),
    });
    Mutant { fault, profile: "ref-maar", make, killer, requirement, verdict: Verdict::Fail }
}

/// A node that is right, and what goes into it or out of it is not.
fn mangled(
    profile: &'static str,
    fault: &'static str,
    change: fn(&mut Mangled),
    killer: &'static str,
    requirement: &'static str,
) -> Mutant {
    let make: Make = Arc::new(move |config| mangle(config, change));
    Mutant { fault, profile, make, killer, requirement, verdict: Verdict::Fail }
}

/// A CMD that is configured wrongly.
pub(crate) fn configured(mut config: CmdConfig, change: fn(&mut CmdConfig)) -> Box<dyn Node> {
    change(&mut config);
    Box::new(Cmd::new(config))
}
