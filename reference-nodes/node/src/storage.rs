//! The store beside the loop: what the state machine orders to be written goes to a thread that writes, and what that has done is
//! something that the loop wakes up for. An error is said once, and again when it is another.

use std::path::{Path, PathBuf};

use dmm_codec::MnIdentifier;
use dmm_proto::Write;
use dmm_proto::record::Record;
use dmm_store::{Done, Owner, Store, StoreError, Writer};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::{error, info};

use crate::StartError;

/// What a state machine starts with.
pub(crate) type Records = Vec<(MnIdentifier, Record)>;

/// An open store, and the thread that writes into it.
#[derive(Debug)]
pub(crate) struct Storage {
    path: PathBuf,
    writer: Writer,
    done: UnboundedReceiver<Done>,
    ordered: u64,
    written: u64,
    problem: Option<String>,
}

impl Storage {
    /// Opens the store of a node, or makes it; what it has kept comes with it. The thread has the rights of the one that asks.
    pub(crate) fn open(path: &Path, owner: Owner) -> Result<(Self, Records), StartError> {
        let start = || {
            let store = Store::open(path, owner).map_err(said)?;
            let records = store.records().map_err(said)?;
            Ok((Self::start(path, store, Vec::new())?, records))
        };
        start().map_err(StartError)
    }

    /// Starts to write; what was done before and not yet told comes first.
    fn start(path: &Path, store: Store, untold: Vec<Done>) -> Result<Self, String> {
        let (sender, done) = unbounded_channel();
        let tell = move |done| drop(sender.send(done));
        untold.into_iter().for_each(&tell);
        let writer = Writer::start(store, tell).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path: path.to_owned(), writer, done, ordered: 0, written: 0, problem: None })
    }

    /// Does what an end of the process and its next start do: all that was ordered is written, and the file is opened anew. Where it
    /// cannot be, says why, and goes on as before.
    pub(crate) fn restart(self) -> Result<(Self, Result<Records, String>), StartError> {
        let Self { path, writer, mut done, ordered, written, problem } = self;
        let gone = || StartError(GONE.to_owned());
        let mut store = writer.stop().ok_or_else(gone)?;
        match store.reopen().and_then(|()| store.records()) {
            Ok(records) => Ok((Self::start(&path, store, Vec::new()).map_err(StartError)?, Ok(records))),
            Err(error) => {
                let untold = std::iter::from_fn(|| done.try_recv().ok()).collect();
                let started = Self::start(&path, store, untold).map_err(StartError)?;
                Ok((Self { ordered, written, problem, ..started }, Err(said(error))))
            }
        }
    }

    /// Has something written.
    pub(crate) fn order(&mut self, write: Write) {
        self.ordered = write.id.0 + 1;
        self.writer.order(write);
    }

    /// Waits until something is done.
    pub(crate) async fn done(&mut self) -> Result<Done, StartError> {
        self.done.recv().await.ok_or_else(|| StartError(GONE.to_owned()))
    }

    /// Takes note of how it went.
    pub(crate) fn note(&mut self, done: &Done) {
        self.written = done.through().0 + 1;
        let problem = done.result.as_ref().err().map(ToString::to_string);
        match &problem {
            Some(why) if problem != self.problem => error!(error = why, "the store"),
            None if self.problem.is_some() => info!("the store is written again"),
            _ => {}
        }
        self.problem = problem;
    }

    /// Its file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many writes are under way.
    pub(crate) fn waiting(&self) -> u64 {
        self.ordered - self.written
    }

    /// Why the last of them could not be done.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Ends after all that was ordered is written.
    pub(crate) fn stop(self) {
        let Self { writer, mut done, problem, .. } = self;
        if writer.stop().is_none() {
            error!("{GONE}");
        }
        let last = std::iter::from_fn(|| done.try_recv().ok()).last();
        let why = last.and_then(|done| done.result.err()).map(said);
        if let Some(why) = why.filter(|why| problem.as_ref() != Some(why)) {
            error!(error = why, "the store");
        }
    }
}

/// What is said when there is nobody to write any more: the next start of the process reads what is durable.
const GONE: &str = "the thread that writes the store is gone";

fn said(error: StoreError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::Ipv6Addr;

    use dmm_proto::WriteId;
    use dmm_proto::record::SessionRecord;
    use dmm_store::Role;

    use super::*;

    const CMD: Owner = Owner { role: Role::Cmd, address: Ipv6Addr::LOCALHOST };

    fn write(id: u64) -> Write {
        let record = Record::Session(SessionRecord::default());
        Write { id: WriteId(id), mn: MnIdentifier::nai(&format!("mn{id}")), record: Some(record) }
    }

    /// Waits until all is done that was ordered.
    fn settle(storage: &mut Storage) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        while storage.waiting() > 0 {
            let done = runtime.block_on(storage.done()).expect("the thread is there");
            storage.note(&done);
        }
    }

    #[test]
    fn a_restart_has_all_that_was_ordered_and_begins_to_count_anew() {
        let folder = std::env::temp_dir().join(format!("dmm-storage-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("cmd.redb");
        let (mut storage, records) = Storage::open(&path, CMD).expect("a new store");
        assert_eq!(records, []);
        storage.order(write(0));
        storage.order(write(1));
        assert_eq!(storage.waiting(), 2);
        let (mut storage, records) = storage.restart().expect("the thread was there");
        assert_eq!((records.map(|records| records.len()), storage.waiting()), (Ok(2), 0));
        storage.order(write(0));
        settle(&mut storage);
        assert_eq!(storage.problem(), None);

        // Another file in its place: what was ordered before is told all the same, and what follows is not durable.
        storage.order(write(1));
        fs::remove_file(&path).expect("the store");
        fs::write(&path, [7; 10_000]).expect("another file");
        let (mut storage, records) = storage.restart().expect("the thread was there");
        let why = records.expect_err("it is no store");
        assert!(why.contains("is no store of dmm"), "{why}");
        assert_eq!(storage.waiting(), 1);
        settle(&mut storage);
        assert_eq!(storage.problem(), None);
        storage.order(write(2));
        settle(&mut storage);
        assert_eq!(storage.problem(), Some(&*why));
        storage.stop();
        fs::remove_dir_all(&folder).expect("the folder");
    }
}
