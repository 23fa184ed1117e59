//! What an operator tells a MAAR.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::Mac;
use dmm_codec::{AccessTechnology, Lifetime, MnIdentifier};
use ipnet::Ipv6Net;

use crate::peer::MaarPeer;
use crate::plan::{Deregistration, Plan};
use crate::stances::{AdvertiseTo, AnchoredPrefix};
use crate::timing::{Backoff, Pacing, TIMESTAMP_VALIDITY_WINDOW};
use crate::updates::{Sending, UpdateLimit};

/// The configuration of a MAAR.
#[derive(Clone, Debug)]
pub struct MaarConfig {
    /// Its own address: Proxy-CoA and tunnel end.
    pub address: Ipv6Addr,
    /// The CMD.
    pub cmd: Ipv6Addr,
    /// The other MAARs of the domain, which may tell it themselves what they anchor (RFC 8885 §3.3; §6, R6.3).
    pub peers: Vec<MaarPeer>,
    /// The role of the CMD (RFC 8885 §3).
    pub plan: Plan,
    /// Who may end a session (RFC 8885 §3.5).
    pub deregistration: Deregistration,
    /// The prefixes that it alone assigns: one /64 for each mobile node (RFC 8885 §1, R1.1).
    pub pool: Ipv6Net,
    /// Networks that only this MAAR reaches; told to S-MAARs and advertised as routes (RFC 8885 §3.7, §4.4).
    pub local_prefixes: Vec<Ipv6Net>,
    /// Who is behind which MAC address: what an AAA server would say.
    pub subscribers: BTreeMap<Mac, MnIdentifier>,
    /// The technology of the access link.
    pub technology: AccessTechnology,
    /// The lifetime that it asks for.
    pub lifetime: Lifetime,
    /// For how long addresses from an advertised prefix are valid.
    pub valid: Duration,
    /// Retransmission of PBUs (RFC 8885 §3.6).
    pub backoff: Backoff,
    /// Pacing of PBUs (RFC 8885 §3.6).
    pub pacing: Pacing,
    /// Pacing of PBUs to each peer by itself, where it is limited too.
    pub peer_pacing: Option<Pacing>,
    /// What MAX_UPDATE_RATE is counted by (stance A33).
    pub update_limit: UpdateLimit,
    /// How far a time stamp may be off (RFC 5213 §9.1).
    pub timestamp_window: Duration,
    /// Its PBUs carry its DLIF's addresses, for a CMD that cannot derive them (stance A14; RFC 8885 §4.7 has the options
    /// in PBAs only).
    pub dlif_in_pbu: bool,
    /// Where Anchored Prefix options repeat its Home Network Prefix options (stance A4).
    pub anchored_prefix: AnchoredPrefix,
    /// As P-MAAR it echoes the Serving MAAR option (stance A12).
    pub echoes_serving_maar: bool,
    /// Where Router Advertisements go (stance A31).
    pub advertise_to: AdvertiseTo,
    /// For how long it anchors a prefix of a mobile node that the CMD says no more about, where the timer of §3.5 is
    /// stopped (stance A26).
    pub anchor_guard: Duration,
    /// Mobile nodes that it serves or anchors for; one more gets no service.
    pub max_mobiles: usize,
    /// P-MAARs of one mobile node that it makes tunnels to.
    pub max_anchors: usize,
    /// Whether what it anchors, and for whom, is durable before it is promised: the MAAR then orders writes.
    pub durable: bool,
}

impl MaarConfig {
    /// A MAAR with the values of the RFCs, and this project's where they give none.
    pub fn new(address: Ipv6Addr, cmd: Ipv6Addr, pool: Ipv6Net) -> Self {
        Self {
            address,
            cmd,
            pool,
            local_prefixes: Vec::new(),
            subscribers: BTreeMap::new(),
            technology: AccessTechnology::IEEE_802_11,
            lifetime: Lifetime::within(Duration::from_mins(5)),
            valid: Duration::from_hours(1),
            backoff: Backoff::default(),
            pacing: Pacing::default(),
            peer_pacing: None,
            update_limit: UpdateLimit::default(),
            timestamp_window: TIMESTAMP_VALIDITY_WINDOW,
            peers: Vec::new(),
            plan: Plan::RELAY,
            deregistration: Deregistration::default(),
            dlif_in_pbu: false,
            anchored_prefix: AnchoredPrefix::default(),
            echoes_serving_maar: true,
            advertise_to: AdvertiseTo::default(),
            anchor_guard: Duration::from_hours(24),
            max_mobiles: 65_536,
            max_anchors: 64,
            durable: false,
        }
    }

    /// How PBUs are sent.
    pub(super) fn sending(&self) -> Sending {
        let &Self { backoff, pacing, peer_pacing, update_limit: limit, .. } = self;
        Sending { backoff, pacing, peer_pacing, limit }
    }
}
