//! Captures in and annotated pcapng out: the one place that knows capture files and `pcap-file`.
//!
//! [`CaptureWriter`] writes pcapng that is the same to the octet for the same packets; [`CaptureReader`] reads pcapng
//! and classic pcap from whoever wrote it. Neither knows what the packets mean.

mod attachment;
mod blocks;
mod read;
mod window;
mod write;

pub use attachment::{attach, attached};
pub use read::{CaptureReader, Packet, ReadError};
pub use write::{CaptureWriter, Section, WriteError};

/// Link type of Ethernet frames in capture files.
pub const ETHERNET: u32 = 1;
