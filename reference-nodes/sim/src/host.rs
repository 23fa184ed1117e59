//! What a host is to the simulation, the routes of the core, and the simplest host: a probe.

use std::any::Any;
use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::Instant;
use dmm_codec::packet::{Ethernet, Ipv6, Mac};
use ipnet::Ipv6Net;

/// Where a link plugs into a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    /// Towards the core.
    Core,
    /// The access link.
    Access,
}

/// Names a host of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostId(pub usize);

/// Something with ports that frames come to and leave from. Sans-IO, as the nodes are.
pub trait Host: Any {
    /// A frame came. Frames for others come too: the link is shared.
    fn receive(&mut self, now: Instant, port: Port, frame: &[u8]);

    /// Time has come.
    fn timeout(&mut self, now: Instant);

    /// When to come back; after that moment's [`Host::timeout`] it must be later, or never.
    fn next_timeout(&self) -> Option<Instant>;

    /// The next frame to send.
    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)>;

    /// This host was plugged into a link.
    fn plugged(&mut self, _now: Instant, _port: Port) {}

    /// Another host, with this MAC address on the link, was unplugged, and the link layer noticed.
    fn neighbour_left(&mut self, _now: Instant, _port: Port, _mac: Mac) {}

    /// Its MAC address on this port.
    fn mac(&self, port: Port) -> Mac;
}

/// The routes of the core: which MAC address leads to a prefix. They stand for a routing protocol and Neighbor
/// Discovery between routers, which RFC 8885 leaves as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes(Vec<(Ipv6Net, Mac)>);

impl Routes {
    /// Adds a route.
    pub fn add(&mut self, prefix: Ipv6Net, mac: Mac) {
        self.0.push((prefix, mac));
    }

    /// Where a packet for this address goes: the longest prefix wins.
    pub fn next_hop(&self, address: Ipv6Addr) -> Option<Mac> {
        let matching = self.0.iter().filter(|(prefix, _)| prefix.contains(&address));
        matching.max_by_key(|(prefix, _)| prefix.prefix_len()).map(|(_, mac)| *mac)
    }

    /// The frame that takes a packet to its next hop; `None` without a route.
    pub fn frame(&self, from: Mac, packet: &[u8]) -> Option<Vec<u8>> {
        let next_hop = self.next_hop(Ipv6::parse(packet)?.dst)?;
        Some(Ethernet::frame(from, next_hop, packet))
    }
}

/// A host that sends what it is given and keeps what is sent to it: a tester's place on a link.
#[derive(Clone, Debug)]
pub struct Probe {
    mac: Mac,
    port: Port,
    /// Frames that came, in order.
    pub received: VecDeque<(Instant, Vec<u8>)>,
    transmit: VecDeque<Vec<u8>>,
}

impl Probe {
    /// A probe with this MAC address.
    pub fn new(mac: Mac, port: Port) -> Self {
        Self { mac, port, received: VecDeque::new(), transmit: VecDeque::new() }
    }

    /// Sends a frame when the simulation goes on.
    pub fn send(&mut self, frame: Vec<u8>) {
        self.transmit.push_back(frame);
    }
}

impl Host for Probe {
    fn receive(&mut self, now: Instant, _port: Port, frame: &[u8]) {
        let is_ours = Ethernet::parse(frame).is_some_and(|f| f.dst == self.mac || f.dst[0] & 1 == 1);
        if is_ours {
            self.received.push_back((now, frame.to_vec()));
        }
    }

    fn timeout(&mut self, _now: Instant) {}

    fn next_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        Some((self.port, self.transmit.pop_front()?))
    }

    fn mac(&self, _port: Port) -> Mac {
        self.mac
    }
}
