//! What the Info column says about a message with the D flag.

use dmm_codec::header::PBU;
use dmm_codec::{Lifetime, MessageView, MobilityOption, Status};

use crate::expert;
use crate::text::Text;
use crate::track::Known;

/// `PBU [D] seq=7 mn=mn1@example.org lifetime=300 s → S-MAAR 2001:db8:c0::2`: one line of a flow graph. Empty for a
/// message without the D flag, which the stock text describes well enough.
pub(crate) fn text(octets: &[u8], known: Option<&Known>) -> Text {
    use std::fmt::Write as _;

    let Some(message) = MessageView::new(octets).ok().filter(MessageView::has_dmm_flag) else {
        return Text::EMPTY;
    };
    let number = |name| message.field(name).map(|field| field.uint());
    let is_query = expert::query_flag(message.mh_type())
        .is_some_and(|bit| number("flags").is_some_and(|flags| flags & bit != 0));
    let name = match (message.mh_type(), is_query) {
        (PBU, false) => "PBU",
        (PBU, true) => "PBQ",
        (_, false) => "PBA",
        (_, true) => "PQA",
    };
    let mut text = Text::new(format_args!("{name} [D{}]", if is_query { "Q" } else { "" }));
    // Writing to a `Text` does not fail; it cuts. Why a PBU was rejected is worth its words.
    if let Some(status) = number("status") {
        let _ = match Status(status as u8) {
            accepted if accepted.is_accepted() => write!(text, " status={}", accepted.0),
            rejected => write!(text, " status={rejected}"),
        };
    }
    if let Some(seq) = number("seq") {
        let _ = write!(text, " seq={seq}");
    }
    let options = || message.options().map_while(Result::ok);
    let values = || options().filter_map(|option| MobilityOption::read(option.kind, option.body).ok());
    let mobile_node = values().find_map(|option| match option {
        MobilityOption::MnIdentifier(identifier) => Some(Text::new(format_args!("{identifier}"))),
        _ => None,
    });
    if let Some(identifier) = mobile_node {
        let _ = write!(text, " mn={identifier}");
    }
    if let Some(lifetime) = number("lifetime") {
        let _ = write!(text, " lifetime={}", Lifetime(lifetime as u16));
    }
    let mut before = " ← P-MAAR ";
    for option in values() {
        let _ = match option {
            MobilityOption::ServingMaar(address) => write!(text, " → S-MAAR {address}"),
            MobilityOption::PreviousMaar(previous) => {
                let written = write!(text, "{before}{}", previous.address);
                before = ", ";
                written
            }
            _ => continue,
        };
    }
    if let Some(again) = known.and_then(|known| known.retransmission) {
        let _ = write!(text, " [retransmission {}]", again.number);
    }
    if known.is_some_and(|known| known.duplicate_of.is_some()) {
        let _ = write!(text, " [same packet again]");
    }
    text
}
