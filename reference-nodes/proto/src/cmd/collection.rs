//! What a CMD does with the PBAs of P-MAARs: it collects them, and the S-MAAR learns of them as the plan says.

use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pba, PbaFlags, Status};

use ipnet::Ipv6Net;

use super::Cmd;
use crate::exchange::{Rejection, is_for_another, mn_of, send};
use crate::plan::Answer;
use crate::record::Detail;
use crate::updates::{Persistence, UpdateKey};
use crate::{Event, Ignored, Output};

impl Cmd {
    pub(super) fn pba(&mut self, now: Instant, src: Ipv6Addr, pba: &Pba) -> Result<(), Ignored> {
        if self.config.maar(src).is_none() {
            return Err(Ignored::Stranger);
        }
        if !pba.flags.contains(PbaFlags::P | PbaFlags::D) {
            return Err(Ignored::NotForUs);
        }
        let mn = mn_of(pba).ok_or(Ignored::Unasked)?.clone();
        let s_maar = self.bindings.get(&mn).map(|binding| binding.serving.maar);
        // An answer for the place where the mobile node was before must not count for where it is (stance A36).
        if s_maar.is_some_and(|s_maar| is_for_another(pba, s_maar)) {
            return Err(Ignored::Unasked);
        }
        let key = UpdateKey { mn, peer: src };
        if !self.updates.answered(&key, pba.seq) {
            return Err(Ignored::Unasked);
        }
        if self.forget_farewell(&key) {
            return Ok(());
        }
        if pba.status.is_accepted() {
            self.collect(&key, pba);
        } else {
            self.rejected(now, &key, pba.status);
        }
        self.answer_if_due(now, &key.mn, pba.status.is_accepted());
        Ok(())
    }

    /// RFC 8885 §3.2 step 4: the CMD "populates an instance of the P-MAAR list" from a P-MAAR's PBA (R3.2.9).
    fn collect(&mut self, key: &UpdateKey, pba: &Pba) {
        let limit = self.config.limits.details;
        let anchored = self.anchored(key, pba);
        let Some(mut binding) = self.take(&key.mn) else { return };
        binding.settle(key.peer);
        if let Some(p_maar) = binding.p_maar(key.peer) {
            p_maar.answered = true;
            if !anchored.is_empty() {
                p_maar.anchor.prefixes = anchored;
            }
            p_maar.anchor.details = pba.options.iter().filter_map(Detail::of).take(limit).collect();
        }
        self.put(&key.mn, binding);
    }

    /// The prefixes that a P-MAAR says it anchors (R3.2.8), where they are its own to say: it knows better than the cache if
    /// its last registration was lost. One that echoes the S-MAAR's prefix (stance A7) says nothing about its own.
    fn anchored(&self, key: &UpdateKey, pba: &Pba) -> Box<[Ipv6Net]> {
        let Some(maar) = self.config.maar(key.peer) else { return Box::default() };
        let said = pba.options.iter().filter_map(|option| match option {
            MobilityOption::HomeNetworkPrefix(prefix) => Some(*prefix),
            _ => None,
        });
        let own = said.filter(|prefix| maar.owns(prefix) && !self.prefixes.is_anothers(prefix, &key.mn));
        own.take(self.config.limits.prefixes).collect()
    }

    /// A P-MAAR that refuses is not waited for and not named to the S-MAAR (stances A38, A39). Whether it is asked again
    /// depends on why it refuses: what is anchored there is not given up for a clock that is off.
    fn rejected(&mut self, now: Instant, key: &UpdateKey, status: Status) {
        let event = Event::Rejected { mn: key.mn.clone(), by: key.peer, status };
        tracing::debug!(%event);
        self.outbox.push_back(Output::Event(event));
        let Some(mut binding) = self.take(&key.mn) else { return };
        match Rejection::of(status) {
            // It has seen a later PBU than this, so it is asked anew.
            Rejection::Overtaken => self.updates.want(now, key.clone(), Persistence::UntilAnswered),
            Rejection::Later => {
                binding.settle(key.peer);
                let later = now + self.config.backoff.max;
                self.updates.want(later, key.clone(), Persistence::UntilAnswered);
            }
            Rejection::Prefix | Rejection::Final => {
                binding.settle(key.peer);
                let gone: Vec<_> =
                    binding.p_maars.extract_if(.., |p_maar| p_maar.anchor.maar == key.peer).collect();
                // One that does not know the mobile node has nothing to forget (stance A40).
                if status != Status::NOT_LMA_FOR_THIS_MOBILE_NODE {
                    for p_maar in gone {
                        self.take_leave(now, &key.mn, p_maar.anchor);
                    }
                }
            }
        }
        self.put(&key.mn, binding);
    }

    /// A handover has begun: with nobody to ask, or a plan that does not wait, it is answered at once (R3.4.1).
    pub(super) fn answer_first(&mut self, now: Instant, mn: &MnIdentifier) {
        let started = self.config.plan.started.holds(false);
        match self.bindings.get(mn) {
            Some(binding) if binding.handover.is_none() || started => self.answer(now, mn),
            _ => {}
        }
    }

    /// The S-MAAR asks again: it is answered unless its answer is on its way (stance A37). It has not heard, or has lost
    /// what it heard, so it is told all, whoever else was to tell it.
    pub(super) fn answer_if_settled(&mut self, now: Instant, mn: &MnIdentifier) {
        let pending = self.bindings.get(mn).and_then(|b| b.handover.as_ref()).and_then(|h| h.answer_by);
        if pending.is_none() || self.config.plan.started.holds(false) {
            self.answer(now, mn);
        }
    }

    /// RFC 8885 §3.2: "aggregates all of the PBAs into one PBA"; what comes after the time-out is sent "upon their
    /// arrival" (R3.2.16, R3.2.17).
    fn answer_if_due(&mut self, now: Instant, mn: &MnIdentifier, accepted: bool) {
        let plan = self.config.plan;
        let Some(binding) = self.bindings.get(mn) else { return };
        let answer = match &binding.handover {
            Some(handover) if handover.answer_by.is_some() => {
                if !handover.waiting.is_empty() {
                    return;
                }
                plan.collected
            }
            _ if accepted => plan.late,
            _ => Answer::No,
        };
        if answer.holds(binding.is_told()) { self.answer(now, mn) } else { self.settle(mn) }
    }

    /// Time is up for P-MAARs that have not answered.
    pub(super) fn answer_late(&mut self, now: Instant, mn: &MnIdentifier) {
        let told = self.bindings.get(mn).is_some_and(|binding| binding.is_told());
        if self.config.plan.time_out.holds(told) { self.answer(now, mn) } else { self.settle(mn) }
    }

    /// Answers the S-MAAR's last PBU with all that may be told.
    pub(super) fn answer(&mut self, now: Instant, mn: &MnIdentifier) {
        let names = self.config.plan.names;
        let Some(binding) = self.bindings.get(mn) else { return };
        // Nobody serves it any more, so nobody is to be told.
        if binding.deregistered {
            return;
        }
        let s_maar = binding.serving.maar;
        let lifetime = binding.remaining(now);
        let answer =
            |status, lifetime| binding.echo.answer(mn.clone(), status, lifetime, &binding.serving.prefixes);
        let pba = answer(Status::ACCEPTED, lifetime);
        let refusal = answer(Status::INSUFFICIENT_RESOURCES, Lifetime::ZERO);
        let named = binding.named(names);
        let (named, pbas) = (named.len(), self.fit(pba, named, s_maar));
        let silent = binding.p_maars.iter().filter(|p_maar| !p_maar.answered).count();
        if !binding.p_maars.is_empty() {
            let event = Event::HandoverAnswered { mn: mn.clone(), s_maar, named, silent };
            tracing::debug!(%event);
            self.outbox.push_back(Output::Event(event));
        }
        self.settle(mn);
        let mut otherwise = Some(send(self.config.address, s_maar, &Message::Pba(refusal)));
        for pba in pbas {
            let pba = send(self.config.address, s_maar, &Message::Pba(pba));
            self.journal.say(&mut self.outbox, mn, pba, otherwise.take());
        }
    }

    /// The S-MAAR has been told what there is to tell for now.
    fn settle(&mut self, mn: &MnIdentifier) {
        let Some(binding) = self.bindings.get_mut(mn) else { return };
        match &mut binding.handover {
            Some(handover) if !handover.waiting.is_empty() => handover.answer_by = None,
            _ => binding.handover = None,
        }
        self.reschedule(mn);
    }

    /// Spreads what is said about P-MAARs over as many PBAs to the same PBU as the longest message asks for: "the S-MAAR
    /// might receive multiple PBAs from the CMD in response to a PBU" (R3.2.18, stance A55), each adding to the others
    /// (stance A11). What is said about one P-MAAR stays together.
    fn fit(&self, pba: Pba, named: Vec<Vec<MobilityOption>>, to: Ipv6Addr) -> Vec<Pba> {
        let fits = |pba: &Pba| {
            let encoded = Message::Pba(pba.clone()).encode(self.config.address, to);
            encoded.is_ok_and(|octets| octets.len() <= self.config.limits.message)
        };
        let mut whole = pba.clone();
        whole.options.extend(named.iter().flatten().cloned());
        if fits(&whole) {
            return vec![whole];
        }
        let mut pbas = vec![pba.clone()];
        for options in named {
            let last = pbas.last_mut().expect("there is one from the start");
            let begun = last.options.len();
            last.options.extend(options.iter().cloned());
            if !fits(last) && begun > pba.options.len() {
                last.options.truncate(begun);
                let mut next = pba.clone();
                next.options.extend(options);
                pbas.push(next);
            }
        }
        pbas
    }
}
