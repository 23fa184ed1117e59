//! The host's layouts that have no accessor: what we hand over (fields, registration) and the nodes of the tree.
//! Sizes and offsets are those of 64-bit ELF systems; what differs between versions is a row of [`ROWS`].

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::AtomicI32;

/// `ftenum_t`.
pub(crate) mod ft {
    use std::ffi::c_int;
    pub(crate) const NONE: c_int = 0;
    pub(crate) const PROTOCOL: c_int = 1;
    pub(crate) const BOOLEAN: c_int = 2;
    pub(crate) const UINT8: c_int = 4;
    pub(crate) const UINT16: c_int = 5;
    pub(crate) const UINT32: c_int = 7;
    pub(crate) const UINT64: c_int = 11;
    pub(crate) const RELATIVE_TIME: c_int = 25;
    pub(crate) const STRING: c_int = 26;
    pub(crate) const BYTES: c_int = 30;
    pub(crate) const IPV4: c_int = 32;
    pub(crate) const IPV6: c_int = 33;
    pub(crate) const FRAMENUM: c_int = 35;
}

/// `field_display_e`.
pub(crate) mod base {
    use std::ffi::c_int;
    pub(crate) const NONE: c_int = 0;
    pub(crate) const DEC: c_int = 1;
    pub(crate) const HEX: c_int = 2;
    pub(crate) const COLONS: c_int = 10;
}

/// `ft_framenum_type`: what the arrow to another frame means.
pub(crate) mod frame {
    pub(crate) const NONE: usize = 0;
    pub(crate) const REQUEST: usize = 1;
    pub(crate) const RESPONSE: usize = 2;
    pub(crate) const RETRANSMITTED: usize = 5;
    pub(crate) const RETRANSMISSION: usize = 6;
}

/// Groups and severities of expert information.
pub(crate) mod pi {
    use std::ffi::c_int;
    pub(crate) const CHECKSUM: c_int = 0x0100_0000;
    pub(crate) const SEQUENCE: c_int = 0x0200_0000;
    pub(crate) const RESPONSE_CODE: c_int = 0x0300_0000;
    pub(crate) const MALFORMED: c_int = 0x0700_0000;
    pub(crate) const PROTOCOL: c_int = 0x0900_0000;
    pub(crate) const NOTE: c_int = 0x0040_0000;
    pub(crate) const WARN: c_int = 0x0060_0000;
    pub(crate) const ERROR: c_int = 0x0080_0000;
}

/// `AT_IPv4`.
pub(crate) const IPV4_ADDRESS: c_int = 2;
/// `AT_IPv6`.
pub(crate) const IPV6_ADDRESS: c_int = 3;
/// `AT_STRINGZ`.
pub(crate) const TEXT_ADDRESS: c_int = 7;

/// `FI_HIDDEN`: in the tree for filters, but not shown.
pub(crate) const HIDDEN: u32 = 1;
/// `FI_GENERATED`: shown in brackets, as not from the packet.
pub(crate) const GENERATED: u32 = 2;

/// `header_field_info`.
#[repr(C)]
pub(crate) struct FieldInfo {
    pub(crate) name: *const c_char,
    pub(crate) filter: *const c_char,
    pub(crate) kind: c_int,
    pub(crate) display: c_int,
    pub(crate) strings: *const c_void,
    pub(crate) bitmask: u64,
    pub(crate) blurb: *const c_char,
    // The host's own, with the start values it asks for (HFILL).
    pub(crate) id: c_int,
    pub(crate) parent: c_int,
    pub(crate) referenced: c_int,
    pub(crate) same_name_previous: c_int,
    pub(crate) same_name_next: *mut c_void,
}

/// `hf_register_info`.
#[repr(C)]
pub(crate) struct FieldRegistration {
    pub(crate) id: *mut c_int,
    pub(crate) info: FieldInfo,
}

/// `expert_field`: two numbers that the host writes.
#[repr(C)]
pub(crate) struct ExpertField {
    pub(crate) expert: c_int,
    pub(crate) field: c_int,
}

/// `ei_register_info`, with `expert_field_info` in it.
#[repr(C)]
pub(crate) struct ExpertRegistration {
    pub(crate) field: *mut ExpertField,
    pub(crate) filter: *const c_char,
    pub(crate) group: c_int,
    pub(crate) severity: c_int,
    pub(crate) summary: *const c_char,
    // The host's own, with the start values it asks for (EXPFILL).
    pub(crate) id: c_int,
    pub(crate) protocol: *const c_char,
    pub(crate) original_severity: c_int,
    pub(crate) registration: FieldRegistration,
}

/// `nstime_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanos: c_int,
}

/// `address`.
#[repr(C)]
pub(crate) struct Address {
    pub(crate) kind: c_int,
    pub(crate) len: c_int,
    pub(crate) data: *const c_void,
    owned: *mut c_void,
}

impl Address {
    /// One that somebody else owns.
    pub(crate) fn new(kind: c_int, len: usize, data: *const c_void) -> Self {
        Self { kind, len: int(len), data, owned: std::ptr::null_mut() }
    }
}

/// `enum_val_t`.
#[repr(C)]
pub(crate) struct Choice {
    pub(crate) name: *const c_char,
    pub(crate) description: *const c_char,
    pub(crate) value: c_int,
}

/// `value_string`.
#[repr(C)]
pub(crate) struct ValueName {
    pub(crate) value: u32,
    pub(crate) name: *const c_char,
}

/// `true_false_string`.
#[repr(C)]
pub(crate) struct TrueFalse {
    pub(crate) when_true: *const c_char,
    pub(crate) when_false: *const c_char,
}

/// `proto_plugin`.
#[repr(C)]
pub(crate) struct PluginCallbacks {
    pub(crate) register_protocols: extern "C" fn(),
    pub(crate) register_handoff: extern "C" fn(),
}

/// The stable start of `proto_node`, which is both `proto_item` and `proto_tree`.
#[repr(C)]
pub(crate) struct Node {
    pub(crate) first_child: *mut Node,
    pub(crate) last_child: *mut Node,
    pub(crate) next: *mut Node,
    pub(crate) parent: *mut Node,
}

/// The stable start of `field_info`.
#[repr(C)]
pub(crate) struct NodeField {
    pub(crate) info: *const FieldInfo,
    pub(crate) start: c_int,
    pub(crate) length: c_int,
    appendix: [c_int; 2],
    tree_type: c_int,
    pub(crate) flags: u32,
}

const _: () = {
    assert!(size_of::<FieldInfo>() == 72 && size_of::<FieldRegistration>() == 80);
    assert!(std::mem::offset_of!(NodeField, flags) == 28 && size_of::<Node>() == 32);
    assert!(size_of::<ExpertRegistration>() == 136 && size_of::<ExpertField>() == 8);
    assert!(size_of::<Time>() == 16 && size_of::<Address>() == 24 && size_of::<Choice>() == 24);
    assert!(size_of::<ValueName>() == 16 && size_of::<PluginCallbacks>() == 16);
    assert!(size_of::<AtomicI32>() == size_of::<c_int>());
};

/// A count or an offset as the host takes it. Packets are far smaller than that.
pub(crate) fn int(number: usize) -> c_int {
    c_int::try_from(number).unwrap_or(c_int::MAX)
}

/// What differs between versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The minor version of Wireshark 4.
    pub(crate) minor: c_int,
    /// Where `finfo` is in `proto_node`.
    pub(crate) node_field: usize,
    /// Where `src`, with `dst` behind it, is in `packet_info`.
    pub(crate) addresses: usize,
    /// Where `layers` is in `packet_info`.
    pub(crate) layers: usize,
}

/// Every version that was looked at, oldest first.
const ROWS: &[Row] = &[
    Row { minor: 0, node_field: 32, addresses: 184, layers: 336 },
    Row { minor: 2, node_field: 32, addresses: 208, layers: 360 },
    Row { minor: 4, node_field: 32, addresses: 208, layers: 360 },
    Row { minor: 6, node_field: 40, addresses: 208, layers: 368 },
];

/// The row of a version. A release newer than all rows is taken to be like the newest one: it has been so for most
/// releases, and [`crate::packet::Node::mark`] checks what it finds. Odd minors are development versions.
pub(crate) fn row(major: c_int, minor: c_int) -> Option<Row> {
    let newest = ROWS.last()?;
    match (major, minor) {
        (4, minor) if minor > newest.minor && minor % 2 == 0 => Some(*newest),
        (4, minor) => ROWS.iter().copied().find(|row| row.minor == minor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_release_is_read_like_the_newest_known() {
        assert_eq!(row(4, 8), row(4, 6));
    }

    #[test]
    fn other_majors_and_development_versions_have_no_row() {
        assert_eq!([row(3, 6), row(5, 0), row(4, 5), row(4, 7), row(4, -2)], [None; 5]);
    }
}
