//! A case that is run many times, each with fresh identities, for a verdict on the share of runs that are good.

use super::once;
use crate::identity;
use crate::judge::statistics::{Share, lower_bound, share};
use crate::profile::Profile;
use crate::result::CaseResult;
use crate::script::model::Runs;
use crate::script::plan::{Instance, Timing};
use crate::transport::Bench;
use crate::verdict::{Finding, Level, Verdict};

/// Runs it as often as it says. The result is that of one of the runs, with what all of them show in its measurements.
pub(super) fn repeat(
    instance: &Instance,
    runs: &Runs,
    profile: &Profile,
    bench: &mut dyn Bench,
) -> CaseResult {
    let count = match instance.timing {
        Timing::Quick => runs.count.0,
        Timing::Full => runs.count.1,
    };
    let (mut good, mut bad, mut odd): (Vec<CaseResult>, Vec<CaseResult>, Vec<CaseResult>) =
        Default::default();
    let mut recordings = Vec::new();
    for number in 0..count {
        let name = format!("{}#{number}", instance.name);
        let index = identity::number(&name, |index| index == instance.index);
        let mut result = once(&Instance { index, ..instance.clone() }, profile, bench);
        recordings.append(&mut result.recordings);
        match result.verdict {
            Verdict::Pass | Verdict::Info | Verdict::Warn | Verdict::Xfail => good.push(result),
            Verdict::Fail | Verdict::Xpass => bad.push(result),
            // A broken bench breaks the next run, too; and what does not apply never does.
            Verdict::Error | Verdict::NotApplicable => return CaseResult { recordings, ..result },
            Verdict::Inconclusive => odd.push(result),
        }
    }
    let (passed, judged) = (good.len() as u32, (good.len() + bad.len()) as u32);
    let verdict = match share(judged, passed, runs.accept, runs.confidence) {
        Share::Reached if judged > 0 => worst_of(&good),
        Share::Missed if judged > 0 => Verdict::Fail,
        _ => Verdict::Inconclusive,
    };
    // The run that shows why: one that failed, unless the share is reached all the same.
    let shown = match verdict {
        Verdict::Fail | Verdict::Inconclusive => bad.into_iter().chain(odd).chain(good).next(),
        _ => good.into_iter().find(|result| result.verdict == verdict),
    };
    let Some(mut shown) = shown else { return once(instance, profile, bench) };
    let bound = 100.0 * lower_bound(judged, passed, runs.confidence);
    let (wanted, sure) = (100.0 * runs.accept, 100.0 * runs.confidence);
    let seen = format!(
        "{passed} of {judged} runs that could be judged were good: at least {bound:.1} % of all, {sure:.0} % sure"
    );
    shown.measured.push(seen.clone());
    if verdict == Verdict::Inconclusive {
        shown.reason = Some(shown.findings.len());
        shown.findings.push(Finding {
            verdict,
            level: Level::Must,
            requirement: shown.requirements.first().cloned(),
            at: runs.span.to_string(),
            step: "runs".to_string(),
            packet: None,
            expected: format!("at least {wanted:.0} % good or fewer, {sure:.0} % sure"),
            seen,
            script: vec![runs.span.snippet()],
        });
    }
    shown.verdict = verdict;
    shown.recordings = recordings;
    shown
}

fn worst_of(results: &[CaseResult]) -> Verdict {
    results.iter().map(|result| result.verdict).max().unwrap_or(Verdict::Pass)
}
