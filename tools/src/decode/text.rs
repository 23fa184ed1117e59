//! Messages for people: a block each.

use std::fmt::Write as _;

use dmm_codec::wire::FieldKind;
use dmm_codec::{Drafts, FieldView, Lifetime, MessageView, OptionView, Timestamp};

use super::json::options;
use super::layers::Carried;
use super::words::{self, Sighting};

/// A sighting as a block of lines, with an empty line behind it.
pub(super) fn block(sighting: &Sighting<'_>) -> String {
    let mut out = String::new();
    let mut heading = Vec::new();
    if let Some((number, at)) = sighting.frame {
        heading.push(format!("frame {number}"));
        heading.push(words::utc(at));
    }
    if let Some((src, dst)) = sighting.way.ends {
        heading.push(format!("{src} → {dst}"));
    }
    if !sighting.way.layers.is_empty() {
        heading.push(format!("({})", sighting.way.layers.join(", ")));
    }
    if !heading.is_empty() {
        line(&mut out, 0, &heading.join("  "));
    }
    match sighting.way.carried {
        Carried::Message { octets, is_whole, summed } => {
            let (faults, checksum) = words::judged(octets, is_whole, summed, sighting.drafts);
            let count = format!("{} octets{}", octets.len(), if is_whole { "" } else { " captured" });
            match MessageView::new(octets) {
                Ok(view) => {
                    let title = words::title(&view, sighting.drafts);
                    let sum = view.checksum();
                    line(&mut out, 0, &format!("{title}, {count}, checksum 0x{sum:04x} {checksum}"));
                    message(&mut out, &view, sighting.drafts);
                }
                Err(_) => {
                    line(&mut out, 0, &format!("Mobility Header, {count}: {}", words::hex(octets, " ")));
                }
            }
            for fault in &faults {
                let weight = words::weight(fault.weight());
                line(&mut out, 1, &format!("{weight}: {fault} ({})", fault.source_section()));
                line(&mut out, 2, &format!("a conforming receiver {}", words::reaction(fault)));
            }
        }
        Carried::Hidden(why) => line(&mut out, 0, &format!("not decoded: {why}")),
        Carried::Other => {}
    }
    out.push('\n');
    out
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{:1$}{text}", "", 2 * depth);
}

fn message(out: &mut String, view: &MessageView<'_>, drafts: Drafts) {
    let fields: Vec<_> = view.fields().collect();
    for field in &fields {
        line(out, 1, &format!("{}: {}", field.spec.label, value(field, &fields, drafts)));
    }
    for option in options(view) {
        let heading = format!("{} at octet {}", name(&option), option.offset);
        let opaque = words::is_opaque(&option).then_some(option.body);
        part(out, 1, &heading, &option.fields().collect::<Vec<_>>(), opaque);
    }
}

/// An option or a sub-option: its fields below it, and its octets where the fields do not say them.
fn part(out: &mut String, depth: usize, heading: &str, fields: &[FieldView<'_>], opaque: Option<&[u8]>) {
    let shown: Vec<_> = fields.iter().filter(|field| is_shown(field, fields)).collect();
    match shown[..] {
        // One value needs no name of its own.
        [only] if opaque.is_none() && !matches!(only.spec.kind, FieldKind::SubOptions(_)) => {
            line(out, depth, &format!("{heading}: {}", value(only, fields, Drafts::default())));
        }
        _ => line(out, depth, heading),
    }
    for field in &shown {
        if matches!(field.spec.kind, FieldKind::SubOptions(_)) {
            sub_options(out, depth + 1, field);
        } else if shown.len() > 1 {
            line(
                out,
                depth + 1,
                &format!("{}: {}", field.spec.label, value(field, fields, Drafts::default())),
            );
        }
    }
    if let Some(octets) = opaque {
        line(out, depth + 1, &format!("Octets: {}", words::hex(octets, " ")));
    }
}

fn sub_options(out: &mut String, depth: usize, field: &FieldView<'_>) {
    for sub_option in field.sub_options() {
        match sub_option {
            Ok(sub_option) => {
                let kind = sub_option.kind;
                let title = match sub_option.table.title(kind) {
                    Some(title) => format!("{title} ({kind})"),
                    None => format!("Unknown sub-option ({kind})"),
                };
                let heading = format!("{title} at octet {}", sub_option.offset);
                let opaque = words::is_opaque_part(&sub_option).then_some(sub_option.body);
                let opaque = opaque.filter(|octets| !octets.is_empty());
                part(out, depth, &heading, &sub_option.fields().collect::<Vec<_>>(), opaque);
            }
            // What is wrong with it stands among the faults.
            Err(error) => {
                let left = field.octets.get(error.offset - field.offset..).unwrap_or_default();
                line(out, depth, &format!("Octets: {}", words::hex(left, " ")));
            }
        }
    }
}

fn name(option: &OptionView<'_>) -> String {
    match option.spec() {
        Some(spec) => format!("{} ({})", spec.title, option.kind),
        None => format!("Unknown option ({})", option.kind),
    }
}

/// Reserved fields say something only where they are not zero, and the length of a prefix stands behind it.
fn is_shown(field: &FieldView<'_>, siblings: &[FieldView<'_>]) -> bool {
    match field.spec.kind {
        FieldKind::Reserved => field.uint() != 0,
        FieldKind::PrefixLength => {
            field.uint() > 128 || !siblings.iter().any(|other| matches!(other.spec.kind, FieldKind::Prefix))
        }
        _ => true,
    }
}

fn value(field: &FieldView<'_>, siblings: &[FieldView<'_>], drafts: Drafts) -> String {
    let number = field.uint();
    match field.spec.kind {
        FieldKind::Named(_) | FieldKind::NamedBy { .. } => match field.name(siblings) {
            Some(name) => format!("{number} ({})", name.label),
            None => number.to_string(),
        },
        FieldKind::Flags(_) => {
            let letters: Vec<_> = field.flags(drafts).map(|flag| flag.letter).collect();
            let digits = 2 * field.octets.len();
            format!(
                "{} (0x{number:0digits$x})",
                if letters.is_empty() { "none".into() } else { letters.join(" ") }
            )
        }
        FieldKind::Lifetime => format!("{number} ({})", Lifetime(number as u16)),
        FieldKind::Timestamp => format!("{number} ({} s)", Timestamp(number)),
        FieldKind::Prefix => {
            let length = siblings.iter().find(|other| matches!(other.spec.kind, FieldKind::PrefixLength));
            match (field.address(), length) {
                (Some(prefix), Some(length)) => format!("{prefix}/{}", length.uint()),
                (Some(prefix), None) => prefix.to_string(),
                (None, _) => words::hex(field.octets, " "),
            }
        }
        FieldKind::Ipv6 => field.address().map_or_else(|| words::hex(field.octets, " "), |it| it.to_string()),
        FieldKind::Ipv4 => field.ipv4().map_or_else(|| words::hex(field.octets, " "), |it| it.to_string()),
        FieldKind::LinkLayer => words::hex(field.octets, ":"),
        FieldKind::Identifier => {
            words::text(field.octets).map_or_else(|| words::hex(field.octets, " "), ToOwned::to_owned)
        }
        FieldKind::Octets | FieldKind::SubOptions(_) => words::hex(field.octets, " "),
        FieldKind::Reserved | FieldKind::Uint | FieldKind::PrefixLength => number.to_string(),
    }
}
