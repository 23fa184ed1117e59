//! Messages as the step of a conformance script that sends them. Names are the codec's, as the scripts' are; what
//! fields cannot say is sent as octets.

use std::net::Ipv6Addr;

use dmm_codec::lint::FaultKind;
use dmm_codec::message::{Padded, repair_checksum};
use dmm_codec::wire::FieldKind;
use dmm_codec::{
    Drafts, ErrorKind, Fault, FieldView, Lifetime, MESSAGES, Message, MessageView, MobilityOption,
    OptionView, SubOptionView, UnknownOption,
};

use super::json::options;
use super::layers::Carried;
use super::words::{self, Sighting};

/// A sighting as an item of a list of steps; `from` is the role that sends.
pub(super) fn step(sighting: &Sighting<'_>, from: &str) -> String {
    let mut lines = vec![format!("# {}", origin(sighting))];
    match sighting.way.carried {
        Carried::Message { octets, is_whole, summed } => {
            let (faults, _) = words::judged(octets, is_whole, summed, sighting.drafts);
            if !is_whole {
                lines.push("# The capture does not have all of its octets.".to_owned());
            }
            lines.extend(faults.iter().map(|fault| format!("# {}: {fault}", words::weight(fault.weight()))));
            lines.push("- send:".to_owned());
            lines.push(format!("    from: {from}"));
            send(&mut lines, octets, &faults, sighting.drafts);
        }
        Carried::Hidden(why) => lines.push(format!("# not decoded: {why}")),
        Carried::Other => {}
    }
    lines.join("\n") + "\n"
}

fn origin(sighting: &Sighting<'_>) -> String {
    let frame = sighting.frame.map(|(number, at)| format!("frame {number}, {}", words::utc(at)));
    let ends = sighting.way.ends.map(|(src, dst)| format!("{src} → {dst}"));
    let parts: Vec<_> = [frame, ends].into_iter().flatten().collect();
    if parts.is_empty() { "octets".to_owned() } else { parts.join(", ") }
}

fn send(lines: &mut Vec<String>, octets: &[u8], faults: &[Fault], drafts: Drafts) {
    let view = MessageView::new(octets).ok();
    // A type that no script can name is sent as the octets of another.
    let spec = view.and_then(|view| view.spec());
    lines.push(format!("    msg: {}", spec.unwrap_or(&MESSAGES[0]).name));
    if let Some(view) = view {
        for field in view.fields() {
            if let Some(value) = value(&field, &[], drafts) {
                lines.push(format!("    {}: {value}", field.spec.name));
            }
        }
        let options: Vec<_> = options(&view).map(|option| entry(&option)).collect();
        if !options.is_empty() {
            lines.push("    options:".to_owned());
            lines.extend(options.into_iter().map(|option| format!("      - {option}")));
        }
    }
    let mut wire = Vec::new();
    if !view.is_some_and(|view| is_said(&view, octets)) {
        wire.push(format!("      mh: \"{}\"", words::hex(octets, " ")));
    }
    let sum = faults.iter().find_map(|fault| match fault.kind {
        FaultKind::Decode(ErrorKind::Checksum { found, expected }) => Some(found ^ expected),
        _ => None,
    });
    wire.extend(sum.map(|bits| format!("      checksum: {{xor: 0x{bits:04x}}}")));
    if !wire.is_empty() {
        lines.push("    wire:".to_owned());
        lines.extend(wire);
    }
}

/// Whether the fields and options, encoded again, are these octets but for the checksum.
fn is_said(view: &MessageView<'_>, octets: &[u8]) -> bool {
    let any = Ipv6Addr::UNSPECIFIED;
    let mut summed = octets.to_vec();
    repair_checksum(&mut summed, any, any);
    let Ok(decoded) = Message::decode(&summed, any, any) else { return false };
    let mut message = decoded.message;
    *message.options_mut() = options(view).map(|option| owned(&option)).collect();
    let Ok(mut again) = message.encode_unsummed(Padded::Aligned) else { return false };
    repair_checksum(&mut again, any, any);
    again == summed
}

fn owned(option: &OptionView<'_>) -> MobilityOption {
    let raw = || MobilityOption::Unknown(UnknownOption::on_purpose(option.kind, option.body));
    MobilityOption::read(option.kind, option.body).unwrap_or_else(|_| raw())
}

/// `hnp: 2001:db8::/64`, `prev_maar: {maar: …, prefix: …}`; octets where no row says them.
fn entry(option: &OptionView<'_>) -> String {
    let spec = option.spec().filter(|_| MobilityOption::read(option.kind, option.body).is_ok());
    let said = spec.and_then(|spec| named(spec.name, &option.fields().collect::<Vec<_>>()));
    said.unwrap_or_else(|| raw(option.kind, option.body))
}

/// A sub-option in the same way: `bid: {first: 5, others: ""}`.
fn sub_entry(part: &SubOptionView<'_>) -> String {
    let spec = part
        .spec()
        .filter(|spec| (part.table.check)(part.kind, part.body).is_ok() && !spec.fields.is_empty());
    let said = spec.and_then(|spec| named(spec.name, &part.fields().collect::<Vec<_>>()));
    said.unwrap_or_else(|| raw(part.kind, part.body))
}

fn raw(kind: u8, octets: &[u8]) -> String {
    format!("raw: {{type: {kind}, data: \"{}\"}}", words::hex(octets, " "))
}

fn named(name: &str, all: &[FieldView<'_>]) -> Option<String> {
    // What scripts give a value: the rest is zero, or stands with the prefix.
    let is_said =
        |field: &&FieldView<'_>| !matches!(field.spec.kind, FieldKind::Reserved | FieldKind::PrefixLength);
    let fields: Vec<_> = all.iter().filter(is_said).collect();
    let main = match fields[..] {
        [only] => Some(only),
        _ => fields.iter().copied().find(|field| field.spec.filter.is_empty()),
    };
    let is_usual = |field: &FieldView<'_>| match field.spec.kind {
        FieldKind::Named(names) => names.first().is_some_and(|first| u64::from(first.value) == field.uint()),
        _ => false,
    };
    if let Some(main) = main
        && fields.iter().all(|field| field.spec.name == main.spec.name || is_usual(field))
    {
        return Some(format!("{name}: {}", value(main, all, Drafts::default())?));
    }
    let said: Option<Vec<_>> = fields
        .iter()
        .map(|field| Some(format!("{}: {}", field.spec.name, value(field, all, Drafts::default())?)))
        .collect();
    Some(format!("{name}: {{{}}}", said?.join(", ")))
}

/// A field as scripts write it; nothing where they cannot.
fn value(field: &FieldView<'_>, siblings: &[FieldView<'_>], drafts: Drafts) -> Option<String> {
    let number = field.uint();
    Some(match field.spec.kind {
        FieldKind::Named(names) => match names.iter().find(|name| u64::from(name.value) == number) {
            Some(name) => name.name.to_owned(),
            None => number.to_string(),
        },
        FieldKind::Flags(_) => {
            let set: Vec<_> = field.flags(drafts).collect();
            let known = set.iter().fold(0, |known, flag| known | u64::from(flag.mask));
            let letters: Vec<_> = set.iter().map(|flag| flag.letter).collect();
            if known == number { format!("[{}]", letters.join(", ")) } else { format!("0x{number:x}") }
        }
        FieldKind::Lifetime => format!("{}s", Lifetime(number as u16).duration().as_secs()),
        FieldKind::Ipv6 => format!("\"{}\"", field.address()?),
        FieldKind::Ipv4 => format!("\"{}\"", field.ipv4()?),
        FieldKind::Prefix => {
            let length = siblings.iter().find(|other| matches!(other.spec.kind, FieldKind::PrefixLength))?;
            format!("\"{}/{}\"", field.address()?, length.uint())
        }
        // A text with a dollar could be a reference.
        FieldKind::Identifier => {
            let text = words::text(field.octets).filter(|text| !text.contains('$'))?;
            serde_json::to_string(text).ok()?
        }
        FieldKind::SubOptions(_) => {
            let parts: Result<Vec<_>, _> = field.sub_options().collect();
            let parts: Vec<_> = parts.ok()?.iter().map(|part| format!("{{{}}}", sub_entry(part))).collect();
            format!("[{}]", parts.join(", "))
        }
        FieldKind::LinkLayer | FieldKind::Octets => format!("\"{}\"", words::hex(field.octets, ":")),
        FieldKind::Reserved
        | FieldKind::Uint
        | FieldKind::NamedBy { .. }
        | FieldKind::PrefixLength
        | FieldKind::Timestamp => number.to_string(),
    })
}
