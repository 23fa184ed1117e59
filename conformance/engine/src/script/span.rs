//! Where something stands in a script, and what is wrong there.

use std::fmt;
use std::sync::Arc;

use crate::record::Snippet;

/// The text of one file, under the name that it is reported with.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Name as given: `cmd/reg-001.test.yaml`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Most lines of a snippet behind its first.
const LONGEST_SNIPPET: usize = 30;

/// A place in a file, counted from 1; line 0 is the file as a whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub source: Arc<Source>,
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl Span {
    /// The file as a whole.
    pub fn file(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), line: 0, column: 0 }
    }

    /// Something wrong here.
    pub fn error(&self, what: impl Into<String>) -> LoadError {
        LoadError { span: self.clone(), what: what.into() }
    }

    /// The lines of what starts here: those that are indented deeper than its first.
    pub fn snippet(&self) -> Snippet {
        let all: Vec<&str> = self.source.text.lines().collect();
        let first = self.line.saturating_sub(1).min(all.len());
        let indent = |line: &str| line.len() - line.trim_start().len();
        let own = all.get(first).map_or(0, |line| indent(line));
        let behind = all.iter().skip(first + 1).take_while(|line| indent(line) > own).count();
        let last = (first + 1 + behind.min(LONGEST_SNIPPET)).min(all.len());
        let lines = all[first..last].iter().map(|line| (*line).to_string()).collect();
        Snippet { file: self.source.name.clone(), line: self.line, lines }
    }

    /// Something that the language has and this engine has not.
    pub fn unsupported(&self, what: impl fmt::Display) -> LoadError {
        self.error(format!("not supported yet: {what}"))
    }
}

/// `cmd/reg-001.test.yaml:37`, which editors and terminals follow.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.source.name),
            line => write!(f, "{}:{line}", self.source.name),
        }
    }
}

/// Without the text of the file, which would be printed with every node.
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}:{}", self.column)
    }
}

/// A script that cannot be run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// Where.
    pub span: Span,
    /// What is wrong, and what to do.
    pub what: String,
}

impl std::error::Error for LoadError {}

/// ```text
/// error: unknown key `flgas`, expected one of: flags, options
///   --> reg-001.test.yaml:6:7
///    |
///  6 |       flgas: [D]
///    |       ^
/// ```
impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { source, line, column } = &self.span;
        writeln!(f, "error: {}", self.what)?;
        if *line == 0 {
            return write!(f, "  --> {}", source.name);
        }
        let text = source.text.lines().nth(line - 1).unwrap_or_default();
        // A tab stays a tab before the mark, so that the mark stands below its character in any terminal.
        let before = text.chars().take(column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, " {margin}--> {}:{line}:{column}", source.name)?;
        writeln!(f, " {margin} |")?;
        writeln!(f, " {number} | {text}")?;
        write!(f, " {margin} | {indent}^")
    }
}

/// Everything that is wrong with a set of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadErrors(pub Vec<LoadError>);

impl LoadErrors {
    /// The value, unless something was wrong.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Takes those that are not among these yet: what is shared is wrong once.
    pub fn extend_new(&mut self, other: Self) {
        for error in other.0 {
            if !self.0.contains(&error) {
                self.0.push(error);
            }
        }
    }

    /// Takes the value out of a result and keeps the error.
    pub fn keep<T>(&mut self, result: Result<T, LoadError>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }
}

impl From<LoadError> for LoadErrors {
    fn from(error: LoadError) -> Self {
        Self(vec![error])
    }
}

impl std::error::Error for LoadErrors {}

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if i == 0 { "" } else { "\n\n" })?;
        }
        Ok(())
    }
}
