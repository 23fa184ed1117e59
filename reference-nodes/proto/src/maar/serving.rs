//! The MAAR as S-MAAR: a mobile node comes, is registered, is served, leaves (RFC 8885 §3.1; §3.2 steps 1 and 5).

use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use dmm_codec::{Instant, MnIdentifier, Pba, PbaFlags};

use super::Maar;
use super::dlif::{Anchor, DlifAddresses, anchors_in};
use super::mobile::{Mobile, Place};
use crate::exchange::mn_of;
use crate::updates::Persistence;
use crate::{Event, Ignored, Output};

impl Maar {
    /// A mobile node solicits a router: it has come, or has lost what was advertised.
    pub(super) fn solicited(&mut self, now: Instant, mac: Mac, address: Ipv6Addr) {
        // Who is not a subscriber gets no service, and no word about it.
        let Some(mn) = self.config.subscribers.get(&mac).cloned() else { return };
        let prefix = self.free_prefix();
        if !self.mobiles.contains_key(&mn) {
            let Some(prefix) = prefix else { return };
            // RFC 8885 §3.1: "assigns a global IPv6 prefix from its own prefix pool to the MN (Pref1)" and "stores this
            // prefix (Pref1) in the locally allocated temporary BCE" (R3.1.1, R3.1.2).
            let own = Anchor {
                maar: self.config.address,
                prefixes: vec![prefix],
                local_prefixes: self.config.local_prefixes.clone(),
                dlif: DlifAddresses::derive(&mn, self.config.address),
            };
            let place = Place::Registering { s_maar: None };
            self.mobiles.insert(mn.clone(), Mobile { mac, address, own, place, seen: now, freshness: None });
            return self.updates.want(now, self.cmd_key(&mn), Persistence::UntilAnswered);
        }
        let key = self.cmd_key(&mn);
        let Some(mobile) = self.mobiles.get_mut(&mn) else { return };
        (mobile.address, mobile.seen) = (address, now);
        match mobile.place {
            Place::Registering { .. } => {}
            Place::Serving { .. } => {
                let advertisements = self.advertisements(&mn);
                self.reconcile(advertisements, Vec::new());
            }
            // It has come back: the same prefix again (stance A29), and the tunnel stays until the CMD has answered.
            Place::Anchoring { s_maar } => {
                mobile.place = Place::Registering { s_maar: Some(s_maar) };
                self.updates.want(now, key, Persistence::UntilAnswered);
            }
            Place::Away { .. } | Place::Leaving => {
                mobile.place = Place::Registering { s_maar: None };
                self.updates.want(now, key, Persistence::UntilAnswered);
            }
        }
    }

    /// A mobile node has left the link. R3.5.2: no de-registration until the lifetime ends, since it may be at
    /// another MAAR already; R3.6.7: no PBU is sent again for a node that is not there.
    pub(super) fn detached(&mut self, mac: Mac) {
        let Some(mn) = self.find(mac) else { return };
        let key = self.cmd_key(&mn);
        let Some(mobile) = self.mobiles.get_mut(&mn) else { return };
        match mobile.place {
            Place::Registering { s_maar: None } => {
                self.mobiles.remove(&mn);
                self.updates.cancel(&key);
            }
            Place::Registering { s_maar: Some(s_maar) } => {
                mobile.place = Place::Anchoring { s_maar };
                self.updates.cancel(&key);
            }
            Place::Serving { expires, .. } => {
                mobile.place = Place::Away { expires };
                self.updates.cancel(&key);
            }
            Place::Away { .. } | Place::Anchoring { .. } | Place::Leaving => {}
        }
        self.reconcile(Vec::new(), Vec::new());
    }

    /// A PBA: what became of a registration, and where the mobile node's earlier prefixes are anchored.
    pub(super) fn serving_pba(&mut self, now: Instant, src: Ipv6Addr, pba: &Pba) -> Result<(), Ignored> {
        // R6.4: only trusted parties are listened to.
        if src != self.config.cmd {
            return Err(Ignored::Stranger);
        }
        // Options 65 to 70 mean nothing without D (stance A3); a PBA without P is no PBA.
        if !pba.flags.contains(PbaFlags::P | PbaFlags::D) {
            return Err(Ignored::NotForUs);
        }
        let mn = mn_of(pba).ok_or(Ignored::Unasked)?.clone();
        let is_answer = self.updates.answered(&self.cmd_key(&mn), pba.seq);
        let mobile = self.mobiles.get_mut(&mn).ok_or(Ignored::Unasked)?;
        if !is_answer {
            // R3.2.18: "the S-MAAR might receive multiple PBAs from the CMD in response to a PBU".
            let Place::Serving { seq, .. } = mobile.place else { return Err(Ignored::Unasked) };
            if seq != pba.seq || !pba.status.is_accepted() {
                return Err(Ignored::Unasked);
            }
        }
        if mobile.place == Place::Leaving {
            self.mobiles.remove(&mn);
            self.outbox.push_back(Output::Event(Event::Ended { mn }));
            return Ok(());
        }
        if !pba.status.is_accepted() {
            self.rejected(&mn, src, pba);
            return Ok(());
        }
        self.accepted(now, &mn, pba);
        Ok(())
    }

    /// RFC 5213 §6.9.1.2: a rejected mobile node gets no service (R3.1.13).
    fn rejected(&mut self, mn: &MnIdentifier, by: Ipv6Addr, pba: &Pba) {
        let event = Event::Rejected { mn: mn.clone(), by, status: pba.status };
        tracing::debug!(%event);
        self.outbox.push_back(Output::Event(event));
        let Some(mobile) = self.mobiles.get_mut(mn) else { return };
        if let Place::Registering { s_maar: Some(s_maar) } = mobile.place {
            mobile.place = Place::Anchoring { s_maar };
        } else {
            self.mobiles.remove(mn);
        }
        self.reconcile(Vec::new(), Vec::new());
    }

    fn accepted(&mut self, now: Instant, mn: &MnIdentifier, pba: &Pba) {
        let Some(mobile) = self.mobiles.get_mut(mn) else { return };
        let mut anchors = anchors_in(mn, &pba.options);
        anchors.retain(|anchor| anchor.maar != self.config.address);
        if let Place::Serving { anchors: known, .. } = &mobile.place {
            // Additive: "a P-MAAR missing from a later PBA is not removed" (stance A11).
            let told: Vec<Ipv6Addr> = anchors.iter().map(|anchor| anchor.maar).collect();
            anchors.extend(known.iter().filter(|anchor| !told.contains(&anchor.maar)).cloned());
        }
        let tunnels = anchors.len();
        let lifetime = pba.lifetime.duration();
        let (refresh, expires) = (now + lifetime * 3 / 4, now + lifetime);
        mobile.place = Place::Serving { seq: pba.seq, refresh, expires, anchors };
        let event = Event::Serving { mn: mn.clone(), tunnels };
        tracing::debug!(%event);
        self.outbox.push_back(Output::Event(event));
        // RFC 8885 §3.1: "unicasts a Router Advertisement (RA) to the MN with Pref1", after the PBA and after
        // forwarding is in place (R3.1.8).
        let advertisements = self.advertisements(mn);
        self.reconcile(advertisements, Vec::new());
    }

    /// The advertisements of all DLIFs of a mobile node: the serving anchor's first.
    fn advertisements(&self, mn: &MnIdentifier) -> Vec<Output> {
        let Some(mobile) = self.mobiles.get(mn) else { return Vec::new() };
        let Place::Serving { anchors, .. } = &mobile.place else { return Vec::new() };
        let valid = u32::try_from(self.config.valid.as_secs()).unwrap_or(u32::MAX);
        let all = std::iter::once((&mobile.own, true)).chain(anchors.iter().map(|anchor| (anchor, false)));
        all.map(|(anchor, is_serving)| {
            Output::Advertise(anchor.advertise(mobile.mac, mobile.address, is_serving, valid))
        })
        .collect()
    }

    /// Refreshes and ends bindings.
    pub(super) fn lifetimes(&mut self, now: Instant) {
        let due = self.mobiles.iter().filter(|(mn, m)| self.next_lifetime(mn, m).is_some_and(|at| at <= now));
        for mn in due.map(|(mn, _)| mn.clone()).collect::<Vec<_>>() {
            let key = self.cmd_key(&mn);
            let Some(mobile) = self.mobiles.get_mut(&mn) else { continue };
            let persistence = match mobile.place {
                Place::Serving { expires, .. } if expires > now => Persistence::UntilAnswered,
                // R3.5.6: the S-MAAR de-registers the whole session.
                _ => {
                    mobile.place = Place::Leaving;
                    Persistence::UntilMaximum
                }
            };
            self.updates.want(now, key, persistence);
            self.reconcile(Vec::new(), Vec::new());
        }
    }

    /// When a mobile node's binding is to be refreshed, or ends.
    pub(super) fn next_lifetime(&self, mn: &MnIdentifier, mobile: &Mobile) -> Option<Instant> {
        match mobile.place {
            Place::Serving { refresh, expires, .. } => {
                let asked = self.updates.is_outstanding(&self.cmd_key(mn));
                Some(if asked { expires } else { refresh })
            }
            Place::Away { expires } => Some(expires),
            Place::Registering { .. } | Place::Anchoring { .. } | Place::Leaving => None,
        }
    }
}
