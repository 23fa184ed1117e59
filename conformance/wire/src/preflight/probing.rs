//! What is asked of an implementation, and what its answers say of it.

use std::sync::Arc;
use std::time::Duration;

use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6, MOBILITY_HEADER};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Instant, Lifetime, LinkLayerAddress, Message, MnIdentifier,
    MobilityOption, Pba, PbaFlags, Pbu, PbuFlags, Status, Timestamp, home_network_prefixes,
};
use dmm_conformance::transport::{
    Address, Bench as _, Received, Role, RoleSetup, Setup, Transport, TransportError, Wanted,
};
use dmm_conformance::{Profile, identity};
use ipnet::Ipv6Net;

use super::{Preflight, Weight};
use crate::bench::WireBench;
use crate::domain::{Domain, partners};

const RESPONSE_TIME: Duration = Duration::from_secs(1);

/// A look at an implementation while it lasts.
pub(super) struct Probing<'a> {
    pub(super) profile: &'a Profile,
    pub(super) domain: &'a Domain,
    pub(super) role: Role,
    pub(super) setup: Setup,
    pub(super) transport: Box<dyn Transport>,
    /// What came and was not asked for when it came.
    pub(super) seen: Vec<Received>,
    pub(super) seq: u16,
    pub(super) stamp: u64,
}

/// A PBA, as far as a probe looks at it.
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) flags: PbaFlags,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) prefix: Option<Ipv6Net>,
    pub(super) at: Instant,
}

impl<'a> Probing<'a> {
    pub(super) fn open(profile: &'a Profile, domain: &'a Arc<Domain>) -> Result<Self, TransportError> {
        let role = profile.roles.first().copied().unwrap_or(Role::Cmd);
        let ports = partners(profile, role);
        let ports = ports.iter().enumerate().map(|(at, (role, _))| (format!("{role}{}", at + 1), *role));
        let iut = Address { role, addr: profile.addr };
        let wanted = Wanted { index: 0, iut, roles: ports.collect(), mobiles: vec!["mn1".to_string()] };
        let mut bench = WireBench::new("preflight", domain);
        let setup = bench.setup(&wanted)?;
        let transport = bench.open(&setup)?;
        Ok(Self { profile, domain, role, setup, transport, seen: Vec::new(), seq: 0, stamp: 0 })
    }

    pub(super) fn all(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let mac = LinkLayerAddress::from(self.transport.peer_mac(""));
        let (addr, name) = (self.profile.addr, &self.domain.link.name);
        found.note(Weight::Good, "reach", format!("{addr} is behind {name} at {mac}"));
        self.warm_up(found)?;
        self.echoes(found)?;
        if matches!(self.role, Role::Maar | Role::Mag) {
            return self.serves_a_link(found);
        }
        if self.time(found)? {
            self.authorised(found)?;
        }
        if found.weight() == Weight::Obstacle {
            return Ok(());
        }
        if self.role == Role::Lma {
            self.assigns(found)?;
            return self.refuses_d(found);
        }
        self.serves_mags(found)?;
        self.mode(found)
    }

    /// What a PBU has set that registers a mobile node here: the D flag is for a CMD (RFC 8885 §4.1).
    pub(super) fn flags(&self) -> PbuFlags {
        if self.role == Role::Cmd { PROXY | PbuFlags::D } else { PROXY }
    }

    /// How long an answer may take.
    pub(super) fn patience(&self) -> Duration {
        let declared = self.profile.pixit.get("response_time").and_then(|time| time.duration().ok());
        declared.unwrap_or(RESPONSE_TIME)
    }

    pub(super) fn station(&self, port: &str) -> Option<&RoleSetup> {
        self.setup.roles.iter().find(|role| role.port == port)
    }

    /// Sends a PBU and waits for its PBA.
    pub(super) fn ask(
        &mut self,
        role: &RoleSetup,
        mobile: &str,
        flags: PbuFlags,
        lifetime: Lifetime,
        stamp: Option<Timestamp>,
    ) -> Result<Option<Answer>, TransportError> {
        let seq = self.pbu(role, mobile, flags, lifetime, stamp)?;
        self.pba(role, seq, self.transport.now() + self.patience())
    }

    pub(super) fn pbu(
        &mut self,
        role: &RoleSetup,
        mobile: &str,
        flags: PbuFlags,
        lifetime: Lifetime,
        stamp: Option<Timestamp>,
    ) -> Result<u16, TransportError> {
        self.seq += 1;
        self.stamp = self.transport.now().timestamp().0.max(self.stamp + 1);
        let nai = self.setup.mobiles[0].nai.replacen(&self.setup.mobiles[0].name, mobile, 1);
        let pbu = Pbu {
            seq: self.seq,
            flags,
            lifetime,
            options: vec![
                MobilityOption::MnIdentifier(MnIdentifier::nai(&nai)),
                MobilityOption::HomeNetworkPrefix(self.asked_for(role, mobile)),
                MobilityOption::HandoffIndicator(HandoffIndicator::NEW_INTERFACE),
                MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
                MobilityOption::Timestamp(stamp.unwrap_or(Timestamp(self.stamp))),
            ],
        };
        self.speak(role, &Message::Pbu(pbu))?;
        Ok(self.seq)
    }

    /// At a CMD, a prefix of the station's for each of the few mobile nodes that are probed with; at an LMA, whichever it assigns
    /// (RFC 5213 §8.3).
    fn asked_for(&self, role: &RoleSetup, mobile: &str) -> Ipv6Net {
        if self.role == Role::Lma {
            return Ipv6Net::default();
        }
        let number = ["clock", "mag", "mode"].iter().position(|name| *name == mobile).map_or(0, |at| at + 1);
        identity::prefix(role, number)
    }

    pub(super) fn pba(
        &mut self,
        role: &RoleSetup,
        seq: u16,
        deadline: Instant,
    ) -> Result<Option<Answer>, TransportError> {
        let answers = |received: &Received| match message(received) {
            Some(Message::Pba(pba)) => received.port == role.port && pba.seq == seq,
            _ => false,
        };
        let Some(received) = self.wait(deadline, answers)? else { return Ok(None) };
        let Some(Message::Pba(pba)) = message(&received) else { return Ok(None) };
        let timestamp = pba.options.iter().find_map(|option| match option {
            MobilityOption::Timestamp(timestamp) => Some(*timestamp),
            _ => None,
        });
        let Pba { status, flags, ref options, .. } = pba;
        Ok(Some(Answer { status, flags, timestamp, prefix: prefix(options), at: received.at }))
    }

    /// Accepts a PBU as it is.
    pub(super) fn accept(
        &mut self,
        role: &RoleSetup,
        asked: &Pbu,
        flags: PbaFlags,
    ) -> Result<(), TransportError> {
        let pba = Message::Pba(Pba {
            status: Status::ACCEPTED,
            flags,
            seq: asked.seq,
            lifetime: asked.lifetime,
            options: asked.options.clone(),
        });
        self.speak(role, &pba)
    }

    /// Waits for something; what else comes is kept.
    pub(super) fn wait(
        &mut self,
        deadline: Instant,
        is_it: impl Fn(&Received) -> bool,
    ) -> Result<Option<Received>, TransportError> {
        while let Some(received) = self.transport.receive(deadline)? {
            if is_it(&received) {
                return Ok(Some(received));
            }
            self.seen.push(received);
        }
        Ok(None)
    }

    pub(super) fn speak(&mut self, role: &RoleSetup, message: &Message) -> Result<(), TransportError> {
        let octets = message.encode(role.addr, self.profile.addr);
        let octets = octets.map_err(|error| TransportError::Bench(error.to_string()))?;
        self.transmit(role, MOBILITY_HEADER, &octets)
    }

    pub(super) fn transmit(
        &mut self,
        role: &RoleSetup,
        protocol: u8,
        octets: &[u8],
    ) -> Result<(), TransportError> {
        let packet = Ipv6::packet(role.addr, self.profile.addr, protocol, HOP_LIMIT, octets);
        let frame = Ethernet::frame(role.mac, self.transport.peer_mac(&role.port), &packet);
        self.transport.send(&role.port, &frame)
    }
}

/// What a PBU has set in any case (RFC 5213 §8.1).
pub(super) const PROXY: PbuFlags = PbuFlags(PbuFlags::A.0 | PbuFlags::P.0);
/// So long that the probe ends first, so short that a binding which is left behind is gone soon: 40 s.
pub(super) const LONG: Lifetime = Lifetime(10);

pub(super) fn packet(received: &Received) -> Option<Ipv6<'_>> {
    Ipv6::parse(Ethernet::parse(&received.frame)?.payload)
}

pub(super) fn message(received: &Received) -> Option<Message> {
    let packet = packet(received).filter(|packet| packet.next_header == MOBILITY_HEADER)?;
    Some(Message::decode(packet.payload(), packet.src, packet.dst).ok()?.message)
}

/// The prefix that a message is about.
pub(super) fn prefix(options: &[MobilityOption]) -> Option<Ipv6Net> {
    home_network_prefixes(options).next()
}

pub(super) fn named(status: Status) -> String {
    format!("status {status}")
}
