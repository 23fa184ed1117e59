//! Reads steps: one key that is the verb, and what the verb needs.

use super::body::{body, message, option, single};
use super::condition::Condition;
use super::fields::{Fields, list, number, text};
use super::filter::{filter, filter_of, matcher};
use super::messages::Msg;
use super::model::{
    At, Branch, Call, Check, Each, EachField, Expect, Filter, ForEach, Outcome, Rule, Schedule, Send, Series,
    Step, Trigger, TriggerAction, Verb,
};
use super::span::{LoadError, Span};
use super::yaml::{Key, Kind, Node};
use crate::verdict::{Level, Verdict};

/// Every step.
pub(crate) const VERBS: &[&str] = &[
    "send",
    "expect",
    "expect_none",
    "expect_all",
    "expect_series",
    "expect_outcome",
    "check",
    "call",
    "for_each",
    "wait",
    "note",
    "trigger",
];

/// Reads a list of steps.
pub(crate) fn steps(items: Vec<Node>) -> Result<Vec<Step>, LoadError> {
    items.into_iter().map(step).collect()
}

fn step(node: Node) -> Result<Step, LoadError> {
    let span = node.span.clone();
    let (key, value) = single(node, "a step")?;
    let span = if span.line == 0 { key.span.clone() } else { span };
    let mut step = Step { span, verb: Verb::Note(String::new()), level: None, req: None, when: None };
    step.verb = match key.name.as_str() {
        "wait" => Verb::Wait(value),
        "note" => Verb::Note(text(&value, "note")?),
        name => {
            let mut fields = Fields::of(value, &format!("`{name}`"))?;
            step.level = level(&mut fields)?;
            step.req = requirement(&mut fields)?;
            step.when = fields.take("when").map(|node| Condition::parse(&node)).transpose()?;
            let verb = verb(&key, &mut fields)?;
            fields.finish()?;
            verb
        }
    };
    Ok(step)
}

/// `level: should`.
pub(crate) fn level(fields: &mut Fields) -> Result<Option<Level>, LoadError> {
    let Some(node) = fields.take("level") else { return Ok(None) };
    let name = text(&node, "level")?;
    match Level::NAMES.iter().find(|(known, _)| *known == name) {
        Some((_, level)) => Ok(Some(*level)),
        None => Err(node
            .span
            .error(format!("unknown level `{name}`, expected one of: must, should, info, derived"))),
    }
}

/// `req: RFC8885-R3.6.3`.
pub(crate) fn requirement(fields: &mut Fields) -> Result<Option<At<String>>, LoadError> {
    fields.take("req").map(|node| at_text(&node, "req")).transpose()
}

fn at_text(node: &Node, what: &str) -> Result<At<String>, LoadError> {
    Ok(At { span: node.span.clone(), value: text(node, what)? })
}

fn verb(key: &Key, fields: &mut Fields) -> Result<Verb, LoadError> {
    Ok(match key.name.as_str() {
        "send" => {
            let (label, from) = (fields.text("as")?, fields.require("from")?);
            let apply_case = match fields.take("apply") {
                None => false,
                Some(node) if node.text() == Some("$case") => true,
                Some(node) => return Err(node.span.error("`apply` takes `$case`")),
            };
            Verb::Send(Box::new(Send { label, from, body: body(fields)?, apply_case }))
        }
        "expect" => {
            let branches = fields.list("one_of")?;
            let mut expect = expect(fields, "within")?;
            let msg = expect.filter.msg;
            expect.one_of = branches.into_iter().map(|node| branch(node, msg)).collect::<Result<_, _>>()?;
            Verb::Expect(Box::new(expect))
        }
        "expect_none" => Verb::ExpectNone(Box::new(expect(fields, "for")?)),
        "expect_all" => Verb::ExpectAll(Box::new(expect(fields, "within")?)),
        "expect_series" => Verb::Series(Box::new(series(fields)?)),
        "expect_outcome" => {
            let of = at_text(&fields.require("of")?, "of")?;
            Verb::Outcome(Outcome { of, is: fields.require("is")?, within: fields.require("within")? })
        }
        "check" => Verb::Check(Box::new(check(&key.span, fields)?)),
        "call" => {
            let procedure = at_text(&fields.require("proc")?, "proc")?;
            let with = fields.map("with")?.into_iter();
            Verb::Call(Call {
                procedure,
                with: with.map(|(key, node)| (At { span: key.span, value: key.name }, node)).collect(),
            })
        }
        "for_each" => {
            let (list_of, name) = (fields.require("list")?, fields.require_text("as")?);
            Verb::ForEach(ForEach {
                list: list_of,
                name,
                steps: steps(list(fields.require("steps")?, "steps")?)?,
            })
        }
        "trigger" => trigger(fields)?,
        other => {
            return Err(key
                .span
                .error(format!("unknown step `{other}`, expected one of: {}", VERBS.join(", "))));
        }
    })
}

fn expect(fields: &mut Fields, time: &'static str) -> Result<Expect, LoadError> {
    fields.refuse(&["reply"])?;
    Ok(Expect {
        label: fields.text("as")?,
        to: fields.require("to")?,
        filter: filter(fields)?,
        time: fields.require(time)?,
        after: fields.take("after"),
        one_of: Vec::new(),
    })
}

/// `{name: accepted-as-rfc5213, when: "!lma.dmm", match: {status: 0}, verdict: info, note: ...}`.
fn branch(node: Node, msg: Msg) -> Result<Branch, LoadError> {
    let mut fields = Fields::of(node, "a branch of `one_of`")?;
    let span = fields.span().clone();
    let name = fields.require_text("name")?;
    let verdict = fields.require("verdict")?;
    let verdict = match verdict.text() {
        Some("pass") => Verdict::Pass,
        Some("info") => Verdict::Info,
        Some("warn") => Verdict::Warn,
        Some("inconclusive") => Verdict::Inconclusive,
        Some("fail") => Verdict::Fail,
        _ => return Err(verdict.span.error("`verdict` is one of: pass, info, warn, inconclusive, fail")),
    };
    let when = fields.take("when").map(|node| Condition::parse(&node)).transpose()?;
    let note = fields.text("note")?.unwrap_or_default();
    let filter = filter_of(msg, &mut fields)?;
    fields.finish()?;
    Ok(Branch { span, name, filter, verdict, when, note })
}

fn series(fields: &mut Fields) -> Result<Series, LoadError> {
    let reply = match fields.take("reply") {
        Some(node) if node.text() == Some("none") => None,
        Some(node) => {
            let mut fields = Fields::of(node, "`reply` is `none`, or a message; it")?;
            let reply = body(&mut fields)?;
            fields.finish()?;
            Some(reply)
        }
        None => None,
    };
    let (label, to, filter) = (fields.text("as")?, fields.require("to")?, filter(fields)?);
    let first_within = fields.require("first_within")?;
    let mut intervals = Fields::of(fields.require("intervals")?, "`intervals`")?;
    let schedule = match (intervals.take("backoff"), intervals.take("list")) {
        (Some(node), None) => {
            let mut backoff = Fields::of(node, "`backoff`")?;
            let (initial, factor) = (backoff.require("initial")?, backoff.require("factor")?);
            let max = backoff.require("max")?;
            backoff.finish()?;
            Schedule::Backoff { initial, factor, max }
        }
        (None, Some(node)) => Schedule::List(list(node, "list")?),
        _ => return Err(intervals.span().error("`intervals` has one of: backoff, list")),
    };
    let mut tolerance = Fields::of(intervals.require("tolerance")?, "`tolerance`")?;
    let (early, late, abs) =
        (tolerance.require("early")?, tolerance.require("late")?, tolerance.require("abs")?);
    tolerance.finish()?;
    intervals.finish()?;
    let count = count(fields)?;
    let may_stop = match fields.take("after_max") {
        None => false,
        Some(node) => match node.text() {
            Some("stop_or_continue") => true,
            Some("continue") => false,
            _ => return Err(node.span.error("`after_max` is one of: stop_or_continue, continue")),
        },
    };
    let each = fields.list("each")?.into_iter().map(|node| each(node, &filter)).collect::<Result<_, _>>()?;
    Ok(Series { label, to, filter, first_within, schedule, early, late, abs, count, may_stop, each, reply })
}

/// Most messages of a series, and more runs than any verdict takes.
const MOST: u32 = 1000;

/// `count: 8`, or `count: {quick: 4, full: 8}`.
pub(crate) fn count(fields: &mut Fields) -> Result<(u32, u32), LoadError> {
    let node = fields.require("count")?;
    let span = node.span.clone();
    let (quick, full) = two_counts(node)?;
    if quick.min(full) == 0 || quick.max(full) > MOST {
        return Err(span.error(format!("`count` is from 1 to {MOST}")));
    }
    Ok((quick, full))
}

fn two_counts(count: Node) -> Result<(u32, u32), LoadError> {
    if !matches!(count.kind, Kind::Map(_)) {
        let count = number(&count, "count")?;
        return Ok((count, count));
    }
    let mut counts = Fields::of(count, "`count`")?;
    let (quick, full) = (counts.require("quick")?, counts.require("full")?);
    counts.finish()?;
    Ok((number(&quick, "quick")?, number(&full, "full")?))
}

/// `{field: options.timestamp, rule: increasing, when: ordering.timestamp}`.
fn each(node: Node, filter: &Filter) -> Result<Each, LoadError> {
    let mut fields = Fields::of(node, "a rule")?;
    let span = fields.span().clone();
    let node = fields.require("field")?;
    let name = text(&node, "field")?;
    let what = match name.strip_prefix("options.") {
        Some(name) => EachField::Option(option(&node.span, name)?),
        None => EachField::Field(filter.msg.field(&name).ok_or_else(|| {
            let known: Vec<_> = filter.msg.fields().map(|field| field.name).collect();
            node.span
                .error(format!("`{name}` is no field: write `options.NAME` or one of: {}", known.join(", ")))
        })?),
    };
    let rule = fields.require("rule")?;
    let rule = match rule.text() {
        Some("increasing_mod_65536") => Rule::IncreasingMod65536,
        Some("increasing") => Rule::Increasing,
        Some("same") => Rule::Same,
        _ => {
            let known = "increasing_mod_65536, increasing, same";
            return Err(rule
                .span
                .error(format!("unknown rule {}, expected one of: {known}", rule.describe())));
        }
    };
    let when = fields.take("when").map(|node| Condition::parse(&node)).transpose()?;
    fields.finish()?;
    Ok(Each { span, field: what, rule, when })
}

fn check(span: &Span, fields: &mut Fields) -> Result<Check, LoadError> {
    if let Some(node) = fields.take("order") {
        let labels = list(node, "order")?;
        return Ok(Check::Order(labels.iter().map(|node| at_text(node, "order")).collect::<Result<_, _>>()?));
    }
    if let Some(node) = fields.take("value") {
        let expected = fields.require("match")?;
        return Ok(Check::Value(node, At { span: expected.span.clone(), value: matcher(expected)? }));
    }
    if let Some(node) = fields.take("rate") {
        let mut rate = Fields::of(node, "`rate`")?;
        let check = Check::Rate {
            to: rate.require("to")?,
            msg: message(&rate.require("msg")?)?.value,
            max: rate.require("max")?,
            per: rate.require("per")?,
            per_node: rate.flag("per_node")?,
        };
        rate.finish()?;
        return Ok(check);
    }
    if let Some(node) = fields.take("token_bucket") {
        let mut bucket = Fields::of(node, "`token_bucket`")?;
        let check = Check::TokenBucket {
            of: at_text(&bucket.require("of")?, "of")?,
            rate: bucket.require("rate")?,
            burst: bucket.require("burst")?,
            slack: bucket.require("slack")?,
        };
        bucket.finish()?;
        return Ok(check);
    }
    match fields.take("alive") {
        Some(Node { kind: Kind::Bool(true), .. }) => Ok(Check::Alive),
        Some(node) => Err(node.span.error("`alive` takes `true`")),
        None => Err(span.error("`check` has one of: order, value, rate, token_bucket, alive")),
    }
}

fn trigger(fields: &mut Fields) -> Result<Verb, LoadError> {
    let span = fields.span().clone();
    let node = fields.require("action")?;
    let known = TriggerAction::NAMES.iter().find(|(name, _)| node.text() == Some(*name));
    let Some((_, action)) = known else {
        let known: Vec<_> = TriggerAction::NAMES.iter().map(|(name, _)| *name).collect();
        let what = format!("unknown trigger {}", node.describe());
        return Err(node.span.error(format!("{what}, expected one of: {}", known.join(", "))));
    };
    let action = *action;
    let (mobile, at, timeout) = (fields.take("mn"), fields.take("at"), fields.take("timeout"));
    if action.is_of_mobile() && mobile.is_none() {
        return Err(span.error("the key `mn` is missing: which mobile node?"));
    }
    if action == TriggerAction::Handover && at.is_none() {
        return Err(span.error("the key `at` is missing: where does the mobile node go?"));
    }
    let config = fields.map("config")?.into_iter().map(|(key, node)| (key.name, node)).collect::<Vec<_>>();
    if (action == TriggerAction::SetConfig) == config.is_empty() {
        return Err(span.error("`config` has the settings of a `set-config`, and of nothing else"));
    }
    Ok(Verb::Trigger(Trigger { action, mobile, at, config, timeout, span }))
}
