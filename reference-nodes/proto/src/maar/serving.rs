//! The MAAR as S-MAAR: a mobile node comes, is served, leaves (RFC 8885 §3.1; §3.2 steps 1 and 5). What becomes of its
//! registration is in `registering.rs`.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use dmm_codec::{Instant, MnIdentifier};
use ipnet::Ipv6Net;

use super::Maar;
use super::dlif::Anchor;
use super::mobile::{Before, Elsewhere, Mobile, Place};
use crate::Output;
use crate::stances::AdvertiseTo;
use crate::updates::Persistence;

impl Maar {
    /// A mobile node solicits a router: it has come, or has lost what was advertised. The CMD is asked whenever one comes (R3.0.7),
    /// at the first MAAR and at each that follows (R3.2.1).
    pub(super) fn solicited(&mut self, now: Instant, mac: Mac, address: Ipv6Addr) {
        // Who is not a subscriber gets no service, and no word about it.
        let Some(mn) = self.config.subscribers.get(&mac).cloned() else { return };
        let key = self.cmd_key(&mn);
        let Some(mobile) = self.mobiles.get_mut(&mn) else {
            if self.mobiles.len().max(self.journal.writing()) >= self.config.max_mobiles {
                return;
            }
            let Some(prefix) = self.free_prefix() else { return };
            // RFC 8885 §3.1: "assigns a global IPv6 prefix from its own prefix pool to the MN (Pref1)" and "stores this
            // prefix (Pref1) in the locally allocated temporary BCE" (R3.1.1, R3.1.2).
            let mut own = Anchor::of(&mn, self.config.address);
            own.prefixes = vec![prefix];
            own.local_prefixes.clone_from(&self.config.local_prefixes);
            let place = Place::Registering { before: Before::Nothing };
            let (seen, confirmed, freshness) = (now, Instant::default(), None);
            self.mobiles.insert(mn, Mobile { mac, address, own, place, seen, confirmed, freshness });
            return self.updates.want(now, key, Persistence::UntilAnswered);
        };
        (mobile.address, mobile.seen) = (address, now);
        match mobile.place {
            Place::Registering { .. } => {}
            Place::Serving { .. } => {
                mobile.confirmed = now;
                let advertisements = self.advertisements(&mn);
                self.reconcile(&mn, advertisements, Vec::new());
            }
            // It has come back: the same prefix again (stance A29), and the tunnel stays until the CMD has answered.
            Place::Anchoring(elsewhere) => {
                mobile.place = Place::Registering { before: Before::Elsewhere(elsewhere) };
                self.updates.want(now, key, Persistence::UntilAnswered);
            }
            Place::Away { expires } | Place::Unseen { expires, .. } => {
                mobile.place = Place::Registering { before: Before::Here { expires } };
                self.updates.want(now, key, Persistence::UntilAnswered);
            }
            // The CMD has not confirmed that the session has ended, so the prefix is nobody else's yet.
            Place::Leaving => {
                mobile.place = Place::Registering { before: Before::Here { expires: now } };
                self.updates.want(now, key, Persistence::UntilAnswered);
            }
        }
    }

    /// A mobile node has left the link. R3.5.2: no de-registration until the lifetime ends, since it may be at
    /// another MAAR already; R3.6.7: no PBU is sent again for a node that is not there.
    pub(super) fn detached(&mut self, now: Instant, mac: Mac) {
        let Some(mn) = self.find(mac) else { return };
        let key = self.cmd_key(&mn);
        let Some(mobile) = self.mobiles.get_mut(&mn) else { return };
        match mobile.place {
            Place::Registering { before } => {
                match before.place(now + self.config.lifetime.duration()) {
                    Some(place) => mobile.place = place,
                    None => self.mobiles.remove(&mn),
                }
                self.updates.cancel(&key);
            }
            Place::Serving { expires, .. } | Place::Unseen { expires, .. } => {
                mobile.place = Place::Away { expires };
                self.updates.cancel(&key);
            }
            Place::Away { .. } | Place::Anchoring(_) | Place::Leaving => {}
        }
        self.reconcile(&mn, Vec::new(), Vec::new());
    }

    /// The lowest /64 of the pool that no mobile node has (RFC 8885 §3.1, R3.1.1), and none that the CMD has refused.
    pub(super) fn free_prefix(&self) -> Option<Ipv6Net> {
        let taken = self.mobiles.values().flat_map(|mobile| &mobile.own.prefixes);
        let taken: BTreeSet<&Ipv6Net> = taken.chain(&self.refused).collect();
        self.config.pool.subnets(64).ok()?.find(|prefix| !taken.contains(prefix))
    }

    /// The advertisements of all DLIFs of a mobile node, one router to it for each anchor (R3.7.1): the serving anchor's first.
    pub(super) fn advertisements(&self, mn: &MnIdentifier) -> Vec<Output> {
        let Some(mobile) = self.mobiles.get(mn) else { return Vec::new() };
        let Place::Serving { anchors, .. } = &mobile.place else { return Vec::new() };
        let valid = u32::try_from(self.config.valid.as_secs()).unwrap_or(u32::MAX);
        let to = match self.config.advertise_to {
            AdvertiseTo::Unicast => mobile.address,
            AdvertiseTo::AllNodes => Ipv6Addr::UNSPECIFIED,
        };
        let all = std::iter::once((&mobile.own, true)).chain(anchors.iter().map(|anchor| (anchor, false)));
        all.map(|(anchor, is_serving)| Output::Advertise(anchor.advertise(mobile.mac, to, is_serving, valid)))
            .collect()
    }

    /// Refreshes and ends bindings.
    pub(super) fn lifetimes(&mut self, now: Instant) {
        let due = self.mobiles.iter().filter(|(mn, m)| self.next_lifetime(mn, m).is_some_and(|at| at <= now));
        for mn in due.map(|(mn, _)| mn.clone()).collect::<Vec<_>>() {
            let key = self.cmd_key(&mn);
            let Some(mobile) = self.mobiles.get_mut(&mn) else { continue };
            match mobile.place {
                Place::Anchoring(_) => self.anchor_timer_ends(now, &mn),
                Place::Serving { expires, .. } if expires > now => {
                    self.updates.want(now, key, Persistence::UntilAnswered);
                }
                Place::Serving { refresh: None, .. } => {
                    mobile.place = Place::Registering { before: Before::Nothing };
                    self.reconcile(&mn, Vec::new(), Vec::new());
                }
                // It is on the link still, so its presence is asserted anew; until that is answered it has no service.
                Place::Serving { expires, .. } => {
                    mobile.place = Place::Registering { before: Before::Here { expires } };
                    self.updates.want(now, key, Persistence::UntilAnswered);
                    self.reconcile(&mn, Vec::new(), Vec::new());
                }
                // R3.5.6: the S-MAAR de-registers the whole session.
                _ => {
                    mobile.place = Place::Leaving;
                    self.updates.want(now, key, Persistence::UntilMaximum);
                    self.reconcile(&mn, Vec::new(), Vec::new());
                }
            }
        }
    }

    /// When a mobile node's binding is to be refreshed, or ends.
    pub(super) fn next_lifetime(&self, mn: &MnIdentifier, mobile: &Mobile) -> Option<Instant> {
        let is_asked = || self.updates.is_outstanding(&self.cmd_key(mn));
        match mobile.place {
            Place::Serving { refresh, expires, .. } => refresh.filter(|_| !is_asked()).or(Some(expires)),
            Place::Away { expires } | Place::Unseen { expires, .. } => Some(expires),
            Place::Anchoring(Elsewhere { until, .. }) => {
                Some(if is_asked() { until + self.config.anchor_guard } else { until })
            }
            Place::Registering { .. } | Place::Leaving => None,
        }
    }
}
