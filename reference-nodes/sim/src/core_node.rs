//! A node that has the core as its only link: a CMD.

use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::Instant;
use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6, MOBILITY_HEADER, Mac};
use dmm_proto::{Event, Input, Node, Output};

use crate::{Host, Port, Routes};

/// A node without access link and without forwarding, with its place on the core.
pub struct CoreNode<N> {
    /// The node itself.
    pub node: N,
    mac: Mac,
    address: Ipv6Addr,
    routes: Routes,
    transmit: VecDeque<Vec<u8>>,
    /// What happened, and when.
    pub events: Vec<(Instant, Event)>,
}

impl<N: Node> CoreNode<N> {
    /// Puts a node on the core.
    pub fn new(node: N, mac: Mac, address: Ipv6Addr, routes: Routes) -> Self {
        Self { node, mac, address, routes, transmit: VecDeque::new(), events: Vec::new() }
    }

    fn input(&mut self, now: Instant, input: Input<'_>) {
        self.node.handle_input(now, input);
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Signal { src, dst, octets } => {
                    let packet = Ipv6::packet(src, dst, MOBILITY_HEADER, HOP_LIMIT, &octets);
                    self.transmit.extend(self.routes.frame(self.mac, &packet));
                }
                Output::Event(event) => self.events.push((now, event)),
                // RFC 8885 §1, R1.3: a CMD is "discharged from any route management and MN's data forwarding tasks".
                Output::Advertise(_) | Output::Forwarding { .. } => {
                    unreachable!("a node of the core alone has no link and no forwarding")
                }
            }
        }
    }
}

impl<N: Node + 'static> Host for CoreNode<N> {
    fn receive(&mut self, now: Instant, _port: Port, frame: &[u8]) {
        let Some(frame) = Ethernet::parse(frame).filter(|frame| frame.dst == self.mac) else { return };
        let Some(packet) = Ipv6::parse(frame.payload) else { return };
        if packet.dst == self.address && packet.next_header == MOBILITY_HEADER {
            let Ipv6 { src, dst, .. } = packet;
            self.input(now, Input::Signal { src, dst, octets: packet.payload() });
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.input(now, Input::Timeout);
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.node.next_timeout().map(|timeout| timeout.at)
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        Some((Port::Core, self.transmit.pop_front()?))
    }

    fn mac(&self, _port: Port) -> Mac {
        self.mac
    }
}
