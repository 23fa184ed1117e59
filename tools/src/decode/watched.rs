//! A reader that says how far it is: a long capture takes a while.

use std::io::{self, Read};
use std::rc::Rc;

use crate::progress::Progress;

const MEGABYTE: u64 = 1_000_000;

/// The reader.
#[derive(Debug)]
pub(super) struct Watched<R> {
    pub(super) reader: R,
    /// Octets that there are; zero where nobody knows.
    pub(super) total: u64,
    /// Octets that have been read.
    pub(super) read: u64,
    pub(super) progress: Rc<Progress>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.read += read as u64;
        self.progress.is_at(|| line(self.read, self.total));
        Ok(read)
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

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_says_how_much_of_how_much() {
        assert_eq!(line(312_500_000, 1_073_741_824), "read 312 of 1074 MB, 29 %");
        assert_eq!(line(5_000_000, 0), "read 5 MB");
    }
}
