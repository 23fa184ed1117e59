//! Forwarding that forwards nothing: orders are noted and acknowledged at once, so that signalling and Router
//! Advertisements are those of a node that forwards. A kernel is another [`Dataplane`].

use std::collections::VecDeque;

use dmm_dataplane::{Dataplane, Op, OpFailure, OpId, Plane};

/// What is said of it, at start and in the status.
pub const NO_FORWARDING: &str =
    "none: signalling and Router Advertisements only, no user traffic is forwarded";

/// A plane that nobody forwards by.
#[derive(Clone, Debug, Default)]
pub(crate) struct NoForwarding {
    plane: Plane,
    done: VecDeque<OpId>,
}

impl Dataplane for NoForwarding {
    fn submit(&mut self, id: OpId, op: Op) {
        match op {
            Op::Ensure(entry) => drop(self.plane.insert(entry)),
            Op::Remove(entry) => drop(self.plane.remove(&entry)),
        }
        self.done.push_back(id);
    }

    fn poll_done(&mut self) -> Option<(OpId, Result<(), OpFailure>)> {
        Some((self.done.pop_front()?, Ok(())))
    }

    fn snapshot(&self) -> Plane {
        self.plane.clone()
    }
}
