//! Timing verdicts hold up: what conforms passes each time however it jitters, what does not fails each time, and a tester
//! that lies about time, or does not look, is found out by the tests of the tester.

#[allow(dead_code, reason = "the other tests use the rest")]
mod fake;
#[allow(dead_code, reason = "the other tests use the rest")]
mod project;
#[allow(dead_code, reason = "the other tests use the rest")]
mod puppet;

use std::sync::Arc;
use std::time::Duration;

use dmm_conformance::script::model::Verb;
use dmm_conformance::script::span::Source;
use dmm_conformance::{CaseResult, Clock, Selection, Suite, Verdict, run};
use fake::{FakeBench, Fault};
use project::{catalogue, profile, suites};
use puppet::{Lie, PuppetBench, Sends};

const BACKOFF: &str = "
dmm: 1
id: t.1
title: backoff
requirements: [RFC8885-R3.6.3]
iut: cmd
testers: {peer: {role: maar}}
mobiles: [mn1]
steps:
  - expect_series:
      to: peer
      msg: pbu
      first_within: 1s
      intervals:
        backoff: {initial: 1s, factor: 2, max: 32s}
        tolerance: {early: $env.early, late: $env.late, abs: $env.jitter}
      count: 8
      after_max: stop_or_continue
      each: [{field: seq, rule: increasing_mod_65536}, {field: options.timestamp, rule: increasing}]
  - check: {rate: {to: peer, msg: pbu, max: 3, per: 1s}}
";
const RATE: &str = "
dmm: 1
id: t.1
title: rate
requirements: [RFC8885-R3.6.5]
iut: cmd
testers: {peer: {role: maar}}
mobiles: [mn1]
steps:
  - wait: 3s
  - check: {rate: {to: peer, msg: pbu, max: 3, per: 1s}}
";
const PACING: &str = "
dmm: 1
id: t.1
title: pacing
requirements: [RFC8885-R3.2.20]
iut: cmd
testers: {peer: {role: maar, count: 8}}
mobiles: [mn1]
steps:
  - expect_all: {as: burst, to: peer, msg: pbu, within: 5s}
  - check: {token_bucket: {of: burst, rate: 100/s, burst: 1, slack: $env.jitter}}
";

#[test]
fn what_conforms_passes_100_times_of_100_with_a_tenth_of_jitter() {
    let mut chance = Chance(1);
    for round in 0..100 {
        // A tenth of each interval either way, and what the way adds.
        let intervals = [1, 2, 4, 8, 16, 32, 32].map(|seconds| {
            let tenth = f64::from(seconds) * 0.1;
            Duration::from_secs_f64(
                f64::from(seconds) + chance.between(-tenth, tenth) + chance.between(0.0, 0.01),
            )
        });
        let result = judged(BACKOFF, PuppetBench::new(Sends::Pbus(times(&intervals))));
        assert_eq!(result.verdict, Verdict::Pass, "{round}: {intervals:?}: {:#?}", result.findings);
        let paced: Vec<_> = (0..8)
            .map(|number| Duration::from_secs_f64(0.011 * f64::from(number) + chance.between(0.0, 0.01)))
            .collect();
        let result = judged(PACING, PuppetBench::new(Sends::Copies(paced)));
        assert_eq!(result.verdict, Verdict::Pass, "{round}: {:#?}", result.findings);
        let thrice: Vec<_> = (0..6)
            .map(|number| Duration::from_secs_f64(0.4 * f64::from(number) + chance.between(0.0, 0.02)))
            .collect();
        let result = judged(RATE, PuppetBench::new(Sends::Pbus(thrice)));
        assert_eq!(result.verdict, Verdict::Pass, "{round}: {:#?}", result.findings);
    }
}

#[test]
fn what_does_not_conform_fails_100_times_of_100() {
    let mut chance = Chance(2);
    let wrong: [Wrong; 5] = [
        ("a constant interval", |_| 1.0),
        ("linear growth", |number| 1.0 + f64::from(number)),
        ("a factor of 1.5", |number| 1.5_f64.powi(number)),
        ("a factor of 3", |number| 3.0_f64.powi(number).min(32.0)),
        ("a cap of 64 s", |number| 2.0_f64.powi(number).min(64.0)),
    ];
    for (what, interval) in wrong {
        for round in 0..100 {
            // A timer of a hundredth, and what the way adds.
            let intervals: Vec<_> = (0..7)
                .map(|number| {
                    Duration::from_secs_f64(
                        interval(number) * chance.between(0.99, 1.01) + chance.between(0.0, 0.01),
                    )
                })
                .collect();
            let result = judged(BACKOFF, PuppetBench::new(Sends::Pbus(times(&intervals))));
            assert_eq!(
                result.verdict,
                Verdict::Fail,
                "{what}, {round}: {intervals:?}: {:#?}",
                result.findings
            );
        }
    }
    for round in 0..100 {
        let four: Vec<_> = (0..8)
            .map(|number| Duration::from_secs_f64(0.25 * f64::from(number) + chance.between(0.0, 0.01)))
            .collect();
        let result = judged(RATE, PuppetBench::new(Sends::Pbus(four)));
        assert_eq!(result.verdict, Verdict::Fail, "4 a second, {round}: {:#?}", result.findings);
        let burst: Vec<_> =
            (0..8).map(|_| Duration::from_secs_f64(0.1 + chance.between(0.0, 0.002))).collect();
        let result = judged(PACING, PuppetBench::new(Sends::Copies(burst)));
        assert_eq!(result.verdict, Verdict::Fail, "a burst of 8, {round}: {:#?}", result.findings);
    }
}

#[test]
fn a_tester_that_lies_about_time_is_found_out() {
    let right = times(&[1, 2, 4, 8, 16, 32, 32].map(Duration::from_secs));
    let lying = |lie| judged(BACKOFF, PuppetBench { lie, ..PuppetBench::new(Sends::Pbus(right.clone())) });
    assert_eq!(lying(Lie::None).verdict, Verdict::Pass);
    // What is right by any clock but this one fails: so the tests of the tester do.
    assert_eq!(lying(Lie::Slow).verdict, Verdict::Fail);
    for (lie, says) in [(Lie::Ahead, "has not come yet"), (Lie::Back, "went back")] {
        let result = lying(lie);
        assert_eq!(result.verdict, Verdict::Error, "{lie:?}: {:#?}", result.findings);
        assert!(
            result.reason().is_some_and(|reason| reason.seen.contains(says)),
            "{lie:?}: {:#?}",
            result.findings
        );
    }
}

#[test]
fn a_tester_that_ignores_expect_none_is_found_out() {
    // Each of these is a fault that the tests of the engine want to see found by this case.
    for (fault, name) in [
        (Fault::AnswersTwice, "cmd.reg.001"),
        (Fault::AnswersBeforeThePMaar, "cmd.ho.relay.001"),
        (Fault::TimerNotStopped, "cmd.ho.relay.001"),
        (Fault::OnePbaEach, "cmd.ho.relay.002"),
        (Fault::DuplicateStartsAnother, "cmd.ho.relay.003"),
    ] {
        let profile = profile();
        let selection = Selection { names: vec![name.to_string()], ..Selection::default() };
        let mut instance =
            suites().plan(&profile, &selection).unwrap_or_else(|errors| panic!("{errors}")).remove(0);
        let seen = run(&instance, &profile, &mut FakeBench(fault)).verdict;
        assert!(seen > Verdict::Info, "{fault:?} is found by {name}: {seen}");
        let case = Arc::make_mut(&mut instance.case);
        case.steps.retain(|step| !matches!(step.verb, Verb::ExpectNone(_)));
        let blind = run(&instance, &profile, &mut FakeBench(fault));
        let is_missed = blind.verdict == Verdict::Pass
            || blind.reason().map(|it| it.step.as_str()) != Some("expect_none pba");
        assert!(is_missed, "{fault:?} is found by {name} without looking: {:#?}", blind.findings);
    }
}

fn judged(script: &str, mut bench: PuppetBench) -> CaseResult {
    let source = Arc::new(Source { name: "t.test.yaml".to_string(), text: script.to_string() });
    let suite = Suite::parse(&[source], catalogue(), &mut |_| unreachable!("nothing is included"));
    let suite = suite.unwrap_or_else(|errors| panic!("{errors}"));
    let profile = profile();
    let plan = suite.plan(&profile, &Selection { clock: Clock::REAL, ..Selection::default() });
    run(&plan.unwrap_or_else(|errors| panic!("{errors}"))[0], &profile, &mut bench)
}

/// What is wrong with a backoff, and its intervals in seconds.
type Wrong = (&'static str, fn(i32) -> f64);

/// When each message leaves, the first at once.
fn times(intervals: &[Duration]) -> Vec<Duration> {
    let mut at = Duration::ZERO;
    std::iter::once(at)
        .chain(intervals.iter().map(|interval| {
            at += *interval;
            at
        }))
        .collect()
}

/// Numbers that are the same in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are left")]
        let share = (self.0 >> 11) as f64 / (1_u64 << 53) as f64;
        low + share * (high - low)
    }
}
