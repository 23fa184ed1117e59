//! `tools/bench`: measures, each row against something named in the same run. Not a test: what it says depends on the
//! machine, so it is printed and never asserted.

#![expect(clippy::disallowed_methods, reason = "a benchmark is where the clock is read")]

mod capture;
mod cmd;
mod codec;
mod dissector;
mod nodes;
mod veth;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::Parser;
use dmm::Failure;
use serde::Serialize;

/// Measures, each row against something named in the same run.
#[derive(Parser)]
struct Cli {
    /// Which rows; all of them if none is named.
    #[arg(value_parser = ["codec", "nodes", "veth", "dissector"])]
    group: Option<String>,
    /// One document for scripts in place of the table.
    #[arg(long)]
    json: bool,
}

/// One measurement.
#[derive(Serialize)]
struct Row {
    group: &'static str,
    name: &'static str,
    figure: f64,
    unit: &'static str,
    /// What it was measured against, in the same run.
    against: &'static str,
    ratio: f64,
    /// What the ratio should be, where it is more than information.
    target: Option<Target>,
    holds: bool,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    fn new(
        group: &'static str,
        name: &'static str,
        (figure, unit): (f64, &'static str),
        against: &'static str,
        ratio: f64,
        target: Option<Target>,
    ) -> Self {
        let holds = match target {
            None => true,
            Some(Target::AtLeast(bound)) => ratio >= bound,
            Some(Target::AtMost(bound)) => ratio <= bound,
        };
        Self { group, name, figure, unit, against, ratio, target, holds }
    }
}

/// The rows of a group.
type Measure = fn() -> Result<Vec<Row>, Failure>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let wants = |group: &str| cli.group.as_deref().is_none_or(|wanted| wanted == group);
    // The measurement of `veth`, once more in namespaces of its own.
    if dmm::lab::is_inside() {
        return match veth::mirror().and_then(|()| veth::inside()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("bench: {failure}");
                failure.exit.into()
            }
        };
    }
    let groups: [(&str, &str, Measure); 4] = [
        ("codec", "the codec: half a minute", codec::rows),
        ("nodes", "nodes: half a minute", || Ok(nodes::rows().into_iter().chain(cmd::rows()?).collect())),
        ("veth", "a node on a real link: a few seconds", veth::rows),
        ("dissector", "the plugin: some minutes", dissector::rows),
    ];
    let mut rows = Vec::new();
    for (_, announced, measure) in groups.into_iter().filter(|(group, ..)| wants(group)) {
        eprintln!("measuring {announced}");
        match measure() {
            Ok(measured) => rows.extend(measured),
            Err(failure) => {
                eprintln!("bench: {failure}");
                return failure.exit.into();
            }
        }
    }
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&rows).expect("rows are plain values"));
    } else {
        table(&rows);
    }
    ExitCode::SUCCESS
}

fn table(rows: &[Row]) {
    println!("{:<44} {:>12} {:<14} {:>8} {:>9}  against", "what", "figure", "unit", "ratio", "target");
    for row in rows {
        let target = match row.target {
            None => String::new(),
            Some(Target::AtLeast(bound)) => format!(">= {bound}"),
            Some(Target::AtMost(bound)) => format!("<= {bound}"),
        };
        let (name, holds) = (format!("{}: {}", row.group, row.name), if row.holds { "" } else { "  MISSED" });
        let Row { figure, unit, ratio, against, .. } = row;
        println!("{name:<44} {figure:>12.3} {unit:<14} {ratio:>8.2} {target:>9}  {against}{holds}");
    }
}

/// How long `work` takes: the least of several runs, since noise only adds.
fn least(runs: u32, mut work: impl FnMut()) -> Duration {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..runs).map(|_| once(&mut work)).min().unwrap_or_default()
}

/// How long a command takes, with its start and its end.
fn time(command: &mut Command) -> Result<Duration, Failure> {
    let start = Instant::now();
    let output = command.output().map_err(Failure::bench)?;
    let elapsed = start.elapsed();
    if output.status.success() {
        return Ok(elapsed);
    }
    Err(Failure::bench(String::from_utf8_lossy(&output.stderr)))
}
