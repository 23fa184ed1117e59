//! The journey that the demonstration shows: a mobile node attaches, moves twice, and keeps its flows.

use std::io::Write;
use std::time::Duration;

use dmm_captures::{CaptureWriter, Section, WriteError};
use dmm_codec::Instant;
use dmm_codec::packet::{Ethernet, Ipv6};
use dmm_sim::domain::{self, DomainConfig};
use dmm_sim::{Domain, FlowReport};

/// How long the mobile node stays at each MAAR before it starts a flow, and again before it moves on.
const STAY: Duration = Duration::from_secs(1);
/// The interval of each flow's datagrams.
const EVERY: Duration = Duration::from_millis(50);

/// A journey that was made.
pub struct Journey {
    /// The domain afterwards.
    pub domain: Domain,
    /// The MAARs visited, in order, and when the mobile node was plugged into each access link.
    pub visits: Vec<(u16, Instant)>,
}

/// Makes the journey: three MAARs, so two handovers, and a flow begun at each.
pub fn make(config: &DomainConfig) -> Journey {
    let mut domain = Domain::new(config);
    let mut visits = Vec::new();
    for maar in 1..=config.maars {
        domain.attach(1, maar);
        visits.push((maar, domain.now()));
        domain.run_for(STAY);
        domain.start_flow(1, EVERY);
        domain.run_for(STAY);
    }
    Journey { domain, visits }
}

/// A promise of the toolkit that the journey did not keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Shortfall {
    /// A flow could not be started.
    #[error("{expected} flows were to be started, {found} were: the mobile node had no address at some MAAR")]
    Flows {
        /// How many.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A flow did not survive.
    #[error("the flow from {} stopped: {} sent, {} echoed", .0.src, .0.sent, .0.echoed)]
    Stopped(FlowReport),
    /// A flow was interrupted for too long.
    #[error("the flow from {} was silent for {} ms, more than {} ms", .0.src, .0.longest_silence.as_millis(), .1.as_millis())]
    Interrupted(FlowReport, Duration),
    /// A flow started from the wrong anchor's prefix.
    #[error("the flow begun at MAAR{0} has the source {1}, which is not of that MAAR's prefix")]
    Source(u16, std::net::Ipv6Addr),
}

impl Journey {
    /// How long a flow may be silent: a move without a link, one round of signalling, two datagrams.
    fn longest_silence() -> Duration {
        DomainConfig::default().gap + Duration::from_millis(50) + EVERY * 2
    }

    /// What fell short of what RFC 8885 is for: each flow goes on from its own anchor through every move.
    pub fn shortfalls(&self) -> Vec<Shortfall> {
        let flows = self.domain.flows(1);
        let mut found = Vec::new();
        if flows.len() != self.visits.len() {
            found.push(Shortfall::Flows { expected: self.visits.len(), found: flows.len() });
        }
        for (flow, (maar, _)) in flows.iter().zip(&self.visits) {
            let goes_on = flow.last_echo.is_some_and(|at| self.domain.now().since(at) < EVERY * 3);
            if !goes_on {
                found.push(Shortfall::Stopped(flow.clone()));
            } else if flow.longest_silence > Self::longest_silence() {
                found.push(Shortfall::Interrupted(flow.clone(), Self::longest_silence()));
            }
            // R3.7.8: new communication starts from the serving anchor's prefix.
            if !domain::pool(*maar).contains(&flow.src) {
                found.push(Shortfall::Source(*maar, flow.src));
            }
        }
        found
    }

    /// Writes every frame on every link as pcapng, one interface a link, with the names of the nodes and a comment
    /// where the mobile node enters a link.
    pub fn write<W: Write>(&self, out: W) -> Result<W, WriteError> {
        let section = Section {
            hardware: Some("virtual time".to_owned()),
            comment: Some(
                "RFC 8885 in relay mode: a mobile node attaches to MAAR1 and moves to MAAR2 and MAAR3. The flow begun \
                 at each MAAR goes on from that MAAR's prefix, through a tunnel once the mobile node has left.\n\
                 Signalling only: mipv6. One link only: frame.interface_name == \"core\"."
                    .to_owned(),
            ),
            ..Section::default()
        };
        let mut writer = CaptureWriter::new(out, &section)?;
        for name in self.domain.link_names() {
            let description =
                if name == "core" { "between CMD, MAARs and correspondent" } else { "access link" };
            writer.interface(&name, description)?;
        }
        let names = self.domain.names();
        writer.names(names.iter().map(|(address, name)| (*address, name.as_str())))?;
        let mut visits = self.visits.iter().peekable();
        for tapped in self.domain.frames() {
            let mut comments = Vec::new();
            if let Some((maar, _)) = visits.next_if(|(_, at)| *at <= tapped.at) {
                comments.push(match maar {
                    1 => "The mobile node attaches to MAAR1 (RFC 8885 §3.1).".to_owned(),
                    n => format!("The mobile node has moved from MAAR{} to MAAR{n} (RFC 8885 §3.2).", n - 1),
                });
            }
            writer.packet(tapped.at, tapped.link.0 as u32, &tapped.frame, &comments)?;
        }
        writer.finish()
    }

    /// How many packets were tunnelled between MAARs.
    pub fn tunnelled(&self) -> usize {
        let packets =
            self.domain.frames().iter().filter_map(|t| Ipv6::parse(Ethernet::parse(&t.frame)?.payload));
        packets.filter(|packet| packet.inner().is_some()).count()
    }
}
