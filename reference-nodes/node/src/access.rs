//! Ethernet frames in and out of one interface, through `pnet`: a node's access link, and a tester's end of one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use dmm_codec::packet::Mac;
use pnet::datalink::{self, Channel, Config, DataLinkReceiver, DataLinkSender};
use tokio::sync::mpsc;

use crate::StartError;
use crate::config::{Access, AttachOn};
use crate::neighbors::matters;
use crate::privileges::NEEDED;

/// Frames that wait for the loop; more are dropped, as on a link that is full.
const QUEUE: usize = 256;
/// After so many failures in a row the link is lost.
const FAILURES: u32 = 16;

/// An interface, both ways. What is sent through it is not received through it.
pub struct Wire {
    mac: Mac,
    sender: Box<dyn DataLinkSender>,
    receiver: Box<dyn DataLinkReceiver>,
}

impl Wire {
    /// Opens an interface. Who receives waits no longer than `patience` for a frame, or for ever.
    pub fn open(name: &str, patience: Option<Duration>) -> Result<Self, StartError> {
        let interfaces = datalink::interfaces();
        let Some(interface) = interfaces.iter().find(|interface| interface.name == *name) else {
            let names: Vec<&str> = interfaces.iter().map(|interface| interface.name.as_str()).collect();
            return Err(StartError(format!("there is no interface {name}; there are {}", names.join(", "))));
        };
        let Some(mac) = interface.mac else {
            return Err(StartError(format!(
                "the interface {name} has no MAC address, so it is no access link"
            )));
        };
        let config = Config { read_timeout: patience, ..Config::default() };
        let channel = datalink::channel(interface, config).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => {
                StartError(format!("frames of {name} may not be read: {NEEDED}"))
            }
            _ => StartError(format!("frames of {name} cannot be read: {error}")),
        })?;
        match channel {
            Channel::Ethernet(sender, receiver) => Ok(Self { mac: mac.octets(), sender, receiver }),
            _ => Err(StartError(format!("the interface {name} carries no Ethernet frames"))),
        }
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        send(&mut *self.sender, frame)
    }

    /// The next frame; an error of the kind `TimedOut` where none comes in time.
    pub fn receive(&mut self) -> io::Result<&[u8]> {
        self.receiver.next()
    }
}

fn send(sender: &mut dyn DataLinkSender, frame: &[u8]) -> io::Result<()> {
    sender.send_to(frame, None).unwrap_or_else(|| Err(io::Error::other("the frame is too long")))
}

/// An access link in a node's loop. A thread waits for frames, since `pnet` blocks; what may matter goes into a queue that
/// the loop reads.
pub(crate) struct Link {
    sender: Box<dyn DataLinkSender>,
    received: mpsc::Receiver<io::Result<Vec<u8>>>,
    dropped: Arc<AtomicU64>,
    /// What the thread needs, until it is started.
    listener: Option<Listener>,
}

struct Listener {
    own: Mac,
    attach_on: AttachOn,
    receiver: Box<dyn DataLinkReceiver>,
    queue: mpsc::Sender<io::Result<Vec<u8>>>,
    dropped: Arc<AtomicU64>,
}

impl Link {
    pub(crate) fn open(access: &Access) -> Result<Self, StartError> {
        let Wire { mac: own, sender, receiver } = Wire::open(&access.interface, None)?;
        let (queue, received) = mpsc::channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let attach_on = access.attach_on;
        let listener = Listener { own, attach_on, receiver, queue, dropped: Arc::clone(&dropped) };
        Ok(Self { sender, received, dropped, listener: Some(listener) })
    }

    /// Starts to listen. A thread has the rights that its maker has then, so this comes after rights were given up.
    pub(crate) fn listen(&mut self) -> Result<(), StartError> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let thread = thread::Builder::new().name("access".to_owned()).spawn(move || listener.run());
        thread.map(drop).map_err(|error| StartError(format!("a thread for the access link: {error}")))
    }

    /// Waits for a frame; `None` once the link is lost.
    pub(crate) async fn receive(&mut self) -> Option<io::Result<Vec<u8>>> {
        self.received.recv().await
    }

    pub(crate) fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        send(&mut *self.sender, frame)
    }

    /// How many frames had no room in the queue.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Listener {
    fn run(mut self) {
        let mut failures = 0;
        while failures < FAILURES {
            let received = match self.receiver.next() {
                Ok(frame) => {
                    failures = 0;
                    // The kernel's own frames come by, too.
                    if frame.get(6..12) == Some(&self.own[..]) || !matters(frame, self.attach_on) {
                        continue;
                    }
                    Ok(frame.to_vec())
                }
                Err(error) => {
                    failures += 1;
                    Err(error)
                }
            };
            match self.queue.try_send(received) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(_)) => {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                }
                Err(mpsc::error::TrySendError::Closed(_)) => return,
            }
        }
    }
}
