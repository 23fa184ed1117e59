//! Hash tables that are looked things up in and never gone through: where in memory something is must decide nothing, or a run could
//! not be repeated. Names come from the network, so the hash is keyed with a secret: nobody can choose names that all meet.

#![expect(
    clippy::disallowed_types,
    reason = "the key decides where something is in memory, and nothing else"
)]

use std::hash::RandomState;

/// What tables are keyed with.
pub(crate) type Keyed = RandomState;

/// A key that nobody else knows.
pub(crate) fn hasher() -> Keyed {
    RandomState::new()
}
