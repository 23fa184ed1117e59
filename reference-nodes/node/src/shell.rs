//! The loop of a node: inputs in, outputs carried out in order, asleep until the next timeout.

mod requests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::time::Duration;

use dmm_codec::Instant;
use dmm_dataplane::Dataplane;
use dmm_proto::view::State;
use dmm_proto::{Advertise, Event, Input, LinkEvent, Node as _, Output};
use dmm_store::Done;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{broadcast, mpsc, watch};
use tracing::{debug, info, trace, warn};

use crate::StartError;
use crate::access::Link;
use crate::admin::{Asked, Desk, Happened, Socket};
use crate::capture::{Capture, with_source};
use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::config::{AttachOn, Forwarding, NodeConfig, Role};
use crate::forwarding::{NO_FORWARDING, NoForwarding};
use crate::http::{self, Scrape};
use crate::log;
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::neighbors::{Heard, Neighbors, advertisement};
use crate::privileges;
use crate::signalling::{LONGEST, Signalling};
use crate::status::CLOCK_SET;
use crate::storage::{Records, Storage};

/// What the command line says beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the node's own capture goes.
    pub capture: Option<PathBuf>,
    /// How long the loop looks for the next Mobility Header after one has come, before it sleeps: who is awake need not be woken.
    pub busy_poll: Duration,
}

/// Messages that are read before the loop looks at anything else.
const BATCH: usize = 64;
/// Events that a dump tells.
const REMEMBERED: usize = 256;
/// Requests and events on their way.
const QUEUE: usize = 256;

/// Runs a node until it is told to stop by SIGTERM or SIGINT.
pub fn run(config: NodeConfig, options: &Options) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| StartError(format!("the runtime: {error}")))?;
    // Sockets are registered with the runtime that they are opened in.
    runtime.block_on(async { Shell::start(config, options)?.serve().await })
}

/// A node with all that is around it.
struct Shell {
    config: NodeConfig,
    clock: Clock,
    machine: Machine,
    /// Where bindings are kept, unless that is in memory.
    storage: Option<Storage>,
    /// What carries out orders; a kernel takes the place of this one.
    plane: Box<dyn Dataplane>,
    signalling: Signalling,
    neighbors: Neighbors,
    link: Option<Link>,
    carrier: Option<Carrier>,
    capture: Option<Capture>,
    busy_poll: Duration,
    metrics: Metrics,
    peers: BTreeMap<Ipv6Addr, Peer>,
    peer_addresses: BTreeSet<Ipv6Addr>,
    remembered: VecDeque<Happened>,
    events: broadcast::Sender<Happened>,
    changed: watch::Sender<()>,
    asked: mpsc::Receiver<Asked>,
    scrapes: mpsc::Receiver<Scrape>,
    capabilities: Vec<String>,
    /// Stays open so that the queues have another end, whoever listens.
    desk: Desk,
    scraper: mpsc::Sender<Scrape>,
    clock_was_set: bool,
    said: log::Said,
}

struct Peer {
    role: Role,
    sent: u64,
    received: u64,
    heard: Option<Instant>,
}

/// What the loop woke up for.
enum Woken {
    Signal,
    Frame(io::Result<Vec<u8>>),
    LinkLost,
    CarrierLost(io::Result<()>),
    Asked(Asked),
    Scrape(Scrape),
    Written(Result<Done, StartError>),
    Timeout,
    Stop(&'static str),
}

impl Shell {
    fn start(config: NodeConfig, options: &Options) -> Result<Self, StartError> {
        let (asked_sender, asked) = mpsc::channel(QUEUE);
        let (scraper, scrapes) = mpsc::channel(QUEUE);
        let (events, _) = broadcast::channel(QUEUE);
        let (changed, changes) = watch::channel(());
        let capture = options.capture.as_deref().map(|path| Capture::create(path, &config)).transpose()?;
        let peers: BTreeMap<Ipv6Addr, Peer> = config
            .peers()
            .into_iter()
            .map(|(address, role)| (address, Peer { role, sent: 0, received: 0, heard: None }))
            .collect();
        Ok(Self {
            clock: Clock::start(),
            machine: Machine::new(&config),
            storage: None,
            plane: plane(&config),
            signalling: Signalling::open(config.common.address)?,
            neighbors: Neighbors::on(config.access()),
            link: config.access().map(Link::open).transpose()?,
            carrier: None,
            capture,
            busy_poll: options.busy_poll,
            metrics: Metrics::new(config.role().name(), config.common.address),
            peer_addresses: peers.keys().copied().collect(),
            peers,
            remembered: VecDeque::new(),
            desk: Desk { asked: asked_sender, changed: changes, events: events.clone() },
            events,
            changed,
            asked,
            scrapes,
            scraper,
            capabilities: Vec::new(),
            clock_was_set: false,
            said: log::Said::default(),
            config,
        })
    }

    async fn serve(mut self) -> Result<(), StartError> {
        let stop = |kind| signal(kind).map_err(|error| StartError(format!("signals: {error}")));
        let mut stops = [stop(SignalKind::terminate())?, stop(SignalKind::interrupt())?];
        let socket = Socket::open(&self.config.common.admin.socket, self.desk.clone())?;
        let metrics = match self.config.common.admin.metrics {
            Some(address) => Some(http::open(address, self.scraper.clone()).await?),
            None => None,
        };
        // All that needs rights is open.
        self.capabilities = privileges::drop_the_rest()?;
        if let Some(link) = &mut self.link {
            link.listen()?;
        }
        let watched = self.config.access().filter(|access| access.attach_on != AttachOn::Admin);
        self.carrier = match watched.map(|access| Carrier::watch(&access.interface)).transpose() {
            Ok(carrier) => carrier,
            Err(error) => {
                warn!(%error, "nobody tells whether the access link has a carrier");
                None
            }
        };
        // With the rights that are left, since it is opened again after a write that failed.
        let records = match self.config.store() {
            Some((path, owner)) => {
                let (storage, records) = Storage::open(path, owner)?;
                self.storage = Some(storage);
                records
            }
            None => Vec::new(),
        };
        let restored = records.len();
        self.begin(records);
        if self.config.common.forwarding == Forwarding::None && self.config.role() != Role::Cmd {
            warn!(forwarding = NO_FORWARDING);
        }
        info!(
            role = %self.config.role(),
            address = %self.config.common.address,
            mode = self.config.mode(),
            store = self.storage.as_ref().map(|storage| storage.path().display().to_string()),
            restored,
            admin = %self.config.common.admin.socket.display(),
            metrics = metrics.map(|address| address.to_string()),
            capabilities = self.capabilities.join(","),
            "ready"
        );
        // Nobody may be waiting to hear it.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        let ended = self.turn(&mut stops).await;
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        if let Some(storage) = self.storage.take() {
            storage.stop();
        }
        drop(socket);
        ended
    }

    async fn turn(&mut self, stops: &mut [Signal; 2]) -> Result<(), StartError> {
        loop {
            match self.woken(stops).await {
                Woken::Signal => {
                    self.receive();
                    self.stay_awake();
                }
                Woken::Frame(Ok(frame)) => self.frame(&frame),
                Woken::Frame(Err(error)) => warn!(%error, "the access link"),
                Woken::LinkLost => return Err(StartError("the access link is gone".to_owned())),
                Woken::CarrierLost(Ok(())) => {
                    let guests = self.neighbors.guests();
                    info!(mobiles = guests.len(), "the access link has lost its carrier: nobody is on it");
                    for mobile in guests {
                        self.input(&Input::Link(LinkEvent::Detached { mobile }));
                    }
                }
                Woken::CarrierLost(Err(error)) => {
                    warn!(%error, "nobody tells any more whether the access link has a carrier");
                    self.carrier = None;
                }
                Woken::Asked(Asked { request, answer }) => {
                    let response = self.answer(&request)?;
                    // Whoever asked may have gone.
                    let _ = answer.send(response);
                }
                Woken::Scrape(scrape) => {
                    let (sessions, queue) = (self.machine.session_count(), self.machine.waiting_count());
                    let _ = scrape.send(self.metrics.text(sessions, queue, self.plane.snapshot().len()));
                }
                Woken::Written(done) => {
                    let done = done?;
                    if let Some(storage) = &mut self.storage {
                        storage.note(&done);
                    }
                    self.input(&done.input());
                }
                Woken::Timeout => {
                    self.input(&Input::Timeout);
                    self.listen_to_silence();
                }
                Woken::Stop(name) => {
                    info!(signal = name, "stopped");
                    return Ok(());
                }
            }
            self.look_at_the_clock();
        }
    }

    async fn woken(&mut self, [terminate, interrupt]: &mut [Signal; 2]) -> Woken {
        let next = self.machine.next_timeout().map(|timeout| timeout.at);
        let next = next.into_iter().chain(self.neighbors.next_timeout()).min();
        let next = next.map(|at| self.clock.until(at));
        let Self { signalling, link, carrier, asked, scrapes, storage, .. } = self;
        let timeout = async {
            match next {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        let frame = async {
            match link {
                Some(link) => link.receive().await,
                None => std::future::pending().await,
            }
        };
        let carrier_lost = async {
            match carrier {
                Some(carrier) => carrier.lost().await,
                None => std::future::pending().await,
            }
        };
        let written = async {
            match storage {
                Some(storage) => storage.done().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // An error of the socket shows when it is read.
            _ = signalling.readable() => Woken::Signal,
            frame = frame => frame.map_or(Woken::LinkLost, Woken::Frame),
            lost = carrier_lost => Woken::CarrierLost(lost),
            done = written => Woken::Written(done),
            () = timeout => Woken::Timeout,
            Some(asked) = asked.recv() => Woken::Asked(asked),
            Some(scrape) = scrapes.recv() => Woken::Scrape(scrape),
            _ = terminate.recv() => Woken::Stop("SIGTERM"),
            _ = interrupt.recv() => Woken::Stop("SIGINT"),
        }
    }

    /// Reads Mobility Headers.
    fn receive(&mut self) {
        let mut buffer = [0; LONGEST];
        for _ in 0..BATCH {
            match self.signalling.receive(&mut buffer) {
                Ok(Some((src, len))) => self.received(src, &buffer[..len]),
                Ok(None) => return,
                Err(error) => return not_received(&error),
            }
        }
    }

    /// Looks for Mobility Headers until none has come for a while, something else is due, or others have waited long enough.
    fn stay_awake(&mut self) {
        if self.busy_poll.is_zero() {
            return;
        }
        let mut buffer = [0; LONGEST];
        for _ in 0..BATCH {
            let next = self.machine.next_timeout().map(|timeout| timeout.at);
            let patience = self.clock.now() + self.busy_poll;
            let until = next.map_or(patience, |next| next.min(patience));
            loop {
                match self.signalling.look(&mut buffer) {
                    Ok(Some((src, len))) => break self.received(src, &buffer[..len]),
                    Ok(None) if self.clock.now() < until => std::hint::spin_loop(),
                    Ok(None) => return,
                    Err(error) => return not_received(&error),
                }
            }
        }
    }

    fn received(&mut self, src: Ipv6Addr, octets: &[u8]) {
        let now = self.clock.now();
        trace!(len = octets.len(), "received");
        self.metrics.signal("received", octets);
        if let Some(peer) = self.peers.get_mut(&src) {
            (peer.received, peer.heard) = (peer.received + 1, Some(now));
        }
        let dst = self.config.common.address;
        self.captured(|capture| capture.signal(now, src, dst, octets));
        self.input(&Input::Signal { src, dst, octets });
    }

    /// Reads a frame of the access link.
    fn frame(&mut self, frame: &[u8]) {
        let now = self.clock.now();
        let heard = self.neighbors.heard(now, frame);
        if heard != Heard::default() {
            self.captured(|capture| capture.frame(now, frame));
        }
        self.act_on(heard);
    }

    /// Who has been silent for too long is asked, or has left.
    fn listen_to_silence(&mut self) {
        while let Some(heard) = self.neighbors.silence(self.clock.now()) {
            if let Some(LinkEvent::Detached { .. }) = heard.event {
                debug!(event = ?heard.event, "no answer");
            }
            self.act_on(heard);
        }
    }

    fn act_on(&mut self, heard: Heard) {
        if let Some(reply) = heard.reply {
            self.send_frame(&reply);
        }
        if let Some(event) = heard.event {
            self.input(&Input::Link(event));
        }
    }

    /// Gives the state machine an input, and carries out what comes of it.
    fn input(&mut self, input: &Input<'_>) {
        let now = self.clock.now();
        match *input {
            // Of strangers nothing is kept.
            Input::Link(LinkEvent::Solicited { mobile, src })
                if self.config.subscribers().is_some_and(|all| all.contains_key(&mobile)) =>
            {
                self.neighbors.seen(now, mobile, src);
            }
            Input::Link(LinkEvent::Detached { mobile }) => self.neighbors.left(mobile),
            _ => {}
        }
        self.machine.handle_input(now, input.clone());
        while let Some(output) = self.machine.poll_output() {
            self.carry_out(output);
        }
        self.changed.send_replace(());
    }

    /// Carries out one output. What waits for a write the state machine itself holds back until it hears of that.
    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Signal { src, dst, octets } => self.send_signal(src, dst, &octets),
            Output::Advertise(order) => self.advertise(&order),
            Output::Forwarding { id, op } => {
                self.plane.submit(id, op);
                self.neighbors.ordered(&op);
                while let Some((id, result)) = self.plane.poll_done() {
                    // What this leads to stands behind what is to be carried out already.
                    self.machine.handle_input(self.clock.now(), Input::Forwarding { id, result });
                }
            }
            Output::Persist(write) => {
                let storage = self.storage.as_mut();
                storage.expect("a node that is configured to be durable has a store").order(*write);
            }
            Output::Event(event) => self.happened(&event),
        }
    }

    fn send_signal(&mut self, src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) {
        let now = self.clock.now();
        if let Err(error) = self.signalling.send(dst, octets) {
            self.metrics.unsent();
            // MAARs and CMD are the operator's own, so that their addresses may be said.
            warn!(to = %dst, %error, "a message could not be sent");
            return;
        }
        self.metrics.signal("sent", octets);
        if let Some(peer) = self.peers.get_mut(&dst) {
            peer.sent += 1;
        }
        self.captured(|capture| capture.signal(now, src, dst, octets));
    }

    fn advertise(&mut self, order: &Advertise) {
        self.metrics.advertised();
        self.send_frame(&advertisement(order));
    }

    fn send_frame(&mut self, frame: &[u8]) {
        let now = self.clock.now();
        let Some(link) = &mut self.link else { return };
        if let Err(error) = link.send(frame) {
            self.metrics.unsent();
            warn!(%error, "a frame could not be sent on the access link");
            return;
        }
        self.captured(|capture| capture.frame(now, frame));
    }

    /// Captures something. A full disk ends the capture and nothing else.
    fn captured(&mut self, add: impl FnOnce(&mut Capture) -> Result<(), dmm_captures::WriteError>) {
        if let Some(Err(error)) = self.capture.as_mut().map(add) {
            warn!(error = with_source(&error), "the capture ends here");
            self.capture = None;
        }
    }

    fn happened(&mut self, event: &Event) {
        let now = self.clock.now();
        self.said.event(now, event, &self.peer_addresses);
        self.metrics.event(event);
        let at = now.as_nanos();
        let happened = Happened { at, name: log::name(event).to_owned(), text: event.to_string() };
        if self.remembered.len() == REMEMBERED {
            self.remembered.pop_front();
        }
        self.remembered.push_back(happened.clone());
        // Nobody may be listening.
        let _ = self.events.send(happened);
    }

    fn look_at_the_clock(&mut self) {
        let behind = self.clock.behind().as_secs_f64();
        let was_set = behind > CLOCK_SET;
        if was_set && !self.clock_was_set {
            warn!(
                by = behind,
                "the system's clock was set; PBUs carry the old time until the node is restarted"
            );
        }
        self.clock_was_set = was_set;
    }

    /// Begins with what the configuration says and with what was kept.
    fn begin(&mut self, records: Records) {
        (self.plane, self.neighbors) = (plane(&self.config), Neighbors::on(self.config.access()));
        self.machine = Machine::restore(&self.config, self.clock.now(), records, &self.plane.snapshot());
        for session in self.machine.sessions().filter(|session| session.state == State::Unseen) {
            session.mac.into_iter().for_each(|mac| self.neighbors.restored(mac));
        }
        // What is due leaves, and what forwarding lacks is ordered.
        self.input(&Input::Timeout);
    }
}

/// What the network says about something that was sent, for instance.
fn not_received(error: &io::Error) {
    warn!(%error, "the socket of protocol 135");
}

/// What carries out orders, with nothing in it.
fn plane(config: &NodeConfig) -> Box<dyn Dataplane> {
    match config.common.forwarding {
        Forwarding::None => Box::new(NoForwarding::default()),
    }
}
