//! What is wrong with octets: what, at which octet, and what a conforming receiver does about it.

use alloc::boxed::Box;
use core::fmt;

use crate::option::named;

/// Something wrong in received octets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at octet {offset}: {kind}")]
pub struct DecodeError {
    /// The part that is wrong.
    pub what: What,
    /// Where it starts, in octets from the start of the Mobility Header.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: ErrorKind,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The six fixed octets, or a field in them.
    Header(&'static str),
    /// The fields between header and options.
    Body(&'static str),
    /// An option.
    Option {
        /// Its type.
        kind: u8,
        /// What the option table calls it, if it is there.
        title: Option<&'static str>,
        /// The section that defines it, or options as such.
        source: &'static str,
    },
    /// A part of an option that has a type and a length of its own.
    SubOption {
        /// The option's type.
        option: u8,
        /// Its own type.
        kind: u8,
        /// What its table calls it, if it is there.
        title: Option<&'static str>,
        /// The section that defines it, or such parts as such.
        source: &'static str,
    },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(field) => write!(f, "mobility header: {field}"),
            Self::Body(message) => write!(f, "{message}"),
            Self::Option { kind, title: Some(title), .. } => write!(f, "{title} option ({kind})"),
            Self::Option { kind, title: None, .. } => write!(f, "mobility option {kind}"),
            Self::SubOption { option, kind, title, .. } => {
                match title {
                    Some(title) => write!(f, "{title} sub-option ({kind})")?,
                    None => write!(f, "sub-option {kind}")?,
                }
                write!(f, " of the {}", named(*option))
            }
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Octets end before the part does.
    #[error("{found} octets, at least {expected} expected")]
    TooShort {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A Length that its option cannot have.
    #[error("length {found}, expected {expected}")]
    Length {
        /// The Length octet.
        found: usize,
        /// What it should be, or at least be.
        expected: usize,
    },
    /// A prefix longer than an address.
    #[error("prefix length {0}, at most 128 possible")]
    PrefixLength(u8),
    /// A number that leaves the rest of its part without a meaning.
    #[error("{field} {found}, expected {expected}")]
    Meaningless {
        /// The field, as the RFC calls it.
        field: &'static str,
        /// What it says.
        found: u32,
        /// What it could say.
        expected: &'static str,
    },
    /// The checksum does not fit the octets and addresses.
    #[error("checksum 0x{found:04x}, expected 0x{expected:04x}")]
    Checksum {
        /// The checksum field.
        found: u16,
        /// What it should be.
        expected: u16,
    },
    /// A Payload Proto that is not 59.
    #[error("payload protocol {0}, expected 59 (no next header)")]
    PayloadProto(u8),
    /// A MH Type that no table here has.
    #[error("unknown type {0}")]
    UnknownType(u8),
    /// A sub-option that cannot be read, which leaves its option without a meaning.
    #[error("{0}")]
    SubOption(Box<SubOptionError>),
}

/// What is wrong within an option whose parts have types and lengths of their own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}, {at} octets behind the option's length: {kind}")]
pub struct SubOptionError {
    /// The part that is wrong.
    pub what: What,
    /// Where it starts, in octets behind the option's Length.
    pub at: usize,
    /// What is wrong with it.
    pub kind: ErrorKind,
}

impl SubOptionError {
    /// As it is seen from `octets` before.
    pub(crate) fn behind(self, octets: usize) -> Self {
        Self { at: self.at + octets, ..self }
    }
}

/// What a conforming receiver does with octets that are wrong in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Discards the message without a word.
    Discard,
    /// Discards the message and should send an ICMPv6 Parameter Problem, code 0, with this pointer: octets from the
    /// start of the Mobility Header (the IPv6 headers before it are to be added).
    ParameterProblem(usize),
    /// Sends a Binding Error with this status.
    BindingError(u8),
    /// Goes on as if the part were not there.
    Skip,
}

impl DecodeError {
    pub(crate) const fn new(what: What, offset: usize, kind: ErrorKind) -> Self {
        Self { what, offset, kind }
    }

    /// What is wrong with an option that starts at `offset` and whose octets behind its Length start at `body_offset`;
    /// where that is one of its parts, the part is named.
    pub(crate) fn of_option(kind: u8, offset: usize, body_offset: usize, wrong: ErrorKind) -> Self {
        match wrong {
            ErrorKind::SubOption(error) => {
                let SubOptionError { what, at, kind } = *error;
                Self::new(what, body_offset + at, kind)
            }
            wrong => Self::new(named(kind), offset, wrong),
        }
    }

    /// What a conforming receiver does about it.
    pub fn reaction(&self) -> Reaction {
        match (&self.kind, self.what) {
            // A part that runs past the end of its option leaves the rest of the option without a meaning, and nothing
            // behind the option: no RFC says so; stance A18 again, the option is not understood.
            (_, What::SubOption { .. }) | (ErrorKind::SubOption(_), _) => Reaction::Skip,
            // RFC 6275 §9.2: "the node MUST silently discard" on a bad checksum.
            (ErrorKind::Checksum { .. }, _) => Reaction::Discard,
            // RFC 6275 §9.2: an unknown MH Type is answered with Binding Error status 2.
            (ErrorKind::UnknownType(_), _) => Reaction::BindingError(2),
            // Too few octets for a checksum have none that could be verified: as if it were wrong.
            (ErrorKind::TooShort { .. }, What::Header(_)) if self.offset == 0 => Reaction::Discard,
            // RFC 6275 §9.2: Payload Proto and Header Len: discard and SHOULD send Parameter Problem, code 0.
            (ErrorKind::PayloadProto(_), _) | (ErrorKind::TooShort { .. }, What::Header(_)) => {
                Reaction::ParameterProblem(self.offset)
            }
            (ErrorKind::TooShort { .. }, What::Body(_)) => Reaction::ParameterProblem(1),
            // An option that runs past the end leaves nothing to trust behind it. No RFC says so; stance A19.
            (ErrorKind::TooShort { .. }, What::Option { .. }) => Reaction::Discard,
            // RFC 8885 §4.1: "MUST ignore and skip any options that it does not understand"; a wrong length or an
            // impossible prefix makes an option one of those (stances A18, A19).
            (ErrorKind::Length { .. } | ErrorKind::PrefixLength(_) | ErrorKind::Meaningless { .. }, _) => {
                Reaction::Skip
            }
        }
    }

    /// The section that says so.
    pub fn source_section(&self) -> &'static str {
        match self.what {
            What::Option { source, .. } | What::SubOption { source, .. } => source,
            What::Header(_) | What::Body(_) => "RFC 6275 §9.2",
        }
    }
}

/// A message that cannot be put on the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The 8-bit Header Len ends at 2048 octets (RFC 6275 §6.1.1).
    #[error(
        "the mobility header would have {0} octets, at most 2048 fit its length field: send fewer options"
    )]
    TooLong(usize),
    /// The 8-bit option Length ends at 255 octets.
    #[error("{what} would have {len} octets, at most 255 fit its length field")]
    OptionTooLong {
        /// The option.
        what: What,
        /// The octets behind its Length.
        len: usize,
    },
}
