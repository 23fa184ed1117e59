//! The files that a run leaves in its folder: a page, the JSON behind it, and a capture and a ladder per case.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dmm_conformance::evidence::file_names;
use dmm_conformance::report::json::Document;
use dmm_conformance::report::{html, ladder};

use super::{Judged, journal};
use crate::Failure;

/// The page of a run.
pub(super) const PAGE: &str = "index.html";
/// The JSON document of a run.
pub(super) const DOCUMENT: &str = "report.json";

/// Every file of a run by its name.
pub fn evidence(judged: &Judged, strict: bool) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let document = Document::of(&judged.report(strict));
    let mut files = BTreeMap::new();
    let names = file_names(judged.cases.iter().map(|case| case.name.as_str()));
    for (case, name) in judged.cases.iter().zip(names).filter(|(case, _)| !case.capture.is_empty()) {
        files.insert(format!("{name}.pcapng"), case.capture.clone());
        files.insert(format!("{name}.svg"), ladder::file(case).into_bytes());
    }
    files.insert(PAGE.to_owned(), html::page(&document).into_bytes());
    files.insert(DOCUMENT.to_owned(), document.to_json().map_err(Failure::bench)?.into_bytes());
    Ok(files)
}

/// Writes the files of a run into a folder, whose journal has no use any more if nothing is left to run; returns the page's path.
pub fn write_evidence(judged: &Judged, strict: bool, folder: &Path) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    for (name, octets) in evidence(judged, strict)? {
        let path = folder.join(name);
        fs::write(&path, octets).map_err(|error| Failure::file(&path, error))?;
    }
    if judged.not_run() == 0 {
        journal::end(folder)?;
    }
    Ok(folder.join(PAGE))
}
