//! The running Wireshark: its version, and its functions, looked up once when the plugin is loaded. It knows nothing
//! about packets.

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use libloading::os::unix::Library;

use crate::abi::{
    self, Address, Choice, ExpertField, ExpertRegistration, FieldInfo, FieldRegistration, PluginCallbacks,
    Row, Time,
};

/// `tvbuff_t`, never looked into.
pub(crate) enum TvBuff {}
/// `struct dissector_handle`, never looked into.
pub(crate) enum Handle {}
/// `dissector_t`.
pub(crate) type Dissector =
    unsafe extern "C" fn(*mut TvBuff, *mut PacketInfo, *mut abi::Node, *mut c_void) -> c_int;

/// `DATFunc`: a table, the kind of its keys, a key, what stands there, and whatever the caller gave.
pub(crate) type TableEntry = extern "C" fn(*const c_char, c_int, *mut c_void, *mut c_void, *mut c_void);

/// `tap_packet_cb`.
pub(crate) type ConversationPacket =
    extern "C" fn(*mut c_void, *mut PacketInfo, *mut c_void, *const c_void, u32) -> c_int;

/// The start of `packet_info`, equal in all versions.
#[repr(C)]
pub(crate) struct PacketInfo {
    pub(crate) current_protocol: *const c_char,
    pub(crate) columns: *mut c_void,
    presence: u32,
    pub(crate) number: u32,
    pub(crate) time: Time,
    pub(crate) relative: Time,
}

const _: () = {
    assert!(std::mem::offset_of!(PacketInfo, columns) == 8 && std::mem::offset_of!(PacketInfo, number) == 20);
    assert!(std::mem::offset_of!(PacketInfo, time) == 24 && std::mem::offset_of!(PacketInfo, relative) == 40);
};

/// `module_t`, never looked into.
pub(crate) enum Preferences {}
/// `stats_tree`, never looked into.
pub(crate) enum StatsTree {}
/// `stat_tree_packet_cb`; from 4.2 on the host gives one argument more.
pub(crate) type StatsPacket =
    extern "C" fn(*mut StatsTree, *mut PacketInfo, *mut c_void, *const c_void) -> c_int;

/// One row per function: the name that is looked up, and its signature. `gboolean` became `bool` in 4.4, so a truth
/// value that comes back is a `u8`: the one octet that both have.
macro_rules! host_functions {
    ($( $name:ident: ($($argument:ty),* $(; $variadic:tt)?) $(-> $result:ty)?; )*) => {
        /// Functions of the running Wireshark.
        pub(crate) struct Functions {
            $( pub(crate) $name: unsafe extern "C" fn($($argument,)* $($variadic)?) $(-> $result)?, )*
        }

        impl Functions {
            /// Looks every function up; the error is the name of the first that is missing.
            fn find(program: &Library) -> Result<Self, &'static str> {
                Ok(Self {
                    $( $name: {
                        // SAFETY: the signature is the one in the public headers of 4.0 to 4.6.
                        let symbol = unsafe { program.get(concat!(stringify!($name), "\0").as_bytes()) };
                        *symbol.map_err(|_| stringify!($name))?
                    }, )*
                })
            }
        }
    };
}

host_functions! {
    proto_register_plugin: (*const PluginCallbacks);
    proto_register_protocol: (*const c_char, *const c_char, *const c_char) -> c_int;
    proto_register_protocol_in_name_only: (*const c_char, *const c_char, *const c_char, c_int, c_int) -> c_int;
    proto_register_field_array: (c_int, *mut FieldRegistration, c_int);
    proto_register_subtree_array: (*const *mut c_int, c_int);
    proto_get_id_by_filter_name: (*const c_char) -> c_int;
    proto_registrar_get_byname: (*const c_char) -> *const FieldInfo;
    proto_registrar_get_nth: (u32) -> *const FieldInfo;
    find_protocol_by_id: (c_int) -> *mut c_void;
    proto_is_protocol_enabled: (*const c_void) -> u8;
    register_init_routine: (extern "C" fn());
    create_dissector_handle: (Dissector, c_int) -> *mut Handle;
    find_dissector: (*const c_char) -> *mut Handle;
    dissector_add_uint: (*const c_char, u32, *mut Handle);
    dissector_delete_uint: (*const c_char, u32, *mut Handle);
    dissector_table_foreach: (*const c_char, TableEntry, *mut c_void);
    dtbl_entry_get_handle: (*mut c_void) -> *mut Handle;
    call_dissector_only: (*mut Handle, *mut TvBuff, *mut PacketInfo, *mut abi::Node, *mut c_void) -> c_int;
    tvb_captured_length: (*const TvBuff) -> u32;
    tvb_reported_length: (*const TvBuff) -> u32;
    tvb_get_ptr: (*mut TvBuff, c_int, c_int) -> *const u8;
    tvb_raw_offset: (*mut TvBuff) -> c_int;
    proto_tree_add_item: (*mut abi::Node, c_int, *mut TvBuff, c_int, c_int, u32) -> *mut abi::Node;
    proto_tree_add_string: (*mut abi::Node, c_int, *mut TvBuff, c_int, c_int, *const c_char) -> *mut abi::Node;
    proto_tree_add_uint: (*mut abi::Node, c_int, *mut TvBuff, c_int, c_int, u32) -> *mut abi::Node;
    // The value was a guint32 before 4.4; both are one register.
    proto_tree_add_boolean: (*mut abi::Node, c_int, *mut TvBuff, c_int, c_int, u64) -> *mut abi::Node;
    proto_tree_add_time: (*mut abi::Node, c_int, *mut TvBuff, c_int, c_int, *const Time) -> *mut abi::Node;
    proto_tree_add_ipv6: (*mut abi::Node, c_int, *mut TvBuff, c_int, c_int, *const [u8; 16]) -> *mut abi::Node;
    proto_item_add_subtree: (*mut abi::Node, c_int) -> *mut abi::Node;
    proto_item_set_text: (*mut abi::Node, *const c_char; ...);
    proto_item_append_text: (*mut abi::Node, *const c_char; ...);
    proto_field_is_referenced: (*mut abi::Node, c_int) -> u8;
    find_tap_id: (*const c_char) -> c_int;
    have_tap_listener: (c_int) -> u8;
    wmem_list_head: (*const c_void) -> *const c_void;
    wmem_list_frame_next: (*const c_void) -> *const c_void;
    wmem_list_frame_data: (*const c_void) -> *const c_void;
    expert_register_protocol: (c_int) -> *mut c_void;
    expert_register_field_array: (*mut c_void, *mut ExpertRegistration, c_int);
    // It gives the item back from 4.2 on.
    expert_add_info_format: (*mut PacketInfo, *mut abi::Node, *mut ExpertField, *const c_char; ...);
    prefs_register_protocol: (c_int, Option<extern "C" fn()>) -> *mut Preferences;
    prefs_register_bool_preference: (*mut Preferences, *const c_char, *const c_char, *const c_char, *mut c_int);
    prefs_register_uint_preference: (*mut Preferences, *const c_char, *const c_char, *const c_char, u32, *mut u32);
    prefs_register_enum_preference: (*mut Preferences, *const c_char, *const c_char, *const c_char, *mut c_int, *const Choice, c_int);
    register_conversation_table: (c_int, c_int, ConversationPacket, Option<ConversationPacket>);
    add_conversation_table_data: (*mut c_void, *const Address, *const Address, u32, u32, c_int, c_int, *const Time, *const Time, *const c_void, c_int);
    register_tap: (*const c_char) -> c_int;
    tap_queue_packet: (c_int, *mut PacketInfo, *const c_void);
    stats_tree_register_plugin: (*const c_char, *const c_char, *const c_char, u32, StatsPacket, extern "C" fn(*mut StatsTree), Option<extern "C" fn(*mut StatsTree)>);
    stats_tree_create_node: (*mut StatsTree, *const c_char, c_int, c_int, c_int) -> c_int;
    stats_tree_manip_node_int: (c_int, *mut StatsTree, *const c_char, c_int, c_int, c_int) -> c_int;
    get_column_format_from_str: (*const c_char) -> c_int;
    col_add_str: (*mut c_void, c_int, *const c_char);
}

/// The running Wireshark and what is particular about its version.
struct Host {
    functions: Functions,
    row: Row,
}

static HOST: OnceLock<Host> = OnceLock::new();

/// Looks for Wireshark in the running program. Its version if it is one we can work with, nothing if it is another
/// program, and the reason if it is a Wireshark that we do not know.
pub(crate) fn find() -> Result<Option<(c_int, c_int)>, String> {
    let program = Library::this();
    // SAFETY: the signature is the same in all versions that have the function.
    let ask = unsafe {
        program.get::<unsafe extern "C" fn(*mut c_int, *mut c_int, *mut c_int)>(b"epan_get_version_number\0")
    };
    let Ok(ask) = ask else { return Ok(None) };
    let (mut major, mut minor, mut micro) = (0, 0, 0);
    // SAFETY: three places for three numbers.
    unsafe { ask(&raw mut major, &raw mut minor, &raw mut micro) };
    let row = abi::row(major, minor)
        .ok_or_else(|| format!("Wireshark {major}.{minor} is not a release of Wireshark 4"))?;
    let functions = Functions::find(&program)
        .map_err(|name| format!("Wireshark {major}.{minor} has no function {name}"))?;
    let _ = HOST.set(Host { functions, row });
    Ok(Some((major, minor)))
}

/// Whether [`find`] met a Wireshark that we can work with.
pub(crate) fn is_found() -> bool {
    HOST.get().is_some()
}

/// The functions of the host. Only code that the host calls may ask, so there is one.
pub(crate) fn functions() -> &'static Functions {
    &HOST.get().expect("the host calls only after `find` succeeded").functions
}

/// What is particular about the version of the host.
pub(crate) fn row() -> &'static Row {
    &HOST.get().expect("as in `functions`").row
}
