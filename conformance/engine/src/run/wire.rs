//! Packets out and in: the log, the passive rules, and waiting.

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::packet::{
    Ethernet, HOP_LIMIT, IPV6_IN_IPV6, Ipv6, MOBILITY_HEADER, Mac, link_local, multicast_mac,
};

use super::{Done, Running, Stop};
use crate::judge::passive;
use crate::packet::{Direction, Logged};
use crate::transport::{Received, RoleSetup, TransportError};
use crate::verdict::{EVERY_PACKET, Finding, Level, Verdict};

/// Most packets of one case. An implementation that sends more is not being tested, it is flooding.
const MOST_PACKETS: usize = 100_000;

/// Octets that a tunnel and a Fragment header put around a payload.
const MOST_AROUND: usize = 48;
/// Next Header value of the Fragment header (RFC 8200 §4.5).
const FRAGMENT: u8 = 44;

/// Who sends and receives at a port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Station {
    pub(super) addr: Ipv6Addr,
    pub(super) mac: Mac,
}

/// The packet around what is sent, and the frame around that.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) src: Ipv6Addr,
    pub(super) dst: Ipv6Addr,
    /// None for whoever the destination is on the link.
    pub(super) dst_mac: Option<Mac>,
    pub(super) next_header: u8,
    pub(super) hop_limit: u8,
    pub(super) headers: Vec<(u8, Vec<u8>)>,
    pub(super) fragment: Option<usize>,
    pub(super) tunnel: bool,
}

/// A payload in one piece, or in fragments of so many octets with what their headers say (RFC 8200 §4.5).
fn pieces(next: u8, payload: Vec<u8>, octets: Option<usize>, packet: usize) -> Vec<(u8, Vec<u8>)> {
    let Some(octets) = octets.filter(|_| !payload.is_empty()) else { return vec![(next, payload)] };
    let all = payload.chunks(octets).enumerate().map(|(number, piece)| {
        let offset = number * octets;
        let more = u16::from(offset + piece.len() < payload.len());
        let [high, low] = (offset as u16 | more).to_be_bytes();
        // Any two packets of a case have different identifications.
        let identification = (packet as u32).to_be_bytes();
        let header = [&[next, 0, high, low], &identification[..]].concat();
        (FRAGMENT, [&header[..], piece].concat())
    });
    all.collect()
}

impl Running<'_> {
    pub(super) fn broken(&self, why: impl Into<String>) -> Stop {
        let at = self.calls.last().map_or_else(String::new, |context| context.at.clone());
        Stop::Broken { at, why: why.into() }
    }

    pub(super) fn bench(&self, error: &TransportError) -> Stop {
        if matches!(error, TransportError::Interrupted) {
            let at = self.calls.last().map_or_else(String::new, |context| context.at.clone());
            return Stop::Interrupted { at };
        }
        let mut why = format!("the bench failed: {error}");
        if let Some(source) = std::error::Error::source(error) {
            why = format!("{why}: {source}");
        }
        self.broken(why)
    }

    pub(super) fn now(&self) -> Instant {
        self.transport.now()
    }

    pub(super) fn role(&self, port: &str) -> Option<&RoleSetup> {
        self.setup.roles.iter().find(|role| role.port == port)
    }

    /// Who is at a port: a role on the core, or a mobile node on the access link.
    pub(super) fn station(&self, port: &str) -> Option<Station> {
        if let Some(role) = self.role(port) {
            return Some(Station { addr: role.addr, mac: role.mac });
        }
        let mobile = self.setup.mobiles.iter().find(|mobile| mobile.name == port)?;
        Some(Station { addr: link_local(mobile.mac), mac: mobile.mac })
    }

    /// How a packet of a station goes to the implementation under test.
    pub(super) fn way(&self, station: &Station, next_header: u8) -> Way {
        Way {
            src: station.addr,
            dst: self.setup.iut.addr,
            dst_mac: None,
            next_header,
            hop_limit: HOP_LIMIT,
            headers: Vec::new(),
            fragment: None,
            tunnel: false,
        }
    }

    /// A Mobility Header from a role to the implementation under test; its place in the log.
    pub(super) fn transmit(&mut self, port: &str, mobility_header: &[u8]) -> Done<usize> {
        let station = self.station(port).ok_or_else(|| self.nobody(port))?;
        self.transmit_by(port, mobility_header, &self.way(&station, MOBILITY_HEADER))
    }

    pub(super) fn nobody(&self, port: &str) -> Stop {
        self.broken(format!("no role and no mobile node `{port}` in this case"))
    }

    /// A payload from a station; the place in the log of the first packet that it makes.
    pub(super) fn transmit_by(&mut self, port: &str, payload: &[u8], way: &Way) -> Done<usize> {
        let station = self.station(port).ok_or_else(|| self.nobody(port))?;
        // The headers are chained from the innermost out.
        let (mut next, mut payload) = (way.next_header, payload.to_vec());
        for (kind, data) in way.headers.iter().rev() {
            let header = [&[next, (data.len() / 8) as u8], &data[..]].concat();
            payload.splice(0..0, header);
            next = *kind;
        }
        if payload.len() > usize::from(u16::MAX) - MOST_AROUND {
            return Err(self.broken("the message does not fit an IPv6 packet"));
        }
        let dst_mac = way.dst_mac.unwrap_or_else(|| {
            if way.dst.is_multicast() { multicast_mac(way.dst) } else { self.transport.peer_mac(port) }
        });
        let first = self.log.len();
        for (next, payload) in pieces(next, payload, way.fragment, first) {
            let mut packet = Ipv6::packet(way.src, way.dst, next, way.hop_limit, &payload);
            if way.tunnel {
                packet = Ipv6::packet(station.addr, self.setup.iut.addr, IPV6_IN_IPV6, HOP_LIMIT, &packet);
            }
            let frame = Ethernet::frame(station.mac, dst_mac, &packet);
            let recorded = self.transport.recorded(port).map_err(|error| self.bench(&error))?;
            if recorded.is_none() {
                self.transport.send(port, &frame).map_err(|error| self.bench(&error))?;
            }
            let frame = recorded.unwrap_or(frame);
            self.log.push(Logged::new(self.now(), port, Direction::Sent, frame));
        }
        Ok(first)
    }

    /// Waits for the next packet, and meanwhile lets roles answer by themselves. False when the time has come.
    pub(super) fn pump(&mut self, until: Instant) -> Done<bool> {
        loop {
            let due = self.autos.next();
            let deadline = due.map_or(until, |due| due.min(until));
            match self.transport.receive(deadline).map_err(|error| self.bench(&error))? {
                Some(received) => {
                    self.check_clock(&received)?;
                    if self.log.len() >= MOST_PACKETS {
                        return Err(self.broken(format!("more than {MOST_PACKETS} packets in one case")));
                    }
                    let direction = Direction::Received;
                    self.log.push(Logged::new(received.at, &received.port, direction, received.frame));
                    self.arrived(self.log.len() - 1);
                    return Ok(true);
                }
                None if self.now() < deadline => {
                    return Err(self.broken("the bench gave up before the time to wait was over"));
                }
                None if due.is_some_and(|due| due <= self.now()) => self.answer()?,
                None => return Ok(false),
            }
        }
    }

    /// Verdicts on times are worth what the bench's clock is: a packet of the future, or a clock that goes back, is its fault.
    fn check_clock(&mut self, received: &Received) -> Done {
        let now = self.now();
        let latest = self.latest;
        self.latest = latest.max(now);
        if now < latest {
            let by = latest.since(now);
            return Err(self.broken(format!("the clock of the bench went back by {by:?}")));
        }
        if received.at > now {
            let by = received.at.since(now);
            return Err(self.broken(format!("a packet arrived at a time that has not come yet: in {by:?}")));
        }
        Ok(())
    }

    /// Lets time pass. What comes in the meantime waits for later steps.
    pub(super) fn pass(&mut self, duration: Duration) -> Done {
        let until = self.now() + duration;
        while self.pump(until)? {}
        Ok(())
    }

    /// The passive rules, and the roles that answer by themselves.
    fn arrived(&mut self, packet: usize) {
        let logged = &self.log[packet];
        let Some((ip, _)) = logged.mobility() else { return };
        for violation in passive::judge(ip) {
            let requirement = self.instance.catalogue.invariant(violation.rule, &violation.name);
            let requirement = requirement.map(|requirement| requirement.id.clone());
            let id = requirement.clone().unwrap_or_else(|| violation.rule.to_string());
            let (verdict, expected, seen) = (violation.verdict, violation.expected, violation.seen);
            let comment = format!("every packet [{id}]: {verdict}: expected {expected}, seen {seen}");
            self.log[packet].comments.push(comment);
            // It is said once; each packet has its comment.
            let said = |finding: &Finding| {
                !finding.is_of_a_step() && finding.requirement == requirement && finding.expected == expected
            };
            if self.findings.iter().any(said) {
                continue;
            }
            self.judged.extend(requirement.clone());
            self.findings.push(Finding {
                verdict,
                level: if verdict == Verdict::Warn { Level::Should } else { Level::Must },
                requirement,
                at: self.instance.case.id.span.to_string(),
                step: EVERY_PACKET.to_owned(),
                packet: Some(packet + 1),
                expected,
                seen,
                script: Vec::new(),
            });
        }
        self.answer_later(packet);
    }
}
