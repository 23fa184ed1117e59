//! `dmm conform replay`: a run that was recorded is judged again offline, and where it was of a reference node, made again.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use dmm_captures::CaptureReader;
use dmm_conformance::recorded::{Recorded, RecordedBench};
use dmm_conformance::run::run as run_case;
use dmm_conformance::{CaseResult, Catalogue, Selection, Suite, Timing, Verdict};

use super::evidence::DOCUMENT;
use super::report::read;
use super::{profile, requirements};
use crate::reference::{REFERENCES, Reference};
use crate::{Exit, Failure, print};

/// What `dmm conform replay --help` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  dmm conform replay out/report conformance/suites
  dmm conform replay out/report conformance/suites --profile my-cmd.iut.yaml

Exit codes: 0 every verdict is as it was, 1 some differ.";

/// `dmm conform replay`.
#[derive(Args)]
pub struct ReplayArgs {
    /// The folder of a run (`--report`), or its JSON document: every packet of every case is in it.
    record: PathBuf,
    /// The scripts, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The profile of what was judged; a reference node's own if it was one.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// The requirement catalogue.
    #[arg(long)]
    requirements: Option<PathBuf>,
}

/// Judges a record again, and says what differs.
pub fn replay(args: &ReplayArgs) -> Result<Exit, Failure> {
    let document = if args.record.is_dir() { args.record.join(DOCUMENT) } else { args.record.clone() };
    let document = read(&document)?;
    let is_reference = REFERENCES.contains(&document.about.name.as_str());
    if args.profile.is_none() && !is_reference {
        return Err(Failure::usage("whose run was it? Give its profile with --profile"));
    }
    let profile = profile(&document.about.name, args.profile.as_deref())?;
    let catalogue =
        Catalogue::load(&[requirements(args.requirements.as_deref())?]).map_err(Failure::usage)?;
    let suite = Suite::load(&args.paths, &catalogue).map_err(Failure::usage)?;
    let timing = if document.about.timing == "quick" { Timing::Quick } else { Timing::Full };
    let plan = suite.plan(&profile, &Selection { timing, ..Selection::default() }).map_err(Failure::usage)?;
    let mut said = String::new();
    let (mut judged, mut driven, mut differences) = (0, 0, 0);
    let mut differs = |name: &str, what: String| {
        differences += 1;
        said += &format!("{name}: {what}\n");
    };
    for then in document.results.iter().filter(|result| result.verdict != Verdict::NotApplicable) {
        let Some(instance) = plan.iter().find(|instance| instance.name == then.name) else {
            differs(&then.name, "there is no such case any more".to_owned());
            continue;
        };
        let mut bench = RecordedBench::new(&then.bench, packets(then));
        let now = run_case(instance, &profile, &mut bench);
        judged += 1;
        if now.verdict != then.verdict {
            let why = now.reason().map_or_else(String::new, |reason| {
                format!(" ({}: expected {}; seen {})", reason.at, reason.expected, reason.seen)
            });
            differs(&then.name, format!("{} then, {} now{why}", then.verdict, now.verdict));
        }
        if is_reference && document.about.clock == "virtual" {
            let again = run_case(instance, &profile, &mut Reference::of(&profile));
            driven += 1;
            let frames = |result: &CaseResult| packets(result);
            if let Some(at) = first_difference(&frames(then), &frames(&again)) {
                differs(&then.name, format!("the node of today differs from packet {at} on"));
            }
        }
    }
    said += &format!("{judged} cases judged again, {driven} driven again, {differences} differences\n");
    print(&said)?;
    Ok(if differences == 0 { Exit::OK } else { Exit::FELL_SHORT })
}

/// The packets of a result, as they came and went.
fn packets(result: &CaseResult) -> Vec<Recorded> {
    let packet = |packet: &dmm_conformance::record::PacketRecord| Recorded {
        at: packet.at,
        port: packet.port.clone(),
        direction: Some(packet.direction),
        frame: packet.frame.clone(),
    };
    result.packets.iter().map(packet).collect()
}

fn first_difference(then: &[Recorded], now: &[Recorded]) -> Option<usize> {
    let longer = then.len().max(now.len());
    (0..longer).find(|at| then.get(*at) != now.get(*at)).map(|at| at + 1)
}

/// The packets of a capture that the runner wrote: each interface is a port, and who sent a packet its addresses tell.
pub(super) fn capture(path: &Path) -> Result<Vec<Recorded>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(|error| wrong(&error))?;
    let mut packets = Vec::new();
    let mut start = None;
    for packet in CaptureReader::new(BufReader::new(file)).map_err(|error| wrong(&error))? {
        let packet = packet.map_err(|error| wrong(&error))?;
        let start = *start.get_or_insert(packet.at);
        let (at, port) = (packet.at.since(start), packet.interface);
        packets.push(Recorded { at, port, direction: None, frame: packet.octets });
    }
    Ok(packets)
}
