//! What a node says to who sends it what no node understands.

use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::message::{BeStatus, BindingError};
use dmm_codec::{Instant, Message, Reaction};

use crate::exchange::send;
use crate::timing::{Pacing, TokenBucket};
use crate::{Event, Ignored, Output};

/// How many complaints may leave. RFC 6275 §9.3.3: "SHOULD be subject to rate limiting in the same manner as is done for ICMPv6", whose
/// example is this (RFC 4443 §2.4 (f)).
const LIMIT: Pacing = Pacing { rate: 10, burst: 10 };

/// What a node does about messages that it does not act on.
#[derive(Clone, Debug)]
pub(crate) struct Complaints {
    own: Ipv6Addr,
    bucket: TokenBucket,
}

impl Complaints {
    pub(crate) fn new(own: Ipv6Addr) -> Self {
        Self { own, bucket: TokenBucket::new(LIMIT) }
    }

    /// A message was not acted on. RFC 6275 §9.2: of an unknown type, "the node MUST discard the message and issue a Binding Error
    /// message ... with the Status field set to 2" (B2).
    pub(crate) fn ignored(
        &mut self,
        outbox: &mut VecDeque<Output>,
        now: Instant,
        src: Ipv6Addr,
        why: Ignored,
    ) {
        let status = match &why {
            Ignored::Malformed(wrong) => match wrong.reaction() {
                Reaction::BindingError(status) => Some(BeStatus(status)),
                _ => None,
            },
            _ => None,
        };
        let event = Event::Ignored { src, why };
        tracing::debug!(%event);
        outbox.push_back(Output::Event(event));
        // "If the Source Address field does not contain a unicast address, the Binding Error message MUST NOT be sent."
        let is_unicast = !src.is_multicast() && !src.is_unspecified();
        if let Some(status) = status.filter(|_| is_unicast && self.bucket.ready_at() <= now) {
            self.bucket.take(now);
            let error = BindingError { status, home_address: Ipv6Addr::UNSPECIFIED, options: Vec::new() };
            outbox.push_back(send(self.own, src, &Message::BindingError(error)));
        }
    }
}
