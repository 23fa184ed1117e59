//! What forwarding at a MAAR should hold, as data: a [`Plane`] of [`Entry`]s, the difference between two planes as
//! [`Op`]s, and an [`Engine`] in memory that forwards packets by it.
//!
//! It knows prefixes, tunnels and DLIFs. It knows no mobile node's identity, no message and no time.

mod engine;

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use ipnet::Ipv6Net;

pub use engine::{DropReason, Engine, Forward};

/// Names a distributed logical interface: "one per P-MAAR associated with the MN" (RFC 8885 §3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DlifId {
    /// The mobile node's MAC address.
    pub mobile: Mac,
    /// The MAAR whose router the interface stands for.
    pub anchor: Ipv6Addr,
}

/// One thing that forwarding should hold. The order of the variants is the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// An IPv6-in-IPv6 tunnel to another MAAR (RFC 2473).
    Tunnel {
        /// The other MAAR.
        remote: Ipv6Addr,
    },
    /// A logical interface towards one mobile node.
    Dlif {
        /// Which one.
        dlif: DlifId,
        /// The link-local address it answers to; it follows the mobile node through the domain.
        link_local: Ipv6Addr,
        /// Its MAC address, likewise.
        mac: Mac,
    },
    /// What is for the prefix goes into the tunnel: downlink at a P-MAAR (RFC 8885 §3.2 step 2).
    TunnelRoute {
        /// The prefix anchored here.
        prefix: Ipv6Net,
        /// The S-MAAR.
        remote: Ipv6Addr,
    },
    /// What comes from the prefix goes into the tunnel: uplink at an S-MAAR (RFC 8885 §3.2 step 5).
    SourceRoute {
        /// The prefix anchored elsewhere.
        prefix: Ipv6Net,
        /// The MAAR that anchors it.
        remote: Ipv6Addr,
    },
    /// What is for the prefix goes to the mobile node on the link.
    OnLink {
        /// The prefix.
        prefix: Ipv6Net,
        /// The interface towards the mobile node.
        dlif: DlifId,
    },
}

/// All that forwarding holds, or should hold.
pub type Plane = BTreeSet<Entry>;

/// A step towards a wanted plane. Doing it again changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The entry is there afterwards.
    Ensure(Entry),
    /// The entry is not there afterwards.
    Remove(Entry),
}

/// The steps from what is found to what is wanted: first what is missing, in the order of creation, then what is too
/// much, in the opposite order, so that no packet meets a gap where one path takes over from another.
pub fn diff(found: &Plane, wanted: &Plane) -> Vec<Op> {
    let missing = wanted.difference(found).copied().map(Op::Ensure);
    let too_much = found.iter().rev().filter(|entry| !wanted.contains(entry)).copied().map(Op::Remove);
    missing.chain(too_much).collect()
}

/// Ties the result of an operation to its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpId(pub u64);

/// Why an operation could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OpFailure(pub String);

/// Where forwarding takes place: in memory here, in a kernel elsewhere. Orders are taken at once and answered later,
/// so that a node never waits.
pub trait Dataplane {
    /// Takes an order.
    fn submit(&mut self, id: OpId, op: Op);
    /// The next result, in any order.
    fn poll_done(&mut self) -> Option<(OpId, Result<(), OpFailure>)>;
    /// What is there now.
    fn snapshot(&self) -> Plane;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Ipv6Net {
        text.parse().unwrap()
    }

    #[test]
    fn steps_create_before_they_remove_and_remove_backwards() {
        let remote = "2001:db8::2".parse().unwrap();
        let dlif = DlifId { mobile: [2; 6], anchor: remote };
        let tunnel = Entry::Tunnel { remote };
        let route = Entry::TunnelRoute { prefix: net("2001:db8:a::/64"), remote };
        let on_link = Entry::OnLink { prefix: net("2001:db8:a::/64"), dlif };
        let interface = Entry::Dlif { dlif, link_local: "fe80::1".parse().unwrap(), mac: [4; 6] };

        let anchoring = Plane::from([route, tunnel]);
        let serving = Plane::from([on_link, interface]);

        let to_serving = [Op::Ensure(interface), Op::Ensure(on_link), Op::Remove(route), Op::Remove(tunnel)];
        assert_eq!(diff(&anchoring, &serving), to_serving);
        assert_eq!(diff(&serving, &serving), []);
    }
}
