//! Reads what a message must be: `match:` field by field, `options:` with `has`, `lacks`, `count`.

use dmm_codec::wire::{FieldKind, FieldSpec};

use super::body::{option, single};
use super::fields::{Fields, list};
pub(crate) use super::messages::Row;
use super::messages::{Msg, OptionRow};
use super::model::{At, Filter, Matcher, Mode, Op, OptionMatch, Subject};
use super::span::{LoadError, Span};
use super::yaml::{Kind, Node};

/// Octets that a compiled expression may take: a script is not to take all the memory there is.
const LARGEST_REGEX: usize = 1 << 18;

impl Op {
    /// Every operator with its name in scripts.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("any", Self::Any),
        ("absent", Self::Absent),
        ("ne", Self::Ne),
        ("in", Self::In),
        ("range", Self::Range),
        ("lt", Self::Lt),
        ("le", Self::Le),
        ("gt", Self::Gt),
        ("ge", Self::Ge),
        ("set", Self::Set),
        ("clear", Self::Clear),
        ("hex", Self::Hex),
        ("within_prefix", Self::WithinPrefix),
        ("regex", Self::Regex),
    ];

    /// Its name in scripts.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, op)| *op == self).map_or("", |(name, _)| name)
    }
}

/// Reads `msg`, `match` and `options` out of a map that may have more keys.
pub(crate) fn filter(fields: &mut Fields) -> Result<Filter, LoadError> {
    let msg = super::body::message(&fields.require("msg")?)?.value;
    filter_of(msg, fields)
}

/// Reads `match` and `options` for a message that is known.
pub(crate) fn filter_of(msg: Msg, fields: &mut Fields) -> Result<Filter, LoadError> {
    let mut filter = Filter {
        msg,
        fields: Vec::new(),
        has: Vec::new(),
        lacks: Vec::new(),
        count: Vec::new(),
        mode: Mode::default(),
    };
    for (key, node) in fields.map("match")? {
        let name = key.name.as_str();
        let subject = match Subject::OF_PACKETS.into_iter().find(|subject| subject.name() == name) {
            Some(subject) => subject,
            None => Subject::Field(msg.field(name).ok_or_else(|| {
                let known = msg.fields().map(|field| field.name);
                let known: Vec<_> =
                    known.chain(Subject::OF_PACKETS.iter().map(|subject| subject.name())).collect();
                let what = format!("`{name}` is no field of {}, expected one of", msg.name());
                key.span.error(format!("{what}: {}", known.join(", ")))
            })?),
        };
        filter.fields.push((subject, At { span: key.span, value: matcher(node)? }));
    }
    if let Some(node) = fields.take("options") {
        let mut fields = Fields::of(node, "`options`")?;
        if let Some(node) = fields.take("mode") {
            let mode = Mode::NAMES.iter().find(|(name, _)| node.text() == Some(*name));
            let unknown = || node.span.error("`mode` is one of: subset, ordered, exact");
            filter.mode = mode.ok_or_else(unknown)?.1;
        }
        let option_match = |node| option_match(msg, node);
        filter.has = fields.list("has")?.into_iter().map(option_match).collect::<Result<_, _>>()?;
        filter.lacks = fields.list("lacks")?.into_iter().map(option_match).collect::<Result<_, _>>()?;
        for (key, node) in fields.map("count")? {
            let spec = option_in(msg, &key.span, &key.name)?;
            filter.count.push((spec, At { span: key.span, value: matcher(node)? }));
        }
        fields.finish()?;
    }
    Ok(filter)
}

/// A bare scalar is exact; a map is operators.
pub(crate) fn matcher(node: Node) -> Result<Matcher, LoadError> {
    match node.kind {
        Kind::List(_) => Err(node.span.error(
            "a list could mean a set, a range or a sequence: write `{in: [...]}`, `{range: [...]}` or `{set: [...]}`",
        )),
        Kind::Map(entries) => {
            let mut all = Vec::new();
            for (key, value) in entries {
                let Some((_, op)) = Op::NAMES.iter().find(|(name, _)| *name == key.name) else {
                    let known: Vec<_> = Op::NAMES.iter().map(|(name, _)| *name).collect();
                    let what = format!("unknown operator `{}`, expected one of", key.name);
                    return Err(key.span.error(format!("{what}: {}", known.join(", "))));
                };
                check_operand(*op, &value)?;
                all.push((*op, value));
            }
            if all.is_empty() {
                return Err(node.span.error("a matcher without operators: write `{any: true}` for anything"));
            }
            Ok(Matcher::All(all))
        }
        _ => Ok(Matcher::Is(node)),
    }
}

fn check_operand(op: Op, value: &Node) -> Result<(), LoadError> {
    let wrong = |expected: &str| {
        Err(value.span.error(format!("`{}` takes {expected}, not {}", op.name(), value.describe())))
    };
    match (op, &value.kind) {
        (Op::Any | Op::Absent, Kind::Bool(_)) => Ok(()),
        (Op::Any | Op::Absent, _) => wrong("true or false"),
        (Op::Regex, Kind::Text(text)) if !text.starts_with('$') => match regex(text) {
            Ok(_) => Ok(()),
            Err(why) => Err(value.span.error(format!("`regex`: {why}"))),
        },
        (Op::Range, Kind::List(items)) if items.len() == 2 => Ok(()),
        (Op::Range, _) => wrong("two values, as in `[4s, 300s]`"),
        (Op::In | Op::Set | Op::Clear, Kind::List(_)) => Ok(()),
        (Op::In | Op::Set | Op::Clear, _) => wrong("a list"),
        (_, Kind::List(_) | Kind::Map(_)) => wrong("one value"),
        _ => Ok(()),
    }
}

/// A regular expression for the whole of a text.
pub(crate) fn regex(text: &str) -> Result<regex::Regex, String> {
    let whole = format!("^(?:{text})$");
    let built = regex::RegexBuilder::new(&whole).size_limit(LARGEST_REGEX).build();
    built.map_err(|error| {
        error.to_string().lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_string()
    })
}

/// `mn_id: $mn1.nai`, `prev_maar: {maar: ..., prefix: ...}`, `hnp: {within_prefix: ...}`, or just `timestamp`.
fn option_match(msg: Msg, node: Node) -> Result<OptionMatch, LoadError> {
    let span = node.span.clone();
    if let Some(name) = node.text() {
        return Ok(OptionMatch { spec: option_in(msg, &span, name)?, span, fields: Vec::new() });
    }
    let (key, value) = single(node, "an option")?;
    let spec = option_in(msg, &key.span, &key.name)?;
    let is_operators = |entries: &[(super::yaml::Key, Node)]| {
        entries.iter().all(|(key, _)| Op::NAMES.iter().any(|(name, _)| *name == key.name))
    };
    let fields = match value.kind {
        Kind::Map(entries) if !is_operators(&entries) => {
            let mut fields = Vec::new();
            for (key, value) in entries {
                fields.push((named_field(spec, &key)?, matcher(value)?));
            }
            fields
        }
        Kind::List(_) => {
            list(value, "")?;
            return Err(key
                .span
                .error("one value, or one key for each field: a list could mean several options"));
        }
        _ => {
            let main = main_field(spec).ok_or_else(|| needs_fields(spec, &value))?;
            vec![(main, matcher(value)?)]
        }
    };
    Ok(OptionMatch { span, spec, fields })
}

/// The option of this name, if the message can have it.
fn option_in(msg: Msg, span: &Span, name: &str) -> Result<OptionRow, LoadError> {
    let row = option(span, name)?;
    if msg.carries(&row) {
        return Ok(row);
    }
    let known: Vec<_> = OptionRow::all().filter(|row| msg.carries(row)).map(|row| row.name).collect();
    let known = if known.is_empty() { "none".to_string() } else { known.join(", ") };
    Err(span.error(format!("a {} has no option `{name}`, expected one of: {known}", msg.name())))
}

/// The fields of a row that a script gives a value: not those that are zero, and not a prefix's length, which stands
/// behind the prefix.
pub(crate) fn meaningful(row: impl Into<Row>) -> impl Iterator<Item = &'static FieldSpec> {
    let fields = row.into().fields;
    fields.iter().filter(|field| !matches!(field.kind, FieldKind::Reserved | FieldKind::PrefixLength))
}

/// The field that a bare value stands for: the only one, or the one that is the row's main value.
pub(crate) fn main_field(row: impl Into<Row>) -> Option<&'static FieldSpec> {
    let row = row.into();
    let mut fields = meaningful(row);
    match (fields.next(), fields.next()) {
        (Some(only), None) => Some(only),
        _ => meaningful(row).find(|field| field.filter.is_empty()),
    }
}

pub(crate) fn needs_fields(row: impl Into<Row>, value: &Node) -> LoadError {
    let row = row.into();
    let names: Vec<_> = meaningful(row).map(|field| field.name).collect();
    let what = format!("`{}` has several fields, and {} is none of them", row.name, value.describe());
    value.span.error(format!("{what}: write a map with the keys {}", names.join(", ")))
}

pub(crate) fn named_field(
    row: impl Into<Row>,
    key: &super::yaml::Key,
) -> Result<&'static FieldSpec, LoadError> {
    let row = row.into();
    meaningful(row).find(|field| field.name == key.name).ok_or_else(|| {
        let names: Vec<_> = meaningful(row).map(|field| field.name).collect();
        let what = format!("`{}` is no field of {}, expected one of", key.name, row.name);
        key.span.error(format!("{what}: {}", names.join(", ")))
    })
}
