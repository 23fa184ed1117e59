//! What a MAAR keeps of one mobile node, and what forwarding should hold for it.

use std::net::Ipv6Addr;

use dmm_codec::Instant;
use dmm_codec::packet::Mac;
use dmm_dataplane::{DlifId, Entry, Plane};
use ipnet::Ipv6Net;

use super::dlif::Anchor;
use crate::exchange::Freshness;

/// A mobile node that this MAAR serves, anchors a prefix of, or both in turn.
#[derive(Clone, Debug)]
pub(super) struct Mobile {
    /// Its MAC address.
    pub(super) mac: Mac,
    /// Its link-local address; unspecified where it is not known.
    pub(super) address: Ipv6Addr,
    /// This MAAR as its anchor. Kept as long as anything is, so that the prefix is the same when it comes back (A29).
    pub(super) own: Anchor,
    /// Where it is.
    pub(super) place: Place,
    /// When it last solicited a router here: what the CMD said before that about its place is out of date.
    pub(super) seen: Instant,
    /// What the next PBU of the CMD must be newer than.
    pub(super) freshness: Option<Freshness>,
}

/// Where a mobile node is, as this MAAR knows it.
///
/// ```text
///               PBA                     link lost                  lifetime ends
/// Registering ───────▶ Serving ────────────────────▶ Away ───────────────────────▶ Leaving ──▶ gone
///      ▲                  │   PBU with Serving MAAR    │                              PBA
///      │                  └────────────┬───────────────┘
///      │  it solicits a router again   ▼             PBU with lifetime 0
///      └────────────────────────── Anchoring ─────────────────────────────▶ gone
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On the link; the CMD has not answered. Nothing is promised to it: the BCE is "temporary" (R3.1.2).
    Registering {
        /// Where its prefix was tunnelled to, until the CMD has answered.
        s_maar: Option<Ipv6Addr>,
    },
    /// On the link, registered.
    Serving {
        /// Sequence number of the PBU that was answered: further PBAs to it add to the anchors (stance A11).
        seq: u16,
        /// When it is to be registered again.
        refresh: Instant,
        /// When the binding ends.
        expires: Instant,
        /// Where its earlier prefixes are anchored.
        anchors: Vec<Anchor>,
    },
    /// Left the link, and no S-MAAR has shown up. R3.5.2: "de-registration is triggered only when the binding
    /// lifetime expires".
    Away {
        /// When that is.
        expires: Instant,
    },
    /// At another MAAR; its prefix is reached through a tunnel. R3.5.3: the BCE timer has stopped.
    Anchoring {
        /// The S-MAAR.
        s_maar: Ipv6Addr,
    },
    /// Its binding has ended, and the CMD is being told.
    Leaving,
}

impl Mobile {
    /// What forwarding should hold for it at the MAAR with this address.
    pub(super) fn plane(&self) -> Plane {
        let mut plane = Plane::new();
        match &self.place {
            Place::Serving { anchors, .. } => {
                self.add_dlif(&mut plane, &self.own);
                for anchor in anchors {
                    self.add_dlif(&mut plane, anchor);
                    let remote = anchor.maar;
                    plane.insert(Entry::Tunnel { remote });
                    plane.extend(anchor.prefixes.iter().map(|&prefix| Entry::SourceRoute { prefix, remote }));
                }
            }
            Place::Anchoring { s_maar: remote } | Place::Registering { s_maar: Some(remote) } => {
                let remote = *remote;
                plane.insert(Entry::Tunnel { remote });
                plane.extend(self.own.prefixes.iter().map(|&prefix| Entry::TunnelRoute { prefix, remote }));
            }
            Place::Registering { s_maar: None } | Place::Away { .. } | Place::Leaving => {}
        }
        plane
    }

    fn add_dlif(&self, plane: &mut Plane, anchor: &Anchor) {
        let dlif = DlifId { mobile: self.mac, anchor: anchor.maar };
        plane.insert(Entry::Dlif { dlif, link_local: anchor.dlif.link_local, mac: anchor.dlif.mac });
        plane.extend(anchor.prefixes.iter().map(|&prefix| Entry::OnLink { prefix, dlif }));
    }

    /// The prefix that this MAAR anchors for it.
    pub(super) fn holds(&self, prefix: &Ipv6Net) -> bool {
        self.own.prefixes.contains(prefix)
    }
}
