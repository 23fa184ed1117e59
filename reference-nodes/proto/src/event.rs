//! What happened in a node, for people, tests and traces. A log line is not for tests; an event is.

use std::fmt;
use std::net::Ipv6Addr;

use dmm_codec::{MnIdentifier, Status};
use dmm_dataplane::OpFailure;

use crate::Ignored;

/// Something that happened in a node. Carries identities of mobile nodes: not for logs above DEBUG (RFC 8885 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message was not acted on.
    Ignored {
        /// Who sent it.
        src: Ipv6Addr,
        /// Why.
        why: Ignored,
    },
    /// A PBU was answered with a status of 128 or more.
    Refused {
        /// Who sent it.
        src: Ipv6Addr,
        /// Which status.
        status: Status,
    },
    /// A PBU was rejected by the other end.
    Rejected {
        /// Whose PBU.
        mn: MnIdentifier,
        /// Who rejected it.
        by: Ipv6Addr,
        /// Which status.
        status: Status,
    },
    /// A mobile node came to the domain.
    Registered {
        /// Who.
        mn: MnIdentifier,
        /// Where.
        s_maar: Ipv6Addr,
    },
    /// A mobile node came to another MAAR.
    HandoverStarted {
        /// Who.
        mn: MnIdentifier,
        /// Where it is now.
        s_maar: Ipv6Addr,
        /// How many P-MAARs are to be told.
        p_maars: usize,
    },
    /// The S-MAAR was told about P-MAARs.
    HandoverAnswered {
        /// Who moved.
        mn: MnIdentifier,
        /// Where it is now.
        s_maar: Ipv6Addr,
        /// How many P-MAARs it was told of.
        named: usize,
        /// How many have not answered yet.
        silent: usize,
    },
    /// A PBU was sent again.
    Retransmitted {
        /// For whom.
        mn: MnIdentifier,
        /// To whom.
        peer: Ipv6Addr,
        /// The how manieth sending, from 1 for the first repetition.
        repetition: u32,
    },
    /// A mobile node's session has ended.
    Ended {
        /// Who.
        mn: MnIdentifier,
    },
    /// A mobile node is served here.
    Serving {
        /// Who.
        mn: MnIdentifier,
        /// Through how many tunnels its earlier prefixes come.
        tunnels: usize,
    },
    /// A mobile node's prefix is anchored here and reached through a tunnel.
    Anchoring {
        /// Who.
        mn: MnIdentifier,
        /// Where the tunnel leads.
        s_maar: Ipv6Addr,
    },
    /// What was to be promised could not be made durable, so that it was not promised.
    NotDurable,
    /// Forwarding could not be changed.
    ForwardingFailed {
        /// Why.
        why: OpFailure,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignored { src, why } => write!(f, "ignored a message from {src}: {why}"),
            Self::Refused { src, status } => write!(f, "refused a PBU from {src}: status {status}"),
            Self::Rejected { mn, by, status } => write!(f, "{mn}: {by} rejected the PBU: status {status}"),
            Self::Registered { mn, s_maar } => write!(f, "{mn}: registered at {s_maar}"),
            Self::HandoverStarted { mn, s_maar, p_maars } => {
                write!(f, "{mn}: now at {s_maar}, {p_maars} P-MAAR(s) to tell")
            }
            Self::HandoverAnswered { mn, s_maar, named, silent } => {
                write!(f, "{mn}: told {s_maar} of {named} P-MAAR(s), {silent} still silent")
            }
            Self::Retransmitted { mn, peer, repetition } => {
                write!(f, "{mn}: PBU to {peer} sent again, repetition {repetition}")
            }
            Self::Ended { mn } => write!(f, "{mn}: session ended"),
            Self::Serving { mn, tunnels } => write!(f, "{mn}: served here, {tunnels} tunnel(s) to P-MAARs"),
            Self::Anchoring { mn, s_maar } => write!(f, "{mn}: prefix anchored here, tunnel to {s_maar}"),
            Self::NotDurable => {
                f.write_str("the store could not be written: nothing is promised until it can")
            }
            Self::ForwardingFailed { why } => write!(f, "forwarding could not be changed: {why}"),
        }
    }
}
