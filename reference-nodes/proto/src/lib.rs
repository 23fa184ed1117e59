//! CMD and MAAR of RFC 8885, LMA and MAG of RFC 5213 as state machines without I/O: octets, links and results of forwarding go in, octets,
//! forwarding orders and events come out. Time is an argument; nothing here sleeps, reads a clock or opens a socket.
//!
//! ```text
//!            handle_input(now, Input)              poll_output() -> Output
//!  socket, clock, link, kernel ──────▶  [ Node ]  ──────▶  socket, kernel, log
//!                                           │
//!                                  next_timeout() -> when to come back, and why
//! ```

pub mod cmd;
mod complaint;
pub mod event;
pub mod exchange;
mod forwarding;
mod journal;
mod keyed;
pub mod legacy;
pub mod maar;
pub mod peer;
pub mod plan;
pub mod record;
pub mod stances;
pub mod timing;
pub mod updates;
pub mod view;

use std::net::Ipv6Addr;

use dmm_codec::ndp::RouterAdvertisement;
use dmm_codec::packet::Mac;
use dmm_codec::{DecodeError, Instant};
use dmm_dataplane::{Op, OpFailure, OpId};

pub use cmd::{Cmd, CmdConfig};
pub use event::Event;
pub use journal::{NotDurable, Write, WriteId};
pub use maar::{Maar, MaarConfig};
pub use peer::MaarPeer;
pub use plan::{Deregistration, Plan};
pub use timing::{Backoff, Pacing};

/// A node without I/O.
///
/// The contract: after each input, take outputs until there are none; carry them out in that order; come back at
/// [`Node::next_timeout`] with [`Input::Timeout`], or earlier with anything else. Coming early is harmless. `now`
/// never goes back.
pub trait Node {
    /// Takes one input.
    fn handle_input(&mut self, now: Instant, input: Input<'_>);
    /// The next thing to carry out.
    fn poll_output(&mut self) -> Option<Output>;
    /// When to come back if nothing else happens.
    fn next_timeout(&self) -> Option<Timeout>;
}

impl<N: Node + ?Sized> Node for Box<N> {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        (**self).handle_input(now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        (**self).poll_output()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        (**self).next_timeout()
    }
}

/// When a node wants to be woken, and why; a log that says why reads better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timeout {
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: Reason,
}

impl Timeout {
    /// The first of when a PBU may leave and of a node's own.
    pub(crate) fn first(update: Option<Instant>, own: impl IntoIterator<Item = Self>) -> Option<Self> {
        update.map(|at| Self { at, reason: Reason::Update }).into_iter().chain(own).min()
    }
}

/// Why a node wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A PBU waits for its turn, or is to be sent again.
    Update,
    /// P-MAARs have not answered: the S-MAAR is told what is known (RFC 8885 §3.2).
    Aggregation,
    /// A binding is to be refreshed, or ends.
    Lifetime,
}

/// What goes into a node.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Time has come; `now` says which.
    Timeout,
    /// A Mobility Header came. Raw, since what a node does with malformed octets is itself specified.
    Signal {
        /// IPv6 source.
        src: Ipv6Addr,
        /// IPv6 destination.
        dst: Ipv6Addr,
        /// The Mobility Header.
        octets: &'a [u8],
    },
    /// Something happened on the access link.
    Link(LinkEvent),
    /// A forwarding order was carried out, or could not be.
    Forwarding {
        /// Which one.
        id: OpId,
        /// How it went.
        result: Result<(), OpFailure>,
    },
    /// Writes were done, or could not be. Writes become durable in the order in which they were ordered, so one answer may be
    /// for many.
    Persisted {
        /// The last that is answered; those before it that were not answered yet are answered likewise.
        through: WriteId,
        /// How it went.
        result: Result<(), NotDurable>,
    },
}

/// What happens on an access link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// A mobile node is there: it solicited a router.
    Solicited {
        /// Its MAC address.
        mobile: Mac,
        /// Its link-local address; unspecified where it has none yet.
        src: Ipv6Addr,
    },
    /// A mobile node has left the link.
    Detached {
        /// Its MAC address.
        mobile: Mac,
    },
}

/// What comes out of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send a Mobility Header.
    Signal {
        /// IPv6 source.
        src: Ipv6Addr,
        /// IPv6 destination.
        dst: Ipv6Addr,
        /// The Mobility Header.
        octets: Vec<u8>,
    },
    /// Send a Router Advertisement on the access link.
    Advertise(Advertise),
    /// Change forwarding, and answer with [`Input::Forwarding`].
    Forwarding {
        /// Ties the answer to this order.
        id: OpId,
        /// What to change.
        op: Op,
    },
    /// Make something durable, and answer with [`Input::Persisted`]. Only nodes that are configured to be durable ask for it.
    Persist(Box<Write>),
    /// Something that a person or a test may want to know.
    Event(Event),
}

/// A Router Advertisement from a DLIF to one mobile node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertise {
    /// The DLIF's MAC address.
    pub src_mac: Mac,
    /// The DLIF's link-local address.
    pub src: Ipv6Addr,
    /// The mobile node's MAC address: the advertisement is unicast on the link, whatever `dst` is (RFC 6085, stance A31).
    pub dst_mac: Mac,
    /// The mobile node's link-local address, or all nodes.
    pub dst: Ipv6Addr,
    /// What is advertised.
    pub advertisement: RouterAdvertisement,
}

/// Why a node ignored a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ignored {
    /// Its octets are wrong.
    #[error("{0}")]
    Malformed(#[from] DecodeError),
    /// It does not come from a node that this one works with (RFC 8885 §6, R6.4).
    #[error("its sender is not a configured peer")]
    Stranger,
    /// It answers nothing that was asked.
    #[error("it answers no outstanding PBU")]
    Unasked,
    /// What it says does not go with its sender or with the PBU that it answers (RFC 5213 §6.9.1.2 (6), RFC 8885 §6).
    #[error("it does not match its sender or what was asked")]
    Mismatch,
    /// It lacks the D flag, or the A flag, so that no answer is due.
    #[error("it is not for this kind of node")]
    NotForUs,
    /// It would end a session that is not the sender's to end (RFC 8885 §3.5, R3.5.1).
    #[error("only the S-MAAR may de-register the mobile node")]
    NotServing,
}
