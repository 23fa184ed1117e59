//! A Mobile Access Gateway (RFC 5213 §6): it registers mobile nodes at its LMA and advertises the prefixes that come back.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::{Mac, link_local};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pba,
    PbaFlags, Pbu, PbuFlags, Status, Timestamp, home_network_prefixes,
};
use dmm_dataplane::{DlifId, Entry, Plane};
use ipnet::Ipv6Net;

use crate::complaint::Complaints;
use crate::exchange::{Rejection, mn_of, receive, send};
use crate::forwarding::Forwarding;
use crate::maar::{Anchor, DlifAddresses};
use crate::timing::{Backoff, Pacing};
use crate::updates::{Due, Persistence, Sending, UpdateKey, UpdateLimit, Updates};
use crate::view::{Session, State, Waiting};
use crate::{Event, Ignored, Input, LinkEvent, Node, Output, Reason, Timeout};

/// The MAC address that all MAGs have on their access links, so that a mobile node sees one router everywhere (RFC 6543 §3).
const FIXED_MAC: Mac = [0x00, 0x00, 0x5e, 0x00, 0x52, 0x13];

/// The configuration of a MAG.
#[derive(Clone, Debug)]
pub struct MagConfig {
    /// Its own address: Proxy-CoA and tunnel end.
    pub address: Ipv6Addr,
    /// Its LMA.
    pub lma: Ipv6Addr,
    /// Who is behind which MAC address.
    pub subscribers: BTreeMap<Mac, MnIdentifier>,
    /// The lifetime that it asks for.
    pub lifetime: Lifetime,
    /// For how long addresses from an advertised prefix are valid.
    pub valid: Duration,
}

impl MagConfig {
    /// A MAG with this project's values where the RFC gives none.
    pub fn new(address: Ipv6Addr, lma: Ipv6Addr) -> Self {
        let (lifetime, valid) = (Lifetime::within(Duration::from_mins(5)), Duration::from_hours(1));
        Self { address, lma, subscribers: BTreeMap::new(), lifetime, valid }
    }
}

/// A MAG.
#[derive(Clone, Debug)]
pub struct Mag {
    config: MagConfig,
    mobiles: BTreeMap<MnIdentifier, Mobile>,
    updates: Updates,
    forwarding: Forwarding,
    complaints: Complaints,
    outbox: VecDeque<Output>,
}

#[derive(Clone, Debug)]
struct Mobile {
    mac: Mac,
    address: Ipv6Addr,
    place: Place,
    /// The time stamp of the last PBU about it.
    sent: Timestamp,
}

#[derive(Clone, Debug)]
enum Place {
    /// On the link; the LMA has not answered.
    Registering,
    /// On the link, registered.
    Serving {
        prefixes: Vec<Ipv6Net>,
        /// When to ask for more time; never where the LMA has not echoed what was asked (B11).
        refresh: Option<Instant>,
        expires: Instant,
    },
    /// On the link, and not registered before it has left it, or an administrator has said so (B11).
    Denied,
    /// Off the link; the LMA is being told (RFC 5213 §6.9.1.4).
    Leaving { prefixes: Vec<Ipv6Net> },
}

impl Mobile {
    fn is_timed_by(&self, pba: &Pba) -> bool {
        pba.options
            .iter()
            .all(|option| !matches!(option, MobilityOption::Timestamp(sent) if *sent != self.sent))
    }

    /// B11, RFC 5213 §6.9.1.2 (6): a PBA with one of these options and another value than the PBU that it answers "MUST be
    /// ignored", and the PBU is not sent again "until an administrative action is taken". Of prefixes the section asks
    /// nothing.
    fn is_echoed_by(&self, mn: &MnIdentifier, pba: &Pba) -> bool {
        pba.options.iter().all(|option| match option {
            MobilityOption::MnIdentifier(named) => named == mn,
            MobilityOption::HandoffIndicator(handoff) => *handoff == self.place.handoff(),
            MobilityOption::AccessTechnology(technology) => *technology == TECHNOLOGY,
            MobilityOption::MnLinkLayerIdentifier(address) => *address == self.mac.into(),
            _ => true,
        })
    }
}

impl Place {
    /// What a PBU says of the handoff, and its PBA has to repeat.
    fn handoff(&self) -> HandoffIndicator {
        match self {
            Self::Serving { .. } => HandoffIndicator::NOT_CHANGED,
            Self::Registering | Self::Denied | Self::Leaving { .. } => HandoffIndicator::UNKNOWN,
        }
    }
}

/// What every access link of a MAG is.
const TECHNOLOGY: AccessTechnology = AccessTechnology::IEEE_802_11;

impl Mag {
    /// A MAG that knows no mobile node yet.
    pub fn new(config: MagConfig) -> Self {
        let (backoff, pacing) = (Backoff::default(), Pacing::default());
        let updates =
            Updates::new(Sending { backoff, pacing, peer_pacing: None, limit: UpdateLimit::default() });
        let (mobiles, forwarding, outbox) = (BTreeMap::new(), Forwarding::default(), VecDeque::new());
        let complaints = Complaints::new(config.address);
        Self { config, mobiles, updates, forwarding, complaints, outbox }
    }

    /// What its operator has told it.
    pub fn config(&self) -> &MagConfig {
        &self.config
    }

    /// What it holds of each mobile node, in the order of their identifiers.
    pub fn sessions(&self) -> impl Iterator<Item = Session> {
        self.mobiles.iter().map(|(mn, mobile)| {
            let session = |state| Session { mac: Some(mobile.mac), ..Session::new(mn, state) };
            match &mobile.place {
                Place::Registering => session(State::Registering),
                &Place::Serving { ref prefixes, refresh, expires } => Session {
                    serving: Some(self.config.address),
                    prefixes: prefixes.clone(),
                    refresh,
                    expires: Some(expires),
                    ..session(State::Serving)
                },
                Place::Denied => session(State::Denied),
                Place::Leaving { prefixes } => {
                    Session { prefixes: prefixes.clone(), ..session(State::Leaving) }
                }
            }
        })
    }

    /// How much it holds: mobile nodes, and PBUs that are not answered.
    pub fn load(&self) -> (usize, usize) {
        (self.mobiles.len(), self.updates.len())
    }

    /// Its PBUs that are not answered.
    pub fn waiting(&self) -> impl Iterator<Item = Waiting> {
        self.updates.waiting()
    }

    fn key(&self, mn: &MnIdentifier) -> UpdateKey {
        UpdateKey { mn: mn.clone(), peer: self.config.lma }
    }

    fn link(&mut self, now: Instant, event: LinkEvent) {
        match event {
            LinkEvent::Solicited { mobile: mac, src: address } => {
                let Some(mn) = self.config.subscribers.get(&mac).cloned() else { return };
                match self.mobiles.get(&mn).map(|mobile| &mobile.place) {
                    Some(Place::Serving { .. }) => {
                        let advertisements = self.advertisements(&mn);
                        return self.reconcile(&mn, advertisements);
                    }
                    // That it asks for a router is no administrative action (B11).
                    Some(Place::Denied) => return,
                    Some(Place::Registering | Place::Leaving { .. }) | None => {}
                }
                let (place, sent) = (Place::Registering, now.timestamp());
                self.mobiles.insert(mn.clone(), Mobile { mac, address, place, sent });
                self.updates.want(now, self.key(&mn), Persistence::UntilAnswered);
            }
            LinkEvent::Detached { mobile: mac } => {
                let found = self.mobiles.iter_mut().find(|(_, mobile)| mobile.mac == mac);
                let Some((mn, mobile)) = found else { return };
                let mn = mn.clone();
                match &mut mobile.place {
                    // B18, RFC 5213 §6.9.1.4: the session that the LMA has confirmed, by its prefixes.
                    Place::Serving { prefixes, .. } => {
                        mobile.place = Place::Leaving { prefixes: std::mem::take(prefixes) };
                        self.updates.want(now, self.key(&mn), Persistence::UntilMaximum);
                    }
                    Place::Registering | Place::Denied => {
                        self.updates.cancel(&self.key(&mn));
                        self.mobiles.remove(&mn);
                    }
                    Place::Leaving { .. } => {}
                }
                self.reconcile(&mn, Vec::new());
            }
        }
    }

    fn signal(&mut self, now: Instant, src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) -> Result<(), Ignored> {
        let Message::Pba(pba) = receive(src, dst, octets)? else { return Err(Ignored::NotForUs) };
        if src != self.config.lma {
            return Err(Ignored::Stranger);
        }
        // RFC 8885 §4.2: with the D flag "it MUST ignore the message" (R4.2.3, R4.2.4). No message of RFC 5213 or RFC 6275 could carry the
        // error that it asks for beside that (stance A2).
        if !pba.flags.contains(PbaFlags::P) || pba.flags.contains(PbaFlags::D) {
            return Err(Ignored::NotForUs);
        }
        // B15, RFC 5213 §6.9.1.2 (5): what answers no PBU that it sent "MUST be ignored".
        let mn = mn_of(&pba).ok_or(Ignored::Unasked)?.clone();
        // (3) has §5.5 apply, whose (7) has an acceptance return the PBU's time stamp: else it answers one of a life before this, in
        // which numbers began at the same.
        if pba.status.is_accepted() && self.mobiles.get(&mn).is_some_and(|mobile| !mobile.is_timed_by(&pba)) {
            return Err(Ignored::Unasked);
        }
        if !self.updates.answered(&self.key(&mn), pba.seq) {
            return Err(Ignored::Unasked);
        }
        let Some(mobile) = self.mobiles.get_mut(&mn) else { return Ok(()) };
        if !mobile.is_echoed_by(&mn, &pba) {
            match &mut mobile.place {
                // What was granted before lasts as long as it was granted for.
                Place::Serving { refresh, .. } => *refresh = None,
                Place::Leaving { .. } => drop(self.mobiles.remove(&mn)),
                place => *place = Place::Denied,
            }
            return Err(Ignored::Mismatch);
        }
        self.answered(now, src, &mn, &pba);
        Ok(())
    }

    fn answered(&mut self, now: Instant, src: Ipv6Addr, mn: &MnIdentifier, pba: &Pba) {
        let Some(mobile) = self.mobiles.get_mut(mn) else { return };
        if !pba.status.is_accepted() {
            return self.rejected(now, src, mn, pba.status);
        }
        // A registration that is granted no time is none.
        if matches!(mobile.place, Place::Leaving { .. }) || pba.lifetime == Lifetime::ZERO {
            self.mobiles.remove(mn);
            return self.reconcile(mn, Vec::new());
        }
        let lifetime = pba.lifetime.duration();
        let (refresh, expires) = (Some(now + lifetime * 3 / 4), now + lifetime);
        mobile.place =
            Place::Serving { prefixes: home_network_prefixes(&pba.options).collect(), refresh, expires };
        self.outbox.push_back(Output::Event(Event::Serving { mn: mn.clone(), tunnels: 1 }));
        let advertisements = self.advertisements(mn);
        self.reconcile(mn, advertisements);
    }

    /// No service, and no prefix (B21, RFC 5213 §6.9.1.2 (11)). Some rejections are not the last word; of the prefixes nothing is
    /// kept, so the next PBU asks for any by ALL_ZERO, and not for one that was refused (B14, (10)).
    fn rejected(&mut self, now: Instant, by: Ipv6Addr, mn: &MnIdentifier, status: Status) {
        self.outbox.push_back(Output::Event(Event::Rejected { mn: mn.clone(), by, status }));
        let Some(mobile) = self.mobiles.get_mut(mn) else { return };
        let had_prefix = matches!(mobile.place, Place::Serving { .. });
        let again = match (Rejection::of(status), status) {
            _ if matches!(mobile.place, Place::Leaving { .. }) => None,
            (Rejection::Overtaken, _) => Some(now),
            (Rejection::Later, _) => Some(now + Backoff::default().max),
            (Rejection::Prefix, _) | (_, Status::BCE_PBU_PREFIX_SET_DO_NOT_MATCH) if had_prefix => Some(now),
            _ => None,
        };
        if let Some(at) = again {
            mobile.place = Place::Registering;
            self.updates.want(at, self.key(mn), Persistence::UntilAnswered);
        } else if status == Status::PROXY_REG_NOT_ENABLED && !matches!(mobile.place, Place::Leaving { .. }) {
            // (7): not again "until an administrative action is taken".
            mobile.place = Place::Denied;
        } else {
            self.mobiles.remove(mn);
        }
        self.reconcile(mn, Vec::new());
    }

    fn serves(&self, mn: &MnIdentifier) -> bool {
        self.mobiles.get(mn).is_some_and(|mobile| matches!(mobile.place, Place::Serving { .. }))
    }

    /// The MAG as the only router of a mobile node.
    fn router(&self, prefixes: &[Ipv6Net]) -> Anchor {
        let dlif = DlifAddresses { link_local: link_local(FIXED_MAC), mac: FIXED_MAC };
        Anchor { maar: self.config.address, prefixes: prefixes.to_vec(), local_prefixes: Vec::new(), dlif }
    }

    fn advertisements(&self, mn: &MnIdentifier) -> Vec<Output> {
        let Some(Mobile { mac, address, place: Place::Serving { prefixes, .. }, .. }) = self.mobiles.get(mn)
        else {
            return Vec::new();
        };
        let valid = u32::try_from(self.config.valid.as_secs()).unwrap_or(u32::MAX);
        vec![Output::Advertise(self.router(prefixes).advertise(*mac, *address, true, valid))]
    }

    fn reconcile(&mut self, mn: &MnIdentifier, promises: Vec<Output>) {
        let mut plane = Plane::new();
        if let Some(Mobile { mac, place: Place::Serving { prefixes, .. }, .. }) = self.mobiles.get(mn) {
            let (remote, router) = (self.config.lma, self.router(prefixes));
            let dlif = DlifId { mobile: *mac, anchor: router.maar };
            let Anchor { dlif: DlifAddresses { link_local, mac }, .. } = router;
            plane.extend([Entry::Tunnel { remote }, Entry::Dlif { dlif, link_local, mac }]);
            for &prefix in prefixes {
                plane.extend([Entry::SourceRoute { prefix, remote }, Entry::OnLink { prefix, dlif }]);
            }
        }
        let (orders, promises) = self.forwarding.reconcile(mn, plane, promises, Vec::new());
        self.outbox.extend(orders.into_iter().chain(promises));
    }

    fn lifetimes(&mut self, now: Instant) {
        let due = self.mobiles.iter().filter(|(mn, m)| self.next_lifetime(mn, m).is_some_and(|at| at <= now));
        for mn in due.map(|(mn, _)| mn.clone()).collect::<Vec<_>>() {
            let key = self.key(&mn);
            let Some(mobile) = self.mobiles.get_mut(&mn) else { continue };
            match mobile.place {
                Place::Serving { refresh: None, .. } => mobile.place = Place::Denied,
                Place::Serving { expires, .. } if expires <= now => mobile.place = Place::Registering,
                _ => {}
            }
            if !matches!(mobile.place, Place::Denied) {
                self.updates.want(now, key, Persistence::UntilAnswered);
            }
            self.reconcile(&mn, Vec::new());
        }
    }

    fn next_lifetime(&self, mn: &MnIdentifier, mobile: &Mobile) -> Option<Instant> {
        let Place::Serving { refresh, expires, .. } = mobile.place else { return None };
        let is_asked = self.updates.is_outstanding(&self.key(mn));
        Some(refresh.filter(|_| !is_asked).unwrap_or(expires))
    }

    fn send_updates(&mut self, now: Instant) {
        while let Some(due) = self.updates.due(now) {
            if let Some(pbu) = self.registration(now, &due) {
                self.outbox.push_back(send(self.config.address, due.key.peer, &Message::Pbu(pbu)));
            }
            if due.is_last {
                self.mobiles.remove(&due.key.mn);
            }
        }
    }

    /// The PBU (RFC 5213 §6.9.1.5) of a mobile node that comes (B17, §6.9.1.1): ALL_ZERO asks for a prefix. Of one that stays
    /// (B16, §6.9.1.3) and of one that has left (B18, §6.9.1.4): with its prefixes.
    fn registration(&mut self, now: Instant, due: &Due) -> Option<Pbu> {
        let mobile = self.mobiles.get_mut(&due.key.mn)?;
        mobile.sent = now.timestamp();
        let (prefixes, lifetime) = match &mobile.place {
            Place::Registering => (&[][..], self.config.lifetime),
            Place::Serving { prefixes, .. } => (&prefixes[..], self.config.lifetime),
            Place::Leaving { prefixes } => (&prefixes[..], Lifetime::ZERO),
            Place::Denied => return None,
        };
        let prefixes = if prefixes.is_empty() { &[Ipv6Net::default()] } else { prefixes };
        let mut options = vec![MobilityOption::MnIdentifier(due.key.mn.clone())];
        options.extend(prefixes.iter().copied().map(MobilityOption::HomeNetworkPrefix));
        options.push(MobilityOption::HandoffIndicator(mobile.place.handoff()));
        options.push(MobilityOption::AccessTechnology(TECHNOLOGY));
        options.push(MobilityOption::MnLinkLayerIdentifier(mobile.mac.into()));
        options.push(MobilityOption::Timestamp(now.timestamp()));
        Some(Pbu { seq: due.seq, flags: PbuFlags::A | PbuFlags::P, lifetime, options })
    }
}

impl Node for Mag {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Signal { src, dst, octets } => {
                if let Err(why) = self.signal(now, src, dst, octets) {
                    self.complaints.ignored(&mut self.outbox, now, src, why);
                }
            }
            Input::Link(event) => self.link(now, event),
            Input::Forwarding { id, result } => {
                let free = self.forwarding.done(id, result.is_err());
                // An advertisement that waited is void where the mobile node has left or was rejected meanwhile (B21).
                for (mn, advertisement) in free {
                    if self.serves(&mn) {
                        self.outbox.push_back(advertisement);
                    }
                }
            }
            Input::Persisted { .. } | Input::Timeout => {}
        }
        self.lifetimes(now);
        self.send_updates(now);
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
