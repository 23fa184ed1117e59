//! Reads messages to send: templates, `send`, the rows of `cases`. Field and option names are those of the codec.

use dmm_codec::edit::{Change, Edit, Place};
use dmm_codec::wire::{FieldKind, field};
use dmm_codec::{SubOptionSpec, SubOptionTable};

use super::fields::{Fields, hex, number, text};
use super::filter::main_field;
use super::messages::{Msg, OptionRow, settable_names};
use super::model::{At, Body, Checksum, Ip, OptionEntry, OptionKind, Padding, Wire};
use super::span::{LoadError, Span};
use super::yaml::{Key, Kind, Node};

/// The message of this name.
pub(crate) fn message(node: &Node) -> Result<At<Msg>, LoadError> {
    let name = text(node, "msg")?;
    let spec = Msg::by_name(&name).ok_or_else(|| {
        let known: Vec<_> = Msg::all().map(Msg::name).collect();
        node.span.error(format!("unknown message `{name}`, expected one of: {}", known.join(", ")))
    })?;
    Ok(At { span: node.span.clone(), value: spec })
}

/// The option of this name.
pub(crate) fn option(span: &Span, name: &str) -> Result<OptionRow, LoadError> {
    let known = || OptionRow::all().map(|spec| spec.name).collect::<Vec<_>>().join(", ");
    OptionRow::by_name(name)
        .ok_or_else(|| span.error(format!("unknown option `{name}`, expected one of: {}, raw", known())))
}

/// Reads the keys of a message out of a map that may have more keys.
pub(crate) fn body(fields: &mut Fields) -> Result<Body, LoadError> {
    let template = fields.take("use");
    let template = template.map(|node| Ok(At { value: text(&node, "use")?, span: node.span })).transpose()?;
    let with = fields.map("with")?.into_iter().map(|(key, node)| (key.name, node)).collect();
    let msg = fields.take("msg").map(|node| message(&node)).transpose()?;
    let mut own = Vec::new();
    for name in settable_names() {
        if let Some(node) = fields.take(name) {
            own.push((At { span: node.span.clone(), value: name.to_string() }, node));
        }
    }
    let options = fields.take("options").map(|node| entries(node, "options")).transpose()?;
    let add_first = fields.take("add_first").map_or(Ok(Vec::new()), |node| entries(node, "add_first"))?;
    let add = fields.take("add").map_or(Ok(Vec::new()), |node| entries(node, "add"))?;
    let remove = fields.list("remove")?;
    let remove =
        remove.iter().map(|node| option(&node.span, &text(node, "remove")?)).collect::<Result<_, _>>()?;
    let wire = fields.take("wire").map_or(Ok(Wire::default()), wire)?;
    let ip = fields.take("ip").map_or(Ok(Ip::default()), ip)?;
    Ok(Body {
        span: fields.span().clone(),
        template,
        with,
        msg,
        fields: own,
        options,
        add_first,
        add,
        remove,
        wire,
        ip,
    })
}

fn entries(node: Node, what: &str) -> Result<Vec<OptionEntry>, LoadError> {
    super::fields::list(node, what)?.into_iter().map(entry).collect()
}

/// `- hnp: $maar1.prefix.mn1`, or `- raw: {type: 250, data: "de ad"}`.
fn entry(node: Node) -> Result<OptionEntry, LoadError> {
    let span = node.span.clone();
    let (key, value) = single(node, "an option")?;
    let kind = if key.name == "raw" {
        let (kind, data) = raw(value)?;
        OptionKind::Raw(kind, data)
    } else {
        let spec = option(&key.span, &key.name)?;
        check_sub_options(spec, &value)?;
        OptionKind::Known(spec, value)
    };
    Ok(OptionEntry { span, kind })
}

/// `{type: 250, data: "de ad"}`.
pub(crate) fn raw(node: Node) -> Result<(u8, Vec<u8>), LoadError> {
    let mut fields = Fields::of(node, "`raw`")?;
    let kind = number(&fields.require("type")?, "type")?;
    let data = fields.take("data").map_or(Ok(Vec::new()), |node| hex(&node, "data"))?;
    fields.finish()?;
    Ok((kind, data))
}

/// The sub-option of this name; none for `raw`.
pub(crate) fn sub_option(
    table: &'static SubOptionTable,
    key: &Key,
) -> Result<Option<&'static SubOptionSpec>, LoadError> {
    if key.name == "raw" {
        return Ok(None);
    }
    let found = table.spec_by_name(&key.name).ok_or_else(|| {
        let known: Vec<_> = table.rows.iter().map(|row| row.name).chain(["raw"]).collect();
        let what = format!("unknown sub-option `{}`, expected one of", key.name);
        key.span.error(format!("{what}: {}", known.join(", ")))
    });
    found.map(Some)
}

/// Whether the names in lists of sub-options are right; octets in hexadecimal have none.
fn check_sub_options(spec: OptionRow, value: &Node) -> Result<(), LoadError> {
    let lists: Vec<(_, &Node)> = match &value.kind {
        Kind::Map(entries) => {
            entries.iter().filter_map(|(key, node)| Some((field(spec.fields, &key.name)?, node))).collect()
        }
        _ => main_field(spec).map(|main| (main, value)).into_iter().collect(),
    };
    for (field, node) in lists {
        if let (FieldKind::SubOptions(table), Kind::List(items)) = (field.kind, &node.kind) {
            for item in items {
                let (key, node) = single(item.clone(), "a sub-option")?;
                if sub_option(table, &key)?.is_none() {
                    raw(node)?;
                }
            }
        }
    }
    Ok(())
}

/// The one key of a map of one key.
pub(crate) fn single(node: Node, what: &str) -> Result<(Key, Node), LoadError> {
    let wrong = |node: &Node| {
        node.span
            .error(format!("{what} is written as one key with its value, but this is {}", node.describe()))
    };
    match node.kind {
        Kind::Map(mut entries) if entries.len() == 1 => Ok(entries.remove(0)),
        _ => Err(wrong(&node)),
    }
}

fn wire(node: Node) -> Result<Wire, LoadError> {
    let mut fields = Fields::of(node, "`wire`")?;
    let mut wire = Wire::default();
    match fields.take("padding") {
        None => {}
        Some(node) => match node.text() {
            Some("auto") => {}
            Some("none") => wire.padding = Padding::None,
            _ => {
                let octets = hex(&node, "padding").ok().filter(|octets| !octets.is_empty());
                let wrong = || node.span.error("`padding` is `auto`, `none`, or octets as in \"de ad\"");
                wire.padding = Padding::Octets(octets.ok_or_else(wrong)?);
            }
        },
    }
    for node in fields.list("patch")? {
        wire.patch.push(patch(node)?);
    }
    for node in fields.list("late_patch")? {
        wire.late_patch.push(patch(node)?);
    }
    for name in ["payload_proto", "header_len", "mh_type"] {
        if let Some(node) = fields.take(name) {
            let at = Place::Field(name.to_string());
            let edit = Edit { at, change: Change::Set(number::<u8>(&node, name)?.into()) };
            wire.patch.push(At { span: node.span, value: edit });
        }
    }
    wire.mh = fields.take("mh").map(|node| hex(&node, "mh")).transpose()?;
    wire.truncate = fields.take("truncate").map(|node| number(&node, "truncate")).transpose()?;
    wire.append = fields.take("append").map_or(Ok(Vec::new()), |node| hex(&node, "append"))?;
    if let Some(node) = fields.take("checksum") {
        wire.checksum = checksum(node)?;
    }
    fields.finish()?;
    Ok(wire)
}

/// `{hop_limit: 1, src: $maar2.addr, fragment: 16, headers: [{type: 60, data: "01 04 00 00 00 00"}]}`.
fn ip(node: Node) -> Result<Ip, LoadError> {
    let mut fields = Fields::of(node, "`ip`")?;
    let hop_limit = fields.take("hop_limit").map(|node| number(&node, "hop_limit")).transpose()?;
    let mut headers = Vec::new();
    for node in fields.list("headers")? {
        let span = node.span.clone();
        let (kind, data) = raw(node)?;
        // Its length is counted in eights without the first, and Next Header and length themselves are two octets.
        if data.len() % 8 != 6 || data.len() > 8 * 255 + 6 {
            let what = "an extension header has 6, 14, 22 ... octets behind its Next Header and length";
            return Err(span.error(format!("{what}, not {}", data.len())));
        }
        headers.push((kind, data));
    }
    let (src, dst, dst_mac) = (fields.take("src"), fields.take("dst"), fields.take("dst_mac"));
    let fragment = fields.take("fragment").map(|node| {
        let octets = number::<usize>(&node, "fragment")?;
        // RFC 8200 §4.5: all but the last are "an integer multiple of 8 octets long".
        if octets == 0 || octets % 8 != 0 {
            return Err(node.span.error("`fragment` is how many octets a fragment carries: 8, 16, 24 ..."));
        }
        Ok(octets)
    });
    let (fragment, tunnel) = (fragment.transpose()?, fields.flag("tunnel")?);
    fields.finish()?;
    Ok(Ip { hop_limit, src, dst, dst_mac, tunnel, fragment, headers })
}

fn checksum(node: Node) -> Result<Checksum, LoadError> {
    match node.text() {
        Some("auto") => return Ok(Checksum::Auto),
        Some(_) => return Err(node.span.error("`checksum` is `auto`, `{set: 0x0000}` or `{xor: 0x0001}`")),
        None => {}
    }
    let (key, value) = single(node, "`checksum`")?;
    match key.name.as_str() {
        "set" => Ok(Checksum::Set(number(&value, "set")?)),
        "xor" => Ok(Checksum::Xor(number(&value, "xor")?)),
        other => Err(key.span.error(format!("unknown key `{other}`, expected one of: set, xor"))),
    }
}

/// `{at: options.hnp.0.length, set: 17}`.
fn patch(node: Node) -> Result<At<Edit>, LoadError> {
    let span = node.span.clone();
    let mut fields = Fields::of(node, "a patch")?;
    let at = fields.require("at")?;
    let place = match &at.kind {
        Kind::Int(_) => Place::Offset(number(&at, "at")?),
        _ => text(&at, "at")?.parse().map_err(|error| at.span.error(format!("{error}")))?,
    };
    let mut changes = Vec::new();
    for (name, change) in [
        ("set", Change::Set as fn(u64) -> Change),
        ("or", Change::Or),
        ("and", Change::And),
        ("xor", Change::Xor),
    ] {
        if let Some(node) = fields.take(name) {
            changes.push(change(number(&node, name)?));
        }
    }
    fields.finish()?;
    match changes[..] {
        [change] => Ok(At { span, value: Edit { at: place, change } }),
        _ => Err(span.error("a patch has one of: set, or, and, xor")),
    }
}
