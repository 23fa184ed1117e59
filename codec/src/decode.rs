//! From received octets to a message: the view is checked as a receiver must, the options become values.

use alloc::vec::Vec;
use core::net::Ipv6Addr;

use crate::error::DecodeError;
use crate::message::Message;
use crate::option::MobilityOption;
use crate::view::MessageView;

/// Room for options that is taken at once: few messages have more.
const USUAL_OPTIONS: usize = 8;

/// A message that was read, and what was wrong with parts of it that a receiver skips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The message, without the skipped parts.
    pub message: Message,
    /// What was skipped, and why.
    pub skipped: Vec<DecodeError>,
}

impl Message {
    /// Reads a Mobility Header as it came from `src` to `dst`, in the order of checks of RFC 6275 §9.2.
    pub fn decode(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Result<Decoded, DecodeError> {
        let view = MessageView::received(octets, src, dst)?;
        let (mut options, mut skipped) = (Vec::with_capacity(USUAL_OPTIONS), Vec::new());
        for option in view.options() {
            let option = option?;
            if option.is_padding() {
                continue;
            }
            match MobilityOption::read(option.kind, option.body) {
                Ok(read) => options.push(read),
                Err(wrong) => {
                    let (kind, at, body_at) = (option.kind, option.offset, option.body_offset);
                    skipped.push(DecodeError::of_option(kind, at, body_at, wrong));
                }
            }
        }
        let message = Self::from_parts(view.mh_type(), view.body(), options)
            .expect("`received` refuses types that the table lacks");
        Ok(Decoded { message, skipped })
    }
}
