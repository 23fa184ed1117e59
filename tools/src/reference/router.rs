//! A node under test on the simulated network: the core, an access link where it has one, and forwarding in memory. It knows no
//! node's kind; a mutant of a node is one too.

use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::Instant;
use dmm_codec::ndp::{ND_HOP_LIMIT, RouterSolicitation};
use dmm_codec::packet::{Ethernet, HOP_LIMIT, ICMPV6, Ipv6, MOBILITY_HEADER, Mac};
use dmm_conformance::transport::Acted;
use dmm_dataplane::{Dataplane as _, Engine, Forward};
use dmm_proto::{Input, LinkEvent, Node, Output};
use dmm_sim::{Host, Port, Routes};

use super::{Config, Make, set};
use crate::virtual_wire::{IUT_MAC, Subject};

/// The host of a node under test.
pub struct Router {
    node: Box<dyn Node>,
    config: Config,
    make: Make,
    address: Ipv6Addr,
    engine: Engine,
    routes: Routes,
    transmit: VecDeque<(Port, Vec<u8>)>,
}

impl Router {
    pub(super) fn new(config: Config, make: Make, address: Ipv6Addr, routes: Routes) -> Self {
        let (node, engine) = (make(config.clone()), Engine::new(address));
        Self { node, config, make, address, engine, routes, transmit: VecDeque::new() }
    }

    /// Gives the node an input and carries out what comes out. Forwarding is changed at once, and the node told so.
    fn input(&mut self, now: Instant, input: Input<'_>) {
        self.node.handle_input(now, input);
        loop {
            while let Some(output) = self.node.poll_output() {
                self.carry_out(output);
            }
            let Some((id, result)) = self.engine.poll_done() else { break };
            self.node.handle_input(now, Input::Forwarding { id, result });
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Signal { src, dst, octets } => {
                self.send_on_core(&Ipv6::packet(src, dst, MOBILITY_HEADER, HOP_LIMIT, &octets));
            }
            Output::Advertise(ra) => {
                let octets = ra.advertisement.encode(ra.src, ra.dst);
                let packet = Ipv6::packet(ra.src, ra.dst, ICMPV6, ND_HOP_LIMIT, &octets);
                self.transmit.push_back((Port::Access, Ethernet::frame(ra.src_mac, ra.dst_mac, &packet)));
            }
            Output::Forwarding { id, op } => self.engine.submit(id, op),
            Output::Persist(_) => unreachable!("no node here is configured to be durable"),
            Output::Event(_) => {}
        }
    }

    fn send_on_core(&mut self, packet: &[u8]) {
        let frame = self.routes.frame(IUT_MAC, packet);
        self.transmit.extend(frame.map(|frame| (Port::Core, frame)));
    }

    fn forwarded(&mut self, now: Instant, forward: Forward, packet: &Ipv6<'_>) {
        match forward {
            Forward::Core(packet) => self.send_on_core(&packet),
            Forward::Link { dlif, mac, packet } => {
                self.transmit.push_back((Port::Access, Ethernet::frame(mac, dlif.mobile, &packet)));
            }
            Forward::Local if packet.next_header == MOBILITY_HEADER => {
                let Ipv6 { src, dst, .. } = *packet;
                self.input(now, Input::Signal { src, dst, octets: packet.payload() });
            }
            Forward::Local | Forward::Drop(_) => {}
        }
    }
}

impl Host for Router {
    fn receive(&mut self, now: Instant, port: Port, frame: &[u8]) {
        let Some(frame) = Ethernet::parse(frame) else { return };
        let Some(packet) = Ipv6::parse(frame.payload) else { return };
        let Ipv6 { src, dst, hop_limit, .. } = packet;
        match port {
            Port::Core if frame.dst == IUT_MAC => {
                let forward = self.engine.from_core(packet.octets);
                self.forwarded(now, forward, &packet);
            }
            Port::Core => {}
            Port::Access if packet.next_header == ICMPV6 && hop_limit == ND_HOP_LIMIT => {
                if RouterSolicitation::parse(packet.payload(), src, dst, hop_limit).is_ok() {
                    self.input(now, Input::Link(LinkEvent::Solicited { mobile: frame.src, src }));
                }
            }
            Port::Access if self.engine.has_dlif(frame.dst, frame.src) => {
                let forward = self.engine.from_link(packet.octets);
                self.forwarded(now, forward, &packet);
            }
            Port::Access => {}
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.input(now, Input::Timeout);
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.node.next_timeout().map(|timeout| timeout.at)
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        self.transmit.pop_front()
    }

    fn neighbour_left(&mut self, now: Instant, port: Port, mac: Mac) {
        if port == Port::Access {
            self.input(now, Input::Link(LinkEvent::Detached { mobile: mac }));
        }
    }

    fn mac(&self, _port: Port) -> Mac {
        IUT_MAC
    }
}

impl Subject for Router {
    /// Another node in its place, which finds nothing of what the one before had done.
    fn restart(&mut self, _now: Instant) -> Acted {
        self.node = (self.make)(self.config.clone());
        self.engine = Engine::new(self.address);
        self.transmit.clear();
        Acted::Done
    }

    fn set_config(&mut self, now: Instant, settings: &[(String, String)]) -> Acted {
        for (name, value) in settings {
            if !set(&mut self.config, name, value) {
                return Acted::Unsupported { why: format!("the node cannot be set to {name}: {value}") };
            }
        }
        self.restart(now)
    }

    fn dump(&mut self, _now: Instant) -> Acted {
        let plane = self.engine.snapshot();
        let entries: Vec<String> = plane.iter().map(|entry| format!("{entry:?}")).collect();
        Acted::Told(format!("forwarding: {} entries: {}", entries.len(), entries.join("; ")))
    }
}
