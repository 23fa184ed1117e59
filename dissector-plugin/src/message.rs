//! A Binding Update or Acknowledgement (RFC 8885 §4.1, §4.2): what the stock dissector does not show of the message
//! itself, put into its tree.

use std::ffi::{c_int, c_void};

use dmm_codec::MessageView;

use crate::abi::{self, HIDDEN};
use crate::beside::{self, Added};
use crate::expert::Findings;
use crate::fields::fields;
use crate::guard::guarded;
use crate::handle::stock as stock_dissector;
use crate::host::{PacketInfo, TvBuff, functions};
use crate::packet::{Node, Packet, Tvb};
use crate::text::Text;
use crate::track::{Known, Signal};
use crate::{expert, info, tap, tracked, tracking};

/// Called by the host for a Mobility Header in IPv6; calls the stock dissector.
pub(crate) unsafe extern "C" fn dissect(
    tvb: *mut TvBuff,
    packet: *mut PacketInfo,
    tree: *mut abi::Node,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the arguments are what the host gave us.
    unsafe { dissect_in(Carrier::Ip, tvb, packet, tree, data) }
}

/// The same for one in UDP.
pub(crate) unsafe extern "C" fn dissect_in_udp(
    tvb: *mut TvBuff,
    packet: *mut PacketInfo,
    tree: *mut abi::Node,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the arguments are what the host gave us.
    unsafe { dissect_in(Carrier::Udp, tvb, packet, tree, data) }
}

unsafe fn dissect_in(
    carrier: Carrier,
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
    let quoted = guarded(true, || fields().is_none_or(|fields| packet_of.is_in(&fields.icmp)));
    // Who quotes a message did not send it.
    let signal = guarded(None, || Signal::read(octets.octets()).filter(|_| !quoted));
    let known = guarded(None, || track(octets, packet_of, signal.as_ref()?, audience));
    let about = About { signal: signal.as_ref(), known: known.as_ref(), quoted, carrier };
    let own = guarded(None, || add_own(octets, packet_of, root, &about, audience));
    let added = guarded(None, || audience.tree.then(|| beside::add(octets, root)));
    // SAFETY: the arguments are what the host gave us for it.
    let consumed = unsafe { (functions().call_dissector_only)(dissector.as_ptr(), tvb, packet, tree, data) };
    guarded((), || {
        if let Some(added) = added {
            put_in_place(&added, own, octets, root);
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
            statistics: tap::is_heard(),
        }
    }

    fn is_any(self) -> bool {
        self.tree || self.columns || self.expert || self.statistics
    }
}

/// Notes a message of a proxy registration, and tells what is known of it.
fn track(tvb: Tvb<'_>, packet: Packet, signal: &Signal<'_>, audience: Audience) -> Option<Known> {
    let look = tracking::look(tvb, packet, signal, audience.is_any());
    let known = look.and_then(|look| look.known);
    if audience.statistics {
        let is_first = look.is_some_and(|look| look.is_first);
        tap::tell(packet, signal, known.as_ref(), is_first, tvb.octets().len());
    }
    known
}

/// What was read of the message, and found out about it.
#[derive(Clone, Copy)]
struct About<'a> {
    signal: Option<&'a Signal<'a>>,
    known: Option<&'a Known>,
    quoted: bool,
    carrier: Carrier,
}

/// What carries the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Ip,
    /// Between nodes that are reached by IPv4 (RFC 5844 §4).
    Udp,
}

/// Puts what was added before the stock dissector ran where it belongs, and adds what the stock dissector lacks.
fn put_in_place(added: &Added, own: Option<Node>, tvb: Tvb<'_>, root: Node) {
    beside::place(added, tvb, root);
    beside::show_message(tvb, root);
    if let (Some(own), Some(last)) = (own.filter(|own| own.is_shown()), root.last_child()) {
        own.move_behind(last);
    }
    beside::show_cut_option(tvb, root);
}

fn set_info(tvb: Tvb<'_>, packet: Packet, about: &About<'_>) {
    beside::correct_columns(tvb, packet);
    let text = about.signal.map_or(Text::EMPTY, |signal| info::text(signal, about.known));
    if !text.is_empty() {
        packet.set_info(&text);
    }
}

/// Whether RFC 8885 speaks of a message: it has the D flag, or an option that needs it, or answers one with the flag.
fn is_of_dmm(message: &MessageView<'_>, about: &About<'_>) -> bool {
    let mut options = message.options().map_while(Result::ok);
    about.signal.map_or_else(|| message.has_dmm_flag(), |signal| signal.dmm)
        || about.known.is_some_and(|known| known.asked_with_dmm)
        || options.any(|option| option.spec().is_some_and(|spec| spec.needs_dmm))
}

/// What a person should look at, if there is something. Octets that were not captured cannot be judged.
fn find(tvb: Tvb<'_>, packet: Packet, about: &About<'_>) -> Option<Findings> {
    let octets = tvb.octets();
    if about.quoted {
        return None;
    }
    let mut found = None;
    if octets.len() == tvb.reported_len() {
        // In UDP the checksum is not used (RFC 5844 §4.1.3.1).
        let addresses = packet.addresses().filter(|_| about.carrier == Carrier::Ip);
        expert::of_message(octets, addresses, &mut found);
    }
    if let Some(signal) = about.signal {
        expert::of_exchange(signal, about.known, &mut found);
    }
    found
}

/// Adds the protocol with what no octet says: what tracking knows, and what was found.
fn add_own(tvb: Tvb<'_>, packet: Packet, root: Node, about: &About<'_>, audience: Audience) -> Option<Node> {
    if !audience.expert {
        return None;
    }
    let message = MessageView::new(tvb.octets()).ok().filter(|message| is_of_dmm(message, about))?;
    let fields = fields()?;
    let own = root.add(fields.protocol, tvb, 0, message.octets().len());
    let tree = own.subtree(fields.subtree);
    if audience.tree {
        let name = about.signal.and_then(|signal| signal.mn).map(tracking::name);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            tree.add_generated_text(fields.tracked.mn, tvb, &name);
        }
        if fields.tracked.party.is_asked_for()
            && let Some(entry) =
                about.signal.and_then(|signal| tap::conversation(packet, signal, about.known, 0))
        {
            for party in entry.parties() {
                tree.add_generated_text(fields.tracked.party, tvb, &party).mark(fields.tracked.party, HIDDEN);
            }
        }
        if let Some(known) = about.known {
            tracked::show(&fields.tracked, known, tvb, tree);
        }
    }
    if let Some(found) = find(tvb, packet, about) {
        expert::show(&fields.expert, &found, packet, tvb, tree);
    }
    Some(own)
}
