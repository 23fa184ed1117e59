//! `expect_series`: retransmissions as one assertion.

use std::collections::BTreeMap;
use std::time::Duration;

use dmm_codec::Instant;

use super::{Done, Running};
use crate::contents::Contents;
use crate::judge::timing::{Tolerance, backoff, is_later_sequence, judge_interval};
use crate::record::{TimingRule, Window};
use crate::report::counted;
use crate::script::filter::main_field;
use crate::script::messages::Msg;
use crate::script::model::{Each, EachField, Rule, Schedule, Series};
use crate::script::plan::Timing;
use crate::script::value::Value;

/// When each message is due after the one before it.
enum Due {
    Backoff { initial: Duration, factor: u32, max: Duration },
    List(Vec<Duration>),
}

impl Due {
    fn interval(&self, number: usize) -> Option<Duration> {
        match self {
            Self::Backoff { initial, factor, max } => Some(backoff(*initial, *factor, *max, number)),
            Self::List(intervals) => intervals.get(number).copied(),
        }
    }

    /// Whether the period with this number is the greatest there is.
    fn is_greatest(&self, number: usize) -> bool {
        match self {
            Self::Backoff { max, .. } => self.interval(number) == Some(*max),
            Self::List(intervals) => number >= intervals.len(),
        }
    }
}

/// What came of a series until now.
struct SoFar {
    packets: Vec<usize>,
    windows: Vec<Window>,
}

impl Running<'_> {
    pub(super) fn series(&mut self, series: &Series) -> Done {
        let ports = self.ports(&series.to)?;
        let count = match self.instance.timing {
            Timing::Quick => series.count.0,
            Timing::Full => series.count.1,
        };
        let due = match &series.schedule {
            Schedule::Backoff { initial, factor, max } => {
                let factor = self.resolve_as(factor, |value| {
                    u32::try_from(value.int()?).map_err(|_| "the factor does not fit".to_string())
                })?;
                let initial = self.resolve_as(initial, Value::duration)?;
                Due::Backoff { initial, factor, max: self.resolve_as(max, Value::duration)? }
            }
            Schedule::List(items) => {
                let read = |item| self.resolve_as(item, Value::duration);
                Due::List(items.iter().map(read).collect::<Done<_>>()?)
            }
        };
        let tolerance = Tolerance {
            early: self.resolve_as(&series.early, Value::percent)?,
            late: self.resolve_as(&series.late, Value::percent)?,
            abs: self.resolve_as(&series.abs, Value::duration)?,
        };
        let start = self.now();
        let first_within = self.resolve_as(&series.first_within, Value::duration)?;
        let name = series.filter.msg.name();
        let Some(first) = self.wait_for(&ports, &series.filter, start + first_within)? else {
            let what = format!("the first {name} at {} within {first_within:?}", ports.join(", "));
            self.missed.extend(series.label.clone());
            return self.missing(&ports, &series.filter, what);
        };
        self.take(first, None);
        self.reply(series, first)?;
        let mut so_far = SoFar { packets: vec![first], windows: Vec::new() };
        let done = self.follow(series, &ports, count, &due, &tolerance, &mut so_far);
        let SoFar { packets, windows } = so_far;
        let label = series.label.clone().unwrap_or_else(|| name.to_string());
        self.timing(label.clone(), &packets, TimingRule::Intervals { windows });
        done?;
        let intervals = packets.windows(2).map(|pair| self.log[pair[1]].at.since(self.log[pair[0]].at));
        let shown: Vec<_> = intervals.map(|interval| format!("{interval:?}")).collect();
        self.record(format!(
            "{label}: {}, intervals {}",
            counted(packets.len(), "message"),
            shown.join(", ")
        ));
        Ok(())
    }

    /// The messages behind the first, each in its window.
    fn follow(
        &mut self,
        series: &Series,
        ports: &[String],
        count: u32,
        due: &Due,
        tolerance: &Tolerance,
        so_far: &mut SoFar,
    ) -> Done {
        self.give(series, &so_far.packets);
        for number in 0..count.saturating_sub(1) as usize {
            let Some(interval) = due.interval(number) else { break };
            let before = so_far.packets[number];
            let last: Instant = self.log[before].at;
            let (shortest, longest) = tolerance.window(interval);
            so_far.windows.push(Window { due: interval, shortest, longest });
            // One instant past the window, so that a message at its very end still counts.
            let deadline = last + longest + Duration::from_nanos(1);
            let Some(packet) = self.wait_for(ports, &series.filter, deadline)? else {
                // RFC 8885 §3.6: once the period has reached its greatest value, the sender "MAY continue" or stop.
                if series.may_stop && due.is_greatest(number) {
                    return self.stays_silent(ports, series, last, interval, tolerance);
                }
                let what = format!("retransmission {} after {interval:?}", number + 1);
                return self.judge(Some(before), what, format!("none within {longest:?}"));
            };
            self.log[packet].claimed = true;
            let findings = self.findings.len();
            let seen = self.log[packet].at.since(last);
            so_far.packets.push(packet);
            self.reply(series, packet)?;
            self.give(series, &so_far.packets);
            if let Err(expected) = judge_interval(seen, interval, tolerance) {
                let what = format!("interval {} of {expected}", number + 1);
                self.judge(Some(packet), what, format!("{seen:?}"))?;
            }
            for each in &series.each {
                self.each(series.filter.msg, each, before, packet)?;
            }
            if self.findings.len() == findings {
                self.comment(packet, "as expected");
            }
        }
        Ok(())
    }

    /// Answers a message of the series from where it arrived; `$req` is the message.
    fn reply(&mut self, series: &Series, packet: usize) -> Done {
        let Some(reply) = &series.reply else { return Ok(()) };
        let port = self.log[packet].port.clone();
        let mut scope = BTreeMap::from([("req".to_string(), Value::Packet(packet))]);
        for (name, node) in &reply.with {
            let value = self.resolve(node)?;
            scope.insert(name.clone(), self.as_role(&value));
        }
        self.scopes.push(scope);
        let composed = self.compose(&port, reply, None);
        self.scopes.pop();
        let (octets, way) = composed?;
        let sent = self.transmit_by(&port, &octets, &way)?;
        self.comment(sent, &format!("answers packet {}", packet + 1));
        Ok(())
    }

    fn give(&mut self, series: &Series, packets: &[usize]) {
        if let Some(label) = &series.label {
            self.labels.insert(label.clone(), packets.to_vec());
        }
    }

    /// A sender that seems to have stopped may only be going on with a period that is too long: one more doubling.
    fn stays_silent(
        &mut self,
        ports: &[String],
        series: &Series,
        last: Instant,
        greatest: Duration,
        tolerance: &Tolerance,
    ) -> Done {
        let (_, longest) = tolerance.window(greatest * 2);
        let Some(packet) = self.wait_for(ports, &series.filter, last + longest)? else { return Ok(()) };
        self.log[packet].claimed = true;
        let seen = self.log[packet].at.since(last);
        self.judge(Some(packet), format!("an interval of at most {greatest:?}, or none"), format!("{seen:?}"))
    }

    fn each(&mut self, msg: Msg, each: &Each, earlier: usize, later: usize) -> Done {
        if let Some(when) = &each.when
            && !self.instance.holds(self.profile, when)?
        {
            return Ok(());
        }
        let name = match each.field {
            EachField::Field(spec) => spec.name,
            EachField::Option(spec) => spec.name,
        };
        let values = (self.each_value(msg, each, earlier), self.each_value(msg, each, later));
        let (Some(before), Some(after)) = values else {
            return self.judge(Some(later), format!("{name} in each message"), "not there".to_string());
        };
        let numbers = (before.int(), after.int());
        let good = match (each.rule, &numbers) {
            (Rule::Same, _) => before == after,
            (Rule::Increasing, (Ok(before), Ok(after))) => after > before,
            (Rule::IncreasingMod65536, (Ok(before), Ok(after))) => {
                let pair = u16::try_from(*before).ok().zip(u16::try_from(*after).ok());
                pair.is_some_and(|(before, after)| is_later_sequence(before, after))
            }
            _ => return Err(each.span.error(format!("`{name}` is no number")).into()),
        };
        if good {
            return Ok(());
        }
        let what = match each.rule {
            Rule::Same => format!("the same {name} as in packet {}", earlier + 1),
            _ => format!("a greater {name} than in packet {}", earlier + 1),
        };
        self.judge(Some(later), format!("{what} ({before})"), after.to_string())
    }

    fn each_value(&self, msg: Msg, each: &Each, packet: usize) -> Option<Value> {
        let contents = Contents::of(&self.log[packet], msg)?;
        match each.field {
            EachField::Field(spec) => contents.field(spec.name),
            EachField::Option(row) => {
                contents.options_of(&row).first()?.field(main_field(row)?.name).cloned()
            }
        }
    }
}
