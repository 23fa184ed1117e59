//! The Central Mobility Database: one binding cache, and a [`Plan`](crate::Plan) that says whether it is relay, locator
//! or proxy (RFC 8885 §3.2, §3.3, §3.4). As relay:
//!
//! ```text
//! S-MAAR          CMD          P-MAARs
//!   │──── PBU ────▶│                        binding moves to the S-MAAR          registration.rs
//!   │              │──── PBU + 68 ──▶│      one per P-MAAR, paced                notice.rs
//!   │              │◀─── PBA ────────│      collected                            collection.rs
//!   │◀ PBA + 67 … ─│                        when all have answered, or when time is up
//! ```

mod binding;
mod check;
mod collection;
mod config;
mod notice;
mod prefixes;
mod registration;
mod restart;
mod view;

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::sync::Arc;

use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, Pbu, PbuFlags};
use ipnet::Ipv6Net;

pub use crate::peer::MaarPeer;
pub use config::{CmdConfig, CmdLimits, Service};

use crate::exchange::{Request, receive, refuse};
use crate::journal::Journal;
use crate::timing::Agenda;
use crate::updates::{UpdateKey, Updates};
use crate::{Event, Ignored, Input, Node, Output, Reason, Timeout};
use binding::{Anchor, Binding};
use prefixes::Prefixes;

/// A CMD.
#[derive(Clone, Debug)]
pub struct Cmd {
    config: CmdConfig,
    /// Found by the mobile node's identifier alone: its prefix changes with each MAAR (stance A5).
    bindings: BTreeMap<Arc<MnIdentifier>, Box<Binding>>,
    prefixes: Prefixes,
    /// When something is to be done about each binding.
    deadlines: Agenda<Arc<MnIdentifier>>,
    updates: Updates,
    /// P-MAARs to be told that a session has ended, and the prefixes that they anchored for it.
    farewells: BTreeMap<UpdateKey, Vec<Ipv6Net>>,
    journal: Journal,
    outbox: VecDeque<Output>,
}

/// How much a CMD holds: what must come back to nothing when all mobile nodes have left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CmdLoad {
    /// Mobile nodes.
    pub bindings: usize,
    /// Prefixes of mobile nodes.
    pub prefixes: usize,
    /// PBUs that are not answered.
    pub updates: usize,
}

impl Cmd {
    /// A CMD with an empty binding cache.
    pub fn new(config: CmdConfig) -> Self {
        let (updates, journal) = (Updates::new(config.sending()), Journal::new(config.durable));
        Self {
            config,
            bindings: BTreeMap::new(),
            prefixes: Prefixes::default(),
            deadlines: Agenda::default(),
            updates,
            farewells: BTreeMap::new(),
            journal,
            outbox: VecDeque::new(),
        }
    }

    /// What its operator has told it.
    pub fn config(&self) -> &CmdConfig {
        &self.config
    }

    /// How many mobile nodes are registered.
    pub fn bindings(&self) -> usize {
        self.bindings.len()
    }

    /// How much it holds.
    pub fn load(&self) -> CmdLoad {
        let updates = self.updates.len().max(self.farewells.len());
        CmdLoad { bindings: self.bindings.len(), prefixes: self.prefixes.len(), updates }
    }

    /// The S-MAAR of a mobile node.
    pub fn s_maar(&self, mn: &MnIdentifier) -> Option<Ipv6Addr> {
        self.bindings.get(mn).filter(|binding| !binding.deregistered).map(|binding| binding.serving.maar)
    }

    /// The MAARs that anchor prefixes of a mobile node, the S-MAAR last, and which.
    pub fn anchors(&self, mn: &MnIdentifier) -> Vec<(Ipv6Addr, Vec<Ipv6Net>)> {
        let Some(binding) = self.bindings.get(mn) else { return Vec::new() };
        let anchors = binding.p_maars.iter().map(|p_maar| &p_maar.anchor).chain([&binding.serving]);
        anchors.map(|anchor| (anchor.maar, anchor.prefixes.to_vec())).collect()
    }

    fn signal(&mut self, now: Instant, src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) -> Result<(), Ignored> {
        if dst != self.config.address {
            return Err(Ignored::NotForUs);
        }
        match receive(src, dst, octets)? {
            Message::Pbu(pbu) => self.pbu(now, src, &pbu),
            Message::Pba(pba) => self.pba(now, src, &pba),
            _ => Err(Ignored::NotForUs),
        }
    }

    fn pbu(&mut self, now: Instant, src: Ipv6Addr, pbu: &Pbu) -> Result<(), Ignored> {
        if !pbu.flags.contains(PbuFlags::P | PbuFlags::A) {
            return Err(Ignored::NotForUs);
        }
        let request = Request::of(pbu);
        match self.check(now, src, &request) {
            Ok(accepted) if request.lifetime == Lifetime::ZERO => {
                self.deregister(now, src, accepted, &request)
            }
            Ok(accepted) => {
                self.register(now, accepted, request);
                Ok(())
            }
            Err(status) => {
                self.outbox.extend(refuse(self.config.address, src, &request, status, now));
                Ok(())
            }
        }
    }

    /// Takes a binding out of the cache to change it; [`Cmd::put`] puts it back, and what is found by its contents with
    /// it.
    fn take(&mut self, mn: &MnIdentifier) -> Option<Box<Binding>> {
        let (mn, binding) = self.bindings.remove_entry(mn)?;
        self.prefixes.free(binding.prefixes());
        self.deadlines.set(&mn, None);
        Some(binding)
    }

    fn put(&mut self, mn: &MnIdentifier, binding: Box<Binding>) {
        self.enter(Arc::new(mn.clone()), binding);
        self.journal.changed(mn);
    }

    /// What is to be done about a binding, and when, has changed: none of that is written.
    fn reschedule(&mut self, mn: &MnIdentifier) {
        if let Some((mn, binding)) = self.bindings.get_key_value(mn) {
            self.deadlines.set(mn, Some(binding.deadline()));
        }
    }

    /// Enters a binding that is as it was written.
    fn enter(&mut self, mn: Arc<MnIdentifier>, binding: Box<Binding>) {
        self.prefixes.enter(&mn, binding.prefixes());
        self.deadlines.set(&mn, Some(binding.deadline()));
        self.bindings.insert(mn, binding);
    }

    /// Ends bindings whose time has come, and answers S-MAARs that have waited long enough.
    fn timers(&mut self, now: Instant) {
        for mn in self.deadlines.due(now).cloned().collect::<Vec<_>>() {
            let Some(binding) = self.bindings.get(&mn) else { continue };
            if binding.expires > now {
                self.answer_late(now, &mn);
                continue;
            }
            let Some(binding) = self.take(&mn) else { continue };
            self.journal.changed(&mn);
            for p_maar in binding.p_maars {
                self.take_leave(now, &mn, p_maar.anchor);
            }
            self.outbox.push_back(Output::Event(Event::Ended { mn: MnIdentifier::clone(&mn) }));
        }
    }
}

impl Node for Cmd {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Signal { src, dst, octets } => {
                if let Err(why) = self.signal(now, src, dst, octets) {
                    let event = Event::Ignored { src, why };
                    tracing::debug!(%event);
                    self.outbox.push_back(Output::Event(event));
                }
            }
            Input::Persisted { through, result } => {
                self.journal.persisted(&mut self.outbox, &mut self.updates, now, through, result);
            }
            // A CMD has no access link and forwards nothing (RFC 8885 §1, R1.3).
            Input::Timeout | Input::Link(_) | Input::Forwarding { .. } => {}
        }
        self.timers(now);
        self.send_updates(now);
        self.write();
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        let binding = self.deadlines.first().map(|(at, mn)| {
            let ends = self.bindings.get(mn).is_some_and(|binding| binding.expires == *at);
            Timeout { at: *at, reason: if ends { Reason::Lifetime } else { Reason::Aggregation } }
        });
        Timeout::first(self.updates.next_timeout(), binding)
    }
}
