//! Group commit: while one transaction is on its way to the disk, what is ordered meanwhile gathers, and becomes durable in the
//! next. A node waits for no disk, and the disk is not asked once for each of thousands of bindings.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use dmm_proto::{Input, NotDurable, Write, WriteId};

use crate::{Store, StoreError};

/// Writes were done, or could not be.
#[derive(Debug)]
pub struct Done {
    /// How it went.
    pub result: Result<(), StoreError>,
    /// What was ordered. It goes back to the thread that made it, which has its memory again at once: freed here, that would be for
    /// both threads to contend for.
    pub writes: Vec<Write>,
}

impl Done {
    /// The last of them.
    pub fn through(&self) -> WriteId {
        self.writes.last().map_or(WriteId(0), |write| write.id)
    }

    /// What a node is told.
    pub fn input(&self) -> Input<'static> {
        let result = if self.result.is_ok() { Ok(()) } else { Err(NotDurable) };
        Input::Persisted { through: self.through(), result }
    }
}

/// A thread that writes.
#[derive(Debug)]
pub struct Writer {
    orders: Option<Sender<Write>>,
    thread: Option<JoinHandle<Store>>,
}

/// How many writes one transaction has at most: what is read back of it, and what is lost with it, is bounded.
const BATCH: usize = 16_384;

impl Writer {
    /// Starts to write into a store; `done` is called from the writing thread.
    pub fn start(mut store: Store, done: impl Fn(Done) + Send + 'static) -> std::io::Result<Self> {
        let (orders, ordered) = channel();
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            let mut batch = Vec::new();
            while gather(&ordered, &mut batch) {
                let result = store.write(&batch);
                done(Done { result, writes: std::mem::take(&mut batch) });
            }
            store
        })?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Has something written. What cannot be is said by `done`.
    pub fn order(&self, write: Write) {
        if let Some(orders) = &self.orders {
            // It fails where the thread has ended: then a panic was reported, and nothing is promised any more.
            let _ = orders.send(write);
        }
    }

    /// Ends after all that was ordered is written.
    pub fn stop(mut self) -> Option<Store> {
        self.orders = None;
        self.thread.take()?.join().ok()
    }
}

/// Waits for an order, and takes those that wait with it; whether there will be more.
fn gather(ordered: &Receiver<Write>, batch: &mut Vec<Write>) -> bool {
    let Ok(first) = ordered.recv() else { return false };
    batch.push(first);
    batch.extend(ordered.try_iter().take(BATCH - 1));
    true
}
