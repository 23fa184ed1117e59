//! `expect_outcome`: what became of a message, as one of a few names.

use dmm_codec::Status;
use dmm_codec::header::PBA;
use dmm_codec::packet::ICMPV6;

use super::{Done, Running};
use crate::packet::{Direction, Logged, message_value};
use crate::script::model::Outcome;
use crate::script::value::Value;

/// MH Type of Binding Error (RFC 6275 §6.1.9), which the codec has no row for.
const BINDING_ERROR: u8 = 7;
/// ICMPv6 messages below this are errors (RFC 4443 §2.1).
const FIRST_INFORMATIONAL: u8 = 128;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Accept,
    Reject,
    Silent,
    Icmp,
    BindingError,
}

/// Every name that `is` can have, and what it allows.
pub(crate) const OUTCOMES: &[(&str, &[Seen])] = &[
    ("accept", &[Seen::Accept]),
    ("reject", &[Seen::Reject]),
    ("silent", &[Seen::Silent]),
    ("icmp", &[Seen::Icmp]),
    ("be", &[Seen::BindingError]),
    ("reject_or_silent", &[Seen::Reject, Seen::Silent]),
    ("silent_or_icmp", &[Seen::Silent, Seen::Icmp]),
    ("any", &[Seen::Accept, Seen::Reject, Seen::Silent, Seen::Icmp, Seen::BindingError]),
];

impl Running<'_> {
    pub(super) fn outcome(&mut self, outcome: &Outcome) -> Done {
        let name = self.resolve(&outcome.is)?.to_string();
        let Some((_, allowed)) = OUTCOMES.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = OUTCOMES.iter().map(|(name, _)| *name).collect();
            let what = format!("unknown outcome `{name}`, expected one of: {}", known.join(", "));
            return Err(outcome.is.span.error(what).into());
        };
        let sent = self.labels.get(&outcome.of.value).and_then(|packets| packets.first()).copied();
        let sent = sent.ok_or_else(|| outcome.of.span.error(format!("no packet `{}`", outcome.of.value)))?;
        let port = self.log[sent].port.clone();
        let within = self.resolve_as(&outcome.within, Value::duration)?;
        let deadline = self.log[sent].at + within;
        let mut looked_at = sent + 1;
        let answer = loop {
            let answers = |logged: &Logged| {
                let fresh = logged.direction == Direction::Received && !logged.claimed && logged.port == port;
                fresh.then(|| seen(logged)).flatten()
            };
            let found = (looked_at..self.log.len()).find_map(|at| Some((at, answers(&self.log[at])?)));
            looked_at = self.log.len();
            if let Some(found) = found {
                break Some(found);
            }
            if !self.pump(deadline.max(self.now()))? {
                break None;
            }
        };
        let (packet, seen) = answer.map_or((None, Seen::Silent), |(packet, seen)| (Some(packet), seen));
        if let Some(packet) = packet {
            self.log[packet].claimed = true;
        }
        let shown = match packet {
            None => format!("no answer within {within:?}"),
            Some(packet) => self.describe_answer(packet, seen),
        };
        if allowed.contains(&seen) {
            match packet {
                Some(packet) => self.comment(packet, &format!("{name}: {shown}")),
                None => self.comment(sent, &format!("{name}: {shown}")),
            }
            if name == "any" {
                self.record(format!("{}: {shown}", outcome.of.value));
            }
            return Ok(());
        }
        self.judge(packet.or(Some(sent)), format!("{name} within {within:?}"), shown)
    }

    fn describe_answer(&self, packet: usize, seen: Seen) -> String {
        match seen {
            Seen::Silent => "no answer".to_string(),
            Seen::Icmp => "an ICMPv6 error".to_string(),
            Seen::BindingError => "a Binding Error".to_string(),
            Seen::Accept | Seen::Reject => {
                let status = self.log[packet].readable().and_then(|(_, view)| status(&view));
                status.map_or_else(|| "a pba".to_string(), |status| format!("a pba with status {status}"))
            }
        }
    }
}

fn status(view: &dmm_codec::MessageView<'_>) -> Option<Status> {
    match message_value(view, "status")? {
        Value::Int(status) => u8::try_from(status).ok().map(Status),
        _ => None,
    }
}

/// What a packet is an answer of; nothing for packets that answer nothing.
fn seen(logged: &Logged) -> Option<Seen> {
    let ip = logged.ip.as_ref()?;
    if ip.next_header == ICMPV6 {
        return (*ip.payload.first()? < FIRST_INFORMATIONAL).then_some(Seen::Icmp);
    }
    let (_, view) = logged.mobility()?;
    match view.mh_type() {
        BINDING_ERROR => Some(Seen::BindingError),
        PBA => {
            let accepted = status(&view)?.is_accepted();
            Some(if accepted { Seen::Accept } else { Seen::Reject })
        }
        _ => None,
    }
}
