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

mod anchor;
mod binding;
mod cache;
mod check;
mod collection;
mod config;
mod deadlines;
mod notice;
mod prefixes;
mod registration;
mod restart;
mod view;

use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, Pbu, PbuFlags};
use ipnet::Ipv6Net;
use smallvec::SmallVec;

pub use crate::peer::MaarPeer;
pub use config::{CmdConfig, CmdLimits, Service};

use crate::complaint::Complaints;
use crate::exchange::{Request, receive, refuse};
use crate::journal::Journal;
use crate::timing::Agenda;
use crate::updates::Updates;
use crate::{Event, Ignored, Input, Node, Output, Reason, Timeout};
use anchor::Anchor;
use binding::Binding;
use cache::{Cache, Mn};
use deadlines::Deadlines;
use notice::Farewells;
use prefixes::Prefixes;

/// A CMD: "only the Binding Cache and its management operations are maintained" (R3.0.1).
#[derive(Clone, Debug)]
pub struct Cmd {
    config: CmdConfig,
    cache: Cache,
    prefixes: Prefixes,
    /// When each binding ends.
    expiries: Deadlines,
    /// When S-MAARs are to be answered that have not been.
    answers: Agenda<Mn>,
    updates: Updates<Mn>,
    /// P-MAARs to be told that a session has ended, and the prefixes that they anchored for it.
    farewells: Farewells,
    journal: Journal<Mn>,
    complaints: Complaints,
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
    /// Mobile nodes of which anything is known, or under way.
    pub known: usize,
}

impl Cmd {
    /// A CMD with an empty binding cache.
    pub fn new(config: CmdConfig) -> Self {
        let (updates, journal) = (Updates::new(config.sending()), Journal::new(config.durable));
        let complaints = Complaints::new(config.address);
        Self {
            config,
            cache: Cache::default(),
            prefixes: Prefixes::default(),
            expiries: Deadlines::default(),
            answers: Agenda::default(),
            updates,
            farewells: Farewells::new(),
            journal,
            complaints,
            outbox: VecDeque::new(),
        }
    }

    /// What its operator has told it.
    pub fn config(&self) -> &CmdConfig {
        &self.config
    }

    /// How many mobile nodes are registered.
    pub fn bindings(&self) -> usize {
        self.cache.len()
    }

    /// How much it holds.
    pub fn load(&self) -> CmdLoad {
        let updates = self.updates.len().max(self.farewells.len());
        CmdLoad {
            bindings: self.cache.len(),
            prefixes: self.prefixes.len(),
            updates,
            known: self.cache.known(),
        }
    }

    /// The S-MAAR of a mobile node.
    pub fn s_maar(&self, mn: &MnIdentifier) -> Option<Ipv6Addr> {
        let binding = self.cache.get(self.cache.find(mn)?)?;
        (!binding.deregistered).then_some(binding.serving.maar)
    }

    /// The MAARs that anchor prefixes of a mobile node, the S-MAAR last, and which.
    pub fn anchors(&self, mn: &MnIdentifier) -> Vec<(Ipv6Addr, Vec<Ipv6Net>)> {
        let binding = self.cache.find(mn).and_then(|mn| self.cache.get(mn));
        let Some(binding) = binding else { return Vec::new() };
        let anchors = binding.p_maars.iter().map(|p_maar| &p_maar.anchor).chain([&binding.serving]);
        anchors.map(|anchor| (anchor.maar, anchor.prefixes.to_vec())).collect()
    }

    fn signal(&mut self, now: Instant, src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) -> Result<(), Ignored> {
        if dst != self.config.address {
            return Err(Ignored::NotForUs);
        }
        match receive(src, dst, octets)? {
            Message::Pbu(pbu) => self.pbu(now, src, pbu),
            Message::Pba(pba) => self.pba(now, src, &pba),
            _ => Err(Ignored::NotForUs),
        }
    }

    fn pbu(&mut self, now: Instant, src: Ipv6Addr, pbu: Pbu) -> Result<(), Ignored> {
        if !pbu.flags.contains(PbuFlags::P | PbuFlags::A) {
            return Err(Ignored::NotForUs);
        }
        let mut request = Request::from(pbu);
        match self.check(now, src, &mut request) {
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

    /// Enters a binding.
    fn enter(&mut self, mn: Mn, binding: Box<Binding>) {
        self.prefixes.change(mn, &[], &prefixes_of(&binding));
        self.expiries.set(mn, Some(binding.expires));
        self.answers.set(&mn, binding.answer_by());
        self.cache.insert(mn, binding);
    }

    /// Changes a binding, and with it what is found by its contents.
    fn change<T>(&mut self, mn: Mn, change: impl FnOnce(&mut Binding) -> T) -> Option<T> {
        let before = prefixes_of(self.cache.get(mn)?);
        let result = self.amend(mn, change)?;
        self.prefixes.change(mn, &before, &prefixes_of(self.cache.get(mn)?));
        Some(result)
    }

    /// Changes a binding, but for its prefixes.
    fn amend<T>(&mut self, mn: Mn, change: impl FnOnce(&mut Binding) -> T) -> Option<T> {
        let binding = self.cache.get_mut(mn)?;
        let result = change(binding);
        self.expiries.set(mn, Some(binding.expires));
        self.answers.set(&mn, binding.answer_by());
        self.journal.changed(&mn);
        Some(result)
    }

    /// Takes a binding out of the cache.
    fn end(&mut self, mn: Mn) -> Option<Box<Binding>> {
        let binding = self.cache.remove(mn)?;
        self.prefixes.change(mn, &prefixes_of(&binding), &[]);
        self.expiries.set(mn, None);
        self.answers.set(&mn, None);
        self.journal.changed(&mn);
        Some(binding)
    }

    /// Gives the number of a mobile node free if nothing has it any more.
    fn release(&mut self, now: Instant, mn: Mn) {
        let is_known = self.cache.get(mn).is_some()
            || self.farewells_of(mn).next().is_some()
            || self.updates.is_about(&mn)
            || self.journal.is_about(&mn);
        if !is_known {
            self.cache.forget(now, mn);
        }
    }

    /// Ends bindings whose time has come, as their S-MAARs could have asked for, but without the delay of RFC 5213 §5.3.5 (stance A28), and answers S-MAARs that have waited long enough.
    fn timers(&mut self, now: Instant) {
        let expires = |mn: Mn| self.cache.get(mn).map(|binding| binding.expires).filter(|at| *at <= now);
        let ended = self.expiries.until(now).filter_map(|mn| Some((expires(mn)?, mn)));
        let mut due: Vec<(Instant, Mn)> = ended.chain(self.answers.due(now)).collect();
        due.sort_unstable();
        for (_, mn) in due {
            let Some(binding) = self.cache.get(mn) else { continue };
            if binding.expires > now {
                self.answer_late(now, mn);
                continue;
            }
            let Some(binding) = self.end(mn) else { continue };
            for p_maar in binding.p_maars {
                self.take_leave(now, mn, p_maar.anchor);
            }
            self.outbox.push_back(Output::Event(Event::Ended { mn: self.cache.name(mn).clone() }));
            self.release(now, mn);
        }
    }
}

/// All prefixes of a binding, mostly without taking memory for them.
fn prefixes_of(binding: &Binding) -> SmallVec<[Ipv6Net; 8]> {
    binding.prefixes().collect()
}

impl Node for Cmd {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Signal { src, dst, octets } => {
                if let Err(why) = self.signal(now, src, dst, octets) {
                    self.complaints.ignored(&mut self.outbox, now, src, why);
                }
            }
            Input::Persisted { through, result } => {
                let settled =
                    self.journal.persisted(&mut self.outbox, &mut self.updates, now, through, result);
                for mn in settled {
                    self.release(now, mn);
                }
            }
            // A CMD has no access link and forwards nothing (RFC 8885 §1, R1.3).
            Input::Timeout | Input::Link(_) | Input::Forwarding { .. } => {}
        }
        self.timers(now);
        self.send_updates(now);
        self.expiries.settle(now, |mn| self.cache.get(mn).map(|binding| binding.expires));
        self.write();
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        let ends = self.expiries.first().map(|(at, _)| Timeout { at, reason: Reason::Lifetime });
        let answer = self.answers.first().map(|(at, _)| Timeout { at: *at, reason: Reason::Aggregation });
        Timeout::first(self.updates.next_timeout(), ends.into_iter().chain(answer))
    }
}
