//! A store as JSON: to read, to keep elsewhere, to carry to another machine. Points in time are nanoseconds since 1970-01-01
//! 00:00 UTC; time stamps are as in their option, 48.16 fixed point.
//!
//! ```json
//! {"format": "dmm-store", "version": 1, "node": {"role": "cmd", "address": "2001:db8:c0::cd"},
//!  "records": [{"mn": {"nai": "mn1@example.org"}, "session": {"binding": {"serving": …}, "farewells": []}}]}
//! ```

use std::path::Path;

use dmm_codec::{MnIdSubtype, MnIdentifier};
use dmm_proto::record::{Record, octets};
use dmm_proto::{Write, WriteId};
use serde::{Deserialize, Serialize};

use crate::{FileStore, Owner, Problem, StoreError, VERSION};

/// What an export says it is.
pub const FORMAT: &str = "dmm-store";

#[derive(Serialize, Deserialize)]
struct Export {
    format: String,
    version: u64,
    node: Owner,
    records: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    mn: Name,
    #[serde(flatten)]
    record: Record,
}

/// A mobile node's identifier: most are NAIs.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    Nai(String),
    Other {
        subtype: u8,
        #[serde(with = "octets")]
        identifier: Vec<u8>,
    },
}

impl From<MnIdentifier> for Name {
    fn from(mn: MnIdentifier) -> Self {
        let MnIdentifier { subtype, identifier } = mn;
        match String::from_utf8(identifier) {
            Ok(nai) if subtype == MnIdSubtype::NAI => Self::Nai(nai),
            Ok(text) => Self::Other { subtype: subtype.0, identifier: text.into_bytes() },
            Err(error) => Self::Other { subtype: subtype.0, identifier: error.into_bytes() },
        }
    }
}

impl From<Name> for MnIdentifier {
    fn from(name: Name) -> Self {
        match name {
            Name::Nai(nai) => Self::nai(&nai),
            Name::Other { subtype, identifier } => Self { subtype: MnIdSubtype(subtype), identifier },
        }
    }
}

/// The store in a file as JSON. The file must be nobody's at the moment.
pub fn export(path: &Path) -> Result<String, StoreError> {
    let node = FileStore::owner_of(path)?;
    let records = FileStore::open(path, node)?.records()?;
    let records = records.into_iter().map(|(mn, record)| Entry { mn: mn.into(), record }).collect();
    let export = Export { format: FORMAT.to_owned(), version: VERSION, node, records };
    let json = serde_json::to_string_pretty(&export).expect("an export is plain values");
    Ok(json + "\n")
}

/// Makes a store of JSON: whose it is, and how many mobile nodes it has. `from` is what errors about the JSON name.
pub fn import(path: &Path, from: &Path, json: &str) -> Result<(Owner, usize), StoreError> {
    let wrong = |what: &dyn ToString| Problem::NotAnExport(what.to_string()).at(from);
    let export: Export = serde_json::from_str(json).map_err(|error| wrong(&error))?;
    if export.format != FORMAT {
        return Err(wrong(&format!("its format is {:?}, not {FORMAT:?}", export.format)));
    }
    if export.version > VERSION {
        return Err(Problem::Newer { found: export.version, known: VERSION }.at(from));
    }
    if let Some(entry) = export.records.iter().find(|entry| !export.node.role.keeps(&entry.record)) {
        let mn = MnIdentifier::from(Name::from(entry));
        return Err(wrong(&format!("the record of {mn} is not one of a {}", export.node.role)));
    }
    if path.exists() {
        return Err(Problem::Exists.at(path));
    }
    let (node, count) = (export.node, export.records.len());
    let writes = (0..).zip(export.records).map(|(id, entry)| Write {
        id: WriteId(id),
        mn: entry.mn.into(),
        record: Some(entry.record),
    });
    FileStore::open(path, node)?.write(&writes.collect::<Vec<_>>())?;
    Ok((node, count))
}

impl From<&Entry> for Name {
    fn from(entry: &Entry) -> Self {
        match &entry.mn {
            Self::Nai(nai) => Self::Nai(nai.clone()),
            Self::Other { subtype, identifier } => {
                Self::Other { subtype: *subtype, identifier: identifier.clone() }
            }
        }
    }
}
