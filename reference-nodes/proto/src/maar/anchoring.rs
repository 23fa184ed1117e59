//! The MAAR as P-MAAR: the CMD says where a mobile node has gone, and its prefix follows it through a tunnel
//! (RFC 8885 §3.2 steps 2 and 3). Where the plan says so, it tells the S-MAAR itself (§3.3).

use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pba, Pbu, PbuFlags, Status};

use super::mobile::{Before, Elsewhere, Mobile, Place};
use super::{Maar, MaarConfig};
use crate::exchange::{Freshness, Rejection, Request, refuse, send};
use crate::plan::Deregistration;
use crate::stances::AnchoredPrefix;
use crate::updates::Persistence;
use crate::{Event, Ignored, Output};

/// What the CMD asks of a P-MAAR.
enum Asked {
    /// The mobile node is at this S-MAAR now.
    Serve(Ipv6Addr),
    /// Its session has ended.
    Forget,
}

impl Maar {
    pub(super) fn anchoring_pbu(&mut self, now: Instant, src: Ipv6Addr, pbu: Pbu) -> Result<(), Ignored> {
        if !pbu.flags.contains(PbuFlags::P | PbuFlags::A) {
            return Err(Ignored::NotForUs);
        }
        let request = Request::from(pbu);
        match self.check(now, src, &request) {
            Ok((mn, freshness, asked)) => self.follow(now, &mn, &request, freshness, &asked),
            Err(status) => {
                self.outbox.extend(refuse(self.config.address, src, &request, status, now));
            }
        }
        Ok(())
    }

    fn check(
        &self,
        now: Instant,
        src: Ipv6Addr,
        request: &Request,
    ) -> Result<(MnIdentifier, Freshness, Asked), Status> {
        let mn = request.mn.as_ref().ok_or(Status::MISSING_MN_IDENTIFIER_OPTION)?;
        // R6.4, stance A41: only the CMD moves a prefix.
        if src != self.config.cmd || !request.flags.contains(PbuFlags::D) {
            return Err(Status::MAG_NOT_AUTHORIZED_FOR_PROXY_REG);
        }
        // Stance A40.
        let mobile = self.mobiles.get(mn).ok_or(Status::NOT_LMA_FOR_THIS_MOBILE_NODE)?;
        let freshness = Freshness::check(mobile.freshness, request, now, self.config.timestamp_window)?;
        // It has come back, or the CMD has heard of that, since the CMD sent this (stance A36: the latest wins). A CMD that
        // still means it asks anew.
        let known = mobile.seen.max(mobile.confirmed);
        if request.timestamp.is_some_and(|sent| sent < known.timestamp()) {
            return Err(Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED);
        }
        if request.lifetime == Lifetime::ZERO {
            return Ok((mn.clone(), freshness, Asked::Forget));
        }
        match request.serving_maars[..] {
            // Stance A43: "the current S-MAAR's global address" (R4.6.5), and not our own.
            [s_maar] if is_global_unicast(s_maar) && s_maar != self.config.address => {
                Ok((mn.clone(), freshness, Asked::Serve(s_maar)))
            }
            [_] => Err(Status::INVALID_CARE_OF_ADDRESS),
            // Stance A42: none, or several.
            _ => Err(Status::REASON_UNSPECIFIED),
        }
    }

    fn follow(
        &mut self,
        now: Instant,
        mn: &MnIdentifier,
        request: &Request,
        freshness: Freshness,
        asked: &Asked,
    ) {
        let cmd_key = self.cmd_key(mn);
        let timer = self.anchor_timer(now, request.lifetime);
        let Some(mobile) = self.mobiles.get_mut(mn) else { return };
        // The CMD may have said this without having heard of a registration here that it grants after it.
        let timer = mobile.unheard_until().map_or(timer, |until| until.max(timer));
        mobile.freshness = Some(freshness);
        let own = self.config.address;
        let (pba, to_s_maar) = (anchor_pba(&self.config, mobile, request), s_maar_pba(mobile, request));
        let mut promise = Vec::new();
        match *asked {
            Asked::Serve(s_maar) => {
                let elsewhere = Elsewhere { s_maar, until: timer };
                if matches!(mobile.place, Place::Registering { .. }) {
                    // It is on our link, and the CMD has not heard of that yet: it will, and ours is the later word.
                    mobile.place = Place::Registering { before: Before::Elsewhere(elsewhere) };
                } else {
                    mobile.place = Place::Anchoring(elsewhere);
                    // The mobile node is elsewhere: whatever was to be asked of the CMD about it is void.
                    self.updates.cancel(&cmd_key);
                }
                self.outbox.push_back(Output::Event(Event::Anchoring { mn: mn.clone(), s_maar }));
                if self.config.plan.p_maars_tell {
                    promise.push(send(own, s_maar, &Message::Pba(to_s_maar)));
                }
            }
            // The session that has ended is the one before: the mobile node is here again, and the CMD is being asked.
            Asked::Forget if matches!(mobile.place, Place::Registering { .. }) => {
                mobile.place = Place::Registering { before: Before::Nothing };
            }
            Asked::Forget => {
                self.updates.cancel(&cmd_key);
                self.forget(mn);
            }
        }
        // The PBA promises the tunnel: it leaves once the tunnel is there, or says that it could not be made.
        let failed = request.answer(Status::INSUFFICIENT_RESOURCES, Lifetime::ZERO, &request.prefixes);
        promise.push(send(own, self.config.cmd, &Message::Pba(pba)));
        let otherwise = vec![send(own, self.config.cmd, &Message::Pba(failed))];
        self.reconcile(mn, promise, otherwise);
    }

    /// For how long a P-MAAR believes the CMD's last word: the binding's lifetime where its timer runs on (R3.5.4), a
    /// long guard where it "stops the BCE timer" (R3.5.3, stance A26).
    fn anchor_timer(&self, now: Instant, lifetime: Lifetime) -> Instant {
        now + match self.config.deregistration {
            Deregistration::SMaarOnly => self.config.anchor_guard,
            Deregistration::PMaarsToo => lifetime.duration(),
        }
    }

    /// The timer of a prefix that is anchored here has run out.
    pub(super) fn anchor_timer_ends(&mut self, now: Instant, mn: &MnIdentifier) {
        let key = self.cmd_key(mn);
        if self.config.deregistration == Deregistration::PMaarsToo && !self.updates.is_outstanding(&key) {
            // R3.5.4: "P-MAARs can, upon BCE expiry, send de-registration messages to the CMD". The mobile node may be
            // using the prefix, so that lost answers are no reason to give it up.
            return self.updates.want(now, key, Persistence::UntilAnswered);
        }
        self.updates.cancel(&key);
        self.forget(mn);
        self.reconcile(mn, Vec::new(), Vec::new());
    }

    /// What the CMD answers to that: "a PBA with a non-zero lifetime, hence renewing the session if the MN is still
    /// connected to the domain", or one of zero (R3.5.5).
    pub(super) fn renewed(&mut self, now: Instant, mn: &MnIdentifier, elsewhere: Elsewhere, pba: &Pba) {
        if pba.status.is_accepted() && pba.lifetime != Lifetime::ZERO {
            let until = self.anchor_timer(now, pba.lifetime);
            if let Some(mobile) = self.mobiles.get_mut(mn) {
                mobile.place = Place::Anchoring(Elsewhere { until, ..elsewhere });
            }
            return;
        }
        let later = match Rejection::of(pba.status) {
            _ if pba.status.is_accepted() => None,
            // A PBU of the S-MAAR came in between: that it is refused says nothing about the session.
            Rejection::Overtaken => Some(now),
            Rejection::Later => Some(now + self.config.backoff.max),
            Rejection::Prefix | Rejection::Final => None,
        };
        if let Some(at) = later {
            return self.updates.want(at, self.cmd_key(mn), Persistence::UntilAnswered);
        }
        self.forget(mn);
        self.reconcile(mn, Vec::new(), Vec::new());
    }
}

/// The PBA of a P-MAAR: "the prefix anchored at MAAR1 in the Home Network Prefix option" (R3.2.8), "the option
/// mentioned before" (R3.2.7; stance A12), and what an S-MAAR needs to stand in for it (R3.7.11). The Anchored Prefix option says the
/// same as the Home Network Prefix option (stance A4).
fn anchor_pba(config: &MaarConfig, mobile: &Mobile, request: &Request) -> Pba {
    let own = &mobile.own;
    let mut pba = request.answer(Status::ACCEPTED, request.lifetime, &own.prefixes);
    if request.lifetime != Lifetime::ZERO {
        if config.anchored_prefix != AnchoredPrefix::Never {
            pba.options.extend(own.prefixes.iter().copied().map(MobilityOption::AnchoredPrefix));
        }
        pba.options.extend(own.local_prefixes.iter().copied().map(MobilityOption::LocalPrefix));
        if config.echoes_serving_maar {
            pba.options.extend(request.serving_maars.iter().copied().map(MobilityOption::ServingMaar));
        }
        pba.options.extend(own.dlif.options());
    }
    pba
}

/// The PBA of a P-MAAR to the S-MAAR: it "does not need to include new options" (R3.3.4) but those that say what the
/// S-MAAR's DLIF must look like and what is behind it, which may stand between MAARs (stance A13).
fn s_maar_pba(mobile: &Mobile, request: &Request) -> Pba {
    let own = &mobile.own;
    let mut pba = request.answer(Status::ACCEPTED, request.lifetime, &own.prefixes);
    pba.options.extend(own.local_prefixes.iter().copied().map(MobilityOption::LocalPrefix));
    pba.options.extend(own.dlif.options());
    pba
}

fn is_global_unicast(address: Ipv6Addr) -> bool {
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_unicast_link_local())
}
