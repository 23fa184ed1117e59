//! Wireshark plugin for RFC 8885: shows the D flag and the options 65 to 70 inside Wireshark's own Mobile IPv6 tree.
//!
//! One file serves every Wireshark 4.x. A plugin normally carries the version it was compiled for; here a constructor
//! asks the program that loads us for its version and answers with the same (`construct`). Nothing is linked to
//! Wireshark's library: every function is looked up in the running program (`host`), and the few layouts that differ
//! between versions are rows of a table (`abi`). A program that is not Wireshark, or one that is not known, finds
//! version 0.0 and does not call us.
//!
//! # The contract at the border to C
//!
//! Wireshark reports trouble in a packet by `longjmp` out of any call that touches a tvb or a tree, over whatever
//! frames are in between. Rust unwinds on panics. Neither may meet the other:
//!
//! * Every `extern "C"` function does its work inside `guard::guarded`: no panic leaves it.
//! * While the host works on a packet, no Rust value with a `Drop` is alive on our frames. The wrappers of `packet` are
//!   `Copy`, text for the host is a `text::Text` on the stack, and what needs the heap is freed before the call.
//!   (During registration the host does not jump; it ends the program.)
//! * What must be there even if the stock dissector jumps away is done before it is called.
//! * Packets are read only as slices of the captured octets, never by the host's accessors that throw.
//! * What is registered lives as long as the process: the host keeps pointers into it.

mod abi;
mod beside;
mod conversations;
mod expert;
mod fields;
mod guard;
mod handle;
mod hook;
mod host;
mod info;
mod message;
mod options;
mod packet;
mod preferences;
mod requirement;
mod rows;
mod stats;
mod stock;
mod tap;
mod text;
mod track;
mod tracked;
mod tracking;
mod tunnel;

use std::ffi::{c_char, c_int};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::guard::guarded;

/// Our version, as a C string.
#[unsafe(no_mangle)]
pub static plugin_version: [u8; concat!(env!("CARGO_PKG_VERSION"), "\0").len()] = version();

/// The major version of the Wireshark that may call us; 0 until `construct` has met one.
#[unsafe(no_mangle)]
pub static plugin_want_major: AtomicI32 = AtomicI32::new(0);

/// The minor version that goes with `plugin_want_major`.
#[unsafe(no_mangle)]
pub static plugin_want_minor: AtomicI32 = AtomicI32::new(0);

/// Called once by the host after the versions were found equal.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_register() {
    guarded((), || {
        if host::is_found() {
            hook::register();
        }
    });
}

/// Says what kind of plugin this is: `WS_PLUGIN_DESC_DISSECTOR`.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_describe() -> u32 {
    const DISSECTOR: u32 = 1;
    DISSECTOR
}

/// Runs when the file is loaded, before the host reads the two version numbers.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCT: extern "C" fn() = construct;

/// Finds the host and agrees to its version, or leaves version 0.0 standing so that it refuses us.
extern "C" fn construct() {
    guarded((), || match host::find() {
        Ok(Some((major, minor))) => {
            plugin_want_major.store(major, Ordering::Relaxed);
            plugin_want_minor.store(minor, Ordering::Relaxed);
        }
        // Not Wireshark: whoever it is, there is nothing to do and nobody to tell.
        Ok(None) => {}
        Err(reason) => eprintln!("dmm: the plugin for RFC 8885 is not used: {reason}"),
    });
}

const fn version() -> [u8; concat!(env!("CARGO_PKG_VERSION"), "\0").len()] {
    let text = concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes();
    let mut octets = [0; concat!(env!("CARGO_PKG_VERSION"), "\0").len()];
    octets.copy_from_slice(text);
    octets
}

const _: () = assert!(size_of::<AtomicI32>() == size_of::<c_int>() && size_of::<u8>() == size_of::<c_char>());
