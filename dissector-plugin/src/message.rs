//! A Binding Update or Acknowledgement (RFC 8885 §4.1, §4.2): what the stock dissector does not show of the message
//! itself, put into its tree.

use std::ffi::{CStr, c_int, c_void};

use dmm_codec::MessageView;
use dmm_codec::header::{PBA, PBU};

use crate::abi;
use crate::expert::Findings;
use crate::fields::fields;
use crate::guard::guarded;
use crate::handle::stock as stock_dissector;
use crate::host::{PacketInfo, TvBuff, functions};
use crate::packet::{Node, Packet, Tvb};
use crate::text::Text;
use crate::track::{Known, Signal};
use crate::{expert, info, options, stats, stock, tracked, tracking};

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
    let Some(dissector) = stock_dissector() else { return 0 };
    // SAFETY: they are what the host gave us.
    let (octets, packet_of, root) = unsafe { (Tvb::new(tvb), Packet::new(packet), Node::new(tree)) };
    let audience = guarded(Audience::default(), || Audience::of(root, packet_of));
    // Before the stock dissector: on a truncated packet it throws, and never comes back here. What we add is then
    // found by filters, and stands before the stock tree instead of in and behind it.
    let quoted = guarded(true, || packet_of.is_quoted());
    // Who quotes a message did not send it.
    let signal = guarded(None, || Signal::read(octets.octets()).filter(|_| !quoted));
    let known = guarded(None, || track(octets, packet_of, signal.as_ref()?, audience));
    let about = About { signal: signal.as_ref(), known: known.as_ref(), quoted };
    let own = guarded(None, || add_own(octets, packet_of, root, &about, audience));
    let added = if audience.tree { guarded((None, None), || add_fields(octets, root)) } else { (None, None) };
    // SAFETY: the arguments are what the host gave us for it.
    let consumed = unsafe { (functions().call_dissector_only)(dissector.as_ptr(), tvb, packet, tree, data) };
    guarded((), || {
        if audience.tree {
            put_in_place(added, own, octets, root);
        }
        if audience.columns {
            set_info(octets, packet_of, &about);
        }
    });
    consumed
}

/// Who looks at the message. What nobody looks at is not made.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each listens for itself")]
struct Audience {
    /// At the tree: a person, or a filter on a field of ours or the host's.
    tree: bool,
    columns: bool,
    /// At what a person should look at.
    expert: bool,
    statistics: bool,
}

impl Audience {
    fn of(root: Node, packet: Packet) -> Self {
        let tree = fields().is_some_and(|fields| {
            root.wants(fields.protocol)
                || root.wants(fields.mipv6)
                || fields.messages.iter().any(|message| root.wants(message.item))
        });
        Self {
            tree,
            columns: packet.has_columns(),
            expert: tree || expert::is_heard(root),
            statistics: stats::is_heard(),
        }
    }

    fn is_any(self) -> bool {
        self.tree || self.columns || self.expert || self.statistics
    }
}

/// Notes a message of a proxy registration, and tells what is known of it.
fn track(tvb: Tvb<'_>, packet: Packet, signal: &Signal<'_>, audience: Audience) -> Option<Known> {
    let known = tracking::look(tvb, packet, signal, audience.is_any());
    if audience.statistics {
        stats::tell(packet, signal, known.as_ref(), tvb.octets().len());
    }
    known
}

/// What was read of the message, and found out about it.
#[derive(Clone, Copy)]
struct About<'a> {
    signal: Option<&'a Signal<'a>>,
    known: Option<&'a Known>,
    quoted: bool,
}

/// Adds the D flag and the status.
fn add_fields(tvb: Tvb<'_>, root: Node) -> (Option<Flag>, Option<(Node, usize)>) {
    (add_flag(tvb, root), stock::add_status(tvb, root))
}

/// Puts what was added before the stock dissector ran where it belongs, and adds what the stock dissector lacks.
fn put_in_place(
    (flag, status): (Option<Flag>, Option<(Node, usize)>),
    own: Option<Node>,
    tvb: Tvb<'_>,
    root: Node,
) {
    if let Some(flag) = flag.filter(|flag| flag.node.is_shown()) {
        place_flag(flag, tvb, root);
    }
    if let Some(status) = status.filter(|(node, _)| node.is_shown()) {
        stock::place_status(status, tvb, root);
    }
    stock::show_message(tvb, root);
    if let (Some(own), Some(last)) = (own.filter(|own| own.is_shown()), root.last_child()) {
        own.move_behind(last);
    }
    show_cut_option(tvb, root);
}

fn set_info(tvb: Tvb<'_>, packet: Packet, about: &About<'_>) {
    stock::correct_columns(tvb, packet);
    let text = about.signal.map_or(Text::EMPTY, |signal| info::text(signal, about.known));
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

/// What a person should look at. Octets that were not captured cannot be judged.
fn find(tvb: Tvb<'_>, packet: Packet, about: &About<'_>, found: &mut Findings) {
    let octets = tvb.octets();
    if about.quoted {
        return;
    }
    if octets.len() == tvb.reported_len() {
        expert::of_message(octets, packet.addresses(), found);
    }
    if let Some(signal) = about.signal {
        expert::of_exchange(signal, about.known, found);
    }
}

/// Adds the protocol with what no octet says: what tracking knows, and what was found.
fn add_own(tvb: Tvb<'_>, packet: Packet, root: Node, about: &About<'_>, audience: Audience) -> Option<Node> {
    if !audience.expert {
        return None;
    }
    let message = MessageView::new(tvb.octets()).ok().filter(|message| is_of_dmm(message, about.known))?;
    let fields = fields()?;
    let own = root.add(fields.protocol, tvb, 0, message.octets().len());
    let tree = own.subtree(fields.subtree);
    if audience.tree {
        let name = about.signal.and_then(|signal| signal.mn).map(tracking::name);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            tree.add_generated_text(fields.tracked.mn, tvb, &name);
        }
        let bit = expert::query_flag(message.mh_type());
        if let Some((bit, flags)) = bit.zip(message.field("flags")) {
            tree.add_truth(fields.query, tvb, flags.uint() & bit != 0);
        }
        if let Some(known) = about.known {
            tracked::show(&fields.tracked, known, tvb, tree);
        }
    }
    let mut found = Findings::NONE;
    find(tvb, packet, about, &mut found);
    expert::show(&fields.expert, &found, packet, tvb, tree);
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
fn place_flag(flag: Flag, tvb: Tvb<'_>, root: Node) {
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
