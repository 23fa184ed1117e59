//! What a CMD does with a PBU that it accepts: a first registration (RFC 8885 §3.1), a refresh, a handover (§3.2 to
//! §3.4), the end of a session (§3.5).

use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, Pba, Status};

use super::check::Accepted;
use super::{Binding, Cmd};
use crate::exchange::{Request, send};
use crate::plan::Deregistration;
use crate::timing::MIN_DELAY_BEFORE_BCE_DELETE;
use crate::updates::{Persistence, UpdateKey};
use crate::{Event, Ignored, Output};

impl Cmd {
    pub(super) fn register(&mut self, now: Instant, accepted: Accepted, request: Request) {
        let Accepted { mn, anchor } = accepted;
        let (src, echo) = (anchor.maar, request.echo());
        let expires = now + request.lifetime.min(self.config.max_lifetime).duration();
        // It is at this MAAR now: what this MAAR was to be told about it is void.
        let key = UpdateKey { mn: mn.clone(), peer: src };
        self.forget_farewell(&key);
        self.updates.cancel(&key);
        let Some(mut binding) = self.take(&mn) else {
            // RFC 8885 §3.1: "the CMD stores a BCE containing the MN-ID, Pref1, and MAAR1's address" (R3.1.4).
            let binding = Box::new(Binding {
                serving: anchor,
                echo,
                expires,
                deregistered: false,
                p_maars: Vec::new(),
                handover: None,
            });
            self.put(&mn, binding);
            self.outbox.push_back(Output::Event(Event::Registered { mn: mn.clone(), s_maar: src }));
            return self.answer(now, &mn);
        };
        (binding.echo, binding.expires) = (echo, expires);
        if binding.serving.maar == src {
            (binding.serving, binding.deregistered) = (anchor, false);
            self.put(&mn, binding);
            self.ask_p_maars(now, &mn);
            return self.answer_if_settled(now, &mn);
        }
        // RFC 8885 §3.2 step 2: the PBU goes to the P-CoA and to "the ones in the P-MAAR list" (R3.2.15), and the
        // S-MAAR's address becomes the P-CoA (R3.2.5).
        let forgotten = binding.move_to(anchor, self.config.max_p_maars);
        let p_maars = binding.p_maars.len() + forgotten.len();
        self.put(&mn, binding);
        self.outbox.push_back(Output::Event(Event::HandoverStarted { mn: mn.clone(), s_maar: src, p_maars }));
        self.ask_p_maars(now, &mn);
        // R6.5: "imposing a limit on the number of P-MAARs associated with a given MN".
        for p_maar in forgotten {
            self.take_leave(now, &mn, p_maar.anchor);
        }
        self.answer_first(now, &mn);
    }

    /// Has a PBU sent to each P-MAAR that is not yet known to have followed the mobile node.
    pub(super) fn ask_p_maars(&mut self, now: Instant, mn: &MnIdentifier) {
        let Some(binding) = self.bindings.get_mut(mn) else { return };
        let first = self.config.plan.copies_sequence.then_some(binding.echo.seq);
        let asked = binding.ask(now + self.config.aggregation_timeout);
        self.reschedule(mn);
        for peer in asked {
            let key = UpdateKey { mn: mn.clone(), peer };
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
        let mn = accepted.mn;
        let Some(mut binding) = self.take(&mn) else {
            // Nothing is there to end: the MAAR is told so, and forgets (R3.5.5).
            self.send_pba(&mn, src, request.answer(Status::ACCEPTED, Lifetime::ZERO, &request.prefixes));
            return Ok(());
        };
        if binding.serving.maar != src {
            let answer = self.deny_deregistration(now, src, &mn, &mut binding, request);
            self.put(&mn, binding);
            return answer;
        }
        binding.echo = request.echo();
        binding.deregistered = true;
        binding.expires = now + MIN_DELAY_BEFORE_BCE_DELETE;
        // The handover that was under way has no S-MAAR any more.
        if binding.handover.take().is_some() {
            for p_maar in &binding.p_maars {
                self.updates.cancel(&UpdateKey { mn: mn.clone(), peer: p_maar.anchor.maar });
            }
        }
        self.put(&mn, binding);
        self.send_pba(&mn, src, request.answer(Status::ACCEPTED, Lifetime::ZERO, &request.prefixes));
        Ok(())
    }

    /// RFC 8885 §3.5: "allowing only an S-MAAR to de-register the whole MN session" (R3.5.1). Who else asks gets no
    /// answer, or one that renews what it anchors (stance A27).
    fn deny_deregistration(
        &mut self,
        now: Instant,
        src: Ipv6Addr,
        mn: &MnIdentifier,
        binding: &mut Binding,
        request: &Request,
    ) -> Result<(), Ignored> {
        if self.config.deregistration == Deregistration::SMaarOnly {
            return Err(Ignored::NotServing);
        }
        let remaining = binding.remaining(now);
        let pba = match binding.p_maar(src) {
            Some(p_maar) => request.answer(Status::ACCEPTED, remaining, &p_maar.anchor.prefixes),
            // Let go earlier, or never known: the prefix is not part of the session (R3.5.5).
            None => request.answer(Status::ACCEPTED, Lifetime::ZERO, &request.prefixes),
        };
        self.send_pba(mn, src, pba);
        Ok(())
    }

    /// What does not get away is asked for again: the PBU is sent anew until it is answered.
    fn send_pba(&mut self, mn: &MnIdentifier, to: Ipv6Addr, pba: Pba) {
        let pba = send(self.config.address, to, &Message::Pba(pba));
        self.journal.say(&mut self.outbox, mn, pba, None);
    }
}
