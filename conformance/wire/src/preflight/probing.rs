//! What is asked of an implementation, and what its answers say of it.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use dmm_codec::packet::{Ethernet, HOP_LIMIT, ICMPV6, Ipv6, MOBILITY_HEADER};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Instant, Lifetime, LinkLayerAddress, Message, MnIdentifier,
    MobilityOption, Pba, PbaFlags, Pbu, PbuFlags, Status, Timestamp,
};
use dmm_conformance::transport::{
    Address, Bench as _, Received, Role, RoleSetup, Setup, Transport, TransportError, Wanted,
};
use dmm_conformance::{Profile, identity};
use ipnet::Ipv6Net;

use super::{MODES, Mode, Preflight, Weight};
use crate::bench::WireBench;
use crate::domain::{Domain, partners};
use crate::stations::{ping, pong};

/// How many echoes times are measured with.
const ECHOES: u16 = 200;
/// After so many echoes without an answer, there will be none.
const PATIENT_ECHOES: usize = 5;
const ECHO_PATIENCE: Duration = Duration::from_secs(1);
/// Neighbour discovery takes this long where the first question is lost (RFC 4861 §10).
const WARM_UP: Duration = Duration::from_secs(3);
/// What a machine that does nothing else still adds.
const LEAST_JITTER: Duration = Duration::from_millis(2);
/// More than this makes windows so wide that wrong backoffs pass.
const TOO_MUCH_JITTER: Duration = Duration::from_millis(20);
/// A proxy answers the S-MAAR at once, a relay after the P-MAAR, which is silent for this long (RFC 8885 §3.2, §3.4). Shorter
/// than a relay waits for its P-MAARs.
const SILENCE: Duration = Duration::from_millis(400);
/// How long a PBA of a relay may take once the P-MAAR has answered.
const COLLECTED: Duration = Duration::from_secs(2);
/// A time that no clock has that is set: one second after 1970.
const ABSURD: Timestamp = Timestamp(1 << 16);
const RESPONSE_TIME: Duration = Duration::from_secs(1);

/// A look at an implementation while it lasts.
pub(super) struct Probing<'a> {
    profile: &'a Profile,
    domain: &'a Domain,
    role: Role,
    setup: Setup,
    transport: Box<dyn Transport>,
    /// What came and was not asked for when it came.
    seen: Vec<Received>,
    seq: u16,
    stamp: u64,
}

/// A PBA, as far as a probe looks at it.
struct Answer {
    status: Status,
    timestamp: Option<Timestamp>,
    at: Instant,
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
        if self.role != Role::Cmd {
            let says = format!(
                "only what a CMD does is probed, not a {}: {addr} is taken for what its profile says",
                self.role
            );
            found.note(Weight::Warning, "probes", says);
            return Ok(());
        }
        if self.time(found)? {
            self.authorised(found)?;
        }
        if found.weight() < Weight::Obstacle {
            self.serves_mags(found)?;
            self.mode(found)?;
        }
        Ok(())
    }

    /// Each station is a neighbour of the implementation's before times matter: the first packet to one waits for neighbour
    /// discovery, and others behind it may be lost (RFC 4861 §7.2.2).
    fn warm_up(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let roles = self.setup.roles.clone();
        for role in &roles {
            self.transmit(role, ICMPV6, &ping(0, role.addr, self.profile.addr))?;
        }
        let deadline = self.transport.now() + WARM_UP;
        let mut left: Vec<&str> = roles.iter().map(|role| role.port.as_str()).collect();
        while !left.is_empty() {
            let Some(received) = self.transport.receive(deadline)? else { break };
            left.retain(|port| *port != received.port);
        }
        let (all, there) = (roles.len(), roles.len() - left.len());
        if there == 0 {
            let says = "no echo request was answered: let the implementation answer ICMPv6 echoes of the tester, \
or times are judged by a jitter of 20 ms";
            found.note(Weight::Warning, "neighbours", says);
        } else if there < all {
            let names = left.iter().filter_map(|port| Some(self.station(port)?.addr.to_string()));
            let says = format!(
                "{there} of {all} stations got an echo, not {}",
                names.collect::<Vec<_>>().join(", ")
            );
            found.note(Weight::Warning, "neighbours", says);
        } else {
            let says = format!("{all} stations answered Neighbor Solicitations and got an echo");
            found.note(Weight::Good, "neighbours", says);
        }
        Ok(())
    }

    fn station(&self, port: &str) -> Option<&RoleSetup> {
        self.setup.roles.iter().find(|role| role.port == port)
    }

    fn echoes(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let Some(role) = self.setup.roles.first().cloned() else { return Ok(()) };
        let mut times = Vec::new();
        for number in 1..=ECHOES {
            let sent = self.transport.now();
            self.transmit(&role, ICMPV6, &ping(number, role.addr, self.profile.addr))?;
            let back = |received: &Received| {
                packet(received)
                    .is_some_and(|it| it.next_header == ICMPV6 && pong(it.payload()) == Some(number))
            };
            if let Some(received) = self.wait(sent + ECHO_PATIENCE, back)? {
                times.push(received.at.since(sent));
            } else if usize::from(number) >= PATIENT_ECHOES && times.is_empty() {
                return Ok(());
            }
        }
        let Some(spread) = Spread::of(times) else { return Ok(()) };
        found.clock.jitter = spread.jitter();
        let says = format!(
            "{} of {ECHOES} echoes, p50 {:?}, p99 {:?}, max {:?}: times are judged with a jitter of {:?}, 10 % early and 15 % late; \
a frame's time is when the kernel took it",
            spread.count, spread.p50, spread.p99, spread.max, found.clock.jitter
        );
        if found.clock.jitter > TOO_MUCH_JITTER {
            let advice =
                "more than 20 ms hides wrong backoffs: less load on either machine, or a shorter way";
            found.note(Weight::Warning, "jitter", format!("{says}; {advice}"));
        } else {
            found.note(Weight::Good, "jitter", says);
        }
        Ok(())
    }

    /// RFC 5213 §5.5: who rejects a time stamp with status 156 says its own time. Whether it is worth asking more.
    fn time(&mut self, found: &mut Preflight) -> Result<bool, TransportError> {
        let Some(role) = self.setup.roles.first().cloned() else { return Ok(false) };
        let before = self.transport.now();
        let Some(answer) = self.ask(&role, "clock", PROXY | PbuFlags::D, LONG, Some(ABSURD))? else {
            let says = format!(
                "no answer to a PBU from {}: is the Mobility Header (protocol 135) let through, does the implementation run, \
does it want IPsec (RFC 5213 §4)?",
                role.addr
            );
            found.note(Weight::Obstacle, "PBU", says);
            return Ok(false);
        };
        let declared = self.profile.pics.get("ordering.timestamp").copied();
        match (answer.status, answer.timestamp) {
            (Status::TIMESTAMP_MISMATCH, Some(theirs)) => {
                // Its clock was read between the PBU and the PBA.
                let way = answer.at.since(before) / 2;
                let ours = before + way;
                let (ahead, is_behind) = apart(theirs, ours);
                let word = if is_behind { "behind" } else { "ahead of" };
                self.domain.clock.follow(ahead, is_behind);
                self.stamp = 0;
                let says = format!(
                    "the implementation's clock is {ahead:?} {word} this machine's, within {way:?}; the tester goes by the implementation's"
                );
                found.note(Weight::Good, "clock", says);
                found.compare(self.profile, "ordering.timestamp", true, "a PBU of 1970 gets status 156");
            }
            (Status::TIMESTAMP_MISMATCH, None) => {
                let says = "status 156 came without a Timestamp option, which RFC 5213 §5.5 wants: both clocks must be set by NTP";
                found.note(Weight::Warning, "clock", says);
            }
            (status, _) if status.is_accepted() => {
                self.ask(&role, "clock", PROXY | PbuFlags::D, Lifetime::ZERO, None)?;
                let by = "a PBU of 1970 is accepted";
                found.compare(self.profile, "ordering.timestamp", false, by);
                if declared.is_none() {
                    found.note(Weight::Warning, "clock", format!("{by}: its time is not known"));
                }
            }
            (status, _) => {
                found.note(
                    Weight::Warning,
                    "clock",
                    format!("a PBU of 1970 gets {}, so its time is not known", named(status)),
                );
            }
        }
        Ok(true)
    }

    /// Whether each station may register a mobile node with a prefix of its pool.
    fn authorised(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let mut refused: BTreeMap<String, Vec<Ipv6Addr>> = BTreeMap::new();
        let roles = self.setup.roles.clone();
        for role in &roles {
            let name = format!("at-{}", role.port);
            let said = match self.ask(role, &name, PROXY | PbuFlags::D, LONG, None)? {
                Some(answer) if answer.status.is_accepted() => {
                    self.ask(role, &name, PROXY | PbuFlags::D, Lifetime::ZERO, None)?;
                    continue;
                }
                Some(answer) => named(answer.status),
                None => "no answer".to_string(),
            };
            refused.entry(said).or_default().push(role.addr);
        }
        if refused.is_empty() {
            let says = format!(
                "{} stations may register mobile nodes; nothing protects PBUs (RFC 5213 §4 wants IPsec)",
                roles.len()
            );
            found.note(Weight::Good, "stations", says);
            found.compare(self.profile, "cmd", true, "a PBU with the D flag is accepted");
            return Ok(());
        }
        let all_refused = refused.values().map(Vec::len).sum::<usize>() == roles.len();
        for (said, addresses) in refused {
            let (count, first) = (addresses.len(), addresses[0]);
            let says = format!(
                "{count} of {} stations ({first}{}) get {said} for a fresh registration with the D flag: configure them with \
their prefix pools, as `dmm conform init --list` prints them",
                roles.len(),
                if count > 1 { ", …" } else { "" }
            );
            found.note(Weight::Obstacle, "stations", says);
        }
        if all_refused {
            found.compare(self.profile, "cmd", false, "no PBU with the D flag is accepted");
        }
        Ok(())
    }

    fn serves_mags(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let Some(role) = self.setup.roles.first().cloned() else { return Ok(()) };
        let answer = self.ask(&role, "mag", PROXY, LONG, None)?;
        let is_served = answer.as_ref().is_some_and(|answer| answer.status.is_accepted());
        if is_served {
            self.ask(&role, "mag", PROXY, Lifetime::ZERO, None)?;
        }
        let said = answer.map_or_else(|| "no answer".to_string(), |answer| named(answer.status));
        found.compare(
            self.profile,
            "cmd.serves_mag",
            is_served,
            &format!("a PBU without the D flag gets {said}"),
        );
        Ok(())
    }

    /// A handover with a P-MAAR that is silent at first.
    fn mode(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let [first, second, ..] = &self.setup.roles[..] else {
            found.note(
                Weight::Warning,
                "mode",
                "with one station there is no handover, so the mode is not known",
            );
            return Ok(());
        };
        let (first, second) = (first.clone(), second.clone());
        let registered = self.ask(&first, "mode", PROXY | PbuFlags::D, LONG, None)?;
        if !registered.is_some_and(|answer| answer.status.is_accepted()) {
            found.note(Weight::Warning, "mode", "the mobile node of the probe was not registered");
            return Ok(());
        }
        self.seen.clear();
        let seq = self.pbu(&second, "mode", PROXY | PbuFlags::D, LONG, None)?;
        let at_once = self.pba(&second, seq, self.transport.now() + SILENCE)?;
        let told = self.told(&first);
        if let Some((asked, _)) = &told {
            self.accept(&first, asked)?;
        }
        let (mode, by) = if at_once.is_some() {
            (Mode::Proxy, "the S-MAAR was answered before the P-MAAR had answered")
        } else if told.is_none() {
            found.note(
                Weight::Warning,
                "mode",
                format!("no PBU came to the P-MAAR in {SILENCE:?} of a handover, nor a PBA to the S-MAAR: no mode of RFC 8885"),
            );
            return Ok(());
        } else if self.pba(&second, seq, self.transport.now() + COLLECTED)?.is_some() {
            (Mode::Relay, "the S-MAAR was answered after the P-MAAR had answered")
        } else {
            (Mode::Locator, "the S-MAAR was not answered by the implementation")
        };
        for (name, each) in MODES {
            found.compare(self.profile, name, each == mode, by);
        }
        if !MODES.iter().any(|(name, _)| self.profile.pics.contains_key(*name)) {
            found.note(Weight::Good, "mode", format!("{mode:?}: {by}"));
        }
        self.ask(&second, "mode", PROXY | PbuFlags::D, Lifetime::ZERO, None)?;
        // A CMD may tell the P-MAAR that the mobile node is gone (RFC 8885 §3.5); whoever does not answer is told again.
        if let Some((asked, _)) = self.told(&first) {
            self.accept(&first, &asked)?;
        }
        Ok(())
    }

    /// The last PBU that came to a station.
    fn told(&self, role: &RoleSetup) -> Option<(Pbu, Instant)> {
        self.seen.iter().rev().find_map(|received| match message(received)? {
            Message::Pbu(pbu) if received.port == role.port => Some((pbu, received.at)),
            _ => None,
        })
    }

    /// Answers a PBU as a P-MAAR does.
    fn accept(&mut self, role: &RoleSetup, asked: &Pbu) -> Result<(), TransportError> {
        let pba = Message::Pba(Pba {
            status: Status::ACCEPTED,
            flags: PbaFlags::P | PbaFlags::D,
            seq: asked.seq,
            lifetime: asked.lifetime,
            options: asked.options.clone(),
        });
        self.speak(role, &pba)
    }

    /// Sends a PBU and waits for its PBA.
    fn ask(
        &mut self,
        role: &RoleSetup,
        mobile: &str,
        flags: PbuFlags,
        lifetime: Lifetime,
        stamp: Option<Timestamp>,
    ) -> Result<Option<Answer>, TransportError> {
        let seq = self.pbu(role, mobile, flags, lifetime, stamp)?;
        let within = self.profile.pixit.get("response_time").and_then(|time| time.duration().ok());
        self.pba(role, seq, self.transport.now() + within.unwrap_or(RESPONSE_TIME))
    }

    fn pbu(
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
                MobilityOption::HomeNetworkPrefix(Self::prefix(role, mobile)),
                MobilityOption::HandoffIndicator(HandoffIndicator::NEW_INTERFACE),
                MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
                MobilityOption::Timestamp(stamp.unwrap_or(Timestamp(self.stamp))),
            ],
        };
        self.speak(role, &Message::Pbu(pbu))?;
        Ok(self.seq)
    }

    /// A prefix of the station's for each of the few mobile nodes that are probed with.
    fn prefix(role: &RoleSetup, mobile: &str) -> Ipv6Net {
        let number = ["clock", "mag", "mode"].iter().position(|name| *name == mobile).map_or(0, |at| at + 1);
        identity::prefix(role, number)
    }

    fn pba(
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
        Ok(Some(Answer { status: pba.status, timestamp, at: received.at }))
    }

    /// Waits for something; what else comes is kept.
    fn wait(
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

    fn speak(&mut self, role: &RoleSetup, message: &Message) -> Result<(), TransportError> {
        let octets = message.encode(role.addr, self.profile.addr);
        let octets = octets.map_err(|error| TransportError::Bench(error.to_string()))?;
        self.transmit(role, MOBILITY_HEADER, &octets)
    }

    fn transmit(&mut self, role: &RoleSetup, protocol: u8, octets: &[u8]) -> Result<(), TransportError> {
        let packet = Ipv6::packet(role.addr, self.profile.addr, protocol, HOP_LIMIT, octets);
        let frame = Ethernet::frame(role.mac, self.transport.peer_mac(&role.port), &packet);
        self.transport.send(&role.port, &frame)
    }
}

/// What a PBU has set in any case (RFC 5213 §8.1).
const PROXY: PbuFlags = PbuFlags(PbuFlags::A.0 | PbuFlags::P.0);
/// So long that the probe ends first, so short that a binding which is left behind is gone soon: 40 s.
const LONG: Lifetime = Lifetime(10);

/// How long echoes took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spread {
    count: usize,
    p50: Duration,
    p99: Duration,
    max: Duration,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let max = *times.last()?;
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        Some(Self { count: times.len(), p50: at(50), p99: at(99), max })
    }

    fn jitter(&self) -> Duration {
        LEAST_JITTER.max(self.p99.saturating_sub(self.p50))
    }
}

/// How far apart a time stamp and a time are, and whether the time stamp is the earlier.
fn apart(theirs: Timestamp, ours: Instant) -> (Duration, bool) {
    (theirs.distance(ours.timestamp()), theirs.0 < ours.timestamp().0)
}

fn packet(received: &Received) -> Option<Ipv6<'_>> {
    Ipv6::parse(Ethernet::parse(&received.frame)?.payload)
}

fn message(received: &Received) -> Option<Message> {
    let packet = packet(received).filter(|packet| packet.next_header == MOBILITY_HEADER)?;
    Some(Message::decode(packet.payload(), packet.src, packet.dst).ok()?.message)
}

fn named(status: Status) -> String {
    format!("status {status}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_what_lies_between_the_usual_and_the_slow() {
        let millis = Duration::from_millis;
        let quiet = Spread::of((0..200).map(|_| millis(1)).collect()).expect("echoes");
        assert_eq!(quiet.jitter(), LEAST_JITTER);
        let slow = Spread::of((0..200).map(|at| if at < 190 { millis(1) } else { millis(31) }).collect());
        assert_eq!(slow.expect("echoes").jitter(), millis(30));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn clocks_are_compared_either_way() {
        let ours = Instant::from_secs(1000);
        let ahead = (ours + Duration::from_secs(5)).timestamp();
        assert_eq!(apart(ahead, ours), (Duration::from_secs(5), false));
        assert_eq!(apart(ours.timestamp(), ours + Duration::from_secs(5)), (Duration::from_secs(5), true));
    }
}
