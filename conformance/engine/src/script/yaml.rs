//! YAML text to a tree of nodes with positions. The one place that knows the YAML library; the rest reads [`Node`]s.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::span::{LoadError, Source, Span};

/// A value and where it stands.
#[derive(Clone, PartialEq)]
pub struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// `true` or `false`, and no other spelling.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
    /// Text, in quotes or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys in the order of the file, each once.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Where.
    pub span: Span,
    /// What.
    pub name: String,
}

impl Node {
    /// The text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_string(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Int(value) => format!("`{value}`"),
            Kind::Float(value) => format!("`{value}`"),
            Kind::Text(value) => format!("`{value}`"),
            Kind::List(_) => "a list".to_string(),
            Kind::Map(_) => "a map".to_string(),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// Deeper than any script, and shallow enough for any stack.
const DEEPEST: usize = 32;

/// More than any script that a person wrote.
const LONGEST: usize = 4 << 20;

/// Reads the one document of a file.
pub fn parse(source: &Arc<Source>) -> Result<Node, LoadError> {
    if source.text.len() > LONGEST {
        return Err(Span::file(source).error(format!("more than {LONGEST} octets in one file")));
    }
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        // Of the parser's own, 64 levels of maps are more than the stack of a thread holds in a debug build.
        budget: serde_saphyr::budget! { max_depth: DEEPEST },
    };
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(&source.text, options).map_err(|error| {
        let location = error.location();
        let (line, column) = location.map_or((0, 0), |at| (at.line() as usize, at.column() as usize));
        let span = Span { source: Arc::clone(source), line, column };
        span.error(first_line(&error.without_snippet().to_string()))
    })?;
    node(source, raw, 0)
}

/// Without the position, which stands beside it anyway, and without advice for programmers.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or(message);
    let line = line.rsplit_once(" at line ").map_or(line, |(what, _)| what);
    let line = line.split_once(", set DuplicateKeyPolicy").map_or(line, |(what, _)| what);
    line.split_once("; use from_str_multiple").map_or(line, |(what, _)| what).to_string()
}

enum Raw {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

fn node(source: &Arc<Source>, raw: Spanned<Raw>, depth: usize) -> Result<Node, LoadError> {
    let at = raw.referenced;
    let span = Span { source: Arc::clone(source), line: at.line() as usize, column: at.column() as usize };
    if depth > DEEPEST {
        return Err(span.error("nested too deeply"));
    }
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Bool(value) => Kind::Bool(value),
        Raw::Int(value) => Kind::Int(value),
        Raw::Float(value) => Kind::Float(value),
        Raw::Text(value) => Kind::Text(value),
        Raw::List(items) => {
            Kind::List(items.into_iter().map(|item| node(source, item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Raw::Map(entries) => {
            let mut map: Vec<(Key, Node)> = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let key = node(source, key, depth + 1)?;
                let name = match &key.kind {
                    Kind::Text(name) => name.clone(),
                    Kind::Int(number) => number.to_string(),
                    Kind::Bool(value) => value.to_string(),
                    _ => return Err(key.span.error("a key must be text")),
                };
                if map.iter().any(|(known, _)| known.name == name) {
                    return Err(key.span.error(format!("the key `{name}` stands here twice")));
                }
                map.push((Key { span: key.span, name }, node(source, value, depth + 1)?));
            }
            Kind::Map(map)
        }
    };
    Ok(Node { span, kind })
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Int(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
