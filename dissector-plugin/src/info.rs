//! What the Info column says about a message with the D flag.

use dmm_codec::{Lifetime, MessageView, MobilityOption, Status};

use crate::text::Text;

/// ` [D] seq=7 mn=mn1@example.org lifetime=300 s`; empty for a message without the D flag, which the stock text
/// describes well enough.
pub(crate) fn text(octets: &[u8]) -> Text {
    use std::fmt::Write as _;

    let Some(message) = MessageView::new(octets).ok().filter(MessageView::has_dmm_flag) else {
        return Text::EMPTY;
    };
    let number = |name| message.field(name).map(|field| field.uint());
    let mut text = Text::new(format_args!(" [D]"));
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
    let mut previous_maars = 0;
    let mut mobile_node = None;
    let mut serving_maar = None;
    for option in message.options().map_while(Result::ok) {
        match MobilityOption::read(option.kind, option.body) {
            Ok(MobilityOption::MnIdentifier(identifier)) => mobile_node = Some(identifier),
            Ok(MobilityOption::ServingMaar(address)) => serving_maar = Some(address),
            Ok(MobilityOption::PreviousMaar(_)) => previous_maars += 1,
            _ => {}
        }
    }
    if let Some(identifier) = mobile_node {
        let _ = write!(text, " mn={identifier}");
    }
    if let Some(lifetime) = number("lifetime") {
        let _ = write!(text, " lifetime={}", Lifetime(lifetime as u16));
    }
    if previous_maars > 0 {
        let _ = write!(text, " prev_maar={previous_maars}");
    }
    if let Some(address) = serving_maar {
        let _ = write!(text, " serving_maar={address}");
    }
    text
}
