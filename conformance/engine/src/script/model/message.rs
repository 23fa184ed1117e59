//! Messages in scripts: what is sent, and what a received one must be.

use dmm_codec::edit::Edit;
use dmm_codec::wire::FieldSpec;

use super::At;
use crate::script::messages::{Msg, OptionRow};
use crate::script::span::Span;
use crate::script::yaml::Node;

/// A message as a script writes it: maybe a template, and keys over it.
#[derive(Clone, Debug)]
pub struct Body {
    /// Where it stands.
    pub span: Span,
    /// Template below the own keys.
    pub template: Option<At<String>>,
    /// Arguments of the template.
    pub with: Vec<(String, Node)>,
    /// Which message.
    pub msg: Option<At<Msg>>,
    /// Fields between header and options, by their names in the codec's table, and `lifetime_units`.
    pub fields: Vec<(At<String>, Node)>,
    /// Options, in the place of the template's.
    pub options: Option<Vec<OptionEntry>>,
    /// Options before all others.
    pub add_first: Vec<OptionEntry>,
    /// Options behind all others.
    pub add: Vec<OptionEntry>,
    /// Options not to send.
    pub remove: Vec<OptionRow>,
    /// What is wrong with it on purpose.
    pub wire: Wire,
    /// What is unusual in the packet around it.
    pub ip: Ip,
}

/// One option of a message.
#[derive(Clone, Debug)]
pub struct OptionEntry {
    /// Where it stands.
    pub span: Span,
    /// Which.
    pub kind: OptionKind,
}

/// An option of the codec's table, or octets.
#[derive(Clone, Debug)]
pub enum OptionKind {
    /// Built from its value through its row.
    Known(OptionRow, Node),
    /// Type and octets as given.
    Raw(u8, Vec<u8>),
}

/// Changes to the encoded octets. Order: padding, patches, header fields, whole header, length, checksum, late patches.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    /// What stands between options.
    pub padding: Padding,
    /// Changes to fields and octets.
    pub patch: Vec<At<Edit>>,
    /// The whole Mobility Header, in place of what was built.
    pub mh: Option<Vec<u8>>,
    /// How many octets are kept.
    pub truncate: Option<usize>,
    /// Octets behind the message.
    pub append: Vec<u8>,
    /// What becomes of the checksum.
    pub checksum: Checksum,
    /// Changes behind the checksum, which no longer fits then.
    pub late_patch: Vec<At<Edit>>,
}

/// What stands between options so that each is aligned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// Pad1 and PadN of zeros.
    #[default]
    Auto,
    /// Nothing, so that options are not aligned.
    None,
    /// PadN with these octets, again and again.
    Octets(Vec<u8>),
}

/// The IPv6 packet around a message, and the frame around that.
#[derive(Clone, Debug, Default)]
pub struct Ip {
    /// Hop Limit.
    pub hop_limit: Option<u8>,
    /// Source address, in the place of the role's own.
    pub src: Option<Node>,
    /// Destination address, in the place of the implementation's.
    pub dst: Option<Node>,
    /// Whom the frame is for, in the place of the implementation.
    pub dst_mac: Option<Node>,
    /// Whether the packet is inside another, from the role's own address to the implementation's (RFC 2473).
    pub tunnel: bool,
    /// How many octets each fragment carries at most; none for a packet in one piece.
    pub fragment: Option<usize>,
    /// Extension headers in front of the message: their numbers, and their octets behind Next Header and length.
    pub headers: Vec<(u8, Vec<u8>)>,
}

/// The checksum of a message that is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// Right for the octets as they are sent.
    #[default]
    Auto,
    /// This one.
    Set(u16),
    /// The right one with these bits flipped.
    Xor(u16),
}

/// Which messages a step means.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The message.
    pub msg: Msg,
    /// Its fields, and those of the packet around it.
    pub fields: Vec<(Subject, At<Matcher>)>,
    /// Options that it must have.
    pub has: Vec<OptionMatch>,
    /// Options that it must not have.
    pub lacks: Vec<OptionMatch>,
    /// How many of an option it must have.
    pub count: Vec<(OptionRow, At<Matcher>)>,
    /// What `has` says of options that it does not name.
    pub mode: Mode,
}

/// How `has` is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The message may have more options, in any order.
    #[default]
    Subset,
    /// These options stand in this order, others between them or not.
    Ordered,
    /// These options in this order and no others but padding.
    Exact,
}

impl Mode {
    /// Every mode with its name in scripts.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("subset", Self::Subset), ("ordered", Self::Ordered), ("exact", Self::Exact)];
}

/// What a matcher looks at.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// Source address.
    Src,
    /// Destination address.
    Dst,
    /// Hop limit.
    HopLimit,
    /// Link-layer address of the sender.
    SrcMac,
    /// Link-layer address that the frame is for.
    DstMac,
    /// A field between header and options.
    Field(&'static FieldSpec),
}

impl Subject {
    /// What every packet has.
    pub const OF_PACKETS: [Self; 5] = [Self::Src, Self::Dst, Self::HopLimit, Self::SrcMac, Self::DstMac];

    /// Its name in scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Src => "src",
            Self::Dst => "dst",
            Self::HopLimit => "hop_limit",
            Self::SrcMac => "src_mac",
            Self::DstMac => "dst_mac",
            Self::Field(spec) => spec.name,
        }
    }
}

/// What a value must be.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Exactly this.
    Is(Node),
    /// All of these.
    All(Vec<(Op, Node)>),
}

/// An operator of a matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Anything, if true.
    Any,
    /// Not there, if true.
    Absent,
    /// Not this.
    Ne,
    /// One of these.
    In,
    /// From the first to the second, both included.
    Range,
    /// Less.
    Lt,
    /// At most.
    Le,
    /// More.
    Gt,
    /// At least.
    Ge,
    /// These flags are set.
    Set,
    /// These flags are not set.
    Clear,
    /// These octets.
    Hex,
    /// Within this prefix.
    WithinPrefix,
    /// Text that is wholly of this form.
    Regex,
}

/// An option that a message must have, or not have.
#[derive(Clone, Debug)]
pub struct OptionMatch {
    /// Where it stands.
    pub span: Span,
    /// Which.
    pub spec: OptionRow,
    /// What its fields must be; none for any.
    pub fields: Vec<(&'static FieldSpec, Matcher)>,
}
