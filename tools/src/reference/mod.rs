//! The reference nodes as implementations under test, in this process and on virtual time. What a vendor's box is on
//! the wire, a node and a probe for each of the tester's roles on a simulated core are here.

use std::collections::BTreeMap;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::packet::Mac;
use dmm_conformance::transport::{Acted, Action, Bench, Received, Role, Setup, Transport, TransportError};
use dmm_proto::cmd::MaarPeer;
use dmm_proto::{Cmd, CmdConfig, Node};
use dmm_sim::{CoreNode, HostId, Port, Probe, Profile, Routes, Simulation};
use ipnet::Ipv6Net;

/// The delay of the simulated core: little, but not nothing, so that order on the wire is visible.
const DELAY: Duration = Duration::from_micros(500);
const CMD_MAC: Mac = [0x02, 0x00, 0x5e, 0xcd, 0x00, 0x00];

/// Makes the node under test from the configuration for a case.
pub type MakeCmd = fn(CmdConfig) -> Box<dyn Node>;

/// The reference CMD as implementation under test.
pub struct ReferenceCmd {
    make: MakeCmd,
}

impl Default for ReferenceCmd {
    fn default() -> Self {
        Self { make: |config| Box::new(Cmd::new(config)) }
    }
}

impl ReferenceCmd {
    /// A CMD made in another way: with a fault, to see that the suite finds it.
    pub fn made_by(make: MakeCmd) -> Self {
        Self { make }
    }
}

impl Bench for ReferenceCmd {
    fn name(&self) -> &'static str {
        "ref-cmd"
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        if setup.iut.role != Role::Cmd {
            let role = setup.iut.role;
            return Err(TransportError::Bench(format!(
                "the reference CMD cannot be tested as {role}: use --iut ref-{role}"
            )));
        }
        let mut sim = Simulation::new(dmm_sim::domain::START, setup.seed);
        let core = sim.add_link("core", Profile { delay: DELAY, ..Profile::default() });
        let mut routes = Routes::default();
        for role in &setup.roles {
            routes.add(Ipv6Net::from(role.addr), role.mac);
        }
        let maars = setup.roles.iter().filter(|role| role.role == Role::Maar);
        let peers = maars.map(|role| MaarPeer { address: role.addr, pools: vec![role.pool] }).collect();
        let config = CmdConfig::new(setup.iut.addr, peers);
        let node = CoreNode::new((self.make)(config.clone()), CMD_MAC, setup.iut.addr, routes);
        let cmd = sim.add_host(node);
        sim.plug(cmd, Port::Core, core);
        let mut probes = BTreeMap::new();
        for role in &setup.roles {
            let probe = sim.add_host(Probe::new(role.mac, Port::Core));
            sim.plug(probe, Port::Core, core);
            probes.insert(role.port.clone(), probe);
        }
        Ok(Box::new(Wire { sim, cmd, config, make: self.make, probes }))
    }
}

struct Wire {
    sim: Simulation,
    cmd: HostId,
    config: CmdConfig,
    make: MakeCmd,
    probes: BTreeMap<String, HostId>,
}

impl Wire {
    fn take_received(&mut self) -> Option<Received> {
        for (port, id) in &self.probes {
            if self.sim.host::<Probe>(*id).received.is_empty() {
                continue;
            }
            let (at, frame) = self.sim.with_host(*id, |probe: &mut Probe, _| probe.received.pop_front())?;
            return Some(Received { at, port: port.clone(), frame });
        }
        None
    }
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
        match action {
            Action::Restart => {
                let fresh = (self.make)(self.config.clone());
                self.sim.with_host(self.cmd, |host: &mut CoreNode<Box<dyn Node>>, _| host.node = fresh);
                Ok(Acted::Done)
            }
            _ => Ok(Acted::Unsupported { why: "a CMD has no access link".to_owned() }),
        }
    }

    fn peer_mac(&self, _port: &str) -> Mac {
        CMD_MAC
    }
}
