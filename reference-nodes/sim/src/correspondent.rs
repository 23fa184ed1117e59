//! A correspondent node: it echoes datagrams and knows nothing of mobility.

use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::Instant;
use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6, Mac, UDP, Udp};

use crate::{Host, MobileNode, Port, Routes};

/// A host on the core that sends every datagram to its echo port back (RFC 862).
#[derive(Clone, Debug)]
pub struct Correspondent {
    mac: Mac,
    address: Ipv6Addr,
    routes: Routes,
    transmit: VecDeque<Vec<u8>>,
}

impl Correspondent {
    /// A correspondent with this address.
    pub fn new(mac: Mac, address: Ipv6Addr, routes: Routes) -> Self {
        Self { mac, address, routes, transmit: VecDeque::new() }
    }
}

impl Host for Correspondent {
    fn receive(&mut self, _now: Instant, _port: Port, frame: &[u8]) {
        let Some(frame) = Ethernet::parse(frame).filter(|frame| frame.dst == self.mac) else { return };
        let Some(packet) = Ipv6::parse(frame.payload).filter(|packet| packet.dst == self.address) else {
            return;
        };
        if packet.next_header != UDP {
            return;
        }
        let Some(asked) = Udp::parse(packet.payload(), packet.src, packet.dst) else { return };
        if asked.dst_port != MobileNode::ECHO_PORT {
            return;
        }
        let echo = Udp { src_port: asked.dst_port, dst_port: asked.src_port, payload: asked.payload };
        let octets = echo.datagram(self.address, packet.src);
        let packet = Ipv6::packet(self.address, packet.src, UDP, HOP_LIMIT, &octets);
        self.transmit.extend(self.routes.frame(self.mac, &packet));
    }

    fn timeout(&mut self, _now: Instant) {}

    fn next_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        Some((Port::Core, self.transmit.pop_front()?))
    }

    fn mac(&self, _port: Port) -> Mac {
        self.mac
    }
}
