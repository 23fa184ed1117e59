//! What a CMD costs: a handover against the bare codec, an answer among a million mobile nodes against one among ten thousand, a
//! durable registration against redb alone.

use std::hint::black_box;
use std::net::Ipv6Addr;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use dmm::Failure;
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, Message, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu,
    PbuFlags, Status,
};
use dmm_proto::cmd::MaarPeer;
use dmm_proto::{Cmd, CmdConfig, Input, Node as _, Output, Pacing, Write};
use dmm_store::{Owner, Role, Store, Writer, octets};
use ipnet::Ipv6Net;

use crate::{Row, Target};

const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
const START: dmm_codec::Instant = dmm_codec::Instant::from_secs(1_767_225_600);
const MAARS: u16 = 4;
/// How many mobile nodes register durably.
const DURABLE_MOBILES: u32 = 100_000;

type Signal = (Ipv6Addr, Ipv6Addr, Vec<u8>);

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let mut rows = vec![handover()];
    rows.extend(sizes());
    rows.push(durable()?);
    Ok(rows)
}

/// Eight messages: PBU, three PBUs, three PBAs, PBA.
fn handover() -> Row {
    const MOBILES: u32 = 1000;
    let mut subject = Subject::new(false);
    let mut rounds = Vec::new();
    for round in 0..34 {
        let (mut in_node, mut in_codec) = (Duration::ZERO, Duration::ZERO);
        for mobile in 0..MOBILES {
            let pbu = subject.pbu(1 + (round % MAARS), mobile, 4000);
            let mut messages = vec![pbu.clone()];
            let (took, asked) = subject.time(&pbu);
            in_node += took;
            messages.extend(asked.iter().cloned());
            for pbu in asked.iter().filter(|(_, to, _)| *to != pbu.0) {
                let pba = answer(pbu);
                let (took, said) = subject.time(&pba);
                in_node += took;
                messages.push(pba);
                messages.extend(said);
            }
            if round > 4 {
                assert_eq!(messages.len(), 8, "the row speaks of eight messages");
                in_codec += bare(&messages);
            }
        }
        if round > 4 {
            let each = in_node.as_secs_f64() * 1e9 / f64::from(MOBILES);
            rounds.push((in_node.as_secs_f64() / in_codec.as_secs_f64(), each));
        }
    }
    let (ratio, each) = median(rounds);
    let name = "CMD: a handover with 3 P-MAARs";
    Row::new(
        "nodes",
        name,
        (each, "ns"),
        "the codec's part of its 8 messages",
        ratio,
        Some(Target::AtMost(3.0)),
    )
}

/// What the codec does with them: those from MAARs are decoded, those to MAARs encoded.
fn bare(messages: &[Signal]) -> Duration {
    let decoded: Vec<Message> = messages.iter().map(decode).collect();
    let start = Instant::now();
    for ((src, dst, octets), message) in messages.iter().zip(&decoded) {
        if *src == CMD {
            black_box(message.encode(*src, *dst).expect("it fits"));
        } else {
            black_box(Message::decode(octets, *src, *dst).expect("it was encoded here"));
        }
    }
    start.elapsed()
}

/// The answer to a refresh among so many mobile nodes.
fn sizes() -> Vec<Row> {
    const SIZES: [(u32, [&str; 3]); 4] = [
        (
            10_000,
            ["CMD, 10 k mobile nodes: p50", "CMD, 10 k mobile nodes: p99", "CMD, 10 k mobile nodes: p99.9"],
        ),
        (1, ["CMD, 1 mobile node: p50", "CMD, 1 mobile node: p99", "CMD, 1 mobile node: p99.9"]),
        (
            100_000,
            [
                "CMD, 100 k mobile nodes: p50",
                "CMD, 100 k mobile nodes: p99",
                "CMD, 100 k mobile nodes: p99.9",
            ],
        ),
        (
            1_000_000,
            ["CMD, 1 M mobile nodes: p50", "CMD, 1 M mobile nodes: p99", "CMD, 1 M mobile nodes: p99.9"],
        ),
    ];
    // A few of each in turn, since the machine is not as fast one second as the next.
    let mut crowds = SIZES.map(|(mobiles, _)| Crowd::new(mobiles));
    for _ in 0..Crowd::TURNS {
        crowds.iter_mut().for_each(Crowd::turn);
    }
    let measured = crowds.map(Crowd::percentiles);
    let mut rows = Vec::new();
    for ((mobiles, names), own) in SIZES.into_iter().zip(measured) {
        for (index, name) in names.into_iter().enumerate() {
            let target = (mobiles == 1_000_000 && index == 1).then_some(Target::AtMost(1.5));
            let ratio = own[index] / measured[0][index];
            rows.push(Row::new("nodes", name, (own[index], "ns"), "the same among 10 k", ratio, target));
        }
    }
    rows
}

/// A CMD that knows so many mobile nodes, and how long its answers took.
struct Crowd {
    subject: Subject,
    mobiles: u32,
    took: Vec<Duration>,
}

impl Crowd {
    const TURNS: u32 = 20;
    const SAMPLES: u32 = 10_000;

    fn new(mobiles: u32) -> Self {
        let mut subject = Subject::new(false);
        for mobile in 0..mobiles {
            let pbu = subject.pbu(1, mobile, 16_000);
            subject.time(&pbu);
        }
        Self { subject, mobiles, took: Vec::new() }
    }

    fn turn(&mut self) {
        for _ in 0..Self::SAMPLES {
            // Spread over all, and the same each time.
            let mobile = (self.took.len() as u64 * 2_654_435_761 % u64::from(self.mobiles)) as u32;
            let pbu = self.subject.pbu(1, mobile, 16_000);
            self.took.push(self.subject.time(&pbu).0);
        }
    }

    /// Half, 99 of 100 and 999 of 1000 take no longer: nanoseconds.
    fn percentiles(mut self) -> [f64; 3] {
        self.took.sort_unstable();
        [500, 990, 999].map(|mille| self.took[self.took.len() * mille / 1000].as_secs_f64() * 1e9)
    }
}

/// Registrations whose bindings are durable before they are answered, and redb with the same records in the same batches, in turn;
/// the median of the rounds, since a device is now and then busy with something else, and no two rounds have the same batches.
fn durable() -> Result<Row, Failure> {
    const ROUNDS: usize = 15;
    let [ours, theirs] = ["cmd", "redb"]
        .map(|name| std::env::temp_dir().join(format!("dmm-bench-{}-{name}.redb", std::process::id())));
    let mut subject = Subject::new(true);
    let pbus: Vec<Signal> = (0..DURABLE_MOBILES).map(|mobile| subject.pbu(1, mobile, 16_000)).collect();
    let writes = writes(&pbus);
    assert_eq!(writes.len(), pbus.len(), "each registration is written once");
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (took, batches) = registered(&ours, &pbus)?;
        let alone = redb_alone(&theirs, &writes, &batches)?;
        rounds.push((
            alone.as_secs_f64() / took.as_secs_f64(),
            f64::from(DURABLE_MOBILES) / took.as_secs_f64(),
        ));
        for path in [&ours, &theirs] {
            std::fs::remove_file(path).map_err(|error| Failure::file(path, error))?;
        }
    }
    let (ratio, per_second) = median(rounds);
    let name = "CMD: durable registrations";
    let against = "redb with the same records and batches";
    Ok(Row::new("nodes", name, (per_second, "/s"), against, ratio, Some(Target::AtLeast(0.8))))
}

/// How long a CMD with a store takes to answer all, and where its transactions ended.
fn registered(path: &Path, pbus: &[Signal]) -> Result<(Duration, Vec<u64>), Failure> {
    const AT_ONCE: usize = 4096;
    let store = Store::open(path, Owner { role: Role::Cmd, address: CMD }).map_err(Failure::bench)?;
    let (said, dones) = channel();
    let writer = Writer::start(store, move |done| drop(said.send(done))).map_err(Failure::bench)?;
    let mut subject = Subject::new(true);
    let mut batches: Vec<u64> = Vec::new();
    let (mut waiting, mut answered) = (0, 0);
    let mut coming = pbus.iter();
    let start = Instant::now();
    while answered < pbus.len() {
        let input;
        if waiting < AT_ONCE
            && let Some((src, dst, octets)) = coming.next()
        {
            waiting += 1;
            // As late as when its time stamp was made.
            subject.now = subject.now + Duration::from_millis(1);
            input = Input::Signal { src: *src, dst: *dst, octets };
        } else {
            let done = dones.recv().map_err(Failure::bench)?;
            batches.push(done.through().0 + 1);
            input = done.input();
        }
        subject.cmd.handle_input(subject.now, input);
        while let Some(output) = subject.cmd.poll_output() {
            match output {
                Output::Persist(write) => writer.order(*write),
                Output::Signal { .. } => {
                    answered += 1;
                    waiting -= 1;
                }
                _ => {}
            }
        }
    }
    let took = start.elapsed();
    drop(writer.stop());
    Ok((took, batches))
}

/// What a CMD has written for these, in order, noted where no time is taken.
fn writes(pbus: &[Signal]) -> Vec<Write> {
    let mut subject = Subject::new(true);
    let mut writes = Vec::new();
    for (src, dst, octets) in pbus {
        subject.now = subject.now + Duration::from_millis(1);
        subject.cmd.handle_input(subject.now, Input::Signal { src: *src, dst: *dst, octets });
        while let Some(output) = subject.cmd.poll_output() {
            if let Output::Persist(write) = output {
                let through = write.id;
                writes.push(*write);
                subject.cmd.handle_input(subject.now, Input::Persisted { through, result: Ok(()) });
            }
        }
    }
    writes
}

fn redb_alone(path: &Path, writes: &[Write], batches: &[u64]) -> Result<Duration, Failure> {
    let records: Vec<(&[u8], Vec<u8>)> = writes
        .iter()
        .filter_map(|write| Some((&write.mn.identifier[..], octets(write.record.as_ref()?))))
        .collect();
    let database = redb::Database::create(path).map_err(Failure::bench)?;
    let table = redb::TableDefinition::<&[u8], &[u8]>::new("records");
    let start = Instant::now();
    let mut begin = 0;
    for end in batches.iter().map(|end| *end as usize) {
        let transaction = database.begin_write().map_err(Failure::bench)?;
        {
            let mut table = transaction.open_table(table).map_err(Failure::bench)?;
            for (name, record) in &records[begin..end] {
                table.insert(*name, &record[..]).map_err(Failure::bench)?;
            }
        }
        transaction.commit().map_err(Failure::bench)?;
        begin = end;
    }
    Ok(start.elapsed())
}

/// The round in the middle, by its ratio.
fn median(mut rounds: Vec<(f64, f64)>) -> (f64, f64) {
    rounds.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    rounds[rounds.len() / 2]
}

/// A CMD and its clock.
struct Subject {
    cmd: Cmd,
    now: dmm_codec::Instant,
    seq: u16,
}

impl Subject {
    fn new(durable: bool) -> Self {
        let maars = (1..=MAARS).map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).collect();
        let pacing = Pacing { rate: 1_000_000_000, burst: 1_000_000 };
        let mut config = CmdConfig { durable, pacing, ..CmdConfig::new(CMD, maars) };
        config.max_lifetime = Lifetime(u16::MAX);
        Self { cmd: Cmd::new(config), now: START, seq: 0 }
    }

    /// The PBU of a mobile node that has come to a MAAR, a little later than what was before.
    fn pbu(&mut self, at: u16, mobile: u32, lifetime: u16) -> Signal {
        self.now = self.now + Duration::from_millis(1);
        self.seq = self.seq.wrapping_add(1);
        let bits = pool(at).network().to_bits() | (u128::from(mobile) << 64);
        let options = vec![
            MobilityOption::MnIdentifier(MnIdentifier::nai(&format!("mn{mobile:07}@example.org"))),
            MobilityOption::HomeNetworkPrefix(Ipv6Net::new_assert(bits.into(), 64)),
            MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN),
            MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
            MobilityOption::Timestamp(self.now.timestamp()),
        ];
        let flags = PbuFlags::A | PbuFlags::P | PbuFlags::D;
        let pbu = Pbu { seq: self.seq, flags, lifetime: Lifetime(lifetime), options };
        signal(maar(at), CMD, &Message::Pbu(pbu))
    }

    /// How long the CMD takes for a message and all that it says to that, and what it says.
    fn time(&mut self, (src, dst, octets): &Signal) -> (Duration, Vec<Signal>) {
        let mut said = Vec::with_capacity(8);
        let start = Instant::now();
        self.cmd.handle_input(self.now, Input::Signal { src: *src, dst: *dst, octets });
        while let Some(output) = self.cmd.poll_output() {
            if let Output::Signal { src, dst, octets } = output {
                said.push((src, dst, octets));
            }
        }
        (start.elapsed(), said)
    }
}

fn answer(pbu: &Signal) -> Signal {
    let Message::Pbu(Pbu { seq, lifetime, options, .. }) = decode(pbu) else {
        unreachable!("the CMD asks by PBUs");
    };
    let (status, flags) = (Status::ACCEPTED, PbaFlags::P | PbaFlags::D);
    signal(pbu.1, CMD, &Message::Pba(Pba { status, flags, seq, lifetime, options }))
}

fn decode((src, dst, octets): &Signal) -> Message {
    Message::decode(octets, *src, *dst).expect("a node sends what can be read").message
}

fn signal(src: Ipv6Addr, dst: Ipv6Addr, message: &Message) -> Signal {
    (src, dst, message.encode(src, dst).expect("it fits"))
}

fn maar(number: u16) -> Ipv6Addr {
    Ipv6Addr::from_bits(CMD.to_bits() & !0xffff | u128::from(number))
}

fn pool(number: u16) -> Ipv6Net {
    // Room for a million of /64.
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0xa000 + (number << 8), 0, 0, 0, 0, 0), 40)
}
