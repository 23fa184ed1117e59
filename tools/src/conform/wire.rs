//! Cases in real time, against whatever stands behind an interface; and the look at it before.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use dmm_conformance::{Profile, Selection};
use dmm_wire::{Domain, Finding, Preflight, Weight, WireBench};

use super::{Inputs, Judged, Lanes, Lasting, Way, judge_by};
use crate::{Exit, Failure, print};

/// What `dmm conform preflight --help` shows at its end.
pub const PREFLIGHT_EXAMPLES: &str = "\
Examples:
  dmm conform preflight my-cmd.iut.yaml
  dmm conform preflight my-cmd.iut.yaml --interface eth1 --json

Exit codes: 0 cases can run, 1 they can, but somebody should look at what is behind a warning, 2 the profile is wrong,
3 there is an obstacle.";

/// What `--clock wire` is told.
#[derive(Args)]
pub(super) struct WireArgs {
    /// The interface that the implementation is behind, in the place of the profile's.
    #[arg(long)]
    interface: Option<String>,
    /// Cases at a time, on the wire; those that measure times run alone in any case.
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Runs cases on the wire without looking at the implementation first.
    #[arg(long)]
    no_preflight: bool,
}

/// `dmm conform preflight`.
#[derive(Args)]
pub struct PreflightArgs {
    /// The profile of the implementation (`*.iut.yaml`).
    profile: PathBuf,
    /// The interface that it is behind, in the place of the profile's.
    #[arg(long)]
    interface: Option<String>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// Looks at an implementation, and says what it found.
pub fn preflight(args: &PreflightArgs) -> Result<Exit, Failure> {
    let profile = Profile::load(&args.profile).map_err(Failure::usage)?;
    let domain = open(&profile, args.interface.as_deref())?;
    let found = dmm_wire::preflight(&profile, &domain);
    if args.json {
        let findings: Vec<_> = found.findings.iter().map(json).collect();
        let jitter = u64::try_from(found.clock.jitter.as_nanos()).unwrap_or(u64::MAX);
        let object = serde_json::json!({
            "iut": profile.name,
            "result": found.weight().name(),
            "jitter_ns": jitter,
            "findings": findings,
        });
        print(&(serde_json::to_string_pretty(&object).map_err(Failure::bench)? + "\n"))?;
    } else {
        print(&found.findings.iter().map(line).collect::<String>())?;
    }
    Ok(match found.weight() {
        Weight::Good => Exit::OK,
        Weight::Warning => Exit::FELL_SHORT,
        Weight::Obstacle => Exit::BENCH,
    })
}

fn line(finding: &Finding) -> String {
    format!("{:<9} {:<18} {}\n", finding.weight.name(), finding.about, finding.says)
}

fn json(finding: &Finding) -> serde_json::Value {
    serde_json::json!({"weight": finding.weight.name(), "about": finding.about, "says": finding.says})
}

fn open(profile: &Profile, interface: Option<&str>) -> Result<Arc<Domain>, Failure> {
    Domain::open(profile, interface).map(Arc::new).map_err(Failure::bench)
}

/// Runs the cases of some suites on the wire. What keeps the implementation from being tested is said before a case says
/// that it failed.
pub(super) fn judge(
    inputs: &Inputs<'_>,
    selection: &Selection,
    args: &WireArgs,
    lasting: &Lasting<'_>,
) -> Result<Judged, Failure> {
    let profile = inputs.profile;
    let domain = open(profile, args.interface.as_deref())?;
    let found = if args.no_preflight { Preflight::none() } else { dmm_wire::preflight(profile, &domain) };
    let bad = found.findings.iter().filter(|finding| finding.weight > Weight::Good).map(line);
    let bad: String = bad.collect();
    if found.weight() == Weight::Obstacle {
        return Err(Failure::bench(format!(
            "no case ran, since the preflight found an obstacle:\n{}",
            bad.trim_end()
        )));
    }
    eprint!("{bad}");
    let selection = Selection { clock: found.clock, ..selection.clone() };
    let benches = || -> Box<dyn dmm_conformance::Bench> {
        Box::new(WireBench::new("wire", &domain).stopped_by(&lasting.stop))
    };
    let lanes = Lanes::Wire(usize::from(args.jobs));
    let way = Way { clock: "wire", lanes, env: env(&found), benches: &benches };
    judge_by(inputs, &selection, &way, lasting)
}

/// As reports have it.
fn env(found: &Preflight) -> Vec<String> {
    let line = |finding: &Finding| match finding.weight {
        Weight::Good => format!("{}: {}", finding.about, finding.says),
        weight => format!("{}: {}: {}", finding.about, weight.name(), finding.says),
    };
    found.findings.iter().map(line).collect()
}
