//! What is wrong with a configuration, and where.

use std::fmt;
use std::sync::Arc;

/// The text of a configuration, under the name that it is reported with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// An operator's mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    source: Arc<Source>,
    /// Counted from 1; 0 is the file as a whole.
    line: usize,
    column: usize,
    what: String,
}

impl ConfigError {
    pub(crate) fn new(source: &Arc<Source>, at: serde_saphyr::Location, what: String) -> Self {
        let (line, column) = (at.line() as usize, at.column() as usize);
        Self { source: Arc::clone(source), line, column, what }
    }

    pub(crate) fn file(source: &Arc<Source>, what: String) -> Self {
        Self { source: Arc::clone(source), line: 0, column: 0, what }
    }
}

/// ```text
/// cmd.yaml:6:1: unknown key `maar`; is `maars` meant?
///   6 | maar:
///     | ^
/// ```
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, line, column, what } = self;
        if *line == 0 {
            return write!(f, "{}: {what}", source.name);
        }
        let text = source.text.lines().nth(line - 1).unwrap_or_default();
        // A tab stays a tab before the mark, so that the mark stands below its character in any terminal.
        let before = text.chars().take(column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{}:{line}:{column}: {what}", source.name)?;
        writeln!(f, "  {number} | {text}")?;
        write!(f, "  {margin} | {indent}^")
    }
}

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
