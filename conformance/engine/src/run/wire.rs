//! Packets out and in: the log, the passive rules, and waiting.

use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6, MOBILITY_HEADER};

use super::{Done, Phase, Running, Stop};
use crate::judge::passive;
use crate::packet::{Direction, Logged};
use crate::script::model::Ip;
use crate::transport::{RoleSetup, TransportError};
use crate::verdict::{Finding, Level, Verdict};

/// Most packets of one case. An implementation that sends more is not being tested, it is flooding.
const MOST_PACKETS: usize = 100_000;

impl Running<'_> {
    pub(super) fn broken(&self, why: impl Into<String>) -> Stop {
        let at = self.calls.last().map_or_else(String::new, |context| context.at.clone());
        Stop::Broken { at, why: why.into() }
    }

    fn bench(&self, error: &TransportError) -> Stop {
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

    /// A Mobility Header from a role to the implementation under test; its place in the log.
    pub(super) fn transmit(&mut self, port: &str, mobility_header: &[u8]) -> Done<usize> {
        self.transmit_in(port, mobility_header, &Ip::default())
    }

    /// The same in a packet that is unusual.
    pub(super) fn transmit_in(&mut self, port: &str, mobility_header: &[u8], ip: &Ip) -> Done<usize> {
        let role = self.role(port).ok_or_else(|| self.broken(format!("no role `{port}` in this case")))?;
        // The headers are chained from the innermost out.
        let (mut next, mut payload) = (MOBILITY_HEADER, mobility_header.to_vec());
        for (kind, data) in ip.headers.iter().rev() {
            let header = [&[next, (data.len() / 8) as u8], &data[..]].concat();
            payload.splice(0..0, header);
            next = *kind;
        }
        if payload.len() > usize::from(u16::MAX) {
            return Err(self.broken("the message does not fit an IPv6 packet"));
        }
        let packet =
            Ipv6::packet(role.addr, self.setup.iut.addr, next, ip.hop_limit.unwrap_or(HOP_LIMIT), &payload);
        let frame = Ethernet::frame(role.mac, self.transport.peer_mac(port), &packet);
        let at = self.now();
        self.transport.send(port, &frame).map_err(|error| self.bench(&error))?;
        self.log.push(Logged::new(at, port, Direction::Sent, frame));
        Ok(self.log.len() - 1)
    }

    /// Waits for the next packet, and meanwhile lets roles answer by themselves. False when the time has come.
    pub(super) fn pump(&mut self, until: Instant) -> Done<bool> {
        loop {
            let due = self.autos.next();
            let deadline = due.map_or(until, |due| due.min(until));
            match self.transport.receive(deadline).map_err(|error| self.bench(&error))? {
                Some(received) => {
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
            // A SHOULD is said once, not for each packet.
            let said = |finding: &Finding| finding.requirement == requirement && finding.expected == expected;
            if verdict == Verdict::Warn && self.findings.iter().any(said) {
                continue;
            }
            self.judged.extend(requirement.clone());
            self.findings.push(Finding {
                verdict,
                level: if verdict == Verdict::Warn { Level::Should } else { Level::Must },
                requirement,
                at: self.instance.case.id.span.to_string(),
                step: "every packet".to_string(),
                packet: Some(packet + 1),
                expected,
                seen,
                script: Vec::new(),
            });
        }
        self.answer_later(packet);
    }

    /// Stops the phase where a packet that no step looked at has already failed the case.
    pub(super) fn stop_if_failed(&self) -> Done {
        let failed = self.phase != Phase::Postamble && self.is_over();
        if failed { Err(Stop::Judged) } else { Ok(()) }
    }
}
