//! The way from a frame to its Mobility Header: link layers, IPv6, extension headers, IPv6 in IPv6. Each layer is named;
//! a way that ends before the Mobility Header says why. The headers are read by the codec, as nodes and runner read them;
//! links that neither it nor `etherparse` knows are read here.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use dmm_codec::headers::{End, NoWalk, Walk, is_extension};
use dmm_codec::packet::{Ethernet, IPV6_IN_IPV6, MOBILITY_HEADER, Vlan};

/// Octets of an IPv6 header.
const IPV6_HEADER: usize = 40;

/// What a frame was found to carry, and the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way<'a> {
    /// The layers before what is carried, by name.
    pub layers: Vec<Cow<'static, str>>,
    /// Source and destination of the innermost IPv6 header.
    pub ends: Option<(Ipv6Addr, Ipv6Addr)>,
    /// What stands behind the layers.
    pub carried: Carried<'a>,
}

/// What stands behind the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried<'a> {
    /// A Mobility Header.
    Message {
        /// Its octets, as far as they were captured.
        octets: &'a [u8],
        /// Whether they are all that was sent: a capture may keep less of a packet.
        is_whole: bool,
        /// The addresses that its checksum covers, where somebody said them.
        summed: Option<(Ipv6Addr, Ipv6Addr)>,
    },
    /// What may be a Mobility Header, and why it cannot be read.
    Hidden(&'static str),
    /// Something else.
    Other,
}

/// What octets start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Start {
    /// A Mobility Header.
    Mh,
    /// An IPv6 header.
    Ipv6,
    /// An Ethernet header.
    Ethernet,
}

impl Start {
    /// What octets look like: first by what must agree within them, then by their first octet alone.
    pub fn of(octets: &[u8]) -> Option<Self> {
        let at = |at: usize| octets.get(at).copied().unwrap_or(0);
        let word = |place: usize| usize::from(u16::from_be_bytes([at(place), at(place + 1)]));
        let is_ethernet = matches!(word(12), 0x86dd | 0x8100 | 0x88a8 | 0x9100) && octets.len() > 14;
        match at(0) {
            59 if octets.len() == (usize::from(at(1)) + 1) * 8 => Some(Self::Mh),
            first if first >> 4 == 6 && octets.len() == IPV6_HEADER + word(4) => Some(Self::Ipv6),
            _ if is_ethernet => Some(Self::Ethernet),
            59 => Some(Self::Mh),
            first if first >> 4 == 6 && octets.len() >= IPV6_HEADER => Some(Self::Ipv6),
            _ => None,
        }
    }
}

/// The way through octets without a capture around them.
pub fn through(start: Start, octets: &[u8], ends: Option<(Ipv6Addr, Ipv6Addr)>) -> Way<'_> {
    let mut way = Way { layers: Vec::new(), ends, carried: Carried::Other };
    match start {
        Start::Mh => way.carried = Carried::Message { octets, is_whole: true, summed: ends },
        Start::Ipv6 => way.ipv6(octets),
        Start::Ethernet => way.ethernet(octets),
    }
    way
}

/// The way through a packet of a capture; `None` for a link type that is not known here.
pub fn through_link(linktype: u32, octets: &[u8]) -> Option<Way<'_>> {
    let mut way = Way { layers: Vec::new(), ends: None, carried: Carried::Other };
    // Numbers of https://www.tcpdump.org/linktypes.html.
    match linktype {
        // BSD: the address family of whoever captured, in the byte order of that machine, or of the network.
        0 | 108 => {
            way.layers.push("BSD loopback".into());
            // AF_INET6 is 24, 28 or 30 with the BSDs and macOS, 10 with Linux.
            let family = octets.first_chunk().map(|family| match u32::from_be_bytes(*family) {
                family if family > 0xffff => family.swap_bytes(),
                family => family,
            });
            if matches!(family, Some(10 | 24 | 28 | 30)) {
                way.ipv6(&octets[4..]);
            }
        }
        1 => way.ethernet(octets),
        101 | 228 | 229 => {
            if octets.first().is_some_and(|first| first >> 4 == 6) {
                way.ipv6(octets);
            }
        }
        113 => way.cooked("Linux cooked", octets, 14, 16),
        276 => way.cooked("Linux cooked v2", octets, 0, 20),
        _ => return None,
    }
    Some(way)
}

impl<'a> Way<'a> {
    fn ethernet(&mut self, octets: &'a [u8]) {
        self.layers.push("Ethernet".into());
        if let Some(frame) = Ethernet::parse(octets) {
            self.tagged(frame.ether_type, frame.payload);
        }
    }

    /// A link header of `len` octets that has an EtherType at `place`: `etherparse` has only the first version of Linux's,
    /// and refuses kinds of hardware that it has no name for.
    fn cooked(&mut self, name: &'static str, octets: &'a [u8], place: usize, len: usize) {
        self.layers.push(name.into());
        let ether_type = octets.get(place..).and_then(|octets| octets.first_chunk().copied());
        if let (Some(ether_type), Some(rest)) = (ether_type, octets.get(len..)) {
            self.tagged(u16::from_be_bytes(ether_type), rest);
        }
    }

    /// The VLAN tags behind a link header, and the packet behind them.
    fn tagged(&mut self, ether_type: u16, octets: &'a [u8]) {
        let (mut ether_type, mut octets) = (ether_type, octets);
        while let Some(tag) = Vlan::parse(ether_type, octets) {
            self.layers.push(format!("VLAN {}", tag.id).into());
            (ether_type, octets) = (tag.ether_type, tag.payload);
        }
        if ether_type == Ethernet::IPV6 {
            self.ipv6(octets);
        }
    }

    fn ipv6(&mut self, octets: &'a [u8]) {
        let mut octets = octets;
        loop {
            let mut walk = match Walk::new(octets) {
                Ok(walk) => walk,
                Err(NoWalk::Cut) => return self.hide("the packet ends within its IPv6 header"),
                Err(NoWalk::NotIpv6) => return,
            };
            let is_whole = walk.is_whole;
            self.layers.push(if is_whole { "IPv6" } else { "IPv6, cut short" }.into());
            self.ends = Some((walk.src, walk.dst));
            self.layers.extend(walk.by_ref().map(|header| header.name.into()));
            let (next, behind) = walk.behind();
            match (walk.end(), next) {
                (End::Upper, MOBILITY_HEADER) => {
                    self.carried = Carried::Message { octets: behind, is_whole, summed: Some(walk.summed()) };
                    return;
                }
                (End::Upper, IPV6_IN_IPV6) => octets = behind,
                (End::Encrypted, _) => return self.hide("it may be within ESP"),
                (End::Authenticated(next), _) if may_lead_to_mobility(next) => {
                    return self.hide("it is behind AH");
                }
                (End::Fragment(next), _) if may_lead_to_mobility(next) => {
                    return self.hide("a fragment, which is not put together");
                }
                (End::Cut, _) => return self.hide("the packet ends within its extension headers"),
                (End::Upper | End::Authenticated(_) | End::Fragment(_), _) => return,
            }
        }
    }

    fn hide(&mut self, why: &'static str) {
        self.carried = Carried::Hidden(why);
    }
}

/// Whether a Mobility Header can be behind this Next Header.
fn may_lead_to_mobility(next: u8) -> bool {
    next == MOBILITY_HEADER || next == IPV6_IN_IPV6 || is_extension(next)
}
