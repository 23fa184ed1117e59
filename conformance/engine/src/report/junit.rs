//! JUnit XML, which every CI reads. What was not judged is never an empty element, since that would be a pass.

use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::json::Document;
use crate::result::CaseResult;
use crate::verdict::{Finding, Verdict};

/// The document as JUnit XML.
pub fn junit(document: &Document<'_>) -> Result<String, SerializeError> {
    let mut report = Report::new("dmm conform");
    let mut suite = TestSuite::new(document.about.name.as_str());
    for result in document.results.iter() {
        suite.add_test_case(case(document, result));
    }
    if document.about.not_run > 0 {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("interrupted");
        status.set_message(document.about.left());
        suite.add_test_case(TestCase::new("the run", status));
    }
    suite.set_time(document.results.iter().map(|result| result.duration).sum());
    report.add_test_suite(suite);
    report.to_string()
}

fn case(document: &Document<'_>, result: &CaseResult) -> TestCase {
    let (id, _) = result.name.split_once('[').unwrap_or((&result.name, ""));
    let mut case = TestCase::new(result.name.as_str(), status(document, result));
    case.set_classname(id);
    case.set_time(result.duration);
    case.add_property(Property::new("verdict", result.verdict.to_string()));
    for requirement in &result.requirements {
        case.add_property(Property::new("requirement", requirement.as_str()));
    }
    if let (Verdict::Warn, Some(finding)) = (result.verdict, result.reason()) {
        case.add_property(Property::new("level", "should"));
        case.add_property(Property::new("warning", said(document, finding)));
    }
    if result.unclean {
        case.add_property(Property::new("unclean", "its postamble failed"));
    }
    case
}

fn status(document: &Document<'_>, result: &CaseResult) -> TestCaseStatus {
    let mut status = match result.verdict {
        Verdict::Pass | Verdict::Info => return TestCaseStatus::success(),
        Verdict::Warn if !document.strict => return TestCaseStatus::success(),
        Verdict::NotApplicable | Verdict::Xfail => TestCaseStatus::skipped(),
        Verdict::Warn | Verdict::Fail | Verdict::Xpass => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::Inconclusive | Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let finding = result.reason();
    match result.verdict {
        Verdict::Inconclusive => status.set_type("inconclusive"),
        Verdict::Error => status.set_type("tester"),
        Verdict::Xpass => status.set_type("unexpected pass"),
        Verdict::NotApplicable | Verdict::Xfail => &mut status,
        _ => status.set_type(finding.and_then(|it| it.requirement.as_deref()).unwrap_or_default()),
    };
    let waiver = result.waiver.as_ref();
    let waiver = waiver.map(|it| format!("{} (until {}): {}", it.issue, it.until, it.reason));
    let why = match result.verdict {
        Verdict::NotApplicable => result.not_applicable.clone(),
        Verdict::Xfail | Verdict::Xpass => waiver,
        _ => finding.map(|finding| format!("expected {}; seen {}", finding.expected, finding.seen)),
    };
    status.set_message(why.unwrap_or_default());
    if let Some(finding) = finding {
        status.set_description(said(document, finding));
    }
    status
}

/// The three lines that the terminal shows.
fn said(document: &Document<'_>, finding: &Finding) -> String {
    let id = finding.requirement.as_deref().unwrap_or("the tester");
    let sentence = document.requirements.get(id).map_or("", |requirement| &requirement.sentence);
    let packet = finding.packet.map(|packet| format!(", packet {packet} of its capture")).unwrap_or_default();
    let Finding { at, step, expected, seen, .. } = finding;
    format!("{id}: {sentence}\n{at} {step}{packet}\nexpected {expected}; seen {seen}")
}
