//! What an operator tells a CMD.

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Lifetime;
use ipnet::Ipv6Net;

use crate::timing::{Backoff, Pacing, TIMESTAMP_VALIDITY_WINDOW};

/// The configuration of a CMD.
#[derive(Clone, Debug)]
pub struct CmdConfig {
    /// Its own address.
    pub address: Ipv6Addr,
    /// The MAARs of the domain. RFC 8885 §6, R6.4: "MUST be trusted parties authorized".
    pub maars: Vec<MaarPeer>,
    /// The longest lifetime that is granted.
    pub max_lifetime: Lifetime,
    /// How long the S-MAAR waits for P-MAARs that do not answer (RFC 8885 §3.2, R3.2.17). Below the second after which
    /// the S-MAAR would ask again.
    pub aggregation_timeout: Duration,
    /// Retransmission of PBUs to P-MAARs (RFC 8885 §3.6).
    pub backoff: Backoff,
    /// Pacing of PBUs to P-MAARs (RFC 8885 §3.2, §6).
    pub pacing: Pacing,
    /// RFC 8885 §6, R6.5: "imposing a limit on the number of P-MAARs associated with a given MN".
    pub max_p_maars: usize,
    /// How far a time stamp may be off (RFC 5213 §9.1).
    pub timestamp_window: Duration,
}

/// A MAAR that a CMD works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaarPeer {
    /// Its address, which its PBUs come from.
    pub address: Ipv6Addr,
    /// The prefixes that it alone may assign (RFC 8885 §1, R1.1).
    pub pools: Vec<Ipv6Net>,
}

impl CmdConfig {
    /// A CMD with the values of the RFCs, and this project's where they give none.
    pub fn new(address: Ipv6Addr, maars: Vec<MaarPeer>) -> Self {
        Self {
            address,
            maars,
            max_lifetime: Lifetime::within(Duration::from_hours(1)),
            aggregation_timeout: Duration::from_millis(800),
            backoff: Backoff::default(),
            pacing: Pacing::default(),
            max_p_maars: 16,
            timestamp_window: TIMESTAMP_VALIDITY_WINDOW,
        }
    }

    pub(super) fn maar(&self, address: Ipv6Addr) -> Option<&MaarPeer> {
        self.maars.iter().find(|maar| maar.address == address)
    }
}
