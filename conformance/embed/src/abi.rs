//! What `include/dmm_iut.h` says, in Rust; a test compares the two.

use std::ffi::{c_char, c_int, c_void};

use dmm_conformance::transport::Role;

/// The version of the interface.
pub const ABI: u32 = 1;
/// The flag of a library whose stacks share variables.
pub const SINGLE: u32 = 1;
/// A time that does not come.
pub const NEVER: u64 = u64::MAX;
/// What a frame may have: the longest IPv6 packet, or an Ethernet frame around one.
pub const LONGEST_FRAME: usize = 65_575;

/// Roles by their numbers.
pub(crate) const ROLES: [(Role, u32); 4] = [(Role::Cmd, 1), (Role::Maar, 2), (Role::Lma, 3), (Role::Mag, 4)];

/// A mobile node has left the access link.
pub const DETACH: u32 = 1;
/// The stack starts anew.
pub const RESTART: u32 = 2;
/// The stack is configured otherwise.
pub const SET: u32 = 3;
/// The stack says what it holds.
pub const DUMP: u32 = 4;

/// An action is done.
pub const DONE: c_int = 0;
/// An action cannot be done by this stack.
pub const UNSUPPORTED: c_int = 1;
/// An action did not work.
pub const FAILED: c_int = 2;

/// `struct dmm_setting`.
#[repr(C)]
#[derive(Debug)]
pub struct CSetting {
    /// Its name.
    pub name: *const c_char,
    /// Its value.
    pub value: *const c_char,
}

/// `struct dmm_peer`.
#[repr(C)]
#[derive(Debug)]
pub struct CPeer {
    /// What the tester plays.
    pub role: u32,
    /// How long the prefix of its pool is.
    pub pool_length: u32,
    /// Its address.
    pub addr: [u8; 16],
    /// Its pool.
    pub pool: [u8; 16],
}

/// `struct dmm_mobile`.
#[repr(C)]
#[derive(Debug)]
pub struct CMobile {
    /// Its Network Access Identifier.
    pub nai: *const c_char,
    /// Its link-layer address.
    pub mac: [u8; 6],
}

/// `struct dmm_setup`.
#[repr(C)]
#[derive(Debug)]
pub struct CSetup {
    /// What the stack is.
    pub role: u32,
    /// Its address.
    pub addr: [u8; 16],
    /// Its link-layer address on the core.
    pub mac: [u8; 6],
    /// Nanoseconds since 1970.
    pub now: u64,
    /// For what is left to chance.
    pub seed: u64,
    /// Who may speak to it.
    pub peers: *const CPeer,
    /// How many those are.
    pub peer_count: usize,
    /// Whom it knows on its access link.
    pub mobiles: *const CMobile,
    /// How many those are.
    pub mobile_count: usize,
    /// The profile's answers and numbers.
    pub settings: *const CSetting,
    /// How many those are.
    pub setting_count: usize,
}

/// `struct dmm_action`.
#[repr(C)]
#[derive(Debug)]
pub struct CAction {
    /// Which.
    pub kind: u32,
    /// Of which mobile node.
    pub mac: [u8; 6],
    /// With which settings.
    pub settings: *const CSetting,
    /// How many those are.
    pub setting_count: usize,
}

/// `struct dmm_iut`. What a library has left out is none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// [`ABI`].
    pub abi: u32,
    /// [`SINGLE`], or nothing.
    pub flags: u32,
    /// Its name.
    pub name: *const c_char,
    /// Makes a stack.
    pub create: Option<unsafe extern "C" fn(*const CSetup) -> *mut c_void>,
    /// Ends a stack.
    pub destroy: Option<unsafe extern "C" fn(*mut c_void)>,
    /// Hands a frame over.
    pub receive: Option<unsafe extern "C" fn(*mut c_void, u64, u32, *const u8, usize)>,
    /// Time has come.
    pub timeout: Option<unsafe extern "C" fn(*mut c_void, u64)>,
    /// When that is.
    pub next_timeout: Option<unsafe extern "C" fn(*mut c_void) -> u64>,
    /// Fetches a frame.
    pub transmit: Option<unsafe extern "C" fn(*mut c_void, *mut u32, *mut u8, usize) -> usize>,
    /// Does what is no frame.
    pub act: Option<unsafe extern "C" fn(*mut c_void, u64, *const CAction, *mut c_char, usize) -> c_int>,
}

/// The one function that a library exports.
pub type Entry = unsafe extern "C" fn() -> *const Table;
/// Its name.
pub const ENTRY: &[u8] = b"dmm_iut\0";
