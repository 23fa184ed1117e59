//! The CMD as relay, input by input.

mod support;

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{
    HandoffIndicator, Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags, PreviousMaar, Status,
};
use dmm_proto::cmd::MaarPeer;
use dmm_proto::{Cmd, CmdConfig, Event, Ignored};
use pretty_assertions::assert_eq;
use support::{Bench, CMD, START, accept, attach_pbu, maar, mn1, pba_of, pbu_of, pool, prefix, without};

const MILLISECOND: Duration = Duration::from_millis(1);

fn bench() -> Bench<Cmd> {
    bench_with(|_| {})
}

fn bench_with(change: impl FnOnce(&mut CmdConfig)) -> Bench<Cmd> {
    let maars = (1..=40).map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).collect();
    let mut config = CmdConfig::new(CMD, maars);
    change(&mut config);
    Bench::new(Cmd::new(config))
}

/// Sends the PBU of `mn1`'s attachment to MAAR `n`, long enough after anything else for neither pacing nor the limit
/// of three PBUs a second to show, and returns what leaves at once.
fn attach(bench: &mut Bench<Cmd>, n: u16) -> Vec<(Ipv6Addr, Message)> {
    bench.now = bench.now + 400 * MILLISECOND;
    let pbu = Message::Pbu(attach_pbu(n, 1, bench.now));
    bench.signal(maar(n), CMD, &pbu)
}

/// Attaches at MAAR `n` with every P-MAAR answering at once; the PBA to the S-MAAR.
fn hand_over(bench: &mut Bench<Cmd>, n: u16) -> Message {
    let mut sent = attach(bench, n);
    loop {
        let asked: Vec<_> =
            sent.iter().filter(|(_, message)| matches!(message, Message::Pbu(_))).cloned().collect();
        for (p_maar, pbu) in asked {
            sent = bench.signal(p_maar, CMD, &accept(pbu_of(&pbu), &[]));
            if let Some((_, pba)) = sent.iter().find(|(to, _)| *to == maar(n)) {
                return pba.clone();
            }
        }
        sent = bench.pass(20 * MILLISECOND).into_iter().map(|(_, to, message)| (to, message)).collect();
        assert!(!sent.is_empty(), "the S-MAAR is answered");
    }
}

fn previous_maars(pba: &Message) -> Vec<PreviousMaar> {
    let of = |option: &MobilityOption| match option {
        MobilityOption::PreviousMaar(previous) => Some(*previous),
        _ => None,
    };
    pba_of(pba).options.iter().filter_map(of).collect()
}

#[test]
fn r3_1_5_an_initial_registration_is_answered_with_the_usual_options_and_no_previous_maar() {
    let mut bench = bench();
    let pbu = attach_pbu(1, 7, START);
    let sent = bench.signal(maar(1), CMD, &Message::Pbu(pbu.clone()));
    let [(to, pba)] = &sent[..] else { panic!("one PBA: {sent:?}") };
    assert_eq!((*to, pba), (maar(1), &accept(&pbu, &[])));
}

#[test]
fn b6_the_checks_come_in_the_order_of_rfc_5213() {
    use Status as S;
    let good = attach_pbu(1, 1, START);
    let old = attach_pbu(1, 1, START - Duration::from_millis(301));
    let no_d = Pbu { flags: PbuFlags::A | PbuFlags::P, ..good.clone() };
    let nameless = {
        let mut pbu = without(&good, 8);
        pbu.options.push(MobilityOption::MnIdentifier(MnIdentifier::empty()));
        pbu
    };
    let bare = Pbu { options: Vec::new(), ..good.clone() };
    let foreign = attach_pbu(2, 1, START);
    let cases: [(&str, Ipv6Addr, Pbu, Status); 11] = [
        ("good", maar(1), good.clone(), S::ACCEPTED),
        ("no D", maar(1), no_d, S::ADMINISTRATIVELY_PROHIBITED),
        ("no options at all", maar(99), bare, S::MISSING_MN_IDENTIFIER_OPTION),
        ("no identifier", maar(1), without(&good, 8), S::MISSING_MN_IDENTIFIER_OPTION),
        ("empty identifier", maar(1), nameless, S::MISSING_MN_IDENTIFIER_OPTION),
        ("stranger", maar(99), old.clone(), S::MAG_NOT_AUTHORIZED_FOR_PROXY_REG),
        ("old time stamp", maar(1), without(&old, 22), S::TIMESTAMP_MISMATCH),
        ("no prefix", maar(1), without(&without(&good, 22), 23), S::MISSING_HOME_NETWORK_PREFIX_OPTION),
        ("no handoff", maar(1), without(&without(&good, 23), 24), S::MISSING_HANDOFF_INDICATOR_OPTION),
        ("no technology", maar(1), without(&good, 24), S::MISSING_ACCESS_TECH_TYPE_OPTION),
        ("another MAAR's prefix", maar(1), foreign, S::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX),
    ];
    for (what, from, pbu, status) in cases {
        let mut bench = bench();
        let sent = bench.signal(from, CMD, &Message::Pbu(pbu.clone()));
        let [(to, pba)] = &sent[..] else { panic!("{what}: one PBA: {sent:?}") };
        assert_eq!((*to, pba_of(pba).status, pba_of(pba).seq), (from, status, pbu.seq), "{what}");
        assert_eq!(
            bench.node.bindings(),
            usize::from(status.is_accepted()),
            "{what}: no state where rejected"
        );
    }
}

#[test]
fn b8_a_time_stamp_that_is_not_greater_is_refused_and_a_far_one_is_answered_with_our_time() {
    let mut bench = bench();
    let pbu = Message::Pbu(attach_pbu(1, 1, START));
    bench.signal(maar(1), CMD, &pbu);
    let again = bench.signal(maar(1), CMD, &pbu);
    assert_eq!(pba_of(&again[0].1).status, Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED);

    let far = Message::Pbu(attach_pbu(1, 2, START + Duration::from_secs(100)));
    let sent = bench.signal(maar(1), CMD, &far);
    assert_eq!(pba_of(&sent[0].1).status, Status::TIMESTAMP_MISMATCH);
    assert!(pba_of(&sent[0].1).options.contains(&MobilityOption::Timestamp(START.timestamp())));
}

#[test]
fn b8_without_time_stamps_sequence_numbers_decide_modulo_65536() {
    let mut bench = bench();
    let statuses = [65_535, 65_535, 2, 1, 3].map(|seq| {
        let pbu = Message::Pbu(without(&attach_pbu(1, seq, START), 27));
        pba_of(&bench.signal(maar(1), CMD, &pbu)[0].1).status.0
    });
    assert_eq!(statuses, [0, 135, 0, 135, 0]);
}

#[test]
fn r3_2_10_the_s_maar_is_answered_after_the_p_maar() {
    let mut bench = bench();
    attach(&mut bench, 1);
    let sent = attach(&mut bench, 2);
    let [(to, pbu)] = &sent[..] else { panic!("one PBU: {sent:?}") };
    assert_eq!(*to, maar(1), "R3.2.3");
    let pbu = pbu_of(pbu);
    assert_eq!(pbu.flags, PbuFlags::A | PbuFlags::P | PbuFlags::D);
    assert_eq!(pbu.lifetime, Lifetime(75));
    assert!(pbu.options.contains(&MobilityOption::ServingMaar(maar(2))), "R3.2.4");
    assert!(pbu.options.contains(&MobilityOption::HomeNetworkPrefix(prefix(1))), "stance A7");

    let answered = bench.signal(maar(1), CMD, &accept(pbu, &[]));
    let [(to, pba)] = &answered[..] else { panic!("one PBA: {answered:?}") };
    assert_eq!(*to, maar(2));
    assert_eq!(previous_maars(pba), [PreviousMaar { address: maar(1), prefix: prefix(1) }]);
    assert!(pba_of(pba).options.contains(&MobilityOption::HomeNetworkPrefix(prefix(2))));
}

#[test]
fn r3_2_16_all_answers_become_one_pba() {
    let mut bench = bench();
    attach(&mut bench, 1);
    for n in 2..=5 {
        let pba = hand_over(&mut bench, n);
        let told: Vec<Ipv6Addr> = previous_maars(&pba).iter().map(|previous| previous.address).collect();
        assert_eq!(told, (1..n).map(maar).collect::<Vec<_>>());
    }
}

#[test]
fn r3_2_17_who_does_not_answer_in_time_is_told_of_later() {
    let mut bench = bench();
    attach(&mut bench, 1);
    hand_over(&mut bench, 2);
    attach(&mut bench, 3);
    let mut asked = bench.pass(20 * MILLISECOND);
    let (_, to, to_maar2) = asked.remove(0);
    assert_eq!(to, maar(2));
    let sent = bench.signal(maar(2), CMD, &accept(pbu_of(&to_maar2), &[]));
    assert_eq!(sent, [], "MAAR1 has not answered");

    let sent = bench.pass(Duration::from_secs(2));
    let (after, to, partial) = &sent[0];
    assert_eq!((*after, *to), (780, maar(3)), "800 ms after the PBU");
    assert_eq!(previous_maars(partial).len(), 1);
    let (_, to, again) = &sent[1];
    assert_eq!(*to, maar(1), "and it is asked again");

    let late = bench.signal(maar(1), CMD, &accept(pbu_of(again), &[]));
    assert_eq!(previous_maars(&late[0].1).len(), 2);
    assert_eq!(bench.pass(Duration::from_secs(60)), [], "nothing is outstanding");
}

#[test]
fn a37_an_impatient_s_maar_does_not_make_p_maars_asked_twice() {
    let mut bench = bench();
    attach(&mut bench, 1);
    attach(&mut bench, 2);
    bench.now = bench.now + 500 * MILLISECOND;
    let again = Message::Pbu(attach_pbu(2, 2, bench.now));
    assert_eq!(bench.signal(maar(2), CMD, &again), []);
    let answered = bench.pass(400 * MILLISECOND);
    let [(_, to, pba)] = &answered[..] else { panic!("one PBA: {answered:?}") };
    assert_eq!((*to, pba_of(pba).seq), (maar(2), 2), "the answer is to its last PBU");
}

#[test]
fn a39_a_p_maar_that_refuses_is_left_out() {
    let mut bench = bench();
    attach(&mut bench, 1);
    let (_, pbu) = attach(&mut bench, 2).remove(0);
    let Message::Pba(mut refusal) = accept(pbu_of(&pbu), &[]) else { unreachable!() };
    refusal.status = Status::NOT_LMA_FOR_THIS_MOBILE_NODE;
    let sent = bench.signal(maar(1), CMD, &Message::Pba(refusal));
    assert_eq!(pba_of(&sent[0].1).status, Status::ACCEPTED);
    assert_eq!(previous_maars(&sent[0].1), []);
}

#[test]
fn only_the_right_answer_counts() {
    let mut bench = bench();
    attach(&mut bench, 1);
    let (_, pbu) = attach(&mut bench, 2).remove(0);
    let good = accept(pbu_of(&pbu), &[]);
    let Message::Pba(mut wrong) = good.clone() else { unreachable!() };
    wrong.seq += 1;
    assert_eq!(bench.signal(maar(1), CMD, &Message::Pba(wrong)), [], "wrong number");
    assert_eq!(bench.signal(maar(3), CMD, &good), [], "wrong MAAR");
    assert_eq!(bench.signal(maar(99), CMD, &good), [], "R6.4: a stranger");
    assert!(bench.events.contains(&Event::Ignored { src: maar(99), why: Ignored::Stranger }));
    assert_eq!(bench.signal(maar(1), CMD, &good).len(), 1);
    assert_eq!(bench.signal(maar(1), CMD, &good), [], "twice");
}

#[test]
fn a29_the_maar_that_a_mobile_node_comes_back_to_is_no_p_maar_of_it() {
    let mut bench = bench();
    attach(&mut bench, 1);
    hand_over(&mut bench, 2);
    let pba = hand_over(&mut bench, 1);
    assert_eq!(previous_maars(&pba), [PreviousMaar { address: maar(2), prefix: prefix(2) }]);
}

#[test]
fn a36_a_second_move_overtakes_the_first() {
    let mut bench = bench();
    attach(&mut bench, 1);
    let (_, stale) = attach(&mut bench, 2).remove(0);
    let mut sent = attach(&mut bench, 3);
    assert_eq!(bench.signal(maar(1), CMD, &accept(pbu_of(&stale), &[])), [], "an answer for the old place");
    sent.extend(bench.pass(30 * MILLISECOND).into_iter().map(|(_, to, message)| (to, message)));
    let s_maars: Vec<_> = sent.iter().map(|(_, pbu)| pbu_of(pbu).options.last().cloned()).collect();
    assert_eq!(s_maars, vec![Some(MobilityOption::ServingMaar(maar(3))); 2]);
}

#[test]
fn r3_5_1_only_the_s_maar_ends_the_session() {
    let mut bench = bench();
    attach(&mut bench, 1);
    hand_over(&mut bench, 2);
    bench.now = bench.now + MILLISECOND;
    let farewell = |n, now| Message::Pbu(Pbu { lifetime: Lifetime::ZERO, ..attach_pbu(n, 9, now) });
    assert_eq!(bench.signal(maar(1), CMD, &farewell(1, bench.now)), []);
    assert!(bench.events.contains(&Event::Ignored { src: maar(1), why: Ignored::NotServing }));

    let sent = bench.signal(maar(2), CMD, &farewell(2, bench.now));
    assert_eq!(pba_of(&sent[0].1).lifetime, Lifetime::ZERO);
    // B9: the entry stays for MinDelayBeforeBCEDelete; then, stance A26, P-MAARs are told.
    let told = bench.pass(Duration::from_secs(11));
    let (after, to, pbu) = &told[0];
    assert_eq!((*after, *to, pbu_of(pbu).lifetime), (10_000, maar(1), Lifetime::ZERO));
    assert_eq!(bench.node.bindings(), 0);
}

#[test]
fn r6_5_the_oldest_p_maars_are_let_go_beyond_the_limit() {
    let mut bench = bench_with(|config| config.max_p_maars = 2);
    attach(&mut bench, 1);
    for n in 2..=3 {
        hand_over(&mut bench, n);
    }
    let mut sent = attach(&mut bench, 4);
    sent.extend(bench.pass(50 * MILLISECOND).into_iter().map(|(_, to, message)| (to, message)));
    let asked: Vec<_> = sent.iter().map(|(to, pbu)| (*to, pbu_of(pbu).lifetime == Lifetime::ZERO)).collect();
    assert_eq!(asked.iter().filter(|(to, farewell)| *to == maar(1) && *farewell).count(), 1, "{asked:?}");
    assert_eq!(asked.iter().filter(|(_, farewell)| !farewell).count(), 2, "{asked:?}");
}

#[test]
fn a55_sixteen_p_maars_with_all_their_options_fit_a_message() {
    let mut bench = bench();
    attach(&mut bench, 1);
    for n in 2..=30 {
        let pba = hand_over(&mut bench, n);
        assert_eq!(previous_maars(&pba).len(), usize::from(n - 1).min(16));
    }
}

#[test]
fn octets_that_make_no_sense_are_ignored() {
    let mut bench = bench();
    let mut octets = Message::Pbu(attach_pbu(1, 1, START)).encode(maar(1), CMD).unwrap();
    octets[5] ^= 1;
    let sent = bench.input(dmm_proto::Input::Signal { src: maar(1), dst: CMD, octets: &octets });
    assert_eq!(sent, [], "B1: a bad checksum is silently discarded");
    assert_eq!(bench.node.bindings(), 0);
    assert_eq!(bench.events.len(), 1);
}

#[test]
fn two_mobile_nodes_are_kept_apart() {
    let mut bench = bench();
    attach(&mut bench, 1);
    let mut other = attach_pbu(1, 2, bench.now);
    other.options[0] = MobilityOption::MnIdentifier(MnIdentifier::nai("mn2@example.org"));
    let sent = bench.signal(maar(1), CMD, &Message::Pbu(other.clone()));
    assert_eq!(
        pba_of(&sent[0].1).status,
        Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
        "A6: one prefix, one node"
    );
    other.options[1] = MobilityOption::HomeNetworkPrefix("2001:db8:a001:1::/64".parse().unwrap());
    other.options[2] = MobilityOption::HandoffIndicator(HandoffIndicator::NEW_INTERFACE);
    let sent = bench.signal(maar(1), CMD, &Message::Pbu(other));
    assert_eq!(pba_of(&sent[0].1).status, Status::ACCEPTED);
    let sent = attach(&mut bench, 2);
    assert!(pbu_of(&sent[0].1).options.contains(&MobilityOption::MnIdentifier(mn1())));
    assert!(pbu_of(&sent[0].1).options.contains(&MobilityOption::HomeNetworkPrefix(prefix(1))));
}
