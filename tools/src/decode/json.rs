//! Messages as JSON, through the codec's tables: numbers are those on the wire, and names stand beside them.

use dmm_codec::wire::FieldKind;
use dmm_codec::{Drafts, Fault, FieldView, Lifetime, MessageView, OptionView, SubOptionView};
use serde_json::{Map, Value, json};

use super::layers::Carried;
use super::words::{self, Sighting};

/// The fields of a message that other decoders have too.
pub fn message(view: &MessageView<'_>, drafts: Drafts) -> Map<String, Value> {
    let mut said = Map::new();
    said.insert("type".to_owned(), json!(view.mh_type()));
    fields(view.fields(), drafts, &mut said);
    said
}

/// The options that are not padding.
pub fn options<'a>(view: &MessageView<'a>) -> impl Iterator<Item = OptionView<'a>> + use<'a> {
    view.options().filter_map(Result::ok).filter(|option| !words::is_padding(option.kind))
}

/// The fields of an option that other decoders have too.
pub fn option(option: &OptionView<'_>) -> Map<String, Value> {
    let mut said = Map::new();
    said.insert("type".to_owned(), json!(option.kind));
    said.insert("length".to_owned(), json!(option.body.len()));
    fields(option.fields(), Drafts::default(), &mut said);
    said
}

fn fields<'a>(fields: impl Iterator<Item = FieldView<'a>>, drafts: Drafts, said: &mut Map<String, Value>) {
    for field in fields {
        match field.spec.kind {
            FieldKind::Reserved => {}
            FieldKind::SubOptions(_) => sub_options(&field, said),
            _ => drop(said.insert(field.spec.name.to_owned(), value(&field, drafts))),
        }
    }
}

/// A list, whatever the field is called; and the octets behind the last one that fits.
fn sub_options(field: &FieldView<'_>, said: &mut Map<String, Value>) {
    let mut all = Vec::new();
    for part in field.sub_options() {
        match part {
            Ok(part) => all.push(sub_option(&part)),
            Err(error) => {
                let left = field.octets.get(error.offset - field.offset..).unwrap_or_default();
                said.insert("undecoded".to_owned(), json!(words::hex(left, "")));
            }
        }
    }
    said.insert("sub_options".to_owned(), Value::Array(all));
}

fn sub_option(view: &SubOptionView<'_>) -> Value {
    let mut said = Map::new();
    said.insert("type".to_owned(), json!(view.kind));
    said.insert("length".to_owned(), json!(view.body.len()));
    said.insert("sub_option".to_owned(), json!(view.spec().map(|spec| spec.name)));
    said.insert("offset".to_owned(), json!(view.offset));
    fields(view.fields(), Drafts::default(), &mut said);
    meanings(view.fields(), &mut said);
    if words::is_opaque_part(view) {
        said.insert("data".to_owned(), json!(words::hex(view.body, "")));
    }
    Value::Object(said)
}

fn value(field: &FieldView<'_>, drafts: Drafts) -> Value {
    match field.spec.kind {
        FieldKind::Ipv6 | FieldKind::Prefix => json!(field.address()),
        FieldKind::Ipv4 => json!(field.ipv4()),
        FieldKind::LinkLayer | FieldKind::Identifier | FieldKind::Octets => {
            json!(words::hex(field.octets, ""))
        }
        FieldKind::Flags(_) => {
            json!(field.flags(drafts).map(|flag| flag.letter).collect::<Vec<_>>())
        }
        _ => json!(field.uint()),
    }
}

/// What the numbers and octets of fields stand for, beside them: `status_name`, `lifetime_seconds`, `identifier_text`.
fn meanings<'a>(fields: impl Iterator<Item = FieldView<'a>>, said: &mut Map<String, Value>) {
    let fields: Vec<_> = fields.collect();
    for field in &fields {
        let (suffix, meaning) = match field.spec.kind {
            FieldKind::Named(_) | FieldKind::NamedBy { .. } => {
                ("name", field.name(&fields).map(|name| json!(name.name)))
            }
            FieldKind::Lifetime => {
                ("seconds", Some(json!(Lifetime(field.uint() as u16).duration().as_secs())))
            }
            FieldKind::Identifier => ("text", words::text(field.octets).map(|text| json!(text))),
            _ => continue,
        };
        if let Some(meaning) = meaning {
            said.insert(format!("{}_{suffix}", field.spec.name), meaning);
        }
    }
}

/// A sighting as one object.
pub(super) fn line(sighting: &Sighting<'_>) -> Value {
    let mut said = Map::new();
    if let Some((number, at)) = sighting.frame {
        said.insert("frame".to_owned(), json!(number));
        said.insert("time".to_owned(), json!(words::utc(at)));
    }
    if let Some((src, dst)) = sighting.way.ends {
        said.insert("src".to_owned(), json!(src));
        said.insert("dst".to_owned(), json!(dst));
    }
    said.insert("layers".to_owned(), json!(sighting.way.layers));
    let (octets, is_whole, summed) = match sighting.way.carried {
        Carried::Message { octets, is_whole, summed } => (octets, is_whole, summed),
        Carried::Hidden(why) => {
            said.insert("not_decoded".to_owned(), json!(why));
            return Value::Object(said);
        }
        Carried::Other => return Value::Object(said),
    };
    let (faults, checksum) = words::judged(octets, is_whole, summed, sighting.drafts);
    if let Ok(view) = MessageView::new(octets) {
        said.insert("message".to_owned(), json!(view.spec().map(|spec| spec.name)));
        said.insert("title".to_owned(), json!(words::title(&view, sighting.drafts)));
        said.insert("checksum".to_owned(), json!(checksum));
        said.append(&mut message(&view, sighting.drafts));
        meanings(view.fields(), &mut said);
        said.insert("options".to_owned(), options(&view).map(|option| named(&option)).collect());
    }
    said.insert("whole".to_owned(), json!(is_whole));
    said.insert("octets".to_owned(), json!(words::hex(octets, "")));
    said.insert("faults".to_owned(), faults.iter().map(fault).collect());
    Value::Object(said)
}

fn named(view: &OptionView<'_>) -> Value {
    let mut said = option(view);
    said.insert("option".to_owned(), json!(view.spec().map(|spec| spec.name)));
    said.insert("offset".to_owned(), json!(view.offset));
    meanings(view.fields(), &mut said);
    if words::is_opaque(view) {
        said.insert("data".to_owned(), json!(words::hex(view.body, "")));
    }
    Value::Object(said)
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
