//! What a MAAR keeps of one mobile node, and what forwarding should hold for it.

use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use dmm_codec::{Instant, Pba, home_network_prefixes};
use dmm_dataplane::{DlifId, Entry, Plane};

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
    /// When the CMD last confirmed that it is here, or it was seen while that held: what the CMD said before that about another
    /// place it said without knowing. Earlier than `seen` where the CMD has not answered since it came.
    pub(super) confirmed: Instant,
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
///      │  it solicits a router again   ▼             PBU with lifetime 0, or the timer that is left
///      └────────────────────────── Anchoring ──────────────────────────────────────────────────────▶ gone
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On the link; the CMD has not answered. Nothing is promised to it: the BCE is "temporary" (R3.1.2).
    Registering {
        /// What held before, and holds again if it leaves before the CMD has answered.
        before: Before,
    },
    /// On the link, registered.
    Serving {
        /// Sequence number of the PBU that was answered: further PBAs to it add to the anchors (stance A11).
        seq: u16,
        /// When it is to be registered again; none where the CMD's PBA did not echo the PBU, so that it must not be asked again (B11).
        refresh: Option<Instant>,
        /// When the binding ends.
        expires: Instant,
        /// Where its earlier prefixes are anchored.
        anchors: Vec<Anchor>,
    },
    /// It was served here when this MAAR stopped; whether it is on the link still, nobody has said since. Forwarding is as it was,
    /// and the CMD is asked nothing before it shows up (R3.6.7): it may have moved on, and a refresh would call it back.
    Unseen {
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
    /// At another MAAR; its prefix is reached through a tunnel.
    Anchoring(Elsewhere),
    /// Its binding has ended, and the CMD is being told.
    Leaving,
}

/// What a MAAR knew of a mobile node when it came (back) to the link. A prefix that was anchored stays so until the CMD says
/// otherwise, whatever becomes of the registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing: its prefix has been promised to nobody.
    Nothing,
    /// It was served here.
    Here {
        /// Until when its binding lasts.
        expires: Instant,
    },
    /// It was elsewhere; its prefix is tunnelled there until the CMD has answered.
    Elsewhere(Elsewhere),
}

impl Before {
    /// Where it is when it has left again; `None` where nothing is to be kept of it. The CMD may have registered it here
    /// meanwhile, so what is kept is kept for as long as that would last.
    pub(super) fn place(self, registered_until: Instant) -> Option<Place> {
        match self {
            Self::Nothing => None,
            Self::Here { expires } => Some(Place::Away { expires: expires.max(registered_until) }),
            Self::Elsewhere(Elsewhere { s_maar, until }) => {
                Some(Place::Anchoring(Elsewhere { s_maar, until: until.max(registered_until) }))
            }
        }
    }
}

/// Another MAAR serves the mobile node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Elsewhere {
    /// The S-MAAR.
    pub(super) s_maar: Ipv6Addr,
    /// When to stop believing that. R3.5.3: the BCE timer "stops upon receiving a PBU", so what is left is the guard of
    /// stance A26; R3.5.4: or the timer runs, and then the CMD is asked.
    pub(super) until: Instant,
}

impl Mobile {
    /// What forwarding should hold for it. To whom is served here from its own pool a MAAR is "a plain router" (R3.1.9): its DLIF, of
    /// which there is always one (R3.7.5). Tunnels are for what is anchored elsewhere, or is elsewhere (R3.7.10), and what is
    /// behind them goes on through them (R3.7.15).
    pub(super) fn plane(&self) -> Plane {
        let mut plane = Plane::new();
        match &self.place {
            Place::Serving { anchors, .. } | Place::Unseen { anchors, .. } => {
                self.add_dlif(&mut plane, &self.own);
                for anchor in anchors {
                    self.add_dlif(&mut plane, anchor);
                    let remote = anchor.maar;
                    plane.insert(Entry::Tunnel { remote });
                    plane.extend(anchor.prefixes.iter().map(|&prefix| Entry::SourceRoute { prefix, remote }));
                }
            }
            Place::Anchoring(elsewhere) | Place::Registering { before: Before::Elsewhere(elsewhere) } => {
                let remote = elsewhere.s_maar;
                plane.insert(Entry::Tunnel { remote });
                plane.extend(self.own.prefixes.iter().map(|&prefix| Entry::TunnelRoute { prefix, remote }));
            }
            Place::Registering { .. } | Place::Away { .. } | Place::Leaving => {}
        }
        plane
    }

    /// Whether a PBA that accepts something is about the prefix that this MAAR has assigned: the CMD echoes that (R3.1.5), and has
    /// none of its own to give. One that names no prefix, or ALL_ZERO, may be about any.
    pub(super) fn is_about_own(&self, pba: &Pba) -> bool {
        let mut said =
            home_network_prefixes(&pba.options).filter(|prefix| prefix.prefix_len() > 0).peekable();
        !pba.status.is_accepted()
            || said.peek().is_none()
            || said.any(|prefix| self.own.prefixes.contains(&prefix))
    }

    /// Until when the CMD may hold it registered here although this MAAR has not heard so: it left before that was answered.
    pub(super) fn unheard_until(&self) -> Option<Instant> {
        let until = match self.place {
            Place::Away { expires } => expires,
            Place::Anchoring(Elsewhere { until, .. }) => until,
            _ => return None,
        };
        (self.seen > self.confirmed).then_some(until)
    }

    fn add_dlif(&self, plane: &mut Plane, anchor: &Anchor) {
        let dlif = DlifId { mobile: self.mac, anchor: anchor.maar };
        plane.insert(Entry::Dlif { dlif, link_local: anchor.dlif.link_local, mac: anchor.dlif.mac });
        plane.extend(anchor.prefixes.iter().map(|&prefix| Entry::OnLink { prefix, dlif }));
    }
}
