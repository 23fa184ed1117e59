//! Before the cases: is the implementation there, does it know the tester, how well can times be measured, what time does it
//! have, and is it what its profile says? What is wrong here would look like a failure of the implementation later.

mod clock;
mod cmd;
mod echoes;
mod gateway;
mod probing;
mod registering;

use std::sync::Arc;

use dmm_conformance::script::value::Value;
use dmm_conformance::transport::Role;
use dmm_conformance::{Clock, Profile};

use self::probing::Probing;
use crate::domain::Domain;

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// In the order in which it was.
    pub findings: Vec<Finding>,
    /// How well times can be measured.
    pub clock: Clock,
}

/// One thing that was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub weight: Weight,
    /// About what, in a word.
    pub about: &'static str,
    /// What, and what to do about it.
    pub says: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// As it should be.
    Good,
    /// Cases can run; somebody should look.
    Warning,
    /// What cases would say is worth nothing.
    Obstacle,
}

impl Weight {
    /// As terminals and JSON have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Obstacle => "obstacle",
        }
    }
}

impl Preflight {
    /// Nobody has looked: times are judged as simulation says that they can be.
    pub fn none() -> Self {
        let says = "left out: reachability, jitter, clock and mode are not known. Time stamps are by this machine's clock: an implementation \
with another rejects them with status 156, which is no failure of its own"
            .to_string();
        let left_out = Finding { weight: Weight::Warning, about: "preflight", says };
        Self { findings: vec![left_out], clock: Clock::REAL }
    }

    /// The worst of it.
    pub fn weight(&self) -> Weight {
        self.findings.iter().map(|finding| finding.weight).max().unwrap_or(Weight::Good)
    }

    fn note(&mut self, weight: Weight, about: &'static str, says: impl Into<String>) {
        self.findings.push(Finding { weight, about, says: says.into() });
    }

    /// What the profile says and what was seen, in either direction; what the profile does not speak of is no finding.
    fn compare(&mut self, profile: &Profile, name: &'static str, seen: bool, by: &str) {
        let Some(declared) = profile.pics.get(name).copied() else { return };
        if declared == seen {
            return self.note(Weight::Good, name, format!("{declared}, as declared: {by}"));
        }
        let says = format!("declared {declared}, but {by}: mend the profile, or the implementation");
        self.note(Weight::Warning, name, says);
    }
}

/// What the profile alone shows.
pub fn review(profile: &Profile) -> Vec<Finding> {
    let mut found = Preflight { findings: Vec::new(), clock: Clock::REAL };
    let answer = |name: &str| profile.pics.get(name).copied().unwrap_or_default();
    for role in &profile.roles {
        if !answer(role.name()) {
            let says = format!(
                "`roles` has {role}, and `pics` says `{role}: false` or nothing: no case for a {role} would apply"
            );
            found.note(Weight::Warning, "profile", says);
        }
    }
    if profile.roles.is_empty() {
        found.note(Weight::Obstacle, "profile", "`roles` is empty, so nothing is tested: roles: [cmd]");
    }
    for role in [Role::Cmd, Role::Maar].into_iter().filter(|role| profile.roles.contains(role)) {
        let declared: Vec<&str> = modes(role).map(|(name, _)| name).filter(|name| answer(name)).collect();
        if declared.len() != 1 {
            let declared = if declared.is_empty() { "none".to_string() } else { declared.join(" and ") };
            let says = format!(
                "a {} is in one mode at a time, and `pics` says {declared}: one profile for each mode, and a run for each",
                role.name().to_uppercase()
            );
            found.note(Weight::Warning, "profile", says);
        }
    }
    if profile.roles.iter().any(|role| matches!(role, Role::Maar | Role::Mag)) {
        let has = profile.triggers.of("attach").is_some();
        if has != answer("trigger.attach") {
            let says = if has {
                "`triggers` has one for attach, and `pics` says `trigger.attach: false` or nothing: no case that needs it would apply"
            } else {
                "`pics` says `trigger.attach: true`, and `triggers` has none: nobody would come to its access link"
            };
            found.note(Weight::Warning, "profile", says);
        }
    }
    for name in ["response_time", "initial_bindack", "pacing_drain", "relay_timeout_at_most", "binding_guard"]
    {
        if let Some(Err(why)) = profile.pixit.get(name).map(Value::duration) {
            found.note(Weight::Obstacle, "profile", format!("pixit.{name}: {why}"));
        }
    }
    let mut net = |name: &str| match profile.pixit.get(name).map(Value::net) {
        Some(Err(why)) => {
            found.note(Weight::Obstacle, "profile", format!("pixit.{name}: {why}"));
            None
        }
        net => net.and_then(Result::ok),
    };
    if let (Some(pool), Some(free)) = (net("pool"), net("free_prefix"))
        && !pool.contains(&free)
    {
        let says = format!("pixit.free_prefix: {free} is none of {pool}, which are `pixit.pool`");
        found.note(Weight::Warning, "profile", says);
    }
    if found.findings.is_empty() {
        found.note(Weight::Good, "profile", format!("{} {}", profile.name, profile.version).trim());
    }
    found.findings
}

/// What profiles call the modes of a role.
fn modes(role: Role) -> impl Iterator<Item = (&'static str, Mode)> {
    MODES.iter().filter(move |(of, ..)| *of == role).map(|(_, name, mode)| (*name, *mode))
}

const MODES: [(Role, &str, Mode); 6] = [
    (Role::Cmd, "cmd.mode.relay", Mode::Relay),
    (Role::Cmd, "cmd.mode.locator", Mode::Locator),
    (Role::Cmd, "cmd.mode.proxy", Mode::Proxy),
    (Role::Maar, "maar.mode.relay", Mode::Relay),
    (Role::Maar, "maar.mode.locator", Mode::Locator),
    (Role::Maar, "maar.mode.proxy", Mode::Proxy),
];

/// The mode of a CMD, by what it and its MAARs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Relay,
    Locator,
    Proxy,
}

/// Looks at what is behind the wire. From then on the tester's clock is the implementation's.
pub fn preflight(profile: &Profile, domain: &Arc<Domain>) -> Preflight {
    let mut found = Preflight { findings: review(profile), clock: Clock::REAL };
    if found.weight() < Weight::Obstacle
        && let Err(error) = Probing::open(profile, domain).and_then(|mut probing| probing.all(&mut found))
    {
        found.note(Weight::Obstacle, "reach", error.to_string());
    }
    found
}
