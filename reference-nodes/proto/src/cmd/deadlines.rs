//! When each binding ends. A refresh puts that off, which is what happens most, and costs nothing here: an
//! entry that has become too early stays where it is until its time comes, so it is moved once in a lifetime, however many
//! refreshes and handovers there are in it. What is the first may therefore be looked at for nothing.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use dmm_codec::Instant;

use super::cache::Mn;

/// One entry a binding, at its deadline or before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    order: BTreeSet<Entry>,
    /// Where the entry of each is.
    at: Vec<Instant>,
}

/// A deadline and whose it is. As octets: a tuple would take a third more, for every binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry([u8; 8], [u8; 4]);

impl Entry {
    fn new(at: Instant, mn: Mn) -> Self {
        Self(at.as_nanos().to_ne_bytes(), mn.octets())
    }

    fn at(self) -> Instant {
        Instant::from_nanos(u64::from_ne_bytes(self.0))
    }

    fn mn(self) -> Mn {
        Mn::from_octets(self.1)
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at(), self.mn()).cmp(&(other.at(), other.mn()))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Where the entry of a binding is that has none.
const NOWHERE: Instant = Instant::from_nanos(u64::MAX);

impl Deadlines {
    /// A binding has this deadline, or none any more. [`Deadlines::settle`] is to follow.
    pub(super) fn set(&mut self, mn: Mn, deadline: Option<Instant>) {
        if self.at.len() <= mn.index() {
            self.at.resize(mn.index() + 1, NOWHERE);
        }
        let at = self.at[mn.index()];
        if at == NOWHERE || deadline.is_none_or(|deadline| deadline < at) {
            self.put(mn, at, deadline);
        }
    }

    fn put(&mut self, mn: Mn, before: Instant, deadline: Option<Instant>) {
        if before != NOWHERE {
            self.order.remove(&Entry::new(before, mn));
        }
        if let Some(at) = deadline {
            self.order.insert(Entry::new(at, mn));
        }
        self.at[mn.index()] = deadline.unwrap_or(NOWHERE);
    }

    /// Puts entries whose time has come where they belong; `deadline` knows. Bindings that end now have been ended before.
    pub(super) fn settle(&mut self, now: Instant, deadline: impl Fn(Mn) -> Option<Instant>) {
        while let Some((at, mn)) = self.first().filter(|(at, _)| *at <= now) {
            let deadline = deadline(mn);
            if deadline.is_some_and(|deadline| deadline <= now) {
                return;
            }
            self.put(mn, at, deadline);
        }
    }

    /// The first, and when it is to be looked at: no binding ends before.
    pub(super) fn first(&self) -> Option<(Instant, Mn)> {
        self.order.first().map(|entry| (entry.at(), entry.mn()))
    }

    /// All whose entry is not after now.
    pub(super) fn until(&self, now: Instant) -> impl Iterator<Item = Mn> {
        self.order.iter().take_while(move |entry| entry.at() <= now).map(|entry| entry.mn())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::cache::Cache;

    #[test]
    fn a_deadline_that_is_put_off_is_found_when_it_comes() {
        let mut cache = Cache::default();
        let [a, b] =
            ["a", "b"].map(|name| cache.enter(Instant::default(), dmm_codec::MnIdentifier::nai(name)));
        let (mut deadlines, at) = (Deadlines::default(), Instant::from_secs);
        deadlines.set(a, Some(at(1)));
        deadlines.set(b, Some(at(2)));
        deadlines.set(a, Some(at(3)));
        let deadline = |mn| Some(if mn == a { at(3) } else { at(2) });
        deadlines.settle(Instant::default(), deadline);
        assert_eq!(deadlines.first(), Some((at(1), a)), "its time has not come");
        deadlines.settle(at(1), deadline);
        assert_eq!(deadlines.first(), Some((at(2), b)));
        assert_eq!(deadlines.until(at(9)).collect::<Vec<_>>(), [b, a]);
        deadlines.set(a, Some(at(1)));
        assert_eq!(deadlines.first(), Some((at(1), a)));
        deadlines.set(a, None);
        assert_eq!(deadlines.until(at(9)).collect::<Vec<_>>(), [b]);
    }
}
