//! What a CMD does with the PBAs of P-MAARs: it collects them, and the S-MAAR learns of them as the plan says.

use std::net::Ipv6Addr;

use dmm_codec::{Instant, Message, MobilityOption, Pba, PbaFlags, Status, home_network_prefixes};
use ipnet::Ipv6Net;
use smallvec::SmallVec;

use super::anchor::{Anchored, Details};
use super::binding::{Binding, Handover, PMaar};
use super::{Cmd, CmdConfig, Mn};
use crate::exchange::{Rejection, is_detail, is_for_another, mn_of, refusal};
use crate::journal::Otherwise;
use crate::plan::Answer;
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
        let mn = mn_of(pba).and_then(|name| self.cache.find(name)).ok_or(Ignored::Unasked)?;
        let s_maar = self.cache.get(mn).map(|binding| binding.serving.maar);
        // An answer for the place where the mobile node was before must not count for where it is (stance A36).
        if s_maar.is_some_and(|s_maar| is_for_another(pba, s_maar)) {
            return Err(Ignored::Unasked);
        }
        let key = UpdateKey { mn, peer: src };
        if !self.updates.answered(&key, pba.seq) {
            return Err(Ignored::Unasked);
        }
        if self.forget_farewell(&key) {
            self.release(now, mn);
            return Ok(());
        }
        if pba.status.is_accepted() {
            self.collect(&key, pba);
        } else {
            self.rejected(now, &key, pba.status);
        }
        self.answer_if_due(now, mn, pba.status.is_accepted());
        Ok(())
    }

    /// RFC 8885 §3.2 step 4: the CMD "populates an instance of the P-MAAR list" from a P-MAAR's PBA (R3.2.9).
    fn collect(&mut self, key: &UpdateKey<Mn>, pba: &Pba) {
        let limit = self.config.limits.details;
        let anchored = self.anchored(key, pba);
        let moves = anchored.is_some();
        let change = |binding: &mut Binding| {
            binding.settle(key.peer);
            let Some(p_maar) = binding.p_maar(key.peer) else { return };
            p_maar.answered = true;
            if let Some(anchored) = anchored {
                p_maar.anchor.prefixes = anchored;
            }
            p_maar.anchor.details =
                Details::of(pba.options.iter().filter(|option| is_detail(option)).take(limit));
        };
        if moves {
            self.change(key.mn, change)
        } else {
            self.amend(key.mn, change)
        };
    }

    /// The prefixes that a P-MAAR says it anchors (R3.2.8), where they are its own to say: it knows better than the cache if
    /// its last registration was lost. One that echoes the S-MAAR's prefix (stance A7) says nothing about its own.
    /// Nothing where it says what is in the cache.
    fn anchored(&self, key: &UpdateKey<Mn>, pba: &Pba) -> Option<Anchored> {
        let said = home_network_prefixes(&pba.options);
        let binding = self.cache.get(key.mn)?;
        let p_maar = binding.p_maars.iter().find(|p_maar| p_maar.anchor.maar == key.peer)?;
        if said.clone().eq(p_maar.anchor.prefixes.iter().copied()) {
            return None;
        }
        let maar = self.config.maar(key.peer)?;
        let is_anothers = |prefix| self.is_anothers(prefix, Some(key.mn), Some(binding));
        let own = said.filter(|prefix| maar.owns(prefix) && !is_anothers(*prefix));
        let own: Vec<Ipv6Net> = own.take(self.config.limits.prefixes).collect();
        (!own.is_empty()).then(|| own.into())
    }

    /// A P-MAAR that refuses is not waited for and not named to the S-MAAR (stances A38, A39). Whether it is asked again
    /// depends on why it refuses: what is anchored there is not given up for a clock that is off.
    fn rejected(&mut self, now: Instant, key: &UpdateKey<Mn>, status: Status) {
        let event = Event::Rejected { mn: self.cache.name(key.mn).clone(), by: key.peer, status };
        tracing::debug!(%event);
        self.outbox.push_back(Output::Event(event));
        if self.cache.get(key.mn).is_none() {
            return self.release(now, key.mn);
        }
        match Rejection::of(status) {
            // It has seen a later PBU than this, so it is asked anew.
            Rejection::Overtaken => self.updates.want(now, *key, Persistence::UntilAnswered),
            Rejection::Later => {
                self.amend(key.mn, |binding| binding.settle(key.peer));
                let later = now + self.config.backoff.max;
                self.updates.want(later, *key, Persistence::UntilAnswered);
            }
            Rejection::Prefix | Rejection::Final => {
                let gone = self.change(key.mn, |binding| {
                    binding.settle(key.peer);
                    let gone = binding.p_maars.extract_if(.., |p_maar| p_maar.anchor.maar == key.peer);
                    gone.collect::<Vec<_>>()
                });
                // One that does not know the mobile node has nothing to forget (stance A40).
                if status != Status::NOT_LMA_FOR_THIS_MOBILE_NODE {
                    for p_maar in gone.unwrap_or_default() {
                        self.take_leave(now, key.mn, p_maar.anchor);
                    }
                }
            }
        }
    }

    /// A handover has begun: with nobody to ask, or a plan that does not wait, it is answered at once (R3.4.1).
    pub(super) fn answer_first(&mut self, now: Instant, mn: Mn) {
        let started = self.config.plan.started.holds(false);
        match self.cache.get(mn) {
            Some(binding) if binding.handover.is_none() || started => self.answer(now, mn),
            _ => {}
        }
    }

    /// The S-MAAR asks again: it is answered unless its answer is on its way (stance A37). It has not heard, or has lost
    /// what it heard, so it is told all, whoever else was to tell it.
    pub(super) fn answer_if_settled(&mut self, now: Instant, mn: Mn) {
        let pending = self.cache.get(mn).and_then(Binding::answer_by);
        if pending.is_none() || self.config.plan.started.holds(false) {
            self.answer(now, mn);
        }
    }

    /// RFC 8885 §3.2: "aggregates all of the PBAs into one PBA"; what comes after the time-out is sent "upon their
    /// arrival" (R3.2.16, R3.2.17).
    fn answer_if_due(&mut self, now: Instant, mn: Mn, accepted: bool) {
        let plan = self.config.plan;
        let Some(binding) = self.cache.get(mn) else { return };
        let answer = match binding.answer_by() {
            Some(_) if binding.is_waiting() => return,
            Some(_) => plan.collected,
            None if accepted => plan.late,
            None => Answer::No,
        };
        if answer.holds(binding.is_told()) { self.answer(now, mn) } else { self.settle(mn) }
    }

    /// Time is up for P-MAARs that have not answered.
    pub(super) fn answer_late(&mut self, now: Instant, mn: Mn) {
        let told = self.cache.get(mn).is_some_and(Binding::is_told);
        if self.config.plan.time_out.holds(told) { self.answer(now, mn) } else { self.settle(mn) }
    }

    /// Answers the S-MAAR's last PBU with all that may be told: "the previous Proxy-CoA and the prefix anchored to it" (R3.2.10), or
    /// nothing of the kind where the registration is "fresh and no past status is available" (R3.1.6).
    pub(super) fn answer(&mut self, now: Instant, mn: Mn) {
        let names = self.config.plan.names;
        let Some(binding) = self.cache.get(mn) else { return };
        // Nobody serves it any more, so nobody is to be told.
        if binding.deregistered {
            return;
        }
        let s_maar = binding.serving.maar;
        let name = self.cache.name(mn);
        let prefixes = &binding.serving.prefixes;
        let pba = binding.echo.answer(name.clone(), Status::ACCEPTED, binding.remaining(now), prefixes);
        let named = binding.named(names).count();
        if !binding.p_maars.is_empty() {
            let silent = binding.p_maars.iter().filter(|p_maar| !p_maar.answered).count();
            let event = Event::HandoverAnswered { mn: name.clone(), s_maar, named, silent };
            tracing::debug!(%event);
            self.outbox.push_back(Output::Event(event));
        }
        let groups = binding.named(names).map(PMaar::options);
        let mut otherwise: Option<Otherwise> = Some(refusal);
        for octets in fit(&self.config, pba, groups, s_maar) {
            let pba = Output::Signal { src: self.config.address, dst: s_maar, octets };
            self.journal.say(&mut self.outbox, &mn, pba, otherwise.take());
        }
        self.settle(mn);
    }

    /// The S-MAAR has been told what there is to tell for now.
    fn settle(&mut self, mn: Mn) {
        let Some(binding) = self.cache.get_mut(mn) else { return };
        binding.handover = binding.is_waiting().then_some(Handover { answer_by: None });
        self.answers.set(&mn, None);
    }
}

/// Spreads what is said about P-MAARs over as many PBAs to the same PBU as the longest message asks for: "the S-MAAR
/// might receive multiple PBAs from the CMD in response to a PBU" (R3.2.18, stance A55), each adding to the others
/// (stance A11). What is said about one P-MAAR stays together.
fn fit<O: Iterator<Item = MobilityOption>>(
    config: &CmdConfig,
    mut pba: Pba,
    named: impl Iterator<Item = O> + Clone,
    to: Ipv6Addr,
) -> SmallVec<[Vec<u8>; 1]> {
    let encoded = |pba: &mut Pba| {
        let message = Message::Pba(std::mem::replace(pba, Pba { options: Vec::new(), ..*pba }));
        let octets = message.encode(config.address, to);
        if let Message::Pba(encoded) = message {
            *pba = encoded;
        }
        octets.ok()
    };
    let fits = |octets: &Option<Vec<u8>>| octets.as_ref().is_some_and(|o| o.len() <= config.limits.message);
    let alone = pba.options.len();
    pba.options.extend(named.clone().flatten());
    let whole = encoded(&mut pba);
    if fits(&whole) {
        return whole.into_iter().collect();
    }
    pba.options.truncate(alone);
    let mut pbas = SmallVec::new();
    for options in named {
        let begun = pba.options.len();
        pba.options.extend(options);
        if begun > alone && !fits(&encoded(&mut pba)) {
            let next = pba.options.split_off(begun);
            pbas.extend(encoded(&mut pba));
            pba.options.truncate(alone);
            pba.options.extend(next);
        }
    }
    pbas.extend(encoded(&mut pba));
    pbas
}
