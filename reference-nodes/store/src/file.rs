//! A store in a file, by redb: whole transactions or nothing, checksums over every page, one process at a time.

use std::fmt;
use std::path::{Path, PathBuf};

use dmm_codec::{MnIdSubtype, MnIdentifier};
use dmm_proto::Write;
use dmm_proto::record::Record;
use redb::{Builder, Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use crate::{Owner, Problem, StoreError};

/// The version of what is in the tables. A change of any record's form is another version.
pub const VERSION: u64 = 1;

/// Whose store it is, and its version: texts.
const META: TableDefinition<'_, &str, &str> = TableDefinition::new("dmm store");
/// Records by mobile node: the subtype's octet and the identifier; postcard.
const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");

/// A store in a file.
pub struct FileStore {
    path: PathBuf,
    owner: Owner,
    open: Opener,
    /// Nothing after a write that failed: it is opened again before the next.
    database: Option<Database>,
}

/// Opens the file that a store is in.
type Opener = Box<dyn Fn(&Builder, &Path) -> Result<Database, DatabaseError> + Send>;

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("path", &self.path)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

impl FileStore {
    /// Opens the store of a node, or makes it. Every page is checked: what is damaged is not used.
    pub fn open(path: &Path, owner: Owner) -> Result<Self, StoreError> {
        Self::open_by(path, owner, Box::new(|builder, path| builder.create(path)))
    }

    /// Opens it where the file is to be opened in another way: for tests of what a device may do.
    pub fn open_by(path: &Path, owner: Owner, open: Opener) -> Result<Self, StoreError> {
        let mut store = Self { path: path.to_owned(), owner, open, database: None };
        store.reopen()?;
        Ok(store)
    }

    /// Opens it anew, as the next start of its node would.
    pub fn reopen(&mut self) -> Result<(), StoreError> {
        // There is one at a time.
        self.database = None;
        self.database = Some(self.start().map_err(|problem| problem.at(&self.path))?);
        // Whoever starts with it needs all of it, so that all of it is to be readable.
        self.records().map(drop)
    }

    /// Whose store is in a file; nothing is made where there is none.
    pub fn owner_of(path: &Path) -> Result<Owner, StoreError> {
        let owner = || {
            let database = checking().open(path)?;
            let read = database.begin_read()?;
            owner(&read.open_table(META)?)
        };
        owner().map_err(|problem: Problem| problem.at(path))
    }

    fn start(&self) -> Result<Database, Problem> {
        let database = (self.open)(&checking(), &self.path)?;
        let is_new = database.begin_read()?.list_tables().map_err(Problem::from)?.next().is_none();
        if is_new {
            self.make(&database).map_err(Problem::of_writing)?;
        }
        let found = owner(&database.begin_read()?.open_table(META)?)?;
        if found != self.owner {
            return Err(Problem::Foreign { found, wanted: self.owner });
        }
        Ok(database)
    }

    fn make(&self, database: &Database) -> Result<(), Problem> {
        let write = database.begin_write()?;
        {
            let mut meta = write.open_table(META)?;
            let owner = serde_json::to_string(&self.owner).expect("an owner is plain values");
            meta.insert("version", VERSION.to_string().as_str())?;
            meta.insert("owner", owner.as_str())?;
            write.open_table(RECORDS)?;
        }
        Ok(write.commit()?)
    }

    /// All records.
    pub fn records(&self) -> Result<Vec<(MnIdentifier, Record)>, StoreError> {
        let read = || {
            let database = self.database.as_ref().ok_or_else(|| Problem::damaged("the last write failed"))?;
            let table = database.begin_read()?.open_table(RECORDS)?;
            let entries = table.iter()?.map(|entry| {
                let (key, value) = entry?;
                let mn = identifier(key.value()).ok_or_else(|| Problem::damaged("a record of nobody"))?;
                let record =
                    decode(value.value()).ok_or_else(|| Problem::damaged("a record that is none"))?;
                if !self.owner.role.keeps(&record) {
                    return Err(Problem::damaged("a record of another kind of node"));
                }
                Ok((mn, record))
            });
            entries.collect::<Result<_, Problem>>()
        };
        read().map_err(|problem| problem.at(&self.path))
    }

    /// Makes writes durable, all of them or none. After a failure the file is opened anew, since what was begun is of no use.
    pub fn write(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let result = self.try_write(writes);
        if result.is_err() {
            self.database = None;
        }
        result.map_err(|problem| problem.of_writing().at(&self.path))
    }

    fn try_write(&mut self, writes: &[Write]) -> Result<(), Problem> {
        let database = match self.database.take() {
            Some(database) => database,
            None => self.start()?,
        };
        let database = self.database.insert(database);
        let transaction = database.begin_write()?;
        {
            let mut table = transaction.open_table(RECORDS)?;
            let (mut name, mut octets) = (Vec::new(), Vec::new());
            for Write { mn, record, .. } in writes {
                name.clear();
                name.push(mn.subtype.0);
                name.extend_from_slice(&mn.identifier);
                match record {
                    Some(record) => {
                        octets = encode(record, octets);
                        table.insert(&name[..], &octets[..])?;
                    }
                    None => drop(table.remove(&name[..])?),
                }
            }
        }
        // redb's own default: durable when this returns.
        Ok(transaction.commit()?)
    }
}

fn checking() -> Builder {
    let mut builder = Builder::new();
    builder.set_check_integrity_on_open(true);
    builder
}

fn owner(meta: &redb::ReadOnlyTable<&'static str, &'static str>) -> Result<Owner, Problem> {
    let text = |key| Ok::<_, Problem>(meta.get(key)?.ok_or(Problem::NotAStore)?.value().to_owned());
    let found = text("version")?.parse().map_err(|_| Problem::damaged("a version that is no number"))?;
    if found > VERSION {
        return Err(Problem::Newer { found, known: VERSION });
    }
    serde_json::from_str(&text("owner")?).map_err(|_| Problem::damaged("an owner that is none"))
}

fn identifier(key: &[u8]) -> Option<MnIdentifier> {
    let (subtype, identifier) = key.split_first()?;
    Some(MnIdentifier { subtype: MnIdSubtype(*subtype), identifier: identifier.to_vec() })
}

/// The octets of a record as a store has them.
pub fn octets(record: &Record) -> Vec<u8> {
    encode(record, Vec::new())
}

/// The octets of a record, in a buffer that is used again.
pub(crate) fn encode(record: &Record, mut buffer: Vec<u8>) -> Vec<u8> {
    buffer.clear();
    postcard::to_extend(record, buffer).expect("a record is plain values")
}

/// The record that octets are; nothing where they are not one record and nothing else.
pub(crate) fn decode(octets: &[u8]) -> Option<Record> {
    match postcard::take_from_bytes(octets) {
        Ok((record, [])) => Some(record),
        _ => None,
    }
}
