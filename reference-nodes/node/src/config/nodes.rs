//! The four kinds of configuration, each as its file is laid out. What a file leaves out has the value of the RFCs, and
//! this project's where they give none.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{AccessTechnology, Lifetime, MnIdentifier, Status};
use dmm_proto::cmd::{CmdLimits, Service};
use dmm_proto::legacy::{LmaConfig, MagConfig};
use dmm_proto::stances::{AdvertiseTo, AnchoredPrefix, ForwardedPrefix};
use dmm_proto::{CmdConfig, Deregistration, MaarConfig, Plan};
use ipnet::Ipv6Net;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::setting::{At, Pool, Text};
use super::shared::{AccessFile, AdminFile, PeerFile, PlanFile, SendingFile, StoreFile, SubscriberFile};
use super::{Common, Forwarding, Kind, NodeConfig, Reader, Role};

/// `role: cmd`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CmdFile {
    #[expect(dead_code, reason = "it decided that this is a CMD's file")]
    role: Text<Role>,
    address: At<Ipv6Addr>,
    mode: Option<Text<Plan>>,
    plan: Option<PlanFile>,
    deregistration: Option<Text<Deregistration>>,
    maars: Vec<PeerFile>,
    subscribers: Option<Vec<ServedFile>>,
    max_lifetime: Option<Text<Lifetime>>,
    aggregation_timeout: Option<Text<Duration>>,
    timestamp_window: Option<Text<Duration>>,
    max_p_maars: Option<usize>,
    forwarded_prefix: Option<Text<ForwardedPrefix>>,
    sending: Option<SendingFile>,
    limits: Option<Spanned<LimitsFile>>,
    legacy: Option<LegacyFile>,
    admin: Option<AdminFile>,
    store: Option<StoreFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServedFile {
    mn: At<MnIdentifier>,
    service: Option<Text<Service>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsFile {
    bindings: Option<usize>,
    prefixes: Option<usize>,
    details: Option<usize>,
    updates: Option<usize>,
    writes: Option<usize>,
    message: Option<usize>,
}

/// MAGs that a CMD serves beside its MAARs (RFC 8885 §3).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LegacyFile {
    mags: Vec<Text<Ipv6Addr>>,
    pool: At<Pool>,
    max_lifetime: Option<Text<Lifetime>>,
    max_bindings: Option<usize>,
}

impl CmdFile {
    pub(super) fn read(self, reader: &mut Reader) -> NodeConfig {
        let address = self.address.value.0;
        let default = CmdConfig::new(address, PeerFile::read(self.maars, &self.address, None, reader));
        let sending = SendingFile::read(self.sending, reader);
        let subscribers = self.subscribers.map(|files| {
            let mut served = BTreeMap::new();
            for file in files {
                let service = file.service.map_or(Service::Enabled, |text| text.0);
                if served.insert(file.mn.value.0.clone(), service).is_some() {
                    reader.error(file.mn.referenced, format!("{} stands here twice", file.mn.value.0));
                }
            }
            served
        });
        let cmd = CmdConfig {
            plan: PlanFile::read(self.plan, self.mode),
            deregistration: self.deregistration.map_or(default.deregistration, |text| text.0),
            subscribers,
            max_lifetime: self.max_lifetime.map_or(default.max_lifetime, |text| text.0),
            aggregation_timeout: self.aggregation_timeout.map_or(default.aggregation_timeout, |text| text.0),
            backoff: sending.backoff,
            pacing: sending.pacing,
            peer_pacing: sending.peer_pacing,
            update_limit: sending.update_limit,
            timestamp_window: self.timestamp_window.map_or(default.timestamp_window, |text| text.0),
            max_p_maars: self.max_p_maars.unwrap_or(default.max_p_maars),
            forwarded_prefix: self.forwarded_prefix.map_or(default.forwarded_prefix, |text| text.0),
            limits: self.limits.map_or(default.limits, |limits| read_limits(&limits, default.limits, reader)),
            ..default
        };
        let lma = self.legacy.map(|legacy| {
            for maar in &cmd.maars {
                let Pool(pool) = legacy.pool.value.0;
                if let Some(other) =
                    maar.pools.iter().find(|other| other.contains(&pool) || pool.contains(*other))
                {
                    let what = format!("pool {pool} and pool {other} of MAAR {} overlap", maar.address);
                    reader.error(legacy.pool.referenced, what);
                }
            }
            let mags = legacy.mags.into_iter().map(|text| text.0).collect();
            let default = LmaConfig::new(address, mags, legacy.pool.value.0.0);
            LmaConfig {
                max_lifetime: legacy.max_lifetime.map_or(default.max_lifetime, |text| text.0),
                timestamp_window: cmd.timestamp_window,
                max_bindings: legacy.max_bindings.unwrap_or(default.max_bindings),
                ..default
            }
        });
        NodeConfig {
            common: Common {
                address,
                admin: AdminFile::read(self.admin, Role::Cmd, reader),
                store: StoreFile::read(self.store, Role::Cmd, reader),
                forwarding: Forwarding::None,
            },
            kind: Kind::Cmd { cmd, lma },
        }
    }
}

fn read_limits(file: &Spanned<LimitsFile>, default: CmdLimits, reader: &mut Reader) -> CmdLimits {
    let LimitsFile { bindings, prefixes, details, updates, writes, message } = &file.value;
    let limits = CmdLimits {
        bindings: bindings.unwrap_or(default.bindings),
        prefixes: prefixes.unwrap_or(default.prefixes),
        details: details.unwrap_or(default.details),
        updates: updates.unwrap_or(default.updates),
        writes: writes.unwrap_or(default.writes),
        message: message.unwrap_or(default.message),
    };
    // Below, one P-MAAR with what belongs to it has no room; above, Header Len cannot say it (RFC 6275 §6.1.1).
    if !(512..=2048).contains(&limits.message) {
        let what = format!("a message has 512 to 2048 octets here, not {}", limits.message);
        reader.error(file.referenced, what);
    }
    limits
}

/// `role: maar`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MaarFile {
    #[expect(dead_code, reason = "it decided that this is a MAAR's file")]
    role: Text<Role>,
    address: At<Ipv6Addr>,
    cmd: At<Ipv6Addr>,
    pool: At<Pool>,
    access: AccessFile,
    #[serde(default)]
    peers: Vec<PeerFile>,
    mode: Option<Text<Plan>>,
    plan: Option<PlanFile>,
    deregistration: Option<Text<Deregistration>>,
    #[serde(default)]
    local_prefixes: Vec<Text<Ipv6Net>>,
    #[serde(default)]
    subscribers: Vec<SubscriberFile>,
    technology: Option<Text<AccessTechnology>>,
    lifetime: Option<Text<Lifetime>>,
    valid: Option<Text<Duration>>,
    timestamp_window: Option<Text<Duration>>,
    dlif_in_pbu: Option<bool>,
    anchored_prefix: Option<Text<AnchoredPrefix>>,
    echoes_serving_maar: Option<bool>,
    advertise_to: Option<Text<AdvertiseTo>>,
    anchor_guard: Option<Text<Duration>>,
    max_mobiles: Option<usize>,
    max_anchors: Option<usize>,
    sending: Option<SendingFile>,
    admin: Option<AdminFile>,
    store: Option<StoreFile>,
    forwarding: Option<Text<Forwarding>>,
}

impl MaarFile {
    pub(super) fn read(self, reader: &mut Reader) -> NodeConfig {
        let (address, cmd) = (self.address.value.0, self.cmd.value.0);
        if address == cmd {
            reader.error(self.cmd.referenced, format!("{cmd} is this node's own address"));
        }
        let default = MaarConfig::new(address, cmd, self.pool.value.0.0);
        let sending = SendingFile::read(self.sending, reader);
        let maar = MaarConfig {
            peers: PeerFile::read(self.peers, &self.address, Some(&self.pool), reader),
            plan: PlanFile::read(self.plan, self.mode),
            deregistration: self.deregistration.map_or(default.deregistration, |text| text.0),
            local_prefixes: self.local_prefixes.into_iter().map(|text| text.0).collect(),
            subscribers: SubscriberFile::read(self.subscribers, reader),
            technology: self.technology.map_or(default.technology, |text| text.0),
            lifetime: self.lifetime.map_or(default.lifetime, |text| text.0),
            valid: self.valid.map_or(default.valid, |text| text.0),
            backoff: sending.backoff,
            pacing: sending.pacing,
            peer_pacing: sending.peer_pacing,
            update_limit: sending.update_limit,
            timestamp_window: self.timestamp_window.map_or(default.timestamp_window, |text| text.0),
            dlif_in_pbu: self.dlif_in_pbu.unwrap_or(default.dlif_in_pbu),
            anchored_prefix: self.anchored_prefix.map_or(default.anchored_prefix, |text| text.0),
            echoes_serving_maar: self.echoes_serving_maar.unwrap_or(default.echoes_serving_maar),
            advertise_to: self.advertise_to.map_or(default.advertise_to, |text| text.0),
            anchor_guard: self.anchor_guard.map_or(default.anchor_guard, |text| text.0),
            max_mobiles: self.max_mobiles.unwrap_or(default.max_mobiles),
            max_anchors: self.max_anchors.unwrap_or(default.max_anchors),
            ..default
        };
        NodeConfig {
            common: Common {
                address,
                admin: AdminFile::read(self.admin, Role::Maar, reader),
                store: StoreFile::read(self.store, Role::Maar, reader),
                forwarding: self.forwarding.map_or(Forwarding::None, |text| text.0),
            },
            kind: Kind::Maar { maar, access: self.access.read() },
        }
    }
}

/// `role: lma`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LmaFile {
    #[expect(dead_code, reason = "it decided that this is an LMA's file")]
    role: Text<Role>,
    address: At<Ipv6Addr>,
    mags: Vec<At<Ipv6Addr>>,
    pool: At<Pool>,
    max_lifetime: Option<Text<Lifetime>>,
    timestamp_window: Option<Text<Duration>>,
    refusal: Option<Text<Status>>,
    max_bindings: Option<usize>,
    admin: Option<AdminFile>,
    store: Option<StoreFile>,
    forwarding: Option<Text<Forwarding>>,
}

impl LmaFile {
    pub(super) fn read(self, reader: &mut Reader) -> NodeConfig {
        let address = self.address.value.0;
        for mag in self.mags.iter().filter(|mag| mag.value.0 == address) {
            reader.error(mag.referenced, format!("{address} is this node's own address"));
        }
        let mags = self.mags.into_iter().map(|mag| mag.value.0).collect();
        let default = LmaConfig::new(address, mags, self.pool.value.0.0);
        let lma = LmaConfig {
            max_lifetime: self.max_lifetime.map_or(default.max_lifetime, |text| text.0),
            timestamp_window: self.timestamp_window.map_or(default.timestamp_window, |text| text.0),
            refusal: self.refusal.map_or(default.refusal, |text| text.0),
            max_bindings: self.max_bindings.unwrap_or(default.max_bindings),
            ..default
        };
        NodeConfig {
            common: Common {
                address,
                admin: AdminFile::read(self.admin, Role::Lma, reader),
                store: StoreFile::read(self.store, Role::Lma, reader),
                forwarding: self.forwarding.map_or(Forwarding::None, |text| text.0),
            },
            kind: Kind::Lma { lma },
        }
    }
}

/// `role: mag`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MagFile {
    #[expect(dead_code, reason = "it decided that this is a MAG's file")]
    role: Text<Role>,
    address: At<Ipv6Addr>,
    lma: At<Ipv6Addr>,
    access: AccessFile,
    #[serde(default)]
    subscribers: Vec<SubscriberFile>,
    lifetime: Option<Text<Lifetime>>,
    valid: Option<Text<Duration>>,
    admin: Option<AdminFile>,
    store: Option<StoreFile>,
    forwarding: Option<Text<Forwarding>>,
}

impl MagFile {
    pub(super) fn read(self, reader: &mut Reader) -> NodeConfig {
        let (address, lma) = (self.address.value.0, self.lma.value.0);
        if address == lma {
            reader.error(self.lma.referenced, format!("{lma} is this node's own address"));
        }
        let default = MagConfig::new(address, lma);
        let mag = MagConfig {
            subscribers: SubscriberFile::read(self.subscribers, reader),
            lifetime: self.lifetime.map_or(default.lifetime, |text| text.0),
            valid: self.valid.map_or(default.valid, |text| text.0),
            ..default
        };
        NodeConfig {
            common: Common {
                address,
                admin: AdminFile::read(self.admin, Role::Mag, reader),
                store: StoreFile::read(self.store, Role::Mag, reader),
                forwarding: self.forwarding.map_or(Forwarding::None, |text| text.0),
            },
            kind: Kind::Mag { mag, access: self.access.read() },
        }
    }
}
