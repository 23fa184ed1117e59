//! What a node holds, as copies for people and monitors. No node reads them, and nothing is decided by them.

use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use dmm_codec::{Instant, MnIdentifier};
use ipnet::Ipv6Net;

/// What a node holds of one mobile node. Carries identities: not for logs above DEBUG (RFC 8885 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub mn: MnIdentifier,
    /// Its MAC address, where the node has an access link.
    pub mac: Option<Mac>,
    /// Where the session stands, in one word.
    pub state: State,
    /// The MAAR or MAG that serves it, as far as the node knows.
    pub serving: Option<Ipv6Addr>,
    /// At a CMD or LMA the prefixes that it is registered with; at a MAAR or MAG those that it has from there.
    pub prefixes: Vec<Ipv6Net>,
    /// P-MAARs, and what they anchor.
    pub anchors: Vec<Anchored>,
    /// When it is to be registered again.
    pub refresh: Option<Instant>,
    /// When the session, or what is known about it, ends.
    pub expires: Option<Instant>,
    /// When the S-MAAR is answered although not all P-MAARs have.
    pub answer_by: Option<Instant>,
}

impl Session {
    pub(crate) fn new(mn: &MnIdentifier, state: State) -> Self {
        Self {
            mn: mn.clone(),
            mac: None,
            state,
            serving: None,
            prefixes: Vec::new(),
            anchors: Vec::new(),
            refresh: None,
            expires: None,
            answer_by: None,
        }
    }
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// At a CMD or LMA: registered.
    Registered,
    /// At a CMD: registered, and P-MAARs have not all answered.
    Handover,
    /// At a CMD or LMA: de-registered, and kept for a while.
    Deregistered,
    /// At a MAAR or MAG: on the link, not answered yet.
    Registering,
    /// At a MAAR or MAG: on the link, served.
    Serving,
    /// At a MAAR that was started again: it was served before, and has not shown up since.
    Unseen,
    /// At a MAAR: off the link, and at no other MAAR as far as is known.
    Away,
    /// At a MAAR: at another MAAR; its prefix is anchored here.
    Anchoring,
    /// At a MAG: on the link, and not registered, since the LMA's answer was none to what was asked.
    Denied,
    /// At a MAAR or MAG: it has ended, and the CMD or LMA is being told.
    Leaving,
}

impl State {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Handover => "handover",
            Self::Deregistered => "deregistered",
            Self::Registering => "registering",
            Self::Serving => "serving",
            Self::Unseen => "unseen",
            Self::Away => "away",
            Self::Anchoring => "anchoring",
            Self::Denied => "denied",
            Self::Leaving => "leaving",
        }
    }
}

/// A MAAR that anchors prefixes of a mobile node that is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
    /// The P-MAAR.
    pub maar: Ipv6Addr,
    /// What it anchors.
    pub prefixes: Vec<Ipv6Net>,
    /// Whether it has answered for the present S-MAAR; only a CMD knows.
    pub answered: Option<bool>,
}

/// A PBU that is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whom it is about.
    pub mn: MnIdentifier,
    /// Whom it is for.
    pub peer: Ipv6Addr,
    /// How often it was sent; 0 while it waits for its turn.
    pub sent: u32,
    /// When it is looked at next: to be sent, or sent again.
    pub next: Option<Instant>,
}
