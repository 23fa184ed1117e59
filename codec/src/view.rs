//! A borrowed look at the octets of a Mobility Header, which keeps offsets and knows no meanings. What the dissector
//! and the packet path use; [`Message`](crate::Message) is made from it.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::checksum::{MOBILITY_HEADER, checksum};
use crate::draft::Drafts;
use crate::error::{DecodeError, ErrorKind, What};
use crate::header::{Header, NO_NEXT_HEADER, PBA, PBU};
use crate::message::{MessageSpec, message_spec};
use crate::option::{OptionSpec, PADN, named, spec};
use crate::sub_option::{Parts, SubOptionSpec, SubOptionTable};
use crate::wire::{FieldKind, FieldSpec, FlagSpec, Name, Width, Wire};

/// A Mobility Header in a buffer that may be longer or shorter than its Header Len says.
#[derive(Clone, Copy, Debug)]
pub struct MessageView<'a> {
    octets: &'a [u8],
    header_len: usize,
}

impl<'a> MessageView<'a> {
    /// Looks at octets that are at least a header. Nothing else is checked: what is there can be looked at.
    pub fn new(octets: &'a [u8]) -> Result<Self, DecodeError> {
        if octets.len() < Header::LEN {
            let kind = ErrorKind::TooShort { found: octets.len(), expected: Header::LEN };
            return Err(DecodeError::new(What::Header("header"), 0, kind));
        }
        let said = (usize::from(octets[1]) + 1) * 8;
        Ok(Self { octets: &octets[..said.min(octets.len())], header_len: said })
    }

    /// Looks at octets as a receiver must: the checks of RFC 6275 §9.2 in their order.
    ///
    /// The checksum covers all of `octets`, the upper-layer packet of RFC 8200 §8.1, as the raw sockets of operating
    /// systems compute it; RFC 6275 §6.1.1 can also be read as only the octets that Header Len counts. Where Header
    /// Len is right, both are the same.
    pub fn received(octets: &'a [u8], src: Ipv6Addr, dst: Ipv6Addr) -> Result<Self, DecodeError> {
        let view = Self::new(octets)?;
        if checksum(src, dst, MOBILITY_HEADER, octets) != 0 {
            let kind =
                ErrorKind::Checksum { found: view.checksum(), expected: right_checksum(octets, src, dst) };
            return Err(DecodeError::new(What::Header("checksum"), 4, kind));
        }
        let Some(spec) = view.spec() else {
            return Err(DecodeError::new(What::Header("type"), 2, ErrorKind::UnknownType(view.mh_type())));
        };
        if octets[0] != NO_NEXT_HEADER {
            let kind = ErrorKind::PayloadProto(octets[0]);
            return Err(DecodeError::new(What::Header("payload protocol"), 0, kind));
        }
        let expected = Header::LEN + spec.len;
        if view.header_len < expected {
            let kind = ErrorKind::TooShort { found: view.header_len, expected };
            return Err(DecodeError::new(What::Header("header length"), 1, kind));
        }
        if view.octets.len() < view.header_len {
            let kind = ErrorKind::TooShort { found: octets.len(), expected: view.header_len };
            return Err(DecodeError::new(What::Body(spec.title), Header::LEN, kind));
        }
        let expected = Header::LEN + spec.body_len(&view.octets[Header::LEN..]);
        if view.header_len < expected {
            let kind = ErrorKind::TooShort { found: view.header_len, expected };
            return Err(DecodeError::new(What::Header("header length"), 1, kind));
        }
        Ok(view)
    }

    /// MH Type.
    pub fn mh_type(&self) -> u8 {
        self.octets[2]
    }

    /// The checksum field.
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.octets[4], self.octets[5]])
    }

    /// The octets of the message, as far as they are there.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// The row of this type of message.
    #[inline]
    pub fn spec(&self) -> Option<&'static MessageSpec> {
        message_spec(self.mh_type())
    }

    /// What it is called; a draft gives some another name.
    pub fn title(&self, drafts: Drafts) -> Option<&'static str> {
        let asks =
            || self.field("flags").is_some_and(|flags| flags.flags(drafts).any(|flag| flag.letter == "Q"));
        match self.mh_type() {
            PBU if drafts.query && asks() => Some("Proxy Binding Query"),
            PBA if drafts.query && asks() => Some("Proxy Query ACK"),
            _ => self.spec().map(|spec| spec.title),
        }
    }

    /// The octets between header and options, as far as they are there; empty for a type without a row.
    pub fn body(&self) -> &'a [u8] {
        &self.octets[Header::LEN..self.options_start()]
    }

    /// Where the options start, as far as the octets reach.
    fn options_start(&self) -> usize {
        let behind = &self.octets[Header::LEN..];
        let body = self.spec().map_or(0, |spec| spec.body_len(behind));
        Header::LEN + body.min(behind.len())
    }

    /// The fields between header and options that are wholly there.
    pub fn fields(&self) -> impl Iterator<Item = FieldView<'a>> + Clone + use<'a> {
        let fields = self.spec().map_or(&[][..], |spec| spec.fields);
        FieldView::all(fields, self.body(), Header::LEN)
    }

    /// The field between header and options of this name.
    pub fn field(&self, name: &str) -> Option<FieldView<'a>> {
        self.fields().find(|field| field.spec.name == name)
    }

    /// Whether the D flag is set: 0x0010 in a PBU, 0x02 in a PBA (RFC 8885 §5).
    pub fn has_dmm_flag(&self) -> bool {
        self.fields().any(|field| field.flags(Drafts::default()).any(FlagSpec::is_dmm))
    }

    /// The options in wire order, padding included; ends after the first one that does not fit.
    pub fn options(&self) -> Options<'a> {
        let start = self.spec().map(|_| self.options_start());
        Options { octets: self.octets, at: start.unwrap_or(self.octets.len()) }
    }
}

fn right_checksum(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> u16 {
    // With its own field in the sum, the checksum is off by just that field.
    let sum = checksum(src, dst, MOBILITY_HEADER, octets);
    let field = u16::from_be_bytes([octets[4], octets[5]]);
    let (right, carry) = sum.overflowing_add(field);
    // One's complement has two zeros; the sum over a pseudo-header is never the one whose complement is 0xffff.
    if right == u16::MAX { 0 } else { right + u16::from(carry) }
}

/// The options of a message, in wire order.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<OptionView<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.at;
        let rest = &self.octets[offset..];
        let kind = *rest.first()?;
        if kind == 0 {
            self.at += 1;
            return Some(Ok(OptionView { kind, offset, body_offset: offset + 1, body: &[] }));
        }
        let len = rest.get(1).map_or(0, |len| usize::from(*len));
        let Some(body) = rest.get(2..2 + len) else {
            self.at = self.octets.len();
            let kind_of_error = ErrorKind::TooShort { found: rest.len(), expected: 2 + len };
            return Some(Err(DecodeError::new(named(kind), offset, kind_of_error)));
        };
        self.at += 2 + len;
        Some(Ok(OptionView { kind, offset, body_offset: offset + 2, body }))
    }
}

/// One option where it stands.
#[derive(Clone, Copy, Debug)]
pub struct OptionView<'a> {
    /// Type octet.
    pub kind: u8,
    /// Where it starts, in octets from the start of the Mobility Header.
    pub offset: usize,
    /// Where the octets behind its Length start.
    pub body_offset: usize,
    /// The octets behind its Length.
    pub body: &'a [u8],
}

impl<'a> OptionView<'a> {
    /// The row of its type.
    #[inline]
    pub fn spec(&self) -> Option<&'static OptionSpec> {
        spec(self.kind)
    }

    /// Whether it only fills room: Pad1 and PadN (RFC 6275 §6.2.2, §6.2.3).
    pub fn is_padding(&self) -> bool {
        self.kind <= PADN
    }

    /// The fields of its layout that are wholly there.
    #[inline]
    pub fn fields(&self) -> impl Iterator<Item = FieldView<'a>> + Clone + use<'a> {
        let fields = self.spec().map_or(&[][..], |spec| spec.fields);
        FieldView::all(fields, self.body, self.body_offset)
    }
}

/// The sub-options of a field, in wire order.
#[derive(Clone, Debug)]
pub struct SubOptions<'a> {
    parts: Option<Parts<'a>>,
    base: usize,
}

impl<'a> Iterator for SubOptions<'a> {
    type Item = Result<SubOptionView<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let parts = self.parts.as_mut()?;
        let (base, table) = (self.base, parts.table);
        Some(match parts.next()? {
            Ok(part) => Ok(SubOptionView {
                table,
                kind: part.kind,
                offset: base + part.at,
                body_offset: base + part.body_at,
                body: part.body,
            }),
            Err(error) => Err(DecodeError::new(error.what, base + error.at, error.kind)),
        })
    }
}

/// One sub-option where it stands.
#[derive(Clone, Copy, Debug)]
pub struct SubOptionView<'a> {
    /// The table of its option.
    pub table: &'static SubOptionTable,
    /// Type octet.
    pub kind: u8,
    /// Where it starts, in octets from the start of the Mobility Header.
    pub offset: usize,
    /// Where the octets behind its Length start.
    pub body_offset: usize,
    /// The octets behind its Length.
    pub body: &'a [u8],
}

impl<'a> SubOptionView<'a> {
    /// The row of its type.
    pub fn spec(&self) -> Option<&'static SubOptionSpec> {
        self.table.spec(self.kind)
    }

    /// The fields of its layout that are wholly there.
    pub fn fields(&self) -> impl Iterator<Item = FieldView<'a>> + Clone + use<'a> {
        let fields = self.spec().map_or(&[][..], |spec| spec.fields);
        FieldView::all(fields, self.body, self.body_offset)
    }
}

/// One field where it stands.
#[derive(Clone, Copy, Debug)]
pub struct FieldView<'a> {
    /// Its row.
    pub spec: &'static FieldSpec,
    /// Where it starts, in octets from the start of the Mobility Header.
    pub offset: usize,
    /// Its octets.
    pub octets: &'a [u8],
}

impl<'a> FieldView<'a> {
    /// The fields of a layout that are wholly in `octets`, which start at `base`.
    #[inline]
    pub fn all(
        fields: &'static [FieldSpec],
        octets: &'a [u8],
        base: usize,
    ) -> impl Iterator<Item = Self> + Clone + use<'a> {
        fields.iter().filter_map(move |spec| Self::one(spec, octets, base))
    }

    /// This field of a layout, if it is wholly in `octets`, which start at `base`.
    #[inline]
    pub fn one(spec: &'static FieldSpec, octets: &'a [u8], base: usize) -> Option<Self> {
        let end = match spec.width {
            Width::Fixed(width) => spec.offset + width,
            Width::Rest => octets.len(),
        };
        Some(Self { spec, offset: base + spec.offset, octets: octets.get(spec.offset..end)? })
    }

    /// The sub-options in it, in wire order; ends after the first one that does not fit. None in a field of another
    /// kind.
    pub fn sub_options(&self) -> SubOptions<'a> {
        let parts = match self.spec.kind {
            FieldKind::SubOptions(table) => Some(Parts::new(table, self.octets)),
            _ => None,
        };
        SubOptions { parts, base: self.offset }
    }

    /// The octets as one number in network byte order; the last eight of them where there are more.
    #[inline]
    pub fn uint(&self) -> u64 {
        let last = &self.octets[self.octets.len().saturating_sub(8)..];
        last.iter().fold(0, |number, octet| (number << 8) | u64::from(*octet))
    }

    /// The registry's row for the number, where there is one; `siblings` are the fields of the same layout.
    pub fn name(&self, siblings: &[Self]) -> Option<&'static Name> {
        let names = match self.spec.kind {
            FieldKind::Named(names) => names,
            FieldKind::NamedBy { selector, registries } => {
                let chosen = siblings.iter().find(|field| field.spec.name == selector)?.uint();
                registries.iter().find(|registry| u64::from(registry.0) == chosen)?.1
            }
            _ => return None,
        };
        names.iter().find(|name| u64::from(name.value) == self.uint())
    }

    /// The octets as an address; `None` unless they are sixteen.
    #[inline]
    pub fn address(&self) -> Option<Ipv6Addr> {
        <[u8; 16]>::try_from(self.octets).ok().map(Ipv6Addr::from)
    }

    /// The octets as an IPv4 address; `None` unless they are four.
    pub fn ipv4(&self) -> Option<Ipv4Addr> {
        <[u8; 4]>::try_from(self.octets).ok().map(Ipv4Addr::from)
    }

    /// The flags that are set and that these drafts or an RFC know; none in a field of another kind.
    pub fn flags(&self, drafts: Drafts) -> impl Iterator<Item = &'static FlagSpec> + use<> {
        let (flags, number) = match self.spec.kind {
            FieldKind::Flags(flags) => (flags, self.uint()),
            _ => (&[][..], 0),
        };
        flags.iter().filter(move |flag| number & u64::from(flag.mask) != 0 && drafts.know(flag))
    }

    /// Whether the flag with this letter is set; false where the field has no such flag, or only a draft has it.
    pub fn has_flag(&self, letter: &str) -> bool {
        self.flags(Drafts::default()).any(|flag| flag.letter == letter)
    }
}
