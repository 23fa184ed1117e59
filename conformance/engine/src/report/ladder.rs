//! The ladder diagram of a case, as SVG: a line for each station, an arrow for each packet, the time beside it.

use maud::{Markup, html};

use super::shown::{called, summary};
use crate::packet::Direction;
use crate::record::{PacketRecord, Station};
use crate::result::CaseResult;
use crate::verdict::Verdict;

const LEFT: usize = 150;
const HEAD: usize = 46;
const ROW: usize = 42;
const GAP: usize = 22;
/// Pixels that a character of a label takes.
const CHARACTER: usize = 7;
/// A silence that is worth a mark.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(1);

/// The diagram, without a style of its own.
pub fn ladder(result: &CaseResult) -> Markup {
    let lanes = lanes(&result.stations);
    let spacing = if lanes.len() > 6 { 120 } else { 240 };
    let x = |lane: usize| LEFT + spacing / 2 + lane * spacing;
    let width = LEFT + spacing * lanes.len().max(1);
    let iut = lanes.iter().position(|station| station.is_iut).unwrap_or(0);
    let failed = |number: usize| {
        let findings = result.findings.iter().filter(|finding| finding.packet == Some(number));
        findings.map(|finding| finding.verdict).max().filter(|verdict| *verdict > Verdict::Pass)
    };
    let (mut y, mut rows, mut before) = (HEAD, Vec::new(), std::time::Duration::ZERO);
    for (at, packet) in result.packets.iter().enumerate() {
        let silence = packet.at.saturating_sub(before);
        if silence >= SILENCE {
            rows.push(html! {
                text .silence x=(LEFT + 6) y=(y + 14) { (format!("⋯ {silence:?} later")) }
            });
            y += GAP;
        }
        before = packet.at;
        let lane = lanes.iter().position(|station| !station.is_iut && station.name == packet.port);
        let ends = (x(lane.unwrap_or(iut)), x(iut));
        rows.push(row(result, at, packet, ends, y, failed(at + 1)));
        y += ROW;
    }
    let height = y + 12;
    html! {
        svg .ladder xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {width} {height}"))
            width=(width) height=(height) role="group" aria-label=(format!("Ladder diagram of {}", result.name)) {
            @for (lane, station) in lanes.iter().enumerate() {
                line .lane .iut[station.is_iut] x1=(x(lane)) x2=(x(lane)) y1=(HEAD - 8) y2=(height - 6) {}
                text .station .iut[station.is_iut] x=(x(lane)) y="18" {
                    (fit(&station.name, spacing)) title { (station.name) }
                }
                text .what x=(x(lane)) y="32" {
                    (fit(&format!("{}{}", station.role, if station.is_iut { " under test" } else { "" }), spacing))
                    title { (station.addr) }
                }
            }
            @for row in &rows { (row) }
        }
    }
}

fn row(
    result: &CaseResult,
    at: usize,
    packet: &PacketRecord,
    (port, iut): (usize, usize),
    y: usize,
    failed: Option<Verdict>,
) -> Markup {
    let number = at + 1;
    let said = summary(packet, &result.stations);
    let (from, to) = match packet.direction {
        Direction::Sent => (port, iut),
        Direction::Received => (iut, port),
    };
    let line = y + 22;
    let room = port.abs_diff(iut);
    let middle = port.midpoint(iut);
    let tip = if from <= to { to - 2 } else { to + 2 };
    let shown = fit(&said, room);
    let step = packet.step.as_deref().unwrap_or(match packet.direction {
        Direction::Sent => "by itself",
        Direction::Received => "no step asked for it",
    });
    let class = match (failed, packet.direction) {
        (Some(Verdict::Info | Verdict::Warn), _) => "packet doubtful",
        (Some(_), _) => "packet wrong",
        (None, Direction::Sent) => "packet sent",
        (None, Direction::Received) => "packet received",
    };
    html! {
        g class=(class) data-packet=(number) tabindex="0" role="button"
            aria-label=(format!("packet {number}, {}: {said}", direction(packet, &result.stations))) {
            rect .hit x="0" y=(y) width="100%" height=(ROW) {}
            text .number x="34" y=(line + 4) { (number) }
            text .time x=(LEFT - 10) y=(line + 4) { (format!("{:.6}", packet.at.as_secs_f64())) }
            path .arrow d=(format!("M{from} {line}H{tip}")) {}
            path .head d=(format!("M{tip} {line}l{} -5v10Z", if from <= to { "-9" } else { "9" })) {}
            text .label x=(middle) y=(line - 6) { (shown) @if shown != said { title { (said) } } }
            text .step x=(middle) y=(line + 14) {
                @if let Some(verdict) = failed { tspan .verdict { (verdict) " " } }
                (fit(step, room))
            }
        }
    }
}

/// Who sent a packet to whom.
pub(super) fn direction(packet: &PacketRecord, stations: &[Station]) -> String {
    let iut = stations.iter().find(|station| station.is_iut);
    let iut = iut.map_or_else(|| "the implementation under test".into(), |iut| called(iut.addr, stations));
    match packet.direction {
        Direction::Sent => format!("{} → {iut}", packet.port),
        Direction::Received => format!("{iut} → {}", packet.port),
    }
}

/// The implementation under test in the middle, so that an S-MAAR's and a P-MAAR's packets lie on its two sides.
fn lanes(stations: &[Station]) -> Vec<&Station> {
    let (iut, roles): (Vec<_>, Vec<_>) = stations.iter().partition(|station| station.is_iut);
    let left = roles.len().div_ceil(2);
    roles[..left].iter().chain(&iut).chain(&roles[left..]).copied().collect()
}

/// As much of a text as there is room for.
fn fit(text: &str, room: usize) -> String {
    let most = (room / CHARACTER).max(8);
    if text.chars().count() <= most {
        return text.to_string();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// The diagram as a file of its own.
pub fn file(result: &CaseResult) -> String {
    let style = format!("<style>{}{}</style>", super::html::PALETTE, super::html::DRAWING);
    let drawn = ladder(result).into_string();
    match drawn.split_once('>') {
        Some((svg, rest)) => format!("{svg}>{style}{rest}\n"),
        None => drawn,
    }
}
