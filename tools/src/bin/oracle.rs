//! Compares what dmm-codec reads in a capture with what another decoder says: one JSON object per Mobility Header on
//! standard input, as `tools/oracle/pypcapkit.py` prints them.

use std::io::BufRead as _;
use std::process::ExitCode;

use dmm::{Exit, Failure};
use dmm_captures::CaptureReader;
use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER};
use dmm_codec::wire::FieldKind;
use dmm_codec::{FieldView, MessageView};
use serde_json::{Map, Value, json};

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: pypcapkit.py CAPTURE.pcapng | oracle CAPTURE.pcapng");
        return Exit::USAGE.into();
    };
    match compare(&path) {
        Ok((messages, differences)) => {
            for difference in &differences {
                eprintln!("{path}: {difference}");
            }
            println!("{path}: {messages} messages, {} differences", differences.len());
            if differences.is_empty() { Exit::OK.into() } else { Exit::FELL_SHORT.into() }
        }
        Err(Failure { message, exit }) => {
            eprintln!("oracle: {message}");
            exit.into()
        }
    }
}

fn compare(path: &str) -> Result<(usize, Vec<String>), Failure> {
    let octets = std::fs::read(path).map_err(|error| Failure::usage(format!("{path}: {error}")))?;
    let mut ours = Vec::new();
    for (number, packet) in (1..).zip(CaptureReader::from_octets(octets).map_err(Failure::usage)?) {
        ours.extend(said(number, &packet.map_err(Failure::usage)?.octets));
    }
    let mut theirs = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(Failure::bench)?;
        theirs.push(serde_json::from_str::<Value>(&line).map_err(Failure::usage)?);
    }
    let mut differences = Vec::new();
    if ours.len() != theirs.len() {
        differences.push(format!("{} messages here, {} there", ours.len(), theirs.len()));
    }
    for (ours, theirs) in ours.iter().zip(&theirs) {
        differ(&format!("frame {}", ours["frame"]), ours, theirs, &mut differences);
    }
    Ok((ours.len(), differences))
}

/// Every value of ours must be there and equal; what they say beyond that is their own.
fn differ(place: &str, ours: &Value, theirs: &Value, differences: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(fields), Value::Object(others)) => {
            for (name, value) in fields {
                differ(
                    &format!("{place}, {name}"),
                    value,
                    others.get(name).unwrap_or(&Value::Null),
                    differences,
                );
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (i, (item, other)) in items.iter().zip(others).enumerate() {
                differ(&format!("{place} {i}"), item, other, differences);
            }
        }
        _ if ours == theirs => {}
        _ => differences.push(format!("{place}: {ours} here, {theirs} there")),
    }
}

/// What the tables say about a frame's Mobility Header.
fn said(number: usize, frame: &[u8]) -> Option<Value> {
    let packet = Ipv6::parse(Ethernet::parse(frame)?.payload)?;
    if packet.next_header != MOBILITY_HEADER {
        return None;
    }
    let right = MessageView::received(packet.payload(), packet.src, packet.dst).is_ok();
    let view = MessageView::new(packet.payload()).ok()?;
    let mut message = fields(view.fields());
    message.insert("frame".to_owned(), json!(number));
    message.insert("src".to_owned(), json!(packet.src));
    message.insert("dst".to_owned(), json!(packet.dst));
    message.insert("type".to_owned(), json!(view.mh_type()));
    message.insert("checksum_right".to_owned(), json!(right));
    let options = view.options().filter_map(Result::ok).filter(|option| option.kind > 1);
    let options: Vec<Value> = options
        .map(|option| {
            let mut said = fields(option.fields());
            said.insert("type".to_owned(), json!(option.kind));
            said.insert("length".to_owned(), json!(option.body.len()));
            Value::Object(said)
        })
        .collect();
    message.insert("options".to_owned(), json!(options));
    Some(Value::Object(message))
}

fn fields<'a>(fields: impl Iterator<Item = FieldView<'a>>) -> Map<String, Value> {
    let shown = fields.filter(|field| !matches!(field.spec.kind, FieldKind::Reserved));
    shown.map(|field| (field.spec.name.to_owned(), value(&field))).collect()
}

fn value(field: &FieldView<'_>) -> Value {
    match field.spec.kind {
        FieldKind::Ipv6 | FieldKind::Prefix => json!(field.address()),
        FieldKind::LinkLayer | FieldKind::Identifier | FieldKind::Octets => {
            let hex = field.octets.iter().fold(String::new(), |hex, octet| hex + &format!("{octet:02x}"));
            json!(hex)
        }
        FieldKind::Flags(flags) => {
            let set = flags.iter().filter(|flag| field.has_flag(flag.letter));
            json!(set.map(|flag| flag.letter).collect::<Vec<_>>())
        }
        _ => json!(field.uint()),
    }
}
