//! What the page, the terminal and JSON say of a row, in the same words.

use dmm_codec::header::Header;
use dmm_codec::message::{Carries, Extent};
use dmm_codec::wire::{FieldKind, FieldSpec, FlagSpec, Width, Wire as _};
use dmm_codec::{Align, MESSAGES, MessageSpec, OPTIONS, OptionSpec, SubOptionTable};
use serde_json::{Value, json};

use super::rows::{Carrier, Tables};

/// A line of a table of fields.
pub(super) struct Line {
    /// First octet, from the start of the Mobility Header or of the option.
    pub(super) offset: usize,
    /// How many octets; none for as many as are left.
    pub(super) width: Option<usize>,
    /// Name in the RFC.
    pub(super) label: &'static str,
    /// Name in scripts.
    pub(super) name: &'static str,
    /// Wireshark filter, if the field has one.
    pub(super) filter: String,
    /// What it holds.
    pub(super) meaning: String,
    /// The titles of the tables that say its values or bits.
    pub(super) see: Vec<String>,
}

impl Line {
    /// `4`, `4 to 19`, `20 to the end`.
    pub(super) fn octets(&self) -> String {
        match self.width {
            Some(0 | 1) => self.offset.to_string(),
            Some(width) => format!("{} to {}", self.offset, self.offset + width - 1),
            None => format!("{} to the end", self.offset),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "offset": self.offset,
            "width": self.width,
            "field": self.label,
            "name": self.name,
            "filter": Some(&self.filter).filter(|filter| !filter.is_empty()),
            "meaning": self.meaning,
        })
    }
}

/// The fields of a message from the end of its header, of an option or a sub-option from its Type.
pub(super) fn lines(carrier: Carrier, tables: &Tables) -> Vec<Line> {
    match carrier {
        Carrier::Message(spec) => of_layout(spec.fields, Header::LEN, tables, &|field| match field.kind {
            FieldKind::Flags(flags) if flags.iter().any(FlagSpec::is_dmm) => format!("dmm.{}", field.filter),
            _ => String::new(),
        }),
        Carrier::Option(spec) => {
            let mut lines = start(spec.kind, length(carrier));
            lines.extend(of_layout(spec.fields, 2, tables, &|field| {
                if spec.needs_dmm { format!("dmm.{}{}", spec.filter, field.filter) } else { String::new() }
            }));
            lines
        }
        Carrier::SubOption(_, spec) => {
            let mut lines = start(spec.kind, length(carrier));
            lines.extend(of_layout(spec.fields, 2, tables, &|_| String::new()));
            lines
        }
    }
}

/// Type and Length of an option or a sub-option.
fn start(kind: u8, length: String) -> Vec<Line> {
    let mut lines = vec![fixed(0, "Type", kind.to_string())];
    if length != NO_LENGTH {
        lines.push(fixed(1, "Length", length));
    }
    lines
}

/// The six octets in front of every message.
pub(super) fn header_lines(tables: &Tables) -> Vec<Line> {
    of_layout(Header::FIELDS, 0, tables, &|_| String::new())
}

fn of_layout(
    fields: &'static [FieldSpec],
    base: usize,
    tables: &Tables,
    filter: &dyn Fn(&FieldSpec) -> String,
) -> Vec<Line> {
    let line = |field: &'static FieldSpec| Line {
        offset: base + field.offset,
        width: match field.width {
            Width::Fixed(octets) => Some(octets),
            Width::Rest => None,
        },
        label: field.label,
        name: field.name,
        filter: filter(field),
        meaning: meaning(field.kind),
        see: tables.of(field.kind),
    };
    fields.iter().map(line).collect()
}

fn fixed(offset: usize, label: &'static str, meaning: String) -> Line {
    let (name, filter) = ("", String::new());
    Line { offset, width: Some(1), label, name, filter, meaning, see: Vec::new() }
}

fn meaning(kind: FieldKind) -> String {
    match kind {
        FieldKind::Reserved => "0 when sent, ignored when received".to_owned(),
        FieldKind::Uint => "number".to_owned(),
        FieldKind::Named(names) => {
            let names: Vec<_> = names.iter().map(|name| format!("{} {}", name.value, name.name)).collect();
            match &names[..] {
                [first, .., last] if names.len() > 8 => format!("{first} … {last}"),
                few => few.join(", "),
            }
        }
        FieldKind::NamedBy { selector, registries } => {
            let chosen: Vec<_> = registries.iter().map(|(chosen, _)| chosen.to_string()).collect();
            format!("number, of a registry each for {selector} {}", chosen.join(" and "))
        }
        FieldKind::Flags(flags) => {
            let (drafts, known): (Vec<_>, Vec<_>) = flags.iter().partition(|flag| flag.is_of_draft());
            let letters =
                |flags: &[&FlagSpec]| flags.iter().map(|flag| flag.letter).collect::<Vec<_>>().join(" ");
            let of_drafts =
                if drafts.is_empty() { String::new() } else { format!(" ({} of a draft)", letters(&drafts)) };
            format!("{}; other bits 0{of_drafts}", letters(&known))
        }
        FieldKind::Lifetime => "units of 4 s".to_owned(),
        FieldKind::Timestamp => "seconds since 1970-01-01 UTC, 48.16 fixed point".to_owned(),
        FieldKind::PrefixLength => "0 to 128: how many bits of the prefix count".to_owned(),
        FieldKind::Prefix => "IPv6 prefix, the other bits 0 when sent and ignored when received".to_owned(),
        FieldKind::Ipv6 => "IPv6 address".to_owned(),
        FieldKind::Ipv4 => "IPv4 address".to_owned(),
        FieldKind::LinkLayer => "link-layer address, as many octets as the link has".to_owned(),
        FieldKind::Identifier => "identifier, text where it can be".to_owned(),
        FieldKind::Octets => "octets".to_owned(),
        FieldKind::SubOptions(SubOptionTable { asks_for_options: true, .. }) => {
            "the options that are asked for, each with Type, Length and what is known of it".to_owned()
        }
        FieldKind::SubOptions(table) => {
            let rows: Vec<_> = table.rows.iter().map(|row| format!("{} {}", row.kind, row.name)).collect();
            format!("sub-options: {}", rows.join(", "))
        }
    }
}

/// What a row says beside its fields: what it is called, and what it says.
pub(super) fn facts(carrier: Carrier) -> Vec<(&'static str, String)> {
    match carrier {
        Carrier::Message(spec) => vec![
            ("in scripts", format!("`{}`", spec.name)),
            ("Wireshark", format!("`{}`", filter(carrier))),
            ("fields", extent(spec)),
            ("options", carries(spec)),
        ],
        Carrier::Option(spec) => vec![
            ("in scripts", format!("`{}`", spec.name)),
            ("Wireshark", format!("`{}`", filter(carrier))),
            ("Length", length(carrier)),
            ("alignment", align(spec.align)),
            ("in", place(spec)),
            ("times", times(spec.repeats).to_owned()),
        ],
        Carrier::SubOption(option, spec) => vec![
            ("in scripts", format!("`{}`", spec.name)),
            ("Length", length(carrier)),
            ("in", format!("`{}`", option.name)),
            ("times", times(spec.repeats).to_owned()),
        ],
    }
}

/// The filter that finds what carries it: stock Wireshark's, or for RFC 8885 the plugin's.
pub(super) fn filter(carrier: Carrier) -> String {
    match carrier {
        Carrier::Message(spec) => format!("mip6.mhtype == {}", spec.mh_type),
        Carrier::Option(spec) if spec.needs_dmm => format!("dmm.option.{}", spec.filter),
        Carrier::Option(spec) | Carrier::SubOption(spec, _) => format!("mip6.mobility_opt == {}", spec.kind),
    }
}

/// What stands for the Length of what has none.
const NO_LENGTH: &str = "none";

/// The octets behind Type and Length. Pad1 "is a special case -- it has neither Option Length nor Option Data fields"
/// (RFC 6275 §6.2.2, and RFC 6089 §4.2.1.1 of the sub-option).
pub(super) fn length(carrier: Carrier) -> String {
    let (kind, least, is_fixed) = match carrier {
        Carrier::Message(_) => return NO_LENGTH.to_owned(),
        Carrier::Option(spec) => (spec.kind, spec.min_len, spec.has_fixed_len()),
        Carrier::SubOption(_, spec) => (spec.kind, spec.min_len, spec.has_fixed_len()),
    };
    match (kind, is_fixed) {
        (0, _) => NO_LENGTH.to_owned(),
        (_, true) => least.to_string(),
        (_, false) => format!("{least} or more"),
    }
}

pub(super) fn align(align: Align) -> String {
    match align {
        Align::Any => "any".to_owned(),
        Align::At { n, plus: 0 } => format!("{n}n"),
        Align::At { n, plus } => format!("{n}n+{plus}"),
        Align::Longer { than, n, plus } => format!("{n}n+{plus}; 2n with Length {than}"),
        Align::LinkLayer => "by the size of the address".to_owned(),
    }
}

pub(super) fn times(repeats: bool) -> &'static str {
    if repeats { "several" } else { "once" }
}

/// The messages that a row names, by their names in scripts.
pub(super) fn messages(spec: &OptionSpec) -> Vec<&'static str> {
    let named = MESSAGES.iter().filter(|message| spec.messages.contains(&message.mh_type));
    named.map(|message| message.name).collect()
}

/// Which messages may carry an option.
pub(super) fn place(spec: &OptionSpec) -> String {
    let named = messages(spec);
    let place = if named.is_empty() { "all".to_owned() } else { named.join(", ") };
    if spec.needs_dmm { format!("{place}; only with the D flag") } else { place }
}

pub(super) fn extent(spec: &MessageSpec) -> String {
    match spec.extent {
        Extent::Fixed => format!("{} octets", spec.len),
        Extent::Rest => "to the end of the message".to_owned(),
        Extent::Counted(size) => {
            format!("{} octets, and {size} for each that the first octet counts", spec.len)
        }
    }
}

/// The options that a message may carry, by their names in scripts.
pub(super) fn optional(spec: &MessageSpec) -> Vec<&'static str> {
    if spec.extent == Extent::Rest {
        return Vec::new();
    }
    OPTIONS.iter().filter(|option| spec.may_carry(option)).map(|option| option.name).collect()
}

fn carries(spec: &MessageSpec) -> String {
    let all: Vec<_> = optional(spec).into_iter().map(|name| format!("`{name}`")).collect();
    match (spec.carries, &all[..]) {
        (_, []) => "none: only the experiment knows what its octets are".to_owned(),
        (Carries::Any, _) => "any".to_owned(),
        (Carries::Named, all) => all.join(", "),
        (Carries::NamedOfSeveralNodes, all) => format!("{}; each for several mobile nodes", all.join(", ")),
    }
}
