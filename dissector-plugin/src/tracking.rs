//! The one tracker of this process, begun anew with each file.
//!
//! What is looked up is `Copy` and the lock is let go before the host is called again: it may jump away.

use std::net::Ipv6Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dmm_codec::value::IdentifierText;

use crate::packet::{Packet, Tvb};
use crate::preferences;
use crate::text::Text;
use crate::track::{Known, Place, Seen, Settings, Signal, Tracker, Tunnelled};

static TRACKER: Mutex<Option<Tracker>> = Mutex::new(None);

fn tracker() -> MutexGuard<'static, Option<Tracker>> {
    // A panic in it ends in `guarded`; the next packet is tracked with what there is.
    TRACKER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets what was noted; notes from now on if the user wants it.
pub(crate) fn restart() {
    let settings = Settings { rate: preferences::rate() };
    *tracker() = preferences::wants_tracking().then(|| Tracker::new(settings));
}

/// What a look at a message gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Whether it was not noted before.
    pub(crate) is_first: bool,
    /// What is known of it by now, if anybody asks.
    pub(crate) known: Option<Known>,
}

/// Notes a message the first time, and tells what is known of it.
pub(crate) fn look(tvb: Tvb<'_>, packet: Packet, signal: &Signal<'_>, is_asked: bool) -> Option<Look> {
    let (src, dst) = packet.addresses()?;
    let (place, time) = (place(tvb, packet), packet.time());
    let mut tracker = tracker();
    let tracker = tracker.as_mut()?;
    let is_first = tracker.note(Seen { place, time, src, dst }, signal);
    Some(Look { is_first, known: if is_asked { tracker.known(place) } else { None } })
}

/// What is known of a packet within a packet, and the mobile node's name.
pub(crate) fn tunnelled(
    tvb: Tvb<'_>,
    packet: Packet,
    outer: (Ipv6Addr, Ipv6Addr),
    inner: (Ipv6Addr, Ipv6Addr),
) -> Option<(Tunnelled, Text)> {
    let place = place(tvb, packet);
    let tracker = tracker();
    let tracker = tracker.as_ref()?;
    let found = tracker.tunnelled(place, outer, inner)?;
    Some((found, name(tracker.mobile(found.mobile)?)))
}

/// A mobile node's name, from its option behind the Length: the identifier stands behind its subtype (RFC 4283 §3).
pub(crate) fn name(identifier: &[u8]) -> Text {
    Text::new(format_args!("{}", IdentifierText(identifier.get(1..).unwrap_or_default())))
}

fn place(tvb: Tvb<'_>, packet: Packet) -> Place {
    Place { frame: packet.number(), offset: u16::try_from(tvb.raw_offset()).unwrap_or(u16::MAX) }
}
