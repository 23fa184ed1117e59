//! How far a long capture has been read, on standard error where that is a terminal. The one place of `dmm decode` that
//! reads a clock.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What is faster than this needs no progress.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_millis(200);
const MEGABYTE: u64 = 1_000_000;

/// How far reading has come.
#[derive(Debug)]
pub(super) struct Progress {
    /// Octets of the whole file; zero where nobody knows.
    total: u64,
    read: Cell<u64>,
    next: Cell<Instant>,
    /// Whether a line of progress stands on the terminal.
    is_shown: Cell<bool>,
    has_terminal: bool,
}

impl Progress {
    pub(super) fn new(total: u64) -> Rc<Self> {
        Rc::new(Self {
            total,
            read: Cell::new(0),
            next: Cell::new(now() + PATIENCE),
            is_shown: Cell::new(false),
            has_terminal: io::stderr().is_terminal(),
        })
    }

    fn advance(&self, octets: usize) {
        self.read.set(self.read.get() + octets as u64);
        if !self.has_terminal || now() < self.next.get() {
            return;
        }
        self.next.set(now() + BETWEEN);
        self.is_shown.set(true);
        // A terminal that is gone is no reason to stop.
        let _ = write!(io::stderr(), "\r\x1b[K{}", line(self.read.get(), self.total));
    }

    /// Takes the line away, before something else is printed.
    pub(super) fn clear(&self) {
        if self.is_shown.replace(false) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(read: u64, total: u64) -> String {
    match (read * 100).checked_div(total) {
        Some(percent) => {
            format!("read {} of {} MB, {percent} %", read / MEGABYTE, total.div_ceil(MEGABYTE))
        }
        None => format!("read {} MB", read / MEGABYTE),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "progress is about the time of whoever waits, and nothing else"
)]
fn now() -> Instant {
    Instant::now()
}

/// A reader that says how far it is.
#[derive(Debug)]
pub(super) struct Watched<R> {
    pub(super) reader: R,
    pub(super) progress: Rc<Progress>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.progress.advance(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_says_how_much_of_how_much() {
        assert_eq!(line(312_500_000, 1_073_741_824), "read 312 of 1074 MB, 29 %");
        assert_eq!(line(5_000_000, 0), "read 5 MB");
    }
}
