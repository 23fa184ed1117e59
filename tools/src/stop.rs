//! Ctrl-C: a long run ends in order, with what it has found, and can go on later.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dmm_conformance::verdict::INTERRUPTED;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::Failure;

/// Set by the first Ctrl-C, or the first SIGTERM; a second one ends the process where it is.
pub(crate) fn on_signals() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| Failure::bench(format!("signals cannot be listened to: {error}")))?;
    }
    Ok(stop)
}
