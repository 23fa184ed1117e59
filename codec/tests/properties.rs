//! What holds for every message, every edit and every octet string.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod fuzz_bodies;
mod strategies;

use std::net::Ipv6Addr;

use dmm_codec::checksum::{MOBILITY_HEADER, checksum};
use dmm_codec::edit::{Place, apply_all};
use dmm_codec::message::{Padded, repair_checksum};
use dmm_codec::sub_option::SubOption;
use dmm_codec::wire::FieldKind;
use dmm_codec::{
    Align, Lifetime, MESSAGES, Message, MessageView, MobilityOption, OPTIONS, PbaFlags, PbuFlags,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use strategies::{
    addresses, each_access_network_sub_option, each_flow_sub_option, each_mag_parameter, each_message,
    each_offload_sub_option, each_option, each_qos_attribute, edits, messages,
};

/// So that no message and no option is left out of what follows.
#[test]
fn every_row_has_a_strategy() {
    let mut runner = TestRunner::deterministic();
    let messages =
        each_message().into_iter().map(|each| each.new_tree(&mut runner).unwrap().current().mh_type());
    let messages: Vec<_> = messages.collect();
    assert_eq!(messages, MESSAGES.iter().map(|spec| spec.mh_type).collect::<Vec<_>>());
    let options = each_option().into_iter().map(|each| each.new_tree(&mut runner).unwrap().current().kind());
    let mut options: Vec<_> = options.collect();
    assert!(options.pop().is_some_and(|last| OPTIONS.iter().all(|spec| spec.kind != last)));
    // Padding is put in by the encoder.
    let with_value = OPTIONS.iter().map(|spec| spec.kind).filter(|kind| *kind > 1);
    assert_eq!(options, with_value.collect::<Vec<_>>());
    every_sub_option(each_flow_sub_option());
    every_sub_option(each_access_network_sub_option());
    every_sub_option(each_offload_sub_option());
    every_sub_option(each_qos_attribute());
    every_sub_option(each_mag_parameter());
}

fn every_sub_option<T: SubOption + std::fmt::Debug>(each: Vec<BoxedStrategy<T>>) {
    let mut runner = TestRunner::deterministic();
    let kinds = each.into_iter().map(|each| each.new_tree(&mut runner).unwrap().current().kind());
    let mut kinds: Vec<_> = kinds.collect();
    assert!(kinds.pop().is_some_and(|last| T::TABLE.spec(last).is_none()));
    assert_eq!(kinds, T::TABLE.rows.iter().map(|spec| spec.kind).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn a_message_is_read_as_it_was_written(message in messages(), (src, dst) in addresses()) {
        let octets = message.encode(src, dst).unwrap();
        let decoded = Message::decode(&octets, src, dst).unwrap();
        prop_assert_eq!(decoded.message, message);
        prop_assert_eq!(decoded.skipped, vec![]);
    }

    /// R4.1.5, R4.2.5.
    #[test]
    fn a_message_is_a_multiple_of_eight_octets_as_its_header_says(message in messages(), (src, dst) in addresses()) {
        let octets = message.encode(src, dst).unwrap();
        prop_assert_eq!(octets.len() % 8, 0);
        prop_assert_eq!(octets.len(), (usize::from(octets[1]) + 1) * 8);
        prop_assert_eq!(octets[0], 59);
        prop_assert_eq!(octets[3], 0, "Reserved");
    }

    /// The sum in other words than the crate's: octet by octet, carry at once.
    #[test]
    fn the_checksum_verifies(message in messages(), (src, dst) in addresses()) {
        let octets = message.encode(src, dst).unwrap();
        let length = u32::try_from(octets.len()).unwrap().to_be_bytes();
        let pseudo = [&src.octets()[..], &dst.octets(), &length, &[0, 0, 0, 135], &octets].concat();
        let sum = pseudo.chunks(2).fold(0_u16, |sum, pair| {
            let (sum, carry) = sum.overflowing_add(u16::from(pair[0]) << 8 | u16::from(pair[1]));
            sum + u16::from(carry)
        });
        prop_assert_eq!(sum, 0xffff);
        prop_assert_eq!(checksum(src, dst, MOBILITY_HEADER, &octets), 0);
    }

    /// R4.3.5, R4.4.5, R4.5.5, R4.6.3, R4.7.1, R4.8.2; RFC 5213 §8.3 to §8.8.
    #[test]
    fn every_option_stands_where_its_row_says(message in messages()) {
        let octets = message.encode_unsummed(Padded::Aligned).unwrap();
        for option in MessageView::new(&octets).unwrap().options().map(Result::unwrap) {
            let (n, plus) = match option.spec().map(|spec| spec.align) {
                None | Some(Align::Any) => (1, 0),
                Some(Align::Longer { than, .. }) if option.body.len() <= than => (2, 0),
                Some(Align::At { n, plus } | Align::Longer { n, plus, .. }) => (n, plus),
                // The address, four octets behind the start, stands on its own size; Reserved on 2.
                Some(Align::LinkLayer) => match option.body.len() - 2 {
                    8 | 16 => (8, 4),
                    4 | 12 | 20 => (4, 0),
                    _ => (2, 0),
                },
            };
            prop_assert_eq!(option.offset % n, plus, "type {}", option.kind);
        }
    }

    /// B5: "If more than one octet of padding is required, the PadN option […] should be used", of zeros; and no more
    /// than alignment needs.
    #[test]
    fn padding_is_one_option_of_zeros_at_most_seven_octets_long(message in messages()) {
        let octets = message.encode_unsummed(Padded::Aligned).unwrap();
        let mut before = None;
        for option in MessageView::new(&octets).unwrap().options().map(Result::unwrap) {
            let padding = option.kind < 2;
            prop_assert!(!(padding && before == Some(true)), "two paddings in a row");
            prop_assert!(!padding || option.body.len() <= 5 && option.body.iter().all(|octet| *octet == 0));
            before = Some(padding);
        }
    }

    #[test]
    fn without_alignment_only_the_end_is_padded(message in messages()) {
        let octets = message.encode_unsummed(Padded::EndOnly).unwrap();
        let kinds: Vec<_> = MessageView::new(&octets).unwrap().options().map(|o| o.unwrap().kind).collect();
        let said: Vec<_> = message.options().iter().map(MobilityOption::kind).collect();
        prop_assert!(kinds.starts_with(&said));
        prop_assert!(kinds.len() - said.len() <= 1);
        prop_assert_eq!(octets.len() % 8, 0);
    }

    #[test]
    fn the_view_shows_the_options_of_the_message(message in messages(), (src, dst) in addresses()) {
        let octets = message.encode(src, dst).unwrap();
        let view = MessageView::received(&octets, src, dst).unwrap();
        let shown: Vec<_> = view
            .options()
            .map(Result::unwrap)
            .filter(|option| option.kind > 1)
            .map(|option| MobilityOption::read(option.kind, option.body).unwrap())
            .collect();
        prop_assert_eq!(shown.as_slice(), message.options());
        prop_assert_eq!(view.mh_type(), message.mh_type());
        let (seq, lifetime, dmm) = match &message {
            Message::Pbu(pbu) => (pbu.seq, pbu.lifetime, pbu.flags.contains(PbuFlags::D)),
            Message::Pba(pba) => (pba.seq, pba.lifetime, pba.flags.contains(PbaFlags::D)),
            // The D flag of an Update Notification is another one.
            _ => {
                prop_assert!(!view.has_dmm_flag());
                return Ok(());
            }
        };
        prop_assert_eq!(view.field("seq").unwrap().uint(), u64::from(seq));
        prop_assert_eq!(view.field("lifetime").unwrap().uint(), u64::from(lifetime.0));
        prop_assert_eq!(view.has_dmm_flag(), dmm);
    }

    /// Every field of a known option is shown, one behind the other, and together they are its octets.
    #[test]
    fn the_fields_of_an_option_are_its_octets(message in messages()) {
        let octets = message.encode_unsummed(Padded::Aligned).unwrap();
        for option in MessageView::new(&octets).unwrap().options().map(Result::unwrap) {
            let Some(spec) = option.spec() else { continue };
            prop_assert_eq!(option.fields().count(), spec.fields.len());
            let joined: Vec<u8> = option.fields().flat_map(|field| field.octets.to_vec()).collect();
            prop_assert_eq!(joined, option.body);
        }
    }

    /// Every sub-option is shown, one behind the other, and what its fields say is its octets.
    #[test]
    fn the_sub_options_of_a_field_are_its_octets(message in messages()) {
        let octets = message.encode_unsummed(Padded::Aligned).unwrap();
        for option in MessageView::new(&octets).unwrap().options().map(Result::unwrap) {
            for field in option.fields().filter(|field| matches!(field.spec.kind, FieldKind::SubOptions(_))) {
                let mut at = field.offset;
                for part in field.sub_options() {
                    let part = part.unwrap();
                    prop_assert_eq!(part.offset, at);
                    prop_assert_eq!(&octets[part.body_offset..part.body_offset + part.body.len()], part.body);
                    prop_assert_eq!((part.table.check)(part.kind, part.body), Ok(()));
                    if part.spec().is_some() {
                        let joined: Vec<u8> = part.fields().flat_map(|field| field.octets.to_vec()).collect();
                        prop_assert_eq!(joined, part.body);
                    }
                    at = part.body_offset + part.body.len();
                }
                prop_assert_eq!(at, field.offset + field.octets.len());
            }
        }
    }

    #[test]
    fn an_edited_message_is_read_or_refused(message in messages(), edits in vec(edits(), 0..5), repair: bool) {
        let (src, dst) = (Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
        let octets = message.encode(src, dst).unwrap();
        let mut edited = octets.clone();
        if apply_all(&mut edited, &edits).is_err() {
            prop_assert_eq!(&edited, &octets);
        }
        if repair {
            repair_checksum(&mut edited, src, dst);
        }
        if let Err(error) = Message::decode(&edited, src, dst) {
            prop_assert!(!repair || error.reaction() != dmm_codec::Reaction::Skip);
            prop_assert!(error.offset <= edited.len());
        }
        fuzz_bodies::view(&edited);
        fuzz_bodies::message(&edited);
    }

    #[test]
    fn one_edit_is_like_several(message in messages(), edit in edits()) {
        let octets = message.encode_unsummed(Padded::Aligned).unwrap();
        let (mut one, mut all) = (octets.clone(), octets);
        prop_assert_eq!(edit.apply(&mut one), apply_all(&mut all, &[edit]));
        prop_assert_eq!(one, all);
    }

    #[test]
    fn a_place_is_read_as_it_is_shown(edit in edits()) {
        if !matches!(edit.at, Place::Offset(_)) {
            prop_assert_eq!(edit.at.to_string().parse::<Place>(), Ok(edit.at));
        }
    }

    #[test]
    fn arbitrary_octets_break_no_promise(octets in vec(any::<u8>(), 0..300)) {
        for (_, body) in fuzz_bodies::BODIES {
            body(&octets);
        }
    }

    /// Octets that begin like a message get further than arbitrary ones.
    #[test]
    fn arbitrary_options_break_no_promise(
        mh_type in 0_u8..=24,
        tlvs in vec((0_u8..80, 0_usize..40, vec(any::<u8>(), 0..40)), 0..12),
    ) {
        let mut octets = vec![59, 0, mh_type, 0, 0, 0, 0, 1, 0x82, 0x10, 0, 75];
        for (kind, length, data) in tlvs {
            octets.extend([kind, length as u8]);
            octets.extend(data);
        }
        octets.resize(octets.len().next_multiple_of(8), 0);
        octets[1] = (octets.len() / 8 - 1) as u8;
        fuzz_bodies::view(&octets);
        fuzz_bodies::message(&octets);
    }

    /// A number of whole units, never more than asked for.
    #[test]
    fn a_lifetime_is_never_longer_than_asked_for(seconds in 0_u64..300_000) {
        let asked = std::time::Duration::from_secs(seconds);
        let lifetime = Lifetime::within(asked);
        prop_assert!(lifetime.duration() <= asked);
        prop_assert!(lifetime.0 == u16::MAX || asked < lifetime.duration() + Lifetime::UNIT);
    }

    /// Half a unit of 2^-16 s is 8 µs: what is lost is less than one unit.
    #[test]
    fn a_timestamp_keeps_a_point_in_time_to_a_65536th_of_a_second(nanos: u64, later in 0_u64..1 << 40) {
        let (one, other) = (dmm_codec::Instant::from_nanos(nanos), dmm_codec::Instant::from_nanos(nanos.saturating_add(later)));
        prop_assert_eq!(one.timestamp().seconds(), nanos / 1_000_000_000);
        let apart = one.timestamp().distance(other.timestamp());
        prop_assert!(apart.abs_diff(other.since(one)) <= std::time::Duration::from_nanos(15_260));
    }
}
