//! `dmm lint`: the rules for every packet over any capture, of whoever's exchange. The tester has no part in it; the rules
//! are those of the runner, and what several messages break together.

mod report;

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use dmm_captures::{CaptureReader, Packet};
use dmm_codec::MessageView;
use dmm_codec::packet::{HOP_LIMIT, MOBILITY_HEADER};
use dmm_conformance::judge::passive;
use dmm_conformance::judge::stream::Stream;
use dmm_conformance::packet::Parsed;
use dmm_conformance::{Catalogue, Verdict};

use self::report::{Place, Report, Spotted};
use crate::decode::layers::{Carried, through_link};
use crate::{Exit, Failure, print, project_path};

/// What `dmm lint --help` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  dmm lint captures/demo.pcapng
  dmm lint --json trace.pcap | jq '.findings[] | select(.verdict == \"FAIL\")'

What nobody measured for a capture, the jitter of timers and ways, is forgiven: 10 % early, 15 % late, 20 ms.

Exit codes: 0 nothing is against a requirement, 1 something is, 2 the capture cannot be read, 5 nothing in it could be
judged.";

/// `dmm lint`.
#[derive(Args)]
pub struct LintArgs {
    /// A capture, pcapng or pcap.
    capture: PathBuf,
    /// One JSON object.
    #[arg(long)]
    json: bool,
    /// What is only questionable counts as wrong.
    #[arg(long)]
    strict: bool,
    /// The requirement catalogue.
    #[arg(long)]
    requirements: Option<PathBuf>,
}

/// Judges a capture.
pub fn run(args: &LintArgs) -> Result<Exit, Failure> {
    let requirements = match &args.requirements {
        Some(path) => path.clone(),
        None => project_path("conformance/requirements")?,
    };
    let catalogue = Catalogue::load(&[requirements]).map_err(Failure::usage)?;
    let name = args.capture.display().to_string();
    let failed = |error: &dyn std::error::Error| {
        let source = error.source().map(|source| format!(": {source}"));
        Failure::usage(format!("{name}: {error}{}", source.unwrap_or_default()))
    };
    let file = File::open(&args.capture).map_err(|error| failed(&error))?;
    let mut judge =
        Judge { catalogue: &catalogue, stream: Stream::default(), report: Report::new(&name, args.strict) };
    for packet in CaptureReader::new(file).map_err(|error| failed(&error))? {
        match packet {
            Ok(packet) => judge.packet(&packet),
            // What could be read is judged and told before what could not be.
            Err(error) => {
                say(args, &judge.report.closed())?;
                return Err(failed(&error));
            }
        }
    }
    let report = judge.report.closed();
    say(args, &report)?;
    Ok(report.exit())
}

fn say(args: &LintArgs, report: &Report) -> Result<Exit, Failure> {
    if args.json {
        print(&(serde_json::to_string_pretty(report).map_err(Failure::bench)? + "\n"))
    } else {
        print(&report.to_string())
    }
}

struct Judge<'a> {
    catalogue: &'a Catalogue,
    stream: Stream,
    report: Report,
}

impl Judge<'_> {
    fn packet(&mut self, packet: &Packet) {
        let Some(way) = through_link(packet.linktype, &packet.octets) else {
            self.report.unknown_links += 1;
            return;
        };
        let (octets, (src, dst)) = match way.carried {
            Carried::Message { octets, is_whole: true, summed: Some(ends) } => (octets, ends),
            Carried::Message { .. } => {
                self.report.cut_short += 1;
                return;
            }
            Carried::Hidden(_) => {
                self.report.hidden += 1;
                return;
            }
            Carried::Other => return,
        };
        self.report.messages += 1;
        let parsed =
            Parsed { src, dst, hop_limit: HOP_LIMIT, next_header: MOBILITY_HEADER, payload: octets.to_vec() };
        let view = MessageView::new(octets).ok();
        let message = view.and_then(|view| view.spec()).map_or("message", |spec| spec.name);
        let place = Place::new(packet, src, dst, message);
        for it in passive::judge(&parsed) {
            let requirement = self.catalogue.invariant(it.rule, &it.name);
            self.report.add(Spotted::new(&place, it.rule, it.verdict, requirement, it.expected, it.seen));
        }
        // A message that no receiver reads is no sending.
        let Ok(view) = MessageView::received(octets, src, dst) else { return };
        for it in self.stream.note(packet.at, src, dst, &view) {
            let requirement = self.catalogue.get(it.requirement);
            self.report.add(Spotted::new(&place, it.rule, it.verdict, requirement, it.expected, it.seen));
        }
    }
}

/// Whether a verdict makes a capture one that falls short.
fn counts(verdict: Verdict, strict: bool) -> bool {
    verdict >= Verdict::Fail || (strict && verdict == Verdict::Warn)
}
