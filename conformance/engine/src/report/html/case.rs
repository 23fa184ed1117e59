//! One case: a line that says what became of it and why, and behind it, drawn when somebody opens it, the evidence.

use maud::{Markup, PreEscaped, html};

use super::badge;
use super::packets::{Shapes, packets};
use crate::record::Snippet;
use crate::report::json::Document;
use crate::report::ladder::ladder;
use crate::report::plot::plots;
use crate::requirement::Requirement;
use crate::result::CaseResult;
use crate::verdict::{Finding, Level, Verdict};

/// The case with this number.
pub(super) fn case(document: &Document<'_>, at: usize) -> Markup {
    let result = &document.results[at];
    let reason = result.reason();
    let words = [&result.requirements[..], &result.tags[..]].concat().join(" ");
    html! {
        details .case id=(format!("case-{at}")) data-case=(at) data-verdict=(result.verdict) data-words=(words) {
            summary {
                (badge(result.verdict))
                span .name { (result.name) }
                span .title { (result.title) }
                @if let Some(finding) = reason { (in_short(document, finding)) }
                @if let Some(why) = &result.not_applicable { span .why { (why) } }
                @if let Some(it) = &result.waiver {
                    span .why { "waived until " (it.until) ": " (it.reason) " (" (it.issue) ")" }
                }
                @if result.unclean { span .why { "unclean: its postamble failed, so state may be left behind" } }
            }
        }
    }
}

/// What stands behind that line. As text, which costs a browser little until somebody opens the case; in it all `<` of
/// scripts and packets are escaped already, so that none of them ends the element.
pub(super) fn behind(document: &Document<'_>, at: usize, file: &str, shapes: &mut Shapes) -> Markup {
    let result = &document.results[at];
    html! {
        script id=(format!("evidence-{at}")) type="text/html" { (evidence(document, result, file)) }
        script id=(format!("packets-{at}")) type="application/json" { (PreEscaped(packets(result, shapes))) }
    }
}

/// What somebody needs who does not open the case.
fn in_short(document: &Document<'_>, finding: &Finding) -> Markup {
    let id = finding.requirement.as_deref().unwrap_or_default();
    html! {
        span .short {
            span .id { (if id.is_empty() { "the tester" } else { id }) }
            @if let Some(requirement) = document.requirements.get(id) { " " (sentence(requirement)) }
        }
        span .short {
            span .expected { "expected " (finding.expected) } "; " span .seen { "seen " (finding.seen) }
        }
    }
}

fn evidence(document: &Document<'_>, result: &CaseResult, file: &str) -> Markup {
    html! {
        @if !result.purpose.is_empty() { p .purpose { (result.purpose) } }
        @for (at, finding) in result.findings.iter().enumerate() {
            (self::finding(document, finding, result.reason == Some(at)))
        }
        @for (caption, plot) in plots(result) { figure { figcaption { (caption) } (plot) } }
        @if !result.packets.is_empty() {
            section .exchange {
                h3 { "Packets" }
                p .hint { "Choose one to see its fields and octets." }
                div .scroll tabindex="0" role="region" aria-label="Ladder diagram" { (ladder(result)) }
                div .packet-shown aria-live="polite" {}
            }
        }
        dl .facts {
            div { dt { "script" } dd { code { (result.at) } } }
            div { dt { "requirements" } dd {
                @for id in &result.requirements { a href=(format!("#{}", super::catalogue::anchor(id))) { (id) } " " }
            } }
            @if !result.measured.is_empty() {
                div { dt { "measured" } dd { ul { @for it in &result.measured { li { (it) } } } } }
            }
            @if !result.tags.is_empty() { div { dt { "tags" } dd { (result.tags.join(", ")) } } }
            div { dt { "took" } dd { (format!("{:?} on the clock of the bench", result.duration)) } }
            @if !result.packets.is_empty() {
                div { dt { "capture" } dd { a href=(format!("{file}.pcapng")) { (file) ".pcapng" } } }
            }
        }
    }
}

/// In quotes where the words are the RFC's.
pub(super) fn sentence(requirement: &Requirement) -> Markup {
    html! { @if requirement.verbatim { q { (requirement.sentence) } } @else { span { (requirement.sentence) } } }
}

/// Everything about one judgement: the requirement and its sentence, expected and seen, the step, the packet.
fn finding(document: &Document<'_>, finding: &Finding, is_reason: bool) -> Markup {
    let requirement = finding.requirement.as_deref().and_then(|id| document.requirements.get(id));
    let level = match finding.level {
        Level::Must => "must",
        Level::Should => "should: a failure warns",
        Level::Info => "recorded only",
        Level::Derived => "a reading of the suite's authors, since the RFC is silent: a failure warns",
    };
    html! {
        article .finding .reason[is_reason] {
            h3 {
                (badge(finding.verdict)) " " (finding.step)
                @if is_reason && finding.verdict > Verdict::Pass { span .because { " is the reason for the verdict" } }
            }
            @if let Some(it) = requirement {
                blockquote .(if it.verbatim { "verbatim" } else { "summary" }) {
                    p { (it.sentence) }
                    footer {
                        a href=(format!("#{}", super::catalogue::anchor(&it.id))) { (it.id) }
                        ", " (it.section) ", " (it.level) " for " (it.actor)
                        @if !it.verbatim { " (in short)" }
                    }
                }
            }
            dl .compare {
                div .expected { dt { "expected" } dd { (finding.expected) } }
                div .seen { dt { "seen" } dd { (finding.seen) } }
            }
            p .where {
                "level " (level)
                // Over each piece of a script stands where it is from.
                @if finding.script.is_empty() { "; " code { (finding.at) } }
                @if let Some(packet) = finding.packet {
                    "; " button type="button" .to-packet data-packet=(packet) { "packet " (packet) }
                }
            }
            @for part in &finding.script { (snippet(part)) }
        }
    }
}

fn snippet(snippet: &Snippet) -> Markup {
    html! {
        figure .script {
            figcaption { (snippet.file) ":" (snippet.line) }
            pre tabindex="0" {
                @for (at, line) in snippet.lines.iter().enumerate() {
                    span .line { span .no { (snippet.line + at) } (line) "\n" }
                }
            }
        }
    }
}
