//! What a CMD keeps of one mobile node: where it is, what is anchored elsewhere, and the relay that is under way.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, MobilityOption, PreviousMaar};
use ipnet::Ipv6Net;

use crate::exchange::{Freshness, Request};

/// A binding cache entry (RFC 8885 §3.1 step 2, extended by the P-MAAR list of §3.2 step 3).
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// The S-MAAR's address, registered as Proxy-CoA.
    pub(super) p_coa: Ipv6Addr,
    /// The prefixes anchored at the S-MAAR.
    pub(super) prefixes: Vec<Ipv6Net>,
    /// What its last PBU said; its answer echoes it.
    pub(super) request: Request,
    /// What the next PBU must be newer than.
    pub(super) freshness: Freshness,
    /// When it ends.
    pub(super) expires: Instant,
    /// The S-MAAR has de-registered the mobile node; the entry stays a while in case it turns up elsewhere
    /// (RFC 5213 §5.3.5, MinDelayBeforeBCEDelete).
    pub(super) deregistered: bool,
    /// P-MAARs, the oldest first.
    pub(super) p_maars: Vec<PMaar>,
    /// The handover whose P-MAARs have not all answered.
    pub(super) relay: Option<Relay>,
}

/// An element of the P-MAAR list: "the P-MAAR's global address and the prefix it is anchoring" (RFC 8885 §3.2).
#[derive(Clone, Debug)]
pub(super) struct PMaar {
    pub(super) address: Ipv6Addr,
    pub(super) prefixes: Vec<Ipv6Net>,
    /// Whether it has answered for the present S-MAAR.
    pub(super) confirmed: bool,
    /// Local Prefix and DLIF options of its PBA, passed on as they came (RFC 8885 §3.7, R3.7.11).
    pub(super) details: Vec<MobilityOption>,
}

/// A handover under way.
#[derive(Clone, Debug)]
pub(super) struct Relay {
    /// P-MAARs that have not answered.
    pub(super) waiting: BTreeSet<Ipv6Addr>,
    /// When the S-MAAR is told what is known by then; `None` once it has been told.
    pub(super) answer_by: Option<Instant>,
}

impl Binding {
    /// The lifetime that is left, as a PBU or PBA carries it.
    pub(super) fn remaining(&self, now: Instant) -> Lifetime {
        Lifetime::within(self.expires.since(now))
    }

    /// Moves the binding to a new S-MAAR and returns whom to tell. The old one joins the P-MAAR list, a P-MAAR that
    /// the mobile node has come back to leaves it (stance A29).
    pub(super) fn move_to(
        &mut self,
        s_maar: Ipv6Addr,
        prefixes: Vec<Ipv6Net>,
        answer_by: Instant,
    ) -> Vec<Ipv6Addr> {
        let left = PMaar {
            address: self.p_coa,
            prefixes: std::mem::replace(&mut self.prefixes, prefixes),
            confirmed: false,
            details: Vec::new(),
        };
        if !self.deregistered {
            self.p_maars.push(left);
        }
        self.deregistered = false;
        self.p_coa = s_maar;
        self.p_maars.retain(|p_maar| p_maar.address != s_maar);
        for p_maar in &mut self.p_maars {
            p_maar.confirmed = false;
        }
        let waiting: Vec<Ipv6Addr> = self.p_maars.iter().map(|p_maar| p_maar.address).collect();
        self.relay = Some(Relay { waiting: waiting.iter().copied().collect(), answer_by: Some(answer_by) });
        waiting
    }

    /// P-MAARs that never answered because their S-MAAR de-registered first: it is back, so they are asked again.
    pub(super) fn ask_again(&mut self, answer_by: Instant) -> Vec<Ipv6Addr> {
        if self.relay.is_some() {
            return Vec::new();
        }
        let silent = self.p_maars.iter().filter(|p_maar| !p_maar.confirmed);
        let waiting: Vec<Ipv6Addr> = silent.map(|p_maar| p_maar.address).collect();
        if !waiting.is_empty() {
            self.relay =
                Some(Relay { waiting: waiting.iter().copied().collect(), answer_by: Some(answer_by) });
        }
        waiting
    }

    /// The options that tell the S-MAAR about its P-MAARs: for each that has answered its Previous MAAR options, one
    /// per prefix (stance A17), and behind them what belongs to it (stance A15).
    pub(super) fn previous_maar_options(&self) -> Vec<MobilityOption> {
        let mut options = Vec::new();
        for p_maar in self.p_maars.iter().filter(|p_maar| p_maar.confirmed) {
            let address = p_maar.address;
            let prefixes = p_maar.prefixes.iter();
            options.extend(
                prefixes.map(|&prefix| MobilityOption::PreviousMaar(PreviousMaar { address, prefix })),
            );
            options.extend(p_maar.details.iter().cloned());
        }
        options
    }
}
