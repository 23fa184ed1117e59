//! The plugin as a program sees it that opens it and is not Wireshark.

mod support;

use std::ffi::{CStr, c_char, c_int};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use pretty_assertions::assert_eq;

/// Opens the plugin as the host does: all symbols at once, and for nobody else.
fn open() -> Library {
    // SAFETY: the plugin's constructor only looks around.
    unsafe { Library::open(Some(support::plugin()), RTLD_NOW | RTLD_LOCAL) }
        .expect("it needs nothing that is not there")
}

#[test]
fn it_says_its_version_and_that_it_is_a_dissector() {
    let plugin = open();
    // SAFETY: the host's own declarations of these symbols.
    let (version, describe) = unsafe {
        let version = plugin.get::<*const c_char>(b"plugin_version\0").unwrap().into_raw();
        let describe = plugin.get::<extern "C" fn() -> u32>(b"plugin_describe\0").unwrap();
        (CStr::from_ptr(version.cast()), *describe)
    };
    assert_eq!(version.to_str().unwrap(), env!("CARGO_PKG_VERSION"));
    assert_eq!(describe(), 1);
}

#[test]
fn without_a_host_it_asks_for_a_version_that_no_host_has() {
    let plugin = open();
    // SAFETY: the host's own declarations of these symbols; it reads them through pointers, too.
    let wanted = unsafe {
        [&b"plugin_want_major\0"[..], b"plugin_want_minor\0"]
            .map(|name| *plugin.get::<*const c_int>(name).unwrap().into_raw().cast::<c_int>())
    };
    assert_eq!(wanted, [0, 0]);
}

#[test]
fn without_a_host_registration_does_nothing() {
    let plugin = open();
    // SAFETY: the host's own declaration.
    let register = unsafe { plugin.get::<extern "C" fn()>(b"plugin_register\0").unwrap() };
    register();
}
