//! Conformance testing of RFC 8885 implementations: scripts in, packets out, verdicts per requirement.
//!
//! It knows the codec and no node: the implementation under test is whatever stands behind a [`Transport`].

pub mod access;
pub mod bundle;
pub mod contents;
pub mod evidence;
pub mod identity;
pub mod judge;
pub mod packet;
pub mod profile;
pub mod record;
pub mod recorded;
pub mod report;
pub mod requirement;
pub mod result;
pub mod run;
pub mod script;
pub mod transport;
pub mod trigger;
pub mod verdict;
pub mod waiver;

pub use profile::Profile;
pub use requirement::Catalogue;
pub use result::CaseResult;
pub use run::run;
pub use script::plan::{Clock, Instance, Selection, Timing};
pub use script::span::{LoadError, LoadErrors};
pub use script::suite::Suite;
pub use transport::{Bench, Transport};
pub use verdict::{Finding, Level, Verdict};
