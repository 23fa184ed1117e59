//! A CMD that serves legacy MAGs too: what comes without the D flag is an LMA's, all else the CMD's. "The solution described
//! in this document allows per-prefix anchoring decisions -- for example, to support the anchoring of some flows at a central
//! Home-DPA (like a traditional LMA)" (RFC 8885 §3). The two caches know nothing of each other: a mobile node that moves
//! between a MAG and a MAAR has a session with each, and one record that has both.

use std::collections::VecDeque;

use dmm_codec::{Instant, Message, PbuFlags};

use super::Lma;
use crate::exchange::receive;
use crate::record::{MixedRecord, Record};
use crate::{Cmd, Input, Node, NotDurable, Output, Timeout, Write, WriteId};

/// A CMD and an LMA at one address.
#[derive(Clone, Debug)]
pub struct MixedCmd {
    /// What MAARs talk to.
    pub cmd: Cmd,
    /// What MAGs talk to.
    pub lma: Lma,
    next: u64,
    /// Writes that are not done, in order: whose each was, and under which number that half knows it.
    writing: VecDeque<(WriteId, Half, WriteId)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Cmd,
    Lma,
}

impl MixedCmd {
    /// The two together.
    pub fn new(cmd: Cmd, lma: Lma) -> Self {
        Self { cmd, lma, next: 0, writing: VecDeque::new() }
    }

    /// Makes of the write of one half one of both: a record is the whole of what is kept of a mobile node.
    fn joined(&mut self, half: Half, output: Output) -> Output {
        let Output::Persist(write) = output else { return output };
        let (mn, id) = (write.mn, WriteId(self.next));
        self.next += 1;
        self.writing.push_back((id, half, write.id));
        let record = MixedRecord { session: self.cmd.record_of(&mn), bce: self.lma.record(&mn) };
        let record = (record != MixedRecord::default()).then_some(Record::Mixed(record));
        Output::Persist(Box::new(Write { id, mn, record }))
    }

    /// Tells each half which of its writes are done, or could not be.
    fn persisted(&mut self, now: Instant, through: WriteId, result: Result<(), NotDurable>) {
        let (mut cmd, mut lma) = (None, None);
        while let Some((_, half, id)) = self.writing.pop_front_if(|(id, ..)| *id <= through) {
            match half {
                Half::Cmd => cmd = Some(id),
                Half::Lma => lma = Some(id),
            }
        }
        if let Some(through) = cmd {
            self.cmd.handle_input(now, Input::Persisted { through, result });
        }
        if let Some(through) = lma {
            self.lma.handle_input(now, Input::Persisted { through, result });
        }
    }

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
            Input::Persisted { through, result } => self.persisted(now, through, result),
            // Of the two only the LMA forwards (R1.3).
            Input::Forwarding { .. } => self.lma.handle_input(now, input),
            _ if legacy => self.lma.handle_input(now, input),
            _ => self.cmd.handle_input(now, input),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        if let Some(output) = self.cmd.poll_output() {
            return Some(self.joined(Half::Cmd, output));
        }
        let output = self.lma.poll_output()?;
        Some(self.joined(Half::Lma, output))
    }

    fn next_timeout(&self) -> Option<Timeout> {
        self.cmd.next_timeout().into_iter().chain(self.lma.next_timeout()).min()
    }
}
