//! An interface as the tester's stations use it. A thread reads frames, answers for the stations, and hands on what is for a
//! port; who waits for it waits on a channel until a deadline, so nothing here sleeps.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::packet::Mac;
use pnet::datalink::{self, DataLinkSender};

use crate::WireError;
use crate::clock::Clock;
use crate::stations::{Stations, ask};
use crate::tap::{self, Pending, Tap};

/// How often the reading thread looks whether it is still wanted.
const LOOK_AROUND: Duration = Duration::from_millis(100);
/// After so many failures in a row the interface is lost.
const FAILURES: u32 = 16;
/// RFC 4861 §10: MAX_MULTICAST_SOLICIT, and RETRANS_TIMER.
const SOLICITATIONS: u32 = 3;
const BETWEEN_SOLICITATIONS: Duration = Duration::from_secs(1);

/// A frame for a port, or why there will be none.
pub(crate) type Arrival = Result<(Instant, String, Vec<u8>), String>;

/// An interface.
pub(crate) struct Link {
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
    pending: Pending,
    /// Its name.
    pub(crate) name: String,
    /// Addresses that the machine itself has there or elsewhere.
    hosts: Vec<Ipv6Addr>,
}

struct Shared {
    clock: Arc<Clock>,
    sender: Mutex<Box<dyn DataLinkSender>>,
    table: Mutex<Table>,
    told: Condvar,
    is_over: AtomicBool,
}

#[derive(Default)]
struct Table {
    stations: Stations,
    ports: BTreeMap<Ipv6Addr, (String, Sender<Arrival>)>,
    neighbors: BTreeMap<Ipv6Addr, Mac>,
    lost: Option<String>,
}

impl Link {
    /// Opens an interface and starts to read.
    pub(crate) fn open(name: &str, clock: &Arc<Clock>) -> Result<Self, WireError> {
        let interfaces = datalink::interfaces();
        let Some(interface) = interfaces.iter().find(|interface| interface.name == *name) else {
            let names: Vec<&str> = interfaces.iter().map(|interface| interface.name.as_str()).collect();
            return Err(WireError(format!("there is no interface {name}; there are {}", names.join(", "))));
        };
        if !interface.is_up() {
            return Err(WireError(format!("the interface {name} is down: ip link set {name} up")));
        }
        let addresses = interfaces.iter().flat_map(|interface| &interface.ips).map(ipnetwork_address);
        let hosts = addresses.flatten().collect();
        let opened = tap::open(interface).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => WireError(format!(
                "frames of {name} may not be read: the tester needs CAP_NET_RAW (setcap cap_net_raw+ep on dmm, \
run it as root, or in a namespace of its own)"
            )),
            _ => WireError(format!("frames of {name} cannot be read: {error}")),
        })?;
        let no_ethernet = || WireError(format!("the interface {name} carries no Ethernet frames"));
        let (tap, sender) = opened.ok_or_else(no_ethernet)?;
        let pending =
            tap.pending().map_err(|error| WireError(format!("frames of {name} cannot be read: {error}")))?;
        let shared = Arc::new(Shared {
            clock: Arc::clone(clock),
            sender: Mutex::new(sender),
            table: Mutex::default(),
            told: Condvar::new(),
            is_over: AtomicBool::new(false),
        });
        let reading = Arc::clone(&shared);
        let reader = thread::Builder::new().name("wire".to_string()).spawn(move || reading.read(tap));
        let reader = reader.map_err(|error| WireError(format!("a thread for {name}: {error}")))?;
        Ok(Self { shared, reader: Some(reader), pending, name: name.to_string(), hosts })
    }

    /// From now on somebody is at this address. The machine itself must not have it, for its kernel would answer too.
    pub(crate) fn settle(&self, addr: Ipv6Addr, mac: Mac) -> Result<(), WireError> {
        if self.hosts.contains(&addr) {
            return Err(WireError(format!(
                "{addr} is an address of this machine, whose kernel would answer in the tester's place: \
take it off, or give others under `tester` of the profile"
            )));
        }
        self.shared.table().stations.add(addr, mac);
        Ok(())
    }

    /// Nobody is at this address any more.
    pub(crate) fn depart(&self, addr: Ipv6Addr) {
        let mut table = self.shared.table();
        table.stations.remove(addr);
        table.ports.remove(&addr);
    }

    /// What comes for an address goes to a port from now on.
    pub(crate) fn listen(&self, addr: Ipv6Addr, port: &str, to: &Sender<Arrival>) {
        let mut table = self.shared.table();
        if let Some(lost) = &table.lost {
            // Who listens to a lost interface hears that at once.
            let _ = to.send(Err(lost.clone()));
        }
        table.ports.insert(addr, (port.to_string(), to.clone()));
    }

    /// Nobody listens there any more.
    pub(crate) fn leave(&self, addr: Ipv6Addr) {
        self.shared.table().ports.remove(&addr);
    }

    /// Sends a frame.
    pub(crate) fn send(&self, frame: &[u8]) -> io::Result<()> {
        self.shared.send(frame)
    }

    /// Whether all that the kernel has taken is in the channels.
    pub(crate) fn is_drained(&self) -> bool {
        // While a frame is handed on, the table is not free.
        let _table = self.shared.table();
        self.pending.is_none()
    }

    /// The MAC address of a neighbour, asked for by one of the stations (RFC 4861 §7.2.2).
    pub(crate) fn resolve(&self, addr: Ipv6Addr, by: (Ipv6Addr, Mac)) -> Result<Mac, WireError> {
        let mut table = self.shared.table();
        table.neighbors.remove(&addr);
        for _ in 0..SOLICITATIONS {
            drop(table);
            let asked = self.send(&ask(by.0, by.1, addr));
            asked.map_err(|error| WireError(format!("{} takes no frames: {error}", self.name)))?;
            let waited =
                self.shared.told.wait_timeout_while(self.shared.table(), BETWEEN_SOLICITATIONS, |table| {
                    !table.neighbors.contains_key(&addr) && table.lost.is_none()
                });
            table = waited.unwrap_or_else(PoisonError::into_inner).0;
            if let Some(mac) = table.neighbors.get(&addr) {
                return Ok(*mac);
            }
            if let Some(lost) = &table.lost {
                return Err(WireError(lost.clone()));
            }
        }
        Err(WireError(format!(
            "nobody at {} answers a Neighbor Solicitation for {addr}: is the implementation up, is {addr} on its \
interface, and is that interface on the same link?",
            self.name
        )))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has said so.
            let _ = reader.join();
        }
    }
}

fn ipnetwork_address(net: &pnet::ipnetwork::IpNetwork) -> Option<Ipv6Addr> {
    match net.ip() {
        IpAddr::V6(addr) => Some(addr),
        IpAddr::V4(_) => None,
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, frame: &[u8]) -> io::Result<()> {
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.send_to(frame, None).unwrap_or_else(|| Err(io::Error::other("the frame is too long")))
    }

    fn read(&self, mut tap: Tap) {
        let mut failures = 0;
        while !self.is_over.load(Ordering::Relaxed) {
            // From where a frame is taken to where it is handed on the table is not free: see `Link::is_drained`.
            let taken = tap.wait(LOOK_AROUND).and_then(|has_come| {
                let table = self.table();
                let frame = if has_come { tap.next()? } else { None };
                Ok(frame.and_then(|(ago, frame)| self.take(table, ago, frame)))
            });
            match taken {
                Ok(answer) => {
                    failures = 0;
                    if let Some(answer) = answer {
                        // What is lost is asked for again (RFC 4861 §7.2.2).
                        let _ = self.send(&answer);
                    }
                }
                Err(error) => {
                    failures += 1;
                    if failures == FAILURES {
                        return self.lose(&error);
                    }
                }
            }
        }
    }

    /// Hands a frame on; returns what answers it.
    fn take(&self, mut table: MutexGuard<'_, Table>, ago: Duration, frame: &[u8]) -> Option<Vec<u8>> {
        let at = self.clock.now() - ago;
        let heard = table.stations.heard(frame);
        if let Some((addr, mac)) = heard.neighbor {
            table.neighbors.insert(addr, mac);
            self.told.notify_all();
        }
        if let Some((port, to)) = heard.station.and_then(|station| table.ports.get(&station)) {
            // A case that has ended takes no more.
            let _ = to.send(Ok((at, port.clone(), frame.to_vec())));
        }
        if heard.is_to_all {
            // Mobile nodes are known by their link-local addresses; stations of the core have others, and no routers.
            for (_, (port, to)) in table.ports.iter().filter(|(addr, _)| addr.is_unicast_link_local()) {
                let _ = to.send(Ok((at, port.clone(), frame.to_vec())));
            }
        }
        heard.answer
    }

    fn lose(&self, error: &io::Error) {
        let lost = format!("the interface is lost: {error}");
        let mut table = self.table();
        for (_, to) in table.ports.values() {
            let _ = to.send(Err(lost.clone()));
        }
        table.lost = Some(lost);
        self.told.notify_all();
    }
}
