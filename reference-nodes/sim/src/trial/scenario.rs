//! What a seed stands for: a domain, its network, and what happens in it.

use std::time::Duration;

use dmm_codec::Lifetime;
use dmm_proto::{Deregistration, Plan};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::domain::DomainConfig;
use crate::{CrashPoint, Profile};

/// Something that is done to a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A mobile node comes to the link of a MAAR from wherever it is.
    Attach {
        /// Who.
        mobile: u16,
        /// Where.
        maar: u16,
    },
    /// A mobile node leaves its link.
    Leave {
        /// Who.
        mobile: u16,
    },
    /// A MAAR loses its memory, and its forwarding with it.
    RestartMaar(u16),
    /// The CMD loses its memory.
    RestartCmd,
    /// A process is killed at its next write, and started again some time after.
    Kill {
        /// Which MAAR's; the CMD's where none is named.
        maar: Option<u16>,
        /// At which point of the write.
        point: CrashPoint,
        /// For how long it is down.
        down: Duration,
    },
    /// A disk is full for a while.
    FillDisk {
        /// Which MAAR's; the CMD's where none is named.
        maar: Option<u16>,
        /// For how long.
        lasts: Duration,
    },
}

/// A domain and what happens in it, each thing so long after the one before.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The domain.
    pub config: DomainConfig,
    /// What happens.
    pub deeds: Vec<(Duration, Deed)>,
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0.next_u64() % n.max(1)
    }

    /// Small numbers are more likely than large ones: most domains are small, and some are not.
    fn mostly_small(&mut self, n: u64) -> u64 {
        let bound = 1 + self.below(n);
        self.below(bound)
    }

    fn millis(&mut self, n: u64) -> Duration {
        Duration::from_millis(self.below(n))
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

impl Scenario {
    /// The scenario of a seed. In two of three nodes have a store, and are killed at their writes.
    pub fn of(seed: u64) -> Self {
        let mut scenario = Self::without_store(seed);
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
        dice.0.set_stream(1);
        if !dice.one_in(3) {
            scenario.add_stores(&mut dice);
        }
        scenario
    }

    fn add_stores(&mut self, dice: &mut Dice) {
        let slow = dice.of(&[0, 5, 40]);
        self.config.disk = Some(dice.millis(1 + slow));
        let (kills, fills) = (dice.of(&[0, 5, 20]), dice.of(&[0, 0, 30]));
        for (wait, deed) in std::mem::take(&mut self.deeds) {
            self.deeds.push((wait, deed));
            let maars = u64::from(self.config.maars);
            let maar = if dice.one_in(2) { None } else { Some(1 + dice.below(maars) as u16) };
            if kills > 0 && dice.one_in(kills) {
                let point = dice.of(&[
                    CrashPoint::Before,
                    CrashPoint::Torn,
                    CrashPoint::Unacknowledged,
                    CrashPoint::After,
                ]);
                let longest = dice.of(&[1, 200, 5_000]);
                let down = Duration::from_millis(1) + dice.millis(longest);
                self.deeds.push((dice.millis(20), Deed::Kill { maar, point, down }));
            } else if fills > 0 && dice.one_in(fills) {
                self.deeds.push((dice.millis(20), Deed::FillDisk { maar, lasts: dice.millis(20_000) }));
            }
        }
    }

    /// The scenario of a seed as it is where no node keeps anything.
    pub fn without_store(seed: u64) -> Self {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
        let maars = 2 + dice.mostly_small(19) as u16;
        let mobiles = 1 + if dice.one_in(20) { dice.below(200) } else { dice.mostly_small(20) } as u16;
        let bad = dice.of(&[0, 0, 1, 3]);
        let core = Profile {
            delay: Duration::from_micros(200) + dice.millis(20),
            jitter: dice.millis(1 + 10 * bad),
            reorders: bad > 0,
            loss_per_mille: dice.below(1 + 40 * bad) as u32,
            duplicates_per_mille: dice.below(1 + 30 * bad) as u32,
            ..Profile::default()
        };
        let config = DomainConfig {
            maars,
            mobiles,
            plan: dice.of(&Plan::ALL),
            deregistration: dice.of(&[Deregistration::SMaarOnly, Deregistration::PMaarsToo]),
            lifetime: Lifetime::within(Duration::from_secs(60 + dice.below(240))),
            anchor_guard: Duration::from_hours(2),
            seed,
            core,
            // What a mobile node sends has arrived before it leaves the link.
            access: Profile::default(),
            forwarding_delay: dice.millis(10),
            ..DomainConfig::default()
        };
        let restarts = dice.of(&[0, 0, 0, 30, 100]);
        let deeds = (0..20 + dice.mostly_small(100)).map(|_| deed(&mut dice, &config, restarts)).collect();
        Self { config, deeds }
    }
}

/// One more thing that happens; a restart is one in so many.
fn deed(dice: &mut Dice, config: &DomainConfig, restarts: u64) -> (Duration, Deed) {
    let wait = match dice.below(20) {
        0..6 => dice.millis(30),
        6..12 => dice.millis(1_000),
        12..19 => dice.millis(10_000),
        _ => dice.millis(config.lifetime.duration().as_secs() * 1_200),
    };
    let mobile = 1 + dice.below(u64::from(config.mobiles)) as u16;
    let maar = 1 + dice.below(u64::from(config.maars)) as u16;
    let deed = if restarts > 0 && dice.one_in(restarts) {
        if dice.one_in(4) { Deed::RestartCmd } else { Deed::RestartMaar(maar) }
    } else if dice.one_in(12) {
        Deed::Leave { mobile }
    } else {
        Deed::Attach { mobile, maar }
    };
    (wait, deed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_cover_what_they_are_for() {
        let all: Vec<Scenario> = (0..1000).map(Scenario::of).collect();
        let some = |what: &str, is: &dyn Fn(&Scenario) -> bool| assert!(all.iter().any(is), "{what}");
        some("20 MAARs", &|s| s.config.maars >= 19);
        some("200 mobile nodes", &|s| s.config.mobiles > 180);
        some("a good network", &|s| s.config.core.loss_per_mille == 0 && !s.config.core.reorders);
        some("a bad one", &|s| s.config.core.loss_per_mille > 100 && s.config.core.duplicates_per_mille > 50);
        some("no stores", &|s| s.config.disk.is_none());
        some("a store that takes its time", &|s| s.config.disk > Some(Duration::from_millis(20)));
        for point in [CrashPoint::Before, CrashPoint::Torn, CrashPoint::Unacknowledged, CrashPoint::After] {
            let kills = |deed: &Deed, cmd: bool| matches!(deed, Deed::Kill { maar, point: at, .. } if *at == point && maar.is_none() == cmd);
            some("a CMD that is killed at every point", &|s| {
                s.deeds.iter().any(|(_, deed)| kills(deed, true))
            });
            some("a MAAR likewise", &|s| s.deeds.iter().any(|(_, deed)| kills(deed, false)));
        }
        some("a CMD that restarts", &|s| s.deeds.iter().any(|(_, deed)| *deed == Deed::RestartCmd));
        for plan in Plan::ALL {
            some(plan.name, &|s| s.config.plan == plan);
        }
    }
}
