//! The reference page of the language, made from the tables that the loader reads: what can be named, and what has which fields.

use std::fmt::Write as _;

use dmm_codec::wire::{FieldKind, FieldSpec};

use super::messages::{Msg, OptionRow, Row};
use super::model::{Mode, Op, Subject, TriggerAction};
use super::steps::VERBS;
use crate::run::OUTCOMES;
use crate::transport::Role;
use crate::verdict::Level;

/// The page, in Markdown.
pub fn page() -> String {
    let mut page = "# The script language\n\nMade from the tables that the loader reads, by `dmm conform reference`; what the words mean is in \
        [conformance](../conformance/README.md).\n"
        .to_string();
    let list = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let rows = [
        ("steps", list(VERBS)),
        ("roles", list(&names(Role::NAMES))),
        ("levels", list(&names(Level::NAMES))),
        ("triggers", list(&names(TriggerAction::NAMES))),
        ("outcomes", list(&OUTCOMES.iter().map(|(name, _)| *name).collect::<Vec<_>>())),
        ("operators of a matcher", list(&names(Op::NAMES))),
        ("modes of `options`", list(&names(Mode::NAMES))),
        ("of every packet", list(&Subject::OF_PACKETS.map(Subject::name))),
    ];
    page += "\n## Names\n\n| what | names |\n|---|---|\n";
    for (what, names) in rows {
        let _ = writeln!(page, "| {what} | {names} |");
    }
    page += "\n## Messages\n\nFields in italics can be matched and not set.\n\n| `msg` | message | fields |\n|---|---|---|\n";
    for msg in Msg::all() {
        let settable: Vec<_> = msg.settable().map(|field| field.name).collect();
        let fields = msg.fields().map(|field| {
            let said = field_of(field);
            if settable.contains(&field.name) { said } else { format!("_{said}_") }
        });
        let fields = fields.collect::<Vec<_>>().join(", ");
        let _ = writeln!(page, "| `{}` | {} | {fields} |", msg.name(), msg.title());
    }
    page += "\n## Options\n\nA bare value is that of the first field in bold, or of the only one.\n\n| option | in | fields |\n|---|---|---|\n";
    for row in OptionRow::all() {
        let main = super::filter::main_field(row).map(|field| field.name);
        let fields = super::filter::meaningful(Row::from(row)).map(|field| {
            let said = field_of(field);
            if main == Some(field.name) { format!("**{said}**") } else { said }
        });
        let place = if row.is_neighbor { "Neighbor Discovery" } else { "Mobility Headers" };
        let _ = writeln!(page, "| `{}` | {place} | {} |", row.name, fields.collect::<Vec<_>>().join(", "));
    }
    page
}

fn names<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

/// A field, and how its value is written.
fn field_of(field: &FieldSpec) -> String {
    let written = match field.kind {
        FieldKind::Reserved | FieldKind::Uint | FieldKind::PrefixLength | FieldKind::NamedBy { .. } => {
            "number"
        }
        FieldKind::Named(_) => "number or name",
        FieldKind::Flags(_) => "flags",
        FieldKind::Lifetime => "time",
        FieldKind::Timestamp => "`now`, `now-10s`, number",
        FieldKind::Prefix => "prefix",
        FieldKind::Ipv6 | FieldKind::Ipv4 => "address",
        FieldKind::Identifier => "text",
        FieldKind::LinkLayer | FieldKind::Octets => "octets",
        FieldKind::SubOptions(_) => "sub-options",
    };
    format!("{} ({written})", field.name)
}
