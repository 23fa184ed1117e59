//! Finds Wireshark, puts the plugin where it looks, and runs tshark with it. Tests and tools run the plugin through
//! this, so what is tested is loaded the way a user's Wireshark loads it.

mod folders;
mod profile;
mod stage;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub use folders::{Done, Installed, install, installed_at, uninstall};
pub use profile::{PROFILE, Profile};
pub use stage::Stage;

/// The plugin's file name where Wireshark finds it.
pub const PLUGIN: &str = "dmm.so";
/// What cargo calls the plugin.
pub const BUILT: &str = "libdmm_dissector.so";

/// What stands between a user and a dissected packet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WiresharkError {
    /// There is no tshark.
    #[error("tshark is not there ({0}): install it (Debian, Ubuntu: apt install tshark)")]
    Missing(#[source] std::io::Error),
    /// It answers in an unknown way.
    #[error("tshark does not say its version: {0:?}")]
    Version(String),
    /// It failed.
    #[error("tshark {arguments}: {status}\n{errors}")]
    Failed {
        /// What it was asked.
        arguments: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said.
        errors: String,
    },
    /// A file could not be written, read or removed.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// For root, Wireshark loads no plugins of the user.
    #[error("Wireshark loads no personal plugins for root: run this as the user who runs Wireshark")]
    Root,
    /// It does not say where it looks.
    #[error("tshark -G folders names no folder for personal plugins:\n{0}")]
    NoFolder(String),
}

/// A tshark on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tshark {
    /// `4.0` of 4.0.17: plugins are for a minor version.
    pub minor: String,
    /// `4.0.17`.
    pub version: String,
}

impl Tshark {
    /// Finds it on the path.
    pub fn find() -> Result<Self, WiresharkError> {
        Self::at(Path::new("tshark"))
    }

    /// Asks this program.
    fn at(program: &Path) -> Result<Self, WiresharkError> {
        let output = run(Command::new(program).arg("--version"))?;
        // `TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged as 4.0.17-0+deb12u1).`
        let version = output.split_whitespace().nth(2).unwrap_or_default().trim_end_matches('.');
        let mut parts = version.split('.');
        match (parts.next(), parts.next()) {
            (Some(major), Some(minor)) if major.parse::<u32>().is_ok() => {
                Ok(Self { minor: format!("{major}.{minor}"), version: version.to_owned() })
            }
            _ => Err(WiresharkError::Version(output.lines().next().unwrap_or_default().to_owned())),
        }
    }
}

/// Runs a command to its end and gives what it printed.
fn run(command: &mut Command) -> Result<String, WiresharkError> {
    let output = command.stdin(Stdio::null()).output().map_err(WiresharkError::Missing)?;
    let Output { status, stdout, stderr } = output;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let arguments: Vec<_> =
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let errors = String::from_utf8_lossy(&stderr).into_owned();
    Err(WiresharkError::Failed { arguments: arguments.join(" "), status, errors })
}

/// Whether this process runs as root, for whom Wireshark ignores plugins that are not installed system-wide.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn file_error(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> WiresharkError + '_ {
    move |source| WiresharkError::File { path: path.to_owned(), source }
}
