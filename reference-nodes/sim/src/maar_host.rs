//! A MAAR with its forwarding, its place on the core and its access link.

use std::collections::VecDeque;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::ndp::{ND_HOP_LIMIT, RouterSolicitation};
use dmm_codec::packet::{Ethernet, HOP_LIMIT, ICMPV6, Ipv6, MOBILITY_HEADER, Mac};
use dmm_dataplane::{Dataplane, DropReason, Engine, Forward, Op, OpId};
use dmm_proto::{Event, Input, LinkEvent, Maar, Node, Output};

use crate::{Host, Port, Routes};

/// A MAAR on the simulated network.
pub struct MaarHost {
    node: Maar,
    address: Ipv6Addr,
    engine: Engine,
    mac: Mac,
    routes: Routes,
    /// How long forwarding takes to change, as in a kernel.
    forwarding_delay: Duration,
    /// Forwarding orders on their way.
    orders: VecDeque<(Instant, OpId, Op)>,
    transmit: VecDeque<(Port, Vec<u8>)>,
    /// What happened, and when.
    pub events: Vec<(Instant, Event)>,
    /// Packets that went nowhere, and why.
    pub dropped: Vec<(Instant, DropReason)>,
}

impl MaarHost {
    /// Puts a MAAR with this address on the network.
    pub fn new(node: Maar, address: Ipv6Addr, mac: Mac, routes: Routes, forwarding_delay: Duration) -> Self {
        Self {
            node,
            address,
            engine: Engine::new(address),
            mac,
            routes,
            forwarding_delay,
            orders: VecDeque::new(),
            transmit: VecDeque::new(),
            events: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// What its forwarding holds.
    pub fn plane(&self) -> dmm_dataplane::Plane {
        self.engine.snapshot()
    }

    /// Its control plane.
    pub fn node(&self) -> &Maar {
        &self.node
    }

    /// Starts again with nothing but its configuration, as after a loss of power.
    pub fn restart(&mut self, node: Maar) {
        self.node = node;
        self.engine = Engine::new(self.address);
        self.orders.clear();
        self.transmit.clear();
    }

    fn input(&mut self, now: Instant, input: Input<'_>) {
        self.node.handle_input(now, input);
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Signal { src, dst, octets } => {
                    let packet = Ipv6::packet(src, dst, MOBILITY_HEADER, HOP_LIMIT, &octets);
                    self.send_on_core(&packet);
                }
                Output::Advertise(ra) => {
                    let octets = ra.advertisement.encode(ra.src, ra.dst);
                    let packet = Ipv6::packet(ra.src, ra.dst, ICMPV6, ND_HOP_LIMIT, &octets);
                    self.transmit.push_back((Port::Access, Ethernet::frame(ra.src_mac, ra.dst_mac, &packet)));
                }
                Output::Forwarding { id, op } => self.orders.push_back((now + self.forwarding_delay, id, op)),
                Output::Event(event) => self.events.push((now, event)),
            }
        }
    }

    fn send_on_core(&mut self, packet: &[u8]) {
        let frame = self.routes.frame(self.mac, packet);
        self.transmit.extend(frame.map(|frame| (Port::Core, frame)));
    }

    /// Carries out forwarding orders whose time has come.
    fn carry_out(&mut self, now: Instant) {
        while let Some((_, id, op)) = self.orders.pop_front_if(|(at, ..)| *at <= now) {
            self.engine.submit(id, op);
            while let Some((id, result)) = self.engine.poll_done() {
                self.input(now, Input::Forwarding { id, result });
            }
        }
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
            Forward::Local => {}
            Forward::Drop(why) => self.dropped.push((now, why)),
        }
    }

    fn core_frame(&mut self, now: Instant, frame: &Ethernet<'_>) {
        if frame.dst != self.mac {
            return;
        }
        let Some(packet) = Ipv6::parse(frame.payload) else { return };
        let forward = self.engine.from_core(packet.octets);
        self.forwarded(now, forward, &packet);
    }

    fn access_frame(&mut self, now: Instant, frame: &Ethernet<'_>) {
        let Some(packet) = Ipv6::parse(frame.payload) else { return };
        let Ipv6 { src, dst, .. } = packet;
        if packet.next_header == ICMPV6 && packet.hop_limit == ND_HOP_LIMIT {
            if RouterSolicitation::parse(packet.payload(), src, dst, packet.hop_limit).is_ok() {
                self.input(now, Input::Link(LinkEvent::Solicited { mobile: frame.src, src }));
            }
            return;
        }
        // What is sent to the MAC address of one of this mobile node's DLIFs is to be forwarded.
        if self.engine.has_dlif(frame.dst, frame.src) {
            let forward = self.engine.from_link(packet.octets);
            self.forwarded(now, forward, &packet);
        }
    }
}

impl Host for MaarHost {
    fn receive(&mut self, now: Instant, port: Port, frame: &[u8]) {
        let Some(frame) = Ethernet::parse(frame) else { return };
        match port {
            Port::Core => self.core_frame(now, &frame),
            Port::Access => self.access_frame(now, &frame),
        }
        self.carry_out(now);
    }

    fn timeout(&mut self, now: Instant) {
        self.carry_out(now);
        self.input(now, Input::Timeout);
        self.carry_out(now);
    }

    fn next_timeout(&self) -> Option<Instant> {
        let node = self.node.next_timeout().map(|timeout| timeout.at);
        node.into_iter().chain(self.orders.front().map(|(at, ..)| *at)).min()
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        self.transmit.pop_front()
    }

    fn neighbour_left(&mut self, now: Instant, port: Port, mac: Mac) {
        if port == Port::Access {
            self.input(now, Input::Link(LinkEvent::Detached { mobile: mac }));
            self.carry_out(now);
        }
    }

    fn mac(&self, _port: Port) -> Mac {
        self.mac
    }
}
