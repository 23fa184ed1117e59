//! The one table of mobility options. Encoder, decoder, Wireshark fields, script names and rules read these rows;
//! if another `match` over all options seems needed, a column is missing here.

use alloc::vec::Vec;
use core::net::Ipv6Addr;

use ipnet::Ipv6Net;

use crate::body::{Meaning, Padding, PreviousMaar};
use crate::error::{ErrorKind, What};
use crate::header::{PBA, PBU};
use crate::value::{AccessTechnology, HandoffIndicator, LinkLayerAddress, MnIdentifier, Timestamp};
use crate::wire::{FieldSpec, Wire};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Type octet.
    pub kind: u8,
    /// Name in scripts and JSON: `prev_maar`.
    pub name: &'static str,
    /// Name of its Wireshark filter behind `dmm.`: `previous_maar`.
    pub filter: &'static str,
    /// Name in the RFC: `Previous MAAR`.
    pub title: &'static str,
    /// Where the option may start.
    pub align: Align,
    /// Whether it "can only appear if the D bit is set" (RFC 8885 §4.3).
    pub needs_dmm: bool,
    /// Whether a message may carry several.
    pub repeats: bool,
    /// MH Types that may carry it; empty for all.
    pub messages: &'static [u8],
    /// Where it is defined.
    pub source: &'static str,
    /// The layout behind Type and Length.
    pub fields: &'static [FieldSpec],
    /// The fewest octets behind Type and Length.
    pub min_len: usize,
}

impl OptionSpec {
    /// Whether every option of this type has the same length, `min_len`.
    pub fn has_fixed_len(&self) -> bool {
        !matches!(self.fields.last(), Some(FieldSpec { width: crate::wire::Width::Rest, .. }))
    }
}

/// Where an option may start, counted from the start of the Mobility Header (RFC 6275 §6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Anywhere.
    Any,
    /// At `n` times some number plus `plus`: `8n+4`.
    At {
        /// The multiple.
        n: usize,
        /// The rest.
        plus: usize,
    },
    /// "Based on the size of the address" (RFC 8885 §4.8), which stands four octets behind the option's start: the
    /// largest power of two that divides the address's size, and never less than the 16 bits of Reserved ask for
    /// (stance A20).
    LinkLayer,
}

impl Align {
    /// How many octets of padding must stand before an option with `len` octets behind its Length, if without
    /// padding it would start at `offset`.
    pub fn padding(self, offset: usize, len: usize) -> usize {
        let (n, plus) = match self {
            Self::Any => return 0,
            Self::At { n, plus } => (n, plus),
            Self::LinkLayer => match len.saturating_sub(2) {
                address if address > 0 && address % 8 == 0 => (8, 4),
                address if address > 0 && address % 4 == 0 => (4, 0),
                _ => (2, 0),
            },
        };
        (n + plus - offset % n) % n
    }
}

/// The row of an option type.
pub fn spec(kind: u8) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|spec| spec.kind == kind)
}

/// An option of this type, as errors name it.
pub(crate) fn named(kind: u8) -> What {
    let spec = spec(kind);
    let (title, source) = (spec.map(|spec| spec.title), spec.map_or("RFC 6275 §6.2.1", |spec| spec.source));
    What::Option { kind, title, source }
}

/// The row of an option by its name in scripts.
pub fn spec_by_name(name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|spec| spec.name == name)
}

/// An option of a type that the table does not have, or one whose octets make no sense and that is skipped like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOption {
    /// Type octet.
    pub kind: u8,
    /// The octets behind its Length.
    pub data: Vec<u8>,
}

macro_rules! mobility_options {
    ($(
        $kind:literal => $variant:ident($value:ty), $name:literal, $filter:literal, $title:literal,
            $align:expr, $presence:ident, $count:ident, in [$($message:ident),*], $source:literal;
    )*) => {
        /// A mobility option, as a value that cannot be wrong.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum MobilityOption {
            $( #[doc = concat!($title, " (", stringify!($kind), "), ", $source)] $variant($value), )*
            /// Any other, with its octets.
            Unknown(UnknownOption),
        }

        /// Every option that is known here, in the order of their types.
        pub const OPTIONS: &[OptionSpec] = &[$(
            OptionSpec {
                kind: $kind,
                name: $name,
                filter: $filter,
                title: $title,
                align: $align,
                needs_dmm: $presence,
                repeats: $count,
                messages: &[$($message),*],
                source: $source,
                fields: <$value as Meaning>::Layout::FIELDS,
                min_len: <$value as Meaning>::Layout::LEN,
            },
        )*];

        impl MobilityOption {
            /// Reads the octets behind Type and Length. What is not in the table is kept as it is; an error says
            /// why the octets of a known type mean nothing.
            pub fn read(kind: u8, body: &[u8]) -> Result<Self, ErrorKind> {
                match kind {
                    $( $kind => read_as::<$value>(body).map(Self::$variant), )*
                    _ => Ok(Self::Unknown(UnknownOption { kind, data: body.to_vec() })),
                }
            }

            /// The Type octet.
            pub fn kind(&self) -> u8 {
                match self {
                    $( Self::$variant(_) => $kind, )*
                    Self::Unknown(unknown) => unknown.kind,
                }
            }

            /// The octets behind Type and Length.
            pub fn body(&self) -> Vec<u8> {
                let mut out = Vec::new();
                match self {
                    $( Self::$variant(value) => value.to_layout().write(&mut out), )*
                    Self::Unknown(unknown) => out.extend_from_slice(&unknown.data),
                }
                out
            }
        }
    };
}

// The words of the two yes-or-no columns.
const D: bool = true;
const ALWAYS: bool = false;
const MANY: bool = true;
const ONE: bool = false;

const fn at(n: usize, plus: usize) -> Align {
    Align::At { n, plus }
}

fn read_as<T: Meaning>(body: &[u8]) -> Result<T, ErrorKind> {
    let wrong_length = ErrorKind::Length { found: body.len(), expected: T::Layout::LEN };
    T::from_layout(T::Layout::read(body).ok_or(wrong_length)?)
}

mobility_options! {
    0 => Pad1(()), "pad1", "pad1", "Pad1", Align::Any, ALWAYS, MANY, in [], "RFC 6275 §6.2.2";
    1 => PadN(Padding), "padn", "padn", "PadN", Align::Any, ALWAYS, MANY, in [], "RFC 6275 §6.2.3";
    8 => MnIdentifier(MnIdentifier), "mn_id", "mn_id", "Mobile Node Identifier", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 4283 §3";
    22 => HomeNetworkPrefix(Ipv6Net), "hnp", "home_network_prefix", "Home Network Prefix", at(8, 4), ALWAYS, MANY, in [PBU, PBA], "RFC 5213 §8.3";
    23 => HandoffIndicator(HandoffIndicator), "handoff", "handoff", "Handoff Indicator", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 5213 §8.4";
    24 => AccessTechnology(AccessTechnology), "att", "access_technology", "Access Technology Type", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 5213 §8.5";
    25 => MnLinkLayerIdentifier(LinkLayerAddress), "mn_lli", "mn_link_layer", "Mobile Node Link-layer Identifier", Align::LinkLayer, ALWAYS, ONE, in [PBU, PBA], "RFC 5213 §8.6";
    26 => LinkLocalAddress(Ipv6Addr), "link_local", "link_local", "Link-local Address", at(8, 6), ALWAYS, ONE, in [PBU, PBA], "RFC 5213 §8.7";
    27 => Timestamp(Timestamp), "timestamp", "timestamp", "Timestamp", at(8, 2), ALWAYS, ONE, in [PBU, PBA], "RFC 5213 §8.8";
    65 => AnchoredPrefix(Ipv6Net), "anchored_prefix", "anchored_prefix", "Anchored Prefix", at(8, 4), D, MANY, in [PBU, PBA], "RFC 8885 §4.3";
    66 => LocalPrefix(Ipv6Net), "local_prefix", "local_prefix", "Local Prefix", at(8, 4), D, MANY, in [PBU, PBA], "RFC 8885 §4.4";
    67 => PreviousMaar(PreviousMaar), "prev_maar", "previous_maar", "Previous MAAR", at(8, 4), D, MANY, in [PBA], "RFC 8885 §4.5";
    68 => ServingMaar(Ipv6Addr), "serving_maar", "serving_maar", "Serving MAAR", at(8, 6), D, ONE, in [PBU, PBA], "RFC 8885 §4.6";
    69 => DlifLinkLocal(Ipv6Addr), "dlif_ll", "dlif.link_local", "DLIF Link-Local Address", at(8, 6), D, MANY, in [PBU, PBA], "RFC 8885 §4.7";
    70 => DlifLinkLayer(LinkLayerAddress), "dlif_lla", "dlif.link_layer", "DLIF Link-Layer Address", Align::LinkLayer, D, MANY, in [PBU, PBA], "RFC 8885 §4.8";
}
