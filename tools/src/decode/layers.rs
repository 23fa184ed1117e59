//! The way from a frame to its Mobility Header: link layers, IPv6, extension headers, IPv6 in IPv6. Each layer is named;
//! a way that ends before the Mobility Header says why.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use dmm_codec::packet::{IPV6_IN_IPV6, MOBILITY_HEADER};

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const ESP: u8 = 50;
const AH: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
/// EtherType of IPv6.
const IPV6: u16 = 0x86dd;
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
        self.cooked("Ethernet", octets, 12, 14);
    }

    /// A link header of `len` octets that has an EtherType at `place`, and the VLAN tags behind it.
    fn cooked(&mut self, name: &'static str, octets: &'a [u8], place: usize, len: usize) {
        self.layers.push(name.into());
        let word =
            |octets: &[u8], at: usize| octets.get(at..)?.first_chunk().copied().map(u16::from_be_bytes);
        let mut ether_type = word(octets, place);
        let mut rest = octets.get(len..).unwrap_or(&[]);
        while let (Some(0x8100 | 0x88a8 | 0x9100), Some(tag)) = (ether_type, word(rest, 0)) {
            self.layers.push(format!("VLAN {}", tag & 0xfff).into());
            ether_type = word(rest, 2);
            rest = rest.get(4..).unwrap_or(&[]);
        }
        if ether_type == Some(IPV6) {
            self.ipv6(rest);
        }
    }

    fn ipv6(&mut self, octets: &'a [u8]) {
        let mut octets = octets;
        loop {
            let Some((header, rest)) = octets.split_first_chunk::<IPV6_HEADER>() else {
                return self.hide("the packet ends within its IPv6 header");
            };
            if header[0] >> 4 != 6 {
                return;
            }
            let said = usize::from(u16::from_be_bytes([header[4], header[5]]));
            let is_whole = rest.len() >= said;
            self.layers.push(if is_whole { "IPv6" } else { "IPv6, cut short" }.into());
            let ends = (address(header, 8), address(header, 24));
            let (Some(src), Some(dst)) = ends else { return };
            self.ends = Some((src, dst));
            match self.extensions(header[6], &rest[..said.min(rest.len())], is_whole, (src, dst)) {
                Some(inner) => octets = inner,
                None => return,
            }
        }
    }

    /// Goes through extension headers; returns the packet inside, if there is one.
    fn extensions(
        &mut self,
        next: u8,
        rest: &'a [u8],
        is_whole: bool,
        ends: (Ipv6Addr, Ipv6Addr),
    ) -> Option<&'a [u8]> {
        let (mut next, mut rest, mut summed) = (next, rest, ends);
        loop {
            let name = match next {
                MOBILITY_HEADER => {
                    self.carried = Carried::Message { octets: rest, is_whole, summed: Some(summed) };
                    return None;
                }
                IPV6_IN_IPV6 => return Some(rest),
                HOP_BY_HOP => "hop-by-hop options",
                ROUTING => "routing header",
                FRAGMENT => "fragment header",
                DESTINATION_OPTIONS => "destination options",
                ESP => return self.stop("ESP", "it may be within ESP"),
                AH if rest.first().is_some_and(|next| may_lead_to_mobility(*next)) => {
                    return self.stop("AH", "it is behind AH");
                }
                _ => return None,
            };
            let len = match (next, rest) {
                (FRAGMENT, _) => 8,
                (_, [_, len, ..]) => (usize::from(*len) + 1) * 8,
                _ => 8,
            };
            let Some(header) = rest.get(..len) else {
                return self.stop(name, "the packet ends within its extension headers");
            };
            match next {
                // Offset and M flag: a fragment that is the whole packet has neither (RFC 6946).
                FRAGMENT if u16::from_be_bytes([header[2], header[3]]) & 0xfff9 != 0 => {
                    let hides = may_lead_to_mobility(header[0]);
                    self.layers.push("fragment".into());
                    return if hides {
                        self.stop_here("a fragment, which is not put together")
                    } else {
                        None
                    };
                }
                // RFC 8200 §8.1: the destination in the sum is the final one.
                ROUTING => summed.1 = last_hop(header).unwrap_or(summed.1),
                // RFC 6275 §6.1.1: the source in the sum is the home address, where there is one.
                DESTINATION_OPTIONS => summed.0 = home_address(header).unwrap_or(summed.0),
                _ => {}
            }
            self.layers.push(name.into());
            (next, rest) = (header[0], &rest[len..]);
        }
    }

    fn hide(&mut self, why: &'static str) {
        self.carried = Carried::Hidden(why);
    }

    fn stop_here(&mut self, why: &'static str) -> Option<&'a [u8]> {
        self.hide(why);
        None
    }

    fn stop(&mut self, layer: &'static str, why: &'static str) -> Option<&'a [u8]> {
        self.layers.push(layer.into());
        self.stop_here(why)
    }
}

/// Whether a Mobility Header can be behind this Next Header.
fn may_lead_to_mobility(next: u8) -> bool {
    let chain = [HOP_BY_HOP, ROUTING, FRAGMENT, ESP, AH, DESTINATION_OPTIONS];
    next == MOBILITY_HEADER || next == IPV6_IN_IPV6 || chain.contains(&next)
}

fn address(octets: &[u8], at: usize) -> Option<Ipv6Addr> {
    octets.get(at..)?.first_chunk::<16>().copied().map(Ipv6Addr::from)
}

/// Where a routing header leads in the end, if it is not there yet: the last address; the first of a segment routing
/// header (RFC 8754 §2).
fn last_hop(header: &[u8]) -> Option<Ipv6Addr> {
    const SEGMENT_ROUTING: u8 = 4;
    match (header[2], header[3]) {
        (_, 0) => None,
        (SEGMENT_ROUTING, _) => address(header, 8),
        _ if header.len() < 24 => None,
        _ => address(header, header.len() - 16),
    }
}

/// The Home Address option (RFC 6275 §6.3).
fn home_address(header: &[u8]) -> Option<Ipv6Addr> {
    const HOME_ADDRESS: u8 = 201;
    let mut options = &header[2..];
    loop {
        match options {
            [0, rest @ ..] => options = rest,
            [HOME_ADDRESS, 16, rest @ ..] => return address(rest, 0),
            [_, len, rest @ ..] => options = rest.get(usize::from(*len)..)?,
            _ => return None,
        }
    }
}
