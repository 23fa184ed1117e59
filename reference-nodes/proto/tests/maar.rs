//! The MAAR as S-MAAR and as P-MAAR, input by input.

mod support;

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::{Mac, link_local};
use dmm_codec::{
    Instant, Lifetime, Message, MobilityOption, Pba, PbaFlags, Pbu, PbuFlags, PreviousMaar, Status,
};
use dmm_dataplane::{DlifId, Entry, Op, OpFailure, OpId};
use dmm_proto::{Event, Ignored, Input, LinkEvent, Maar, MaarConfig, Node as _, Output};
use ipnet::Ipv6Net;
use pretty_assertions::assert_eq;
use support::{Bench, CMD, START, accept, attach_pbu, maar, mn1, pba_of, pbu_of, pool, prefix, without};

const MOBILE: Mac = [2, 0, 0, 0, 0, 1];
const SECOND: Duration = Duration::from_secs(1);

/// MAAR1, with `mn1` as subscriber.
fn bench() -> Bench<Maar> {
    let mut config = MaarConfig::new(maar(1), CMD, pool(1));
    config.subscribers.insert(MOBILE, mn1());
    Bench::new(Maar::new(config))
}

fn solicit(bench: &mut Bench<Maar>) -> Vec<(Ipv6Addr, Message)> {
    bench.input(Input::Link(LinkEvent::Solicited { mobile: MOBILE, src: link_local(MOBILE) }))
}

fn detach(bench: &mut Bench<Maar>) {
    let sent = bench.input(Input::Link(LinkEvent::Detached { mobile: MOBILE }));
    assert_eq!(sent, [], "R3.5.2: nothing is said when the link goes");
}

/// Carries out all forwarding orders; what was held back for them.
fn carry_out(bench: &mut Bench<Maar>, result: &Result<(), OpFailure>) -> Vec<(Ipv6Addr, Message)> {
    let orders: Vec<OpId> = std::mem::take(&mut bench.others).into_iter().filter_map(order).collect();
    orders.into_iter().flat_map(|id| bench.input(Input::Forwarding { id, result: result.clone() })).collect()
}

fn order(output: Output) -> Option<OpId> {
    match output {
        Output::Forwarding { id, .. } => Some(id),
        _ => None,
    }
}

fn advertised(bench: &Bench<Maar>) -> Vec<(Ipv6Addr, u32)> {
    let of = |output: &Output| match output {
        Output::Advertise(ra) => {
            Some((ra.advertisement.prefixes[0].prefix.network(), ra.advertisement.prefixes[0].preferred))
        }
        _ => None,
    };
    bench.others.iter().filter_map(of).collect()
}

/// Attaches and registers `mn1`, with these options in the PBA; forwarding is in place.
fn serve(bench: &mut Bench<Maar>, more: &[MobilityOption]) -> Pbu {
    let sent = solicit(bench);
    let pbu = pbu_of(&sent[0].1).clone();
    bench.signal(CMD, maar(1), &accept(&pbu, more));
    carry_out(bench, &Ok(()));
    pbu
}

/// The PBU by which the CMD tells MAAR1 that `mn1` is at MAAR2 (RFC 8885 §3.2 step 2).
fn follow_pbu(seq: u16, now: Instant) -> Pbu {
    let mut pbu = attach_pbu(1, seq, now);
    pbu.options.push(MobilityOption::ServingMaar(maar(2)));
    pbu
}

fn previous(n: u16) -> MobilityOption {
    MobilityOption::PreviousMaar(PreviousMaar { address: maar(n), prefix: prefix(n) })
}

#[test]
fn r3_1_3_a_mobile_node_is_registered_before_anything_is_promised_to_it() {
    let mut bench = bench();
    let sent = solicit(&mut bench);
    let [(to, pbu)] = &sent[..] else { panic!("one PBU: {sent:?}") };
    let pbu = pbu_of(pbu);
    assert_eq!((*to, pbu.flags), (CMD, PbuFlags::A | PbuFlags::P | PbuFlags::D));
    let kinds: Vec<u8> = pbu.options.iter().map(MobilityOption::kind).collect();
    assert_eq!(kinds, [8, 22, 23, 24, 25, 27]);
    assert!(pbu.options.contains(&MobilityOption::HomeNetworkPrefix(prefix(1))), "R3.1.1: of its own pool");
    assert_eq!(bench.others, [], "R3.1.2: a temporary BCE, no forwarding, no RA");

    bench.signal(CMD, maar(1), &accept(pbu, &[]));
    assert_eq!(advertised(&bench), [], "forwarding first");
    carry_out(&mut bench, &Ok(()));
    assert_eq!(advertised(&bench), [(prefix(1).network(), 1800)], "R3.1.8");
}

#[test]
fn who_is_not_a_subscriber_gets_nothing() {
    let mut bench = bench();
    let stranger = LinkEvent::Solicited { mobile: [2; 6], src: link_local([2; 6]) };
    assert_eq!(bench.input(Input::Link(stranger)), []);
    assert_eq!(bench.node.next_timeout(), None);
}

#[test]
fn r3_6_3_an_unanswered_registration_is_sent_again_until_the_mobile_node_leaves() {
    let mut bench = bench();
    solicit(&mut bench);
    let times: Vec<u128> = bench.pass(SECOND * 40).into_iter().map(|(after, ..)| after).collect();
    assert_eq!(times, [1_000, 3_000, 7_000, 15_000, 31_000]);
    detach(&mut bench);
    assert_eq!(bench.pass(SECOND * 200), [], "R3.6.7");
}

#[test]
fn r3_1_13_a_rejected_mobile_node_gets_no_service() {
    let mut bench = bench();
    let sent = solicit(&mut bench);
    let Message::Pba(mut pba) = accept(pbu_of(&sent[0].1), &[]) else { unreachable!() };
    pba.status = Status::ADMINISTRATIVELY_PROHIBITED;
    bench.signal(CMD, maar(1), &Message::Pba(pba));
    assert_eq!(bench.others, []);
    assert_eq!(bench.pass(SECOND * 100), []);
}

#[test]
fn pbas_that_nobody_may_send_change_nothing() {
    let mut bench = bench();
    let sent = solicit(&mut bench);
    let Message::Pba(good) = accept(pbu_of(&sent[0].1), &[]) else { unreachable!() };
    let anothers = Pba {
        options: vec![
            MobilityOption::MnIdentifier(mn1()),
            MobilityOption::HomeNetworkPrefix(Ipv6Net::new_assert(pool(1).broadcast(), 64).trunc()),
        ],
        ..good.clone()
    };
    let cases = [
        ("R3.1.5: about another prefix", CMD, anothers, Ignored::Unasked),
        ("R6.4: from a stranger", maar(9), good.clone(), Ignored::Stranger),
        ("A3: without D", CMD, Pba { flags: PbaFlags::P, ..good.clone() }, Ignored::NotForUs),
        ("to another PBU", CMD, Pba { seq: good.seq + 1, ..good.clone() }, Ignored::Unasked),
        ("about nobody", CMD, Pba { options: Vec::new(), ..good.clone() }, Ignored::Unasked),
    ];
    for (what, src, pba, why) in cases {
        bench.events.clear();
        bench.signal(src, maar(1), &Message::Pba(pba));
        assert_eq!(bench.events, [Event::Ignored { src, why }], "{what}");
        assert_eq!(bench.others, [], "{what}");
    }
}

#[test]
fn r3_2_11_earlier_prefixes_get_tunnels_source_routes_and_dlifs_of_their_own() {
    let mut bench = bench();
    let sent = solicit(&mut bench);
    let pba = accept(pbu_of(&sent[0].1), &[previous(2), previous(3)]);
    bench.signal(CMD, maar(1), &pba);
    let mut entries = Vec::new();
    for output in &bench.others {
        let Output::Forwarding { op: Op::Ensure(entry), .. } = output else { panic!("{output:?}") };
        entries.push(*entry);
    }
    for n in [2, 3] {
        let (prefix, remote) = (prefix(n), maar(n));
        let dlif = DlifId { mobile: MOBILE, anchor: remote };
        assert!(entries.contains(&Entry::Tunnel { remote }));
        assert!(entries.contains(&Entry::SourceRoute { prefix, remote }));
        assert!(entries.contains(&Entry::OnLink { prefix, dlif }));
    }
    carry_out(&mut bench, &Ok(()));
    let expected = [(1, 1800), (2, 0), (3, 0)].map(|(n, preferred)| (prefix(n).network(), preferred));
    assert_eq!(advertised(&bench), expected, "R3.7.7: deprecated where another MAAR anchors");
}

#[test]
fn a11_a_second_pba_to_the_same_pbu_adds_and_takes_nothing_away() {
    let mut bench = bench();
    let pbu = serve(&mut bench, &[previous(2)]);
    bench.others.clear();
    bench.signal(CMD, maar(1), &accept(&pbu, &[previous(3)]));
    let ops: Vec<&Output> = bench.others.iter().filter(|o| matches!(o, Output::Forwarding { .. })).collect();
    let about = |n| {
        ops.iter().any(|o| matches!(o, Output::Forwarding { op: Op::Ensure(Entry::Tunnel { remote }), .. } if *remote == maar(n)))
    };
    assert!(about(3) && !about(2), "{ops:?}");
    assert!(!ops.iter().any(|o| matches!(o, Output::Forwarding { op: Op::Remove(_), .. })));
}

#[test]
fn r3_2_6_a_p_maar_answers_once_its_tunnel_is_there() {
    let mut bench = bench();
    serve(&mut bench, &[]);
    detach(&mut bench);
    carry_out(&mut bench, &Ok(()));
    bench.now = bench.now + SECOND;
    let pbu = follow_pbu(1, bench.now);
    assert_eq!(bench.signal(CMD, maar(1), &Message::Pbu(pbu.clone())), [], "not yet");
    let sent = carry_out(&mut bench, &Ok(()));
    let [(to, pba)] = &sent[..] else { panic!("one PBA: {sent:?}") };
    let pba = pba_of(pba);
    assert_eq!((*to, pba.status, pba.seq, pba.lifetime), (CMD, Status::ACCEPTED, 1, pbu.lifetime));
    for option in [
        MobilityOption::HomeNetworkPrefix(prefix(1)),
        MobilityOption::AnchoredPrefix(prefix(1)),
        MobilityOption::ServingMaar(maar(2)),
    ] {
        assert!(pba.options.contains(&option), "R3.2.7, R3.2.8: {option:?} in {pba:?}");
    }
    assert_eq!(bench.pass(SECOND * 10_000), [], "R3.5.3: the BCE timer has stopped");
}

#[test]
fn a_tunnel_that_cannot_be_made_is_not_promised() {
    let mut bench = bench();
    serve(&mut bench, &[]);
    bench.now = bench.now + SECOND;
    bench.signal(CMD, maar(1), &Message::Pbu(follow_pbu(1, bench.now)));
    let sent = carry_out(&mut bench, &Err(OpFailure("no such device".to_owned())));
    let [(_, pba)] = &sent[..] else { panic!("one PBA: {sent:?}") };
    assert_eq!(pba_of(pba).status, Status::INSUFFICIENT_RESOURCES);
}

#[test]
fn a40_to_a43_what_a_p_maar_refuses() {
    let mut early = follow_pbu(1, START);
    early.options.retain(|option| option.kind() != 68);
    let with_s_maar = |address: &str| {
        let mut pbu = early.clone();
        pbu.options.push(MobilityOption::ServingMaar(address.parse().unwrap()));
        pbu
    };
    let good = follow_pbu(1, START);
    let mut two = good.clone();
    two.options.push(MobilityOption::ServingMaar(maar(3)));
    let mut unknown = without(&good, 8);
    unknown.options.push(MobilityOption::MnIdentifier(dmm_codec::MnIdentifier::nai("mn9@example.org")));
    let cases = [
        ("R6.4, A41: not from the CMD", maar(2), good.clone(), Status::MAG_NOT_AUTHORIZED_FOR_PROXY_REG),
        ("no identifier", CMD, without(&good, 8), Status::MISSING_MN_IDENTIFIER_OPTION),
        ("A40: unknown mobile node", CMD, unknown, Status::NOT_LMA_FOR_THIS_MOBILE_NODE),
        ("A42: no S-MAAR", CMD, early.clone(), Status::REASON_UNSPECIFIED),
        ("A42: two S-MAARs", CMD, two, Status::REASON_UNSPECIFIED),
        ("A43: unspecified", CMD, with_s_maar("::"), Status::INVALID_CARE_OF_ADDRESS),
        ("A43: multicast", CMD, with_s_maar("ff02::1"), Status::INVALID_CARE_OF_ADDRESS),
        ("A43: link-local", CMD, with_s_maar("fe80::1"), Status::INVALID_CARE_OF_ADDRESS),
        ("A43: itself", CMD, with_s_maar("2001:db8::1"), Status::INVALID_CARE_OF_ADDRESS),
        ("B8: far time stamp", CMD, follow_pbu(1, START + SECOND), Status::TIMESTAMP_MISMATCH),
        (
            "A36: older than its attachment",
            CMD,
            follow_pbu(1, START - SECOND / 10),
            Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
        ),
    ];
    for (what, src, pbu, status) in cases {
        let mut bench = bench();
        serve(&mut bench, &[]);
        bench.others.clear();
        let sent = bench.signal(src, maar(1), &Message::Pbu(pbu));
        let [(to, pba)] = &sent[..] else { panic!("{what}: one PBA: {sent:?}") };
        assert_eq!((*to, pba_of(pba).status), (src, status), "{what}");
        assert_eq!(bench.others, [], "{what}: forwarding stays as it is");
    }
}

#[test]
fn a26_a_session_that_the_cmd_ends_is_forgotten() {
    let mut bench = bench();
    serve(&mut bench, &[]);
    bench.now = bench.now + SECOND;
    let pbu = Pbu { lifetime: Lifetime::ZERO, ..without(&follow_pbu(1, bench.now), 68) };
    let sent = bench.signal(CMD, maar(1), &Message::Pbu(pbu));
    let [(_, pba)] = &sent[..] else { panic!("one PBA: {sent:?}") };
    assert_eq!((pba_of(pba).status, pba_of(pba).lifetime), (Status::ACCEPTED, Lifetime::ZERO));
    let removed =
        bench.others.iter().filter(|o| matches!(o, Output::Forwarding { op: Op::Remove(_), .. })).count();
    assert_eq!(removed, 2, "its DLIF and its prefix on it: {:?}", bench.others);
}

#[test]
fn a29_a_mobile_node_that_comes_back_gets_the_same_prefix() {
    let mut bench = bench();
    serve(&mut bench, &[]);
    bench.now = bench.now + SECOND;
    bench.signal(CMD, maar(1), &Message::Pbu(follow_pbu(1, bench.now)));
    carry_out(&mut bench, &Ok(()));
    bench.now = bench.now + SECOND;
    let sent = solicit(&mut bench);
    let pbu = pbu_of(&sent[0].1);
    assert!(pbu.options.contains(&MobilityOption::HomeNetworkPrefix(prefix(1))));
    assert_eq!(carry_out(&mut bench, &Ok(())), [], "the tunnel stays until the CMD has answered");
    bench.signal(CMD, maar(1), &accept(pbu, &[previous(2)]));
    let removed = bench.others.iter().any(|o| matches!(o, Output::Forwarding { op: Op::Remove(Entry::TunnelRoute { prefix: gone, .. }), .. } if *gone == prefix(1)));
    assert!(removed, "{:?}", bench.others);
}

#[test]
fn r3_5_2_a_binding_ends_with_its_lifetime_and_then_the_cmd_is_told() {
    let mut bench = bench();
    serve(&mut bench, &[]);
    detach(&mut bench);
    let sent = bench.pass(SECOND * 400);
    let (after, to, pbu) = &sent[0];
    assert_eq!((*after, *to, pbu_of(pbu).lifetime), (300_000, CMD, Lifetime::ZERO));
}

#[test]
fn r3_5_6_who_comes_back_while_its_session_is_being_ended_keeps_its_prefix() {
    let mut bench = bench();
    serve(&mut bench, &[]);
    detach(&mut bench);
    let said: Vec<Lifetime> = bench.pass(SECOND * 301).iter().map(|(.., pbu)| pbu_of(pbu).lifetime).collect();
    assert_eq!(said, [Lifetime::ZERO; 2], "it is being ended");
    solicit(&mut bench);
    assert_eq!(pbu_of(&bench.pass(SECOND * 2)[0].2).lifetime, Lifetime(75));
    detach(&mut bench);
    assert_eq!(bench.node.anchored(&mn1()), [prefix(1)], "the CMD may have registered it");
    let sent = bench.pass(SECOND * 301);
    assert_eq!((sent[0].0, pbu_of(&sent[0].2).lifetime), (300_000, Lifetime::ZERO));
}

#[test]
fn a_binding_is_refreshed_in_time() {
    let mut bench = bench();
    serve(&mut bench, &[]);
    let sent = bench.pass(SECOND * 226);
    let [(after, to, pbu), ..] = &sent[..] else { panic!("a refresh: {sent:?}") };
    assert_eq!((*after, *to, pbu_of(pbu).lifetime), (225_000, CMD, Lifetime(75)));
}
