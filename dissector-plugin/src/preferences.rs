//! What the user can choose, below "Protocols" in the host's preferences, or as `-o dmm.tracking:FALSE`.

use std::ffi::{CStr, c_int};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use dmm_codec::Drafts;

use crate::abi::Choice;
use crate::host::functions;
use crate::packet::Id;
use crate::track::{Mode, Settings};

// The host writes these. Four zeroed octets each: a truth was a gboolean before 4.4 and is one octet since.
static QUERY: AtomicI32 = AtomicI32::new(0);
static TRACKING: AtomicI32 = AtomicI32::new(1);
static RATE: AtomicU32 = AtomicU32::new(0);
static MODE: AtomicI32 = AtomicI32::new(ANY);

const ANY: c_int = -1;

/// The drafts that are read.
pub(crate) fn drafts() -> Drafts {
    Drafts { query: is_on(&QUERY) }
}

/// Whether messages are put together.
pub(crate) fn wants_tracking() -> bool {
    is_on(&TRACKING)
}

fn is_on(cell: &AtomicI32) -> bool {
    cell.load(Ordering::Relaxed) & 0xff != 0
}

/// How many PBUs within a second are allowed; 0 for any number.
pub(crate) fn rate() -> usize {
    RATE.load(Ordering::Relaxed) as usize
}

/// How the CMD should take part in handovers.
pub(crate) fn expected_mode() -> Option<Mode> {
    let chosen = usize::try_from(MODE.load(Ordering::Relaxed)).ok()?;
    Mode::ALL.get(chosen).copied()
}

/// Registers them.
pub(crate) fn register(protocol: Id) {
    RATE.store(Settings::default().rate as u32, Ordering::Relaxed);
    // The host redissects, and so calls our start of file, when one of them changes.
    // SAFETY: the protocol is registered; the host keeps the names and the cells, which are static or never freed.
    unsafe {
        let module = (functions().prefs_register_protocol)(protocol.number(), None);
        let truth = |name: &CStr, title: &CStr, description: &CStr, cell: &AtomicI32| {
            (functions().prefs_register_bool_preference)(
                module,
                name.as_ptr(),
                title.as_ptr(),
                description.as_ptr(),
                cell.as_ptr(),
            );
        };
        truth(
            c"tracking",
            c"Put messages together",
            c"Link PBAs with PBUs, retransmissions, the CMD's copies, handovers and tunnelled packets",
            &TRACKING,
        );
        (functions().prefs_register_uint_preference)(
            module,
            c"rate".as_ptr(),
            c"PBUs to a node within a second".as_ptr(),
            c"MAX_UPDATE_RATE (RFC 8885 section 3.6); 0 for no limit".as_ptr(),
            10,
            RATE.as_ptr(),
        );
        (functions().prefs_register_enum_preference)(
            module,
            c"mode".as_ptr(),
            c"Expected mode of the CMD".as_ptr(),
            c"A handover of another mode (RFC 8885 sections 3.2 to 3.4) is pointed out".as_ptr(),
            MODE.as_ptr(),
            choices(),
            0,
        );
        truth(
            c"query_flag",
            c"Show the Q flag of draft-jikim-dmm-pmip",
            c"0x0008 of a PBU and 0x01 of a PBA, which no RFC has given a meaning; the draft names no bits",
            &QUERY,
        );
    }
}

fn choices() -> *const Choice {
    let names: [(&CStr, &CStr); 3] = [
        (c"relay", c"Relay (section 3.2)"),
        (c"locator", c"Locator (section 3.3)"),
        (c"proxy", c"Proxy (section 3.4)"),
    ];
    let choice = |value, (name, description): (&CStr, &CStr)| Choice {
        name: name.to_owned().into_raw(),
        description: description.to_owned().into_raw(),
        value,
    };
    let any = choice(ANY, (c"any", c"Any"));
    let end = Choice { name: ptr::null(), description: ptr::null(), value: 0 };
    let modes = (0..).zip(names).map(|(value, names)| choice(value, names));
    let choices: Vec<Choice> = [any].into_iter().chain(modes).chain([end]).collect();
    Box::leak(choices.into_boxed_slice()).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choices_are_the_modes_in_their_order() {
        // SAFETY: the list has one entry more than there are modes, and the names are C strings.
        let names = (1..=3).map(|place| unsafe { CStr::from_ptr((*choices().add(place)).name) });
        let names: Vec<_> = names.map(|name| name.to_str().unwrap()).collect();
        assert_eq!(names, Mode::ALL.map(Mode::name));
    }
}
