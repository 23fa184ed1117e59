//! Which message belongs to which: PBA to PBU, retransmission to first sending, the CMD's copies to what caused them,
//! all of them to a handover; and where each mobile node is. It knows no host and reads no clock.
//!
//! Every message is taken once, in the order of the capture ([`Tracker::note`]); what was noted can then be asked for
//! in any order ([`Tracker::known`]). So one pass knows what came before a frame, and every later look knows what came
//! behind it. Nothing is assumed of what came before the first frame: what is not in the capture is not told.

mod known;
mod record;
mod session;
mod signal;

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::net::Ipv6Addr;

use dmm_codec::constant::{INITIAL_BINDACK_TIMEOUT, MAX_BINDACK_TIMEOUT, MAX_UPDATE_RATE};

pub(crate) use known::{Handed, Known, Tunnelled};
pub(crate) use record::{Mode, Nanos, Place};
pub(crate) use signal::Signal;

use known::{Frames, Retransmission};
use record::{Answer, At, Handover, Map, Marks, Names, Nodes, Pair, Request, push};
use session::{Anchors, Session};

const INITIAL_TIMEOUT: Nanos = INITIAL_BINDACK_TIMEOUT.as_nanos() as Nanos;
const MAX_TIMEOUT: Nanos = MAX_BINDACK_TIMEOUT.as_nanos() as Nanos;
/// RFC 8885 §3.6: MAX_UPDATE_RATE counts "within a second".
const RATE_WINDOW: Nanos = 1_000_000_000;
/// How far an interval may be from the one that is due: a capture is not taken where the timer is.
const JITTER: Nanos = 5;

/// What the user chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// MAX_UPDATE_RATE; 0 for no limit.
    pub(crate) rate: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rate: MAX_UPDATE_RATE }
    }
}

/// Everything that was noted of a capture.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    settings: Settings,
    last: Option<(Place, Nanos)>,
    nodes: Nodes,
    mobiles: Names<Box<[u8]>>,
    pairs: Vec<Pair>,
    pair_of: Map<(At, At, Option<At>), At>,
    /// When the last PBUs went from one node to another, as many as the limit counts.
    links: Map<(At, At), VecDeque<Nanos>>,
    requests: Vec<Request>,
    answers: Vec<Answer>,
    handovers: Vec<Handover>,
    /// By mobile node.
    sessions: Vec<Session>,
    anchors: Anchors,
}

/// A message on its way: where and when it was seen, from whom to whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) place: Place,
    pub(crate) time: Nanos,
    pub(crate) src: Ipv6Addr,
    pub(crate) dst: Ipv6Addr,
}

impl Tracker {
    /// Nothing noted yet.
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Takes a message, unless it, or one behind it, was taken before; tells whether it did.
    pub(crate) fn note(&mut self, seen: Seen, signal: &Signal<'_>) -> bool {
        if self.last.is_some_and(|(last, _)| seen.place <= last) {
            return false;
        }
        self.last = Some((seen.place, seen.time));
        let (src, dst) = (self.nodes.keep(seen.src), self.nodes.keep(seen.dst));
        // Subtype and nothing behind it stands for a mobile node that could not be named (RFC 5213 §5.3.6).
        let mobile = signal.mn.filter(|name| name.len() > 1).map(|name| self.mobile_at(name));
        if signal.is_request {
            self.request(seen, src, dst, mobile, signal);
        } else {
            self.answer(seen, src, dst, mobile, signal);
        }
        true
    }

    fn mobile_at(&mut self, name: &[u8]) -> At {
        if let Some(at) = self.mobiles.find(name) {
            return at;
        }
        self.sessions.push(Session::default());
        self.mobiles.keep(name.into())
    }

    fn pair(&mut self, src: At, dst: At, mobile: Option<At>) -> At {
        let Self { pairs, pair_of, .. } = self;
        *pair_of
            .entry((src, dst, mobile))
            .or_insert_with(|| push(pairs, Pair { src, dst, mobile, last: None }))
    }

    fn request(&mut self, seen: Seen, src: At, dst: At, mobile: Option<At>, signal: &Signal<'_>) {
        let pair = self.pair(src, dst, mobile);
        let last = self.pairs[pair.index()].last;
        let mut request = Request {
            place: seen.place,
            seq: signal.seq,
            time: seen.time,
            pair,
            earlier: last,
            content: signal.content(),
            octets: signal.octets(),
            answer: None,
            again: None,
            repeated: None,
            cause: None,
            passed_on: None,
            handover: None,
            number: 0,
            marks: Marks::default(),
        };
        if let Some(same) = last.filter(|last| {
            let before = &self.requests[last.index()];
            before.octets == request.octets && seen.time - before.time < INITIAL_TIMEOUT
        }) {
            let first = &self.requests[same.index()];
            request.marks = first.marks;
            request.marks.set(Marks::DUPLICATE, true);
            (request.handover, request.again) = (first.handover, Some(same));
            push(&mut self.requests, request);
            return;
        }
        request.marks.set(Marks::WANTS_ANSWER, signal.wants_answer);
        request.marks.set(Marks::DMM, signal.dmm);
        request.marks.set(Marks::PASSED_ON, signal.serving.is_some());
        if let Some(before) = last.filter(|last| self.is_sent_again(*last, &request)) {
            let before_that = &self.requests[before.index()];
            request.number = before_that.number.saturating_add(1);
            request.marks.set(Marks::STALE, before_that.seq == request.seq);
            (request.cause, request.handover) = (before_that.cause, before_that.handover);
            request.again = Some(before);
        }
        self.count(&mut request, src, dst);
        let at = push(&mut self.requests, request);
        self.pairs[pair.index()].last = Some(at);
        if let Some(before) = request.again {
            self.requests[before.index()].repeated = Some(at);
        }
        if let Some(mobile) = mobile {
            match signal.serving {
                Some(serving) => self.passed_on(at, mobile, src, serving),
                None if signal.lifetime > 0 => self.registration(at, mobile, src),
                None => {}
            }
        }
    }

    /// RFC 5213 §6.9.4: with a fresh sequence number and Timestamp, and otherwise the same. After an answer only where
    /// the backoff would have it, for the answer may have been lost behind the place of the capture.
    fn is_sent_again(&self, before: At, request: &Request) -> bool {
        let first = &self.requests[before.index()];
        let interval = request.time - first.time;
        let answered = first.answer.is_some();
        first.content == request.content
            && (0..=2 * MAX_TIMEOUT).contains(&interval)
            && (!answered || is_due(interval, self.due_after(before)))
    }

    /// How long the sender waits after this sending (RFC 8885 §3.6).
    fn due_after(&self, sending: At) -> Nanos {
        let sent = &self.requests[sending.index()];
        match sent.again {
            Some(before) => (2 * (sent.time - self.requests[before.index()].time)).min(MAX_TIMEOUT),
            None => INITIAL_TIMEOUT,
        }
    }

    fn count(&mut self, request: &mut Request, src: At, dst: At) {
        let limit = self.settings.rate;
        if limit == 0 {
            return;
        }
        let within = |time: Nanos| (0..RATE_WINDOW).contains(&(request.time - time));
        let earlier =
            std::iter::successors(request.earlier, |at| self.requests[at.index()].earlier).nth(limit - 1);
        request.marks.set(Marks::RATE, earlier.is_some_and(|at| within(self.requests[at.index()].time)));

        let times = self.links.entry((src, dst)).or_default();
        let full = times.len() >= limit;
        let oldest = if full { times.pop_front() } else { None };
        request.marks.set(Marks::NODE_RATE, oldest.is_some_and(within));
        times.push_back(request.time);
    }

    /// A MAAR's own PBU.
    fn registration(&mut self, at: At, mobile: At, maar: At) {
        let session = &mut self.sessions[mobile.index()];
        session.registration = Some(at);
        if self.requests[at.index()].handover.is_some() {
            return;
        }
        let open = session.handover.filter(|open| {
            let handover = &self.handovers[open.index()];
            handover.to == maar && handover.end.is_none()
        });
        let from = session.maar().filter(|from| *from != maar);
        if open.is_some() {
            self.requests[at.index()].handover = open;
        } else if from.is_some() {
            self.begin(Some(at), mobile, from, maar);
        }
    }

    /// A PBU that the CMD passes on to a P-MAAR (RFC 8885 §3.2).
    fn passed_on(&mut self, at: At, mobile: At, cmd: At, serving: Ipv6Addr) {
        let serving = self.nodes.keep(serving);
        let request = self.requests[at.index()];
        let session = &self.sessions[mobile.index()];
        if request.again.is_none() {
            let cause = session.registration.filter(|cause| {
                let pair = &self.pairs[self.requests[cause.index()].pair.index()];
                pair.src == serving && pair.dst == cmd
            });
            let handover = match cause.and_then(|cause| self.requests[cause.index()].handover) {
                Some(known) => Some(known),
                // The CMD tells the P-MAARs of a refresh, too.
                None if session.maar() == Some(serving) => {
                    session.handover.filter(|open| self.handovers[open.index()].to == serving)
                }
                None => {
                    let from = session.maar();
                    Some(self.begin(cause.map(|cause| self.first_sending(cause)), mobile, from, serving))
                }
            };
            let before = cause.and_then(|cause| self.requests[cause.index()].passed_on.replace(at));
            let request = &mut self.requests[at.index()];
            (request.cause, request.passed_on, request.handover) = (cause, before, handover);
            if let Some(handover) = handover {
                let handover = &mut self.handovers[handover.index()];
                handover.told = handover.told.saturating_add(1);
                // RFC 8885 §3.4: "the PBA is sent to the S-MAAR immediately after a PBU is received".
                if handover.mode.is_none()
                    && handover.end.is_some()
                    && handover.named > 0
                    && handover.answers == 0
                {
                    handover.mode = Some(Mode::Proxy);
                    request.marks.set(Marks::SHOWS_MODE, true);
                }
            }
        }
        self.sessions[mobile.index()].move_to(request.place, Some(serving));
    }

    fn first_sending(&self, at: At) -> At {
        std::iter::successors(Some(at), |at| self.requests[at.index()].again).last().unwrap_or(at)
    }

    fn begin(&mut self, start: Option<At>, mobile: At, from: Option<At>, to: At) -> At {
        let handover = Handover { start, end: None, from, to, told: 0, named: 0, answers: 0, mode: None };
        let handover = push(&mut self.handovers, handover);
        self.sessions[mobile.index()].handover = Some(handover);
        // All sendings of the PBU that began it.
        let mut sending = start;
        while let Some(at) = sending {
            let request = &mut self.requests[at.index()];
            request.handover = Some(handover);
            sending = request.repeated;
        }
        handover
    }

    fn answer(&mut self, seen: Seen, src: At, dst: At, mobile: Option<At>, signal: &Signal<'_>) {
        let mut answer = Answer {
            place: seen.place,
            time: seen.time,
            octets: signal.octets(),
            request: None,
            first: None,
            handover: None,
            mobile,
            marks: Marks::default(),
        };
        let to_its_sender = self.asked(dst, src, mobile, signal.seq);
        answer.request = to_its_sender.or_else(|| {
            let cause = mobile.and_then(|mobile| self.located(mobile, src, dst));
            answer.marks.set(Marks::LOCATOR, cause.is_some());
            cause
        });
        let Some(request_at) = answer.request else {
            // What it says of prefixes holds all the same.
            self.learn(seen.place, src, dst, mobile, signal, false);
            push(&mut self.answers, answer);
            return;
        };
        let request = self.requests[request_at.index()];
        answer.first = request.answer;
        answer.handover = request.handover;
        let is_same = |first: At| {
            let first = &self.answers[first.index()];
            first.octets == answer.octets && seen.time - first.time < INITIAL_TIMEOUT
        };
        let is_duplicate = answer.first.is_some_and(is_same);
        answer.marks.set(Marks::DUPLICATE, is_duplicate);
        let is_final = !request.marks.has(Marks::PASSED_ON);
        answer.marks.set(Marks::FINAL, is_final && !answer.marks.has(Marks::LOCATOR));
        let at = push(&mut self.answers, answer);
        if is_duplicate {
            return;
        }
        self.requests[request_at.index()].answer.get_or_insert(at);
        if is_final {
            self.ends(at, signal);
        } else if let Some(handover) = answer.handover.filter(|_| answer.first.is_none()) {
            let handover = &mut self.handovers[handover.index()];
            handover.answers = handover.answers.saturating_add(1);
        }
        self.learn(seen.place, src, dst, mobile, signal, is_final);
    }

    /// The PBU that this PBA answers. The last one of this number: numbers come round.
    fn asked(&self, src: At, dst: At, mobile: Option<At>, seq: u16) -> Option<At> {
        /// More PBUs than this are never without an answer between two nodes about one mobile node.
        const FAR: usize = 64;
        let pair = self.pair_of.get(&(src, dst, mobile))?;
        let sent =
            std::iter::successors(self.pairs[pair.index()].last, |at| self.requests[at.index()].earlier);
        sent.take(FAR).find(|at| self.requests[at.index()].seq == seq)
    }

    /// The S-MAAR's PBU that a P-MAAR answers (RFC 8885 §3.3), whatever number it has (stance A9).
    fn located(&self, mobile: At, p_maar: At, s_maar: At) -> Option<At> {
        let registration = self.sessions[mobile.index()].registration?;
        let request = &self.requests[registration.index()];
        if self.pairs[request.pair.index()].src != s_maar {
            return None;
        }
        let mut told = self.told(self.first_sending(registration)).chain(self.told(registration)).peekable();
        let anyone = told.peek().is_none();
        (anyone || told.any(|copy| self.pairs[copy.pair.index()].dst == p_maar)).then_some(registration)
    }

    /// The PBUs that a PBU made the CMD send, the last one first.
    fn told(&self, cause: At) -> impl Iterator<Item = &Request> {
        let first = self.requests[cause.index()].passed_on;
        std::iter::successors(first, |at| self.requests[at.index()].passed_on)
            .map(|at| &self.requests[at.index()])
    }

    /// The S-MAAR has its answer.
    fn ends(&mut self, at: At, signal: &Signal<'_>) {
        let answer = self.answers[at.index()];
        let Some(request) = answer.request.filter(|_| signal.status.is_accepted()) else { return };
        let Some(mobile) = answer.mobile else { return };
        let pair = self.pairs[self.requests[request.index()].pair.index()];
        let session = &self.sessions[mobile.index()];
        let named = signal.previous_maars().map(|(maar, _)| maar);
        let named = named.collect::<std::collections::BTreeSet<_>>().len() as u16;
        let is_new = answer.handover.is_none() && named > 0 && session.maar() != Some(pair.src);
        let handover = if is_new {
            Some(self.begin(Some(self.first_sending(request)), mobile, session.maar(), pair.src))
        } else {
            answer.handover
        };
        self.answers[at.index()].handover = handover;
        let Some(handover) = handover else { return };
        let handover = &mut self.handovers[handover.index()];
        handover.named = handover.named.max(named);
        if answer.marks.has(Marks::LOCATOR) {
            handover.mode = Some(Mode::Locator);
        } else if handover.end.is_none() && named > 0 && handover.told > 0 {
            let mode = if handover.answers == 0 { Mode::Proxy } else { Mode::Relay };
            handover.mode = handover.mode.or(Some(mode));
        }
        handover.end.get_or_insert(at);
    }

    /// Takes from a PBA where the mobile node is and which prefixes are anchored where.
    fn learn(
        &mut self,
        place: Place,
        src: At,
        dst: At,
        mobile: Option<At>,
        signal: &Signal<'_>,
        is_final: bool,
    ) {
        let Some(mobile) = mobile.filter(|_| signal.status.is_accepted()) else { return };
        for (maar, prefix) in signal.previous_maars() {
            let maar = self.nodes.keep(maar);
            self.anchors.learn(prefix, place, mobile, maar);
        }
        let answer = self.answers.last().filter(|answer| answer.place == place);
        let is_locator = answer.is_some_and(|answer| answer.marks.has(Marks::LOCATOR));
        let is_known = answer.is_some();
        // Without its PBU, only an option of the CMD tells a PBA to the S-MAAR (RFC 8885 §4.5).
        let from_cmd =
            if is_known { is_final && !is_locator } else { signal.previous_maars().next().is_some() };
        let anchor = match (from_cmd, is_known || signal.serving.is_some()) {
            (true, _) => dst,
            (false, true) => src,
            (false, false) => return,
        };
        for prefix in signal.prefixes() {
            self.anchors.learn(prefix, place, mobile, anchor);
        }
        let session = &mut self.sessions[mobile.index()];
        if from_cmd || is_locator {
            if signal.lifetime > 0 {
                session.move_to(place, Some(dst));
            } else if session.maar() == Some(dst) {
                session.move_to(place, None);
            }
        }
    }

    /// What is known of a message that was noted.
    pub(crate) fn known(&self, place: Place) -> Option<Known> {
        if let Some(request) = at_place(&self.requests, place, |request| request.place) {
            return Some(self.known_request(request));
        }
        at_place(&self.answers, place, |answer| answer.place).map(|answer| self.known_answer(answer))
    }

    fn known_request(&self, request: &Request) -> Known {
        let again = request.again.map(|at| &self.requests[at.index()]);
        if request.marks.has(Marks::DUPLICATE) {
            let mut known = self.common(request.place, self.mobile_of(request), request.handover);
            known.duplicate_of = again.map(|first| first.place.frame);
            return known;
        }
        let frame = |at: At| self.requests[at.index()].place.frame;
        let answer = request.answer.map(|at| &self.answers[at.index()]);
        let mut relayed_in = Frames::default();
        if !request.marks.has(Marks::PASSED_ON) {
            let mut copy = request.passed_on;
            while let Some(at) = copy {
                relayed_in.push(frame(at));
                copy = self.requests[at.index()].passed_on;
            }
            relayed_in.reverse();
        }
        let goes_on = self.last.is_some_and(|(_, last)| last - request.time >= INITIAL_TIMEOUT);
        Known {
            response_in: answer.map(|answer| answer.place.frame),
            response_time: answer.map(|answer| answer.time - request.time),
            retransmission: again.zip(request.again).map(|(before, at)| {
                let interval = request.time - before.time;
                Retransmission {
                    of: before.place.frame,
                    number: request.number,
                    interval,
                    as_due: is_due(interval, self.due_after(at)),
                }
            }),
            retransmitted_in: request.repeated.map(frame),
            relay_of: request.cause.map(frame),
            relayed_in,
            above_rate: request.marks.has(Marks::RATE),
            above_node_rate: request.marks.has(Marks::NODE_RATE),
            stale: request.marks.has(Marks::STALE),
            shows_mode: request.marks.has(Marks::SHOWS_MODE),
            unanswered: answer.is_none()
                && request.marks.has(Marks::WANTS_ANSWER)
                && request.repeated.is_none()
                && goes_on,
            ..self.common(request.place, self.mobile_of(request), request.handover)
        }
    }

    fn known_answer(&self, answer: &Answer) -> Known {
        let request = answer.request.map(|at| &self.requests[at.index()]);
        let first = answer.first.map(|at| self.answers[at.index()].place.frame);
        let is_duplicate = answer.marks.has(Marks::DUPLICATE);
        Known {
            duplicate_of: first.filter(|_| is_duplicate),
            response_to: request.map(|request| request.place.frame),
            response_time: request.map(|request| answer.time - request.time),
            asked_with_dmm: request.is_some_and(|request| request.marks.has(Marks::DMM)),
            first_response: first.filter(|_| !is_duplicate),
            is_locator: answer.marks.has(Marks::LOCATOR),
            is_final: answer.marks.has(Marks::FINAL) || answer.marks.has(Marks::LOCATOR),
            ..self.common(answer.place, answer.mobile, answer.handover)
        }
    }

    fn mobile_of(&self, request: &Request) -> Option<At> {
        self.pairs[request.pair.index()].mobile
    }

    fn common(&self, place: Place, mobile: Option<At>, handover: Option<At>) -> Known {
        let (maar, previous) = mobile.map_or((None, None), |mobile| self.sessions[mobile.index()].at(place));
        let node = |at: At| *self.nodes.get(at);
        let handover = handover.map(|at| {
            let handover = &self.handovers[at.index()];
            let start = handover.start.map(|start| self.requests[start.index()].time);
            let end = handover.end.map(|end| self.answers[end.index()].time);
            Handed {
                id: at.number(),
                from: handover.from.map(node),
                to: node(handover.to),
                latency: start.zip(end).map(|(start, end)| end - start),
                p_maars: handover.told.max(handover.named),
                mode: handover.mode,
            }
        });
        Known { handover, maar: maar.map(node), previous_maar: previous.map(node), ..Known::default() }
    }

    /// What is known of a user packet from one MAAR to another: whose it is, if the signalling was seen.
    pub(crate) fn tunnelled(
        &self,
        place: Place,
        outer: (Ipv6Addr, Ipv6Addr),
        inner: (Ipv6Addr, Ipv6Addr),
    ) -> Option<Tunnelled> {
        let found = |address, anchor, is_downlink| {
            let (prefix, anchoring) = self.anchors.find(address, place)?;
            (*self.nodes.get(anchoring.anchor) == anchor).then(|| Tunnelled {
                mobile: anchoring.mobile.number(),
                prefix,
                anchor,
                is_downlink,
            })
        };
        // RFC 8885 §3.2: the anchor encapsulates what goes to the mobile node and decapsulates what comes from it.
        found(inner.1, outer.0, true).or_else(|| found(inner.0, outer.1, false))
    }

    /// The identifier of a mobile node, as its option has it behind the Length.
    pub(crate) fn mobile(&self, number: u32) -> Option<&[u8]> {
        self.mobiles.numbered(number).map(|name| &**name)
    }
}

/// What stands at a place, in a list that is in the order of the capture. Mostly it is the last, just noted.
fn at_place<T>(list: &[T], place: Place, place_of: impl Fn(&T) -> Place) -> Option<&T> {
    let last = list.last()?;
    match place.cmp(&place_of(last)) {
        Ordering::Greater => None,
        Ordering::Equal => Some(last),
        Ordering::Less => list.binary_search_by_key(&place, place_of).ok().map(|index| &list[index]),
    }
}

/// Whether an interval is the one that is due, jitter aside.
fn is_due(interval: Nanos, due: Nanos) -> bool {
    (interval - due).abs() <= due / JITTER
}

#[cfg(test)]
mod tests;
