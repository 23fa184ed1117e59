//! The binding cache as a person may look at it.

use super::Cmd;
use crate::view::{Anchored, Session, State, Waiting};

impl Cmd {
    /// What it holds of each mobile node, in the order of their identifiers.
    pub fn sessions(&self) -> impl Iterator<Item = Session> {
        self.bindings.iter().map(|(mn, binding)| {
            let waits = binding.handover.as_ref().is_some_and(|handover| !handover.waiting.is_empty());
            let state = match (binding.deregistered, waits) {
                (true, _) => State::Deregistered,
                (false, true) => State::Handover,
                (false, false) => State::Registered,
            };
            let anchored = binding.p_maars.iter().map(|p_maar| Anchored {
                maar: p_maar.anchor.maar,
                prefixes: p_maar.anchor.prefixes.to_vec(),
                answered: Some(p_maar.answered),
            });
            Session {
                serving: Some(binding.serving.maar),
                prefixes: binding.serving.prefixes.to_vec(),
                anchors: anchored.collect(),
                expires: Some(binding.expires),
                answer_by: binding.handover.as_ref().and_then(|handover| handover.answer_by),
                ..Session::new(mn, state)
            }
        })
    }

    /// Its PBUs that are not answered.
    pub fn waiting(&self) -> impl Iterator<Item = Waiting> {
        self.updates.waiting()
    }
}
