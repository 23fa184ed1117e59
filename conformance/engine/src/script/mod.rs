//! The script language: text to nodes with positions ([`yaml`]), nodes to a [`model`] of known names, a [`suite`] of
//! cases, and a [`plan`] of what to run for one implementation. No packet is sent here.

pub(crate) mod body;
pub(crate) mod case;
pub mod condition;
pub(crate) mod fields;
pub(crate) mod filter;
pub mod fmt;
mod lint;
pub mod messages;
pub mod model;
pub mod page;
pub mod plan;
pub mod schema;
pub(crate) mod source;
pub mod span;
mod steps;
pub mod suite;
pub mod value;
pub mod yaml;
