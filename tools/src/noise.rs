//! Octets at random where Mobility Headers stand, for what reads them to survive: the same from the same seed. Behind a right
//! IPv6 header come, in turn, nothing but noise; noise behind a right header of any MH Type; and a Binding Update or
//! Acknowledgement of RFC 8885 with options of any type, length and content, every other one in a tunnel.

use std::io::Write;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_captures::{CaptureWriter, Section};
use dmm_codec::header::{NO_NEXT_HEADER, PBA, PBU};
use dmm_codec::message::repair_checksum;
use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER};
use dmm_codec::{Instant, OPTIONS};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::Failure;

const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 1);
const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
const IPV6: u8 = 41;

/// Writes a capture of this many packets.
pub fn write<W: Write>(out: W, packets: u32, seed: u64) -> Result<W, Failure> {
    let mut writer = CaptureWriter::new(out, &Section::default()).map_err(Failure::bench)?;
    writer.interface("noise", "").map_err(Failure::bench)?;
    let mut noise = Noise(ChaCha8Rng::seed_from_u64(seed));
    let mut now = Instant::from_secs(1_767_225_600);
    for number in 0..packets {
        let packet = noise.packet(number);
        let frame = Ethernet::frame([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], &packet);
        writer.packet(now, 0, &frame, &[]).map_err(Failure::bench)?;
        now = now + Duration::from_millis(u64::from(noise.0.next_u32() % 2000));
    }
    writer.finish().map_err(Failure::bench)
}

struct Noise(ChaCha8Rng);

impl Noise {
    fn packet(&mut self, number: u32) -> Vec<u8> {
        // Both directions, so that some answers find a question.
        let (src, dst) = if self.below(2) == 0 { (SRC, DST) } else { (DST, SRC) };
        let octets = match number % 3 {
            0 => {
                let len = self.below(120);
                self.octets(len)
            }
            1 => {
                let (mh_type, len) = (self.below(28) as u8, self.below(100));
                let behind = self.octets(len);
                message(mh_type, behind, src, dst)
            }
            _ => {
                let (mh_type, behind) = self.of_dmm();
                message(mh_type, behind, src, dst)
            }
        };
        let packet = Ipv6::packet(src, dst, MOBILITY_HEADER, 64, &octets);
        if number.is_multiple_of(2) { packet } else { Ipv6::packet(SRC, DST, IPV6, 64, &packet) }
    }

    /// A body with the D flag, and options.
    fn of_dmm(&mut self) -> (u8, Vec<u8>) {
        let seq = self.below(4) as u8;
        let (mh_type, mut octets) = if self.below(2) == 0 {
            (PBU, vec![0, seq, 0x82, 0x10, 0, 75])
        } else {
            (PBA, vec![0, 0x22, 0, seq, 0, 75])
        };
        for _ in 0..self.below(8) {
            let spec = &OPTIONS[self.below(OPTIONS.len())];
            let kind = if self.below(8) == 0 { self.0.next_u32() as u8 } else { spec.kind };
            let len = if self.below(3) == 0 { self.below(40) } else { spec.min_len };
            // Mostly as long as it says.
            let said = if self.below(16) == 0 { self.below(256) } else { len };
            octets.extend([kind, said as u8]);
            octets.extend(self.octets(len));
        }
        (mh_type, octets)
    }

    fn octets(&mut self, len: usize) -> Vec<u8> {
        let mut octets = vec![0; len];
        self.0.fill_bytes(&mut octets);
        octets
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0.next_u32() as usize % bound
    }
}

/// A header, these octets, and as many of Pad1 as it takes.
fn message(mh_type: u8, behind: Vec<u8>, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let mut octets = vec![NO_NEXT_HEADER, 0, mh_type, 0, 0, 0];
    octets.extend(behind);
    octets.resize(octets.len().next_multiple_of(8), 0);
    octets[1] = (octets.len() / 8 - 1) as u8;
    repair_checksum(&mut octets, src, dst);
    octets
}

#[cfg(test)]
mod tests {
    use dmm_captures::CaptureReader;
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn it_is_the_same_from_the_same_seed_and_no_packet_comes_twice() {
        let capture = write(Vec::new(), 300, 7).unwrap();
        assert_eq!(capture, write(Vec::new(), 300, 7).unwrap());
        let frames = CaptureReader::from_octets(capture).unwrap().map(|frame| frame.unwrap().octets);
        assert!(
            frames.collect::<std::collections::BTreeSet<_>>().len() > 290,
            "few are short enough to be equal"
        );
    }
}
