//! What a reference node takes to answer on a real link: PBU to PBA against ICMPv6 echo on the same veth pair, in turn, in the
//! same run. The kernel answers an echo within the call that sends it, so a third measurement is of a process that does
//! nothing but send back what it gets: what no daemon can be faster than. The program starts itself again in namespaces of
//! its own and measures there.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv6Addr, UdpSocket};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use dmm::Failure;
use dmm::lab::{self, Lab, Process};
use dmm_codec::packet::{ICMPV6, MOBILITY_HEADER};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags,
};
use dmm_node::{Clock, Role, signalling};
use serde::{Deserialize, Serialize};

use crate::{Row, Target};

/// How many of each are measured, after as many as a tenth that are not.
const ROUNDS: usize = 5000;
const PATIENCE: Duration = Duration::from_secs(5);
const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
const MAAR: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 1);

/// Microseconds: median and 99th of a hundred.
#[derive(Serialize, Deserialize)]
struct Measured {
    echo: (f64, f64),
    bare: (f64, f64),
    pba: (f64, f64),
}

/// Set where the program is to send back what it gets.
const MIRROR: &str = "DMM_BENCH_MIRROR";
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
    let Measured { echo, bare, pba } = serde_json::from_str(&json).map_err(Failure::bench)?;
    let row = |name, figure: f64, against, ratio, target| {
        Row::new("veth", name, (figure, "us"), against, ratio, target)
    };
    Ok(vec![
        row("ICMPv6 echo, the kernel's: median", echo.0, "itself", 1.0, None),
        row("a process that sends back: median", bare.0, "ICMPv6 echo", bare.0 / echo.0, None),
        row("PBU to PBA, dmm cmd: median", pba.0, "a process that sends back", pba.0 / bare.0, None),
        row("PBU to PBA, dmm cmd: median", pba.0, "ICMPv6 echo", pba.0 / echo.0, Some(Target::AtMost(2.0))),
        row("PBU to PBA, dmm cmd: 99th of 100", pba.1, "ICMPv6 echo, 99th", pba.1 / echo.1, None),
    ])
}

/// Sends back what comes, for ever, if this program was started for that.
pub(crate) fn mirror() -> Result<(), Failure> {
    if std::env::var_os(MIRROR).is_none() {
        return Ok(());
    }
    let socket = signalling::open(EXPERIMENT, CMD).map_err(Failure::bench)?;
    eprintln!("ready");
    let mut buffer = [0; 2048];
    loop {
        let (len, from) = socket.recv_from(&mut buffer).map_err(Failure::bench)?;
        socket.send_to(&buffer[..len], from).map_err(Failure::bench)?;
    }
}

/// Measures, as root of the namespaces that [`rows`] has made, and prints the figures.
pub(crate) fn inside() -> Result<(), Failure> {
    let lab = Lab::new()?;
    lab.pair("cmd", CMD, MAAR)?;
    let config = Path::new("/run/cmd.yaml");
    std::fs::write(config, Role::Cmd.examples()[0].replace("/run/dmm/", "/run/"))
        .map_err(|error| Failure::file(config, error))?;
    let program = std::env::current_exe().map_err(Failure::bench)?.with_file_name("dmm");
    let mut command = lab.on("cmd", &program);
    command.arg("cmd").arg("--config").arg(config).env_remove("RUST_LOG");
    let mut node = Process::start(&mut command)?;
    node.said("ready", PATIENCE)?;

    let mut command = lab.on("cmd", &std::env::current_exe().map_err(Failure::bench)?);
    let mut mirror = Process::start(command.env(MIRROR, "1"))?;
    mirror.said("ready", PATIENCE)?;

    let open = |protocol| -> io::Result<UdpSocket> {
        let socket = signalling::open(protocol, MAAR)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(socket)
    };
    let echoes = open(ICMPV6).map_err(Failure::bench)?;
    let signals = open(MOBILITY_HEADER).map_err(Failure::bench)?;
    let mirrored = open(EXPERIMENT).map_err(Failure::bench)?;
    let clock = Clock::start();
    let (mut echo, mut bare, mut pba) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS + ROUNDS / 10 {
        let number = (round as u16).to_be_bytes();
        let request = echo_request(number);
        echo.push(answered(&echoes, &request, |answer| is_echo(answer, number)).map_err(Failure::bench)?);
        let back = |answer: &[u8]| answer == request;
        bare.push(answered(&mirrored, &request, back).map_err(Failure::bench)?);
        let pbu = pbu(&clock, round as u16)?;
        let is_pba = |answer: &[u8]| answer.get(2) == Some(&6) && answer.get(8..10) == Some(&number);
        pba.push(answered(&signals, &pbu, is_pba).map_err(Failure::bench)?);
    }
    let measured = Measured { echo: spread(echo), bare: spread(bare), pba: spread(pba) };
    let json = serde_json::to_string(&measured).map_err(Failure::bench)?;
    io::stdout().write_all(json.as_bytes()).map_err(Failure::bench)
}

/// How long the answer to a packet takes.
fn answered(socket: &UdpSocket, packet: &[u8], is_answer: impl Fn(&[u8]) -> bool) -> io::Result<Duration> {
    let mut buffer = [0; 2048];
    let start = Instant::now();
    socket.send_to(packet, signalling::to(CMD))?;
    loop {
        let len = socket.recv(&mut buffer)?;
        if is_answer(&buffer[..len]) {
            return Ok(start.elapsed());
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

fn spread(mut times: Vec<Duration>) -> (f64, f64) {
    times.drain(..ROUNDS / 10);
    times.sort_unstable();
    let micros = |index: usize| times[index].as_secs_f64() * 1e6;
    (micros(times.len() / 2), micros(times.len() * 99 / 100))
}
