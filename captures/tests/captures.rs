//! Captures survive the way out and in, and corrupt ones are refused where they are corrupt.

use std::net::Ipv6Addr;

use dmm_captures::{CaptureReader, CaptureWriter, ETHERNET, Packet, ReadError, Section, attach, attached};
use dmm_codec::Instant;
use pretty_assertions::assert_eq;

const FRAME: [u8; 17] = [0x33; 17];

#[test]
fn what_is_attached_is_no_packet_and_is_given_back() {
    let bare = written();
    assert_eq!(attached(&bare), None);
    for octets in [&b""[..], b"a", b"four", "größer".as_bytes()] {
        let mut capture = bare.clone();
        attach(&mut capture, octets).expect("it is short");
        assert_eq!(attached(&capture), Some(octets));
        assert_eq!(read(capture.clone()).count(), read(bare.clone()).count());
        for length in bare.len()..capture.len() {
            assert_eq!(attached(&capture[..length]), None, "cut after {length}");
        }
        for at in 0..capture.len() {
            let mut wrong = capture.clone();
            wrong[at] ^= 0x80;
            // Whatever it says, it is no more than there is.
            assert!(attached(&wrong).is_none_or(|it| it.len() <= octets.len() + 4), "octet {at}");
        }
    }
}

#[test]
fn what_was_written_is_read_back() {
    let packets: Vec<Packet> = read(written()).map(|packet| packet.expect("we wrote it")).collect();
    let expected = |number: u64, interface: &str, comments: &[&str]| Packet {
        number,
        at: at(number),
        interface: interface.to_string(),
        linktype: ETHERNET,
        octets: FRAME[..usize::try_from(number).expect("small")].to_vec(),
        comments: comments.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(
        packets,
        [
            expected(1, "maar1", &["initial.test.yaml:12 send reg", "RFC8885-R3.1.3"]),
            expected(2, "maar2", &[]),
            expected(3, "maar1", &["größer"]),
        ]
    );
}

#[test]
fn the_same_packets_make_the_same_octets() {
    assert_eq!(written(), written());
}

#[test]
fn a_file_cut_at_any_octet_gives_what_is_whole_and_then_one_error() {
    for file in [written(), classic(0xa1b2_c3d4, 1000)] {
        let whole = read(file.clone()).count();
        for end in 0..file.len() {
            let Ok(reader) = CaptureReader::from_octets(file[..end].to_vec()) else { continue };
            let results: Vec<_> = reader.collect();
            let good = results.iter().filter(|result| result.is_ok()).count();
            assert!(good <= whole && results.len() - good <= 1, "cut at {end}");
        }
    }
}

#[test]
fn any_changed_octet_is_survived() {
    let file = written();
    for at in 0..file.len() {
        for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[at] = value;
            if let Ok(reader) = CaptureReader::from_octets(changed) {
                assert!(reader.count() < 100);
            }
        }
    }
}

#[test]
fn an_error_names_the_packet_and_what_is_wrong() {
    let mut file = written();
    file.truncate(file.len() - 4);
    let error = read(file).find_map(Result::err).expect("the last block is cut");
    assert!(matches!(error, ReadError::Corrupt { number: 3, .. }), "{error}");
    assert!(error.to_string().contains("the file ends within a block"), "{error}");
    let error =
        CaptureReader::from_octets(b"GIF89a, as everyone can see....".to_vec()).expect_err("no capture");
    assert!(matches!(error, ReadError::NoCapture), "{error}");
}

#[test]
fn time_stamps_are_in_the_interface_s_own_unit() {
    // (if_tsresol, ticks of 1.5 s)
    let table: [(Option<u8>, u64); 6] = [
        (None, 1_500_000),
        (Some(6), 1_500_000),
        (Some(9), 1_500_000_000),
        (Some(3), 1_500),
        (Some(0x8a), 1536),
        (Some(0xa0), 0x1_8000_0000),
    ];
    for (resolution, ticks) in table {
        let packet = read(pcapng(resolution, ticks)).next().expect("one packet").expect("readable");
        assert_eq!(packet.at, Instant::from_nanos(1_500_000_000), "if_tsresol {resolution:?}");
    }
}

#[test]
fn classic_pcap_is_read_in_both_resolutions() {
    for (magic, fraction_of_a_half) in [(0xa1b2_c3d4, 500_000), (0xa1b2_3c4d, 500_000_000)] {
        let packet = read(classic(magic, fraction_of_a_half)).next().expect("one packet").expect("readable");
        assert_eq!(packet.at, Instant::from_nanos(7_500_000_000));
        assert_eq!((packet.linktype, packet.octets.as_slice()), (ETHERNET, &FRAME[..]));
    }
}

fn read(octets: Vec<u8>) -> CaptureReader {
    CaptureReader::from_octets(octets).expect("a capture")
}

fn at(number: u64) -> Instant {
    Instant::from_nanos(1_767_225_600_000_000_000 + number)
}

fn written() -> Vec<u8> {
    let section = Section { comment: Some("cmd.reg.001 PASS".to_string()), ..Section::default() };
    let mut writer = CaptureWriter::new(Vec::new(), &section).expect("memory");
    let maar1 = writer.interface("maar1", "tester, maar").expect("memory");
    let maar2 = writer.interface("maar2", "").expect("memory");
    let cmd = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);
    writer.names([(cmd, "cmd"), (Ipv6Addr::LOCALHOST, "self")]).expect("memory");
    let comments = ["initial.test.yaml:12 send reg".to_string(), "RFC8885-R3.1.3".to_string()];
    writer.packet(at(1), maar1, &FRAME[..1], &comments).expect("memory");
    writer.packet(at(2), maar2, &FRAME[..2], &[]).expect("memory");
    writer.packet(at(3), maar1, &FRAME[..3], &["größer".to_string()]).expect("memory");
    writer.finish().expect("memory")
}

/// A big-endian pcapng as another program might write it: no end of options.
fn pcapng(resolution: Option<u8>, ticks: u64) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let len = u32::try_from(12 + body.len()).expect("small").to_be_bytes();
        [&kind.to_be_bytes(), &len[..], body, &len[..]].concat()
    };
    let option = |value: u8| [0, 9, 0, 1, value, 0, 0, 0];
    let header = [&[0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0][..], &[0xff; 8]].concat();
    let mut interface = vec![0, 1, 0, 0, 0, 0, 0, 0];
    interface.extend(resolution.map(option).into_iter().flatten());
    let packet = [&[0; 4][..], &ticks.to_be_bytes(), &[0, 0, 0, 2, 0, 0, 0, 2], &[1, 2, 0, 0]].concat();
    [block(0x0a0d_0d0a, &header), block(1, &interface), block(6, &packet)].concat()
}

fn classic(magic: u32, fraction: u32) -> Vec<u8> {
    let words: [u32; 10] = [magic, 2 << 16 | 4, 0, 0, 65535, 1, 7, fraction, 17, 17];
    let header: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    [header, FRAME.to_vec()].concat()
}
