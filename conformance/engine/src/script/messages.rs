//! What scripts can name to send or to expect: the Mobility Headers of the codec's table, Neighbor Discovery, any ICMPv6
//! message, and any packet at all. One kind of row for all of them, so that the rest of the language knows no difference.

use dmm_codec::icmp::AnyBody;
use dmm_codec::message::MESSAGES;
use dmm_codec::ndp::{ND_MESSAGES, ND_OPTIONS, NdMessageSpec};
use dmm_codec::option::OPTIONS;
use dmm_codec::wire::{FieldKind, FieldSpec, Width, Wire as _};
use dmm_codec::{MessageSpec, OptionSpec, SubOptionSpec};

/// A message that a script can name.
#[derive(Clone, Copy, Debug)]
pub enum Msg {
    /// A Mobility Header.
    Mobility(&'static MessageSpec),
    /// A message of Neighbor Discovery.
    Neighbor(&'static NdMessageSpec),
    /// An ICMPv6 message of any type.
    Icmp,
    /// A packet of any kind.
    Raw,
}

/// What a script may say of any packet, in the order in which reports show it.
const RAW: &[FieldSpec] = &[
    raw("next_header", Width::Fixed(1), FieldKind::Uint),
    raw("payload", Width::Rest, FieldKind::Octets),
    raw("inner_src", Width::Fixed(16), FieldKind::Ipv6),
    raw("inner_dst", Width::Fixed(16), FieldKind::Ipv6),
    raw("inner_next_header", Width::Fixed(1), FieldKind::Uint),
    raw("inner_payload", Width::Rest, FieldKind::Octets),
];
/// Those of them that describe a packet in a tunnel (RFC 2473), which can be looked at and not built.
const INNER: &str = "inner_";
/// Fields that are made by the engine and not by the script.
const MADE: [&str; 2] = ["icmp_type", "checksum"];

const fn raw(name: &'static str, width: Width, kind: FieldKind) -> FieldSpec {
    FieldSpec { name, filter: "", label: name, offset: 0, width, kind }
}

impl Msg {
    /// Every message, in the order in which it is listed.
    pub fn all() -> impl Iterator<Item = Self> {
        let mobility = MESSAGES.iter().map(Self::Mobility);
        mobility.chain(ND_MESSAGES.iter().map(Self::Neighbor)).chain([Self::Icmp, Self::Raw])
    }

    /// The message of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().find(|msg| msg.name() == name)
    }

    /// Its name in scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mobility(spec) => spec.name,
            Self::Neighbor(spec) => spec.name,
            Self::Icmp => "icmp6",
            Self::Raw => "raw",
        }
    }

    /// Its name in the RFC.
    pub fn title(self) -> &'static str {
        match self {
            Self::Mobility(spec) => spec.title,
            Self::Neighbor(spec) => spec.title,
            Self::Icmp => "any ICMPv6 message",
            Self::Raw => "any IPv6 packet, by its Next Header",
        }
    }

    /// Its layout.
    pub fn layout(self) -> &'static [FieldSpec] {
        match self {
            Self::Mobility(spec) => spec.fields,
            Self::Neighbor(spec) => spec.fields,
            Self::Icmp => AnyBody::FIELDS,
            Self::Raw => RAW,
        }
    }

    /// The fields that a script can match.
    pub fn fields(self) -> impl Iterator<Item = &'static FieldSpec> {
        let is_made = move |field: &&FieldSpec| match self {
            Self::Neighbor(_) => MADE.contains(&field.name),
            Self::Icmp => field.name == "checksum",
            Self::Mobility(_) | Self::Raw => false,
        };
        self.layout().iter().filter(move |field| !is_made(field))
    }

    /// The field of this name.
    pub fn field(self, name: &str) -> Option<&'static FieldSpec> {
        self.fields().find(|field| field.name == name)
    }

    /// The fields that a script can set.
    pub fn settable(self) -> impl Iterator<Item = &'static FieldSpec> {
        self.fields().filter(|field| !field.name.starts_with(INNER))
    }

    /// Whether it carries options of this table.
    pub fn carries(self, option: &OptionRow) -> bool {
        match self {
            Self::Mobility(_) => !option.is_neighbor,
            Self::Neighbor(_) => option.is_neighbor,
            Self::Icmp | Self::Raw => false,
        }
    }
}

/// An option that a script can name.
#[derive(Clone, Copy, Debug)]
pub struct OptionRow {
    /// Type octet.
    pub kind: u8,
    /// Name in scripts.
    pub name: &'static str,
    /// The layout behind Type and Length.
    pub fields: &'static [FieldSpec],
    /// Whether it is one of Neighbor Discovery.
    pub is_neighbor: bool,
}

impl OptionRow {
    /// Every option: mobility options, then those of Neighbor Discovery.
    pub fn all() -> impl Iterator<Item = Self> {
        let neighbor = ND_OPTIONS.iter().map(|spec| Self {
            kind: spec.kind,
            name: spec.name,
            fields: spec.fields,
            is_neighbor: true,
        });
        OPTIONS.iter().map(Self::from).chain(neighbor)
    }

    /// The option of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().find(|option| option.name == name)
    }
}

impl From<&'static OptionSpec> for OptionRow {
    fn from(spec: &'static OptionSpec) -> Self {
        Self { kind: spec.kind, name: spec.name, fields: spec.fields, is_neighbor: false }
    }
}

/// A row of a table, as scripts name it and its fields.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// Its layout.
    pub fields: &'static [FieldSpec],
}

impl From<&'static OptionSpec> for Row {
    fn from(spec: &'static OptionSpec) -> Self {
        Self { name: spec.name, fields: spec.fields }
    }
}

impl From<OptionRow> for Row {
    fn from(row: OptionRow) -> Self {
        Self { name: row.name, fields: row.fields }
    }
}

impl From<&'static SubOptionSpec> for Row {
    fn from(spec: &'static SubOptionSpec) -> Self {
        Self { name: spec.name, fields: spec.fields }
    }
}

/// Every field name that some message lets a script set, and the raw form of a lifetime.
pub fn settable_names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for field in Msg::all().flat_map(Msg::settable) {
        if !names.contains(&field.name) {
            names.push(field.name);
        }
    }
    names.push("lifetime_units");
    names
}
