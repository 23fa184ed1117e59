//! A user packet in the tunnel between an anchor and the S-MAAR (RFC 8885 §3.2): whose it is. Between the two IPv6
//! headers there is nothing to show, so we stand before the stock dissector of the inner one, as for messages.

use std::ffi::{c_int, c_void};

use dmm_codec::headers::Walk;

use crate::abi;
use crate::fields::fields;
use crate::guard::guarded;
use crate::handle::inner_ipv6;
use crate::host::{PacketInfo, TvBuff, functions};
use crate::packet::{Node, Packet, Tvb};
use crate::text::Text;
use crate::{tracked, tracking};

/// Called by the host for IPv6 in IPv6; calls the stock dissector.
pub(crate) unsafe extern "C" fn dissect(
    tvb: *mut TvBuff,
    packet: *mut PacketInfo,
    tree: *mut abi::Node,
    data: *mut c_void,
) -> c_int {
    let Some(stock) = inner_ipv6() else { return 0 };
    // SAFETY: they are what the host gave us.
    let (octets, packet_of, root) = unsafe { (Tvb::new(tvb), Packet::new(packet), Node::new(tree)) };
    guarded((), || {
        if fields().is_some_and(|fields| root.wants(fields.protocol)) {
            show(octets, packet_of, root);
        }
    });
    // SAFETY: the arguments are what the host gave us for it.
    unsafe { (functions().call_dissector_only)(stock.as_ptr(), tvb, packet, tree, data) }
}

fn show(tvb: Tvb<'_>, packet: Packet, root: Node) -> Option<()> {
    let (ids, outer) = (&fields()?.tracked, packet.addresses()?);
    let inner = Walk::new(tvb.octets()).ok()?;
    let (found, mn) = tracking::tunnelled(tvb, packet, outer, (inner.src, inner.dst))?;
    let fields = fields()?;
    let item = root.add(ids.tunnel, tvb, 0, 0);
    if item.is_shown() {
        let (way, prefix) = (if found.is_downlink { "to" } else { "from" }, found.prefix);
        item.append(&Text::new(format_args!(": {way} {mn}, {prefix} anchored at {}", found.anchor)));
    }
    tracked::show_tunnel(ids, &found, &mn, tvb, item.subtree(fields.subtree));
    Some(())
}
