//! What is asked of a node through its admin socket, and what it says.

use std::net::Ipv6Addr;

use dmm_codec::packet::{Mac, link_local};
use dmm_proto::{Input, LinkEvent, Node as _};
use tracing::{debug, info};

use super::{Peer, Shell};
use crate::StartError;
use crate::access::Link;
use crate::admin::{Dump, Request, Response, SHOWN};
use crate::config::{Forwarding, Role, mac};
use crate::forwarding::NO_FORWARDING;
use crate::status::{PeerStatus, QueueStatus, SessionStatus, Status, TimerStatus, seconds};
use crate::storage::Storage;

impl Shell {
    /// Does what was asked, and says how it went.
    pub(super) fn answer(&mut self, request: &Request) -> Result<Response, StartError> {
        debug!(?request, "asked");
        Ok(match request {
            Request::Status { limit } => Response::Status(Box::new(self.status(limit.unwrap_or(SHOWN)))),
            Request::Attach { mobile, link_local: address } => match self.subscriber(mobile) {
                Ok(mac) => {
                    let src = address.unwrap_or_else(|| link_local(mac));
                    self.input(&Input::Link(LinkEvent::Solicited { mobile: mac, src }));
                    Response::Done {}
                }
                Err(why) => Response::Error(why),
            },
            Request::Detach { mobile } => match self.subscriber(mobile) {
                Ok(mobile) => {
                    self.input(&Input::Link(LinkEvent::Detached { mobile }));
                    Response::Done {}
                }
                Err(why) => Response::Error(why),
            },
            Request::Restart {} => self.restart()?,
            Request::Dump {} => Response::Dump(Box::new(Dump {
                status: self.status(usize::MAX),
                plane: self.plane.snapshot().iter().map(|entry| format!("{entry:?}")).collect(),
                events: self.remembered.iter().cloned().collect(),
            })),
            // These two are a connection's own affair.
            Request::Watch {} | Request::Events {} => Response::Error("not here".to_owned()),
        })
    }

    /// Whose MAC address, or which mobile node's, this is.
    fn subscriber(&self, mobile: &str) -> Result<Mac, String> {
        let Some(subscribers) = self.config.subscribers() else {
            return Err(format!("a {} has no access link; ask a MAAR or MAG", self.config.role()));
        };
        let named = subscribers.iter().find(|(_, mn)| mn.to_string() == mobile).map(|(mac, _)| *mac);
        let found = named.or_else(|| mac(mobile).filter(|mac| subscribers.contains_key(mac)));
        found.ok_or_else(|| {
            format!("`{mobile}` is no subscriber; the configuration names {}", subscribers.len())
        })
    }

    /// Begins anew, as the process would. A store that cannot be read leaves all as it was.
    fn restart(&mut self) -> Result<Response, StartError> {
        let mut records = Vec::new();
        if let Some(storage) = self.storage.take() {
            let (storage, read) = storage.restart()?;
            self.storage = Some(storage);
            match read {
                Ok(read) => records = read,
                Err(why) => return Ok(Response::Error(why)),
            }
        }
        info!(restored = records.len(), "restarted");
        self.begin(records);
        Ok(Response::Done {})
    }

    fn status(&self, limit: usize) -> Status {
        let now = self.clock.now();
        let peer = |(address, peer): (&Ipv6Addr, &Peer)| PeerStatus {
            address: *address,
            role: peer.role.to_string(),
            sent: peer.sent,
            received: peer.received,
            heard: peer.heard.map(|at| seconds(at, now)),
        };
        let storage = self.storage.as_ref();
        Status {
            role: self.config.role().to_string(),
            address: self.config.common.address,
            mode: self.config.mode().map(str::to_owned),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            up: seconds(self.clock.started_at(), now),
            clock_set_by: self.clock.behind().as_secs_f64(),
            store: match storage {
                Some(storage) => storage.path().display().to_string(),
                None => "memory: bindings are gone with the process".to_owned(),
            },
            writes_waiting: storage.map_or(0, Storage::waiting),
            store_problem: storage.and_then(Storage::problem).map(str::to_owned),
            forwarding: match self.config.common.forwarding {
                Forwarding::None if self.config.role() == Role::Cmd => "a CMD forwards nothing".to_owned(),
                Forwarding::None => NO_FORWARDING.to_owned(),
            },
            entries: self.plane.snapshot().len(),
            capabilities: self.capabilities.clone(),
            dropped_frames: self.link.as_ref().map_or(0, Link::dropped),
            session_count: self.machine.session_count(),
            sessions: self.machine.sessions().take(limit).map(|s| SessionStatus::new(now, &s)).collect(),
            queue_length: self.machine.waiting_count(),
            queue: self.machine.waiting().take(limit).map(|w| QueueStatus::new(now, &w)).collect(),
            timer: self.machine.next_timeout().map(|timeout| TimerStatus::new(now, timeout)),
            peers: self.peers.iter().map(peer).collect(),
        }
    }
}
