//! Hosts, links and virtual time: a domain of RFC 8885, or of RFC 5213, on one machine, in which every frame is real octets and a run
//! with the same seed is the same to the octet.
//!
//! ```text
//!            CN        CMD
//!             │         │                 core: one Ethernet with static routes
//!   ──────────┴────┬────┴─────┬───────────┬──
//!                MAAR1      MAAR2       MAAR3
//!                  │          │           │    access links
//!                  MN  ─ ─ ─ ▶  ─ ─ ─ ─ ─ ▶
//! ```

mod core_node;
mod correspondent;
mod disk;
pub mod domain;
mod host;
mod link;
mod mobile_node;
mod router;
mod simulation;
pub mod trial;

pub use core_node::{CoreNode, Restore};
pub use correspondent::Correspondent;
pub use disk::{CrashPoint, Disk, DiskEvent, Records};
pub use domain::Domain;
pub use host::{Host, HostId, Port, Probe, Routes};
pub use link::{Fate, LinkId, Profile, Tapped};
pub use mobile_node::{FlowReport, MobileNode};
pub use router::{Fault, RestoreRouter, Router};
pub use simulation::Simulation;
