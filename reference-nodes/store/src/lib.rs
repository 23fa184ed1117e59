//! What a reference node keeps beyond its own life: in a file that survives `kill -9`, or nowhere, and as JSON for people.
//! It knows records and files; it knows no message, no timer and no socket.
//!
//! ```text
//! node ──Output::Persist──▶ Writer ──one transaction for all that wait──▶ Store ──Done──▶ Input::Persisted ──▶ node
//! ```

mod error;
mod file;
mod json;
mod writer;

use std::fmt;
use std::net::Ipv6Addr;
use std::path::Path;

use dmm_codec::MnIdentifier;
use dmm_proto::Write;
use dmm_proto::record::{BceRecord, MobileRecord, Record, SessionRecord};
use serde::{Deserialize, Serialize};

pub use error::{Problem, StoreError};
pub use file::{FileStore, VERSION, octets};
pub use json::{FORMAT, export, import};
pub use writer::{Done, Writer};

/// What kind of node a store belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A CMD.
    Cmd,
    /// A MAAR.
    Maar,
    /// An LMA.
    Lma,
}

impl Role {
    /// Whether a node of this kind keeps such a record. One CMD can serve MAGs today and none tomorrow.
    pub fn keeps(self, record: &Record) -> bool {
        match self {
            Self::Cmd => matches!(record, Record::Session(_) | Record::Mixed(_)),
            Self::Maar => matches!(record, Record::Mobile(_)),
            Self::Lma => matches!(record, Record::Bce(_)),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cmd => "CMD",
            Self::Maar => "MAAR",
            Self::Lma => "LMA",
        })
    }
}

/// Whose store it is. What one node has promised is no other's to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// What kind of node.
    pub role: Role,
    /// Its address.
    pub address: Ipv6Addr,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.role, self.address)
    }
}

/// Where a node keeps what it has promised.
#[derive(Debug)]
pub enum Store {
    /// Nowhere: for the lab. A node with it is not configured to be durable, and orders no writes.
    Memory,
    /// In a file.
    File(FileStore),
}

impl Store {
    /// Opens the store of a node, or makes it.
    pub fn open(path: &Path, owner: Owner) -> Result<Self, StoreError> {
        FileStore::open(path, owner).map(Self::File)
    }

    /// Opens it anew, as the next start of its node would.
    pub fn reopen(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Memory => Ok(()),
            Self::File(file) => file.reopen(),
        }
    }

    /// All that was written and is to be kept.
    pub fn records(&self) -> Result<Vec<(MnIdentifier, Record)>, StoreError> {
        match self {
            Self::Memory => Ok(Vec::new()),
            Self::File(file) => file.records(),
        }
    }

    /// Makes writes durable, all of them or none.
    pub fn write(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        match self {
            Self::Memory => Ok(()),
            Self::File(file) => file.write(writes),
        }
    }
}

/// The records of a CMD's store, for [`Cmd::restore`](dmm_proto::Cmd::restore).
pub fn sessions(records: Vec<(MnIdentifier, Record)>) -> impl Iterator<Item = (MnIdentifier, SessionRecord)> {
    records.into_iter().filter_map(|(mn, record)| match record {
        Record::Session(session) => Some((mn, session)),
        Record::Mixed(both) => Some((mn, both.session?)),
        Record::Mobile(_) | Record::Bce(_) => None,
    })
}

/// The records of a MAAR's store, for [`Maar::restore`](dmm_proto::Maar::restore).
pub fn mobiles(records: Vec<(MnIdentifier, Record)>) -> impl Iterator<Item = (MnIdentifier, MobileRecord)> {
    records.into_iter().filter_map(|(mn, record)| match record {
        Record::Mobile(mobile) => Some((mn, mobile)),
        Record::Session(_) | Record::Bce(_) | Record::Mixed(_) => None,
    })
}

/// The records of the store of an LMA, or of a CMD that is one too, for [`Lma::restore`](dmm_proto::legacy::Lma::restore).
pub fn bces(records: Vec<(MnIdentifier, Record)>) -> impl Iterator<Item = (MnIdentifier, BceRecord)> {
    records.into_iter().filter_map(|(mn, record)| match record {
        Record::Bce(bce) => Some((mn, bce)),
        Record::Mixed(both) => Some((mn, both.bce?)),
        Record::Session(_) | Record::Mobile(_) => None,
    })
}
