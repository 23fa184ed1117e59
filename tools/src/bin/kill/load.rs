//! All MAARs or MAGs of a domain, whose mobile nodes move as fast as the CMD or LMA answers; and what was acknowledged to them.

#![expect(clippy::disallowed_methods, reason = "moments of death are of the clock on the wall")]

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv6Addr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use dmm::Failure;
use dmm::progress::Progress;
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, Message, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu,
    PbuFlags, Status, home_network_prefixes,
};
use dmm_proto::record::{BceRecord, Record, SessionRecord};
use dmm_store::Store;
use ipnet::Ipv6Net;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::Victim;
use crate::node::{CMD, MAARS, Packet, maar, now, owner, pool};

/// How many mobile nodes there are.
const MOBILES: u64 = 200;
/// How many of them wait for an answer at a time.
const AT_ONCE: usize = 64;

/// What was seen.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) acknowledged: u64,
    /// PBAs that were in the pipe when the process was dead already.
    pub(crate) last_moment: u64,
    pub(crate) looked_at: u64,
    pub(crate) lost: Vec<String>,
}

/// What the domain knows of a mobile node.
#[derive(Default)]
struct Mobile {
    /// The MAARs where it was acknowledged to be.
    anchors: Vec<u16>,
    /// The prefix that an LMA has assigned.
    prefix: Option<Ipv6Net>,
    /// The last of them.
    at: Option<u16>,
    /// MAARs or MAGs that it has been at since, without an answer.
    unanswered: Vec<u16>,
}

struct Load {
    role: Victim,
    dice: ChaCha8Rng,
    mobiles: BTreeMap<u64, Mobile>,
    seq: u16,
    tally: Tally,
}

pub(crate) fn run(role: Victim, times: u32, seed: u64, path: &Path) -> Result<Tally, Failure> {
    let mobiles = (0..MOBILES).map(|number| (number, Mobile::default())).collect();
    let dice = ChaCha8Rng::seed_from_u64(seed);
    let mut load = Load { role, dice, mobiles, seq: 0, tally: Tally::default() };
    let progress = Progress::start();
    for time in 1..=times {
        progress.is_at(|| format!("{} of {times} kills, {} lost", time - 1, load.tally.lost.len()));
        load.one_life(path)?;
        load.look(path, time)?;
    }
    Ok(load.tally)
}

impl Load {
    /// Starts a node, has mobile nodes move, and kills it.
    fn one_life(&mut self, path: &Path) -> Result<(), Failure> {
        let program = std::env::current_exe().map_err(Failure::bench)?;
        let mut node = Command::new(program);
        let role = self.role.to_possible_value().expect("no role is hidden");
        node.args(["node", role.get_name()]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut node = node.spawn().map_err(Failure::bench)?;
        let mut to_node = node.stdin.take().expect("it is piped");
        let mut from_node = node.stdout.take().expect("it is piped");
        let (came, packets) = channel();
        let reader = std::thread::spawn(move || {
            while let Ok(packet) = Packet::read(&mut from_node) {
                if came.send(packet).is_err() {
                    return;
                }
            }
        });
        let result = self.until_death(&mut node, &mut to_node, &packets);
        // Whatever went wrong, nobody is left behind.
        let _ = node.kill();
        let _ = node.wait();
        let _ = reader.join();
        result?;
        for packet in packets {
            let seen = self.tally.acknowledged;
            self.saw(&packet);
            self.tally.last_moment += self.tally.acknowledged - seen;
        }
        Ok(())
    }

    fn until_death(
        &mut self,
        node: &mut Child,
        to_node: &mut ChildStdin,
        packets: &Receiver<Packet>,
    ) -> Result<(), Failure> {
        // The first answer shows that it has started.
        for _ in 0..AT_ONCE {
            self.move_one(to_node)?;
        }
        let first = packets.recv_timeout(Duration::from_secs(30));
        let mut next =
            Some(first.map_err(|_| Failure::bench("the node says nothing: see what it wrote above"))?);
        let death = Instant::now() + Duration::from_micros(self.dice.next_u64() % 200_000);
        loop {
            if let Some(packet) = next {
                match self.saw(&packet) {
                    Some(answer) => answer.write(to_node).map_err(Failure::bench)?,
                    None => self.move_one(to_node)?,
                }
            }
            let left = death.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return node.kill().map_err(Failure::bench);
            }
            next = packets.recv_timeout(left).ok();
        }
    }

    /// A mobile node comes to a MAAR or MAG.
    fn move_one(&mut self, to_node: &mut impl io::Write) -> Result<(), Failure> {
        let number = self.dice.next_u64() % MOBILES;
        let at = 1 + (self.dice.next_u64() % u64::from(MAARS)) as u16;
        self.seq = self.seq.wrapping_add(1);
        let (asked, flag) = match self.role {
            Victim::Cmd => (prefix(at, number), PbuFlags::D),
            Victim::Lma => (Ipv6Net::default(), PbuFlags::P),
        };
        let options = vec![
            MobilityOption::MnIdentifier(mn(number)),
            MobilityOption::HomeNetworkPrefix(asked),
            MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN),
            MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
            MobilityOption::Timestamp(now().timestamp()),
        ];
        let flags = PbuFlags::A | PbuFlags::P | flag;
        let pbu = Message::Pbu(Pbu { seq: self.seq, flags, lifetime: Lifetime(4000), options });
        self.mobiles.entry(number).or_default().unanswered.push(at);
        packet(maar(at), &pbu).write(to_node).map_err(Failure::bench)
    }

    /// The node has sent something; what a P-MAAR answers.
    fn saw(&mut self, Packet { src, dst, octets }: &Packet) -> Option<Packet> {
        let message = Message::decode(octets, *src, *dst).expect("a node sends what can be read").message;
        let named = message.options().iter().find_map(|option| match option {
            MobilityOption::MnIdentifier(mn) => number(mn),
            _ => None,
        })?;
        match message {
            Message::Pbu(Pbu { seq, lifetime, options, .. }) => {
                let options =
                    options.into_iter().filter(|option| !matches!(option, MobilityOption::Timestamp(_)));
                let flags = PbaFlags::P | PbaFlags::D;
                let (status, options) = (Status::ACCEPTED, options.collect());
                Some(packet(*dst, &Message::Pba(Pba { status, flags, seq, lifetime, options })))
            }
            Message::Pba(pba) if pba.status.is_accepted() => {
                self.tally.acknowledged += 1;
                let at = (1..=MAARS).find(|n| maar(*n) == *dst)?;
                let mobile = self.mobiles.entry(named).or_default();
                mobile.anchors.retain(|anchor| *anchor != at);
                mobile.anchors.push(at);
                mobile.at = Some(at);
                let assigned = home_network_prefixes(&pba.options).next();
                // A prefix that was promised is not promised to be another one.
                if self.role == Victim::Lma && mobile.prefix.is_some_and(|before| Some(before) != assigned) {
                    self.tally.lost.push(format!("mn{named} had {:?} and has {assigned:?}", mobile.prefix));
                }
                mobile.prefix = assigned;
                // What it did before that was answered or overtaken.
                let answered = mobile.unanswered.iter().position(|unanswered| *unanswered == at);
                mobile.unanswered.drain(..answered.map_or(0, |index| index + 1));
                None
            }
            _ => None,
        }
    }

    /// Is all that was acknowledged in the store?
    fn look(&mut self, path: &Path, time: u32) -> Result<(), Failure> {
        let store = Store::open(path, owner(self.role)).map_err(Failure::bench)?;
        let records = store.records().map_err(Failure::bench)?;
        let records: BTreeMap<MnIdentifier, Record> = records.into_iter().collect();
        for (number, mobile) in &self.mobiles {
            let Some(at) = mobile.at else { continue };
            self.tally.looked_at += 1;
            let record = records.get(&mn(*number));
            let (serving, binding) = match record {
                Some(Record::Session(SessionRecord { binding: Some(binding), .. })) => {
                    (binding.serving.maar, Some(binding))
                }
                Some(Record::Bce(BceRecord { p_coa, prefix, .. })) if mobile.prefix == Some(*prefix) => {
                    (*p_coa, None)
                }
                _ => {
                    self.tally.lost.push(format!("kill {time}: mn{number} is not there: {record:?}"));
                    continue;
                }
            };
            let is_at = |n: u16| serving == maar(n);
            if !is_at(at) && !mobile.unanswered.iter().any(|n| is_at(*n)) {
                self.tally.lost.push(format!("kill {time}: mn{number} is at {}, not at {serving}", maar(at)));
            }
            let Some(binding) = binding else { continue };
            let listed = binding.p_maars.iter().map(|p_maar| &p_maar.anchor).chain([&binding.serving]);
            let listed: Vec<(Ipv6Addr, Ipv6Net)> = listed
                .flat_map(|anchor| anchor.prefixes.iter().map(|prefix| (anchor.maar, *prefix)))
                .collect();
            for anchor in &mobile.anchors {
                if !listed.contains(&(maar(*anchor), prefix(*anchor, *number))) {
                    self.tally
                        .lost
                        .push(format!("kill {time}: mn{number}: nothing is anchored at maar{anchor}"));
                }
            }
        }
        Ok(())
    }
}

fn mn(number: u64) -> MnIdentifier {
    MnIdentifier::nai(&format!("mn{number}@example.org"))
}

fn number(mn: &MnIdentifier) -> Option<u64> {
    let name = str::from_utf8(&mn.identifier).ok()?;
    name.strip_prefix("mn")?.strip_suffix("@example.org")?.parse().ok()
}

/// The /64 of a mobile node at a MAAR.
fn prefix(at: u16, number: u64) -> Ipv6Net {
    let bits = pool(at).network().to_bits() | (u128::from(number) << 64);
    Ipv6Net::new_assert(bits.into(), 64)
}

fn packet(src: Ipv6Addr, message: &Message) -> Packet {
    let octets = message.encode(src, CMD).expect("it fits");
    Packet { src, dst: CMD, octets }
}
