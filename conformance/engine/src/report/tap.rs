//! TAP version 14 (<https://testanything.org>): a line per case, and what was expected and seen as YAML behind it.

use std::fmt::Write as _;

use super::json::Document;
use crate::result::CaseResult;
use crate::verdict::Verdict;

/// The document as TAP.
pub fn tap(document: &Document<'_>) -> String {
    let mut out = format!("TAP version 14\n1..{}\n", document.results.len() + document.about.not_run);
    for (at, result) in document.results.iter().enumerate() {
        let number = at + 1;
        let name = escaped(&format!("{} {}", result.name, result.title));
        let (good, directive) = match result.verdict {
            Verdict::Pass | Verdict::Info => (true, String::new()),
            Verdict::Warn => (!document.strict, String::new()),
            Verdict::NotApplicable => {
                (true, format!(" # SKIP {}", escaped(result.not_applicable.as_deref().unwrap_or("N/A"))))
            }
            Verdict::Xfail => (false, format!(" # TODO {}", waiver(result))),
            // A TODO that passes is a success for whatever reads TAP; here it is none, so the directive is left out.
            Verdict::Xpass => (false, String::new()),
            Verdict::Inconclusive | Verdict::Fail | Verdict::Error => (false, String::new()),
        };
        let ok = if good { "ok" } else { "not ok" };
        let _ = writeln!(out, "{ok} {number} - {name}{directive}");
        if result.verdict != Verdict::Pass && result.verdict != Verdict::NotApplicable {
            diagnostic(&mut out, result);
        }
    }
    if document.about.not_run > 0 {
        let _ = writeln!(out, "Bail out! interrupted: {}", document.about.left());
    }
    out
}

fn waiver(result: &CaseResult) -> String {
    let waiver = result.waiver.as_ref();
    waiver.map_or_else(String::new, |waiver| escaped(&format!("{} {}", waiver.issue, waiver.reason)))
}

/// Values are written as JSON, which is YAML.
fn diagnostic(out: &mut String, result: &CaseResult) {
    let mut values = vec![("verdict", serde_json::Value::from(result.verdict.to_string()))];
    if let Some(finding) = result.reason() {
        values.extend([
            ("requirement", finding.requirement.clone().into()),
            ("at", finding.at.clone().into()),
            ("step", finding.step.clone().into()),
            ("packet", finding.packet.into()),
            ("expected", finding.expected.clone().into()),
            ("seen", finding.seen.clone().into()),
        ]);
    }
    let _ = writeln!(out, "  ---");
    for (key, value) in values {
        let _ = writeln!(out, "  {key}: {value}");
    }
    let _ = writeln!(out, "  ...");
}

/// `#` begins a directive, and a line ends a test.
fn escaped(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().replace('\\', "\\\\").replace('#', "\\#")
}
