//! Messages as JSON, through the codec's tables: numbers are those on the wire, and names stand beside them.
//!
//! Lines are written as they go out, without a tree of values: a capture has many. So that no object has a key twice,
//! the keys that stand beside fields are no names of fields; a test reads the tables for it.

use std::net::Ipv6Addr;

use dmm_codec::text::AddressText;
use dmm_codec::wire::FieldKind;
use dmm_codec::{Drafts, Fault, FieldView, Lifetime, MessageView, OptionView, SubOptionView};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::layers::Carried;
use super::words::{self, Sighting};

/// The fields of a message that other decoders have too.
pub fn message(view: &MessageView<'_>, drafts: Drafts) -> Map<String, Value> {
    map(|said| {
        said.put("type", &view.mh_type());
        fields(view.fields(), drafts, Meanings::No, said);
    })
}

/// The options that are not padding.
pub fn options<'a>(view: &MessageView<'a>) -> impl Iterator<Item = OptionView<'a>> + use<'a> {
    view.options().filter_map(Result::ok).filter(|option| !option.is_padding())
}

/// The fields of an option that other decoders have too.
pub fn option(option: &OptionView<'_>) -> Map<String, Value> {
    map(|said| {
        said.put("type", &option.kind);
        said.put("length", &option.body.len());
        fields(option.fields(), Drafts::default(), Meanings::No, said);
    })
}

/// A sighting as one object, on a line of its own.
pub(super) fn line(sighting: &Sighting<'_>, out: &mut Vec<u8>) {
    let mut said = Object::new(out);
    if let Some((number, at)) = sighting.frame {
        said.put("frame", &number);
        name(Some(&words::utc(at)), said.key("time"));
    }
    if let Some((src, dst)) = sighting.way.ends {
        address(src, said.key("src"));
        address(dst, said.key("dst"));
    }
    said.list("layers", sighting.way.layers.iter(), |layer, out| name(Some(layer), out));
    match sighting.way.carried {
        Carried::Message { octets, is_whole, summed } => {
            let (faults, checksum) = words::judged(octets, is_whole, summed, sighting.drafts);
            if let Ok(view) = MessageView::new(octets) {
                mobility_header(&view, checksum, sighting.drafts, &mut said);
            }
            said.put("whole", &is_whole);
            hex(octets, said.key("octets"));
            said.list("faults", faults.iter(), |it, out| put(&fault(it), out));
        }
        Carried::Hidden(why) => said.put("not_decoded", why),
        Carried::Other => {}
    }
    said.end();
    out.push(b'\n');
}

fn mobility_header(view: &MessageView<'_>, checksum: &str, drafts: Drafts, said: &mut Object<'_>) {
    name(view.spec().map(|spec| spec.name), said.key("message"));
    name(Some(&words::title(view, drafts)), said.key("title"));
    name(Some(checksum), said.key("checksum"));
    said.put("type", &view.mh_type());
    fields(view.fields(), drafts, Meanings::Yes, said);
    said.list("options", options(view), |option, out| {
        let mut said = Object::new(out);
        name(option.spec().map(|spec| spec.name), said.key("option"));
        said.put("offset", &option.offset);
        said.put("type", &option.kind);
        said.put("length", &option.body.len());
        if words::is_opaque(&option) {
            hex(option.body, said.key("data"));
        } else {
            fields(option.fields(), Drafts::default(), Meanings::Yes, &mut said);
        }
        said.end();
    });
}

/// Whether names, seconds and text stand beside the numbers and octets that they are of.
#[derive(Clone, Copy, PartialEq)]
enum Meanings {
    Yes,
    No,
}

fn fields<'a>(
    fields: impl Iterator<Item = FieldView<'a>> + Clone,
    drafts: Drafts,
    meanings: Meanings,
    said: &mut Object<'_>,
) {
    for field in fields.clone() {
        match field.spec.kind {
            FieldKind::Reserved => continue,
            FieldKind::SubOptions(_) => sub_options(&field, said),
            _ => value(&field, drafts, said.key(field.spec.name)),
        }
        if meanings == Meanings::Yes {
            meaning(&field, fields.clone(), said);
        }
    }
}

/// A list, whatever the field is called; and the octets behind the last one that fits.
fn sub_options(field: &FieldView<'_>, said: &mut Object<'_>) {
    said.list("sub_options", field.sub_options().filter_map(Result::ok), |part, out| sub_option(&part, out));
    if let Some(Err(error)) = field.sub_options().last() {
        hex(field.octets.get(error.offset - field.offset..).unwrap_or_default(), said.key("undecoded"));
    }
}

fn sub_option(view: &SubOptionView<'_>, out: &mut Vec<u8>) {
    let mut said = Object::new(out);
    name(view.spec().map(|spec| spec.name), said.key("sub_option"));
    said.put("offset", &view.offset);
    said.put("type", &view.kind);
    said.put("length", &view.body.len());
    if words::is_opaque_part(view) {
        hex(view.body, said.key("data"));
    } else {
        fields(view.fields(), Drafts::default(), Meanings::Yes, &mut said);
    }
    said.end();
}

fn value(field: &FieldView<'_>, drafts: Drafts, out: &mut Vec<u8>) {
    match field.spec.kind {
        FieldKind::Ipv6 | FieldKind::Prefix => match field.address() {
            Some(it) => address(it, out),
            None => put(&(), out),
        },
        FieldKind::Ipv4 => put(&field.ipv4(), out),
        FieldKind::LinkLayer | FieldKind::Identifier | FieldKind::Octets => hex(field.octets, out),
        FieldKind::Flags(_) => list(field.flags(drafts), out, |flag, out| name(Some(flag.letter), out)),
        _ => put(&field.uint(), out),
    }
}

/// What the number or the octets of a field stand for, beside them: `status_name`, `lifetime_seconds`,
/// `identifier_text`.
fn meaning<'a>(field: &FieldView<'a>, siblings: impl Iterator<Item = FieldView<'a>>, said: &mut Object<'_>) {
    let key = field.spec.name;
    match field.spec.kind {
        FieldKind::Named(_) => {
            if let Some(row) = field.name(&[]) {
                name(Some(row.name), said.key_of(key, "_name"));
            }
        }
        FieldKind::NamedBy { .. } => {
            if let Some(row) = field.name(&siblings.collect::<Vec<_>>()) {
                name(Some(row.name), said.key_of(key, "_name"));
            }
        }
        FieldKind::Lifetime => {
            let seconds = Lifetime(field.uint() as u16).duration().as_secs();
            put(&seconds, said.key_of(key, "_seconds"));
        }
        FieldKind::Identifier => {
            if let Some(text) = words::text(field.octets) {
                put(text, said.key_of(key, "_text"));
            }
        }
        _ => {}
    }
}

fn fault(fault: &Fault) -> Value {
    json!({
        "octet": fault.offset,
        "part": fault.what.to_string(),
        "problem": fault.kind.to_string(),
        "weight": words::weight(fault.weight()),
        "source": fault.source_section(),
        "receiver": words::reaction(fault),
    })
}

/// An object that is being written.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    /// What stands before the next key: the brace that opens the object, then commas.
    before: u8,
}

impl<'o> Object<'o> {
    fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b'{' }
    }

    /// Writes a key, which needs no escapes; gives where its value goes.
    #[inline]
    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.key_of(key, "")
    }

    /// The same for a key of two parts.
    #[inline]
    fn key_of(&mut self, key: &str, suffix: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(&[self.before, b'"']);
        self.before = b',';
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(suffix.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    fn put(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        put(value, self.key(key));
    }

    fn list<T>(&mut self, key: &str, items: impl Iterator<Item = T>, write: impl FnMut(T, &mut Vec<u8>)) {
        list(items, self.key(key), write);
    }

    fn end(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

fn list<T>(items: impl Iterator<Item = T>, out: &mut Vec<u8>, mut write: impl FnMut(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

fn map(write: impl FnOnce(&mut Object<'_>)) -> Map<String, Value> {
    let mut out = Vec::new();
    let mut said = Object::new(&mut out);
    write(&mut said);
    said.end();
    serde_json::from_slice(&out).expect("an object was written")
}

fn put(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("memory takes all, and every key is text");
}

/// Words of the tables and of this program, and addresses, which need no escapes.
fn name(name: Option<&str>, out: &mut Vec<u8>) {
    let Some(name) = name else { return put(&(), out) };
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

fn hex(octets: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + 2 * octets.len(), 0);
    for (digits, octet) in out[start..].as_chunks_mut().0.iter_mut().zip(octets) {
        *digits = words::digits(*octet);
    }
    out.push(b'"');
}

fn address(address: Ipv6Addr, out: &mut Vec<u8>) {
    name(Some(AddressText::new(address).as_str()), out);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use dmm_codec::wire::FieldSpec;
    use dmm_codec::{MESSAGES, OPTIONS};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn addresses_are_written_as_the_standard_library_does(
            segments in proptest::array::uniform8(prop_oneof![Just(0), Just(1), Just(0xffff), any::<u16>()])
        ) {
            let it = Ipv6Addr::from(segments);
            let mut out = Vec::new();
            address(it, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("\"{it}\""));
        }
    }

    #[test]
    fn no_object_has_a_key_twice() {
        const LINE: [&str; 13] = [
            "frame", "time", "src", "dst", "layers", "message", "title", "checksum", "type", "options",
            "whole", "octets", "faults",
        ];
        const OPTION: [&str; 6] = ["option", "offset", "type", "length", "sub_options", "undecoded"];
        const SUB_OPTION: [&str; 4] = ["sub_option", "offset", "type", "length"];
        let differ = |what: &str, beside: &[&str], fields: &[FieldSpec]| {
            let fields = fields
                .iter()
                .filter(|field| !matches!(field.kind, FieldKind::Reserved | FieldKind::SubOptions(_)));
            let meanings = ["", "_name", "_seconds", "_text"];
            let keys = fields.flat_map(|field| meanings.map(|suffix| format!("{}{suffix}", field.name)));
            let mut seen: BTreeSet<_> = beside.iter().map(ToString::to_string).collect();
            for key in keys {
                assert!(seen.insert(key.clone()), "{what}: {key}");
            }
        };
        for spec in MESSAGES {
            differ(spec.name, &LINE, spec.fields);
        }
        for spec in OPTIONS {
            differ(spec.name, &OPTION, spec.fields);
            for field in spec.fields {
                let FieldKind::SubOptions(table) = field.kind else { continue };
                for spec in table.rows {
                    differ(spec.name, &SUB_OPTION, spec.fields);
                }
            }
        }
    }
}
