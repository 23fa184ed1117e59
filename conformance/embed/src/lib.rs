//! Implementations under test that are shared libraries. `include/dmm_iut.h` is the interface; this crate loads such libraries,
//! and makes one of a stack in Rust. On this side of it nothing is unsafe.

pub mod abi;
mod error;
mod export;
mod instance;
mod library;
mod start;

pub use error::EmbedError;
#[doc(hidden)]
pub use export::Exported;
pub use export::{Stack, library, table};
pub use instance::Instance;
pub use library::Library;
pub use start::Start;

/// Where a frame comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// IPv6 packets.
    Core,
    /// Ethernet frames.
    Access,
}

impl Port {
    const ALL: [(Self, u32); 2] = [(Self::Core, 0), (Self::Access, 1)];

    fn number(self) -> u32 {
        Self::ALL.iter().find(|(port, _)| *port == self).map_or(0, |(_, number)| *number)
    }

    fn of(number: u32) -> Option<Self> {
        Self::ALL.iter().find(|(_, it)| *it == number).map(|(port, _)| *port)
    }
}

/// What is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed<'a> {
    /// A mobile node has left the access link.
    Detach([u8; 6]),
    /// The stack starts anew with what it has stored.
    Restart,
    /// The stack is configured otherwise.
    Set(&'a [(String, String)]),
    /// The stack says what it holds.
    Dump,
}
