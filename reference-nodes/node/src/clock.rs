//! The one clock of a node: nanoseconds since 1970 that never go back.

#![expect(clippy::disallowed_methods, reason = "this is where the clock is read")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dmm_codec::Instant;

/// Time since the process started, counted from what the system's clock said then. Timers, Timestamp options and captures
/// share it, so a system clock that is set while the node runs moves none of them; [`Clock::behind`] tells.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: std::time::Instant,
    started_at: Instant,
}

impl Clock {
    /// Starts it.
    pub fn start() -> Self {
        Self { started: std::time::Instant::now(), started_at: system() }
    }

    /// Now.
    pub fn now(&self) -> Instant {
        self.started_at + self.started.elapsed()
    }

    /// When it was started.
    pub fn started_at(&self) -> Instant {
        self.started_at
    }

    /// How far the system's clock has been set away from this one.
    pub fn behind(&self) -> Duration {
        let (own, system) = (self.now(), system());
        own.since(system).max(system.since(own))
    }

    /// The same point in time for a runtime that sleeps until it.
    pub fn until(&self, at: Instant) -> std::time::Instant {
        self.started + at.since(self.started_at)
    }
}

fn system() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
