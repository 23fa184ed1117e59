//! A Binding Update or Acknowledgement (RFC 8885 §4.1, §4.2): what the stock dissector does not show of the message
//! itself, put into its tree.

use std::ffi::{CStr, c_int, c_void};

use dmm_codec::MessageView;
use dmm_codec::header::{PBA, PBU};

use crate::abi::{self, HIDDEN};
use crate::fields::fields;
use crate::guard::guarded;
use crate::handle::stock;
use crate::host::{PacketInfo, TvBuff, functions};
use crate::packet::{Node, Packet, Tvb};
use crate::{info, options};

/// The last flag that the stock dissector shows, by MH Type: ours goes behind it.
const LAST_STOCK_FLAG: &[(u8, &CStr)] = &[(PBU, c"mip6.bu.b_flag"), (PBA, c"mip6.ba.b_flag")];

/// A flag that was added to the tree.
#[derive(Clone, Copy)]
struct Flag {
    node: Node,
    mh_type: u8,
    /// Where its field starts in the Mobility Header.
    offset: usize,
}

/// Called by the host for a Mobility Header; calls the stock dissector.
pub(crate) unsafe extern "C" fn dissect(
    tvb: *mut TvBuff,
    packet: *mut PacketInfo,
    tree: *mut abi::Node,
    data: *mut c_void,
) -> c_int {
    let Some(stock) = stock() else { return 0 };
    // SAFETY: they are what the host gave us.
    let (octets, columns, root) = unsafe { (Tvb::new(tvb), Packet::new(packet), Node::new(tree)) };
    // Before the stock dissector: on a truncated packet it throws, and never comes back here. The flag is then found
    // by filters, and stands before the stock tree instead of in it.
    let flag = guarded(None, || add_flag(octets, root));
    // SAFETY: the arguments are what the host gave us for it.
    let consumed = unsafe { (functions().call_dissector_only)(stock.as_ptr(), tvb, packet, tree, data) };
    guarded((), || {
        if let Some(flag) = flag.filter(|flag| flag.node.is_shown()) {
            put_in_place(flag, octets, root);
        }
        if root.is_tree() {
            show_cut_option(octets, root);
        }
        if columns.has_columns() {
            append_info(octets, columns);
        }
    });
    consumed
}

fn append_info(tvb: Tvb<'_>, packet: Packet) {
    let text = info::text(tvb.octets());
    if !text.is_empty() {
        packet.append_info(&text);
    }
}

fn add_flag(tvb: Tvb<'_>, root: Node) -> Option<Flag> {
    let message = MessageView::new(tvb.octets()).ok()?;
    let (mh_type, fields) = (message.mh_type(), fields()?);
    let id = fields.flag(mh_type)?;
    let field = message.field("flags")?;
    if message.has_dmm_flag() {
        // For the filter `dmm`, which people try first. Hidden, for all that it says is said in the stock tree.
        root.add(fields.protocol, tvb, 0, message.octets().len()).mark(fields.protocol, HIDDEN);
    }
    let node = root.add(id, tvb, field.offset, field.octets.len());
    Some(Flag { node, mh_type, offset: field.offset })
}

/// Puts the flag behind the last stock one. Where there is none it stays where it is: the tree is made for filters
/// only, or it is of a Wireshark that shows flags in another way.
fn put_in_place(flag: Flag, tvb: Tvb<'_>, root: Node) {
    let Some((_, name)) = LAST_STOCK_FLAG.iter().find(|(mh_type, _)| *mh_type == flag.mh_type) else {
        return;
    };
    if let Some(last) = root.last_below(name, tvb.raw_offset() + flag.offset) {
        flag.node.move_behind(last);
    }
}

/// Shows what is there of an option that runs past the end, behind the stock complaint about it.
fn show_cut_option(tvb: Tvb<'_>, root: Node) {
    // A line without a field; the innermost of those that start where the option does.
    const STOCK_COMPLAINT: &CStr = c"text";
    let Ok(message) = MessageView::new(tvb.octets()) else { return };
    let Some((offset, shown)) = options::show_cut(tvb, &message, root) else { return };
    if !shown.is_shown() {
        return;
    }
    if let Some(complaint) = root.last_below(STOCK_COMPLAINT, tvb.raw_offset() + offset) {
        shown.move_behind(complaint);
    }
}
