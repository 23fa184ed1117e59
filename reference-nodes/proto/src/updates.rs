//! The PBUs that a node has to get answered: queued, paced, limited in rate, sent again until the right answer comes
//! (RFC 8885 §3.6, R3.6.1). It knows whom a PBU is for and when it may leave; what stands in it is made by the node at that
//! moment, so that each sending has a fresh sequence number and time stamp (RFC 5213 §6.9.4, R3.6.6).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::net::Ipv6Addr;

use dmm_codec::{Instant, MnIdentifier};
use hashbrown::HashMap;

use crate::timing::{Backoff, Pacing, TokenBucket, UpdateRate};
use crate::view::Waiting;

/// What a PBU is about: one mobile node, told to one peer. There is at most one outstanding. A node that has a number for each
/// mobile node uses that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UpdateKey<M = MnIdentifier> {
    /// Whom it is about.
    pub mn: M,
    /// Whom it is for.
    pub peer: Ipv6Addr,
}

/// How long a node keeps trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// Until answered or cancelled. R3.6.4: "MAY continue to send these messages at this slower rate indefinitely".
    UntilAnswered,
    /// Until the wait has reached its maximum: for messages whose loss the other end's own timer mends.
    UntilMaximum,
}

/// A PBU that may leave now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due<M = MnIdentifier> {
    /// What it is about.
    pub key: UpdateKey<M>,
    /// Its sequence number.
    pub seq: u16,
    /// 0 for the first sending.
    pub repetition: u32,
    /// Whether it is sent no more after this.
    pub is_last: bool,
}

/// How PBUs are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Retransmission (R3.6.2 to R3.6.4).
    pub backoff: Backoff,
    /// How fast the whole queue empties (R3.2.20, R6.2).
    pub pacing: Pacing,
    /// How fast it empties towards one peer, where that is limited too.
    pub peer_pacing: Option<Pacing>,
    /// What MAX_UPDATE_RATE is counted by.
    pub limit: UpdateLimit,
}

/// What MAX_UPDATE_RATE is counted by (R3.6.5): "to a particular node" had one mobile node per sender in mind when RFC 6275
/// said it (stance A33).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpdateLimit {
    /// PBUs to one peer about one mobile node.
    #[default]
    PerMobileNode,
    /// PBUs to one peer, as the words say.
    PerNode,
}

/// The outstanding PBUs of one node.
#[derive(Clone, Debug)]
pub struct Updates<M = MnIdentifier> {
    sending: Sending,
    bucket: TokenBucket,
    buckets: BTreeMap<Ipv6Addr, TokenBucket>,
    outstanding: BTreeMap<UpdateKey<M>, Update>,
    /// When each is looked at next: no earlier than it may be sent, as far as is known.
    order: BTreeSet<(Instant, UpdateKey<M>)>,
    /// Those that may not leave before what they say is durable.
    parked: BTreeSet<UpdateKey<M>>,
    /// R3.6.5; without a mobile node where all are counted together. Only those are here that the operator has named, or that have
    /// numbers here, so that this table needs no secret.
    rates: HashMap<(Ipv6Addr, Option<M>), UpdateRate>,
    /// When those that count no more are looked for next.
    tidy_at: Instant,
    /// One sequence space per peer (stance A8).
    sequences: BTreeMap<Ipv6Addr, u16>,
}

#[derive(Clone, Debug)]
struct Update {
    /// When it is looked at next, unless it is parked.
    at: Option<Instant>,
    sent: u32,
    seq: u16,
    /// That of its first sending.
    begun: u16,
    /// The number of the first sending, where it is given; each repetition has the next.
    first: Option<u16>,
    persistence: Persistence,
}

impl<M: Clone + Ord + Hash> Updates<M> {
    /// No PBU yet.
    pub fn new(sending: Sending) -> Self {
        Self {
            sending,
            bucket: TokenBucket::new(sending.pacing),
            buckets: BTreeMap::new(),
            outstanding: BTreeMap::new(),
            order: BTreeSet::new(),
            parked: BTreeSet::new(),
            rates: HashMap::new(),
            tidy_at: Instant::default(),
            sequences: BTreeMap::new(),
        }
    }

    /// Has a PBU sent as soon as it may; takes the place of an outstanding one.
    pub fn want(&mut self, now: Instant, key: UpdateKey<M>, persistence: Persistence) {
        self.want_numbered(now, key, persistence, None);
    }

    /// As [`Updates::want`], with the number of its first sending where that is not the peer's next (stance A9).
    pub fn want_numbered(
        &mut self,
        now: Instant,
        key: UpdateKey<M>,
        persistence: Persistence,
        first: Option<u16>,
    ) {
        let update = Update { at: Some(now), sent: 0, seq: 0, begun: 0, first, persistence };
        if let Some(before) = self.outstanding.insert(key.clone(), update) {
            self.forget_plan(&key, &before);
        }
        self.order.insert((now, key));
    }

    /// Stops sending.
    pub fn cancel(&mut self, key: &UpdateKey<M>) {
        if let Some(update) = self.outstanding.remove(key) {
            self.forget_plan(key, &update);
        }
    }

    /// What is no more outstanding is not looked at either.
    fn forget_plan(&mut self, key: &UpdateKey<M>, update: &Update) {
        match update.at {
            Some(at) => self.order.remove(&(at, key.clone())),
            None => self.parked.remove(key),
        };
    }

    /// Those that are outstanding, for people to look at; `name` says who a mobile node is.
    pub(crate) fn waiting_as(&self, name: impl Fn(&M) -> MnIdentifier) -> impl Iterator<Item = Waiting> {
        self.outstanding.iter().map(move |(key, update)| Waiting {
            mn: name(&key.mn),
            peer: key.peer,
            sent: update.sent,
            next: update.at,
        })
    }

    /// What is kept of a mobile node has become durable, or has not: its PBUs that waited for that leave, or wait another while.
    pub(crate) fn unpark(&mut self, now: Instant, mn: &M, failed: bool) {
        let at = if failed { now + self.sending.backoff.initial } else { now };
        let of_mn = UpdateKey { mn: mn.clone(), peer: Ipv6Addr::UNSPECIFIED };
        let parked = self.parked.range(of_mn..).take_while(|key| key.mn == *mn);
        for key in parked.cloned().collect::<Vec<_>>() {
            self.parked.remove(&key);
            self.plan(key, Some(at));
        }
    }

    /// How many are outstanding.
    pub fn len(&self) -> usize {
        self.outstanding.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.outstanding.is_empty()
    }

    /// Whether this is outstanding.
    pub fn is_outstanding(&self, key: &UpdateKey<M>) -> bool {
        self.outstanding.contains_key(key)
    }

    /// Whether any is that is about this mobile node.
    pub(crate) fn is_about(&self, mn: &M) -> bool {
        let of_mn = UpdateKey { mn: mn.clone(), peer: Ipv6Addr::UNSPECIFIED };
        self.outstanding.range(of_mn..).next().is_some_and(|(key, _)| key.mn == *mn)
    }

    /// Whether this number is that of the last PBU that was sent.
    pub fn is_answer(&self, key: &UpdateKey<M>, seq: u16) -> bool {
        self.last_seq(key) == Some(seq)
    }

    /// The number of the last PBU that was sent, if any was.
    pub fn last_seq(&self, key: &UpdateKey<M>) -> Option<u16> {
        self.outstanding.get(key).filter(|update| update.sent > 0).map(|update| update.seq)
    }

    /// Whether this number was given before the PBU was first sent: whatever has it is about something earlier.
    pub(crate) fn is_earlier(&self, key: &UpdateKey<M>, seq: u16) -> bool {
        let begun = self.outstanding.get(key).filter(|update| update.sent > 0).map(|update| update.begun);
        // Numbers count modulo 2^16 (RFC 6275 §9.5.1).
        begun.is_some_and(|begun| seq.wrapping_sub(begun) > u16::MAX / 2)
    }

    /// Takes an answer: true, and sending stops, if it is to the last PBU that was sent.
    pub fn answered(&mut self, key: &UpdateKey<M>, seq: u16) -> bool {
        let Entry::Occupied(found) = self.outstanding.entry(key.clone()) else { return false };
        let right = found.get().sent > 0 && found.get().seq == seq;
        if right {
            let update = found.remove();
            self.forget_plan(key, &update);
        }
        right
    }

    /// The next PBU that may leave now. The caller sends it.
    pub fn due(&mut self, now: Instant) -> Option<Due<M>> {
        self.due_if(now, |_| true)
    }

    /// As [`Updates::due`], where PBUs about some mobile nodes have to wait. They are made when they leave: a PBU that is held back
    /// would have an old time stamp, and leave at another time than was counted.
    pub(crate) fn due_if(&mut self, now: Instant, mut may_leave: impl FnMut(&M) -> bool) -> Option<Due<M>> {
        if self.bucket.ready_at() > now {
            return None;
        }
        // Whoever has waited longest goes first; the key settles ties, so that a run can be repeated. Nothing is dropped:
        // what may not leave yet is looked at again when it may.
        let key = loop {
            self.order.first().filter(|(at, _)| *at <= now)?;
            let (_, key) = self.order.pop_first()?;
            let counted =
                (key.peer, (self.sending.limit == UpdateLimit::PerMobileNode).then(|| key.mn.clone()));
            let paced = self.buckets.get(&key.peer).map(TokenBucket::ready_at).unwrap_or_default();
            let rate = self.rates.entry(counted).or_default();
            let ready = rate.ready_at().max(paced);
            if ready > now {
                self.plan(key, Some(ready));
            } else if may_leave(&key.mn) {
                rate.record(now);
                break key;
            } else {
                self.plan(key.clone(), None);
                self.parked.insert(key);
            }
        };
        self.bucket.take(now);
        if let Some(pacing) = self.sending.peer_pacing {
            self.buckets.entry(key.peer).or_insert_with(|| TokenBucket::new(pacing)).take(now);
        }
        let due = self.next_sending(now, key);
        self.forget_quiet_rates(now);
        Some(due)
    }

    /// Has an outstanding PBU that is not in the order looked at then, or not before it is unparked.
    fn plan(&mut self, key: UpdateKey<M>, at: Option<Instant>) {
        let Some(update) = self.outstanding.get_mut(&key) else { return };
        update.at = at;
        self.order.extend(at.map(|at| (at, key)));
    }

    /// Numbers the next sending of a PBU that leaves now, and plans the one after it.
    fn next_sending(&mut self, now: Instant, key: UpdateKey<M>) -> Due<M> {
        let update = self.outstanding.get_mut(&key).expect("what is in the order is outstanding");
        update.seq = if let Some(first) = update.first {
            first.wrapping_add(update.sent as u16)
        } else {
            let seq = self.sequences.entry(key.peer).or_insert(0);
            *seq = seq.wrapping_add(1);
            *seq
        };
        if update.sent == 0 {
            update.begun = update.seq;
        }
        update.sent += 1;
        let (seq, repetition) = (update.seq, update.sent - 1);
        let wait = self.sending.backoff.wait(update.sent);
        let is_last = update.persistence == Persistence::UntilMaximum && wait >= self.sending.backoff.max;
        update.at = (!is_last).then_some(now + wait);
        match update.at {
            Some(at) => drop(self.order.insert((at, key.clone()))),
            None => drop(self.outstanding.remove(&key)),
        }
        Due { key, seq, repetition, is_last }
    }

    /// When [`Updates::due`] has something again, or has to look.
    pub fn next_timeout(&self) -> Option<Instant> {
        let (at, _) = self.order.first()?;
        Some((*at).max(self.bucket.ready_at()))
    }

    /// Sendings of more than a second ago count no more; they are cleared away when they have become many, and no more often
    /// than they can have become quiet: many that count are gone through in vain.
    fn forget_quiet_rates(&mut self, now: Instant) {
        if now >= self.tidy_at && self.rates.len() > 2 * self.outstanding.len() + 64 {
            self.rates.retain(|_, rate| !rate.is_quiet(now));
            self.rates.shrink_to(2 * self.rates.len());
            self.tidy_at = now + UpdateRate::WINDOW;
        }
    }
}

impl Updates {
    /// Those that are outstanding, for people to look at.
    pub fn waiting(&self) -> impl Iterator<Item = Waiting> {
        self.waiting_as(MnIdentifier::clone)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn key(mn: &str, peer: u16) -> UpdateKey {
        UpdateKey { mn: MnIdentifier::nai(mn), peer: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, peer) }
    }

    fn updates(pacing: Pacing) -> Updates {
        let (peer_pacing, limit) = (None, UpdateLimit::PerMobileNode);
        Updates::new(Sending { backoff: Backoff::default(), pacing, peer_pacing, limit })
    }

    /// Runs until `end` seconds; each sending as (milliseconds, peer, sequence number).
    fn run(updates: &mut Updates, start: Instant, end: u64) -> Vec<(u128, u16, u16)> {
        let mut sent = Vec::new();
        let mut now = start;
        loop {
            while let Some(due) = updates.due(now) {
                sent.push((now.since(start).as_millis(), due.key.peer.segments()[7], due.seq));
            }
            match updates.next_timeout() {
                Some(at) if at <= start + Duration::from_secs(end) => now = at,
                _ => return sent,
            }
        }
    }

    #[test]
    fn r3_6_3_an_unanswered_update_is_sent_again_with_doubled_waits_and_fresh_numbers() {
        let start = Instant::from_secs(100);
        let mut updates = updates(Pacing::default());
        updates.want(start, key("mn1", 1), Persistence::UntilAnswered);
        let sent = run(&mut updates, start, 100);
        let expected =
            [(0, 1), (1000, 2), (3000, 3), (7000, 4), (15000, 5), (31000, 6), (63000, 7), (95000, 8)];
        assert_eq!(sent, expected.map(|(at, seq)| (at, 1, seq)));
    }

    #[test]
    fn only_the_answer_to_the_last_sending_stops_it() {
        let start = Instant::from_secs(100);
        let mut updates = updates(Pacing::default());
        updates.want(start, key("mn1", 1), Persistence::UntilAnswered);
        assert!(!updates.answered(&key("mn1", 1), 0), "nothing was sent yet");
        let due = updates.due(start).unwrap();
        assert!(!updates.answered(&key("mn1", 1), due.seq + 1));
        assert!(!updates.answered(&key("mn2", 1), due.seq));
        assert!(updates.answered(&key("mn1", 1), due.seq));
        assert_eq!(updates.next_timeout(), None);
    }

    #[test]
    fn r6_2_updates_to_many_peers_leave_one_by_one() {
        let start = Instant::from_secs(100);
        let mut updates = updates(Pacing { rate: 100, burst: 1 });
        for peer in 1..=4 {
            updates.want(start, key("mn1", peer), Persistence::UntilAnswered);
        }
        let times: Vec<u128> = run(&mut updates, start, 0).into_iter().map(|(at, ..)| at).collect();
        assert_eq!(times, [0]);
        let times: Vec<u128> = run(&mut updates, start, 1).into_iter().map(|(at, ..)| at).collect();
        assert_eq!(times, [10, 20, 30, 1000], "and the first is sent again after a second");
    }

    #[test]
    fn r3_6_5_no_peer_gets_more_than_three_in_a_second() {
        let start = Instant::from_secs(100);
        let mut updates = updates(Pacing { rate: 1000, burst: 1 });
        let mut times = Vec::new();
        for round in 0..6 {
            let now = start + Duration::from_millis(round * 10);
            updates.want(now, key("mn1", 1), Persistence::UntilAnswered);
            while updates.due(now).is_some() {
                times.push(now.since(start).as_millis());
            }
        }
        assert_eq!(times, [0, 10, 20]);
        assert_eq!(updates.next_timeout(), Some(start + Duration::from_secs(1) + Duration::from_nanos(1)));
    }

    /// Five mobile nodes, one peer: what leaves in the first second, in milliseconds.
    fn five_mobile_nodes(sending: Sending) -> Vec<u128> {
        let start = Instant::from_secs(100);
        let mut updates = Updates::new(sending);
        for mn in 1..=5 {
            updates.want(start, key(&format!("mn{mn}"), 1), Persistence::UntilMaximum);
        }
        run(&mut updates, start, 2).into_iter().map(|(at, ..)| at).filter(|at| *at <= 1000).collect()
    }

    #[test]
    fn a33_the_limit_counts_by_mobile_node_or_by_peer_alone() {
        let sending = Sending {
            backoff: Backoff { initial: Duration::from_secs(9), ..Backoff::default() },
            pacing: Pacing { rate: 1000, burst: 1 },
            peer_pacing: None,
            limit: UpdateLimit::PerMobileNode,
        };
        assert_eq!(five_mobile_nodes(sending), [0, 1, 2, 3, 4]);
        assert_eq!(five_mobile_nodes(Sending { limit: UpdateLimit::PerNode, ..sending }), [0, 1, 2, 1000]);
    }

    #[test]
    fn r6_2_the_queue_towards_one_peer_is_paced_by_itself_and_holds_up_no_other() {
        let start = Instant::from_secs(100);
        let mut updates = Updates::new(Sending {
            backoff: Backoff::default(),
            pacing: Pacing { rate: 1000, burst: 1 },
            peer_pacing: Some(Pacing { rate: 10, burst: 2 }),
            limit: UpdateLimit::PerMobileNode,
        });
        for mn in 1..=4 {
            updates.want(start, key(&format!("mn{mn}"), 1), Persistence::UntilAnswered);
        }
        updates.want(start, key("mn9", 2), Persistence::UntilAnswered);
        let sent: Vec<(u128, u16)> =
            run(&mut updates, start, 2).into_iter().map(|(at, peer, _)| (at, peer)).take(5).collect();
        assert_eq!(sent, [(0, 1), (1, 1), (2, 2), (100, 1), (200, 1)], "all leave: nothing is dropped");
    }

    #[test]
    fn what_the_other_ends_timer_mends_is_given_up_at_the_maximum() {
        let start = Instant::from_secs(100);
        let mut updates = updates(Pacing::default());
        updates.want(start, key("mn1", 1), Persistence::UntilMaximum);
        assert_eq!(run(&mut updates, start, 1000).len(), 6, "after 1, 2, 4, 8 and 16 seconds");
        assert_eq!(updates.next_timeout(), None);
    }
}
