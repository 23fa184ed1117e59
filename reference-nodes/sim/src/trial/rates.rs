//! No node sends PBUs faster than RFC 8885 §3.6 allows (R3.6.5), as the wire shows it.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::constant::MAX_UPDATE_RATE;
use dmm_codec::{Instant, Message, MnIdentifier};

use super::said::Said;

const WINDOW: Duration = Duration::from_secs(1);

/// The PBUs of the last second, by sender, receiver and mobile node (stance A33).
#[derive(Default)]
pub(super) struct Rates {
    sent: BTreeMap<(Ipv6Addr, Ipv6Addr, MnIdentifier), VecDeque<Instant>>,
}

impl Rates {
    pub(super) fn saw(&mut self, at: Instant, said: Option<Said>) -> Result<(), String> {
        let Some(Said { src, dst, mn, message: Message::Pbu(_) }) = said else { return Ok(()) };
        let sent = self.sent.entry((src, dst, mn.clone())).or_default();
        sent.push_back(at);
        if sent.len() <= MAX_UPDATE_RATE {
            return Ok(());
        }
        let first = sent.pop_front().expect("more than three are there");
        if at.since(first) <= WINDOW {
            return Err(format!("R3.6.5: {src} has sent {dst} four PBUs about {mn} within a second"));
        }
        Ok(())
    }

    /// A node that lost its memory has no memory of what it sent either.
    pub(super) fn forget(&mut self, node: Ipv6Addr) {
        self.sent.retain(|(src, ..), _| *src != node);
    }
}
