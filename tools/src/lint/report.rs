//! What `dmm lint` says: three lines for each thing that is wrong, and last what was judged and what was not.

use std::fmt;
use std::net::Ipv6Addr;

use dmm_captures::Packet;
use dmm_conformance::Verdict;
use dmm_conformance::report::counted;
use dmm_conformance::requirement::Requirement;
use serde::Serialize;

use super::counts;
use crate::Exit;
use crate::decode::utc;

/// Version of the JSON object's layout.
const VERSION: u32 = 1;

/// What was found in a capture.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    dmm_lint: u32,
    capture: String,
    strict: bool,
    exit_code: u8,
    /// Mobility Headers that were judged.
    pub(super) messages: u64,
    /// Packets with less of a Mobility Header than was sent.
    pub(super) cut_short: u64,
    /// Packets that may hide one: within ESP, behind AH, in fragments.
    pub(super) hidden: u64,
    /// Packets of a link type that is not known.
    pub(super) unknown_links: u64,
    findings: Vec<Spotted>,
}

/// Where a message was seen.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Place {
    frame: u64,
    time: String,
    src: Ipv6Addr,
    dst: Ipv6Addr,
    message: String,
}

impl Place {
    pub(super) fn new(packet: &Packet, src: Ipv6Addr, dst: Ipv6Addr, message: &str) -> Self {
        Self { frame: packet.number, time: utc(packet.at), src, dst, message: message.to_owned() }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Spotted {
    verdict: Verdict,
    rule: &'static str,
    requirement: Option<String>,
    section: Option<String>,
    sentence: Option<String>,
    #[serde(flatten)]
    place: Place,
    expected: String,
    seen: String,
}

impl Spotted {
    pub(super) fn new(
        place: &Place,
        rule: &'static str,
        verdict: Verdict,
        requirement: Option<&Requirement>,
        expected: String,
        seen: String,
    ) -> Self {
        Self {
            verdict,
            rule,
            requirement: requirement.map(|it| it.id.clone()),
            section: requirement.map(|it| it.section.clone()),
            sentence: requirement.map(|it| it.sentence.clone()),
            place: place.clone(),
            expected,
            seen,
        }
    }
}

impl Report {
    pub(super) fn new(capture: &str, strict: bool) -> Self {
        Self {
            dmm_lint: VERSION,
            capture: capture.to_owned(),
            strict,
            exit_code: NOTHING.0,
            messages: 0,
            cut_short: 0,
            hidden: 0,
            unknown_links: 0,
            findings: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, spotted: Spotted) {
        self.findings.push(spotted);
    }

    /// A capture without messages has proven nothing.
    pub(super) fn exit(&self) -> Exit {
        match self.messages {
            0 => NOTHING,
            _ if self.findings.iter().any(|it| counts(it.verdict, self.strict)) => Exit::FELL_SHORT,
            _ => Exit::OK,
        }
    }

    /// With the exit code in it.
    pub(super) fn closed(mut self) -> Self {
        self.exit_code = self.exit().0;
        self
    }
}

/// Nothing was judged.
const NOTHING: Exit = Exit(5);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Spotted { verdict, rule, requirement, sentence, place, expected, seen, .. } in &self.findings {
            let id = requirement.as_deref().unwrap_or(rule);
            let sentence = sentence.as_deref().unwrap_or("no requirement of the catalogue");
            let Place { frame, time, src, dst, message } = place;
            writeln!(f, "{verdict}  frame {frame}  {id}: {sentence}")?;
            writeln!(f, "    {time}  {src} → {dst}  {}", message.to_uppercase())?;
            writeln!(f, "    expected {expected}; seen {seen}\n")?;
        }
        let count = |verdict| self.findings.iter().filter(|it| it.verdict == verdict).count();
        let (failed, warned) = (count(Verdict::Fail), count(Verdict::Warn));
        write!(
            f,
            "{}: {} judged, {} against a requirement, {} questionable",
            self.capture,
            counted(self.messages, "message"),
            counted(failed, "time"),
            counted(warned, "time")
        )?;
        let Self { cut_short, hidden, unknown_links, .. } = self;
        if cut_short + hidden + unknown_links > 0 {
            write!(
                f,
                "; not judged: {cut_short} cut short, {hidden} hidden, {unknown_links} of an unknown link type"
            )?;
        }
        writeln!(f)
    }
}
