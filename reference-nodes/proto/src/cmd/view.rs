//! The binding cache as a person may look at it.

use super::Cmd;
use crate::view::{Anchored, Session, State, Waiting};

impl Cmd {
    /// What it holds of each mobile node, in the order of their identifiers.
    pub fn sessions(&self) -> impl Iterator<Item = Session> {
        self.cache.bindings().map(|(mn, binding)| {
            let state = match (binding.deregistered, binding.is_waiting()) {
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
                answer_by: binding.answer_by(),
                ..Session::new(mn, state)
            }
        })
    }

    /// Its PBUs that are not answered, in that order.
    pub fn waiting(&self) -> impl Iterator<Item = Waiting> {
        let mut waiting: Vec<Waiting> = self.updates.waiting_as(|mn| self.cache.name(*mn).clone()).collect();
        waiting.sort_by(|one, other| (&one.mn, one.peer).cmp(&(&other.mn, other.peer)));
        waiting.into_iter()
    }
}
