//! What a node keeps beyond its own life, as plain data: the same in memory, in a store and in an export. One record a mobile
//! node; timers, queues and handovers that are under way follow from it when a node starts again.
//!
//! Points in time are nanoseconds since 1970-01-01 00:00 UTC, as [`dmm_codec::Instant`] counts them.

use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use dmm_codec::{LinkLayerAddress, MobilityOption};
use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};

/// What is kept of one mobile node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// By a CMD.
    Session(SessionRecord),
    /// By a MAAR.
    Mobile(MobileRecord),
    /// By an LMA.
    Bce(BceRecord),
    /// By a CMD that serves MAGs too.
    Mixed(MixedRecord),
}

/// What a CMD keeps of a mobile node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Where it is registered, if it is.
    pub binding: Option<BindingRecord>,
    /// MAARs that are to be told that they anchor nothing for it any more (stance A26).
    pub farewells: Vec<FarewellRecord>,
}

/// A binding cache entry (RFC 8885 §3.1 step 2) with its P-MAAR list (§3.2 step 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingRecord {
    /// The S-MAAR and what it anchors.
    pub serving: AnchorRecord,
    /// P-MAARs, the oldest first.
    pub p_maars: Vec<PMaarRecord>,
    /// What its last PBU said that an answer repeats.
    pub echo: EchoRecord,
    /// When it ends.
    pub expires: u64,
    /// The S-MAAR has de-registered it.
    pub deregistered: bool,
}

/// A MAAR and what it anchors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorRecord {
    /// The MAAR.
    pub maar: Ipv6Addr,
    /// The prefixes.
    pub prefixes: Vec<Ipv6Net>,
    /// What else an S-MAAR has to know of it.
    pub details: Vec<Detail>,
}

/// An element of the P-MAAR list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PMaarRecord {
    /// The MAAR and what it anchors.
    pub anchor: AnchorRecord,
    /// Whether it has answered for the present S-MAAR. One that has not is asked when the CMD starts again.
    pub answered: bool,
}

/// A MAAR that is to be told of the end of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarewellRecord {
    /// The MAAR.
    pub maar: Ipv6Addr,
    /// What it anchors.
    pub prefixes: Vec<Ipv6Net>,
}

/// What of a PBU its answer repeats (RFC 5213 §5.3.6), and what the next is compared with (§5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EchoRecord {
    /// Sequence number.
    pub seq: u16,
    /// Time stamp as it stands in its option: 48.16 fixed point.
    pub timestamp: Option<u64>,
    /// Handoff Indicator.
    pub handoff: Option<u8>,
    /// Access Technology Type.
    pub technology: Option<u8>,
    /// Mobile Node Link-layer Identifier.
    #[serde(with = "octets::optional")]
    pub link_layer: Option<Vec<u8>>,
    /// Link-local Address.
    pub link_local: Option<Ipv6Addr>,
}

/// What an S-MAAR has to know of an anchor to stand in for it (RFC 8885 §3.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// A network that only the anchor reaches (§4.4).
    LocalPrefix(Ipv6Net),
    /// Its DLIF's link-local address (§4.7).
    DlifLinkLocal(Ipv6Addr),
    /// Its DLIF's link-layer address (§4.8).
    DlifLinkLayer(#[serde(with = "octets")] Vec<u8>),
}

/// What a MAAR keeps of a mobile node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MobileRecord {
    /// Its MAC address.
    #[serde(with = "octets::six")]
    pub mac: Mac,
    /// Its link-local address; unspecified where it is not known.
    pub address: Ipv6Addr,
    /// Its prefixes of this MAAR's pool.
    pub prefixes: Vec<Ipv6Net>,
    /// Where it is.
    pub place: PlaceRecord,
    /// When it last solicited a router here.
    pub seen: u64,
    /// When the CMD last confirmed that it is here.
    pub confirmed: u64,
    /// The CMD's last PBU about it: sequence number and time stamp.
    pub last_pbu: Option<(u16, Option<u64>)>,
}

/// Where a mobile node is, as a MAAR knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceRecord {
    /// On the link; the CMD has not answered.
    Registering {
        /// Where it was before; nothing where its prefix had been promised to nobody.
        before: Option<Box<PlaceRecord>>,
    },
    /// On the link and registered.
    Serving {
        /// When the binding ends.
        expires: u64,
        /// Where its earlier prefixes are anchored.
        anchors: Vec<RemoteAnchorRecord>,
    },
    /// Not on the link, and at no other MAAR as far as is known.
    Away {
        /// When the binding ends.
        expires: u64,
    },
    /// At another MAAR.
    Elsewhere {
        /// The S-MAAR.
        s_maar: Ipv6Addr,
        /// When to stop believing that.
        until: u64,
    },
    /// Its binding has ended, and the CMD is being told.
    Leaving,
}

/// A P-MAAR as the S-MAAR knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteAnchorRecord {
    /// The P-MAAR.
    pub maar: Ipv6Addr,
    /// What it anchors.
    pub prefixes: Vec<Ipv6Net>,
    /// The networks that only it reaches.
    pub local_prefixes: Vec<Ipv6Net>,
    /// Its DLIF's link-local address.
    pub link_local: Ipv6Addr,
    /// Its DLIF's MAC address.
    #[serde(with = "octets::six")]
    pub mac: Mac,
}

/// What an LMA keeps of a mobile node: its binding cache entry (RFC 5213 §5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BceRecord {
    /// The Proxy-CoA: the MAG where it is.
    pub p_coa: Ipv6Addr,
    /// The prefix that it is assigned.
    pub prefix: Ipv6Net,
    /// When it ends.
    pub expires: u64,
    /// The MAG's last PBU about it: sequence number and time stamp.
    pub last_pbu: (u16, Option<u64>),
    /// The MAG has de-registered it.
    pub deregistered: bool,
}

/// What a CMD that serves MAGs too keeps of a mobile node: it may have a session with each half.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MixedRecord {
    /// What the CMD keeps.
    pub session: Option<SessionRecord>,
    /// What the LMA keeps.
    pub bce: Option<BceRecord>,
}

/// Octets as people write them, `02:00:5e:10:00:01`, where people read them; as they are elsewhere.
pub mod octets {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes octets.
    pub fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return octets.serialize(serializer);
        }
        let text: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        serializer.serialize_str(&text.join(":"))
    }

    /// Reads octets.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        if !deserializer.is_human_readable() {
            return Vec::deserialize(deserializer);
        }
        let text = String::deserialize(deserializer)?;
        let octets = text.split(':').filter(|octet| !octet.is_empty());
        let octets = octets.map(|octet| u8::from_str_radix(octet, 16)).collect::<Result<_, _>>();
        octets.map_err(|_| D::Error::custom(format!("{text:?} is no octets, as 02:00:5e:10:00:01 is")))
    }

    /// Those of a MAC address.
    pub mod six {
        use super::{Deserializer, Error, Serializer};

        /// Writes six octets.
        pub fn serialize<S: Serializer>(octets: &[u8; 6], serializer: S) -> Result<S::Ok, S::Error> {
            super::serialize(octets, serializer)
        }

        /// Reads six octets.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 6], D::Error> {
            let octets = super::deserialize(deserializer)?;
            octets.try_into().map_err(|_| D::Error::custom("a MAC address has six octets"))
        }
    }

    /// Those that may not be there.
    pub mod optional {
        use super::{Deserialize, Deserializer, Serialize, Serializer};

        #[derive(Serialize, Deserialize)]
        struct Octets(#[serde(with = "super")] Vec<u8>);

        /// Writes octets, or nothing.
        pub fn serialize<S: Serializer>(octets: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
            octets.clone().map(Octets).serialize(serializer)
        }

        /// Reads octets, or nothing.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
            Ok(Option::<Octets>::deserialize(deserializer)?.map(|Octets(octets)| octets))
        }
    }
}

impl Detail {
    /// The detail that an option is, if it is one.
    pub(crate) fn of(option: &MobilityOption) -> Option<Self> {
        match option {
            MobilityOption::LocalPrefix(prefix) => Some(Self::LocalPrefix(*prefix)),
            MobilityOption::DlifLinkLocal(address) => Some(Self::DlifLinkLocal(*address)),
            MobilityOption::DlifLinkLayer(address) => Some(Self::DlifLinkLayer(address.octets().to_vec())),
            _ => None,
        }
    }

    /// The option that says it.
    pub(crate) fn option(&self) -> MobilityOption {
        match self {
            Self::LocalPrefix(prefix) => MobilityOption::LocalPrefix(*prefix),
            Self::DlifLinkLocal(address) => MobilityOption::DlifLinkLocal(*address),
            Self::DlifLinkLayer(octets) => MobilityOption::DlifLinkLayer(LinkLayerAddress::from(&octets[..])),
        }
    }
}
