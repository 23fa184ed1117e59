//! See `Cargo.toml`. What a program without an operating system would do with the codec.
#![no_std]
#![forbid(unsafe_code)]

use core::net::Ipv6Addr;
use core::panic::PanicInfo;

use dmm_codec::{Message, lint};
use linked_list_allocator::LockedHeap;

#[global_allocator]
static HEAP: LockedHeap = LockedHeap::empty();

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Reads a message, writes it again, and counts its faults.
pub fn round_trip(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Option<usize> {
    let decoded = Message::decode(octets, src, dst).ok()?;
    let encoded = decoded.message.encode(src, dst).ok()?;
    Some(lint(&encoded, Some((src, dst))).len())
}
