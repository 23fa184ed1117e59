//! What the Info column says about a message with the D flag.

use dmm_codec::Lifetime;
use dmm_codec::text::AddressText;

use crate::text::Text;
use crate::track::{Known, Signal};
use crate::{preferences, tracking};

/// `PBU [D] seq=7 mn=mn1@example.org lifetime=300 s → S-MAAR 2001:db8:c0::2`: one line of a flow graph. Empty for a
/// message without the D flag, which the stock text describes well enough.
pub(crate) fn text(signal: &Signal<'_>, known: Option<&Known>) -> Text {
    use std::fmt::Write as _;

    if !signal.dmm {
        return Text::EMPTY;
    }
    let mut text = Text::EMPTY;
    // Writing to a `Text` does not fail; it cuts.
    let _ = text.write_str(match (signal.is_request, signal.is_query(preferences::drafts())) {
        (true, false) => "PBU [D]",
        (true, true) => "PBQ [DQ]",
        (false, false) => "PBA [D]",
        (false, true) => "PQA [DQ]",
    });
    // Why a PBU was rejected is worth its words.
    if !signal.is_request {
        let _ = match signal.status {
            accepted if accepted.is_accepted() => write!(text, " status={}", accepted.0),
            rejected => write!(text, " status={rejected}"),
        };
    }
    let _ = write!(text, " seq={}", signal.seq);
    if let Some(identifier) = signal.mn.map(tracking::name).filter(|name| !name.is_empty()) {
        let _ = text.write_str(" mn=").and_then(|()| text.write_str(identifier.as_str()));
    }
    let _ = write!(text, " lifetime={}", Lifetime(signal.lifetime));
    if let Some(address) = signal.serving {
        let _ = write!(text, " → S-MAAR {}", AddressText::new(address));
    }
    let mut before = " ← P-MAAR ";
    for (address, _) in signal.previous_maars() {
        let _ = write!(text, "{before}{}", AddressText::new(address));
        before = ", ";
    }
    if let Some(again) = known.and_then(|known| known.retransmission) {
        let _ = write!(text, " [retransmission {}]", again.number);
    }
    if known.is_some_and(|known| known.duplicate_of.is_some()) {
        let _ = text.write_str(" [same packet again]");
    }
    text
}
