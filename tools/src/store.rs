//! `dmm store`: what a node has kept, as JSON and back, and whether it can be read.

use std::path::{Path, PathBuf};

use dmm_store::{FileStore, StoreError, export, import};

use crate::{Exit, Failure};

/// Shown with `--help`.
pub const EXAMPLES: &str = "Stop the node first: a store is one process's.\n\nExamples:\n  \
dmm store check /var/lib/dmm/cmd.redb\n  \
dmm store export /var/lib/dmm/cmd.redb > cmd.json\n  \
dmm store import /var/lib/dmm/new.redb cmd.json\n  \
ssh old dmm store export cmd.redb | dmm store import cmd.redb -\n\n\
Exit codes: 0 done, 1 the store cannot be used, 2 the export cannot be read.";

/// What to do with a store.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum StoreCommand {
    /// Reads all of a store and says what it has, or why it cannot be used.
    Check {
        /// The store.
        store: PathBuf,
    },
    /// Prints a store as JSON.
    Export {
        /// The store.
        store: PathBuf,
    },
    /// Makes a new store of what was exported.
    Import {
        /// The store; not there yet.
        store: PathBuf,
        /// The export; `-` is standard input.
        export: PathBuf,
    },
}

/// Does it.
pub fn run(command: &StoreCommand) -> Result<Exit, Failure> {
    match command {
        StoreCommand::Check { store } => {
            let owner = FileStore::owner_of(store).map_err(unusable)?;
            let records =
                FileStore::open(store, owner).and_then(|store| store.records()).map_err(unusable)?;
            crate::print(&format!("{}: of the {owner}, {} mobile node(s)\n", store.display(), records.len()))
        }
        StoreCommand::Export { store } => crate::print(&export(store).map_err(unusable)?),
        StoreCommand::Import { store, export } => {
            let json =
                read(export).map_err(|error| Failure::usage(format!("{}: {error}", export.display())))?;
            let (owner, mobiles) = import(store, export, &json).map_err(|error| match error {
                StoreError { ref path, .. } if path == export => Failure::usage(error),
                error => unusable(error),
            })?;
            crate::print(&format!("{}: of the {owner}, {mobiles} mobile node(s)\n", store.display()))
        }
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    }
}

fn unusable(error: StoreError) -> Failure {
    Failure { message: error.to_string(), exit: Exit::FELL_SHORT }
}
