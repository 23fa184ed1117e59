//! `dmm sim`: random domains in virtual time, each judged against a naive model of RFC 8885 or of RFC 5213. A seed that fails is printed
//! with the command that replays it, and its packets are written as a capture.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use dmm_captures::{CaptureWriter, Section, WriteError};
use dmm_conformance::report::counted;
use dmm_conformance::verdict::INTERRUPTED;
use dmm_sim::domain::Kind;
use dmm_sim::trial::{Outcome, Scenario, Trial};

use crate::progress::Progress;
use crate::{Exit, Failure, stop};

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct SimArgs {
    /// What kind of domain: a seed is another run in each.
    #[arg(long, value_enum, default_value_t = DomainKind::Dmm)]
    pub domain: DomainKind,
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    pub seeds: u64,
    /// The first one.
    #[arg(long, default_value_t = 0)]
    pub from: u64,
    /// Prints an object instead of lines.
    #[arg(long)]
    pub json: bool,
    /// Where captures of seeds that fail go.
    #[arg(long, default_value = "out/sim")]
    pub out: PathBuf,
    /// How many seeds run at the same time; by default as many as there are processors.
    #[arg(long)]
    pub jobs: Option<usize>,
}

/// What kind of domain a seed is run in.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainKind {
    /// A CMD and MAARs (RFC 8885), in all three modes
    Dmm,
    /// An LMA and MAGs (RFC 5213)
    Legacy,
}

impl DomainKind {
    fn trial(self, seed: u64, keep_frames: bool) -> Trial {
        let kind = match self {
            Self::Dmm => Kind::Dmm,
            Self::Legacy => Kind::Legacy,
        };
        Trial::of(Scenario::of_kind(kind, seed), keep_frames)
    }

    fn replay(self, seed: u64) -> String {
        self.command(seed, 1)
    }

    fn command(self, from: u64, seeds: u64) -> String {
        let domain = match self {
            Self::Dmm => "",
            Self::Legacy => " --domain legacy",
        };
        format!("dmm sim run{domain} --from {from} --seeds {seeds}")
    }
}

/// How many seeds that fail are shown and captured.
const SHOWN: usize = 10;

/// All seeds together that have run.
#[derive(Default)]
struct Sum {
    seeds: u64,
    steps: u64,
    frames: u64,
    attachments: u64,
    kills: u64,
    failed: Vec<(u64, Outcome)>,
}

/// Runs the seeds and says which fail.
pub fn run(args: &SimArgs) -> Result<Exit, Failure> {
    // There are no seeds behind the last.
    let args = &SimArgs { seeds: args.seeds.min(u64::MAX - args.from), ..args.clone() };
    let mut sum = run_all(args, &*stop::on_signals()?);
    sum.failed.sort_by_key(|(seed, _)| *seed);
    let mut captures = Vec::new();
    for (seed, _) in sum.failed.iter().take(SHOWN) {
        captures.push(write_capture(args, *seed)?);
    }
    if args.json {
        print_json(args, &sum, &captures);
    } else {
        print_lines(args, &sum, &captures);
    }
    let is_interrupted = sum.seeds < args.seeds;
    let exit = if sum.failed.is_empty() { Exit::OK } else { Exit::FELL_SHORT };
    Ok(if is_interrupted { Exit(INTERRUPTED) } else { exit })
}

/// Runs seed after seed, until all have run or somebody stops it: then those that have begun end, so that what has run is without a gap.
fn run_all(args: &SimArgs, stop: &AtomicBool) -> Sum {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.jobs.unwrap_or(processors).max(1);
    let begun = AtomicU64::new(0);
    let sum = Mutex::new((Sum::default(), Progress::start()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let nth = begun.fetch_add(1, Ordering::Relaxed);
                    if nth >= args.seeds {
                        return;
                    }
                    let seed = args.from + nth;
                    let outcome = args.domain.trial(seed, false).run();
                    let (sum, progress) = &mut *sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.add(seed, outcome);
                    progress.is_at(|| sum.line(args.seeds));
                }
            });
        }
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner).0
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps;
        self.frames += outcome.frames;
        self.attachments += outcome.attachments;
        self.kills += outcome.kills;
        if outcome.failure.is_some() {
            self.failed.push((seed, outcome));
        }
    }

    /// How far it has come. A seed that failed is worth stopping for.
    fn line(&self, all: u64) -> String {
        let last = self.failed.last().map(|(seed, _)| format!(", seed {seed} the last")).unwrap_or_default();
        format!("{} of {}, {} failed{last}", self.seeds, counted(all, "seed"), self.failed.len())
    }
}

fn write_capture(args: &SimArgs, seed: u64) -> Result<PathBuf, Failure> {
    let folder: &Path = &args.out;
    let mut trial = args.domain.trial(seed, true);
    trial.run();
    std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    let name = match args.domain {
        DomainKind::Dmm => format!("seed-{seed}.pcapng"),
        DomainKind::Legacy => format!("legacy-seed-{seed}.pcapng"),
    };
    let path = folder.join(name);
    let octets = capture(&trial, seed).map_err(Failure::bench)?;
    std::fs::write(&path, octets).map_err(|error| Failure::file(&path, error))?;
    Ok(path)
}

fn capture(trial: &Trial, seed: u64) -> Result<Vec<u8>, WriteError> {
    let config = &trial.scenario().config;
    let comment = match config.kind {
        Kind::Dmm => {
            format!("Seed {seed}: {} MAARs, {} mobile nodes, {}.", config.maars, config.mobiles, config.plan)
        }
        Kind::Legacy => {
            format!("Legacy seed {seed}: an LMA, {} MAGs, {} mobile nodes.", config.maars, config.mobiles)
        }
    };
    let hardware = Some("virtual time".to_owned());
    let section = Section { hardware, comment: Some(comment), ..Section::default() };
    let mut writer = CaptureWriter::new(Vec::new(), &section)?;
    for name in trial.domain().link_names() {
        writer.interface(&name, "")?;
    }
    let names = trial.domain().names();
    writer.names(names.iter().map(|(address, name)| (*address, name.as_str())))?;
    for tapped in trial.frames() {
        writer.packet(tapped.at, tapped.link.0 as u32, &tapped.frame, &[])?;
    }
    writer.finish()
}

fn print_lines(args: &SimArgs, sum: &Sum, captures: &[PathBuf]) {
    for ((seed, outcome), capture) in sum.failed.iter().zip(captures) {
        let Some(failure) = &outcome.failure else { continue };
        println!("seed {seed}: {failure}");
        println!("    {}", args.domain.replay(*seed));
        println!("    {}", capture.display());
    }
    println!(
        "{} from {}: {} failed; {} attachments, {} kills, {} frames, {} steps",
        counted(sum.seeds, "seed"),
        args.from,
        sum.failed.len(),
        sum.attachments,
        sum.kills,
        sum.frames,
        sum.steps
    );
    if sum.seeds < args.seeds {
        let (from, left) = (args.from + sum.seeds, args.seeds - sum.seeds);
        println!("interrupted; to go on: {}", args.domain.command(from, left));
    }
}

fn print_json(args: &SimArgs, sum: &Sum, captures: &[PathBuf]) {
    let failed: Vec<_> = sum
        .failed
        .iter()
        .enumerate()
        .filter_map(|(index, (seed, outcome))| {
            let failure = outcome.failure.as_ref()?;
            Some(serde_json::json!({
                "seed": seed,
                "after": failure.after.as_secs_f64(),
                "what": failure.what,
                "replay": args.domain.replay(*seed),
                "capture": captures.get(index).map(|path| path.display().to_string()),
            }))
        })
        .collect();
    let all = serde_json::json!({
        "seeds": sum.seeds,
        "left": args.seeds - sum.seeds,
        "from": args.from,
        "attachments": sum.attachments,
        "kills": sum.kills,
        "frames": sum.frames,
        "steps": sum.steps,
        "failed": failed,
    });
    println!("{all}");
}
