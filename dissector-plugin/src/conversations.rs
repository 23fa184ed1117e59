//! Conversations by mobile node: `tshark -z conv,dmm`, and the host's window of conversations. The host's tables are made
//! of addresses; the name of a mobile node goes in as one of text, and so does its other end, the MAAR.

use std::ffi::{CStr, c_char, c_int, c_void};

use crate::abi::{Address, TEXT_ADDRESS, int};
use crate::guard::guarded;
use crate::host::{PacketInfo, functions};
use crate::packet::Id;
use crate::tap::Told;
use crate::text::Text;

/// Registers the table; it listens to the tap that has the protocol's name.
pub(crate) fn register(protocol: Id) {
    // SAFETY: the protocol is registered, the function is ours; there are no end points by address.
    unsafe { (functions().register_conversation_table)(protocol.number(), 1, count, None) };
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

/// The field that finds one side of an entry. For both sides at once the host does not say which it means, so it is one
/// field that has both.
extern "C" fn filter(_entry: *mut c_void, _side: c_int) -> *const c_char {
    const PARTY: &CStr = c"dmm.party";
    PARTY.as_ptr()
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
        // SAFETY: the host gives us what our tap was told.
        let Some(entry) = (unsafe { Told::read(told) }).and_then(|told| told.conversation) else { return };
        let text = |text: &Text| Address::new(TEXT_ADDRESS, text.as_str().len() + 1, text.as_ptr().cast());
        let parties = entry.parties();
        let [mn, maar] = parties.each_ref().map(text);
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
