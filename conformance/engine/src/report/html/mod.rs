//! One page that holds a whole run and needs nothing but a browser: no network, no other file. What scripts and packets
//! say is hostile: `maud` escapes it, the page's script only ever makes text of it, and the page forbids itself to load
//! anything.

mod case;
mod catalogue;
mod packets;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::json::Document;
use crate::evidence::file_names;
use crate::verdict::{INTERRUPTED, Verdict};

/// Colours, light and dark.
pub(super) const PALETTE: &str = include_str!("palette.css");
/// How ladders and plots are drawn.
pub(super) const DRAWING: &str = include_str!("drawing.css");
const LAYOUT: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Verdicts in the order of urgency, and what each says.
const VERDICTS: [(Verdict, &str); 9] = [
    (Verdict::Fail, "against a requirement"),
    (Verdict::Xpass, "passes although a waiver says that it fails: take the waiver away"),
    (Verdict::Error, "the tester or the bench is at fault, not the implementation"),
    (Verdict::Inconclusive, "the conditions for a judgement were not met"),
    (Verdict::Warn, "against a SHOULD, or against a reading of the suite's authors where the RFC is silent"),
    (Verdict::Xfail, "fails as a waiver says"),
    (Verdict::Pass, "as required"),
    (Verdict::Info, "recorded, not judged"),
    (Verdict::NotApplicable, "the implementation declares that it has no such function"),
];

/// The page.
pub fn page(document: &Document<'_>) -> String {
    let title = format!("Conformance of {}", document.about.name);
    let order = urgent_first(document);
    let files = file_names(document.results.iter().map(|result| result.name.as_str()));
    let uses = catalogue::uses(document);
    let mut shapes = packets::Shapes::default();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(PALETTE)) (PreEscaped(DRAWING)) (PreEscaped(LAYOUT)) }
            }
            body {
                (header(document))
                (toolbar(document))
                main {
                    section #cases {
                        h2 { "Cases" }
                        @if document.results.is_empty() { p .nothing { "Nothing was selected, so nothing ran." } }
                        @for at in order { (case::case(document, at)) }
                        p .nothing .unmatched hidden { "No case matches." }
                    }
                    (catalogue::section(document, &uses))
                }
                (footer(document))
                script { (PreEscaped(SCRIPT)) }
                // Behind the script, so that the page can be read and filtered before all of this has come.
                @for (at, file) in files.iter().enumerate() { (case::behind(document, at, file, &mut shapes)) }
                script #shapes type="application/json" { (PreEscaped(shapes.to_json())) }
            }
        }
    };
    page.into_string()
}

/// What needs a look first; within a verdict in the order of the plan.
fn urgent_first(document: &Document<'_>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..document.results.len()).collect();
    let rank = |at: &usize| VERDICTS.iter().position(|(it, _)| *it == document.results[*at].verdict);
    order.sort_by_key(rank);
    order
}

fn header(document: &Document<'_>) -> Markup {
    let about = &document.about;
    let counts = &document.counts;
    let (class, said) = match document.exit_code {
        0 => (
            "pass",
            format!("passed: {} of {} cases ran and none failed", ran(document), document.results.len()),
        ),
        1 => ("fail", format!("failed: {} of {} cases that ran", counts.fail + counts.xpass, ran(document))),
        3 => ("error", "not judged: the tester or the bench is at fault".to_string()),
        4 => ("inconclusive", "not judged: some cases are inconclusive".to_string()),
        INTERRUPTED => ("inconclusive", format!("interrupted: {}", about.left())),
        _ => ("na", "nothing ran".to_string()),
    };
    let failed_for_warnings = document.exit_code == 1 && counts.fail + counts.xpass == 0;
    html! {
        header {
            p .kind { "RFC 8885 conformance" }
            h1 { (about.name) @if !about.version.is_empty() { " " span .version { (about.version) } } }
            p .outcome .(class) {
                @if failed_for_warnings { "failed: warnings count as failures (strict)" } @else { (said) }
            }
            dl .about {
                @for (what, value) in [
                    ("vendor", about.vendor.as_str()),
                    ("clock", about.clock.as_str()),
                    ("series", about.timing.as_str()),
                    ("engine", document.engine.as_ref()),
                ] {
                    @if !value.is_empty() { div { dt { (what) } dd { (value) } } }
                }
                @for line in &about.env {
                    @let (what, value) = line.split_once(": ").unwrap_or(("preflight", line));
                    div { dt { (what) } dd { (value) } }
                }
                div { dt { "exit code" } dd { (document.exit_code) } }
            }
        }
    }
}

fn ran(document: &Document<'_>) -> usize {
    document.results.len() - document.counts.not_applicable
}

fn toolbar(document: &Document<'_>) -> Markup {
    let count = |verdict| document.results.iter().filter(|result| result.verdict == verdict).count();
    html! {
        div .toolbar {
            label .search {
                span { "Search" }
                input #search type="search" placeholder="case, requirement, word, tag" autocomplete="off";
            }
            div .filters role="group" aria-label="Show cases with the verdict" {
                @for (verdict, meaning) in VERDICTS {
                    @let count = count(verdict);
                    @if count > 0 {
                        button .filter type="button" aria-pressed="false" data-verdict=(verdict) title=(meaning) {
                            (badge(verdict)) " " (count)
                        }
                    }
                }
            }
            nav { a href="#cases" { "Cases" } a href="#requirements" { "Requirements" } }
        }
    }
}

fn footer(document: &Document<'_>) -> Markup {
    html! {
        footer {
            details {
                summary { "What the verdicts mean" }
                dl .verdicts { @for (verdict, meaning) in VERDICTS { div { dt { (badge(verdict)) } dd { (meaning) } } } }
                p { "A step under " code { "preamble" } " that fails makes its case inconclusive; one under "
                    code { "postamble" } " leaves the verdict and flags the case as unclean." }
            }
            p { "Made by dmm " (document.engine) ". The captures beside this page say the same in their packet comments." }
        }
    }
}

/// A verdict as a mark; its word says what its colour says.
fn badge(verdict: Verdict) -> Markup {
    html! { span .badge .(class(verdict)) { (verdict) } }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotApplicable => "na",
        Verdict::Info => "info",
        Verdict::Pass => "pass",
        Verdict::Xfail => "xfail",
        Verdict::Warn => "warn",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Xpass => "xpass",
        Verdict::Fail => "fail",
        Verdict::Error => "error",
    }
}
