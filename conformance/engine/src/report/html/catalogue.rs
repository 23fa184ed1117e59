//! Every requirement of the catalogue: what judged it, with which verdict, and why not where nothing did.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{badge, class};
use crate::report::json::Document;
use crate::requirement::Requirement;
use crate::verdict::Verdict;

/// What is known of a requirement after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// No case names it.
    Untested,
    /// A case names it, but ended before it was judged.
    Undecided,
    /// A rule looks for it in every packet, and none broke it.
    EveryPacket,
    /// Judged.
    Judged(Verdict),
}

/// What a case says of a requirement.
pub(super) struct Use {
    case: usize,
    standing: Standing,
}

/// By requirement, the cases that say something of it, in the order of the plan.
pub(super) fn uses<'a>(document: &'a Document<'_>) -> BTreeMap<&'a str, Vec<Use>> {
    let mut uses: BTreeMap<&str, Vec<Use>> = BTreeMap::new();
    for (case, result) in document.results.iter().enumerate() {
        if result.verdict == Verdict::NotApplicable {
            continue;
        }
        let mut here: BTreeMap<&str, Standing> = BTreeMap::new();
        let passed = matches!(result.verdict, Verdict::Pass | Verdict::Info);
        for id in &result.requirements {
            let standing = if passed { Standing::Judged(Verdict::Pass) } else { Standing::Undecided };
            here.insert(id, standing);
        }
        for id in &result.judged {
            here.insert(id, Standing::Judged(Verdict::Pass));
        }
        for finding in result.findings.iter().filter(|finding| finding.verdict > Verdict::Pass) {
            let Some(id) = &finding.requirement else { continue };
            let verdict = if result.waiver.is_some() { result.verdict } else { finding.verdict };
            let standing = here.entry(id).or_insert(Standing::Untested);
            *standing = (*standing).max(Standing::Judged(verdict));
        }
        for (id, standing) in here {
            uses.entry(id).or_default().push(Use { case, standing });
        }
    }
    uses
}

fn standing(document: &Document<'_>, requirement: &Requirement, uses: &[Use]) -> Standing {
    let told = uses.iter().map(|it| it.standing).max().unwrap_or(Standing::Untested);
    let packets = document.results.iter().any(|result| !result.packets.is_empty());
    let by_rule = if requirement.invariants.is_empty() || !packets {
        Standing::Untested
    } else {
        Standing::EveryPacket
    };
    told.max(by_rule)
}

/// The page's part on the catalogue.
pub(super) fn section(document: &Document<'_>, uses: &BTreeMap<&str, Vec<Use>>) -> Markup {
    let of = |requirement: &Requirement| uses.get(requirement.id.as_str()).map_or(&[][..], Vec::as_slice);
    let rows: Vec<_> =
        document.requirements.values().map(|it| (it, standing(document, it, of(it)))).collect();
    html! {
        section #requirements {
            h2 { "Requirements" }
            (coverage(&rows.iter().map(|(_, standing)| *standing).collect::<Vec<_>>()))
            @for (requirement, standing) in &rows {
                (row(document, requirement, *standing, of(requirement)))
            }
            p .nothing .unmatched hidden { "No requirement matches." }
        }
    }
}

/// How much of the catalogue was judged, and with which verdict.
fn coverage(all: &[Standing]) -> Markup {
    let count = |wanted: fn(&Standing) -> bool| all.iter().filter(|standing| wanted(standing)).count();
    let shares = [
        ("fail", "failed", count(|it| matches!(it, Standing::Judged(Verdict::Fail | Verdict::Xpass)))),
        ("error", "in error", count(|it| matches!(it, Standing::Judged(Verdict::Error)))),
        ("inconclusive", "inconclusive", count(|it| matches!(it, Standing::Judged(Verdict::Inconclusive)))),
        ("warn", "warned", count(|it| matches!(it, Standing::Judged(Verdict::Warn | Verdict::Xfail)))),
        ("pass", "passed", count(|it| matches!(it, Standing::Judged(Verdict::Pass | Verdict::Info)))),
        ("every", "kept in every packet", count(|it| *it == Standing::EveryPacket)),
        ("undecided", "named, but not decided", count(|it| *it == Standing::Undecided)),
        ("na", "not tested", count(|it| *it == Standing::Untested)),
    ];
    html! {
        div .coverage role="img" aria-label=(format!("coverage of {} requirements", all.len())) {
            @for (class, what, count) in shares {
                @if count > 0 { span .(class) style=(format!("flex-grow:{count}")) title=(format!("{count} {what}")) {} }
            }
        }
        ul .legend {
            li { b { (all.len()) } " requirements in the catalogue:" }
            @for (class, what, count) in shares { @if count > 0 { li .(class) { b { (count) } " " (what) } } }
        }
    }
}

fn row(document: &Document<'_>, requirement: &Requirement, standing: Standing, uses: &[Use]) -> Markup {
    let why = if requirement.observable.iter().any(|it| it == "wire") {
        "no case yet"
    } else if requirement.observable.iter().any(|it| it == "data") {
        "it needs traffic of mobile nodes"
    } else {
        "it needs the node's inside"
    };
    html! {
        details .requirement id=(anchor(&requirement.id)) data-standing=(word(standing)) {
            summary {
                @match standing {
                    Standing::Judged(verdict) => (badge(verdict)),
                    other => span .badge .(if other == Standing::EveryPacket { "every" } else { "na" }) { (word(other)) },
                }
                span .name { (requirement.id) }
                span .title { (requirement.level) " for " (requirement.actor) ", " (requirement.section) }
                span .short { (super::case::sentence(requirement)) }
            }
            div .body {
                @if !requirement.note.is_empty() { p { "Test: " (requirement.note) } }
                @if !requirement.invariants.is_empty() {
                    p { "Looked for in every packet, as " @for it in &requirement.invariants { code { (it) } " " } }
                }
                @if uses.is_empty() && requirement.invariants.is_empty() { p { "Not tested: " (why) "." } }
                @if !uses.is_empty() {
                    ul .uses {
                        @for it in uses {
                            @let result = &document.results[it.case];
                            li {
                                @match it.standing {
                                    Standing::Judged(verdict) => (badge(verdict)),
                                    _ => span .badge .na { "not decided" },
                                }
                                " " a href=(format!("#case-{}", it.case)) { (result.name) }
                                @if it.standing == Standing::Undecided { " ended before it was judged" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Untested => "not tested",
        Standing::Undecided => "not decided",
        Standing::EveryPacket => "every packet",
        Standing::Judged(verdict) => class(verdict),
    }
}

/// Where a requirement stands in the page.
pub(super) fn anchor(id: &str) -> String {
    format!("req-{id}")
}
