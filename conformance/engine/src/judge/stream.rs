//! What only several messages together show: how often a node is sent to, and how the waits between retransmissions grow.
//! For captures of anyone's exchange, in which the tester has no part; a case of the suites judges the same with its own
//! steps. It reads no clock, and assumes nothing of what came before the first message.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::constant::{INITIAL_BINDACK_TIMEOUT, MAX_BINDACK_TIMEOUT, MAX_UPDATE_RATE};
use dmm_codec::header::{PBA, PBU};
use dmm_codec::option::spec_by_name;
use dmm_codec::{Instant, MessageView, OptionView};

use super::timing::{RateVerdict, Tolerance, backoff, is_later_sequence, judge_interval, rate};
use crate::packet::options;
use crate::script::plan::Clock;
use crate::verdict::Verdict;

/// RFC 8885 §3.6: MAX_UPDATE_RATE counts "within a second".
const SECOND: Duration = Duration::from_secs(1);
/// The jitter of timers and ways that is forgiven: nobody has measured it for this capture.
const CLOCK: Clock = Clock::REAL;

/// Something that messages break together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// What it is called: `rate`, `backoff`.
    pub rule: &'static str,
    /// The requirement that it breaks.
    pub requirement: &'static str,
    /// What it weighs.
    pub verdict: Verdict,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub seen: String,
}

/// The PBUs and PBAs of a capture until now.
#[derive(Debug, Default)]
pub struct Stream {
    links: BTreeMap<(Ipv6Addr, Ipv6Addr), VecDeque<Instant>>,
    pairs: BTreeMap<(Ipv6Addr, Ipv6Addr, Vec<u8>), Pair>,
}

/// What one node tells another of one mobile node.
#[derive(Debug, Default)]
struct Pair {
    times: VecDeque<Instant>,
    last: Option<Sent>,
}

/// The wait before a sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// It is the first.
    None,
    /// So long.
    Of(Duration),
    /// Longer than any that is due: a sending before it may be missing, so it says nothing of the next.
    Unclear,
}

#[derive(Debug)]
struct Sent {
    at: Instant,
    seq: u64,
    stamp: Option<u64>,
    octets: Vec<u8>,
    content: Vec<u8>,
    wait: Wait,
    is_answered: bool,
}

impl Stream {
    /// Takes the next message; what it breaks together with those before it.
    pub fn note(&mut self, at: Instant, src: Ipv6Addr, dst: Ipv6Addr, view: &MessageView<'_>) -> Vec<Sight> {
        let Some(seq) = view.field("seq").map(|seq| seq.uint()) else { return Vec::new() };
        match view.mh_type() {
            PBU => self.request(at, src, dst, view, seq),
            PBA => {
                if let Some(pair) = self.pairs.get_mut(&(dst, src, mobile(view)))
                    && let Some(last) = pair.last.as_mut().filter(|last| last.seq == seq)
                {
                    last.is_answered = true;
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn request(
        &mut self,
        at: Instant,
        src: Ipv6Addr,
        dst: Ipv6Addr,
        view: &MessageView<'_>,
        seq: u64,
    ) -> Vec<Sight> {
        let pair = self.pairs.entry((src, dst, mobile(view))).or_default();
        let copy = |last: &Sent| last.octets == view.octets() && at.since(last.at) < INITIAL_BINDACK_TIMEOUT;
        if pair.last.as_ref().is_some_and(copy) {
            // The same packet at another place of the capture.
            return Vec::new();
        }
        let mut sights = Vec::new();
        let per_mobile = too_many(&mut pair.times, at);
        sights.extend(per_mobile.map(|seen| rate_sight("of one mobile node", Verdict::Fail, seen)));
        let stamp = first(view, "timestamp").and_then(|it| it.fields().next()).map(|it| it.uint());
        let content = content(view);
        let again = pair.last.take().filter(|last| last.content == content && !last.is_answered);
        let again = again.filter(|last| at.since(last.at) <= 2 * MAX_BINDACK_TIMEOUT);
        let mut wait = Wait::None;
        if let Some(last) = &again {
            let seen = at.since(last.at);
            let sight = waited(last, seen);
            let is_long = sight.as_ref().is_some_and(|sight| sight.verdict == Verdict::Warn);
            wait = if is_long && last.wait != Wait::None { Wait::Unclear } else { Wait::Of(seen) };
            sights.extend(sight);
            sights.extend(freshness(last, seq, stamp));
        }
        let octets = view.octets().to_vec();
        pair.last = Some(Sent { at, seq, stamp, octets, content, wait, is_answered: false });
        // Stance A33: read literally, the limit is that of all mobile nodes together; that is worth a word only.
        let per_node = too_many(self.links.entry((src, dst)).or_default(), at);
        if per_mobile.is_none() {
            sights
                .extend(per_node.map(|seen| rate_sight("of all mobile nodes together", Verdict::Warn, seen)));
        }
        sights
    }
}

/// How close the last few of these times are, where they are too close.
fn too_many(times: &mut VecDeque<Instant>, at: Instant) -> Option<(usize, Duration)> {
    times.push_back(at);
    if times.len() > MAX_UPDATE_RATE + 1 {
        times.pop_front();
    }
    match rate(times.make_contiguous(), MAX_UPDATE_RATE, SECOND, CLOCK.jitter) {
        RateVerdict::Exceeded { span, .. } => Some((times.len(), span)),
        RateVerdict::Close { .. } | RateVerdict::Within => None,
    }
}

fn rate_sight(of: &str, verdict: Verdict, (count, span): (usize, Duration)) -> Sight {
    Sight {
        rule: "rate",
        requirement: "RFC8885-R3.6.5",
        verdict,
        expected: format!("at most {MAX_UPDATE_RATE} PBUs {of} to a node within a second"),
        seen: format!("{count} in {span:?}"),
    }
}

/// Whether a wait is the one that is due. One that is too long may only mean that a sending is not in the capture.
fn waited(last: &Sent, seen: Duration) -> Option<Sight> {
    let tolerance = Tolerance {
        early: f64::from(CLOCK.early) / 100.0,
        late: f64::from(CLOCK.late) / 100.0,
        abs: CLOCK.jitter,
    };
    let (due, requirement) = match last.wait {
        Wait::None => (INITIAL_BINDACK_TIMEOUT, "RFC8885-R3.6.2"),
        Wait::Of(before) => (backoff(before, 2, MAX_BINDACK_TIMEOUT, 1), "RFC8885-R3.6.3"),
        Wait::Unclear => return None,
    };
    let expected = judge_interval(seen, due, &tolerance).err()?;
    let (verdict, remark) = match last.wait {
        Wait::None => (Verdict::Warn, ""),
        _ if seen < due => (Verdict::Fail, ""),
        _ => (Verdict::Warn, ", unless a sending is not in the capture"),
    };
    let expected = format!("sent again after {expected}{remark}");
    Some(Sight { rule: "backoff", requirement, verdict, expected, seen: format!("{seen:?}") })
}

/// RFC 5213 §6.9.4: sent again with a fresh time stamp, or by RFC 6275 §11.8 with a greater number.
fn freshness(last: &Sent, seq: u64, stamp: Option<u64>) -> Option<Sight> {
    let later_seq = is_later_sequence(last.seq as u16, seq as u16);
    let later_stamp = stamp.zip(last.stamp).is_some_and(|(now, before)| now > before);
    if later_seq || later_stamp {
        return None;
    }
    Some(Sight {
        rule: "freshness",
        requirement: "RFC8885-R3.6.6",
        verdict: Verdict::Fail,
        expected: "a greater sequence number, or a newer Timestamp, when sent again".to_string(),
        seen: format!("seq {seq} after {}", last.seq),
    })
}

/// The body of the Mobile Node Identifier option; empty where there is none.
fn mobile(view: &MessageView<'_>) -> Vec<u8> {
    first(view, "mn_id").map_or_else(Vec::new, |option| option.body.to_vec())
}

fn first<'a>(view: &MessageView<'a>, name: &str) -> Option<OptionView<'a>> {
    options(view, spec_by_name(name)?.kind).next()
}

/// What a PBU says, without what is fresh in each sending.
fn content(view: &MessageView<'_>) -> Vec<u8> {
    let number = |name: &str| view.field(name).map_or(0, |field| field.uint());
    let mut content = vec![u8::from(number("lifetime") == 0)];
    content.extend(number("flags").to_be_bytes());
    for option in view.options().filter_map(Result::ok) {
        let is_fresh = option.spec().is_some_and(|spec| spec.name == "timestamp");
        if !option.is_padding() && !is_fresh {
            content.extend([option.kind, option.body.len() as u8]);
            content.extend(option.body);
        }
    }
    content
}
