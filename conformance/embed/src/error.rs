//! What can be wrong with a library.

use std::path::PathBuf;

/// A library cannot be used, or has broken the interface.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The system cannot load it.
    #[error("{}: cannot be loaded: {why}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// The loader's words.
        why: String,
    },
    /// It has no entry.
    #[error("{}: exports no function `dmm_iut`: is it a stack with dmm_iut.h?", path.display())]
    NoEntry {
        /// The file.
        path: PathBuf,
    },
    /// What it exports is not what the interface says.
    #[error("{name}: {what}")]
    Table {
        /// The library.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// It makes no stack.
    #[error("{0}: `create` returned NULL: the stack cannot be what this case needs")]
    NotCreated(String),
    /// A text cannot be handed over.
    #[error("`{0}` has a zero in it, and cannot be handed to a library")]
    Zero(String),
    /// It has broken the interface while it ran.
    #[error("{name}: `{function}` {what}")]
    Broken {
        /// The library.
        name: String,
        /// Which of its functions.
        function: &'static str,
        /// How.
        what: String,
    },
}
