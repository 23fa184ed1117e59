//! What happens to a frame between two hosts.

use std::time::Duration;

use dmm_codec::Instant;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::host::{HostId, Port};

/// Names a link of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub usize);

/// How a link treats frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// How long every frame takes.
    pub delay: Duration,
    /// How much longer a frame may take.
    pub jitter: Duration,
    /// Whether a frame that takes less time overtakes those before it.
    pub reorders: bool,
    /// How many of a thousand frames arrive twice.
    pub duplicates_per_mille: u32,
    /// How many of a thousand frames are lost.
    pub loss_per_mille: u32,
    /// Octets in a second; 0 for no limit.
    pub octets_per_second: u64,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives at this time.
    Arrives(Instant),
    /// It was lost.
    Lost,
    /// Nobody else was on the link.
    Unheard,
}

/// A frame as a tap sees it when it enters a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tapped {
    /// When it entered the link.
    pub at: Instant,
    /// Which link.
    pub link: LinkId,
    /// What becomes of it.
    pub fate: Fate,
    /// Its octets.
    pub frame: Vec<u8>,
}

/// A link that any number of hosts are on; each hears what the others send.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) profile: Profile,
    pub(crate) ends: Vec<(HostId, Port)>,
    /// When the last frame arrives, which no later one overtakes.
    last_arrival: Instant,
    /// When the link is free for the next frame.
    free_at: Instant,
}

impl Link {
    pub(crate) fn new(name: &str, profile: Profile) -> Self {
        let (last_arrival, free_at) = (Instant::default(), Instant::default());
        Self { name: name.to_owned(), profile, ends: Vec::new(), last_arrival, free_at }
    }

    /// Sends a frame of this many octets: what becomes of it, and when its duplicate arrives if it has one.
    pub(crate) fn carry(
        &mut self,
        now: Instant,
        octets: usize,
        chance: &mut ChaCha8Rng,
    ) -> (Fate, Option<Instant>) {
        let Profile { loss_per_mille, duplicates_per_mille, octets_per_second, .. } = self.profile;
        if self.ends.len() < 2 {
            return (Fate::Unheard, None);
        }
        let start = self.free_at.max(now);
        let nanos = (octets as u64 * 1_000_000_000).checked_div(octets_per_second).unwrap_or(0);
        self.free_at = start + Duration::from_nanos(nanos);
        if happens(loss_per_mille, chance) {
            return (Fate::Lost, None);
        }
        let arrival = self.arrival(chance);
        let duplicate = happens(duplicates_per_mille, chance).then(|| self.arrival(chance));
        (Fate::Arrives(arrival), duplicate)
    }

    fn arrival(&mut self, chance: &mut ChaCha8Rng) -> Instant {
        let Profile { delay, jitter, reorders, .. } = self.profile;
        let jitter_nanos = u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX);
        let extra = if jitter_nanos == 0 { 0 } else { chance.next_u64() % jitter_nanos };
        let arrival = self.free_at + delay + Duration::from_nanos(extra);
        if reorders {
            return arrival;
        }
        self.last_arrival = arrival.max(self.last_arrival);
        self.last_arrival
    }
}

fn happens(per_mille: u32, chance: &mut ChaCha8Rng) -> bool {
    per_mille > 0 && chance.next_u32() % 1000 < per_mille
}
