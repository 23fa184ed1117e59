//! `dmm conform run`: what the command line asks for, and what it gets.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use dmm_conformance::report::json::Document;
use dmm_conformance::report::terminal::{Colour, Terminal};
use dmm_conformance::{Selection, Timing, Verdict};

use super::evidence::DOCUMENT;
use super::replay::record;
use super::report::{Outputs, read, write};
use super::wire::{self, WireArgs};
use super::{Inputs, Lasting, journal, judge_embedded, judge_lasting, profile, requirements, write_evidence};
use crate::embedded::Embedded;
use crate::reference::{REFERENCES, Reference};
use crate::{Exit, Failure, print, stop};

/// What `dmm conform run --help` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  dmm conform run conformance/suites --iut ref-cmd
  dmm conform run conformance/suites --iut ref-cmd --report out/report      open out/report/index.html
  dmm conform run conformance/suites --iut ref-cmd --report out/report --rerun failed
  dmm conform run conformance/suites --iut my-cmd.iut.yaml --clock wire --report out/box --resume      after Ctrl-C
  dmm conform run conformance/suites/cmd --iut ref-cmd --quick --tag core --junit junit.xml
  dmm conform run conformance/suites --iut my-cmd.iut.yaml --clock wire --quick      docs/wire.md
  dmm conform run conformance/suites --iut ref-maar      a MAAR; ref-maar-locator, ref-maar-proxy: in that mode
  dmm conform run conformance/suites --iut my-stack.iut.yaml      a stack in a shared library: docs/embed.md

  dmm conform run conformance/suites --iut ref-cmd --filter cmd.reg.001 --clock captures/cmd.reg.001.pcapng

Exit codes: 0 passed, 1 failed, 2 a script is wrong, 3 the bench is broken, 4 inconclusive, 5 nothing ran,
130 interrupted: after Ctrl-C or SIGTERM no further case begins, those on the wire end with their postamble, and what has run is reported; a
second one ends it at once. With --report each result is kept as it comes, so that --resume runs only what is missing, whatever ended the run.";

/// `dmm conform run`.
#[derive(Args)]
pub struct RunArgs {
    /// Scripts (`*.test.yaml`), or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What is judged: a reference node in this process (`ref-cmd`, `ref-maar` and the like); or the profile (`*.iut.yaml`) of an
    /// implementation, with `--clock wire`, or without where it is a shared library.
    #[arg(long)]
    iut: String,
    /// What it says about itself (`*.iut.yaml`), in the place of the project's own profile of it.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// The clock: `virtual`, so that 95 s of backoff take milliseconds; `wire`, in real time on an interface; or a capture of one
    /// case (`FILE.pcapng`) that the runner wrote, which is judged offline.
    #[arg(long, value_name = "CLOCK", default_value = "virtual", value_parser = clock)]
    clock: ClockOf,
    #[command(flatten)]
    wire: WireArgs,
    /// Cases whose id begins so: `cmd.reg`, `any.opt.001[bad-checksum]`.
    #[arg(long)]
    filter: Vec<String>,
    /// Cases with this tag.
    #[arg(long)]
    tag: Vec<String>,
    /// Only what ended so in the run whose document lies in `--report`, or in `--json`.
    #[arg(long, value_name = "WHICH")]
    rerun: Option<Rerun>,
    /// The first few messages of each series only.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// As many messages of each series as the requirement speaks of; so it is without --quick.
    #[arg(long)]
    full: bool,
    /// A WARN counts as a failure.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    kept: Kept,
    /// Where the JSON document goes.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
    /// The requirement catalogue.
    #[arg(long)]
    requirements: Option<PathBuf>,
}

/// Where results are kept as they come.
#[derive(Args)]
struct Kept {
    /// Where a page, its JSON, and a capture and a ladder per case go.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Goes on with the run that was interrupted in the folder of `--report`, if scripts, profile, selection and timing are the same.
    #[arg(long, requires = "report")]
    resume: bool,
}

/// Which clock cases run by.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ClockOf {
    /// None: time goes where the next thing happens.
    Virtual,
    /// The machine's.
    Wire,
    /// That of a capture.
    Record(PathBuf),
}

fn clock(name: &str) -> Result<ClockOf, String> {
    match name {
        "virtual" => Ok(ClockOf::Virtual),
        "wire" => Ok(ClockOf::Wire),
        file if file.ends_with(".pcapng") => Ok(ClockOf::Record(file.into())),
        _ => Err("no such clock: virtual, wire, or FILE.pcapng".to_owned()),
    }
}

/// Which cases of an earlier run are run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Rerun {
    /// Against a requirement, or against a waiver.
    Failed,
    /// Everything that was not judged: inconclusive, or in error.
    Unjudged,
    /// Everything but what passed, and what does not apply.
    NotPassed,
}

impl Rerun {
    fn takes(self, verdict: Verdict) -> bool {
        let failed = matches!(verdict, Verdict::Fail | Verdict::Xpass);
        let unjudged = matches!(verdict, Verdict::Inconclusive | Verdict::Error);
        match self {
            Self::Failed => failed,
            Self::Unjudged => unjudged,
            Self::NotPassed => failed || unjudged || verdict == Verdict::Warn,
        }
    }
}

/// Runs the cases, and writes what was asked for.
pub fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let selection = Selection {
        names: args.filter.clone(),
        only: match (args.rerun, &args.kept.report) {
            (None, _) => None,
            (Some(_), Some(folder)) if args.kept.resume => journal::selected(folder)?,
            (Some(which), _) => Some(earlier(args, which)?),
        },
        tags: args.tag.clone(),
        today: Some(today()),
        timing: if args.quick { Timing::Quick } else { Timing::Full },
        ..Selection::default()
    };
    let is_reference = REFERENCES.contains(&args.iut.as_str());
    let elsewhere = || {
        let known = REFERENCES.join(", ");
        let iut = &args.iut;
        Failure::usage(format!(
            "on virtual time there are {known}, and stacks that embed (`library` in a profile, docs/embed.md): for {iut}, --clock wire"
        ))
    };
    if args.clock == ClockOf::Virtual && !is_reference && !Path::new(&args.iut).exists() {
        return Err(elsewhere());
    }
    let profile = profile(&args.iut, args.profile.as_deref())?;
    let requirements = requirements(args.requirements.as_deref())?;
    let inputs = Inputs { paths: &args.paths, profile: &profile, requirements: &requirements };
    let lasting =
        Lasting { report: args.kept.report.as_deref(), resume: args.kept.resume, stop: stop::on_signals()? };
    let judged = match &args.clock {
        ClockOf::Virtual if !is_reference => {
            let library = profile.library.as_ref().ok_or_else(elsewhere)?;
            let embedded = Embedded::open(library, &profile).map_err(Failure::bench)?;
            judge_embedded(&inputs, &selection, &embedded, &lasting)?
        }
        ClockOf::Virtual => {
            let reference = Reference::of(&profile);
            judge_lasting(&inputs, &selection, &|| Box::new(reference.clone()), &lasting)?
        }
        ClockOf::Wire => wire::judge(&inputs, &selection, &args.wire, &lasting)?,
        ClockOf::Record(file) => {
            let record = record(file)?;
            judge_lasting(&inputs, &selection, &|| Box::new(record.clone()), &lasting)?
        }
    };
    let report = judged.report(args.strict);
    let exit = Exit(report.exit_code());
    let document = Document::of(&report);
    args.outputs.write(&document)?;
    if let Some(path) = &args.json {
        write(path, &document.to_json().map_err(Failure::bench)?)?;
    }
    let page =
        args.kept.report.as_ref().map(|folder| write_evidence(&judged, args.strict, folder)).transpose()?;
    let colour = if std::io::stdout().is_terminal() { Colour::Always } else { Colour::Never };
    let mut said = Terminal { report, colour }.to_string();
    if let Some(page) = page {
        said += &format!("page, captures and ladders: {}\n", page.display());
        if judged.not_run() > 0 {
            said += "the same command with --resume goes on from here\n";
        }
    }
    print(&said)?;
    Ok(exit)
}

#[expect(clippy::disallowed_methods, reason = "waivers expire by the day on which somebody runs the cases")]
fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let mut day = crate::decode::utc(dmm_codec::Instant::default() + since);
    day.truncate("2026-01-01".len());
    day
}

/// The cases of an earlier run that ended so.
fn earlier(args: &RunArgs, which: Rerun) -> Result<Vec<String>, Failure> {
    let path = args.kept.report.as_ref().map(|folder| folder.join(DOCUMENT)).or_else(|| args.json.clone());
    let path = path.ok_or_else(|| {
        Failure::usage("--rerun reads the run before this one: say where it lies with --report or --json")
    })?;
    let document = read(&path)?;
    let taken = document.results.iter().filter(|result| which.takes(result.verdict));
    Ok(taken.map(|result| result.name.clone()).collect())
}
