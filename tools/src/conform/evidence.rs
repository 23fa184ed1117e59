//! The files that a run leaves in its folder: a page, the JSON behind it, and a capture and a ladder per case.

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

/// Writes the files of a run into a folder, whose journal has no use any more if nothing is left to run; returns the page's path.
/// A capture that the journal has put there already is not written once more.
pub fn write_evidence(judged: &Judged, strict: bool, folder: &Path) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    let write = |name: &str, octets: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, octets).map_err(|error| Failure::file(&path, error))
    };
    let names = file_names(judged.cases.iter().map(|case| case.name.as_str()));
    for (case, name) in judged.cases.iter().zip(names).filter(|(case, _)| !case.capture.is_empty()) {
        if !judged.kept.as_ref().is_some_and(|kept| kept.has(folder, &case.name, &name)) {
            write(&capture_name(&name), &case.capture)?;
        }
        write(&format!("{name}.svg"), ladder::file(case).as_bytes())?;
    }
    let document = Document::of(&judged.report(strict));
    write(PAGE, html::page(&document).as_bytes())?;
    write(DOCUMENT, document.to_json().map_err(Failure::bench)?.as_bytes())?;
    if judged.not_run() == 0 {
        journal::end(folder)?;
    }
    Ok(folder.join(PAGE))
}

/// The file of a case's capture, by the name that its files have.
pub(super) fn capture_name(name: &str) -> String {
    format!("{name}.pcapng")
}
