//! A node on a bench: inputs by name, outputs decoded.

#![allow(dead_code, reason = "each test file uses its part")]

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{
    AccessTechnology, HandoffIndicator, Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pba,
    PbaFlags, Pbu, PbuFlags, Status,
};
use dmm_proto::{Event, Input, Node, Output};
use ipnet::Ipv6Net;

pub(crate) const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xcd);
pub(crate) const START: Instant = Instant::from_secs(1_000_000);

/// The address of MAAR `n`.
pub(crate) fn maar(n: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, n)
}

/// The pool of MAAR `n`.
pub(crate) fn pool(n: u16) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0xa000 + n, 0, 0, 0, 0, 0), 48)
}

/// The first /64 of it.
pub(crate) fn prefix(n: u16) -> Ipv6Net {
    Ipv6Net::new_assert(pool(n).network(), 64)
}

pub(crate) fn mn1() -> MnIdentifier {
    MnIdentifier::nai("mn1@example.org")
}

/// A node and its clock.
pub(crate) struct Bench<N> {
    pub(crate) node: N,
    pub(crate) now: Instant,
    pub(crate) events: Vec<Event>,
    /// Outputs other than signals and events.
    pub(crate) others: Vec<Output>,
    /// How many of them a test has carried out.
    pub(crate) carried: usize,
    /// Messages that a test has kept.
    pub(crate) said: Vec<Message>,
}

impl<N: Node> Bench<N> {
    pub(crate) fn new(node: N) -> Self {
        Self { node, now: START, events: Vec::new(), others: Vec::new(), carried: 0, said: Vec::new() }
    }

    /// Gives an input and returns the messages that leave: to whom, and what.
    pub(crate) fn input(&mut self, input: Input<'_>) -> Vec<(Ipv6Addr, Message)> {
        self.node.handle_input(self.now, input);
        let mut sent = Vec::new();
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Signal { src, dst, octets } => {
                    let decoded = Message::decode(&octets, src, dst).expect("a node sends what can be read");
                    assert_eq!(decoded.skipped, []);
                    sent.push((dst, decoded.message));
                }
                Output::Event(event) => self.events.push(event),
                other => self.others.push(other),
            }
        }
        sent
    }

    pub(crate) fn signal(
        &mut self,
        src: Ipv6Addr,
        dst: Ipv6Addr,
        message: &Message,
    ) -> Vec<(Ipv6Addr, Message)> {
        let octets = message.encode(src, dst).expect("short enough");
        self.input(Input::Signal { src, dst, octets: &octets })
    }

    /// Lets time pass, waking the node when it asks to be; what leaves, and after how many milliseconds.
    pub(crate) fn pass(&mut self, duration: Duration) -> Vec<(u128, Ipv6Addr, Message)> {
        let (start, end) = (self.now, self.now + duration);
        let mut sent = Vec::new();
        while let Some(timeout) = self.node.next_timeout().filter(|timeout| timeout.at <= end) {
            self.now = self.now.max(timeout.at);
            let after = self.now.since(start).as_millis();
            sent.extend(self.input(Input::Timeout).into_iter().map(|(to, message)| (after, to, message)));
        }
        self.now = end;
        sent
    }
}

/// The PBU that a MAAR sends when `mn1` attaches (RFC 8885 §3.1).
pub(crate) fn attach_pbu(n: u16, seq: u16, now: Instant) -> Pbu {
    Pbu {
        seq,
        flags: PbuFlags::A | PbuFlags::P | PbuFlags::D,
        lifetime: Lifetime(75),
        options: vec![
            MobilityOption::MnIdentifier(mn1()),
            MobilityOption::HomeNetworkPrefix(prefix(n)),
            MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN),
            MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
            MobilityOption::Timestamp(now.timestamp()),
        ],
    }
}

/// The PBA that accepts a PBU, echoing its options.
pub(crate) fn accept(pbu: &Pbu, more: &[MobilityOption]) -> Message {
    let mut options: Vec<_> = pbu.options.iter().filter(|o| o.kind() < 65).cloned().collect();
    options.extend_from_slice(more);
    let flags = PbaFlags::P | PbaFlags::D;
    Message::Pba(Pba { status: Status::ACCEPTED, flags, seq: pbu.seq, lifetime: pbu.lifetime, options })
}

pub(crate) fn pbu_of(message: &Message) -> &Pbu {
    let Message::Pbu(pbu) = message else { panic!("a PBU was expected: {message:?}") };
    pbu
}

pub(crate) fn pba_of(message: &Message) -> &Pba {
    let Message::Pba(pba) = message else { panic!("a PBA was expected: {message:?}") };
    pba
}

pub(crate) fn without(pbu: &Pbu, kind: u8) -> Pbu {
    let options = pbu.options.iter().filter(|option| option.kind() != kind).cloned().collect();
    Pbu { options, ..pbu.clone() }
}
