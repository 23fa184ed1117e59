//! How well times can be measured: echoes there and back, once each station is a neighbour.

use std::time::Duration;

use dmm_codec::packet::ICMPV6;
use dmm_conformance::report::counted;
use dmm_conformance::transport::{Received, TransportError};

use super::probing::{Probing, packet};
use super::{Preflight, Weight};
use crate::stations::{ping, pong};

/// How many echoes times are measured with.
const ECHOES: u16 = 200;
/// After so many echoes without an answer, there will be none.
const PATIENT_ECHOES: usize = 5;
const ECHO_PATIENCE: Duration = Duration::from_secs(1);
/// Neighbour discovery takes this long where the first question is lost (RFC 4861 §10).
const WARM_UP: Duration = Duration::from_secs(3);
/// What a machine that does nothing else still adds.
const LEAST_JITTER: Duration = Duration::from_millis(2);
/// More than this makes windows so wide that wrong backoffs pass.
const TOO_MUCH_JITTER: Duration = Duration::from_millis(20);

impl Probing<'_> {
    /// Each station is a neighbour of the implementation's before times matter: the first packet to one waits for neighbour
    /// discovery, and others behind it may be lost (RFC 4861 §7.2.2).
    pub(super) fn warm_up(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let roles = self.setup.roles.clone();
        for role in &roles {
            self.transmit(role, ICMPV6, &ping(0, role.addr, self.profile.addr))?;
        }
        let deadline = self.transport.now() + WARM_UP;
        let mut left: Vec<&str> = roles.iter().map(|role| role.port.as_str()).collect();
        while !left.is_empty() {
            let Some(received) = self.transport.receive(deadline)? else { break };
            left.retain(|port| *port != received.port);
        }
        let (all, there) = (roles.len(), roles.len() - left.len());
        if there == 0 {
            let says = "no echo request was answered: let the implementation answer ICMPv6 echoes of the tester, \
or times are judged by a jitter of 20 ms";
            found.note(Weight::Warning, "neighbours", says);
        } else if there < all {
            let names = left.iter().filter_map(|port| Some(self.station(port)?.addr.to_string()));
            let says = format!(
                "{there} of {all} stations got an echo, not {}",
                names.collect::<Vec<_>>().join(", ")
            );
            found.note(Weight::Warning, "neighbours", says);
        } else {
            let says = format!("{} answered Neighbor Solicitations and got an echo", counted(all, "station"));
            found.note(Weight::Good, "neighbours", says);
        }
        Ok(())
    }

    pub(super) fn echoes(&mut self, found: &mut Preflight) -> Result<(), TransportError> {
        let Some(role) = self.setup.roles.first().cloned() else { return Ok(()) };
        let mut times = Vec::new();
        for number in 1..=ECHOES {
            let sent = self.transport.now();
            self.transmit(&role, ICMPV6, &ping(number, role.addr, self.profile.addr))?;
            let back = |received: &Received| {
                packet(received)
                    .is_some_and(|it| it.next_header == ICMPV6 && pong(it.payload()) == Some(number))
            };
            if let Some(received) = self.wait(sent + ECHO_PATIENCE, back)? {
                times.push(received.at.since(sent));
            } else if usize::from(number) >= PATIENT_ECHOES && times.is_empty() {
                return Ok(());
            }
        }
        let Some(spread) = Spread::of(times) else { return Ok(()) };
        found.clock.jitter = spread.jitter();
        let says = format!(
            "{} of {ECHOES} echoes, p50 {:?}, p99 {:?}, max {:?}: times are judged with a jitter of {:?}, 10 % early and 15 % late; \
a frame's time is when the kernel took it",
            spread.count, spread.p50, spread.p99, spread.max, found.clock.jitter
        );
        if found.clock.jitter > TOO_MUCH_JITTER {
            let advice =
                "more than 20 ms hides wrong backoffs: less load on either machine, or a shorter way";
            found.note(Weight::Warning, "jitter", format!("{says}; {advice}"));
        } else {
            found.note(Weight::Good, "jitter", says);
        }
        Ok(())
    }
}

/// How long echoes took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spread {
    count: usize,
    p50: Duration,
    p99: Duration,
    max: Duration,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let max = *times.last()?;
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        Some(Self { count: times.len(), p50: at(50), p99: at(99), max })
    }

    fn jitter(&self) -> Duration {
        LEAST_JITTER.max(self.p99.saturating_sub(self.p50))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_what_lies_between_the_usual_and_the_slow() {
        let millis = Duration::from_millis;
        let quiet = Spread::of((0..200).map(|_| millis(1)).collect()).expect("echoes");
        assert_eq!(quiet.jitter(), LEAST_JITTER);
        let slow = Spread::of((0..200).map(|at| if at < 190 { millis(1) } else { millis(31) }).collect());
        assert_eq!(slow.expect("echoes").jitter(), millis(30));
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
