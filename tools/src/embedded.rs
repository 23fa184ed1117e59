//! A stack in a shared library (`dmm_iut.h`) as an implementation under test on virtual time, where a reference node would stand.

use std::collections::BTreeMap;
use std::path::Path;

use dmm_codec::packet::{Ethernet, Ipv6, Mac};
use dmm_codec::{Instant, LinkLayerAddress};
use dmm_conformance::Profile;
use dmm_conformance::transport::{Acted, Bench, Setup, Transport, TransportError};
use dmm_embed::{Deed, EmbedError, Instance, Library, Start};
use dmm_sim::{Host, Port, Routes};

use crate::virtual_wire::{IUT_MAC, START, Subject, VirtualWire};

/// A library as implementation under test.
#[derive(Clone, Debug)]
pub struct Embedded {
    library: Library,
    settings: BTreeMap<String, String>,
}

impl Embedded {
    /// The library at this path, with what the profile says.
    pub fn open(path: &Path, profile: &Profile) -> Result<Self, EmbedError> {
        Ok(Self::of(Library::open(path)?, profile))
    }

    /// A library that is there, with what the profile says.
    pub fn of(library: Library, profile: &Profile) -> Self {
        let pics = profile.pics.iter().map(|(name, answer)| (name.clone(), answer.to_string()));
        let pixit = profile.pixit.iter().map(|(name, value)| (name.clone(), value.to_string()));
        Self { library, settings: pics.chain(pixit).collect() }
    }

    /// Whether cases may run in several threads.
    pub fn is_single(&self) -> bool {
        self.library.is_single()
    }
}

impl Bench for Embedded {
    fn name(&self) -> &str {
        self.library.name()
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        let start = Start { now: START, mac: IUT_MAC, setup: setup.clone(), settings: self.settings.clone() };
        let create = self.library.create(&start);
        let instance = create.map_err(|error| TransportError::Bench(error.to_string()))?;
        let library = self.library.clone();
        let host = |routes| Hosted { library, start, instance: Some(instance), complaint: None, routes };
        Ok(Box::new(VirtualWire::around(setup, START, host)))
    }
}

/// A stack as a host.
struct Hosted {
    library: Library,
    start: Start,
    /// None after one that could not be made anew.
    instance: Option<Instance>,
    complaint: Option<String>,
    routes: Routes,
}

impl Hosted {
    fn act(&mut self, now: Instant, deed: Deed<'_>) -> Acted {
        let gone = || Acted::Failed { why: "there is no stack any more".to_owned() };
        self.instance.as_mut().map_or_else(gone, |instance| instance.act(now, deed))
    }
}

impl Host for Hosted {
    fn receive(&mut self, now: Instant, port: Port, frame: &[u8]) {
        let Some(instance) = &mut self.instance else { return };
        match (port, Ethernet::parse(frame)) {
            (Port::Core, Some(ethernet)) if ethernet.dst == IUT_MAC => {
                instance.receive(now, dmm_embed::Port::Core, ethernet.payload);
            }
            (Port::Core, _) => {}
            (Port::Access, _) => instance.receive(now, dmm_embed::Port::Access, frame),
        }
    }

    fn timeout(&mut self, now: Instant) {
        if let Some(instance) = &mut self.instance {
            instance.timeout(now);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.instance.as_ref()?.next_timeout()
    }

    fn poll_transmit(&mut self) -> Option<(Port, Vec<u8>)> {
        loop {
            let (port, frame) = self.instance.as_mut()?.transmit()?;
            match port {
                dmm_embed::Port::Access => return Some((Port::Access, frame)),
                // What leads nowhere is lost.
                dmm_embed::Port::Core if Ipv6::parse(&frame).is_some() => {
                    if let Some(frame) = self.routes.frame(IUT_MAC, &frame) {
                        return Some((Port::Core, frame));
                    }
                }
                dmm_embed::Port::Core => {
                    let what = "sent something to the core that is no IPv6 packet";
                    self.complaint.get_or_insert_with(|| format!("{}: it {what}", self.library.name()));
                }
            }
        }
    }

    fn neighbour_left(&mut self, now: Instant, port: Port, mac: Mac) {
        if port == Port::Access
            && let Acted::Failed { why } = self.act(now, Deed::Detach(mac))
        {
            let mac = LinkLayerAddress::from(mac);
            self.complaint.get_or_insert_with(|| format!("it was told that {mac} has left: {why}"));
        }
    }

    fn mac(&self, _port: Port) -> Mac {
        IUT_MAC
    }
}

impl Subject for Hosted {
    /// One that cannot start anew by itself is ended and created again, without anything of before.
    fn restart(&mut self, now: Instant) -> Acted {
        let acted = self.act(now, Deed::Restart);
        if !matches!(acted, Acted::Unsupported { .. }) {
            return acted;
        }
        // The old one first: there may be no two of them.
        self.instance = None;
        match self.library.create(&Start { now, ..self.start.clone() }) {
            Ok(instance) => {
                self.instance = Some(instance);
                Acted::Done
            }
            Err(error) => Acted::Failed { why: error.to_string() },
        }
    }

    fn set_config(&mut self, now: Instant, settings: &[(String, String)]) -> Acted {
        self.act(now, Deed::Set(settings))
    }

    fn dump(&mut self, now: Instant) -> Acted {
        self.act(now, Deed::Dump)
    }

    fn complaint(&self) -> Option<String> {
        let broken = self.instance.as_ref().and_then(Instance::broken).map(ToString::to_string);
        broken.or_else(|| self.complaint.clone())
    }
}
