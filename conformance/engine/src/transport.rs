//! The wire as the engine sees it. One script runs in virtual time, on a real interface and over a recorded capture,
//! because all three are a [`Transport`]. Nothing here knows a node, a socket or a clock.

use std::fmt;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Instant;
pub use dmm_codec::packet::Mac;
use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};

use crate::identity;
use crate::record::text;

/// One run of one case: the wire between the tester's roles and the implementation under test.
///
/// Time in verdicts comes from [`Received::at`] and [`Transport::now`] and from nowhere else. An error of the transport
/// is verdict ERROR, never FAIL: a broken bench says nothing about the implementation.
pub trait Transport {
    /// The present. Never goes back.
    fn now(&self) -> Instant;

    /// An Ethernet frame leaves the role's port.
    fn send(&mut self, port: &str, frame: &[u8]) -> Result<(), TransportError>;

    /// What a role's port sent in the place of the frame that is to leave now, where all of that has already happened; the clock is
    /// then where it was. None on a wire on which something can happen still.
    fn recorded(&mut self, _port: &str) -> Result<Option<Vec<u8>>, TransportError> {
        Ok(None)
    }

    /// The next frame that arrives at any port of the tester until `deadline`; `None` when the deadline has come.
    ///
    /// In virtual time this moves the clock to the frame or to the deadline, on a real interface it waits, in a
    /// capture it reads on.
    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError>;

    /// Makes something happen that is not a frame of a tester's role: a mobile node attaches, a node restarts.
    fn act(&mut self, action: &Action) -> Result<Acted, TransportError>;

    /// The same where whoever does it has no longer than this; a bench that waits for somebody ends its wait by it. One that does
    /// not wait need not look at it: what took too long is found by [`Transport::now`].
    fn act_within(&mut self, action: &Action, _timeout: Duration) -> Result<Acted, TransportError> {
        self.act(action)
    }

    /// Link-layer address of the implementation under test as seen from that port.
    fn peer_mac(&self, port: &str) -> Mac;
}

/// A frame that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// When.
    pub at: Instant,
    /// At which port of the tester.
    pub port: String,
    /// The Ethernet frame.
    pub frame: Vec<u8>,
}

/// Makes a fresh implementation under test (or a fresh identity towards a real one) per case.
pub trait Bench {
    /// Name in reports: `ref-cmd`.
    fn name(&self) -> &str;

    /// Who takes part in a case, and with which identities: fresh ones, as a fresh implementation can have them. Where the
    /// implementation stays, roles are those that it knows.
    fn setup(&mut self, wanted: &Wanted) -> Result<Setup, TransportError> {
        wanted.fresh().map_err(TransportError::Bench)
    }

    /// A wire for one case. What is in `setup` is new for each case, so that no state of an earlier one is met.
    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError>;
}

/// What a case needs to take part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The number of the instance.
    pub index: u32,
    /// The implementation under test.
    pub iut: Address,
    /// Ports of the tester, and what it plays there.
    pub roles: Vec<(String, Role)>,
    /// Names of mobile nodes.
    pub mobiles: Vec<String>,
}

impl Wanted {
    /// Identities that no other instance has.
    pub fn fresh(&self) -> Result<Setup, String> {
        identity::allocate(self.index, self.iut, &self.roles, &self.mobiles)
    }
}

/// Who takes part in one case, and with which identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The implementation under test.
    pub iut: Address,
    /// The roles that the tester plays.
    pub roles: Vec<RoleSetup>,
    /// The mobile nodes that the case speaks of.
    pub mobiles: Vec<MobileSetup>,
    /// Seed for whatever in the bench is left to chance.
    pub seed: u64,
}

/// Where the implementation under test is, and as what it is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// What it is in this case.
    pub role: Role,
    /// Its address in the domain.
    pub addr: Ipv6Addr,
}

/// One role that the tester plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSetup {
    /// Name of its port: `maar1`, or `pmaar.0` for counted roles.
    pub port: String,
    /// What it plays.
    pub role: Role,
    /// Its address in the domain.
    pub addr: Ipv6Addr,
    /// Its link-layer address.
    pub mac: Mac,
    /// Prefixes that belong to it alone (RFC 8885 §3); a mobile node's prefix is a /64 of it.
    #[serde(with = "text")]
    pub pool: Ipv6Net,
}

/// One mobile node that the case speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MobileSetup {
    /// Name in the script: `mn1`.
    pub name: String,
    /// Its Network Access Identifier.
    pub nai: String,
    /// Its link-layer address.
    pub mac: Mac,
}

/// What a node can be in the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Central Mobility Database (RFC 8885 §2).
    Cmd,
    /// Mobility Anchor and Access Router (RFC 8885 §2).
    Maar,
    /// Local Mobility Anchor of RFC 5213.
    Lma,
    /// Mobile Access Gateway of RFC 5213.
    Mag,
}

impl Role {
    /// Every role with its name in scripts and profiles.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("cmd", Self::Cmd), ("maar", Self::Maar), ("lma", Self::Lma), ("mag", Self::Mag)];

    /// Every role.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.iter().map(|(_, role)| *role)
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
    }

    /// Its name in scripts and profiles.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, role)| *role == self).map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that happens without a frame of a tester's role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// The mobile node appears on the access link of the implementation under test, or of the role named.
    Attach {
        /// Name of the mobile node.
        mobile: String,
        /// Where, if not at the implementation under test.
        at: Option<String>,
    },
    /// The mobile node leaves.
    Detach {
        /// Name of the mobile node.
        mobile: String,
    },
    /// The mobile node goes from the implementation under test to the role named, or comes back.
    Handover {
        /// Name of the mobile node.
        mobile: String,
        /// The role that it goes to; none for the implementation under test.
        to: Option<String>,
    },
    /// The implementation under test starts anew, without what it did not store.
    Restart,
    /// The implementation under test is configured otherwise: settings by name, as scripts write them.
    SetConfig(Vec<(String, String)>),
    /// The implementation under test says what it holds.
    DumpState,
}

/// What became of an [`Action`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acted {
    /// It happened.
    Done,
    /// The tester is the mobile node, and now on the link: what a mobile node does there is for the engine to send.
    OnLink,
    /// It happened, and this was said.
    Told(String),
    /// This bench cannot do that; the case does not apply.
    Unsupported {
        /// Why not.
        why: String,
    },
    /// Whoever had to do it did not; the case is inconclusive, for the implementation was not asked.
    Failed {
        /// What went wrong.
        why: String,
    },
}

/// The bench is broken: verdict ERROR.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The setup names no such port.
    #[error("the bench has no port `{0}`")]
    UnknownPort(String),
    /// Somebody wants the run to end: the case is to leave no state behind, and is as if it had not run. Said once; what is sent
    /// and received after that is the postamble's.
    #[error("the run was interrupted")]
    Interrupted,
    /// Anything else, in the bench's own words.
    #[error("{0}")]
    Bench(String),
    /// The operating system refused.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}
