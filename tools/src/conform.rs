//! `dmm conform`: loads suites and a profile, runs the cases against a bench, writes reports and evidence.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use dmm_conformance::report::Report;
use dmm_conformance::report::json::Document;
use dmm_conformance::report::terminal::{Colour, Terminal};
use dmm_conformance::run::run as run_case;
use dmm_conformance::{Bench, CaseResult, Catalogue, Profile, Selection, Suite, Timing};

use crate::reference::ReferenceCmd;
use crate::{Exit, Failure, project_path};

/// `dmm conform run`.
#[derive(Args)]
pub struct RunArgs {
    /// Scripts (`*.test.yaml`), or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What is judged: `ref-cmd`, the reference CMD in this process.
    #[arg(long, value_parser = ["ref-cmd"])]
    iut: String,
    /// The clock: `virtual`, so that 95 s of backoff take milliseconds.
    #[arg(long, value_parser = ["virtual"], default_value = "virtual")]
    clock: String,
    /// Cases whose id begins so: `cmd.reg`, `any.opt.001[bad-checksum]`.
    #[arg(long)]
    filter: Vec<String>,
    /// Cases with this tag.
    #[arg(long)]
    tag: Vec<String>,
    /// The first few messages of each series only.
    #[arg(long)]
    quick: bool,
    /// A WARN counts as a failure.
    #[arg(long)]
    strict: bool,
    /// Where a capture per case goes, and `report.json`.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Where the JSON document goes.
    #[arg(long)]
    json: Option<PathBuf>,
    /// The requirement catalogue.
    #[arg(long)]
    requirements: Option<PathBuf>,
}

/// `dmm conform list`.
#[derive(Args)]
pub struct ListArgs {
    /// Scripts (`*.test.yaml`), or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The requirement catalogue.
    #[arg(long)]
    requirements: Option<PathBuf>,
    /// One JSON array.
    #[arg(long)]
    json: bool,
}

/// A run that was made.
pub struct Judged {
    /// What became of each case, in the order of the plan.
    pub cases: Vec<CaseResult>,
    catalogue: Catalogue,
}

impl Judged {
    /// The report on it.
    pub fn report(&self, strict: bool) -> Report<'_> {
        Report { results: &self.cases, catalogue: &self.catalogue, strict }
    }
}

/// Runs the cases of some suites against a bench.
pub fn judge(
    paths: &[PathBuf],
    profile: &Path,
    requirements: &Path,
    selection: &Selection,
    bench: &mut dyn Bench,
) -> Result<Judged, Failure> {
    let catalogue = Catalogue::load(&[requirements.to_owned()]).map_err(Failure::usage)?;
    let suite = Suite::load(paths, &catalogue).map_err(Failure::usage)?;
    let profile = Profile::load(profile).map_err(Failure::usage)?;
    let plan = suite.plan(&profile, selection).map_err(Failure::usage)?;
    let cases = plan.iter().map(|instance| run_case(instance, &profile, bench)).collect();
    Ok(Judged { cases, catalogue })
}

/// The reference CMD by the project's own suites.
pub fn judge_reference(suites: &Path) -> Result<Judged, Failure> {
    let (profile, requirements) =
        (project_path("conformance/profiles/ref-cmd.iut.yaml")?, requirements(None)?);
    let paths = [suites.to_owned()];
    judge(&paths, &profile, &requirements, &Selection::default(), &mut ReferenceCmd::default())
}

/// Writes a capture per case and the JSON document into a folder; returns the document's path.
pub fn write_evidence(judged: &Judged, strict: bool, folder: &Path) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    for case in judged.cases.iter().filter(|case| !case.capture.is_empty()) {
        let path = folder.join(capture_name(&case.name));
        fs::write(&path, &case.capture).map_err(|error| Failure::file(&path, error))?;
    }
    let path = folder.join("report.json");
    write_json(judged, strict, &path)?;
    Ok(path)
}

/// The file that a case's capture goes to: `cmd.pace.001[k=8]` in `cmd.pace.001-k-8.pcapng`.
pub fn capture_name(case: &str) -> String {
    let plain: String =
        case.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    format!("{}.pcapng", plain.trim_end_matches('-'))
}

fn write_json(judged: &Judged, strict: bool, path: &Path) -> Result<(), Failure> {
    let json = Document::of(&judged.report(strict)).to_json().map_err(Failure::bench)?;
    fs::write(path, json).map_err(|error| Failure::file(path, error))
}

fn requirements(given: Option<&Path>) -> Result<PathBuf, Failure> {
    given.map_or_else(|| project_path("conformance/requirements"), |path| Ok(path.to_owned()))
}

/// `dmm conform run`.
pub fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let selection = Selection {
        names: args.filter.clone(),
        tags: args.tag.clone(),
        timing: if args.quick { Timing::Quick } else { Timing::Full },
        ..Selection::default()
    };
    let profile = project_path(&format!("conformance/profiles/{}.iut.yaml", args.iut))?;
    let requirements = requirements(args.requirements.as_deref())?;
    let mut bench = ReferenceCmd::default();
    let judged = judge(&args.paths, &profile, &requirements, &selection, &mut bench)?;
    let report = judged.report(args.strict);
    let colour = if std::io::stdout().is_terminal() { Colour::Always } else { Colour::Never };
    print!("{}", Terminal { report, colour });
    if let Some(folder) = &args.report {
        write_evidence(&judged, args.strict, folder)?;
        println!("captures and report.json: {}", folder.display());
    }
    if let Some(path) = &args.json {
        write_json(&judged, args.strict, path)?;
    }
    Ok(Exit(report.exit_code()))
}

/// `dmm conform list`.
pub fn list(args: &ListArgs) -> Result<Exit, Failure> {
    let catalogue =
        Catalogue::load(&[requirements(args.requirements.as_deref())?]).map_err(Failure::usage)?;
    let suite = Suite::load(&args.paths, &catalogue).map_err(Failure::usage)?;
    if args.json {
        let cases: Vec<_> = suite
            .cases
            .iter()
            .map(|case| {
                let requirements: Vec<_> = case.requirements.iter().map(|id| id.value.as_str()).collect();
                serde_json::json!({
                    "id": case.id.value,
                    "title": case.title,
                    "at": case.id.span.to_string(),
                    "requirements": requirements,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&cases).map_err(Failure::bench)?);
    } else {
        for case in &suite.cases {
            println!("{:<20} {}\n{:<20} {}", case.id.value, case.title, "", case.id.span);
        }
    }
    for warning in &suite.warnings.0 {
        eprintln!("{warning}");
    }
    Ok(if suite.cases.is_empty() { Exit(5) } else { Exit::OK })
}
