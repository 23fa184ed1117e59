//! A record is judged as the run was, by the rules of today; what is no record of the case is none.

#[expect(dead_code, reason = "the faults are for another test")]
mod fake;
mod project;

use std::sync::Arc;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_conformance::bundle::{Bundle, BundleError};
use dmm_conformance::packet::Direction;
use dmm_conformance::recorded::{Recorded, RecordedBench, Recording};
use dmm_conformance::report::About;
use dmm_conformance::script::span::Source;
use dmm_conformance::transport::{Acted, Action, Mac, Received, Setup, Transport, TransportError};
use dmm_conformance::{Bench, CaseResult, Instance, Profile, Selection, Suite, Verdict, run};
use fake::{FakeBench, Fault};
use pretty_assertions::assert_eq;
use project::{catalogue, folder, profile, suites};

#[test]
fn every_case_is_judged_from_its_record_as_it_was() {
    let (profile, plan) = plan();
    for fault in [
        Fault::None,
        Fault::ConstantBackoff,
        Fault::AnswersTwice,
        Fault::WrongPreviousPrefix,
        Fault::NeverAnswers,
    ] {
        for instance in &plan {
            let then = run(instance, &profile, &mut FakeBench(fault));
            let now = run(instance, &profile, &mut RecordedBench::new("fake", packets(&then)));
            let reason = |result: &CaseResult| {
                result.reason().map(|it| (it.requirement.clone(), it.at.clone(), it.seen.clone()))
            };
            assert_eq!(
                (now.verdict, reason(&now)),
                (then.verdict, reason(&then)),
                "{fault:?}: {}",
                then.name
            );
            assert_eq!(packets(&now), packets(&then), "{fault:?}: {}", then.name);
        }
    }
}

#[test]
fn a_case_is_judged_from_its_capture_alone() {
    let (profile, plan) = plan();
    let about = About { clock: "wire".to_string(), timing: "full".to_string(), ..About::default() };
    for fault in [Fault::None, Fault::ConstantBackoff, Fault::WrongLength, Fault::BenchBreaks] {
        for instance in &plan {
            let then = run(instance, &profile, &mut FakeBench(fault));
            let mut capture = then.capture.clone();
            let bundle = Bundle::of(&then, instance, &profile, &about);
            bundle.attach_to(&mut capture).expect("it fits");
            let read = Bundle::read(&capture).unwrap_or_else(|error| panic!("{error}"));
            assert!(read == bundle, "{}", then.name);
            let profile = read.profile().unwrap_or_else(|errors| panic!("{errors}"));
            let instance = read.instance(&profile).unwrap_or_else(|errors| panic!("{errors}"));
            let now = run(&instance, &profile, &mut RecordedBench::of("fake", &read.recordings));
            assert_eq!(now.verdict, then.verdict, "{fault:?}: {}: {:#?}", then.name, now.findings);
            assert_eq!(now.findings, then.findings, "{fault:?}: {}", then.name);
            assert_eq!(packets(&now), packets(&then), "{fault:?}: {}", then.name);
        }
    }
    let result = run(&plan[0], &profile, &mut FakeBench(Fault::None));
    assert!(matches!(Bundle::read(&result.capture), Err(BundleError::None)));
}

#[test]
fn whatever_a_bundle_says_is_survived() {
    let (profile, plan) = plan();
    let of = |name: &str| plan.iter().find(|instance| instance.name == name).expect("a case");
    let then = run(of("cmd.ho.relay.001"), &profile, &mut FakeBench(Fault::None));
    let bundle = Bundle::of(&then, of("cmd.ho.relay.001"), &profile, &About::default());
    let wrong: [fn(&mut Recording); 6] = [
        |it| it.started_ns = u64::MAX,
        |it| it.packets.iter_mut().for_each(|packet| packet.at = Duration::from_nanos(u64::MAX)),
        |it| {
            it.setup
                .roles
                .iter_mut()
                .for_each(|role| role.pool = "2001:db8:0:ffff::/64".parse().expect("a prefix"));
        },
        |it| {
            it.setup.mobiles = std::iter::repeat_n(it.setup.mobiles[0].clone(), 300)
                .chain(it.setup.mobiles.clone())
                .collect();
        },
        |it| it.setup.mobiles.clear(),
        |it| it.waits = u32::MAX,
    ];
    for (number, wrong) in wrong.into_iter().enumerate() {
        let mut bundle = bundle.clone();
        wrong(&mut bundle.recordings[0]);
        let instance = bundle.instance(&profile).unwrap_or_else(|errors| panic!("{errors}"));
        let result = run(&instance, &profile, &mut RecordedBench::of("fake", &bundle.recordings));
        assert!(result.verdict >= Verdict::Pass, "{number}: {}", result.verdict);
    }
    for scripts in [Vec::new(), bundle.scripts[..1].to_vec()] {
        let bundle = Bundle { scripts, ..bundle.clone() };
        assert!(bundle.instance(&profile).is_err(), "what it includes is not there");
    }
}

/// A verdict on the share of runs that are good.
const OFTEN: &str = "dmm: 1
id: t.often
title: A registration is accepted nearly always
requirements: [RFC8885-R3.1.5]
iut: cmd
testers: {maar1: {role: maar}}
mobiles: [mn1]
include: [lib/common.lib.yaml]
runs: {count: 30, accept: 90%, confidence: 95%}
steps:
  - call: {proc: register, with: {mn: $mn1, maar: maar1, prefix: $maar1.prefix.mn1}}
";

#[test]
fn a_case_that_ran_often_is_judged_from_all_of_its_runs() {
    let file = |name: &str, text: String| Arc::new(Source { name: name.to_string(), text });
    let library = std::fs::read_to_string(folder("suites/lib/common.lib.yaml")).expect("a file");
    let library = file("lib/common.lib.yaml", library);
    let script = file("often.test.yaml", OFTEN.to_string());
    let suite = Suite::parse(&[script], catalogue(), &mut |_| Ok(Arc::clone(&library)));
    let suite = suite.unwrap_or_else(|errors| panic!("{errors}"));
    let (profile, _) = plan();
    let plan = suite.plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let about = About { timing: "full".to_string(), ..About::default() };
    for (fault, verdict) in [(Fault::None, Verdict::Pass), (Fault::NeverAnswers, Verdict::Fail)] {
        let then = run(&plan[0], &profile, &mut FakeBench(fault));
        let bundle = Bundle::of(&then, &plan[0], &profile, &about);
        assert_eq!((then.verdict, bundle.recordings.len(), bundle.scripts.len()), (verdict, 30, 2));
        let instance = bundle.instance(&profile).unwrap_or_else(|errors| panic!("{errors}"));
        let now = run(&instance, &profile, &mut RecordedBench::of("fake", &bundle.recordings));
        assert_eq!((now.verdict, &now.measured), (verdict, &then.measured));
    }
}

#[test]
fn a_record_that_was_tampered_with_is_judged_as_it_is() {
    let (profile, plan) = plan();
    let instance = plan.iter().find(|instance| instance.name == "cmd.reg.001").expect("a case");
    let mut packets = packets(&run(instance, &profile, &mut FakeBench(Fault::None)));
    *packets[1].frame.last_mut().expect("octets") ^= 1;
    let result = run(instance, &profile, &mut RecordedBench::new("fake", packets));
    assert_eq!(result.verdict, Verdict::Fail, "the checksum is wrong: {:#?}", result.findings);
}

#[test]
fn the_record_of_another_case_is_an_error_of_the_bench() {
    let (profile, plan) = plan();
    let of = |name: &str| plan.iter().find(|instance| instance.name == name).expect("a case");
    let record = |name: &str| packets(&run(of(name), &profile, &mut FakeBench(Fault::None)));
    for (case, record) in [("cmd.reg.001", record("cmd.seq.002")), ("cmd.reg.001", Vec::new())] {
        let result = run(of(case), &profile, &mut RecordedBench::new("fake", record));
        assert_eq!(result.verdict, Verdict::Error, "{:#?}", result.findings);
    }
}

/// A wire on which somebody interrupts the run while the case waits.
struct Interrupted(Box<dyn Transport>, bool);

impl Transport for Interrupted {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn send(&mut self, port: &str, frame: &[u8]) -> Result<(), TransportError> {
        self.0.send(port, frame)
    }

    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError> {
        if std::mem::take(&mut self.1) { Err(TransportError::Interrupted) } else { self.0.receive(deadline) }
    }

    fn act(&mut self, action: &Action) -> Result<Acted, TransportError> {
        self.0.act(action)
    }

    fn peer_mac(&self, port: &str) -> Mac {
        self.0.peer_mac(port)
    }
}

struct InterruptedBench(FakeBench);

impl Bench for InterruptedBench {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        Ok(Box::new(Interrupted(self.0.open(setup)?, true)))
    }
}

#[test]
fn a_case_that_is_interrupted_is_not_judged_and_cleans_up() {
    let (profile, plan) = plan();
    let instance = plan.iter().find(|instance| instance.name == "cmd.reg.001").expect("a case");
    let result = run(instance, &profile, &mut InterruptedBench(FakeBench(Fault::None)));
    let reason = result.reason().map(|reason| reason.seen.as_str());
    assert_eq!((result.verdict, reason), (Verdict::Error, Some("the run was interrupted")));
    let sent: Vec<_> = result.packets.iter().filter(|it| it.direction == Direction::Sent).collect();
    assert_eq!(sent.len(), 2, "the registration, and its end: {sent:#?}");
}

fn packets(result: &CaseResult) -> Vec<Recorded> {
    let packets = result.packets.iter().map(|packet| Recorded {
        at: packet.at,
        port: packet.port.clone(),
        direction: Some(packet.direction),
        frame: packet.frame.clone(),
    });
    packets.collect()
}

fn plan() -> (Profile, Vec<Instance>) {
    let profile = profile();
    let plan = suites().plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let of_it = plan.into_iter().filter(|instance| instance.not_applicable.is_none());
    (profile, of_it.collect())
}
