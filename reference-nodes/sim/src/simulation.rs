//! The queue of what happens next, and the clock that jumps from one thing to the other.

use std::any::Any;
use std::collections::btree_map::OccupiedEntry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dmm_codec::Instant;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::link::{Fate, Link, LinkId, Profile, Tapped};
use crate::{Host, HostId, Port};

/// Hosts, links and virtual time.
pub struct Simulation {
    now: Instant,
    hosts: Vec<Box<dyn Host>>,
    /// When each host wants its turn: asked after everything that may have changed it, so that a step costs no look at all
    /// hosts.
    wants: Vec<Option<Instant>>,
    turns: BTreeSet<(Instant, HostId)>,
    links: Vec<Link>,
    /// The link that each port is in.
    plugs: BTreeMap<(HostId, Port), LinkId>,
    /// Frames on their way, in order of arrival; the number settles ties in the order of sending.
    queue: BTreeMap<(Instant, u64), Arrival>,
    sent: u64,
    chance: ChaCha8Rng,
    tap: Vec<Tapped>,
    /// Hosts that had a turn since somebody last asked.
    touched: BTreeSet<HostId>,
}

struct Arrival {
    link: LinkId,
    from: HostId,
    frame: Vec<u8>,
}

impl Simulation {
    /// Nothing yet, at this time. All chance comes from the seed.
    pub fn new(start: Instant, seed: u64) -> Self {
        Self {
            now: start,
            hosts: Vec::new(),
            wants: Vec::new(),
            turns: BTreeSet::new(),
            plugs: BTreeMap::new(),
            links: Vec::new(),
            queue: BTreeMap::new(),
            sent: 0,
            chance: ChaCha8Rng::seed_from_u64(seed),
            tap: Vec::new(),
            touched: BTreeSet::new(),
        }
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Adds a link.
    pub fn add_link(&mut self, name: &str, profile: Profile) -> LinkId {
        self.links.push(Link::new(name, profile));
        LinkId(self.links.len() - 1)
    }

    /// Adds a host.
    pub fn add_host(&mut self, host: impl Host) -> HostId {
        self.hosts.push(Box::new(host));
        self.wants.push(None);
        let id = HostId(self.hosts.len() - 1);
        self.ask(id);
        id
    }

    /// Changes how a link treats frames from now on.
    pub fn set_profile(&mut self, link: LinkId, profile: Profile) {
        self.links[link.0].profile = profile;
    }

    /// The names of all links, by their number.
    pub fn link_names(&self) -> impl Iterator<Item = &str> {
        self.links.iter().map(|link| link.name.as_str())
    }

    /// Plugs a host into a link.
    pub fn plug(&mut self, host: HostId, port: Port, link: LinkId) {
        self.links[link.0].ends.push((host, port));
        self.plugs.insert((host, port), link);
        self.hosts[host.0].plugged(self.now, port);
        self.transmit(host);
    }

    /// Unplugs a host from whatever its port is in; the link layer of the others notices.
    pub fn unplug(&mut self, host: HostId, port: Port) {
        let mac = self.hosts[host.0].mac(port);
        let Some(link) = self.plugs.remove(&(host, port)) else { return };
        let ends = &mut self.links[link.0].ends;
        ends.retain(|end| *end != (host, port));
        for (other, port) in ends.clone() {
            self.hosts[other.0].neighbour_left(self.now, port, mac);
            self.transmit(other);
        }
    }

    /// A host, as what it is.
    ///
    /// # Panics
    /// If it is something else: a mistake in the code that built the simulation.
    pub fn host<H: Host>(&self, id: HostId) -> &H {
        let host: &dyn Any = &*self.hosts[id.0];
        host.downcast_ref().expect("a host is asked for as what it was added as")
    }

    /// Changes a host, as what it is, and sends what it has to send.
    ///
    /// # Panics
    /// As [`Simulation::host`].
    pub fn with_host<H: Host, T>(&mut self, id: HostId, change: impl FnOnce(&mut H, Instant) -> T) -> T {
        let host: &mut dyn Any = &mut *self.hosts[id.0];
        let host = host.downcast_mut().expect("a host is asked for as what it was added as");
        let result = change(host, self.now);
        self.transmit(id);
        result
    }

    /// Everything that was sent on any link, in order.
    pub fn tap(&self) -> &[Tapped] {
        &self.tap
    }

    /// Takes what was sent since the last call.
    pub fn take_tap(&mut self) -> Vec<Tapped> {
        std::mem::take(&mut self.tap)
    }

    /// The hosts that may have changed since the last call.
    pub fn take_touched(&mut self) -> BTreeSet<HostId> {
        std::mem::take(&mut self.touched)
    }

    /// When something happens next.
    pub fn next_event(&self) -> Option<Instant> {
        let arrival = self.queue.keys().next().map(|(at, _)| *at);
        let timeout = self.turns.first().map(|(at, _)| *at);
        // A host that asks for a time that has passed gets its turn now.
        arrival.into_iter().chain(timeout).min().map(|at| at.max(self.now))
    }

    /// Lets the next thing happen if it does by `deadline`, else moves the clock there; whether something did.
    pub fn step(&mut self, deadline: Instant) -> bool {
        let Some(at) = self.next_event().filter(|at| *at <= deadline) else {
            self.now = self.now.max(deadline);
            return false;
        };
        self.now = at;
        let arrival = self.queue.first_entry().filter(|entry| entry.key().0 <= at);
        if let Some(arrival) = arrival.map(OccupiedEntry::remove) {
            self.arrive(&arrival);
        } else if let Some(id) = self.due_host() {
            self.hosts[id.0].timeout(at);
            self.transmit(id);
            let next = self.hosts[id.0].next_timeout();
            assert!(
                next.is_none_or(|next| next > at),
                "host {id:?} asks for the same moment again and again"
            );
        }
        true
    }

    /// Runs until this time.
    pub fn run_until(&mut self, end: Instant) {
        while self.step(end) {}
    }

    /// Runs for this long.
    pub fn run_for(&mut self, duration: Duration) {
        self.run_until(self.now + duration);
    }

    fn due_host(&self) -> Option<HostId> {
        self.turns.first().filter(|(at, _)| *at <= self.now).map(|(_, host)| *host)
    }

    fn arrive(&mut self, arrival: &Arrival) {
        // Whoever is on the link now hears it: one who left in between does not.
        let ends = self.links[arrival.link.0].ends.clone();
        let is_group = arrival.frame.first().is_some_and(|octet| octet & 1 == 1);
        for (host, port) in ends.into_iter().filter(|(host, _)| *host != arrival.from) {
            // On the core a frame is for one host; on an access link the addresses of DLIFs come and go.
            if port == Port::Core && !is_group && !arrival.frame.starts_with(&self.hosts[host.0].mac(port)) {
                continue;
            }
            self.hosts[host.0].receive(self.now, port, &arrival.frame);
            self.transmit(host);
        }
    }

    /// Puts on the link what a host has to send, and notes when it wants its next turn.
    fn transmit(&mut self, from: HostId) {
        while let Some((port, frame)) = self.hosts[from.0].poll_transmit() {
            // A frame out of a port without a link is gone, and no tap is there to see it.
            let Some(link) = self.plugs.get(&(from, port)).copied() else { continue };
            let (fate, duplicate) = self.links[link.0].carry(self.now, frame.len(), &mut self.chance);
            self.tap.push(Tapped { at: self.now, link, fate, frame: frame.clone() });
            if let Some(at) = duplicate {
                self.queue.insert((at, self.sent), Arrival { link, from, frame: frame.clone() });
                self.sent += 1;
            }
            if let Fate::Arrives(at) = fate {
                self.queue.insert((at, self.sent), Arrival { link, from, frame });
                self.sent += 1;
            }
        }
        self.ask(from);
    }

    fn ask(&mut self, id: HostId) {
        self.touched.insert(id);
        let wants = self.hosts[id.0].next_timeout();
        let before = std::mem::replace(&mut self.wants[id.0], wants);
        if before != wants {
            if let Some(at) = before {
                self.turns.remove(&(at, id));
            }
            self.turns.extend(wants.map(|at| (at, id)));
        }
    }
}
