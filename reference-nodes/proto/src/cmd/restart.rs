//! What a CMD has written, and how it goes on from there when it starts again. All that it has promised is in its records;
//! timers, and the PBUs that are to be answered, follow from them.

use dmm_codec::{AccessTechnology, HandoffIndicator, Instant, LinkLayerAddress, MnIdentifier, Timestamp};

use super::anchor::Anchor;
use super::binding::{Binding, PMaar};
use super::cache::Cache;
use super::notice::{Farewells, farewells_of};
use super::{Cmd, CmdConfig, Mn};
use crate::exchange::Echo;
use crate::record::{
    AnchorRecord, BindingRecord, EchoRecord, FarewellRecord, PMaarRecord, Record, SessionRecord,
};
use crate::updates::{Persistence, UpdateKey};

impl Cmd {
    /// A CMD that goes on where another stopped: bindings whose time has passed meanwhile end, P-MAARs that had not answered are
    /// asked again, and those that were to hear of the end of a session still are. What is due leaves at the first
    /// [`Input::Timeout`](crate::Input::Timeout).
    pub fn restore(
        config: CmdConfig,
        now: Instant,
        records: impl IntoIterator<Item = (MnIdentifier, SessionRecord)>,
    ) -> Self {
        let mut cmd = Self::new(config);
        for (name, record) in records {
            let mn = cmd.cache.enter(now, name);
            for FarewellRecord { maar: peer, prefixes } in record.farewells {
                let key = UpdateKey { mn, peer };
                cmd.updates.want(now, key, Persistence::UntilMaximum);
                cmd.farewells.insert(key, prefixes);
            }
            let Some(record) = record.binding else { continue };
            let mut binding = Binding::from(record);
            // An operator may have taken a MAAR out of the domain meanwhile.
            let listed = binding.p_maars.len();
            binding.p_maars.retain(|p_maar| cmd.config.maar(p_maar.anchor.maar).is_some());
            if binding.p_maars.len() < listed {
                cmd.journal.changed(&mn);
            }
            let is_asked = !binding.deregistered && binding.expires > now;
            cmd.enter(mn, Box::new(binding));
            if is_asked {
                cmd.ask_p_maars(now, mn);
            }
        }
        cmd
    }

    /// All that is to be durable, for who starts a store with it.
    pub fn records(&self) -> impl Iterator<Item = (MnIdentifier, SessionRecord)> {
        self.cache.iter().filter_map(|(name, mn)| Some((name.clone(), self.record(mn)?)))
    }

    /// What is to be durable of one mobile node.
    pub(crate) fn record_of(&self, name: &MnIdentifier) -> Option<SessionRecord> {
        self.record(self.cache.find(name)?)
    }

    /// Orders what has changed in this input to be written.
    pub(super) fn write(&mut self) {
        let Self { journal, outbox, cache, farewells, .. } = self;
        journal.write(outbox, |mn| {
            (cache.name(*mn).clone(), record(cache, farewells, *mn).map(Record::Session))
        });
    }

    fn record(&self, mn: Mn) -> Option<SessionRecord> {
        record(&self.cache, &self.farewells, mn)
    }
}

fn record(cache: &Cache, farewells: &Farewells, mn: Mn) -> Option<SessionRecord> {
    let farewells: Vec<_> = farewells_of(farewells, mn)
        .map(|(maar, prefixes)| FarewellRecord { maar, prefixes: prefixes.clone() })
        .collect();
    let binding = cache.get(mn).map(BindingRecord::from);
    (binding.is_some() || !farewells.is_empty()).then_some(SessionRecord { binding, farewells })
}

impl From<&Binding> for BindingRecord {
    fn from(binding: &Binding) -> Self {
        let p_maars = binding.p_maars.iter().map(|PMaar { anchor, answered, .. }| PMaarRecord {
            anchor: AnchorRecord::from(anchor),
            answered: *answered,
        });
        Self {
            serving: AnchorRecord::from(&binding.serving),
            p_maars: p_maars.collect(),
            echo: EchoRecord::from(&binding.echo),
            expires: binding.expires.as_nanos(),
            deregistered: binding.deregistered,
        }
    }
}

impl From<BindingRecord> for Binding {
    fn from(record: BindingRecord) -> Self {
        let p_maars = record.p_maars.into_iter().map(|PMaarRecord { anchor, answered }| PMaar {
            anchor: Anchor::from(anchor),
            answered,
            awaited: false,
        });
        Self {
            serving: Anchor::from(record.serving),
            p_maars: p_maars.collect(),
            echo: Echo::from(record.echo),
            expires: Instant::from_nanos(record.expires),
            deregistered: record.deregistered,
            handover: None,
        }
    }
}

impl From<&Echo> for EchoRecord {
    fn from(echo: &Echo) -> Self {
        Self {
            seq: echo.seq,
            timestamp: echo.timestamp.map(|timestamp| timestamp.0),
            handoff: echo.handoff.map(|handoff| handoff.0),
            technology: echo.technology.map(|technology| technology.0),
            link_layer: echo.link_layer.as_ref().map(|address| address.octets().to_vec()),
            link_local: echo.link_local.as_deref().copied(),
        }
    }
}

impl From<EchoRecord> for Echo {
    fn from(record: EchoRecord) -> Self {
        Self {
            seq: record.seq,
            timestamp: record.timestamp.map(Timestamp),
            handoff: record.handoff.map(HandoffIndicator),
            technology: record.technology.map(AccessTechnology),
            link_layer: record.link_layer.map(|octets| LinkLayerAddress::from(&octets[..])),
            link_local: record.link_local.map(Box::new),
        }
    }
}
