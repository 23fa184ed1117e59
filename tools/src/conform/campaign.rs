//! Runs a plan on several threads. Cases share nothing but the profile and the bench's stations, and results stand in the order
//! of the plan, so on virtual time a report is the same to the octet however many threads made it, and however often it was
//! interrupted.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use dmm_conformance::bundle::Bundle;
use dmm_conformance::report::About;
use dmm_conformance::run::run as run_case;
use dmm_conformance::{CaseResult, Instance, Profile, Verdict};

use super::MakeBench;
use super::journal::Journal;
use crate::Failure;
use crate::progress::Progress;

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

/// What is run, on what, and where its results are kept.
pub(super) struct Campaign<'a> {
    pub(super) plan: &'a [Instance],
    pub(super) profile: &'a Profile,
    pub(super) benches: &'a MakeBench<'a>,
    /// Set when no further case is to begin.
    pub(super) stop: &'a AtomicBool,
    pub(super) journal: Option<&'a Mutex<Journal>>,
    /// What a case's bundle says of the run.
    pub(super) about: &'a About,
}

/// What the threads of a campaign share.
struct Shared {
    progress: Mutex<Progress>,
    done: Mutex<BTreeMap<usize, CaseResult>>,
    /// Why results cannot be kept.
    lost: Mutex<Option<Failure>>,
}

impl Campaign<'_> {
    /// Every case of the plan that has not been kept, unless somebody interrupts; results in the order of the plan.
    pub(super) fn run(&self, lanes: Lanes, kept: Vec<CaseResult>) -> Result<Vec<CaseResult>, Failure> {
        let mut kept: BTreeMap<String, CaseResult> =
            kept.into_iter().map(|result| (result.name.clone(), result)).collect();
        let all = self.plan.iter().enumerate();
        let done = all.clone().filter_map(|(at, it)| Some((at, kept.remove(&it.name)?))).collect();
        let left: Vec<_> = all.filter(|(at, _)| !BTreeMap::contains_key(&done, at)).collect();
        let shared = Shared {
            progress: Mutex::new(Progress::start()),
            done: Mutex::new(done),
            lost: Mutex::new(None),
        };
        let waits = |instance: &Instance| matches!(lanes, Lanes::Wire(_)) && instance.case.exclusive;
        let (alone, together): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, it)| waits(it));
        let threads = match lanes {
            Lanes::Single => 1,
            Lanes::Virtual => thread::available_parallelism().map_or(1, usize::from),
            Lanes::Wire(jobs) => jobs,
        };
        self.pass(&together, threads, &shared);
        self.pass(&alone, 1, &shared);
        match locked(&shared.lost).take() {
            Some(failure) => Err(failure),
            None => Ok(std::mem::take(&mut *locked(&shared.done)).into_values().collect()),
        }
    }

    fn pass(&self, plan: &[(usize, &Instance)], threads: usize, shared: &Shared) {
        let next = AtomicUsize::new(0);
        let threads = threads.min(plan.len());
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut bench = (self.benches)();
                    while !self.stop.load(Ordering::Relaxed) {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some((at, instance)) = plan.get(at) else { break };
                        let result = run_case(instance, self.profile, bench.as_mut());
                        self.ended(*at, instance, result, shared);
                    }
                });
            }
        });
    }

    fn ended(&self, at: usize, instance: &Instance, mut result: CaseResult, shared: &Shared) {
        // What could not be judged while the run was interrupted was not judged for that: a trigger's program hears Ctrl-C, too.
        let unjudged = matches!(result.verdict, Verdict::Error | Verdict::Inconclusive);
        if unjudged && self.stop.load(Ordering::Relaxed) {
            return;
        }
        if let Some(journal) = self.journal
            && let Err(failure) =
                self.bundle(instance, &mut result).and_then(|()| locked(journal).keep(&result))
        {
            // Whoever wanted results kept would not want an hour of them lost.
            self.stop.store(true, Ordering::Relaxed);
            locked(&shared.lost).get_or_insert(failure);
        }
        let name = result.name.clone();
        let mut done = locked(&shared.done);
        done.insert(at, result);
        locked(&shared.progress).is_at(|| line(done.len(), self.plan.len(), &name));
    }

    /// What is kept can be handed around.
    fn bundle(&self, instance: &Instance, result: &mut CaseResult) -> Result<(), Failure> {
        if result.capture.is_empty() {
            return Ok(());
        }
        let bundle = Bundle::of(result, instance, self.profile, self.about);
        bundle.attach_to(&mut result.capture).map_err(Failure::bench)
    }
}

/// A thread that panicked takes the process with it when the scope ends; until then what it held is as good as before.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn line(done: usize, total: usize, name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(50).collect();
    format!("{done} of {total} cases, last {name}")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_says_how_many_of_how_many() {
        assert_eq!(line(3, 28, "cmd.reg.001"), "3 of 28 cases, last cmd.reg.001");
        assert_eq!(line(3, 28, "a\x1b[2Jb"), "3 of 28 cases, last a [2Jb");
    }
}
