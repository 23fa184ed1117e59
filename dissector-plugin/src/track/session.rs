//! Where each mobile node was when, and which MAAR anchors which of its prefixes: histories, since the user may ask
//! about any frame again.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use dmm_codec::body::prefix as first_bits;
use ipnet::Ipv6Net;

use super::record::{At, Map, Place};

/// One mobile node.
#[derive(Debug, Default)]
pub(super) struct Session {
    moves: Vec<Move>,
    /// The S-MAAR's last PBU.
    pub(super) registration: Option<At>,
    /// Its last handover.
    pub(super) handover: Option<At>,
}

#[derive(Clone, Copy, Debug)]
struct Move {
    place: Place,
    /// None when it has left the domain.
    maar: Option<At>,
}

impl Session {
    pub(super) fn maar(&self) -> Option<At> {
        self.moves.last().and_then(|last| last.maar)
    }

    pub(super) fn move_to(&mut self, place: Place, maar: Option<At>) {
        if self.maar() != maar {
            self.moves.push(Move { place, maar });
        }
    }

    /// Where it is by this message, and where it was before that.
    pub(super) fn at(&self, place: Place) -> (Option<At>, Option<At>) {
        let until = self.moves.partition_point(|made| made.place <= place);
        let mut made = self.moves[..until].iter().rev().map(|made| made.maar);
        (made.next().flatten(), made.flatten().next())
    }
}

/// Which prefix is whose, and anchored where.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    histories: Map<Ipv6Net, Vec<Anchoring>>,
    lengths: BTreeSet<u8>,
}

/// From this message on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchoring {
    place: Place,
    pub(super) mobile: At,
    pub(super) anchor: At,
}

impl Anchors {
    pub(super) fn learn(&mut self, prefix: Ipv6Net, place: Place, mobile: At, anchor: At) {
        let history = self.histories.entry(prefix).or_default();
        if history.last().is_none_or(|last| last.mobile != mobile || last.anchor != anchor) {
            history.push(Anchoring { place, mobile, anchor });
            self.lengths.insert(prefix.prefix_len());
        }
    }

    /// The longest prefix that this address was in at this place.
    pub(super) fn find(&self, address: Ipv6Addr, place: Place) -> Option<(Ipv6Net, Anchoring)> {
        self.lengths.iter().rev().find_map(|length| {
            let prefix = first_bits(address, *length)?;
            let history = self.histories.get(&prefix)?;
            let until = history.partition_point(|anchoring| anchoring.place <= place);
            Some((prefix, *history[..until].last()?))
        })
    }
}
