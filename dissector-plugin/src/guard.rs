//! The one place where panics end. See the contract in the crate's documentation.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does `work`; if it panics, the host gets `otherwise` and the packet is shown without us. The panic's message has
/// gone to stderr by then.
pub(crate) fn guarded<T: Copy>(otherwise: T, work: impl FnOnce() -> T) -> T {
    // Unwind safety: what we keep between calls is written once, at registration.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(value) => value,
        Err(payload) => {
            // A payload whose drop panics would unwind into C.
            std::mem::forget(payload);
            otherwise
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_in_the_other_value() {
        assert_eq!([guarded(0, || 7), guarded(0, || panic!("on purpose"))], [7, 0]);
    }
}
