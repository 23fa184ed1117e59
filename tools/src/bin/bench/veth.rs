//! What a reference node takes to answer on a real link: PBU to PBA against ICMPv6 echo on the same veth pair, in turn, in the
//! same run. The kernel answers an echo within the call that sends it, so there are two measurements more of a process that does
//! nothing but send back what it gets: what no daemon can be faster than, asleep or awake. The program starts itself again in namespaces of
//! its own and measures there.
//!
//! An echo is the work of the asker's processor alone, a PBA that of two. Those of a virtual machine may differ by half, and by another
//! half a minute later; so whoever asks does so from each processor in turn, and what answers has to take the others.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv6Addr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dmm::Failure;
use dmm::lab::{self, Lab, Process};
use dmm_codec::packet::{ICMPV6, MOBILITY_HEADER};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags,
};
use dmm_node::{Clock, Role, signalling};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::{Row, Target};

/// How many of each are measured in a turn, after as many as a tenth that are not.
const ROUNDS: usize = 1000;
/// How often what answers is started, and asked from another processor.
const TURNS: u8 = 8;
const PATIENCE: Duration = Duration::from_secs(5);
const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
const MAAR: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 1);

/// Microseconds: median and 99th of a hundred, each the mean of what the turns came to.
type Spread = (f64, f64);

/// Two things in turn, so that both see the same machine.
#[derive(Serialize, Deserialize)]
struct Turn {
    echo: Spread,
    other: Spread,
}

#[derive(Serialize, Deserialize)]
struct Measured {
    bare: Turn,
    awake: Turn,
    pba: Turn,
    asleep: Turn,
}

/// Set where the program is to send back what it gets; how long it is to look for the next before it sleeps, in microseconds.
const MIRROR: &str = "DMM_BENCH_MIRROR";
/// How long a process that does not sleep at once looks for the next message, in microseconds: as long as a node.
const AWAKE: &str = "50";
/// A protocol for experiments (RFC 3692).
const EXPERIMENT: u8 = 253;

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    if let Some(obstacle) = lab::obstacle() {
        eprintln!("passed over, since there can be no network namespaces here: {obstacle}");
        return Ok(Vec::new());
    }
    let mut command = lab::again()?;
    let mut child = command.arg("veth").stdout(Stdio::piped()).spawn().map_err(Failure::bench)?;
    let mut json = String::new();
    child.stdout.take().expect("it was asked for").read_to_string(&mut json).map_err(Failure::bench)?;
    if !child.wait().map_err(Failure::bench)?.success() {
        return Err(Failure::bench("the measurement in namespaces failed"));
    }
    let Measured { bare, awake, pba, asleep } = serde_json::from_str(&json).map_err(Failure::bench)?;
    let to_echo = |name, Turn { echo, other }: &Turn, target| {
        Row::new("veth", name, (other.0, "us"), "ICMPv6 echo", other.0 / echo.0, target)
    };
    let target = Some(Target::AtMost(2.0));
    let last = pba.other.1 / pba.echo.1;
    Ok(vec![
        Row::new("veth", "ICMPv6 echo, the kernel's: median", (pba.echo.0, "us"), "itself", 1.0, None),
        to_echo("a process that sends back: median", &bare, None),
        to_echo("one that does not sleep: median", &awake, None),
        to_echo("PBU to PBA, dmm cmd: median", &pba, target),
        to_echo("the same, with --busy-poll 0: median", &asleep, None),
        Row::new(
            "veth",
            "PBU to PBA, dmm cmd: 99th of 100",
            (pba.other.1, "us"),
            "ICMPv6 echo, 99th",
            last,
            None,
        ),
    ])
}

/// Sends back what comes, for ever, if this program was started for that.
pub(crate) fn mirror() -> Result<(), Failure> {
    let Ok(awake) = std::env::var(MIRROR) else { return Ok(()) };
    let awake = Duration::from_micros(awake.parse().map_err(Failure::bench)?);
    let socket = signalling::open(EXPERIMENT, CMD).map_err(Failure::bench)?;
    eprintln!("ready");
    let mut buffer = [0; 2048];
    let mut until = Instant::now();
    loop {
        socket.set_nonblocking(Instant::now() < until).map_err(Failure::bench)?;
        let received = loop {
            match socket.recv_from(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < until => {}
                received => break received,
            }
        };
        match received {
            Ok((len, from)) => socket.send_to(&buffer[..len], from).map(drop).map_err(Failure::bench)?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(Failure::bench(error)),
        }
        until = Instant::now() + awake;
    }
}

/// Measures, as root of the namespaces that [`rows`] has made, and prints the figures.
pub(crate) fn inside() -> Result<(), Failure> {
    let lab = Lab::new()?;
    lab.pair("cmd", CMD, MAAR)?;
    let own = std::env::current_exe().map_err(Failure::bench)?;
    let mirror = |awake: &str| start(lab.on("cmd", &own).env(MIRROR, awake));
    let config = Path::new("/run/cmd.yaml");
    std::fs::write(config, Role::Cmd.examples()[0].replace("/run/dmm/", "/run/"))
        .map_err(|error| Failure::file(config, error))?;
    let node = |arguments: &[&str]| {
        let mut command = lab.on("cmd", &own.with_file_name("dmm"));
        command.arg("cmd").arg("--config").arg(config).args(arguments).env_remove("RUST_LOG");
        start(&mut command)
    };
    let clock = Clock::start();
    let measured = Measured {
        bare: in_turn(&|| mirror("0"), EXPERIMENT, &|round| Ok(sent_back(round)))?,
        pba: in_turn(&|| node(&[]), MOBILITY_HEADER, &|round| registered(&clock, round))?,
        asleep: in_turn(&|| node(&["--busy-poll", "0"]), MOBILITY_HEADER, &|round| {
            registered(&clock, round)
        })?,
        awake: in_turn(&|| mirror(AWAKE), EXPERIMENT, &|round| Ok(sent_back(round)))?,
    };
    let json = serde_json::to_string(&measured).map_err(Failure::bench)?;
    io::stdout().write_all(json.as_bytes()).map_err(Failure::bench)
}

fn start(command: &mut Command) -> Result<Process, Failure> {
    let mut process = Process::start(command)?;
    process.said("ready", PATIENCE)?;
    Ok(process)
}

/// What is sent in a round, and whether something is the answer to it.
type Exchange = (Vec<u8>, Box<dyn Fn(&[u8]) -> bool>);

/// Echoes, and exchanges with a process on the other end, from each processor.
fn in_turn(
    start: &dyn Fn() -> Result<Process, Failure>,
    protocol: u8,
    exchange: &dyn Fn(u16) -> Result<Exchange, Failure>,
) -> Result<Turn, Failure> {
    let open = |protocol| -> io::Result<UdpSocket> {
        let socket = signalling::open(protocol, MAAR)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    };
    let echoes = open(ICMPV6).map_err(Failure::bench)?;
    let others = open(protocol).map_err(Failure::bench)?;
    let own = Pid::from_raw(0);
    let all = sched_getaffinity(own).map_err(Failure::bench)?;
    let processors: Vec<CpuSet> =
        (0..CpuSet::count()).filter_map(|processor| only(processor, &all)).collect();
    let (mut echo_spreads, mut other_spreads) = (Vec::new(), Vec::new());
    for processor in processors.iter().cycle().take(usize::from(TURNS)) {
        // It may run on all, as it may be anywhere; it is asleep when whoever asks moves, and wakes where there is room.
        let process = start()?;
        sched_setaffinity(own, processor).map_err(Failure::bench)?;
        let (mut echo, mut other) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS + ROUNDS / 10 {
            let number = (round as u16).to_be_bytes();
            let request = echo_request(number);
            echo.push(answered(&echoes, &request, |answer| is_echo(answer, number)).map_err(Failure::bench)?);
            let (request, is_answer) = exchange(round as u16)?;
            other.push(answered(&others, &request, is_answer).map_err(Failure::bench)?);
        }
        drop(process);
        sched_setaffinity(own, &all).map_err(Failure::bench)?;
        echo_spreads.push(spread(echo));
        other_spreads.push(spread(other));
    }
    Ok(Turn { echo: mean(&echo_spreads), other: mean(&other_spreads) })
}

/// The set of this processor alone, if it is among these.
fn only(processor: usize, all: &CpuSet) -> Option<CpuSet> {
    let mut only = CpuSet::new();
    only.set(processor).ok()?;
    all.is_set(processor).is_ok_and(|is_set| is_set).then_some(only)
}

fn sent_back(round: u16) -> Exchange {
    let request = echo_request(round.to_be_bytes());
    let same = request.clone();
    (request, Box::new(move |answer| answer == same))
}

fn registered(clock: &Clock, round: u16) -> Result<Exchange, Failure> {
    let is_pba =
        move |answer: &[u8]| answer.get(2) == Some(&6) && answer.get(8..10) == Some(&round.to_be_bytes());
    Ok((pbu(clock, round)?, Box::new(is_pba)))
}

/// How long the answer to a packet takes. Who asks does not sleep meanwhile: what it would take to wake it is nothing of the
/// other end's.
fn answered(socket: &UdpSocket, packet: &[u8], is_answer: impl Fn(&[u8]) -> bool) -> io::Result<Duration> {
    let mut buffer = [0; 2048];
    let start = Instant::now();
    socket.send_to(packet, signalling::to(CMD))?;
    loop {
        match socket.recv(&mut buffer) {
            Ok(len) if is_answer(&buffer[..len]) => return Ok(start.elapsed()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && start.elapsed() < PATIENCE => {}
            Err(error) => return Err(error),
        }
    }
}

/// As large as the PBU, so that both are the same work for the link. The kernel writes the checksum.
fn echo_request([high, low]: [u8; 2]) -> Vec<u8> {
    let mut octets = vec![128, 0, 0, 0, 0, 7, high, low];
    octets.resize(104, 0);
    octets
}

fn is_echo(answer: &[u8], number: [u8; 2]) -> bool {
    answer.first() == Some(&129) && answer.get(6..8) == Some(&number)
}

/// A registration, and its refreshes.
fn pbu(clock: &Clock, seq: u16) -> Result<Vec<u8>, Failure> {
    let options = vec![
        MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@example.org")),
        MobilityOption::HomeNetworkPrefix("2001:db8:a001::/64".parse().map_err(Failure::bench)?),
        MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN),
        MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
        MobilityOption::MnLinkLayerIdentifier([2, 0, 0x5e, 0x10, 0, 1].into()),
        MobilityOption::Timestamp(clock.now().timestamp()),
    ];
    let flags = PbuFlags::A | PbuFlags::P | PbuFlags::D;
    let pbu = Message::Pbu(Pbu { seq, flags, lifetime: Lifetime(75), options });
    pbu.encode(MAAR, CMD).map_err(Failure::bench)
}

fn spread(mut times: Vec<Duration>) -> Spread {
    times.drain(..ROUNDS / 10);
    times.sort_unstable();
    let micros = |index: usize| times[index].as_secs_f64() * 1e6;
    (micros(times.len() / 2), micros(times.len() * 99 / 100))
}

fn mean(spreads: &[Spread]) -> Spread {
    let of = |part: fn(&Spread) -> f64| spreads.iter().map(part).sum::<f64>() / f64::from(TURNS);
    (of(|spread| spread.0), of(|spread| spread.1))
}
