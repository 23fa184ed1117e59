//! `dmm conform fmt`: scripts, libraries and profiles in their one form.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use dmm_conformance::script::fmt::format;
use dmm_conformance::script::span::Source;

use crate::{Exit, Failure};

/// `dmm conform fmt`.
#[derive(Args)]
pub struct FmtArgs {
    /// Files (`*.yaml`), or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Writes nothing, and ends with 1 where a file is not in its form.
    #[arg(long)]
    check: bool,
}

/// Puts files into their form, or says which are not.
pub fn fmt(args: &FmtArgs) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    for path in &args.paths {
        find(path, &mut files)?;
    }
    let mut changed = 0;
    for path in &files {
        let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
        let source = Arc::new(Source { name: path.display().to_string(), text });
        let formatted = format(&source).map_err(Failure::usage)?;
        if formatted == source.text {
            continue;
        }
        changed += 1;
        println!("{}", path.display());
        if !args.check {
            fs::write(path, formatted).map_err(|error| Failure::file(path, error))?;
        }
    }
    println!("{} files, {changed} {}", files.len(), if args.check { "not in their form" } else { "changed" });
    Ok(if args.check && changed > 0 { Exit::FELL_SHORT } else { Exit::OK })
}

fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| Failure::file(path, error))? {
        entries.push(entry.map_err(|error| Failure::file(path, error))?.path());
    }
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "yaml") {
            find(&entry, files)?;
        }
    }
    Ok(())
}
