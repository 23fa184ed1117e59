//! The other side of the interface, for stacks in Rust.

use std::ffi::{CStr, c_char, c_int, c_void};

use dmm_codec::Instant;
use dmm_conformance::transport::Acted;

use crate::abi::{ABI, CAction, CSetup, DETACH, DONE, DUMP, FAILED, NEVER, RESTART, SET, Table, UNSUPPORTED};
use crate::start::{settings, slice};
use crate::{Deed, EmbedError, Library, Port, Start};

/// A stack in Rust that is to be tested over the C interface; [`export!`](crate::export) makes a library of it.
pub trait Stack: Sized {
    /// A new one; none where it cannot be what it is to be.
    fn create(start: Start) -> Option<Self>;

    /// A frame has arrived.
    fn receive(&mut self, now: Instant, port: Port, frame: &[u8]);

    /// Time has come.
    fn timeout(&mut self, now: Instant);

    /// When to come back.
    fn next_timeout(&self) -> Option<Instant>;

    /// The next frame to send.
    fn transmit(&mut self) -> Option<(Port, Vec<u8>)>;

    /// Does what is no frame.
    fn act(&mut self, now: Instant, deed: Deed<'_>) -> Acted;
}

/// Exports a [`Stack`] as the library that `dmm conform run` loads: `dmm_embed::export!(MyCmd, c"my-cmd");`, in a crate of
/// `crate-type = ["cdylib"]`.
#[macro_export]
macro_rules! export {
    ($stack:ty, $name:literal) => {
        /// What the tester looks for.
        #[unsafe(no_mangle)]
        pub extern "C" fn dmm_iut() -> *const $crate::abi::Table {
            static TABLE: $crate::Exported = $crate::Exported::new::<$stack>($name);
            TABLE.table()
        }
    };
}

/// A stack in Rust, as the table that C sees.
pub const fn table<S: Stack>(name: &'static CStr) -> Table {
    Table {
        abi: ABI,
        flags: 0,
        name: name.as_ptr(),
        create: Some(create::<S>),
        destroy: Some(destroy::<S>),
        receive: Some(receive::<S>),
        timeout: Some(timeout::<S>),
        next_timeout: Some(next_timeout::<S>),
        transmit: Some(transmit::<S>),
        act: Some(act::<S>),
    }
}

/// A stack in Rust as a library in this process: what tests of the interface load.
pub fn library<S: Stack>(name: &'static CStr) -> Result<Library, EmbedError> {
    // SAFETY: the functions are those of this file, which are what the header describes.
    unsafe { Library::of(&table::<S>(name)) }
}

unsafe extern "C" fn create<S: Stack>(setup: *const CSetup) -> *mut c_void {
    // SAFETY: the header says that the setup is one, for as long as this runs.
    let start = unsafe { setup.as_ref().and_then(|setup| Start::of(setup)) };
    let stack = start.and_then(S::create);
    stack.map_or(std::ptr::null_mut(), |stack| Box::into_raw(Box::new(stack)).cast())
}

unsafe extern "C" fn destroy<S: Stack>(stack: *mut c_void) {
    // SAFETY: it is one that `create` made, and nobody uses it any more.
    drop(unsafe { Box::from_raw(stack.cast::<S>()) });
}

/// # Safety
/// It is one that `create` made, which nobody else uses now.
unsafe fn stack<'a, S>(stack: *mut c_void) -> &'a mut S {
    // SAFETY: the caller says so.
    unsafe { &mut *stack.cast::<S>() }
}

unsafe extern "C" fn receive<S: Stack>(
    at: *mut c_void,
    now: u64,
    port: u32,
    frame: *const u8,
    length: usize,
) {
    // SAFETY: the header says that both are what they are said to be.
    let (stack, frame) = unsafe { (stack::<S>(at), slice(frame, length)) };
    if let Some(port) = Port::of(port) {
        stack.receive(Instant::from_nanos(now), port, frame);
    }
}

unsafe extern "C" fn timeout<S: Stack>(at: *mut c_void, now: u64) {
    // SAFETY: as the header says.
    unsafe { stack::<S>(at) }.timeout(Instant::from_nanos(now));
}

unsafe extern "C" fn next_timeout<S: Stack>(at: *mut c_void) -> u64 {
    // SAFETY: as the header says.
    unsafe { stack::<S>(at) }.next_timeout().map_or(NEVER, Instant::as_nanos)
}

unsafe extern "C" fn transmit<S: Stack>(
    at: *mut c_void,
    port: *mut u32,
    frame: *mut u8,
    room: usize,
) -> usize {
    // SAFETY: as the header says.
    let stack = unsafe { stack::<S>(at) };
    // What has no room is lost, as on a link.
    let next = std::iter::from_fn(|| stack.transmit()).find(|(_, octets)| octets.len() <= room);
    let Some((to, octets)) = next else { return 0 };
    // SAFETY: there is room for a port, and for so many octets.
    unsafe {
        port.write(to.number());
        frame.copy_from_nonoverlapping(octets.as_ptr(), octets.len());
    }
    octets.len()
}

unsafe extern "C" fn act<S: Stack>(
    at: *mut c_void,
    now: u64,
    action: *const CAction,
    said: *mut c_char,
    room: usize,
) -> c_int {
    // SAFETY: as the header says.
    let (stack, action) = unsafe { (stack::<S>(at), &*action) };
    // SAFETY: as the header says.
    let Some(pairs) = (unsafe { settings(action.settings, action.setting_count) }) else { return FAILED };
    let deed = match action.kind {
        DETACH => Deed::Detach(action.mac),
        RESTART => Deed::Restart,
        SET => Deed::Set(&pairs),
        DUMP => Deed::Dump,
        _ => return UNSUPPORTED,
    };
    let (answer, text) = match stack.act(Instant::from_nanos(now), deed) {
        Acted::Done | Acted::OnLink => (DONE, String::new()),
        Acted::Told(text) => (DONE, text),
        Acted::Unsupported { why } => (UNSUPPORTED, why),
        Acted::Failed { why } => (FAILED, why),
    };
    let length = text.len().min(room.saturating_sub(1));
    if room > 0 {
        // SAFETY: there is room for so much, and for the zero behind it.
        unsafe {
            said.copy_from_nonoverlapping(text.as_ptr().cast(), length);
            said.add(length).write(0);
        }
    }
    answer
}

/// A table that all threads may read.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exported(Table);

// SAFETY: nobody writes to it, and its name is of static lifetime.
unsafe impl Sync for Exported {}

impl Exported {
    #[doc(hidden)]
    pub const fn new<S: Stack>(name: &'static CStr) -> Self {
        Self(table::<S>(name))
    }

    #[doc(hidden)]
    pub const fn table(&self) -> &Table {
        &self.0
    }
}
