//! The Central Mobility Database in the role of a PBU/PBA relay (RFC 8885 §3.2).
//!
//! ```text
//! S-MAAR          CMD          P-MAARs
//!   │──── PBU ────▶│                        binding moves to the S-MAAR
//!   │              │──── PBU + 68 ──▶│      one per P-MAAR, paced
//!   │              │◀─── PBA ────────│      collected
//!   │◀ PBA + 67 … ─│                        when all have answered, or when time is up
//! ```

mod binding;
mod config;

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;

use dmm_codec::{
    Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu, PbuFlags, Status,
};
use ipnet::Ipv6Net;

pub use config::{CmdConfig, MaarPeer};

use crate::exchange::{Freshness, PBU_FLAGS, Request, mn_of, receive, refuse, send};
use crate::timing::MIN_DELAY_BEFORE_BCE_DELETE;
use crate::updates::{Due, Persistence, UpdateKey, Updates};
use crate::{Event, Ignored, Input, Node, Output, Reason, Timeout};
use binding::Binding;

/// A CMD.
#[derive(Clone, Debug)]
pub struct Cmd {
    config: CmdConfig,
    /// Found by the mobile node's identifier alone: its prefix changes with each MAAR (stance A5).
    bindings: BTreeMap<MnIdentifier, Binding>,
    updates: Updates,
    /// P-MAARs to be told that a session has ended, and the prefixes that they anchored for it.
    farewells: BTreeMap<UpdateKey, Vec<Ipv6Net>>,
    outbox: VecDeque<Output>,
}

impl Cmd {
    /// A CMD with an empty binding cache.
    pub fn new(config: CmdConfig) -> Self {
        let updates = Updates::new(config.backoff, config.pacing);
        let (bindings, farewells, outbox) = (BTreeMap::new(), BTreeMap::new(), VecDeque::new());
        Self { config, bindings, updates, farewells, outbox }
    }

    /// How many mobile nodes are registered.
    pub fn bindings(&self) -> usize {
        self.bindings.len()
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
            Ok((mn, freshness)) if request.lifetime == Lifetime::ZERO => {
                self.deregister(now, src, mn, request, freshness)
            }
            Ok((mn, freshness)) => {
                self.register(now, src, mn, request, freshness);
                Ok(())
            }
            Err(status) => {
                self.outbox.extend(refuse(self.config.address, src, &request, status, now));
                Ok(())
            }
        }
    }

    /// The checks of RFC 5213 §5.3.1 in their order, and those of RFC 8885 where it adds any.
    fn check(
        &self,
        now: Instant,
        src: Ipv6Addr,
        request: &Request,
    ) -> Result<(MnIdentifier, Freshness), Status> {
        // No RFC says what a CMD does with a PBU of a MAG; it serves none unless told to (stance A3).
        if !request.flags.contains(PbuFlags::D) {
            return Err(Status::ADMINISTRATIVELY_PROHIBITED);
        }
        let named = request.mn.as_ref().filter(|mn| !mn.identifier.is_empty());
        let mn = named.ok_or(Status::MISSING_MN_IDENTIFIER_OPTION)?;
        let maar = self.config.maar(src).ok_or(Status::MAG_NOT_AUTHORIZED_FOR_PROXY_REG)?;
        let last = self.bindings.get(mn).map(|binding| (binding.p_coa, binding.freshness));
        // Sequence numbers are each MAAR's own; time stamps order the PBUs of all (RFC 5213 §5.5).
        let comparable = last.filter(|(p_coa, _)| request.timestamp.is_some() || *p_coa == src);
        let freshness = Freshness::check(
            comparable.map(|(_, freshness)| freshness),
            request,
            now,
            self.config.timestamp_window,
        )?;
        if request.prefixes.is_empty() {
            return Err(Status::MISSING_HOME_NETWORK_PREFIX_OPTION);
        }
        request.handoff.ok_or(Status::MISSING_HANDOFF_INDICATOR_OPTION)?;
        request.technology.ok_or(Status::MISSING_ACCESS_TECH_TYPE_OPTION)?;
        // A prefix belongs to the MAAR whose pool it is from, and to one mobile node (R1.1, stance A6).
        let owned = |prefix: &Ipv6Net| maar.pools.iter().any(|pool| pool.contains(prefix));
        let taken = |prefix: &Ipv6Net| {
            self.bindings.iter().any(|(other, b)| other != mn && b.prefixes.contains(prefix))
        };
        if !request.prefixes.iter().all(|prefix| owned(prefix) && !taken(prefix)) {
            return Err(Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX);
        }
        Ok((mn.clone(), freshness))
    }

    fn register(
        &mut self,
        now: Instant,
        src: Ipv6Addr,
        mn: MnIdentifier,
        request: Request,
        freshness: Freshness,
    ) {
        let lifetime = request.lifetime.min(self.config.max_lifetime);
        let expires = now + lifetime.duration();
        let prefixes = request.prefixes.clone();
        self.farewells.remove(&UpdateKey { mn: mn.clone(), peer: src });
        let Some(binding) = self.bindings.get_mut(&mn) else {
            // RFC 8885 §3.1: "the CMD stores a BCE containing the MN-ID, Pref1, and MAAR1's address" (R3.1.4).
            let binding = Binding {
                p_coa: src,
                prefixes,
                request,
                freshness,
                expires,
                deregistered: false,
                p_maars: Vec::new(),
                relay: None,
            };
            self.bindings.insert(mn.clone(), binding);
            self.outbox.push_back(Output::Event(Event::Registered { mn: mn.clone(), s_maar: src }));
            return self.answer(now, &mn);
        };
        (binding.request, binding.freshness, binding.expires) = (request, freshness, expires);
        if binding.p_coa == src {
            // A refresh, or the S-MAAR asks again while P-MAARs are being told: they are not told twice (A37).
            (binding.prefixes, binding.deregistered) = (prefixes, false);
            for peer in binding.ask_again(now + self.config.aggregation_timeout) {
                self.updates.want(now, UpdateKey { mn: mn.clone(), peer }, Persistence::UntilAnswered);
            }
            let unanswered = binding.relay.as_ref().is_some_and(|relay| relay.answer_by.is_some());
            if !unanswered {
                self.answer(now, &mn);
            }
            return;
        }
        // RFC 8885 §3.2 step 2: the PBU goes to the P-CoA and to "the ones in the P-MAAR list" (R3.2.15), and the
        // S-MAAR's address becomes the P-CoA (R3.2.5).
        let asked = binding.move_to(src, prefixes, now + self.config.aggregation_timeout);
        let p_maars = asked.len();
        for peer in asked {
            self.updates.want(now, UpdateKey { mn: mn.clone(), peer }, Persistence::UntilAnswered);
        }
        self.updates.cancel(&UpdateKey { mn: mn.clone(), peer: src });
        self.outbox.push_back(Output::Event(Event::HandoverStarted { mn: mn.clone(), s_maar: src, p_maars }));
        self.forget_oldest_p_maars(now, &mn);
        self.answer_if_complete(now, &mn);
    }

    /// R6.5: "imposing a limit on the number of P-MAARs associated with a given MN".
    fn forget_oldest_p_maars(&mut self, now: Instant, mn: &MnIdentifier) {
        let Some(binding) = self.bindings.get_mut(mn) else { return };
        let too_many = binding.p_maars.len().saturating_sub(self.config.max_p_maars);
        let forgotten: Vec<_> = binding.p_maars.drain(..too_many).collect();
        for p_maar in forgotten {
            if let Some(relay) = &mut binding.relay {
                relay.waiting.remove(&p_maar.address);
            }
            let key = UpdateKey { mn: mn.clone(), peer: p_maar.address };
            self.updates.want(now, key.clone(), Persistence::UntilMaximum);
            self.farewells.insert(key, p_maar.prefixes);
        }
    }

    fn deregister(
        &mut self,
        now: Instant,
        src: Ipv6Addr,
        mn: MnIdentifier,
        request: Request,
        freshness: Freshness,
    ) -> Result<(), Ignored> {
        if let Some(binding) = self.bindings.get_mut(&mn) {
            // RFC 8885 §3.5: "allowing only an S-MAAR to de-register the whole MN session" (R3.5.1, stance A27).
            if binding.p_coa != src {
                return Err(Ignored::NotServing);
            }
            binding.freshness = freshness;
            binding.deregistered = true;
            binding.expires = now + MIN_DELAY_BEFORE_BCE_DELETE;
            // The handover that was under way has no S-MAAR any more.
            if binding.relay.take().is_some() {
                for p_maar in &binding.p_maars {
                    self.updates.cancel(&UpdateKey { mn: mn.clone(), peer: p_maar.address });
                }
            }
        }
        self.send_pba(src, request.answer(Status::ACCEPTED, Lifetime::ZERO, &request.prefixes));
        Ok(())
    }

    fn pba(&mut self, now: Instant, src: Ipv6Addr, pba: &Pba) -> Result<(), Ignored> {
        if self.config.maar(src).is_none() {
            return Err(Ignored::Stranger);
        }
        if !pba.flags.contains(PbaFlags::P | PbaFlags::D) {
            return Err(Ignored::NotForUs);
        }
        let mn = mn_of(pba).ok_or(Ignored::Unasked)?.clone();
        let key = UpdateKey { mn, peer: src };
        if !self.updates.answered(&key, pba.seq) {
            return Err(Ignored::Unasked);
        }
        if self.farewells.remove(&key).is_none() {
            self.collect(&key, pba);
            self.answer_if_complete(now, &key.mn);
        }
        Ok(())
    }

    /// RFC 8885 §3.2 step 3: the CMD "populates an instance of the P-MAAR list" from a P-MAAR's PBA (R3.2.9).
    fn collect(&mut self, key: &UpdateKey, pba: &Pba) {
        let Some(binding) = self.bindings.get_mut(&key.mn) else { return };
        if let Some(relay) = &mut binding.relay {
            relay.waiting.remove(&key.peer);
        }
        if !pba.status.is_accepted() {
            // A P-MAAR that refuses is not reported to the S-MAAR and not asked again (stance A39).
            binding.p_maars.retain(|p_maar| p_maar.address != key.peer);
            let event = Event::Rejected { mn: key.mn.clone(), by: key.peer, status: pba.status };
            self.outbox.push_back(Output::Event(event));
            return;
        }
        let Some(p_maar) = binding.p_maars.iter_mut().find(|p_maar| p_maar.address == key.peer) else {
            return;
        };
        p_maar.confirmed = true;
        p_maar.details.clear();
        for option in &pba.options {
            if let MobilityOption::LocalPrefix(_)
            | MobilityOption::DlifLinkLocal(_)
            | MobilityOption::DlifLinkLayer(_) = option
            {
                p_maar.details.push(option.clone());
            }
        }
    }

    /// RFC 8885 §3.2: "aggregates all of the PBAs into one PBA"; what comes after the time-out is sent "upon their
    /// arrival" (R3.2.16, R3.2.17).
    fn answer_if_complete(&mut self, now: Instant, mn: &MnIdentifier) {
        let Some(binding) = self.bindings.get(mn) else { return };
        let Some(relay) = &binding.relay else { return };
        if relay.waiting.is_empty() || relay.answer_by.is_none() {
            self.answer(now, mn);
        }
    }

    /// Answers the S-MAAR's last PBU with all that is known.
    fn answer(&mut self, now: Instant, mn: &MnIdentifier) {
        let Some(binding) = self.bindings.get_mut(mn) else { return };
        let mut pba = binding.request.answer(Status::ACCEPTED, binding.remaining(now), &binding.prefixes);
        pba.options.extend(binding.previous_maar_options());
        let s_maar = binding.p_coa;
        let answered = binding.p_maars.iter().filter(|p_maar| p_maar.confirmed).count();
        let missing = binding.p_maars.len() - answered;
        match &mut binding.relay {
            Some(relay) if !relay.waiting.is_empty() => relay.answer_by = None,
            _ => binding.relay = None,
        }
        if answered + missing > 0 {
            let event = Event::HandoverAnswered { mn: mn.clone(), s_maar, answered, missing };
            tracing::debug!(%event);
            self.outbox.push_back(Output::Event(event));
        }
        self.send_pba(s_maar, pba);
    }

    /// Ends bindings whose time has come, and answers S-MAARs that have waited long enough.
    fn timers(&mut self, now: Instant) {
        let late =
            |b: &Binding| b.relay.as_ref().and_then(|relay| relay.answer_by).is_some_and(|by| by <= now);
        let waiting: Vec<_> =
            self.bindings.iter().filter(|(_, b)| late(b)).map(|(mn, _)| mn.clone()).collect();
        for mn in waiting {
            self.answer(now, &mn);
        }
        let ended: Vec<_> =
            self.bindings.iter().filter(|(_, b)| b.expires <= now).map(|(mn, _)| mn.clone()).collect();
        for mn in ended {
            let Some(binding) = self.bindings.remove(&mn) else { continue };
            // P-MAARs have stopped their timers (§3.5); only the CMD can tell them (stance A26).
            for p_maar in binding.p_maars {
                let key = UpdateKey { mn: mn.clone(), peer: p_maar.address };
                self.updates.want(now, key.clone(), Persistence::UntilMaximum);
                self.farewells.insert(key, p_maar.prefixes);
            }
            self.outbox.push_back(Output::Event(Event::Ended { mn }));
        }
    }

    fn send_updates(&mut self, now: Instant) {
        while let Some(due) = self.updates.due(now) {
            let Some(pbu) = self.update(now, &due) else {
                self.updates.cancel(&due.key);
                continue;
            };
            if due.repetition > 0 {
                let Due { key: UpdateKey { mn, peer }, repetition, .. } = due.clone();
                self.outbox.push_back(Output::Event(Event::Retransmitted { mn, peer, repetition }));
            }
            self.outbox.push_back(send(self.config.address, due.key.peer, &Message::Pbu(pbu)));
            if !self.updates.is_outstanding(&due.key) {
                self.farewells.remove(&due.key);
            }
        }
    }

    /// The PBU to a P-MAAR (RFC 8885 §3.2 step 2): the prefixes anchored there (stance A7), and the S-MAAR's address
    /// in a Serving MAAR option (R3.2.4); with lifetime zero and without it where the session has ended.
    fn update(&self, now: Instant, due: &Due) -> Option<Pbu> {
        let UpdateKey { mn, peer } = &due.key;
        let binding = self.bindings.get(mn);
        let (lifetime, prefixes, s_maar, request) = if let Some(prefixes) = self.farewells.get(&due.key) {
            (Lifetime::ZERO, prefixes, None, binding.map(|binding| &binding.request))
        } else {
            let binding = binding?;
            let p_maar = binding.p_maars.iter().find(|p_maar| p_maar.address == *peer)?;
            (binding.remaining(now), &p_maar.prefixes, Some(binding.p_coa), Some(&binding.request))
        };
        let mut options = vec![MobilityOption::MnIdentifier(mn.clone())];
        options.extend(prefixes.iter().copied().map(MobilityOption::HomeNetworkPrefix));
        options.push(MobilityOption::HandoffIndicator(
            request.and_then(|r| r.handoff).unwrap_or(dmm_codec::HandoffIndicator::UNKNOWN),
        ));
        options.push(MobilityOption::AccessTechnology(
            request.and_then(|r| r.technology).unwrap_or(dmm_codec::AccessTechnology::VIRTUAL),
        ));
        options.push(MobilityOption::Timestamp(now.timestamp()));
        options.extend(s_maar.map(MobilityOption::ServingMaar));
        Some(Pbu { seq: due.seq, flags: PBU_FLAGS, lifetime, options })
    }

    fn send_pba(&mut self, to: Ipv6Addr, pba: Pba) {
        self.outbox.push_back(send(self.config.address, to, &Message::Pba(pba)));
    }
}

impl Node for Cmd {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        // A CMD has no access link and forwards nothing (RFC 8885 §1, R1.3): of all inputs, only signals concern it.
        if let Input::Signal { src, dst, octets } = input
            && let Err(why) = self.signal(now, src, dst, octets)
        {
            let event = Event::Ignored { src, why };
            tracing::debug!(%event);
            self.outbox.push_back(Output::Event(event));
        }
        self.timers(now);
        self.send_updates(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        let update = self.updates.next_timeout().map(|at| Timeout { at, reason: Reason::Update });
        let bindings = self.bindings.values().flat_map(|binding| {
            let answer_by = binding.relay.as_ref().and_then(|relay| relay.answer_by);
            let aggregation = answer_by.map(|at| Timeout { at, reason: Reason::Aggregation });
            aggregation.into_iter().chain([Timeout { at: binding.expires, reason: Reason::Lifetime }])
        });
        update.into_iter().chain(bindings).min()
    }
}
