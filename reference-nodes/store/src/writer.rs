//! Group commit: while one transaction is on its way to the disk, what is ordered meanwhile gathers, and becomes durable in the
//! next. A node waits for no disk, and the disk is not asked once for each of thousands of bindings.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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
    orders: Arc<Orders>,
    thread: Option<JoinHandle<Store>>,
}

/// What is ordered and not taken yet. All of it changes hands at once, since both threads have more to do than to hand over thousands of
/// writes one by one.
#[derive(Debug, Default)]
struct Orders {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    writes: Vec<Write>,
    /// There will be no more.
    is_all: bool,
}

/// How many writes one transaction has at most: what is read back of it, and what is lost with it, is bounded.
const BATCH: usize = 16_384;

impl Writer {
    /// Starts to write into a store; `done` is called from the writing thread.
    pub fn start(mut store: Store, done: impl Fn(Done) + Send + 'static) -> std::io::Result<Self> {
        let orders = Arc::new(Orders::default());
        let ordered = Arc::clone(&orders);
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            while let Some(writes) = ordered.take() {
                let result = store.write(&writes);
                done(Done { result, writes });
            }
            store
        })?;
        Ok(Self { orders, thread: Some(thread) })
    }

    /// Has something written. What cannot be is said by `done`.
    pub fn order(&self, write: Write) {
        // Where the thread has ended a panic was reported, and nothing is promised any more.
        if self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            self.orders.change(|waiting| waiting.writes.push(write));
        }
    }

    /// Ends after all that was ordered is written.
    pub fn stop(mut self) -> Option<Store> {
        let thread = self.thread.take();
        drop(self);
        thread?.join().ok()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.orders.change(|waiting| waiting.is_all = true);
    }
}

impl Orders {
    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        let mut waiting = self.locked();
        // Whoever waits does so for the first.
        let is_awaited = waiting.writes.is_empty();
        change(&mut waiting);
        drop(waiting);
        if is_awaited {
            self.changed.notify_one();
        }
    }

    /// Waits for an order, and takes those that wait with it; nothing where there will be none.
    fn take(&self) -> Option<Vec<Write>> {
        let is_idle = |waiting: &mut Waiting| waiting.writes.is_empty() && !waiting.is_all;
        let waiting = self.changed.wait_while(self.locked(), is_idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let first = waiting.writes.len().min(BATCH);
        let behind = waiting.writes.split_off(first);
        Some(std::mem::replace(&mut waiting.writes, behind)).filter(|writes| !writes.is_empty())
    }

    /// Nothing panics while it is locked.
    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
