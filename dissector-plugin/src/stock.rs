//! Where the stock dissector of 4.0 to 4.6 says too little or something wrong, as far as it can be mended from outside:
//!
//! * options that it does not know, whose Length it reads from another place: we are in its table of options for them;
//! * messages that it does not know (MH Types 19 and up): shown behind its tree;
//! * statuses whose names are not IANA's: ours stands behind its field;
//! * the protocol column, which stays NEMO for all messages behind the first one with the R flag.

use dmm_codec::MessageView;
use dmm_codec::header::{Header, PBA, PBU};
use dmm_codec::wire::Wire as _;

use crate::abi::{GENERATED, HIDDEN};
use crate::fields::{Fields, fields, present};
use crate::options;
use crate::packet::{Node, Packet, Tvb};
use crate::text::Text;

/// Whether the stock dissector has nothing for an option. It has 0 to 41, 46 to 52 and 55, and the names of some more.
pub(crate) fn leaves_option(kind: u8) -> bool {
    !matches!(kind, 0..=41 | 46..=52 | 55)
}

/// Whether the stock dissector has nothing for a message.
pub(crate) fn leaves_message(mh_type: u8) -> bool {
    mh_type > 18
}

/// Adds the status by IANA's name; hidden where nothing was rejected, for then there is nothing to correct.
pub(crate) fn add_status(tvb: Tvb<'_>, root: Node) -> Option<(Node, usize)> {
    let message = MessageView::new(tvb.octets()).ok().filter(|message| message.mh_type() == PBA)?;
    let (id, status) = (fields()?.status, message.field("status")?);
    let node = root.add(id, tvb, status.offset, status.octets.len());
    node.mark(id, if status.uint() < 128 { HIDDEN | GENERATED } else { GENERATED });
    Some((node, status.offset))
}

/// Puts it behind the stock field.
pub(crate) fn place_status((node, offset): (Node, usize), tvb: Tvb<'_>, root: Node) {
    if let Some(stock) = root.last_below(c"mip6.ba.status", tvb.raw_offset() + offset) {
        node.move_behind(stock);
    }
}

/// Shows a message that the stock dissector does not know, with its options.
pub(crate) fn show_message(tvb: Tvb<'_>, root: Node) -> Option<()> {
    let message = MessageView::new(tvb.octets()).ok()?;
    let fields = fields()?;
    let known = fields.messages.iter().find(|known| known.spec.mh_type == message.mh_type())?;
    let tree = root.add(known.item, tvb, 0, message.octets().len()).subtree(fields.subtree);
    for (id, field) in present(known.spec.fields, &known.fields, message.body(), Header::LEN) {
        tree.add(id, tvb, field.offset, field.octets.len());
    }
    // Pad1 has no Length, and padding says nothing.
    for option in message.options().map_while(Result::ok).filter(|option| !option.is_padding()) {
        let end = option.body_offset + option.body.len();
        options::show_at(tvb, option.offset, end, tree);
    }
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

/// The types of all options that the stock dissector leaves to us, with the row of ours or none.
pub(crate) fn left_options(
    fields: &Fields,
) -> impl Iterator<Item = (u8, Option<&crate::fields::OptionFields>)> {
    let ours = |kind| fields.options.iter().find(move |option| option.spec.kind == kind);
    (0..=u8::MAX).filter(|kind| leaves_option(*kind)).map(move |kind| (kind, ours(kind)))
}

#[cfg(test)]
mod tests {
    use dmm_codec::OPTIONS;

    use super::*;

    #[test]
    fn the_options_of_rfc_8885_are_left_to_us() {
        assert!(OPTIONS.iter().filter(|spec| spec.needs_dmm).all(|spec| leaves_option(spec.kind)));
    }
}
