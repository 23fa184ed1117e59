//! Statistics: `tshark -z dmm,tree`, and the host's menu of statistics. The host counts; here is what it counts.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::net::Ipv6Addr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use dmm_codec::Status;

use crate::conversations::Entry;
use crate::guard::guarded;
use crate::host::{PacketInfo, StatsTree, functions};
use crate::packet::Packet;
use crate::text::Text;
use crate::track::{Known, Mode, Nanos, Signal};
use crate::tracking;

const NAME: &CStr = c"dmm";

static TAP: OnceLock<c_int> = OnceLock::new();

/// Registers the tap and the tree of statistics that listens to it.
pub(crate) fn register() {
    // SAFETY: the names are static C strings, the functions are ours.
    unsafe {
        TAP.get_or_init(|| (functions().register_tap)(NAME.as_ptr()));
        (functions().stats_tree_register_plugin)(
            NAME.as_ptr(),
            NAME.as_ptr(),
            c"DMM (RFC 8885)".as_ptr(),
            0,
            count,
            begin,
            None,
        );
    }
}

/// What one message tells whoever listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    kind: &'static str,
    status: Option<Status>,
    response_time: Option<Nanos>,
    /// The handover that ends with the message.
    handover: Option<Ended>,
    is_retransmission: bool,
    is_above_rate: bool,
    /// From whom to whom, for a PBU.
    way: Option<(Ipv6Addr, Ipv6Addr)>,
    /// For the table of conversations.
    pub(crate) conversation: Option<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    mode: Option<Mode>,
    latency: Option<Nanos>,
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
pub(crate) fn tell(packet: Packet, signal: &Signal<'_>, known: Option<&Known>, octets: usize) {
    let Some(tap) = TAP.get() else { return };
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
        handover: known
            .filter(|known| known.is_final && known.first_response.is_none() && known.duplicate_of.is_none())
            .and_then(|known| known.handover)
            .map(|handover| Ended { mode: handover.mode, latency: handover.latency }),
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
fn conversation(packet: Packet, signal: &Signal<'_>, known: Option<&Known>, octets: usize) -> Option<Entry> {
    let (src, dst) = packet.addresses()?;
    let is_between_maars = known.is_some_and(|known| known.is_locator);
    let from_maar = signal.is_request == signal.serving.is_none() || is_between_maars;
    let mn = signal.mn.map(tracking::name).filter(|name| !name.is_empty())?;
    Some(Entry { mn, maar: if from_maar { src } else { dst }, from_maar, octets })
}

/// `manip_node_mode`.
const INCREASE: c_int = 0;
const AVERAGE: c_int = 2;

/// One tree of the host's.
#[derive(Clone, Copy)]
struct Tree(*mut StatsTree);

impl Tree {
    /// Counts one more in a node that has nodes below it.
    fn group(self, name: &CStr, parent: c_int) -> c_int {
        // SAFETY: the tree is the host's; it copies the name.
        unsafe { (functions().stats_tree_manip_node_int)(INCREASE, self.0, name.as_ptr(), parent, 1, 1) }
    }

    fn tick(self, name: &Text, parent: c_int) {
        // SAFETY: as in `group`.
        unsafe { (functions().stats_tree_manip_node_int)(INCREASE, self.0, name.as_ptr(), parent, 0, 1) };
    }

    /// One more value of a group that has an average, and in which range it is.
    fn value(self, name: &CStr, nanos: Nanos) {
        const RANGES: [(Nanos, &str); 5] = [
            (1, "below 1 ms"),
            (10, "1 to 10 ms"),
            (100, "10 to 100 ms"),
            (1000, "100 ms to 1 s"),
            (Nanos::MAX, "1 s and more"),
        ];
        let micros = c_int::try_from(nanos / 1000).unwrap_or(c_int::MAX);
        // SAFETY: as in `group`.
        let group =
            unsafe { (functions().stats_tree_manip_node_int)(AVERAGE, self.0, name.as_ptr(), 0, 1, micros) };
        let millis = nanos / 1_000_000;
        let range = RANGES.iter().find(|(below, _)| millis < *below).map_or("", |(_, range)| range);
        self.tick(&Text::new(format_args!("{range}")), group);
    }
}

extern "C" fn begin(tree: *mut StatsTree) {
    const INTEGER: c_int = 0;
    // In the order in which they stand; the rest comes when it is met.
    for name in [c"Messages", c"PBUs by their way", c"Answers by status"] {
        // SAFETY: the tree is the host's; it copies the name.
        unsafe { (functions().stats_tree_create_node)(tree, name.as_ptr(), 0, INTEGER, 1) };
    }
}

extern "C" fn count(
    tree: *mut StatsTree,
    _packet: *mut PacketInfo,
    _dissection: *mut c_void,
    told: *const c_void,
) -> c_int {
    const REDRAW: c_int = 1;
    guarded((), || {
        // SAFETY: it is a slot of ours.
        let Some(Some(told)) = (unsafe { told.cast::<Option<Told>>().as_ref() }).copied() else { return };
        let tree = Tree(tree);
        tree.tick(&Text::new(format_args!("{}", told.kind)), tree.group(c"Messages", 0));
        if let Some((src, dst)) = told.way {
            tree.tick(&Text::new(format_args!("{src} to {dst}")), tree.group(c"PBUs by their way", 0));
        }
        if let Some(status) = told.status {
            tree.tick(&Text::new(format_args!("{status}")), tree.group(c"Answers by status", 0));
        }
        if told.is_retransmission {
            tree.group(c"Retransmissions", 0);
        }
        if told.is_above_rate {
            tree.group(c"PBUs above the rate limit", 0);
        }
        if let Some(time) = told.response_time {
            tree.value(c"Response time (us)", time);
        }
        if let Some(handover) = told.handover {
            let mode = handover.mode.map_or("unknown", Mode::name);
            tree.tick(&Text::new(format_args!("{mode}")), tree.group(c"Handovers by mode of the CMD", 0));
            if let Some(latency) = handover.latency {
                tree.value(c"Handover latency (us)", latency);
            }
        }
    });
    REDRAW
}
