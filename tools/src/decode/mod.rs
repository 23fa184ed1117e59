//! `dmm decode`: what the messages in a capture, or in octets that somebody has copied, say; and all that is wrong
//! with them. It reads the codec's tables and has no list of messages or options of its own.

mod input;
pub mod json;
pub mod layers;
mod text;
mod watched;
mod words;
mod yaml;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Read, Write};
use std::net::Ipv6Addr;

use clap::Args;
use dmm_captures::{CaptureReader, Packet, ReadError};
use dmm_codec::Drafts;
use dmm_conformance::report::counted;

pub use self::input::hex;
use self::input::{Input, open};
use self::layers::{Carried, Start, Way, through, through_link};
use self::words::Sighting;
pub(crate) use self::words::utc;
use crate::progress::Progress;
use crate::{Exit, Failure};

/// Packets that are read before they are decoded, on all cores, each core some at a time; fewer where they are long, so
/// that a capture of any size takes the same memory.
const BATCH: usize = 1024;
const BATCH_OCTETS: usize = 1 << 20;
const CHUNK: usize = 64;

/// What `dmm decode --help` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  dmm decode captures/demo.pcapng                  every message of a capture
  dmm decode --frame 92 captures/demo.pcapng       one of them
  dmm decode --json captures/demo.pcapng | jq 'select(.faults != [])'
  dmm decode --yaml --frame 92 captures/demo.pcapng    as a step of a conformance script
  tcpdump -U -w - ip6 proto 135 | dmm decode -     as they come
  dmm decode 3b:01:05:00:5f:2c 00:01 82:10 00:4b 01 02 00 00
  dmm decode --as mh --src 2001:db8::1 --dst 2001:db8::2 3b010500…   with its checksum
  dmm decode --draft jikim-dmm-pmip 3b01050000000001820800 4b01020000   a Proxy Binding Query

Captures are pcapng or pcap, of Ethernet, raw IP, Linux cooked or BSD loopback. What is within ESP, behind AH or in
fragments is named and not decoded. Numbers in JSON are those on the wire.

Exit codes: 0 everything was read, 2 something could not be read; what could is printed first.";

/// `dmm decode`.
#[derive(Args)]
pub struct DecodeArgs {
    /// A capture, a file of octets in hexadecimal, such octets themselves, or `-` for standard input.
    #[arg(required = true, value_name = "FILE|HEX|-")]
    input: Vec<String>,
    /// One JSON object a message, each on a line of its own.
    #[arg(long, conflicts_with = "yaml")]
    json: bool,
    /// The conformance script's step that would send it.
    #[arg(long)]
    yaml: bool,
    /// What hexadecimal octets start with; recognised where this is not given.
    #[arg(long = "as", value_name = "START")]
    start: Option<Start>,
    /// Source address of a bare Mobility Header, for its checksum.
    #[arg(long, requires = "dst")]
    src: Option<Ipv6Addr>,
    /// Destination address of a bare Mobility Header, for its checksum.
    #[arg(long, requires = "src")]
    dst: Option<Ipv6Addr>,
    /// Only this frame of a capture, as Wireshark counts; may be given several times.
    #[arg(long, value_name = "NUMBER")]
    frame: Vec<u64>,
    /// Follow this draft too: jikim-dmm-pmip gives Binding Update and Acknowledgement the Q flag, whose bits are reserved
    /// without it. May be given several times.
    #[arg(long, value_name = "DRAFT")]
    draft: Vec<Draft>,
    /// The role that sends, in YAML.
    #[arg(long, default_value = "maar1", value_name = "ROLE")]
    from: String,
}

/// A draft that can be followed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Draft {
    /// The Q flag: Proxy Binding Query and Proxy Query ACK.
    JikimDmmPmip,
}

impl DecodeArgs {
    fn drafts(&self) -> Drafts {
        Drafts { query: self.draft.contains(&Draft::JikimDmmPmip) }
    }
}

/// Decodes to standard output. A reader of it that has seen enough is no failure.
pub fn run(args: &DecodeArgs) -> Result<Exit, Failure> {
    let stdout = io::stdout();
    // Where somebody may be waiting, each message at once; else in pieces that give every core something to do.
    let batch = if stdout.is_terminal() || args.input == ["-"] { 1 } else { BATCH };
    match decode(args, batch, &mut stdout.lock()) {
        Ok(()) => Ok(Exit::OK),
        Err(Ended::Failed(failure)) => Err(failure),
        Err(Ended::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::OK),
        Err(Ended::Output(error)) => Err(Failure::bench(format!("standard output: {error}"))),
    }
}

/// Why decoding ended early.
enum Ended {
    Output(io::Error),
    Failed(Failure),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn decode(args: &DecodeArgs, batch: usize, out: &mut dyn Write) -> Result<(), Ended> {
    let ends = args.src.zip(args.dst);
    match open(&args.input)? {
        Input::Capture(..) if args.start.is_some() || ends.is_some() => {
            Err(Failure::usage("--as, --src and --dst are for octets; a capture says them itself").into())
        }
        Input::Capture(reader, name, progress) => capture(args, batch, reader, &name, &progress, out),
        Input::Octets(octets) => {
            let start = args.start.or_else(|| Start::of(&octets)).ok_or_else(|| {
                let what =
                    "these octets start neither like a Mobility Header nor like IPv6 nor like Ethernet";
                Failure::usage(format!("{what}: say which with --as mh|ipv6|ethernet"))
            })?;
            if ends.is_some() && start != Start::Mh {
                return Err(Failure::usage("--src and --dst are for a bare Mobility Header").into());
            }
            let way = through(start, &octets, ends);
            if way.carried == Carried::Other {
                let layers = if way.layers.is_empty() { "them".to_owned() } else { way.layers.join(", ") };
                return Err(Failure::usage(format!("there is no Mobility Header in {layers}")).into());
            }
            let sighting = Sighting { frame: None, way, drafts: args.drafts() };
            let mut said = Vec::new();
            say(args, &sighting, &mut said);
            Ok(out.write_all(&said)?)
        }
    }
}

fn capture(
    args: &DecodeArgs,
    batch: usize,
    reader: impl Read,
    name: &str,
    progress: &Progress,
    out: &mut dyn Write,
) -> Result<(), Ended> {
    let failed = |error: ReadError| {
        // Every error here is of the file; one of the system has its cause behind it.
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        Ended::Failed(Failure::usage(format!("{name}: {error}{}", source.unwrap_or_default())))
    };
    let last = args.frame.iter().max().copied().unwrap_or(u64::MAX);
    let mut unknown: BTreeMap<u32, usize> = BTreeMap::new();
    let (mut packets, mut shown) = (0, 0);
    let mut reader = CaptureReader::new(reader)
        .map_err(failed)?
        .take_while(|packet| !matches!(packet, Ok(packet) if packet.number > last));
    let mut said: Vec<Said> = Vec::new();
    let is_asked_for = |packet: &Packet| args.frame.is_empty() || args.frame.contains(&packet.number);
    let mut read = next_batch(&mut reader, batch);
    loop {
        let (mut now, is_all) = read;
        now.retain(is_asked_for);
        packets += now.len();
        said.resize_with(now.len().div_ceil(CHUNK), Said::default);
        let mut next = None;
        if let ([only], 1) = (&mut said[..], batch) {
            only.packets(args, &now);
        } else {
            // The next are read while these are decoded.
            rayon::in_place_scope(|cores| {
                for (packets, said) in now.chunks(CHUNK).zip(&mut said) {
                    cores.spawn(|_| said.packets(args, packets));
                }
                next = matches!(is_all, Ok(false)).then(|| next_batch(&mut reader, batch));
            });
        }
        progress.clear();
        for said in &mut said {
            out.write_all(&said.octets)?;
            said.octets.clear();
            shown += std::mem::take(&mut said.messages);
            for (linktype, count) in std::mem::take(&mut said.unknown) {
                *unknown.entry(linktype).or_default() += count;
            }
        }
        out.flush()?;
        // What was read is printed before what could not be.
        if is_all.map_err(failed)? {
            break;
        }
        read = next.unwrap_or_else(|| next_batch(&mut reader, batch));
    }
    for (linktype, count) in &unknown {
        eprintln!(
            "dmm: {name}: passed by {} of link type {linktype}, which is not known here",
            counted(*count, "packet")
        );
    }
    if packets == 0 && !args.frame.is_empty() {
        let frames: Vec<_> = args.frame.iter().map(ToString::to_string).collect();
        return Err(Failure::usage(format!("{name} has no frame {}", frames.join(", "))).into());
    }
    if shown == 0 {
        let missing = format!("{name}: no Mobility Header in {}", counted(packets, "packet"));
        if unknown.values().sum::<usize>() == packets && packets > 0 {
            return Err(Failure::usage(missing).into());
        }
        eprintln!("dmm: {missing}");
    }
    Ok(())
}

/// The next packets, and whether they were the last, or why there are no more.
fn next_batch(
    reader: &mut impl Iterator<Item = Result<Packet, ReadError>>,
    batch: usize,
) -> (Vec<Packet>, Result<bool, ReadError>) {
    let (mut packets, mut octets) = (Vec::new(), 0);
    while packets.len() < batch && octets < BATCH_OCTETS {
        match reader.next() {
            Some(Ok(packet)) => {
                octets += packet.octets.len();
                packets.push(packet);
            }
            Some(Err(error)) => return (packets, Err(error)),
            None => return (packets, Ok(true)),
        }
    }
    (packets, Ok(false))
}

/// What is said of some packets; its room is used again for the next.
#[derive(Default)]
struct Said {
    octets: Vec<u8>,
    messages: usize,
    /// How many packets have a link type that is not known here, by that type.
    unknown: BTreeMap<u32, usize>,
}

impl Said {
    fn packets(&mut self, args: &DecodeArgs, packets: &[Packet]) {
        for packet in packets {
            match through_link(packet.linktype, &packet.octets) {
                None => *self.unknown.entry(packet.linktype).or_default() += 1,
                Some(Way { carried: Carried::Other, .. }) => {}
                Some(way) => {
                    let frame = Some((packet.number, packet.at));
                    say(args, &Sighting { frame, way, drafts: args.drafts() }, &mut self.octets);
                    self.messages += 1;
                }
            }
        }
    }
}

/// A sighting as text, as JSON and as YAML.
pub fn in_every_form(way: Way<'_>) -> [String; 3] {
    let sighting = Sighting { frame: None, way, drafts: Drafts::default() };
    let mut line = Vec::new();
    json::line(&sighting, &mut line);
    let line = String::from_utf8(line).expect("JSON is text");
    [text::block(&sighting), line, yaml::step(&sighting, "maar1")]
}

/// Says a sighting in the form that was asked for.
fn say(args: &DecodeArgs, sighting: &Sighting<'_>, out: &mut Vec<u8>) {
    if args.json {
        json::line(sighting, out);
    } else if args.yaml {
        out.extend_from_slice(yaml::step(sighting, &args.from).as_bytes());
    } else {
        out.extend_from_slice(text::block(sighting).as_bytes());
    }
}
