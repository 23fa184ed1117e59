//! What the codec costs: a PBU with six options against one pass of its checksum, and whole captures against tshark.

use std::hint::black_box;
use std::net::Ipv6Addr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dmm::{Failure, project_path};
use dmm_codec::checksum::{MOBILITY_HEADER, checksum};
use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6};
use dmm_codec::{LinkLayerAddress, Message, MessageView, MnIdentifier, MobilityOption, Pbu, PbuFlags, value};
use dmm_wireshark::{Stage, Tshark};
use etherparse::SlicedPacket;

use crate::capture::Capture;
use crate::{Row, Target, time};

const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 2);
const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let mut rows = one_message()?;
    for (name, capture) in [
        ("the demo's capture to JSON", Capture::demo(60)?),
        ("signalling alone to JSON", Capture::signalling(2400)?),
    ] {
        rows.push(whole(name, &capture)?);
    }
    Ok(rows)
}

/// A PBU of 200 octets with six options: a P-MAAR is told of a roaming node, whose NAI names two networks.
fn pbu() -> Message {
    let nai = "wlan.mnc015.mcc234.3gppnetwork.org!0310260999999999@wlan.mnc260.mcc310.gprs";
    let prefix = |text: &str| text.parse().expect("it is a prefix");
    Message::Pbu(Pbu {
        seq: 7,
        flags: PbuFlags::A | PbuFlags::P | PbuFlags::D,
        lifetime: value::Lifetime(75),
        options: vec![
            MobilityOption::MnIdentifier(MnIdentifier::nai(nai)),
            MobilityOption::HomeNetworkPrefix(prefix("2001:db8:a001::/64")),
            MobilityOption::AnchoredPrefix(prefix("2001:db8:a001::/64")),
            MobilityOption::LocalPrefix(prefix("2001:db8:b001::/48")),
            MobilityOption::ServingMaar(Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 3)),
            MobilityOption::DlifLinkLayer(LinkLayerAddress::from([2, 0x5a, 0xa9, 0x47, 0x59, 0x24])),
        ],
    })
}

/// What is done with one message, in nanoseconds.
fn one_message() -> Result<Vec<Row>, Failure> {
    let message = pbu();
    let octets = message.encode(SRC, DST).map_err(Failure::bench)?;
    assert_eq!(octets.len(), 200, "the rows speak of 200 octets");
    let packet = Ipv6::packet(SRC, DST, MOBILITY_HEADER, HOP_LIMIT, &octets);
    let frame = Ethernet::frame([2; 6], [4; 6], &packet);
    let look = || MessageView::received(black_box(&octets), SRC, DST).expect("it was encoded here");

    let [sum, walk, fields, decode, encode, slices] = in_turn([
        &mut || u64::from(checksum(SRC, DST, MOBILITY_HEADER, black_box(&octets))),
        &mut || look().options().flatten().map(|option| option.body.len() as u64).sum(),
        &mut || look().options().flatten().flat_map(|option| option.fields()).map(|field| field.uint()).sum(),
        &mut || {
            let decoded = Message::decode(black_box(&octets), SRC, DST).expect("it was encoded here");
            black_box(&decoded).skipped.len() as u64
        },
        &mut || black_box(&message).encode(SRC, DST).expect("it fits").len() as u64,
        &mut || {
            let sliced = SlicedPacket::from_ethernet(black_box(&frame)).expect("it was made here");
            u64::from(black_box(&sliced).net.is_some())
        },
    ]);
    let row = |name, figure: f64, (against, other): (&'static str, f64), target| {
        Row::new("codec", name, (figure, "ns"), against, figure / other, target)
    };
    let (a_pass, a_walk) = (("one pass of the checksum", sum), ("the view walk", walk));
    let a_decode = ("decode to message", decode);
    let mut rows = vec![
        row("the checksum of a PBU, six options", sum, a_pass, None),
        row("view walk: checksum, every option", walk, a_pass, Some(Target::AtMost(3.0))),
        row("view walk: every field too", fields, a_pass, None),
        row("decode to message", decode, a_walk, Some(Target::AtMost(3.0))),
        row("encode", encode, a_decode, None),
        row("etherparse slices the headers around it", slices, a_walk, None),
    ];
    match pypcapkit(&octets)? {
        Some(theirs) => rows.push(row("PyPCAPKit decodes it", theirs, a_decode, None)),
        None => eprintln!(
            "bench: PyPCAPKit is not in out/oracle, its row is passed over: tools/bench --yes codec"
        ),
    }
    Ok(rows)
}

/// Nanoseconds of one run of each, the least of many batches. A batch of each in turn, so that a slow moment of the
/// machine meets all.
fn in_turn<const N: usize>(mut works: [&mut dyn FnMut() -> u64; N]) -> [f64; N] {
    const BATCHES: u32 = 2000;
    const BATCH: u32 = 500;
    let mut least = [Duration::MAX; N];
    for _ in 0..BATCHES {
        for (work, least) in works.iter_mut().zip(&mut least) {
            let start = Instant::now();
            for _ in 0..BATCH {
                black_box(work());
            }
            *least = start.elapsed().min(*least);
        }
    }
    least.map(|least| least.as_secs_f64() * 1e9 / f64::from(BATCH))
}

/// Nanoseconds that PyPCAPKit takes for the same octets, without the start of Python; nothing where it is not there.
fn pypcapkit(octets: &[u8]) -> Result<Option<f64>, Failure> {
    let Ok(python) = project_path("out/oracle/bin/python") else { return Ok(None) };
    let hex = octets.iter().fold(String::new(), |hex, octet| hex + &format!("{octet:02x}"));
    let output = Command::new(&python)
        .arg(project_path("tools/oracle/pace.py")?)
        .arg(hex)
        .output()
        .map_err(|error| Failure::file(&python, error))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().parse();
    said.map(Some).map_err(|_| Failure::bench(String::from_utf8_lossy(&output.stderr)))
}

/// A whole capture to JSON, against the three fields of each Mobility Header from tshark: whole processes, whose output
/// nobody reads.
fn whole(name: &'static str, capture: &Capture) -> Result<Row, Failure> {
    let bench = std::env::current_exe().map_err(Failure::bench)?;
    let dmm = bench.with_file_name("dmm");
    let stock = Stage::new(&Tshark::find().map_err(Failure::bench)?, None).map_err(Failure::bench)?;
    let fields = ["-T", "fields", "-e", "frame.number", "-e", "mip6.mhtype", "-e", "mip6.bu.seqnr"];
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..7 {
        let mut decode = Command::new(&dmm);
        ours = ours.min(time(decode.args(["decode", "--json"]).arg(capture.path()).stdout(Stdio::null()))?);
        let mut tshark = stock.command();
        theirs = theirs.min(time(tshark.arg("-r").arg(capture.path()).args(fields).stdout(Stdio::null()))?);
    }
    let per_second = f64::from(capture.packets()) / ours.as_secs_f64();
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    Ok(Row::new(
        "codec",
        name,
        (per_second, "packets/s"),
        "tshark -T fields",
        ratio,
        Some(Target::AtLeast(20.0)),
    ))
}
