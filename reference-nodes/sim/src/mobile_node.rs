//! A mobile node as it comes out of the box: it solicits routers, forms addresses (SLAAC, RFC 4862), prefers the ones
//! that are not deprecated, and knows nothing of mobility. Its flows are what a handover is for.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::ndp::{ALL_ROUTERS, ND_HOP_LIMIT, PrefixFlags, RouterAdvertisement, RouterSolicitation};
use dmm_codec::packet::{Ethernet, HOP_LIMIT, ICMPV6, Ipv6, Mac, UDP, Udp, link_local, multicast_mac, slaac};

use crate::{Host, Port};

/// RFC 4861 §10: RTR_SOLICITATION_INTERVAL and MAX_RTR_SOLICITATIONS.
const SOLICITATION_INTERVAL: Duration = Duration::from_secs(4);
const MAX_SOLICITATIONS: u32 = 3;

/// A mobile node.
#[derive(Clone, Debug)]
pub struct MobileNode {
    mac: Mac,
    addresses: BTreeMap<Ipv6Addr, Address>,
    /// When to solicit again, and how often that has been done on this link.
    solicit: Option<(Instant, u32)>,
    flows: Vec<Flow>,
    transmit: VecDeque<(Port, Vec<u8>)>,
}

/// An address, and the router that advertised its prefix: what has this source goes through that router (RFC 6724
/// rule 5.5, RFC 8028).
#[derive(Clone, Debug)]
struct Address {
    formed: Instant,
    preferred_until: Instant,
    valid_until: Instant,
    router: Mac,
}

/// Datagrams to a correspondent that echoes them, one after the other.
#[derive(Clone, Debug)]
struct Flow {
    src: Ipv6Addr,
    dst: Ipv6Addr,
    port: u16,
    every: Duration,
    next: Instant,
    sent: u32,
    /// When each echo came, by number.
    echoes: BTreeMap<u32, Instant>,
}

/// How a flow fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowReport {
    /// The mobile node's address, which stays the same wherever it goes.
    pub src: Ipv6Addr,
    /// The correspondent.
    pub dst: Ipv6Addr,
    /// Datagrams sent.
    pub sent: u32,
    /// Echoes that came back.
    pub echoed: u32,
    /// The longest time without an echo.
    pub longest_silence: Duration,
    /// When the last echo came.
    pub last_echo: Option<Instant>,
}

impl MobileNode {
    /// The UDP port of the correspondent's echo service (RFC 862).
    pub const ECHO_PORT: u16 = 7;

    /// A mobile node that has seen no link yet.
    pub fn new(mac: Mac) -> Self {
        Self { mac, addresses: BTreeMap::new(), solicit: None, flows: Vec::new(), transmit: VecDeque::new() }
    }

    /// Its addresses and whether each may start new communication.
    pub fn addresses(&self, now: Instant) -> impl Iterator<Item = (Ipv6Addr, bool)> {
        let valid = self.addresses.iter().filter(move |(_, address)| address.valid_until > now);
        valid.map(move |(ip, address)| (*ip, address.preferred_until > now))
    }

    /// The address that new communication starts from: the newest that is preferred (R3.7.8).
    pub fn preferred_address(&self, now: Instant) -> Option<Ipv6Addr> {
        let preferred = self.addresses.iter().filter(|(_, address)| address.preferred_until > now);
        preferred.max_by_key(|(_, address)| address.formed).map(|(ip, _)| *ip)
    }

    /// Starts a flow from the preferred address; `None` where there is none yet.
    pub fn start_flow(&mut self, now: Instant, dst: Ipv6Addr, every: Duration) -> Option<Ipv6Addr> {
        let src = self.preferred_address(now)?;
        let port = 49152 + u16::try_from(self.flows.len()).ok()?;
        self.flows.push(Flow { src, dst, port, every, next: now, sent: 0, echoes: BTreeMap::new() });
        self.send_due(now);
        Some(src)
    }

    /// How its flows fared, in the order they were started.
    pub fn flows(&self) -> Vec<FlowReport> {
        self.flows.iter().map(Flow::report).collect()
    }

    fn send_due(&mut self, now: Instant) {
        for flow in self.flows.iter_mut().filter(|flow| flow.next <= now) {
            flow.next = now + flow.every;
            let payload = flow.sent.to_be_bytes();
            flow.sent += 1;
            let Some(address) = self.addresses.get(&flow.src).filter(|address| address.valid_until > now)
            else {
                continue;
            };
            let datagram = Udp { src_port: flow.port, dst_port: Self::ECHO_PORT, payload: &payload };
            let octets = datagram.datagram(flow.src, flow.dst);
            let packet = Ipv6::packet(flow.src, flow.dst, UDP, HOP_LIMIT, &octets);
            self.transmit.push_back((Port::Access, Ethernet::frame(self.mac, address.router, &packet)));
        }
        if let Some((_, done)) = self.solicit.filter(|(at, _)| *at <= now) {
            self.solicit = (done + 1 < MAX_SOLICITATIONS).then_some((now + SOLICITATION_INTERVAL, done + 1));
            let src = link_local(self.mac);
            let octets = RouterSolicitation { source_mac: Some(self.mac) }.encode(src, ALL_ROUTERS);
            let packet = Ipv6::packet(src, ALL_ROUTERS, ICMPV6, ND_HOP_LIMIT, &octets);
            let frame = Ethernet::frame(self.mac, multicast_mac(ALL_ROUTERS), &packet);
            self.transmit.push_back((Port::Access, frame));
        }
    }

    fn advertised(&mut self, now: Instant, router: Mac, advertisement: &RouterAdvertisement) {
        if advertisement.router_lifetime > 0 {
            self.solicit = None;
        }
        for information in &advertisement.prefixes {
            // RFC 4862 §5.5.3: only A makes addresses; only a /64 leaves room for an interface identifier; a preferred
            // lifetime above the valid one makes the option void.
            let is_autonomous = information.flags.contains(PrefixFlags::A);
            let has_room = information.prefix.prefix_len() == 64;
            if !is_autonomous || !has_room || information.preferred > information.valid {
                continue;
            }
            let mut prefix = [0; 8];
            prefix.copy_from_slice(&information.prefix.network().octets()[..8]);
            let until = |seconds: u32| now + Duration::from_secs(u64::from(seconds));
            let address = self.addresses.entry(slaac(prefix, self.mac)).or_insert(Address {
                formed: now,
                preferred_until: now,
                valid_until: now,
                router,
            });
            address.router = router;
            address.preferred_until = until(information.preferred);
            // RFC 4862 §5.5.3 e: an advertisement cannot cut a valid lifetime below two hours.
            let floor = address.valid_until.min(now + Duration::from_hours(2));
            address.valid_until = until(information.valid).max(floor);
        }
    }

    fn echoed(&mut self, now: Instant, packet: &Ipv6<'_>) {
        let Some(datagram) = Udp::parse(packet.payload(), packet.src, packet.dst) else { return };
        let ours =
            |flow: &&mut Flow| (flow.src, flow.dst, flow.port) == (packet.dst, packet.src, datagram.dst_port);
        let Some(flow) = self.flows.iter_mut().find(ours) else { return };
        if let Ok(number) = datagram.payload.try_into() {
            flow.echoes.entry(u32::from_be_bytes(number)).or_insert(now);
        }
    }
}

impl Flow {
    fn report(&self) -> FlowReport {
        let mut times: Vec<Instant> = self.echoes.values().copied().collect();
        times.sort_unstable();
        let silences = times.windows(2).map(|pair| pair[1].since(pair[0]));
        FlowReport {
            src: self.src,
            dst: self.dst,
            sent: self.sent,
            echoed: self.echoes.len() as u32,
            longest_silence: silences.max().unwrap_or_default(),
            last_echo: times.last().copied(),
        }
    }
}

impl Host for MobileNode {
    fn receive(&mut self, now: Instant, _port: Port, frame: &[u8]) {
        let Some(frame) = Ethernet::parse(frame) else { return };
        if frame.dst != self.mac && frame.dst[0] & 1 == 0 {
            return;
        }
        let Some(packet) = Ipv6::parse(frame.payload) else { return };
        match packet.next_header {
            ICMPV6 => {
                let Ipv6 { src, dst, hop_limit, .. } = packet;
                let advertisement = RouterAdvertisement::parse(packet.payload(), src, dst, hop_limit);
                if let Ok(advertisement) = advertisement {
                    let router = advertisement.source_mac.unwrap_or(frame.src);
                    self.advertised(now, router, &advertisement);
                }
            }
            UDP if self.addresses.contains_key(&packet.dst) => self.echoed(now, &packet),
            _ => {}
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.send_due(now);
    }

    fn next_timeout(&self) -> Option<Instant> {
        let flows = self.flows.iter().map(|flow| flow.next);
        flows.chain(self.solicit.map(|(at, _)| at)).min()
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        self.transmit.pop_front()
    }

    fn plugged(&mut self, now: Instant, _port: Port) {
        self.solicit = Some((now, 0));
        self.send_due(now);
    }

    fn mac(&self, _port: Port) -> Mac {
        self.mac
    }
}
