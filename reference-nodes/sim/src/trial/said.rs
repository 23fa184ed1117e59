//! What a frame says.

use std::net::Ipv6Addr;

use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER};
use dmm_codec::{Message, MnIdentifier, MobilityOption};

use crate::Tapped;

/// A message about a mobile node.
pub(super) struct Said {
    pub(super) src: Ipv6Addr,
    pub(super) dst: Ipv6Addr,
    pub(super) mn: MnIdentifier,
    pub(super) message: Message,
}

impl Said {
    /// The message in a frame, if it is one about a mobile node.
    pub(super) fn of(tapped: &Tapped) -> Option<Self> {
        let packet = Ipv6::parse(Ethernet::parse(&tapped.frame)?.payload)?;
        if packet.next_header != MOBILITY_HEADER {
            return None;
        }
        let (src, dst) = (packet.src, packet.dst);
        let message = Message::decode(packet.payload(), src, dst).ok()?.message;
        let mn = message.options().iter().find_map(|option| match option {
            MobilityOption::MnIdentifier(mn) => Some(mn.clone()),
            _ => None,
        })?;
        Some(Self { src, dst, mn, message })
    }
}
