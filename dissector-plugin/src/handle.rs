//! Handles of the host: what its tables hold, and what stands behind the stock dissector of Mobility Headers.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

use crate::guard::guarded;
use crate::host::{Dissector, Handle, TableEntry, functions};
use crate::packet::Id;

/// A handle of the host.
#[derive(Clone, Copy)]
pub(crate) struct HandleRef(*mut Handle);

// SAFETY: the host dissects in one thread at a time and never frees a handle.
unsafe impl Send for HandleRef {}
// SAFETY: as for `Send`.
unsafe impl Sync for HandleRef {}

impl HandleRef {
    /// A handle of our own.
    pub(crate) fn new(dissector: Dissector, protocol: Id) -> Self {
        let number: c_int = protocol.number();
        // SAFETY: the protocol is registered, the dissector is a function of ours.
        Self(unsafe { (functions().create_dissector_handle)(dissector, number) })
    }

    /// The numbers that lead to it in a table of the host's.
    pub(crate) fn keys(self, table: &CStr) -> Vec<u32> {
        let mut search = Search { wanted: self, found: Vec::new() };
        let visit: TableEntry = visit;
        // SAFETY: the name is a C string; the host calls `visit` before it returns, and nobody else has `search`.
        unsafe { (functions().dissector_table_foreach)(table.as_ptr(), visit, (&raw mut search).cast()) };
        search.found
    }

    /// As the host takes it.
    pub(crate) fn as_ptr(self) -> *mut Handle {
        self.0
    }
}

struct Search {
    wanted: HandleRef,
    found: Vec<u32>,
}

extern "C" fn visit(
    _table: *const c_char,
    _kind: c_int,
    key: *mut c_void,
    entry: *mut c_void,
    search: *mut c_void,
) {
    guarded((), || {
        // SAFETY: it is what `keys` gave; the entry is the host's.
        let (search, handle) =
            unsafe { (&mut *search.cast::<Search>(), (functions().dtbl_entry_get_handle)(entry)) };
        if handle == search.wanted.0 {
            search.found.push(key.addr() as u32);
        }
    });
}

/// The stock dissector of Mobility Headers; none before the host's handoff, or in a host without one.
pub(crate) fn stock() -> Option<HandleRef> {
    static STOCK: OnceLock<Option<HandleRef>> = OnceLock::new();
    *STOCK.get_or_init(|| find(c"mip6"))
}

/// The stock dissector of IPv6 in IPv6; none as for [`stock`].
pub(crate) fn inner_ipv6() -> Option<HandleRef> {
    static IPV6: OnceLock<Option<HandleRef>> = OnceLock::new();
    *IPV6.get_or_init(|| find(c"ipv6"))
}

fn find(name: &CStr) -> Option<HandleRef> {
    // SAFETY: the name is a C string; the host gives null or a handle that is never freed.
    let handle = unsafe { (functions().find_dissector)(name.as_ptr()) };
    (!handle.is_null()).then_some(HandleRef(handle))
}
