//! The shell around a state machine of `dmm-proto`: clock, raw socket, access link, administration, capture, log.
//!
//! ```text
//!  protocol 135 ──▶ signalling ─┐                                  ┌─▶ signalling ──▶ protocol 135
//!  RS, NS, NA ────▶ neighbors ──┤  handle_input     poll_output    ├─▶ neighbors ───▶ RA, NA, NS
//!  admin socket ──▶ admin ──────┼────────────▶ [ Node ] ───────────┼─▶ Dataplane
//!  time ──────────▶ clock ──────┘                                  └─▶ log, metrics, admin
//! ```
//!
//! It decides nothing that RFC 8885 has a word about: what comes in goes to the state machine in the order of its coming,
//! what comes out is carried out in the order of its coming out.

pub mod access;
pub mod admin;
mod capture;
mod carrier;
mod clock;
pub mod config;
mod forwarding;
mod http;
mod log;
mod machine;
mod metrics;
pub mod neighbors;
mod presence;
mod privileges;
mod shell;
pub mod signalling;
pub mod status;
mod storage;

pub use clock::Clock;
pub use config::{ConfigErrors, NodeConfig, Role};
pub use forwarding::NO_FORWARDING;
pub use shell::{Options, run};

/// Why a node could not start, or could not go on, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);
