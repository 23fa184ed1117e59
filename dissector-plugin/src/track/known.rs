//! What tracking tells about a frame. All of it is `Copy`, since the host may jump away while it is shown.

use std::net::Ipv6Addr;

use ipnet::Ipv6Net;

use super::record::{Mode, Nanos};

/// What is known of a message by the messages around it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and shown as one")]
pub(crate) struct Known {
    /// The frame that has the same packet.
    pub(crate) duplicate_of: Option<u32>,
    /// The frame with the first PBA to this PBU.
    pub(crate) response_in: Option<u32>,
    /// The frame with the PBU that this PBA answers.
    pub(crate) response_to: Option<u32>,
    pub(crate) response_time: Option<Nanos>,
    /// The PBU that this PBA answers has the D flag.
    pub(crate) asked_with_dmm: bool,
    /// The frame with the first PBA to the same PBU, if this is a further one.
    pub(crate) first_response: Option<u32>,
    pub(crate) retransmission: Option<Retransmission>,
    /// The frame that sends this PBU again.
    pub(crate) retransmitted_in: Option<u32>,
    /// The frame with the S-MAAR's PBU that made the CMD send this one.
    pub(crate) relay_of: Option<u32>,
    /// The frames with the PBUs that the CMD sent because of this one.
    pub(crate) relayed_in: Frames,
    /// A PBA of a P-MAAR to the S-MAAR (RFC 8885 §3.3).
    pub(crate) is_locator: bool,
    pub(crate) handover: Option<Handed>,
    /// Whether this PBA ends the registration at the S-MAAR.
    pub(crate) is_final: bool,
    /// Where the mobile node is by this message.
    pub(crate) maar: Option<Ipv6Addr>,
    /// Where it was before.
    pub(crate) previous_maar: Option<Ipv6Addr>,
    /// More PBUs about one mobile node to one peer within a second than allowed.
    pub(crate) above_rate: bool,
    /// As `above_rate`, about all mobile nodes.
    pub(crate) above_node_rate: bool,
    /// Sent again without a fresh sequence number.
    pub(crate) stale: bool,
    /// It shows the mode of its handover, which ended before it.
    pub(crate) shows_mode: bool,
    /// No PBA to this PBU is in the capture, which goes on behind it.
    pub(crate) unanswered: bool,
}

/// A PBU that was sent before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Retransmission {
    /// The frame with the sending before.
    pub(crate) of: u32,
    /// 1 for the second sending.
    pub(crate) number: u16,
    /// How long after the sending before.
    pub(crate) interval: Nanos,
    /// Whether that is what the backoff asks for; for the second sending, whether it is the initial timeout.
    pub(crate) as_due: bool,
}

/// A handover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Handed {
    pub(crate) id: u32,
    pub(crate) from: Option<Ipv6Addr>,
    pub(crate) to: Ipv6Addr,
    /// From the S-MAAR's first PBU to its PBA.
    pub(crate) latency: Option<Nanos>,
    pub(crate) p_maars: u16,
    pub(crate) mode: Option<Mode>,
}

/// A few frame numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frames {
    numbers: [u32; Self::ROOM],
    len: usize,
}

impl Frames {
    /// More P-MAARs than a CMD should allow (stance A55).
    const ROOM: usize = 16;

    /// Keeps the first ones.
    pub(super) fn push(&mut self, frame: u32) {
        if let Some(place) = self.numbers.get_mut(self.len) {
            *place = frame;
            self.len += 1;
        }
    }

    pub(super) fn reverse(&mut self) {
        self.numbers[..self.len].reverse();
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        &self.numbers[..self.len]
    }
}

/// What is known of a user packet in a tunnel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tunnelled {
    /// For [`super::Tracker::mobile`].
    pub(crate) mobile: u32,
    /// The mobile node's prefix that the packet comes from or goes to.
    pub(crate) prefix: Ipv6Net,
    /// The MAAR that anchors it.
    pub(crate) anchor: Ipv6Addr,
    /// Whether the packet goes to the mobile node.
    pub(crate) is_downlink: bool,
}
