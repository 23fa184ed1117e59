//! Taking a map apart: each key is asked for once, and a key that nobody asked for is an error with the list of those
//! that would have been right.

use super::span::{LoadError, Span};
use super::yaml::{Key, Kind, Node};

/// A map that is being read.
pub(crate) struct Fields {
    span: Span,
    entries: Vec<(Key, Node)>,
    asked: Vec<&'static str>,
}

impl Fields {
    /// The map's entries; an error names `what` was expected to be a map.
    pub(crate) fn of(node: Node, what: &str) -> Result<Self, LoadError> {
        match node.kind {
            Kind::Map(entries) => Ok(Self { span: node.span, entries, asked: Vec::new() }),
            _ => {
                Err(node.span.error(format!("{what} must be a map of keys, but this is {}", node.describe())))
            }
        }
    }

    /// Where the map starts.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// The value of a key, if it is there.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Node> {
        self.asked.push(name);
        let at = self.entries.iter().position(|(key, _)| key.name == name)?;
        Some(self.entries.remove(at).1)
    }

    /// The value of a key that must be there.
    pub(crate) fn require(&mut self, name: &'static str) -> Result<Node, LoadError> {
        self.take(name).ok_or_else(|| match self.entries.iter().find(|(key, _)| resembles(&key.name, name)) {
            Some((key, _)) => key.span.error(format!("unknown key `{}`: is `{name}` meant?", key.name)),
            None => self.span.error(format!("the key `{name}` is missing")),
        })
    }

    /// The text of a key, if it is there.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, LoadError> {
        self.take(name).map(|node| text(&node, name)).transpose()
    }

    /// The text of a key that must be there.
    pub(crate) fn require_text(&mut self, name: &'static str) -> Result<String, LoadError> {
        text(&self.require(name)?, name)
    }

    /// The items of a list, none where the key is not there.
    pub(crate) fn list(&mut self, name: &'static str) -> Result<Vec<Node>, LoadError> {
        self.take(name).map_or(Ok(Vec::new()), |node| list(node, name))
    }

    /// The entries of a map, none where the key is not there.
    pub(crate) fn map(&mut self, name: &'static str) -> Result<Vec<(Key, Node)>, LoadError> {
        let Some(node) = self.take(name) else { return Ok(Vec::new()) };
        Ok(Self::of(node, &format!("`{name}`"))?.entries)
    }

    /// A truth value, false where the key is not there.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<bool, LoadError> {
        match self.take(name) {
            None => Ok(false),
            Some(Node { kind: Kind::Bool(value), .. }) => Ok(value),
            Some(node) => {
                Err(node.span.error(format!("`{name}` must be true or false, not {}", node.describe())))
            }
        }
    }

    /// Keys that the language has and this engine has not.
    pub(crate) fn refuse(&mut self, names: &[&str]) -> Result<(), LoadError> {
        match self.entries.iter().find(|(key, _)| names.contains(&key.name.as_str())) {
            Some((key, _)) => Err(key.span.unsupported(format!("the key `{}`", key.name))),
            None => Ok(()),
        }
    }

    /// What is left, for maps whose keys are names of something.
    pub(crate) fn rest(&mut self) -> Vec<(Key, Node)> {
        std::mem::take(&mut self.entries)
    }

    /// An error if a key is left.
    pub(crate) fn finish(self) -> Result<(), LoadError> {
        let Some((key, _)) = self.entries.first() else { return Ok(()) };
        Err(key.span.error(format!("unknown key `{}`, expected one of: {}", key.name, self.asked.join(", "))))
    }
}

/// Whether a key could be a misspelling of another: the same letters in another order, or all but one of them.
fn resembles(key: &str, name: &str) -> bool {
    let mut rest: Vec<char> = name.chars().collect();
    let mut strange = 0;
    for letter in key.chars() {
        match rest.iter().position(|other| *other == letter) {
            Some(at) => drop(rest.remove(at)),
            None => strange += 1,
        }
    }
    name.len() > 2 && strange + rest.len() <= 1
}

/// The text of a node.
pub(crate) fn text(node: &Node, what: &str) -> Result<String, LoadError> {
    match node.text() {
        Some(text) => Ok(text.to_string()),
        None => Err(node.span.error(format!("`{what}` must be text, but this is {}", node.describe()))),
    }
}

/// The items of a list.
pub(crate) fn list(node: Node, what: &str) -> Result<Vec<Node>, LoadError> {
    match node.kind {
        Kind::List(items) => Ok(items),
        _ => Err(node.span.error(format!("`{what}` must be a list, but this is {}", node.describe()))),
    }
}

/// The texts of a list.
pub(crate) fn texts(items: &[Node], what: &str) -> Result<Vec<String>, LoadError> {
    items.iter().map(|item| text(item, what)).collect()
}

/// A whole number that fits.
pub(crate) fn number<T: TryFrom<i128>>(node: &Node, what: &str) -> Result<T, LoadError> {
    let value = match node.kind {
        Kind::Int(value) => T::try_from(value).ok(),
        _ => None,
    };
    value.ok_or_else(|| {
        node.span.error(format!("`{what}` must be a number that fits, not {}", node.describe()))
    })
}

/// Octets as hexadecimal text: `de ad be ef`.
pub(crate) fn hex(node: &Node, what: &str) -> Result<Vec<u8>, LoadError> {
    let wrong = || node.span.error(format!("`{what}` must be octets in hexadecimal, as in \"de ad 01\""));
    parse_hex(node.text().ok_or_else(wrong)?).ok_or_else(wrong)
}

/// Octets of hexadecimal text, with blanks, colons or nothing between them.
pub(crate) fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| Some((pair[0].to_digit(16)? << 4 | pair[1].to_digit(16)?) as u8)).collect()
}
