//! ICMPv6: any message of it that nodes and runner meet, and its error messages (RFC 4443). Neighbor Discovery stands in
//! [`ndp`](crate::ndp).

pub(crate) mod error;

pub use error::{IcmpError, IcmpErrorKind};
use error::{summed, summed_body};

use alloc::vec::Vec;
use core::net::Ipv6Addr;

use crate::checksum::checksum;
use crate::ndp::{NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION, ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION};
use crate::ndp::{NeighborAdvertisement, NeighborSolicitation, RouterAdvertisement, RouterSolicitation};
use crate::packet::ICMPV6;
use crate::wire::{Wire, registry, wire_struct};

/// ICMPv6 Type of Destination Unreachable.
pub const DESTINATION_UNREACHABLE: u8 = 1;
/// ICMPv6 Type of Packet Too Big.
pub const PACKET_TOO_BIG: u8 = 2;
/// ICMPv6 Type of Time Exceeded.
pub const TIME_EXCEEDED: u8 = 3;
/// ICMPv6 Type of Parameter Problem.
pub const PARAMETER_PROBLEM: u8 = 4;
/// The octets of an invoking packet that an error message has room for: "as much of invoking packet as possible without
/// the ICMPv6 packet exceeding the minimum IPv6 MTU" (RFC 4443 §3.1), of 1280 octets, 40 of which are the IPv6 header.
pub const INVOKING_LEN: usize = 1280 - 40 - ErrorBody::LEN;

registry! {
    /// Why a destination cannot be reached (RFC 4443 §3.1).
    pub struct UnreachableCode(u8) {
        0 => NO_ROUTE, "no_route", "No route to destination", "RFC 4443";
        1 => PROHIBITED, "prohibited", "Communication with destination administratively prohibited", "RFC 4443";
        2 => BEYOND_SCOPE, "beyond_scope", "Beyond scope of source address", "RFC 4443";
        3 => ADDRESS, "address", "Address unreachable", "RFC 4443";
        4 => PORT, "port", "Port unreachable", "RFC 4443";
        5 => SOURCE_POLICY, "source_policy", "Source address failed ingress/egress policy", "RFC 4443";
        6 => REJECT_ROUTE, "reject_route", "Reject route to destination", "RFC 4443";
    }
}

registry! {
    /// What took too long (RFC 4443 §3.3).
    pub struct TimeCode(u8) {
        0 => HOP_LIMIT, "hop_limit", "Hop limit exceeded in transit", "RFC 4443";
        1 => REASSEMBLY, "reassembly", "Fragment reassembly time exceeded", "RFC 4443";
    }
}

registry! {
    /// What is wrong where the pointer points (RFC 4443 §3.4).
    pub struct ParameterCode(u8) {
        0 => HEADER_FIELD, "header_field", "Erroneous header field encountered", "RFC 4443";
        1 => NEXT_HEADER, "next_header", "Unrecognized Next Header type encountered", "RFC 4443";
        2 => OPTION, "option", "Unrecognized IPv6 option encountered", "RFC 4443";
    }
}

wire_struct! {
    /// An error message before the invoking packet (RFC 4443 §3).
    pub struct ErrorBody {
        icmp_type: u8 => Uint, "", "Type";
        code: u8 => Uint, "", "Code";
        checksum: u16 => Uint, "", "Checksum";
        value: u32 => Uint, "", "Unused, MTU or Pointer";
    }
}

wire_struct! {
    /// Any ICMPv6 message: what all have, and the four octets that most have in front of their body (RFC 4443 §2.1, §3, §4).
    pub struct AnyBody {
        icmp_type: u8 => Uint, "", "Type";
        code: u8 => Uint, "", "Code";
        checksum: u16 => Uint, "", "Checksum";
        value: u32 => Uint, "", "Unused, MTU, Pointer, or Identifier and Sequence Number";
        payload: Vec<u8> => Octets, "", "Message Body";
    }
}

/// What an error message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Destination Unreachable (RFC 4443 §3.1).
    Unreachable(UnreachableCode),
    /// Packet Too Big (RFC 4443 §3.2), with the MTU of the next link. Its code is "ignored by the receiver".
    TooBig(u32),
    /// Time Exceeded (RFC 4443 §3.3).
    Time(TimeCode),
    /// Parameter Problem (RFC 4443 §3.4), with the octet of the invoking packet that it is about.
    Parameter(ParameterCode, u32),
}

/// An error message and the packet that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorMessage {
    /// What is wrong.
    pub problem: Problem,
    /// The invoking packet, from its IPv6 header; no more of it is read or sent than [`INVOKING_LEN`].
    pub invoking: Vec<u8>,
}

impl ErrorMessage {
    /// Reads the ICMPv6 message. An error message may come from any number of hops away.
    pub fn parse(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Result<Self, IcmpError> {
        const WHAT: &str = "ICMPv6 error message";
        const SECTION: &str = "RFC 4443 §3";
        let wrong = |offset, kind| IcmpError { what: WHAT, offset, kind, section: SECTION };
        let found = *octets
            .first()
            .ok_or(wrong(0, IcmpErrorKind::TooShort { found: 0, expected: ErrorBody::LEN }))?;
        if !(DESTINATION_UNREACHABLE..=PARAMETER_PROBLEM).contains(&found) {
            return Err(wrong(0, IcmpErrorKind::Type(found)));
        }
        let (body, invoking) = summed_body::<ErrorBody>(octets, src, dst, WHAT, SECTION)?;
        let problem = match body.icmp_type {
            DESTINATION_UNREACHABLE => Problem::Unreachable(UnreachableCode(body.code)),
            PACKET_TOO_BIG => Problem::TooBig(body.value),
            TIME_EXCEEDED => Problem::Time(TimeCode(body.code)),
            _ => Problem::Parameter(ParameterCode(body.code), body.value),
        };
        Ok(Self { problem, invoking: fitting(invoking).to_vec() })
    }

    /// Writes the ICMPv6 message with its checksum.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let (icmp_type, code, value) = match self.problem {
            Problem::Unreachable(code) => (DESTINATION_UNREACHABLE, code.0, 0),
            Problem::TooBig(mtu) => (PACKET_TOO_BIG, 0, mtu),
            Problem::Time(code) => (TIME_EXCEEDED, code.0, 0),
            Problem::Parameter(code, pointer) => (PARAMETER_PROBLEM, code.0, pointer),
        };
        let mut out = Vec::new();
        ErrorBody { icmp_type, code, checksum: 0, value }.write(&mut out);
        out.extend_from_slice(fitting(&self.invoking));
        summed(out, src, dst)
    }
}

/// An ICMPv6 message that is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Icmpv6 {
    /// An error message.
    Error(ErrorMessage),
    /// Router Solicitation.
    RouterSolicitation(RouterSolicitation),
    /// Router Advertisement.
    RouterAdvertisement(RouterAdvertisement),
    /// Neighbor Solicitation.
    NeighborSolicitation(NeighborSolicitation),
    /// Neighbor Advertisement.
    NeighborAdvertisement(NeighborAdvertisement),
}

impl Icmpv6 {
    /// Reads a message as it came from `src` to `dst` with this hop limit.
    pub fn parse(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8) -> Result<Self, IcmpError> {
        match octets.first() {
            Some(&ROUTER_SOLICITATION) => {
                RouterSolicitation::parse(octets, src, dst, hop_limit).map(Self::RouterSolicitation)
            }
            Some(&ROUTER_ADVERTISEMENT) => {
                RouterAdvertisement::parse(octets, src, dst, hop_limit).map(Self::RouterAdvertisement)
            }
            Some(&NEIGHBOR_SOLICITATION) => {
                NeighborSolicitation::parse(octets, src, dst, hop_limit).map(Self::NeighborSolicitation)
            }
            Some(&NEIGHBOR_ADVERTISEMENT) => {
                NeighborAdvertisement::parse(octets, src, dst, hop_limit).map(Self::NeighborAdvertisement)
            }
            _ => ErrorMessage::parse(octets, src, dst).map(Self::Error),
        }
    }

    /// Writes the message with its checksum.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        match self {
            Self::Error(message) => message.encode(src, dst),
            Self::RouterSolicitation(message) => message.encode(src, dst),
            Self::RouterAdvertisement(message) => message.encode(src, dst),
            Self::NeighborSolicitation(message) => message.encode(src, dst),
            Self::NeighborAdvertisement(message) => message.encode(src, dst),
        }
    }
}

/// Puts the right checksum into the octets of a message, whatever else is wrong with it.
pub fn repair_checksum(octets: &mut [u8], src: Ipv6Addr, dst: Ipv6Addr) {
    if let Some(field) = octets.get_mut(2..4) {
        field.fill(0);
        let sum = checksum(src, dst, ICMPV6, octets);
        octets[2..4].copy_from_slice(&sum.to_be_bytes());
    }
}

/// What an error message has room for.
fn fitting(invoking: &[u8]) -> &[u8] {
    &invoking[..invoking.len().min(INVOKING_LEN)]
}
