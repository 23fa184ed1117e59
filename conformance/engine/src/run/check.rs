//! `check`: judgements on what was captured so far.

use std::time::Duration;

use dmm_codec::header::PBU;
use dmm_codec::option::MN_IDENTIFIER;
use dmm_codec::packet::ICMPV6;
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pbu,
    PbuFlags,
};

use super::{Done, Running};
use crate::contents::Contents;
use crate::identity::{self, PROBE};
use crate::judge::timing::{RateVerdict, rate, token_bucket};
use crate::packet::{Direction, message_value, options};
use crate::record::{Timing, TimingRule};
use crate::script::messages::Msg;
use crate::script::model::{At, Check, Matcher};
use crate::script::value::Value;
use crate::script::yaml::Node;
use crate::transport::{Action, Role};
use crate::verdict::Level;

/// How long a living implementation may take where its profile does not say.
const RESPONSE_TIME: Duration = Duration::from_secs(1);

impl Running<'_> {
    pub(super) fn check(&mut self, check: &Check) -> Done {
        match check {
            Check::Order(labels) => self.order(labels),
            Check::Value(node, matcher) => self.value(node, matcher),
            Check::Rate { to, msg, max, per, per_node } => {
                let max = self.resolve_as(max, count)?;
                let per = self.resolve_as(per, Value::duration)?;
                let ports = self.ports(to)?;
                if *per_node {
                    ports.iter().try_for_each(|port| self.rate(std::slice::from_ref(port), *msg, max, per))
                } else {
                    self.rate(&ports, *msg, max, per)
                }
            }
            Check::TokenBucket { of, rate, burst, slack } => {
                let rate = self.resolve_as(rate, Value::per_second)?;
                let burst = self.resolve_as(burst, count)?;
                let slack = self.resolve_as(slack, Value::duration)?;
                self.token_bucket(of, rate, burst, slack)
            }
            Check::Alive => self.alive(),
        }
    }

    fn first_of(&self, label: &At<String>) -> Done<usize> {
        let packets = self.labels.get(&label.value).and_then(|packets| packets.first());
        Ok(*packets.ok_or_else(|| label.span.error(format!("no packet has the label `{}`", label.value)))?)
    }

    fn order(&mut self, labels: &[At<String>]) -> Done {
        for pair in labels.windows(2) {
            let (earlier, later) = (self.first_of(&pair[0])?, self.first_of(&pair[1])?);
            if earlier >= later {
                let what = format!("`{}` before `{}`", pair[0].value, pair[1].value);
                let seen = format!("packet {} after packet {}", earlier + 1, later + 1);
                self.judge(Some(later), what, seen)?;
            }
        }
        Ok(())
    }

    fn value(&mut self, node: &Node, matcher: &At<Matcher>) -> Done {
        let value = self.resolve(node)?;
        let name = node.text().unwrap_or("value").to_string();
        if self.level() == Level::Info {
            self.record(format!("{name}: {value}"));
        }
        let found = (value != Value::Nothing).then_some(&value);
        match self.mismatch(&matcher.value, found, None)? {
            None => Ok(()),
            Some((expected, seen)) => {
                let labelled =
                    name.strip_prefix('$').and_then(|path| self.labels.get(path.split('.').next()?));
                let packet = labelled.and_then(|packets| packets.first()).copied();
                self.judge(packet, format!("{name} {expected}"), seen)
            }
        }
    }

    /// Over the whole case, preamble included: the limit knows no phases.
    fn rate(&mut self, ports: &[String], msg: Msg, max: usize, per: Duration) -> Done {
        let counts = |logged: &crate::packet::Logged| {
            logged.direction == Direction::Received
                && ports.contains(&logged.port)
                && match msg {
                    // Whatever is wrong with it, it was sent.
                    Msg::Mobility(spec) => {
                        logged.mobility().is_some_and(|(_, view)| view.mh_type() == spec.mh_type)
                    }
                    other => Contents::of(logged, other).is_some(),
                }
        };
        let packets: Vec<usize> = (0..self.log.len()).filter(|packet| counts(&self.log[*packet])).collect();
        let times: Vec<Instant> = packets.iter().map(|packet| self.log[*packet].at).collect();
        let what = format!("at most {max} {} in {per:?} at {}", msg.name(), ports.join(", "));
        let label = format!("{} at {}", msg.name(), ports.join(", "));
        self.timing(label, &packets, TimingRule::Rate { max, per });
        match rate(&times, max, per, self.instance.clock.jitter) {
            RateVerdict::Within => Ok(()),
            RateVerdict::Close { at, span } => {
                let seen = format!("{} in {span:?}, as close as the jitter of the way", max + 1);
                self.inconclusive(Some(packets[at]), what, seen)
            }
            RateVerdict::Exceeded { at, span } => {
                self.judge(Some(packets[at]), what, format!("{} in {span:?}", max + 1))
            }
        }
    }

    fn token_bucket(&mut self, of: &At<String>, rate: f64, burst: usize, slack: Duration) -> Done {
        self.first_of(of)?;
        let packets = self.labels.get(&of.value).cloned().unwrap_or_default();
        let times: Vec<Instant> = packets.iter().map(|packet| self.log[*packet].at).collect();
        let gaps = times.windows(2).map(|pair| pair[1].since(pair[0]));
        if let Some(least) = gaps.min() {
            self.record(format!("{}: {} messages, least gap {least:?}", of.value, times.len()));
        }
        self.timing(of.value.clone(), &packets, TimingRule::TokenBucket { rate, burst });
        #[expect(clippy::cast_precision_loss, reason = "a burst is far below 2^52")]
        let judged = token_bucket(&times, rate, burst as f64, slack);
        let Err((first, last, sent, allowed)) = judged else { return Ok(()) };
        let span = times[last].since(times[first]);
        let what = format!("at most {allowed:.1} messages in {span:?} ({rate}/s, burst {burst})");
        self.judge(Some(packets[last]), what, format!("{sent} from packet {} on", packets[first] + 1))
    }

    /// Keeps the times of packets for the report.
    pub(super) fn timing(&mut self, label: String, packets: &[usize], rule: TimingRule) {
        let requirement = self.requirement();
        let packets = packets.iter().map(|packet| packet + 1).collect();
        self.timings.push(Timing { label, requirement, packets, rule });
    }

    /// A fresh mobile node shows that the implementation is there and reads what it gets.
    fn alive(&mut self) -> Done {
        match self.setup.iut.role {
            Role::Cmd | Role::Lma => self.answers_pbus(),
            Role::Maar | Role::Mag => self.registers(),
        }
    }

    /// A fresh mobile node comes to the access link: a PBU about it must leave. It goes again, so that nothing is sent for it
    /// later (RFC 5213 §6.9.4 (2)).
    fn registers(&mut self) -> Done {
        let nai = self.setup.mobiles.iter().find(|mobile| mobile.name == PROBE).map(|it| it.nai.clone());
        let nai = nai.ok_or_else(|| self.broken("the setup has no mobile node to probe with"))?;
        self.act(&Action::Attach { mobile: PROBE.to_string(), at: None }, PROBE, None)?;
        let first = self.log.len();
        let within = self.profile.pixit.get("response_time").and_then(|time| time.duration().ok());
        let deadline = self.now() + within.unwrap_or(RESPONSE_TIME);
        let mut looked_at = first;
        let found = loop {
            let is_about_it = |packet: &usize| {
                let logged = &self.log[*packet];
                let view = logged.readable().map(|(_, view)| view).filter(|view| view.mh_type() == PBU);
                let mn = view.and_then(|view| options(&view, MN_IDENTIFIER).next().map(|option| option.body));
                mn.is_some_and(|mn| mn.ends_with(nai.as_bytes()))
            };
            if let Some(packet) = (looked_at..self.log.len()).find(is_about_it) {
                break Some(packet);
            }
            looked_at = self.log.len();
            if !self.pump(deadline)? {
                break None;
            }
        };
        self.act(&Action::Detach { mobile: PROBE.to_string() }, PROBE, None)?;
        let Some(packet) = found else {
            let expected = "a PBU about a mobile node that has come".to_string();
            return self.judge(None, expected, "silence".to_string());
        };
        self.take(packet, None);
        Ok(())
    }

    /// A fresh mobile node is registered; any PBA will do.
    fn answers_pbus(&mut self) -> Done {
        let prober = self.setup.roles.iter().find(|role| matches!(role.role, Role::Maar | Role::Mag));
        let prober = prober.ok_or_else(|| self.broken("`alive` needs a role that sends PBUs"))?.clone();
        let at = self.setup.mobiles.iter().position(|mobile| mobile.name == PROBE);
        let at = at.ok_or_else(|| self.broken("the setup has no mobile node to probe with"))?;
        let ticks = self.now().timestamp().0.max(self.last_timestamp + 1);
        self.last_timestamp = ticks;
        let seq = self.sequence.entry(prober.port.clone()).or_default();
        *seq = seq.wrapping_add(1);
        let seq = *seq;
        let dmm = if prober.role == Role::Maar { PbuFlags::D } else { PbuFlags::default() };
        let pbu = Message::Pbu(Pbu {
            seq,
            flags: PbuFlags::A | PbuFlags::P | dmm,
            lifetime: Lifetime::within(Duration::from_secs(40)),
            options: vec![
                MobilityOption::MnIdentifier(MnIdentifier::nai(&self.setup.mobiles[at].nai)),
                MobilityOption::HomeNetworkPrefix(identity::prefix(&prober, at)),
                MobilityOption::HandoffIndicator(HandoffIndicator::NEW_INTERFACE),
                MobilityOption::AccessTechnology(AccessTechnology::IEEE_802_11),
                MobilityOption::Timestamp(dmm_codec::Timestamp(ticks)),
            ],
        });
        let octets =
            pbu.encode(prober.addr, self.setup.iut.addr).map_err(|error| self.broken(error.to_string()))?;
        let sent = self.transmit(&prober.port, &octets)?;
        self.comment(sent, "is it alive?");
        let within = self.profile.pixit.get("response_time").and_then(|time| time.duration().ok());
        let deadline = self.now() + within.unwrap_or(RESPONSE_TIME);
        let mut looked_at = sent + 1;
        loop {
            let answers = |packet: &usize| {
                let logged = &self.log[*packet];
                let seen = logged.readable().and_then(|(_, view)| message_value(&view, "seq"));
                logged.port == prober.port && seen == Some(Value::Int(seq.into()))
            };
            if let Some(packet) = (looked_at..self.log.len()).find(answers) {
                self.take(packet, None);
                return Ok(());
            }
            looked_at = self.log.len();
            if !self.pump(deadline)? {
                let icmp = self.log[sent..]
                    .iter()
                    .any(|logged| logged.ip.as_ref().is_some_and(|ip| ip.next_header == ICMPV6));
                let seen = if icmp { "only ICMPv6" } else { "silence" };
                return self.judge(
                    Some(sent),
                    "an answer to a fresh registration".to_string(),
                    seen.to_string(),
                );
            }
        }
    }
}

fn count(value: &Value) -> Result<usize, String> {
    usize::try_from(value.int()?).map_err(|_| format!("`{value}` is no count"))
}
