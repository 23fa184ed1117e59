//! Captures in: pcapng and classic pcap from whoever wrote them. What can be read is given; the first packet that
//! cannot is an error with its number, and the end. No more of the file is held than the packet that is being read.

use std::io::{self, Cursor, Read};

use dmm_codec::Instant;
use pcap_file::pcap::{PcapHeader, PcapParser};
use pcap_file::{Endianness, TsResolution};

use crate::blocks::{
    BLOCK_START, Block, ENHANCED_PACKET, INTERFACE_DESCRIPTION, Options, Order, PACKET, SECTION_HEADER,
    SIMPLE_PACKET, block, frame,
};
use crate::window::Window;

const COMMENT: u16 = 1;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;
/// Microseconds: what `if_tsresol` is where an interface does not say.
const MICROSECONDS: u8 = 6;
const NANOS_PER_SECOND: u128 = 1_000_000_000;
/// Octets of the header of a classic pcap file, and of that of each of its packets.
const PCAP_HEADER: usize = 24;
const PCAP_PACKET_HEADER: usize = 16;
/// No packet is as long; a longer one is a corrupt length, which must not cost its memory.
const LONGEST: usize = 16 << 20;

/// One packet of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Its number in the file, as Wireshark counts: from 1.
    pub number: u64,
    /// When it was captured. A simple packet block has no time: it gets that of the packet before it.
    pub at: Instant,
    /// Name of its interface; empty where the file has none.
    pub interface: String,
    /// Link type of its interface; [`ETHERNET`](crate::ETHERNET) for Ethernet.
    pub linktype: u32,
    /// The captured octets, which may be fewer than were on the wire.
    pub octets: Vec<u8>,
    /// Comments on it.
    pub comments: Vec<String>,
}

/// Why a capture cannot be read, or not be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file or pipe failed.
    #[error("the capture cannot be read")]
    Io(#[source] std::io::Error),
    /// Neither pcapng nor pcap.
    #[error("this is no capture: it starts neither like pcapng nor like pcap")]
    NoCapture,
    /// The file is cut short or corrupt at this packet; those before it were given.
    #[error("packet {number}, octet {offset} of the file: {why}; the {} packet(s) before it can be read", number - 1)]
    Corrupt {
        /// Number that the packet would have.
        number: u64,
        /// Where its block starts.
        offset: usize,
        /// What is wrong.
        why: String,
    },
}

/// The packets of a capture, in the order of the file. Ends after the first error.
#[derive(Debug)]
pub struct CaptureReader<R = Cursor<Vec<u8>>> {
    window: Window<R>,
    number: u64,
    last: Instant,
    format: Format,
    done: bool,
}

#[derive(Debug)]
enum Format {
    Pcapng { order: Order, interfaces: Vec<Interface> },
    Pcap(PcapHeader),
}

/// Why there is no next packet.
enum Stop {
    Io(io::Error),
    Corrupt(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self::Corrupt(why)
    }
}

impl From<&str> for Stop {
    fn from(why: &str) -> Self {
        Self::Corrupt(why.to_string())
    }
}

#[derive(Clone, Debug)]
struct Interface {
    name: String,
    linktype: u32,
    snaplen: u32,
    resolution: u8,
    offset_seconds: i64,
}

impl CaptureReader {
    /// A capture that is already in memory.
    pub fn from_octets(octets: Vec<u8>) -> Result<Self, ReadError> {
        Self::new(Cursor::new(octets))
    }
}

impl<R: Read> CaptureReader<R> {
    /// Looks at how `reader` starts. The rest is read packet by packet, in pieces that are large enough: a buffer
    /// around it gains nothing.
    pub fn new(reader: R) -> Result<Self, ReadError> {
        let mut window = Window::new(reader);
        let start = window.peek(PCAP_HEADER).map_err(ReadError::Io)?;
        let format = if start.first_chunk() == Some(&SECTION_HEADER.to_be_bytes()) {
            Format::Pcapng { order: Order::Big, interfaces: Vec::new() }
        } else {
            let (_, parser) = PcapParser::new(start).map_err(|_| ReadError::NoCapture)?;
            window.advance(PCAP_HEADER);
            Format::Pcap(parser.header())
        };
        Ok(Self { window, number: 0, last: Instant::default(), format, done: false })
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, Stop> {
        match &mut self.format {
            Format::Pcap(header) => {
                let Some(packet) = classic(&mut self.window, *header)? else { return Ok(None) };
                self.number += 1;
                Ok(Some(Packet { number: self.number, ..packet }))
            }
            Format::Pcapng { order, interfaces } => loop {
                let start = self.window.peek(BLOCK_START)?;
                if start.is_empty() {
                    return Ok(None);
                }
                let len = frame(start, *order)?.len;
                if len > LONGEST {
                    return Err(format!("a block of {len} octets, more than any packet has").into());
                }
                let block = block(self.window.peek(len)?, *order)?;
                let packet = match block.kind {
                    SECTION_HEADER => {
                        *order = block.order;
                        interfaces.clear();
                        None
                    }
                    INTERFACE_DESCRIPTION => {
                        interfaces.push(interface(&block).ok_or("an interface description cut short")?);
                        None
                    }
                    ENHANCED_PACKET | PACKET => Some(enhanced(&block, interfaces)?),
                    SIMPLE_PACKET => Some(simple(&block, interfaces, self.last)?),
                    _ => None,
                };
                self.window.advance(len);
                if let Some(packet) = packet {
                    self.number += 1;
                    self.last = packet.at;
                    return Ok(Some(Packet { number: self.number, ..packet }));
                }
            },
        }
    }
}

impl<R: Read> Iterator for CaptureReader<R> {
    type Item = Result<Packet, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.next_packet();
        self.done = !matches!(next, Ok(Some(_)));
        let (number, offset) = (self.number + 1, self.window.offset());
        let error = |stop| match stop {
            Stop::Io(error) => ReadError::Io(error),
            Stop::Corrupt(why) => ReadError::Corrupt { number, offset, why },
        };
        next.map_err(error).transpose()
    }
}

/// The next packet of a classic pcap; nothing at the end of the file.
fn classic<R: Read>(window: &mut Window<R>, header: PcapHeader) -> Result<Option<Packet>, Stop> {
    let order = match header.endianness {
        Endianness::Big => Order::Big,
        Endianness::Little => Order::Little,
    };
    let start = window.peek(PCAP_PACKET_HEADER)?;
    if start.is_empty() {
        return Ok(None);
    }
    let short = "the file ends within the packet";
    let word = |at| order.u32(start, at).ok_or(short);
    let (seconds, fraction, len) = (u64::from(word(0)?), u64::from(word(4)?), word(8)? as usize);
    word(12)?;
    if len > LONGEST {
        return Err(format!("{len} octets captured, more than any packet has").into());
    }
    let fraction = match header.ts_resolution {
        TsResolution::MicroSecond => fraction * 1000,
        TsResolution::NanoSecond => fraction,
    };
    let octets = window.peek(PCAP_PACKET_HEADER + len)?.get(PCAP_PACKET_HEADER..).unwrap_or(&[]).to_vec();
    if octets.len() < len {
        return Err(short.into());
    }
    window.advance(PCAP_PACKET_HEADER + len);
    Ok(Some(Packet {
        number: 0,
        at: Instant::from_nanos(seconds * 1_000_000_000 + fraction),
        interface: String::new(),
        // The bits above say how long the check sequence at the end of frames is.
        linktype: u32::from(header.datalink) & 0x03ff_ffff,
        octets,
        comments: Vec::new(),
    }))
}

fn interface(block: &Block<'_>) -> Option<Interface> {
    let order = block.order;
    let mut interface = Interface {
        name: String::new(),
        linktype: u32::from(order.u16(block.body, 0)?),
        snaplen: order.u32(block.body, 4)?,
        resolution: MICROSECONDS,
        offset_seconds: 0,
    };
    for (code, value) in (Options { order, octets: &block.body[8..] }) {
        match (code, value) {
            (IF_NAME, name) => interface.name = String::from_utf8_lossy(name).into_owned(),
            (IF_TSRESOL, [resolution]) => interface.resolution = *resolution,
            (IF_TSOFFSET, seconds) => interface.offset_seconds = order.i64(seconds, 0)?,
            _ => {}
        }
    }
    Some(interface)
}

/// Enhanced Packet Block; the obsolete Packet Block differs only in a 16-bit interface followed by a drop count.
fn enhanced(block: &Block<'_>, interfaces: &[Interface]) -> Result<Packet, String> {
    let (order, body) = (block.order, block.body);
    let short = || "a packet block shorter than its header".to_string();
    let index = match block.kind {
        PACKET => order.u16(body, 0).map(u32::from),
        _ => order.u32(body, 0),
    };
    let index = index.ok_or_else(short)?;
    let interface = interfaces
        .get(index as usize)
        .ok_or_else(|| format!("interface {index}, but the section describes {}", interfaces.len()))?;
    let (high, low) = (order.u32(body, 4).ok_or_else(short)?, order.u32(body, 8).ok_or_else(short)?);
    let len = order.u32(body, 12).ok_or_else(short)? as usize;
    let octets = body.get(20..).and_then(|rest| rest.get(..len)).ok_or_else(|| {
        format!("{len} octets captured, but the block has {} for them", body.len().saturating_sub(20))
    })?;
    let options = body.get(20 + len.next_multiple_of(4)..).unwrap_or(&[]);
    let comments = (Options { order, octets: options }).filter(|(code, _)| *code == COMMENT);
    Ok(Packet {
        number: 0,
        at: interface.instant(u64::from(high) << 32 | u64::from(low)),
        interface: interface.name.clone(),
        linktype: interface.linktype,
        octets: octets.to_vec(),
        comments: comments.map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect(),
    })
}

fn simple(block: &Block<'_>, interfaces: &[Interface], last: Instant) -> Result<Packet, String> {
    let interface = interfaces.first().ok_or("a simple packet, but the section describes no interface")?;
    let original = block.order.u32(block.body, 0).ok_or("a packet block shorter than its header")? as usize;
    let kept = if interface.snaplen == 0 { original } else { original.min(interface.snaplen as usize) };
    let data = &block.body[4..];
    let octets = data
        .get(..kept)
        .ok_or_else(|| format!("{kept} octets captured, but the block has {}", data.len()))?;
    Ok(Packet {
        number: 0,
        at: last,
        interface: interface.name.clone(),
        linktype: interface.linktype,
        octets: octets.to_vec(),
        comments: Vec::new(),
    })
}

impl Interface {
    /// A time stamp in the interface's unit: a negative power of 10, or of 2 where the first bit is set.
    fn instant(&self, ticks: u64) -> Instant {
        let exponent = u32::from(self.resolution & 0x7f);
        let base: u128 = if self.resolution & 0x80 == 0 { 10 } else { 2 };
        let nanos = match base.checked_pow(exponent) {
            Some(per_second) => {
                let ticks = u128::from(ticks);
                let (seconds, rest) = (ticks / per_second, ticks % per_second);
                // The rest is split off first: ticks of 10^-38 s times 10^9 would not fit.
                let fraction = match rest.checked_mul(NANOS_PER_SECOND) {
                    Some(product) => product / per_second,
                    None => rest / (per_second / NANOS_PER_SECOND).max(1),
                };
                seconds * NANOS_PER_SECOND + fraction
            }
            // So fine a unit that 64 bits of it are no time at all.
            None => 0,
        };
        let offset = i128::from(self.offset_seconds) * 1_000_000_000;
        let nanos = i128::try_from(nanos).unwrap_or(i128::MAX).saturating_add(offset);
        Instant::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }
}
