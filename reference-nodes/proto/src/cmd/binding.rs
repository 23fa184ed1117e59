//! What a CMD keeps of one mobile node: where it is, what is anchored elsewhere, and the handover that is under way.

use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, MobilityOption, PreviousMaar};
use ipnet::Ipv6Net;
use smallvec::SmallVec;

use super::anchor::Anchor;
use crate::exchange::Echo;
use crate::plan::Names;

/// A binding cache entry (RFC 8885 §3.1 step 2, extended by the P-MAAR list of §3.2 step 3; R3.0.5).
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// The S-MAAR's address, registered as Proxy-CoA, and what is anchored there.
    pub(super) serving: Anchor,
    /// What its answer repeats of the last PBU, and what the next must be newer than.
    pub(super) echo: Echo,
    /// When it ends.
    pub(super) expires: Instant,
    /// The S-MAAR has de-registered the mobile node; the entry stays a while in case it turns up elsewhere
    /// (RFC 5213 §5.3.5, MinDelayBeforeBCEDelete).
    pub(super) deregistered: bool,
    /// P-MAARs, the oldest first: a mobile node "may move across different MAARs" (R3.0.9).
    pub(super) p_maars: Vec<PMaar>,
    /// The handover whose P-MAARs have not all answered.
    pub(super) handover: Option<Handover>,
}

/// An element of the P-MAAR list: "the P-MAAR's global address and the prefix it has delegated" (RFC 8885 §3.2).
#[derive(Clone, Debug)]
pub(super) struct PMaar {
    pub(super) anchor: Anchor,
    /// Whether it has answered for the present S-MAAR.
    pub(super) answered: bool,
    /// Whether the handover that is under way waits for its answer.
    pub(super) awaited: bool,
}

/// A handover under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handover {
    /// When the S-MAAR is told what is known by then; `None` once that is settled.
    pub(super) answer_by: Option<Instant>,
}

impl Binding {
    /// The lifetime that is left, as a PBU or PBA carries it: at least one unit, since zero would end the session.
    pub(super) fn remaining(&self, now: Instant) -> Lifetime {
        Lifetime::within(self.expires.since(now)).max(Lifetime(1))
    }

    /// When the S-MAAR is to be answered at the latest, if it has not been.
    pub(super) fn answer_by(&self) -> Option<Instant> {
        self.handover.and_then(|handover| handover.answer_by)
    }

    /// Whether a handover is under way that waits for a P-MAAR.
    pub(super) fn is_waiting(&self) -> bool {
        self.handover.is_some() && self.p_maars.iter().any(|p_maar| p_maar.awaited)
    }

    /// All prefixes of the mobile node, wherever they are anchored.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = Ipv6Net> {
        let anchors = self.p_maars.iter().map(|p_maar| &p_maar.anchor).chain([&self.serving]);
        anchors.flat_map(|anchor| anchor.prefixes.iter().copied())
    }

    pub(super) fn p_maar(&mut self, address: Ipv6Addr) -> Option<&mut PMaar> {
        self.p_maars.iter_mut().find(|p_maar| p_maar.anchor.maar == address)
    }

    /// Moves the binding to a new S-MAAR. The old one joins the P-MAAR list, a P-MAAR that the mobile node has come
    /// back to leaves it (stance A29). Beyond the limit the oldest are let go (R6.5) and returned.
    pub(super) fn move_to(&mut self, serving: Anchor, max_p_maars: usize) -> Vec<PMaar> {
        let left = std::mem::replace(&mut self.serving, serving);
        if !self.deregistered {
            // Most lists stay short, and there are many.
            self.p_maars.reserve_exact(1);
            self.p_maars.push(PMaar { anchor: left, answered: false, awaited: false });
        }
        self.deregistered = false;
        let s_maar = self.serving.maar;
        self.p_maars.retain(|p_maar| p_maar.anchor.maar != s_maar);
        for p_maar in &mut self.p_maars {
            p_maar.answered = false;
        }
        self.end_handover();
        let too_many = self.p_maars.len().saturating_sub(max_p_maars);
        self.p_maars.drain(..too_many).collect()
    }

    /// Begins to ask the P-MAARs that have not answered for the present S-MAAR, and returns whom. Where that is already
    /// under way, nobody is asked twice (stance A37).
    pub(super) fn ask(&mut self, answer_by: Instant) -> SmallVec<[Ipv6Addr; 8]> {
        if self.handover.is_some() {
            return SmallVec::new();
        }
        let silent = self.p_maars.iter_mut().filter(|p_maar| !p_maar.answered);
        let asked: SmallVec<_> = silent
            .map(|p_maar| {
                p_maar.awaited = true;
                p_maar.anchor.maar
            })
            .collect();
        self.handover = (!asked.is_empty()).then_some(Handover { answer_by: Some(answer_by) });
        asked
    }

    /// A P-MAAR is not waited for any more.
    pub(super) fn settle(&mut self, p_maar: Ipv6Addr) {
        if let Some(p_maar) = self.p_maar(p_maar) {
            p_maar.awaited = false;
        }
    }

    /// No P-MAAR is waited for any more; the handover that was under way, if any.
    pub(super) fn end_handover(&mut self) -> Option<Handover> {
        for p_maar in &mut self.p_maars {
            p_maar.awaited = false;
        }
        self.handover.take()
    }

    /// Whether any P-MAAR has answered for the present S-MAAR.
    pub(super) fn is_told(&self) -> bool {
        self.p_maars.iter().any(|p_maar| p_maar.answered)
    }

    /// The P-MAARs that an answer names.
    pub(super) fn named(&self, names: Names) -> impl Iterator<Item = &PMaar> + Clone {
        self.p_maars.iter().filter(move |p_maar| p_maar.answered || names == Names::All)
    }
}

impl PMaar {
    /// What an answer says of it: its Previous MAAR options, one per prefix (stance A17), and behind them what belongs to it
    /// (stances A15, A16). Only a CMD says so, of global addresses that are configured, in PBAs (R4.5.6, R4.5.8).
    pub(super) fn options(&self) -> impl Iterator<Item = MobilityOption> {
        let Anchor { maar: address, prefixes, details } = &self.anchor;
        let previous = |prefix: &Ipv6Net| {
            MobilityOption::PreviousMaar(PreviousMaar { address: *address, prefix: *prefix })
        };
        prefixes.iter().map(previous).chain(details.iter())
    }
}
