//! What a MAAR has written, and how it goes on from there when it starts again: what it anchors it anchors still, and what its
//! forwarding has too little or too much of is ordered.

use dmm_codec::{Instant, MnIdentifier, Timestamp};
use dmm_dataplane::Plane;

use super::dlif::{Anchor, DlifAddresses};
use super::mobile::{Before, Elsewhere, Mobile, Place};
use super::{Maar, MaarConfig};
use crate::exchange::Freshness;
use crate::record::{MobileRecord, PlaceRecord, Record, RemoteAnchorRecord};
use crate::updates::Persistence;

impl Maar {
    /// A MAAR that goes on where another stopped, with what forwarding holds now: nothing after a loss of power, all that was
    /// there where only the control plane had stopped. What is due leaves at the first
    /// [`Input::Timeout`](crate::Input::Timeout).
    pub fn restore(
        config: MaarConfig,
        now: Instant,
        records: impl IntoIterator<Item = (MnIdentifier, MobileRecord)>,
        found: &Plane,
    ) -> Self {
        let mut maar = Self::new(config);
        maar.forwarding.find(found);
        for (mn, record) in records {
            let mobile = maar.restored(now, &mn, record.clone());
            if MobileRecord::from(&mobile) != record {
                maar.journal.changed(&mn);
            }
            let is_leaving = matches!(mobile.place, Place::Leaving);
            maar.mobiles.insert(mn.clone(), mobile);
            if is_leaving {
                let key = maar.cmd_key(&mn);
                maar.updates.want(now, key, Persistence::UntilMaximum);
            }
            maar.reconcile(&mn, Vec::new(), Vec::new());
        }
        maar.outbox.extend(maar.forwarding.sweep());
        // All else is as it was written.
        maar.mobiles.take_changed();
        maar
    }

    /// All that is to be durable, for who starts a store with it.
    pub fn records(&self) -> impl Iterator<Item = (MnIdentifier, MobileRecord)> {
        self.mobiles.iter().map(|(mn, mobile)| (mn.clone(), MobileRecord::from(mobile)))
    }

    /// Whatever was changed since the last call is to be written.
    pub(super) fn note_changes(&mut self) {
        for mn in self.mobiles.take_changed() {
            self.journal.changed(&mn);
        }
    }

    /// Orders what has changed in this input to be written.
    pub(super) fn write(&mut self) {
        self.note_changes();
        let mobiles = &self.mobiles;
        let record = |mn: &MnIdentifier| {
            let mobile = mobiles.get(mn).map(MobileRecord::from);
            (mn.clone(), mobile.map(Record::Mobile))
        };
        self.journal.write(&mut self.outbox, record);
    }

    fn restored(&self, now: Instant, mn: &MnIdentifier, record: MobileRecord) -> Mobile {
        let mut own = Anchor::of(mn, self.config.address);
        own.prefixes = record.prefixes;
        own.local_prefixes.clone_from(&self.config.local_prefixes);
        let at = Instant::from_nanos;
        let place = match record.place {
            // The CMD may have registered it, so its prefix is nobody else's for as long as that would last.
            PlaceRecord::Registering { before } => {
                let until = now + self.config.lifetime.duration();
                let before = match before.as_deref() {
                    Some(PlaceRecord::Away { expires }) => Before::Here { expires: at(*expires) },
                    Some(PlaceRecord::Elsewhere { s_maar, until }) => {
                        Before::Elsewhere(Elsewhere { s_maar: *s_maar, until: at(*until) })
                    }
                    _ => Before::Nothing,
                };
                before.place(until).unwrap_or(Place::Away { expires: until })
            }
            PlaceRecord::Serving { expires, anchors } => Place::Unseen {
                expires: at(expires),
                anchors: anchors.into_iter().map(Anchor::from).collect(),
            },
            PlaceRecord::Away { expires } => Place::Away { expires: at(expires) },
            PlaceRecord::Elsewhere { s_maar, until } => {
                Place::Anchoring(Elsewhere { s_maar, until: at(until) })
            }
            PlaceRecord::Leaving => Place::Leaving,
        };
        let last = record.last_pbu;
        Mobile {
            mac: record.mac,
            address: record.address,
            own,
            place,
            seen: at(record.seen),
            confirmed: at(record.confirmed),
            freshness: last.map(|(seq, sent)| Freshness { seq, timestamp: sent.map(Timestamp) }),
        }
    }
}

impl From<&Mobile> for MobileRecord {
    fn from(mobile: &Mobile) -> Self {
        Self {
            mac: mobile.mac,
            address: mobile.address,
            prefixes: mobile.own.prefixes.clone(),
            place: PlaceRecord::from(&mobile.place),
            seen: mobile.seen.as_nanos(),
            confirmed: mobile.confirmed.as_nanos(),
            last_pbu: mobile.freshness.map(|last| (last.seq, last.timestamp.map(|sent| sent.0))),
        }
    }
}

impl From<&Place> for PlaceRecord {
    fn from(place: &Place) -> Self {
        let elsewhere =
            |Elsewhere { s_maar, until }: Elsewhere| Self::Elsewhere { s_maar, until: until.as_nanos() };
        match place {
            Place::Registering { before } => {
                let before = match before {
                    Before::Nothing => None,
                    Before::Here { expires } => Some(Self::Away { expires: expires.as_nanos() }),
                    Before::Elsewhere(known) => Some(elsewhere(*known)),
                };
                Self::Registering { before: before.map(Box::new) }
            }
            Place::Away { expires } => Self::Away { expires: expires.as_nanos() },
            Place::Anchoring(known) => elsewhere(*known),
            Place::Serving { expires, anchors, .. } | Place::Unseen { expires, anchors } => Self::Serving {
                expires: expires.as_nanos(),
                anchors: anchors.iter().map(RemoteAnchorRecord::from).collect(),
            },
            Place::Leaving => Self::Leaving,
        }
    }
}

impl From<&Anchor> for RemoteAnchorRecord {
    fn from(anchor: &Anchor) -> Self {
        Self {
            maar: anchor.maar,
            prefixes: anchor.prefixes.clone(),
            local_prefixes: anchor.local_prefixes.clone(),
            link_local: anchor.dlif.link_local,
            mac: anchor.dlif.mac,
        }
    }
}

impl From<RemoteAnchorRecord> for Anchor {
    fn from(record: RemoteAnchorRecord) -> Self {
        let RemoteAnchorRecord { maar, prefixes, local_prefixes, link_local, mac } = record;
        Self { maar, prefixes, local_prefixes, dlif: DlifAddresses { link_local, mac } }
    }
}
