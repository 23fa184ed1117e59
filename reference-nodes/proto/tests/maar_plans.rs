//! The MAAR where the CMD is relay, locator or proxy, by both solutions of §3.5, and when it is refused.

mod support;

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::{Mac, link_local};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Instant, Lifetime, Message, MnIdentifier, MobilityOption, Pba, Pbu,
    PreviousMaar, Status,
};
use dmm_dataplane::{Entry, Op, OpId};
use dmm_proto::maar::MaarLoad;
use dmm_proto::{Deregistration, Event, Ignored, Input, LinkEvent, Maar, MaarConfig, MaarPeer, Output, Plan};
use pretty_assertions::assert_eq;
use support::{Bench, CMD, accept, attach_pbu, maar, mn1, pba_of, pbu_of, pool, prefix};

const MOBILE: Mac = [2, 0, 0, 0, 0, 1];
const OTHER: Mac = [2, 0, 0, 0, 0, 2];
const SECOND: Duration = Duration::from_secs(1);

type Sent = Vec<(Ipv6Addr, Message)>;

/// MAAR1 with MAAR2 and MAAR3 as peers, and `mn1` and `mn2` as subscribers.
fn bench(change: impl FnOnce(&mut MaarConfig)) -> Bench<Maar> {
    let mut config = MaarConfig::new(maar(1), CMD, pool(1));
    config.peers = [2, 3].map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).into();
    config.subscribers = [(MOBILE, mn1()), (OTHER, MnIdentifier::nai("mn2@example.org"))].into();
    change(&mut config);
    Bench::new(Maar::new(config))
}

fn locator() -> Bench<Maar> {
    bench(|config| config.plan = Plan::LOCATOR)
}

/// Gives an input and carries out what is ordered; all that leaves.
fn run(bench: &mut Bench<Maar>, input: Input<'_>) -> Sent {
    let mut sent = bench.input(input);
    while let Some(id) = next_order(bench) {
        sent.extend(bench.input(Input::Forwarding { id, result: Ok(()) }));
    }
    sent
}

fn next_order(bench: &mut Bench<Maar>) -> Option<OpId> {
    let order = bench.others[bench.carried..].iter().find_map(|output| match output {
        Output::Forwarding { id, .. } => Some(*id),
        _ => None,
    });
    let index = |output: &Output| matches!(output, Output::Forwarding { id, .. } if Some(*id) == order);
    bench.carried = bench.others.iter().position(index).map_or(bench.others.len(), |at| at + 1);
    order
}

fn solicit(bench: &mut Bench<Maar>, mobile: Mac) -> Sent {
    run(bench, Input::Link(LinkEvent::Solicited { mobile, src: link_local(mobile) }))
}

fn signal(bench: &mut Bench<Maar>, src: Ipv6Addr, message: &Message) -> Sent {
    let octets = message.encode(src, maar(1)).expect("short enough");
    run(bench, Input::Signal { src, dst: maar(1), octets: &octets })
}

/// `mn1` is registered; its PBU.
fn serve(bench: &mut Bench<Maar>, more: &[MobilityOption]) -> Pbu {
    let sent = solicit(bench, MOBILE);
    let pbu = pbu_of(&sent[0].1).clone();
    signal(bench, CMD, &accept(&pbu, more));
    pbu
}

/// The PBU by which the CMD says that `mn1` is at MAAR2.
fn follow(bench: &mut Bench<Maar>) -> Sent {
    follow_for(bench, 7, Lifetime(75))
}

fn follow_for(bench: &mut Bench<Maar>, seq: u16, lifetime: Lifetime) -> Sent {
    bench.now = bench.now + SECOND;
    let mut pbu = Pbu { lifetime, ..attach_pbu(1, seq, bench.now) };
    pbu.options.push(MobilityOption::ServingMaar(maar(2)));
    signal(bench, CMD, &Message::Pbu(pbu))
}

/// The PBA that P-MAAR `n` sends to the S-MAAR.
fn from_p_maar(n: u16, sent: Instant, prefix_of: u16) -> Message {
    let mut pbu = attach_pbu(n, 500, sent);
    pbu.options.retain(|option| ![22, 24].contains(&option.kind()));
    accept(&pbu, &[MobilityOption::HomeNetworkPrefix(prefix(prefix_of))])
}

fn kinds(message: &Message) -> Vec<u8> {
    message.options().iter().map(MobilityOption::kind).collect()
}

fn removed(bench: &Bench<Maar>, entry: Entry) -> bool {
    bench
        .others
        .iter()
        .any(|o| matches!(o, Output::Forwarding { op: Op::Remove(gone), .. } if *gone == entry))
}

fn ensured(bench: &Bench<Maar>, entry: Entry) -> bool {
    bench
        .others
        .iter()
        .any(|o| matches!(o, Output::Forwarding { op: Op::Ensure(made), .. } if *made == entry))
}

#[test]
fn r3_3_2_a_p_maar_tells_the_s_maar_and_the_cmd() {
    let mut bench = locator();
    serve(&mut bench, &[]);
    let sent = follow(&mut bench);
    let [(first, to_s_maar), (second, to_cmd)] = &sent[..] else { panic!("two PBAs: {sent:?}") };
    assert_eq!((*first, *second), (maar(2), CMD), "figure 3");
    assert_eq!(pba_of(to_s_maar).seq, 7, "A9: the number that the CMD gave it");
    assert!(pba_of(to_s_maar).options.contains(&MobilityOption::HomeNetworkPrefix(prefix(1))), "R3.3.3");
    assert_eq!(kinds(to_s_maar), [8, 22, 23, 24, 27, 69, 70], "R3.3.4, A13: none of 65, 67 and 68");
    assert!(kinds(to_cmd).contains(&68), "R3.2.7");
}

#[test]
fn r3_3_5_an_s_maar_makes_its_tunnel_from_a_p_maars_pba_alone() {
    let mut bench = locator();
    solicit(&mut bench, MOBILE);
    bench.now = bench.now + SECOND / 100;
    let told = from_p_maar(2, bench.now, 2);
    signal(&mut bench, maar(2), &told);
    assert!(ensured(&bench, Entry::SourceRoute { prefix: prefix(2), remote: maar(2) }));
    assert!(bench.node.serves(&mn1()), "A10: the first valid PBA stops the retransmission");
    assert_eq!(bench.pass(SECOND * 200), [], "R3.3.7: its source is not the PBU's destination");

    let told = from_p_maar(3, bench.now, 3);
    signal(&mut bench, maar(3), &told);
    assert!(ensured(&bench, Entry::Tunnel { remote: maar(3) }), "A11");
    assert!(!removed(&bench, Entry::Tunnel { remote: maar(2) }), "A11");
}

#[test]
fn r6_3_a_p_maar_is_believed_what_is_its_own_to_say() {
    let other_mn = {
        let mut pbu = attach_pbu(2, 1, support::START);
        pbu.options[0] = MobilityOption::MnIdentifier(MnIdentifier::nai("mn2@example.org"));
        accept(&pbu, &[])
    };
    let cases = [
        ("another MAAR's prefix", maar(2), from_p_maar(2, support::START, 3), Ignored::Mismatch),
        ("no peer", maar(9), from_p_maar(2, support::START, 2), Ignored::Stranger),
        ("before it came", maar(2), from_p_maar(2, support::START - SECOND / 10, 2), Ignored::Unasked),
        ("another mobile node", maar(2), other_mn, Ignored::Unasked),
    ];
    for (what, src, pba, why) in cases {
        let mut bench = locator();
        solicit(&mut bench, MOBILE);
        signal(&mut bench, src, &pba);
        assert_eq!(bench.events.last(), Some(&Event::Ignored { src, why }), "{what}");
        assert!(!bench.node.serves(&mn1()), "{what}");
    }
    let mut relay = bench(|_| {});
    solicit(&mut relay, MOBILE);
    signal(&mut relay, maar(2), &from_p_maar(2, support::START, 2));
    assert_eq!(relay.events.last(), Some(&Event::Ignored { src: maar(2), why: Ignored::Stranger }));
}

#[test]
fn a14_where_the_cmd_is_a_proxy_a_pbu_says_what_is_behind_the_s_maar() {
    let local = "2001:db8:b001::/48".parse().unwrap();
    let pbu_kinds = |plan: Plan, dlif_in_pbu: bool| {
        let mut bench = bench(|config| {
            (config.plan, config.dlif_in_pbu, config.local_prefixes) = (plan, dlif_in_pbu, vec![local]);
        });
        kinds(&solicit(&mut bench, MOBILE)[0].1)
    };
    assert_eq!(pbu_kinds(Plan::RELAY, false), [8, 22, 23, 24, 25, 27]);
    assert_eq!(pbu_kinds(Plan::PROXY, false), [8, 22, 23, 24, 25, 27, 66]);
    assert_eq!(pbu_kinds(Plan::PROXY, true), [8, 22, 23, 24, 25, 27, 66, 69, 70]);
}

#[test]
fn a36_the_cmds_word_about_an_earlier_place_does_not_end_a_registration() {
    let mut bench = bench(|_| {});
    serve(&mut bench, &[]);
    follow(&mut bench);
    bench.now = bench.now + SECOND;
    solicit(&mut bench, MOBILE);
    let sent = follow(&mut bench);
    assert!(
        sent.iter().any(|(to, m)| *to == CMD && pbu_or_none(m).is_some()),
        "asked again, as after 1 s: {sent:?}"
    );
    assert!(sent.iter().any(|(_, message)| matches!(message, Message::Pba(_))), "and the CMD is answered");
}

fn pbu_or_none(message: &Message) -> Option<&Pbu> {
    match message {
        Message::Pbu(pbu) => Some(pbu),
        _ => None,
    }
}

#[test]
fn r3_5_4_a_p_maar_whose_timer_runs_out_asks_and_is_renewed_or_forgets() {
    let mut bench = bench(|config| config.deregistration = Deregistration::PMaarsToo);
    serve(&mut bench, &[]);
    follow(&mut bench);
    let sent = bench.pass(SECOND * 300);
    let [(300_000, to, pbu)] = &sent[..] else { panic!("one PBU: {sent:?}") };
    assert_eq!((*to, pbu_of(pbu).lifetime), (CMD, Lifetime::ZERO));
    let Message::Pba(pba) = accept(pbu_of(pbu), &[]) else { unreachable!("`accept` makes a PBA") };
    signal(&mut bench, CMD, &Message::Pba(Pba { lifetime: Lifetime(10), ..pba }));
    let sent = bench.pass(SECOND * 40);
    let [(40_000, _, pbu)] = &sent[..] else { panic!("one PBU: {sent:?}") };
    assert_eq!(bench.node.anchored(&mn1()), [prefix(1)]);
    signal(&mut bench, CMD, &accept(pbu_of(pbu), &[]));
    assert_eq!(bench.node.load(), MaarLoad::default(), "R3.5.5: a lifetime of 0");
    assert!(removed(&bench, Entry::Tunnel { remote: maar(2) }));
}

#[test]
fn r3_5_4_who_left_before_its_registration_was_answered_is_not_ended_by_an_earlier_lifetime() {
    let mut bench = bench(|config| config.deregistration = Deregistration::PMaarsToo);
    serve(&mut bench, &[]);
    follow(&mut bench);
    bench.now = bench.now + SECOND * 100;
    solicit(&mut bench, MOBILE);
    run(&mut bench, Input::Link(LinkEvent::Detached { mobile: MOBILE }));
    // Sent before the CMD had heard of that, and granted it.
    follow_for(&mut bench, 8, Lifetime(20));
    let sent = bench.pass(SECOND * 299);
    assert_eq!(sent.iter().map(|(after, ..)| *after).collect::<Vec<_>>(), [299_000]);
}

#[test]
fn a26_what_no_one_says_more_about_is_forgotten_after_the_guard() {
    let mut bench = bench(|config| config.anchor_guard = SECOND * 5000);
    serve(&mut bench, &[]);
    follow(&mut bench);
    assert_eq!(bench.pass(SECOND * 4999), [], "R3.5.3");
    assert_eq!(bench.node.anchored(&mn1()), [prefix(1)]);
    assert_eq!(bench.pass(SECOND * 2), []);
    assert_eq!(bench.node.load(), MaarLoad::default());
}

#[test]
fn what_a_rejection_means_for_a_registration() {
    use Status as S;
    let cases = [
        (
            S::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
            Some((10, prefix(1))),
            "RFC 5213 §6.9.1.2 (8): registers again",
        ),
        (S::SEQUENCE_NUMBER_OUT_OF_WINDOW, Some((10, prefix(1))), "with a fresh number"),
        (S::TIMESTAMP_MISMATCH, Some((32_000, prefix(1))), "§6.9.1.2 (9): when clocks may agree"),
        (S::INSUFFICIENT_RESOURCES, Some((32_000, prefix(1))), "the CMD is overloaded"),
        (
            S::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
            Some((10, "2001:db8:a001:1::/64".parse().unwrap())),
            "§6.9.1.2 (10): not the same prefix again",
        ),
        (S::PROXY_REG_NOT_ENABLED, None, "§6.9.1.2 (7)"),
    ];
    for (status, asked, what) in cases {
        let mut bench = bench(|_| {});
        let sent = solicit(&mut bench, MOBILE);
        let Message::Pba(pba) = accept(pbu_of(&sent[0].1), &[]) else { unreachable!("`accept` makes a PBA") };
        let refusal = Message::Pba(Pba { status, lifetime: Lifetime::ZERO, ..pba });
        let mut said: Vec<_> = signal(&mut bench, CMD, &refusal).into_iter().map(|(_, m)| (0, m)).collect();
        assert_eq!(bench.others, [], "R3.1.13: no service, {what}");
        said.extend(bench.pass(SECOND * 33).into_iter().map(|(at, _, message)| (at, message)));
        let first = said.first().map(|(at, message)| {
            let MobilityOption::HomeNetworkPrefix(prefix) = pbu_of(message).options[1] else {
                panic!("a prefix: {message:?}")
            };
            (*at, prefix)
        });
        assert_eq!(first, asked, "{what}");
    }
}

#[test]
fn b11_a_pba_with_other_values_than_the_pbu_is_ignored_and_the_pbu_not_sent_again() {
    let mut bench = bench(|_| {});
    let sent = solicit(&mut bench, MOBILE);
    let Message::Pba(mut pba) = accept(pbu_of(&sent[0].1), &[]) else { unreachable!("`accept` makes a PBA") };
    pba.options.retain(|option| option.kind() != 24);
    pba.options.push(MobilityOption::AccessTechnology(AccessTechnology::VIRTUAL));
    signal(&mut bench, CMD, &Message::Pba(pba));
    assert_eq!(bench.events, [Event::Ignored { src: CMD, why: Ignored::Mismatch }]);
    assert_eq!(bench.pass(SECOND * 100), []);
}

#[test]
fn b11_a_refresh_that_is_answered_so_is_not_sent_again_and_service_ends_with_the_lifetime() {
    let mut bench = bench(|_| {});
    serve(&mut bench, &[]);
    let refresh = bench.pass(SECOND * 250);
    let Message::Pba(mut pba) = accept(pbu_of(&refresh.last().expect("it is refreshed").2), &[]) else {
        unreachable!("`accept` makes a PBA")
    };
    pba.options.retain(|option| option.kind() != 23);
    pba.options.push(MobilityOption::HandoffIndicator(HandoffIndicator::UNKNOWN));
    bench.events.clear();
    signal(&mut bench, CMD, &Message::Pba(pba));
    assert_eq!(bench.events, [Event::Ignored { src: CMD, why: Ignored::Mismatch }]);
    assert!(bench.node.serves(&mn1()));
    assert_eq!(bench.pass(SECOND * 1000), []);
    assert!(!bench.node.serves(&mn1()));
}

#[test]
fn a_tunnel_that_two_mobile_nodes_share_stays_until_the_last_has_left() {
    let mut bench = bench(|_| {});
    let previous = MobilityOption::PreviousMaar(PreviousMaar { address: maar(2), prefix: prefix(2) });
    serve(&mut bench, &[previous]);
    bench.now = bench.now + SECOND;
    let sent = solicit(&mut bench, OTHER);
    let other = "2001:db8:a002:1::/64".parse().unwrap();
    let second = MobilityOption::PreviousMaar(PreviousMaar { address: maar(2), prefix: other });
    signal(&mut bench, CMD, &accept(pbu_of(&sent[0].1), &[second]));
    let tunnel = Entry::Tunnel { remote: maar(2) };
    run(&mut bench, Input::Link(LinkEvent::Detached { mobile: MOBILE }));
    assert!(!removed(&bench, tunnel));
    run(&mut bench, Input::Link(LinkEvent::Detached { mobile: OTHER }));
    assert!(removed(&bench, tunnel));
}

#[test]
fn a_maar_that_is_full_serves_no_one_more() {
    let mut bench = bench(|config| config.max_mobiles = 1);
    solicit(&mut bench, MOBILE);
    assert_eq!(solicit(&mut bench, OTHER), []);
    assert_eq!(bench.node.load().mobiles, 1);
}
