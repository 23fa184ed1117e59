//! No node sends PBUs faster than RFC 8885 §3.6 allows (R3.6.5), as the wire shows it.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::constant::MAX_UPDATE_RATE;
use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER};
use dmm_codec::{Instant, Message, MnIdentifier, MobilityOption};

use crate::Tapped;

const WINDOW: Duration = Duration::from_secs(1);

/// The PBUs of the last second, by sender, receiver and mobile node (stance A33).
#[derive(Default)]
pub(super) struct Rates {
    sent: BTreeMap<(Ipv6Addr, Ipv6Addr, MnIdentifier), VecDeque<Instant>>,
}

/// The message in a frame, and whose it is.
pub(super) fn message(tapped: &Tapped) -> Option<(Ipv6Addr, Ipv6Addr, MnIdentifier, Message)> {
    let packet = Ipv6::parse(Ethernet::parse(&tapped.frame)?.payload)?;
    if packet.next_header != MOBILITY_HEADER {
        return None;
    }
    let message = Message::decode(packet.payload(), packet.src, packet.dst).ok()?.message;
    let mn = message.options().iter().find_map(|option| match option {
        MobilityOption::MnIdentifier(mn) => Some(mn.clone()),
        _ => None,
    })?;
    Some((packet.src, packet.dst, mn, message))
}

impl Rates {
    pub(super) fn saw(&mut self, tapped: &Tapped) -> Result<(), String> {
        let Some((src, dst, mn, Message::Pbu(_))) = message(tapped) else { return Ok(()) };
        let sent = self.sent.entry((src, dst, mn.clone())).or_default();
        sent.push_back(tapped.at);
        if sent.len() <= MAX_UPDATE_RATE {
            return Ok(());
        }
        let first = sent.pop_front().expect("more than three are there");
        if tapped.at.since(first) <= WINDOW {
            return Err(format!("R3.6.5: {src} has sent {dst} four PBUs about {mn} within a second"));
        }
        Ok(())
    }

    /// A node that lost its memory has no memory of what it sent either.
    pub(super) fn forget(&mut self, node: Ipv6Addr) {
        self.sent.retain(|(src, ..), _| *src != node);
    }
}
