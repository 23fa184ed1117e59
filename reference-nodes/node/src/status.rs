//! What a node says about itself: to `dmm status`, to scripts, to a test runner. Made from a node's views; carries
//! identities, so it goes to the admin socket and nowhere else.

use std::net::Ipv6Addr;

use dmm_codec::{Instant, LinkLayerAddress};
use dmm_proto::view::{Anchored, Session, Waiting};
use dmm_proto::{Reason, Timeout};
use serde::{Deserialize, Serialize};

/// What a node holds at one moment. Times are seconds from then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// `cmd`, `maar`, `lma` or `mag`.
    pub role: String,
    /// Its address.
    pub address: Ipv6Addr,
    /// `relay`, `locator` or `proxy`, where there is a CMD.
    pub mode: Option<String>,
    /// Of this program.
    pub version: String,
    /// For how long it has run.
    pub up: f64,
    /// How far the system's clock was set away from the node's since it started. PBUs carry the node's.
    pub clock_set_by: f64,
    /// Where bindings are kept: the file, or `memory` and what that means.
    pub store: String,
    /// Writes that are under way to that file.
    pub writes_waiting: u64,
    /// Why the last of them could not be done: nothing new is promised.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub store_problem: Option<String>,
    /// Who forwards.
    pub forwarding: String,
    /// Entries that forwarding should hold.
    pub entries: usize,
    /// Capabilities of the process.
    pub capabilities: Vec<String>,
    /// Frames of the access link that came too fast.
    pub dropped_frames: u64,
    /// How many sessions there are, shown or not.
    pub session_count: usize,
    /// Sessions, in the order of the mobile nodes' identifiers.
    pub sessions: Vec<SessionStatus>,
    /// How many PBUs wait, shown or not.
    pub queue_length: usize,
    /// PBUs that are not answered.
    pub queue: Vec<QueueStatus>,
    /// What happens next if nothing else does.
    pub timer: Option<TimerStatus>,
    /// The nodes that it works with.
    pub peers: Vec<PeerStatus>,
}

/// What a node holds of one mobile node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionStatus {
    /// Its identifier.
    pub mn: String,
    /// Its MAC address, at a node with an access link.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mac: Option<String>,
    /// Where the session stands.
    pub state: String,
    /// Who serves it.
    pub serving: Option<Ipv6Addr>,
    /// Its prefixes there; at a MAAR those that are anchored here.
    pub prefixes: Vec<String>,
    /// P-MAARs, and what they anchor.
    pub p_maars: Vec<PMaarStatus>,
    /// When it is registered again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refresh_in: Option<f64>,
    /// When it ends.
    pub expires_in: Option<f64>,
    /// When the S-MAAR is answered although P-MAARs are silent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer_in: Option<f64>,
}

/// A P-MAAR of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PMaarStatus {
    /// Its address.
    pub address: Ipv6Addr,
    /// What it anchors.
    pub prefixes: Vec<String>,
    /// Whether it has answered for the present S-MAAR; a CMD knows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered: Option<bool>,
}

/// A PBU that is not answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueStatus {
    /// Whom it is about.
    pub mn: String,
    /// Whom it is for.
    pub peer: Ipv6Addr,
    /// How often it was sent.
    pub sent: u32,
    /// When it is sent next.
    pub next_in: Option<f64>,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimerStatus {
    /// When.
    pub fires_in: f64,
    /// `update`, `aggregation` or `lifetime`.
    pub reason: String,
}

/// A node of the domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerStatus {
    /// Its address.
    pub address: Ipv6Addr,
    /// Its role.
    pub role: String,
    /// Mobility Headers sent to it.
    pub sent: u64,
    /// Mobility Headers received from it.
    pub received: u64,
    /// How long ago the last of those came.
    pub heard: Option<f64>,
}

/// Seconds from now until then.
pub(crate) fn seconds(now: Instant, at: Instant) -> f64 {
    at.since(now).as_secs_f64()
}

impl SessionStatus {
    pub(crate) fn new(now: Instant, session: &Session) -> Self {
        let until = |at: Option<Instant>| at.map(|at| seconds(now, at));
        Self {
            mn: session.mn.to_string(),
            mac: session.mac.map(|mac| LinkLayerAddress::from(mac).to_string()),
            state: session.state.name().to_owned(),
            serving: session.serving,
            prefixes: texts(&session.prefixes),
            p_maars: session.anchors.iter().map(PMaarStatus::new).collect(),
            refresh_in: until(session.refresh),
            expires_in: until(session.expires),
            answer_in: until(session.answer_by),
        }
    }
}

impl PMaarStatus {
    fn new(anchored: &Anchored) -> Self {
        let Anchored { maar, prefixes, answered } = anchored;
        Self { address: *maar, prefixes: texts(prefixes), answered: *answered }
    }
}

impl QueueStatus {
    pub(crate) fn new(now: Instant, waiting: &Waiting) -> Self {
        let Waiting { mn, peer, sent, next } = waiting;
        Self { mn: mn.to_string(), peer: *peer, sent: *sent, next_in: next.map(|at| seconds(now, at)) }
    }
}

impl TimerStatus {
    pub(crate) fn new(now: Instant, timeout: Timeout) -> Self {
        let reason = match timeout.reason {
            Reason::Update => "update",
            Reason::Aggregation => "aggregation",
            Reason::Lifetime => "lifetime",
        };
        Self { fires_in: seconds(now, timeout.at), reason: reason.to_owned() }
    }
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

impl Status {
    /// As a person reads it.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| out += &format!("{text}\n");
        let mode = self.mode.as_ref().map_or_else(String::new, |mode| format!(", {mode}"));
        line(format!("{} {}{mode}: up {}, dmm {}", self.role, self.address, time(self.up), self.version));
        line(format!("forwarding: {}", self.forwarding));
        line(format!("store: {}; capabilities: {}", self.store, list(&self.capabilities)));
        if self.writes_waiting > 0 {
            line(format!("writes that are not durable yet: {}", self.writes_waiting));
        }
        if let Some(problem) = &self.store_problem {
            line(format!("nothing new is promised: {problem}"));
        }
        if self.clock_set_by > CLOCK_SET {
            line(format!(
                "the system's clock was set by {} since the start; PBUs carry the old time: restart the node",
                time(self.clock_set_by)
            ));
        }
        if self.dropped_frames > 0 {
            line(format!("{} frames of the access link came too fast", self.dropped_frames));
        }
        if let Some(TimerStatus { fires_in, reason }) = &self.timer {
            line(format!("next timer: {reason} in {}", time(*fires_in)));
        }
        line(String::new());
        line(format!("sessions: {}", self.session_count));
        for session in &self.sessions {
            line(session.text());
            for p_maar in &session.p_maars {
                let answered = match p_maar.answered {
                    Some(true) => ", has answered",
                    Some(false) => ", silent",
                    None => "",
                };
                line(format!("    P-MAAR {}: {}{answered}", p_maar.address, list(&p_maar.prefixes)));
            }
        }
        if self.sessions.len() < self.session_count {
            line(format!("  … and {} more", self.session_count - self.sessions.len()));
        }
        line(format!("PBUs not answered: {}", self.queue_length));
        for QueueStatus { mn, peer, sent, next_in } in &self.queue {
            let next = next_in.map_or_else(String::new, |next| format!(", again in {}", time(next)));
            line(format!("  to {peer} about {mn}: sent {sent} times{next}"));
        }
        line("peers:".to_owned());
        for PeerStatus { address, role, sent, received, heard } in &self.peers {
            let heard =
                heard.map_or_else(|| "never heard".to_owned(), |ago| format!("heard {} ago", time(ago)));
            line(format!("  {role} {address}: sent {sent}, received {received}, {heard}"));
        }
        out
    }
}

/// A clock that was set by more than this many seconds is worth a word: PBUs are refused when clocks are 0.3 s apart.
pub(crate) const CLOCK_SET: f64 = 0.1;

impl SessionStatus {
    fn text(&self) -> String {
        let mut out = format!("  {} {}", self.mn, self.state);
        let mut add = |what: &str, value: Option<String>| {
            if let Some(value) = value {
                out += &format!("{what}{value}");
            }
        };
        add(" at ", self.serving.map(|serving| serving.to_string()));
        add(", prefix ", (!self.prefixes.is_empty()).then(|| list(&self.prefixes)));
        add(", answered in ", self.answer_in.map(time));
        add(", refresh in ", self.refresh_in.map(time));
        add(", ends in ", self.expires_in.map(time));
        out
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn time(seconds: f64) -> String {
    format!("{seconds:.1} s")
}
