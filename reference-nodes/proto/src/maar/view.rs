//! What a MAAR holds, as a person may look at it.

use super::mobile::{Elsewhere, Place};
use super::{Anchor, Maar};
use crate::view::{Anchored, Session, State, Waiting};

impl Maar {
    /// What it holds of each mobile node, in the order of their identifiers.
    pub fn sessions(&self) -> impl Iterator<Item = Session> {
        self.mobiles.iter().map(|(mn, mobile)| {
            let here = Some(self.config.address);
            let session = |state| Session {
                mac: Some(mobile.mac),
                prefixes: mobile.own.prefixes.clone(),
                ..Session::new(mn, state)
            };
            match &mobile.place {
                Place::Registering { .. } => session(State::Registering),
                &Place::Serving { refresh, expires, ref anchors, .. } => Session {
                    serving: here,
                    anchors: anchors.iter().map(anchored).collect(),
                    refresh,
                    expires: Some(expires),
                    ..session(State::Serving)
                },
                &Place::Unseen { expires, ref anchors } => Session {
                    serving: here,
                    anchors: anchors.iter().map(anchored).collect(),
                    expires: Some(expires),
                    ..session(State::Unseen)
                },
                &Place::Away { expires } => Session { expires: Some(expires), ..session(State::Away) },
                &Place::Anchoring(Elsewhere { s_maar, until }) => {
                    Session { serving: Some(s_maar), expires: Some(until), ..session(State::Anchoring) }
                }
                Place::Leaving => session(State::Leaving),
            }
        })
    }

    /// Its PBUs that are not answered.
    pub fn waiting(&self) -> impl Iterator<Item = Waiting> {
        self.updates.waiting()
    }
}

fn anchored(anchor: &Anchor) -> Anchored {
    Anchored { maar: anchor.maar, prefixes: anchor.prefixes.clone(), answered: None }
}
