//! What became of one instance of a case: its verdict, the findings behind it, and the capture that proves it.

use std::time::Duration;

use serde::Serialize;

use crate::verdict::{Finding, Verdict};

/// What became of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    /// `cmd.pace.001[k=8]`.
    pub name: String,
    /// Title of the case.
    pub title: String,
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
    /// Whether the postamble failed, so that state may be left behind.
    pub unclean: bool,
    /// Requirements that the case names.
    pub requirements: Vec<String>,
    /// Values that were measured and not judged.
    pub measured: Vec<String>,
    /// How many packets went either way.
    pub packets: usize,
    /// From the first step to the last, on the transport's clock.
    pub duration: Duration,
    /// The annotated capture as pcapng; empty where no packet could go.
    #[serde(skip)]
    pub capture: Vec<u8>,
}

impl CaseResult {
    /// The finding that is the reason for the verdict.
    pub fn reason(&self) -> Option<&Finding> {
        self.reason.and_then(|at| self.findings.get(at))
    }
}
