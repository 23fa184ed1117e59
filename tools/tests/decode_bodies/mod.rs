//! Packets and captures that the tests of `dmm decode` feed it.

use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use dmm_captures::CaptureReader;
use dmm_codec::message::{Upn, UpnFlags, UpnReason};
use dmm_codec::packet::{Ethernet, Ipv6};
use dmm_codec::{Lifetime, Message, MessageView, MnIdentifier, MobilityOption, Pbu, PbuFlags};

pub(crate) const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1);
pub(crate) const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A PBU of 48 octets: MN identifier at 12, Anchored Prefix at 28 with its prefix at 32.
pub(crate) fn pbu() -> Vec<u8> {
    let message = Message::Pbu(Pbu {
        seq: 1,
        flags: PbuFlags::A | PbuFlags::P | PbuFlags::D,
        lifetime: Lifetime(75),
        options: vec![
            MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@x.yz")),
            MobilityOption::AnchoredPrefix("2001:db8:a::/64".parse().unwrap()),
        ],
    });
    message.encode(SRC, DST).unwrap()
}

/// An Update Notification, which may carry any option, with every option that has sub-options.
pub(crate) fn with_sub_options() -> Vec<u8> {
    let options: &[(u8, &[u8])] = &[
        (40, &[0, 0, 22, 0, 19, 5, 0, 0, 0x28, 0xaf, 3]),
        (
            45,
            &[
                0, 1, 0, 10, 0, 0, // FID, FID-PRI, Reserved, Status
                2, 4, 0, 5, 1, 0, // two BIDs
                0, 1, 1, 0, // Pad1, PadN
                3, 4, 1, 0, 0xde, 0xad, // Traffic Selector
                4, 2, 0, 15, // Flow Binding Action
                5, 6, 0, 0, 192, 0, 2, 1, // Target Care-of Address
                99, 1, 0xff, // of no row
            ],
        ),
        (
            52,
            &[
                1, 8, 0x80, 3, b'd', b'm', b'm', 2, b'a', b'p', // Network-Identifier
                2, 6, 0x1a, 0x40, 0, 0xc0, 0, 0, // Geo-Location
                3, 4, 2, b'x', b'.', b'y', // Operator-Identifier
                6, 2, 0, 25, // ANI Update-Timer
            ],
        ),
        (53, &[0x80, 0, 0, 0, 3, 4, 1, 0, 0xde, 0xad]),
        (58, &[9, 0xb8, 1, 0, 0, 0, 1, 6, 0, 0, 0, 0x0f, 0x42, 0x40, 3, 6, 0xc0, 0, 0, 0x0f, 0x42, 0x40]),
        (62, &[1, 6, 0, 5, 0, 1, 0, 32, 2, 6, 0, 60, 0, 5, 0, 3]),
    ];
    let read = |(kind, body): &(u8, &[u8])| MobilityOption::read(*kind, body).unwrap();
    let options = options.iter().map(read).collect();
    let upn = Upn { seq: 1, reason: UpnReason::UPDATE_SESSION_PARAMETERS, flags: UpnFlags::A, options };
    Message::Upn(upn).encode(SRC, DST).unwrap()
}

/// The same, with a BID Reference whose Length runs past its option.
pub(crate) fn cut_sub_option() -> Vec<u8> {
    let mut octets = with_sub_options();
    let view = MessageView::new(&octets).unwrap();
    let flow = view.options().map(Result::unwrap).find(|option| option.kind == 45).unwrap();
    let length = flow.body_offset + 7;
    octets[length] = 200;
    dmm_codec::message::repair_checksum(&mut octets, SRC, DST);
    octets
}

/// The first PBA of the demonstration that names a P-MAAR: its frame and its octets.
pub(crate) fn handover_pba() -> (u64, Vec<u8>) {
    let octets = std::fs::read(root().join("captures/demo.pcapng")).unwrap();
    let mut messages = CaptureReader::from_octets(octets).unwrap().filter_map(|packet| {
        let packet = packet.unwrap();
        Some((packet.number, message(&packet.octets)?))
    });
    let names_a_maar = |octets: &[u8]| {
        let view = MessageView::new(octets).unwrap();
        view.options().filter_map(Result::ok).any(|option| option.kind == 67)
    };
    messages.find(|(_, octets)| names_a_maar(octets)).expect("the demonstration makes handovers")
}

/// The Mobility Headers of a capture.
pub(crate) fn frames(capture: Vec<u8>) -> Vec<Vec<u8>> {
    let packets = CaptureReader::from_octets(capture).unwrap();
    packets.filter_map(|packet| message(&packet.unwrap().octets)).collect()
}

fn message(frame: &[u8]) -> Option<Vec<u8>> {
    let packet = Ipv6::parse(Ethernet::parse(frame)?.payload)?;
    (packet.next_header == 135).then(|| packet.payload().to_vec())
}

pub(crate) fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    Ipv6::packet(SRC, DST, next_header, 64, payload)
}

/// Eight octets of options: a PadN.
pub(crate) fn extension(next: u8) -> [u8; 8] {
    [next, 0, 1, 4, 0, 0, 0, 0]
}

/// A packet behind the header of its link.
pub(crate) fn linked(linktype: u32, packet: &[u8]) -> Vec<u8> {
    let header: &[u8] = match linktype {
        0 => &[10, 0, 0, 0],
        1 => &[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd],
        108 => &[0, 0, 0, 24],
        113 => &[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x86, 0xdd],
        276 => &[0x86, 0xdd, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0],
        _ => &[],
    };
    [header, packet].concat()
}

/// A classic pcap.
pub(crate) fn classic(linktype: u32, packets: &[&[u8]]) -> Vec<u8> {
    let words =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>() };
    let mut capture = words(&[0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 65535, linktype]);
    for packet in packets {
        let len = u32::try_from(packet.len()).unwrap();
        capture.extend(words(&[1_767_225_600, 1500, len, len]));
        capture.extend_from_slice(packet);
    }
    capture
}
