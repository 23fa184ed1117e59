//! `dmm conform schema`: the published JSON Schemas, for editors and for readers of results.

use clap::Args;
use dmm_conformance::report::json;
use dmm_conformance::script::{page, schema};

use crate::{Exit, Failure, print};

/// `dmm conform schema`.
#[derive(Args)]
pub struct SchemaArgs {
    /// Of which files.
    of: Of,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    /// The JSON document of a run.
    Results,
    /// `*.test.yaml`.
    Test,
    /// `*.lib.yaml`.
    Lib,
    /// `*.iut.yaml`.
    Iut,
}

/// Prints the reference page of the language.
pub fn reference() -> Result<Exit, Failure> {
    print(&page::page())
}

/// Prints a schema.
pub fn schema(args: &SchemaArgs) -> Result<Exit, Failure> {
    let said = match args.of {
        Of::Results => json::schema().to_value(),
        Of::Test => schema::test(),
        Of::Lib => schema::library(),
        Of::Iut => schema::profile(),
    };
    print(&(serde_json::to_string_pretty(&said).map_err(Failure::bench)? + "\n"))
}
