//! Changes to encoded octets, for messages that are wrong on purpose. Places are named through the same tables that
//! encode and decode, so that a script says `options.hnp.0.length`, not 22.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use crate::header::Header;
use crate::option::spec_by_name;
use crate::view::MessageView;
use crate::wire::{Width, Wire, field};

/// A place in a message: an octet offset, or a field by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Octets from the start of the Mobility Header; two octets for values above 255, else one.
    Offset(usize),
    /// A field of the header or of the message: `header_len`, `flags`, `seq`.
    Field(String),
    /// `options.NAME.INDEX.FIELD`: the field of the option with this name in scripts, counted from zero. `type` and
    /// `length` are the octets before its layout.
    Option {
        /// Name in the option table.
        name: String,
        /// Which of them.
        index: usize,
        /// `type`, `length` or a field of its layout.
        field: String,
    },
}

/// How an edit changes the octets at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Puts this number in place of what is there.
    Set(u64),
    /// Sets these bits.
    Or(u64),
    /// Keeps only these bits.
    And(u64),
    /// Flips these bits.
    Xor(u64),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub at: Place,
    /// What.
    pub change: Change,
}

/// Why an edit cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// No such place can be named.
    #[error("`{0}` names no place: use an offset, a field (`flags`) or `options.NAME.INDEX.FIELD`")]
    Syntax(String),
    /// The message has no such place.
    #[error("the message has no `{0}`")]
    Absent(Place),
    /// The number has more octets than the place.
    #[error("{value:#x} does not fit the {width} octet(s) of `{at}`")]
    TooWide {
        /// The place.
        at: Place,
        /// How many octets it has.
        width: usize,
        /// The number.
        value: u64,
    },
}

impl FromStr for Place {
    type Err = EditError;

    fn from_str(text: &str) -> Result<Self, EditError> {
        if let Ok(offset) = text.parse() {
            return Ok(Self::Offset(offset));
        }
        let syntax = || EditError::Syntax(text.to_string());
        let parts: Vec<&str> = text.split('.').collect();
        match parts[..] {
            [name] if !name.is_empty() => Ok(Self::Field(name.to_string())),
            ["options", name, index, field] if spec_by_name(name).is_some() => Ok(Self::Option {
                name: name.to_string(),
                index: index.parse().map_err(|_| syntax())?,
                field: field.to_string(),
            }),
            _ => Err(syntax()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(offset) => write!(f, "octet {offset}"),
            Self::Field(name) => f.write_str(name),
            Self::Option { name, index, field } => write!(f, "options.{name}.{index}.{field}"),
        }
    }
}

/// Makes several changes at once: every place is found in the octets as they came, before any is changed, so that
/// setting a length or a type does not move or lose the places named after it. Changes of the same octets follow each
/// other in order. With an error nothing is changed.
pub fn apply_all(octets: &mut [u8], edits: &[Edit]) -> Result<(), EditError> {
    let places: Vec<_> = edits.iter().map(|edit| edit.find(octets)).collect::<Result<_, _>>()?;
    for (edit, place) in edits.iter().zip(places) {
        edit.change.make(&mut octets[place]);
    }
    Ok(())
}

impl Edit {
    /// Changes the octets of a Mobility Header. The checksum stays as it is: see
    /// [`repair_checksum`](crate::message::repair_checksum).
    pub fn apply(&self, octets: &mut [u8]) -> Result<(), EditError> {
        apply_all(octets, core::slice::from_ref(self))
    }

    /// The octets to change.
    fn find(&self, octets: &[u8]) -> Result<Range<usize>, EditError> {
        let value = self.change.value();
        let absent = || EditError::Absent(self.at.clone());
        let (start, width) = self.at.resolve(octets, value).ok_or_else(absent)?;
        let end = start.checked_add(width).filter(|end| *end <= octets.len()).ok_or_else(absent)?;
        if width < 8 && value >> (8 * width) != 0 {
            return Err(EditError::TooWide { at: self.at.clone(), width, value });
        }
        Ok(start..end)
    }
}

impl Change {
    fn value(self) -> u64 {
        let (Self::Set(value) | Self::Or(value) | Self::And(value) | Self::Xor(value)) = self;
        value
    }

    /// A number counts from the last octet; octets before its eight stay for bit changes and become zero for Set.
    fn make(self, target: &mut [u8]) {
        let number = self.value().to_be_bytes();
        for (i, octet) in target.iter_mut().rev().enumerate() {
            let operand = number.iter().rev().nth(i).copied();
            *octet = match self {
                Self::Set(_) => operand.unwrap_or(0),
                Self::Or(_) => *octet | operand.unwrap_or(0),
                Self::And(_) => *octet & operand.unwrap_or(0xff),
                Self::Xor(_) => *octet ^ operand.unwrap_or(0),
            };
        }
    }
}

impl Place {
    /// First octet and number of octets.
    fn resolve(&self, octets: &[u8], value: u64) -> Option<(usize, usize)> {
        match self {
            Self::Offset(offset) => Some((*offset, if value > 0xff { 2 } else { 1 })),
            Self::Field(name) => {
                if let Some(spec) = field(Header::FIELDS, name) {
                    return Some((spec.offset, fixed(spec.width)?));
                }
                let found = MessageView::new(octets).ok()?.field(name)?;
                Some((found.offset, found.octets.len()))
            }
            Self::Option { name, index, field } => {
                let kind = spec_by_name(name)?.kind;
                let view = MessageView::new(octets).ok()?;
                let option = view.options().filter_map(Result::ok).filter(|o| o.kind == kind).nth(*index)?;
                match field.as_str() {
                    "type" => Some((option.offset, 1)),
                    // Pad1 has no Length: what follows it is the next option's Type.
                    "length" => (option.body_offset == option.offset + 2).then_some((option.offset + 1, 1)),
                    _ => {
                        let found = option.fields().find(|f| f.spec.name == field)?;
                        Some((found.offset, found.octets.len()))
                    }
                }
            }
        }
    }
}

fn fixed(width: Width) -> Option<usize> {
    match width {
        Width::Fixed(octets) => Some(octets),
        Width::Rest => None,
    }
}
