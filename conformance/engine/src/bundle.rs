//! A case in one file: what its capture needs to be judged again by somebody who has neither the scripts nor the profile, and to be
//! driven again against a node that nobody had there. It goes behind the packets of the case's capture.

use std::collections::BTreeMap;
use std::sync::Arc;

use dmm_captures::{WriteError, attach, attached};
use serde::{Deserialize, Serialize};

use crate::profile::Profile;
use crate::recorded::Recording;
use crate::report::About;
use crate::requirement::{Catalogue, Requirement};
use crate::result::CaseResult;
use crate::script::plan::{Clock, Instance, Selection, Timing};
use crate::script::span::{LoadErrors, Source, Span};
use crate::script::suite::Suite;
use crate::verdict::Verdict;

/// Version of a bundle's layout.
pub const VERSION: u32 = 1;

/// A case that was run, with all that it was run by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// Version of the layout.
    pub dmm_bundle: u32,
    /// Version of the engine that ran it.
    pub engine: String,
    /// `cmd.pace.001[k=8]`.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
    /// The bench that it ran on.
    pub bench: String,
    /// What was judged, and how: the clock, how much of a series, and what the preflight found.
    pub about: About,
    /// How well times could be measured.
    pub clock: Clock,
    /// What the implementation says about itself.
    pub profile: Text,
    /// The script, and what it includes.
    pub scripts: Vec<Text>,
    /// What the scripts' requirement ids mean, and which rules for every packet are whose.
    pub requirements: Vec<Requirement>,
    /// What was seen, once for each time that the case ran.
    pub recordings: Vec<Recording>,
}

/// A file as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Its name, as findings and packet comments say it.
    pub name: String,
    /// What was in it.
    pub text: String,
}

/// A capture without a bundle that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// There is none.
    #[error(
        "no bundle is in this file: `dmm conform run … --report DIR` leaves one behind the packets of each case. Who has written \
the file anew (Wireshark, tshark, editcap) or cut it short has dropped it; `dmm conform run … --clock FILE` judges the packets without it"
    )]
    None,
    /// It is no JSON of this layout.
    #[error("the bundle in this file cannot be read: {0}")]
    Format(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error("the bundle in this file has layout version {0}, but this engine reads version {VERSION} only")]
    Version(u32),
}

impl From<&Arc<Source>> for Text {
    fn from(source: &Arc<Source>) -> Self {
        Self { name: source.name.clone(), text: source.text.clone() }
    }
}

impl Text {
    fn source(&self) -> Arc<Source> {
        Arc::new(Source { name: self.name.clone(), text: self.text.clone() })
    }
}

impl Bundle {
    /// The bundle of a case that has just run.
    pub fn of(result: &CaseResult, instance: &Instance, profile: &Profile, about: &About) -> Self {
        let scripts: Vec<Text> = instance.case.sources.iter().map(Text::from).collect();
        let is_needed = |requirement: &&Requirement| {
            let is_named = scripts.iter().any(|script| script.text.contains(&requirement.id));
            is_named || !requirement.invariants.is_empty()
        };
        Self {
            dmm_bundle: VERSION,
            engine: env!("CARGO_PKG_VERSION").to_string(),
            name: result.name.clone(),
            verdict: result.verdict,
            bench: result.bench.clone(),
            about: about.clone(),
            clock: instance.clock,
            profile: Text::from(&profile.source),
            requirements: instance.catalogue.iter().filter(is_needed).cloned().collect(),
            scripts,
            recordings: result.recordings.clone(),
        }
    }

    /// Puts it behind the packets of the case's capture.
    pub fn attach_to(&self, capture: &mut Vec<u8>) -> Result<(), WriteError> {
        let text = serde_json::to_vec(self).map_err(|error| WriteError::Format(error.to_string()))?;
        attach(capture, &text)
    }

    /// Reads it from a capture.
    pub fn read(capture: &[u8]) -> Result<Self, BundleError> {
        /// Read first, so that another version says so and not which of its keys is strange.
        #[derive(Deserialize)]
        struct Version {
            dmm_bundle: u32,
        }
        let text = attached(capture).ok_or(BundleError::None)?;
        let Version { dmm_bundle } = serde_json::from_slice(text)?;
        if dmm_bundle != VERSION {
            return Err(BundleError::Version(dmm_bundle));
        }
        Ok(serde_json::from_slice(text)?)
    }

    /// The profile that it was run by.
    pub fn profile(&self) -> Result<Profile, LoadErrors> {
        Ok(Profile::parse(&self.profile.source())?)
    }

    /// The case as it was, by its own scripts.
    pub fn instance(&self, profile: &Profile) -> Result<Instance, LoadErrors> {
        let files: BTreeMap<&str, &Text> = self.scripts.iter().map(|it| (it.name.as_str(), it)).collect();
        let catalogue: Catalogue = self.requirements.iter().cloned().collect();
        let script = self.scripts.first().map(Text::source);
        let sources: Vec<Arc<Source>> = script.into_iter().collect();
        let suite = Suite::parse(&sources, &catalogue, &mut |path| match files.get(path) {
            Some(file) => Ok(file.source()),
            None => Err(self.missing(path)),
        })?;
        self.instance_of(&suite, profile)
    }

    /// The case as other scripts have it.
    pub fn instance_of(&self, suite: &Suite, profile: &Profile) -> Result<Instance, LoadErrors> {
        let timing = if self.about.timing == "quick" { Timing::Quick } else { Timing::Full };
        let only = Some(vec![self.name.clone()]);
        let selection = Selection { only, timing, clock: self.clock, ..Selection::default() };
        let found = suite.plan(profile, &selection)?.into_iter().next();
        found.ok_or_else(|| self.missing(&self.name))
    }

    fn missing(&self, what: &str) -> LoadErrors {
        let name = self.scripts.first().map_or_else(|| self.name.clone(), |script| script.name.clone());
        let source = Arc::new(Source { name, text: String::new() });
        Span::file(&source).error(format!("there is no `{what}`")).into()
    }
}
