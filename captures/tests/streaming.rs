//! A capture longer than memory is read in the memory of one packet. One test, so that the process has no other use of
//! memory.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use dmm_captures::{CaptureReader, ReadError};

const PACKET: usize = 60_000;
const PACKETS: u64 = 18_000;

/// A classic pcap of more than 1 GB that never was in one place.
struct Endless {
    /// What is still to be given of the header, or of the record after it.
    rest: Vec<u8>,
    record: Vec<u8>,
    records: u64,
    given: Rc<Cell<usize>>,
}

impl Endless {
    fn new(given: Rc<Cell<usize>>) -> Self {
        let record = [header(&[7, 0, PACKET as u32, PACKET as u32]), vec![0x60; PACKET]].concat();
        let rest = header(&[0xa1b2_c3d4, 2 << 16 | 4, 0, 0, 65535, 229]);
        Self { rest, record, records: PACKETS, given }
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && self.records > 0 {
            self.records -= 1;
            self.rest.clone_from(&self.record);
        }
        // An odd number at once, so that packets and pieces never fall together.
        let len = buffer.len().min(self.rest.len()).min(40_001);
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest.drain(..len);
        self.given.set(self.given.get() + len);
        Ok(len)
    }
}

fn header(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[test]
fn more_than_a_gigabyte_is_read_in_the_memory_of_a_packet() {
    let given = Rc::new(Cell::new(0));
    let reader = CaptureReader::new(Endless::new(Rc::clone(&given))).expect("a capture");
    let before = peak_kilobytes();
    let mut taken = 24;
    let mut last = 0;
    for packet in reader {
        let packet = packet.expect("all of it is right");
        assert_eq!((packet.octets.len(), packet.linktype), (PACKET, 229));
        taken += 16 + PACKET;
        assert!(given.get() - taken <= 256 << 10, "{} octets are read ahead", given.get() - taken);
        last = packet.number;
    }
    assert_eq!(last, PACKETS);
    assert!(taken > 1 << 30);
    if let (Some(before), Some(after)) = (before, peak_kilobytes()) {
        assert!(after - before < 8 << 10, "{before} kB became {after} kB");
    }
    a_length_of_gigabytes_costs_no_memory();
    a_reader_that_fails_says_so();
}

fn a_length_of_gigabytes_costs_no_memory() {
    let before = peak_kilobytes();
    let wrong = [&header(&[0xa1b2_c3d4, 2 << 16 | 4, 0, 0, 65535, 1])[..], &header(&[7, 0, 0xffff_fff0, 0])];
    let error = CaptureReader::new(wrong.concat().as_slice()).expect("a capture").next();
    assert!(matches!(error, Some(Err(ReadError::Corrupt { number: 1, offset: 24, .. }))), "{error:?}");
    let section = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1 << 16, u32::MAX, u32::MAX, 28];
    let wrong = [&header(&section)[..], &header(&[6, 0xffff_fff0, 0])].concat();
    let error = CaptureReader::new(wrong.as_slice()).expect("a capture").next();
    assert!(matches!(error, Some(Err(ReadError::Corrupt { number: 1, offset: 28, .. }))), "{error:?}");
    if let (Some(before), Some(after)) = (before, peak_kilobytes()) {
        assert!(after - before < 8 << 10, "{before} kB became {after} kB");
    }
}

fn a_reader_that_fails_says_so() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let start = header(&[0xa1b2_c3d4, 2 << 16 | 4, 0, 0, 65535, 1]);
    let mut reader = CaptureReader::new(start.as_slice().chain(Fails)).expect("a capture");
    assert!(matches!(reader.next(), Some(Err(ReadError::Io(_)))));
    assert!(reader.next().is_none());
}

/// The most memory that this process ever had; nothing where the system does not say.
fn peak_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}
