//! What a run says: for people ([`terminal`], [`html`]), for programs ([`json`]), for what collects tests ([`junit`],
//! [`tap`]).

pub mod html;
pub mod json;
pub mod junit;
pub mod ladder;
pub mod plot;
pub mod shown;
pub mod tap;
pub mod terminal;

use std::fmt::Display;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::requirement::Catalogue;
use crate::result::CaseResult;
use crate::verdict::{INTERRUPTED, Verdict, exit_code};

/// How many instances got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// As required.
    pub pass: usize,
    /// Nothing was judged.
    pub info: usize,
    /// Against a SHOULD or a reading.
    pub warn: usize,
    /// Against a requirement.
    pub fail: usize,
    /// Failed, as a waiver says.
    pub xfail: usize,
    /// Passed, against a waiver.
    pub xpass: usize,
    /// Could not be judged.
    pub inconclusive: usize,
    /// The tester or the bench is at fault.
    pub error: usize,
    /// Does not apply to the implementation.
    pub not_applicable: usize,
}

impl Counts {
    /// Counts results.
    pub fn of(results: &[CaseResult]) -> Self {
        let mut counts = Self::default();
        for result in results {
            *match result.verdict {
                Verdict::NotApplicable => &mut counts.not_applicable,
                Verdict::Info => &mut counts.info,
                Verdict::Pass => &mut counts.pass,
                Verdict::Warn => &mut counts.warn,
                Verdict::Inconclusive => &mut counts.inconclusive,
                Verdict::Fail => &mut counts.fail,
                Verdict::Xfail => &mut counts.xfail,
                Verdict::Xpass => &mut counts.xpass,
                Verdict::Error => &mut counts.error,
            } += 1;
        }
        counts
    }
}

/// What was judged, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The implementation under test.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Which version of it.
    pub version: String,
    /// The clock: `virtual` or `wire`.
    pub clock: String,
    /// How much of a series was waited for: `quick` or `full`.
    pub timing: String,
    /// What was found out about bench and implementation before the cases ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// How many cases have not run, since somebody has interrupted the run.
    #[serde(default, skip_serializing_if = "is_none")]
    pub not_run: usize,
}

impl About {
    /// What an interruption has left, for people.
    pub fn left(&self) -> String {
        let have = if self.not_run == 1 { "has" } else { "have" };
        format!("{} {have} not run", counted(self.not_run, "case"))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references on")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// `1 case`, `2 cases`: what is counted is a word that takes an s.
pub fn counted<Number: Display + PartialEq + From<u8>>(count: Number, what: &str) -> String {
    let end = if count == Number::from(1) { "" } else { "s" };
    format!("{count} {what}{end}")
}

/// The results of a run, and what their requirement ids mean.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// In the order of the plan.
    pub results: &'a [CaseResult],
    /// What was judged.
    pub about: About,
    /// What requirement ids mean.
    pub catalogue: &'a Catalogue,
    /// Whether a WARN counts as a failure.
    pub strict: bool,
}

impl Report<'_> {
    /// What the process exits with; see [`exit_code`].
    pub fn exit_code(&self) -> u8 {
        if self.about.not_run > 0 {
            return INTERRUPTED;
        }
        exit_code(self.results.iter().map(|result| result.verdict), self.strict)
    }
}
