//! `dmm conform replay`: a run that was recorded is judged again offline, and the reference is driven by it: by the same scripts, with
//! the same identities, from the same time on.

use std::collections::VecDeque;
use std::fs;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use dmm_captures::CaptureReader;
use dmm_conformance::bundle::{Bundle, BundleError};
use dmm_conformance::recorded::{Recorded, RecordedBench, Recording, setup_of};
use dmm_conformance::report::counted;
use dmm_conformance::run::run as run_case;
use dmm_conformance::transport::{Setup, Transport, TransportError, Wanted};
use dmm_conformance::{Bench, CaseResult, Catalogue, Instance, LoadErrors, Profile, Suite, Verdict};

use super::requirements;
use crate::reference::{REFERENCES, Reference};
use crate::{Exit, Failure, print};

/// What `dmm conform replay --help` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  dmm conform replay out/report                               every case of a run
  dmm conform replay cmd.ho.relay.001.pcapng                  a case that somebody has sent
  dmm conform replay out/report conformance/suites            by the scripts of today

Exit codes: 0 every verdict is as it was, 1 some differ.";

/// `dmm conform replay`.
#[derive(Args)]
pub struct ReplayArgs {
    /// The capture of a case that a run with `--report` has left, or the folder of a run. Scripts, profile, times and identities are in it.
    record: PathBuf,
    /// Scripts, or folders of them, in the place of those that are in the record.
    paths: Vec<PathBuf>,
    /// A profile in the place of that which is in the record.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// The requirement catalogue of the scripts that are given.
    #[arg(long, requires = "paths")]
    requirements: Option<PathBuf>,
}

/// Judges a record again, and says what differs.
pub fn replay(args: &ReplayArgs) -> Result<Exit, Failure> {
    let bundles = bundles(&args.record)?;
    let suite = if args.paths.is_empty() { None } else { Some(suite(args)?) };
    let given = args.profile.as_ref().map(|path| Profile::load(path).map_err(Failure::usage)).transpose()?;
    let mut replay = Replay::default();
    for bundle in &bundles {
        let wrong = |errors: LoadErrors| Failure::usage(format!("{}: {errors}", bundle.name));
        let profile = given.clone().map_or_else(|| bundle.profile(), Ok).map_err(wrong)?;
        let instance = match &suite {
            Some(suite) => bundle.instance_of(suite, &profile).ok(),
            None => Some(bundle.instance(&profile).map_err(wrong)?),
        };
        match instance {
            Some(instance) => replay.case(bundle, &instance, &profile),
            None => replay.differs(&bundle.name, "there is no such case any more"),
        }
    }
    let Replay { said, judged, driven, differences } = replay;
    let (judged, differing) = (counted(judged, "case"), counted(differences, "difference"));
    print(&format!("{said}{judged} judged again, {driven} driven again, {differing}\n"))?;
    Ok(if differences == 0 { Exit::OK } else { Exit::FELL_SHORT })
}

/// What has come of it so far.
#[derive(Debug, Default)]
struct Replay {
    said: String,
    judged: usize,
    driven: usize,
    differences: usize,
}

impl Replay {
    fn differs(&mut self, name: &str, what: &str) {
        self.differences += 1;
        self.said += &format!("{name}: {what}\n");
    }

    fn case(&mut self, then: &Bundle, instance: &Instance, profile: &Profile) {
        let now = run_case(instance, profile, &mut RecordedBench::of(&then.bench, &then.recordings));
        self.judged += 1;
        if now.verdict != then.verdict {
            self.differs(&then.name, &format!("{} then, {} now{}", then.verdict, now.verdict, why(&now)));
        }
        if then.verdict == Verdict::NotApplicable {
            return;
        }
        let recordings = then.recordings.iter().collect();
        let mut bench = Driven { reference: Reference::of(profile), recordings };
        let again = run_case(instance, profile, &mut bench);
        if again.recordings.is_empty() {
            self.said += &format!("{}: no reference can be driven so{}\n", then.name, why(&again));
            return;
        }
        self.driven += 1;
        // A reference node in this process, and nothing but time between it and the tester: each octet is the same.
        let is_same_node = then.about.clock == "virtual" && REFERENCES.contains(&then.about.name.as_str());
        if is_same_node {
            if let Some(at) = first_difference(&then.recordings, &again.recordings) {
                self.differs(&then.name, &format!("the node of today differs from packet {at} on"));
            }
        } else if again.verdict != then.verdict {
            // Which is no difference of the record's, but what its reader wants to know.
            let why = why(&again);
            self.said += &format!(
                "{}: {}, where the reference gets {}{why}\n",
                then.name, then.verdict, again.verdict
            );
        }
    }
}

fn why(result: &CaseResult) -> String {
    result.reason().map_or_else(String::new, |reason| {
        format!(" ({}: expected {}; seen {})", reason.at, reason.expected, reason.seen)
    })
}

/// The reference in the place of whom a record is of: its identities, and its time.
struct Driven<'a> {
    reference: Reference,
    recordings: VecDeque<&'a Recording>,
}

impl Bench for Driven<'_> {
    fn name(&self) -> &str {
        self.reference.name()
    }

    fn setup(&mut self, wanted: &Wanted) -> Result<Setup, TransportError> {
        let none = || TransportError::Bench("the case ran less often when it was recorded".to_owned());
        setup_of(self.recordings.front().ok_or_else(none)?, wanted)
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        let started = self.recordings.pop_front().map(Recording::started).unwrap_or_default();
        self.reference.clone().starting_at(started).open(setup)
    }
}

fn suite(args: &ReplayArgs) -> Result<Suite, Failure> {
    let catalogue =
        Catalogue::load(&[requirements(args.requirements.as_deref())?]).map_err(Failure::usage)?;
    Suite::load(&args.paths, &catalogue).map_err(Failure::usage)
}

/// What is in a capture, or in the captures of a folder.
fn bundles(record: &Path) -> Result<Vec<Bundle>, Failure> {
    if !record.is_dir() {
        let octets = fs::read(record).map_err(|error| unreadable(record, &error))?;
        return Ok(vec![Bundle::read(&octets).map_err(|error| unreadable(record, &error))?]);
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(record).map_err(|error| unreadable(record, &error))? {
        paths.push(entry.map_err(|error| unreadable(record, &error))?.path());
    }
    paths.sort();
    let (mut bundles, mut without) = (Vec::new(), Vec::new());
    for path in paths.iter().filter(|path| path.extension().is_some_and(|it| it == "pcapng")) {
        let octets = fs::read(path).map_err(|error| unreadable(path, &error))?;
        match Bundle::read(&octets) {
            Ok(bundle) => bundles.push(bundle),
            // Other captures may lie there, too; or one of these that Wireshark has written anew.
            Err(BundleError::None) => without.push(path),
            Err(error) => return Err(unreadable(path, &error)),
        }
    }
    if bundles.is_empty() {
        return Err(unreadable(record, &BundleError::None));
    }
    for path in without {
        eprintln!("dmm: {}: passed over, since no bundle is in it", path.display());
    }
    Ok(bundles)
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}

/// The number of the first packet of a record that is not the same in another.
fn first_difference(then: &[Recording], now: &[Recording]) -> Option<usize> {
    let packets = |recordings: &[Recording]| -> Vec<Recorded> {
        recordings.iter().flat_map(|recording| recording.packets.clone()).collect()
    };
    let (then, now) = (packets(then), packets(now));
    let longer = then.len().max(now.len());
    (0..longer).find(|at| then.get(*at) != now.get(*at)).map(|at| at + 1)
}

/// The record of one case as its bench.
pub(super) fn record(path: &Path) -> Result<RecordedBench, Failure> {
    let octets = fs::read(path).map_err(|error| unreadable(path, &error))?;
    let name = path.display().to_string();
    match Bundle::read(&octets) {
        Ok(bundle) => Ok(RecordedBench::of(&name, &bundle.recordings)),
        Err(BundleError::None) => Ok(RecordedBench::new(&name, capture(path)?)),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// The packets of a capture that the runner wrote: each interface is a port, and who sent a packet its addresses tell.
fn capture(path: &Path) -> Result<Vec<Recorded>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| unreadable(path, error);
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
