//! What an operator tells a CMD.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{Lifetime, MnIdentifier};

use crate::peer::{MaarPeer, Overlap};
use crate::plan::{Deregistration, Plan};
use crate::stances::ForwardedPrefix;
use crate::timing::{Backoff, Pacing, TIMESTAMP_VALIDITY_WINDOW};
use crate::updates::{Sending, UpdateLimit};

/// The configuration of a CMD.
#[derive(Clone, Debug)]
pub struct CmdConfig {
    /// Its own address.
    pub address: Ipv6Addr,
    /// The MAARs of the domain. RFC 8885 §6, R6.4: "MUST be trusted parties authorized".
    pub maars: Vec<MaarPeer>,
    /// Its role: relay, locator or proxy (RFC 8885 §3).
    pub plan: Plan,
    /// Who may end a session (RFC 8885 §3.5).
    pub deregistration: Deregistration,
    /// The mobile nodes that are served, where not all are.
    pub subscribers: Option<BTreeMap<MnIdentifier, Service>>,
    /// The longest lifetime that is granted.
    pub max_lifetime: Lifetime,
    /// How long the S-MAAR waits for P-MAARs that do not answer (RFC 8885 §3.2, R3.2.17). Below the second after which
    /// the S-MAAR would ask again.
    pub aggregation_timeout: Duration,
    /// Retransmission of PBUs to P-MAARs (RFC 8885 §3.6).
    pub backoff: Backoff,
    /// Pacing of PBUs to P-MAARs (RFC 8885 §3.2, §6).
    pub pacing: Pacing,
    /// Pacing of PBUs to each peer by itself, where it is limited too.
    pub peer_pacing: Option<Pacing>,
    /// What MAX_UPDATE_RATE is counted by (stance A33).
    pub update_limit: UpdateLimit,
    /// Which prefixes stand in its PBUs to P-MAARs (stance A7).
    pub forwarded_prefix: ForwardedPrefix,
    /// How far a time stamp may be off (RFC 5213 §9.1).
    pub timestamp_window: Duration,
    /// RFC 8885 §6, R6.5: "imposing a limit on the number of P-MAARs associated with a given MN".
    pub max_p_maars: usize,
    /// The most that is kept and said.
    pub limits: CmdLimits,
    /// Whether a binding is durable before the PBA that promises it leaves: the CMD then orders writes.
    pub durable: bool,
}

/// What bounds a CMD's memory and the size of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CmdLimits {
    /// Mobile nodes; one more is answered with status 130.
    pub bindings: usize,
    /// Prefixes of one mobile node at one MAAR.
    pub prefixes: usize,
    /// Local Prefix and DLIF options of one MAAR for one mobile node.
    pub details: usize,
    /// PBUs that are not answered. A handover that needs more is answered with status 130; the end of a session is then
    /// left to the P-MAARs' guard (stance A26).
    pub updates: usize,
    /// Records that are not durable yet. A PBU that finds so many is answered with status 130.
    pub writes: usize,
    /// Octets of one message. What a PBA has no room for goes into another (stance A55; R3.2.18).
    pub message: usize,
}

impl Default for CmdLimits {
    /// IPv6's minimum MTU less its header (RFC 8200 §5) for a message: nothing is fragmented anywhere.
    fn default() -> Self {
        Self {
            bindings: 1_000_000,
            prefixes: 8,
            details: 10,
            updates: 1_000_000,
            writes: 65_536,
            message: 1280 - 40,
        }
    }
}

/// Whether a mobile node that is known may use the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// It may.
    Enabled,
    /// It may not: status 152 (RFC 5213 §5.3.1 (8)).
    Disabled,
}

impl CmdConfig {
    /// A CMD as relay with the values of the RFCs, and this project's where they give none.
    pub fn new(address: Ipv6Addr, maars: Vec<MaarPeer>) -> Self {
        Self {
            address,
            maars,
            plan: Plan::RELAY,
            deregistration: Deregistration::default(),
            subscribers: None,
            max_lifetime: Lifetime::within(Duration::from_hours(1)),
            aggregation_timeout: Duration::from_millis(800),
            backoff: Backoff::default(),
            pacing: Pacing::default(),
            peer_pacing: None,
            update_limit: UpdateLimit::default(),
            forwarded_prefix: ForwardedPrefix::default(),
            timestamp_window: TIMESTAMP_VALIDITY_WINDOW,
            max_p_maars: 16,
            limits: CmdLimits::default(),
            durable: false,
        }
    }

    /// What an operator has to mend before the CMD can work.
    pub fn validate(&self) -> Result<(), Overlap> {
        MaarPeer::overlap(&self.maars).map_or(Ok(()), Err)
    }

    /// How PBUs are sent.
    pub(super) fn sending(&self) -> Sending {
        let &Self { backoff, pacing, peer_pacing, update_limit: limit, .. } = self;
        Sending { backoff, pacing, peer_pacing, limit }
    }

    pub(super) fn maar(&self, address: Ipv6Addr) -> Option<&MaarPeer> {
        self.maars.iter().find(|maar| maar.address == address)
    }
}
