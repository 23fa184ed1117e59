//! What happened, for logs. An [`Event`] carries identities of mobile nodes: above DEBUG its name, its numbers and the
//! nodes of the operator's own domain are said, and nothing that tells whose session it is (RFC 8885 §6, R6.6).

use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_proto::{Event, Ignored};
use tracing::{debug, info, warn};

/// The name of an event, as in logs, metrics and on the admin socket.
pub(crate) fn name(event: &Event) -> &'static str {
    match event {
        Event::Ignored { .. } => "ignored",
        Event::Refused { .. } => "refused",
        Event::Rejected { .. } => "rejected",
        Event::Registered { .. } => "registered",
        Event::HandoverStarted { .. } => "handover_started",
        Event::HandoverAnswered { .. } => "handover_answered",
        Event::Retransmitted { .. } => "retransmitted",
        Event::Ended { .. } => "ended",
        Event::Serving { .. } => "serving",
        Event::Anchoring { .. } => "anchoring",
        Event::NotDurable => "not_durable",
        Event::ForwardingFailed { .. } => "forwarding_failed",
        _ => "other",
    }
}

/// Why a message was ignored, in one word.
pub(crate) fn reason(why: &Ignored) -> &'static str {
    match why {
        Ignored::Malformed(_) => "malformed",
        Ignored::Stranger => "stranger",
        Ignored::Unasked => "unasked",
        Ignored::Mismatch => "mismatch",
        Ignored::NotForUs => "not_for_us",
        Ignored::NotServing => "not_serving",
        _ => "other",
    }
}

/// Events that are logged in a second above DEBUG. Whoever can send packets can make events, and must not fill a disk.
const LINES: u32 = 200;

/// What was logged lately.
#[derive(Debug, Default)]
pub(crate) struct Said {
    since: Instant,
    lines: u32,
    unsaid: u64,
}

impl Said {
    /// Logs an event, unless there were too many within a second.
    pub(crate) fn event(&mut self, now: Instant, event: &Event, peers: &BTreeSet<Ipv6Addr>) {
        if now.since(self.since) >= Duration::from_secs(1) {
            if self.unsaid > 0 {
                warn!(unsaid = self.unsaid, "more happened than is logged; metrics count all of it");
            }
            *self = Self { since: now, lines: 0, unsaid: 0 };
        }
        if self.lines < LINES {
            self.lines += 1;
            say(event, peers);
        } else {
            self.unsaid += 1;
        }
        debug!(event = name(event), "{event}");
    }
}

/// Logs an event above DEBUG. `peers` are the nodes that the configuration names; any other address may be a mobile node's.
fn say(event: &Event, peers: &BTreeSet<Ipv6Addr>) {
    let named = name(event);
    let known = |address: &Ipv6Addr| {
        if peers.contains(address) { address.to_string() } else { "unknown".to_owned() }
    };
    match event {
        Event::Ignored { src, why } => {
            warn!(event = named, from = known(src), why = reason(why), "message ignored");
        }
        Event::Refused { src, status } => {
            warn!(event = named, from = known(src), status = status.0, reason = %status, "PBU refused");
        }
        Event::Rejected { by, status, .. } => {
            warn!(event = named, by = known(by), status = status.0, reason = %status, "PBU rejected");
        }
        Event::Registered { s_maar, .. } => {
            info!(event = named, s_maar = known(s_maar), "mobile node registered");
        }
        Event::HandoverStarted { s_maar, p_maars, .. } => {
            info!(event = named, s_maar = known(s_maar), p_maars, "handover started");
        }
        Event::HandoverAnswered { s_maar, named: told, silent, .. } => {
            info!(event = named, s_maar = known(s_maar), p_maars = told, silent, "S-MAAR answered");
        }
        Event::Retransmitted { peer, repetition, .. } => {
            warn!(event = named, peer = known(peer), repetition, "PBU sent again");
        }
        Event::Ended { .. } => info!(event = named, "session ended"),
        Event::Serving { tunnels, .. } => info!(event = named, tunnels, "mobile node served"),
        Event::Anchoring { s_maar, .. } => info!(event = named, s_maar = known(s_maar), "prefix anchored"),
        // The store says why, and says it once.
        Event::NotDurable => {}
        Event::ForwardingFailed { .. } => warn!(event = named, "forwarding could not be changed"),
        _ => info!(event = named),
    }
}

#[cfg(test)]
mod tests {
    use dmm_dataplane::OpFailure;

    use super::*;

    #[test]
    fn whoever_can_send_packets_cannot_fill_the_log() {
        let (mut said, event) = (Said::default(), Event::ForwardingFailed { why: OpFailure(String::new()) });
        let start = Instant::from_secs(1000);
        for n in 0..1000 {
            said.event(start + Duration::from_micros(n), &event, &BTreeSet::new());
        }
        assert_eq!((said.lines, said.unsaid), (LINES, 1000 - u64::from(LINES)));
        said.event(start + Duration::from_secs(1), &event, &BTreeSet::new());
        assert_eq!((said.lines, said.unsaid), (1, 0));
    }
}
