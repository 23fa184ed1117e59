//! A CMD that serves legacy MAGs too: what comes without the D flag is an LMA's, all else the CMD's. "The solution described
//! in this document allows per-prefix anchoring decisions -- for example, to support the anchoring of some flows at a central
//! Home-DPA (like a traditional LMA)" (RFC 8885 §3). The two caches know nothing of each other: a mobile node that moves
//! between a MAG and a MAAR has a session with each.

use dmm_codec::{Instant, Message, PbuFlags};

use super::Lma;
use crate::exchange::receive;
use crate::{Cmd, Input, Node, Output, Timeout};

/// A CMD and an LMA at one address.
#[derive(Clone, Debug)]
pub struct MixedCmd {
    /// What MAARs talk to.
    pub cmd: Cmd,
    /// What MAGs talk to.
    pub lma: Lma,
}

impl MixedCmd {
    /// Whether a message is a MAG's: a PBU without the D flag (stance A3).
    fn is_legacy(input: &Input<'_>) -> bool {
        let Input::Signal { src, dst, octets } = input else { return false };
        matches!(receive(*src, *dst, octets), Ok(Message::Pbu(pbu)) if !pbu.flags.contains(PbuFlags::D))
    }
}

impl Node for MixedCmd {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        let legacy = Self::is_legacy(&input);
        match input {
            Input::Timeout => {
                self.cmd.handle_input(now, Input::Timeout);
                self.lma.handle_input(now, Input::Timeout);
            }
            // Of the two only the CMD is durable.
            Input::Persisted { .. } => self.cmd.handle_input(now, input),
            // Of the two only the LMA forwards (R1.3).
            Input::Forwarding { .. } => self.lma.handle_input(now, input),
            _ if legacy => self.lma.handle_input(now, input),
            _ => self.cmd.handle_input(now, input),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.cmd.poll_output().or_else(|| self.lma.poll_output())
    }

    fn next_timeout(&self) -> Option<Timeout> {
        self.cmd.next_timeout().into_iter().chain(self.lma.next_timeout()).min()
    }
}
