//! What text, JSON and YAML say in the same words.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use dmm_codec::lint::FaultKind;
use dmm_codec::{
    Drafts, ErrorKind, Fault, Instant, MessageView, OptionView, Reaction, SubOptionView, Weight, What,
    lint_with,
};

use super::layers::Way;

/// A message, or what may hide one, and where it was seen.
pub(super) struct Sighting<'a> {
    /// Number and time of its packet in a capture.
    pub(super) frame: Option<(u64, Instant)>,
    /// How it was reached.
    pub(super) way: Way<'a>,
    /// Which drafts it is read by.
    pub(super) drafts: Drafts,
}

/// Whether an option has octets that its fields do not say: of no row of the table, or of another length.
pub(super) fn is_opaque(option: &OptionView<'_>) -> bool {
    option.spec().is_none_or(|spec| !spec.fits(option.body.len()))
}

/// The same of a sub-option.
pub(super) fn is_opaque_part(part: &SubOptionView<'_>) -> bool {
    part.spec().is_none_or(|spec| !spec.fits(part.body.len()))
}

/// What a message is called.
pub(super) fn title(view: &MessageView<'_>, drafts: Drafts) -> Cow<'static, str> {
    match view.title(drafts) {
        Some(title) => title.into(),
        None => format!("Mobility Header of type {}", view.mh_type()).into(),
    }
}

/// What is wrong with a message, and what is known of its checksum. Where octets of it were not captured, nothing is
/// said of what they would decide.
pub(super) fn judged(
    octets: &[u8],
    is_whole: bool,
    summed: Option<(Ipv6Addr, Ipv6Addr)>,
    drafts: Drafts,
) -> (Vec<Fault>, &'static str) {
    let summed = summed.filter(|_| is_whole);
    let mut faults = lint_with(octets, summed, drafts);
    faults.retain(|fault| is_whole || !hangs_on_missing_octets(fault));
    let is_wrong =
        faults.iter().any(|fault| matches!(fault.kind, FaultKind::Decode(ErrorKind::Checksum { .. })));
    let checksum = match (summed, is_wrong) {
        (None, _) => "not verified",
        (Some(_), false) => "right",
        (Some(_), true) => "wrong",
    };
    (faults, checksum)
}

fn hangs_on_missing_octets(fault: &Fault) -> bool {
    let is_header_len = matches!(fault.what, What::Header(_)) && fault.offset > 0;
    // An option whose sub-options were read is wholly there.
    let is_within_option = matches!(fault.what, What::SubOption { .. });
    let is_too_short = matches!(fault.kind, FaultKind::Decode(ErrorKind::TooShort { .. }));
    is_too_short && !is_header_len && !is_within_option
}

/// How heavy a fault is.
pub(super) fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Wrong => "wrong",
        Weight::Questionable => "questionable",
    }
}

/// What a conforming receiver does about a fault.
pub(super) fn reaction(fault: &Fault) -> String {
    match fault.reaction() {
        Some(Reaction::Discard) => "discards the message in silence".to_owned(),
        Some(Reaction::ParameterProblem(at)) => format!(
            "discards the message and should send an ICMPv6 Parameter Problem, code 0, that points at its octet {at}"
        ),
        Some(Reaction::BindingError(status)) => format!("sends a Binding Error with status {status}"),
        Some(Reaction::Skip) => "skips the option".to_owned(),
        None => "takes the message all the same".to_owned(),
    }
}

/// Octets in hexadecimal.
pub(super) fn hex(octets: &[u8], between: &str) -> String {
    let mut hex = String::with_capacity(octets.len() * (2 + between.len()));
    for (i, octet) in octets.iter().enumerate() {
        hex.push_str(if i == 0 { "" } else { between });
        hex.extend(digits(*octet).map(char::from));
    }
    hex
}

/// The two digits of an octet.
pub(super) fn digits(octet: u8) -> [u8; 2] {
    static PAIRS: [[u8; 2]; 256] = {
        let (digits, mut pairs, mut i) = (b"0123456789abcdef", [[0; 2]; 256], 0);
        while i < pairs.len() {
            pairs[i] = [digits[i >> 4], digits[i & 0xf]];
            i += 1;
        }
        pairs
    };
    PAIRS[usize::from(octet)]
}

/// Octets that are text and safe on a terminal.
pub(super) fn text(octets: &[u8]) -> Option<&str> {
    str::from_utf8(octets).ok().filter(|text| !text.chars().any(char::is_control))
}

/// A point in time as RFC 3339 writes it: microseconds, and nanoseconds where they say more.
pub(crate) fn utc(at: Instant) -> String {
    let (seconds, nanos) = (at.as_nanos() / 1_000_000_000, at.as_nanos() % 1_000_000_000);
    let (days, second) = (seconds / 86400, seconds % 86400);
    // Years that start in March have their leap day last; 146097 days are 400 of them.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let (fraction, end) = if nanos % 1000 == 0 { (nanos / 1000, 26) } else { (nanos, 29) };
    // `format!` costs several times as much, and each line of JSON has a time.
    let mut said = *b"0000-00-00T00:00:00.000000000Z";
    for (mut number, start, end) in [
        (year, 0, 4),
        (month, 5, 7),
        (day, 8, 10),
        (hour, 11, 13),
        (minute, 14, 16),
        (second, 17, 19),
        (fraction, 20, end),
    ] {
        for digit in said[start..end].iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
    }
    said[end] = b'Z';
    str::from_utf8(&said[..=end]).expect("they are digits").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000000Z"),
            (1_767_225_600, "2026-01-01T00:00:00.000000Z"),
        ] {
            assert_eq!(utc(Instant::from_secs(seconds)), expected);
        }
        assert_eq!(utc(Instant::from_nanos(1)), "1970-01-01T00:00:00.000000001Z");
    }
}
