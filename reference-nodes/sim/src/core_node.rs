//! A node that has the core as its only link: a CMD.

use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::Instant;
use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6, MOBILITY_HEADER, Mac};
use dmm_proto::{Event, Input, Node, Output};

use crate::{Disk, Host, Port, Records, Routes};

/// A node without access link and without forwarding, with its place on the core.
pub struct CoreNode<N> {
    /// The node itself.
    pub node: N,
    mac: Mac,
    address: Ipv6Addr,
    routes: Routes,
    transmit: VecDeque<Vec<u8>>,
    /// What it keeps beyond its own life, and how it starts again with that.
    store: Option<(Disk, Restore<N>)>,
    /// What happened, and when.
    pub events: Vec<(Instant, Event)>,
}

/// Makes a node of one that was killed, and of what that had written.
pub type Restore<N> = fn(&N, Instant, &Records) -> N;

impl<N: Node> CoreNode<N> {
    /// Puts a node on the core.
    pub fn new(node: N, mac: Mac, address: Ipv6Addr, routes: Routes) -> Self {
        Self { node, mac, address, routes, transmit: VecDeque::new(), store: None, events: Vec::new() }
    }

    /// Gives it a disk.
    pub fn with_disk(mut self, disk: Disk, restore: Restore<N>) -> Self {
        self.store = Some((disk, restore));
        self
    }

    /// Its disk, if it has one.
    pub fn disk(&self) -> Option<&Disk> {
        self.store.as_ref().map(|(disk, _)| disk)
    }

    /// Its disk, if it has one.
    pub fn disk_mut(&mut self) -> Option<&mut Disk> {
        self.store.as_mut().map(|(disk, _)| disk)
    }

    fn is_down(&self) -> bool {
        self.disk().is_some_and(Disk::is_down)
    }

    /// Lets the disk do its part.
    fn go_on(&mut self, now: Instant) {
        while let Some(event) = self.disk_mut().and_then(|disk| disk.poll(now)) {
            if let Some(input) = event.input() {
                self.input(now, input);
            }
        }
    }

    fn input(&mut self, now: Instant, input: Input<'_>) {
        self.node.handle_input(now, input);
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Signal { src, dst, octets } => {
                    let packet = Ipv6::packet(src, dst, MOBILITY_HEADER, HOP_LIMIT, &octets);
                    self.transmit.extend(self.routes.frame(self.mac, &packet));
                }
                Output::Persist(write) => {
                    self.disk_mut().expect("who is configured to be durable has a disk").order(*write);
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
        if self.is_down() {
            return;
        }
        if packet.dst == self.address && packet.next_header == MOBILITY_HEADER {
            let Ipv6 { src, dst, .. } = packet;
            self.input(now, Input::Signal { src, dst, octets: packet.payload() });
        }
        self.go_on(now);
    }

    fn timeout(&mut self, now: Instant) {
        if let Some((disk, restore)) = &mut self.store
            && disk.take_start(now)
        {
            self.node = restore(&self.node, now, disk.durable());
        }
        self.go_on(now);
        if !self.is_down() {
            self.input(now, Input::Timeout);
            self.go_on(now);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        let node = self.node.next_timeout().filter(|_| !self.is_down()).map(|timeout| timeout.at);
        node.into_iter().chain(self.disk().and_then(Disk::next_timeout)).min()
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        Some((Port::Core, self.transmit.pop_front()?))
    }

    fn mac(&self, _port: Port) -> Mac {
        self.mac
    }
}
