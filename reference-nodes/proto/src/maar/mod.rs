//! The Mobility Anchor and Access Router: S-MAAR for the mobile nodes on its link, P-MAAR for those that have moved on
//! (RFC 8885 §3.1, §3.2).
//!
//! Forwarding is never changed step by step: after each input the plane that should be is compared with the plane that
//! was ordered, and the difference is ordered. What promises forwarding (a PBA, a Router Advertisement) waits until
//! the orders before it are carried out.

mod anchoring;
mod config;
mod dlif;
mod mobile;
mod serving;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use dmm_codec::{Instant, Message, MnIdentifier, MobilityOption, Pbu};
use dmm_dataplane::{Entry, Op, OpFailure, OpId, Plane, diff};
use ipnet::Ipv6Net;

pub use config::MaarConfig;
pub use dlif::DlifAddresses;

use crate::exchange::{PBU_FLAGS, receive, send};
use crate::updates::{Due, UpdateKey, Updates};
use crate::{Event, Ignored, Input, LinkEvent, Node, Output, Reason, Timeout};
use mobile::{Mobile, Place};

/// A MAAR.
#[derive(Clone, Debug)]
pub struct Maar {
    config: MaarConfig,
    mobiles: BTreeMap<MnIdentifier, Mobile>,
    updates: Updates,
    /// What forwarding was ordered to hold.
    ordered: Plane,
    next_op: u64,
    /// What was ordered to be put in place and is not there yet.
    pending: BTreeMap<OpId, Entry>,
    /// Outputs that wait for orders.
    held: Vec<Held>,
    outbox: VecDeque<Output>,
}

/// Outputs that promise forwarding, and the orders that they wait for.
#[derive(Clone, Debug)]
struct Held {
    waits_for: BTreeSet<OpId>,
    outputs: Vec<Output>,
    /// What leaves in their place if an order could not be carried out; taken at the first that could not.
    otherwise: Option<Vec<Output>>,
}

impl Maar {
    /// A MAAR that knows no mobile node yet.
    pub fn new(config: MaarConfig) -> Self {
        let updates = Updates::new(config.backoff, config.pacing);
        Self {
            config,
            mobiles: BTreeMap::new(),
            updates,
            ordered: Plane::new(),
            next_op: 0,
            pending: BTreeMap::new(),
            held: Vec::new(),
            outbox: VecDeque::new(),
        }
    }

    fn cmd_key(&self, mn: &MnIdentifier) -> UpdateKey {
        UpdateKey { mn: mn.clone(), peer: self.config.cmd }
    }

    fn signal(&mut self, now: Instant, src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) -> Result<(), Ignored> {
        if dst != self.config.address {
            return Err(Ignored::NotForUs);
        }
        match receive(src, dst, octets)? {
            Message::Pbu(pbu) => self.anchoring_pbu(now, src, &pbu),
            Message::Pba(pba) => self.serving_pba(now, src, &pba),
            _ => Err(Ignored::NotForUs),
        }
    }

    fn link(&mut self, now: Instant, event: LinkEvent) {
        match event {
            LinkEvent::Solicited { mobile, src } => self.solicited(now, mobile, src),
            LinkEvent::Detached { mobile } => self.detached(mobile),
        }
    }

    fn forwarding(&mut self, id: OpId, result: Result<(), OpFailure>) {
        let entry = self.pending.remove(&id);
        let failed = result.is_err();
        if let Err(why) = result {
            self.outbox.push_back(Output::Event(Event::ForwardingFailed { why }));
            // It is not there, so the next comparison orders it again.
            if let Some(entry) = entry {
                self.ordered.remove(&entry);
            }
        }
        for held in &mut self.held {
            if held.waits_for.remove(&id)
                && failed
                && let Some(otherwise) = held.otherwise.take()
            {
                held.outputs = otherwise;
            }
        }
        for held in self.held.extract_if(.., |held| held.waits_for.is_empty()) {
            self.outbox.extend(held.outputs);
        }
    }

    /// Orders what forwarding lacks or has too much of, and holds back what promises it.
    fn reconcile(&mut self, promises: Vec<Output>, otherwise: Vec<Output>) {
        let wanted: Plane = self.mobiles.values().flat_map(Mobile::plane).collect();
        for op in diff(&self.ordered, &wanted) {
            let id = OpId(self.next_op);
            self.next_op += 1;
            // A promise waits for what is put in place, not for what is cleaned away.
            if let Op::Ensure(entry) = op {
                self.pending.insert(id, entry);
            }
            self.outbox.push_back(Output::Forwarding { id, op });
        }
        self.ordered = wanted;
        if self.pending.is_empty() {
            self.outbox.extend(promises);
        } else if !promises.is_empty() {
            let waits_for = self.pending.keys().copied().collect();
            self.held.push(Held { waits_for, outputs: promises, otherwise: Some(otherwise) });
        }
    }

    /// The lowest /64 of the pool that no mobile node has (RFC 8885 §3.1, R3.1.1).
    fn free_prefix(&self) -> Option<Ipv6Net> {
        let mut free = self.config.pool.subnets(64).ok()?;
        free.find(|prefix| !self.mobiles.values().any(|mobile| mobile.holds(prefix)))
    }

    fn find(&self, mac: Mac) -> Option<MnIdentifier> {
        self.mobiles.iter().find(|(_, mobile)| mobile.mac == mac).map(|(mn, _)| mn.clone())
    }

    fn send_updates(&mut self, now: Instant) {
        while let Some(due) = self.updates.due(now) {
            let Some(pbu) = self.registration(now, &due) else {
                self.updates.cancel(&due.key);
                continue;
            };
            let given_up = !self.updates.is_outstanding(&due.key);
            let Due { key: UpdateKey { mn, peer }, repetition, .. } = due;
            if repetition > 0 {
                let mn = mn.clone();
                self.outbox.push_back(Output::Event(Event::Retransmitted { mn, peer, repetition }));
            }
            self.outbox.push_back(send(self.config.address, peer, &Message::Pbu(pbu)));
            // The last word about a mobile node that has left: the CMD's own timer does the rest.
            if given_up && self.mobiles.remove(&mn).is_some() {
                self.outbox.push_back(Output::Event(Event::Ended { mn }));
            }
        }
    }

    /// The PBU to the CMD (RFC 8885 §3.1, R3.1.3; options of RFC 5213 §6.9.1.5).
    fn registration(&self, now: Instant, due: &Due) -> Option<Pbu> {
        let mobile = self.mobiles.get(&due.key.mn)?;
        let leaving = mobile.place == Place::Leaving;
        let handoff = match mobile.place {
            Place::Serving { .. } => dmm_codec::HandoffIndicator::NOT_CHANGED,
            _ => dmm_codec::HandoffIndicator::UNKNOWN,
        };
        let mut options = vec![MobilityOption::MnIdentifier(due.key.mn.clone())];
        options.extend(mobile.own.prefixes.iter().copied().map(MobilityOption::HomeNetworkPrefix));
        options.push(MobilityOption::HandoffIndicator(handoff));
        options.push(MobilityOption::AccessTechnology(self.config.technology));
        options.push(MobilityOption::MnLinkLayerIdentifier(mobile.mac.into()));
        options.push(MobilityOption::Timestamp(now.timestamp()));
        let lifetime = if leaving { dmm_codec::Lifetime::ZERO } else { self.config.lifetime };
        Some(Pbu { seq: due.seq, flags: PBU_FLAGS, lifetime, options })
    }
}

impl Node for Maar {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Signal { src, dst, octets } => {
                if let Err(why) = self.signal(now, src, dst, octets) {
                    let event = Event::Ignored { src, why };
                    tracing::debug!(%event);
                    self.outbox.push_back(Output::Event(event));
                }
            }
            Input::Link(event) => self.link(now, event),
            Input::Forwarding { id, result } => self.forwarding(id, result),
            Input::Timeout => {}
        }
        self.lifetimes(now);
        self.send_updates(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        let update = self.updates.next_timeout().map(|at| Timeout { at, reason: Reason::Update });
        let lifetimes = self.mobiles.iter().filter_map(|(mn, mobile)| self.next_lifetime(mn, mobile));
        update.into_iter().chain(lifetimes.map(|at| Timeout { at, reason: Reason::Lifetime })).min()
    }
}
