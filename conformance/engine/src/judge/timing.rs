//! Times against schedules: retransmission intervals, rates, token buckets. Numbers in, verdicts out.

use std::time::Duration;

use dmm_codec::Instant;

/// What an interval may miss its schedule by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// How early, as a share of the interval.
    pub early: f64,
    /// How late, as a share of the interval.
    pub late: f64,
    /// On top of either: the jitter of the way.
    pub abs: Duration,
}

impl Tolerance {
    /// The shortest and the longest interval that pass for `due`.
    pub fn window(&self, due: Duration) -> (Duration, Duration) {
        let early = due.mul_f64(self.early.min(1.0)) + self.abs;
        (due.saturating_sub(early), due + due.mul_f64(self.late) + self.abs)
    }
}

/// The interval with this number, from 0, of an exponential backoff (RFC 8885 §3.6): "the timeout period is doubled upon
/// each retransmission until ... the timeout period reaches the value MAX_BINDACK_TIMEOUT".
pub fn backoff(initial: Duration, factor: u32, max: Duration, number: usize) -> Duration {
    (0..number).fold(initial.min(max), |interval, _| interval.saturating_mul(factor).min(max))
}

/// What is wrong with an interval, if anything.
pub fn judge_interval(seen: Duration, due: Duration, tolerance: &Tolerance) -> Result<(), String> {
    let (shortest, longest) = tolerance.window(due);
    if (shortest..=longest).contains(&seen) {
        return Ok(());
    }
    Err(format!("{due:?} (from {shortest:?} to {longest:?})"))
}

/// What a rate limit makes of a series of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateVerdict {
    /// Never more than allowed.
    Within,
    /// One too many, but so close to the limit that the jitter of the way could have done it.
    Close {
        /// Which of the times is one too many.
        at: usize,
        /// Within how much time so many came.
        span: Duration,
    },
    /// One too many.
    Exceeded {
        /// Which of the times is one too many.
        at: usize,
        /// Within how much time so many came.
        span: Duration,
    },
}

/// No more than `max` in any time of the length `per` (RFC 8885 §3.6: MAX_UPDATE_RATE).
///
/// The window slides. One that is shorter than `per` by no more than `guard` is [`RateVerdict::Close`]: without that an
/// implementation at exactly the limit would fail every other run over a real network.
pub fn rate(times: &[Instant], max: usize, per: Duration, guard: Duration) -> RateVerdict {
    let mut verdict = RateVerdict::Within;
    for (at, time) in times.iter().enumerate().skip(max) {
        let span = time.since(times[at - max]);
        if span < per.saturating_sub(guard) {
            return RateVerdict::Exceeded { at, span };
        }
        if span < per && verdict == RateVerdict::Within {
            verdict = RateVerdict::Close { at, span };
        }
    }
    verdict
}

/// Where a series of times breaks a token bucket: from which time to which, how many came, how many were allowed.
///
/// For all i ≤ j: j − i + 1 ≤ burst + rate × (t(j) − t(i) + slack).
pub fn token_bucket(
    times: &[Instant],
    rate: f64,
    burst: f64,
    slack: Duration,
) -> Result<(), (usize, usize, usize, f64)> {
    for (first, start) in times.iter().enumerate() {
        for (last, end) in times.iter().enumerate().skip(first) {
            let sent = last - first + 1;
            let allowed = burst + rate * (end.since(*start) + slack).as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a case has far fewer packets than 2^52")]
            if sent as f64 > allowed + f64::EPSILON {
                return Err((first, last, sent, allowed));
            }
        }
    }
    Ok(())
}

/// Whether `later` is greater than `earlier` in the circle of 16-bit numbers (RFC 6275 §9.5.1).
pub fn is_later_sequence(earlier: u16, later: u16) -> bool {
    let ahead = later.wrapping_sub(earlier);
    ahead != 0 && ahead < 0x8000
}
