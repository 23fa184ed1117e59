//! What surrounds a Mobility Header: Ethernet, IPv6 with its extension headers, IPv6 in IPv6, UDP. The headers are
//! `etherparse`'s; this gives them the shape that nodes and the runner need.

use alloc::vec::Vec;
use core::net::Ipv6Addr;

use etherparse::{EtherType, Ethernet2Header, IpNumber, Ipv6Header, SingleVlanHeader, UdpHeader};

use crate::checksum::checksum;
use crate::headers::{End, Walk};

pub use crate::checksum::MOBILITY_HEADER;
/// Next Header value of IPv6 in IPv6 (RFC 2473).
pub const IPV6_IN_IPV6: u8 = 41;
/// Next Header value of ICMPv6.
pub const ICMPV6: u8 = 58;
/// Next Header value of UDP.
pub const UDP: u8 = 17;
/// The hop limit that control messages leave with.
pub const HOP_LIMIT: u8 = 64;

/// A MAC address of Ethernet.
pub type Mac = [u8; 6];

/// An Ethernet II frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ethernet<'a> {
    /// Who sent it.
    pub src: Mac,
    /// Whom it is for.
    pub dst: Mac,
    /// EtherType; 0x86dd for IPv6.
    pub ether_type: u16,
    /// What it carries.
    pub payload: &'a [u8],
}

impl<'a> Ethernet<'a> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = Ethernet2Header::LEN;
    /// EtherType of IPv6.
    pub const IPV6: u16 = EtherType::IPV6.0;

    /// Reads a frame; `None` where it ends within the header.
    pub fn parse(frame: &'a [u8]) -> Option<Self> {
        let (header, payload) = Ethernet2Header::from_slice(frame).ok()?;
        let Ethernet2Header { source: src, destination: dst, ether_type } = header;
        Some(Self { src, dst, ether_type: ether_type.0, payload })
    }

    /// Writes a frame that carries IPv6.
    pub fn frame(src: Mac, dst: Mac, packet: &[u8]) -> Vec<u8> {
        let header = Ethernet2Header { source: src, destination: dst, ether_type: EtherType::IPV6 };
        [&header.to_bytes(), packet].concat()
    }
}

/// A VLAN tag behind an Ethernet header or another tag (IEEE 802.1Q).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vlan<'a> {
    /// VLAN identifier.
    pub id: u16,
    /// EtherType of what it carries, which may be another tag.
    pub ether_type: u16,
    /// What it carries.
    pub payload: &'a [u8],
}

impl<'a> Vlan<'a> {
    /// Reads what stands behind this EtherType; `None` where that is no tag, or ends within it.
    pub fn parse(ether_type: u16, octets: &'a [u8]) -> Option<Self> {
        let tags =
            [EtherType::VLAN_TAGGED_FRAME, EtherType::PROVIDER_BRIDGING, EtherType::VLAN_DOUBLE_TAGGED_FRAME];
        if !tags.contains(&EtherType(ether_type)) {
            return None;
        }
        let (header, payload) = SingleVlanHeader::from_slice(octets).ok()?;
        Some(Self { id: header.vlan_id.value(), ether_type: header.ether_type.0, payload })
    }
}

/// The MAC address that an IPv6 multicast group is sent to (RFC 2464 §7).
pub fn multicast_mac(group: Ipv6Addr) -> Mac {
    let [.., a, b, c, d] = group.octets();
    [0x33, 0x33, a, b, c, d]
}

/// The link-local address of a MAC address: EUI-64 (RFC 4291 appendix A).
pub fn link_local(mac: Mac) -> Ipv6Addr {
    slaac([0xfe, 0x80, 0, 0, 0, 0, 0, 0], mac)
}

/// The address that a node with this MAC address forms from a /64 prefix (RFC 4862 §5.5.3, RFC 2464 §4).
pub fn slaac(prefix: [u8; 8], mac: Mac) -> Ipv6Addr {
    let mut octets = [0; 16];
    octets[..8].copy_from_slice(&prefix);
    octets[8..11].copy_from_slice(&mac[..3]);
    octets[8] ^= 0x02;
    octets[11..13].copy_from_slice(&[0xff, 0xfe]);
    octets[13..].copy_from_slice(&mac[3..]);
    Ipv6Addr::from(octets)
}

/// An IPv6 packet and what it carries behind its extension headers.
///
/// What a fragment, ESP or AH carry is not what the packet carries, as far as anybody can tell here: such a packet
/// carries its Fragment, ESP or AH header, with all behind it as payload. It can be forwarded, and is taken for nothing
/// else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6<'a> {
    /// Source address.
    pub src: Ipv6Addr,
    /// Destination address.
    pub dst: Ipv6Addr,
    /// Hop limit.
    pub hop_limit: u8,
    /// What it carries, behind all extension headers that can be gone through.
    pub next_header: u8,
    /// The whole packet, as long as its Payload Length says.
    pub octets: &'a [u8],
    /// Where the payload starts in it.
    pub payload_offset: usize,
    /// The addresses that the payload's checksum covers: [`Walk::summed`].
    pub summed: (Ipv6Addr, Ipv6Addr),
}

impl<'a> Ipv6<'a> {
    /// Reads a packet; `None` where it is not IPv6, or ends before its Payload Length says, or within an extension header,
    /// or has hop-by-hop options anywhere but first (RFC 8200 §4.1).
    pub fn parse(octets: &'a [u8]) -> Option<Self> {
        let mut walk = Walk::new(octets).ok()?;
        let octets = octets.get(..walk.said)?;
        if walk.end() == End::Cut || !walk.is_in_order() {
            return None;
        }
        let (next_header, payload) = walk.behind();
        Some(Self {
            src: walk.src,
            dst: walk.dst,
            hop_limit: walk.hop_limit,
            next_header,
            octets,
            payload_offset: octets.len() - payload.len(),
            summed: walk.summed(),
        })
    }

    /// What it carries.
    pub fn payload(&self) -> &'a [u8] {
        &self.octets[self.payload_offset..]
    }

    /// The packet inside, if this is a tunnel's outer packet.
    pub fn inner(&self) -> Option<Self> {
        (self.next_header == IPV6_IN_IPV6).then(|| Self::parse(self.payload())).flatten()
    }

    /// Writes a packet without extension headers.
    ///
    /// # Panics
    /// If the payload has more than 65535 octets.
    pub fn packet(src: Ipv6Addr, dst: Ipv6Addr, next_header: u8, hop_limit: u8, payload: &[u8]) -> Vec<u8> {
        let header = Ipv6Header {
            payload_length: u16::try_from(payload.len()).expect("no sender here makes jumbograms"),
            next_header: IpNumber(next_header),
            hop_limit,
            source: src.octets(),
            destination: dst.octets(),
            ..Ipv6Header::default()
        };
        [&header.to_bytes(), payload].concat()
    }

    /// The same packet after a router passed it on; `None` where its hop limit does not allow that.
    pub fn forwarded(&self) -> Option<Vec<u8>> {
        const HOP_LIMIT_OFFSET: usize = 7;
        let left = self.hop_limit.checked_sub(1).filter(|left| *left > 0)?;
        let mut octets = self.octets.to_vec();
        octets[HOP_LIMIT_OFFSET] = left;
        Some(octets)
    }
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Udp<'a> {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// What it carries.
    pub payload: &'a [u8],
}

impl<'a> Udp<'a> {
    /// Reads a datagram; `None` where it is cut short or its checksum is wrong (in IPv6 it must have one).
    pub fn parse(octets: &'a [u8], src: Ipv6Addr, dst: Ipv6Addr) -> Option<Self> {
        let (header, payload) = UdpHeader::from_slice(octets).ok()?;
        let summed = header.checksum != 0 && checksum(src, dst, UDP, octets) == 0;
        let whole = usize::from(header.length) == octets.len();
        (summed && whole).then_some(Self {
            src_port: header.source_port,
            dst_port: header.destination_port,
            payload,
        })
    }

    /// Writes the datagram with its checksum.
    ///
    /// # Panics
    /// If the payload has more than 65527 octets.
    pub fn datagram(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let header = UdpHeader {
            source_port: self.src_port,
            destination_port: self.dst_port,
            length: u16::try_from(UdpHeader::LEN + self.payload.len())
                .expect("no sender here makes jumbograms"),
            checksum: 0,
        };
        let mut octets = [&header.to_bytes(), self.payload].concat();
        // RFC 8200 §8.1: a computed checksum of zero is sent as 0xffff.
        let sum = match checksum(src, dst, UDP, &octets) {
            0 => 0xffff,
            sum => sum,
        };
        octets[6..8].copy_from_slice(&sum.to_be_bytes());
        octets
    }
}
