//! Values while a case runs. A text of the script stays text until a field says what it should be, so that `4s`,
//! `2001:db8::1` and `ieee_802_11` need no marks.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use dmm_codec::wire::{FieldKind, FlagSpec};
use dmm_codec::{Lifetime, UnknownOption};
use ipnet::Ipv6Net;

use super::fields::parse_hex;
use super::yaml::{Kind, Node};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Nothing,
    /// True or false.
    Bool(bool),
    /// A number.
    Int(i128),
    /// Text that nobody has asked for as something else.
    Text(String),
    /// A length of time.
    Duration(Duration),
    /// An IPv6 address.
    Addr(Ipv6Addr),
    /// An IPv6 prefix.
    Net(Ipv6Net),
    /// Octets.
    Octets(Vec<u8>),
    /// Flag bits of a message.
    Flags(u32, &'static [FlagSpec]),
    /// A mobility option as it was on the wire.
    Option(UnknownOption),
    /// A role, by its port.
    Role(String),
    /// A mobile node, by its name.
    Mobile(String),
    /// A packet, by its place in the log.
    Packet(usize),
    /// Several values.
    List(Vec<Value>),
}

impl Value {
    /// The value that a node without references says.
    pub fn literal(node: &Node) -> Self {
        match &node.kind {
            Kind::Null => Self::Nothing,
            Kind::Bool(value) => Self::Bool(*value),
            Kind::Int(value) => Self::Int(*value),
            Kind::Float(value) => Self::Text(value.to_string()),
            Kind::Text(text) => Self::Text(text.clone()),
            Kind::List(items) => Self::List(items.iter().map(Self::literal).collect()),
            Kind::Map(_) => Self::Nothing,
        }
    }

    /// As a length of time.
    pub fn duration(&self) -> Result<Duration, String> {
        match self {
            Self::Duration(duration) => Ok(*duration),
            Self::Text(text) => {
                parse_duration(text).ok_or_else(|| self.is_not("a time with its unit, as in `500ms`"))
            }
            _ => Err(self.is_not("a time with its unit, as in `500ms`")),
        }
    }

    /// As a number.
    pub fn int(&self) -> Result<i128, String> {
        match self {
            Self::Int(number) => Ok(*number),
            Self::Flags(bits, _) => Ok(i128::from(*bits)),
            Self::Text(text) => parse_int(text).ok_or_else(|| self.is_not("a number")),
            _ => Err(self.is_not("a number")),
        }
    }

    /// As a share: `10%`.
    pub fn percent(&self) -> Result<f64, String> {
        let number = match self {
            Self::Text(text) => text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok()),
            _ => None,
        };
        // More than ten times the value is no tolerance any more.
        let number = number.filter(|number| (0.0..=1000.0).contains(number));
        number.map(|number| number / 100.0).ok_or_else(|| self.is_not("a share, as in `10%`"))
    }

    /// As a number of events per second: `100/s`.
    pub fn per_second(&self) -> Result<f64, String> {
        let number = match self {
            Self::Text(text) => text.strip_suffix("/s").and_then(|number| number.trim().parse::<f64>().ok()),
            _ => None,
        };
        let number = number.filter(|number| number.is_finite() && *number > 0.0);
        number.ok_or_else(|| self.is_not("a rate, as in `100/s`"))
    }

    /// As an address.
    pub fn addr(&self) -> Result<Ipv6Addr, String> {
        match self {
            Self::Addr(addr) => Ok(*addr),
            Self::Text(text) => text.parse().map_err(|_| self.is_not("an IPv6 address")),
            _ => Err(self.is_not("an IPv6 address")),
        }
    }

    /// As a prefix.
    pub fn net(&self) -> Result<Ipv6Net, String> {
        match self {
            Self::Net(net) => Ok(*net),
            Self::Text(text) => text.parse().map_err(|_| self.is_not("a prefix, as in `2001:db8:1::/64`")),
            _ => Err(self.is_not("a prefix, as in `2001:db8:1::/64`")),
        }
    }

    /// As octets.
    pub fn octets(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Octets(octets) => Ok(octets.clone()),
            Self::Text(text) => parse_hex(text).ok_or_else(|| self.is_not("octets in hexadecimal")),
            _ => Err(self.is_not("octets in hexadecimal")),
        }
    }

    /// As flag bits: a list of letters, or a number.
    pub fn flags(&self, known: &'static [FlagSpec]) -> Result<u32, String> {
        match self {
            Self::Flags(bits, _) => Ok(*bits),
            Self::List(letters) => letters.iter().try_fold(0, |bits, letter| Ok(bits | letter.flags(known)?)),
            Self::Text(letter) => {
                known.iter().find(|flag| flag.letter == letter).map(|flag| flag.mask).ok_or_else(|| {
                    let letters: Vec<_> = known.iter().map(|flag| flag.letter).collect();
                    format!("no flag `{letter}` here, expected: {}", letters.join(", "))
                })
            }
            Self::Int(number) => u32::try_from(*number).map_err(|_| self.is_not("flag bits")),
            _ => Err(self.is_not("a list of flags, as in `[A, P, D]`")),
        }
    }

    /// As what a field of this kind holds, in the one form that values of its kind are compared in.
    pub fn coerce(&self, kind: FieldKind) -> Result<Self, String> {
        Ok(match kind {
            FieldKind::Named(names) => match self {
                Self::Text(text) => match names.iter().find(|name| name.name == text) {
                    Some(name) => Self::Int(i128::from(name.value)),
                    None => Self::Int(self.int().map_err(|_| {
                        let known: Vec<_> = names.iter().map(|name| name.name).collect();
                        format!("no value `{text}` here, expected a number or one of: {}", known.join(", "))
                    })?),
                },
                _ => Self::Int(self.int()?),
            },
            FieldKind::Reserved
            | FieldKind::Uint
            | FieldKind::NamedBy { .. }
            | FieldKind::PrefixLength
            | FieldKind::Timestamp => Self::Int(self.int()?),
            FieldKind::Flags(known) => Self::Flags(self.flags(known)?, known),
            FieldKind::Lifetime => Self::Duration(self.duration()?),
            FieldKind::Prefix => Self::Net(self.net()?.trunc()),
            FieldKind::Ipv6 => Self::Addr(self.addr()?),
            // The language has no IPv4: an address is the text of one, in its one form.
            FieldKind::Ipv4 => match self {
                Self::Text(text) => {
                    let address = text.parse::<Ipv4Addr>().map_err(|_| self.is_not("an IPv4 address"))?;
                    Self::Text(address.to_string())
                }
                _ => return Err(self.is_not("an IPv4 address")),
            },
            FieldKind::Identifier => match self {
                Self::Text(_) | Self::Octets(_) => self.clone(),
                _ => return Err(self.is_not("text")),
            },
            FieldKind::LinkLayer | FieldKind::Octets | FieldKind::SubOptions(_) => {
                Self::Octets(self.octets()?)
            }
        })
    }

    fn is_not(&self, expected: &str) -> String {
        format!("`{self}` is not {expected}")
    }
}

/// `500ms`, `1s`, `0.5s`, `2us`, `5m`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit_at);
    let nanos_per_unit: u64 = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 {
        return None;
    }
    let scale = 10_u64.pow(fraction.len() as u32);
    let fraction = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? };
    let nanos = whole.parse::<u64>().ok()?.checked_mul(nanos_per_unit)?;
    let part = fraction.checked_mul(nanos_per_unit)? / scale;
    Some(Duration::from_nanos(nanos.checked_add(part)?))
}

fn parse_int(text: &str) -> Option<i128> {
    match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Octets as hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 0xf)]).collect()
}

/// As reports and comments show it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
            Self::Duration(duration) => write!(f, "{duration:?}"),
            Self::Addr(addr) => write!(f, "{addr}"),
            Self::Net(net) => write!(f, "{net}"),
            Self::Octets(octets) => f.write_str(&hex(octets)),
            Self::Flags(bits, known) => {
                let set = known.iter().filter(|flag| bits & flag.mask != 0);
                let letters: Vec<_> = set.map(|flag| flag.letter).collect();
                write!(f, "[{}]", letters.join(", "))
            }
            Self::Option(option) => match dmm_codec::option::spec(option.kind()) {
                Some(spec) => write!(f, "{} {}", spec.name, Self::Octets(option.data().to_vec())),
                None => write!(f, "option {} {}", option.kind(), Self::Octets(option.data().to_vec())),
            },
            Self::Role(name) | Self::Mobile(name) => f.write_str(name),
            Self::Packet(index) => write!(f, "packet {}", index + 1),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

impl From<Lifetime> for Value {
    fn from(lifetime: Lifetime) -> Self {
        Self::Duration(lifetime.duration())
    }
}
