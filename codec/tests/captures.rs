//! Mobility Headers that others sent, built or broke: the test captures of tcpdump and Zeek, from a folder beside the
//! repository. They belong to their projects and are not copied here; where the folder is absent, nothing is tested.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod fuzz_bodies;

use std::fs;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use dmm_codec::packet::MOBILITY_HEADER;
use dmm_codec::{ErrorKind, Message, MessageView};
use etherparse::{LaxNetSlice, LaxSlicedPacket};
use pcap_file::pcap::PcapReader;

#[test]
fn every_mobility_header_can_be_looked_at() {
    let mut seen = 0;
    for path in captures() {
        for header in mobility_headers(&path) {
            println!("{}: {:02x?}", path.display(), header.octets);
            for (_, body) in fuzz_bodies::BODIES {
                body(&header.octets);
            }
            let _ = Message::decode(&header.octets, header.src, header.dst);
            seen += 1;
        }
    }
    println!("{seen} mobility headers");
    assert!(captures().is_empty() || seen >= 24, "only {seen} found");
}

#[test]
fn the_checksum_is_judged_as_the_capture_says() {
    for (name, good) in [("mip6-good-mh-chksum.pcap", true), ("mip6-bad-mh-chksum.pcap", false)] {
        let Some(path) = capture(name) else { continue };
        let [header] = &mobility_headers(&path)[..] else { panic!("{name} has one mobility header") };
        let received = MessageView::received(&header.octets, header.src, header.dst);
        let wrong = received.is_err_and(|error| matches!(error.kind, ErrorKind::Checksum { .. }));
        assert_eq!(!wrong, good, "{name}");
    }
}

/// RFC 6275 §6.1.2 to §6.1.9.
#[test]
fn the_type_is_what_the_capture_says() {
    let types =
        [("brr", 0), ("hoti", 1), ("coti", 2), ("hot", 3), ("cot", 4), ("bu", 5), ("back", 6), ("be", 7)];
    for (name, mh_type) in types {
        let Some(path) = capture(&format!("mip6_{name}.pcap")) else { continue };
        let [header] = &mobility_headers(&path)[..] else { panic!("{name} has one mobility header") };
        let view = MessageView::new(&header.octets).unwrap();
        assert_eq!((view.mh_type(), view.octets().len()), (mh_type, header.octets.len()), "{name}");
        assert!(view.spec().is_some());
    }
}

struct MobilityHeader {
    src: Ipv6Addr,
    dst: Ipv6Addr,
    octets: Vec<u8>,
}

/// The Next Header of Mobility Headers in the drafts before RFC 3775, which tcpdump reads on.
const DRAFT: u8 = 62;

/// The Mobility Headers of a capture, as far as packets were captured.
fn mobility_headers(path: &Path) -> Vec<MobilityHeader> {
    let mut reader = PcapReader::new(fs::File::open(path).unwrap()).unwrap();
    // The upper half says whether a frame check sequence follows.
    let link_type = u32::from(reader.header().datalink) & 0xffff;
    let mut headers = Vec::new();
    // Some of these files are broken on purpose, their packet records too: read what can be read.
    while let Some(Ok(packet)) = reader.next_raw_packet() {
        let sliced = match link_type {
            1 => LaxSlicedPacket::from_ethernet(&packet.data).ok(),
            101 | 229 => LaxSlicedPacket::from_ip(&packet.data).ok(),
            other => panic!("{}: link type {other}", path.display()),
        };
        let Some(LaxNetSlice::Ipv6(ipv6)) = sliced.and_then(|sliced| sliced.net) else { continue };
        if [MOBILITY_HEADER, DRAFT].contains(&ipv6.payload().ip_number.0) {
            let (src, dst) = (ipv6.header().source_addr(), ipv6.header().destination_addr());
            headers.push(MobilityHeader { src, dst, octets: ipv6.payload().payload.to_vec() });
        }
    }
    headers
}

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    let mut files = Vec::new();
    for project in ["tcpdump", "zeek"] {
        match fs::read_dir(folder.join(project)) {
            Ok(entries) => files.extend(entries.map(|entry| entry.unwrap().path())),
            Err(error) => println!("passed over: no captures of {project}: {error}"),
        }
    }
    files.sort();
    files
}

fn capture(name: &str) -> Option<PathBuf> {
    captures().into_iter().find(|path| path.file_name().is_some_and(|file| file == name))
}
