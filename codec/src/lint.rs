//! Everything that is wrong with one message by itself, not only the first thing: for people who look at octets, and
//! for judges of a sender. A receiver stops at the first fault that makes it discard; [`MessageView::received`] says
//! which that is.
//!
//! It reads the tables and knows no option or sub-option by name: a new row is judged without a change here.

use alloc::vec::Vec;
use core::fmt;
use core::net::Ipv6Addr;

use crate::body::prefix as valid_bits;
use crate::checksum::{MOBILITY_HEADER, checksum};
use crate::draft::Drafts;
use crate::error::{DecodeError, ErrorKind, Reaction, What};
use crate::header::{Header, NO_NEXT_HEADER};
use crate::message::Carries;
use crate::option::{Align, OptionSpec, named};
use crate::view::{FieldView, MessageView, OptionView};
use crate::wire::{FieldKind, Wire};

/// Something in a message that a sender must not, or should not, send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The part that is wrong.
    pub what: What,
    /// Where it is wrong, in octets from the start of the Mobility Header.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// What decoding stumbles over.
    Decode(ErrorKind),
    /// Octets behind the last one that Header Len counts.
    Behind {
        /// How many octets Header Len says.
        said: usize,
        /// How many there are.
        found: usize,
    },
    /// A reserved field that is not zero, with what it is.
    Reserved(u64),
    /// Bits of a flags field that nobody has given a name.
    ReservedFlags {
        /// The whole field.
        field: u64,
        /// Those bits of it.
        bits: u64,
    },
    /// An option that can only appear with the D flag, without it.
    NeedsDmm,
    /// An option in a message that may not carry it, with what that message is called.
    Place(&'static str),
    /// An option that does not start where its row says.
    Misaligned(Align),
    /// A second option of a type that may stand once.
    Repeated,
    /// A Pad1 behind a Pad1, where one PadN would do.
    SeveralPad1,
    /// Padding whose octets are not zero, with those octets.
    PaddingNotZero(Vec<u8>),
    /// An address of another kind than the option is for.
    Scope(Scope),
    /// Bits of a prefix that are set behind its Prefix Length.
    PrefixBits {
        /// The Prefix Length.
        length: u8,
        /// The prefix as it came.
        prefix: Ipv6Addr,
    },
}

/// A kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One that other nodes can be reached at.
    Global,
    /// One of a link.
    LinkLocal,
}

/// Options whose address must be of a kind: "P-MAAR's IPv6 global address" (RFC 8885 §4.5), "the current S-MAAR's
/// global address" (§4.6), "the link-local address of the DLIF" (§4.7).
const SCOPES: &[(u8, Scope)] = &[(67, Scope::Global), (68, Scope::Global), (69, Scope::LinkLocal)];

/// What the address of an option must be, where it matters.
pub fn scope(kind: u8) -> Option<Scope> {
    SCOPES.iter().find(|(option, _)| *option == kind).map(|(_, scope)| *scope)
}

impl Scope {
    fn has(self, address: Ipv6Addr) -> bool {
        let first = address.segments()[0];
        let is_link_local = first & 0xffc0 == 0xfe80;
        match self {
            Self::LinkLocal => is_link_local,
            Self::Global => {
                !is_link_local
                    && !address.is_multicast()
                    && !address.is_unspecified()
                    && !address.is_loopback()
            }
        }
    }
}

/// How heavy a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Not as it should be, or wrong by a reading of ours where the RFCs are silent.
    Questionable,
    /// Against what a sender must do.
    Wrong,
}

/// Every fault of a Mobility Header, header before options and those in wire order. The checksum is judged where the
/// addresses are given.
pub fn lint(octets: &[u8], addresses: Option<(Ipv6Addr, Ipv6Addr)>) -> Vec<Fault> {
    lint_with(octets, addresses, Drafts::default())
}

/// The same, by the RFCs and these drafts.
pub fn lint_with(octets: &[u8], addresses: Option<(Ipv6Addr, Ipv6Addr)>, drafts: Drafts) -> Vec<Fault> {
    let mut found = Vec::new();
    let view = match MessageView::new(octets) {
        Ok(view) => view,
        Err(error) => return alloc::vec![error.into()],
    };
    header(&view, octets, addresses, &mut found);
    let what = What::Body(view.spec().map_or("message", |spec| spec.title));
    for field in view.fields() {
        reserved(&field, drafts, what, &mut found);
    }
    let has_dmm_flag = view.has_dmm_flag();
    // A message that names several nodes has one of the same option for each.
    let names_several = view.spec().is_some_and(|spec| spec.carries == Carries::NamedOfSeveralNodes);
    let mut seen = [false; 256];
    let mut pads = 0;
    for option in view.options() {
        let option = match option {
            Ok(option) => option,
            Err(error) => {
                found.push(error.into());
                break;
            }
        };
        let Some(spec) = option.spec() else { continue };
        let what = named(option.kind);
        let mut add = |offset, kind| found.push(Fault { what, offset, kind });
        pads = if option.kind == 0 { pads + 1 } else { 0 };
        // Once for a row of them, however long.
        if pads == 2 {
            add(option.offset, FaultKind::SeveralPad1);
        }
        let is_another = core::mem::replace(&mut seen[usize::from(option.kind)], true);
        if !spec.repeats && !names_several && is_another {
            add(option.offset, FaultKind::Repeated);
        }
        if spec.needs_dmm && !has_dmm_flag {
            add(option.offset, FaultKind::NeedsDmm);
        }
        place(&view, &option, spec, &mut add);
        content(&option, spec, &mut found);
    }
    found
}

fn header(
    view: &MessageView<'_>,
    octets: &[u8],
    addresses: Option<(Ipv6Addr, Ipv6Addr)>,
    found: &mut Vec<Fault>,
) {
    let mut add = |what, offset, kind| found.push(Fault { what, offset, kind });
    if let Some((src, dst)) = addresses
        && checksum(src, dst, MOBILITY_HEADER, octets) != 0
        && let Err(error) = MessageView::received(octets, src, dst)
    {
        add(error.what, error.offset, FaultKind::Decode(error.kind));
    }
    let said = (usize::from(octets[1]) + 1) * 8;
    let behind = &view.octets()[Header::LEN..];
    let least = Header::LEN + view.spec().map_or(0, |spec| spec.body_len(behind));
    if view.spec().is_some() && said < least {
        let kind = ErrorKind::TooShort { found: said, expected: least };
        add(What::Header("header length"), 1, FaultKind::Decode(kind));
    }
    if octets.len() > said {
        add(What::Header("header length"), 1, FaultKind::Behind { said, found: octets.len() });
    }
    if octets.len() < said {
        let kind = ErrorKind::TooShort { found: octets.len(), expected: said };
        let what = What::Body(view.spec().map_or("message", |spec| spec.title));
        add(what, Header::LEN, FaultKind::Decode(kind));
    }
    if octets[0] != NO_NEXT_HEADER {
        let kind = ErrorKind::PayloadProto(octets[0]);
        add(What::Header("payload protocol"), 0, FaultKind::Decode(kind));
    }
    if view.spec().is_none() {
        let kind = ErrorKind::UnknownType(view.mh_type());
        add(What::Header("type"), 2, FaultKind::Decode(kind));
    }
    for field in FieldView::all(Header::FIELDS, octets, 0) {
        reserved(&field, Drafts::default(), What::Header("reserved"), found);
    }
}

fn place(
    view: &MessageView<'_>,
    option: &OptionView<'_>,
    spec: &OptionSpec,
    add: &mut impl FnMut(usize, FaultKind),
) {
    if let Some(message) = view.spec().filter(|message| !message.may_carry(spec)) {
        add(option.offset, FaultKind::Place(message.title));
    }
    if spec.align.padding(option.offset, option.body.len()) != 0 {
        add(option.offset, FaultKind::Misaligned(spec.align));
    }
}

fn content(option: &OptionView<'_>, spec: &OptionSpec, found: &mut Vec<Fault>) {
    let part = Part {
        what: named(option.kind),
        offset: option.offset,
        len: option.body.len(),
        expected: spec.min_len,
        fits: spec.fits(option.body.len()),
        is_padding: option.is_padding(),
        scope: scope(option.kind),
    };
    part.judge(option.fields(), found);
}

/// An option or a sub-option that has a row.
struct Part {
    what: What,
    offset: usize,
    /// How many octets stand behind its Length, how many at least should, and whether so many can.
    len: usize,
    expected: usize,
    fits: bool,
    is_padding: bool,
    /// What its address must be.
    scope: Option<Scope>,
}

impl Part {
    /// Whether its length is one that it can have.
    fn judge<'a>(&self, fields: impl Iterator<Item = FieldView<'a>>, found: &mut Vec<Fault>) -> bool {
        if !self.fits {
            // Where the part starts, as decoding says it; the fields of such a part mean nothing.
            let kind = FaultKind::Decode(ErrorKind::Length { found: self.len, expected: self.expected });
            found.push(Fault { what: self.what, offset: self.offset, kind });
            return false;
        }
        let mut length = None;
        for field in fields {
            let mut add = |offset, kind| found.push(Fault { what: self.what, offset, kind });
            match field.spec.kind {
                FieldKind::PrefixLength => {
                    let said = field.uint() as u8;
                    length = Some(said).filter(|said| *said <= 128);
                    if length.is_none() {
                        add(self.offset, FaultKind::Decode(ErrorKind::PrefixLength(said)));
                    }
                }
                FieldKind::Prefix => {
                    if let (Some(length), Some(prefix)) = (length, field.address())
                        && valid_bits(prefix, length).is_some_and(|valid| valid.network() != prefix)
                    {
                        add(field.offset, FaultKind::PrefixBits { length, prefix });
                    }
                }
                FieldKind::Ipv6 => {
                    if let (Some(scope), Some(address)) = (self.scope, field.address())
                        && !scope.has(address)
                    {
                        add(field.offset, FaultKind::Scope(scope));
                    }
                }
                // The octets of padding are zero (RFC 6275 §6.2.3); those of other parts have a meaning.
                FieldKind::Octets if self.is_padding && field.octets.iter().any(|octet| *octet != 0) => {
                    add(field.offset, FaultKind::PaddingNotZero(field.octets.to_vec()));
                }
                FieldKind::SubOptions(_) => sub_options(&field, found),
                FieldKind::Reserved | FieldKind::Flags(_) => {
                    reserved(&field, Drafts::default(), self.what, found);
                }
                _ => {}
            }
        }
        true
    }
}

fn sub_options(field: &FieldView<'_>, found: &mut Vec<Fault>) {
    let mut seen = Vec::new();
    for part in field.sub_options() {
        let part = match part {
            Ok(part) => part,
            Err(error) => {
                found.push(error.into());
                break;
            }
        };
        let Some(spec) = part.spec() else { continue };
        let (what, offset) = (part.table.named(part.kind), part.offset);
        if !spec.repeats && seen.contains(&part.kind) {
            found.push(Fault { what, offset, kind: FaultKind::Repeated });
        }
        seen.push(part.kind);
        let (len, expected, fits) = (part.body.len(), spec.min_len, spec.fits(part.body.len()));
        let is_padding = part.table.is_padding(part.kind);
        let judged = Part { what, offset, len, expected, fits, is_padding, scope: None };
        // What the lengths and fields do not show, decoding stumbles over.
        if judged.judge(part.fields(), found)
            && let Err(kind) = (part.table.check)(part.kind, part.body)
        {
            found.push(Fault { what, offset, kind: FaultKind::Decode(kind) });
        }
    }
}

/// What is set in a field and should not be: all of a reserved one, bits of flags that nobody has given a name.
fn reserved(field: &FieldView<'_>, drafts: Drafts, what: What, found: &mut Vec<Fault>) {
    let kind = match field.spec.kind {
        FieldKind::Reserved => match field.uint() {
            0 => return,
            set => FaultKind::Reserved(set),
        },
        FieldKind::Flags(flags) => {
            let set = field.uint();
            let known = flags.iter().filter(|flag| set & u64::from(flag.mask) != 0 && drafts.know(flag));
            match set & !known.fold(0, |known, flag| known | u64::from(flag.mask)) {
                0 => return,
                bits => FaultKind::ReservedFlags { field: set, bits },
            }
        }
        _ => return,
    };
    found.push(Fault { what, offset: field.offset, kind });
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        Self { what: error.what, offset: error.offset, kind: FaultKind::Decode(error.kind) }
    }
}

impl Fault {
    /// The rule that it breaks, as the catalogue of requirements calls it (`invariants: [length.prev_maar]`); none for
    /// a message whose type no table has, and for one whose fields are missing.
    pub fn rule(&self) -> Option<&'static str> {
        Some(match (&self.kind, self.what) {
            (FaultKind::Decode(kind), what) => match (kind, what) {
                (ErrorKind::Checksum { .. }, _) => "checksum",
                (ErrorKind::PayloadProto(_), _) => "payload_proto",
                (ErrorKind::PrefixLength(_), _) => "prefix_length",
                (ErrorKind::Length { .. }, What::Option { .. })
                | (ErrorKind::Length { .. } | ErrorKind::TooShort { .. }, What::SubOption { .. }) => "length",
                (ErrorKind::TooShort { .. }, What::Option { .. }) => "overrun",
                (ErrorKind::TooShort { .. }, What::Body(_)) => "multiple_of_8",
                (ErrorKind::TooShort { .. }, What::Header(_)) if self.offset == 0 => "header",
                _ => return None,
            },
            (FaultKind::Behind { .. }, _) => "multiple_of_8",
            (FaultKind::Reserved(_) | FaultKind::ReservedFlags { .. }, _) => "reserved",
            (FaultKind::NeedsDmm, _) => "dmm_flag",
            (FaultKind::Place(_), _) => "place",
            (FaultKind::Misaligned(_), _) => "alignment",
            (FaultKind::Repeated, _) => "repeats",
            (FaultKind::SeveralPad1 | FaultKind::PaddingNotZero(_), _) => "padding",
            (FaultKind::Scope(_), _) => "scope",
            (FaultKind::PrefixBits { .. }, _) => "prefix_bits",
        })
    }

    /// How heavy it is.
    pub fn weight(&self) -> Weight {
        match &self.kind {
            // RFC 6275 §6.2.2: "the PadN option … should be used". RFC 8885 §4.8 only says "appropriately"; to align
            // to the size of the address is stance A20. Bits behind a prefix "MUST be ignored" (RFC 8885 §4.3), and
            // no sentence tells a sender to clear them.
            FaultKind::SeveralPad1
            | FaultKind::Misaligned(Align::LinkLayer)
            | FaultKind::PrefixBits { .. } => Weight::Questionable,
            _ => Weight::Wrong,
        }
    }

    /// What a conforming receiver does about it; nothing where it takes the message all the same.
    pub fn reaction(&self) -> Option<Reaction> {
        match &self.kind {
            FaultKind::Decode(kind) => {
                Some(DecodeError::new(self.what, self.offset, kind.clone()).reaction())
            }
            // Stance A13: an option in the wrong place, or without the flag that it hangs on, is one that the
            // receiver does not understand, and it skips those (RFC 8885 §4.1).
            FaultKind::NeedsDmm | FaultKind::Place(_) => Some(Reaction::Skip),
            // "MUST be ignored by the receiver" (RFC 6275 §6.1.7, RFC 8885 §4.3); stance A20 for alignment.
            _ => None,
        }
    }

    /// The section that says so.
    pub fn source_section(&self) -> &'static str {
        match (&self.kind, self.what) {
            (FaultKind::ReservedFlags { .. }, What::Body(_)) => "RFC 6275 §6.1.7",
            (FaultKind::Reserved(_) | FaultKind::Behind { .. }, What::Header(_)) => "RFC 6275 §6.1.1",
            (_, What::Option { source, .. } | What::SubOption { source, .. }) => source,
            _ => "RFC 6275 §9.2",
        }
    }
}

/// As a [`DecodeError`] reads: what, where, what is wrong with it.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}: {}", self.what, self.offset, self.kind)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(kind) => write!(f, "{kind}"),
            Self::Behind { said, found } => {
                write!(f, "it says {said} octets, there are {}", found - said)?;
                f.write_str(" more behind them")
            }
            Self::Reserved(value) => write!(f, "reserved is {value:#x}, expected 0"),
            Self::ReservedFlags { field, bits } => {
                write!(f, "flags {field:#06x} with reserved bits {bits:#06x}, expected 0")
            }
            Self::NeedsDmm => f.write_str("only with the D flag, which is not set"),
            Self::Place(message) => write!(f, "it has no place in a {message}"),
            Self::Misaligned(Align::At { n, plus }) => write!(f, "misaligned, expected at {n}n+{plus}"),
            Self::Misaligned(Align::Longer { n, plus, .. }) => {
                write!(f, "misaligned, expected at 2n, and in its long form at {n}n+{plus}")
            }
            Self::Misaligned(_) => f.write_str("misaligned, expected at the size of its address"),
            Self::Repeated => f.write_str("another one, expected at most one"),
            Self::SeveralPad1 => f.write_str("several in a row, where PadN should be used"),
            Self::PaddingNotZero(_) => f.write_str("padding that is not zero"),
            Self::Scope(Scope::Global) => f.write_str("an address that is not global"),
            Self::Scope(Scope::LinkLocal) => f.write_str("an address that is not link-local"),
            Self::PrefixBits { length, prefix } => {
                write!(f, "{prefix} has bits behind its prefix length {length}")
            }
        }
    }
}
