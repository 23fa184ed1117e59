//! Times that were judged, as SVG: intervals in their windows, a rate on its time line, a burst below its token bucket.

use std::time::Duration;

use maud::{Markup, html};

use crate::judge::timing::{RateVerdict, rate};
use crate::record::{Timing, TimingRule, Window};
use crate::result::CaseResult;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;

/// One plot for each series of times.
pub fn plots(result: &CaseResult) -> Vec<(String, Markup)> {
    let plot = |timing: &Timing| {
        let packets = timing.packets.iter().filter_map(|number| result.packets.get(number.checked_sub(1)?));
        let times: Vec<Duration> = packets.map(|packet| packet.at).collect();
        match &timing.rule {
            TimingRule::Intervals { windows } => intervals(timing, &times, windows),
            TimingRule::Rate { max, per } => on_a_line(timing, &times, *max, *per),
            TimingRule::TokenBucket { rate, burst } => bucket(timing, &times, *rate, *burst),
        }
    };
    let worth_it = result.timings.iter().filter(|timing| timing.packets.len() > 1 || has_windows(timing));
    worth_it.map(plot).collect()
}

fn has_windows(timing: &Timing) -> bool {
    matches!(&timing.rule, TimingRule::Intervals { windows } if !windows.is_empty())
}

/// Doubling is a straight line on a logarithmic scale.
fn intervals(timing: &Timing, times: &[Duration], windows: &[Window]) -> (String, Markup) {
    let seen: Vec<Duration> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    let all = seen.iter().copied().chain(windows.iter().flat_map(|it| [it.shortest, it.longest]));
    let all: Vec<f64> = all.map(|it| it.as_secs_f64().max(1e-6).log2()).collect();
    let low = all.iter().copied().fold(f64::INFINITY, f64::min).floor();
    let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil().max(low + 1.0);
    let count = seen.len().max(windows.len()).max(1);
    let column = (WIDTH - LEFT - RIGHT) / number(count);
    let x = |at: usize| LEFT + column * (number(at) + 0.5);
    let y = |time: Duration| scale(time.as_secs_f64().max(1e-6).log2(), (low, high), (HEIGHT - BOTTOM, TOP));
    let steps = ((high - low) / 8.0).ceil().max(1.0);
    let lines: Vec<f64> =
        (0..=8).map(|step| low + f64::from(step) * steps).filter(|it| *it <= high).collect();
    let caption = format!("{}: each interval and the window it must lie in, in seconds", timing.label);
    let drawn = frame(
        &caption,
        &html! {
            @for line in lines {
                @let at = scale(line, (low, high), (HEIGHT - BOTTOM, TOP));
                line .grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(px(at)) y2=(px(at)) {}
                text .tick x=(LEFT - 6.0) y=(px(at + 4.0)) text-anchor="end" { (seconds(line.exp2())) }
            }
            @for (at, window) in windows.iter().enumerate() {
                rect .window x=(px(x(at) - column * 0.32)) width=(px(column * 0.64)) y=(px(y(window.longest)))
                    height=(px((y(window.shortest) - y(window.longest)).max(2.0))) {}
                line .due x1=(px(x(at) - column * 0.32)) x2=(px(x(at) + column * 0.32)) y1=(px(y(window.due))) y2=(px(y(window.due))) {}
            }
            @for (at, interval) in seen.iter().enumerate() {
                @let fits = windows.get(at).is_none_or(|it| (it.shortest..=it.longest).contains(interval));
                circle .good[fits] .bad[!fits] cx=(px(x(at))) cy=(px(y(*interval))) r="5" {}
                text .value x=(px(x(at))) y=(px(y(*interval) - 10.0)) text-anchor="middle" { (seconds(interval.as_secs_f64())) }
            }
            @for at in 0..count {
                text .tick x=(px(x(at))) y=(px(HEIGHT - BOTTOM + 16.0)) text-anchor="middle" { (at + 1) }
            }
            text .tick x=(px(LEFT)) y=(px(HEIGHT - 4.0)) { "interval" }
        },
    );
    (caption, drawn)
}

/// A mark for each message; those within one window that are too many are marked.
fn on_a_line(timing: &Timing, times: &[Duration], max: usize, per: Duration) -> (String, Markup) {
    let (start, end) = bounds(times);
    let x = |time: Duration| scale(time.as_secs_f64(), (start, end), (LEFT, WIDTH - RIGHT));
    let instants: Vec<_> = times.iter().map(|time| dmm_codec::Instant::default() + *time).collect();
    let most = times
        .iter()
        .enumerate()
        .map(|(at, first)| times[at..].iter().take_while(|time| time.saturating_sub(*first) < per).count());
    let most = most.max().unwrap_or(0);
    let caption = format!("{}: at most {max} in any {per:?}; the most that came were {most}", timing.label);
    let exceeded = match rate(&instants, max, per, Duration::ZERO) {
        RateVerdict::Exceeded { at, .. } => times.get(at - max).zip(times.get(at)),
        _ => None,
    };
    let base = HEIGHT / 2.0;
    let drawn = frame(
        &caption,
        &html! {
            @if let Some((first, last)) = exceeded {
                rect .excess x=(px(x(*first) - 4.0)) width=(px(x(*last) - x(*first) + 8.0)) y=(px(base - 60.0)) height="120" {}
            }
            line .grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(px(base)) y2=(px(base)) {}
            @for time in times { line .mark x1=(px(x(*time))) x2=(px(x(*time))) y1=(px(base - 40.0)) y2=(px(base + 40.0)) {} }
            (time_axis(start, end))
        },
    );
    (caption, drawn)
}

/// What was sent, as a staircase, below what the bucket lets through.
fn bucket(timing: &Timing, times: &[Duration], rate: f64, burst: usize) -> (String, Markup) {
    let (start, end) = bounds(times);
    let allowed = |time: f64| number(burst) + rate * (time - start);
    let highest = number(times.len()).max(1.0) + 1.0;
    let x = |time: f64| scale(time, (start, end), (LEFT, WIDTH - RIGHT));
    let y = |count: f64| scale(count.min(highest), (0.0, highest), (HEIGHT - BOTTOM, TOP));
    let mut stairs = format!("M{} {}", px(x(start)), px(y(0.0)));
    for (at, time) in times.iter().enumerate() {
        let time = x(time.as_secs_f64());
        stairs += &format!("H{}V{}", px(time), px(y(number(at + 1))));
    }
    // The line ends where it leaves the plot.
    let until = if rate > 0.0 { (start + (highest - number(burst)).max(0.0) / rate).min(end) } else { end };
    let line =
        format!("M{} {}L{} {}", px(x(start)), px(y(allowed(start))), px(x(until)), px(y(allowed(until))));
    let caption = format!(
        "{}: messages sent, and what {rate}/s with a burst of {burst} allow from the first on",
        timing.label
    );
    let drawn = frame(
        &caption,
        &html! {
            @for count in (0..).map(|step| f64::from(step) * (highest / 5.0).ceil()).take_while(|count| *count <= highest) {
                line .grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(px(y(count))) y2=(px(y(count))) {}
                text .tick x=(LEFT - 6.0) y=(px(y(count) + 4.0)) text-anchor="end" { (format!("{count:.0}")) }
            }
            path .allowed d=(line) {}
            path .stairs d=(stairs) {}
            (time_axis(start, end))
        },
    );
    (caption, drawn)
}

fn frame(caption: &str, inside: &Markup) -> Markup {
    html! {
        svg .plot xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(caption) {
            (inside)
        }
    }
}

fn time_axis(start: f64, end: f64) -> Markup {
    html! {
        @for step in 0..=4 {
            @let time = start + (end - start) * f64::from(step) / 4.0;
            @let at = scale(time, (start, end), (LEFT, WIDTH - RIGHT));
            text .tick x=(px(at)) y=(px(HEIGHT - BOTTOM + 16.0)) text-anchor=(if step == 4 { "end" } else { "middle" }) {
                @if step == 0 { (format!("{time:.3} s")) } @else { "+" (fine(time - start)) }
            }
        }
    }
}

/// First and last time, apart so that they can be drawn.
fn bounds(times: &[Duration]) -> (f64, f64) {
    let start = times.first().map_or(0.0, Duration::as_secs_f64);
    let end = times.last().map_or(0.0, Duration::as_secs_f64);
    (start, end.max(start + 0.001))
}

fn scale(value: f64, (low, high): (f64, f64), (from, to): (f64, f64)) -> f64 {
    from + (value - low) / (high - low) * (to - from)
}

fn fine(value: f64) -> String {
    if value < 1.0 { seconds(value * 1000.0).replace(" s", " ms") } else { seconds(value) }
}

fn seconds(value: f64) -> String {
    let shown = format!("{value:.3}");
    format!("{} s", shown.trim_end_matches('0').trim_end_matches('.'))
}

/// A place in the drawing: the same digits on every machine.
fn px(value: f64) -> String {
    format!("{value:.1}")
}

#[expect(clippy::cast_precision_loss, reason = "a case has far fewer packets than 2^52")]
fn number(count: usize) -> f64 {
    count as f64
}
