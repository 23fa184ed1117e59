//! Whether a CMD accepts a PBU: the checks of RFC 5213 §5.3.1 in their order (B6), and those of RFC 8885 where it adds any.

use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, PbuFlags, Status};
use ipnet::Ipv6Net;

use super::anchor::Details;
use super::config::Service;
use super::{Anchor, Binding, Cmd, Mn};
use crate::exchange::{Freshness, Request};
use crate::updates::UpdateKey;

/// A PBU that is accepted: whose it is, if the mobile node is known, and what the sender anchors, which the request has no more.
pub(super) struct Accepted {
    pub(super) mn: Option<Mn>,
    pub(super) anchor: Anchor,
}

impl Cmd {
    pub(super) fn check(
        &self,
        now: Instant,
        src: Ipv6Addr,
        request: &mut Request,
    ) -> Result<Accepted, Status> {
        // No RFC says what a CMD does with a PBU of a MAG; it serves none unless told to (stance A3).
        if !request.flags.contains(PbuFlags::D) {
            return Err(Status::ADMINISTRATIVELY_PROHIBITED);
        }
        let named = request.mn.as_ref().filter(|mn| !mn.identifier.is_empty());
        let name = named.ok_or(Status::MISSING_MN_IDENTIFIER_OPTION)?;
        let maar = self.config.maar(src).ok_or(Status::MAG_NOT_AUTHORIZED_FOR_PROXY_REG)?;
        if let Some(subscribers) = &self.config.subscribers {
            match subscribers.get(name).ok_or(Status::NOT_LMA_FOR_THIS_MOBILE_NODE)? {
                Service::Enabled => {}
                Service::Disabled => return Err(Status::PROXY_REG_NOT_ENABLED),
            }
        }
        let mn = self.cache.find(name);
        let binding = mn.and_then(|mn| self.cache.get(mn));
        // Sequence numbers are each MAAR's own; time stamps order the PBUs of all (RFC 5213 §5.5).
        let comparable = binding.filter(|b| request.timestamp.is_some() || b.serving.maar == src);
        let last = comparable.map(|binding| binding.echo.freshness());
        Freshness::check(last, request, now, self.config.timestamp_window)?;
        if request.prefixes.is_empty() {
            return Err(Status::MISSING_HOME_NETWORK_PREFIX_OPTION);
        }
        request.handoff.ok_or(Status::MISSING_HANDOFF_INDICATOR_OPTION)?;
        request.technology.ok_or(Status::MISSING_ACCESS_TECH_TYPE_OPTION)?;
        let limits = &self.config.limits;
        if request.prefixes.len() > limits.prefixes
            || (binding.is_none() && self.cache.len() >= limits.bindings)
            || self.journal.writing() >= limits.writes
        {
            return Err(Status::INSUFFICIENT_RESOURCES);
        }
        // A handover that could not be told to all P-MAARs is not begun: the S-MAAR comes back later.
        if request.lifetime != Lifetime::ZERO
            && let (Some(mn), Some(binding)) = (mn, binding)
            && self.would_overflow(mn, binding, src)
        {
            return Err(Status::INSUFFICIENT_RESOURCES);
        }
        // A prefix belongs to the MAAR whose pool it is from, and to one mobile node (R1.1, stance A6). That it is not
        // in the cache is no reason to refuse it: each new MAAR comes with its own (stance A5).
        let belongs = |prefix: &Ipv6Net| maar.owns(prefix) && !self.is_anothers(*prefix, mn, binding);
        if !request.prefixes.iter().all(belongs) {
            return Err(Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX);
        }
        let details = Details::of(request.details.iter().take(limits.details));
        let anchor = Anchor { maar: src, prefixes: std::mem::take(&mut request.prefixes).into(), details };
        Ok(Accepted { mn, anchor })
    }

    /// Whether a prefix is another mobile node's. What a mobile node has is not.
    pub(super) fn is_anothers(&self, prefix: Ipv6Net, mn: Option<Mn>, binding: Option<&Binding>) -> bool {
        let has = |binding: &Binding| binding.prefixes().any(|own| own == prefix);
        !binding.is_some_and(has) && self.prefixes.is_anothers(prefix, mn)
    }

    /// Whether telling all P-MAARs that a mobile node is at another MAAR now needs more room than the queue has.
    fn would_overflow(&self, mn: Mn, binding: &Binding, s_maar: Ipv6Addr) -> bool {
        let anchors = binding.p_maars.iter().map(|p_maar| &p_maar.anchor).chain([&binding.serving]);
        let peers = anchors.map(|anchor| anchor.maar).filter(|peer| *peer != s_maar);
        let keys = peers.map(|peer| UpdateKey { mn, peer });
        let more = keys.filter(|key| !self.updates.is_outstanding(key)).count();
        binding.serving.maar != s_maar && self.updates.len() + more > self.config.limits.updates
    }
}
