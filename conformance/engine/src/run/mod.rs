//! Runs one instance: opens the bench, does the steps, judges, and keeps what was seen.

mod auto;
mod check;
mod expect;
mod outcome;
mod packet;
mod repeat;
mod resolve;
mod send;
mod series;
mod step;
mod wire;

pub(crate) use self::outcome::OUTCOMES;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::evidence;
use crate::identity;
use crate::packet::{Direction, Logged};
use crate::profile::Profile;
use crate::record::{Snippet, Timing};
use crate::recorded::Recorder;
use crate::result::CaseResult;
use crate::script::model::Step;
use crate::script::plan::Instance;
use crate::script::span::{LoadError, Span};
use crate::script::value::Value;
use crate::transport::{Address, Bench, Role, Setup, Transport, TransportError, Wanted};
use crate::verdict::{Finding, Level, Verdict, worst};
use dmm_codec::Instant;

/// Runs one instance against a bench, as often as its case says.
pub fn run(instance: &Instance, profile: &Profile, bench: &mut dyn Bench) -> CaseResult {
    let mut result = match &instance.case.runs {
        Some(runs) => repeat::repeat(instance, runs, profile, bench),
        None => once(instance, profile, bench),
    };
    profile.waivers.iter().for_each(|waiver| waiver.apply(&mut result));
    result
}

fn once(instance: &Instance, profile: &Profile, bench: &mut dyn Bench) -> CaseResult {
    let case = &instance.case;
    let mut result = CaseResult {
        name: instance.name.clone(),
        title: case.title.clone(),
        purpose: case.purpose.trim().to_string(),
        tags: case.tags.clone(),
        at: case.id.span.to_string(),
        iut: profile.name.clone(),
        bench: bench.name().to_string(),
        verdict: Verdict::NotApplicable,
        findings: Vec::new(),
        reason: None,
        not_applicable: instance.not_applicable.clone(),
        waiver: None,
        unclean: false,
        requirements: case.requirements.iter().map(|requirement| requirement.value.clone()).collect(),
        judged: Vec::new(),
        measured: Vec::new(),
        stations: Vec::new(),
        packets: Vec::new(),
        timings: Vec::new(),
        duration: Duration::ZERO,
        capture: Vec::new(),
        recordings: Vec::new(),
    };
    if result.not_applicable.is_some() {
        return result;
    }
    let opened = wanted(instance, profile).and_then(|wanted| {
        let setup = bench.setup(&wanted).map_err(|error| error.to_string())?;
        let transport = bench.open(&setup).map_err(|error| error.to_string())?;
        Ok((setup, transport))
    });
    let (setup, transport) = match opened {
        Ok(opened) => opened,
        Err(why) => {
            let at = result.at.clone();
            result.findings.push(fault(at, "open the bench", "a bench for the case", why));
            (result.verdict, result.reason) = worst(&result.findings);
            return result;
        }
    };
    let (recorder, record) = Recorder::new(&setup, transport);
    let mut running = Running::new(instance, profile, setup, Box::new(recorder));
    running.all();
    let mut result = running.finish(result);
    result.recordings = vec![Rc::unwrap_or_clone(record).into_inner()];
    result
}

/// The roles, addresses and mobile nodes of an instance, where the bench has none of its own.
pub fn setup(instance: &Instance, profile: &Profile) -> Result<Setup, String> {
    wanted(instance, profile)?.fresh()
}

fn wanted(instance: &Instance, profile: &Profile) -> Result<Wanted, String> {
    let case = &instance.case;
    let mut roles: Vec<(String, Role)> = Vec::new();
    for tester in &case.testers {
        match &tester.count {
            None => roles.push((tester.name.value.clone(), tester.role)),
            Some(node) => {
                let text = node.text().and_then(|text| text.strip_prefix('$'));
                let value = match text {
                    Some(name) => instance.static_value(profile, name),
                    None => Some(Value::literal(node)),
                };
                let count =
                    value.and_then(|value| value.int().ok()).and_then(|count| usize::try_from(count).ok());
                let count = count.filter(|count| (1..=identity::MOST).contains(count)).ok_or_else(|| {
                    format!("{}: `count` must be a number from 1 to {}", node.span, identity::MOST)
                })?;
                roles.extend((0..count).map(|i| (format!("{}.{i}", tester.name.value), tester.role)));
            }
        }
    }
    let role = case.iut.or(profile.roles.first().copied()).unwrap_or(Role::Cmd);
    let mobiles: Vec<String> = case.mobiles.iter().map(|mobile| mobile.value.clone()).collect();
    Ok(Wanted { index: instance.index, iut: Address { role, addr: profile.addr }, roles, mobiles })
}

/// The tester or the bench is at fault.
fn fault(at: String, step: &str, expected: &str, seen: String) -> Finding {
    Finding {
        verdict: Verdict::Error,
        level: Level::Must,
        requirement: None,
        at,
        step: step.to_string(),
        packet: None,
        expected: expected.to_string(),
        seen,
        script: Vec::new(),
    }
}

/// Why the steps do not go on.
enum Stop {
    /// Something was judged, and it is in the findings.
    Judged,
    /// The tester, the script or the bench is at fault.
    Broken { at: String, why: String },
    /// The bench cannot do what the case needs.
    NotApplicable(String),
    /// Somebody wants the run to end.
    Interrupted { at: String },
}

type Done<T = ()> = Result<T, Stop>;

impl From<LoadError> for Stop {
    fn from(error: LoadError) -> Self {
        Self::Broken { at: error.span.to_string(), why: error.what }
    }
}

/// Which part of the case is being done; it decides what a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Preamble,
    Stimulus,
    Steps,
    Postamble,
}

/// A case while it runs.
struct Running<'a> {
    instance: &'a Instance,
    profile: &'a Profile,
    setup: Setup,
    transport: Box<dyn Transport>,
    started: Instant,
    phase: Phase,
    log: Vec<Logged>,
    /// Where in the log the phase began: earlier packets are not looked at by its steps.
    mark: usize,
    labels: BTreeMap<String, Vec<usize>>,
    /// The latest that the bench's clock has said.
    latest: Instant,
    /// How many steps were done.
    steps_done: usize,
    /// Labels of messages that did not come, where that was no reason to stop.
    missed: BTreeSet<String>,
    /// Whether a step asked for one of those, and so cannot be done.
    asked_for_missed: Cell<bool>,
    /// Arguments of procedures and templates, the innermost last.
    scopes: Vec<BTreeMap<String, Value>>,
    /// Steps that are being done, the outermost first; with what they say for those within them.
    calls: Vec<Context>,
    autos: auto::Autos,
    sequence: BTreeMap<String, u16>,
    last_timestamp: u64,
    findings: Vec<Finding>,
    measured: Vec<String>,
    judged: BTreeSet<String>,
    timings: Vec<Timing>,
    unclean: bool,
    not_applicable: Option<String>,
}

/// What a step says for itself and for the steps within it.
#[derive(Clone, Debug, Default)]
struct Context {
    at: String,
    span: Option<Span>,
    step: String,
    level: Option<Level>,
    requirement: Option<String>,
}

impl<'a> Running<'a> {
    fn new(
        instance: &'a Instance,
        profile: &'a Profile,
        setup: Setup,
        transport: Box<dyn Transport>,
    ) -> Self {
        Self {
            instance,
            profile,
            started: transport.now(),
            latest: transport.now(),
            setup,
            transport,
            phase: Phase::Preamble,
            log: Vec::new(),
            mark: 0,
            labels: BTreeMap::new(),
            steps_done: 0,
            missed: BTreeSet::new(),
            asked_for_missed: Cell::new(false),
            scopes: Vec::new(),
            calls: Vec::new(),
            autos: auto::Autos::default(),
            sequence: BTreeMap::new(),
            last_timestamp: 0,
            findings: Vec::new(),
            measured: Vec::new(),
            judged: BTreeSet::new(),
            timings: Vec::new(),
            unclean: false,
            not_applicable: None,
        }
    }

    /// The first failure ends preamble or steps; the postamble is done in any case but a broken bench.
    fn all(&mut self) {
        let case = &self.instance.case;
        let mut broken = false;
        let phases = [
            (Phase::Preamble, &case.preamble),
            (Phase::Stimulus, &case.stimulus),
            (Phase::Steps, &case.steps),
        ];
        for (phase, steps) in phases {
            match self.phase(phase, steps) {
                Ok(()) => {}
                Err(Stop::Broken { .. }) => broken = true,
                Err(_) => {}
            }
            if broken || self.not_applicable.is_some() || self.is_over() {
                break;
            }
        }
        if !broken {
            let _ = self.phase(Phase::Postamble, &case.postamble);
        }
    }

    /// Whether a step has failed. What is wrong with a packet by itself fails the case, too, but does not keep the steps from finding
    /// out what else is: a stack that aligns its options wrongly is still judged by what it does.
    fn is_over(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_of_a_step() && finding.verdict > Verdict::Warn)
    }

    fn phase(&mut self, phase: Phase, steps: &[Step]) -> Done {
        // What the stimulus brought about is what the steps look at.
        if phase != Phase::Steps || self.instance.case.stimulus.is_empty() {
            self.mark = self.log.len();
        }
        self.phase = phase;
        self.scopes.clear();
        self.calls.clear();
        let mut done = self.steps(steps);
        if phase == Phase::Steps && done.is_ok() {
            done = self.unexpected();
        }
        match &done {
            Err(Stop::Broken { at, why }) => {
                let step = self.calls.last().map(|context| context.step.clone()).unwrap_or_default();
                let script = self.script();
                let finding = fault(at.clone(), &step, "a step that can be done", why.clone());
                self.findings.push(Finding { script, ..finding });
            }
            Err(Stop::NotApplicable(why)) => self.not_applicable = Some(why.clone()),
            Err(Stop::Interrupted { at }) => {
                let seen = TransportError::Interrupted.to_string();
                self.findings.push(fault(at.clone(), "the run", "a case that comes to its end", seen));
            }
            _ => {}
        }
        done
    }

    /// Messages since the steps began that none of them asked for, and that no role answered by itself.
    fn unexpected(&mut self) -> Done {
        let verdict = self.instance.case.unexpected;
        if verdict == Verdict::Info {
            return Ok(());
        }
        for packet in self.mark..self.log.len() {
            let logged = &self.log[packet];
            let asked_for =
                logged.direction == Direction::Sent || logged.claimed || self.answers(&logged.port);
            if let (false, Some((_, view))) = (asked_for, logged.mobility()) {
                let name = view.spec().map_or("Mobility Header", |spec| spec.name);
                let seen = format!("a {name} at {}", logged.port);
                let expected = "no message but those that the steps ask for".to_string();
                self.judge_as(verdict, Some(packet), expected, seen)?;
            }
        }
        Ok(())
    }

    /// Writes down that something was not as expected. A failure stops the phase.
    fn judge(&mut self, packet: Option<usize>, expected: String, seen: String) -> Done {
        let verdict = self.level().verdict();
        self.judge_as(verdict, packet, expected, seen)
    }

    /// The same with a verdict of its own, which the phase can soften.
    fn judge_as(&mut self, verdict: Verdict, packet: Option<usize>, expected: String, seen: String) -> Done {
        let verdict = match self.phase {
            Phase::Steps => verdict,
            // What had to be there for a judgement was not.
            Phase::Preamble | Phase::Stimulus => verdict.min(Verdict::Inconclusive),
            // The verdict stays; the case is flagged.
            Phase::Postamble => {
                self.unclean |= verdict > Verdict::Info;
                Verdict::Info
            }
        };
        let context = self.calls.last().cloned().unwrap_or_default();
        let requirement = Some(self.requirement());
        if let Some(packet) = packet {
            self.comment(packet, &format!("{verdict}: expected {expected}, seen {seen}"));
        }
        let packet = packet.map(|packet| packet + 1);
        let Context { at, step, .. } = context;
        let (level, script) = (self.level(), self.script());
        self.findings.push(Finding { verdict, level, requirement, at, step, packet, expected, seen, script });
        if verdict > Verdict::Warn || self.phase == Phase::Postamble { Err(Stop::Judged) } else { Ok(()) }
    }

    /// The lines of the step, and of the calls around it.
    fn script(&self) -> Vec<Snippet> {
        let spans = self.calls.iter().rev().filter_map(|context| context.span.as_ref());
        spans.map(Span::snippet).collect()
    }

    /// The level of the step, of the call around it, of the row, or MUST.
    fn level(&self) -> Level {
        let own = self.calls.iter().rev().find_map(|context| context.level);
        own.or_else(|| self.instance.row()?.level).unwrap_or_default()
    }

    /// The requirement of the step, of the call around it, of the row, or the first of the case.
    fn requirement(&self) -> String {
        let own = self.calls.iter().rev().find_map(|context| context.requirement.clone());
        let row = || Some(self.instance.row()?.req.as_ref()?.value.clone());
        let first = || self.instance.case.requirements.first().map(|requirement| requirement.value.clone());
        own.or_else(row).or_else(first).unwrap_or_default()
    }

    /// `file:line`, `verb label` and requirement, as packet comments begin.
    fn here(&self) -> String {
        let context = self.calls.last().cloned().unwrap_or_default();
        format!("{} {} [{}]", context.at, context.step, self.requirement())
    }

    fn comment(&mut self, packet: usize, text: &str) {
        let text = format!("{}: {text}", self.here());
        let step = self.calls.last().map(|context| context.step.clone());
        if let Some(logged) = self.log.get_mut(packet) {
            logged.step = logged.step.take().or(step);
            logged.comments.push(text);
        }
    }

    fn finish(self, mut result: CaseResult) -> CaseResult {
        (result.verdict, result.reason) = worst(&self.findings);
        if let (Some(why), Verdict::Pass) = (self.not_applicable, result.verdict) {
            (result.verdict, result.not_applicable) = (Verdict::NotApplicable, Some(why));
        }
        let informative = self.instance.row().is_some_and(|row| row.level == Some(Level::Info));
        if result.verdict == Verdict::Pass && informative {
            result.verdict = Verdict::Info;
        }
        result.findings = self.findings;
        result.measured = self.measured;
        result.unclean = self.unclean;
        result.judged = self.judged.into_iter().collect();
        result.timings = self.timings;
        result.stations = evidence::stations(&self.setup, &result.iut, &self.log);
        result.packets = self.log.iter().map(|logged| evidence::record(logged, self.started)).collect();
        result.duration = self.transport.now().since(self.started);
        match evidence::capture(&result, &self.setup, &self.log) {
            Ok(capture) => result.capture = capture,
            Err(error) => {
                // Missing evidence is an error, never a failure.
                let at = result.at.clone();
                result.findings.push(fault(
                    at,
                    "write the capture",
                    "a capture of the case",
                    error.to_string(),
                ));
                (result.verdict, result.reason) = worst(&result.findings);
            }
        }
        result
    }
}
