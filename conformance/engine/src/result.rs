//! What became of one instance of a case: its verdict, the findings behind it, and what proves it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::{PacketRecord, Station, Timing, nanos};
use crate::recorded::Recording;
use crate::verdict::{Finding, Verdict};

/// What became of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseResult {
    /// `cmd.pace.001[k=8]`.
    pub name: String,
    /// Title of the case.
    pub title: String,
    /// Why the case is there.
    pub purpose: String,
    /// Words to select by.
    pub tags: Vec<String>,
    /// `file:line` of the case.
    pub at: String,
    /// The implementation under test.
    pub iut: String,
    /// The bench it was reached through.
    pub bench: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Everything that was not as expected, in the order of time.
    pub findings: Vec<Finding>,
    /// Which finding is the reason for the verdict.
    pub reason: Option<usize>,
    /// Why it does not apply.
    pub not_applicable: Option<String>,
    /// Why a failure is expected: the waiver of the profile.
    pub waiver: Option<Waived>,
    /// Whether the postamble failed, so that state may be left behind.
    pub unclean: bool,
    /// Requirements that the case names.
    pub requirements: Vec<String>,
    /// Requirements that a step or a rule for every packet has judged here, whatever came of it.
    pub judged: Vec<String>,
    /// Values that were measured and not judged.
    pub measured: Vec<String>,
    /// Who took part.
    pub stations: Vec<Station>,
    /// Every packet either way, in the order of time.
    pub packets: Vec<PacketRecord>,
    /// Times that were judged.
    pub timings: Vec<Timing>,
    /// Nanoseconds from the first step to the last, on the transport's clock.
    #[serde(rename = "duration_ns", with = "nanos")]
    #[schemars(with = "u64")]
    pub duration: Duration,
    /// The annotated capture as pcapng; empty where no packet could go.
    #[serde(skip)]
    pub capture: Vec<u8>,
    /// What it saw of its bench, once for each time that it ran.
    #[serde(skip)]
    pub recordings: Vec<Recording>,
}

/// A failure that the profile says is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waived {
    /// Why.
    pub reason: String,
    /// Where it is tracked.
    pub issue: String,
    /// The last day on which it holds: `2026-12-31`.
    pub until: String,
}

impl CaseResult {
    /// The finding that is the reason for the verdict.
    pub fn reason(&self) -> Option<&Finding> {
        self.reason.and_then(|at| self.findings.get(at))
    }
}
