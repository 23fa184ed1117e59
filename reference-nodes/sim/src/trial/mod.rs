//! Random domains, judged: from a seed come a domain, what happens in it and how bad its network is; after every step a
//! naive model of RFC 8885 (who anchors which prefix, who serves the mobile node), or of RFC 5213 where there are an LMA and MAGs,
//! is compared with the nodes. The same seed is the same run to the octet.

mod legacy;
mod model;
mod rates;
mod said;
mod scenario;

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{Instant, MnIdentifier};
use dmm_proto::record::Record;

use crate::domain::{Kind, START, maar_address, mn_identifier};
use crate::{Disk, Domain, Profile, Tapped};
use legacy::LegacyModel;
use model::Model;
use rates::Rates;
use said::Said;
pub use scenario::{Deed, Scenario};

/// How often somebody looks at queues that ought to be empty.
const LOOKS: usize = 8;

/// How a trial ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What was wrong first, if anything was.
    pub failure: Option<Failure>,
    /// How many things happened.
    pub steps: u64,
    /// How many frames were sent.
    pub frames: u64,
    /// How many attachments there were.
    pub attachments: u64,
    /// How many nodes were killed and started again with what they had written.
    pub kills: u64,
}

/// What was wrong, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Since the start.
    pub after: Duration,
    /// What.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {:.6} s: {}", self.after.as_secs_f64(), self.what)
    }
}

/// A naive model of a kind of domain: what it ought to be, by what was done to it and what its wire shows. A node is named by its
/// number; the CMD or LMA has none.
trait Judge {
    /// A mobile node has come to a link, or is on none.
    fn attached(&mut self, mobile: u16, at: Option<u16>);

    /// Who is on a link.
    fn attached_to(&self, router: u16) -> Vec<u16>;

    /// A node has lost all that it knew.
    fn forgets(&mut self, who: Option<u16>);

    /// A frame was sent; this is what it says, if it is a message.
    fn saw(&mut self, tapped: &Tapped, said: Option<&Said>) -> Result<(), String>;

    /// A node may have changed.
    fn compare(&mut self, domain: &Domain, who: Option<u16>) -> Result<(), String>;

    /// The first mobile node of which its disk, where that has written everything, holds something else than it knows.
    fn unwritten(&self, domain: &Domain, who: Option<u16>) -> Option<String>;

    /// With a network that loses nothing, all agree on where every mobile node is.
    fn is_at_rest(&self, domain: &Domain) -> Result<(), String>;

    /// With nothing lost any more, no PBU waits for its answer.
    fn is_drained(&self, domain: &Domain) -> Result<(), String>;

    /// When all have left, nothing is kept of anybody.
    fn is_empty(&self, domain: &Domain) -> Result<(), String>;
}

/// A trial under way.
pub struct Trial {
    scenario: Scenario,
    domain: Domain,
    judge: Box<dyn Judge>,
    rates: Rates,
    /// How often each node is known to have been killed.
    kills: BTreeMap<Option<u16>, u32>,
    outcome: Outcome,
    /// All frames, where they are to be kept.
    kept: Option<Vec<Tapped>>,
}

impl Trial {
    /// The trial that belongs to a seed, in a domain of RFC 8885. Frames are kept where somebody wants to see them.
    pub fn new(seed: u64, keep_frames: bool) -> Self {
        Self::of(Scenario::of(seed), keep_frames)
    }

    /// The trial of a scenario.
    pub fn of(scenario: Scenario, keep_frames: bool) -> Self {
        let domain = Domain::new(&scenario.config);
        let judge: Box<dyn Judge> = match scenario.config.kind {
            Kind::Dmm => Box::new(Model::new(&scenario.config)),
            Kind::Legacy => Box::new(LegacyModel::new(&scenario.config)),
        };
        let kept = keep_frames.then(Vec::new);
        let (rates, kills, outcome) = (Rates::default(), BTreeMap::new(), Outcome::default());
        Self { scenario, domain, judge, rates, kills, outcome, kept }
    }

    /// What is to happen.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The domain, for who wants to make it worse.
    pub fn domain_mut(&mut self) -> &mut Domain {
        &mut self.domain
    }

    /// The frames that were kept.
    pub fn frames(&self) -> &[Tapped] {
        self.kept.as_deref().unwrap_or_default()
    }

    /// Runs to the end or to the first thing that is wrong.
    pub fn run(&mut self) -> Outcome {
        let failure = self.finish().err();
        self.outcome.failure = failure.map(|what| Failure { after: self.domain.now().since(START), what });
        self.outcome.clone()
    }

    fn finish(&mut self) -> Result<(), String> {
        for (wait, deed) in self.scenario.deeds.clone() {
            self.pass(wait)?;
            self.carry_out(deed)?;
            self.look()?;
        }
        // The network recovers. Within a lifetime every binding is refreshed; what was lost is mended by then, or when the
        // longest wait between two sendings is over.
        let config = &self.scenario.config;
        let lifetime = config.lifetime.duration();
        let guard = config.anchor_guard;
        self.heal();
        self.domain.set_core(Profile { delay: Duration::from_millis(2), ..Profile::default() });
        self.pass(lifetime + Duration::from_secs(70))?;
        self.judge.is_at_rest(&self.domain)?;
        // A refresh may be under way just now; among many mobile nodes one may be each time that somebody looks.
        let mut looks = 0;
        while let Err(why) = self.judge.is_drained(&self.domain) {
            if looks == LOOKS {
                return Err(why);
            }
            looks += 1;
            self.pass(Duration::from_secs(1))?;
        }
        // Everybody leaves: sessions end with their lifetimes, and what nobody can end any more with the guard.
        for mobile in 1..=self.scenario.config.mobiles {
            self.carry_out(Deed::Leave { mobile })?;
        }
        self.pass(lifetime + guard + lifetime + Duration::from_secs(200))?;
        self.judge.is_empty(&self.domain)
    }

    fn pass(&mut self, wait: Duration) -> Result<(), String> {
        let end = self.domain.now() + wait;
        while self.domain.step(end) {
            self.outcome.steps += 1;
            self.look()?;
        }
        Ok(())
    }

    /// Looks at what was sent and at who has changed.
    fn look(&mut self) -> Result<(), String> {
        let frames = self.domain.take_frames();
        for tapped in &frames {
            self.outcome.frames += 1;
            let said = Said::of(tapped);
            self.judge.saw(tapped, said.as_ref())?;
            self.rates.saw(tapped.at, said)?;
        }
        if let Some(kept) = &mut self.kept {
            kept.extend(frames);
        }
        for node in self.domain.take_touched() {
            self.is_written(node)?;
            self.judge.compare(&self.domain, node)?;
        }
        Ok(())
    }

    /// Whoever is not there knows nothing, and whoever has written all that it ordered would start again with all that it
    /// knows.
    fn is_written(&mut self, who: Option<u16>) -> Result<(), String> {
        if self.scenario.config.disk.is_none() {
            return Ok(());
        }
        let kills = self.domain.disk(who).map_or(0, Disk::kills);
        let before = self.kills.insert(who, kills).unwrap_or_default();
        self.outcome.kills += u64::from(kills - before);
        if kills > before {
            self.rates.forget(self.address(who));
        }
        if let Some(differs) = self.judge.unwritten(&self.domain, who) {
            let name = self.scenario.config.name(who);
            return Err(format!("{name} has written all, but not what it knows: {differs}"));
        }
        Ok(())
    }

    fn address(&self, who: Option<u16>) -> Ipv6Addr {
        who.map_or(self.scenario.config.centre(), maar_address)
    }

    /// Disks have room again, and nobody is killed any more.
    fn heal(&mut self) {
        for maar in std::iter::once(None).chain((1..=self.scenario.config.maars).map(Some)) {
            self.domain.with_disk(maar, |disk, _| disk.heal());
        }
    }

    fn carry_out(&mut self, deed: Deed) -> Result<(), String> {
        match deed {
            Deed::Attach { mobile, maar } => {
                self.outcome.attachments += 1;
                self.domain.detach(mobile);
                self.judge.attached(mobile, None);
                self.domain.plug(mobile, maar);
                self.judge.attached(mobile, Some(maar));
            }
            Deed::Leave { mobile } => {
                self.domain.detach(mobile);
                self.judge.attached(mobile, None);
            }
            Deed::Kill { maar, point, down } => {
                self.domain.with_disk(maar, |disk, _| disk.kill_at_next(point, down));
            }
            Deed::FillDisk { maar, lasts } => {
                self.domain.with_disk(maar, |disk, now| disk.fill(now + lasts));
            }
            Deed::Restart(who) => {
                // Its access point goes down with it: who was on the link notices and comes back.
                let here = who.map_or(Vec::new(), |router| self.judge.attached_to(router));
                for mobile in &here {
                    self.domain.detach(*mobile);
                }
                // What was sent because of that was sent by who still knew what it had sent.
                self.look()?;
                self.domain.restart(who);
                if !self.domain.keeps(who) {
                    self.judge.forgets(who);
                }
                self.rates.forget(self.address(who));
                for mobile in here {
                    self.domain.plug(mobile, who.unwrap_or_default());
                }
            }
        }
        Ok(())
    }

    /// What every node has noted about a mobile node, for people who look for a cause.
    pub fn events_about(&self, mobile: u16) -> Vec<(Instant, String, String)> {
        let mn = mn_identifier(mobile).to_string();
        let all = self.domain.events().into_iter();
        let told = all.map(|(at, who, event)| (at, who, event.to_string()));
        told.filter(|(.., event)| event.starts_with(&format!("{mn}:"))).collect()
    }
}

/// The first mobile node of which a disk that has written everything holds something else than its node knows.
fn unwritten<R>(
    disk: Option<&Disk>,
    known: impl Iterator<Item = (MnIdentifier, R)>,
    record: impl Fn(R) -> Record,
) -> Option<String> {
    let disk = disk.filter(|disk| !disk.is_down() && disk.is_sound())?;
    // Both stand in the order of identifiers.
    let mut written = disk.durable().iter();
    for (mn, known) in known {
        let known = record(known);
        let found = written.next();
        if found != Some((&mn, &known)) {
            return Some(format!("{mn}: {known:?}, and on the disk {found:?}"));
        }
    }
    written.next().map(|found| format!("nothing, and on the disk {found:?}"))
}
