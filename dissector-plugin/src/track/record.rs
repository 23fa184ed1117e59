//! What is kept of each message: numbers that point to each other, so that a transaction costs the same however long
//! its names are.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::Ipv6Addr;
use std::num::NonZeroU32;

use foldhash::fast::RandomState;

/// Where something stands in a list that only grows. `Option<At<_>>` has four octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct At(NonZeroU32);

impl At {
    fn of(index: usize) -> Self {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        Self(number.expect("a capture has fewer frames than 2^32"))
    }

    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// Counted from 1, for people.
    pub(super) fn number(self) -> u32 {
        self.0.get()
    }
}

/// Appends to a list and says where.
pub(super) fn push<T>(list: &mut Vec<T>, value: T) -> At {
    list.push(value);
    At::of(list.len() - 1)
}

/// Where a message stands: a frame can have several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) frame: u32,
    /// Of the Mobility Header in the frame.
    pub(crate) offset: u16,
}

/// Nanoseconds since 1970; time stamps of captures can be anything.
pub(crate) type Nanos = i64;

/// How the CMD takes part in a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// RFC 8885 §3.2: it answers the S-MAAR after the P-MAARs have answered it.
    Relay,
    /// RFC 8885 §3.3: the P-MAARs answer the S-MAAR.
    Locator,
    /// RFC 8885 §3.4: it answers the S-MAAR before the P-MAARs have answered it.
    Proxy,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::Relay, Self::Locator, Self::Proxy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Locator => "locator",
            Self::Proxy => "proxy",
        }
    }
}

/// A PBU.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) place: Place,
    pub(super) seq: u16,
    pub(super) time: Nanos,
    pub(super) pair: At,
    /// The PBU before it between the same nodes for the same mobile node.
    pub(super) earlier: Option<At>,
    pub(super) content: u32,
    pub(super) octets: u32,
    /// Its first answer.
    pub(super) answer: Option<At>,
    /// The PBU that it sends again, or of which it is a copy of the same packet.
    pub(super) again: Option<At>,
    /// The PBU that sends it again.
    pub(super) repeated: Option<At>,
    /// The S-MAAR's PBU that made the CMD send this one.
    pub(super) cause: Option<At>,
    /// In a cause the last of the PBUs that it made the CMD send; in those the one before.
    pub(super) passed_on: Option<At>,
    pub(super) handover: Option<At>,
    /// How often it had been sent before.
    pub(super) number: u16,
    pub(super) marks: Marks,
}

/// A PBA.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) place: Place,
    pub(super) time: Nanos,
    pub(super) octets: u32,
    pub(super) request: Option<At>,
    /// The first PBA to the same PBU, if this is a further one; or the same packet.
    pub(super) first: Option<At>,
    pub(super) handover: Option<At>,
    pub(super) mobile: Option<At>,
    pub(super) marks: Marks,
}

/// A handover of a mobile node to a MAAR.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handover {
    /// The S-MAAR's PBU that began it; none if it is not in the capture.
    pub(super) start: Option<At>,
    pub(super) end: Option<At>,
    pub(super) from: Option<At>,
    pub(super) to: At,
    /// How many P-MAARs the CMD wrote to, and how many it named.
    pub(super) told: u16,
    pub(super) named: u16,
    pub(super) answers: u16,
    pub(super) mode: Option<Mode>,
}

/// Messages between two nodes about one mobile node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) src: At,
    pub(super) dst: At,
    pub(super) mobile: Option<At>,
    /// The last PBU of this direction.
    pub(super) last: Option<At>,
}

/// What was found out about a message when it was first seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u16);

impl Marks {
    /// The same packet, captured again.
    pub(super) const DUPLICATE: Self = Self(1);
    /// The sender sent more PBUs about the mobile node to this peer within a second than allowed.
    pub(super) const RATE: Self = Self(2);
    /// As `RATE`, about all mobile nodes.
    pub(super) const NODE_RATE: Self = Self(4);
    /// Sent again with the sequence number of the sending before.
    pub(super) const STALE: Self = Self(8);
    /// A PBA of a P-MAAR to the S-MAAR.
    pub(super) const LOCATOR: Self = Self(16);
    /// A PBU that the CMD passes on.
    pub(super) const PASSED_ON: Self = Self(32);
    /// A PBU that asks for an answer.
    pub(super) const WANTS_ANSWER: Self = Self(64);
    /// A PBA to the S-MAAR that ends its registration.
    pub(super) const FINAL: Self = Self(128);
    /// With the D flag.
    pub(super) const DMM: Self = Self(256);
    /// A PBU that shows the mode of a handover which ended before it.
    pub(super) const SHOWS_MODE: Self = Self(512);

    pub(super) fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub(super) fn set(&mut self, mark: Self, on: bool) {
        if on {
            self.0 |= mark.0;
        }
    }
}

/// A map that is only asked, never gone through: the order in it is nobody's. It hashes with a seed of its own, since
/// whoever made the capture chose the names.
pub(super) type Map<K, V> = HashMap<K, V, RandomState>;

/// Names of nodes or mobile nodes, each kept once.
#[derive(Debug)]
pub(super) struct Names<T> {
    list: Vec<T>,
    places: Map<T, At>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { list: Vec::new(), places: Map::default() }
    }
}

impl<T: Hash + Eq + Clone> Names<T> {
    pub(super) fn find<Q: Hash + Eq + ?Sized>(&self, name: &Q) -> Option<At>
    where
        T: std::borrow::Borrow<Q>,
    {
        self.places.get(name).copied()
    }

    pub(super) fn keep(&mut self, name: T) -> At {
        if let Some(at) = self.places.get(&name) {
            return *at;
        }
        let at = push(&mut self.list, name.clone());
        self.places.insert(name, at);
        at
    }

    pub(super) fn get(&self, at: At) -> &T {
        &self.list[at.index()]
    }

    /// By a number that [`At::number`] gave.
    pub(super) fn numbered(&self, number: u32) -> Option<&T> {
        self.list.get((number as usize).checked_sub(1)?)
    }
}

/// An address of a node.
pub(super) type Nodes = Names<Ipv6Addr>;
