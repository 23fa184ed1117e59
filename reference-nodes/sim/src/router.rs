//! A MAAR, MAG or LMA with its forwarding, its place on the core, and its access link where it has one.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::ndp::{ND_HOP_LIMIT, RouterSolicitation};
use dmm_codec::packet::{Ethernet, HOP_LIMIT, ICMPV6, Ipv6, MOBILITY_HEADER, Mac};
use dmm_dataplane::{Dataplane, DropReason, Engine, Forward, Op, OpId, Plane};
use dmm_proto::{Event, Input, LinkEvent, Node, Output};

use crate::{Disk, Host, Port, Records, Routes};

/// A node that forwards, on the simulated network.
pub struct Router<N> {
    node: N,
    restore: RestoreRouter<N>,
    address: Ipv6Addr,
    engine: Engine,
    mac: Mac,
    routes: Routes,
    /// How long forwarding takes to change, as in a kernel.
    forwarding_delay: Duration,
    /// Forwarding orders on their way.
    orders: VecDeque<(Instant, OpId, Op)>,
    /// What the control plane keeps beyond its own life.
    disk: Option<Disk>,
    /// Who is on the link, as the link layer knows even while no control plane is there to hear it.
    on_link: BTreeMap<Mac, Ipv6Addr>,
    transmit: VecDeque<(Port, Vec<u8>)>,
    /// What is wrong with it.
    fault: Fault,
    /// What happened, and when.
    pub events: Vec<(Instant, Event)>,
    /// Packets that went nowhere, and why.
    pub dropped: Vec<(Instant, DropReason)>,
}

/// Makes a node of one that has stopped, of what that had written, and of what forwarding holds.
pub type RestoreRouter<N> = fn(&N, Instant, &Records, &Plane) -> N;

/// Changes what comes out of a node, or drops it; an order that is dropped is acknowledged as if it had been carried out.
pub type Fault = fn(Output) -> Option<Output>;

impl<N: Node> Router<N> {
    /// Puts a node with this address on the network; `restore` is how it starts again.
    pub fn new(
        node: N,
        restore: RestoreRouter<N>,
        address: Ipv6Addr,
        mac: Mac,
        routes: Routes,
        forwarding_delay: Duration,
    ) -> Self {
        Self {
            node,
            restore,
            address,
            engine: Engine::new(address),
            mac,
            routes,
            forwarding_delay,
            orders: VecDeque::new(),
            disk: None,
            on_link: BTreeMap::new(),
            transmit: VecDeque::new(),
            fault: Some,
            events: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// Gives it a disk.
    pub fn with_disk(mut self, disk: Disk) -> Self {
        self.disk = Some(disk);
        self
    }

    /// Its disk, if it has one.
    pub fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }

    /// Its disk, if it has one.
    pub fn disk_mut(&mut self) -> Option<&mut Disk> {
        self.disk.as_mut()
    }

    /// What its forwarding holds.
    pub fn plane(&self) -> Plane {
        self.engine.snapshot()
    }

    /// Its control plane.
    pub fn node(&self) -> &N {
        &self.node
    }

    /// Makes something of it wrong from now on: what a trial must find out.
    pub fn spoil(&mut self, fault: Fault) {
        self.fault = fault;
    }

    /// Starts again after a loss of power: its forwarding is gone, and all that it knew but what is on its disk.
    pub fn restart(&mut self, now: Instant) {
        self.engine = Engine::new(self.address);
        self.transmit.clear();
        if let Some(disk) = &mut self.disk {
            disk.kill(now, Duration::ZERO);
            disk.take_start(now);
        }
        self.start(now);
        self.carry_out(now);
    }

    /// The control plane starts with what is on its disk, and finds forwarding as it is.
    fn start(&mut self, now: Instant) {
        self.orders.clear();
        let nothing = Records::new();
        let records = self.disk.as_ref().map_or(&nothing, Disk::durable);
        self.node = (self.restore)(&self.node, now, records, &self.engine.snapshot());
        self.input(now, Input::Timeout);
        // The link layer says who is there.
        for (mobile, src) in self.on_link.clone() {
            self.input(now, Input::Link(LinkEvent::Solicited { mobile, src }));
        }
    }

    fn is_down(&self) -> bool {
        self.disk.as_ref().is_some_and(Disk::is_down)
    }

    fn input(&mut self, now: Instant, input: Input<'_>) {
        // The kernel forwards without a control plane; nobody answers.
        if self.is_down() {
            return;
        }
        self.node.handle_input(now, input);
        let mut dropped = Vec::new();
        while let Some(output) = self.node.poll_output() {
            if let Output::Forwarding { id, .. } = output {
                dropped.push(id);
            }
            let Some(output) = (self.fault)(output) else { continue };
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
                Output::Forwarding { id, op } => {
                    dropped.pop();
                    self.orders.push_back((now + self.forwarding_delay, id, op));
                }
                Output::Persist(write) => {
                    self.disk.as_mut().expect("who is configured to be durable has a disk").order(*write);
                }
                Output::Event(event) => self.events.push((now, event)),
            }
        }
        for id in dropped {
            self.input(now, Input::Forwarding { id, result: Ok(()) });
        }
    }

    fn send_on_core(&mut self, packet: &[u8]) {
        let frame = self.routes.frame(self.mac, packet);
        self.transmit.extend(frame.map(|frame| (Port::Core, frame)));
    }

    /// Carries out forwarding orders and writes whose time has come.
    fn carry_out(&mut self, now: Instant) {
        if self.disk.as_mut().is_some_and(|disk| disk.take_start(now)) {
            self.start(now);
        }
        loop {
            self.forward(now);
            let Some(event) = self.disk.as_mut().and_then(|disk| disk.poll(now)) else { return };
            if let Some(input) = event.input() {
                self.input(now, input);
            }
        }
    }

    fn forward(&mut self, now: Instant) {
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
                self.on_link.insert(frame.src, src);
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

impl<N: Node + 'static> Host for Router<N> {
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
        let node = self.node.next_timeout().filter(|_| !self.is_down()).map(|timeout| timeout.at);
        let disk = self.disk.as_ref().and_then(Disk::next_timeout);
        node.into_iter().chain(self.orders.front().map(|(at, ..)| *at)).chain(disk).min()
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        self.transmit.pop_front()
    }

    fn neighbour_left(&mut self, now: Instant, port: Port, mac: Mac) {
        if port == Port::Access {
            self.on_link.remove(&mac);
            self.input(now, Input::Link(LinkEvent::Detached { mobile: mac }));
            self.carry_out(now);
        }
    }

    fn mac(&self, _port: Port) -> Mac {
        self.mac
    }
}
