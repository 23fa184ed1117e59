//! What a CMD does with a PBU that it accepts: a first registration (RFC 8885 §3.1), a refresh, a handover (§3.2 to
//! §3.4), the end of a session (§3.5).

use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, Message, Pba, Status};

use super::check::Accepted;
use super::{Binding, Cmd, Mn};
use crate::exchange::{Request, send};
use crate::plan::Deregistration;
use crate::timing::MIN_DELAY_BEFORE_BCE_DELETE;
use crate::updates::{Persistence, UpdateKey};
use crate::{Event, Ignored, Output};

impl Cmd {
    pub(super) fn register(&mut self, now: Instant, accepted: Accepted, request: Request) {
        let Accepted { mn, anchor } = accepted;
        let src = anchor.maar;
        let expires = now + request.lifetime.min(self.config.max_lifetime).duration();
        let (name, echo) = request.into_echo();
        let mn = mn.unwrap_or_else(|| self.cache.enter(now, name));
        // It is at this MAAR now: what this MAAR was to be told about it is void.
        let key = UpdateKey { mn, peer: src };
        self.forget_farewell(&key);
        self.updates.cancel(&key);
        let Some(binding) = self.cache.get(mn) else {
            // The same in all plans (R3.1.11). RFC 8885 §3.1: "the CMD stores a BCE containing the MN-ID, Pref1, and MAAR1's address" (R3.1.4).
            let binding = Box::new(Binding {
                serving: anchor,
                echo,
                expires,
                deregistered: false,
                p_maars: Vec::new(),
                handover: None,
            });
            self.enter(mn, binding);
            self.journal.changed(&mn);
            let mobile = self.cache.name(mn).clone();
            self.outbox.push_back(Output::Event(Event::Registered { mn: mobile, s_maar: src }));
            return self.answer(now, mn);
        };
        if binding.serving.maar == src {
            self.change(mn, |binding| {
                (binding.echo, binding.expires) = (echo, expires);
                (binding.serving, binding.deregistered) = (anchor, false);
            });
            self.ask_p_maars(now, mn);
            return self.answer_if_settled(now, mn);
        }
        // RFC 8885 §3.2 step 2: the PBU goes to the P-CoA and to "the ones in the P-MAAR list" (R3.2.15), and the
        // S-MAAR's address becomes the P-CoA (R3.2.5).
        let max_p_maars = self.config.max_p_maars;
        let moved = self.change(mn, |binding| {
            (binding.echo, binding.expires) = (echo, expires);
            let forgotten = binding.move_to(anchor, max_p_maars);
            (binding.p_maars.len() + forgotten.len(), forgotten)
        });
        let (p_maars, forgotten) = moved.unwrap_or_default();
        let mobile = self.cache.name(mn).clone();
        self.outbox.push_back(Output::Event(Event::HandoverStarted { mn: mobile, s_maar: src, p_maars }));
        self.ask_p_maars(now, mn);
        // R6.5: "imposing a limit on the number of P-MAARs associated with a given MN".
        for p_maar in forgotten {
            self.take_leave(now, mn, p_maar.anchor);
        }
        self.answer_first(now, mn);
    }

    /// Has a PBU sent, and sent again if its PBA does not come (R3.2.19, R3.4.5), to each P-MAAR that is not yet known to have followed the mobile node.
    pub(super) fn ask_p_maars(&mut self, now: Instant, mn: Mn) {
        let Some(binding) = self.cache.get_mut(mn) else { return };
        let first = self.config.plan.copies_sequence.then_some(binding.echo.seq);
        let asked = binding.ask(now + self.config.aggregation_timeout);
        self.answers.set(&mn, binding.answer_by());
        for peer in asked {
            let key = UpdateKey { mn, peer };
            self.updates.want_numbered(now, key, Persistence::UntilAnswered, first);
        }
    }

    pub(super) fn deregister(
        &mut self,
        now: Instant,
        src: Ipv6Addr,
        accepted: Accepted,
        request: &Request,
    ) -> Result<(), Ignored> {
        let Accepted { mn, anchor } = accepted;
        let ended = request.answer(Status::ACCEPTED, Lifetime::ZERO, &anchor.prefixes);
        let Some((mn, binding)) = mn.and_then(|mn| Some((mn, self.cache.get(mn)?))) else {
            // Nothing is there to end: the MAAR is told so, and forgets (R3.5.5).
            self.send_pba(mn, src, ended);
            return Ok(());
        };
        if binding.serving.maar != src {
            return self.deny_deregistration(now, src, mn, request, ended);
        }
        let handover = self.change(mn, |binding| {
            binding.echo = request.echo();
            binding.deregistered = true;
            binding.expires = now + MIN_DELAY_BEFORE_BCE_DELETE;
            binding.end_handover()
        });
        // The handover that was under way has no S-MAAR any more.
        if let (Some(Some(_)), Some(binding)) = (handover, self.cache.get(mn)) {
            for p_maar in &binding.p_maars {
                self.updates.cancel(&UpdateKey { mn, peer: p_maar.anchor.maar });
            }
        }
        self.send_pba(Some(mn), src, ended);
        Ok(())
    }

    /// RFC 8885 §3.5: "allowing only an S-MAAR to de-register the whole MN session" (R3.5.1). Who else asks gets no
    /// answer, or one that renews what it anchors (stance A27).
    fn deny_deregistration(
        &mut self,
        now: Instant,
        src: Ipv6Addr,
        mn: Mn,
        request: &Request,
        ended: Pba,
    ) -> Result<(), Ignored> {
        if self.config.deregistration == Deregistration::SMaarOnly {
            return Err(Ignored::NotServing);
        }
        let Some(binding) = self.cache.get(mn) else { return Err(Ignored::NotServing) };
        let pba = match binding.p_maars.iter().find(|p_maar| p_maar.anchor.maar == src) {
            Some(p_maar) => request.answer(Status::ACCEPTED, binding.remaining(now), &p_maar.anchor.prefixes),
            // Let go earlier, or never known: the prefix is not part of the session (R3.5.5).
            None => ended,
        };
        self.send_pba(Some(mn), src, pba);
        Ok(())
    }

    /// What does not get away is asked for again: the PBU is sent anew until it is answered. Of a mobile node that is not known
    /// nothing is being written that the PBA would have to wait for.
    fn send_pba(&mut self, mn: Option<Mn>, to: Ipv6Addr, pba: Pba) {
        let pba = send(self.config.address, to, &Message::Pba(pba));
        match mn {
            Some(mn) => self.journal.say(&mut self.outbox, &mn, pba, None),
            None => self.outbox.push_back(pba),
        }
    }
}
