//! For people: what went wrong first, three lines each; then a row per case; last what was counted, including what did not
//! run.

use std::collections::BTreeMap;
use std::fmt;

use super::{Counts, Report, counted};
use crate::result::CaseResult;
use crate::script::plan::NO_ROLE;
use crate::verdict::Verdict;

/// Whether colours are used. The caller knows whether there is a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    #[default]
    Never,
    /// ANSI colours.
    Always,
}

/// A report that can be printed.
#[derive(Clone, Debug)]
pub struct Terminal<'a> {
    /// What to print.
    pub report: Report<'a>,
    /// Whether in colour.
    pub colour: Colour,
}

impl fmt::Display for Terminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = self.report.results;
        for result in results {
            self.reason(f, result)?;
        }
        // Cases for another kind of node are many and say all the same.
        let (others, of_it): (Vec<_>, Vec<_>) = results.iter().partition(|result| is_for_others(result));
        let longest = of_it.iter().map(|result| result.name.len()).max().unwrap_or(0);
        for result in of_it {
            let (verdict, name) = (self.verdict(result.verdict), &result.name);
            let remark = match (&result.not_applicable, &result.waiver, result.unclean) {
                (Some(why), ..) => format!("  ({why})"),
                (None, Some(waiver), _) => {
                    format!("  (waived until {}: {}, {})", waiver.until, waiver.reason, waiver.issue)
                }
                (None, None, true) => "  (unclean: its postamble failed)".to_string(),
                (None, None, false) => String::new(),
            };
            writeln!(f, "{verdict}  {name:longest$}  {}{remark}", result.title)?;
        }
        let mut why: BTreeMap<&str, usize> = BTreeMap::new();
        for result in others {
            *why.entry(result.not_applicable.as_deref().unwrap_or_default()).or_default() += 1;
        }
        for (why, cases) in why {
            let verdict = self.verdict(Verdict::NotApplicable);
            writeln!(f, "{verdict}  {}  ({why})", counted(cases, "case"))?;
        }
        if !results.is_empty() {
            writeln!(f)?;
        }
        self.counts(f)
    }
}

/// Whether a case does not apply because it is for another kind of node.
fn is_for_others(result: &CaseResult) -> bool {
    let why = result.not_applicable.as_deref().unwrap_or_default();
    why.strip_prefix(result.iut.as_str()).is_some_and(|why| why.starts_with(NO_ROLE))
}

impl Terminal<'_> {
    /// Requirement and sentence; place in the script and packet; expected and seen.
    fn reason(&self, f: &mut fmt::Formatter<'_>, result: &CaseResult) -> fmt::Result {
        let Some(finding) = result.reason() else { return Ok(()) };
        let id = finding.requirement.as_deref().unwrap_or("");
        let sentence = self.report.catalogue.get(id).map_or("", |requirement| requirement.sentence.as_str());
        let says = match (id, sentence) {
            ("", _) => "the tester".to_string(),
            (id, "") => id.to_string(),
            (id, sentence) => format!("{id}: {sentence}"),
        };
        writeln!(f, "{} {}  {says}", self.verdict(result.verdict), result.name)?;
        let packet =
            finding.packet.map(|packet| format!(", packet {packet} of its capture")).unwrap_or_default();
        writeln!(f, "    {} {}{packet}", finding.at, finding.step)?;
        writeln!(f, "    expected {}; seen {}", finding.expected, finding.seen)?;
        writeln!(f)
    }

    fn counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { pass, info, warn, fail, xfail, xpass, inconclusive, error, not_applicable } =
            Counts::of(self.report.results);
        if self.report.results.is_empty() && self.report.about.not_run == 0 {
            return writeln!(f, "nothing was selected, so nothing ran");
        }
        if self.report.results.len() == not_applicable {
            write!(f, "nothing ran: ")?;
        }
        write!(
            f,
            "{pass} passed, {fail} failed, {warn} warned, {inconclusive} inconclusive, {error} in error, "
        )?;
        write!(f, "{info} informative, {not_applicable} not applicable (PICS)")?;
        if xfail + xpass > 0 {
            write!(f, ", {xfail} failed as waived, {xpass} passed against their waiver")?;
        }
        writeln!(f)?;
        match self.report.about.not_run {
            0 => Ok(()),
            _ => writeln!(f, "interrupted: {}", self.report.about.left()),
        }
    }

    /// As wide as the longest, so that names stand below each other.
    fn verdict(&self, verdict: Verdict) -> String {
        const WIDTH: usize = 12;
        let text = format!("{verdict:WIDTH$}");
        let code = match verdict {
            Verdict::Pass => 32,
            Verdict::Warn | Verdict::Inconclusive | Verdict::Xfail => 33,
            Verdict::Fail | Verdict::Error | Verdict::Xpass => 31,
            Verdict::NotApplicable | Verdict::Info => 36,
        };
        match self.colour {
            Colour::Never => text,
            Colour::Always => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}
