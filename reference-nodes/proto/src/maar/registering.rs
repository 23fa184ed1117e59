//! What becomes of an S-MAAR's registration: PBAs of the CMD, one or several to one PBU (RFC 8885 §3.2), and those of
//! P-MAARs where the CMD is a locator (§3.3).

use std::net::Ipv6Addr;

use dmm_codec::{
    HandoffIndicator, Instant, Lifetime, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu, Timestamp,
};

use super::dlif::{Anchor, anchor_itself, anchors_in};
use super::mobile::{Before, Mobile, Place};
use super::{Maar, REFUSED_PREFIXES};
use crate::exchange::{PBU_FLAGS, Rejection, mn_of};
use crate::stances::AnchoredPrefix;
use crate::updates::{Due, Persistence};
use crate::{Event, Ignored, Output};

impl Maar {
    /// The PBU to the CMD (RFC 8885 §3.1, R3.1.3; options of RFC 5213 §6.9.1.5). Lifetime zero for a mobile node that is
    /// not here.
    pub(super) fn registration(&self, now: Instant, due: &Due) -> Option<Pbu> {
        let mobile = self.mobiles.get(&due.key.mn)?;
        let is_here = matches!(mobile.place, Place::Registering { .. } | Place::Serving { .. });
        let mut options = vec![MobilityOption::MnIdentifier(due.key.mn.clone())];
        options.extend(mobile.own.prefixes.iter().copied().map(MobilityOption::HomeNetworkPrefix));
        options.push(MobilityOption::HandoffIndicator(handoff(mobile)));
        options.push(MobilityOption::AccessTechnology(self.config.technology));
        options.push(MobilityOption::MnLinkLayerIdentifier(mobile.mac.into()));
        options.push(MobilityOption::Timestamp(now.timestamp()));
        if self.config.anchored_prefix == AnchoredPrefix::PbuAndPba {
            options.extend(mobile.own.prefixes.iter().copied().map(MobilityOption::AnchoredPrefix));
        }
        if is_here && self.config.plan.announces_local {
            options.extend(mobile.own.local_prefixes.iter().copied().map(MobilityOption::LocalPrefix));
        }
        if is_here && self.config.dlif_in_pbu {
            options.extend(mobile.own.dlif.options());
        }
        let lifetime = if is_here { self.config.lifetime } else { Lifetime::ZERO };
        Some(Pbu { seq: due.seq, flags: PBU_FLAGS, lifetime, options })
    }

    /// A PBA: what became of a registration, and where the mobile node's earlier prefixes are anchored.
    pub(super) fn serving_pba(&mut self, now: Instant, src: Ipv6Addr, pba: &Pba) -> Result<(), Ignored> {
        // Options 65 to 70 mean nothing without D (stance A3); a PBA without P is no PBA.
        let is_dmm = pba.flags.contains(PbaFlags::P | PbaFlags::D);
        // R6.3, R6.4: only trusted parties are listened to.
        if src == self.config.cmd {
            return if is_dmm { self.cmd_pba(now, src, pba) } else { Err(Ignored::NotForUs) };
        }
        let peer = self.config.peers.iter().find(|peer| peer.address == src);
        let peer = peer.filter(|_| self.config.plan.p_maars_tell).ok_or(Ignored::Stranger)?;
        if !is_dmm {
            return Err(Ignored::NotForUs);
        }
        let mn = mn_of(pba).ok_or(Ignored::Unasked)?.clone();
        let anchor = anchor_itself(&mn, src, &pba.options);
        if !anchor.prefixes.iter().all(|prefix| peer.owns(prefix)) {
            return Err(Ignored::Mismatch);
        }
        self.p_maar_pba(now, &mn, anchor, pba)
    }

    fn cmd_pba(&mut self, now: Instant, src: Ipv6Addr, pba: &Pba) -> Result<(), Ignored> {
        let mn = mn_of(pba).ok_or(Ignored::Unasked)?.clone();
        let key = self.cmd_key(&mn);
        let is_answer = self.updates.is_answer(&key, pba.seq);
        let mobile = self.mobiles.get(&mn).ok_or(Ignored::Unasked)?;
        // A number may be that of a PBU from before a restart, and what answers that one is late.
        if !mobile.is_about_own(pba) {
            return Err(Ignored::Unasked);
        }
        // B15, RFC 5213 §6.9.1.2 (5): what answers no PBU "MUST be ignored".
        if !is_answer {
            // R3.2.18: "the S-MAAR might receive multiple PBAs from the CMD in response to a PBU".
            let Place::Serving { seq, .. } = mobile.place else { return Err(Ignored::Unasked) };
            // Where P-MAARs tell, one may have ended the wait before the CMD's word came, which counts for more.
            let is_refused = self.config.plan.p_maars_tell
                && matches!(Rejection::of(pba.status), Rejection::Prefix | Rejection::Final);
            if seq != pba.seq || !(pba.status.is_accepted() || is_refused) {
                return Err(Ignored::Unasked);
            }
        }
        // B11, RFC 5213 §6.9.1.2 (6): such a PBA "MUST be ignored", and the PBU is not sent again; a refresh is none either, so
        // what is granted lasts until its end.
        if !self.echoes(mobile, pba, is_answer) {
            self.updates.cancel(&key);
            if let Some(Mobile { place: Place::Serving { refresh, .. }, .. }) = self.mobiles.get_mut(&mn)
                && is_answer
            {
                *refresh = None;
            }
            return Err(Ignored::Mismatch);
        }
        self.updates.cancel(&key);
        match mobile.place {
            // The CMD knows of another S-MAAR, and will say so: the prefix is still in use (R3.5.4).
            Place::Leaving if pba.status.is_accepted() && pba.lifetime != Lifetime::ZERO => {
                let expires = now + pba.lifetime.duration();
                if let Some(mobile) = self.mobiles.get_mut(&mn) {
                    mobile.place = Place::Away { expires };
                }
            }
            Place::Leaving => {
                self.forget(&mn);
                self.reconcile(&mn, Vec::new(), Vec::new());
            }
            Place::Anchoring(elsewhere) => self.renewed(now, &mn, elsewhere, pba),
            _ if !pba.status.is_accepted() => self.rejected(now, &mn, src, pba),
            // A registration that is granted no time is none.
            _ if pba.lifetime == Lifetime::ZERO => self.rejected(now, &mn, src, pba),
            _ => {
                let anchors = anchors_in(&mn, &pba.options);
                self.accepted(now, &mn, pba.seq, pba.lifetime, anchors);
            }
        }
        Ok(())
    }

    /// RFC 8885 §3.3: a P-MAAR "also sends a PBA to the S-MAAR, including the prefix it is anchoring". It is matched by
    /// mobile node, outstanding PBU and sender; its number may be the CMD's own (stance A9). The first one stops the
    /// retransmission of the PBU (stance A10). Where the CMD copies numbers, one from before this PBU says that a registration
    /// of before was heard of, and not this one.
    fn p_maar_pba(
        &mut self,
        now: Instant,
        mn: &MnIdentifier,
        anchor: Anchor,
        pba: &Pba,
    ) -> Result<(), Ignored> {
        let mobile = self.mobiles.get(mn).ok_or(Ignored::Unasked)?;
        if !pba.status.is_accepted() || pba.lifetime == Lifetime::ZERO {
            return Err(Ignored::Unasked);
        }
        // What was said before it came here is about another visit.
        let said = pba.options.iter().find_map(timestamp);
        if said.is_some_and(|said| said < mobile.seen.timestamp()) {
            return Err(Ignored::Unasked);
        }
        let key = self.cmd_key(mn);
        let is_earlier = self.config.plan.copies_sequence && self.updates.is_earlier(&key, pba.seq);
        let seq = match mobile.place {
            Place::Registering { .. } if is_earlier => return Err(Ignored::Unasked),
            Place::Registering { .. } => self.updates.last_seq(&key).ok_or(Ignored::Unasked)?,
            Place::Serving { seq, .. } => seq,
            _ => return Err(Ignored::Unasked),
        };
        if !is_earlier {
            self.updates.cancel(&key);
        }
        self.accepted(now, mn, seq, pba.lifetime, vec![anchor]);
        Ok(())
    }

    /// Whether a PBA has the values of the PBU that it answers (stance B11). The Handoff Indicator differs between a
    /// registration and its refresh, so it is compared where the PBU is known.
    fn echoes(&self, mobile: &Mobile, pba: &Pba, is_answer: bool) -> bool {
        pba.options.iter().all(|option| match option {
            MobilityOption::AccessTechnology(technology) => *technology == self.config.technology,
            MobilityOption::MnLinkLayerIdentifier(address) => *address == mobile.mac.into(),
            MobilityOption::HandoffIndicator(said) if is_answer => *said == handoff(mobile),
            _ => true,
        })
    }

    /// RFC 5213 §6.9.1.2: a rejected mobile node gets no service (R3.1.13), but some rejections are not the last word.
    fn rejected(&mut self, now: Instant, mn: &MnIdentifier, by: Ipv6Addr, pba: &Pba) {
        let event = Event::Rejected { mn: mn.clone(), by, status: pba.status };
        tracing::debug!(%event);
        self.outbox.push_back(Output::Event(event));
        let key = self.cmd_key(mn);
        let Some(mobile) = self.mobiles.get_mut(mn) else { return };
        match Rejection::of(pba.status) {
            Rejection::Overtaken => self.updates.want(now, key, Persistence::UntilAnswered),
            Rejection::Later => {
                self.updates.want(now + self.config.backoff.max, key, Persistence::UntilAnswered);
            }
            // B14, RFC 5213 §6.9.1.2 (10): not the same prefix again.
            Rejection::Prefix => {
                let refused = std::mem::take(&mut mobile.own.prefixes);
                if self.refused.len() >= REFUSED_PREFIXES {
                    self.refused.clear();
                }
                self.refused.extend(refused);
                let free = self.free_prefix();
                match (self.mobiles.get_mut(mn), free) {
                    (Some(mobile), Some(prefix)) => {
                        mobile.own.prefixes = vec![prefix];
                        mobile.place = Place::Registering { before: Before::Nothing };
                        self.updates.want(now, key, Persistence::UntilAnswered);
                    }
                    _ => self.forget(mn),
                }
            }
            Rejection::Final => {
                let before = match mobile.place {
                    Place::Registering { before } => before.place(now),
                    _ => None,
                };
                match before {
                    Some(place) => mobile.place = place,
                    None => self.mobiles.remove(mn),
                }
            }
        }
        self.reconcile(mn, Vec::new(), Vec::new());
    }

    fn accepted(
        &mut self,
        now: Instant,
        mn: &MnIdentifier,
        seq: u16,
        lifetime: Lifetime,
        mut anchors: Vec<Anchor>,
    ) {
        let Some(mobile) = self.mobiles.get_mut(mn) else { return };
        // Stance A29: no tunnel to itself.
        anchors.retain(|anchor| anchor.maar != self.config.address);
        if let Place::Serving { anchors: known, .. } = &mobile.place {
            // Additive: "a P-MAAR missing from a later PBA is not removed" (stance A11).
            let told: Vec<Ipv6Addr> = anchors.iter().map(|anchor| anchor.maar).collect();
            anchors.extend(known.iter().filter(|anchor| !told.contains(&anchor.maar)).cloned());
        }
        anchors.truncate(self.config.max_anchors);
        let tunnels = anchors.len();
        let lifetime = lifetime.duration();
        let (refresh, expires) = (Some(now + lifetime * 3 / 4), now + lifetime);
        mobile.confirmed = now;
        // It is registered again before that ends, as long as it is here (B16, RFC 5213 §6.9.1.3).
        // The BCE is not temporary any more (R3.1.7), and what comes through tunnels comes from now on (R3.4.6).
        mobile.place = Place::Serving { seq, refresh, expires, anchors };
        let event = Event::Serving { mn: mn.clone(), tunnels };
        tracing::debug!(%event);
        self.outbox.push_back(Output::Event(event));
        // RFC 8885 §3.1: "unicasts a Router Advertisement (RA) to the MN with Pref1", after the PBA and after
        // forwarding is in place (R3.1.8).
        let advertisements = self.advertisements(mn);
        self.reconcile(mn, advertisements, Vec::new());
    }
}

fn handoff(mobile: &Mobile) -> HandoffIndicator {
    match mobile.place {
        Place::Serving { .. } => HandoffIndicator::NOT_CHANGED,
        _ => HandoffIndicator::UNKNOWN,
    }
}

fn timestamp(option: &MobilityOption) -> Option<Timestamp> {
    match option {
        MobilityOption::Timestamp(timestamp) => Some(*timestamp),
        _ => None,
    }
}
