//! What a CMD tells P-MAARs: where the mobile node is now, or that its session has ended.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use dmm_codec::{AccessTechnology, HandoffIndicator, Instant, Lifetime, Message, MobilityOption, Pbu};
use ipnet::Ipv6Net;

use super::{Anchor, Cmd, Mn};
use crate::exchange::{PBU_FLAGS, send};
use crate::stances::ForwardedPrefix;
use crate::updates::{Due, Persistence, UpdateKey};
use crate::{Event, Output};

/// Whatever prefix it is (RFC 5213 §8.3).
const ALL_ZERO: &[Ipv6Net] = &[Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)];

/// The P-MAARs that are to be told that a session has ended, and the prefixes that they anchored in it.
pub(super) type Farewells = BTreeMap<UpdateKey<Mn>, Vec<Ipv6Net>>;

/// Those of one mobile node.
pub(super) fn farewells_of(farewells: &Farewells, mn: Mn) -> impl Iterator<Item = (Ipv6Addr, &Vec<Ipv6Net>)> {
    let of_mn = UpdateKey { mn, peer: Ipv6Addr::UNSPECIFIED };
    let farewells = farewells.range(of_mn..).take_while(move |(key, _)| key.mn == mn);
    farewells.map(|(key, prefixes)| (key.peer, prefixes))
}

impl Cmd {
    /// Has a P-MAAR told that it anchors nothing for a mobile node any more. P-MAARs have stopped their timers (§3.5), so
    /// only the CMD can tell them (stance A26).
    pub(super) fn take_leave(&mut self, now: Instant, mn: Mn, anchor: Anchor) {
        let key = UpdateKey { mn, peer: anchor.maar };
        if self.updates.len() >= self.config.limits.updates && !self.updates.is_outstanding(&key) {
            return;
        }
        self.updates.want(now, key, Persistence::UntilMaximum);
        self.farewells.insert(key, anchor.prefixes.to_vec());
        self.journal.changed(&mn);
    }

    /// A P-MAAR has been told that a session has ended, or needs not be told any more; whether it was to be.
    pub(super) fn forget_farewell(&mut self, key: &UpdateKey<Mn>) -> bool {
        if self.farewells.is_empty() {
            return false;
        }
        let was_there = self.farewells.remove(key).is_some();
        if was_there {
            self.journal.changed(&key.mn);
        }
        was_there
    }

    /// The P-MAARs that are to be told that a mobile node's session has ended.
    pub(super) fn farewells_of(&self, mn: Mn) -> impl Iterator<Item = (Ipv6Addr, &Vec<Ipv6Net>)> {
        farewells_of(&self.farewells, mn)
    }

    pub(super) fn send_updates(&mut self, now: Instant) {
        // Whom a PBU says to be the S-MAAR is so after a restart, too.
        while let Some(due) = self.updates.due_if(now, |mn| self.journal.is_durable(mn)) {
            let Some(pbu) = self.update(now, &due) else {
                self.updates.cancel(&due.key);
                self.release(now, due.key.mn);
                continue;
            };
            if due.repetition > 0 {
                let Due { key: UpdateKey { mn, peer }, repetition, .. } = due;
                let mn = self.cache.name(mn).clone();
                self.outbox.push_back(Output::Event(Event::Retransmitted { mn, peer, repetition }));
            }
            self.outbox.push_back(send(self.config.address, due.key.peer, &Message::Pbu(pbu)));
            if due.is_last {
                self.forget_farewell(&due.key);
                self.release(now, due.key.mn);
            }
        }
    }

    /// The PBU to a P-MAAR (RFC 8885 §3.2 step 2): the prefixes anchored there, unless configured otherwise (stance A7), and
    /// the S-MAAR's address in a Serving MAAR option (R3.2.4, R4.6.4); with lifetime zero and without it where the session has ended.
    fn update(&self, now: Instant, due: &Due<Mn>) -> Option<Pbu> {
        let UpdateKey { mn, peer } = due.key;
        let binding = self.cache.get(mn);
        let (lifetime, prefixes, s_maar, echo) = if let Some(prefixes) = self.farewells.get(&due.key) {
            (Lifetime::ZERO, &prefixes[..], None, binding.map(|binding| &binding.echo))
        } else {
            let binding = binding?;
            let p_maar = binding.p_maars.iter().find(|p_maar| p_maar.anchor.maar == peer)?;
            let prefixes = &p_maar.anchor.prefixes[..];
            (binding.remaining(now), prefixes, Some(binding.serving.maar), Some(&binding.echo))
        };
        let prefixes = match self.config.forwarded_prefix {
            _ if s_maar.is_none() => prefixes,
            ForwardedPrefix::Anchored => prefixes,
            ForwardedPrefix::Serving => binding.map_or(prefixes, |binding| &binding.serving.prefixes),
            ForwardedPrefix::AllZero => ALL_ZERO,
        };
        let mut options = Vec::with_capacity(8);
        options.push(MobilityOption::MnIdentifier(self.cache.name(mn).clone()));
        options.extend(prefixes.iter().copied().map(MobilityOption::HomeNetworkPrefix));
        let handoff = echo.and_then(|echo| echo.handoff);
        options.push(MobilityOption::HandoffIndicator(handoff.unwrap_or(HandoffIndicator::UNKNOWN)));
        let technology = echo.and_then(|echo| echo.technology);
        options.push(MobilityOption::AccessTechnology(technology.unwrap_or(AccessTechnology::VIRTUAL)));
        options.push(MobilityOption::Timestamp(now.timestamp()));
        options.extend(s_maar.map(MobilityOption::ServingMaar));
        Some(Pbu { seq: due.seq, flags: PBU_FLAGS, lifetime, options })
    }
}
