//! For programs: one JSON document with every result, every finding, and the sentences of the requirements that they name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::{About, Counts, Report};
use crate::requirement::Requirement;
use crate::result::CaseResult;

/// Version of this document's layout; a reader that knows it can read it.
pub const VERSION: u32 = 2;

/// The results of a run of the conformance suites: everything that its reports are made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "dmm conformance results")]
pub struct Document<'a> {
    /// Version of this document's layout.
    #[schemars(extend("const" = VERSION))]
    pub dmm_report: u32,
    /// Version of the engine.
    pub engine: Cow<'a, str>,
    /// What was judged, and how.
    pub about: About,
    /// Whether a WARN counts as a failure.
    pub strict: bool,
    /// What the process exits with: 0 good, 1 failed, 3 tester error, 4 inconclusive, 5 nothing ran, 130 interrupted.
    pub exit_code: u8,
    /// How many instances got which verdict.
    pub counts: Counts,
    /// In the order of the plan.
    pub results: Cow<'a, [CaseResult]>,
    /// The catalogue: what requirement ids mean.
    pub requirements: BTreeMap<Cow<'a, str>, Cow<'a, Requirement>>,
}

/// A document that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is no JSON of this layout.
    #[error("this is no report of dmm: {0}")]
    Format(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error("layout version {0}, but this engine reads version {VERSION} only")]
    Version(u32),
}

impl<'a> Document<'a> {
    /// The document of a report.
    pub fn of(report: &Report<'a>) -> Self {
        let requirements = report.catalogue.iter();
        Self {
            dmm_report: VERSION,
            engine: env!("CARGO_PKG_VERSION").into(),
            about: report.about.clone(),
            strict: report.strict,
            exit_code: report.exit_code(),
            counts: Counts::of(report.results),
            results: report.results.into(),
            requirements: requirements.map(|it| (it.id.as_str().into(), Cow::Borrowed(it))).collect(),
        }
    }

    /// The document as text.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

impl Document<'static> {
    /// Reads a document.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        /// Read first, so that another version says so and not which of its keys is strange.
        #[derive(Deserialize)]
        struct Version {
            dmm_report: u32,
        }
        let Version { dmm_report } = serde_json::from_str(text)?;
        if dmm_report != VERSION {
            return Err(ReadError::Version(dmm_report));
        }
        Ok(serde_json::from_str(text)?)
    }
}

/// The schema of the document, as `conformance/schema/results.schema.json` publishes it.
pub fn schema() -> Schema {
    schemars::schema_for!(Document<'static>)
}
