//! The parts of a configuration that several nodes have.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use dmm_codec::MnIdentifier;
use dmm_codec::packet::Mac;
use dmm_proto::cmd::MaarPeer;
use dmm_proto::plan::{Answer, Names};
use dmm_proto::updates::UpdateLimit;
use dmm_proto::{Backoff, Pacing, Plan};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use super::setting::{At, MacAddress, Pool, ProbeAfter, Text};
use super::{Access, Admin, AttachOn, Reader, Role, Store};

/// Where a node is looked after.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct AdminFile {
    socket: Option<PathBuf>,
    metrics: Option<Spanned<SocketAddr>>,
}

impl AdminFile {
    pub(super) fn read(file: Option<Self>, role: Role, reader: &mut Reader) -> Admin {
        let Self { socket, metrics } = file.unwrap_or_default();
        if let Some(metrics) = metrics.as_ref().filter(|metrics| !metrics.value.ip().is_loopback()) {
            let what =
                format!("{} is not a loopback address, and metrics are for this machine", metrics.value);
            reader.error(metrics.referenced, what);
        }
        let socket = socket.unwrap_or_else(|| format!("/run/dmm/{role}.sock").into());
        Admin { socket, metrics: metrics.map(|metrics| metrics.value) }
    }
}

/// Where bindings are kept: a word, or a file.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct StoreFile(Spanned<Place>);

struct Place(Store);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePlace {
    file: PathBuf,
}

impl StoreFile {
    pub(super) fn read(file: Option<Self>, role: Role, reader: &mut Reader) -> Store {
        let Some(Self(Spanned { value: Place(store), referenced, .. })) = file else { return Store::Memory };
        if let Err(what) = store.check(role) {
            reader.error(referenced, what);
        }
        store
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Place;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`memory` or `{file: PATH}`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Place, E> {
                if text == "memory" {
                    return Ok(Place(Store::Memory));
                }
                Err(E::custom(format!(
                    "`{text}` is neither `memory` nor a file, as in {{file: /var/lib/dmm/cmd.redb}}"
                )))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Place, A::Error> {
                let FilePlace { file } = FilePlace::deserialize(MapAccessDeserializer::new(map))?;
                if file.as_os_str().is_empty() {
                    return Err(A::Error::custom("the store's file has no name"));
                }
                Ok(Place(Store::File(file)))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// How PBUs are sent (RFC 8885 §3.6, §6).
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct SendingFile {
    backoff: Option<Spanned<BackoffFile>>,
    pacing: Option<Spanned<PacingFile>>,
    peer_pacing: Option<Spanned<PacingFile>>,
    limit_per: Option<Text<UpdateLimit>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct BackoffFile {
    initial: Option<Text<Duration>>,
    factor: Option<u32>,
    max: Option<Text<Duration>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct PacingFile {
    rate: u32,
    burst: Option<u32>,
}

/// [`SendingFile`], read.
#[derive(Default)]
pub(super) struct Sending {
    pub(super) backoff: Backoff,
    pub(super) pacing: Pacing,
    pub(super) peer_pacing: Option<Pacing>,
    pub(super) update_limit: UpdateLimit,
}

impl SendingFile {
    pub(super) fn read(file: Option<Self>, reader: &mut Reader) -> Sending {
        let file = file.unwrap_or_default();
        let backoff = file.backoff.map_or_else(Backoff::default, |file| {
            let (at, file, default) = (file.referenced, file.value, Backoff::default());
            let initial = file.initial.map_or(default.initial, |text| text.0);
            let max = file.max.map_or(default.max.max(initial), |text| text.0);
            let factor = file.factor.unwrap_or(default.factor);
            if factor == 0 {
                reader.error(at, "a factor of 0 would send without any wait".to_owned());
            }
            if max < initial {
                reader
                    .error(at, format!("the longest wait, {max:?}, is shorter than the first, {initial:?}"));
            }
            Backoff { initial, factor, max }
        });
        let mut pacing = |file: Spanned<PacingFile>| {
            let PacingFile { rate, burst } = file.value;
            let burst = burst.unwrap_or(1);
            if rate == 0 || burst == 0 {
                let what = "a rate or burst of 0 would let nothing leave, and PBUs are never dropped";
                reader.error(file.referenced, what.to_owned());
            }
            Pacing { rate, burst }
        };
        Sending {
            backoff,
            pacing: file.pacing.map(&mut pacing).unwrap_or_default(),
            peer_pacing: file.peer_pacing.map(pacing),
            update_limit: file.limit_per.map_or_else(UpdateLimit::default, |text| text.0),
        }
    }
}

/// A plan that differs from its mode (RFC 8885 §3.2 to §3.4), for a stack that does.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    started: Option<Text<Answer>>,
    collected: Option<Text<Answer>>,
    time_out: Option<Text<Answer>>,
    late: Option<Text<Answer>>,
    names: Option<Text<Names>>,
    p_maars_tell: Option<bool>,
    copies_sequence: Option<bool>,
    announces_local: Option<bool>,
}

impl PlanFile {
    pub(super) fn read(file: Option<Self>, mode: Option<Text<Plan>>) -> Plan {
        let file = file.unwrap_or_default();
        let plan = mode.map_or(Plan::RELAY, |mode| mode.0);
        let answer = |file: Option<Text<Answer>>, plan| file.map_or(plan, |text| text.0);
        Plan {
            name: plan.name,
            started: answer(file.started, plan.started),
            collected: answer(file.collected, plan.collected),
            time_out: answer(file.time_out, plan.time_out),
            late: answer(file.late, plan.late),
            names: file.names.map_or(plan.names, |text| text.0),
            p_maars_tell: file.p_maars_tell.unwrap_or(plan.p_maars_tell),
            copies_sequence: file.copies_sequence.unwrap_or(plan.copies_sequence),
            announces_local: file.announces_local.unwrap_or(plan.announces_local),
        }
    }
}

/// A MAAR of the domain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeerFile {
    address: At<Ipv6Addr>,
    pools: Vec<At<Pool>>,
}

impl PeerFile {
    /// The peers, none of them twice, and no pool within another's (RFC 8885 §1, R1.1).
    pub(super) fn read(
        files: Vec<Self>,
        own: &At<Ipv6Addr>,
        own_pool: Option<&At<Pool>>,
        reader: &mut Reader,
    ) -> Vec<MaarPeer> {
        let mut peers: Vec<MaarPeer> = Vec::new();
        let own_address = own.value.0;
        let mut pools: Vec<(Ipv6Addr, Pool)> =
            own_pool.iter().map(|pool| (own_address, pool.value.0)).collect();
        for file in files {
            let address = file.address.value.0;
            if address == own_address {
                reader.error(file.address.referenced, format!("{address} is this node's own address"));
            }
            if peers.iter().any(|peer| peer.address == address) {
                reader.error(file.address.referenced, format!("the MAAR {address} stands here twice"));
            }
            for pool in &file.pools {
                let (at, Pool(pool)) = (pool.referenced, pool.value.0);
                let overlaps = |other: &Pool| other.0.contains(&pool) || pool.contains(&other.0);
                if let Some((maar, Pool(other))) = pools.iter().find(|(_, other)| overlaps(other)) {
                    let what = format!(
                        "pool {pool} of MAAR {address} and pool {other} of MAAR {maar} overlap: no two MAARs may assign \
the same prefixes (RFC 8885 §1)"
                    );
                    reader.error(at, what);
                }
                pools.push((address, Pool(pool)));
            }
            let pools = file.pools.iter().map(|pool| pool.value.0.0).collect();
            peers.push(MaarPeer { address, pools });
        }
        peers
    }
}

/// Who is behind a MAC address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscriberFile {
    mac: At<MacAddress>,
    mn: At<MnIdentifier>,
}

impl SubscriberFile {
    pub(super) fn read(files: Vec<Self>, reader: &mut Reader) -> BTreeMap<Mac, MnIdentifier> {
        let mut subscribers = BTreeMap::new();
        for file in files {
            let mn = file.mn.value.0;
            if subscribers.values().any(|other| *other == mn) {
                reader.error(file.mn.referenced, format!("{mn} stands here twice"));
            }
            if subscribers.insert(file.mac.value.0.0, mn).is_some() {
                reader.error(file.mac.referenced, "this MAC address stands here twice".to_owned());
            }
        }
        subscribers
    }
}

/// For how long a node that was heard of is taken to be there (RFC 4861 §10).
const REACHABLE_TIME: Duration = Duration::from_secs(30);

/// The access link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessFile {
    interface: String,
    attach_on: Option<Text<AttachOn>>,
    probe_after: Option<Text<ProbeAfter>>,
}

impl AccessFile {
    pub(super) fn read(self) -> Access {
        let attach_on = self.attach_on.map_or(AttachOn::Solicitation, |text| text.0);
        let probe_after = match (self.probe_after, attach_on) {
            (Some(Text(ProbeAfter(probe_after))), _) => probe_after,
            (None, AttachOn::Admin) => None,
            (None, AttachOn::Solicitation | AttachOn::AnyFrame) => Some(REACHABLE_TIME),
        };
        Access { interface: self.interface, attach_on, probe_after }
    }
}
