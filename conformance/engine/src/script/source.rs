//! The files that scripts and catalogues are read from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::span::{LoadErrors, Source, Span};

/// The files below a folder whose names end so, in the order of their names; a file is itself.
pub(crate) fn files(path: &Path, suffix: &str) -> Result<Vec<PathBuf>, LoadErrors> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    let unreadable = |error: std::io::Error| missing(path, &error.to_string());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.to_str().is_some_and(|name| name.ends_with(suffix)) {
            found.extend(files(&entry, suffix)?);
        }
    }
    Ok(found)
}

/// A file as a source.
pub(crate) fn read(path: &Path) -> Result<Arc<Source>, LoadErrors> {
    let text = std::fs::read_to_string(path).map_err(|error| missing(path, &error.to_string()))?;
    Ok(Arc::new(Source { name: path.display().to_string(), text }))
}

fn missing(path: &Path, why: &str) -> LoadErrors {
    let source = Arc::new(Source { name: path.display().to_string(), text: String::new() });
    Span::file(&source).error(format!("cannot be read: {why}")).into()
}
