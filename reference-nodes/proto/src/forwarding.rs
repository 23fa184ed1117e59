//! What a node has ordered of its forwarding, and what waits for it. Mobile nodes share tunnels, so each entry is counted:
//! it is ordered for the first that wants it and removed after the last.

use std::collections::{BTreeMap, BTreeSet};

use dmm_codec::MnIdentifier;
use dmm_dataplane::{Entry, Op, OpId, Plane};

use crate::Output;

/// The forwarding of a node as its control plane sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forwarding {
    /// What each mobile node needs.
    planes: BTreeMap<MnIdentifier, Plane>,
    /// How many need an entry.
    wanted: BTreeMap<Entry, usize>,
    /// What was ordered to be there and has not failed.
    ordered: BTreeSet<Entry>,
    next_op: u64,
    /// What was ordered to be put in place and is not there yet.
    pending: BTreeMap<OpId, Entry>,
    held: Vec<Held>,
}

/// Outputs that promise forwarding, and the orders that they wait for.
#[derive(Clone, Debug)]
struct Held {
    mn: MnIdentifier,
    waits_for: BTreeSet<OpId>,
    outputs: Vec<Output>,
    /// What leaves in their place if an order could not be carried out; taken at the first that could not.
    otherwise: Option<Vec<Output>>,
}

impl Forwarding {
    /// Orders what one mobile node's forwarding lacks or has too much of: first what is missing, in the order of
    /// creation, then what is too much, in the opposite order. And what promises it, where it needs not be held back.
    pub(crate) fn reconcile(
        &mut self,
        mn: &MnIdentifier,
        plane: Plane,
        promises: Vec<Output>,
        otherwise: Vec<Output>,
    ) -> (Vec<Output>, Vec<Output>) {
        let before = self.planes.remove(mn).unwrap_or_default();
        for entry in plane.difference(&before) {
            *self.wanted.entry(*entry).or_default() += 1;
        }
        for entry in before.difference(&plane) {
            if let Some(count) = self.wanted.get_mut(entry) {
                *count -= 1;
                if *count == 0 {
                    self.wanted.remove(entry);
                }
            }
        }
        let mut outputs = Vec::new();
        for entry in plane.iter().filter(|entry| !self.ordered.contains(entry)).copied().collect::<Vec<_>>() {
            self.ordered.insert(entry);
            let id = self.order(&mut outputs, Op::Ensure(entry));
            // A promise waits for what is put in place, not for what is cleaned away.
            self.pending.insert(id, entry);
        }
        for entry in before.iter().rev() {
            if !self.wanted.contains_key(entry) && self.ordered.remove(entry) {
                self.order(&mut outputs, Op::Remove(*entry));
            }
        }
        let needed = self.pending.iter().filter(|(_, entry)| plane.contains(entry));
        let waits_for: BTreeSet<OpId> = needed.map(|(id, _)| *id).collect();
        if !plane.is_empty() {
            self.planes.insert(mn.clone(), plane);
        }
        if waits_for.is_empty() || promises.is_empty() {
            return (outputs, promises);
        }
        self.held.push(Held { mn: mn.clone(), waits_for, outputs: promises, otherwise: Some(otherwise) });
        (outputs, Vec::new())
    }

    /// Takes over what is there already: nobody wants it yet.
    pub(crate) fn find(&mut self, found: &Plane) {
        self.ordered.extend(found);
    }

    /// Has what nobody wants removed, in the opposite order of creation.
    pub(crate) fn sweep(&mut self) -> Vec<Output> {
        let unwanted = self.ordered.iter().rev().filter(|entry| !self.wanted.contains_key(entry));
        let unwanted: Vec<Entry> = unwanted.copied().collect();
        let mut outputs = Vec::new();
        for entry in unwanted {
            self.ordered.remove(&entry);
            self.order(&mut outputs, Op::Remove(entry));
        }
        outputs
    }

    /// An order was carried out, or could not be; what was held back for it, and whom that is about.
    pub(crate) fn done(&mut self, id: OpId, failed: bool) -> Vec<(MnIdentifier, Output)> {
        let entry = self.pending.remove(&id);
        // It is not there, so the next comparison orders it again.
        if let Some(entry) = entry.filter(|_| failed) {
            self.ordered.remove(&entry);
        }
        for held in &mut self.held {
            if held.waits_for.remove(&id)
                && failed
                && let Some(otherwise) = held.otherwise.take()
            {
                held.outputs = otherwise;
            }
        }
        let free = self.held.extract_if(.., |held| held.waits_for.is_empty());
        free.flat_map(|held| held.outputs.into_iter().map(move |output| (held.mn.clone(), output))).collect()
    }

    /// How many entries it was ordered to hold.
    pub(crate) fn len(&self) -> usize {
        self.ordered.len()
    }

    fn order(&mut self, outputs: &mut Vec<Output>, op: Op) -> OpId {
        let id = OpId(self.next_op);
        self.next_op += 1;
        outputs.push(Output::Forwarding { id, op });
        id
    }
}
