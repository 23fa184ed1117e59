//! `expect`, `expect_none`, `expect_all`: which message meets a filter, and what the nearest one lacked.

use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::wire::FieldKind;

use super::{Done, Running};
use crate::contents::{Contents, Seen, macs};
use crate::judge::matcher::{Mismatch, equal, holds};
use crate::packet::{Direction, Logged, Parsed};
use crate::script::model::{Branch, Expect, Filter, Matcher, Mode, OptionMatch, Subject};
use crate::script::span::LoadError;
use crate::script::value::Value;
use crate::verdict::Verdict;

impl Running<'_> {
    /// One message at a role within a time; the first that is right is taken, others wait for other steps.
    pub(super) fn expect(&mut self, expect: &Expect) -> Done {
        let ports = self.ports(&expect.to)?;
        let start = self.now();
        let deadline = start + self.resolve_as(&expect.time, Value::duration)?;
        if !expect.one_of.is_empty() {
            return self.expect_one_of(expect, &ports, start, deadline);
        }
        let Some(packet) = self.wait_for(&ports, &expect.filter, deadline)? else {
            let what = format!(
                "{} at {} within {:?}",
                expect.filter.msg.name(),
                ports.join(", "),
                deadline.since(start)
            );
            self.missed.extend(expect.label.clone());
            return self.missing(&ports, &expect.filter, what);
        };
        self.take(packet, expect.label.as_ref());
        self.too_early(expect, start, packet)
    }

    /// The first message that one of the branches allows; the branch says what it makes of the case.
    fn expect_one_of(
        &mut self,
        expect: &Expect,
        ports: &[String],
        start: Instant,
        deadline: Instant,
    ) -> Done {
        let mut allowed = Vec::new();
        for branch in &expect.one_of {
            let holds = branch.when.as_ref().map(|when| self.instance.holds(self.profile, when));
            if holds.transpose()?.unwrap_or(true) {
                allowed.push(branch);
            }
        }
        let mut looked_at = self.mark;
        loop {
            while looked_at < self.log.len() {
                let packet = looked_at;
                looked_at += 1;
                let candidate = self.is_candidate(packet, ports, &expect.filter);
                if !candidate || !self.mismatches(packet, &expect.filter)?.is_empty() {
                    continue;
                }
                for branch in &allowed {
                    if self.mismatches(packet, &branch.filter)?.is_empty() {
                        return self.branch(expect, branch, start, packet, &allowed);
                    }
                }
            }
            if !self.pump(deadline)? {
                self.missed.extend(expect.label.clone());
                return self.none_of(expect, ports, &allowed, deadline.since(start));
            }
        }
    }

    /// Says of the first message that came what keeps it from being each of the branches.
    fn none_of(&mut self, expect: &Expect, ports: &[String], allowed: &[&Branch], time: Duration) -> Done {
        let name = expect.filter.msg.name();
        let names: Vec<&str> = allowed.iter().map(|branch| branch.name.as_str()).collect();
        let what =
            format!("a {name} at {} within {time:?} that is one of: {}", ports.join(", "), names.join(", "));
        for packet in self.mark..self.log.len() {
            let candidate = self.is_candidate(packet, ports, &expect.filter);
            if !candidate || !self.mismatches(packet, &expect.filter)?.is_empty() {
                continue;
            }
            let mut seen = Vec::new();
            for branch in allowed {
                let mismatches = self.mismatches(packet, &branch.filter)?;
                let parts: Vec<_> = mismatches.iter().map(|m| format!("{} {}", m.what, m.seen)).collect();
                seen.push(format!("not {}: {}", branch.name, parts.join(", ")));
            }
            return self.judge(Some(packet), what, seen.join("; "));
        }
        self.missing(ports, &expect.filter, what)
    }

    fn branch(
        &mut self,
        expect: &Expect,
        branch: &Branch,
        start: Instant,
        packet: usize,
        allowed: &[&Branch],
    ) -> Done {
        self.log[packet].claimed = true;
        let Branch { name, note, .. } = branch;
        let seen = if note.is_empty() { name.clone() } else { format!("{name}: {note}") };
        let names =
            |all: &mut dyn Iterator<Item = &&Branch>| all.map(|it| it.name.clone()).collect::<Vec<_>>();
        self.record(format!("one of {}: {seen}", names(&mut allowed.iter()).join(", ")));
        if let Some(label) = &expect.label {
            self.labels.insert(label.clone(), vec![packet]);
        }
        if branch.verdict == Verdict::Pass {
            self.comment(packet, &format!("as expected, {seen}"));
        } else {
            let good = names(&mut allowed.iter().filter(|it| it.verdict == Verdict::Pass));
            let expected = if good.is_empty() { "another answer".to_string() } else { good.join(" or ") };
            self.judge_as(branch.verdict, Some(packet), expected, seen)?;
        }
        self.too_early(expect, start, packet)
    }

    /// No such message until the time is over; one that came before this step and was not looked at counts too.
    pub(super) fn expect_none(&mut self, expect: &Expect) -> Done {
        let ports = self.ports(&expect.to)?;
        let start = self.now();
        let deadline = start + self.resolve_as(&expect.time, Value::duration)?;
        let Some(packet) = self.wait_for(&ports, &expect.filter, deadline)? else { return Ok(()) };
        self.log[packet].claimed = true;
        let name = expect.filter.msg.name();
        let what = format!("no {name} at {} for {:?}", ports.join(", "), deadline.since(start));
        let seen = format!("a {name} after {:?}", self.log[packet].at.since(start));
        self.judge(Some(packet), what, seen)
    }

    /// One message at each of the roles, in any order.
    pub(super) fn expect_all(&mut self, expect: &Expect) -> Done {
        let ports = self.ports(&expect.to)?;
        let start = self.now();
        let deadline = start + self.resolve_as(&expect.time, Value::duration)?;
        let mut packets = Vec::new();
        for (done, port) in ports.iter().enumerate() {
            let one = std::slice::from_ref(port);
            let Some(packet) = self.wait_for(one, &expect.filter, deadline)? else {
                let name = expect.filter.msg.name();
                let time = deadline.since(start);
                let all = ports.len();
                let what =
                    format!("{name} at each of {all} roles within {time:?}; {port} is number {}", done + 1);
                return self.missing(one, &expect.filter, what);
            };
            self.take(packet, None);
            self.too_early(expect, start, packet)?;
            packets.push(packet);
        }
        packets.sort_unstable();
        if let Some(label) = &expect.label {
            self.labels.insert(label.clone(), packets);
        }
        Ok(())
    }

    pub(super) fn take(&mut self, packet: usize, label: Option<&String>) {
        self.log[packet].claimed = true;
        self.comment(packet, "as expected");
        if let Some(label) = label {
            self.labels.insert(label.clone(), vec![packet]);
        }
    }

    fn too_early(&mut self, expect: &Expect, start: Instant, packet: usize) -> Done {
        let Some(after) = &expect.after else { return Ok(()) };
        let after = self.resolve_as(after, Value::duration)?;
        let seen = self.log[packet].at.since(start);
        if seen >= after {
            return Ok(());
        }
        self.judge(Some(packet), format!("not before {after:?}"), format!("after {seen:?}"))
    }

    /// The first message that meets the filter and that no step has taken.
    pub(super) fn wait_for(
        &mut self,
        ports: &[String],
        filter: &Filter,
        deadline: Instant,
    ) -> Done<Option<usize>> {
        let mut looked_at = self.mark;
        loop {
            while looked_at < self.log.len() {
                let candidate = self.is_candidate(looked_at, ports, filter);
                if candidate && self.mismatches(looked_at, filter)?.is_empty() {
                    return Ok(Some(looked_at));
                }
                looked_at += 1;
            }
            if !self.pump(deadline)? {
                return Ok(None);
            }
        }
    }

    fn is_candidate(&self, packet: usize, ports: &[String], filter: &Filter) -> bool {
        let logged = &self.log[packet];
        logged.direction == Direction::Received
            && !logged.claimed
            && ports.contains(&logged.port)
            && Contents::of(logged, filter.msg).is_some()
    }

    /// Nothing met the filter: says what came nearest.
    pub(super) fn missing(&mut self, ports: &[String], filter: &Filter, what: String) -> Done {
        let mut nearest: Option<(usize, Vec<Mismatch>)> = None;
        for packet in self.mark..self.log.len() {
            if !self.is_candidate(packet, ports, filter) {
                continue;
            }
            let mismatches = self.mismatches(packet, filter)?;
            if nearest.as_ref().is_none_or(|(_, least)| mismatches.len() < least.len()) {
                nearest = Some((packet, mismatches));
            }
        }
        let Some((packet, mismatches)) = nearest else {
            // There is no packet to show but the one that should have been answered.
            let stimulus =
                (self.mark..self.log.len()).rfind(|sent| self.log[*sent].direction == Direction::Sent);
            return self.judge(stimulus, what, format!("no {} there", filter.msg.name()));
        };
        let expected: Vec<_> = mismatches.iter().map(|m| format!("{} {}", m.what, m.expected)).collect();
        let seen: Vec<_> = mismatches.iter().map(|m| format!("{} {}", m.what, m.seen)).collect();
        self.judge(Some(packet), format!("{what} with {}", expected.join(", ")), seen.join(", "))
    }

    /// Everything in a message that is not as the filter says.
    pub(super) fn mismatches(&self, packet: usize, filter: &Filter) -> Result<Vec<Mismatch>, LoadError> {
        let logged = &self.log[packet];
        let Some((ip, contents)) = logged.ip.as_ref().zip(Contents::of(logged, filter.msg)) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (subject, matcher) in &filter.fields {
            let (seen, kind) = subject_value(*subject, logged, ip, &contents);
            if let Some((expected, seen)) = self.mismatch(&matcher.value, seen.as_ref(), kind)? {
                found.push(Mismatch { what: subject.name().to_string(), expected, seen });
            }
        }
        let options = contents.options();
        for option in &filter.has {
            found.extend(self.lacking(option, &options)?);
        }
        for option in &filter.lacks {
            let name = option.spec.name;
            for candidate in options.iter().filter(|seen| seen.kind == option.spec.kind) {
                if self.option_mismatches(option, candidate)?.is_empty() {
                    let what = format!("options.{name}");
                    found.push(Mismatch {
                        what,
                        expected: "not there".to_string(),
                        seen: "there".to_string(),
                    });
                    break;
                }
            }
        }
        if filter.mode != Mode::Subset {
            found.extend(self.out_of_order(filter, &options)?);
        }
        for (spec, matcher) in &filter.count {
            let count = Value::Int(options.iter().filter(|seen| seen.kind == spec.kind).count() as i128);
            if let Some((expected, seen)) = self.mismatch(&matcher.value, Some(&count), None)? {
                found.push(Mismatch { what: format!("number of {}", spec.name), expected, seen });
            }
        }
        Ok(found)
    }

    /// What keeps the options from standing in the order of `has`, and in the exact mode alone.
    fn out_of_order(&self, filter: &Filter, options: &[Seen]) -> Result<Option<Mismatch>, LoadError> {
        let seen: Vec<_> = options.iter().filter(|option| !option.is_padding).collect();
        let mut wanted = filter.has.iter().peekable();
        for option in &seen {
            let fits = match wanted.peek() {
                Some(next) if next.spec.kind == option.kind => {
                    self.option_mismatches(next, option)?.is_empty()
                }
                _ => false,
            };
            if fits {
                wanted.next();
            } else if filter.mode == Mode::Exact {
                break;
            }
        }
        let all_there = wanted.next().is_none();
        if all_there && (filter.mode == Mode::Ordered || seen.len() == filter.has.len()) {
            return Ok(None);
        }
        let names: Vec<_> = filter.has.iter().map(|option| option.spec.name).collect();
        let kinds = seen.iter().map(|option| option.name.unwrap_or("unknown"));
        let only = if filter.mode == Mode::Exact { " and no others" } else { "" };
        Ok(Some(Mismatch {
            what: "options".to_string(),
            expected: format!("in the order {}{only}", names.join(", ")),
            seen: kinds.collect::<Vec<_>>().join(", "),
        }))
    }

    /// What keeps every option of the message from being the one that it must have.
    fn lacking(&self, option: &OptionMatch, options: &[Seen]) -> Result<Option<Mismatch>, LoadError> {
        let mut nearest: Option<Vec<Mismatch>> = None;
        for candidate in options.iter().filter(|seen| seen.kind == option.spec.kind) {
            let mismatches = self.option_mismatches(option, candidate)?;
            if mismatches.is_empty() {
                return Ok(None);
            }
            if nearest.as_ref().is_none_or(|least| mismatches.len() < least.len()) {
                nearest = Some(mismatches);
            }
        }
        let what = format!("options.{}", option.spec.name);
        let join = |part: fn(&Mismatch) -> &str, all: &[Mismatch]| {
            all.iter().map(|m| format!("{} {}", m.what, part(m))).collect::<Vec<_>>().join(", ")
        };
        Ok(Some(match nearest {
            Some(all) => {
                Mismatch { what, expected: join(|m| &m.expected, &all), seen: join(|m| &m.seen, &all) }
            }
            None => Mismatch { what, expected: self.wanted(option)?, seen: "not there".to_string() },
        }))
    }

    fn wanted(&self, option: &OptionMatch) -> Result<String, LoadError> {
        let mut parts = Vec::new();
        for (field, matcher) in &option.fields {
            parts.push(format!("{} {}", field.name, self.describe(matcher)?));
        }
        Ok(if parts.is_empty() { "there".to_string() } else { format!("there with {}", parts.join(", ")) })
    }

    fn option_mismatches(&self, option: &OptionMatch, seen: &Seen) -> Result<Vec<Mismatch>, LoadError> {
        let mut found = Vec::new();
        for (field, matcher) in &option.fields {
            let value = seen.field(field.name);
            if let Some((expected, seen)) = self.mismatch(matcher, value, Some(field.kind))? {
                found.push(Mismatch { what: field.name.to_string(), expected, seen });
            }
        }
        Ok(found)
    }

    /// Expected and seen, where a value is not as the matcher says.
    pub(super) fn mismatch(
        &self,
        matcher: &Matcher,
        seen: Option<&Value>,
        kind: Option<FieldKind>,
    ) -> Result<Option<(String, String)>, LoadError> {
        let good = match matcher {
            Matcher::Is(node) => {
                let expected = self.resolve(node)?;
                match seen {
                    Some(seen) => equal(seen, &expected, kind).map_err(|why| node.span.error(why))?,
                    None => expected == Value::Nothing,
                }
            }
            Matcher::All(all) => {
                let mut good = true;
                for (op, node) in all {
                    let operand = self.resolve(node)?;
                    let one = holds(*op, &operand, seen, kind);
                    good &= one.map_err(|why| node.span.error(format!("`{}`: {why}", op.name())))?;
                }
                good
            }
        };
        if good {
            return Ok(None);
        }
        let shown = seen.map_or_else(|| "not there".to_string(), |seen| show(seen, kind));
        Ok(Some((self.describe(matcher)?, shown)))
    }

    fn describe(&self, matcher: &Matcher) -> Result<String, LoadError> {
        match matcher {
            Matcher::Is(node) => Ok(self.resolve(node)?.to_string()),
            Matcher::All(all) => {
                let parts: Result<Vec<_>, LoadError> = all
                    .iter()
                    .map(|(op, node)| Ok(format!("{} {}", op.name(), self.resolve(node)?)))
                    .collect();
                Ok(parts?.join(" and "))
            }
        }
    }

    /// What was measured and is not judged goes into the report in any case.
    pub(super) fn record(&mut self, what: String) {
        self.measured.push(what);
    }

    /// Close to a limit, so that nobody can say.
    pub(super) fn inconclusive(&mut self, packet: Option<usize>, expected: String, seen: String) -> Done {
        let verdict = self.level().verdict().min(Verdict::Inconclusive);
        self.judge_as(verdict, packet, expected, seen)
    }
}

pub(super) fn subject_value(
    subject: Subject,
    logged: &Logged,
    ip: &Parsed,
    contents: &Contents<'_>,
) -> (Option<Value>, Option<FieldKind>) {
    let mac = |which: usize| macs(&logged.frame).map(|macs| Value::Octets(macs[which].to_vec()));
    match subject {
        Subject::Src => (Some(Value::Addr(ip.src)), None),
        Subject::Dst => (Some(Value::Addr(ip.dst)), None),
        Subject::HopLimit => (Some(Value::Int(ip.hop_limit.into())), None),
        Subject::SrcMac => (mac(0), None),
        Subject::DstMac => (mac(1), None),
        Subject::Field(spec) => (contents.field(spec.name), Some(spec.kind)),
    }
}

/// A number with the name that its registry has for it.
fn show(seen: &Value, kind: Option<FieldKind>) -> String {
    if let (Value::Int(number), Some(FieldKind::Named(names))) = (seen, kind)
        && let Some(name) = names.iter().find(|name| i128::from(name.value) == *number)
    {
        return format!("{number} ({})", name.label);
    }
    seen.to_string()
}
