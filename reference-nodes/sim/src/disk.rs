//! A disk in virtual time, as far as a node's store can tell: writes are gathered while the one before is under way, are durable
//! together or not at all, and take their time. It can be full, and its node can be killed at any write.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use dmm_codec::{Instant, MnIdentifier};
use dmm_proto::record::Record;
use dmm_proto::{Input, NotDurable, Write, WriteId};

/// What a store holds.
pub type Records = BTreeMap<MnIdentifier, Record>;

/// Where in a write a node is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// Before anything has reached the disk.
    Before,
    /// While it was written; none of it can be read afterwards.
    Torn,
    /// While it was written; all of it can be read afterwards, though nobody was told.
    Unacknowledged,
    /// After the node was told and has said what it held back.
    After,
}

/// What a disk has for its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskEvent {
    /// Writes were done, or could not be.
    Written {
        /// The last of them.
        through: WriteId,
        /// How it went.
        result: Result<(), NotDurable>,
    },
    /// The node is killed.
    Killed,
}

impl DiskEvent {
    /// The input that it is to the node; nothing where the node is no more.
    pub fn input(self) -> Option<Input<'static>> {
        match self {
            Self::Written { through, result } => Some(Input::Persisted { through, result }),
            Self::Killed => None,
        }
    }
}

/// A disk and its node's life.
#[derive(Clone, Debug)]
pub struct Disk {
    /// How long a write takes, however many records it has.
    takes: Duration,
    durable: Records,
    gathered: Vec<Write>,
    under_way: Option<(Instant, Vec<Write>)>,
    events: VecDeque<DiskEvent>,
    full_until: Instant,
    lies: bool,
    /// Whether the last write was done.
    sound: bool,
    crash: Option<(CrashPoint, Duration)>,
    /// Until when the node is not there.
    down_until: Option<Instant>,
    /// How often it was killed.
    kills: u32,
}

impl Disk {
    /// An empty disk that takes so long for a write.
    pub fn new(takes: Duration) -> Self {
        Self {
            takes,
            durable: Records::new(),
            gathered: Vec::new(),
            under_way: None,
            events: VecDeque::new(),
            full_until: Instant::default(),
            lies: false,
            sound: true,
            crash: None,
            down_until: None,
            kills: 0,
        }
    }

    /// Takes an order.
    pub fn order(&mut self, write: Write) {
        self.gathered.push(write);
    }

    /// What can be read after a crash now.
    pub fn durable(&self) -> &Records {
        &self.durable
    }

    /// Whether all that was ordered is durable.
    pub fn is_sound(&self) -> bool {
        self.sound
            && !self.lies
            && self.gathered.is_empty()
            && self.under_way.is_none()
            && self.events.is_empty()
    }

    /// Says from now on that it has written what it has not: what a trial must find out.
    pub fn lie(&mut self) {
        self.lies = true;
    }

    /// There is room again, and the node is killed no more.
    pub fn heal(&mut self) {
        self.full_until = Instant::default();
        self.crash = None;
    }

    /// Takes no writes for so long.
    pub fn fill(&mut self, until: Instant) {
        self.full_until = until;
    }

    /// Has the node killed at its next write; it is back after so long, which is more than no time.
    pub fn kill_at_next(&mut self, point: CrashPoint, down: Duration) {
        self.crash = Some((point, down));
    }

    /// Kills the node: what is not durable is lost.
    pub fn kill(&mut self, now: Instant, down: Duration) {
        self.gathered.clear();
        self.under_way = None;
        self.events.clear();
        self.crash = None;
        self.down_until = Some(now + down);
        self.kills += 1;
    }

    /// Whether the node is not there.
    pub fn is_down(&self) -> bool {
        self.down_until.is_some()
    }

    /// Whether the node is to start again now.
    pub fn take_start(&mut self, now: Instant) -> bool {
        self.down_until.take_if(|until| *until <= now).is_some()
    }

    /// How often the node was killed.
    pub fn kills(&self) -> u32 {
        self.kills
    }

    /// When it has something, or has to begin something.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.under_way.as_ref().map(|(at, _)| *at).into_iter().chain(self.down_until).min()
    }

    /// What it has for its node now.
    pub fn poll(&mut self, now: Instant) -> Option<DiskEvent> {
        if self.events.is_empty() {
            self.go_on(now);
        }
        let event = self.events.pop_front()?;
        if event == DiskEvent::Killed {
            let down = self.crash.map_or(Duration::ZERO, |(_, down)| down);
            self.kill(now, down);
        }
        Some(event)
    }

    fn go_on(&mut self, now: Instant) {
        let point = self.crash.map(|(point, _)| point);
        if let Some((_, writes)) = self.under_way.take_if(|(at, _)| *at <= now) {
            let through = writes.last().expect("no write is begun without a record").id;
            self.sound = now >= self.full_until;
            let result = if now < self.full_until { Err(NotDurable) } else { Ok(()) };
            if result.is_ok() && !self.lies && point != Some(CrashPoint::Torn) {
                for Write { mn, record, .. } in writes {
                    match record {
                        Some(record) => self.durable.insert(mn, record),
                        None => self.durable.remove(&mn),
                    };
                }
            }
            if !matches!(point, Some(CrashPoint::Torn | CrashPoint::Unacknowledged)) {
                self.events.push_back(DiskEvent::Written { through, result });
            }
            if point.is_some() {
                self.events.push_back(DiskEvent::Killed);
            }
        } else if self.under_way.is_none() && !self.gathered.is_empty() {
            if point == Some(CrashPoint::Before) {
                self.events.push_back(DiskEvent::Killed);
            } else {
                self.under_way = Some((now + self.takes, std::mem::take(&mut self.gathered)));
                if self.takes.is_zero() {
                    self.go_on(now);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(id: u64) -> Write {
        Write { id: WriteId(id), mn: MnIdentifier::nai("mn"), record: Some(record()) }
    }

    fn record() -> Record {
        Record::Session(dmm_proto::record::SessionRecord::default())
    }

    fn poll_all(disk: &mut Disk, now: Instant) -> Vec<DiskEvent> {
        std::iter::from_fn(|| disk.poll(now)).collect()
    }

    #[test]
    fn what_is_ordered_during_a_write_is_written_together_after_it() {
        let (start, takes) = (Instant::from_secs(1), Duration::from_millis(5));
        let mut disk = Disk::new(takes);
        let written = |through| DiskEvent::Written { through: WriteId(through), result: Ok(()) };
        disk.order(write(0));
        assert_eq!(poll_all(&mut disk, start), []);
        disk.order(write(1));
        disk.order(write(2));
        assert_eq!(poll_all(&mut disk, start + takes), [written(0)]);
        assert_eq!(disk.next_timeout(), Some(start + takes * 2));
        assert_eq!(poll_all(&mut disk, start + takes * 2), [written(2)]);
        assert!(disk.is_sound());
    }

    #[test]
    fn what_is_left_after_a_crash_depends_on_its_moment() {
        let start = Instant::from_secs(1);
        let written = DiskEvent::Written { through: WriteId(0), result: Ok(()) };
        let cases: [(CrashPoint, &[DiskEvent], usize); 4] = [
            (CrashPoint::Before, &[DiskEvent::Killed], 0),
            (CrashPoint::Torn, &[DiskEvent::Killed], 0),
            (CrashPoint::Unacknowledged, &[DiskEvent::Killed], 1),
            (CrashPoint::After, &[written, DiskEvent::Killed], 1),
        ];
        for (point, events, left) in cases {
            let mut disk = Disk::new(Duration::ZERO);
            disk.kill_at_next(point, Duration::from_secs(1));
            disk.order(write(0));
            assert_eq!(poll_all(&mut disk, start), events, "{point:?}");
            assert_eq!(disk.durable().len(), left, "{point:?}");
            assert!(disk.is_down() && !disk.take_start(start));
            assert!(disk.take_start(start + Duration::from_secs(1)));
        }
    }

    #[test]
    fn a_full_disk_says_so() {
        let start = Instant::from_secs(1);
        let mut disk = Disk::new(Duration::ZERO);
        disk.fill(start + Duration::from_secs(1));
        disk.order(write(0));
        let failed = DiskEvent::Written { through: WriteId(0), result: Err(NotDurable) };
        assert_eq!(poll_all(&mut disk, start), [failed]);
        assert!(disk.durable().is_empty());
    }
}
