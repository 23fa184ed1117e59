//! The wire as the engine's bench: one transport a case, over the interface that all cases share.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use dmm_codec::header::PBA;
use dmm_codec::ndp::ALL_ROUTERS;
use dmm_codec::option::MN_IDENTIFIER;
use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER, Mac, link_local, multicast_mac};
use dmm_codec::{Instant, LinkLayerAddress, MessageView, MnIdSubtype};
use dmm_conformance::transport::{Acted, Action, Bench, Received, Setup, Transport, TransportError, Wanted};
use dmm_conformance::trigger::Means;

use crate::WireError;
use crate::domain::{Domain, Lease};
use crate::link::Arrival;
use crate::trigger::{Order, pull};

/// How long the tester's other thread is given for what has come, before somebody looks again.
const HAND_ON: Duration = Duration::from_micros(200);
/// A tester that wakes up so late was stopped, or had no processor: whatever it missed, the implementation is not to blame.
const HELD_UP: Duration = Duration::from_millis(250);
/// How often who waits looks whether the run is to end.
const LOOK_AROUND: Duration = Duration::from_millis(100);
/// On a link that is never quiet, what is not there after this is not waited for.
const BUSY: Duration = Duration::from_millis(100);

/// An implementation behind an interface.
pub struct WireBench {
    name: String,
    domain: Arc<Domain>,
    lease: Option<Lease>,
    stop: Arc<AtomicBool>,
}

impl WireBench {
    /// Its name in reports, and the domain that it shares with those of other threads.
    pub fn new(name: &str, domain: &Arc<Domain>) -> Self {
        let stop = Arc::default();
        Self { name: name.to_string(), domain: Arc::clone(domain), lease: None, stop }
    }

    /// Cases end, each with its postamble, once somebody wants that.
    pub fn stopped_by(self, stop: &Arc<AtomicBool>) -> Self {
        Self { stop: Arc::clone(stop), ..self }
    }
}

impl From<WireError> for TransportError {
    fn from(error: WireError) -> Self {
        Self::Bench(error.0)
    }
}

impl Bench for WireBench {
    fn name(&self) -> &str {
        &self.name
    }

    fn setup(&mut self, wanted: &Wanted) -> Result<Setup, TransportError> {
        // What a case that was not opened had is given back first.
        self.lease = None;
        let (setup, lease) = self.domain.lend(wanted)?;
        self.lease = Some(lease);
        Ok(setup)
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        let lease = self.lease.take();
        let lease =
            lease.ok_or_else(|| TransportError::Bench("a case has the setup of another".to_string()))?;
        let (sender, arrivals) = mpsc::channel();
        for role in &setup.roles {
            self.domain.link.listen(role.addr, &role.port, &sender);
        }
        let mut wire = Wire {
            domain: Arc::clone(&self.domain),
            lease,
            setup: setup.clone(),
            arrivals,
            sender,
            early: None,
            stop: Some(Arc::clone(&self.stop)),
            on_link: BTreeMap::new(),
            peer: Mac::default(),
        };
        if let Some(first) = setup.roles.first() {
            wire.peer = self.domain.peer(first)?;
        }
        Ok(Box::new(wire))
    }
}

struct Wire {
    domain: Arc<Domain>,
    lease: Lease,
    setup: Setup,
    arrivals: Receiver<Arrival>,
    /// Where arrivals at mobile nodes go, too.
    sender: Sender<Arrival>,
    /// Mobile nodes that are on an access link: its interface, and their address there.
    on_link: BTreeMap<String, (String, Ipv6Addr)>,
    /// A frame that came after the deadline that was waited for: the next to wait has it.
    early: Option<Received>,
    /// Whether the case is to end; none once that has been said to it, for its postamble waits, too.
    stop: Option<Arc<AtomicBool>>,
    peer: Mac,
}

impl Drop for Wire {
    fn drop(&mut self) {
        for role in &self.setup.roles {
            self.domain.link.leave(role.addr);
        }
        let mobiles: Vec<String> = self.on_link.keys().cloned().collect();
        for mobile in mobiles {
            // Another case will have it, and the implementation must not take it for one that never left.
            let _ = self.have_done(&Action::Detach { mobile }, None);
        }
    }
}

impl Wire {
    /// What is known of something that is to happen.
    fn order(&self, action: &str, mobile: &str, at: Option<&str>) -> Order {
        let mut order = Order::default();
        order.know("action", action);
        order.know("iut.name", &self.domain.name);
        order.know("iut.addr", self.setup.iut.addr.to_string());
        if let Some(mobile) = self.setup.mobiles.iter().find(|it| it.name == mobile) {
            order.know("mn.name", &mobile.name);
            order.know("mn.nai", &mobile.nai);
            order.know("mn.mac", LinkLayerAddress::from(mobile.mac).to_string());
        }
        if let Some(role) = self.setup.roles.iter().find(|it| Some(it.port.as_str()) == at) {
            order.know("at.name", &role.port);
            order.know("at.addr", role.addr.to_string());
        }
        order
    }

    /// What has arrived, if it is of this case.
    fn mine(&self, arrival: Arrival) -> Result<Option<Received>, TransportError> {
        let (at, port, frame) = arrival.map_err(TransportError::Bench)?;
        if self.on_link.contains_key(&port) {
            return Ok(Some(Received { at, port, frame }));
        }
        let Some(ethernet) = Ethernet::parse(&frame) else { return Ok(None) };
        let Some(packet) = Ipv6::parse(ethernet.payload) else { return Ok(None) };
        // Others on the link are not under test. A wrong source address is the implementation's all the same.
        if ethernet.src != self.peer && packet.src != self.domain.iut() {
            return Ok(None);
        }
        let mobile = mobile_of(&packet);
        if mobile.is_some_and(|nai| self.domain.is_anothers(&nai, &self.lease)) {
            return Ok(None);
        }
        Ok(Some(Received { at, port, frame }))
    }

    /// A mobile node is no more on an access link, if it was: who comes to a role of the tester has left the implementation.
    fn leave(&mut self, name: &str) {
        if let Some((interface, addr)) = self.on_link.remove(name)
            && let Some(link) = self.domain.access.get(&interface)
        {
            link.depart(addr);
        }
    }

    /// By the profile's trigger, in the case's time or else in the trigger's own.
    fn have_done(&mut self, action: &Action, within: Option<Duration>) -> Result<Acted, TransportError> {
        let (name, mobile, at) = match action {
            Action::Attach { mobile, at } => ("attach", mobile.as_str(), at.as_deref()),
            Action::Detach { mobile } => ("detach", mobile.as_str(), None),
            Action::Handover { mobile, to } => ("handover", mobile.as_str(), to.as_deref()),
            Action::Restart => ("restart", "", None),
            Action::SetConfig(_) => ("set-config", "", None),
            Action::DumpState => ("dump-state", "", None),
            _ => return Ok(Acted::Unsupported { why: "no trigger on the wire does that".to_string() }),
        };
        if name == "detach" || at.is_some() {
            self.leave(mobile);
        }
        let domain = Arc::clone(&self.domain);
        let Some(trigger) = domain.triggers.of(name) else {
            return Ok(Acted::Unsupported { why: format!("the profile has no trigger for {name}") });
        };
        if let Means::Wire { interface } = &trigger.means {
            return self.as_mobile(name, mobile, at, interface);
        }
        let mut order = self.order(name, mobile, at);
        if let Action::SetConfig(settings) = action {
            let settings: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
            order.know("config", settings.join(","));
        }
        Ok(pull(trigger, &order, within.unwrap_or(trigger.timeout)))
    }

    /// The tester is the mobile node: it comes to the implementation's access link, where the engine lets it solicit a router,
    /// or has left it without a word.
    fn as_mobile(
        &mut self,
        action: &str,
        name: &str,
        at: Option<&str>,
        interface: &str,
    ) -> Result<Acted, TransportError> {
        let mobile = self.setup.mobiles.iter().find(|mobile| mobile.name == name);
        let (Some(mobile), Some(link)) = (mobile, self.domain.access.get(interface)) else {
            let why = format!("a mobile node on {interface} cannot {action}");
            return Ok(Acted::Unsupported { why });
        };
        if action == "detach" || at.is_some() {
            return Ok(Acted::Done);
        }
        let addr = link_local(mobile.mac);
        link.settle(addr, mobile.mac)?;
        link.listen(addr, name, &self.sender);
        self.on_link.insert(name.to_string(), (interface.to_string(), addr));
        Ok(Acted::OnLink)
    }
}

/// The identifier of the mobile node that a Mobility Header is about.
fn mobile_of(packet: &Ipv6<'_>) -> Option<String> {
    if packet.next_header != MOBILITY_HEADER {
        return None;
    }
    let view = MessageView::new(packet.payload()).ok()?;
    if view.mh_type() > PBA {
        return None;
    }
    let option = view.options().filter_map(Result::ok).find(|option| option.kind == MN_IDENTIFIER)?;
    let (subtype, name) = option.body.split_first()?;
    (*subtype == MnIdSubtype::NAI.0).then(|| String::from_utf8_lossy(name).into_owned())
}

impl Transport for Wire {
    fn now(&self) -> Instant {
        self.domain.clock.now()
    }

    fn send(&mut self, port: &str, frame: &[u8]) -> Result<(), TransportError> {
        let link = match self.on_link.get(port) {
            Some((interface, _)) => self.domain.access.get(interface),
            None => self.setup.roles.iter().any(|role| role.port == port).then_some(&self.domain.link),
        };
        let link = link.ok_or_else(|| TransportError::UnknownPort(port.to_string()))?;
        let io = |source| TransportError::Io { what: format!("{} takes no frame", link.name), source };
        link.send(frame).map_err(io)
    }

    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError> {
        if let Some(early) = self.early.take_if(|early| early.at <= deadline) {
            return Ok(Some(early));
        }
        if self.early.is_some() {
            return Ok(None);
        }
        let began = self.now();
        loop {
            let late = self.now().since(deadline.max(began));
            if late > HELD_UP {
                let what =
                    format!("the tester was held up for {late:?}, so that what it saw late proves nothing");
                return Err(TransportError::Bench(what));
            }
            if self.stop.take_if(|stop| stop.load(Ordering::Relaxed)).is_some() {
                return Err(TransportError::Interrupted);
            }
            let wait = deadline.since(self.now()).min(LOOK_AROUND);
            let arrival = match self.arrivals.recv_timeout(wait) {
                Ok(arrival) => arrival,
                Err(_) if self.now() < deadline => continue,
                Err(_) => {
                    // What the kernel took before the deadline may still be on its way through the tester.
                    let is_drained = self.domain.link.is_drained() || self.now() > deadline + BUSY;
                    match self.arrivals.try_recv() {
                        Ok(arrival) => arrival,
                        Err(_) if is_drained => return Ok(None),
                        Err(_) => match self.arrivals.recv_timeout(HAND_ON) {
                            Ok(arrival) => arrival,
                            Err(_) => continue,
                        },
                    }
                }
            };
            match self.mine(arrival)? {
                Some(received) if received.at <= deadline => return Ok(Some(received)),
                Some(later) => {
                    self.early = Some(later);
                    return Ok(None);
                }
                None => {}
            }
        }
    }

    fn act(&mut self, action: &Action) -> Result<Acted, TransportError> {
        self.have_done(action, None)
    }

    fn act_within(&mut self, action: &Action, timeout: Duration) -> Result<Acted, TransportError> {
        self.have_done(action, Some(timeout))
    }

    fn peer_mac(&self, port: &str) -> Mac {
        // A mobile node knows no router before one has advertised itself.
        if self.on_link.contains_key(port) { multicast_mac(ALL_ROUTERS) } else { self.peer }
    }
}
