//! A CMD in relay mode, as small as it can be, in virtual time; and the same with one fault at a time. It shares nothing
//! with the reference nodes, so that a mistake in them and one here do not hide each other.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::header::PBA;
use dmm_codec::message::{Padded, repair_checksum};
use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6, MOBILITY_HEADER};
use dmm_codec::{
    Instant, Lifetime, Message, MessageView, MobilityOption, Pba, PbaFlags, Pbu, PbuFlags, PreviousMaar,
    Status, home_network_prefixes,
};
use dmm_conformance::transport::{Acted, Action, Bench, Mac, Received, Setup, Transport, TransportError};
use ipnet::Ipv6Net;

/// What the fake does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    AnswersTwice,
    CopiesWrongSequence,
    NeverAnswers,
    AcceptsBadChecksum,
    AnswersBeforeThePMaar,
    NoRetransmission,
    ConstantBackoff,
    LinearBackoff,
    FactorOneAndAHalf,
    NoCap,
    CapOf30,
    SameSequence,
    TimerNotStopped,
    NoPacing,
    DuplicateStartsAnother,
    ForgetsTheList,
    OnePbaEach,
    WrongPreviousPrefix,
    WrongServing,
    IgnoresOldStamp,
    WrongChecksum,
    WrongLength,
    Misaligned,
    WithoutD,
    RejectsUnknownOptions,
    DiesOfBadOptions,
    AcceptsWithoutD,
    BenchBreaks,
    BenchDoesNotOpen,
}

pub(crate) struct FakeBench(pub(crate) Fault);

impl Bench for FakeBench {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        if self.0 == Fault::BenchDoesNotOpen {
            return Err(TransportError::Bench("no such interface".to_string()));
        }
        Ok(Box::new(FakeCmd {
            fault: self.0,
            setup: setup.clone(),
            now: Instant::from_secs(1_767_225_600),
            events: BTreeMap::new(),
            number: 0,
            bindings: BTreeMap::new(),
            pending: Vec::new(),
            handovers: Vec::new(),
            next_seq: 100,
            dead: false,
        }))
    }
}

struct FakeCmd {
    fault: Fault,
    setup: Setup,
    now: Instant,
    events: BTreeMap<(Instant, u64), Event>,
    number: u64,
    bindings: BTreeMap<Vec<u8>, Binding>,
    pending: Vec<Pending>,
    handovers: Vec<Handover>,
    next_seq: u16,
    dead: bool,
}

enum Event {
    Deliver { port: String, frame: Vec<u8> },
    Handle(Vec<u8>),
    Retransmit { pending: usize },
    Aggregate { handover: usize },
}

#[derive(Default)]
struct Binding {
    proxy: Option<(Ipv6Addr, Ipv6Net)>,
    list: Vec<(Ipv6Addr, Ipv6Net)>,
    last: u64,
}

struct Pending {
    handover: usize,
    peer: (Ipv6Addr, Ipv6Net),
    seq: u16,
    sent: u32,
    period: Duration,
    answered: bool,
}

struct Handover {
    request: Pbu,
    serving: Ipv6Addr,
    answered: Vec<(Ipv6Addr, Ipv6Net)>,
    wanted: usize,
    done: bool,
}

impl Transport for FakeCmd {
    fn now(&self) -> Instant {
        self.now
    }

    fn send(&mut self, _port: &str, frame: &[u8]) -> Result<(), TransportError> {
        if self.fault == Fault::BenchBreaks {
            return Err(TransportError::Bench("the interface is down".to_string()));
        }
        self.later(Duration::from_micros(100), Event::Handle(frame.to_vec()));
        Ok(())
    }

    fn receive(&mut self, deadline: Instant) -> Result<Option<Received>, TransportError> {
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= deadline) {
            let ((at, _), event) = entry.remove_entry();
            self.now = self.now.max(at);
            match event {
                Event::Deliver { port, frame } => return Ok(Some(Received { at, port, frame })),
                Event::Handle(frame) => self.handle(&frame),
                Event::Retransmit { pending } => self.retransmit(pending),
                Event::Aggregate { handover } => self.finish(handover, true),
            }
        }
        self.now = self.now.max(deadline);
        Ok(None)
    }

    fn act(&mut self, _action: &Action) -> Result<Acted, TransportError> {
        Ok(Acted::Unsupported { why: "a fake has no access link".to_string() })
    }

    fn peer_mac(&self, _port: &str) -> Mac {
        [2, 0, 0, 0, 0, 1]
    }
}

impl FakeCmd {
    fn later(&mut self, delay: Duration, event: Event) {
        self.number += 1;
        self.events.insert((self.now + delay, self.number), event);
    }

    fn emit(&mut self, delay: Duration, dst: Ipv6Addr, message: &Message) {
        let Some(role) = self.setup.roles.iter().find(|role| role.addr == dst).cloned() else { return };
        let src = self.setup.iut.addr;
        let padded = if self.fault == Fault::Misaligned { Padded::EndOnly } else { Padded::Aligned };
        let mut octets = message.encode_unsummed(padded).expect("small");
        repair_checksum(&mut octets, src, dst);
        match self.fault {
            Fault::WrongChecksum => octets[4] ^= 0x55,
            Fault::WrongLength => {
                let edit = "options.hnp.0.length".parse().expect("a place");
                let change = dmm_codec::edit::Change::Set(20);
                if (dmm_codec::edit::Edit { at: edit, change }).apply(&mut octets).is_ok() {
                    repair_checksum(&mut octets, src, dst);
                }
            }
            _ => {}
        }
        let packet = Ipv6::packet(src, dst, MOBILITY_HEADER, HOP_LIMIT, &octets);
        let frame = Ethernet::frame([2, 0, 0, 0, 0, 1], role.mac, &packet);
        self.later(delay, Event::Deliver { port: role.port, frame });
    }

    fn handle(&mut self, frame: &[u8]) {
        let Some(ethernet) = Ethernet::parse(frame) else { return };
        let Some(ip) = Ipv6::parse(ethernet.payload) else { return };
        if self.dead || self.fault == Fault::NeverAnswers {
            return;
        }
        let mut octets = ip.payload().to_vec();
        if self.fault == Fault::AcceptsBadChecksum {
            repair_checksum(&mut octets, ip.src, ip.dst);
        }
        if self.fault == Fault::RejectsUnknownOptions {
            let unknown = MessageView::new(&octets).is_ok_and(|view| {
                view.options().any(|option| option.is_ok_and(|option| option.spec().is_none()))
            });
            if unknown {
                return;
            }
        }
        let decoded = match Message::decode(&octets, ip.src, ip.dst) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.dead |= self.fault == Fault::DiesOfBadOptions && error.offset >= FIRST_OPTION;
                return;
            }
        };
        match decoded.message {
            Message::Pbu(pbu) => self.pbu(ip.src, pbu),
            Message::Pba(pba) => self.pba(ip.src, &pba),
            _ => {}
        }
    }

    fn pbu(&mut self, from: Ipv6Addr, pbu: Pbu) {
        let find = |wanted: u8| pbu.options.iter().find(|option| option.kind() == wanted);
        let status = match () {
            () if !pbu.flags.contains(PbuFlags::D) && self.fault != Fault::AcceptsWithoutD => {
                Status::ADMINISTRATIVELY_PROHIBITED
            }
            () if find(8).is_none() => Status::MISSING_MN_IDENTIFIER_OPTION,
            () if find(22).is_none() => Status::MISSING_HOME_NETWORK_PREFIX_OPTION,
            () if find(23).is_none() => Status::MISSING_HANDOFF_INDICATOR_OPTION,
            () if find(24).is_none() => Status::MISSING_ACCESS_TECH_TYPE_OPTION,
            () => Status::ACCEPTED,
        };
        let name = find(8).map(MobilityOption::body).unwrap_or_default();
        let stamp = find(27)
            .map(MobilityOption::body)
            .and_then(|body| Some(u64::from_be_bytes(body.try_into().ok()?)));
        let last = self.bindings.get(&name).map_or(0, |binding| binding.last);
        let status = match stamp {
            Some(stamp) if status.is_accepted() => {
                let ours = self.now.timestamp();
                if dmm_codec::Timestamp(stamp).distance(ours) > Duration::from_millis(300) {
                    Status::TIMESTAMP_MISMATCH
                } else if stamp <= last && self.fault != Fault::IgnoresOldStamp {
                    Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
                } else {
                    status
                }
            }
            _ => status,
        };
        if !status.is_accepted() {
            return self.acknowledge(from, &pbu, status, &[]);
        }
        let Some(MobilityOption::HomeNetworkPrefix(prefix)) = find(22).cloned() else { return };
        if pbu.lifetime == Lifetime::ZERO {
            self.bindings.remove(&name);
            return self.acknowledge(from, &pbu, status, &[]);
        }
        let binding = self.bindings.entry(name).or_default();
        binding.last = stamp.unwrap_or_default();
        let earlier = binding.proxy.replace((from, prefix));
        if self.fault == Fault::ForgetsTheList {
            binding.list.clear();
        }
        if let Some(earlier) = earlier.filter(|(address, _)| *address != from) {
            binding.list.push(earlier);
        }
        let peers: Vec<_> = binding.list.iter().filter(|(address, _)| *address != from).copied().collect();
        if peers.is_empty() {
            return self.acknowledge(from, &pbu, status, &[]);
        }
        let pending = |handover: &Handover| {
            handover.serving == from && !handover.done && handover.request.options[..1] == pbu.options[..1]
        };
        if self.fault != Fault::DuplicateStartsAnother && self.handovers.iter().any(pending) {
            return;
        }
        if self.fault == Fault::AnswersBeforeThePMaar {
            self.acknowledge(from, &pbu, status, &peers);
        }
        let wanted = peers.len();
        self.handovers.push(Handover {
            request: pbu,
            serving: from,
            answered: Vec::new(),
            wanted,
            done: false,
        });
        let handover = self.handovers.len() - 1;
        for (i, peer) in peers.into_iter().enumerate() {
            let (seq, sent, answered) = (0, 0, false);
            self.pending.push(Pending {
                handover,
                peer,
                seq,
                sent,
                period: Duration::from_secs(1),
                answered,
            });
            let gap = if self.fault == Fault::NoPacing { 0 } else { 10 };
            let pending = self.pending.len() - 1;
            self.later(Duration::from_millis(gap * i as u64), Event::Retransmit { pending });
        }
        self.later(Duration::from_millis(800), Event::Aggregate { handover });
    }

    fn retransmit(&mut self, at: usize) {
        if self.pending[at].answered && self.fault != Fault::TimerNotStopped {
            return;
        }
        if self.pending[at].sent == 0 || self.fault != Fault::SameSequence {
            self.next_seq = self.next_seq.wrapping_add(1);
            self.pending[at].seq = self.next_seq;
        }
        let handover = &self.handovers[self.pending[at].handover];
        let (peer, prefix) = self.pending[at].peer;
        let mn_id = handover.request.options.iter().find(|option| option.kind() == 8).cloned();
        let d = if self.fault == Fault::WithoutD { PbuFlags::default() } else { PbuFlags::D };
        let options = mn_id.into_iter().chain([
            MobilityOption::HomeNetworkPrefix(prefix),
            MobilityOption::HandoffIndicator(dmm_codec::HandoffIndicator::BETWEEN_MAGS),
            MobilityOption::AccessTechnology(dmm_codec::AccessTechnology::IEEE_802_11),
            MobilityOption::Timestamp(self.now.timestamp()),
            MobilityOption::ServingMaar(if self.fault == Fault::WrongServing {
                peer
            } else {
                handover.serving
            }),
        ]);
        let (seq, flags) = (self.pending[at].seq, PbuFlags::A | PbuFlags::P | d);
        let pbu = Pbu { seq, flags, lifetime: Lifetime(75), options: options.collect() };
        self.emit(Duration::from_micros(200), peer, &Message::Pbu(pbu));
        let pending = &mut self.pending[at];
        let period = pending.period;
        pending.sent += 1;
        pending.period = match self.fault {
            Fault::ConstantBackoff => period,
            Fault::LinearBackoff => period + Duration::from_secs(1),
            Fault::FactorOneAndAHalf => period.mul_f64(1.5).min(Duration::from_secs(32)),
            Fault::NoCap => period * 2,
            Fault::CapOf30 => (period * 2).min(Duration::from_secs(30)),
            _ => (period * 2).min(Duration::from_secs(32)),
        };
        if self.fault != Fault::NoRetransmission {
            self.later(period, Event::Retransmit { pending: at });
        }
    }

    fn pba(&mut self, from: Ipv6Addr, pba: &Pba) {
        let matches =
            |pending: &Pending| pending.peer.0 == from && pending.seq == pba.seq && !pending.answered;
        let Some(at) = self.pending.iter().position(matches) else { return };
        self.pending[at].answered = true;
        let (handover, peer) = (self.pending[at].handover, self.pending[at].peer);
        self.handovers[handover].answered.push(peer);
        if self.fault == Fault::OnePbaEach {
            let (to, request) = (self.handovers[handover].serving, self.handovers[handover].request.clone());
            return self.acknowledge(to, &request, Status::ACCEPTED, &[peer]);
        }
        if self.handovers[handover].answered.len() == self.handovers[handover].wanted {
            self.finish(handover, false);
        }
    }

    fn finish(&mut self, at: usize, partial: bool) {
        if self.handovers[at].done || self.fault == Fault::AnswersBeforeThePMaar {
            return;
        }
        self.handovers[at].done = !partial;
        let (to, request) = (self.handovers[at].serving, self.handovers[at].request.clone());
        let answered = self.handovers[at].answered.clone();
        self.acknowledge(to, &request, Status::ACCEPTED, &answered);
    }

    fn acknowledge(&mut self, to: Ipv6Addr, pbu: &Pbu, status: Status, previous: &[(Ipv6Addr, Ipv6Net)]) {
        let echoed = |option: &&MobilityOption| [8, 22, 23, 24, 27].contains(&option.kind());
        let mut options: Vec<MobilityOption> = pbu.options.iter().filter(echoed).cloned().collect();
        if status == Status::TIMESTAMP_MISMATCH {
            options.retain(|option| option.kind() != 27);
            options.push(MobilityOption::Timestamp(self.now.timestamp()));
        }
        let anchored = |prefix: &Ipv6Net| match (self.fault, home_network_prefixes(&pbu.options).next()) {
            (Fault::WrongPreviousPrefix, Some(own)) => own,
            _ => *prefix,
        };
        let previous = previous
            .iter()
            .map(|(address, prefix)| PreviousMaar { address: *address, prefix: anchored(prefix) });
        options.extend(previous.map(MobilityOption::PreviousMaar));
        let d = if self.fault == Fault::WithoutD { PbaFlags::default() } else { PbaFlags::D };
        let seq = if self.fault == Fault::CopiesWrongSequence { pbu.seq.wrapping_add(1) } else { pbu.seq };
        let pba = Message::Pba(Pba { status, flags: PbaFlags::P | d, seq, lifetime: pbu.lifetime, options });
        assert_eq!(pba.mh_type(), PBA);
        self.emit(Duration::from_millis(1), to, &pba);
        if self.fault == Fault::AnswersTwice {
            self.emit(Duration::from_millis(300), to, &pba);
        }
    }
}

/// Header and body of a PBU or PBA: an error at or behind this octet is one of an option.
const FIRST_OPTION: usize = 12;
