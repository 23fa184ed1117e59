//! A whole domain: a CMD, some MAARs with an access link each, a correspondent, and mobile nodes that move. Where it is one of
//! RFC 5213, an LMA is in the CMD's place and MAGs are in the MAARs'.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::Mac;
use dmm_codec::{Instant, Lifetime, MnIdentifier};
use dmm_dataplane::Plane;
use dmm_proto::cmd::MaarPeer;
use dmm_proto::legacy::{Lma, LmaConfig, Mag, MagConfig};
use dmm_proto::record::Record;
use dmm_proto::{Cmd, CmdConfig, Deregistration, Event, Maar, MaarConfig, Plan};
use ipnet::Ipv6Net;

use crate::{
    CoreNode, Correspondent, Disk, Fault, FlowReport, HostId, LinkId, MobileNode, Port, Profile, Records,
    Router, Routes, Simulation, Tapped,
};

/// 2026-01-01 00:00 UTC, when every run starts.
pub const START: Instant = Instant::from_secs(1_767_225_600);
/// The address of the CMD.
pub const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
/// The address of the correspondent.
pub const CORRESPONDENT: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xf0, 0, 0, 0, 0, 1);
/// The core itself.
const CORE: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0);

/// The address of the LMA, where there is one.
pub const LMA: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0x1a);

/// What kind of domain it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Of RFC 8885: a CMD and MAARs.
    #[default]
    Dmm,
    /// Of RFC 5213: an LMA and MAGs.
    Legacy,
}

/// What a domain is made of.
#[derive(Clone, Debug)]
pub struct DomainConfig {
    /// Of which RFC it is. One of RFC 5213 knows no plan, and nothing of P-MAARs.
    pub kind: Kind,
    /// How many MAARs, or MAGs.
    pub maars: u16,
    /// How many mobile nodes.
    pub mobiles: u16,
    /// The role of the CMD (RFC 8885 §3).
    pub plan: Plan,
    /// Who may end a session (RFC 8885 §3.5).
    pub deregistration: Deregistration,
    /// The lifetime that MAARs or MAGs ask for.
    pub lifetime: Lifetime,
    /// How many P-MAARs the CMD keeps of a mobile node (R6.5).
    pub max_p_maars: usize,
    /// For how long a P-MAAR believes a CMD that says no more (stance A26).
    pub anchor_guard: Duration,
    /// How long a write of a node's store takes, where nodes have one: they are durable then. A MAG has none.
    pub disk: Option<Duration>,
    /// All chance comes from it.
    pub seed: u64,
    /// The core.
    pub core: Profile,
    /// Each access link.
    pub access: Profile,
    /// How long forwarding at a MAAR takes to change.
    pub forwarding_delay: Duration,
    /// How long a mobile node is on no link while it moves.
    pub gap: Duration,
}

impl Default for DomainConfig {
    fn default() -> Self {
        let delay = |millis| Profile { delay: Duration::from_millis(millis), ..Profile::default() };
        Self {
            kind: Kind::Dmm,
            maars: 3,
            mobiles: 1,
            plan: Plan::RELAY,
            deregistration: Deregistration::default(),
            lifetime: Lifetime::within(Duration::from_mins(5)),
            max_p_maars: 16,
            anchor_guard: Duration::from_hours(24),
            disk: None,
            seed: 1,
            core: delay(2),
            access: delay(1),
            forwarding_delay: Duration::from_millis(1),
            gap: Duration::from_millis(30),
        }
    }
}

/// A domain in virtual time. MAARs or MAGs, and mobile nodes, are counted from 1, as in the RFC's figures.
pub struct Domain {
    sim: Simulation,
    config: DomainConfig,
    core: LinkId,
    /// The CMD or LMA.
    centre: HostId,
    /// MAARs or MAGs, each with its access link.
    routers: Vec<(HostId, LinkId)>,
    mobiles: Vec<HostId>,
}

/// The address of a MAAR or MAG.
pub fn maar_address(number: u16) -> Ipv6Addr {
    Ipv6Addr::from_bits(CORE.to_bits() | u128::from(number))
}

/// The prefix pool of a MAAR: `2001:db8:a001::/48` for the first.
pub fn pool(number: u16) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0xa000 + number, 0, 0, 0, 0, 0), 48)
}

/// The prefix pool of the LMA.
pub fn lma_pool() -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0xe000, 0, 0, 0, 0, 0), 48)
}

/// The number of the MAAR or MAG whose access link this is: they follow the core, which has the first number.
pub(crate) fn router_of(link: LinkId) -> Option<u16> {
    u16::try_from(link.0).ok().filter(|number| *number > 0)
}

/// The network that only this MAAR reaches: `2001:db8:b001::/48` for the first.
pub fn local_network(number: u16) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0xb000 + number, 0, 0, 0, 0, 0), 48)
}

/// The identity of a mobile node.
pub fn mn_identifier(number: u16) -> MnIdentifier {
    MnIdentifier::nai(&format!("mn{number}@example.org"))
}

/// MAC addresses for documentation (RFC 7042 §2.1.2) have one octet to choose; more hosts than that get local ones.
fn mac(kind: u8, number: u16) -> Mac {
    let [high, low] = number.to_be_bytes();
    [0x02, 0x00, 0x5e, kind, high, low]
}

/// The MAC address of a mobile node.
pub fn mobile_mac(number: u16) -> Mac {
    mac(0x10, number)
}

impl DomainConfig {
    fn peers(&self) -> impl Iterator<Item = MaarPeer> {
        (1..=self.maars).map(|n| MaarPeer { address: maar_address(n), pools: vec![pool(n)] })
    }

    fn cmd(&self) -> CmdConfig {
        let &Self { plan, deregistration, max_p_maars, .. } = self;
        let durable = self.disk.is_some();
        CmdConfig {
            plan,
            deregistration,
            max_p_maars,
            durable,
            ..CmdConfig::new(CMD, self.peers().collect())
        }
    }

    fn maar(&self, number: u16) -> MaarConfig {
        let address = maar_address(number);
        MaarConfig {
            plan: self.plan,
            deregistration: self.deregistration,
            lifetime: self.lifetime,
            anchor_guard: self.anchor_guard,
            durable: self.disk.is_some(),
            peers: self.peers().filter(|peer| peer.address != address).collect(),
            local_prefixes: vec![local_network(number)],
            subscribers: self.subscribers(),
            ..MaarConfig::new(address, CMD, pool(number))
        }
    }

    fn lma(&self) -> LmaConfig {
        let mags = (1..=self.maars).map(maar_address).collect();
        LmaConfig { durable: self.disk.is_some(), ..LmaConfig::new(LMA, mags, lma_pool()) }
    }

    fn mag(&self, number: u16) -> MagConfig {
        let (subscribers, lifetime) = (self.subscribers(), self.lifetime);
        MagConfig { subscribers, lifetime, ..MagConfig::new(maar_address(number), LMA) }
    }

    fn subscribers(&self) -> BTreeMap<Mac, MnIdentifier> {
        (1..=self.mobiles).map(|n| (mobile_mac(n), mn_identifier(n))).collect()
    }

    /// The address of the CMD or LMA.
    pub fn centre(&self) -> Ipv6Addr {
        match self.kind {
            Kind::Dmm => CMD,
            Kind::Legacy => LMA,
        }
    }

    /// What people call the CMD or LMA, or a MAAR or MAG.
    pub fn name(&self, who: Option<u16>) -> String {
        match (self.kind, who) {
            (Kind::Dmm, None) => "cmd".to_owned(),
            (Kind::Dmm, Some(number)) => format!("maar{number}"),
            (Kind::Legacy, None) => "lma".to_owned(),
            (Kind::Legacy, Some(number)) => format!("mag{number}"),
        }
    }
}

impl Domain {
    /// Builds the domain; the mobile nodes are on no link yet.
    pub fn new(config: &DomainConfig) -> Self {
        let mut sim = Simulation::new(START, config.seed);
        let core = sim.add_link("core", config.core);
        let (centre_mac, correspondent_mac) = (mac(0xcd, 0), mac(0xcc, 0));

        let mut routes = Routes::default();
        routes.add(host(config.centre()), centre_mac);
        routes.add(host(CORRESPONDENT), correspondent_mac);
        if config.kind == Kind::Legacy {
            routes.add(lma_pool(), centre_mac);
        }
        for number in 1..=config.maars {
            let mac = mac(0xaa, number);
            routes.add(host(maar_address(number)), mac);
            if config.kind == Kind::Dmm {
                routes.add(pool(number), mac);
            }
        }

        let centre = match config.kind {
            Kind::Dmm => {
                let mut cmd = CoreNode::new(Cmd::new(config.cmd()), centre_mac, CMD, routes.clone());
                if let Some(takes) = config.disk {
                    cmd = cmd.with_disk(Disk::new(takes), start_cmd);
                }
                sim.add_host(cmd)
            }
            Kind::Legacy => {
                let (node, delay) = (Lma::new(config.lma()), config.forwarding_delay);
                let mut lma = Router::new(node, start_lma, LMA, centre_mac, routes.clone(), delay);
                if let Some(takes) = config.disk {
                    lma = lma.with_disk(Disk::new(takes));
                }
                sim.add_host(lma)
            }
        };
        sim.plug(centre, Port::Core, core);
        let correspondent =
            sim.add_host(Correspondent::new(correspondent_mac, CORRESPONDENT, routes.clone()));
        sim.plug(correspondent, Port::Core, core);

        let mut routers = Vec::new();
        for number in 1..=config.maars {
            let (address, mac, delay) = (maar_address(number), mac(0xaa, number), config.forwarding_delay);
            let router = match config.kind {
                Kind::Dmm => {
                    let node = Maar::new(config.maar(number));
                    let mut maar = Router::new(node, start_maar, address, mac, routes.clone(), delay);
                    if let Some(takes) = config.disk {
                        maar = maar.with_disk(Disk::new(takes));
                    }
                    sim.add_host(maar)
                }
                Kind::Legacy => {
                    let node = Mag::new(config.mag(number));
                    sim.add_host(Router::new(node, start_mag, address, mac, routes.clone(), delay))
                }
            };
            let access = sim.add_link(&format!("access{number}"), config.access);
            sim.plug(router, Port::Core, core);
            sim.plug(router, Port::Access, access);
            routers.push((router, access));
        }
        let mobiles = (1..=config.mobiles).map(|n| sim.add_host(MobileNode::new(mobile_mac(n)))).collect();
        Self { sim, config: config.clone(), core, centre, routers, mobiles }
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.sim.now()
    }

    /// Runs for this long.
    pub fn run_for(&mut self, duration: Duration) {
        self.sim.run_for(duration);
    }

    /// Takes a mobile node off its link, if it is on one, and after the gap puts it on the link of a MAAR or MAG.
    pub fn attach(&mut self, mobile: u16, maar: u16) {
        self.detach(mobile);
        self.sim.run_for(self.config.gap);
        self.plug(mobile, maar);
    }

    /// Puts a mobile node, which is on no link, on the link of a MAAR or MAG.
    pub fn plug(&mut self, mobile: u16, maar: u16) {
        let (_, access) = self.routers[index(maar)];
        self.sim.plug(self.mobiles[index(mobile)], Port::Access, access);
    }

    /// Lets the next thing happen if it does by this time, else moves the clock there; whether something did.
    pub fn step(&mut self, deadline: Instant) -> bool {
        self.sim.step(deadline)
    }

    /// Changes how the core treats frames from now on.
    pub fn set_core(&mut self, profile: Profile) {
        self.sim.set_profile(self.core, profile);
    }

    /// A node, the CMD or LMA where none is named, loses all that it knew but what is on its disk, and its forwarding with it, and
    /// starts again.
    pub fn restart(&mut self, who: Option<u16>) {
        match (self.config.kind, who.map(|number| self.routers[index(number)].0)) {
            (Kind::Dmm, None) => {
                let fresh = Cmd::new(self.config.cmd());
                self.sim.with_host(self.centre, |host: &mut CoreNode<Cmd>, now| match host.disk_mut() {
                    Some(disk) => disk.kill(now, Duration::ZERO),
                    None => host.node = fresh,
                });
            }
            (Kind::Dmm, Some(id)) => {
                self.sim.with_host(id, |host: &mut Router<Maar>, now| host.restart(now));
            }
            (Kind::Legacy, None) => {
                self.sim.with_host(self.centre, |host: &mut Router<Lma>, now| host.restart(now));
            }
            (Kind::Legacy, Some(id)) => {
                self.sim.with_host(id, |host: &mut Router<Mag>, now| host.restart(now));
            }
        }
    }

    /// The disk of a node, of the CMD or LMA where none is named. A MAG has none.
    pub fn disk(&self, who: Option<u16>) -> Option<&Disk> {
        match (self.config.kind, who) {
            (Kind::Dmm, None) => self.cmd().disk(),
            (Kind::Dmm, Some(number)) => self.maar(number).disk(),
            (Kind::Legacy, None) => self.lma().disk(),
            (Kind::Legacy, Some(_)) => None,
        }
    }

    /// Does something to the disk of a node.
    pub fn with_disk<T>(
        &mut self,
        who: Option<u16>,
        change: impl FnOnce(&mut Disk, Instant) -> T,
    ) -> Option<T> {
        match (self.config.kind, who.map(|number| self.routers[index(number)].0)) {
            (Kind::Dmm, None) => self
                .sim
                .with_host(self.centre, |host: &mut CoreNode<Cmd>, now| Some(change(host.disk_mut()?, now))),
            (Kind::Dmm, Some(id)) => {
                self.sim.with_host(id, |host: &mut Router<Maar>, now| Some(change(host.disk_mut()?, now)))
            }
            (Kind::Legacy, None) => self
                .sim
                .with_host(self.centre, |host: &mut Router<Lma>, now| Some(change(host.disk_mut()?, now))),
            (Kind::Legacy, Some(_)) => None,
        }
    }

    /// Whether a node keeps what it knows when it is restarted.
    pub fn keeps(&self, who: Option<u16>) -> bool {
        self.config.disk.is_some() && (self.config.kind == Kind::Dmm || who.is_none())
    }

    /// Takes a mobile node off its link.
    pub fn detach(&mut self, mobile: u16) {
        self.sim.unplug(self.mobiles[index(mobile)], Port::Access);
    }

    /// Has a mobile node start a flow to the correspondent from its preferred address.
    pub fn start_flow(&mut self, mobile: u16, every: Duration) -> Option<Ipv6Addr> {
        let id = self.mobiles[index(mobile)];
        self.sim.with_host(id, |node: &mut MobileNode, now| node.start_flow(now, CORRESPONDENT, every))
    }

    /// How a mobile node's flows fared.
    pub fn flows(&self, mobile: u16) -> Vec<FlowReport> {
        self.mobile(mobile).flows()
    }

    /// A mobile node.
    pub fn mobile(&self, number: u16) -> &MobileNode {
        self.sim.host(self.mobiles[index(number)])
    }

    /// A MAAR.
    pub fn maar(&self, number: u16) -> &Router<Maar> {
        self.sim.host(self.routers[index(number)].0)
    }

    /// The CMD.
    pub fn cmd(&self) -> &CoreNode<Cmd> {
        self.sim.host(self.centre)
    }

    /// A MAG.
    pub fn mag(&self, number: u16) -> &Router<Mag> {
        self.sim.host(self.routers[index(number)].0)
    }

    /// The LMA.
    pub fn lma(&self) -> &Router<Lma> {
        self.sim.host(self.centre)
    }

    /// Makes something of the LMA wrong, or of all MAGs.
    pub fn spoil_legacy(&mut self, mags: bool, fault: Fault) {
        if mags {
            for (id, _) in &self.routers {
                self.sim.with_host(*id, |host: &mut Router<Mag>, _| host.spoil(fault));
            }
        } else {
            self.sim.with_host(self.centre, |host: &mut Router<Lma>, _| host.spoil(fault));
        }
    }

    /// Everything that happened at the nodes of the domain, in order of time: when, where (`cmd`, `maar1`), what.
    pub fn events(&self) -> Vec<(Instant, String, Event)> {
        let mut all = Vec::new();
        for who in self.nodes() {
            let events = match (self.config.kind, who) {
                (Kind::Dmm, None) => &self.cmd().events,
                (Kind::Dmm, Some(number)) => &self.maar(number).events,
                (Kind::Legacy, None) => &self.lma().events,
                (Kind::Legacy, Some(number)) => &self.mag(number).events,
            };
            let name = self.config.name(who);
            all.extend(events.iter().map(|(at, event)| (*at, name.clone(), event.clone())));
        }
        all.sort_by_key(|(at, ..)| *at);
        all
    }

    /// The CMD or LMA, which has no number, and all MAARs or MAGs.
    fn nodes(&self) -> impl Iterator<Item = Option<u16>> {
        std::iter::once(None).chain((1..=self.config.maars).map(Some))
    }

    /// The names of the links, by their number.
    pub fn link_names(&self) -> Vec<String> {
        self.sim.link_names().map(str::to_owned).collect()
    }

    /// Every frame on every link.
    pub fn frames(&self) -> &[Tapped] {
        self.sim.tap()
    }

    /// The MAARs or MAGs that may have changed since the last call, and nothing for the CMD or LMA if it may have.
    pub fn take_touched(&mut self) -> Vec<Option<u16>> {
        let touched = self.sim.take_touched();
        let routers = (1..).zip(&self.routers).map(|(number, (id, _))| (Some(number), *id));
        let all = routers.chain([(None, self.centre)]);
        all.filter(|(_, id)| touched.contains(id)).map(|(who, _)| who).collect()
    }

    /// Takes the frames since the last call.
    pub fn take_frames(&mut self) -> Vec<Tapped> {
        self.sim.take_tap()
    }

    /// The names that people know the addresses by.
    pub fn names(&self) -> Vec<(Ipv6Addr, String)> {
        let routers = (1..=self.config.maars).map(|n| (maar_address(n), self.config.name(Some(n))));
        let centre = (self.config.centre(), self.config.name(None));
        routers.chain([centre, (CORRESPONDENT, "cn".to_owned())]).collect()
    }
}

/// The CMD starts again with what it had written.
fn start_cmd(before: &Cmd, now: Instant, records: &Records) -> Cmd {
    let of = |(mn, record): (&MnIdentifier, &Record)| match record {
        Record::Session(session) => (mn.clone(), session.clone()),
        _ => unreachable!("a CMD keeps sessions"),
    };
    Cmd::restore(before.config().clone(), now, records.iter().map(of))
}

fn start_maar(before: &Maar, now: Instant, records: &Records, found: &Plane) -> Maar {
    let of = |(mn, record): (&MnIdentifier, &Record)| match record {
        Record::Mobile(mobile) => (mn.clone(), mobile.clone()),
        _ => unreachable!("a MAAR keeps mobile nodes"),
    };
    Maar::restore(before.config().clone(), now, records.iter().map(of), found)
}

fn start_lma(before: &Lma, now: Instant, records: &Records, found: &Plane) -> Lma {
    let of = |(mn, record): (&MnIdentifier, &Record)| match record {
        Record::Bce(bce) => (mn.clone(), bce.clone()),
        _ => unreachable!("an LMA keeps binding cache entries"),
    };
    Lma::restore(before.config().clone(), now, records.iter().map(of), found)
}

/// A MAG keeps nothing.
fn start_mag(before: &Mag, _: Instant, _: &Records, _: &Plane) -> Mag {
    Mag::new(before.config().clone())
}

fn host(address: Ipv6Addr) -> Ipv6Net {
    Ipv6Net::new_assert(address, 128)
}

fn index(number: u16) -> usize {
    usize::from(number) - 1
}
