//! What a MAAR or a MAG does for a mobile node that comes to its access link: the tester is the mobile node, and the CMD or
//! LMA that is asked to register it.

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::ndp::{ALL_ROUTERS, ND_HOP_LIMIT, RouterAdvertisement, RouterSolicitation};
use dmm_codec::packet::{Ethernet, ICMPV6, Ipv6, link_local, multicast_mac};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, LinkLayerAddress, Message, MnIdentifier, MobilityOption,
    PbaFlags, Pbu, PbuFlags, Timestamp,
};
use dmm_conformance::identity;
use dmm_conformance::transport::{Acted, Action, MobileSetup, Received, Role, RoleSetup, TransportError};
use ipnet::Ipv6Net;

use super::probing::{LONG, PROXY, Probing, message, named, packet, prefix};
use super::{Mode, Preflight, Weight, modes};

/// A P-MAAR whose CMD is a locator tells the S-MAAR when it answers the CMD (RFC 8885 §3.3).
const BESIDES: Duration = Duration::from_millis(400);

impl Probing<'_> {
    /// A mobile node comes, is registered, and leaves.
    pub(super) fn serves_a_link(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let mobile = self.setup.mobiles[0].clone();
        let anchor = if self.role == Role::Maar { Role::Cmd } else { Role::Lma };
        let Some(anchor) = self.setup.roles.iter().find(|it| it.role == anchor).cloned() else {
            return Ok(());
        };
        let come = Action::Attach { mobile: mobile.name.clone(), at: None };
        let is_on_link = match self.transport.act(&come)? {
            Acted::Unsupported { why } => {
                found.compare(self.profile, "trigger.attach", false, &why);
                let says = format!("{why}: what a {} does for a mobile node is not known", self.role);
                found.note(Weight::Warning, "access", says);
                return Ok(());
            }
            Acted::Failed { why } => {
                found.note(Weight::Obstacle, "access", format!("no mobile node could be attached: {why}"));
                return Ok(());
            }
            Acted::OnLink => {
                self.solicit(&mobile)?;
                true
            }
            _ => false,
        };
        let within = self.patience();
        let asks = |it: &Received| it.port == anchor.port && matches!(message(it), Some(Message::Pbu(_)));
        let deadline = self.transport.now() + within;
        let Some(received) = self.wait(deadline, asks)? else {
            let mac = LinkLayerAddress::from(mobile.mac);
            let says = format!(
                "no PBU came to the {} at {} within {within:?} of an attachment of {mac}: does the implementation run, does it know the \
{0} and its subscribers (`dmm conform init --list`), is the Mobility Header (protocol 135) let through, does it want IPsec \
(RFC 5213 §4)?",
                anchor.role, anchor.addr
            );
            found.note(Weight::Obstacle, "PBU", says);
            return self.leave(&mobile, &anchor);
        };
        found.compare(self.profile, "trigger.attach", true, "a PBU follows an attachment");
        let Some(Message::Pbu(asked)) = message(&received) else { return Ok(()) };
        self.registration(&asked, &received, &mobile, found);
        let own = prefix(&asked.options).filter(|prefix| prefix.prefix_len() > 0);
        let granted = own.unwrap_or_else(|| identity::prefix(&anchor, 0));
        self.grant(&anchor, &asked, granted)?;
        if is_on_link {
            self.advertises(&mobile, granted, found)?;
        }
        if self.role == Role::Maar && found.weight() < Weight::Obstacle {
            self.anchors(&mobile, &anchor, granted, found)?;
        }
        self.leave(&mobile, &anchor)
    }

    /// What the PBU about a mobile node says of who sent it.
    fn registration(
        &mut self,
        asked: &Pbu,
        received: &Received,
        mobile: &MobileSetup,
        found: &mut Preflight,
    ) {
        let is_about = |option: &MobilityOption| match option {
            MobilityOption::MnIdentifier(mn) => *mn == MnIdentifier::nai(&mobile.nai),
            _ => false,
        };
        if asked.options.iter().any(is_about) {
            let says = format!("{} is registered when it comes", LinkLayerAddress::from(mobile.mac));
            found.note(Weight::Good, "subscribers", says);
        } else {
            let says = format!(
                "the PBU about {} is not about {}: configure the mobile nodes that `dmm conform init --list` prints",
                LinkLayerAddress::from(mobile.mac),
                mobile.nai
            );
            found.note(Weight::Obstacle, "subscribers", says);
        }
        let is_dmm = asked.flags.contains(PbuFlags::D);
        let by = if is_dmm { "its PBU has the D flag" } else { "its PBU has no D flag" };
        // RFC 8885 §4.1: the flag says that the PBU is of a MAAR, "and not from a MAG".
        found.compare(self.profile, "maar", is_dmm, by);
        found.compare(self.profile, "mag", !is_dmm, by);
        let stamp = asked.options.iter().find_map(|option| match option {
            MobilityOption::Timestamp(stamp) => Some(*stamp),
            _ => None,
        });
        let has = if stamp.is_some() { "has a" } else { "has no" };
        found.compare(
            self.profile,
            "ordering.timestamp",
            stamp.is_some(),
            &format!("its PBU {has} Timestamp option"),
        );
        match stamp {
            Some(stamp) => self.follow(stamp, received.at, "as its PBU came", found),
            None if !self.profile.pics.contains_key("ordering.timestamp") => {
                found.note(
                    Weight::Warning,
                    "clock",
                    "its PBU has no Timestamp option: its time is not known",
                );
            }
            None => {}
        }
        if let Some(own) = prefix(&asked.options).filter(|prefix| prefix.prefix_len() > 0) {
            self.is_of_pool(own, "is in its PBU", found);
        }
    }

    /// What a mobile node does that has come to a link (RFC 4861 §6.3.7).
    fn solicit(&mut self, mobile: &MobileSetup) -> Result<(), TransportError> {
        let addr = link_local(mobile.mac);
        let octets = RouterSolicitation { source_mac: Some(mobile.mac) }.encode(addr, ALL_ROUTERS);
        let packet = Ipv6::packet(addr, ALL_ROUTERS, ICMPV6, ND_HOP_LIMIT, &octets);
        let frame = Ethernet::frame(mobile.mac, multicast_mac(ALL_ROUTERS), &packet);
        self.transport.send(&mobile.name, &frame)
    }

    /// Accepts a registration, for no longer than a probe needs.
    fn grant(&mut self, anchor: &RoleSetup, asked: &Pbu, prefix: Ipv6Net) -> Result<(), TransportError> {
        let granted = |option: &MobilityOption| match option {
            MobilityOption::HomeNetworkPrefix(_) => MobilityOption::HomeNetworkPrefix(prefix),
            other => other.clone(),
        };
        let asked = Pbu {
            lifetime: Lifetime(asked.lifetime.0.min(LONG.0)),
            options: asked.options.iter().map(granted).collect(),
            ..asked.clone()
        };
        let dmm = if anchor.role == Role::Cmd { PbaFlags::D } else { PbaFlags::default() };
        self.accept(anchor, &asked, PbaFlags::P | dmm)
    }

    /// Whether the mobile node is told its prefix once the registration is accepted (RFC 5213 §6.9.1.2).
    fn advertises(
        &mut self,
        mobile: &MobileSetup,
        prefix: Ipv6Net,
        found: &mut Preflight,
    ) -> Result<(), TransportError> {
        let within = self.patience();
        let tells = |it: &Received| {
            let advertised = packet(it)
                .filter(|it| it.next_header == ICMPV6)
                .and_then(|it| RouterAdvertisement::parse(it.payload(), it.src, it.dst, it.hop_limit).ok());
            it.port == mobile.name
                && advertised.is_some_and(|it| it.prefixes.iter().any(|told| told.prefix == prefix))
        };
        if self.wait(self.transport.now() + within, tells)?.is_some() {
            found.note(Weight::Good, "access", format!("{prefix} is advertised once its PBA has come"));
        } else {
            let says = format!("{prefix} is not advertised within {within:?} of its PBA");
            found.note(Weight::Warning, "access", says);
        }
        Ok(())
    }

    /// The mobile node goes on to another MAAR, of which the CMD tells the first. Where the CMD is a locator, that MAAR tells
    /// the other; a relay's and a proxy's do the same.
    fn anchors(
        &mut self,
        mobile: &MobileSetup,
        cmd: &RoleSetup,
        prefix: Ipv6Net,
        found: &mut Preflight,
    ) -> Result<(), TransportError> {
        let Some(serving) = self.setup.roles.iter().find(|it| it.role == Role::Maar).cloned() else {
            return Ok(());
        };
        // Where nothing does that, the mobile node is silent, as one that has gone.
        self.transport
            .act(&Action::Handover { mobile: mobile.name.clone(), to: Some(serving.port.clone()) })?;
        let seq = self.tell(mobile, cmd, serving.addr, prefix, LONG)?;
        let answer = self.pba(cmd, seq, self.transport.now() + self.patience())?;
        let said = match answer {
            Some(answer) if answer.status.is_accepted() => None,
            Some(answer) => Some(named(answer.status)),
            None => Some("no answer".to_string()),
        };
        if let Some(said) = said {
            let says = format!(
                "a PBU of the CMD about a mobile node that has gone on gets {said}: the mode is not known"
            );
            found.note(Weight::Warning, "mode", says);
            return Ok(());
        }
        let tells = |it: &Received| it.port == serving.port && matches!(message(it), Some(Message::Pba(_)));
        let told_before = self.seen.iter().any(tells);
        let is_locator = told_before || self.wait(self.transport.now() + BESIDES, tells)?.is_some();
        let by = if is_locator {
            "as P-MAAR it answers the S-MAAR, too"
        } else {
            "as P-MAAR it answers the CMD alone"
        };
        for (name, mode) in modes(Role::Maar) {
            match mode {
                Mode::Locator => found.compare(self.profile, name, is_locator, by),
                _ if is_locator => found.compare(self.profile, name, false, by),
                // What a MAAR does where the CMD is a relay, it does where it is a proxy.
                _ if self.profile.pics.get(name) == Some(&true) => {
                    found.note(Weight::Good, name, format!("true, or the other that is no locator: {by}"));
                }
                _ => {}
            }
        }
        let seq = self.tell(mobile, cmd, serving.addr, prefix, Lifetime::ZERO)?;
        self.pba(cmd, seq, self.transport.now() + self.patience())?;
        Ok(())
    }

    /// What a CMD sends to a P-MAAR (RFC 8885 §3.2).
    fn tell(
        &mut self,
        mobile: &MobileSetup,
        cmd: &RoleSetup,
        serving: Ipv6Addr,
        prefix: Ipv6Net,
        lifetime: Lifetime,
    ) -> Result<u16, TransportError> {
        self.seq += 1;
        self.stamp = self.transport.now().timestamp().0.max(self.stamp + 1);
        let pbu = Pbu {
            seq: self.seq,
            flags: PROXY | PbuFlags::D,
            lifetime,
            options: vec![
                MobilityOption::MnIdentifier(MnIdentifier::nai(&mobile.nai)),
                MobilityOption::HomeNetworkPrefix(prefix),
                MobilityOption::HandoffIndicator(HandoffIndicator::BETWEEN_MAGS),
                MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
                MobilityOption::Timestamp(Timestamp(self.stamp)),
                MobilityOption::ServingMaar(serving),
            ],
        };
        self.speak(cmd, &Message::Pbu(pbu))?;
        Ok(self.seq)
    }

    /// The mobile node leaves; where that is noticed, the registration is ended, and the tester lets it.
    fn leave(&mut self, mobile: &MobileSetup, anchor: &RoleSetup) -> Result<(), TransportError> {
        if !matches!(self.transport.act(&Action::Detach { mobile: mobile.name.clone() })?, Acted::Done) {
            return Ok(());
        }
        let over = |it: &Received| {
            let lifetime = match message(it) {
                Some(Message::Pbu(pbu)) => Some(pbu.lifetime),
                _ => None,
            };
            it.port == anchor.port && lifetime == Some(Lifetime::ZERO)
        };
        let Some(received) = self.wait(self.transport.now() + self.patience(), over)? else { return Ok(()) };
        let Some(Message::Pbu(asked)) = message(&received) else { return Ok(()) };
        let own = prefix(&asked.options).unwrap_or_default();
        self.grant(anchor, &asked, own)
    }
}
