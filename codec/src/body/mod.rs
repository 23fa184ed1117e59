//! The layouts behind the tables of options and sub-options, and what each stands for. Few layouts serve many options: a new option is
//! mostly a row in `option.rs` that names one of these.
//!
//! Here is what Proxy Mobile IPv6 with RFC 8885 needs; the layouts of other specifications stand by theme in modules.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};

use ipnet::Ipv6Net;

use crate::error::ErrorKind;
use crate::value::{
    AccessTechnology, HandoffIndicator, LinkLayerAddress, MnIdSubtype, MnIdentifier, Timestamp,
};
use crate::wire::{Wire, wire_struct};

pub mod access;
pub mod flow;
pub mod handover;
pub mod ipv4;
pub mod mobile;
pub mod proxy;
pub mod qos;

/// A value and the layout that carries it.
pub trait Meaning: Sized {
    /// The layout.
    type Layout: Wire;
    /// What the layout says; `None` where it says nothing. Why is asked afterwards, of [`Meaning::wrong`].
    fn from_layout(layout: Self::Layout) -> Option<Self>;
    /// Why this layout says nothing. Most layouts always say something.
    fn wrong(_layout: Self::Layout) -> ErrorKind {
        unreachable!("`from_layout` gives nothing only where this is written")
    }
    /// The layout that says it.
    fn to_layout(&self) -> Self::Layout;
}

/// Octets of a PadN option: zero when sent, ignored when received (RFC 6275 §6.2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Padding(pub Vec<u8>);

/// The content of a Previous MAAR option (RFC 8885 §4.5): a P-MAAR and one prefix that it anchors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PreviousMaar {
    /// The P-MAAR's global address.
    pub address: Ipv6Addr,
    /// The mobile node's prefix anchored there.
    pub prefix: Ipv6Net,
}

wire_struct! {
    /// Nothing: Pad1 has not even a Length.
    pub struct NoBody {}

    /// PadN.
    pub struct PaddingBody {
        padding: Vec<u8> => Octets, "", "Padding";
    }

    /// Mobile Node Identifier.
    pub struct MnIdentifierBody {
        subtype: u8 => Named(MnIdSubtype::NAMES), ".subtype", "Subtype";
        identifier: Vec<u8> => Identifier, "", "Identifier";
    }

    /// Home Network Prefix, Anchored Prefix and Local Prefix.
    pub struct PrefixBody {
        reserved: u8 => Reserved, ".reserved", "Reserved";
        prefix_length: u8 => PrefixLength, ".length", "Prefix Length";
        prefix: Ipv6Addr => Prefix, "", "Prefix";
    }

    /// Previous MAAR.
    pub struct PreviousMaarBody {
        reserved: u8 => Reserved, ".reserved", "Reserved";
        prefix_length: u8 => PrefixLength, ".prefix.length", "Prefix Length";
        maar: Ipv6Addr => Ipv6, ".address", "Previous MAAR";
        prefix: Ipv6Addr => Prefix, ".prefix", "Home Network Prefix";
    }

    /// Serving MAAR, Link-local Address and DLIF Link-Local Address.
    pub struct AddressBody {
        address: Ipv6Addr => Ipv6, "", "Address";
    }

    /// Mobile Node Link-layer Identifier and DLIF Link-Layer Address.
    pub struct LinkLayerBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        address: LinkLayerAddress => LinkLayer, "", "Link-Layer Address";
    }

    /// Handoff Indicator.
    pub struct HandoffBody {
        reserved: u8 => Reserved, ".reserved", "Reserved";
        handoff: u8 => Named(HandoffIndicator::NAMES), "", "Handoff Indicator";
    }

    /// Access Technology Type.
    pub struct AccessTechnologyBody {
        reserved: u8 => Reserved, ".reserved", "Reserved";
        technology: u8 => Named(AccessTechnology::NAMES), "", "Access Technology Type";
    }

    /// Timestamp.
    pub struct TimestampBody {
        timestamp: u64 => Timestamp, "", "Timestamp";
    }
}

/// The first `length` bits of `address`: "the rest of the bits MUST be ignored" (RFC 8885 §4.3, R4.3.7). `None` where an
/// address has fewer.
pub fn prefix(address: Ipv6Addr, length: u8) -> Option<Ipv6Net> {
    let host = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
    Ipv6Net::new(Ipv6Addr::from_bits(address.to_bits() & !host), length).ok()
}

/// An address of either family.
fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// An address of the family whose addresses have so many octets.
fn address_of(octets: &[u8], len: usize) -> Option<IpAddr> {
    address(octets).filter(|_| octets.len() == len)
}

/// Octets of an address that are as many as none has, where the octets of its option count `before` without it.
fn wrong_address(octets: &[u8], before: usize) -> ErrorKind {
    ErrorKind::Length { found: before + octets.len(), expected: before + 16 }
}

/// The octets of an address, if there is one.
fn address_octets(address: Option<IpAddr>) -> Vec<u8> {
    match address {
        None => Vec::new(),
        Some(IpAddr::V4(v4)) => v4.octets().to_vec(),
        Some(IpAddr::V6(v6)) => v6.octets().to_vec(),
    }
}

/// The pairs of value and layout: the value's name, its layout's name, and the two directions; where a layout may say
/// nothing the first is an `Option`, and last stands `or` why.
macro_rules! meanings {
    ($( $value:ty, $layout:ident:
        |$read:ident| $from:expr, |$write:ident| $to:expr $(, or |$unread:ident| $wrong:expr)?; )*) => {$(
        impl $crate::body::Meaning for $value {
            type Layout = $layout;
            fn from_layout($read: $layout) -> Option<Self> {
                $crate::body::meanings!(@$from $(, $wrong)?)
            }
            $(
            fn wrong($unread: $layout) -> $crate::error::ErrorKind {
                $wrong
            }
            )?
            fn to_layout(&self) -> $layout {
                let $write = self;
                $to
            }
        }
    )*};
    (@$from:expr) => { Some($from) };
    (@$from:expr, $wrong:expr) => { $from };
}

pub(crate) use meanings;

/// Values that are nothing but octets, whose meaning is for others: the name and the field.
macro_rules! opaque {
    ($( $(#[$doc:meta])* $name:ident in $layout:ident: $label:literal; )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub alloc::vec::Vec<u8>);

        $crate::wire::wire_struct! {
            #[doc = concat!("The layout of [`", stringify!($name), "`].")]
            pub struct $layout {
                data: Vec<u8> => Octets, "", $label;
            }
        }

        $crate::body::meanings! {
            $name, $layout: |layout| Self(layout.data), |value| $layout { data: value.0.clone() };
        }
    )*};
}
pub(crate) use opaque;

meanings! {
    (), NoBody: |_layout| (), |_value| NoBody {};
    Padding, PaddingBody: |layout| Self(layout.padding), |value| PaddingBody { padding: value.0.clone() };
    MnIdentifier, MnIdentifierBody:
        |layout| Self { subtype: MnIdSubtype(layout.subtype), identifier: layout.identifier },
        |value| MnIdentifierBody { subtype: value.subtype.0, identifier: value.identifier.clone() };
    Ipv6Net, PrefixBody:
        |layout| prefix(layout.prefix, layout.prefix_length),
        |value| PrefixBody { reserved: 0, prefix_length: value.prefix_len(), prefix: value.network() },
        or |layout| ErrorKind::PrefixLength(layout.prefix_length);
    PreviousMaar, PreviousMaarBody:
        |layout| Some(Self { address: layout.maar, prefix: prefix(layout.prefix, layout.prefix_length)? }),
        |value| PreviousMaarBody {
            reserved: 0,
            prefix_length: value.prefix.prefix_len(),
            maar: value.address,
            prefix: value.prefix.network(),
        },
        or |layout| ErrorKind::PrefixLength(layout.prefix_length);
    Ipv6Addr, AddressBody: |layout| layout.address, |value| AddressBody { address: *value };
    LinkLayerAddress, LinkLayerBody:
        |layout| layout.address,
        |value| LinkLayerBody { reserved: 0, address: value.clone() };
    HandoffIndicator, HandoffBody:
        |layout| Self(layout.handoff),
        |value| HandoffBody { reserved: 0, handoff: value.0 };
    AccessTechnology, AccessTechnologyBody:
        |layout| Self(layout.technology),
        |value| AccessTechnologyBody { reserved: 0, technology: value.0 };
    Timestamp, TimestampBody: |layout| Self(layout.timestamp), |value| TimestampBody { timestamp: value.0 };
}
