//! For programs: one JSON document with every result, every finding, and the sentences of the requirements that they name.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Counts, Report};
use crate::requirement::Requirement;
use crate::result::CaseResult;

/// Version of this document's layout; a reader that knows it can read it.
pub const VERSION: u32 = 1;

/// The document.
#[derive(Clone, Debug, Serialize)]
pub struct Document<'a> {
    /// [`VERSION`].
    pub dmm_report: u32,
    /// Version of the engine.
    pub engine: &'static str,
    /// What the process exits with.
    pub exit_code: u8,
    /// How many instances got which verdict.
    pub counts: Counts,
    /// In the order of the plan.
    pub results: &'a [CaseResult],
    /// Every requirement that a case or a finding names.
    pub requirements: BTreeMap<&'a str, &'a Requirement>,
}

impl<'a> Document<'a> {
    /// The document of a report.
    pub fn of(report: &Report<'a>) -> Self {
        let named = report.results.iter().flat_map(|result| {
            let findings = result.findings.iter().filter_map(|finding| finding.requirement.as_ref());
            result.requirements.iter().chain(findings)
        });
        let requirements = named.filter_map(|id| Some((id.as_str(), report.catalogue.get(id)?))).collect();
        Self {
            dmm_report: VERSION,
            engine: env!("CARGO_PKG_VERSION"),
            exit_code: report.exit_code(),
            counts: Counts::of(report.results),
            results: report.results,
            requirements,
        }
    }

    /// The document as text.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}
