//! An implementation that sends what a test tells it to, when it tells it to, and answers nothing; and a clock that can lie.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::packet::{Ethernet, HOP_LIMIT, ICMPV6, Ipv6, MOBILITY_HEADER};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags,
};
use dmm_conformance::transport::{Acted, Action, Bench, Mac, Received, Setup, Transport, TransportError};
use std::net::Ipv6Addr;

pub(crate) const MAC: Mac = [2, 0, 0, 0, 0, 1];

/// What it sends: after so long, at a port of the tester.
pub(crate) enum Sends {
    /// The same PBU with a fresh number and time stamp, at the first role.
    Pbus(Vec<Duration>),
    /// One PBU at each role.
    Copies(Vec<Duration>),
    /// ICMPv6 messages to the first mobile node, from a MAC address and a link-local address.
    Icmp(Vec<(Mac, Ipv6Addr, Vec<u8>)>),
}

/// How its clock lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    None,
    /// A fifth of every time is not told.
    Slow,
    /// Packets come with a time that has not been yet.
    Ahead,
    /// It goes back a second with each packet.
    Back,
}

pub(crate) struct PuppetBench {
    pub(crate) sends: Sends,
    pub(crate) lie: Lie,
    /// The frames of the tester.
    pub(crate) sent: Arc<Mutex<Vec<Vec<u8>>>>,
    /// What it says of any trigger, and how long that takes.
    pub(crate) acts: (Acted, Duration),
}

impl PuppetBench {
    pub(crate) fn new(sends: Sends) -> Self {
        Self { sends, lie: Lie::None, sent: Arc::default(), acts: (Acted::Done, Duration::ZERO) }
    }
}

impl Bench for PuppetBench {
    fn name(&self) -> &'static str {
        "puppet"
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        let start = Instant::from_secs(1_767_225_600);
        let mut due = BTreeMap::new();
        let mut add = |after: Duration, port: &str, frame: Vec<u8>| {
            let number = due.len();
            due.insert((start + after, number), (port.to_string(), frame));
        };
        let pbu = |number: usize, after: Duration, role: usize| {
            let role = &setup.roles[role];
            let pbu = Message::Pbu(Pbu {
                seq: number as u16 + 1,
                flags: PbuFlags::A | PbuFlags::P | PbuFlags::D,
                lifetime: Lifetime(75),
                options: vec![
                    MobilityOption::MnIdentifier(MnIdentifier::nai(&setup.mobiles[0].nai)),
                    MobilityOption::HomeNetworkPrefix(role.pool.trunc()),
                    MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN),
                    MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
                    MobilityOption::Timestamp((start + after).timestamp()),
                ],
            });
            let octets = pbu.encode(setup.iut.addr, role.addr).expect("short");
            let packet = Ipv6::packet(setup.iut.addr, role.addr, MOBILITY_HEADER, HOP_LIMIT, &octets);
            (role.port.clone(), Ethernet::frame(MAC, role.mac, &packet))
        };
        match &self.sends {
            Sends::Pbus(times) => {
                for (number, after) in times.iter().enumerate() {
                    let (port, frame) = pbu(number, *after, 0);
                    add(*after, &port, frame);
                }
            }
            Sends::Copies(times) => {
                for (number, after) in times.iter().enumerate() {
                    let (port, frame) = pbu(number, *after, number);
                    add(*after, &port, frame);
                }
            }
            Sends::Icmp(messages) => {
                let mobile = &setup.mobiles[0];
                for (mac, src, octets) in messages {
                    let dst = dmm_codec::packet::link_local(mobile.mac);
                    let mut octets = octets.clone();
                    dmm_codec::icmp::repair_checksum(&mut octets, *src, dst);
                    let packet = Ipv6::packet(*src, dst, ICMPV6, 255, &octets);
                    add(Duration::from_millis(1), &mobile.name, Ethernet::frame(*mac, mobile.mac, &packet));
                }
            }
        }
        let (lie, sent, acts) = (self.lie, Arc::clone(&self.sent), self.acts.clone());
        Ok(Box::new(Puppet { start, now: start, due, lie, sent, acts }))
    }
}

struct Puppet {
    start: Instant,
    now: Instant,
    due: BTreeMap<(Instant, usize), (String, Vec<u8>)>,
    lie: Lie,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
    acts: (Acted, Duration),
}

impl Puppet {
    /// What it says that a time is.
    fn told(&self, at: Instant) -> Instant {
        if self.lie == Lie::Slow { self.start + at.since(self.start) * 4 / 5 } else { at }
    }
}

impl Transport for Puppet {
    fn now(&self) -> Instant {
        self.told(self.now)
    }

    fn send(&mut self, _port: &str, frame: &[u8]) -> Result<(), TransportError> {
        self.sent.lock().expect("no test panics with it").push(frame.to_vec());
        Ok(())
    }

    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError> {
        let real = match self.lie {
            Lie::Slow => self.start + deadline.since(self.start) * 5 / 4 + Duration::from_nanos(1),
            _ => deadline,
        };
        let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= real) else {
            self.now = self.now.max(real);
            return Ok(None);
        };
        let ((at, _), (port, frame)) = entry.remove_entry();
        self.now = self.now.max(at);
        let at = match self.lie {
            Lie::Ahead => at + Duration::from_secs(1),
            Lie::Back => {
                self.now = self.now - Duration::from_secs(1);
                at
            }
            _ => self.told(at),
        };
        Ok(Some(Received { at, port, frame }))
    }

    fn act(&mut self, _action: &Action) -> Result<Acted, TransportError> {
        self.now = self.now + self.acts.1;
        Ok(self.acts.0.clone())
    }

    fn peer_mac(&self, _port: &str) -> Mac {
        MAC
    }
}
