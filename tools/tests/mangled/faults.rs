//! Faults of nodes: of the octets that come, of messages in and out, of the access link, of advertisements.

#![expect(clippy::ptr_arg, reason = "all faults of octets have one type")]

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::message::repair_checksum;
use dmm_codec::{
    Lifetime, Message, MessageView, MobilityOption, Pba, PbaFlags, PbuFlags, Status, home_network_prefixes,
    lint,
};
use dmm_proto::{Advertise, LinkEvent};
use ipnet::Ipv6Net;

use super::{Seen, accepting, early, without};

// Faults of octets.

pub(crate) fn mend_checksum(octets: &mut Vec<u8>, src: Ipv6Addr, dst: Ipv6Addr) {
    repair_checksum(octets, src, dst);
}

pub(crate) fn unknown_option(octets: &[u8]) -> Option<usize> {
    let options = MessageView::new(octets).ok()?.options();
    options.filter_map(Result::ok).find(|option| option.spec().is_none()).map(|option| option.offset)
}

pub(crate) fn drop_message_with_unknown_option(octets: &mut Vec<u8>, _: Ipv6Addr, _: Ipv6Addr) {
    if unknown_option(octets).is_some() {
        octets.clear();
    }
}

/// Everything from the unknown option on becomes padding.
pub(crate) fn stop_at_unknown_option(octets: &mut [u8], src: Ipv6Addr, dst: Ipv6Addr) {
    if let Some(offset) = unknown_option(octets) {
        octets[offset..].fill(0);
        repair_checksum(octets, src, dst);
    }
}

pub(crate) fn drop_what_no_sender_may_send(octets: &mut Vec<u8>, src: Ipv6Addr, dst: Ipv6Addr) {
    if !lint(octets, Some((src, dst))).is_empty() {
        octets.clear();
    }
}

/// The Serving MAAR option gets the length that it should have.
pub(crate) fn mend_lengths(octets: &mut Vec<u8>, src: Ipv6Addr, dst: Ipv6Addr) {
    const SERVING_MAAR: u8 = 68;
    let Ok(view) = MessageView::new(octets) else { return };
    let place = view.options().find_map(|option| match option {
        Ok(option) => (option.kind == SERVING_MAAR).then_some(option.offset),
        Err(error) => Some(error.offset),
    });
    if let Some(place) = place {
        octets[place + 1] = 16;
        repair_checksum(octets, src, dst);
    }
}

pub(crate) fn mend_header_len(octets: &mut Vec<u8>, src: Ipv6Addr, dst: Ipv6Addr) {
    octets[1] = (octets.len() / 8 - 1) as u8;
    repair_checksum(octets, src, dst);
}

// Faults of what is received. `true`: the node gets the message.

pub(crate) fn take_for_accepted(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.status = Status::ACCEPTED;
    }
    true
}

pub(crate) fn take_155_for_157(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message
        && pba.status == Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    {
        pba.status = Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED;
    }
    true
}

pub(crate) fn take_any_number(seen: &mut Seen, message: &mut Message) -> bool {
    if let (Message::Pba(pba), Some(last)) = (message, &seen.last) {
        pba.seq = last.seq;
    }
    true
}

pub(crate) fn take_any_mobile(seen: &mut Seen, message: &mut Message) -> bool {
    if let (Message::Pba(pba), Some(last)) = (message, &seen.last) {
        pba.options.retain(|option| !matches!(option, MobilityOption::MnIdentifier(_)));
        pba.options.push(last.options[0].clone());
    }
    true
}

pub(crate) fn take_without_d(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.flags = pba.flags | PbaFlags::D;
    }
    true
}

pub(crate) fn take_from_anybody(seen: &mut Seen, _: &mut Message) -> bool {
    seen.src = seen.home;
    true
}

pub(crate) fn take_from_peer(seen: &mut Seen, _: &mut Message) -> bool {
    if seen.src != seen.home {
        seen.src = seen.peers[0];
    }
    true
}

pub(crate) fn only_from_home(seen: &mut Seen, _: &mut Message) -> bool {
    seen.src == seen.home
}

pub(crate) fn forget_echoes(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.options.retain(|option| {
            !matches!(
                option,
                MobilityOption::HandoffIndicator(_)
                    | MobilityOption::AccessTechnology(_)
                    | MobilityOption::MnLinkLayerIdentifier(_)
            )
        });
    }
    true
}

pub(crate) fn live_for_ever(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.lifetime = Lifetime(u16::MAX);
    }
    true
}

pub(crate) fn only_the_first(seen: &mut Seen, _: &mut Message) -> bool {
    seen.received == 1
}

pub(crate) fn only_who_is_known(seen: &mut Seen, message: &mut Message) -> bool {
    let known = seen.last.as_ref().map(|last| last.options[0].clone());
    !matches!(message, Message::Pbu(pbu) if !pbu.options.iter().any(|option| Some(option) == known.as_ref()))
}

pub(crate) fn make_up_serving_maar(seen: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        pbu.options.retain(|option| !matches!(option, MobilityOption::ServingMaar(_)));
        pbu.options.push(MobilityOption::ServingMaar(seen.peers[0]));
    }
    true
}

pub(crate) fn take_any_time(seen: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        for option in &mut pbu.options {
            if let MobilityOption::Timestamp(timestamp) = option {
                *timestamp = seen.now.timestamp();
            }
        }
    }
    true
}

pub(crate) fn take_any_lifetime(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        pbu.lifetime = Lifetime(75);
    }
    true
}

pub(crate) fn ignore_d(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        without(pbu, PbuFlags::D);
    }
    true
}

/// The first PBU of all is the preamble's.
pub(crate) fn ignore_d_in_secret(seen: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        seen.sent = usize::from(pbu.flags.contains(PbuFlags::D));
        without(pbu, PbuFlags::D);
    }
    true
}

pub(crate) fn refuse_in_secret(seen: &mut Seen, message: &mut Message) -> bool {
    if let (Message::Pba(pba), 1) = (message, seen.sent) {
        pba.status = Status::ADMINISTRATIVELY_PROHIBITED;
    }
    true
}

pub(crate) fn ignore_d_in_pba(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.flags = PbaFlags(pba.flags.0 & !PbaFlags::D.0);
    }
    true
}

pub(crate) fn accept_any_deregistration(seen: &mut Seen, message: &mut Message) -> bool {
    match message {
        Message::Pbu(pbu) if pbu.lifetime == Lifetime::ZERO => {
            let answer = accepting(pbu);
            seen.extra.push((seen.src, answer));
            false
        }
        _ => true,
    }
}

// Faults of what is sent. `true`: the message leaves.

/// What the P-MAAR will say, said before it has.
pub(crate) fn answer_at_once(seen: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        let s_maar = pbu.options.iter().find_map(|option| match option {
            MobilityOption::ServingMaar(s_maar) => Some(*s_maar),
            _ => None,
        });
        let (status, flags) = (Status::ACCEPTED, PbaFlags::P | PbaFlags::D);
        let (seq, lifetime, options) = (pbu.seq, pbu.lifetime, pbu.options.clone());
        let pba = Message::Pba(Pba { status, flags, seq, lifetime, options });
        seen.extra.extend(s_maar.map(|s_maar| (s_maar, pba)));
    }
    true
}

pub(crate) fn pba_without_d(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.flags = PbaFlags(pba.flags.0 & !PbaFlags::D.0);
    }
    true
}

pub(crate) fn plain_pba(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.flags = PbaFlags(pba.flags.0 & !PbaFlags::D.0);
        pba.options
            .retain(|option| !dmm_codec::option::spec(option.kind()).is_some_and(|spec| spec.needs_dmm));
    }
    true
}

pub(crate) fn pba_with_d(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.flags = pba.flags | PbaFlags::D;
    }
    true
}

pub(crate) fn pba_of_another_number(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message {
        pba.seq = pba.seq.wrapping_add(1);
    }
    true
}

pub(crate) fn wrong_previous_prefix(_: &mut Seen, message: &mut Message) -> bool {
    let Message::Pba(pba) = message else { return true };
    let own = home_network_prefixes(&pba.options).next();
    for option in &mut pba.options {
        if let (MobilityOption::PreviousMaar(previous), Some(own)) = (option, own) {
            previous.prefix = own;
        }
    }
    true
}

pub(crate) fn without_serving_maar(_: &mut Seen, message: &mut Message) -> bool {
    message.options_mut().retain(|option| !matches!(option, MobilityOption::ServingMaar(_)));
    true
}

pub(crate) fn without_technology(_: &mut Seen, message: &mut Message) -> bool {
    message.options_mut().retain(|option| !matches!(option, MobilityOption::AccessTechnology(_)));
    true
}

pub(crate) fn pbu_without_d(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        without(pbu, PbuFlags::D);
    }
    true
}

pub(crate) fn pbu_with_d(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        pbu.flags = pbu.flags | PbuFlags::D;
    }
    true
}

pub(crate) fn put_prefix(message: &mut Message, prefix: &str) {
    let prefix: Ipv6Net = prefix.parse().expect("a prefix");
    for option in message.options_mut() {
        if let MobilityOption::HomeNetworkPrefix(own) = option {
            *own = prefix;
        }
    }
}

pub(crate) fn foreign_prefix(_: &mut Seen, message: &mut Message) -> bool {
    if matches!(message, Message::Pbu(_)) {
        put_prefix(message, "2001:db8:bad::/64");
    }
    true
}

pub(crate) fn foreign_prefix_later(seen: &mut Seen, message: &mut Message) -> bool {
    if matches!(message, Message::Pbu(_)) && seen.sent > 0 {
        put_prefix(message, "2001:db8:ff00:bad::/64");
    }
    true
}

pub(crate) fn one_prefix_for_all(_: &mut Seen, message: &mut Message) -> bool {
    if matches!(message, Message::Pbu(_)) {
        put_prefix(message, "2001:db8:ff00:1::/64");
    }
    true
}

pub(crate) fn foreign_prefix_in_pba(_: &mut Seen, message: &mut Message) -> bool {
    if matches!(message, Message::Pba(_)) {
        put_prefix(message, "2001:db8:bad::/64");
    }
    true
}

pub(crate) fn foreign_prefix_later_in_pba(seen: &mut Seen, message: &mut Message) -> bool {
    if matches!(message, Message::Pba(_)) && seen.received > 1 {
        put_prefix(message, "2001:db8:ff00:bad::/64");
    }
    true
}

pub(crate) fn all_zero_in_pba(_: &mut Seen, message: &mut Message) -> bool {
    if matches!(message, Message::Pba(_)) {
        put_prefix(message, "::/0");
    }
    true
}

pub(crate) fn reject_with_153(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pba(pba) = message
        && !pba.status.is_accepted()
    {
        pba.status = Status::NOT_LMA_FOR_THIS_MOBILE_NODE;
    }
    true
}

/// 156 with the time stamp of the PBU, as it is 10 s in the past in the case that looks.
pub(crate) fn echo_time(seen: &mut Seen, message: &mut Message) -> bool {
    for option in message.options_mut() {
        if let MobilityOption::Timestamp(timestamp) = option {
            *timestamp = (seen.now - Duration::from_secs(10)).timestamp();
        }
    }
    message.options_mut().retain(|option| !matches!(option, MobilityOption::Timestamp(_)));
    true
}

pub(crate) fn always_seven(_: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        pbu.seq = 7;
    }
    true
}

pub(crate) fn twice(seen: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        seen.extra.push((seen.src, Message::Pbu(pbu.clone())));
    }
    true
}

pub(crate) fn never_zero(_: &mut Seen, message: &mut Message) -> bool {
    !matches!(message, Message::Pbu(pbu) if pbu.lifetime == Lifetime::ZERO)
}

pub(crate) fn only_the_first_pbu(seen: &mut Seen, message: &mut Message) -> bool {
    !matches!(message, Message::Pbu(_)) || seen.sent == 0
}

pub(crate) fn only_to_home(seen: &mut Seen, _: &mut Message) -> bool {
    seen.src == seen.home
}

// Faults on the access link.

pub(crate) fn blind_for_leaving(_: &mut Seen, event: &LinkEvent) -> bool {
    !matches!(event, LinkEvent::Detached { .. })
}

pub(crate) fn advertise_at_once(seen: &mut Seen, event: &LinkEvent) -> bool {
    if let LinkEvent::Solicited { mobile, src } = event {
        seen.advertise.push(early(*mobile, *src));
    }
    true
}

pub(crate) fn deregister_at_once(seen: &mut Seen, event: &LinkEvent) -> bool {
    if let (LinkEvent::Detached { .. }, Some(last)) = (event, &seen.last) {
        let mut pbu = last.clone();
        (pbu.seq, pbu.lifetime) = (pbu.seq.wrapping_add(1), Lifetime::ZERO);
        seen.extra.push((seen.home, Message::Pbu(pbu)));
    }
    true
}

// Faults of Router Advertisements. `true`: it leaves.

pub(crate) fn to_all(_: &Seen, ra: &mut Advertise) -> bool {
    ra.dst_mac = [0x33, 0x33, 0, 0, 0, 1];
    true
}

pub(crate) fn all_preferred(_: &Seen, ra: &mut Advertise) -> bool {
    for prefix in &mut ra.advertisement.prefixes {
        prefix.preferred = prefix.preferred.max(1800);
    }
    true
}

pub(crate) fn one_mac(_: &Seen, ra: &mut Advertise) -> bool {
    ra.src_mac = [2, 0, 0, 0, 0, 9];
    true
}

pub(crate) fn one_link_local(_: &Seen, ra: &mut Advertise) -> bool {
    ra.src = dmm_codec::packet::link_local([2, 0, 0, 0, 0, 9]);
    true
}

pub(crate) fn only_preferred(_: &Seen, ra: &mut Advertise) -> bool {
    ra.advertisement.prefixes.iter().all(|prefix| prefix.preferred > 0)
}

/// With [`foreign_prefix_later`]: the CMD was told of that one. That its PBAs are about it is overlooked with [`all_zero_in_pba`].
pub(crate) fn foreign_prefix_in_ra(seen: &Seen, ra: &mut Advertise) -> bool {
    for prefix in ra.advertisement.prefixes.iter_mut().filter(|prefix| seen.sent > 1 && prefix.preferred > 0)
    {
        prefix.prefix = "2001:db8:ff00:bad::/64".parse().expect("a prefix");
    }
    true
}

pub(crate) fn no_routes(_: &Seen, ra: &mut Advertise) -> bool {
    ra.advertisement.routes.clear();
    true
}
