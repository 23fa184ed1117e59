//! What can be wrong with a store, said so that an operator knows what to do.

use std::io;
use std::path::{Path, PathBuf};

use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};

use crate::Owner;

/// A store could not be used: which one, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", .path.display())]
pub struct StoreError {
    /// Its file.
    pub path: PathBuf,
    /// Why.
    pub problem: Problem,
}

/// Why a store could not be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The system does not let it be opened.
    #[error("cannot be opened: {0}")]
    Unreadable(io::Error),
    /// Another process has it.
    #[error("is in use by another process; stop that first")]
    InUse,
    /// It is some other file.
    #[error("is no store of dmm; name another file, or move this one away")]
    NotAStore,
    /// It is another node's.
    #[error("is the store of the {found}, not of the {wanted}; give each node a file of its own")]
    Foreign {
        /// Whose it is.
        found: Owner,
        /// Whose it should be.
        wanted: Owner,
    },
    /// It was written by a later version of this program.
    #[error("has version {found}, and this dmm reads version {known}; use the dmm that wrote it")]
    Newer {
        /// Its version.
        found: u64,
        /// The latest version that is known here.
        known: u64,
    },
    /// It is damaged. Nothing of it is used: part of what was promised might be missing.
    #[error(
        "is damaged ({0}), and nothing of it is used; move it away and import the last export (dmm store import), or \
start without"
    )]
    Damaged(String),
    /// There is no room for more.
    #[error("the device is full, and nothing is promised that cannot be written; make room")]
    Full,
    /// It could not be written.
    #[error("cannot be written, and nothing is promised that cannot: {0}")]
    Unwritable(String),
    /// It is there already.
    #[error("is there already; import into a new file")]
    Exists,
    /// What is to be imported is not what an export is.
    #[error("is no export that can be imported: {0}")]
    NotAnExport(String),
}

impl Problem {
    pub(crate) fn at(self, path: &Path) -> StoreError {
        StoreError { path: path.to_owned(), problem: self }
    }

    pub(crate) fn damaged(what: impl ToString) -> Self {
        Self::Damaged(what.to_string())
    }
}

/// While a file is opened and read.
impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            DatabaseError::Storage(error) => error.into(),
            other => Self::damaged(other),
        }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        match error {
            // What redb says of a file whose first octets are not its own.
            StorageError::Io(error) if error.kind() == io::ErrorKind::InvalidData => Self::NotAStore,
            StorageError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Self::damaged(error),
            StorageError::Io(error) => Self::io(error),
            other => Self::damaged(other),
        }
    }
}

impl From<TableError> for Problem {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Storage(error) => error.into(),
            TableError::TableDoesNotExist(_) => Self::NotAStore,
            other => Self::damaged(other),
        }
    }
}

impl From<TransactionError> for Problem {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Storage(error) => error.into(),
            other => Self::damaged(other),
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Storage(error) => error.into(),
            other => Self::damaged(other),
        }
    }
}

impl Problem {
    fn io(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full
            }
            _ => Self::Unreadable(error),
        }
    }

    /// The same while something is written, where damage and a failing device cannot be told apart.
    pub(crate) fn of_writing(self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Unreadable(error) => Self::Unwritable(error.to_string()),
            Self::Damaged(what) => Self::Unwritable(what),
            other => other,
        }
    }
}
