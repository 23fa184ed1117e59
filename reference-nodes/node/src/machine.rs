//! The state machines behind one face: what the loop needs of a node, whatever its role.

use dmm_codec::Instant;
use dmm_dataplane::Plane;
use dmm_proto::legacy::{Lma, LmaConfig, Mag, MixedCmd};
use dmm_proto::view::{Session, Waiting};
use dmm_proto::{Cmd, CmdConfig, Input, Maar, MaarConfig, Node, Output, Timeout};
use dmm_store::{bces, mobiles, sessions};

use crate::config::{Kind, NodeConfig};
use crate::storage::Records;

/// A state machine of any role.
#[derive(Clone, Debug)]
pub(crate) enum Machine {
    /// A CMD.
    Cmd(Cmd),
    /// A CMD that serves MAGs too.
    Mixed(Box<MixedCmd>),
    /// A MAAR.
    Maar(Maar),
    /// An LMA.
    Lma(Lma),
    /// A MAG.
    Mag(Mag),
}

impl Machine {
    /// What the configuration describes, with no mobile node yet.
    pub(crate) fn new(config: &NodeConfig) -> Self {
        Self::restore(config, Instant::default(), Vec::new(), &Plane::default())
    }

    /// What the configuration describes, with what its store has kept and what forwarding holds.
    pub(crate) fn restore(config: &NodeConfig, now: Instant, records: Records, found: &Plane) -> Self {
        let durable = config.store().is_some();
        match &config.kind {
            Kind::Cmd { cmd, lma: None } => {
                Self::Cmd(Cmd::restore(CmdConfig { durable, ..cmd.clone() }, now, sessions(records)))
            }
            Kind::Cmd { cmd, lma: Some(lma) } => {
                let lma = LmaConfig { durable, ..lma.clone() };
                let lma = Lma::restore(lma, now, bces(records.clone()), found);
                let cmd = Cmd::restore(CmdConfig { durable, ..cmd.clone() }, now, sessions(records));
                Self::Mixed(Box::new(MixedCmd::new(cmd, lma)))
            }
            Kind::Maar { maar, .. } => {
                let maar = MaarConfig { durable, ..maar.clone() };
                Self::Maar(Maar::restore(maar, now, mobiles(records), found))
            }
            Kind::Lma { lma } => {
                let lma = LmaConfig { durable, ..lma.clone() };
                Self::Lma(Lma::restore(lma, now, bces(records), found))
            }
            Kind::Mag { mag, .. } => Self::Mag(Mag::new(mag.clone())),
        }
    }

    /// What it holds of each mobile node.
    pub(crate) fn sessions(&self) -> Box<dyn Iterator<Item = Session> + '_> {
        match self {
            Self::Cmd(cmd) => Box::new(cmd.sessions()),
            Self::Mixed(mixed) => Box::new(mixed.cmd.sessions().chain(mixed.lma.sessions())),
            Self::Maar(maar) => Box::new(maar.sessions()),
            Self::Lma(lma) => Box::new(lma.sessions()),
            Self::Mag(mag) => Box::new(mag.sessions()),
        }
    }

    /// How many mobile nodes that is.
    pub(crate) fn session_count(&self) -> usize {
        match self {
            Self::Cmd(cmd) => cmd.load().bindings,
            Self::Mixed(mixed) => mixed.cmd.load().bindings + mixed.lma.bindings(),
            Self::Maar(maar) => maar.load().mobiles,
            Self::Lma(lma) => lma.bindings(),
            Self::Mag(mag) => mag.load().0,
        }
    }

    /// Its PBUs that are not answered.
    pub(crate) fn waiting(&self) -> Box<dyn Iterator<Item = Waiting> + '_> {
        match self {
            Self::Cmd(cmd) => Box::new(cmd.waiting()),
            Self::Mixed(mixed) => Box::new(mixed.cmd.waiting()),
            Self::Maar(maar) => Box::new(maar.waiting()),
            Self::Lma(_) => Box::new(std::iter::empty()),
            Self::Mag(mag) => Box::new(mag.waiting()),
        }
    }

    /// How many that are.
    pub(crate) fn waiting_count(&self) -> usize {
        match self {
            Self::Cmd(cmd) => cmd.load().updates,
            Self::Mixed(mixed) => mixed.cmd.load().updates,
            Self::Maar(maar) => maar.load().updates,
            Self::Lma(_) => 0,
            Self::Mag(mag) => mag.load().1,
        }
    }

    fn node(&self) -> &dyn Node {
        match self {
            Self::Cmd(node) => node,
            Self::Mixed(node) => &**node,
            Self::Maar(node) => node,
            Self::Lma(node) => node,
            Self::Mag(node) => node,
        }
    }

    fn node_mut(&mut self) -> &mut dyn Node {
        match self {
            Self::Cmd(node) => node,
            Self::Mixed(node) => &mut **node,
            Self::Maar(node) => node,
            Self::Lma(node) => node,
            Self::Mag(node) => node,
        }
    }
}

impl Node for Machine {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.node_mut().handle_input(now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.node_mut().poll_output()
    }

    fn next_timeout(&self) -> Option<Timeout> {
        self.node().next_timeout()
    }
}
