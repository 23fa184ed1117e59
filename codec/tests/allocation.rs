//! What a packet path may do with every packet costs no memory: looking at a message and at all that it carries.

use std::net::Ipv6Addr;

use dmm_codec::{LinkLayerAddress, Message, MessageView, MnIdentifier, MobilityOption, Pbu, UnknownOption};

const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 2);
const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);

#[test]
fn a_view_walk_allocates_nothing() {
    let octets = pbu();
    let mut seen = (0, 0, 0);
    let allocated = allocation_counter::measure(|| {
        let view = MessageView::received(&octets, SRC, DST).expect("it was encoded here");
        assert!(!view.has_dmm_flag());
        seen.0 = view.fields().count();
        for option in view.options() {
            let option = option.expect("it was encoded here");
            seen.1 += usize::from(!option.is_padding());
            seen.2 += option.fields().filter(|field| field.uint() != 0).count();
        }
    });
    assert_eq!(seen, (3, 4, 4), "it was looked at");
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}

/// A refusal too: whoever sends wrong octets must not make a receiver work harder.
#[test]
fn a_refusal_allocates_nothing() {
    let right = pbu();
    for at in 0..8 {
        let mut wrong = right.clone();
        wrong[at] ^= 0x55;
        let allocated = allocation_counter::measure(|| {
            let refused = MessageView::received(&wrong, SRC, DST).is_err();
            // The reserved octet is summed like any other.
            assert!(refused, "octet {at}");
        });
        assert_eq!(allocated.count_total, 0, "octet {at}: {allocated:?}");
    }
}

/// The counter counts: a message that is decoded owns its octets.
#[test]
fn a_message_allocates_what_it_keeps() {
    let octets = pbu();
    let allocated = allocation_counter::measure(|| {
        let decoded = Message::decode(&octets, SRC, DST).expect("it was encoded here");
        assert_eq!(decoded.message.options().len(), 4);
    });
    // The list of options, the identifier and the octets of the unknown option; not the link-layer address.
    assert_eq!((allocated.count_total, allocated.count_current), (3, 0), "{allocated:?}");
}

fn pbu() -> Vec<u8> {
    let options = vec![
        MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@example.org")),
        MobilityOption::AnchoredPrefix("2001:db8:a001::/64".parse().expect("it is a prefix")),
        MobilityOption::DlifLinkLayer(LinkLayerAddress::from([2, 0x5a, 0xa9, 0x47, 0x59, 0x24])),
        MobilityOption::Unknown(UnknownOption::on_purpose(250, &[1, 2, 3])),
    ];
    Message::Pbu(Pbu { options, ..Pbu::default() }).encode(SRC, DST).expect("it fits")
}
