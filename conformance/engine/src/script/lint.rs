//! Mistakes in scripts that reading alone does not show: names used before they are given, requirements that no
//! catalogue has, cases that cannot fail. What passes here does not stop a run for a reason of its own.

use std::collections::BTreeSet;

use dmm_codec::edit::Place;

use super::messages::Msg;
use super::model::{
    At, Body, Check, Each, Expect, Filter, Ip, Library, Matcher, OptionKind, Padding, Row, Schedule, Series,
    Step, TestCase, Tester, Verb,
};
use super::span::{LoadErrors, Span};
use super::yaml::{Kind, Node};
use crate::requirement::Catalogue;
use crate::transport::Role;

/// Deeper than any chain of procedures that a reader could follow.
const DEEPEST_CALL: usize = 8;
/// Steps that are looked at, those of a procedure once for each call: more than any case has.
const MOST_STEPS: usize = 10_000;
/// Names that are always there.
const ALWAYS: [&str; 4] = ["case", "pixit", "env", "iut"];

/// Looks through a case.
pub(crate) fn case(
    case: &TestCase,
    catalogue: &Catalogue,
    errors: &mut LoadErrors,
    warnings: &mut LoadErrors,
) {
    let mut lint = Lint { case, catalogue, errors, known: BTreeSet::new(), depth: 0, looked_at: 0 };
    lint.run();
    if !case.steps.is_empty() && case.postamble.is_empty() {
        // L13: what is left behind meets the next case.
        warnings
            .0
            .push(case.span.error(format!("L13: {} has no postamble to undo what it did", case.id.value)));
    }
}

struct Lint<'a> {
    case: &'a TestCase,
    catalogue: &'a Catalogue,
    errors: &'a mut LoadErrors,
    known: BTreeSet<String>,
    depth: usize,
    looked_at: usize,
}

impl Lint<'_> {
    fn run(&mut self) {
        let case = self.case;
        for requirement in &case.requirements {
            self.requirement(requirement);
        }
        if case.requirements.is_empty() {
            self.error(&case.span, "a case names the requirements that it judges under `requirements`");
        }
        let mut left = MOST_STEPS;
        if !case.steps.iter().any(|step| self.can_fail(step, 0, &mut left)) {
            self.error(&case.span, "L01: nothing under `steps` can fail, so the case proves nothing");
        }
        self.known.extend(ALWAYS.map(ToString::to_string));
        for (name, values) in &case.params {
            self.give(name);
            if values.is_empty() {
                self.error(&name.span, "a parameter without values makes no instance");
            }
        }
        for tester in &case.testers {
            self.give(&tester.name);
        }
        for mobile in &case.mobiles {
            self.give(mobile);
        }
        for row in &case.rows {
            self.row(row);
        }
        for (i, row) in case.rows.iter().enumerate() {
            if case.rows[..i].iter().any(|other| other.name == row.name) {
                self.error(&row.span, &format!("the row `{}` stands here twice", row.name));
            }
        }
        for tester in &case.testers {
            if let Some(count) = &tester.count {
                self.node(count);
            }
            if let Some(auto) = &tester.auto {
                self.maybe(auto.delay.as_ref());
                let Some(layers) = case.library.layers(&auto.reply) else {
                    self.error(&auto.span, &format!("no template `{}`: include its library", auto.reply));
                    continue;
                };
                let outer = self.known.clone();
                self.known.extend(["req", "prefix", "maar", "mn"].map(ToString::to_string));
                for body in layers {
                    self.body(body, &case.library, false);
                }
                self.known = outer;
            }
        }
        self.steps(&case.preamble);
        self.steps(&case.stimulus);
        self.steps(&case.steps);
        self.steps(&case.postamble);
    }

    fn error(&mut self, span: &Span, what: &str) {
        let error = span.error(what);
        // A procedure that is called twice shows its mistakes once.
        if !self.errors.0.contains(&error) {
            self.errors.0.push(error);
        }
    }

    /// A name that is given once and for the whole case.
    fn give(&mut self, name: &At<String>) {
        // A dot in a name would end it in a reference.
        if name.value.is_empty() || !name.value.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            self.error(&name.span, "a name has letters, digits, `_` and `-` only");
        }
        if !self.known.insert(name.value.clone()) {
            self.error(&name.span, &format!("the name `{}` is already taken", name.value));
        }
    }

    fn requirement(&mut self, requirement: &At<String>) {
        if self.catalogue.get(&requirement.value).is_none() {
            let what = format!("L02: no catalogue has the requirement `{}`", requirement.value);
            self.error(&requirement.span, &what);
        }
    }

    fn can_fail(&self, step: &Step, depth: usize, left: &mut usize) -> bool {
        *left = left.saturating_sub(1);
        match &step.verb {
            verb if verb.judges() => true,
            _ if *left == 0 => false,
            Verb::ForEach(each) => each.steps.iter().any(|step| self.can_fail(step, depth, left)),
            Verb::Call(call) if depth < DEEPEST_CALL => {
                let procedure = self.case.library.procedure(&call.procedure.value);
                let steps = procedure.map_or(&[][..], |found| &found.steps);
                steps.iter().any(|step| self.can_fail(step, depth + 1, left))
            }
            _ => false,
        }
    }

    fn row(&mut self, row: &Row) {
        if let Some(requirement) = &row.req {
            self.requirement(requirement);
        }
        for (_, node) in &row.values {
            self.node(node);
        }
        self.option_values(&row.overlay);
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.looked_at += 1;
            if self.looked_at > MOST_STEPS {
                let what =
                    format!("more than {MOST_STEPS} steps, with those of the procedures that are called");
                let span = self.case.span.clone();
                return self.error(&span, &what);
            }
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        if let Some(requirement) = &step.req {
            self.requirement(requirement);
        }
        for name in step.when.iter().flat_map(|when| when.names()) {
            // L09: a condition is decided before the run.
            let root = name.split('.').next().unwrap_or(name);
            if self.known.contains(root) && !ALWAYS.contains(&root) && !self.is_param(root) {
                let what = format!("L09: `when` is decided before the run, but `{root}` is not known then");
                self.error(&step.span, &what);
            }
        }
        match &step.verb {
            Verb::Send(send) => {
                self.roles(&send.from);
                if send.apply_case && self.case.rows.is_empty() {
                    self.error(&step.span, "`apply: $case`, but the case has no `cases`");
                }
                let outer = self.known.clone();
                let with: Vec<_> = send.body.with.iter().collect();
                for (_, node) in &with {
                    self.node(node);
                }
                self.known.extend(with.iter().map(|(name, _)| name.clone()));
                self.body(&send.body, &self.case.library, send.apply_case);
                self.known = outer;
                self.label(send.label.as_ref());
            }
            Verb::Expect(expect) | Verb::ExpectNone(expect) | Verb::ExpectAll(expect) => self.expect(expect),
            Verb::Series(series) => self.series(series),
            Verb::Outcome(outcome) => {
                self.used(&outcome.of);
                self.node(&outcome.is);
                self.node(&outcome.within);
            }
            Verb::Check(check) => self.check(&step.span, check),
            Verb::Call(call) => self.call(call),
            Verb::ForEach(each) => {
                self.node(&each.list);
                let added = self.known.insert(each.name.clone());
                self.steps(&each.steps);
                if added {
                    self.known.remove(&each.name);
                }
            }
            Verb::Wait(time) => self.node(time),
            Verb::Note(_) => {}
            Verb::Trigger(trigger) => {
                self.maybe(trigger.mobile.as_ref());
                self.maybe(trigger.timeout.as_ref());
                trigger.config.iter().for_each(|(_, node)| self.node(node));
                match &trigger.at {
                    Some(node) if node.text() == Some("iut") => {}
                    Some(node) => self.roles(node),
                    None => {}
                }
            }
        }
    }

    fn is_param(&self, name: &str) -> bool {
        self.case.params.iter().any(|(param, _)| param.value == name)
    }

    fn label(&mut self, label: Option<&String>) {
        self.known.extend(label.cloned());
    }

    fn call(&mut self, call: &super::model::Call) {
        let case = self.case;
        for (_, node) in &call.with {
            self.node(node);
        }
        let Some(procedure) = case.library.procedure(&call.procedure.value) else {
            let what = format!("no procedure `{}`: include its library", call.procedure.value);
            return self.error(&call.procedure.span, &what);
        };
        for arg in procedure.args.iter().filter(|arg| !call.with.iter().any(|(name, _)| name.value == **arg))
        {
            self.error(&call.procedure.span, &format!("`{}` needs the argument `{arg}`", procedure.name));
        }
        for (name, _) in call.with.iter().filter(|(name, _)| !procedure.args.contains(&name.value)) {
            self.error(&name.span, &format!("`{}` has no argument `{}`", procedure.name, name.value));
        }
        if self.depth == DEEPEST_CALL {
            return self.error(&call.procedure.span, "procedures call each other too deeply");
        }
        self.depth += 1;
        let added: Vec<_> = procedure.args.iter().filter(|arg| self.known.insert((*arg).clone())).collect();
        self.steps(&procedure.steps);
        for arg in added {
            self.known.remove(arg);
        }
        self.depth -= 1;
    }

    fn expect(&mut self, expect: &Expect) {
        self.roles(&expect.to);
        self.node(&expect.time);
        self.maybe(expect.after.as_ref());
        self.filter(&expect.filter);
        for branch in &expect.one_of {
            self.filter(&branch.filter);
            for name in branch.when.iter().flat_map(|when| when.names()) {
                let root = name.split('.').next().unwrap_or(name);
                if self.known.contains(root) && !ALWAYS.contains(&root) && !self.is_param(root) {
                    let what =
                        format!("L09: `when` is decided before the run, but `{root}` is not known then");
                    self.error(&branch.span, &what);
                }
            }
        }
        self.label(expect.label.as_ref());
    }

    fn filter(&mut self, filter: &Filter) {
        for (_, matcher) in &filter.fields {
            self.matcher(&matcher.value);
        }
        for (_, matcher) in filter.has.iter().chain(&filter.lacks).flat_map(|option| &option.fields) {
            self.matcher(matcher);
        }
        for (_, matcher) in &filter.count {
            self.matcher(&matcher.value);
        }
    }

    fn matcher(&mut self, matcher: &Matcher) {
        match matcher {
            Matcher::Is(node) => self.node(node),
            Matcher::All(all) => all.iter().for_each(|(_, node)| self.node(node)),
        }
    }

    fn series(&mut self, series: &Series) {
        self.roles(&series.to);
        self.filter(&series.filter);
        self.nodes(&[&series.first_within, &series.early, &series.late, &series.abs]);
        match &series.schedule {
            Schedule::Backoff { initial, factor, max } => self.nodes(&[initial, factor, max]),
            Schedule::List(items) => items.iter().for_each(|node| self.node(node)),
        }
        if let Some(reply) = &series.reply {
            let outer = self.known.clone();
            reply.with.iter().for_each(|(_, node)| self.node(node));
            self.known.extend(reply.with.iter().map(|(name, _)| name.clone()).chain(["req".to_string()]));
            self.body(reply, &self.case.library, false);
            self.known = outer;
        }
        for Each { span, when, .. } in &series.each {
            for name in when.iter().flat_map(|when| when.names()) {
                if self.known.contains(name) {
                    self.error(
                        span,
                        &format!("L09: `when` is decided before the run, but `{name}` is not known then"),
                    );
                }
            }
        }
        self.label(series.label.as_ref());
    }

    fn check(&mut self, span: &Span, check: &Check) {
        match check {
            Check::Order(labels) => labels.iter().for_each(|label| self.used(label)),
            Check::Value(node, matcher) => {
                self.node(node);
                self.matcher(&matcher.value);
            }
            Check::Rate { to, max, per, .. } => {
                self.roles(to);
                self.nodes(&[max, per]);
            }
            Check::TokenBucket { of, rate, burst, slack } => {
                self.used(of);
                self.nodes(&[rate, burst, slack]);
            }
            Check::Alive => {
                // What a CMD or LMA is probed with must come from somewhere.
                let by_pbu = matches!(self.case.iut, Some(Role::Cmd | Role::Lma));
                let sends = |tester: &Tester| matches!(tester.role, Role::Maar | Role::Mag);
                if by_pbu && !self.case.testers.iter().any(sends) {
                    self.error(span, "`alive` needs a role that sends PBUs: a maar or a mag under `testers`");
                }
            }
        }
    }

    fn used(&mut self, label: &At<String>) {
        if !self.known.contains(&label.value) {
            self.error(
                &label.span,
                &format!("L04: no step before this one gives the label `{}`", label.value),
            );
        }
    }

    /// The keys of a message, and its template's below them.
    fn body(&mut self, body: &Body, library: &Library, apply_case: bool) {
        let mut below = Vec::new();
        if let Some(name) = &body.template {
            let Some(layers) = library.layers(&name.value) else {
                let what = format!("no template `{}`, or it uses itself: include its library", name.value);
                return self.error(&name.span, &what);
            };
            below = layers;
        }
        let msg = below.iter().chain([&body]).rev().find_map(|layer| layer.msg.as_ref());
        let Some(msg) = msg else {
            return self.error(&body.span, "which message? Write `msg`, or `use` a template that has it");
        };
        let rows = if apply_case { &self.case.rows[..] } else { &[] };
        for row in rows {
            self.fields(&row.overlay, msg.value, &row.overlay);
        }
        for part in below.into_iter().chain([body]) {
            // Keys that are written over are not evaluated.
            self.fields(part, msg.value, body);
            if part.options.is_some() && !std::ptr::eq(part, body) && body.options.is_some() {
                continue;
            }
            self.option_values(part);
        }
    }

    fn fields(&mut self, part: &Body, msg: Msg, over: &Body) {
        self.shape(part, msg);
        for (name, node) in &part.fields {
            let is_lifetime = name.value == "lifetime_units" && matches!(msg, Msg::Mobility(_));
            if !msg.settable().any(|field| field.name == name.value) && !is_lifetime {
                let what = format!(
                    "a {} has no field `{}` to set; a `$case` value needs another name",
                    msg.name(),
                    name.value
                );
                self.error(&name.span, &what);
            }
            let is_over =
                !std::ptr::eq(part, over) && over.fields.iter().any(|(other, _)| other.value == name.value);
            if !is_over {
                self.node(node);
            }
        }
    }

    /// What only some messages have: options of their own table, and places in Mobility Headers.
    fn shape(&mut self, part: &Body, msg: Msg) {
        let options = part.options.iter().flatten().chain(&part.add).chain(&part.add_first);
        for option in options {
            let fits = match &option.kind {
                OptionKind::Known(row, _) => msg.carries(row),
                OptionKind::Raw(..) => matches!(msg, Msg::Mobility(_) | Msg::Neighbor(_)),
            };
            if !fits {
                self.error(&option.span, &format!("a {} does not carry this option", msg.name()));
            }
        }
        let wire = &part.wire;
        for patch in wire.patch.iter().chain(&wire.late_patch) {
            if !matches!((&patch.value.at, msg), (Place::Offset(_), _) | (_, Msg::Mobility(_))) {
                let what =
                    format!("a place in a {} is an offset; only a Mobility Header's has a name", msg.name());
                self.error(&patch.span, &what);
            }
        }
        if !matches!(msg, Msg::Mobility(_)) && (wire.mh.is_some() || wire.padding != Padding::Auto) {
            self.error(
                &part.span,
                &format!("a {} is no Mobility Header: it has no `mh` and no `padding`", msg.name()),
            );
        }
    }

    fn option_values(&mut self, body: &Body) {
        let Ip { src, dst, dst_mac, .. } = &body.ip;
        for node in [src, dst, dst_mac] {
            self.maybe(node.as_ref());
        }
        let options = body.options.iter().flatten().chain(&body.add).chain(&body.add_first);
        for option in options {
            if let OptionKind::Known(_, node) = &option.kind {
                self.node(node);
            }
        }
    }

    fn maybe(&mut self, node: Option<&Node>) {
        if let Some(node) = node {
            self.node(node);
        }
    }

    /// A node that names roles: bare text must be one of the case's.
    fn roles(&mut self, node: &Node) {
        self.node(node);
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for item in items {
            let is_role = |name: &str| {
                let roles = self.case.testers.iter().map(|tester| &tester.name);
                roles.chain(&self.case.mobiles).any(|known| known.value == name)
            };
            match item.text() {
                Some(name) if name.starts_with('$') || is_role(name) => {}
                _ => {
                    let roles = self.case.testers.iter().map(|tester| &tester.name);
                    let known: Vec<_> =
                        roles.chain(&self.case.mobiles).map(|known| known.value.as_str()).collect();
                    let what = format!("{} is no role of this case, expected one of", item.describe());
                    self.error(&item.span, &format!("{what}: {}", known.join(", ")));
                }
            }
        }
    }

    fn nodes(&mut self, nodes: &[&Node]) {
        for node in nodes {
            self.node(node);
        }
    }

    /// Every reference names something that is known here (L04), and a role or mobile node where one must stand.
    fn node(&mut self, node: &Node) {
        match &node.kind {
            Kind::Text(text) => {
                let Some(path) = text.strip_prefix('$') else { return };
                let root = path.split('.').next().unwrap_or(path);
                if !self.known.contains(root) {
                    let what = format!(
                        "L04: nothing is called `{root}` here: it is no role, mobile node, parameter, argument or earlier label"
                    );
                    self.error(&node.span, &what);
                }
                if let Some(key) = path.strip_prefix("case.") {
                    for row in &self.case.rows {
                        if !row.values.iter().any(|(name, _)| name == key) {
                            self.error(
                                &row.span,
                                &format!("the row `{}` has no `{key}`, which `$case.{key}` needs", row.name),
                            );
                        }
                    }
                }
            }
            Kind::List(items) => items.iter().for_each(|item| self.node(item)),
            Kind::Map(entries) => entries.iter().for_each(|(_, item)| self.node(item)),
            _ => {}
        }
    }
}
