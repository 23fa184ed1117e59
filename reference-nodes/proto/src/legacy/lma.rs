//! A Local Mobility Anchor (RFC 5213 §5): it assigns prefixes from its pool and tunnels what is for them to the MAG.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, Pbu, PbuFlags, Status};
use dmm_dataplane::{Entry, Plane};
use ipnet::Ipv6Net;

use super::{plain, plain_answer};
use crate::complaint::Complaints;
use crate::exchange::{Freshness, Request, receive, send};
use crate::forwarding::Forwarding;
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
    /// Mobile nodes; one more is answered with status 130.
    pub max_bindings: usize,
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
            max_bindings: 65_536,
        }
    }
}

/// An LMA.
#[derive(Clone, Debug)]
pub struct Lma {
    config: LmaConfig,
    bindings: BTreeMap<MnIdentifier, Binding>,
    owners: BTreeMap<Ipv6Net, MnIdentifier>,
    expiries: Agenda<MnIdentifier>,
    forwarding: Forwarding,
    complaints: Complaints,
    outbox: VecDeque<Output>,
}

#[derive(Clone, Debug)]
struct Binding {
    p_coa: Ipv6Addr,
    prefix: Ipv6Net,
    freshness: Freshness,
    /// De-registered; it stays for MinDelayBeforeBCEDelete, and its traffic is dropped (RFC 5213 §5.3.5).
    deregistered: bool,
}

impl Lma {
    /// An LMA with an empty binding cache.
    pub fn new(config: LmaConfig) -> Self {
        Self {
            complaints: Complaints::new(config.address),
            config,
            bindings: BTreeMap::new(),
            owners: BTreeMap::new(),
            expiries: Agenda::default(),
            forwarding: Forwarding::default(),
            outbox: VecDeque::new(),
        }
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

    /// How many mobile nodes are registered.
    pub fn bindings(&self) -> usize {
        self.bindings.len()
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
        // RFC 5213 §5.3.5 (1): from another than the Proxy-CoA it "MUST ignore the request".
        if deregistered && known.is_some_and(|p_coa| p_coa != src) {
            return Err(Ignored::NotServing);
        }
        // Where nothing is known there is nothing to end.
        if !deregistered || known.is_some() {
            let ends = if deregistered { MIN_DELAY_BEFORE_BCE_DELETE } else { lifetime.duration() };
            self.expiries.set(&mn, Some(now + ends));
            self.owners.insert(prefix, mn.clone());
            self.bindings.insert(mn.clone(), Binding { p_coa: src, prefix, freshness, deregistered });
        }
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
            return Err(Status::ADMINISTRATIVELY_PROHIBITED);
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
        let all_zero = asked == Ipv6Net::default();
        let prefix = match binding {
            // §5.4.1: the existing session's prefix, asked for by name or by ALL_ZERO, by whichever MAG (B20).
            Some(binding) if all_zero || asked == binding.prefix => binding.prefix,
            Some(_) => return Err(Status::BCE_PBU_PREFIX_SET_DO_NOT_MATCH),
            None if self.bindings.len() >= self.config.max_bindings => {
                return Err(Status::INSUFFICIENT_RESOURCES);
            }
            None if all_zero => self.free_prefix().ok_or(Status::INSUFFICIENT_RESOURCES)?,
            None if self.is_free(&asked) => asked,
            None => return Err(Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX),
        };
        Ok((mn.clone(), prefix, freshness))
    }

    /// Whether a prefix can be assigned: one of its own (B19), and nobody else's.
    fn is_free(&self, prefix: &Ipv6Net) -> bool {
        prefix.prefix_len() == 64 && self.config.pool.contains(prefix) && !self.owners.contains_key(prefix)
    }

    fn free_prefix(&self) -> Option<Ipv6Net> {
        self.config.pool.subnets(64).ok()?.find(|prefix| self.is_free(prefix))
    }

    fn reconcile(&mut self, mn: &MnIdentifier, promise: Vec<Output>, otherwise: Vec<Output>) {
        let plane = match self.bindings.get(mn) {
            Some(&Binding { p_coa: remote, prefix, deregistered: false, .. }) => {
                Plane::from([Entry::Tunnel { remote }, Entry::TunnelRoute { prefix, remote }])
            }
            _ => Plane::new(),
        };
        let (orders, promises) = self.forwarding.reconcile(mn, plane, promise, otherwise);
        self.outbox.extend(orders.into_iter().chain(promises));
    }

    fn expire(&mut self, now: Instant) {
        for (_, mn) in self.expiries.due(now).collect::<Vec<_>>() {
            self.expiries.set(&mn, None);
            if let Some(binding) = self.bindings.remove(&mn) {
                self.owners.remove(&binding.prefix);
            }
            self.reconcile(&mn, Vec::new(), Vec::new());
            self.outbox.push_back(Output::Event(Event::Ended { mn }));
        }
    }
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
                let free = self.forwarding.done(id, result.is_err());
                self.outbox.extend(free.into_iter().map(|(_, output)| output));
            }
            Input::Link(_) | Input::Persisted { .. } | Input::Timeout => {}
        }
        self.expire(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        self.expiries.first().map(|(at, _)| Timeout { at: *at, reason: Reason::Lifetime })
    }
}
