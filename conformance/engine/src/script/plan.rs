//! From cases to instances: every row of `cases` and every combination of `params`, decided on for one profile before
//! the first packet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::model::{Row, TestCase};
use super::span::{LoadError, LoadErrors};
use super::suite::Suite;
use super::value::Value;
use crate::identity::{BLOCKS, number};
use crate::profile::Profile;
use crate::record::nanos;
use crate::requirement::Catalogue;

/// Most instances that one case may make: more is a mistake in its parameters.
const MOST_INSTANCES: usize = 10_000;

/// Between the names of an implementation and of the role that it cannot be.
pub const NO_ROLE: &str = " is no ";

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Ids or beginnings of ids: `cmd.reg`, `any.opt.001[bad-checksum]`; all if empty.
    pub names: Vec<String>,
    /// Exactly these instances, by their whole names; no restriction if none.
    pub only: Option<Vec<String>>,
    /// Tags of which a case must have one; all if empty.
    pub tags: Vec<String>,
    /// How much of a series is waited for.
    pub timing: Timing,
    /// How well times can be measured.
    pub clock: Clock,
    /// The present day, as in `2026-12-31`, by which waivers expire; none does without it.
    pub today: Option<String>,
}

impl Default for Selection {
    /// Everything, on virtual time.
    fn default() -> Self {
        Self {
            names: Vec::new(),
            only: None,
            tags: Vec::new(),
            timing: Timing::Full,
            clock: Clock::VIRTUAL,
            today: None,
        }
    }
}

/// How well times can be measured on a bench: `$env.jitter`, `$env.early`, `$env.late`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// What the way to the implementation adds to any time.
    #[serde(rename = "jitter_ns", with = "nanos")]
    pub jitter: Duration,
    /// How early an interval may be, in percent of it.
    pub early: u32,
    /// How late an interval may be, in percent of it.
    pub late: u32,
}

impl Clock {
    /// Virtual time is exact, so that a cap of 30 s in the place of 32 s is seen.
    pub const VIRTUAL: Self = Self { jitter: Duration::from_millis(1), early: 1, late: 1 };
    /// Real time: no conforming implementation failed and no wrong backoff but a cap of 30 s passed in 20 000 simulated
    /// runs with a timer tick of 100 ms or a jitter of 10 %.
    pub const REAL: Self = Self { jitter: Duration::from_millis(20), early: 10, late: 15 };
}

/// How much of a series is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// The first few messages.
    Quick,
    /// As many as the requirement speaks of.
    Full,
}

/// One run of one case.
#[derive(Clone, Debug)]
pub struct Instance {
    /// `cmd.pace.001[k=8]`.
    pub name: String,
    /// Its number, from which its identities are made; the same whatever is selected.
    pub index: u32,
    /// The case.
    pub case: Arc<TestCase>,
    /// Its parameters.
    pub params: BTreeMap<String, Value>,
    /// Its row of `cases`.
    pub row: Option<usize>,
    /// Why it does not apply to this implementation.
    pub not_applicable: Option<String>,
    /// How much of a series is waited for.
    pub timing: Timing,
    /// How well times can be measured.
    pub clock: Clock,
    /// What its requirement ids mean.
    pub catalogue: Arc<Catalogue>,
}

impl Instance {
    /// Its row of `cases`.
    pub fn row(&self) -> Option<&Row> {
        self.row.and_then(|row| self.case.rows.get(row))
    }

    /// What a name means in a condition: parameters, `case.x`, `pixit.x`, and PICS answers.
    pub fn static_value(&self, profile: &Profile, name: &str) -> Option<Value> {
        if let Some(value) = self.params.get(name) {
            return Some(value.clone());
        }
        match name.split_once('.') {
            Some(("pixit", key)) => profile.pixit.get(key).cloned(),
            Some(("case", key)) => self
                .row()?
                .values
                .iter()
                .find(|(known, _)| known == key)
                .map(|(_, node)| Value::literal(node)),
            _ => profile.pics.get(name).copied().map(Value::Bool),
        }
    }

    /// Whether a condition holds for it.
    pub fn holds(&self, profile: &Profile, condition: &Condition) -> Result<bool, LoadError> {
        condition.holds(&|name| self.static_value(profile, name))
    }

    fn why_not(&self, profile: &Profile) -> Result<Option<String>, LoadError> {
        if let Some(role) = self.case.iut
            && !profile.roles.contains(&role)
        {
            return Ok(Some(format!("{}{NO_ROLE}{role}", profile.name)));
        }
        for condition in self.case.applies_if.iter().chain(&self.case.when) {
            if !self.holds(profile, condition)? {
                return Ok(Some(format!("not {}", condition.text)));
            }
        }
        Ok(None)
    }
}

impl Suite {
    /// Every instance that is selected, in the order of the ids; those that do not apply say why.
    pub fn plan(&self, profile: &Profile, selection: &Selection) -> Result<Vec<Instance>, LoadErrors> {
        let (mut plan, mut errors, mut taken) = (Vec::new(), LoadErrors::default(), BTreeSet::new());
        for waiver in &profile.waivers {
            if let Some(today) = &selection.today {
                errors.keep(waiver.check(today));
            }
        }
        for case in &self.cases {
            let instances = match instances(case, &self.catalogue, selection) {
                Ok(instances) => instances,
                Err(error) => {
                    errors.0.push(error);
                    continue;
                }
            };
            for mut instance in instances {
                instance.index = number(&instance.name, |number| taken.contains(&number));
                if !taken.insert(instance.index) {
                    errors.0.push(case.span.error(format!("more than {BLOCKS} instances: split the suite")));
                    return Err(errors);
                }
                let by_name = |name: &String| {
                    let rest = instance.name.strip_prefix(name.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                };
                let named = selection.names.is_empty() || selection.names.iter().any(by_name);
                let named = named && selection.only.as_ref().is_none_or(|only| only.contains(&instance.name));
                let tagged =
                    selection.tags.is_empty() || selection.tags.iter().any(|tag| case.tags.contains(tag));
                if named && tagged {
                    match instance.why_not(profile) {
                        Ok(why) => instance.not_applicable = why,
                        Err(error) => errors.0.push(error),
                    }
                    plan.push(instance);
                }
            }
        }
        errors.or(plan)
    }
}

fn instances(
    case: &Arc<TestCase>,
    catalogue: &Arc<Catalogue>,
    selection: &Selection,
) -> Result<Vec<Instance>, LoadError> {
    let mut combinations: Vec<Vec<(String, Value)>> = vec![Vec::new()];
    for (name, values) in &case.params {
        // Before they are made: a few short lists make more than any memory holds.
        let all = combinations.len().saturating_mul(values.len()).saturating_mul(case.rows.len().max(1));
        if all > MOST_INSTANCES {
            return Err(name.span.error(format!("more than {MOST_INSTANCES} instances of one case")));
        }
        let mut longer = Vec::new();
        for combination in &combinations {
            for value in values {
                let mut combination = combination.clone();
                combination.push((name.value.clone(), Value::literal(value)));
                longer.push(combination);
            }
        }
        combinations = longer;
    }
    if let Some(row) = case.rows.get(MOST_INSTANCES) {
        return Err(row.span.error(format!("more than {MOST_INSTANCES} instances of one case")));
    }
    let rows: Vec<Option<usize>> =
        if case.rows.is_empty() { vec![None] } else { (0..case.rows.len()).map(Some).collect() };
    let mut instances = Vec::new();
    for row in rows {
        for combination in &combinations {
            let row_name = row.map(|row| case.rows[row].name.clone());
            let params = combination.iter().map(|(name, value)| format!("{name}={value}"));
            let parts: Vec<String> = case.variant.iter().cloned().chain(row_name).chain(params).collect();
            let brackets = if parts.is_empty() { String::new() } else { format!("[{}]", parts.join(",")) };
            instances.push(Instance {
                name: format!("{}{brackets}", case.id.value),
                index: 0,
                case: Arc::clone(case),
                params: combination.iter().cloned().collect(),
                row,
                not_applicable: None,
                timing: selection.timing,
                clock: selection.clock,
                catalogue: Arc::clone(catalogue),
            });
        }
    }
    Ok(instances)
}
