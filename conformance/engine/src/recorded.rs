//! A run that has already happened, as a wire: what was sent is taken as it was sent then, what came comes again at its time.
//! So a record is judged offline by the same script, under the rules of today, without the implementation.
//!
//! What is recorded stands between engine and bench, so that a bench need not know of it: packets, what became of triggers, who
//! took part, and when it began, on whatever clock.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error as _;
use std::rc::Rc;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::packet::Ethernet;
use serde::{Deserialize, Serialize};

use crate::packet::Direction;
use crate::record::{hex, nanos};
use crate::transport::{Acted, Action, Bench, Mac, Received, Role, Setup, Transport, TransportError, Wanted};

/// Where a record begins, if its own times are counted from its begin.
const START: Instant = Instant::from_secs(1_767_225_600);

/// One packet of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it left or arrived, counted from the begin of the case.
    #[serde(rename = "at_ns", with = "nanos")]
    pub at: Duration,
    /// At which port of the tester.
    pub port: String,
    /// Which way; none where only the capture's addresses tell.
    pub direction: Option<Direction>,
    /// The Ethernet frame.
    #[serde(with = "hex")]
    pub frame: Vec<u8>,
}

/// All that a case has seen of its bench: a bench can be made of it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Who took part, with the identities that the bench had lent.
    pub setup: Setup,
    /// Nanoseconds since 1970, on the bench's clock, at which it began: time stamps are right by that.
    pub started_ns: u64,
    /// Every packet, in the order in which the case saw them.
    pub packets: Vec<Recorded>,
    /// What became of triggers, in their order.
    pub acts: Vec<Act>,
    /// How often the case waited in vain since the last of those.
    pub waits: u32,
    /// What the bench broke of, behind all of that; none if it did not.
    pub broken: Option<String>,
}

/// What became of a trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When it was done, counted from the begin of the case.
    #[serde(rename = "at_ns", with = "nanos")]
    pub at: Duration,
    /// What it was.
    pub acted: Acted,
}

impl Recording {
    /// When it began. No clock is later than in 2116, so that whatever a record says leaves room for timers.
    pub fn started(&self) -> Instant {
        Instant::from_nanos(self.started_ns.min(1 << 62))
    }
}

/// A wire that is recorded. The record is whole when the case has ended.
pub(crate) struct Recorder {
    inner: Box<dyn Transport>,
    record: Rc<RefCell<Recording>>,
}

impl Recorder {
    /// Records a wire, and gives the record.
    pub(crate) fn new(setup: &Setup, inner: Box<dyn Transport>) -> (Self, Rc<RefCell<Recording>>) {
        let record = Rc::new(RefCell::new(Recording {
            setup: setup.clone(),
            started_ns: inner.now().as_nanos(),
            packets: Vec::new(),
            acts: Vec::new(),
            waits: 0,
            broken: None,
        }));
        (Self { inner, record: Rc::clone(&record) }, record)
    }

    fn packet(&self, at: Instant, port: &str, direction: Direction, frame: &[u8]) {
        let mut record = self.record.borrow_mut();
        let at = at.since(record.started());
        record.waits = 0;
        let (port, frame) = (port.to_string(), frame.to_vec());
        record.packets.push(Recorded { at, port, direction: Some(direction), frame });
    }

    fn acted(&self, acted: Result<Acted, TransportError>) -> Result<Acted, TransportError> {
        let acted = self.unless_broken(acted)?;
        let mut record = self.record.borrow_mut();
        let at = self.inner.now().since(record.started());
        record.waits = 0;
        record.acts.push(Act { at, acted: acted.clone() });
        Ok(acted)
    }

    fn unless_broken<T>(&self, result: Result<T, TransportError>) -> Result<T, TransportError> {
        if let Err(error) = &result {
            let why = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
            self.record.borrow_mut().broken.get_or_insert(why);
        }
        result
    }
}

impl Transport for Recorder {
    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn send(&mut self, port: &str, frame: &[u8]) -> Result<(), TransportError> {
        let sent = self.inner.send(port, frame);
        self.unless_broken(sent)?;
        self.packet(self.inner.now(), port, Direction::Sent, frame);
        Ok(())
    }

    fn recorded(&mut self, port: &str) -> Result<Option<Vec<u8>>, TransportError> {
        let frame = self.inner.recorded(port);
        let frame = self.unless_broken(frame)?;
        if let Some(frame) = &frame {
            self.packet(self.inner.now(), port, Direction::Sent, frame);
        }
        Ok(frame)
    }

    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError> {
        let received = self.inner.receive(deadline);
        let received = self.unless_broken(received)?;
        match &received {
            Some(Received { at, port, frame }) => self.packet(*at, port, Direction::Received, frame),
            None => self.record.borrow_mut().waits += 1,
        }
        Ok(received)
    }

    fn act(&mut self, action: &Action) -> Result<Acted, TransportError> {
        let acted = self.inner.act(action);
        self.acted(acted)
    }

    fn act_within(&mut self, action: &Action, timeout: Duration) -> Result<Acted, TransportError> {
        let acted = self.inner.act_within(action, timeout);
        self.acted(acted)
    }

    fn peer_mac(&self, port: &str) -> Mac {
        self.inner.peer_mac(port)
    }
}

/// Gives the record of one case as its bench.
#[derive(Clone, Debug)]
pub struct RecordedBench {
    name: String,
    record: Source,
}

#[derive(Clone, Debug)]
enum Source {
    /// The packets of a capture: identities are those that any run of the case has where none are lent.
    Packets(Vec<Recorded>),
    /// A record for each time that the case runs.
    Recordings(VecDeque<Recording>),
}

impl RecordedBench {
    /// The packets of a run under the name of the bench that made it.
    pub fn new(name: &str, packets: Vec<Recorded>) -> Self {
        Self { name: name.to_string(), record: Source::Packets(packets) }
    }

    /// The records of a case under the name of the bench that made them.
    pub fn of(name: &str, recordings: &[Recording]) -> Self {
        Self { name: name.to_string(), record: Source::Recordings(recordings.iter().cloned().collect()) }
    }
}

/// The identities of a record, for the case that it is of.
pub fn setup_of(recording: &Recording, wanted: &Wanted) -> Result<Setup, TransportError> {
    let Recording { setup, .. } = recording;
    let has_role = |(port, role): &&(String, Role)| {
        setup.roles.iter().any(|known| known.port == *port && known.role == *role)
    };
    let has_mobile = |name: &&String| setup.mobiles.iter().any(|known| known.name == **name);
    let role = wanted.roles.iter().find(|role| !has_role(role)).map(|(port, _)| port);
    match role.or_else(|| wanted.mobiles.iter().find(|name| !has_mobile(name))) {
        None => Ok(setup.clone()),
        Some(name) => {
            let what = format!("`{name}` is not in the record: the record is of another case");
            Err(TransportError::Bench(what))
        }
    }
}

impl Bench for RecordedBench {
    fn name(&self) -> &str {
        &self.name
    }

    fn setup(&mut self, wanted: &Wanted) -> Result<Setup, TransportError> {
        match &self.record {
            Source::Packets(_) => wanted.fresh().map_err(TransportError::Bench),
            Source::Recordings(recordings) => match recordings.front() {
                Some(recording) => setup_of(recording, wanted),
                None => {
                    Err(TransportError::Bench("the case ran less often when it was recorded".to_string()))
                }
            },
        }
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        match &mut self.record {
            Source::Packets(packets) => Ok(Box::new(Record::of_packets(packets, setup)?)),
            Source::Recordings(recordings) => {
                let recording = recordings.pop_front();
                let recording = recording
                    .ok_or_else(|| TransportError::Bench("a case has the setup of another".to_string()))?;
                Ok(Box::new(Record::of(recording)))
            }
        }
    }
}

struct Record {
    start: Instant,
    now: Instant,
    sent: VecDeque<Recorded>,
    received: VecDeque<Recorded>,
    /// What became of triggers; none where nobody has written that down.
    acts: Option<VecDeque<Act>>,
    /// How often is waited in vain before the bench breaks, once there is nothing else in the record.
    waits: u32,
    broken: Option<String>,
}

impl Record {
    fn of(recording: Recording) -> Self {
        let start = recording.started();
        let (sent, received) =
            recording.packets.into_iter().partition(|packet| packet.direction == Some(Direction::Sent));
        let acts = Some(recording.acts.into());
        Self { start, now: start, sent, received, acts, waits: recording.waits, broken: recording.broken }
    }

    fn of_packets(packets: &[Recorded], setup: &Setup) -> Result<Self, TransportError> {
        let mac = |port: &str| {
            let role = setup.roles.iter().find(|role| role.port == port).map(|role| role.mac);
            role.or_else(|| setup.mobiles.iter().find(|mobile| mobile.name == port).map(|mobile| mobile.mac))
        };
        let (mut sent, mut received) = (VecDeque::new(), VecDeque::new());
        for (number, packet) in packets.iter().enumerate() {
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
        Ok(Self { start: START, now: START, sent, received, acts: None, waits: 0, broken: None })
    }

    /// What the bench broke of, if nothing else is left of the record.
    fn breaks(&self) -> Option<TransportError> {
        let acts = self.acts.as_ref().is_none_or(VecDeque::is_empty);
        let is_over = self.sent.is_empty() && self.received.is_empty() && acts;
        self.broken.clone().filter(|_| is_over).map(TransportError::Bench)
    }
}

impl Transport for Record {
    fn now(&self) -> Instant {
        self.now
    }

    fn send(&mut self, port: &str, _frame: &[u8]) -> Result<(), TransportError> {
        Err(TransportError::Bench(format!("nothing can be sent from {port} into a record")))
    }

    fn recorded(&mut self, port: &str) -> Result<Option<Vec<u8>>, TransportError> {
        if let Some(broken) = self.breaks() {
            return Err(broken);
        }
        let at = self.sent.iter().position(|packet| packet.port == port);
        let packet = at.and_then(|at| self.sent.remove(at));
        let packet = packet
            .ok_or_else(|| TransportError::Bench(format!("the record has no more packets from {port}")))?;
        self.now = self.now.max(self.start + packet.at);
        Ok(Some(packet.frame))
    }

    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError> {
        let start = self.start;
        let Some(packet) = self.received.pop_front_if(|packet| start + packet.at <= deadline) else {
            if let Some(broken) = self.breaks() {
                if self.waits == 0 {
                    return Err(broken);
                }
                self.waits -= 1;
            }
            self.now = self.now.max(deadline);
            return Ok(None);
        };
        let at = self.start + packet.at;
        self.now = self.now.max(at);
        Ok(Some(Received { at, port: packet.port, frame: packet.frame }))
    }

    /// It happened then as it happened; what a mobile node sent on the link is among the packets.
    fn act(&mut self, action: &Action) -> Result<Acted, TransportError> {
        if let Some(broken) = self.breaks() {
            return Err(broken);
        }
        if let Some(act) = self.acts.as_mut().and_then(VecDeque::pop_front) {
            self.now = self.now.max(self.start + act.at);
            return Ok(act.acted);
        }
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
