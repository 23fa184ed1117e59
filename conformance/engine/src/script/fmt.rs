//! The one form of a script: keys of the file in the order in which they are read, and no white space that says nothing.
//! Comments stay with what they stand before. What a file says is never changed.

use std::sync::Arc;

use super::span::{LoadError, Source};
use super::yaml::{Kind, Node, parse};

/// Keys of all kinds of files in the order in which a reader wants them.
const ORDER: &[&str] = &[
    "dmm",
    "id",
    "title",
    "name",
    "vendor",
    "version",
    "source",
    "purpose",
    "requirements",
    "roles",
    "iut",
    "applies_if",
    "when",
    "tags",
    "testers",
    "mobiles",
    "include",
    "exclusive",
    "unexpected",
    "params",
    "cases",
    "variants",
    "runs",
    "preamble",
    "stimulus",
    "steps",
    "postamble",
    "templates",
    "procedures",
    "pics",
    "pixit",
    "addr",
    "access",
    "tester",
    "triggers",
    "waivers",
];

/// The text of a file in its one form.
///
/// # Errors
/// When it is no YAML that can be read, or would say something else in that form.
pub fn format(source: &Arc<Source>) -> Result<String, LoadError> {
    let before = parse(source)?;
    let Kind::Map(entries) = &before.kind else { return Err(before.span.error("a file is a map of keys")) };
    let text = source.text.replace("\r\n", "\n");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut blocks = Vec::new();
    for (at, (key, _)) in entries.iter().enumerate() {
        let first = with_comments(&lines, key.span.line.saturating_sub(1));
        let behind = entries
            .get(at + 1)
            .map_or(lines.len(), |(next, _)| with_comments(&lines, next.span.line.saturating_sub(1)));
        let block = lines.get(first..behind);
        blocks.push((
            key.name.as_str(),
            block.ok_or_else(|| key.span.error("several keys stand in one line"))?,
        ));
    }
    let start = entries.first().map_or(0, |(key, _)| with_comments(&lines, key.span.line.saturating_sub(1)));
    let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    blocks.sort_by_key(|(name, _)| place(name));
    let all = lines[..start].iter().chain(blocks.iter().flat_map(|(_, block)| block.iter()));
    let mut formatted = String::new();
    let mut blank = true;
    for line in all {
        // One blank line is a mark, two are an accident; at the begin and at the end there is nothing to mark.
        if !(line.is_empty() && blank) {
            formatted += line;
            formatted.push('\n');
        }
        blank = line.is_empty();
    }
    let formatted = formatted.trim_end().to_string() + "\n";
    let again = Arc::new(Source { name: source.name.clone(), text: formatted.clone() });
    let after = parse(&again)?;
    if says(&before) == says(&after) {
        Ok(formatted)
    } else {
        Err(before
            .span
            .error("it would say something else in its one form: white space is part of a text here"))
    }
}

/// The first of the lines of comment that stand right before a line.
fn with_comments(lines: &[&str], line: usize) -> usize {
    let comments = lines[..line.min(lines.len())].iter().rev().take_while(|line| line.starts_with('#'));
    line - comments.count()
}

/// What a node says, without where it stands.
fn plain(node: &Node) -> String {
    match &node.kind {
        Kind::Map(entries) => {
            let entries = entries.iter().map(|(key, node)| format!("{:?}: {}", key.name, plain(node)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Kind::List(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

/// What a file says, whatever the order of its keys.
fn says(node: &Node) -> Option<Vec<(&str, String)>> {
    let Kind::Map(entries) = &node.kind else { return None };
    let mut said: Vec<_> = entries.iter().map(|(key, node)| (key.name.as_str(), plain(node))).collect();
    said.sort();
    Some(said)
}
