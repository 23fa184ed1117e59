//! What stands beside the stock dissector's tree where it says too little or something wrong, as far as it can be mended
//! from outside:
//!
//! * flags that it does not know, among those that it knows;
//! * options that it does not know, whose Length it reads from another place: we are in its table of options for them;
//! * messages that it does not know (MH Types 19 and up): shown behind its tree;
//! * statuses whose names are not IANA's: ours stands behind its field;
//! * the protocol column, which stays NEMO for all messages behind the first one with the R flag.

use dmm_codec::header::{Header, PBA, PBU};
use dmm_codec::wire::{FieldKind, Wire as _};
use dmm_codec::{FieldView, MessageView};

use crate::abi::{GENERATED, HIDDEN};
use crate::fields::{Fields, MessageFlags, fields, present};
use crate::packet::{Node, Packet, Registered, Tvb};
use crate::stock::leaves_message;
use crate::text::Text;
use crate::{options, preferences};

/// What was added before the stock dissector ran, for [`place`] to put where it belongs.
#[derive(Clone, Copy, Default)]
pub(crate) struct Added {
    flags: [Option<Node>; Self::FLAGS],
    /// One that rejects; others are hidden, wherever they are.
    status: Option<Node>,
}

impl Added {
    /// The stock dissector lacks fewer flags of any message.
    const FLAGS: usize = 4;
}

/// Adds flags and status.
pub(crate) fn add(tvb: Tvb<'_>, root: Node) -> Added {
    let (Ok(message), Some(fields)) = (MessageView::new(tvb.octets()), fields()) else {
        return Added::default();
    };
    let mut added = Added { status: add_status(fields, &message, tvb, root), ..Added::default() };
    // A message that is ours as a whole has them in its own tree.
    let flags = fields.flags(message.mh_type()).filter(|_| !leaves_message(message.mh_type()));
    if let Some((flags, field)) = flags.zip(message.field("flags")) {
        for (place, node) in added.flags.iter_mut().zip(add_flags(flags, field, tvb, root)) {
            *place = Some(node);
        }
    }
    added
}

/// Adds the flags of a field.
fn add_flags<'a>(
    flags: &'a MessageFlags,
    field: FieldView<'a>,
    tvb: Tvb<'a>,
    tree: Node,
) -> impl Iterator<Item = Node> + 'a {
    let drafts = preferences::drafts();
    flags.flags.iter().filter(move |(flag, _)| drafts.know(flag)).map(move |(flag, id)| {
        let node = tree.add(*id, tvb, field.offset, field.octets.len());
        // One that is not set says nothing, but filters may ask for that.
        let is_told = flag.is_dmm() || field.uint() & u64::from(flag.mask) != 0;
        if is_told { node } else { node.mark(*id, HIDDEN) }
    })
}

/// Adds the status by IANA's name; hidden where nothing was rejected, for then there is nothing to correct.
fn add_status(fields: &Fields, message: &MessageView<'_>, tvb: Tvb<'_>, root: Node) -> Option<Node> {
    let status = (message.mh_type() == PBA).then(|| message.field("status"))??;
    let node = root.add(fields.status, tvb, status.offset, status.octets.len());
    if status.uint() < 128 {
        node.mark(fields.status, HIDDEN | GENERATED);
        return None;
    }
    Some(node.mark(fields.status, GENERATED))
}

/// Puts each behind its stock neighbour. Where there is none it stays where it is: the tree is made for filters only,
/// or it is of a Wireshark that shows such fields in another way.
pub(crate) fn place(added: &Added, tvb: Tvb<'_>, root: Node) -> Option<()> {
    let (message, fields) = (MessageView::new(tvb.octets()).ok()?, fields()?);
    let neighbour = |stock: Option<Registered>, name| {
        let start = tvb.raw_offset() + message.field(name)?.offset;
        root.in_layer(fields.stock?, stock?, start)
    };
    let behind = fields.flags(message.mh_type()).and_then(|flags| flags.behind);
    if let (Some(first), Some((stock, name))) = (added.flags[0], behind)
        && first.is_shown()
        && let Some(mut last) = neighbour(Some(stock), name)
    {
        for flag in added.flags.iter().flatten().filter(|flag| flag.is_shown()) {
            flag.move_behind(last);
            last = *flag;
        }
    }
    if let Some(status) = added.status.filter(|status| status.is_shown())
        && let Some(stock) = neighbour(fields.stock_status, "status")
    {
        status.move_behind(stock);
    }
    Some(())
}

/// Shows a message that the stock dissector does not know, with its options.
pub(crate) fn show_message(tvb: Tvb<'_>, root: Node) -> Option<()> {
    let message = MessageView::new(tvb.octets()).ok().filter(|message| leaves_message(message.mh_type()))?;
    let fields = fields()?;
    let known = fields.messages.iter().find(|known| known.spec.mh_type == message.mh_type())?;
    let tree = root.add(known.item, tvb, 0, message.octets().len()).subtree(fields.subtree);
    for (id, field) in present(known.spec.fields, &known.fields, message.body(), Header::LEN) {
        let node = tree.add(id, tvb, field.offset, field.octets.len());
        let is_flags = matches!(field.spec.kind, FieldKind::Flags(_));
        if let Some(flags) = fields.flags(message.mh_type()).filter(|_| is_flags) {
            add_flags(flags, field, tvb, node.subtree(fields.subtree)).for_each(drop);
        }
    }
    // Pad1 has no Length, and padding says nothing.
    for option in message.options().map_while(Result::ok).filter(|option| !option.is_padding()) {
        let end = option.body_offset + option.body.len();
        options::show_at(tvb, option.offset, end, tree);
    }
    Some(())
}

/// Shows what is there of an option that runs past the end, behind the stock complaint about it.
pub(crate) fn show_cut_option(tvb: Tvb<'_>, root: Node) -> Option<()> {
    let message = MessageView::new(tvb.octets()).ok()?;
    let (offset, shown) = options::show_cut(tvb, &message, root)?;
    // The innermost of the lines without a field that start where the option does.
    let complaint = fields()?.stock_complaint.filter(|_| shown.is_shown())?;
    shown.move_behind(root.last_below(complaint, tvb.raw_offset() + offset)?);
    Some(())
}

/// What the columns should say: the name of a message that the stock dissector does not know, and a protocol that is not
/// the one of an earlier message.
pub(crate) fn correct_columns(tvb: Tvb<'_>, packet: Packet) {
    let Ok(message) = MessageView::new(tvb.octets()) else { return };
    let mobile_router = message.field("flags").is_some_and(|flags| flags.has_flag("R"));
    if matches!(message.mh_type(), PBU | PBA) && !mobile_router {
        packet.set_protocol(c"MIPv6");
    }
    if let Some(spec) = message.spec().filter(|spec| leaves_message(spec.mh_type)) {
        packet.set_info(&Text::new(format_args!("{}", spec.title)));
    }
}
