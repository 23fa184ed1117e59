//! What of a node has to be durable before it says more. A node orders writes as it orders forwarding; what it says about a
//! mobile node is held back until the last write about that mobile node is done. Whoever restarts with what was written knows
//! all that was promised.
//!
//! ```text
//!   PBU ──▶ [ Cmd ] ──▶ Output::Persist ──▶ store ──▶ Input::Persisted ──▶ [ Cmd ] ──▶ PBA
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::Hash;

use dmm_codec::{Instant, MnIdentifier};

use crate::record::Record;
use crate::updates::Updates;
use crate::{Event, Output};

/// Numbers the writes of a node, in the order in which they are to become durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WriteId(pub u64);

/// What is to be kept of a mobile node from now on, in place of what was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Ties the answer to it.
    pub id: WriteId,
    /// Whose record.
    pub mn: MnIdentifier,
    /// The record; nothing where nothing is to be kept.
    pub record: Option<Record>,
}

/// What was ordered to be durable is not: the store is full, or broken. What the store has to say about that is for people; to a
/// node all that counts is that it must not promise anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the store could not make it durable")]
pub struct NotDurable;

/// The writes of one node, and what waits for them.
#[derive(Clone, Debug)]
pub(crate) struct Journal<M = MnIdentifier> {
    /// Where nothing is to be durable, nothing is written and nothing waits.
    durable: bool,
    next: u64,
    /// Whose records have changed since they were last ordered to be written.
    changed: BTreeSet<M>,
    /// Writes that are not done, in order and without a gap: the last has the number before `next`.
    writing: VecDeque<Pending<M>>,
    /// The last of them about each mobile node.
    last: BTreeMap<M, WriteId>,
    /// Whose records the store did not take; tried again with whatever is written next.
    refused: BTreeSet<M>,
    /// What was said in this input, in order.
    said: Vec<Said<M>>,
}

/// A write that is not done.
#[derive(Clone, Debug)]
struct Pending<M> {
    mn: M,
    /// What waits for it, in order.
    held: Vec<Said<M>>,
}

/// Something that promises what a record says.
#[derive(Clone, Debug)]
struct Said<M> {
    mn: M,
    output: Output,
    /// What makes of it what leaves in its place if the record could not be written.
    otherwise: Option<Otherwise>,
}

/// Makes of what was to be said what leaves if it may not be.
pub(crate) type Otherwise = fn(Output) -> Option<Output>;

impl<M: Clone + Ord + Hash> Journal<M> {
    pub(crate) fn new(durable: bool) -> Self {
        Self {
            durable,
            next: 0,
            changed: BTreeSet::new(),
            writing: VecDeque::new(),
            last: BTreeMap::new(),
            refused: BTreeSet::new(),
            said: Vec::new(),
        }
    }

    /// The number of the first write that is not done.
    fn first(&self) -> u64 {
        self.next - self.writing.len() as u64
    }

    /// Whether a write about a mobile node is under way, or is still to be ordered.
    pub(crate) fn is_about(&self, mn: &M) -> bool {
        self.changed.contains(mn) || self.last.contains_key(mn) || self.refused.contains(mn)
    }

    /// What is kept of a mobile node has changed.
    pub(crate) fn changed(&mut self, mn: &M) {
        if self.durable && !self.changed.contains(mn) {
            self.changed.insert(mn.clone());
        }
    }

    /// Has something said about a mobile node once its record is durable.
    pub(crate) fn say(
        &mut self,
        outbox: &mut VecDeque<Output>,
        mn: &M,
        output: Output,
        otherwise: Option<Otherwise>,
    ) {
        if self.durable {
            self.said.push(Said { mn: mn.clone(), output, otherwise });
        } else {
            outbox.push_back(output);
        }
    }

    /// Whether what is kept of a mobile node is durable, so that a PBU may tell of it. What the store did not take is tried again.
    pub(crate) fn is_durable(&mut self, mn: &M) -> bool {
        if self.refused.remove(mn) {
            self.changed.insert(mn.clone());
        }
        !self.changed.contains(mn) && !self.last.contains_key(mn)
    }

    /// At the end of an input: orders what has changed to be written. `record` says who a mobile node is, and what is kept of it.
    pub(crate) fn write(
        &mut self,
        outbox: &mut VecDeque<Output>,
        record: impl Fn(&M) -> (MnIdentifier, Option<Record>),
    ) {
        if !self.durable {
            return;
        }
        for said in &self.said {
            if self.refused.remove(&said.mn) {
                self.changed.insert(said.mn.clone());
            }
        }
        while let Some(mn) = self.changed.pop_first() {
            let id = WriteId(self.next);
            self.next += 1;
            let (named, record) = record(&mn);
            outbox.push_back(Output::Persist(Box::new(Write { id, mn: named, record })));
            self.writing.push_back(Pending { mn: mn.clone(), held: Vec::new() });
            self.last.insert(mn, id);
        }
        let first = self.first();
        for said in self.said.drain(..) {
            match self.last.get(&said.mn) {
                Some(id) => {
                    let held = &mut self.writing[(id.0 - first) as usize].held;
                    // Mostly it is one, and what is said is long.
                    held.reserve_exact(1);
                    held.push(said);
                }
                None => outbox.push_back(said.output),
            }
        }
    }

    /// Writes were done, or could not be. PBUs that waited for them leave, or wait another while. Returns whose they were, where no
    /// later one is under way.
    pub(crate) fn persisted(
        &mut self,
        outbox: &mut VecDeque<Output>,
        updates: &mut Updates<M>,
        now: Instant,
        through: WriteId,
        result: Result<(), NotDurable>,
    ) -> Vec<M> {
        let settled = self.settled(outbox, through, result);
        for mn in &settled {
            updates.unpark(now, mn, result.is_err());
        }
        settled
    }

    /// As [`Journal::persisted`], at a node that sends no PBUs.
    pub(crate) fn settled(
        &mut self,
        outbox: &mut VecDeque<Output>,
        through: WriteId,
        result: Result<(), NotDurable>,
    ) -> Vec<M> {
        if result.is_err() {
            outbox.push_back(Output::Event(Event::NotDurable));
        }
        self.done(outbox, through, result.is_err())
    }

    /// All writes up to this one are done, or those among them that were not done before have failed; whose they were, where no
    /// later one is under way.
    fn done(&mut self, outbox: &mut VecDeque<Output>, through: WriteId, failed: bool) -> Vec<M> {
        let first = self.first();
        let done = (through.0 + 1).saturating_sub(first).min(self.writing.len() as u64);
        let mut settled = Vec::new();
        for (id, Pending { mn, held }) in (first..).map(WriteId).zip(self.writing.drain(..done as usize)) {
            for Said { output, otherwise, .. } in held {
                outbox.extend(if failed { otherwise.and_then(|make| make(output)) } else { Some(output) });
            }
            if self.last.get(&mn) == Some(&id) {
                self.last.remove(&mn);
                if failed {
                    self.refused.insert(mn.clone());
                }
                settled.push(mn);
            }
        }
        if !failed {
            // There is room again.
            self.changed.append(&mut self.refused);
        }
        settled
    }

    /// How many writes are not done.
    pub(crate) fn writing(&self) -> usize {
        self.writing.len()
    }
}

/// What a node keeps of each mobile node, by its identifier. Whatever is changed is noted, so that no change goes unwritten.
#[derive(Clone, Debug)]
pub(crate) struct Kept<V> {
    of: BTreeMap<MnIdentifier, V>,
    changed: BTreeSet<MnIdentifier>,
}

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Self { of: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<V> std::ops::Deref for Kept<V> {
    type Target = BTreeMap<MnIdentifier, V>;

    fn deref(&self) -> &Self::Target {
        &self.of
    }
}

impl<V> Kept<V> {
    pub(crate) fn get_mut(&mut self, mn: &MnIdentifier) -> Option<&mut V> {
        let found = self.of.get_mut(mn);
        if found.is_some() {
            self.changed.insert(mn.clone());
        }
        found
    }

    pub(crate) fn insert(&mut self, mn: MnIdentifier, value: V) {
        self.changed.insert(mn.clone());
        self.of.insert(mn, value);
    }

    pub(crate) fn remove(&mut self, mn: &MnIdentifier) {
        self.changed.insert(mn.clone());
        self.of.remove(mn);
    }

    /// Whose have changed since the last call.
    pub(crate) fn take_changed(&mut self) -> BTreeSet<MnIdentifier> {
        std::mem::take(&mut self.changed)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;
    use crate::Event;

    fn mn(n: u8) -> MnIdentifier {
        MnIdentifier::nai(&format!("mn{n}"))
    }

    fn event(n: u8) -> Output {
        Output::Event(Event::Registered { mn: mn(n), s_maar: Ipv6Addr::LOCALHOST })
    }

    fn instead(n: u8) -> Output {
        Output::Event(Event::Ended { mn: mn(n) })
    }

    fn make_instead(output: Output) -> Option<Output> {
        let Output::Event(Event::Registered { mn, .. }) = output else { return None };
        Some(Output::Event(Event::Ended { mn }))
    }

    /// Changes and says something about each, and returns what leaves.
    fn input(journal: &mut Journal, changes: &[u8], says: &[u8]) -> Vec<Output> {
        let mut outbox = VecDeque::new();
        for n in changes {
            journal.changed(&mn(*n));
        }
        for n in says {
            journal.say(&mut outbox, &mn(*n), event(*n), Some(make_instead));
        }
        journal.write(&mut outbox, |mn| (mn.clone(), None));
        outbox.into()
    }

    fn done(journal: &mut Journal, through: u64, failed: bool) -> Vec<Output> {
        let mut outbox = VecDeque::new();
        journal.done(&mut outbox, WriteId(through), failed);
        journal.write(&mut outbox, |mn| (mn.clone(), None));
        outbox.into()
    }

    fn write(id: u64, n: u8) -> Output {
        Output::Persist(Box::new(Write { id: WriteId(id), mn: mn(n), record: None }))
    }

    #[test]
    fn what_is_said_waits_for_the_last_write_about_its_mobile_node_and_for_no_other() {
        let mut journal = Journal::new(true);
        assert_eq!(input(&mut journal, &[1], &[1]), [write(0, 1)]);
        assert_eq!(input(&mut journal, &[2], &[2, 3]), [write(1, 2), event(3)]);
        assert_eq!(input(&mut journal, &[1], &[1]), [write(2, 1)]);
        assert_eq!(input(&mut journal, &[], &[2]), [], "it must not overtake what was said before");
        assert_eq!(done(&mut journal, 1, false), [event(1), event(2), event(2)]);
        assert_eq!(done(&mut journal, 2, false), [event(1)]);
        assert_eq!(input(&mut journal, &[], &[1]), [event(1)]);
        assert_eq!(journal.writing(), 0);
    }

    #[test]
    fn what_could_not_be_written_is_not_said_and_written_again_before_more_is() {
        let mut journal = Journal::new(true);
        input(&mut journal, &[1, 2], &[1]);
        assert_eq!(done(&mut journal, 1, true), [instead(1)]);
        assert_eq!(input(&mut journal, &[], &[1]), [write(2, 1)], "said again, so written again");
        assert_eq!(done(&mut journal, 2, false), [event(1), write(3, 2)], "there is room for the other, too");
    }

    #[test]
    fn where_nothing_is_to_be_durable_nothing_waits() {
        let mut journal = Journal::new(false);
        assert_eq!(input(&mut journal, &[1], &[1]), [event(1)]);
    }
}
