//! Statistics: `tshark -z dmm,tree`, and the host's menu of statistics. The host counts; here is what it counts.

use std::ffi::{CStr, c_int, c_void};

use crate::guard::guarded;
use crate::host::{PacketInfo, StatsTree, functions};
use crate::tap::{NAME, Told};
use crate::text::Text;
use crate::track::Nanos;

/// Registers the tree, which listens to the tap of its name.
pub(crate) fn register() {
    // SAFETY: the names are static C strings, the functions are ours.
    unsafe {
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

/// `manip_node_mode`.
const INCREASE: c_int = 0;
const AVERAGE: c_int = 2;

/// Those that ended. Below it are those whose mode is known.
const HANDOVERS: &CStr = c"Handovers by mode of the CMD";

/// One tree of the host's.
#[derive(Clone, Copy)]
struct Tree(*mut StatsTree);

impl Tree {
    /// Counts one more in a node that has nodes below it.
    fn group(self, name: &CStr, parent: c_int) -> c_int {
        // SAFETY: the tree is the host's; it copies the name.
        unsafe { (functions().stats_tree_manip_node_int)(INCREASE, self.0, name.as_ptr(), parent, 1, 1) }
    }

    /// A node that has nodes below it, without counting.
    fn place(self, name: &CStr, parent: c_int) -> c_int {
        // SAFETY: as in `group`.
        unsafe { (functions().stats_tree_manip_node_int)(INCREASE, self.0, name.as_ptr(), parent, 1, 0) }
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
        // SAFETY: the host gives us what our tap was told.
        let Some(told) = (unsafe { Told::read(told) }) else { return };
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
        if told.ends_handover {
            tree.group(HANDOVERS, 0);
        }
        if let Some(latency) = told.latency {
            tree.value(c"Handover latency (us)", latency);
        }
        if let Some(mode) = told.mode {
            tree.tick(&Text::new(format_args!("{}", mode.name())), tree.place(HANDOVERS, 0));
        }
    });
    REDRAW
}
