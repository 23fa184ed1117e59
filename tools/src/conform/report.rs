//! `dmm conform report`: the reports of a run, made again from its JSON document.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use dmm_conformance::report::json::Document;
use dmm_conformance::report::{html, junit, tap};

use crate::{Exit, Failure};

/// What `dmm conform report --help` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  dmm conform report out/report/report.json                       the page beside it
  dmm conform report results.json --html page.html --junit junit.xml --tap results.tap";

/// `dmm conform report`.
#[derive(Args)]
pub struct ReportArgs {
    /// The JSON document of a run.
    document: PathBuf,
    #[command(flatten)]
    outputs: Outputs,
    /// Where the page goes; beside the document if nothing is asked for.
    #[arg(long)]
    html: Option<PathBuf>,
}

/// Reports for programs.
#[derive(Args)]
pub(super) struct Outputs {
    /// Where JUnit XML goes.
    #[arg(long)]
    pub(super) junit: Option<PathBuf>,
    /// Where TAP version 14 goes.
    #[arg(long)]
    pub(super) tap: Option<PathBuf>,
}

impl Outputs {
    pub(super) fn write(&self, document: &Document<'_>) -> Result<(), Failure> {
        if let Some(path) = &self.junit {
            write(path, &junit::junit(document).map_err(Failure::bench)?)?;
        }
        if let Some(path) = &self.tap {
            write(path, &tap::tap(document))?;
        }
        Ok(())
    }
}

/// Makes the reports, and ends as the run did.
pub fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let document = read(&args.document)?;
    args.outputs.write(&document)?;
    let beside = args.document.with_extension("html");
    let nothing_asked = args.outputs.junit.is_none() && args.outputs.tap.is_none();
    if let Some(path) = args.html.as_ref().or(nothing_asked.then_some(&beside)) {
        write(path, &html::page(&document))?;
        println!("{}", path.display());
    }
    Ok(Exit(document.exit_code))
}

/// Reads the document of a run.
pub(super) fn read(path: &Path) -> Result<Document<'static>, Failure> {
    let text =
        fs::read_to_string(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    Document::from_json(&text).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Writes a report.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::file(path, error))
}
