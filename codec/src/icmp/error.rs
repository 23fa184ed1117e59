//! What can be wrong with an ICMPv6 message, and what is the same for all of them.

use alloc::vec::Vec;
use core::net::Ipv6Addr;

use crate::checksum::checksum;
use crate::error::Reaction;
use crate::packet::ICMPV6;
use crate::wire::Wire;

/// Something wrong in an ICMPv6 message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at octet {offset}: {kind}")]
pub struct IcmpError {
    /// The message.
    pub what: &'static str,
    /// Where it is wrong, in octets from the start of the ICMPv6 message; zero where the IPv6 header is.
    pub offset: usize,
    /// What is wrong.
    pub kind: IcmpErrorKind,
    /// The section that says so.
    pub section: &'static str,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IcmpErrorKind {
    /// A message of another type.
    #[error("type {0}, which is another message's")]
    Type(u8),
    /// Octets end before the part does.
    #[error("{found} octets, at least {expected} expected")]
    TooShort {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The checksum does not fit the octets and addresses.
    #[error("the checksum is wrong")]
    Checksum,
    /// It came from beyond the link.
    #[error("hop limit {0}, expected 255")]
    HopLimit(u8),
    /// A Code that the message cannot have.
    #[error("code {0}, expected 0")]
    Code(u8),
    /// A source, destination or target that the message cannot have.
    #[error("{field} {found}, expected {expected}")]
    Address {
        /// Which address.
        field: &'static str,
        /// What it is.
        found: Ipv6Addr,
        /// What it can be.
        expected: &'static str,
    },
    /// An option whose Length is zero.
    #[error("an option of length 0")]
    EmptyOption,
    /// An option of a message without a source that only one with a source has.
    #[error("a source link-layer address, but the source is unspecified")]
    LinkLayerOfNobody,
    /// An answer to somebody that is sent to all.
    #[error("the S flag in what is sent to a multicast address")]
    SolicitedToMany,
}

impl IcmpError {
    /// What a conforming receiver does about it: "MUST silently discard", say RFC 4861 §6.1.1, §6.1.2, §7.1.1 and §7.1.2
    /// of all their checks; a message of another type is for others.
    pub fn reaction(&self) -> Reaction {
        match self.kind {
            IcmpErrorKind::Type(_) => Reaction::Skip,
            _ => Reaction::Discard,
        }
    }
}

/// The fixed octets of a message and what stands behind them, if they are there and the checksum is right.
pub(crate) fn summed_body<'a, T: Wire>(
    octets: &'a [u8],
    src: Ipv6Addr,
    dst: Ipv6Addr,
    what: &'static str,
    section: &'static str,
) -> Result<(T, &'a [u8]), IcmpError> {
    const CHECKSUM: usize = 2;
    let short = IcmpErrorKind::TooShort { found: octets.len(), expected: T::LEN };
    let short = IcmpError { what, offset: 0, kind: short, section };
    let (body, behind) = octets.split_at_checked(T::LEN).ok_or(short.clone())?;
    if checksum(src, dst, ICMPV6, octets) != 0 {
        let kind = IcmpErrorKind::Checksum;
        return Err(IcmpError { what, offset: CHECKSUM, kind, section: "RFC 4443 §2.3" });
    }
    Ok((T::read(body).ok_or(short)?, behind))
}

/// A message with its checksum.
pub(crate) fn summed(mut octets: Vec<u8>, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    super::repair_checksum(&mut octets, src, dst);
    octets
}
