//! The reference nodes as implementations under test, in this process and on virtual time. What a vendor's box is on
//! the wire, a node is here, with a probe for each of the tester's roles on a simulated core, and one for each mobile node on
//! its access link.

mod router;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use dmm_codec::packet::Mac;
use dmm_codec::{Instant, Lifetime, MnIdentifier};
use dmm_conformance::Profile;
use dmm_conformance::script::value::{Value, parse_duration};
use dmm_conformance::transport::{
    Acted, Action, Bench, MobileSetup, Received, Role, RoleSetup, Setup, Transport, TransportError,
};
use dmm_proto::legacy::{Lma, LmaConfig, Mag, MagConfig};
use dmm_proto::{Cmd, CmdConfig, Maar, MaarConfig, MaarPeer, Node, Plan};
use dmm_sim::{HostId, LinkId, Port, Probe, Profile as Link, Routes, Simulation};
use ipnet::Ipv6Net;

use router::Router;

/// The delay of the simulated links: little, but not nothing, so that order on the wire is visible.
const DELAY: Duration = Duration::from_micros(500);
const IUT_MAC: Mac = [0x02, 0x00, 0x5e, 0xcd, 0x00, 0x00];
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
        Self { name: profile.name.clone(), plan, pool, make: Arc::new(node), start: dmm_sim::domain::START }
    }

    /// The same where the clock begins at another time: at that of a record, whose time stamps are by another clock.
    pub fn starting_at(self, start: Instant) -> Self {
        Self { start, ..self }
    }

    /// The same made in another way: with a fault, to see that the suite finds it.
    pub fn made_by(self, make: Make) -> Self {
        Self { make, ..self }
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
        let mut sim = Simulation::new(self.start, setup.seed);
        let core = sim.add_link("core", Link { delay: DELAY, ..Link::default() });
        let access = sim.add_link("access", Link { delay: DELAY, ..Link::default() });
        let mut routes = Routes::default();
        for role in &setup.roles {
            routes.add(Ipv6Net::from(role.addr), role.mac);
        }
        let router = Router::new((self.make)(config.clone()), setup.iut.addr, IUT_MAC, routes);
        let iut = sim.add_host(router);
        sim.plug(iut, Port::Core, core);
        let has_access = matches!(setup.iut.role, Role::Maar | Role::Mag);
        let mut probes = BTreeMap::new();
        for role in &setup.roles {
            let probe = sim.add_host(Probe::new(role.mac, Port::Core));
            sim.plug(probe, Port::Core, core);
            probes.insert(role.port.clone(), probe);
        }
        if has_access {
            sim.plug(iut, Port::Access, access);
            // They are on no link before they are triggered to be.
            for mobile in &setup.mobiles {
                let probe = sim.add_host(Probe::new(mobile.mac, Port::Access));
                probes.insert(mobile.name.clone(), probe);
            }
        }
        let access = has_access.then_some(access);
        Ok(Box::new(Wire {
            sim,
            iut,
            config,
            make: Arc::clone(&self.make),
            probes,
            access,
            attached: BTreeSet::new(),
        }))
    }
}

struct Wire {
    sim: Simulation,
    iut: HostId,
    config: Config,
    make: Make,
    probes: BTreeMap<String, HostId>,
    /// The access link, if the node has one.
    access: Option<LinkId>,
    /// The mobile nodes that are on it.
    attached: BTreeSet<String>,
}

impl Wire {
    fn take_received(&mut self) -> Option<Received> {
        let arrived =
            |(_, id): &(&String, &HostId)| self.sim.host::<Probe>(**id).received.front().map(|(at, _)| *at);
        // Of what has arrived at several probes, the first is taken first.
        let first = self.probes.iter().filter(|probe| arrived(probe).is_some()).min_by_key(arrived);
        let (port, id) = first.map(|(port, id)| (port.clone(), *id))?;
        let (at, frame) = self.sim.with_host(id, |probe: &mut Probe, _| probe.received.pop_front())?;
        Some(Received { at, port, frame })
    }

    fn restart(&mut self) -> Acted {
        let fresh = (self.make)(self.config.clone());
        self.sim.with_host(self.iut, |router: &mut Router, _| router.restart(fresh));
        Acted::Done
    }

    /// The place of a mobile node on the access link.
    fn on_access(&self, mobile: &str) -> Result<(HostId, LinkId), Acted> {
        let why = || Acted::Unsupported { why: "the node has no access link".to_owned() };
        let (Some(link), Some(probe)) = (self.access, self.probes.get(mobile)) else { return Err(why()) };
        Ok((*probe, link))
    }

    fn attach(&mut self, mobile: &str) -> Acted {
        match self.on_access(mobile) {
            Ok((probe, link)) => {
                // Who is there already solicits again.
                if self.attached.insert(mobile.to_owned()) {
                    self.sim.plug(probe, Port::Access, link);
                }
                Acted::OnLink
            }
            Err(acted) => acted,
        }
    }

    fn detach(&mut self, mobile: &str) -> Acted {
        match self.on_access(mobile) {
            Ok((probe, _)) => {
                self.attached.remove(mobile);
                self.sim.unplug(probe, Port::Access);
                Acted::Done
            }
            Err(acted) => acted,
        }
    }

    /// Another configuration, as if an operator had written it and started the node anew.
    fn set_config(&mut self, settings: &[(String, String)]) -> Acted {
        for (name, value) in settings {
            if !set(&mut self.config, name, value) {
                return Acted::Unsupported { why: format!("the node cannot be set to {name}: {value}") };
            }
        }
        self.restart()
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

impl Transport for Wire {
    fn now(&self) -> Instant {
        self.sim.now()
    }

    fn send(&mut self, port: &str, frame: &[u8]) -> Result<(), TransportError> {
        let id = *self.probes.get(port).ok_or_else(|| TransportError::UnknownPort(port.to_owned()))?;
        self.sim.with_host(id, |probe: &mut Probe, _| probe.send(frame.to_vec()));
        Ok(())
    }

    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError> {
        loop {
            if let Some(received) = self.take_received() {
                return Ok(Some(received));
            }
            if !self.sim.step(deadline) {
                return Ok(None);
            }
        }
    }

    fn act(&mut self, action: &Action) -> Result<Acted, TransportError> {
        Ok(match action {
            Action::Restart => self.restart(),
            Action::Attach { mobile, at: None } | Action::Handover { mobile, to: None } => {
                self.attach(mobile)
            }
            // At one of the tester's roles nothing happens until the tester sends something from there.
            Action::Attach { .. } => Acted::Done,
            Action::Detach { mobile } | Action::Handover { mobile, .. } => self.detach(mobile),
            Action::SetConfig(settings) => self.set_config(settings),
            Action::DumpState => {
                let plane = self.sim.host::<Router>(self.iut).plane();
                let entries: Vec<String> = plane.iter().map(|entry| format!("{entry:?}")).collect();
                Acted::Told(format!("forwarding: {} entries: {}", entries.len(), entries.join("; ")))
            }
            _ => Acted::Unsupported { why: "a node in this process cannot be asked for that".to_owned() },
        })
    }

    fn peer_mac(&self, _port: &str) -> Mac {
        IUT_MAC
    }
}
