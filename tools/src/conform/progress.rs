//! How many cases have run, on standard error where that is a terminal and the run is long.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// What is faster than this needs no progress.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_millis(200);

/// How far a run has come.
#[derive(Debug)]
pub(super) struct Progress {
    total: usize,
    done: usize,
    next: Instant,
    is_shown: bool,
    has_terminal: bool,
}

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        let has_terminal = io::stderr().is_terminal();
        Self { total, done: 0, next: now() + PATIENCE, is_shown: false, has_terminal }
    }

    /// A case has ended.
    pub(super) fn advance(&mut self, name: &str) {
        self.done += 1;
        if !self.has_terminal || now() < self.next {
            return;
        }
        self.next = now() + BETWEEN;
        self.is_shown = true;
        // A terminal that is gone is no reason to stop.
        let _ = write!(io::stderr(), "\r\x1b[K{}", line(self.done, self.total, name));
    }

    /// Takes the line away, before something else is printed.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(done: usize, total: usize, name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(50).collect();
    format!("{done} of {total} cases, last {name}")
}

#[expect(
    clippy::disallowed_methods,
    reason = "progress is about the time of whoever waits, and nothing else"
)]
fn now() -> Instant {
    Instant::now()
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
