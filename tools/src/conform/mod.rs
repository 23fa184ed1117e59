//! `dmm conform`: loads suites and a profile, runs the cases against a bench, writes reports and evidence.

mod campaign;
mod evidence;
mod fmt;
mod init;
mod journal;
mod list;
mod replay;
mod report;
mod run;
mod schema;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use dmm_conformance::report::{About, Report};
use dmm_conformance::{Bench, CaseResult, Catalogue, Profile, Selection, Suite, Timing};

use self::campaign::{Campaign, Lanes};
pub use self::evidence::write_evidence;
pub use self::fmt::{FmtArgs, fmt};
pub use self::init::{EXAMPLES as INIT_EXAMPLES, InitArgs, init};
use self::journal::{Identity, Journal, Kept};
pub use self::list::{ListArgs, list};
pub use self::replay::{EXAMPLES as REPLAY_EXAMPLES, ReplayArgs, replay};
pub use self::report::{EXAMPLES as REPORT_EXAMPLES, ReportArgs, report};
pub use self::run::{EXAMPLES as RUN_EXAMPLES, RunArgs, run};
pub use self::schema::{SchemaArgs, reference, schema};
pub use self::wire::{PREFLIGHT_EXAMPLES, PreflightArgs, preflight};
use crate::embedded::Embedded;
use crate::reference::{REFERENCES, Reference};
use crate::{Failure, project_path};

/// A run that was made.
pub struct Judged {
    /// What became of each case, in the order of the plan.
    pub cases: Vec<CaseResult>,
    about: About,
    catalogue: Catalogue,
    /// Which captures are in the run's folder already.
    kept: Option<Kept>,
}

/// A run that can be interrupted.
#[derive(Debug, Default)]
pub struct Lasting<'a> {
    /// The folder where results are kept as they come, and where the reports go.
    pub report: Option<&'a Path>,
    /// Whether what lies there is gone on with.
    pub resume: bool,
    /// Set when no further case is to begin.
    pub stop: Arc<AtomicBool>,
}

impl Judged {
    /// How many cases have not run, since the run was interrupted.
    pub fn not_run(&self) -> usize {
        self.about.not_run
    }

    /// The report on it.
    pub fn report(&self, strict: bool) -> Report<'_> {
        Report { results: &self.cases, about: self.about.clone(), catalogue: &self.catalogue, strict }
    }
}

/// What a run needs besides a bench.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Scripts, or folders of them.
    pub paths: &'a [PathBuf],
    /// What the implementation under test says about itself.
    pub profile: &'a Profile,
    /// The requirement catalogue.
    pub requirements: &'a Path,
}

/// Makes a bench for each of the threads that run cases.
pub type MakeBench<'a> = dyn Fn() -> Box<dyn Bench> + Sync + 'a;

/// Runs the cases of some suites on virtual time, each on a bench that nobody else uses meanwhile.
pub fn judge(inputs: &Inputs<'_>, selection: &Selection, benches: &MakeBench<'_>) -> Result<Judged, Failure> {
    judge_lasting(inputs, selection, benches, &Lasting::default())
}

/// The same for a run that is kept, and may be interrupted.
pub fn judge_lasting(
    inputs: &Inputs<'_>,
    selection: &Selection,
    benches: &MakeBench<'_>,
    lasting: &Lasting<'_>,
) -> Result<Judged, Failure> {
    let way = Way { clock: "virtual", lanes: Lanes::Virtual, env: Vec::new(), benches };
    judge_by(inputs, selection, &way, lasting)
}

/// Runs the cases of some suites on virtual time against a stack that embeds.
pub fn judge_embedded(
    inputs: &Inputs<'_>,
    selection: &Selection,
    embedded: &Embedded,
    lasting: &Lasting<'_>,
) -> Result<Judged, Failure> {
    let lanes = if embedded.is_single() { Lanes::Single } else { Lanes::Virtual };
    let benches = || -> Box<dyn Bench> { Box::new(embedded.clone()) };
    let way = Way { clock: "virtual", lanes, env: Vec::new(), benches: &benches };
    judge_by(inputs, selection, &way, lasting)
}

/// How cases reach the implementation.
pub(crate) struct Way<'a> {
    clock: &'a str,
    lanes: Lanes,
    /// What was found out before.
    env: Vec<String>,
    benches: &'a MakeBench<'a>,
}

fn judge_by(
    inputs: &Inputs<'_>,
    selection: &Selection,
    way: &Way<'_>,
    lasting: &Lasting<'_>,
) -> Result<Judged, Failure> {
    let profile = inputs.profile;
    let catalogue = Catalogue::load(&[inputs.requirements.to_owned()]).map_err(Failure::usage)?;
    let suite = Suite::load(inputs.paths, &catalogue).map_err(Failure::usage)?;
    let plan = suite.plan(profile, selection).map_err(Failure::usage)?;
    let (mut env, mut kept, mut journal) = (way.env.clone(), Vec::new(), None);
    if let Some(folder) = lasting.report {
        let identity = Identity::of(&plan, profile, &catalogue, selection, (way.clock, &way.env))?;
        let opened = Journal::open(folder, &identity, &plan, lasting.resume)?;
        (env, kept, journal) = (opened.env, opened.results, Some(Mutex::new(opened.journal)));
    }
    let mut about = About {
        name: profile.name.clone(),
        vendor: profile.vendor.clone(),
        version: profile.version.clone(),
        clock: way.clock.to_owned(),
        timing: timing_name(selection.timing).to_owned(),
        env,
        not_run: 0,
    };
    let (benches, stop) = (way.benches, &*lasting.stop);
    let campaign = Campaign { plan: &plan, profile, benches, stop, journal: journal.as_ref(), about: &about };
    let cases = campaign.run(way.lanes, kept)?;
    about.not_run = plan.len() - cases.len();
    let journal = journal.map(|it| it.into_inner().unwrap_or_else(PoisonError::into_inner));
    Ok(Judged { cases, about, catalogue, kept: journal.map(Journal::kept) })
}

fn timing_name(timing: Timing) -> &'static str {
    match timing {
        Timing::Quick => "quick",
        Timing::Full => "full",
    }
}

/// A reference node by the project's own suites.
pub fn judge_reference(name: &str, suites: &Path) -> Result<Judged, Failure> {
    let profile = profile(name, None)?;
    let reference = Reference::of(&profile);
    let paths = [suites.to_owned()];
    let inputs = Inputs { paths: &paths, profile: &profile, requirements: &requirements(None)? };
    judge(&inputs, &Selection::default(), &|| Box::new(reference.clone()))
}

/// The profile that was given; else the project's own of a reference node, or the file of this name.
fn profile(iut: &str, given: Option<&Path>) -> Result<Profile, Failure> {
    let path = match given {
        Some(path) => path.to_owned(),
        None if REFERENCES.contains(&iut) => project_path(&format!("conformance/profiles/{iut}.iut.yaml"))?,
        None => PathBuf::from(iut),
    };
    Profile::load(&path).map_err(Failure::usage)
}

fn requirements(given: Option<&Path>) -> Result<PathBuf, Failure> {
    given.map_or_else(|| project_path("conformance/requirements"), |path| Ok(path.to_owned()))
}
