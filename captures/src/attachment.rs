//! What goes with a capture and is no packet, in a block behind the packets. Its type is of those that the format leaves for
//! local use and that everybody else passes over; a Custom Block would be a frame of its own in Wireshark. So that nobody
//! takes another's block of that type for ours, it begins with words of its own.

use crate::blocks::{Block, Order, block, frame};
use crate::write::WriteError;

/// "Reserved for local use" are block types whose first bit is set.
const LOCAL: u32 = 0x8000_0885;
const WORDS: &[u8; 16] = b"dmm attachment 1";
/// How many octets are attached, behind the words.
const LENGTH: usize = 4;
/// Type, and both lengths.
const AROUND: usize = 12;

/// Puts octets behind a capture, in the byte order that [`CaptureWriter`](crate::CaptureWriter) writes.
pub fn attach(capture: &mut Vec<u8>, octets: &[u8]) -> Result<(), WriteError> {
    let too_long = || WriteError::Format(format!("{} octets do not fit a block", octets.len()));
    let padded = octets.len().next_multiple_of(4);
    let whole = u32::try_from(AROUND + WORDS.len() + LENGTH + padded).map_err(|_| too_long())?;
    let length = u32::try_from(octets.len()).map_err(|_| too_long())?;
    capture.extend(LOCAL.to_le_bytes());
    capture.extend(whole.to_le_bytes());
    capture.extend(WORDS);
    capture.extend(length.to_le_bytes());
    capture.extend(octets);
    capture.resize(capture.len() + padded - octets.len(), 0);
    capture.extend(whole.to_le_bytes());
    Ok(())
}

/// What is attached to a capture; none where nothing is, or where the file is none, or is cut short before it.
pub fn attached(capture: &[u8]) -> Option<&[u8]> {
    let (mut order, mut rest) = (Order::Big, capture);
    while !rest.is_empty() {
        let len = frame(rest, order).ok()?.len;
        let found = block(rest, order).ok()?;
        order = found.order;
        if let Some(octets) = ours(&found) {
            return Some(octets);
        }
        rest = rest.get(len..)?;
    }
    None
}

fn ours<'a>(block: &Block<'a>) -> Option<&'a [u8]> {
    let body = block.body.strip_prefix(WORDS).filter(|_| block.kind == LOCAL)?;
    let length = block.order.u32(body, 0)? as usize;
    body.get(LENGTH..)?.get(..length)
}
