//! A Binding Update or Acknowledgement (RFC 8885 §4.1, §4.2): what the stock dissector does not show of the message
//! itself, put into its tree.

use std::ffi::{CStr, c_int, c_void};

use dmm_codec::MessageView;
use dmm_codec::header::{PBA, PBU};

use crate::abi;
use crate::expert::Findings;
use crate::fields::fields;
use crate::guard::guarded;
use crate::handle::stock;
use crate::host::{PacketInfo, TvBuff, functions};
use crate::packet::{Node, Packet, Tvb};
use crate::track::{Known, Signal};
use crate::{expert, info, options, stats, tracked, tracking};

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
    let (octets, packet_of, root) = unsafe { (Tvb::new(tvb), Packet::new(packet), Node::new(tree)) };
    // Before the stock dissector: on a truncated packet it throws, and never comes back here. What we add is then
    // found by filters, and stands before the stock tree instead of in and behind it.
    let known = guarded(None, || tracking::look(octets, packet_of));
    let found = guarded(Findings::NONE, || find(octets, packet_of, known.as_ref()));
    let own = guarded(None, || add_own(octets, packet_of, root, known.as_ref(), &found));
    let flag = guarded(None, || add_flag(octets, root));
    guarded((), || stats::tell(octets, packet_of, known.as_ref()));
    // SAFETY: the arguments are what the host gave us for it.
    let consumed = unsafe { (functions().call_dissector_only)(stock.as_ptr(), tvb, packet, tree, data) };
    guarded((), || {
        if let Some(flag) = flag.filter(|flag| flag.node.is_shown()) {
            put_in_place(flag, octets, root);
        }
        if let (Some(own), Some(last)) = (own.filter(|own| own.is_shown()), root.last_child()) {
            own.move_behind(last);
        }
        if root.is_tree() {
            show_cut_option(octets, root);
        }
        if packet_of.has_columns() {
            set_info(octets, packet_of, known.as_ref());
        }
    });
    consumed
}

fn set_info(tvb: Tvb<'_>, packet: Packet, known: Option<&Known>) {
    let text = info::text(tvb.octets(), known);
    if !text.is_empty() {
        packet.set_info(&text);
    }
}

/// Whether RFC 8885 speaks of a message: it has the D flag, or an option that needs it, or answers one with the flag.
fn is_of_dmm(message: &MessageView<'_>, known: Option<&Known>) -> bool {
    let mut options = message.options().map_while(Result::ok);
    message.has_dmm_flag()
        || known.is_some_and(|known| known.asked_with_dmm)
        || options.any(|option| option.spec().is_some_and(|spec| spec.needs_dmm))
}

/// What a person should look at. Octets that were not captured cannot be judged, and who quotes a message did not
/// send it.
fn find(tvb: Tvb<'_>, packet: Packet, known: Option<&Known>) -> Findings {
    let mut found = Findings::NONE;
    let octets = tvb.octets();
    let Ok(message) = MessageView::new(octets) else { return found };
    if !is_of_dmm(&message, known) || packet.is_quoted() {
        return found;
    }
    if octets.len() == tvb.reported_len() {
        expert::of_message(octets, packet.addresses(), &mut found);
    }
    if let Some(signal) = Signal::read(octets) {
        expert::of_exchange(&signal, known, &mut found);
    }
    found
}

/// Adds the protocol with what no octet says: what tracking knows, and what was found.
fn add_own(
    tvb: Tvb<'_>,
    packet: Packet,
    root: Node,
    known: Option<&Known>,
    found: &Findings,
) -> Option<Node> {
    let message = MessageView::new(tvb.octets()).ok()?;
    if !is_of_dmm(&message, known) {
        return None;
    }
    let fields = fields()?;
    let own = root.add(fields.protocol, tvb, 0, message.octets().len());
    let tree = own.subtree(fields.subtree);
    if root.is_tree() {
        let name = Signal::read(tvb.octets()).and_then(|signal| signal.mn).map(tracking::name);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            tree.add_generated_text(fields.tracked.mn, tvb, &name);
        }
        let bit = expert::query_flag(message.mh_type());
        if let Some((bit, flags)) = bit.zip(message.field("flags")) {
            tree.add_truth(fields.query, tvb, flags.uint() & bit != 0);
        }
        if let Some(known) = known {
            tracked::show(&fields.tracked, known, tvb, tree);
        }
    }
    expert::show(&fields.expert, found, packet, tvb, tree);
    Some(own)
}

/// Adds the D flag, for it to be put among the stock flags.
fn add_flag(tvb: Tvb<'_>, root: Node) -> Option<Flag> {
    let message = MessageView::new(tvb.octets()).ok()?;
    let (mh_type, fields) = (message.mh_type(), fields()?);
    let id = fields.flag(mh_type)?;
    let field = message.field("flags")?;
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
