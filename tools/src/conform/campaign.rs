//! Runs a plan on several threads. Cases share nothing but the profile and the bench's stations, and results stand in the order
//! of the plan, so on virtual time a report is the same to the octet however many threads made it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use dmm_conformance::run::run as run_case;
use dmm_conformance::{CaseResult, Instance, Profile};

use super::MakeBench;
use super::progress::Progress;

/// How many cases run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lanes {
    /// As many as there are processors. On virtual time none disturbs another's clock, so those that are `exclusive` need not
    /// wait.
    Virtual,
    /// One on virtual time, since there can be no two of what is tested.
    Single,
    /// So many, and then those that are `exclusive` one by one.
    Wire(usize),
}

/// Every case of the plan.
pub(super) fn run(
    plan: &[Instance],
    profile: &Profile,
    lanes: Lanes,
    benches: &MakeBench<'_>,
) -> Vec<CaseResult> {
    let progress = Mutex::new(Progress::new(plan.len()));
    let done: Mutex<Vec<(usize, CaseResult)>> = Mutex::new(Vec::with_capacity(plan.len()));
    let waits = |instance: &Instance| matches!(lanes, Lanes::Wire(_)) && instance.case.exclusive;
    let (alone, together): (Vec<_>, Vec<_>) =
        plan.iter().enumerate().partition(|(_, instance)| waits(instance));
    let threads = match lanes {
        Lanes::Single => 1,
        Lanes::Virtual => thread::available_parallelism().map_or(1, usize::from),
        Lanes::Wire(jobs) => jobs,
    };
    pass(&together, profile, threads, benches, &progress, &done);
    pass(&alone, profile, 1, benches, &progress, &done);
    locked(&progress).clear();
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn pass(
    plan: &[(usize, &Instance)],
    profile: &Profile,
    threads: usize,
    benches: &MakeBench<'_>,
    progress: &Mutex<Progress>,
    done: &Mutex<Vec<(usize, CaseResult)>>,
) {
    let next = AtomicUsize::new(0);
    let threads = threads.min(plan.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut bench = benches();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((at, instance)) = plan.get(at) else { break };
                    let result = run_case(instance, profile, bench.as_mut());
                    locked(progress).advance(&instance.name);
                    locked(done).push((*at, result));
                }
            });
        }
    });
}

/// A thread that panicked takes the process with it when the scope ends; until then what it held is as good as before.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
