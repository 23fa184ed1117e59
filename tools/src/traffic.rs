//! Signalling of a large domain, for measuring what reads it: many mobile nodes that go from MAAR to MAAR, with a CMD as
//! relay. Every message is as the RFC has it, and the same to the octet each time.

use std::io::Write;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_captures::{CaptureWriter, Section};
use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER, Mac};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pba,
    PbaFlags, Pbu, PbuFlags, PreviousMaar, Status,
};

use crate::Failure;

const MAARS: u32 = 8;
const CMD: u32 = 0xcd;
/// Messages of a handover: the S-MAAR's PBU, the CMD's to the P-MAAR, and their answers.
const PER_HANDOVER: u32 = 4;

/// Writes a capture of this many messages (to the next whole handover) of this many mobile nodes.
pub fn write<W: Write>(out: W, messages: u32, mobiles: u32) -> Result<W, Failure> {
    let mut writer = CaptureWriter::new(out, &Section::default()).map_err(Failure::bench)?;
    writer.interface("core", "").map_err(Failure::bench)?;
    let mut now = Instant::from_secs(1_767_225_600);
    for handover in 0..messages.div_ceil(PER_HANDOVER) {
        let (mobile, round) = (handover % mobiles, handover / mobiles);
        let (from, to) = (1 + (mobile + round) % MAARS, 1 + (mobile + round + 1) % MAARS);
        for (src, dst, message) in one(mobile, round, from, to) {
            let (from, to) = (node(src), node(dst));
            let octets = message.encode(from, to).map_err(Failure::bench)?;
            let packet = Ipv6::packet(from, to, MOBILITY_HEADER, 64, &octets);
            let frame = Ethernet::frame(mac(src), mac(dst), &packet);
            writer.packet(now, 0, &frame, &[]).map_err(Failure::bench)?;
            now = now + Duration::from_millis(1);
        }
        // No node gets more than three PBUs a second (RFC 8885 §3.6), about whichever mobile node.
        now = now + Duration::from_millis(400);
    }
    writer.finish().map_err(Failure::bench)
}

fn one(mobile: u32, round: u32, from: u32, to: u32) -> [(u32, u32, Message); 4] {
    let mn = MobilityOption::MnIdentifier(MnIdentifier::nai(&format!("mn{mobile}@example.org")));
    let prefix = |maar: u32| {
        let address = Ipv6Addr::from_bits(
            0x2001_0db8 << 96 | u128::from(0x1000 * maar) << 80 | u128::from(mobile) << 64,
        );
        ipnet::Ipv6Net::new(address, 64).expect("64 is a length")
    };
    let fixed = [
        MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN),
        MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
    ];
    let with = |prefix, more: &[MobilityOption]| {
        let first = [mn.clone(), MobilityOption::HomeNetworkPrefix(prefix)];
        first.into_iter().chain(fixed.clone()).chain(more.iter().cloned()).collect::<Vec<_>>()
    };
    let seq = round as u16;
    let lifetime = Lifetime(75);
    let pbu = |options| {
        Message::Pbu(Pbu { seq, flags: PbuFlags::A | PbuFlags::P | PbuFlags::D, lifetime, options })
    };
    let pba = |options| {
        let flags = PbaFlags::P | PbaFlags::D;
        Message::Pba(Pba { status: Status::ACCEPTED, flags, seq, lifetime, options })
    };
    let serving = [MobilityOption::ServingMaar(node(to))];
    let previous = [MobilityOption::PreviousMaar(PreviousMaar { address: node(from), prefix: prefix(from) })];
    [
        (to, CMD, pbu(with(prefix(to), &[]))),
        (CMD, from, pbu(with(prefix(from), &serving))),
        (from, CMD, pba(with(prefix(from), &serving))),
        (CMD, to, pba(with(prefix(to), &previous))),
    ]
}

fn node(number: u32) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, number as u16)
}

fn mac(number: u32) -> Mac {
    [2, 0, 0x5e, 0, 0, number as u8]
}

#[cfg(test)]
mod tests {
    use dmm_captures::CaptureReader;

    use super::*;

    #[test]
    fn it_has_as_many_right_messages_as_asked_for() {
        let capture = write(Vec::new(), 40, 3).unwrap();
        let frames: Vec<_> = CaptureReader::from_octets(capture).unwrap().map(Result::unwrap).collect();
        assert_eq!(frames.len(), 40);
        for frame in frames {
            let packet = Ipv6::parse(&frame.octets[14..]).unwrap();
            let decoded = Message::decode(packet.payload(), packet.src, packet.dst).unwrap();
            assert_eq!(decoded.skipped, []);
        }
    }
}
