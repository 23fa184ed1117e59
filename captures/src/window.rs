//! The part of a file that is being looked at: read on as it is asked for, forgotten as it is passed.

use std::io::{self, Read};

/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// Octets of a reader that were not passed yet, as far as somebody has looked.
#[derive(Debug)]
pub(crate) struct Window<R> {
    reader: R,
    /// Room for what was read; it grows to the longest packet and stays.
    buffer: Vec<u8>,
    /// Where in the buffer the window starts, and where what was read ends.
    start: usize,
    end: usize,
    /// How many octets of the file were passed.
    offset: usize,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; 2 * CHUNK], start: 0, end: 0, offset: 0 }
    }

    /// How many octets of the file stand before the window.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The next `len` octets, or as many as the file still has.
    pub(crate) fn peek(&mut self, len: usize) -> io::Result<&[u8]> {
        while self.end - self.start < len {
            if self.buffer.len() - self.end < CHUNK {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            // Room for one chunk more, whatever length a corrupt file claims.
            if self.buffer.len() - self.end < CHUNK {
                self.buffer.resize(self.end + CHUNK, 0);
            }
            // What a pipe has, without waiting for more.
            let read = read(&mut self.reader, &mut self.buffer[self.end..])?;
            if read == 0 {
                break;
            }
            self.end += read;
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + len)])
    }

    /// Passes `len` octets that were looked at.
    pub(crate) fn advance(&mut self, len: usize) {
        self.start += len;
        self.offset += len;
    }
}

fn read(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
