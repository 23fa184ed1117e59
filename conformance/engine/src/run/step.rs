//! One step after the other.

use std::collections::BTreeMap;

use super::{Context, Done, Phase, Running, Stop};
use crate::script::model::{Call, Check, ForEach, Step, Trigger, TriggerAction, Verb};
use crate::script::value::Value;
use crate::transport::{Acted, Action};
use crate::verdict::Verdict;

impl Running<'_> {
    pub(super) fn steps(&mut self, steps: &[Step]) -> Done {
        for step in steps {
            if let Some(when) = &step.when
                && !self.instance.holds(self.profile, when)?
            {
                continue;
            }
            self.calls.push(self.context(step));
            self.verb(&step.verb)?;
            if self.phase == Phase::Steps && step.verb.judges() {
                self.judged.insert(self.requirement());
            }
            self.calls.pop();
            self.stop_if_failed()?;
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
                expect.label.clone().or_else(|| Some(expect.filter.msg.name.to_string()))
            }
            Verb::Series(series) => series.label.clone().or_else(|| Some(series.filter.msg.name.to_string())),
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
        let at = trigger.at.as_ref().map(|node| self.port(node)).transpose()?;
        let action = match trigger.action {
            TriggerAction::Attach => Action::Attach { mobile, at },
            TriggerAction::Detach => Action::Detach { mobile },
            TriggerAction::Restart => Action::Restart,
        };
        match self.transport.act(&action) {
            Ok(Acted::Done) => Ok(()),
            Ok(Acted::Unsupported { why }) => Err(Stop::NotApplicable(why)),
            Ok(Acted::Failed { why }) => {
                self.judge_as(Verdict::Inconclusive, None, "that the trigger is carried out".to_string(), why)
            }
            Err(error) => Err(self.broken(format!("the trigger failed: {error}"))),
        }
    }
}
