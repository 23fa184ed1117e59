//! Builds and sends messages: fields and options through the codec's tables, octets by its encoder, mistakes by its
//! edits.

use std::net::Ipv4Addr;

use dmm_codec::header::Header;
use dmm_codec::icmp;
use dmm_codec::message::{Padded, repair_checksum};
use dmm_codec::packet::{ICMPV6, MOBILITY_HEADER, Mac};
use dmm_codec::wire::{FieldKind, FieldSpec, Width, Wire as _};
use dmm_codec::{
    Lifetime, Message, MessageSpec, MessageView, MobilityOption, OptionView, SubOptionTable, UnknownOption,
};

use super::wire::Way;
use super::{Done, Running, Stop};
use crate::script::body::{raw, single, sub_option};
use crate::script::filter::{Row, main_field, meaningful, named_field, needs_fields};
use crate::script::messages::{Msg, OptionRow};
use crate::script::model::{Body, Checksum, OptionEntry, OptionKind, Padding, Send, Wire};
use crate::script::span::LoadError;
use crate::script::value::{Value, parse_duration};
use crate::script::yaml::{Kind, Node};

impl<'a> Running<'a> {
    pub(super) fn send(&mut self, send: &Send) -> Done {
        let port = self.port(&send.from)?;
        let row = self.instance.row().filter(|_| send.apply_case).map(|row| row.overlay.clone());
        let mut scope = std::collections::BTreeMap::new();
        for (name, node) in &send.body.with {
            let value = self.resolve(node)?;
            scope.insert(name.clone(), self.as_role(&value));
        }
        self.scopes.push(scope);
        let composed = self.compose(&port, &send.body, row.as_ref());
        self.scopes.pop();
        let (octets, way) = composed?;
        let packet = self.transmit_by(&port, &octets, &way)?;
        let name = self.setup.iut.role;
        self.comment(packet, &format!("sent from {port} to the {name}"));
        if let Some(label) = &send.label {
            self.labels.insert(label.clone(), vec![packet]);
        }
        Ok(())
    }

    /// The octets of a message, and the packet around them: the template, the keys over it, the row of the case over them.
    pub(super) fn compose(&mut self, port: &str, body: &Body, row: Option<&Body>) -> Done<(Vec<u8>, Way)> {
        let layers = self.layers(body, row)?;
        let msg = layers.iter().rev().find_map(|layer| layer.msg.as_ref()).map(|msg| msg.value);
        let msg = msg.ok_or_else(|| body.span.error("which message? Write `msg`"))?;
        let station = self.station(port).ok_or_else(|| self.nobody(port))?;
        let (mut octets, way) = match msg {
            Msg::Mobility(spec) => {
                let mut message = self.message(port, spec, &layers)?;
                *message.options_mut() = self.options(&layers)?;
                let way = self.around(self.way(&station, MOBILITY_HEADER), &layers)?;
                (padded(&message, body, &layers)?, way)
            }
            other => self.packet(&station, other, &layers)?,
        };
        let sum = |octets: &mut [u8]| match way.next_header {
            MOBILITY_HEADER => repair_checksum(octets, way.src, way.dst),
            ICMPV6 => icmp::repair_checksum(octets, way.src, way.dst),
            _ => {}
        };
        let wires: Vec<&Wire> = layers.iter().map(|layer| &layer.wire).collect();
        for edit in wires.iter().flat_map(|wire| &wire.patch) {
            edit.value.apply(&mut octets).map_err(|error| edit.span.error(error.to_string()))?;
        }
        for wire in &wires {
            if let Some(whole) = &wire.mh {
                octets.clone_from(whole);
            }
            octets.truncate(wire.truncate.unwrap_or(octets.len()));
            octets.extend_from_slice(&wire.append);
        }
        sum(&mut octets);
        let field = if way.next_header == ICMPV6 { 2 } else { 4 };
        for wire in &wires {
            let change = match wire.checksum {
                Checksum::Auto => continue,
                Checksum::Set(sum) => sum,
                // The field has what is right; the bits are flipped in it.
                Checksum::Xor(bits) => {
                    let right = octets.get(field..field + 2).unwrap_or(&[0, 0]);
                    u16::from_be_bytes([right[0], right[1]]) ^ bits
                }
            };
            let place = octets.get_mut(field..field + 2);
            let place = place.ok_or_else(|| body.span.error("the message is too short for a checksum"))?;
            place.copy_from_slice(&change.to_be_bytes());
        }
        for edit in wires.iter().flat_map(|wire| &wire.late_patch) {
            edit.value.apply(&mut octets).map_err(|error| edit.span.error(error.to_string()))?;
        }
        Ok((octets, way))
    }

    /// The templates of a message, its own keys over them, the row of the case over those.
    fn layers<'b>(&self, body: &'b Body, row: Option<&'b Body>) -> Done<Vec<&'b Body>>
    where
        'a: 'b,
    {
        let below = match &body.template {
            None => Vec::new(),
            Some(name) => {
                let found = self.instance.case.library.layers(&name.value);
                found.ok_or_else(|| name.span.error(format!("no template `{}`", name.value)))?
            }
        };
        Ok(below.into_iter().chain([body]).chain(row).collect())
    }

    /// The packet around a message, with what the layers say of it.
    pub(super) fn around(&self, mut way: Way, layers: &[&Body]) -> Done<Way> {
        for layer in layers {
            let ip = &layer.ip;
            way.hop_limit = ip.hop_limit.unwrap_or(way.hop_limit);
            way.headers.extend(ip.headers.iter().cloned());
            way.fragment = ip.fragment.or(way.fragment);
            way.tunnel |= ip.tunnel;
            if let Some(node) = &ip.src {
                way.src = self.resolve_as(node, Value::addr)?;
            }
            if let Some(node) = &ip.dst {
                way.dst = self.resolve_as(node, Value::addr)?;
            }
            if let Some(node) = &ip.dst_mac {
                let mac = |value: &Value| {
                    let octets = value.octets()?;
                    Mac::try_from(octets.as_slice()).map_err(|_| format!("`{value}` is not six octets"))
                };
                way.dst_mac = Some(self.resolve_as(node, mac)?);
            }
        }
        Ok(way)
    }

    /// The message without options: its fields written after the table, and read back as a message.
    fn message(&mut self, port: &str, msg: &'static MessageSpec, layers: &[&Body]) -> Done<Message> {
        let mut octets = Vec::new();
        let header =
            Header { payload_proto: 59, header_len: 0, mh_type: msg.mh_type, reserved: 0, checksum: 0 };
        header.write(&mut octets);
        for spec in msg.fields {
            let written = |name: &str| written(layers, name);
            let raw = written("lifetime_units").filter(|_| matches!(spec.kind, FieldKind::Lifetime));
            match (raw, written(spec.name)) {
                (Some(node), _) => {
                    let units =
                        self.resolve_as(node, |value| field_octets(FieldKind::Uint, spec.width, value))?;
                    octets.extend(units);
                }
                (None, Some(node)) => {
                    octets.extend(self.resolve_as(node, |value| field_octets(spec.kind, spec.width, value))?);
                }
                // A sequence number that nobody wrote goes on from the last one of this role.
                (None, None) if spec.name == "seq" => {
                    let next = self.sequence.entry(port.to_string()).or_default();
                    *next = next.wrapping_add(1);
                    // A Heartbeat has four octets for it, all others two.
                    octets.extend(&u64::from(*next).to_be_bytes()[8 - width(spec)..]);
                }
                (None, None) => octets.extend(vec![0; width(spec)]),
            }
        }
        octets.resize(octets.len().next_multiple_of(8), 0);
        octets[1] = (octets.len() / 8 - 1) as u8;
        let any = std::net::Ipv6Addr::UNSPECIFIED;
        repair_checksum(&mut octets, any, any);
        let decoded = Message::decode(&octets, any, any);
        Ok(decoded.map_err(|error| self.broken(format!("the message cannot be built: {error}")))?.message)
    }

    /// The options of a message, as the layers put in, add and take out.
    pub(super) fn entries<'b>(layers: &[&'b Body]) -> Vec<&'b OptionEntry> {
        let mut entries: Vec<&OptionEntry> = Vec::new();
        for layer in layers {
            if let Some(options) = &layer.options {
                entries = options.iter().collect();
            }
            // First out, then in: a layer that removes an option and adds it again replaces it.
            let removed = |entry: &OptionEntry| match &entry.kind {
                OptionKind::Known(spec, _) => layer.remove.iter().any(|removed| removed.kind == spec.kind),
                OptionKind::Raw(kind, _) => layer.remove.iter().any(|removed| removed.kind == *kind),
            };
            entries.retain(|entry| !removed(entry));
            entries.splice(0..0, &layer.add_first);
            entries.extend(&layer.add);
        }
        entries
    }

    fn options(&mut self, layers: &[&Body]) -> Done<Vec<MobilityOption>> {
        let mut options = Vec::new();
        for entry in Self::entries(layers) {
            match &entry.kind {
                OptionKind::Raw(kind, data) => {
                    options.push(MobilityOption::Unknown(UnknownOption::on_purpose(*kind, data)));
                }
                OptionKind::Known(row, node) => options.extend(self.option(*row, node)?),
            }
        }
        Ok(options)
    }

    /// An option from its value; none where the value is an option that another message did not have.
    fn option(&mut self, spec: OptionRow, node: &Node) -> Done<Option<MobilityOption>> {
        let given = match self.given(spec, node)? {
            Given::Left => return Ok(None),
            Given::Copied(copied) => {
                let same = MobilityOption::read(copied.kind(), copied.data());
                return Ok(Some(same.unwrap_or(MobilityOption::Unknown(copied))));
            }
            Given::Fields(given) => given,
        };
        let body = self.row_body(spec.into(), &given).map_err(|why| node.span.error(why))?;
        match MobilityOption::read(spec.kind, &body) {
            Ok(option) => Ok(Some(option)),
            Err(error) => {
                let hint = "write it right and patch it under `wire`, or use `raw`";
                Err(node.span.error(format!("{}: {error}: {hint}", spec.name)).into())
            }
        }
    }

    /// What a script gives an option.
    pub(super) fn given(&mut self, spec: OptionRow, node: &Node) -> Done<Given> {
        let mut given: Vec<(&'static FieldSpec, Value)> = Vec::new();
        if let Kind::Map(entries) = &node.kind {
            for (key, value) in entries {
                let field = named_field(spec, key)?;
                given.push((field, self.field_value(field, value)?));
            }
        } else if let (Kind::List(_), Some(main)) = (&node.kind, main_field(spec)) {
            given.push((main, self.field_value(main, node)?));
        } else {
            match self.resolve(node)? {
                Value::Nothing if !matches!(node.kind, Kind::Null) => return Ok(Given::Left),
                Value::Option(copied) if copied.kind() == spec.kind && !spec.is_neighbor => {
                    return Ok(Given::Copied(copied));
                }
                value => given.push((main_field(spec).ok_or_else(|| needs_fields(spec, node))?, value)),
            }
        }
        Ok(Given::Fields(given))
    }

    /// What a script gives a field: a list of sub-options as their octets, all else as it is.
    fn field_value(&mut self, field: &'static FieldSpec, node: &Node) -> Done<Value> {
        match (field.kind, &node.kind) {
            (FieldKind::SubOptions(table), Kind::List(items)) => {
                let mut octets = Vec::new();
                for item in items {
                    octets.extend(self.sub_option(table, item)?);
                }
                Ok(Value::Octets(octets))
            }
            _ => Ok(self.resolve(node)?),
        }
    }

    /// A sub-option from its value, with its Type and Length.
    fn sub_option(&mut self, table: &'static SubOptionTable, item: &Node) -> Done<Vec<u8>> {
        let (key, node) = single(item.clone(), "a sub-option")?;
        let Some(spec) = sub_option(table, &key)? else {
            let (kind, data) = raw(node)?;
            if data.is_empty() && table.is_pad1(kind) {
                return Ok(vec![kind]);
            }
            return Ok(tlv(kind, data).map_err(|why| item.span.error(why))?);
        };
        let mut given = Vec::new();
        if let Kind::Map(entries) = &node.kind {
            for (key, value) in entries {
                given.push((named_field(spec, key)?, self.resolve(value)?));
            }
        } else {
            given.push((main_field(spec).ok_or_else(|| needs_fields(spec, &node))?, self.resolve(&node)?));
        }
        let body = self.row_body(spec.into(), &given).map_err(|why| node.span.error(why))?;
        if let Err(error) = (table.check)(spec.kind, &body) {
            return Err(node.span.error(format!("{}: {error}: use `raw`", spec.name)).into());
        }
        Ok(tlv(spec.kind, body).map_err(|why| item.span.error(why))?)
    }

    pub(super) fn row_body(
        &mut self,
        spec: Row,
        given: &[(&'static FieldSpec, Value)],
    ) -> Result<Vec<u8>, String> {
        if meaningful(spec).next().is_none() {
            return Err(format!("`{}` has no value; padding is put in by itself", spec.name));
        }
        let value = |name: &str| given.iter().find(|(field, _)| field.name == name).map(|(_, value)| value);
        let mut body = Vec::new();
        for field in spec.fields {
            match (field.kind, value(field.name)) {
                (FieldKind::Timestamp, Some(value)) => {
                    let ticks = self.timestamp(value)?;
                    body.extend(field_octets(field.kind, field.width, &Value::Int(ticks))?);
                }
                (_, Some(value)) => body.extend(field_octets(field.kind, field.width, value)?),
                // The length of the prefix is said with the prefix.
                (FieldKind::PrefixLength, None) => {
                    let prefix = meaningful(spec).find(|field| matches!(field.kind, FieldKind::Prefix));
                    let prefix = prefix.and_then(|prefix| value(prefix.name));
                    body.push(prefix.ok_or("the prefix is missing")?.net()?.prefix_len());
                }
                (FieldKind::Reserved, None) => body.extend(vec![0; width(field)]),
                (FieldKind::Named(names), None)
                    if given.len() < meaningful(spec).count() && spec.fields.len() > 1 =>
                {
                    // The first of a registry is the usual one: subtype NAI.
                    let first = names.first().map_or(0, |name| name.value);
                    body.extend(field_octets(FieldKind::Uint, field.width, &Value::Int(first.into()))?);
                }
                (_, None) => return Err(format!("`{}` needs the key `{}`", spec.name, field.name)),
            }
        }
        Ok(body)
    }

    /// `now`, `now-10s`, or a number; two messages are never of the same time (RFC 5213 §5.5).
    fn timestamp(&mut self, value: &Value) -> Result<i128, String> {
        let Value::Text(text) = value else { return value.int() };
        let Some(offset) = text.strip_prefix("now") else { return value.int() };
        let now = self.transport.now();
        if offset.is_empty() {
            let ticks = now.timestamp().0.max(self.last_timestamp + 1);
            self.last_timestamp = ticks;
            return Ok(ticks.into());
        }
        let wrong = || format!("`{text}` is no time stamp: write `now`, `now-10s`, `now+10s` or a number");
        let (sign, length) = offset.split_at_checked(1).ok_or_else(wrong)?;
        let length = parse_duration(length).ok_or_else(wrong)?;
        match sign {
            "-" => Ok((now - length).timestamp().0.into()),
            "+" => Ok((now + length).timestamp().0.into()),
            _ => Err(wrong()),
        }
    }
}

/// What a script gives an option.
pub(super) enum Given {
    /// An option that another message did not have: this one has none either.
    Left,
    /// An option of another message.
    Copied(UnknownOption),
    /// Values of fields.
    Fields(Vec<(&'static FieldSpec, Value)>),
}

/// What the layers write for a field; the uppermost counts.
pub(super) fn written<'b>(layers: &[&'b Body], name: &str) -> Option<&'b Node> {
    let mut found = layers.iter().rev().flat_map(|layer| &layer.fields);
    found.find(|(field, _)| field.value == name).map(|(_, node)| node)
}

/// The octets of a message with the padding that the script asks for.
fn padded(message: &Message, body: &Body, layers: &[&Body]) -> Done<Vec<u8>> {
    let padding = layers.iter().rev().map(|layer| &layer.wire.padding).find(|it| **it != Padding::Auto);
    let padded = if padding == Some(&Padding::None) { Padded::EndOnly } else { Padded::Aligned };
    let too_long = |error: dmm_codec::EncodeError| Stop::from(body.span.error(error.to_string()));
    let mut octets = message.encode_unsummed(padded).map_err(too_long)?;
    if let Some(Padding::Octets(own)) = padding {
        let options = MessageView::new(&octets).map(|view| view.options().filter_map(Result::ok).collect());
        let options: Vec<_> = options.unwrap_or_default();
        let filling = options.iter().filter(|option: &&OptionView<'_>| option.is_padding());
        let places: Vec<_> =
            filling.map(|option| option.body_offset..option.body_offset + option.body.len()).collect();
        for place in places {
            octets[place].iter_mut().zip(own.iter().cycle()).for_each(|(octet, own)| *octet = *own);
        }
    }
    Ok(octets)
}

fn tlv(kind: u8, body: Vec<u8>) -> Result<Vec<u8>, String> {
    let len =
        u8::try_from(body.len()).map_err(|_| format!("{} octets do not fit a sub-option", body.len()))?;
    Ok([&[kind, len], &body[..]].concat())
}

pub(super) fn width(field: &FieldSpec) -> usize {
    match field.width {
        Width::Fixed(octets) => octets,
        Width::Rest => 0,
    }
}

/// A value as the octets of a field.
pub(super) fn field_octets(kind: FieldKind, width: Width, value: &Value) -> Result<Vec<u8>, String> {
    let value = match value {
        // The main value of another option, of whatever type.
        Value::Option(option) => main_value(option).ok_or_else(|| format!("`{value}` cannot be read"))?,
        other => other.clone(),
    };
    let number = |number: i128, octets: usize| {
        let fits = u64::try_from(number).ok().filter(|number| octets >= 8 || number >> (8 * octets) == 0);
        let fits = fits.ok_or_else(|| format!("`{number}` does not fit {octets} octet(s)"))?;
        Ok(fits.to_be_bytes()[8 - octets..].to_vec())
    };
    match (value.coerce(kind)?, width) {
        (Value::Int(int), Width::Fixed(octets)) => number(int, octets),
        (Value::Flags(bits, _), Width::Fixed(octets)) => number(bits.into(), octets),
        (Value::Duration(duration), Width::Fixed(octets)) => {
            number(Lifetime::within(duration).0.into(), octets)
        }
        (Value::Addr(addr), _) => Ok(addr.octets().to_vec()),
        (Value::Net(net), _) => Ok(net.addr().octets().to_vec()),
        (Value::Octets(octets), _) => Ok(octets),
        (Value::Text(text), _) if matches!(kind, FieldKind::Ipv4) => {
            let address = text.parse::<Ipv4Addr>().map_err(|_| format!("`{text}` is not an IPv4 address"))?;
            Ok(address.octets().to_vec())
        }
        (Value::Text(text), _) => Ok(text.into_bytes()),
        (other, _) => Err(format!("`{other}` does not fit here")),
    }
}

fn main_value(option: &UnknownOption) -> Option<Value> {
    let spec = dmm_codec::option::spec(option.kind())?;
    let view = dmm_codec::OptionView { kind: option.kind(), offset: 0, body_offset: 0, body: option.data() };
    crate::packet::option_value(&view, main_field(spec)?)
}

/// A mistake in the script that shows only with its values.
impl From<Box<LoadError>> for Stop {
    fn from(error: Box<LoadError>) -> Self {
        (*error).into()
    }
}
