//! The one clock of a tester on the wire.

#![expect(clippy::disallowed_methods, reason = "this is where the clock is read")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dmm_codec::Instant;

/// Time by the monotonic clock, counted from what the system's clock said at the start; or from what the implementation's
/// said, once that is known, so that time stamps in PBUs are right for it (RFC 5213 §5.5) and intervals stay what they are.
#[derive(Debug)]
pub(crate) struct Clock {
    started: std::time::Instant,
    started_at: AtomicU64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanos = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Self { started: std::time::Instant::now(), started_at: AtomicU64::new(nanos) }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_nanos(self.started_at.load(Ordering::Relaxed)) + self.started.elapsed()
    }

    /// Goes on as another clock does that is ahead, or behind. Not while somebody measures.
    pub(crate) fn follow(&self, ahead: Duration, is_behind: bool) {
        let nanos = u64::try_from(ahead.as_nanos()).unwrap_or(u64::MAX);
        let at = self.started_at.load(Ordering::Relaxed);
        let at = if is_behind { at.saturating_sub(nanos) } else { at.saturating_add(nanos) };
        self.started_at.store(at, Ordering::Relaxed);
    }
}
