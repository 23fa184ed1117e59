//! What the `dmm` command is made of. A library, so that tests run the commands' parts as the command does.

pub mod captures;
pub mod conform;
pub mod ctl;
pub mod decode;
pub mod demo;
pub mod embedded;
pub mod journey;
pub mod lab;
pub mod lint;
pub mod node;
pub mod noise;
pub mod oracle;
pub mod page;
pub mod plugin;
pub mod progress;
pub mod reference;
pub mod sim;
mod stop;
pub mod store;
pub mod traffic;
pub mod virtual_wire;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How a command ended, as its exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// All is well.
    pub const OK: Self = Self(0);
    /// What was checked fell short.
    pub const FELL_SHORT: Self = Self(1);
    /// The command was used wrongly, or a file given to it cannot be read.
    pub const USAGE: Self = Self(2);
    /// The bench or the machine is at fault.
    pub const BENCH: Self = Self(3);
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// A command that could not be carried out: what, and how it ends.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What went wrong and what to do about it.
    pub message: String,
    /// How the command ends.
    pub exit: Exit,
}

impl Failure {
    /// The machine or the bench is at fault.
    pub fn bench(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), exit: Exit::BENCH }
    }

    /// What the user gave is at fault.
    pub fn usage(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), exit: Exit::USAGE }
    }

    /// A file could not be read or written.
    pub fn file(path: &Path, error: impl std::fmt::Display) -> Self {
        Self::bench(format!("{}: {error}", path.display()))
    }
}

/// Prints to standard output. A reader of it that has seen enough is no failure.
pub(crate) fn print(said: &str) -> Result<Exit, Failure> {
    match io::stdout().lock().write_all(said.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::bench(format!("standard output: {error}")))
        }
        _ => Ok(Exit::OK),
    }
}

/// A file or folder of this project, looked for where the command was started and beside the program itself
/// (`target/release/dmm` is two folders below the checkout).
pub fn project_path(relative: &str) -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(|program| program.ancestors().nth(3));
    let places = [Some(Path::new("")), beside].into_iter().flatten().map(|root| root.join(relative));
    places.clone().find(|path| path.exists()).ok_or_else(|| {
        let tried: Vec<_> = places.map(|path| path.display().to_string()).collect();
        Failure::usage(format!(
            "`{relative}` is not there (tried {}): start dmm in a checkout",
            tried.join(" and ")
        ))
    })
}
