//! The wire on virtual time: what stands under test is a host of the simulation, with a probe for each of the tester's roles on
//! the core, and one for each mobile node on its access link.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::packet::Mac;
use dmm_conformance::transport::{Acted, Action, Received, Role, Setup, Transport, TransportError};
use dmm_sim::{Host, HostId, LinkId, Port, Probe, Profile as Link, Routes, Simulation};
use ipnet::Ipv6Net;

/// The delay of the simulated links: little, but not nothing, so that order on the wire is visible.
const DELAY: Duration = Duration::from_micros(500);
/// The link-layer address of whatever stands under test.
pub const IUT_MAC: Mac = [0x02, 0x00, 0x5e, 0xcd, 0x00, 0x00];

/// When a case begins, unless it is driven again.
pub use dmm_sim::domain::START;

/// What stands under test, and what is done to it that is no frame.
pub trait Subject: Host {
    /// It starts anew, without what it did not store.
    fn restart(&mut self, now: Instant) -> Acted;

    /// Another configuration, as if an operator had written it and started it anew.
    fn set_config(&mut self, now: Instant, settings: &[(String, String)]) -> Acted;

    /// What it holds.
    fn dump(&mut self, now: Instant) -> Acted;

    /// Why nothing that it does counts any more.
    fn complaint(&self) -> Option<String> {
        None
    }
}

/// A case's wire.
pub struct VirtualWire<S> {
    sim: Simulation,
    iut: HostId,
    probes: BTreeMap<String, HostId>,
    /// The access link, if the role has one.
    access: Option<LinkId>,
    /// The mobile nodes that are on it.
    attached: BTreeSet<String>,
    subject: std::marker::PhantomData<S>,
}

impl<S: Subject> VirtualWire<S> {
    /// The wire around what is made with the routes of the core.
    pub fn around(setup: &Setup, start: Instant, make: impl FnOnce(Routes) -> S) -> Self {
        let mut sim = Simulation::new(start, setup.seed);
        let core = sim.add_link("core", Link { delay: DELAY, ..Link::default() });
        let access = sim.add_link("access", Link { delay: DELAY, ..Link::default() });
        let mut routes = Routes::default();
        for role in &setup.roles {
            routes.add(Ipv6Net::from(role.addr), role.mac);
        }
        let iut = sim.add_host(make(routes));
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
        Self { sim, iut, probes, access, attached: BTreeSet::new(), subject: std::marker::PhantomData }
    }

    fn subject<T>(&mut self, change: impl FnOnce(&mut S, Instant) -> T) -> T {
        self.sim.with_host(self.iut, change)
    }

    fn take_received(&mut self) -> Option<Received> {
        let arrived =
            |(_, id): &(&String, &HostId)| self.sim.host::<Probe>(**id).received.front().map(|(at, _)| *at);
        // Of what has arrived at several probes, the first is taken first.
        let first = self.probes.iter().filter(|probe| arrived(probe).is_some()).min_by_key(arrived);
        let (port, id) = first.map(|(port, id)| (port.clone(), *id))?;
        let (at, frame) = self.sim.with_host(id, |probe: &mut Probe, _| probe.received.pop_front())?;
        Some(Received { at, port, frame })
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
}

impl<S: Subject> Transport for VirtualWire<S> {
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
            let received = self.take_received();
            if received.is_some() {
                return Ok(received);
            }
            let goes_on = self.sim.step(deadline);
            if let Some(complaint) = self.sim.host::<S>(self.iut).complaint() {
                return Err(TransportError::Bench(complaint));
            }
            if !goes_on {
                return Ok(None);
            }
        }
    }

    fn act(&mut self, action: &Action) -> Result<Acted, TransportError> {
        Ok(match action {
            Action::Restart => self.subject(S::restart),
            Action::Attach { mobile, at: None } | Action::Handover { mobile, to: None } => {
                self.attach(mobile)
            }
            // At one of the tester's roles nothing happens until the tester sends something from there.
            Action::Attach { .. } => Acted::Done,
            Action::Detach { mobile } | Action::Handover { mobile, .. } => self.detach(mobile),
            Action::SetConfig(settings) => self.subject(|subject, now| subject.set_config(now, settings)),
            Action::DumpState => self.subject(S::dump),
            _ => Acted::Unsupported { why: "a node in this process cannot be asked for that".to_owned() },
        })
    }

    fn peer_mac(&self, _port: &str) -> Mac {
        IUT_MAC
    }
}
