//! The walk through an IPv6 header and the extension headers behind it, to what the packet carries. Each header is
//! `etherparse`'s; what it lacks is here: Home Address options, final destinations, and to stop before what is hidden
//! instead of within it.

use core::net::Ipv6Addr;

use etherparse::err::ipv6::HeaderSliceError;
use etherparse::{Ipv6FragmentHeaderSlice, Ipv6Header, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice};

/// Next Header value of the Hop-by-Hop Options header.
pub const HOP_BY_HOP: u8 = 0;
/// Next Header value of the Routing header.
pub const ROUTING: u8 = 43;
/// Next Header value of the Fragment header.
pub const FRAGMENT: u8 = 44;
/// Next Header value of ESP.
pub const ESP: u8 = 50;
/// Next Header value of AH.
pub const AH: u8 = 51;
/// Next Header value of the Destination Options header.
pub const DESTINATION_OPTIONS: u8 = 60;

/// A walk through one IPv6 packet: an iterator over its extension headers, and then what stands behind them.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    /// Source address.
    pub src: Ipv6Addr,
    /// Destination address.
    pub dst: Ipv6Addr,
    /// Hop limit.
    pub hop_limit: u8,
    /// Octets of the packet, as its Payload Length says.
    pub said: usize,
    /// Whether all of them are there.
    pub is_whole: bool,
    next: u8,
    rest: &'a [u8],
    summed: (Ipv6Addr, Ipv6Addr),
    is_first: bool,
    is_in_order: bool,
    end: Option<End>,
}

/// Why octets are no packet to walk through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWalk {
    /// They end within the IPv6 header.
    #[error("the packet ends within its IPv6 header")]
    Cut,
    /// Their version is not 6.
    #[error("not an IPv6 packet")]
    NotIpv6,
}

/// An extension header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its own Next Header value: `FRAGMENT`.
    pub kind: u8,
    /// What it is called.
    pub name: &'static str,
}

/// Where a walk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At what the packet carries.
    Upper,
    /// At a header of ESP, in which anything may be.
    Encrypted,
    /// At a header of AH. What is behind it is to be believed only by who can verify it; its Next Header says what.
    Authenticated(u8),
    /// At the header of a fragment, which is not the whole packet. Its Next Header says what it is a fragment of.
    Fragment(u8),
    /// The packet ends within this extension header, or its length is one that it cannot have.
    Cut,
}

impl<'a> Walk<'a> {
    /// A walk through the packet that starts here. Octets behind those that its Payload Length says are left alone.
    pub fn new(octets: &'a [u8]) -> Result<Self, NoWalk> {
        let header = Ipv6HeaderSlice::from_slice(octets).map_err(|error| match error {
            HeaderSliceError::Len(_) => NoWalk::Cut,
            HeaderSliceError::Content(_) => NoWalk::NotIpv6,
        })?;
        // A Payload Length of zero is taken as it is: no sender here makes jumbograms.
        let said = Ipv6Header::LEN + usize::from(header.payload_length());
        let (src, dst) = (header.source_addr(), header.destination_addr());
        Ok(Self {
            src,
            dst,
            hop_limit: header.hop_limit(),
            said,
            is_whole: octets.len() >= said,
            next: header.next_header().0,
            rest: &octets[Ipv6Header::LEN..said.min(octets.len())],
            summed: (src, dst),
            is_first: true,
            is_in_order: true,
            end: None,
        })
    }

    /// Goes to the end.
    pub fn end(&mut self) -> End {
        while self.next().is_some() {}
        self.end.unwrap_or(End::Cut)
    }

    /// The Next Header value of what stands where the walk is, and its octets.
    pub fn behind(&self) -> (u8, &'a [u8]) {
        (self.next, self.rest)
    }

    /// The addresses that a checksum of what stands behind the headers covers: the home address, where a Home Address
    /// option says one (RFC 6275 §6.1.1), and the final destination, where a routing header leads there (RFC 8200 §8.1).
    pub fn summed(&self) -> (Ipv6Addr, Ipv6Addr) {
        self.summed
    }

    /// Whether hop-by-hop options stood in the first place only, as RFC 8200 §4.1 has it.
    pub fn is_in_order(&self) -> bool {
        self.is_in_order
    }

    /// Stops where the walk is, before the header that says why.
    fn stop(&mut self, end: End, name: &'static str) -> Extension {
        self.end = Some(end);
        Extension { kind: self.next, name }
    }

    fn options_or_routing(&mut self, name: &'static str) -> Extension {
        let kind = self.next;
        let Ok(header) = Ipv6RawExtHeaderSlice::from_slice(self.rest) else {
            return self.stop(End::Cut, name);
        };
        match kind {
            ROUTING => self.summed.1 = final_destination(header.slice()).unwrap_or(self.summed.1),
            DESTINATION_OPTIONS => self.summed.0 = home_address(header.payload()).unwrap_or(self.summed.0),
            _ => self.is_in_order &= self.is_first,
        }
        self.next = header.next_header().0;
        self.rest = &self.rest[header.slice().len()..];
        Extension { kind, name }
    }

    fn fragment(&mut self) -> Extension {
        const NAME: &str = "fragment header";
        let Ok(header) = Ipv6FragmentHeaderSlice::from_slice(self.rest) else {
            return self.stop(End::Cut, NAME);
        };
        let behind = header.next_header().0;
        // A fragment that is the whole packet has neither offset nor M (RFC 6946).
        if header.is_fragmenting_payload() {
            return self.stop(End::Fragment(behind), "fragment");
        }
        self.next = behind;
        self.rest = &self.rest[header.slice().len()..];
        Extension { kind: FRAGMENT, name: NAME }
    }
}

/// The extension headers by name, the one that hides the rest or is cut short included.
impl Iterator for Walk<'_> {
    type Item = Extension;

    fn next(&mut self) -> Option<Extension> {
        if self.end.is_some() {
            return None;
        }
        let found = match self.next {
            HOP_BY_HOP => self.options_or_routing("hop-by-hop options"),
            ROUTING => self.options_or_routing("routing header"),
            DESTINATION_OPTIONS => self.options_or_routing("destination options"),
            FRAGMENT => self.fragment(),
            ESP => self.stop(End::Encrypted, "ESP"),
            AH => match self.rest.first() {
                Some(behind) => self.stop(End::Authenticated(*behind), "AH"),
                None => self.stop(End::Cut, "AH"),
            },
            _ => {
                self.end = Some(End::Upper);
                return None;
            }
        };
        self.is_first = false;
        Some(found)
    }
}

/// Whether a value of Next Header is that of a header that this walk goes through or stops at.
pub fn is_extension(next_header: u8) -> bool {
    [HOP_BY_HOP, ROUTING, FRAGMENT, ESP, AH, DESTINATION_OPTIONS].contains(&next_header)
}

fn address(octets: &[u8], at: usize) -> Option<Ipv6Addr> {
    octets.get(at..)?.first_chunk::<16>().copied().map(Ipv6Addr::from)
}

/// Where a routing header leads in the end, if it is not there yet: the last address (of type 2, the only one: RFC 6275
/// §6.4); the first of a segment routing header (RFC 8754 §2). `etherparse` gives the octets and no types.
fn final_destination(header: &[u8]) -> Option<Ipv6Addr> {
    const SEGMENT_ROUTING: u8 = 4;
    match (header[2], header[3]) {
        (_, 0) => None,
        (SEGMENT_ROUTING, _) => address(header, 8),
        _ if header.len() < 24 => None,
        _ => address(header, header.len() - 16),
    }
}

/// The Home Address option (RFC 6275 §6.3) among options. `etherparse` does not look into them.
fn home_address(options: &[u8]) -> Option<Ipv6Addr> {
    const HOME_ADDRESS: u8 = 201;
    let mut options = options;
    loop {
        match options {
            [0, rest @ ..] => options = rest,
            [HOME_ADDRESS, 16, rest @ ..] => return address(rest, 0),
            [_, len, rest @ ..] => options = rest.get(usize::from(*len)..)?,
            _ => return None,
        }
    }
}
