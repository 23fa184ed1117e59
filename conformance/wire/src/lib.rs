//! Conformance testing over a real interface. The tester owns its addresses: they are on no interface of its machine, frames
//! go in and out as they are, and Neighbor Solicitations for them are answered here, so that the kernel never sees what it
//! would answer with ICMPv6 Parameter Problem.
//!
//! It knows no node: what stands behind the interface is an implementation that was there before the first case and stays
//! after the last. So roles are stations that it is configured with once, and fresh in each case are mobile nodes, their
//! identifiers and prefixes.
//!
//! ```text
//!   engine ── Bench, Transport ── WireBench ── Domain ── Link ── interface ── implementation under test
//!                                     │           │        └ a thread that reads and answers ND
//!                                     │           └ which station plays in which case
//!                                     └ one a thread of the campaign
//! ```

mod bench;
mod clock;
mod domain;
mod link;
mod preflight;
mod stations;
mod tap;
mod trigger;

pub use bench::WireBench;
pub use domain::{Domain, partners};
pub use preflight::{Finding, Preflight, Weight, preflight, review};

/// The wire cannot be used; what to do about it is in the words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WireError(pub String);
