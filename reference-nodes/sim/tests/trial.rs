//! Random domains against the model, and the seeds that once failed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use dmm_sim::trial::{Outcome, Scenario, Trial};

fn run(seed: u64) -> Outcome {
    Trial::new(seed, false).run()
}

/// Seeds that failed once, and what was mended for them.
const ONCE_FAILED: &[(u64, &str)] = &[
    (7, "a mobile node that left before it was registered again took its anchored prefix with it"),
    (74, "a solicitation that was heard after its sender had left"),
    (123, "a P-MAAR that was S-MAAR for an instant ended the session with its old timer"),
    (141, "the CMD's word about an earlier place, sent before it heard of this one, ended a service"),
    (1034, "a refresh that is under way is no queue that does not drain"),
    (6390, "a prefix that the CMD had not heard of when its MAAR became a P-MAAR"),
    (6761, "a P-MAAR gave its prefix up because six answers were lost"),
    (4554, "a P-MAAR took a PBU that was overtaken for the end of the session"),
    (10100, "likewise"),
    (6028, "the CMD's limit counts MAARs that never came to serve"),
    (11891, "a P-MAAR's PBA made good a registration that the CMD had refused"),
    (44, "a PBU that was held back for the store left at another time than was counted"),
    (117, "a MAAR that had started again knew other things than it had written"),
    (1_053_285, "a mobile node that came back within a second was counted anew against MAX_UPDATE_RATE"),
    (
        1_160_599,
        "what a P-MAAR said about a visit of before ended the registration of this one, which the CMD never heard of",
    ),
    (9753, "what P-MAARs tell a MAAR that has lost its memory is not the CMD's word"),
    (
        3_483_181,
        "a late PBA to a PBU from before a restart was taken for the answer to one after it, of another prefix",
    ),
    (3_809_551, "who came back while its session was being ended, and left, took an anchored prefix with it"),
    (
        3_843_241,
        "a MAAR ended the session that it had asked for in vain, as far as it knew, by an earlier lifetime",
    ),
    (
        4_376_729,
        "a P-MAAR that has said that it does not know the mobile node is not in the CMD's list any more",
    ),
];

#[test]
fn seeds_that_failed_once_do_so_no_more() {
    for (seed, what) in ONCE_FAILED {
        let without = Trial::of(Scenario::without_store(*seed), false).run();
        assert_eq!(without.failure, None, "seed {seed}: {what}");
        assert_eq!(run(*seed).failure, None, "seed {seed}: {what}");
    }
}

/// `dmm sim run --seeds N` runs as many as one likes.
#[test]
fn ten_thousand_random_domains_keep_every_promise() {
    const SEEDS: u64 = 10_000;
    let next = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut failed: Vec<String> = thread::scope(|scope| {
        let run_some = || {
            let seeds = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
            let told = |seed| run(seed).failure.map(|failure| format!("seed {seed:05}: {failure}"));
            seeds.take_while(|seed| *seed < SEEDS).filter_map(told).collect::<Vec<_>>()
        };
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(run_some)).collect();
        all.into_iter().flat_map(|thread| thread.join().expect("a trial does not panic")).collect()
    });
    failed.sort();
    assert!(failed.is_empty(), "{} of {SEEDS}\n{}", failed.len(), failed.join("\n"));
}

/// That what is promised is durable is something that a trial sees.
#[test]
fn a_disk_that_has_not_written_what_it_says_is_found_out() {
    let found = (0..60).filter(|seed| {
        let mut trial = Trial::new(*seed, false);
        let lies = trial.domain_mut().with_disk(None, |disk, _| disk.lie()).is_some();
        lies && trial.run().failure.is_some_and(|failure| failure.what.contains("the CMD has forgotten"))
    });
    assert!(found.count() > 5);
}

#[test]
fn a_seed_replays_to_the_octet() {
    for seed in [3, 17] {
        let [mut one, mut other] = [0, 1].map(|_| Trial::new(seed, true));
        assert_eq!(one.run(), other.run());
        assert!(!one.frames().is_empty());
        assert_eq!(one.frames(), other.frames());
    }
}
