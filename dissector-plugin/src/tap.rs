//! What listeners are told of each message of a proxy registration: the tree of statistics ([`crate::stats`]) and the table
//! of conversations ([`crate::conversations`]). The host hands it to them after the whole frame is dissected.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::net::Ipv6Addr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use dmm_codec::Status;
use dmm_codec::text::AddressText;

use crate::host::functions;
use crate::packet::Packet;
use crate::text::Text;
use crate::track::{Known, Mode, Nanos, Signal};
use crate::tracking;

/// The tap's name; tables of conversations listen to the tap that has the protocol's.
pub(crate) const NAME: &CStr = c"dmm";

static TAP: OnceLock<c_int> = OnceLock::new();

/// Registers the tap.
pub(crate) fn register() {
    // SAFETY: the name is a static C string.
    TAP.get_or_init(|| unsafe { (functions().register_tap)(NAME.as_ptr()) });
}

/// What one message tells whoever listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) kind: &'static str,
    pub(crate) status: Option<Status>,
    pub(crate) response_time: Option<Nanos>,
    /// Whether a handover ends with the message, and how long it took.
    pub(crate) ends_handover: bool,
    pub(crate) latency: Option<Nanos>,
    /// The mode of a handover that has ended: told with its end if it is known by then, else by the message that shows
    /// it when that is seen for the first time.
    pub(crate) mode: Option<Mode>,
    pub(crate) is_retransmission: bool,
    pub(crate) is_above_rate: bool,
    /// From whom to whom, for a PBU.
    pub(crate) way: Option<(Ipv6Addr, Ipv6Addr)>,
    pub(crate) conversation: Option<Entry>,
}

impl Told {
    /// What the host hands to a listener.
    ///
    /// # Safety
    /// `told` is what a listener of this tap was given.
    pub(crate) unsafe fn read(told: *const c_void) -> Option<Self> {
        // SAFETY: it is a slot of ours.
        *unsafe { told.cast::<Option<Self>>().as_ref() }?
    }
}

/// A message, as an entry of the table of conversations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) mn: Text,
    pub(crate) maar: Ipv6Addr,
    /// Whether the MAAR sent it.
    pub(crate) from_maar: bool,
    pub(crate) octets: usize,
}

impl Entry {
    /// Mobile node and MAAR, as the table and its filters have them.
    pub(crate) fn parties(&self) -> [Text; 2] {
        [self.mn, Text::new(format_args!("{}", AddressText::new(self.maar)))]
    }
}

/// The host reads what it is told after the whole frame is dissected. No frame has more messages than this that
/// matter; if one has, the first of them count as the last.
static SLOTS: Slots = Slots { told: [const { UnsafeCell::new(None) }; ROOM], next: AtomicUsize::new(0) };
const ROOM: usize = 32;

struct Slots {
    told: [UnsafeCell<Option<Told>>; ROOM],
    next: AtomicUsize,
}

// SAFETY: the host dissects, and reads what it was told, in one thread at a time.
unsafe impl Sync for Slots {}

/// Whether anybody listens.
pub(crate) fn is_heard() -> bool {
    // SAFETY: the tap is registered.
    TAP.get().is_some_and(|tap| unsafe { (functions().have_tap_listener)(*tap) != 0 })
}

/// Tells the listeners of a message of a proxy registration.
pub(crate) fn tell(
    packet: Packet,
    signal: &Signal<'_>,
    known: Option<&Known>,
    is_first: bool,
    octets: usize,
) {
    let Some(tap) = TAP.get() else { return };
    let ends = known
        .filter(|known| known.is_final && known.first_response.is_none() && known.duplicate_of.is_none())
        .and_then(|known| known.handover);
    let shown = known.filter(|known| is_first && known.shows_mode).and_then(|known| known.handover);
    let told = Told {
        kind: match (signal.is_request, signal.serving, signal.lifetime) {
            (true, Some(_), _) => "PBU of the CMD to a P-MAAR",
            (true, None, 0) => "PBU with lifetime 0",
            (true, None, _) => "PBU of a MAAR",
            (false, ..) if known.is_some_and(|known| known.is_locator) => "PBA of a P-MAAR to the S-MAAR",
            (false, Some(_), _) => "PBA of a P-MAAR to the CMD",
            (false, None, _) => "PBA",
        },
        status: (!signal.is_request).then_some(signal.status),
        response_time: known
            .filter(|known| known.response_to.is_some())
            .and_then(|known| known.response_time),
        ends_handover: ends.is_some(),
        latency: ends.and_then(|handover| handover.latency),
        mode: ends.or(shown).and_then(|handover| handover.mode),
        is_retransmission: known.is_some_and(|known| known.retransmission.is_some()),
        is_above_rate: known.is_some_and(|known| known.above_rate),
        way: if signal.is_request { packet.addresses() } else { None },
        conversation: conversation(packet, signal, known, octets),
    };
    let slot = &SLOTS.told[SLOTS.next.fetch_add(1, Ordering::Relaxed) % ROOM];
    // SAFETY: nobody reads while a dissector runs; the slot is static.
    unsafe {
        *slot.get() = Some(told);
        (functions().tap_queue_packet)(*tap, packet.as_ptr(), slot.get().cast_const().cast());
    }
}

/// The mobile node, and the MAAR that the message is from or for.
pub(crate) fn conversation(
    packet: Packet,
    signal: &Signal<'_>,
    known: Option<&Known>,
    octets: usize,
) -> Option<Entry> {
    let (src, dst) = packet.addresses()?;
    let is_between_maars = known.is_some_and(|known| known.is_locator);
    let from_maar = signal.is_request == signal.serving.is_none() || is_between_maars;
    let mn = signal.mn.map(tracking::name).filter(|name| !name.is_empty())?;
    Some(Entry { mn, maar: if from_maar { src } else { dst }, from_maar, octets })
}
