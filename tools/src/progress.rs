//! How far something long has come: a line on standard error, where that is a terminal. What is quick says nothing.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// What is faster than this needs no progress.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_millis(200);

/// The line. It goes away with this.
#[derive(Debug)]
pub struct Progress {
    next: Cell<Instant>,
    is_shown: Cell<bool>,
    has_terminal: bool,
}

impl Progress {
    /// It begins now.
    pub fn start() -> Self {
        let has_terminal = io::stderr().is_terminal();
        Self { next: Cell::new(now() + PATIENCE), is_shown: Cell::new(false), has_terminal }
    }

    /// It has come so far; the words are asked for only if they are due.
    pub fn is_at(&self, words: impl FnOnce() -> String) {
        if !self.has_terminal || now() < self.next.get() {
            return;
        }
        self.next.set(now() + BETWEEN);
        self.is_shown.set(true);
        // A terminal that is gone is no reason to stop.
        let _ = write!(io::stderr(), "\r\x1b[K{}", words());
    }

    /// Takes the line away, before something else is printed.
    pub fn clear(&self) {
        if self.is_shown.replace(false) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "progress is about the time of whoever waits, and nothing else"
)]
fn now() -> Instant {
    Instant::now()
}
