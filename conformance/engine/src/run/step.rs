//! One step after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use dmm_codec::ndp::{ALL_ROUTERS, ND_HOP_LIMIT, RouterSolicitation};
use dmm_codec::packet::ICMPV6;

use super::wire::Way;
use super::{Context, Done, Phase, Running, Stop};
use crate::script::model::{Call, Check, ForEach, Step, Trigger, TriggerAction, Verb};
use crate::script::value::Value;
use crate::script::yaml::Node;
use crate::transport::{Acted, Action};
use crate::verdict::Verdict;

/// Most steps of one case: a few loops in each other make more than anybody waits for.
const MOST_STEPS: usize = 10_000;

impl Running<'_> {
    pub(super) fn steps(&mut self, steps: &[Step]) -> Done {
        for step in steps {
            if let Some(when) = &step.when
                && !self.instance.holds(self.profile, when)?
            {
                continue;
            }
            self.steps_done += 1;
            if self.steps_done > MOST_STEPS {
                return Err(step.span.error(format!("more than {MOST_STEPS} steps in one case")).into());
            }
            self.calls.push(self.context(step));
            if let Err(stop) = self.verb(&step.verb) {
                // What it needs has not come, which was judged where it was due: the phase ends with that.
                let is_of_missed = self.asked_for_missed.take() && matches!(stop, Stop::Broken { .. });
                return Err(if is_of_missed { Stop::Judged } else { stop });
            }
            if self.phase == Phase::Steps && step.verb.judges() {
                self.judged.insert(self.requirement());
            }
            self.calls.pop();
        }
        Ok(())
    }

    /// Where a step stands: within a procedure, with the call.
    fn context(&self, step: &Step) -> Context {
        let at = match self.calls.last() {
            Some(call) if call.step.starts_with("call") => format!("{} (called from {})", step.span, call.at),
            Some(_) | None => step.span.to_string(),
        };
        let label = match &step.verb {
            Verb::Send(send) => send.label.clone(),
            Verb::Expect(expect) | Verb::ExpectNone(expect) | Verb::ExpectAll(expect) => {
                expect.label.clone().or_else(|| Some(expect.filter.msg.name().to_string()))
            }
            Verb::Series(series) => {
                series.label.clone().or_else(|| Some(series.filter.msg.name().to_string()))
            }
            Verb::Outcome(outcome) => Some(outcome.of.value.clone()),
            Verb::Call(call) => Some(call.procedure.value.clone()),
            Verb::Check(check) => Some(
                match **check {
                    Check::Order(_) => "order",
                    Check::Value(..) => "value",
                    Check::Rate { .. } => "rate",
                    Check::TokenBucket { .. } => "token_bucket",
                    Check::Alive => "alive",
                }
                .to_string(),
            ),
            _ => None,
        };
        let name = step.verb.name();
        Context {
            at,
            span: Some(step.span.clone()),
            step: label.map_or_else(|| name.to_string(), |label| format!("{name} {label}")),
            level: step.level,
            requirement: step.req.as_ref().map(|requirement| requirement.value.clone()),
        }
    }

    fn verb(&mut self, verb: &Verb) -> Done {
        match verb {
            Verb::Send(send) => self.send(send),
            Verb::Expect(expect) => self.expect(expect),
            Verb::ExpectNone(expect) => self.expect_none(expect),
            Verb::ExpectAll(expect) => self.expect_all(expect),
            Verb::Series(series) => self.series(series),
            Verb::Outcome(outcome) => self.outcome(outcome),
            Verb::Check(check) => self.check(check),
            Verb::Call(call) => self.call(call),
            Verb::ForEach(each) => self.for_each(each),
            Verb::Wait(time) => {
                let time = self.resolve_as(time, Value::duration)?;
                self.pass(time)
            }
            Verb::Note(text) => {
                self.measured.push(text.clone());
                Ok(())
            }
            Verb::Trigger(trigger) => self.trigger(trigger),
        }
    }

    fn call(&mut self, call: &Call) -> Done {
        let Some(procedure) = self.instance.case.library.procedure(&call.procedure.value) else {
            return Err(self.broken(format!("no procedure `{}`", call.procedure.value)));
        };
        let mut scope = BTreeMap::new();
        for (name, node) in &call.with {
            let value = self.resolve(node)?;
            scope.insert(name.value.clone(), self.as_role(&value));
        }
        self.scopes.push(scope);
        let done = self.steps(&procedure.steps);
        self.scopes.pop();
        done
    }

    fn for_each(&mut self, each: &ForEach) -> Done {
        let items = match self.resolve(&each.list)? {
            Value::List(items) => items,
            one => match self.as_role(&one) {
                Value::List(items) => items,
                one => vec![one],
            },
        };
        for item in items {
            self.scopes.push(BTreeMap::from([(each.name.clone(), self.as_role(&item))]));
            let done = self.steps(&each.steps);
            self.scopes.pop();
            done?;
        }
        Ok(())
    }

    fn trigger(&mut self, trigger: &Trigger) -> Done {
        let mobile = match &trigger.mobile {
            Some(node) => self.resolve(node)?.to_string(),
            None => String::new(),
        };
        let at = match &trigger.at {
            // Where a mobile node comes back to.
            Some(node) if node.text() == Some("iut") => None,
            Some(node) => Some(self.port(node)?),
            None => None,
        };
        let timeout =
            trigger.timeout.as_ref().map(|node| self.resolve_as(node, Value::duration)).transpose()?;
        let action = match trigger.action {
            TriggerAction::Attach => Action::Attach { mobile: mobile.clone(), at },
            TriggerAction::Detach => Action::Detach { mobile: mobile.clone() },
            TriggerAction::Handover => Action::Handover { mobile: mobile.clone(), to: at },
            TriggerAction::Restart => Action::Restart,
            TriggerAction::SetConfig => {
                let setting =
                    |(name, node): &(String, Node)| Ok((name.clone(), self.resolve(node)?.to_string()));
                Action::SetConfig(trigger.config.iter().map(setting).collect::<Done<_>>()?)
            }
            TriggerAction::DumpState => Action::DumpState,
        };
        self.act(&action, &mobile, timeout)
    }

    /// Has something done that is not a frame of a role's, and what a mobile node does then.
    pub(super) fn act(&mut self, action: &Action, mobile: &str, timeout: Option<Duration>) -> Done {
        let start = self.now();
        let acted = match timeout {
            Some(timeout) => self.transport.act_within(action, timeout),
            None => self.transport.act(action),
        };
        let expected = || "that the trigger is carried out".to_string();
        let acted = match acted {
            Ok(Acted::Unsupported { why }) => return Err(Stop::NotApplicable(why)),
            Ok(Acted::Failed { why }) => return self.judge_as(Verdict::Inconclusive, None, expected(), why),
            Ok(acted) => acted,
            Err(error) => return Err(self.broken(format!("the trigger failed: {error}"))),
        };
        let took = self.now().since(start);
        if let Some(timeout) = timeout.filter(|timeout| took > *timeout) {
            let expected = format!("{} within {timeout:?}", expected());
            return self.judge_as(Verdict::Inconclusive, None, expected, format!("it took {took:?}"));
        }
        match acted {
            Acted::OnLink => self.solicit(mobile),
            Acted::Told(what) => {
                self.record(what);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What a mobile node does that has come to a link (RFC 4861 §6.3.7).
    fn solicit(&mut self, mobile: &str) -> Done {
        let station =
            self.station(mobile).ok_or_else(|| self.broken(format!("no mobile node `{mobile}`")))?;
        let octets = RouterSolicitation { source_mac: Some(station.mac) }.encode(station.addr, ALL_ROUTERS);
        let way = Way { dst: ALL_ROUTERS, hop_limit: ND_HOP_LIMIT, ..self.way(&station, ICMPV6) };
        let packet = self.transmit_by(mobile, &octets, &way)?;
        self.comment(packet, &format!("{mobile} is on the link"));
        Ok(())
    }
}
