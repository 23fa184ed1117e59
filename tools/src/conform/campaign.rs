//! Runs a plan with as many threads as there are processors. Cases share nothing but the profile, and results stand in the
//! order of the plan, so a report is the same to the octet however many threads made it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use dmm_conformance::run::run as run_case;
use dmm_conformance::{CaseResult, Instance, Profile};

use super::MakeBench;
use super::progress::Progress;

/// Every case of the plan. On virtual time none disturbs another's clock, so those that are `exclusive` need not wait.
pub(super) fn run(plan: &[Instance], profile: &Profile, benches: &MakeBench<'_>) -> Vec<CaseResult> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, CaseResult)>> = Mutex::new(Vec::with_capacity(plan.len()));
    let progress = Mutex::new(Progress::new(plan.len()));
    let threads = thread::available_parallelism().map_or(1, usize::from).min(plan.len()).max(1);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut bench = benches();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(instance) = plan.get(at) else { break };
                    let result = run_case(instance, profile, bench.as_mut());
                    locked(&progress).advance(&instance.name);
                    locked(&done).push((at, result));
                }
            });
        }
    });
    locked(&progress).clear();
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A thread that panicked takes the process with it when the scope ends; until then what it held is as good as before.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
