//! A reference node with its octets changed on the way in and out: faults stand outside the node.

pub(crate) mod faults;

use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm::reference::Config;
use dmm_codec::message::{Padded, repair_checksum};
use dmm_codec::ndp::RouterAdvertisement;
use dmm_codec::{Instant, Message, Pba, Pbu, PbuFlags};
use dmm_dataplane::Op;
use dmm_proto::legacy::{Lma, Mag};
use dmm_proto::{Advertise, Cmd, Input, LinkEvent, Maar, Node, Output, Timeout};

/// What a fault may look at.
pub(crate) struct Seen {
    /// The present.
    pub(crate) now: Instant,
    /// The node's own address.
    pub(crate) address: Ipv6Addr,
    /// The CMD or LMA that it registers at.
    pub(crate) home: Ipv6Addr,
    /// MAARs that it works with.
    pub(crate) peers: Vec<Ipv6Addr>,
    /// The last PBU that left it.
    pub(crate) last: Option<Pbu>,
    /// How many PBUs have left it.
    pub(crate) sent: usize,
    /// How many messages have come.
    pub(crate) received: usize,
    /// Where the message at hand comes from.
    pub(crate) src: Ipv6Addr,
    /// Messages to send besides.
    pub(crate) extra: Vec<(Ipv6Addr, Message)>,
    /// Router Advertisements to send besides.
    pub(crate) advertise: Vec<Advertise>,
}

/// A node with a fault.
pub(crate) struct Mangled {
    node: Box<dyn Node>,
    pub(crate) seen: Seen,
    /// Octets on the way in.
    pub(crate) octets: fn(&mut Vec<u8>, Ipv6Addr, Ipv6Addr),
    /// Messages on the way in; false for those that the node does not get.
    pub(crate) incoming: fn(&mut Seen, &mut Message) -> bool,
    /// Messages on the way out; false for those that do not leave.
    pub(crate) outgoing: fn(&mut Seen, &mut Message) -> bool,
    /// What is wrong with the options that leave.
    pub(crate) padded: Padded,
    /// Octets on the way out, before their checksum is written.
    pub(crate) written: fn(&mut Vec<u8>),
    /// What happens on the link; false for what the node does not notice.
    pub(crate) link: fn(&mut Seen, &LinkEvent) -> bool,
    /// Router Advertisements on the way out; false for those that do not leave.
    pub(crate) advertised: fn(&Seen, &mut Advertise) -> bool,
    /// Forwarding orders; false for those that are not carried out, though the node is told that they were.
    pub(crate) forwarding: fn(&Op) -> bool,
    outputs: VecDeque<Output>,
}

impl Mangled {
    pub(crate) fn node(
        node: impl Node + 'static,
        address: Ipv6Addr,
        home: Ipv6Addr,
        peers: Vec<Ipv6Addr>,
        change: fn(&mut Self),
    ) -> Box<dyn Node> {
        let seen = Seen {
            now: Instant::default(),
            address,
            home,
            peers,
            last: None,
            sent: 0,
            received: 0,
            src: Ipv6Addr::UNSPECIFIED,
            extra: Vec::new(),
            advertise: Vec::new(),
        };
        let mut mangled = Self {
            node: Box::new(node),
            seen,
            octets: |_, _, _| {},
            incoming: |_, _| true,
            outgoing: |_, _| true,
            padded: Padded::Aligned,
            written: |_| {},
            link: |_, _| true,
            advertised: |_, _| true,
            forwarding: |_| true,
            outputs: VecDeque::new(),
        };
        change(&mut mangled);
        Box::new(mangled)
    }

    /// What the node is given, and what comes out of it.
    fn work(&mut self, now: Instant, input: Input<'_>) {
        self.node.handle_input(now, input);
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Signal { src, dst, octets } => self.send(src, dst, &octets),
                Output::Advertise(mut ra) => {
                    if (self.advertised)(&self.seen, &mut ra) {
                        self.outputs.push_back(Output::Advertise(ra));
                    }
                }
                Output::Forwarding { id, op } if !(self.forwarding)(&op) => {
                    self.node.handle_input(now, Input::Forwarding { id, result: Ok(()) });
                }
                other => self.outputs.push_back(other),
            }
        }
        for (dst, message) in std::mem::take(&mut self.seen.extra) {
            self.emit(self.seen.address, dst, &message);
        }
        let more = std::mem::take(&mut self.seen.advertise);
        self.outputs.extend(more.into_iter().map(Output::Advertise));
    }

    fn send(&mut self, src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) {
        let mut message = Message::decode(octets, src, dst).expect("a node sends what can be read").message;
        self.seen.src = dst;
        let leaves = (self.outgoing)(&mut self.seen, &mut message);
        if let Message::Pbu(pbu) = &message {
            self.seen.last = Some(pbu.clone());
            self.seen.sent += 1;
        }
        if leaves {
            self.emit(src, dst, &message);
        }
    }

    fn emit(&mut self, src: Ipv6Addr, dst: Ipv6Addr, message: &Message) {
        let mut octets = message.encode_unsummed(self.padded).expect("as long as before");
        (self.written)(&mut octets);
        repair_checksum(&mut octets, src, dst);
        self.outputs.push_back(Output::Signal { src, dst, octets });
    }
}

impl Node for Mangled {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.seen.now = now;
        match input {
            Input::Signal { src, dst, octets } => {
                let mut octets = octets.to_vec();
                (self.octets)(&mut octets, src, dst);
                self.seen.src = src;
                let decoded = Message::decode(&octets, src, dst);
                let Ok(mut message) = decoded.map(|decoded| decoded.message) else {
                    return self.work(now, Input::Signal { src, dst, octets: &octets });
                };
                let before = message.clone();
                self.seen.received += 1;
                let arrives = (self.incoming)(&mut self.seen, &mut message);
                let from = self.seen.src;
                if message != before || from != src {
                    octets = message.encode_unsummed(Padded::Aligned).expect("short enough");
                    repair_checksum(&mut octets, from, dst);
                }
                if arrives {
                    self.work(now, Input::Signal { src: from, dst, octets: &octets });
                } else {
                    self.work(now, Input::Timeout);
                }
            }
            Input::Link(event) if !(self.link)(&mut self.seen, &event) => self.work(now, Input::Timeout),
            other => self.work(now, other),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        self.node.next_timeout()
    }
}

/// The node of a configuration, with a fault.
pub(crate) fn mangle(config: Config, change: fn(&mut Mangled)) -> Box<dyn Node> {
    let nobody = Ipv6Addr::UNSPECIFIED;
    match config {
        Config::Cmd(config) => {
            let address = config.address;
            Mangled::node(Cmd::new(config), address, nobody, Vec::new(), change)
        }
        Config::Maar(config) => {
            let (address, home) = (config.address, config.cmd);
            let peers = config.peers.iter().map(|peer| peer.address).collect();
            Mangled::node(Maar::new(config), address, home, peers, change)
        }
        Config::Lma(config) => {
            let (address, peers) = (config.address, config.mags.clone());
            Mangled::node(Lma::new(config), address, nobody, peers, change)
        }
        Config::Mag(config) => {
            let (address, home) = (config.address, config.lma);
            Mangled::node(Mag::new(config), address, home, Vec::new(), change)
        }
    }
}

/// A PBA that accepts whatever a PBU asks for.
pub(crate) fn accepting(pbu: &Pbu) -> Message {
    let flags = dmm_codec::PbaFlags::P;
    let (seq, lifetime, options) = (pbu.seq, pbu.lifetime, pbu.options.clone());
    Message::Pba(Pba { status: dmm_codec::Status::ACCEPTED, flags, seq, lifetime, options })
}

/// A PBU without a flag.
pub(crate) fn without(pbu: &mut Pbu, flag: PbuFlags) {
    pbu.flags = PbuFlags(pbu.flags.0 & !flag.0);
}

/// An advertisement that nobody has reason to send.
pub(crate) fn early(mac: dmm_codec::packet::Mac, dst: Ipv6Addr) -> Advertise {
    let src_mac = [2, 0, 0, 0, 0, 9];
    let src = dmm_codec::packet::link_local(src_mac);
    let advertisement = RouterAdvertisement { router_lifetime: 1800, ..RouterAdvertisement::default() };
    Advertise { src_mac, src, dst_mac: mac, dst, advertisement }
}
