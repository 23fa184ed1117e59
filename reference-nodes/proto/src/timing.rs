//! The clocks of RFC 8885 §3.6 and §6 as values: backoff of retransmissions, the limit of PBUs per second and node,
//! and the pacing of the outgoing queue.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dmm_codec::Instant;
pub use dmm_codec::constant::{
    INITIAL_BINDACK_TIMEOUT, MAX_BINDACK_TIMEOUT, MAX_UPDATE_RATE, MIN_DELAY_BEFORE_BCE_DELETE,
    TIMESTAMP_VALIDITY_WINDOW,
};

/// How long to wait for an answer before sending again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait. R3.6.2: "INITIAL_BINDACK_TIMEOUT SHOULD be used".
    pub initial: Duration,
    /// What each wait is multiplied by. R3.6.3: "the timeout period is doubled upon each retransmission".
    pub factor: u32,
    /// Where waits stop growing. R3.6.3: "until ... MAX_BINDACK_TIMEOUT"; R3.6.4: they "MAY continue ... at this
    /// slower rate indefinitely".
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { initial: INITIAL_BINDACK_TIMEOUT, factor: 2, max: MAX_BINDACK_TIMEOUT }
    }
}

impl Backoff {
    /// The wait after the `sent`-th sending, counted from 1.
    pub fn wait(&self, sent: u32) -> Duration {
        let grown = self.factor.checked_pow(sent.saturating_sub(1)).and_then(|n| self.initial.checked_mul(n));
        grown.map_or(self.max, |wait| wait.min(self.max))
    }
}

/// How fast the outgoing queue of PBUs may empty. R6.2: "MUST use a pacing approach in the outgoing queue to cap the
/// output traffic". The RFC gives no number; it is declared (stance A34).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// PBUs in a second.
    pub rate: u32,
    /// PBUs that may leave at once after a quiet time.
    pub burst: u32,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { rate: 100, burst: 1 }
    }
}

/// When each of many things is due: the next is found without looking at all of them.
#[derive(Clone, Debug)]
pub(crate) struct Agenda<K> {
    at: BTreeMap<K, Instant>,
    order: BTreeSet<(Instant, K)>,
}

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        Self { at: BTreeMap::new(), order: BTreeSet::new() }
    }
}

impl<K: Clone + Ord> Agenda<K> {
    /// Has a thing due at this time, and at no other.
    pub(crate) fn set(&mut self, key: &K, at: Option<Instant>) {
        if at.is_none() && self.at.is_empty() {
            return;
        }
        let before = match at {
            Some(at) => self.at.insert(key.clone(), at),
            None => self.at.remove(key),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, key.clone()));
        }
        if let Some(at) = at {
            self.order.insert((at, key.clone()));
        }
    }

    /// When a thing is due.
    pub(crate) fn at(&self, key: &K) -> Option<Instant> {
        self.at.get(key).copied()
    }

    /// The first that is due, and when.
    pub(crate) fn first(&self) -> Option<&(Instant, K)> {
        self.order.first()
    }

    /// All that are due by now, the earliest first.
    pub(crate) fn due(&self, now: Instant) -> impl Iterator<Item = (Instant, K)> {
        self.order.iter().take_while(move |(at, _)| *at <= now).cloned()
    }
}

/// A bucket of permissions to send that fills at a steady rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenBucket {
    interval: Duration,
    depth: Duration,
    /// When the bucket would be full if nothing more were taken.
    full_at: Instant,
}

impl TokenBucket {
    pub(crate) fn new(pacing: Pacing) -> Self {
        let interval = Duration::from_secs(1) / pacing.rate.max(1);
        Self { interval, depth: interval * pacing.burst.max(1), full_at: Instant::default() }
    }

    /// When the next token can be taken.
    pub(crate) fn ready_at(&self) -> Instant {
        self.full_at + self.interval - self.depth
    }

    pub(crate) fn take(&mut self, now: Instant) {
        self.full_at = self.full_at.max(now) + self.interval;
    }
}

/// The sendings of the last second. R3.6.5: "MUST NOT send PBU messages to a particular node more than
/// MAX_UPDATE_RATE times within a second": any second, so the window slides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UpdateRate {
    /// The last of them, the oldest first; what was not is as long ago as can be.
    sent: [Instant; MAX_UPDATE_RATE],
}

impl UpdateRate {
    pub(crate) const WINDOW: Duration = Duration::from_secs(1);

    /// When the next PBU may be sent.
    pub(crate) fn ready_at(&self) -> Instant {
        self.sent[0] + Self::WINDOW + Duration::from_nanos(1)
    }

    pub(crate) fn record(&mut self, now: Instant) {
        self.sent.rotate_left(1);
        self.sent[MAX_UPDATE_RATE - 1] = now;
    }

    pub(crate) fn is_quiet(&self, now: Instant) -> bool {
        now.since(self.sent[MAX_UPDATE_RATE - 1]) > Self::WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_secs(1000) + Duration::from_millis(millis)
    }

    #[test]
    fn waits_double_to_the_cap_and_stay_there() {
        let waits: Vec<u64> = (1..=8).map(|sent| Backoff::default().wait(sent).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 32, 32]);
        assert_eq!(Backoff::default().wait(u32::MAX), MAX_BINDACK_TIMEOUT);
    }

    #[test]
    fn an_agenda_keeps_one_time_for_each_thing() {
        let mut agenda = Agenda::default();
        for (key, millis) in [("b", 2), ("a", 1), ("c", 3), ("a", 4)] {
            agenda.set(&key, Some(at(millis)));
        }
        assert_eq!(agenda.first(), Some(&(at(2), "b")));
        assert_eq!(agenda.due(at(3)).collect::<Vec<_>>(), [(at(2), "b"), (at(3), "c")]);
        agenda.set(&"b", None);
        assert_eq!(agenda.first(), Some(&(at(3), "c")));
    }

    #[test]
    fn a_bucket_lets_its_burst_go_and_then_its_rate() {
        let mut bucket = TokenBucket::new(Pacing { rate: 10, burst: 2 });
        let mut now = at(0);
        let mut sent = Vec::new();
        for _ in 0..5 {
            now = now.max(bucket.ready_at());
            bucket.take(now);
            sent.push(now.since(at(0)).as_millis());
        }
        assert_eq!(sent, [0, 0, 100, 200, 300]);
    }

    #[test]
    fn no_second_has_more_than_the_limit() {
        let mut rate = UpdateRate::default();
        for millis in [0, 900, 950] {
            assert!(rate.ready_at() <= at(millis));
            rate.record(at(millis));
        }
        assert_eq!(
            rate.ready_at(),
            at(1000) + Duration::from_nanos(1),
            "the window slides; it does not tick"
        );
    }
}
