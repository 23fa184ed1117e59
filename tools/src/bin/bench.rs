//! `tools/bench`: measures, each row against something named in the same run. Not a test: what it says depends on the
//! machine, so it is printed and never asserted.

#![expect(clippy::disallowed_methods, reason = "a benchmark is where the clock is read")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use dmm::{Failure, journey, reading};
use dmm_sim::Domain;
use dmm_sim::domain::DomainConfig;
use serde::Serialize;

/// Measures, each row against something named in the same run.
#[derive(Parser)]
struct Cli {
    /// Which rows; all of them if none is named.
    #[arg(value_parser = ["nodes", "dissector"])]
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
    /// What the ratio should be.
    target: Target,
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
        target: Target,
    ) -> Self {
        let holds = match target {
            Target::AtLeast(bound) => ratio >= bound,
            Target::AtMost(bound) => ratio <= bound,
        };
        Self { group, name, figure, unit, against, ratio, target, holds }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let wants = |group| cli.group.as_deref().is_none_or(|wanted| wanted == group);
    let mut rows = Vec::new();
    if wants("nodes") {
        eprintln!("measuring nodes: a few seconds");
        rows.extend(nodes());
    }
    if wants("dissector") {
        eprintln!("measuring the plugin: some minutes");
        match dissector() {
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
            Target::AtLeast(bound) => format!(">= {bound}"),
            Target::AtMost(bound) => format!("<= {bound}"),
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

/// How much faster virtual time runs than the clock on the wall.
fn nodes() -> Vec<Row> {
    let virtual_start = Domain::new(&DomainConfig::default()).now();
    let mut virtual_time = Duration::ZERO;
    let wall = least(5, || {
        let journey = journey::make(&DomainConfig::default());
        virtual_time = journey.domain.now().since(virtual_start);
    });
    let speed = virtual_time.as_secs_f64() / wall.as_secs_f64();
    let demo = Row::new(
        "nodes",
        "the demo's journey",
        (wall.as_secs_f64() * 1e3, "ms"),
        "its own virtual time",
        speed,
        Target::AtLeast(100.0),
    );

    let (mobiles, moves) = (100, 4);
    let config = DomainConfig { maars: 5, mobiles, gap: Duration::from_millis(1), ..DomainConfig::default() };
    let wall = least(3, || {
        let mut domain = Domain::new(&config);
        for step in 0..=moves {
            for mobile in 1..=mobiles {
                domain.attach(mobile, 1 + (mobile + step) % config.maars);
            }
            domain.run_for(Duration::from_secs(1));
        }
        virtual_time = domain.now().since(virtual_start);
    });
    let handovers = f64::from(mobiles * moves) / wall.as_secs_f64();
    let speed = virtual_time.as_secs_f64() / wall.as_secs_f64();
    let name = "handovers of 100 mobile nodes, 5 MAARs";
    vec![
        demo,
        Row::new(
            "nodes",
            name,
            (handovers, "handovers/s"),
            "their own virtual time",
            speed,
            Target::AtLeast(10.0),
        ),
    ]
}

/// What the plugin costs tshark.
fn dissector() -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for reading in reading::all()? {
        let figure = (reading.seconds, "s");
        let target = Target::AtMost(reading.target);
        rows.push(Row::new("dissector", reading.name, figure, "stock tshark", reading.ratio, target));
        if let Some(lua) = reading.lua {
            let (ratio, target) = (reading.ratio / lua, Target::AtMost(1.0));
            rows.push(Row::new("dissector", reading.name, figure, "a script in Lua", ratio, target));
        }
    }
    Ok(rows)
}
