//! Numbers for Prometheus, in the text of OpenMetrics. They count; they name no mobile node (RFC 8885 §6).

use std::net::Ipv6Addr;

use dmm_codec::MESSAGES;
use dmm_proto::{Event, Ignored};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::log;

/// What a node counts.
pub(crate) struct Metrics {
    registry: Registry,
    messages: Family<Message, Counter>,
    events: Family<EventLabel, Counter>,
    ignored: Family<IgnoredLabel, Counter>,
    refused: Family<StatusLabel, Counter>,
    unsent: Counter,
    sessions: Gauge,
    queue: Gauge,
    entries: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Message {
    direction: &'static str,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabel {
    event: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct IgnoredLabel {
    why: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: u8,
}

impl Metrics {
    pub(crate) fn new(role: &str, address: Ipv6Addr) -> Self {
        let labels = [("role", role.to_owned()), ("address", address.to_string())];
        let labels = labels.map(|(name, value)| (name.into(), value.into()));
        let mut registry = Registry::with_prefix_and_labels("dmm", labels.into_iter());
        let (messages, events) = (Family::default(), Family::default());
        let (ignored, refused) = (Family::default(), Family::default());
        let unsent = Counter::default();
        let (sessions, queue, entries) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register("messages", "Mobility Headers and Router Advertisements", messages.clone());
        registry.register("events", "What happened", events.clone());
        registry.register("ignored", "Messages that were not acted on", ignored.clone());
        registry.register("refused", "PBUs that were answered with a status of 128 or more", refused.clone());
        registry.register("unsent", "Packets that the system would not send", unsent.clone());
        registry.register("sessions", "Mobile nodes", sessions.clone());
        registry.register("queue", "PBUs that are not answered", queue.clone());
        registry.register("entries", "Entries that forwarding should hold", entries.clone());
        Self { registry, messages, events, ignored, refused, unsent, sessions, queue, entries }
    }

    /// A Mobility Header was received or sent.
    pub(crate) fn signal(&self, direction: &'static str, octets: &[u8]) {
        let mh_type = octets.get(2);
        let known = MESSAGES.iter().find(|message| Some(&message.mh_type) == mh_type);
        let kind = known.map_or("unknown", |message| message.name);
        self.messages.get_or_create(&Message { direction, kind }).inc();
    }

    /// A Router Advertisement was sent.
    pub(crate) fn advertised(&self) {
        self.messages.get_or_create(&Message { direction: "sent", kind: "ra" }).inc();
    }

    pub(crate) fn unsent(&self) {
        self.unsent.inc();
    }

    pub(crate) fn event(&self, event: &Event) {
        self.events.get_or_create(&EventLabel { event: log::name(event) }).inc();
        match event {
            Event::Ignored { why, .. } => self.ignored(why),
            Event::Refused { status, .. } => {
                self.refused.get_or_create(&StatusLabel { status: status.0 }).inc();
            }
            _ => {}
        }
    }

    fn ignored(&self, why: &Ignored) {
        self.ignored.get_or_create(&IgnoredLabel { why: log::reason(why) }).inc();
    }

    /// All of it, with what the node holds now.
    pub(crate) fn text(&self, sessions: usize, queue: usize, entries: usize) -> String {
        for (gauge, value) in [(&self.sessions, sessions), (&self.queue, queue), (&self.entries, entries)] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}
