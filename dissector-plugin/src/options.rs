//! An option that the stock dissector leaves to us, those of RFC 8885 §4.3 to §4.8 before all, as one entry of its list
//! of options.

use std::ffi::{c_int, c_void};
use std::fmt;
use std::net::Ipv6Addr;

use dmm_codec::text::AddressText;
use dmm_codec::wire::{FieldKind, FieldSpec};
use dmm_codec::{FieldView, MessageView, MobilityOption, OptionSpec};

use crate::abi::{self, GENERATED, HIDDEN, int};
use crate::fields::{Fields, OptionFields, fields, present};
use crate::guard::guarded;
use crate::host::{PacketInfo, TvBuff};
use crate::packet::{Node, Tvb};
use crate::text::Text;

/// Octets before an option's fields: Type and Length.
const HEADER: usize = 2;

/// Called by the host with an option that starts at its Type and ends where its Length says.
pub(crate) unsafe extern "C" fn dissect(
    tvb: *mut TvBuff,
    _packet: *mut PacketInfo,
    tree: *mut abi::Node,
    _data: *mut c_void,
) -> c_int {
    // SAFETY: they are what the host gave us.
    let (tvb, tree) = unsafe { (Tvb::new(tvb), Node::new(tree)) };
    guarded((), || {
        let octets = tvb.octets();
        if !is_wanted(octets, tree) {
            return;
        }
        let problem = octets.first().and_then(|kind| problem(*kind, octets, tvb.reported_len()));
        show(Part { tvb, start: 0, octets }, problem.as_ref(), tree);
    });
    // All of it, whatever was in it: what we do not consume the host shows as data.
    int(tvb.octets().len())
}

/// Whether anybody looks at this option: from 4.4 on, who looks at it alone does not look at its protocol.
fn is_wanted(octets: &[u8], tree: Node) -> bool {
    let Some(fields) = fields() else { return false };
    let row = fields.options.iter().find(|option| Some(&option.spec.kind) == octets.first());
    let item = row.map_or(fields.unknown, |option| option.item);
    tree.wants(fields.protocol) || tree.wants(fields.mipv6) || tree.wants(item)
}

/// Shows an option that runs past the end of its message, with what is there of it. The stock dissector says only that
/// it does, and does not come to us with it.
pub(crate) fn show_cut(tvb: Tvb<'_>, message: &MessageView<'_>, tree: Node) -> Option<(usize, Node)> {
    let error = message.options().find_map(Result::err)?;
    let octets = message.octets().get(error.offset..)?;
    let problem = Text::new(format_args!("{} ({})", error.kind, error.source_section()));
    let shown = show(Part { tvb, start: error.offset, octets }, Some(&problem), tree)?;
    Some((error.offset, shown))
}

/// Shows an option that is wholly there, from its Type to its end.
pub(crate) fn show_at(tvb: Tvb<'_>, start: usize, end: usize, tree: Node) {
    let octets = tvb.octets().get(start..end).unwrap_or_default();
    let problem = octets.first().and_then(|kind| problem(*kind, octets, octets.len()));
    show(Part { tvb, start, octets }, problem.as_ref(), tree);
}

/// An option, as far as it is there.
#[derive(Clone, Copy)]
struct Part<'packet> {
    tvb: Tvb<'packet>,
    /// Where its Type stands in the tvb.
    start: usize,
    octets: &'packet [u8],
}

/// Adds the option to the tree.
fn show(at: Part<'_>, problem: Option<&Text>, tree: Node) -> Option<Node> {
    let (fields, kind) = (fields()?, at.octets.first()?);
    let Some(option) = fields.options.iter().find(|option| option.spec.kind == *kind) else {
        return Some(show_unknown(fields, at, *kind, tree));
    };
    let body = at.octets.get(HEADER..).unwrap_or_default();

    let item = tree.add(option.item, at.tvb, at.start, at.octets.len());
    if item.is_shown() {
        item.say(format_args!(" ({kind}){}", Title { spec: option.spec, body }));
        if let Some(problem) = problem {
            item.append(&Text::new(format_args!(" [{problem}]")));
        }
    }
    let subtree = item.subtree(fields.subtree);
    show_header(fields, at, subtree);
    show_fields(option, fields, at, body, subtree);
    if let Some(problem) = problem {
        subtree.add_text(fields.problem, at.tvb, at.start, problem).mark(fields.problem, GENERATED);
    }
    Some(item)
}

/// An option of a type that no table has: Type, Length as it is, and octets.
fn show_unknown(fields: &Fields, at: Part<'_>, kind: u8, tree: Node) -> Node {
    let item = tree.add(fields.unknown, at.tvb, at.start, at.octets.len());
    if item.is_shown() {
        item.say(format_args!(" ({kind})"));
    }
    let subtree = item.subtree(fields.subtree);
    show_header(fields, at, subtree);
    let left = at.octets.len().saturating_sub(HEADER);
    if left > 0 {
        subtree.add(fields.undecoded, at.tvb, at.start + HEADER, left);
    }
    item
}

/// Type and Length, in the stock fields, so that filters and columns find the same options with us as without. The Type is
/// in the line above, as it is for options that the host knows, and hidden, for the host would say `Unknown`.
fn show_header(fields: &Fields, at: Part<'_>, subtree: Node) {
    let rows = [(fields.stock_kind, HIDDEN), (fields.stock_length, 0)];
    for (start, (field, flags)) in (at.start..).zip(rows).take(at.octets.len()) {
        if let Some(field) = field {
            subtree.add(field, at.tvb, start, 1).mark(field, flags);
        }
    }
}

/// The fields that are wholly there, and what is left over.
fn show_fields(option: &OptionFields, fields: &Fields, at: Part<'_>, body: &[u8], subtree: Node) {
    let mut shown = HEADER;
    for (id, field) in present(option.spec.fields, &option.fields, body, HEADER) {
        subtree.add(id, at.tvb, at.start + field.offset, field.octets.len());
        shown = field.offset + field.octets.len();
    }
    let left = at.octets.len().saturating_sub(shown);
    if left > 0 {
        subtree.add(fields.undecoded, at.tvb, at.start + shown, left);
    }
}

/// What is wrong with an option, if something is; in the codec's words, for a receiver skips it for the same reason.
fn problem(kind: u8, octets: &[u8], on_wire: usize) -> Option<Text> {
    if octets.len() < on_wire {
        return Some(Text::new(format_args!("{} of {on_wire} octets captured", octets.len())));
    }
    let error = MobilityOption::read(kind, octets.get(HEADER..).unwrap_or_default()).err()?;
    let source = dmm_codec::option::spec(kind).map_or("RFC 6275 §6.2.1", |spec| spec.source);
    Some(Text::new(format_args!("{error} ({source})")))
}

/// What stands behind an option's name: `: 2001:db8:1::1, prefix 2001:db8:a::/64`.
struct Title<'a> {
    spec: &'static OptionSpec,
    body: &'a [u8],
}

impl fmt::Display for Title<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut length = None;
        let mut before = ": ";
        for field in FieldView::all(self.spec.fields, self.body, HEADER) {
            if let FieldKind::PrefixLength = field.spec.kind {
                length = u8::try_from(field.uint()).ok();
            }
            let value = Value { field, length };
            if value.is_told() {
                // The first value needs no name behind the option's own.
                let name = if before == ": " { "" } else { name_in_title(field.spec) };
                f.write_str(before)?;
                f.write_str(name)?;
                fmt::Display::fmt(&value, f)?;
                before = ", ";
            }
        }
        Ok(())
    }
}

/// `prefix `, from the filter's `.prefix`: the shortest name there is.
fn name_in_title(spec: &FieldSpec) -> &'static str {
    match spec.kind {
        FieldKind::Prefix => "prefix ",
        _ => "",
    }
}

/// A field's value as it is told in a title.
struct Value<'a> {
    field: FieldView<'a>,
    /// The Prefix Length that stood before it.
    length: Option<u8>,
}

impl Value<'_> {
    fn is_told(&self) -> bool {
        matches!(self.field.spec.kind, FieldKind::Ipv6 | FieldKind::Prefix | FieldKind::LinkLayer)
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.field.spec.kind, self.field.address(), self.length) {
            (FieldKind::Prefix, Some(address), Some(length)) => {
                f.write_str(AddressText::new(first_bits(address, length)).as_str())?;
                write!(f, "/{length}")
            }
            (_, Some(address), _) => f.write_str(AddressText::new(address).as_str()),
            _ if self.field.octets.is_empty() => f.write_str("none"),
            _ => self
                .field
                .octets
                .iter()
                .enumerate()
                .try_for_each(|(i, octet)| write!(f, "{}{octet:02x}", if i == 0 { "" } else { ":" })),
        }
    }
}

/// The valid bits of a prefix (RFC 8885 §4.3: "the rest of the bits MUST be ignored"). All of them where the length is
/// more than an address has.
fn first_bits(address: Ipv6Addr, length: u8) -> Ipv6Addr {
    dmm_codec::body::prefix(address, length).map_or(address, |valid| valid.network())
}
