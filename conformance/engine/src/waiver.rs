//! Failures that a profile says are known: each names one case, why, where it is tracked, and until when. A case that
//! passes against its waiver is a failure of the run, so that no waiver outlives its reason.

use crate::result::{CaseResult, Waived};
use crate::script::fields::{Fields, text};
use crate::script::span::{LoadError, Span};
use crate::script::yaml::Node;
use crate::verdict::Verdict;

/// A waiver and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Where.
    pub span: Span,
    /// The whole name of an instance: `any.opt.001[hnp-length-17]`.
    pub test: String,
    /// What it says.
    pub says: Waived,
}

impl Waiver {
    /// `{test: "any.opt.001[hnp-length-17]", until: 2026-12-31, issue: "https://tracker.example/123", reason: ...}`.
    pub(crate) fn parse(node: Node) -> Result<Self, LoadError> {
        let mut fields = Fields::of(node, "a waiver")?;
        let span = fields.span().clone();
        let test = fields.require_text("test")?;
        let reason = fields.require_text("reason")?;
        let issue = fields.require("issue")?;
        let link = text(&issue, "issue")?;
        if !link.contains("://") {
            return Err(issue.span.error("L10: `issue` is a link to where the failure is tracked"));
        }
        let until = fields.require("until")?;
        let day = text(&until, "until")?;
        if !is_day(&day) {
            return Err(until.span.error(format!("L10: `until` is a day, as in 2026-12-31, not `{day}`")));
        }
        fields.finish()?;
        Ok(Self { span, test, says: Waived { reason, issue: link, until: day } })
    }

    /// An error if its last day is over.
    pub(crate) fn check(&self, today: &str) -> Result<(), LoadError> {
        // Days in this form are in the order of their text.
        if self.says.until.as_str() >= today {
            return Ok(());
        }
        let what = format!("L10: the waiver of {} has expired on {}", self.test, self.says.until);
        Err(self.span.error(format!("{what}: mend the failure, or give it another day with its reason")))
    }

    /// What it makes of a result.
    pub(crate) fn apply(&self, result: &mut CaseResult) {
        if result.name != self.test {
            return;
        }
        result.verdict = match result.verdict {
            Verdict::Fail => Verdict::Xfail,
            Verdict::Pass | Verdict::Info | Verdict::Warn => Verdict::Xpass,
            // What was not judged was neither waived nor mended.
            _ => return,
        };
        result.waiver = Some(self.says.clone());
    }
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize, most: u32| {
        part.len() == digits && part.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
    };
    matches!(parts[..], [year, month, day] if number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31))
}
