//! A run that has already happened, as a wire: what was sent is taken as it was sent then, what came comes again at its time.
//! So a record is judged offline by the same script, under the rules of today, without the implementation.

use std::collections::VecDeque;

use dmm_codec::Instant;
use dmm_codec::packet::Ethernet;

use crate::packet::Direction;
use crate::transport::{Acted, Action, Bench, Mac, Received, Setup, Transport, TransportError};

/// Where a record begins, if its own times are counted from its begin.
const START: Instant = Instant::from_secs(1_767_225_600);

/// One packet of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When it left or arrived, counted from the begin of the case.
    pub at: std::time::Duration,
    /// At which port of the tester.
    pub port: String,
    /// Which way; none where only the capture's addresses tell.
    pub direction: Option<Direction>,
    /// The Ethernet frame.
    pub frame: Vec<u8>,
}

/// Gives the record of one case as its bench.
#[derive(Clone, Debug)]
pub struct RecordedBench {
    name: String,
    packets: Vec<Recorded>,
}

impl RecordedBench {
    /// A record under the name of the bench that made it.
    pub fn new(name: &str, packets: Vec<Recorded>) -> Self {
        Self { name: name.to_string(), packets }
    }
}

impl Bench for RecordedBench {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        let mac = |port: &str| {
            let role = setup.roles.iter().find(|role| role.port == port).map(|role| role.mac);
            role.or_else(|| setup.mobiles.iter().find(|mobile| mobile.name == port).map(|mobile| mobile.mac))
        };
        let (mut sent, mut received) = (VecDeque::new(), VecDeque::new());
        for (number, packet) in self.packets.iter().enumerate() {
            let own = mac(&packet.port).ok_or_else(|| TransportError::UnknownPort(packet.port.clone()))?;
            let (from, to) = Ethernet::parse(&packet.frame).map_or(([0; 6], [0; 6]), |it| (it.src, it.dst));
            let direction = packet
                .direction
                .unwrap_or_else(|| if from == own { Direction::Sent } else { Direction::Received });
            let is_own = match direction {
                Direction::Sent => from == own,
                Direction::Received => to == own || to[0] & 1 == 1,
            };
            if !is_own {
                let what = format!("packet {} is of another {} than this case has", number + 1, packet.port);
                return Err(TransportError::Bench(format!("{what}: the record is of another case")));
            }
            match direction {
                Direction::Sent => sent.push_back(packet.clone()),
                Direction::Received => received.push_back(packet.clone()),
            }
        }
        Ok(Box::new(Record { now: START, sent, received }))
    }
}

struct Record {
    now: Instant,
    sent: VecDeque<Recorded>,
    received: VecDeque<Recorded>,
}

impl Transport for Record {
    fn now(&self) -> Instant {
        self.now
    }

    fn send(&mut self, port: &str, _frame: &[u8]) -> Result<(), TransportError> {
        Err(TransportError::Bench(format!("nothing can be sent from {port} into a record")))
    }

    fn recorded(&mut self, port: &str) -> Result<Option<Vec<u8>>, TransportError> {
        let at = self.sent.iter().position(|packet| packet.port == port);
        let packet = at.and_then(|at| self.sent.remove(at));
        let packet = packet
            .ok_or_else(|| TransportError::Bench(format!("the record has no more packets from {port}")))?;
        self.now = self.now.max(START + packet.at);
        Ok(Some(packet.frame))
    }

    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError> {
        let Some(packet) = self.received.pop_front_if(|packet| START + packet.at <= deadline) else {
            self.now = self.now.max(deadline);
            return Ok(None);
        };
        let at = START + packet.at;
        self.now = self.now.max(at);
        Ok(Some(Received { at, port: packet.port, frame: packet.frame }))
    }

    /// It happened then as it happened; what a mobile node sent on the link is among the packets.
    fn act(&mut self, action: &Action) -> Result<Acted, TransportError> {
        let next = self.sent.front().map(|packet| packet.port.as_str());
        Ok(match action {
            Action::Attach { mobile, .. } | Action::Handover { mobile, .. } if next == Some(mobile) => {
                Acted::OnLink
            }
            _ => Acted::Done,
        })
    }

    fn peer_mac(&self, _port: &str) -> Mac {
        [0; 6]
    }
}
