//! A Local Mobility Anchor (RFC 5213 §5): it assigns prefixes from its pool and tunnels what is for them to the MAG. A PBA waits
//! until the tunnel that it promises is there, and then until the binding is durable.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags, Status, Timestamp};
use dmm_dataplane::{Entry, Plane};
use ipnet::Ipv6Net;

use super::{plain, plain_answer};
use crate::complaint::Complaints;
use crate::exchange::{Freshness, Request, receive, refusal, send};
use crate::forwarding::Forwarding;
use crate::journal::{Journal, Kept, Otherwise};
use crate::record::{BceRecord, Record};
use crate::timing::{Agenda, MIN_DELAY_BEFORE_BCE_DELETE, TIMESTAMP_VALIDITY_WINDOW};
use crate::view::{Session, State};
use crate::{Event, Ignored, Input, Node, Output, Reason, Timeout};

/// The configuration of an LMA.
#[derive(Clone, Debug)]
pub struct LmaConfig {
    /// Its address, LMAA: tunnels start and end there.
    pub address: Ipv6Addr,
    /// The MAGs that it serves.
    pub mags: Vec<Ipv6Addr>,
    /// The prefixes that it assigns: one /64 for each mobile node.
    pub pool: Ipv6Net,
    /// The longest lifetime that is granted.
    pub max_lifetime: Lifetime,
    /// How far a time stamp may be off.
    pub timestamp_window: Duration,
    /// What it says to a PBU with the D flag: "an error", and not which (RFC 8885 §4.1; stance A1).
    pub refusal: Status,
    /// Mobile nodes, and writes that are not done; one more is answered with status 130.
    pub max_bindings: usize,
    /// Whether bindings are kept beyond the LMA's own life: it orders them to be written then.
    pub durable: bool,
}

impl LmaConfig {
    /// An LMA with the values of the RFCs, and this project's where they give none.
    pub fn new(address: Ipv6Addr, mags: Vec<Ipv6Addr>, pool: Ipv6Net) -> Self {
        Self {
            address,
            mags,
            pool,
            max_lifetime: Lifetime::within(Duration::from_hours(1)),
            timestamp_window: TIMESTAMP_VALIDITY_WINDOW,
            refusal: Status::ADMINISTRATIVELY_PROHIBITED,
            max_bindings: 65_536,
            durable: false,
        }
    }
}

/// An LMA.
#[derive(Clone, Debug)]
pub struct Lma {
    config: LmaConfig,
    bindings: Kept<Binding>,
    owners: BTreeMap<Ipv6Net, MnIdentifier>,
    /// Prefixes of sessions that have ended. They are nobody else's before that is durable: else two mobile nodes might have one
    /// after a restart.
    ending: BTreeSet<(MnIdentifier, Ipv6Net)>,
    expiries: Agenda<MnIdentifier>,
    forwarding: Forwarding,
    journal: Journal,
    complaints: Complaints,
    outbox: VecDeque<Output>,
}

/// How much an LMA holds: what must come back to nothing when all mobile nodes have left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LmaLoad {
    /// Mobile nodes.
    pub bindings: usize,
    /// Prefixes that are assigned.
    pub prefixes: usize,
    /// Entries of forwarding.
    pub entries: usize,
}

/// A binding cache entry (RFC 5213 §5.1); when it ends is in the agenda.
#[derive(Clone, Debug)]
struct Binding {
    p_coa: Ipv6Addr,
    prefix: Ipv6Net,
    freshness: Freshness,
    /// Whether the last PBU asked for any prefix, by ALL_ZERO: what refuses it says so too.
    asked_any: bool,
    /// De-registered; it stays for MinDelayBeforeBCEDelete, and its traffic is dropped (RFC 5213 §5.3.5).
    deregistered: bool,
}

impl Lma {
    /// An LMA with an empty binding cache.
    pub fn new(config: LmaConfig) -> Self {
        Self {
            complaints: Complaints::new(config.address),
            journal: Journal::new(config.durable),
            config,
            bindings: Kept::default(),
            owners: BTreeMap::new(),
            ending: BTreeSet::new(),
            expiries: Agenda::default(),
            forwarding: Forwarding::default(),
            outbox: VecDeque::new(),
        }
    }

    /// An LMA that goes on where another stopped, with what forwarding holds now. Prefixes that are not its own any more, since an
    /// operator has given it another pool, it does not assign any more. What is due leaves at the first [`Input::Timeout`].
    pub fn restore(
        config: LmaConfig,
        now: Instant,
        records: impl IntoIterator<Item = (MnIdentifier, BceRecord)>,
        found: &Plane,
    ) -> Self {
        let mut lma = Self::new(config);
        lma.forwarding.find(found);
        for (mn, record) in records {
            if !lma.is_free(&record.prefix) {
                lma.journal.changed(&mn);
                continue;
            }
            let expires = Instant::from_nanos(record.expires);
            lma.expiries.set(&mn, Some(expires));
            lma.owners.insert(record.prefix, mn.clone());
            lma.bindings.insert(mn.clone(), Binding::from(record));
            if expires > now {
                lma.reconcile(&mn, Vec::new(), Vec::new());
            }
        }
        lma.outbox.extend(lma.forwarding.sweep());
        // All else is as it was written.
        lma.bindings.take_changed();
        lma
    }

    /// What its operator has told it.
    pub fn config(&self) -> &LmaConfig {
        &self.config
    }

    /// All that is to be durable, for who starts a store with it.
    pub fn records(&self) -> impl Iterator<Item = (MnIdentifier, BceRecord)> {
        self.bindings.keys().filter_map(|mn| Some((mn.clone(), self.record(mn)?)))
    }

    /// What is to be durable of one mobile node.
    pub(super) fn record(&self, mn: &MnIdentifier) -> Option<BceRecord> {
        let binding = self.bindings.get(mn)?;
        let expires = self.expiries.at(mn).expect("a binding ends");
        let Freshness { seq, timestamp } = binding.freshness;
        Some(BceRecord {
            p_coa: binding.p_coa,
            prefix: binding.prefix,
            expires: expires.as_nanos(),
            last_pbu: (seq, timestamp.map(|timestamp| timestamp.0)),
            deregistered: binding.deregistered,
        })
    }

    /// What it holds of each mobile node, in the order of their identifiers.
    pub fn sessions(&self) -> impl Iterator<Item = Session> {
        self.bindings.iter().map(|(mn, binding)| {
            let state = if binding.deregistered { State::Deregistered } else { State::Registered };
            Session {
                serving: Some(binding.p_coa),
                prefixes: vec![binding.prefix],
                expires: self.expiries.at(mn),
                ..Session::new(mn, state)
            }
        })
    }

    /// The prefix that a mobile node is assigned.
    pub fn assigned(&self, mn: &MnIdentifier) -> Option<Ipv6Net> {
        self.bindings.get(mn).map(|binding| binding.prefix)
    }

    /// How many mobile nodes are registered.
    pub fn bindings(&self) -> usize {
        self.bindings.len()
    }

    /// How much it holds.
    pub fn load(&self) -> LmaLoad {
        let (bindings, prefixes) = (self.bindings.len(), self.owners.len());
        LmaLoad { bindings, prefixes, entries: self.forwarding.len() }
    }

    fn signal(&mut self, now: Instant, src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) -> Result<(), Ignored> {
        let Message::Pbu(pbu) = receive(src, dst, octets)? else { return Err(Ignored::NotForUs) };
        if dst != self.config.address || !pbu.flags.contains(PbuFlags::P | PbuFlags::A) {
            return Err(Ignored::NotForUs);
        }
        self.pbu(now, src, pbu)
    }

    fn pbu(&mut self, now: Instant, src: Ipv6Addr, pbu: Pbu) -> Result<(), Ignored> {
        let request = Request::from(pbu);
        let (mn, prefix, freshness) = match self.check(now, src, &request) {
            Ok(accepted) => accepted,
            Err(status) => {
                self.outbox.push_back(Output::Event(Event::Refused { src, status }));
                let pba = plain(request.reject(status, now));
                self.outbox.push_back(send(self.config.address, src, &Message::Pba(pba)));
                return Ok(());
            }
        };
        let known = self.bindings.get(&mn).map(|binding| binding.p_coa);
        let lifetime = request.lifetime.min(self.config.max_lifetime);
        let deregistered = lifetime == Lifetime::ZERO;
        // RFC 5213 §5.3.5 (1): from another than the Proxy-CoA it "MUST ignore the request"; §5.4.1: one that "cannot be associated
        // with any existing mobility session ... MUST be silently ignored".
        if deregistered && known != Some(src) {
            return Err(Ignored::NotServing);
        }
        let ends = if deregistered { MIN_DELAY_BEFORE_BCE_DELETE } else { lifetime.duration() };
        let asked_any = request.prefixes.first() == Some(&Ipv6Net::default());
        self.expiries.set(&mn, Some(now + ends));
        self.owners.insert(prefix, mn.clone());
        self.ending.remove(&(mn.clone(), prefix));
        self.bindings.insert(mn.clone(), Binding { p_coa: src, prefix, freshness, asked_any, deregistered });
        if known.is_none() && !deregistered {
            self.outbox.push_back(Output::Event(Event::Registered { mn: mn.clone(), s_maar: src }));
        }
        // B19: status 0, and the prefix that is assigned. The PBA promises the tunnel (§5.3.2 (5) to (7)).
        let pba = plain_answer(&request, lifetime, &[prefix]);
        let promise = vec![send(self.config.address, src, &Message::Pba(pba))];
        let failed = plain(request.reject(Status::INSUFFICIENT_RESOURCES, now));
        self.reconcile(&mn, promise, vec![send(self.config.address, src, &Message::Pba(failed))]);
        Ok(())
    }

    /// The checks of RFC 5213 §5.3.1 in their order.
    fn check(
        &self,
        now: Instant,
        src: Ipv6Addr,
        request: &Request,
    ) -> Result<(MnIdentifier, Ipv6Net, Freshness), Status> {
        // RFC 8885 §4.1, R4.1.3, R4.1.4: with the D flag the PBU "MUST NOT be processed by the LMA, and an error MUST be
        // returned"; which one is open (stance A1).
        if request.flags.contains(PbuFlags::D) {
            return Err(self.config.refusal);
        }
        let named = request.mn.as_ref().filter(|mn| !mn.identifier.is_empty());
        let mn = named.ok_or(Status::MISSING_MN_IDENTIFIER_OPTION)?;
        if !self.config.mags.contains(&src) {
            return Err(Status::MAG_NOT_AUTHORIZED_FOR_PROXY_REG);
        }
        let binding = self.bindings.get(mn);
        let comparable = binding.filter(|b| request.timestamp.is_some() || b.p_coa == src);
        let last = comparable.map(|binding| binding.freshness);
        let freshness = Freshness::check(last, request, now, self.config.timestamp_window)?;
        let asked = *request.prefixes.first().ok_or(Status::MISSING_HOME_NETWORK_PREFIX_OPTION)?;
        request.handoff.ok_or(Status::MISSING_HANDOFF_INDICATOR_OPTION)?;
        request.technology.ok_or(Status::MISSING_ACCESS_TECH_TYPE_OPTION)?;
        if self.journal.writing() >= self.config.max_bindings {
            return Err(Status::INSUFFICIENT_RESOURCES);
        }
        let all_zero = asked == Ipv6Net::default();
        let prefix = match binding {
            // §5.4.1: the existing session's prefix, asked for by name or by ALL_ZERO, by whichever MAG (B20).
            Some(binding) if all_zero || asked == binding.prefix => binding.prefix,
            Some(_) => return Err(Status::BCE_PBU_PREFIX_SET_DO_NOT_MATCH),
            None if self.bindings.len() >= self.config.max_bindings => {
                return Err(Status::INSUFFICIENT_RESOURCES);
            }
            None if all_zero => self.prefix_for(mn).ok_or(Status::INSUFFICIENT_RESOURCES)?,
            None if self.is_free(&asked) || self.ending.contains(&(mn.clone(), asked)) => asked,
            None => return Err(Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX),
        };
        Ok((mn.clone(), prefix, freshness))
    }

    /// Whether a prefix can be assigned: one of its own (B19), and nobody else's.
    fn is_free(&self, prefix: &Ipv6Net) -> bool {
        prefix.prefix_len() == 64 && self.config.pool.contains(prefix) && !self.owners.contains_key(prefix)
    }

    /// The prefix that it had, where that is nobody else's yet, or the first that is free.
    fn prefix_for(&self, mn: &MnIdentifier) -> Option<Ipv6Net> {
        let had = self.endings_of(mn).next();
        had.or_else(|| self.config.pool.subnets(64).ok()?.find(|prefix| self.is_free(prefix)))
    }

    fn endings_of(&self, mn: &MnIdentifier) -> impl Iterator<Item = Ipv6Net> {
        let of_mn = (mn.clone(), Ipv6Net::default());
        self.ending.range(of_mn..).take_while(move |(of, _)| of == mn).map(|(_, prefix)| *prefix)
    }

    /// What is kept of a mobile node is durable: prefixes that it has no more are anybody's.
    fn release(&mut self, mn: &MnIdentifier) {
        if self.journal.is_about(mn) {
            return;
        }
        for prefix in self.endings_of(mn).collect::<Vec<_>>() {
            self.ending.remove(&(mn.clone(), prefix));
            self.owners.remove(&prefix);
        }
    }

    fn reconcile(&mut self, mn: &MnIdentifier, promise: Vec<Output>, otherwise: Vec<Output>) {
        let plane = match self.bindings.get(mn) {
            Some(&Binding { p_coa: remote, prefix, deregistered: false, .. }) => {
                Plane::from([Entry::Tunnel { remote }, Entry::TunnelRoute { prefix, remote }])
            }
            _ => Plane::new(),
        };
        let (orders, promises) = self.forwarding.reconcile(mn, plane, promise, otherwise);
        self.outbox.extend(orders);
        for promise in promises {
            self.say(mn, promise);
        }
    }

    /// Says something about a mobile node once its binding is durable, or that it could not be made so.
    fn say(&mut self, mn: &MnIdentifier, output: Output) {
        let asked_any = self.bindings.get(mn).is_some_and(|binding| binding.asked_any);
        let otherwise: Otherwise = if asked_any { refusal_of_any } else { refusal };
        self.journal.say(&mut self.outbox, mn, output, Some(otherwise));
    }

    /// Whatever was changed since the last call is to be written.
    fn note_changes(&mut self) {
        for mn in self.bindings.take_changed() {
            self.journal.changed(&mn);
        }
    }

    /// Orders what has changed in this input to be written.
    fn write(&mut self) {
        self.note_changes();
        let mut journal = std::mem::replace(&mut self.journal, Journal::new(self.config.durable));
        let mut outbox = std::mem::take(&mut self.outbox);
        journal.write(&mut outbox, |mn| (mn.clone(), self.record(mn).map(Record::Bce)));
        (self.journal, self.outbox) = (journal, outbox);
    }

    fn expire(&mut self, now: Instant) {
        for (_, mn) in self.expiries.due(now).collect::<Vec<_>>() {
            self.expiries.set(&mn, None);
            if let Some(binding) = self.bindings.get(&mn) {
                self.ending.insert((mn.clone(), binding.prefix));
            }
            self.bindings.remove(&mn);
            self.note_changes();
            self.release(&mn);
            self.reconcile(&mn, Vec::new(), Vec::new());
            self.outbox.push_back(Output::Event(Event::Ended { mn }));
        }
    }
}

impl From<BceRecord> for Binding {
    fn from(record: BceRecord) -> Self {
        let BceRecord { p_coa, prefix, last_pbu: (seq, timestamp), deregistered, .. } = record;
        let freshness = Freshness { seq, timestamp: timestamp.map(Timestamp) };
        Self { p_coa, prefix, freshness, asked_any: false, deregistered }
    }
}

/// As [`refusal`], of a PBU that asked for any prefix: the one that was chosen for it is promised to nobody.
fn refusal_of_any(accepted: Output) -> Option<Output> {
    let Output::Signal { src, dst, octets } = refusal(accepted)? else { return None };
    let Ok(Message::Pba(mut pba)) = receive(src, dst, &octets) else { return None };
    for option in &mut pba.options {
        if let MobilityOption::HomeNetworkPrefix(prefix) = option {
            *prefix = Ipv6Net::default();
        }
    }
    Some(send(src, dst, &Message::Pba(pba)))
}

impl Node for Lma {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Signal { src, dst, octets } => {
                if let Err(why) = self.signal(now, src, dst, octets) {
                    self.complaints.ignored(&mut self.outbox, now, src, why);
                }
            }
            Input::Forwarding { id, result } => {
                for (mn, promise) in self.forwarding.done(id, result.is_err()) {
                    self.say(&mn, promise);
                }
            }
            Input::Persisted { through, result } => {
                for mn in self.journal.settled(&mut self.outbox, through, result) {
                    self.release(&mn);
                }
            }
            Input::Link(_) | Input::Timeout => {}
        }
        self.expire(now);
        self.write();
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        self.expiries.first().map(|(at, _)| Timeout { at: *at, reason: Reason::Lifetime })
    }
}
