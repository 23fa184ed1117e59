//! What tracking found out, as fields: they are in brackets in the tree, since no octet of the packet says so.

use std::ffi::{c_int, c_void};
use std::{fmt, ptr};

use dmm_codec::text::AddressText;

use crate::abi::{HIDDEN, base, frame, ft};
use crate::packet::{Id, Node, Tvb};
use crate::rows::Rows;
use crate::text::Text;
use crate::track::{Handed, Known, Tunnelled};

/// The host's type, with what an arrow to a frame means.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Truth,
    Span,
    Address,
    Frame(usize),
    Line,
}

impl Kind {
    fn host(self) -> ((c_int, c_int), *const c_void) {
        match self {
            Self::Text => ((ft::STRING, base::NONE), ptr::null()),
            Self::Number => ((ft::UINT32, base::DEC), ptr::null()),
            Self::Truth => ((ft::BOOLEAN, base::NONE), ptr::null()),
            Self::Span => ((ft::RELATIVE_TIME, base::NONE), ptr::null()),
            Self::Address => ((ft::IPV6, base::NONE), ptr::null()),
            Self::Frame(meaning) => ((ft::FRAMENUM, base::NONE), ptr::without_provenance(meaning)),
            Self::Line => ((ft::NONE, base::NONE), ptr::null()),
        }
    }
}

macro_rules! tracked {
    ($( $name:ident: $kind:expr, $filter:literal, $title:literal, $blurb:literal; )*) => {
        /// The registered fields.
        pub(crate) struct Ids {
            $( pub(crate) $name: Id, )*
        }

        impl Ids {
            /// Adds them to what is to be registered.
            pub(crate) fn new(rows: &mut Rows) -> Self {
                Self {$(
                    $name: {
                        let (shown, strings) = $kind.host();
                        rows.add($title, concat!("dmm.", $filter), shown, strings, $blurb)
                    },
                )*}
            }
        }
    };
}

tracked! {
    mn: Kind::Text, "mn", "Mobile Node", "Whom the message is about";
    party: Kind::Text, "party", "Mobile Node or MAAR", "Whom the message is about, and the MAAR that it is from or for: only for filters, which the table of conversations makes";
    duplicate_of: Kind::Frame(frame::NONE), "duplicate_of", "Same packet as in", "The packet was captured twice";
    response_in: Kind::Frame(frame::RESPONSE), "response_in", "Response in", "The first PBA to this PBU";
    response_to: Kind::Frame(frame::REQUEST), "response_to", "Response to", "The PBU that this PBA answers";
    response_time: Kind::Span, "response_time", "Response time", "From the PBU to its first PBA";
    first_response: Kind::Frame(frame::NONE), "response.first", "First response in", "The PBU has an earlier PBA: this is a further one (RFC 8885 §3.2)";
    unanswered: Kind::Truth, "unanswered", "Unanswered", "No PBA to this PBU is in the capture";
    retransmission: Kind::Truth, "retransmission", "Retransmission", "The PBU was sent before (RFC 8885 §3.6)";
    retransmission_of: Kind::Frame(frame::RETRANSMITTED), "retransmission.of", "Retransmission of", "The sending before";
    retransmission_number: Kind::Number, "retransmission.number", "Retransmission number", "1 for the second sending";
    retransmission_interval: Kind::Span, "retransmission.interval", "Retransmission interval", "Since the sending before";
    retransmission_as_due: Kind::Truth, "retransmission.doubled", "Interval as due", "Twice the interval before, or INITIAL_BINDACK_TIMEOUT the first time and MAX_BINDACK_TIMEOUT at last, within a fifth";
    retransmitted_in: Kind::Frame(frame::RETRANSMISSION), "retransmission.in", "Retransmitted in", "The next sending of this PBU";
    relay_of: Kind::Frame(frame::REQUEST), "relay.of", "Passed on because of", "The S-MAAR's PBU that made the CMD send this one";
    relay_in: Kind::Frame(frame::RESPONSE), "relay.in", "Passed on in", "A PBU that the CMD sent to a P-MAAR because of this one";
    locator: Kind::Truth, "locator", "From a P-MAAR to the S-MAAR", "The CMD is a locator (RFC 8885 §3.3)";
    handover: Kind::Number, "handover.id", "Handover", "Counted from the start of the capture";
    handover_from: Kind::Address, "handover.from", "Handover from", "The MAAR that the mobile node leaves";
    handover_to: Kind::Address, "handover.to", "Handover to", "The S-MAAR";
    handover_latency: Kind::Span, "handover.latency", "Handover latency", "From the S-MAAR's first PBU to its first PBA";
    handover_p_maars: Kind::Number, "handover.p_maars", "P-MAARs", "How many P-MAARs the CMD wrote to or named";
    handover_mode: Kind::Text, "handover.mode", "Mode of the CMD", "relay, locator or proxy (RFC 8885 §3.2 to §3.4)";
    maar: Kind::Address, "session.maar", "Current MAAR", "Where the mobile node is by this message";
    previous_maar: Kind::Address, "session.previous_maar", "MAAR before", "Where it was before";
    tunnel: Kind::Line, "tunnel", "DMM tunnel", "A user packet between an anchor and the S-MAAR";
    tunnel_mn: Kind::Text, "tunnel.mn", "Mobile Node", "Whose packet it is";
    tunnel_prefix: Kind::Address, "tunnel.prefix", "Anchored prefix", "The mobile node's prefix that it comes from or goes to";
    tunnel_prefix_length: Kind::Number, "tunnel.prefix.length", "Prefix length", "Of that prefix";
    tunnel_anchor: Kind::Address, "tunnel.anchor", "Anchor", "The MAAR that anchors it";
    tunnel_downlink: Kind::Truth, "tunnel.downlink", "To the mobile node", "Whether the packet goes to the mobile node";
}

/// Adds what is known of a message.
pub(crate) fn show(ids: &Ids, known: &Known, tvb: Tvb<'_>, tree: Node) {
    let frame = |id, number: Option<u32>| {
        if let Some(number) = number {
            tree.add_number(id, tvb, number);
        }
    };
    let truth = |id, truth| {
        if truth {
            tree.add_truth(id, tvb, true);
        }
    };
    frame(ids.duplicate_of, known.duplicate_of);
    frame(ids.response_in, known.response_in);
    frame(ids.response_to, known.response_to);
    if let Some(time) = known.response_time.filter(|_| known.response_to.is_some()) {
        tree.add_span(ids.response_time, tvb, time);
    }
    frame(ids.first_response, known.first_response);
    truth(ids.unanswered, known.unanswered);
    if let Some(again) = known.retransmission {
        truth(ids.retransmission, true);
        frame(ids.retransmission_of, Some(again.of));
        tree.add_number(ids.retransmission_number, tvb, again.number.into());
        tree.add_span(ids.retransmission_interval, tvb, again.interval);
        tree.add_truth(ids.retransmission_as_due, tvb, again.as_due);
    }
    frame(ids.retransmitted_in, known.retransmitted_in);
    frame(ids.relay_of, known.relay_of);
    for copy in known.relayed_in.as_slice() {
        frame(ids.relay_in, Some(*copy));
    }
    truth(ids.locator, known.is_locator);
    if let Some(handover) = &known.handover {
        show_handover(ids, handover, tvb, tree);
    }
    show_session(ids, known, tvb, tree);
}

/// One line says from where to where, over how many P-MAARs and in which mode; the fields for that are there for filters
/// and columns. Lines are what costs most when all is printed, and addresses more than others.
fn show_handover(ids: &Ids, handover: &Handed, tvb: Tvb<'_>, tree: Node) {
    let line = tree.add_number(ids.handover, tvb, handover.id);
    if line.is_shown() {
        line.say(format_args!("{}", Line(handover)));
    }
    let hidden = |node: Node, id| node.mark(id, HIDDEN);
    if let Some(from) = handover.from {
        hidden(tree.add_address(ids.handover_from, tvb, from), ids.handover_from);
    }
    hidden(tree.add_address(ids.handover_to, tvb, handover.to), ids.handover_to);
    let p_maars = tree.add_number(ids.handover_p_maars, tvb, handover.p_maars.into());
    hidden(p_maars, ids.handover_p_maars);
    if let Some(mode) = handover.mode {
        let name = Text::new(format_args!("{}", mode.name()));
        hidden(tree.add_generated_text(ids.handover_mode, tvb, &name), ids.handover_mode);
    }
    if let Some(latency) = handover.latency {
        tree.add_span(ids.handover_latency, tvb, latency);
    }
}

/// `: 2, 2001:db8:c0::1 → 2001:db8:c0::2, 1 P-MAAR, relay`
struct Line<'a>(&'a Handed);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handed { id, from, to, p_maars, mode, .. } = self.0;
        write!(f, ": {id},")?;
        if let Some(from) = from {
            f.write_str(" ")?;
            f.write_str(AddressText::new(*from).as_str())?;
        }
        f.write_str(" → ")?;
        f.write_str(AddressText::new(*to).as_str())?;
        match p_maars {
            0 => {}
            1 => f.write_str(", 1 P-MAAR")?,
            several => write!(f, ", {several} P-MAARs")?,
        }
        let Some(mode) = mode else { return Ok(()) };
        f.write_str(", ")?;
        f.write_str(mode.name())
    }
}

/// Where the mobile node is and was; hidden where that is what the line of the handover says.
fn show_session(ids: &Ids, known: &Known, tvb: Tvb<'_>, tree: Node) {
    let ends = known.handover.map(|handover| [handover.from, Some(handover.to)]);
    for (id, maar) in [(ids.maar, known.maar), (ids.previous_maar, known.previous_maar)] {
        let Some(address) = maar else { continue };
        let node = tree.add_address(id, tvb, address);
        if ends.is_some_and(|ends| ends.contains(&maar)) {
            node.mark(id, HIDDEN);
        }
    }
}

/// Adds what is known of a packet within a packet.
pub(crate) fn show_tunnel(ids: &Ids, found: &Tunnelled, mn: &Text, tvb: Tvb<'_>, tree: Node) {
    tree.add_generated_text(ids.tunnel_mn, tvb, mn);
    tree.add_address(ids.tunnel_prefix, tvb, found.prefix.network());
    tree.add_number(ids.tunnel_prefix_length, tvb, found.prefix.prefix_len().into());
    tree.add_address(ids.tunnel_anchor, tvb, found.anchor);
    tree.add_truth(ids.tunnel_downlink, tvb, found.is_downlink);
}
