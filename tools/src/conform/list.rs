//! `dmm conform list`: which cases there are.

use std::path::PathBuf;

use clap::Args;
use dmm_conformance::{Catalogue, Suite};

use super::requirements;
use crate::{Exit, Failure};

/// `dmm conform list`.
#[derive(Args)]
pub struct ListArgs {
    /// Scripts (`*.test.yaml`), or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The requirement catalogue.
    #[arg(long)]
    requirements: Option<PathBuf>,
    /// One JSON array.
    #[arg(long)]
    json: bool,
}

/// Lists the cases.
pub fn list(args: &ListArgs) -> Result<Exit, Failure> {
    let catalogue =
        Catalogue::load(&[requirements(args.requirements.as_deref())?]).map_err(Failure::usage)?;
    let suite = Suite::load(&args.paths, &catalogue).map_err(Failure::usage)?;
    if args.json {
        let cases: Vec<_> = suite
            .cases
            .iter()
            .map(|case| {
                let requirements: Vec<_> = case.requirements.iter().map(|id| id.value.as_str()).collect();
                serde_json::json!({
                    "id": case.id.value,
                    "title": case.title,
                    "at": case.id.span.to_string(),
                    "requirements": requirements,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&cases).map_err(Failure::bench)?);
    } else {
        for case in &suite.cases {
            println!("{:<20} {}\n{:<20} {}", case.id.value, case.title, "", case.id.span);
        }
    }
    for warning in &suite.warnings.0 {
        eprintln!("{warning}");
    }
    Ok(if suite.cases.is_empty() { Exit(5) } else { Exit::OK })
}
