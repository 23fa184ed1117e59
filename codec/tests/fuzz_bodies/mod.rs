//! What the fuzz targets do with arbitrary octets, and what the corpus is replayed through. A body panics where octets
//! make the crate panic or break what it promises.

use std::net::Ipv6Addr;

use dmm_codec::edit::{Change, Edit, Place, apply_all};
use dmm_codec::headers::{End, Walk, is_extension};
use dmm_codec::icmp::Icmpv6;
use dmm_codec::message::repair_checksum;
use dmm_codec::packet::{Ethernet, ICMPV6, Ipv6, MOBILITY_HEADER, UDP, Udp, Vlan};
use dmm_codec::wire::FieldKind;
use dmm_codec::{EncodeError, FieldView, Message, MessageView, OPTIONS, OptionView, Reaction, checksum};

const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1);
const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);
const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// What a target does with octets.
pub(crate) type Body = fn(&[u8]);

/// Every target by name.
pub(crate) const BODIES: &[(&str, Body)] =
    &[("view", view), ("message", message), ("edit", edit), ("packet", packet)];

/// Options stand one behind the other, fields stand where they say, and nothing is read that is not there.
pub(crate) fn view(octets: &[u8]) {
    let _ = MessageView::received(octets, SRC, DST);
    let Ok(view) = MessageView::new(octets) else {
        assert!(octets.len() < 6);
        return;
    };
    assert!(octets.starts_with(view.octets()));
    let (whole, _) = (view.octets(), (view.mh_type(), view.checksum(), view.has_dmm_flag()));
    for field in view.fields() {
        assert_eq!(&whole[field.offset..field.offset + field.octets.len()], field.octets);
        let _ = (field.uint(), field.address(), field.has_flag("D"));
    }
    let mut at = None;
    for option in view.options() {
        let option = match option {
            Ok(option) => option,
            Err(error) => {
                let _ = (error.to_string(), error.reaction(), error.source_section());
                at = None;
                continue;
            }
        };
        assert!(at.is_none_or(|at| at == option.offset), "options leave no gap");
        let OptionView { body_offset, body, .. } = option;
        assert_eq!(&whole[body_offset..body_offset + body.len()], body);
        for field in option.fields() {
            assert_eq!(&whole[field.offset..field.offset + field.octets.len()], field.octets);
            sub_options(whole, &field);
        }
        at = Some(body_offset + body.len());
    }
    assert!(
        at.is_none_or(|at| at == whole.len()),
        "options reach to the end unless one of them does not fit"
    );
}

/// Sub-options stand one behind the other within their field, and fill it unless one of them does not fit.
fn sub_options(whole: &[u8], field: &FieldView<'_>) {
    let (mut at, end) = (field.offset, field.offset + field.octets.len());
    for part in field.sub_options() {
        match part {
            Ok(part) => {
                assert_eq!(part.offset, at, "sub-options leave no gap");
                at = part.body_offset + part.body.len();
                assert!(at <= end);
                assert_eq!(&whole[part.body_offset..at], part.body);
                for field in part.fields() {
                    assert_eq!(&whole[field.offset..field.offset + field.octets.len()], field.octets);
                }
                let _ = (part.table.check)(part.kind, part.body).map_err(|error| error.to_string());
            }
            Err(error) => {
                assert_eq!((error.offset, error.reaction()), (at, Reaction::Skip));
                at = end;
            }
        }
    }
    assert!(at == end || !matches!(field.spec.kind, FieldKind::SubOptions(_)));
}

/// What can be read can be written, and is then read as the same.
pub(crate) fn message(octets: &[u8]) {
    let _ = Message::decode(octets, SRC, DST).map_err(|error| (error.to_string(), error.reaction()));
    let mut octets = octets.to_vec();
    repair_checksum(&mut octets, SRC, DST);
    let decoded = match Message::decode(&octets, SRC, DST) {
        Ok(decoded) => decoded,
        Err(error) => {
            assert!(!error.to_string().contains("checksum"), "it was repaired");
            let _ = (error.reaction(), error.source_section());
            return;
        }
    };
    match decoded.message.encode(SRC, DST) {
        Ok(encoded) => {
            assert_eq!(encoded.len() % 8, 0);
            let again = Message::decode(&encoded, SRC, DST).expect("what was encoded");
            assert_eq!((again.message, again.skipped), (decoded.message, Vec::new()));
        }
        // Octets that were packed tighter than alignment allows can grow past the end.
        Err(error) => assert!(matches!(error, EncodeError::TooLong(2049..))),
    }
}

/// Edits change octets in place or are refused and change nothing; what they leave never panics.
///
/// The first octet says how many edits follow, eleven octets each: which place, which index, which change, the number.
pub(crate) fn edit(input: &[u8]) {
    let Some((count, mut rest)) = input.split_first() else { return };
    let mut edits = Vec::new();
    for _ in 0..count % 6 {
        let Some(([place, index, change, number @ ..], behind)) = rest.split_first_chunk::<11>() else {
            return;
        };
        rest = behind;
        let number = u64::from_be_bytes(*number);
        let change = match change % 4 {
            0 => Change::Set(number),
            1 => Change::Or(number),
            2 => Change::And(number),
            _ => Change::Xor(number),
        };
        edits.push(Edit { at: self::place(*place, *index), change });
    }
    let mut octets = rest.to_vec();
    match apply_all(&mut octets, &edits) {
        Ok(()) => assert_eq!(octets.len(), rest.len()),
        Err(error) => {
            let _ = error.to_string();
            assert_eq!(octets, rest, "a refused edit changes nothing");
        }
    }
    for edit in &edits {
        let _ = (edit.apply(&mut octets), edit.at.to_string().parse::<Place>());
    }
    let _ = std::str::from_utf8(input).map(str::parse::<Place>);
    view(&octets);
    message(&octets);
}

fn place(selector: u8, index: u8) -> Place {
    const FIELDS: [&str; 8] =
        ["header_len", "mh_type", "checksum", "payload_proto", "seq", "flags", "lifetime", "status"];
    let (which, nth) = (selector % 4, usize::from(selector / 4));
    match which {
        0 => Place::Offset(usize::from(index)),
        1 => Place::Offset(usize::MAX - usize::from(index)),
        2 => Place::Field(FIELDS[nth % FIELDS.len()].into()),
        _ => {
            let spec = &OPTIONS[nth % OPTIONS.len()];
            let names: Vec<_> =
                ["type", "length"].into_iter().chain(spec.fields.iter().map(|f| f.name)).collect();
            let field = names[usize::from(index >> 4) % names.len()];
            Place::Option { name: spec.name.into(), index: usize::from(index & 0xf), field: field.into() }
        }
    }
}

/// A walk ends, within the packet, and Ipv6 is what it says.
fn walk(octets: &[u8]) {
    let Ok(mut walk) = Walk::new(octets) else {
        assert_eq!(Ipv6::parse(octets), None);
        return;
    };
    assert!(walk.by_ref().count() <= octets.len(), "each header has an octet at least");
    let (next, behind) = walk.behind();
    assert!(octets[..octets.len().min(walk.said)].ends_with(behind));
    let end = walk.end();
    assert_eq!(walk.next(), None);
    match Ipv6::parse(octets) {
        Some(packet) => {
            assert!(end != End::Cut && walk.is_in_order() && walk.is_whole);
            assert_eq!((packet.next_header, packet.payload(), packet.summed), (next, behind, walk.summed()));
            assert_eq!(
                is_extension(packet.next_header),
                end != End::Upper,
                "what is hidden is not handed out"
            );
        }
        None => assert!(end == End::Cut || !walk.is_in_order() || !walk.is_whole),
    }
}

/// Frames and packets in packets; what they carry is read with the checksum it has and with the right one.
pub(crate) fn packet(octets: &[u8]) {
    if let Some(frame) = Ethernet::parse(octets) {
        assert_eq!(frame.payload.len() + Ethernet::HEADER_LEN, octets.len());
        ipv6(frame.payload);
        let (mut ether_type, mut rest) = (frame.ether_type, frame.payload);
        while let Some(tag) = Vlan::parse(ether_type, rest) {
            assert!(tag.payload.len() < rest.len());
            (ether_type, rest) = (tag.ether_type, tag.payload);
        }
        ipv6(rest);
    }
    ipv6(octets);
    upper(octets, ROUTER, DST);
}

fn ipv6(octets: &[u8]) {
    walk(octets);
    let mut next = Ipv6::parse(octets);
    while let Some(packet) = next {
        assert!(octets.len() >= packet.octets.len());
        assert_eq!(packet.payload().len() + packet.payload_offset, packet.octets.len());
        if let Some(forwarded) = packet.forwarded() {
            let again = Ipv6::parse(&forwarded).expect("forwarding changes the hop limit only");
            assert_eq!((again.hop_limit, again.payload()), (packet.hop_limit - 1, packet.payload()));
        }
        match packet.next_header {
            MOBILITY_HEADER => {
                let _ = Message::decode(packet.payload(), packet.src, packet.dst);
                message(packet.payload());
            }
            ICMPV6 | UDP => upper(packet.payload(), packet.src, packet.dst),
            _ => {}
        }
        next = packet.inner();
    }
}

fn upper(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) {
    let udp = summed(octets, 6, UDP, src, dst);
    for octets in [octets, &udp] {
        if let Some(datagram) = Udp::parse(octets, src, dst) {
            assert_eq!(datagram.datagram(src, dst), octets);
        }
    }
    let icmp = summed(octets, 2, ICMPV6, src, dst);
    for octets in [octets, &icmp] {
        match Icmpv6::parse(octets, src, dst, 255) {
            Ok(read) => assert_eq!(Icmpv6::parse(&read.encode(src, dst), src, dst, 255), Ok(read)),
            Err(error) => {
                let _ = (error.to_string(), error.reaction());
                assert!(error.offset <= octets.len());
            }
        }
    }
}

fn summed(octets: &[u8], at: usize, next_header: u8, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let mut octets = octets.to_vec();
    if let Some(field) = octets.get_mut(at..at + 2) {
        field.fill(0);
        let sum = match checksum::checksum(src, dst, next_header, &octets) {
            0 => 0xffff_u16,
            sum => sum,
        };
        octets[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    }
    octets
}
