//! What holds for every message, every edit and every octet string.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod fuzz_bodies;

use std::net::Ipv6Addr;

use dmm_codec::checksum::{MOBILITY_HEADER, checksum};
use dmm_codec::edit::{Change, Edit, Place, apply_all};
use dmm_codec::message::{Padded, repair_checksum};
use dmm_codec::{
    AccessTechnology, Align, HandoffIndicator, Lifetime, LinkLayerAddress, Message, MessageView, MnIdSubtype,
    MnIdentifier, MobilityOption, OPTIONS, Pba, PbaFlags, Pbu, PbuFlags, PreviousMaar, Status, Timestamp,
    UnknownOption,
};
use ipnet::Ipv6Net;
use proptest::collection::vec;
use proptest::prelude::*;

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
                Some(Align::At { n, plus }) => (n, plus),
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
            _ => unreachable!("no other message is made here"),
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
        mh_type in 5_u8..=6,
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

fn addresses() -> impl Strategy<Value = (Ipv6Addr, Ipv6Addr)> {
    (any::<Ipv6Addr>(), any::<Ipv6Addr>())
}

fn messages() -> impl Strategy<Value = Message> {
    let pbu =
        (any::<(u16, u16, u16)>(), vec(options(), 0..12)).prop_map(|((seq, flags, lifetime), options)| {
            Message::Pbu(Pbu { seq, flags: PbuFlags(flags), lifetime: Lifetime(lifetime), options })
        });
    let pba = (any::<(u8, u8, u16, u16)>(), vec(options(), 0..12)).prop_map(
        |((status, flags, seq, lifetime), options)| {
            let (status, flags, lifetime) = (Status(status), PbaFlags(flags), Lifetime(lifetime));
            Message::Pba(Pba { status, flags, seq, lifetime, options })
        },
    );
    prop_oneof![pbu, pba]
}

fn prefixes() -> impl Strategy<Value = Ipv6Net> {
    (any::<Ipv6Addr>(), 0_u8..=128)
        .prop_map(|(address, length)| Ipv6Net::new(address, length).unwrap().trunc())
}

fn options() -> impl Strategy<Value = MobilityOption> {
    use MobilityOption as O;
    let unnamed = |kind: &u8| OPTIONS.iter().all(|spec| spec.kind != *kind);
    let octets = |most: usize| vec(any::<u8>(), 0..=most);
    prop_oneof![
        (any::<u8>(), octets(80)).prop_map(|(subtype, identifier)| {
            O::MnIdentifier(MnIdentifier { subtype: MnIdSubtype(subtype), identifier })
        }),
        prefixes().prop_map(O::HomeNetworkPrefix),
        any::<u8>().prop_map(|value| O::HandoffIndicator(HandoffIndicator(value))),
        any::<u8>().prop_map(|value| O::AccessTechnology(AccessTechnology(value))),
        octets(20).prop_map(|address| O::MnLinkLayerIdentifier(LinkLayerAddress(address))),
        any::<Ipv6Addr>().prop_map(O::LinkLocalAddress),
        any::<u64>().prop_map(|ticks| O::Timestamp(Timestamp(ticks))),
        prefixes().prop_map(O::AnchoredPrefix),
        prefixes().prop_map(O::LocalPrefix),
        (any::<Ipv6Addr>(), prefixes())
            .prop_map(|(address, prefix)| O::PreviousMaar(PreviousMaar { address, prefix })),
        any::<Ipv6Addr>().prop_map(O::ServingMaar),
        any::<Ipv6Addr>().prop_map(O::DlifLinkLocal),
        octets(20).prop_map(|address| O::DlifLinkLayer(LinkLayerAddress(address))),
        (any::<u8>().prop_filter("a type without a row", unnamed), octets(120))
            .prop_map(|(kind, data)| O::Unknown(UnknownOption { kind, data })),
    ]
}

fn edits() -> impl Strategy<Value = Edit> {
    let fields = OPTIONS
        .iter()
        .flat_map(|spec| {
            let fields = spec.fields.iter().map(|field| field.name);
            fields.chain(["type", "length"]).map(move |field| (spec.name, field))
        })
        .collect::<Vec<_>>();
    let option = (prop::sample::select(fields), 0_usize..3).prop_map(|((name, field), index)| {
        Place::Option { name: name.to_string(), index, field: field.to_string() }
    });
    let field = prop::sample::select(vec![
        "payload_proto",
        "header_len",
        "mh_type",
        "reserved",
        "checksum",
        "seq",
        "flags",
        "lifetime",
        "status",
    ]);
    let place = prop_oneof![
        (0_usize..100).prop_map(Place::Offset),
        field.prop_map(|name| Place::Field(name.to_string())),
        option,
    ];
    let number = prop_oneof![any::<u8>().prop_map(u64::from), any::<u16>().prop_map(u64::from), any::<u64>()];
    let change = (0..4, number).prop_map(|(change, number)| match change {
        0 => Change::Set(number),
        1 => Change::Or(number),
        2 => Change::And(number),
        _ => Change::Xor(number),
    });
    (place, change).prop_map(|(at, change)| Edit { at, change })
}
