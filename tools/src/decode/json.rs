//! Messages as JSON, through the codec's tables: numbers are those on the wire, and names stand beside them.
//!
//! Lines are written as they go out, without a tree of values: a capture has many. What an object has is known from the
//! rows, so its keys are put in order once for each type of message or option ([`Shape`]).

use std::array;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::{LazyLock, OnceLock};

use dmm_codec::wire::{FieldKind, FieldSpec};
use dmm_codec::{Fault, FieldView, Lifetime, MessageView, OptionView, message::message_spec, option};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::layers::Carried;
use super::words::{self, Sighting};

/// The fields of a message that other decoders have too.
pub fn message(view: &MessageView<'_>) -> Map<String, Value> {
    Shape::new(shared_of_message(view.mh_type())).map(&Layout::of_message(view))
}

/// The options that are not padding.
pub fn options<'a>(view: &MessageView<'a>) -> impl Iterator<Item = OptionView<'a>> + use<'a> {
    view.options().filter_map(Result::ok).filter(|option| !option.is_padding())
}

/// The fields of an option that other decoders have too.
pub fn option(option: &OptionView<'_>) -> Map<String, Value> {
    Shape::new(shared_of_option(option.kind)).map(&Layout::of_option(option))
}

/// What an object says under its keys, in their order.
struct Shape(Vec<Entry>);

/// A key as it is written, between its comma and its colon, and what may stand under it: the last that has something to
/// say. Every object has at least one of them.
struct Entry {
    key: Box<[u8]>,
    /// Whether the value is the same in every object of this shape, and so stands with the key.
    is_constant: bool,
    values: Vec<Say>,
}

impl Entry {
    fn new(key: &str, values: Vec<Say>) -> Self {
        let key = [b",", &written(&key)[..], b":"].concat();
        match &values[..] {
            [.., Say::Constant(value)] => {
                let key = [&key[..], value].concat().into_boxed_slice();
                Self { key, is_constant: true, values: Vec::new() }
            }
            _ => Self { key: key.into_boxed_slice(), is_constant: false, values },
        }
    }
}

/// What stands under a key.
enum Say {
    /// This, as it is written.
    Constant(Box<[u8]>),
    /// How many octets are behind an option's Length.
    Length,
    /// Where an option starts.
    Offset,
    /// The value of a field.
    Field(&'static FieldSpec),
    /// What the number or the octets of a field stand for.
    Meaning(&'static FieldSpec),
    /// The octets of an option that its fields do not say.
    Opaque,
    /// What is said of the whole line.
    Line(SayOfLine),
}

/// Writes something of a line; false, with nothing written, where there is nothing to say.
type SayOfLine = fn(&Line<'_>, &mut Vec<u8>) -> bool;

/// The octets that the fields of an object are in.
struct Layout<'a> {
    octets: &'a [u8],
    option: Option<OptionView<'a>>,
    line: Option<&'a Line<'a>>,
}

/// What is known of a sighting besides its fields.
struct Line<'a> {
    sighting: &'a Sighting<'a>,
    octets: &'a [u8],
    is_whole: bool,
    checksum: &'static str,
    faults: &'a [Fault],
    view: Option<MessageView<'a>>,
}

impl Shape {
    /// What is said later under the same key takes its place.
    fn new(says: impl IntoIterator<Item = (String, Say)>) -> Self {
        let mut entries = BTreeMap::<String, Vec<Say>>::new();
        for (key, say) in says {
            entries.entry(key).or_default().push(say);
        }
        Self(entries.into_iter().map(|(key, values)| Entry::new(&key, values)).collect())
    }

    fn write(&self, layout: &Layout<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        for entry in &self.0 {
            let before = out.len();
            out.extend_from_slice(&entry.key);
            if !entry.is_constant && !entry.values.iter().rev().any(|say| say.write(layout, out)) {
                out.truncate(before);
            }
        }
        // The comma in front of the first key.
        out[start] = b'{';
        out.push(b'}');
    }

    fn map(&self, layout: &Layout<'_>) -> Map<String, Value> {
        let mut out = Vec::new();
        self.write(layout, &mut out);
        serde_json::from_slice(&out).expect("an object was written")
    }
}

impl<'a> Layout<'a> {
    fn of_message(view: &MessageView<'a>) -> Self {
        Self { octets: view.body(), option: None, line: None }
    }

    fn of_option(option: &OptionView<'a>) -> Self {
        Self { octets: option.body, option: Some(*option), line: None }
    }
}

fn shared_of_message(mh_type: u8) -> impl Iterator<Item = (String, Say)> {
    let fields = message_spec(mh_type).map_or(&[][..], |spec| spec.fields);
    [("type".to_owned(), constant(mh_type))].into_iter().chain(values(fields))
}

fn shared_of_option(kind: u8) -> impl Iterator<Item = (String, Say)> {
    let fields = option::spec(kind).map_or(&[][..], |spec| spec.fields);
    [("type".to_owned(), constant(kind)), ("length".to_owned(), Say::Length)]
        .into_iter()
        .chain(values(fields))
}

fn values(fields: &'static [FieldSpec]) -> impl Iterator<Item = (String, Say)> {
    let shown = fields.iter().filter(|field| !matches!(field.kind, FieldKind::Reserved));
    shown.map(|field| (field.name.to_owned(), Say::Field(field)))
}

/// What the numbers and octets of fields stand for, beside them: `status_name`, `lifetime_seconds`, `identifier_text`.
fn meanings(fields: &'static [FieldSpec]) -> impl Iterator<Item = (String, Say)> {
    fields.iter().filter_map(|field| {
        let suffix = match field.kind {
            FieldKind::Named(_) => "name",
            FieldKind::Lifetime => "seconds",
            FieldKind::Identifier => "text",
            _ => return None,
        };
        Some((format!("{}_{suffix}", field.name), Say::Meaning(field)))
    })
}

/// A sighting as one line.
pub(super) fn line(sighting: &Sighting<'_>, out: &mut Vec<u8>) {
    static MESSAGES: LazyLock<[OnceLock<Shape>; 256]> = LazyLock::new(|| array::from_fn(|_| OnceLock::new()));
    static BARE: LazyLock<Shape> = LazyLock::new(|| Shape::new(around().chain(of_octets())));
    static HIDDEN: LazyLock<Shape> = LazyLock::new(|| Shape::new(around()));
    let mut faults = Vec::new();
    let mut line = Line { sighting, octets: &[], is_whole: true, checksum: "", faults: &faults, view: None };
    let mut shape: &Shape = &HIDDEN;
    if let Carried::Message { octets, is_whole, summed } = sighting.way.carried {
        let checksum;
        (faults, checksum) = words::judged(octets, is_whole, summed);
        let view = MessageView::new(octets).ok();
        line = Line { sighting, octets, is_whole, checksum, faults: &faults, view };
        shape = view.map_or(&BARE, |view| {
            let mh_type = view.mh_type();
            MESSAGES[usize::from(mh_type)].get_or_init(|| Shape::new(of_message(mh_type)))
        });
    }
    let octets = line.view.map_or(&[][..], |view| view.body());
    shape.write(&Layout { octets, option: None, line: Some(&line) }, out);
    out.push(b'\n');
}

/// What every line says.
fn around() -> impl Iterator<Item = (String, Say)> {
    let says: [(&str, SayOfLine); 6] = [
        ("frame", |line, out| line.sighting.frame.is_some_and(|(number, _)| put(&number, out))),
        ("time", |line, out| line.sighting.frame.is_some_and(|(_, at)| put(&words::utc(at), out))),
        ("src", |line, out| line.sighting.way.ends.is_some_and(|(src, _)| address(src, out))),
        ("dst", |line, out| line.sighting.way.ends.is_some_and(|(_, dst)| address(dst, out))),
        ("layers", |line, out| put(&line.sighting.way.layers, out)),
        ("not_decoded", |line, out| match line.sighting.way.carried {
            Carried::Hidden(why) => put(why, out),
            _ => false,
        }),
    ];
    says.into_iter().map(|(key, say)| (key.to_owned(), Say::Line(say)))
}

/// What a line says of a Mobility Header that is too short to be looked at, and of every other.
fn of_octets() -> impl Iterator<Item = (String, Say)> {
    let says: [(&str, SayOfLine); 3] = [
        ("whole", |line, out| put(&line.is_whole, out)),
        ("octets", |line, out| hex(line.octets, out)),
        ("faults", |line, out| put(&line.faults.iter().map(fault).collect::<Vec<_>>(), out)),
    ];
    says.into_iter().map(|(key, say)| (key.to_owned(), Say::Line(say)))
}

fn of_message(mh_type: u8) -> Vec<(String, Say)> {
    let spec = message_spec(mh_type);
    let title = spec.map_or_else(|| words::untitled(mh_type), |spec| spec.title.to_owned());
    let said: [(String, Say); 3] = [
        ("message".to_owned(), constant(spec.map(|spec| spec.name))),
        ("title".to_owned(), constant(title)),
        ("checksum".to_owned(), Say::Line(|line, out| put(line.checksum, out))),
    ];
    let options =
        ("options".to_owned(), Say::Line(|line, out| line.view.is_some_and(|view| list(&view, out))));
    let fields = spec.map_or(&[][..], |spec| spec.fields);
    let body = shared_of_message(mh_type).chain(meanings(fields)).chain([options]);
    around().chain(said).chain(body).chain(of_octets()).collect()
}

fn list(view: &MessageView<'_>, out: &mut Vec<u8>) -> bool {
    static OPTIONS: LazyLock<[OnceLock<Shape>; 256]> = LazyLock::new(|| array::from_fn(|_| OnceLock::new()));
    out.push(b'[');
    for (i, option) in options(view).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let shape = OPTIONS[usize::from(option.kind)].get_or_init(|| Shape::new(of_option(option.kind)));
        shape.write(&Layout::of_option(&option), out);
    }
    out.push(b']');
    true
}

fn of_option(kind: u8) -> Vec<(String, Say)> {
    let spec = option::spec(kind);
    let said =
        [("option".to_owned(), constant(spec.map(|spec| spec.name))), ("offset".to_owned(), Say::Offset)];
    let fields = spec.map_or(&[][..], |spec| spec.fields);
    let opaque = ("data".to_owned(), Say::Opaque);
    shared_of_option(kind).chain(said).chain(meanings(fields)).chain([opaque]).collect()
}

fn constant(value: impl Serialize) -> Say {
    Say::Constant(written(&value).into_boxed_slice())
}

impl Say {
    /// Writes the value; false, with nothing written, where there is none.
    fn write(&self, layout: &Layout<'_>, out: &mut Vec<u8>) -> bool {
        let field = |spec: &'static FieldSpec| FieldView::one(spec, layout.octets, 0);
        match self {
            Self::Constant(written) => {
                out.extend_from_slice(written);
                true
            }
            Self::Length => put(&layout.octets.len(), out),
            Self::Offset => layout.option.is_some_and(|option| put(&option.offset, out)),
            Self::Field(spec) => field(spec).is_some_and(|field| value(&field, out)),
            Self::Meaning(spec) => field(spec).is_some_and(|field| meaning(&field, out)),
            Self::Opaque => layout.option.is_some_and(|it| words::is_opaque(&it) && hex(it.body, out)),
            Self::Line(say) => layout.line.is_some_and(|line| say(line, out)),
        }
    }
}

fn value(field: &FieldView<'_>, out: &mut Vec<u8>) -> bool {
    match field.spec.kind {
        FieldKind::Ipv6 | FieldKind::Prefix => match field.address() {
            Some(it) => address(it, out),
            None => put(&(), out),
        },
        FieldKind::Ipv4 => put(&field.ipv4(), out),
        FieldKind::LinkLayer | FieldKind::Identifier | FieldKind::Octets => hex(field.octets, out),
        FieldKind::Flags(flags) => {
            let number = field.uint();
            let set = flags.iter().filter(|flag| number & u64::from(flag.mask) != 0);
            put(&set.map(|flag| flag.letter).collect::<Vec<_>>(), out)
        }
        _ => put(&field.uint(), out),
    }
}

fn meaning(field: &FieldView<'_>, out: &mut Vec<u8>) -> bool {
    match field.spec.kind {
        FieldKind::Named(names) => {
            let name = names.iter().find(|name| u64::from(name.value) == field.uint());
            name.is_some_and(|name| put(name.name, out))
        }
        FieldKind::Lifetime => put(&Lifetime(field.uint() as u16).duration().as_secs(), out),
        FieldKind::Identifier => words::text(field.octets).is_some_and(|text| put(text, out)),
        _ => false,
    }
}

fn put(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) -> bool {
    serde_json::to_writer(out, value).expect("memory takes all, and every key is text");
    true
}

fn written(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    put(value, &mut out);
    out
}

fn hex(octets: &[u8], out: &mut Vec<u8>) -> bool {
    out.push(b'"');
    let start = out.len();
    out.resize(start + 2 * octets.len(), 0);
    for (digits, octet) in out[start..].as_chunks_mut().0.iter_mut().zip(octets) {
        *digits = words::digits(*octet);
    }
    out.push(b'"');
    true
}

/// As RFC 5952 writes it. The formatting of the standard library says the same and takes a sixth of the time of a line, which
/// has half a dozen of them.
fn address(address: Ipv6Addr, out: &mut Vec<u8>) -> bool {
    let segments = address.segments();
    // Those with an IPv4 address in them are rare, and written otherwise.
    if segments[..5] == [0; 5] {
        return put(&address, out);
    }
    // The first of the longest runs of zeros, of two at least.
    let (mut longest, mut run) = (0..0, 0..0);
    for (i, segment) in segments.iter().enumerate() {
        run = if *segment != 0 { i + 1..i + 1 } else { run.start..i + 1 };
        if run.len() > longest.len().max(1) {
            longest = run.clone();
        }
    }
    out.push(b'"');
    for (i, segment) in segments.iter().enumerate() {
        if longest.contains(&i) {
            if i == longest.start {
                out.extend_from_slice(b"::");
            }
            continue;
        }
        if i > 0 && (longest.is_empty() || i != longest.end) {
            out.push(b':');
        }
        let [high, low] = segment.to_be_bytes().map(words::digits);
        let digits = [high[0], high[1], low[0], low[1]];
        let zeros = (segment.leading_zeros() / 4).min(3) as usize;
        out.extend_from_slice(&digits[zeros..]);
    }
    out.push(b'"');
    true
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

#[cfg(test)]
mod tests {
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
}
