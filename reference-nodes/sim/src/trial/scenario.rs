//! What a seed stands for: a domain, its network, and what happens in it.

use std::time::Duration;

use dmm_codec::Lifetime;
use dmm_proto::{Deregistration, Plan};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::domain::{DomainConfig, Kind};
use crate::{CrashPoint, Profile};

/// Something that is done to a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A mobile node comes to the link of a MAAR or MAG from wherever it is.
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
    /// A node loses its memory, and its forwarding with it; the CMD or LMA where none is named.
    Restart(Option<u16>),
    /// A process is killed at its next write, and started again some time after.
    Kill {
        /// Which MAAR's; that of the CMD or LMA where none is named.
        maar: Option<u16>,
        /// At which point of the write.
        point: CrashPoint,
        /// For how long it is down.
        down: Duration,
    },
    /// A disk is full for a while.
    FillDisk {
        /// Which MAAR's; that of the CMD or LMA where none is named.
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
    /// Each use of a seed has a stream of its own, so that one that comes later changes none that was there.
    fn of_stream(seed: u64, stream: u64) -> Self {
        let mut dice = Self(ChaCha8Rng::seed_from_u64(seed));
        dice.0.set_stream(stream);
        dice
    }

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
    /// The scenario of a seed in a domain of RFC 8885.
    pub fn of(seed: u64) -> Self {
        Self::of_kind(Kind::Dmm, seed)
    }

    /// The scenario of a seed in a kind of domain. In two of three nodes have a store, and are killed at their writes.
    pub fn of_kind(kind: Kind, seed: u64) -> Self {
        let (mut scenario, stream) = match kind {
            Kind::Dmm => (Self::without_store(seed), 1),
            Kind::Legacy => (Self::legacy_without_store(seed), 3),
        };
        let mut dice = Dice::of_stream(seed, stream);
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
            // A MAG has no store.
            let is_centre = self.config.kind == Kind::Legacy || dice.one_in(2);
            let maar = (!is_centre).then(|| 1 + dice.below(maars) as u16);
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
        let mut dice = Dice::of_stream(seed, 0);
        let maars = 2 + dice.mostly_small(19) as u16;
        let mobiles = 1 + if dice.one_in(20) { dice.below(200) } else { dice.mostly_small(20) } as u16;
        let core = network(&mut dice);
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
        Self::happening(dice, config)
    }

    /// The scenario of a seed in a domain of RFC 5213 as it is where the LMA keeps nothing.
    fn legacy_without_store(seed: u64) -> Self {
        let mut dice = Dice::of_stream(seed, 2);
        let config = DomainConfig {
            kind: Kind::Legacy,
            maars: 1 + dice.mostly_small(20) as u16,
            mobiles: 1 + if dice.one_in(20) { dice.below(200) } else { dice.mostly_small(20) } as u16,
            lifetime: Lifetime::within(Duration::from_secs(60 + dice.below(240))),
            anchor_guard: Duration::ZERO,
            seed,
            core: network(&mut dice),
            access: Profile::default(),
            forwarding_delay: dice.millis(10),
            ..DomainConfig::default()
        };
        Self::happening(dice, config)
    }

    fn happening(mut dice: Dice, config: DomainConfig) -> Self {
        let restarts = dice.of(&[0, 0, 0, 30, 100]);
        let deeds = (0..20 + dice.mostly_small(100)).map(|_| deed(&mut dice, &config, restarts)).collect();
        Self { config, deeds }
    }
}

/// How bad a network is.
fn network(dice: &mut Dice) -> Profile {
    let bad = dice.of(&[0, 0, 1, 3]);
    Profile {
        delay: Duration::from_micros(200) + dice.millis(20),
        jitter: dice.millis(1 + 10 * bad),
        reorders: bad > 0,
        loss_per_mille: dice.below(1 + 40 * bad) as u32,
        duplicates_per_mille: dice.below(1 + 30 * bad) as u32,
        ..Profile::default()
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
        Deed::Restart(if dice.one_in(4) { None } else { Some(maar) })
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
        some("a CMD that restarts", &|s| s.deeds.iter().any(|(_, deed)| *deed == Deed::Restart(None)));
        for plan in Plan::ALL {
            some(plan.name, &|s| s.config.plan == plan);
        }
    }

    #[test]
    fn seeds_of_rfc_5213_cover_what_they_are_for() {
        let all: Vec<Scenario> = (0..1000).map(|seed| Scenario::of_kind(Kind::Legacy, seed)).collect();
        let some = |what: &str, is: &dyn Fn(&Scenario) -> bool| assert!(all.iter().any(is), "{what}");
        let has = |is: fn(&Deed) -> bool| move |s: &Scenario| s.deeds.iter().any(|(_, deed)| is(deed));
        some("one MAG", &|s| s.config.maars == 1);
        some("20 MAGs", &|s| s.config.maars >= 19);
        some("200 mobile nodes", &|s| s.config.mobiles > 180);
        some("a bad network", &|s| s.config.core.loss_per_mille > 100 && s.config.core.reorders);
        some("no store", &|s| s.config.disk.is_none());
        some("an LMA that restarts", &has(|deed| *deed == Deed::Restart(None)));
        some("a MAG that restarts", &has(|deed| matches!(deed, Deed::Restart(Some(_)))));
        some("a full disk", &has(|deed| matches!(deed, Deed::FillDisk { maar: None, .. })));
        some("a kill", &has(|deed| matches!(deed, Deed::Kill { maar: None, .. })));
        let of_mag = |deed: &Deed| matches!(deed, Deed::Kill { maar: Some(_), .. });
        assert!(!all.iter().any(has(of_mag)), "a MAG has no store");
    }
}
