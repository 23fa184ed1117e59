//! The process that is killed: a CMD or LMA with its store, whose network is a pipe.

use std::io::{self, Write as _};
use std::net::Ipv6Addr;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, SystemTime};

use dmm::Failure;
use dmm_codec::Instant;
use dmm_dataplane::Plane;
use dmm_proto::cmd::MaarPeer;
use dmm_proto::legacy::{Lma, LmaConfig};
use dmm_proto::{Cmd, CmdConfig, Input, Node, Output, Pacing};
use dmm_store::{Done, Owner, Role, Store, Writer, bces, sessions};
use ipnet::Ipv6Net;

use crate::Victim;

/// The address of the CMD, or of the LMA.
pub(crate) const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
/// How many MAARs or MAGs there are.
pub(crate) const MAARS: u16 = 5;

/// Whose the store is.
pub(crate) fn owner(role: Victim) -> Owner {
    let role = match role {
        Victim::Cmd => Role::Cmd,
        Victim::Lma => Role::Lma,
    };
    Owner { role, address: CMD }
}

/// The address of a MAAR or MAG, counted from 1.
pub(crate) fn maar(number: u16) -> Ipv6Addr {
    Ipv6Addr::from_bits(CMD.to_bits() & !0xffff | u128::from(number))
}

/// Its pool.
pub(crate) fn pool(number: u16) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0xa000 + number, 0, 0, 0, 0, 0), 48)
}

/// The time.
pub(crate) fn now() -> Instant {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Instant::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// A message on the pipe.
pub(crate) struct Packet {
    pub(crate) src: Ipv6Addr,
    pub(crate) dst: Ipv6Addr,
    pub(crate) octets: Vec<u8>,
}

impl Packet {
    pub(crate) fn write(&self, pipe: &mut impl io::Write) -> io::Result<()> {
        let mut all = self.src.octets().to_vec();
        all.extend(self.dst.octets());
        all.extend((self.octets.len() as u16).to_be_bytes());
        all.extend(&self.octets);
        pipe.write_all(&all)
    }

    pub(crate) fn read(pipe: &mut impl io::Read) -> io::Result<Self> {
        let (mut src, mut dst, mut length) = ([0; 16], [0; 16], [0; 2]);
        pipe.read_exact(&mut src)?;
        pipe.read_exact(&mut dst)?;
        pipe.read_exact(&mut length)?;
        let mut octets = vec![0; usize::from(u16::from_be_bytes(length))];
        pipe.read_exact(&mut octets)?;
        Ok(Self { src: src.into(), dst: dst.into(), octets })
    }
}

enum Happening {
    Came(Packet),
    Written(Done),
    End,
}

pub(crate) fn run(role: Victim, path: &Path) -> Result<(), Failure> {
    let store = Store::open(path, owner(role)).map_err(Failure::bench)?;
    let records = store.records().map_err(Failure::bench)?;
    match role {
        Victim::Cmd => {
            let maars = (1..=MAARS).map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).collect();
            let pacing = Pacing { rate: 1_000_000, burst: 1_000_000 };
            let config = CmdConfig { durable: true, pacing, ..CmdConfig::new(CMD, maars) };
            serve(Cmd::restore(config, now(), sessions(records)), store)
        }
        Victim::Lma => {
            let mags = (1..=MAARS).map(maar).collect();
            let config = LmaConfig { durable: true, ..LmaConfig::new(CMD, mags, pool(MAARS + 1)) };
            // What forwarded is gone with the process.
            serve(Lma::restore(config, now(), bces(records), &Plane::new()), store)
        }
    }
}

fn serve(mut node: impl Node, store: Store) -> Result<(), Failure> {
    let (happens, happenings) = channel();
    let written = happens.clone();
    let writer = Writer::start(store, move |done| drop(written.send(Happening::Written(done))))
        .map_err(Failure::bench)?;
    std::thread::spawn(move || {
        let mut pipe = io::stdin().lock();
        while let Ok(packet) = Packet::read(&mut pipe) {
            if happens.send(Happening::Came(packet)).is_err() {
                return;
            }
        }
        let _ = happens.send(Happening::End);
    });
    let mut pipe = io::stdout().lock();
    loop {
        let wait = node.next_timeout().map_or(Duration::from_secs(1), |timeout| timeout.at.since(now()));
        let happening = happenings.recv_timeout(wait);
        let input = match &happening {
            Ok(Happening::Came(Packet { src, dst, octets })) => {
                Input::Signal { src: *src, dst: *dst, octets }
            }
            Ok(Happening::Written(done)) => done.input(),
            Err(RecvTimeoutError::Timeout) => Input::Timeout,
            Ok(Happening::End) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        node.handle_input(now(), input);
        while let Some(output) = node.poll_output() {
            match output {
                Output::Persist(write) => writer.order(*write),
                Output::Signal { src, dst, octets } => {
                    Packet { src, dst, octets }.write(&mut pipe).map_err(Failure::bench)?;
                    pipe.flush().map_err(Failure::bench)?;
                }
                Output::Forwarding { id, .. } => {
                    node.handle_input(now(), Input::Forwarding { id, result: Ok(()) });
                }
                Output::Advertise(_) | Output::Event(_) => {}
            }
        }
    }
}
