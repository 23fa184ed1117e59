//! What the fuzz target `capture` does with arbitrary octets, and what its corpus is replayed through.

use std::io::{self, Read};

use dmm_captures::{CaptureReader, CaptureWriter, Packet, Section};

/// Longer comments are cut when they are written.
const COMMENT: usize = 0xffff;

/// A file in memory and the same file in drops give the same packets, in order, then at most one error; what was read
/// can be written and is then read as the same.
pub(crate) fn capture(octets: &[u8]) {
    let (packets, error) = read(octets);
    assert_eq!(read(Drops { octets, size: 0 }), (packets.clone(), error), "in one piece or in drops");
    for (packet, number) in packets.iter().zip(1..) {
        assert_eq!(packet.number, number);
    }
    let captured: usize = packets.iter().map(|packet| packet.octets.len()).sum();
    assert!(captured <= octets.len(), "no packet is longer than its file");
    let (of_half, _) = read(&octets[..octets.len() / 2]);
    assert!(packets.starts_with(&of_half), "what follows changes nothing that was read");

    let (again, error) = read(&written(&packets)[..]);
    assert_eq!(error, None);
    assert_eq!(again.len(), packets.len());
    for (again, packet) in again.iter().zip(&packets) {
        assert_eq!((&again.octets, again.at), (&packet.octets, packet.at));
        if packet.comments.iter().all(|comment| comment.len() <= COMMENT) {
            assert_eq!(again.comments, packet.comments);
        }
    }
}

/// The packets, and what the error behind them says.
fn read(reader: impl Read) -> (Vec<Packet>, Option<String>) {
    let reader = match CaptureReader::new(reader) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let (mut packets, mut error) = (Vec::new(), None);
    for result in reader {
        assert_eq!(error, None, "an error is the end");
        match result {
            Ok(packet) => packets.push(packet),
            Err(stop) => error = Some(stop.to_string()),
        }
    }
    (packets, error)
}

fn written(packets: &[Packet]) -> Vec<u8> {
    let mut writer = CaptureWriter::new(Vec::new(), &Section::default()).expect("memory takes all");
    writer.interface("any", "").expect("memory takes all");
    for packet in packets {
        writer.packet(packet.at, 0, &packet.octets, &packet.comments).expect("the interface is described");
    }
    writer.finish().expect("memory takes all")
}

/// A reader that gives from one to five octets at a time, as a slow pipe may.
struct Drops<'a> {
    octets: &'a [u8],
    size: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.size = self.size % 5 + 1;
        let len = buffer.len().min(self.size);
        self.octets.read(&mut buffer[..len])
    }
}
