//! The Mobility Anchor and Access Router: S-MAAR for the mobile nodes on its link, P-MAAR for those that have moved on
//! (RFC 8885 §3.1, §3.2), as the domain's [`Plan`](crate::Plan) says.
//!
//! Forwarding is never changed step by step: after each input the plane that a mobile node should have is compared with
//! the one that was ordered, and the difference is ordered. What promises forwarding (a PBA, a Router Advertisement)
//! waits until the orders before it are carried out, and then until what it says is durable.

mod anchoring;
mod config;
mod dlif;
mod mobile;
mod registering;
mod restart;
mod serving;
mod view;

use std::collections::{BTreeSet, VecDeque};
use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use dmm_codec::{Instant, Message, MnIdentifier};
use dmm_dataplane::{OpFailure, OpId};
use ipnet::Ipv6Net;

pub use config::MaarConfig;
pub(crate) use dlif::Anchor;
pub use dlif::DlifAddresses;

use crate::complaint::Complaints;
use crate::exchange::{receive, send};
use crate::forwarding::Forwarding;
use crate::journal::{Journal, Kept};
use crate::updates::{Due, UpdateKey, Updates};
use crate::{Event, Ignored, Input, LinkEvent, Node, Output, Reason, Timeout};
use mobile::{Mobile, Place};

/// How many prefixes that the CMD has refused a MAAR remembers.
const REFUSED_PREFIXES: usize = 1024;

/// A MAAR, which "maintains a local Binding Cache for the MNs that are attached to it" (R3.0.3).
#[derive(Clone, Debug)]
pub struct Maar {
    config: MaarConfig,
    mobiles: Kept<Mobile>,
    /// Prefixes of the pool that the CMD says are another mobile node's: this MAAR assigned them before it lost its
    /// state.
    refused: BTreeSet<Ipv6Net>,
    updates: Updates,
    forwarding: Forwarding,
    journal: Journal,
    complaints: Complaints,
    outbox: VecDeque<Output>,
}

/// How much a MAAR holds: what must come back to nothing when all mobile nodes have left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaarLoad {
    /// Mobile nodes.
    pub mobiles: usize,
    /// Entries of forwarding.
    pub entries: usize,
    /// PBUs that are not answered.
    pub updates: usize,
}

impl Maar {
    /// A MAAR that knows no mobile node yet.
    pub fn new(config: MaarConfig) -> Self {
        let (updates, journal) = (Updates::new(config.sending()), Journal::new(config.durable));
        let complaints = Complaints::new(config.address);
        Self {
            config,
            mobiles: Kept::default(),
            refused: BTreeSet::new(),
            updates,
            forwarding: Forwarding::default(),
            journal,
            complaints,
            outbox: VecDeque::new(),
        }
    }

    /// What its operator has told it.
    pub fn config(&self) -> &MaarConfig {
        &self.config
    }

    /// How much it holds.
    pub fn load(&self) -> MaarLoad {
        let (mobiles, entries) = (self.mobiles.len(), self.forwarding.len());
        MaarLoad { mobiles, entries, updates: self.updates.len() }
    }

    /// Whether it serves a mobile node.
    pub fn serves(&self, mn: &MnIdentifier) -> bool {
        self.mobiles.get(mn).is_some_and(|mobile| matches!(mobile.place, Place::Serving { .. }))
    }

    /// The prefixes that it anchors for a mobile node, wherever that is.
    pub fn anchored(&self, mn: &MnIdentifier) -> &[Ipv6Net] {
        self.mobiles.get(mn).map_or(&[], |mobile| &mobile.own.prefixes)
    }

    fn cmd_key(&self, mn: &MnIdentifier) -> UpdateKey {
        UpdateKey { mn: mn.clone(), peer: self.config.cmd }
    }

    fn signal(&mut self, now: Instant, src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) -> Result<(), Ignored> {
        if dst != self.config.address {
            return Err(Ignored::NotForUs);
        }
        match receive(src, dst, octets)? {
            Message::Pbu(pbu) => self.anchoring_pbu(now, src, pbu),
            Message::Pba(pba) => self.serving_pba(now, src, &pba),
            _ => Err(Ignored::NotForUs),
        }
    }

    fn link(&mut self, now: Instant, event: LinkEvent) {
        match event {
            LinkEvent::Solicited { mobile, src } => self.solicited(now, mobile, src),
            LinkEvent::Detached { mobile } => self.detached(now, mobile),
        }
    }

    fn forwarding(&mut self, id: OpId, result: Result<(), OpFailure>) {
        let failed = result.is_err();
        if let Err(why) = result {
            self.outbox.push_back(Output::Event(Event::ForwardingFailed { why }));
        }
        for (mn, promise) in self.forwarding.done(id, failed) {
            self.say(&mn, promise);
        }
    }

    /// Orders what a mobile node's forwarding lacks or has too much of, and holds back what promises it.
    fn reconcile(&mut self, mn: &MnIdentifier, promises: Vec<Output>, otherwise: Vec<Output>) {
        let plane = self.mobiles.get(mn).map(Mobile::plane).unwrap_or_default();
        let (orders, promises) = self.forwarding.reconcile(mn, plane, promises, otherwise);
        self.outbox.extend(orders);
        for promise in promises {
            self.say(mn, promise);
        }
    }

    /// Says something about a mobile node once what is kept of it is durable. What does not get away is asked for again, or
    /// advertised again when it is solicited.
    fn say(&mut self, mn: &MnIdentifier, output: Output) {
        self.journal.say(&mut self.outbox, mn, output, None);
    }

    /// Nothing is kept of a mobile node any more.
    fn forget(&mut self, mn: &MnIdentifier) {
        self.mobiles.remove(mn);
        self.outbox.push_back(Output::Event(Event::Ended { mn: mn.clone() }));
    }

    fn find(&self, mac: Mac) -> Option<MnIdentifier> {
        self.mobiles.iter().find(|(_, mobile)| mobile.mac == mac).map(|(mn, _)| mn.clone())
    }

    fn send_updates(&mut self, now: Instant) {
        self.note_changes();
        while let Some(due) = self.updates.due_if(now, |mn| self.journal.is_durable(mn)) {
            let Some(pbu) = self.registration(now, &due) else {
                self.updates.cancel(&due.key);
                continue;
            };
            let Due { key: UpdateKey { mn, peer }, repetition, is_last, .. } = due;
            if repetition > 0 {
                let mn = mn.clone();
                self.outbox.push_back(Output::Event(Event::Retransmitted { mn, peer, repetition }));
            }
            self.outbox.push_back(send(self.config.address, peer, &Message::Pbu(pbu)));
            // The last word about a mobile node that is not here: the CMD's own timer does the rest.
            if is_last {
                self.forget(&mn);
                self.reconcile(&mn, Vec::new(), Vec::new());
            }
        }
    }
}

impl Node for Maar {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Signal { src, dst, octets } => {
                if let Err(why) = self.signal(now, src, dst, octets) {
                    self.complaints.ignored(&mut self.outbox, now, src, why);
                }
            }
            Input::Link(event) => self.link(now, event),
            Input::Forwarding { id, result } => self.forwarding(id, result),
            Input::Persisted { through, result } => {
                self.journal.persisted(&mut self.outbox, &mut self.updates, now, through, result);
            }
            Input::Timeout => {}
        }
        self.lifetimes(now);
        self.send_updates(now);
        self.write();
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        let lifetimes = self.mobiles.iter().filter_map(|(mn, mobile)| self.next_lifetime(mn, mobile));
        let lifetimes = lifetimes.map(|at| Timeout { at, reason: Reason::Lifetime });
        Timeout::first(self.updates.next_timeout(), lifetimes)
    }
}
