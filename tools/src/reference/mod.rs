//! The reference nodes as implementations under test, in this process and on virtual time. What a vendor's box is on
//! the wire, a node is here.

mod router;

use std::net::Ipv6Addr;
use std::sync::Arc;

use dmm_codec::{Instant, Lifetime, MnIdentifier};
use dmm_conformance::Profile;
use dmm_conformance::script::value::{Value, parse_duration};
use dmm_conformance::transport::{Bench, MobileSetup, Role, RoleSetup, Setup, Transport, TransportError};
use dmm_proto::legacy::{Lma, LmaConfig, Mag, MagConfig};
use dmm_proto::{Cmd, CmdConfig, Maar, MaarConfig, MaarPeer, Node, Plan};
use dmm_sim::Routes;
use ipnet::Ipv6Net;

pub use router::Router;

use crate::virtual_wire::{START, VirtualWire};

/// What is judged in this process, each by its profile.
pub const REFERENCES: &[&str] = &[
    "ref-cmd",
    "ref-cmd-locator",
    "ref-cmd-proxy",
    "ref-maar",
    "ref-maar-locator",
    "ref-maar-proxy",
    "ref-lma",
    "ref-mag",
];

/// What a node under test is configured with for a case.
#[derive(Clone, Debug)]
pub enum Config {
    /// A CMD.
    Cmd(CmdConfig),
    /// A MAAR.
    Maar(MaarConfig),
    /// A legacy LMA.
    Lma(LmaConfig),
    /// A legacy MAG.
    Mag(MagConfig),
}

/// Makes the node under test from its configuration.
pub type Make = Arc<dyn Fn(Config) -> Box<dyn Node> + Send + Sync>;
/// The same for CMDs alone.
pub type MakeCmd = fn(CmdConfig) -> Box<dyn Node>;

/// CMDs are made so, and other nodes as they are.
pub fn cmds(make: MakeCmd) -> Make {
    Arc::new(move |config| match config {
        Config::Cmd(config) => make(config),
        other => node(other),
    })
}

/// The node as it is.
pub fn node(config: Config) -> Box<dyn Node> {
    match config {
        Config::Cmd(config) => Box::new(Cmd::new(config)),
        Config::Maar(config) => Box::new(Maar::new(config)),
        Config::Lma(config) => Box::new(Lma::new(config)),
        Config::Mag(config) => Box::new(Mag::new(config)),
    }
}

/// A reference node as implementation under test.
#[derive(Clone)]
pub struct Reference {
    name: String,
    plan: Plan,
    pool: Option<Ipv6Net>,
    make: Make,
    start: Instant,
}

impl Reference {
    /// The node that a profile describes: as which roles, in which mode of the domain, with which prefixes.
    pub fn of(profile: &Profile) -> Self {
        let has = |question: String| profile.pics.get(&question).copied().unwrap_or(false);
        let is_mode = |plan: &&Plan| profile.roles.iter().any(|role| has(format!("{role}.mode.{plan}")));
        let plan = Plan::ALL.iter().find(is_mode).copied().unwrap_or(Plan::RELAY);
        let pool = profile.pixit.get("pool").and_then(|pool| pool.net().ok());
        Self { name: profile.name.clone(), plan, pool, make: Arc::new(node), start: START }
    }

    /// The same where the clock begins at another time: at that of a record, whose time stamps are by another clock.
    pub fn starting_at(self, start: Instant) -> Self {
        Self { start, ..self }
    }

    /// The same made in another way: with a fault, to see that the suite finds it.
    pub fn made_by(self, make: Make) -> Self {
        Self { make, ..self }
    }

    /// The host that it is on virtual time.
    pub fn host(&self, setup: &Setup, routes: Routes) -> Result<Router, TransportError> {
        Ok(self.router(self.config(setup)?, setup, routes))
    }

    fn router(&self, config: Config, setup: &Setup, routes: Routes) -> Router {
        Router::new(config, Arc::clone(&self.make), setup.iut.addr, routes)
    }

    fn config(&self, setup: &Setup) -> Result<Config, TransportError> {
        let address = setup.iut.addr;
        let of = |role| setup.roles.iter().filter(move |it: &&RoleSetup| it.role == role);
        let first = |role| of(role).next().map_or(Ipv6Addr::UNSPECIFIED, |role| role.addr);
        let peers: Vec<MaarPeer> =
            of(Role::Maar).map(|role| MaarPeer { address: role.addr, pools: vec![role.pool] }).collect();
        let of_mobile = |mobile: &MobileSetup| (mobile.mac, MnIdentifier::nai(&mobile.nai));
        let subscribers = setup.mobiles.iter().map(of_mobile).collect();
        let pool = || {
            let what = format!("the profile of {} has no prefixes for it: `pixit: {{pool: ...}}`", self.name);
            self.pool.ok_or(TransportError::Bench(what))
        };
        Ok(match setup.iut.role {
            Role::Cmd => Config::Cmd(CmdConfig { plan: self.plan, ..CmdConfig::new(address, peers) }),
            Role::Maar => Config::Maar(MaarConfig {
                plan: self.plan,
                peers,
                subscribers,
                ..MaarConfig::new(address, first(Role::Cmd), pool()?)
            }),
            Role::Lma => {
                let mags = of(Role::Mag).map(|role| role.addr).collect();
                Config::Lma(LmaConfig::new(address, mags, pool()?))
            }
            Role::Mag => Config::Mag(MagConfig { subscribers, ..MagConfig::new(address, first(Role::Lma)) }),
        })
    }
}

impl Bench for Reference {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        let config = self.config(setup)?;
        Ok(Box::new(VirtualWire::around(setup, self.start, |routes| self.router(config, setup, routes))))
    }
}

/// Whether a configuration could be changed so.
fn set(config: &mut Config, name: &str, value: &str) -> bool {
    let plan = Plan::ALL.into_iter().find(|plan| plan.name == value);
    let lifetime = parse_duration(value).map(Lifetime::within);
    match (config, name, plan, lifetime) {
        (Config::Cmd(config), "mode", Some(plan), _) => config.plan = plan,
        (Config::Maar(config), "mode", Some(plan), _) => config.plan = plan,
        (Config::Maar(config), "lifetime", _, Some(lifetime)) => config.lifetime = lifetime,
        (Config::Mag(config), "lifetime", _, Some(lifetime)) => config.lifetime = lifetime,
        (Config::Maar(config), "local_prefix", ..) => match Value::Text(value.to_owned()).net() {
            Ok(prefix) => config.local_prefixes = vec![prefix],
            Err(_) => return false,
        },
        _ => return false,
    }
    true
}
