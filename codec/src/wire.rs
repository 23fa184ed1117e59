//! How a layout is said once: `wire_struct!` turns one list of fields into a struct, its reader and writer, and
//! the [`FieldSpec`]s that the dissector, the scripts and the reference page read.
//!
//! It knows octets and field names. It does not know options, messages or rules.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::error::{ErrorKind, SubOptionError};
use crate::sub_option::SubOptionTable;

/// One field of a layout: what it is called, where it stands, how to show it.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// Name in scripts and JSON, snake case: `prefix_length`.
    pub name: &'static str,
    /// Suffix of the Wireshark filter after the option's own: `.length`. Empty for the option's main value.
    pub filter: &'static str,
    /// Name in the RFC's figure: `Prefix Length`.
    pub label: &'static str,
    /// First octet, counted from the start of the layout.
    pub offset: usize,
    /// How many octets.
    pub width: Width,
    /// What the octets mean.
    pub kind: FieldKind,
}

/// How many octets a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Always this many.
    Fixed(usize),
    /// All that is left of the layout; only the last field can be this.
    Rest,
}

/// What the octets of a field mean, and with it how they are shown.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind {
    /// Must be zero when sent, is ignored when received.
    Reserved,
    /// An unsigned number in network byte order.
    Uint,
    /// A number with names from a registry.
    Named(&'static [Name]),
    /// A number with names from a registry that another field of the layout chooses by its number.
    NamedBy {
        /// The field that chooses.
        selector: &'static str,
        /// The registry for each number of that field.
        registries: &'static [(u32, &'static [Name])],
    },
    /// Bits with names.
    Flags(&'static [FlagSpec]),
    /// A binding lifetime in units of 4 seconds (RFC 6275 §6.1.7).
    Lifetime,
    /// Seconds since 1970 as 48.16 fixed point (RFC 5213 §8.8).
    Timestamp,
    /// The number of valid leading bits of the [`FieldKind::Prefix`] that follows.
    PrefixLength,
    /// 16 octets of which only the first Prefix Length bits are valid.
    Prefix,
    /// An IPv6 address.
    Ipv6,
    /// An IPv4 address.
    Ipv4,
    /// A link-layer address as in RFC 4861 §4.6: as many octets as the link has.
    LinkLayer,
    /// An identifier that is text where it can be (a NAI), else octets.
    Identifier,
    /// Octets without further structure.
    Octets,
    /// Parts with a type and a length of their own, which these rows lay out.
    SubOptions(&'static SubOptionTable),
}

/// One row of a registry of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The number on the wire.
    pub value: u32,
    /// Name in scripts and JSON, snake case.
    pub name: &'static str,
    /// Name in the registry.
    pub label: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

/// One flag bit of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagSpec {
    /// The letter of the RFC's figure, which is also its name in scripts.
    pub letter: &'static str,
    /// The bit within its field.
    pub mask: u32,
    /// What it stands for.
    pub label: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

impl FlagSpec {
    /// Whether this is the D flag of RFC 8885 §4.1 and §4.2. The D flag of an Update Notification is another.
    pub fn is_dmm(&self) -> bool {
        self.letter == "D" && self.label == "DMM"
    }

    /// Whether only a draft defines it: see [`Drafts`](crate::Drafts).
    pub fn is_of_draft(&self) -> bool {
        self.source.starts_with("draft-")
    }
}

/// A layout of octets, written once by `wire_struct!`.
pub trait Wire: Sized {
    /// Every field in wire order.
    const FIELDS: &'static [FieldSpec];
    /// The fewest octets that hold it: all of them, or all but the last field.
    const LEN: usize;

    /// Reads the layout; `None` where there are too few octets, or too many for a layout of fixed length, or where a
    /// part of the last field cannot be read. Why is asked afterwards, of [`Wire::wrong`]: an error that each value
    /// carried along would cost more than all the rest of decoding.
    fn read(octets: &[u8]) -> Option<Self>;
    /// Why the octets, of which nothing was read, are not this layout.
    fn wrong(octets: &[u8]) -> ErrorKind;
    /// Appends the layout.
    fn write(&self, out: &mut Vec<u8>);
}

/// Finds a field by its name in scripts.
pub fn field(fields: &'static [FieldSpec], name: &str) -> Option<&'static FieldSpec> {
    fields.iter().find(|f| f.name == name)
}

/// Whether every layout of these fields has the same length.
pub(crate) fn has_fixed_len(fields: &[FieldSpec]) -> bool {
    !matches!(fields.last(), Some(FieldSpec { width: Width::Rest, .. }))
}

/// Whether a layout of these fields, of which the fewest octets are `least`, can have so many.
pub(crate) fn fits(fields: &[FieldSpec], least: usize, len: usize) -> bool {
    if has_fixed_len(fields) { len == least } else { len >= least }
}

/// A type that stands in a layout as it is.
pub(crate) trait Value: Sized {
    const WIDTH: Width;
    /// The next value; `None` where the octets are none.
    fn take(octets: &mut &[u8]) -> Option<Self>;
    /// The part of these octets because of which they are no value; `None` where they are too few.
    fn wrong_part(_octets: &[u8]) -> Option<SubOptionError> {
        None
    }
    fn put(&self, out: &mut Vec<u8>);
}

/// [`Value::wrong_part`] of a field.
pub(crate) type WrongPart = fn(&[u8]) -> Option<SubOptionError>;

/// Why octets are no layout of these fields, of which the fewest octets are `least`: only the last can have parts.
pub(crate) fn wrong(fields: &[WrongPart], octets: &[u8], least: usize) -> ErrorKind {
    let part = fields.last().zip(octets.get(least..)).and_then(|(wrong_part, octets)| wrong_part(octets));
    match part {
        Some(part) => ErrorKind::SubOption(Box::new(part.behind(least))),
        None => ErrorKind::Length { found: octets.len(), expected: least },
    }
}

/// The next `N` octets.
pub(crate) fn chunk<const N: usize>(octets: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = octets.split_first_chunk()?;
    *octets = rest;
    Some(*head)
}

macro_rules! uint_value {
    ($($type:ty),*) => {$(
        impl Value for $type {
            const WIDTH: Width = Width::Fixed(size_of::<$type>());
            fn take(octets: &mut &[u8]) -> Option<Self> {
                chunk(octets).map(Self::from_be_bytes)
            }
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
        }
    )*};
}
uint_value!(u8, u16, u32, u64);

impl Value for Ipv6Addr {
    const WIDTH: Width = Width::Fixed(16);
    fn take(octets: &mut &[u8]) -> Option<Self> {
        chunk::<16>(octets).map(Self::from)
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }
}

impl Value for Ipv4Addr {
    const WIDTH: Width = Width::Fixed(4);
    fn take(octets: &mut &[u8]) -> Option<Self> {
        chunk::<4>(octets).map(Self::from)
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }
}

/// The last field, which takes all octets that are left as so many values.
macro_rules! list_value {
    ($($type:ty),*) => {$(
        impl Value for Vec<$type> {
            const WIDTH: Width = Width::Rest;
            fn take(octets: &mut &[u8]) -> Option<Self> {
                let mut list = Self::new();
                while !octets.is_empty() {
                    list.push(Value::take(octets)?);
                }
                Some(list)
            }
            fn put(&self, out: &mut Vec<u8>) {
                for value in self {
                    value.put(out);
                }
            }
        }
    )*};
}
list_value!(u16, Ipv6Addr);

/// The last field, which takes all octets that are left.
impl Value for Vec<u8> {
    const WIDTH: Width = Width::Rest;
    fn take(octets: &mut &[u8]) -> Option<Self> {
        Some(core::mem::take(octets).to_vec())
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

/// Puts each field behind the one before it.
pub(crate) const fn place<const N: usize>(mut fields: [FieldSpec; N]) -> [FieldSpec; N] {
    let (mut i, mut offset) = (0, 0);
    while i < N {
        fields[i].offset = offset;
        match fields[i].width {
            Width::Fixed(octets) => offset += octets,
            Width::Rest => assert!(i + 1 == N, "only the last field of a layout can take the rest"),
        }
        i += 1;
    }
    fields
}

/// The octets of all fields of fixed width.
pub(crate) const fn fixed_len(fields: &[FieldSpec]) -> usize {
    match fields {
        [] => 0,
        [.., last] => match last.width {
            Width::Fixed(octets) => last.offset + octets,
            Width::Rest => last.offset,
        },
    }
}

/// A layout: `name: type => kind, "filter suffix", "label in the RFC's figure";` per field, in wire order.
macro_rules! wire_struct {
    ($(
        $(#[$doc:meta])*
        pub struct $name:ident {
            $( $field:ident: $type:ty => $kind:expr, $filter:literal, $label:literal; )*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $( #[doc = $label] pub $field: $type, )*
        }

        impl $crate::wire::Wire for $name {
            const FIELDS: &'static [$crate::wire::FieldSpec] = {
                #[allow(unused_imports, reason = "a layout may be empty")]
                use $crate::wire::FieldKind::*;
                const PLACED: &[$crate::wire::FieldSpec] = &$crate::wire::place([$(
                    $crate::wire::FieldSpec {
                        name: stringify!($field),
                        filter: $filter,
                        label: $label,
                        offset: 0,
                        width: <$type as $crate::wire::Value>::WIDTH,
                        kind: $kind,
                    },
                )*]);
                PLACED
            };
            const LEN: usize = $crate::wire::fixed_len(Self::FIELDS);

            #[inline]
            #[allow(unused_mut, reason = "a layout may be empty")]
            fn read(octets: &[u8]) -> Option<Self> {
                let mut rest = octets;
                let read = Self { $( $field: $crate::wire::Value::take(&mut rest)?, )* };
                rest.is_empty().then_some(read)
            }

            fn wrong(octets: &[u8]) -> $crate::error::ErrorKind {
                let fields = &[$( <$type as $crate::wire::Value>::wrong_part as $crate::wire::WrongPart, )*];
                $crate::wire::wrong(fields, octets, Self::LEN)
            }

            #[allow(unused_variables, reason = "a layout may be empty")]
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                $( $crate::wire::Value::put(&self.$field, out); )*
            }
        }
    )*};
}
pub(crate) use wire_struct;

/// A number with a type of its own, which stands in a layout like the number.
macro_rules! number_value {
    ($name:ident($repr:ty)) => {
        impl $crate::wire::Value for $name {
            const WIDTH: $crate::wire::Width = <$repr as $crate::wire::Value>::WIDTH;
            fn take(octets: &mut &[u8]) -> Option<Self> {
                $crate::wire::Value::take(octets).map(Self)
            }
            fn put(&self, out: &mut alloc::vec::Vec<u8>) {
                $crate::wire::Value::put(&self.0, out);
            }
        }
    };
}
pub(crate) use number_value;

/// A layout and the value that it carries, said together where the value is the layout without its reserved octets:
/// `value Name in NameBody { … }` for an option, `message Name in NameBody { … }` for a message, which has options too.
/// The fields are as in `wire_struct!`.
macro_rules! value_struct {
    ($(
        $(#[$doc:meta])*
        $sort:ident $name:ident in $layout:ident { $($fields:tt)* }
    )*) => {$(
        $crate::wire::wire_struct! {
            #[doc = concat!("The layout of [`", stringify!($name), "`].")]
            pub struct $layout { $($fields)* }
        }
        $crate::wire::value_struct!(@$sort [$(#[$doc])*] $name $layout [] [] $($fields)*);
    )*};

    // One field after the other into the list of what is kept or of what is reserved.
    (@$sort:ident $docs:tt $name:ident $layout:ident $kept:tt [$($reserved:ident)*]
        $field:ident: $type:ty => Reserved, $filter:literal, $label:literal; $($rest:tt)*) => {
        $crate::wire::value_struct!(@$sort $docs $name $layout $kept [$($reserved)* $field] $($rest)*);
    };
    (@$sort:ident $docs:tt $name:ident $layout:ident [$($kept:tt)*] $reserved:tt
        $field:ident: $type:ty => $kind:expr, $filter:literal, $label:literal; $($rest:tt)*) => {
        $crate::wire::value_struct!(
            @$sort $docs $name $layout [$($kept)* $field: $type, $label;] $reserved $($rest)*
        );
    };

    (@value [$(#[$doc:meta])*] $name:ident $layout:ident
        [$($field:ident: $type:ty, $label:literal;)*] [$($reserved:ident)*]) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $( #[doc = $label] pub $field: $type, )*
        }

        impl $crate::body::Meaning for $name {
            type Layout = $layout;
            #[allow(unused_variables, reason = "a value may have no fields")]
            fn from_layout(layout: $layout) -> Option<Self> {
                Some(Self { $( $field: layout.$field, )* })
            }
            #[allow(clippy::clone_on_copy, reason = "some fields are lists")]
            fn to_layout(&self) -> $layout {
                $layout { $( $field: self.$field.clone(), )* $( $reserved: 0, )* }
            }
        }
    };
    (@message [$(#[$doc:meta])*] $name:ident $layout:ident
        [$($field:ident: $type:ty, $label:literal;)*] [$($reserved:ident)*]) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $( #[doc = $label] pub $field: $type, )*
            /// Options, without padding.
            pub options: alloc::vec::Vec<$crate::option::MobilityOption>,
        }

        impl $name {
            #[allow(clippy::clone_on_copy, reason = "some fields are lists")]
            pub(crate) fn layout(&self) -> $layout {
                $layout { $( $field: self.$field.clone(), )* $( $reserved: 0, )* }
            }

            #[allow(unused_variables, reason = "a message may have nothing but options")]
            pub(crate) fn from_parts(
                body: $layout,
                options: alloc::vec::Vec<$crate::option::MobilityOption>,
            ) -> Self {
                Self { $( $field: body.$field, )* options }
            }
        }
    };
}
pub(crate) use value_struct;

/// A registry: a number that keeps values nobody named, its named constants, and the table of names.
macro_rules! registry {
    (
        $(#[$doc:meta])*
        pub struct $name:ident($repr:ty) {
            $( $value:literal => $constant:ident, $script:literal, $label:literal, $source:literal; )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $repr);

        impl $name {
            $( #[doc = concat!($label, " (", $source, ")")] pub const $constant: Self = Self($value); )*

            /// Every value that the registry names.
            pub const NAMES: &'static [$crate::wire::Name] = &[$(
                $crate::wire::Name { value: $value, name: $script, label: $label, source: $source },
            )*];

            /// The registry's row for this value.
            pub fn name(self) -> Option<&'static $crate::wire::Name> {
                Self::NAMES.iter().find(|n| n.value == u32::from(self.0))
            }
        }

        $crate::wire::number_value!($name($repr));

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{} ({})", self.0, name.label),
                    None => write!(f, "{}", self.0),
                }
            }
        }
    };
}
pub(crate) use registry;

/// The flag bits of a message: a set, its named constants, and the table of bits.
macro_rules! flags {
    (
        $(#[$doc:meta])*
        pub struct $name:ident($repr:ty) {
            $( $letter:ident = $mask:literal, $label:literal, $source:literal; )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub $repr);

        impl $name {
            $( #[doc = concat!($label, " (", $source, ")")] pub const $letter: Self = Self($mask); )*

            /// Every bit that has a name, from the most significant.
            pub const FLAGS: &'static [$crate::wire::FlagSpec] = &[$(
                $crate::wire::FlagSpec {
                    letter: stringify!($letter), mask: $mask, label: $label, source: $source,
                },
            )*];

            /// Whether all bits of `other` are set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        $crate::wire::number_value!($name($repr));

        impl core::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        /// The letters of the set bits: `A P D`. Those of drafts are reserved bits here.
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let known = Self::FLAGS.iter().filter(|flag| !flag.is_of_draft());
                let set = known.filter(|flag| u32::from(self.0) & flag.mask != 0);
                for (i, flag) in set.enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { " " }, flag.letter)?;
                }
                Ok(())
            }
        }
    };
}
pub(crate) use flags;
