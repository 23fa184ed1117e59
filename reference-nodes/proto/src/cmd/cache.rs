//! The binding cache: every mobile node that a CMD knows, under a number. Its identifier is looked up once an input; bindings, timers,
//! PBUs and writes are found by the number.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use dmm_codec::{Instant, MnIdentifier};
use hashbrown::HashTable;

use super::binding::Binding;
use crate::keyed::{self, Keyed};
use crate::timing::{Agenda, UpdateRate};

/// A mobile node, to its CMD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Mn(u32);

impl Mn {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    /// Its number as octets, which may stand anywhere, for who keeps many.
    pub(super) fn octets(self) -> [u8; 4] {
        self.0.to_ne_bytes()
    }

    pub(super) fn from_octets(octets: [u8; 4]) -> Self {
        Self(u32::from_ne_bytes(octets))
    }
}

#[derive(Clone, Debug)]
struct Known {
    name: Arc<MnIdentifier>,
    binding: Option<Box<Binding>>,
}

/// The mobile nodes that are known. Bindings are found by identifier alone: prefixes change with each MAAR (stance A5).
#[derive(Clone, Debug)]
pub(super) struct Cache {
    known: Vec<Option<Known>>,
    by_name: HashTable<Mn>,
    keyed: Keyed,
    /// For who goes through all of them.
    in_order: BTreeMap<Arc<MnIdentifier>, Mn>,
    /// Those that have left, and when. They keep their numbers for as long as what was sent about them counts (R3.6.5): one
    /// that comes back meanwhile is to be counted with what it was.
    left: Agenda<Mn>,
    /// Numbers that nobody has any more.
    free: Vec<Mn>,
    bindings: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            known: Vec::new(),
            by_name: HashTable::new(),
            keyed: keyed::hasher(),
            in_order: BTreeMap::new(),
            left: Agenda::default(),
            free: Vec::new(),
            bindings: 0,
        }
    }
}

impl Cache {
    /// The number of a mobile node, if it is known: a CMD "retrieves an already existing entry for the MN" (R3.2.2).
    pub(super) fn find(&self, name: &MnIdentifier) -> Option<Mn> {
        self.numbered(name).filter(|mn| self.left.at(mn).is_none())
    }

    /// The same for one that has left, too.
    fn numbered(&self, name: &MnIdentifier) -> Option<Mn> {
        self.hashed(hash(&self.keyed, name), name)
    }

    fn hashed(&self, hash: u64, name: &MnIdentifier) -> Option<Mn> {
        self.by_name.find(hash, |mn| self.name(*mn) == name).copied()
    }

    /// The number of a mobile node, which is known from now on.
    pub(super) fn enter(&mut self, now: Instant, name: MnIdentifier) -> Mn {
        self.tidy(now);
        let hashed = hash(&self.keyed, &name);
        if let Some(mn) = self.hashed(hashed, &name) {
            if self.left.at(&mn).is_some()
                && let Some(known) = &self.known[mn.index()]
            {
                self.in_order.insert(Arc::clone(&known.name), mn);
                self.left.set(&mn, None);
            }
            return mn;
        }
        let mn = self.free.pop().unwrap_or(Mn(self.known.len() as u32));
        if mn.index() == self.known.len() {
            self.known.push(None);
        }
        let name = Arc::new(name);
        self.in_order.insert(Arc::clone(&name), mn);
        self.known[mn.index()] = Some(Known { name, binding: None });
        let Self { known, keyed, .. } = self;
        let again = |mn: &Mn| known[mn.index()].as_ref().map_or(0, |known| hash(keyed, &known.name));
        self.by_name.insert_unique(hashed, mn, again);
        mn
    }

    /// A mobile node is not known any more.
    pub(super) fn forget(&mut self, now: Instant, mn: Mn) {
        self.tidy(now);
        let Some(known) = &mut self.known[mn.index()] else { return };
        self.bindings -= usize::from(known.binding.take().is_some());
        self.in_order.remove(&known.name);
        self.left.set(&mn, Some(now + UpdateRate::WINDOW));
    }

    /// Those that have left for good give up their names and numbers.
    fn tidy(&mut self, now: Instant) {
        while let Some(&(_, mn)) = self.left.first().filter(|(at, _)| *at < now) {
            self.left.set(&mn, None);
            let Some(Known { name, .. }) = self.known[mn.index()].take() else { continue };
            if let Ok(found) = self.by_name.find_entry(hash(&self.keyed, &name), |other| *other == mn) {
                found.remove();
            }
            self.free.push(mn);
        }
    }

    /// Who has this number.
    pub(super) fn name(&self, mn: Mn) -> &MnIdentifier {
        &self.known[mn.index()].as_ref().expect("a number is forgotten after all that has it").name
    }

    pub(super) fn get(&self, mn: Mn) -> Option<&Binding> {
        self.known[mn.index()].as_ref()?.binding.as_deref()
    }

    pub(super) fn get_mut(&mut self, mn: Mn) -> Option<&mut Binding> {
        self.known[mn.index()].as_mut()?.binding.as_deref_mut()
    }

    /// The binding of a mobile node that has none yet.
    pub(super) fn insert(&mut self, mn: Mn, binding: Box<Binding>) {
        let known = self.known[mn.index()].as_mut().expect("who is registered has entered");
        self.bindings += usize::from(known.binding.replace(binding).is_none());
    }

    pub(super) fn remove(&mut self, mn: Mn) -> Option<Box<Binding>> {
        let binding = self.known[mn.index()].as_mut()?.binding.take();
        self.bindings -= usize::from(binding.is_some());
        binding
    }

    /// How many bindings there are.
    pub(super) fn len(&self) -> usize {
        self.bindings
    }

    /// How many are known.
    pub(super) fn known(&self) -> usize {
        self.in_order.len()
    }

    /// All that are known, in the order of their identifiers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&MnIdentifier, Mn)> {
        self.in_order.iter().map(|(name, mn)| (&**name, *mn))
    }

    /// All that are known and have bindings, in that order.
    pub(super) fn bindings(&self) -> impl Iterator<Item = (&MnIdentifier, &Binding)> {
        self.iter().filter_map(|(name, mn)| Some((name, self.get(mn)?)))
    }
}

/// Where an identifier is found. Those that differ in their subtypes alone meet there, and are told apart as they are
/// compared.
fn hash(keyed: &Keyed, name: &MnIdentifier) -> u64 {
    let mut hasher = keyed.build_hasher();
    hasher.write(&name.identifier);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_number_is_given_to_another_once_nothing_counts_that_was_sent_about_it() {
        let mut cache = Cache::default();
        let now = Instant::from_secs(1000);
        let [one, two, three, four] = ["mn1", "mn2", "mn3", "mn4"].map(MnIdentifier::nai);
        let first = cache.enter(now, one.clone());
        assert_eq!((cache.enter(now, one.clone()), cache.find(&one)), (first, Some(first)));
        let second = cache.enter(now, two.clone());
        cache.forget(now, first);
        assert_eq!((cache.find(&one), cache.find(&two), cache.known()), (None, Some(second), 1));
        let third = cache.enter(now + Duration::from_secs(1), three.clone());
        assert!(third != first && third != second);
        cache.forget(now, third);
        assert_eq!((cache.enter(now + Duration::from_secs(1), three.clone()), cache.known()), (third, 2));
        assert_eq!(cache.enter(now + Duration::from_millis(1001), four.clone()), first);
        assert_eq!((cache.name(first), cache.find(&four)), (&four, Some(first)));
        let order: Vec<&MnIdentifier> = cache.iter().map(|(name, _)| name).collect();
        assert_eq!(order, [&two, &three, &four]);
    }
}
