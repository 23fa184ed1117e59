//! Verdicts, levels, and findings: what was judged, where in the script, which packet, expected and seen.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Snippet;

/// The verdict on a case.
///
/// A verdict only gets worse, in the order of the variants, and the first reason of the worst class is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The case does not apply to this implementation.
    #[serde(rename = "N/A")]
    NotApplicable,
    /// Nothing was judged; what was seen is recorded.
    Info,
    /// As required.
    Pass,
    /// Fails as a waiver in the profile says it does.
    Xfail,
    /// Against a SHOULD, or against a reading of the suite's authors.
    Warn,
    /// The conditions for a judgement were not met: a preamble, a stimulus, a trigger failed.
    Inconclusive,
    /// Passes although a waiver in the profile says that it fails: the waiver is to be taken away.
    Xpass,
    /// Against a requirement.
    Fail,
    /// The tester or the bench is at fault.
    Error,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotApplicable => "N/A",
            Self::Info => "INFO",
            Self::Pass => "PASS",
            Self::Xfail => "XFAIL",
            Self::Warn => "WARN",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Xpass => "XPASS",
            Self::Fail => "FAIL",
            Self::Error => "ERROR",
        })
    }
}

/// How a failure counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Fails.
    #[default]
    Must,
    /// Warns.
    Should,
    /// Is recorded.
    Info,
    /// The suite authors' reading where the RFC says nothing: warns.
    Derived,
}

impl Level {
    /// Every level with its name in scripts.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("must", Self::Must), ("should", Self::Should), ("info", Self::Info), ("derived", Self::Derived)];

    /// The verdict on a step of this level that failed.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Must => Verdict::Fail,
            Self::Should | Self::Derived => Verdict::Warn,
            Self::Info => Verdict::Info,
        }
    }
}

/// One judgement that is worth a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it makes of the case.
    pub verdict: Verdict,
    /// How a failure counts there.
    pub level: Level,
    /// Requirement id: `RFC8885-R3.2.10`.
    pub requirement: Option<String>,
    /// `file:line` of the step; of the whole script for what no step looked at.
    pub at: String,
    /// The step: `expect final`, or `every packet` for what no step looked at.
    pub step: String,
    /// Number of the packet in the case's capture.
    pub packet: Option<usize>,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub seen: String,
    /// The lines of the step, and of the calls around it, the innermost first.
    pub script: Vec<Snippet>,
}

/// What stands in the place of a step where a rule for every packet has found something.
pub const EVERY_PACKET: &str = "every packet";

impl Finding {
    /// Whether a step has found it.
    pub fn is_of_a_step(&self) -> bool {
        self.step != EVERY_PACKET
    }
}

/// The worst verdict and where the first reason for it stands in `findings`.
pub fn worst(findings: &[Finding]) -> (Verdict, Option<usize>) {
    let mut worst = (Verdict::Pass, None);
    for (i, finding) in findings.iter().enumerate() {
        if finding.verdict > worst.0 {
            worst = (finding.verdict, Some(i));
        }
    }
    worst
}

/// Exit code of a run that somebody has interrupted, as shells have it for SIGINT, whatever those cases say that have run.
pub const INTERRUPTED: u8 = 130;

/// Exit code of a run: 0 good, 1 failed, 3 tester error, 4 inconclusive, 5 nothing ran. (2 is a usage or script error.)
///
/// A WARN is good unless `strict`. Of mixed results a failure decides, then an error, then an inconclusive case.
pub fn exit_code(verdicts: impl IntoIterator<Item = Verdict>, strict: bool) -> u8 {
    let (mut any, mut code) = (false, 0);
    let rank = |code: u8| [0, 5, 4, 3, 1].iter().position(|c| *c == code);
    for verdict in verdicts {
        let this = match verdict {
            Verdict::NotApplicable => continue,
            Verdict::Warn if strict => 1,
            Verdict::Info | Verdict::Pass | Verdict::Warn | Verdict::Xfail => 0,
            Verdict::Inconclusive => 4,
            Verdict::Fail | Verdict::Xpass => 1,
            Verdict::Error => 3,
        };
        any = true;
        if rank(this) > rank(code) {
            code = this;
        }
    }
    if any { code } else { 5 }
}
