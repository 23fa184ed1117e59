//! One PBU and its PBA: what the PBU says, whether it is fresh, and the PBA that echoes it. The same at a CMD and at a
//! P-MAAR.

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{
    AccessTechnology, HandoffIndicator, Instant, Lifetime, LinkLayerAddress, Message, MnIdentifier,
    MobilityOption, Pba, PbaFlags, Pbu, PbuFlags, Status, Timestamp,
};
use ipnet::Ipv6Net;

use crate::{Event, Ignored, Output};

/// What a PBU says, option by option.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Sequence number.
    pub seq: u16,
    /// Flags.
    pub flags: PbuFlags,
    /// Requested lifetime.
    pub lifetime: Lifetime,
    /// Who it is about.
    pub mn: Option<MnIdentifier>,
    /// Home Network Prefix and Anchored Prefix options together: the two say the same (stance A4).
    pub prefixes: Vec<Ipv6Net>,
    /// Handoff Indicator.
    pub handoff: Option<HandoffIndicator>,
    /// Access Technology Type.
    pub technology: Option<AccessTechnology>,
    /// Mobile Node Link-layer Identifier.
    pub link_layer: Option<LinkLayerAddress>,
    /// Link-local Address.
    pub link_local: Option<Ipv6Addr>,
    /// Timestamp.
    pub timestamp: Option<Timestamp>,
    /// Serving MAAR; more than one is a fault (stance A42).
    pub serving_maars: Vec<Ipv6Addr>,
    /// Local Prefix and DLIF options: what an S-MAAR needs to stand in for the sender (stance A14).
    pub details: Vec<MobilityOption>,
}

impl Request {
    fn add_prefix(&mut self, prefix: Ipv6Net) {
        if !self.prefixes.contains(&prefix) {
            self.prefixes.push(prefix);
        }
    }

    /// Who it is about, and what its answer repeats, where nothing else of it is wanted any more.
    pub fn into_echo(self) -> (MnIdentifier, Echo) {
        let Self { seq, mn, handoff, technology, link_layer, link_local, timestamp, .. } = self;
        let link_local = link_local.map(Box::new);
        let echo = Echo { seq, handoff, technology, link_layer, link_local, timestamp };
        (mn.unwrap_or(MnIdentifier::empty()), echo)
    }

    /// What its answer repeats.
    pub fn echo(&self) -> Echo {
        Echo {
            seq: self.seq,
            handoff: self.handoff,
            technology: self.technology,
            link_layer: self.link_layer.clone(),
            link_local: self.link_local.map(Box::new),
            timestamp: self.timestamp,
        }
    }

    /// The PBA that answers.
    pub fn answer(&self, status: Status, lifetime: Lifetime, prefixes: &[Ipv6Net]) -> Pba {
        let mn = self.mn.clone().unwrap_or(MnIdentifier::empty());
        self.echo().answer(mn, status, lifetime, prefixes)
    }

    /// The PBA that rejects: the request's own prefixes are echoed (RFC 5213 §5.3.6).
    pub fn reject(&self, status: Status, now: Instant) -> Pba {
        // "If there was no Home Network Prefix option present in the request, then there MUST be only one ... with the
        // value in the option set to ALL_ZERO." A PBU may be so full of them that its echo has no room for the rest.
        let echoed = self.prefixes.len().min(MAX_ECHOED);
        let prefixes = if echoed == 0 { &[Ipv6Net::default()] } else { &self.prefixes[..echoed] };
        let mut pba = self.answer(status, Lifetime::ZERO, prefixes);
        if [Status::TIMESTAMP_MISMATCH, Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED].contains(&status) {
            // RFC 5213 §5.5 (8) and (9): the PBA then carries the receiver's own time of day.
            for option in &mut pba.options {
                if let MobilityOption::Timestamp(timestamp) = option {
                    *timestamp = now.timestamp();
                }
            }
        }
        pba
    }
}

/// Options in any order. Of those that may stand there once the last counts; prefixes may stand there often (B12, RFC 5213 §8.1).
impl From<Pbu> for Request {
    fn from(pbu: Pbu) -> Self {
        let mut request = Self { seq: pbu.seq, flags: pbu.flags, lifetime: pbu.lifetime, ..Self::default() };
        let has_dmm_flag = pbu.flags.contains(PbuFlags::D);
        for option in pbu.options {
            match option {
                MobilityOption::MnIdentifier(mn) => request.mn = Some(mn),
                MobilityOption::HomeNetworkPrefix(prefix) => request.add_prefix(prefix),
                MobilityOption::HandoffIndicator(handoff) => request.handoff = Some(handoff),
                MobilityOption::AccessTechnology(technology) => request.technology = Some(technology),
                MobilityOption::MnLinkLayerIdentifier(address) => request.link_layer = Some(address),
                MobilityOption::LinkLocalAddress(address) => request.link_local = Some(address),
                MobilityOption::Timestamp(timestamp) => request.timestamp = Some(timestamp),
                // "Can only appear if the D bit is set" (R4.3.8, R4.4.7); without it they mean nothing (A45).
                MobilityOption::AnchoredPrefix(prefix) if has_dmm_flag => request.add_prefix(prefix),
                MobilityOption::ServingMaar(address) if has_dmm_flag => request.serving_maars.push(address),
                option if has_dmm_flag && is_detail(&option) => request.details.push(option),
                _ => {}
            }
        }
        request
    }
}

/// What of a PBU its answer repeats, and what the next PBU is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Echo {
    /// Sequence number.
    pub seq: u16,
    /// Handoff Indicator.
    pub handoff: Option<HandoffIndicator>,
    /// Access Technology Type.
    pub technology: Option<AccessTechnology>,
    /// Mobile Node Link-layer Identifier.
    pub link_layer: Option<LinkLayerAddress>,
    /// Link-local Address: few PBUs have one, and many echoes are kept.
    pub link_local: Option<Box<Ipv6Addr>>,
    /// Timestamp.
    pub timestamp: Option<Timestamp>,
}

impl Echo {
    /// The PBA that answers with "the usual options" (R3.1.5; B7, RFC 5213 §5.3.6): sequence number copied, identifier, Handoff Indicator and Access
    /// Technology Type always there, the other options where the PBU had them.
    pub fn answer(&self, mn: MnIdentifier, status: Status, lifetime: Lifetime, prefixes: &[Ipv6Net]) -> Pba {
        let mut options = Vec::with_capacity(USUAL_OPTIONS + prefixes.len());
        options.push(MobilityOption::MnIdentifier(mn));
        options.extend(prefixes.iter().copied().map(MobilityOption::HomeNetworkPrefix));
        options.push(MobilityOption::HandoffIndicator(self.handoff.unwrap_or(HandoffIndicator(0))));
        options.push(MobilityOption::AccessTechnology(self.technology.unwrap_or(AccessTechnology(0))));
        options.extend(self.timestamp.map(MobilityOption::Timestamp));
        options.extend(self.link_layer.clone().map(MobilityOption::MnLinkLayerIdentifier));
        options.extend(self.link_local.as_deref().copied().map(MobilityOption::LinkLocalAddress));
        // RFC 8885 §4.2, R4.2.2: "the sender of the message supports operating as a MAAR or CMD".
        Pba { status, flags: PbaFlags::P | PbaFlags::D, seq: self.seq, lifetime, options }
    }

    /// What to compare the next PBU with.
    pub fn freshness(&self) -> Freshness {
        Freshness { seq: self.seq, timestamp: self.timestamp }
    }
}

/// What the last accepted PBU left to compare the next one with (RFC 5213 §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Its sequence number.
    pub seq: u16,
    /// Its time stamp.
    pub timestamp: Option<Timestamp>,
}

impl Freshness {
    /// Compares a PBU with the last accepted one from the same sender; what to keep if it is accepted, else the
    /// status that says why not.
    pub fn check(
        last: Option<Self>,
        request: &Request,
        now: Instant,
        window: Duration,
    ) -> Result<Self, Status> {
        let this = Self { seq: request.seq, timestamp: request.timestamp };
        let Some(timestamp) = request.timestamp else {
            // RFC 6275 §9.5.1: numbers are compared modulo 2^16.
            let is_newer = last.is_none_or(|last| request.seq.wrapping_sub(last.seq).cast_signed() > 0);
            return if is_newer { Ok(this) } else { Err(Status::SEQUENCE_NUMBER_OUT_OF_WINDOW) };
        };
        if timestamp.distance(now.timestamp()) > window {
            return Err(Status::TIMESTAMP_MISMATCH);
        }
        match last.and_then(|last| last.timestamp) {
            Some(last) if timestamp <= last => Err(Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED),
            _ => Ok(this),
        }
    }
}

/// What a rejection by the other end means for the PBU that was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The PBU was overtaken by another: "try to register again to reassert the mobile node's presence" (RFC 5213
    /// §6.9.1.2 (8)).
    Overtaken,
    /// It may be accepted later: clocks are apart, or the other end is short of something.
    Later,
    /// These prefixes are somebody else's: "SHOULD NOT request the same prefix(es) again" (RFC 5213 §6.9.1.2 (10)).
    Prefix,
    /// It will not be accepted.
    Final,
}

impl Rejection {
    /// What a status of 128 or more means.
    pub fn of(status: Status) -> Self {
        match status {
            Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED | Status::SEQUENCE_NUMBER_OUT_OF_WINDOW => {
                Self::Overtaken
            }
            Status::TIMESTAMP_MISMATCH | Status::INSUFFICIENT_RESOURCES => Self::Later,
            Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX => Self::Prefix,
            _ => Self::Final,
        }
    }
}

/// Room for what an answer mostly says beside prefixes: its own options, and those about three P-MAARs.
const USUAL_OPTIONS: usize = 15;

/// How many prefixes of a rejected PBU its PBA echoes: with the longest identifiers they still fit a Mobility Header.
const MAX_ECHOED: usize = 40;

/// Whether an option says something about an anchor that an S-MAAR has to know: its local networks, its DLIF.
pub(crate) fn is_detail(option: &MobilityOption) -> bool {
    matches!(
        option,
        MobilityOption::LocalPrefix(_) | MobilityOption::DlifLinkLocal(_) | MobilityOption::DlifLinkLayer(_)
    )
}

/// The flags of every PBU between MAARs and CMD (RFC 8885 §4.1, R4.1.2; RFC 5213 §6.9.1.5).
pub const PBU_FLAGS: PbuFlags = PbuFlags(PbuFlags::A.0 | PbuFlags::P.0 | PbuFlags::D.0);

/// Reads a Mobility Header that a node received.
pub fn receive(src: Ipv6Addr, dst: Ipv6Addr, octets: &[u8]) -> Result<Message, Ignored> {
    Ok(Message::decode(octets, src, dst)?.message)
}

/// Rejects a PBU: what happened, and the PBA that says so.
pub(crate) fn refuse(
    own: Ipv6Addr,
    src: Ipv6Addr,
    request: &Request,
    status: Status,
    now: Instant,
) -> [Output; 2] {
    let event = Event::Refused { src, status };
    tracing::debug!(%event);
    [Output::Event(event), send(own, src, &Message::Pba(request.reject(status, now)))]
}

/// What leaves in place of an acceptance that the store did not take: what the PBU said, and nothing that its receiver knows.
pub(crate) fn refusal(accepted: Output) -> Option<Output> {
    let Output::Signal { src, dst, octets } = accepted else { return None };
    let Ok(Message::Pba(mut pba)) = receive(src, dst, &octets) else { return None };
    (pba.status, pba.lifetime) = (Status::INSUFFICIENT_RESOURCES, Lifetime::ZERO);
    pba.options.retain(|option| !matches!(option, MobilityOption::PreviousMaar(_)) && !is_detail(option));
    Some(send(src, dst, &Message::Pba(pba)))
}

/// Whom a PBA is about.
pub(crate) fn mn_of(pba: &Pba) -> Option<&MnIdentifier> {
    pba.options.iter().find_map(|option| match option {
        MobilityOption::MnIdentifier(mn) => Some(mn),
        _ => None,
    })
}

/// Whether an acknowledgement is for an S-MAAR other than this: its Serving MAAR option, which not every P-MAAR echoes
/// (stance A12), names another.
pub(crate) fn is_for_another(pba: &Pba, s_maar: Ipv6Addr) -> bool {
    pba.options.iter().any(|option| matches!(option, MobilityOption::ServingMaar(named) if *named != s_maar))
}

/// Sends a message: a Mobility Header behind an IPv6 header, no routing header and no destination option (B10, RFC 5213 §5.3.6).
pub fn send(src: Ipv6Addr, dst: Ipv6Addr, message: &Message) -> Output {
    let octets = message.encode(src, dst).expect("nodes keep their messages below 2048 octets (stance A55)");
    Output::Signal { src, dst, octets }
}
