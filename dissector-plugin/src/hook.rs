//! Where the plugin hangs itself into the host: registration, and the dissector tables through which the host comes to
//! us.
//!
//! The options have a table of their own, `mip6.option`. For the D flag there is none, so we stand before the stock
//! dissector in `ip.proto` and in `udp.port`, where signalling over IPv4 goes, and call it ([`crate::message`]); for IPv6
//! in IPv6 as well ([`crate::tunnel`]). While the user has `dmm` switched off we are in none of them, so that everything
//! looks as if we were not there.

use std::ffi::CStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::abi::PluginCallbacks;
use crate::fields::{self, Fields, OptionFields, fields};
use crate::guard::guarded;
use crate::handle::{HandleRef, inner_ipv6, stock as stock_dissector};
use crate::host::functions;
use crate::{conversations, message, options, preferences, stats, stock, tap, tracking, tunnel};

const MOBILITY_HEADER: u32 = dmm_codec::packet::MOBILITY_HEADER as u32;
/// IPv6 in IPv6 (RFC 2473).
const INNER_IPV6: u32 = 41;
const NEXT_HEADERS: &CStr = c"ip.proto";
const UDP_PORTS: &CStr = c"udp.port";
const OPTIONS: &CStr = c"mip6.option";

/// Tells the host whom to call for registration.
pub(crate) fn register() {
    static CALLBACKS: PluginCallbacks = PluginCallbacks { register_protocols, register_handoff };
    // SAFETY: the host keeps the pointer, which is static.
    unsafe { (functions().proto_register_plugin)(&raw const CALLBACKS) };
}

/// The handles that go into the host's tables.
struct Hooks {
    /// The stock dissector of Mobility Headers, which takes its place back while the user has us switched off.
    stock: HandleRef,
    message: HandleRef,
    message_in_udp: HandleRef,
    /// The stock dissector of IPv6 in IPv6, and ours.
    tunnel: Option<(HandleRef, HandleRef)>,
    /// By option type.
    options: Vec<(u8, HandleRef)>,
    /// Whether ours are in the tables.
    hooked: AtomicBool,
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

extern "C" fn register_protocols() {
    guarded((), || {
        let Some(protocol) = fields::register() else { return };
        preferences::register(protocol);
        tap::register();
        stats::register();
        conversations::register(protocol);
    });
}

extern "C" fn register_handoff() {
    guarded((), || {
        let (Some(stock), Some(fields)) = (stock_dissector(), fields()) else { return };
        HOOKS.get_or_init(|| Hooks::new(stock, fields)).set(true);
        // SAFETY: the host calls it at the start of every file and of every pass after a change of settings.
        unsafe { (functions().register_init_routine)(start_of_file) };
    });
}

/// Follows the user's choice of protocols.
extern "C" fn start_of_file() {
    guarded((), || {
        let (Some(hooks), Some(fields)) = (HOOKS.get(), fields()) else { return };
        // SAFETY: the protocol is registered.
        let enabled = unsafe {
            let protocol = (functions().find_protocol_by_id)(fields.protocol.number());
            (functions().proto_is_protocol_enabled)(protocol) != 0
        };
        hooks.set(enabled);
        tracking::restart();
    });
}

impl Hooks {
    fn new(stock: HandleRef, fields: &Fields) -> Self {
        Self {
            stock,
            message: HandleRef::new(message::dissect, fields.message),
            message_in_udp: HandleRef::new(message::dissect_in_udp, fields.message),
            tunnel: inner_ipv6()
                .zip(fields.tunnel)
                .map(|(stock, name)| (stock, HandleRef::new(tunnel::dissect, name))),
            options: left_options(fields)
                .map(|(kind, option)| (kind, option.map_or(fields.unknown, |option| option.item)))
                .map(|(kind, item)| (kind, HandleRef::new(options::dissect, item)))
                .collect(),
            hooked: AtomicBool::new(false),
        }
    }

    /// Puts our handles into the tables or takes them out. Does nothing if they are there: a "Decode As" of the user
    /// stands in the same tables.
    fn set(&self, hooked: bool) {
        self.set_ports(hooked);
        if self.hooked.swap(hooked, Ordering::Relaxed) == hooked {
            return;
        }
        // SAFETY: the tables exist in every host that has the stock dissector, the handles are never freed.
        unsafe {
            let message = if hooked { self.message } else { self.stock };
            (functions().dissector_add_uint)(NEXT_HEADERS.as_ptr(), MOBILITY_HEADER, message.as_ptr());
            if let Some((stock, tunnel)) = self.tunnel {
                let tunnel = if hooked { tunnel } else { stock };
                (functions().dissector_add_uint)(NEXT_HEADERS.as_ptr(), INNER_IPV6, tunnel.as_ptr());
            }
            let change =
                if hooked { functions().dissector_add_uint } else { functions().dissector_delete_uint };
            for (kind, option) in &self.options {
                change(OPTIONS.as_ptr(), (*kind).into(), option.as_ptr());
            }
        }
    }
    /// The ports are those of the stock dissector, and the user can change them in its preferences at any time.
    fn set_ports(&self, hooked: bool) {
        let (from, to) =
            if hooked { (self.stock, self.message_in_udp) } else { (self.message_in_udp, self.stock) };
        for port in from.keys(UDP_PORTS) {
            // SAFETY: the host gave the port of an entry of this table, and the handle is never freed.
            unsafe { (functions().dissector_add_uint)(UDP_PORTS.as_ptr(), port, to.as_ptr()) };
        }
    }
}

/// The types of all options that the stock dissector leaves to us, with the row of ours or none.
fn left_options(fields: &Fields) -> impl Iterator<Item = (u8, Option<&OptionFields>)> {
    let ours = |kind| fields.options.iter().find(move |option| option.spec.kind == kind);
    (0..=u8::MAX).filter(|kind| stock::leaves_option(*kind)).map(move |kind| (kind, ours(kind)))
}
