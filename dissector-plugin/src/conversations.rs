//! Conversations by mobile node: `tshark -z conv,dmm`, and the host's window of conversations. The host's tables are made
//! of addresses; the name of a mobile node goes in as one of text, and its other end is the MAAR.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::net::Ipv6Addr;

use crate::abi::{Address, IPV6_ADDRESS, TEXT_ADDRESS, int};
use crate::guard::guarded;
use crate::host::{PacketInfo, functions};
use crate::packet::Id;
use crate::stats::Told;
use crate::text::Text;

/// Registers the table; it listens to the tap that has the protocol's name.
pub(crate) fn register(protocol: Id) {
    // SAFETY: the protocol is registered, the function is ours; there are no end points by address.
    unsafe { (functions().register_conversation_table)(protocol.number(), 1, count, None) };
}

/// A message, as an entry of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) mn: Text,
    pub(crate) maar: Ipv6Addr,
    /// Whether the MAAR sent it.
    pub(crate) from_maar: bool,
    pub(crate) octets: usize,
}

/// `conv_hash_t`, as far as it is ours to write.
#[repr(C)]
struct Table {
    of_the_host: [*mut c_void; 3],
    flags: u32,
}

/// `ct_dissector_info_t`.
#[repr(C)]
struct Filters {
    filter: extern "C" fn(*mut c_void, c_int) -> *const c_char,
}

static FILTERS: Filters = Filters { filter };

/// The field that finds one side of an entry: of a text, the mobile node.
extern "C" fn filter(_entry: *mut c_void, _side: c_int) -> *const c_char {
    const MOBILE_NODE: &CStr = c"dmm.mn";
    MOBILE_NODE.as_ptr()
}

extern "C" fn count(
    table: *mut c_void,
    packet: *mut PacketInfo,
    _dissection: *mut c_void,
    told: *const c_void,
    flags: u32,
) -> c_int {
    const REDRAW: c_int = 1;
    const NO_PORTS: c_int = 0;
    guarded((), || {
        // SAFETY: it is a slot of ours.
        let Some(Some(told)) = (unsafe { told.cast::<Option<Told>>().as_ref() }) else { return };
        let Some(entry) = told.conversation else { return };
        let octets = entry.maar.octets();
        let mn = Address::new(TEXT_ADDRESS, entry.mn.as_str().len() + 1, entry.mn.as_ptr().cast());
        let maar = Address::new(IPV6_ADDRESS, octets.len(), octets.as_ptr().cast());
        let (src, dst) = if entry.from_maar { (&mn, &maar) } else { (&maar, &mn) };
        // SAFETY: table and packet are the host's; it copies the addresses.
        unsafe {
            (*table.cast::<Table>()).flags = flags;
            (functions().add_conversation_table_data)(
                table,
                src,
                dst,
                0,
                0,
                1,
                int(entry.octets),
                &raw const (*packet).relative,
                &raw const (*packet).time,
                (&raw const FILTERS).cast(),
                NO_PORTS,
            );
        }
    });
    REDRAW
}
