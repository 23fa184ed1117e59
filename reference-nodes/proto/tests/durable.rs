//! What is promised is durable before it is promised, and whoever starts again knows it (stance A26 and A29 among it).

mod support;

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::{Mac, link_local};
use dmm_codec::{Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PreviousMaar, Status};
use dmm_dataplane::{Entry, Op, Plane};
use dmm_proto::cmd::{CmdLimits, MaarPeer};
use dmm_proto::record::{MobileRecord, PlaceRecord, Record, SessionRecord};
use dmm_proto::{
    Cmd, CmdConfig, Event, Input, LinkEvent, Maar, MaarConfig, Node, NotDurable, Output, WriteId,
};
use pretty_assertions::assert_eq;
use support::{Bench, CMD, START, accept, attach_pbu, maar, mn1, pba_of, pbu_of, pool, prefix};

const MOBILE: Mac = [2, 0, 0, 0, 0, 1];
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

type Records = BTreeMap<MnIdentifier, Record>;

fn cmd_config() -> CmdConfig {
    let maars = (1..=4).map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).collect();
    CmdConfig { durable: true, ..CmdConfig::new(CMD, maars) }
}

fn maar_config() -> MaarConfig {
    let mut config = MaarConfig { durable: true, ..MaarConfig::new(maar(1), CMD, pool(1)) };
    config.subscribers.insert(MOBILE, mn1());
    config
}

/// Carries out all writes that were ordered, and returns what was held back for them.
fn write<N: Node>(bench: &mut Bench<N>, store: &mut Records) -> Vec<(Ipv6Addr, Message)> {
    let mut through = None;
    bench.others.retain(|output| {
        let Output::Persist(write) = output else { return true };
        through = Some(write.id);
        match &write.record {
            Some(record) => store.insert(write.mn.clone(), record.clone()),
            None => store.remove(&write.mn),
        };
        false
    });
    let Some(through) = through else { return Vec::new() };
    bench.input(Input::Persisted { through, result: Ok(()) })
}

fn sessions(store: &Records) -> Vec<(MnIdentifier, SessionRecord)> {
    let of = |(mn, record): (&MnIdentifier, &Record)| match record {
        Record::Session(session) => (mn.clone(), session.clone()),
        _ => panic!("a CMD keeps sessions"),
    };
    store.iter().map(of).collect()
}

fn mobiles(store: &Records) -> Vec<(MnIdentifier, MobileRecord)> {
    let of = |(mn, record): (&MnIdentifier, &Record)| match record {
        Record::Mobile(mobile) => (mn.clone(), mobile.clone()),
        _ => panic!("a MAAR keeps mobile nodes"),
    };
    store.iter().map(of).collect()
}

fn attach(bench: &mut Bench<Cmd>, n: u16) -> Vec<(Ipv6Addr, Message)> {
    bench.now = bench.now + 400 * MILLISECOND;
    let pbu = Message::Pbu(attach_pbu(n, 1, bench.now));
    bench.signal(maar(n), CMD, &pbu)
}

/// `mn1` is at MAAR2 and was at MAAR1, which has not answered.
fn handover_under_way() -> (Bench<Cmd>, Records, Pbu) {
    let (mut bench, mut store) = (Bench::new(Cmd::new(cmd_config())), Records::new());
    attach(&mut bench, 1);
    write(&mut bench, &mut store);
    attach(&mut bench, 2);
    let sent = write(&mut bench, &mut store);
    let [(to, message)] = &sent[..] else { panic!("one PBU: {sent:?}") };
    assert_eq!(*to, maar(1));
    (bench, store, pbu_of(message).clone())
}

#[test]
fn r3_1_4_the_pba_leaves_once_the_binding_is_durable() {
    let (mut bench, mut store) = (Bench::new(Cmd::new(cmd_config())), Records::new());
    assert_eq!(attach(&mut bench, 1), []);
    let sent = write(&mut bench, &mut store);
    assert_eq!(pba_of(&sent[0].1).status, Status::ACCEPTED);
    assert_eq!(sessions(&store), bench.node.records().collect::<Vec<_>>());
}

#[test]
fn r3_2_5_p_maars_are_told_of_an_s_maar_once_it_is_durable() {
    let (mut bench, mut store) = (Bench::new(Cmd::new(cmd_config())), Records::new());
    attach(&mut bench, 1);
    write(&mut bench, &mut store);
    assert_eq!(attach(&mut bench, 2), []);
    assert_eq!(bench.pass(5 * SECOND), [], "not even when it would be sent again");
    let sent = write(&mut bench, &mut store);
    assert!(
        sent.iter().any(|(to, message)| *to == maar(1) && matches!(message, Message::Pbu(_))),
        "{sent:?}"
    );
}

#[test]
fn what_cannot_be_made_durable_is_refused_and_promised_when_it_can() {
    let mut bench = Bench::new(Cmd::new(cmd_config()));
    attach(&mut bench, 1);
    let sent = bench.input(Input::Persisted { through: WriteId(0), result: Err(NotDurable) });
    let refusal = pba_of(&sent[0].1);
    assert_eq!((refusal.status, refusal.lifetime), (Status::INSUFFICIENT_RESOURCES, Lifetime::ZERO));
    assert!(bench.events.contains(&Event::NotDurable));

    bench.others.clear();
    attach(&mut bench, 1);
    let mut store = Records::new();
    let sent = write(&mut bench, &mut store);
    assert_eq!(pba_of(&sent[0].1).status, Status::ACCEPTED);
    assert_eq!(sessions(&store), bench.node.records().collect::<Vec<_>>());
}

#[test]
fn a_store_that_does_not_keep_up_is_no_reason_to_grow() {
    let limits = CmdLimits { writes: 1, ..CmdLimits::default() };
    let mut bench = Bench::new(Cmd::new(CmdConfig { limits, ..cmd_config() }));
    attach(&mut bench, 1);
    let sent = attach(&mut bench, 1);
    assert_eq!(pba_of(&sent[0].1).status, Status::INSUFFICIENT_RESOURCES);
}

#[test]
fn a_cmd_that_starts_again_asks_p_maars_that_had_not_answered_and_tells_the_s_maar() {
    let (bench, mut store, _) = handover_under_way();
    let again = Cmd::restore(cmd_config(), bench.now, sessions(&store));
    assert_eq!(again.records().collect::<Vec<_>>(), sessions(&store));
    let mut bench = Bench { now: bench.now, ..Bench::new(again) };
    let sent = bench.input(Input::Timeout);
    let [(to, pbu)] = &sent[..] else { panic!("one PBU: {sent:?}") };
    assert_eq!(*to, maar(1));
    assert!(pbu_of(pbu).options.contains(&MobilityOption::ServingMaar(maar(2))));
    assert_eq!(bench.signal(maar(1), CMD, &accept(pbu_of(pbu), &[])), []);
    let sent = write(&mut bench, &mut store);
    let previous = MobilityOption::PreviousMaar(PreviousMaar { address: maar(1), prefix: prefix(1) });
    assert!(pba_of(&sent[0].1).options.contains(&previous), "{sent:?}");
}

#[test]
fn a_cmd_that_starts_too_late_ends_the_sessions_whose_time_has_passed() {
    let (bench, mut store, _) = handover_under_way();
    let later = bench.now + 400 * SECOND;
    let mut bench = Bench { now: later, ..Bench::new(Cmd::restore(cmd_config(), later, sessions(&store))) };
    assert_eq!(bench.input(Input::Timeout), [], "that the P-MAAR is to be told is durable first");
    let sent = write(&mut bench, &mut store);
    assert_eq!(pbu_of(&sent[0].1).lifetime, Lifetime::ZERO);
    assert_eq!(bench.node.bindings(), 0);

    // Stopped before the P-MAAR has answered, it tells it again; then nothing is left.
    let again = Cmd::restore(cmd_config(), later, sessions(&store));
    let mut bench = Bench { now: later, ..Bench::new(again) };
    let sent = bench.input(Input::Timeout);
    bench.signal(maar(1), CMD, &accept(pbu_of(&sent[0].1), &[]));
    write(&mut bench, &mut store);
    assert_eq!(store, Records::new());
}

#[test]
fn a29_a_cmd_that_starts_again_knows_which_pbus_are_old() {
    let (bench, store, _) = handover_under_way();
    let old = Message::Pbu(attach_pbu(1, 1, bench.now - 100 * MILLISECOND));
    let again = Cmd::restore(cmd_config(), bench.now, sessions(&store));
    let mut bench = Bench { now: bench.now, ..Bench::new(again) };
    let sent = bench.signal(maar(1), CMD, &old);
    assert_eq!(pba_of(&sent[0].1).status, Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED);
}

fn solicit(bench: &mut Bench<Maar>) -> Vec<(Ipv6Addr, Message)> {
    bench.now = bench.now + SECOND;
    bench.input(Input::Link(LinkEvent::Solicited { mobile: MOBILE, src: link_local(MOBILE) }))
}

/// Carries out forwarding orders; what was held back for them.
fn forward(bench: &mut Bench<Maar>, plane: &mut Plane) -> Vec<(Ipv6Addr, Message)> {
    let mut ids = Vec::new();
    bench.others.retain(|output| {
        let Output::Forwarding { id, op } = output else { return true };
        match op {
            Op::Ensure(entry) => plane.insert(*entry),
            Op::Remove(entry) => plane.remove(entry),
        };
        ids.push(*id);
        false
    });
    ids.into_iter().flat_map(|id| bench.input(Input::Forwarding { id, result: Ok(()) })).collect()
}

fn advertised(bench: &Bench<Maar>) -> usize {
    bench.others.iter().filter(|output| matches!(output, Output::Advertise(_))).count()
}

/// MAAR1 serves `mn1`; all is durable.
fn serving() -> (Bench<Maar>, Records, Plane) {
    let (mut bench, mut store, mut plane) =
        (Bench::new(Maar::new(maar_config())), Records::new(), Plane::new());
    assert_eq!(solicit(&mut bench), [], "R3.1.2: the BCE is stored before the PBU leaves");
    let sent = write(&mut bench, &mut store);
    bench.signal(CMD, maar(1), &accept(pbu_of(&sent[0].1), &[]));
    forward(&mut bench, &mut plane);
    assert_eq!(
        advertised(&bench),
        0,
        "the prefix is promised to the mobile node once its binding is durable"
    );
    write(&mut bench, &mut store);
    assert_eq!(advertised(&bench), 1);
    bench.others.clear();
    (bench, store, plane)
}

fn follow(bench: &mut Bench<Maar>) -> Vec<(Ipv6Addr, Message)> {
    bench.now = bench.now + SECOND;
    let mut pbu = attach_pbu(1, 7, bench.now);
    pbu.options.push(MobilityOption::ServingMaar(maar(2)));
    bench.signal(CMD, maar(1), &Message::Pbu(pbu))
}

#[test]
fn r3_2_7_a_p_maar_answers_once_its_tunnel_is_there_and_what_it_anchors_is_durable() {
    let (mut bench, mut store, mut plane) = serving();
    assert_eq!(follow(&mut bench), []);
    assert_eq!(write(&mut bench, &mut store), [], "the tunnel is not there");
    let sent = forward(&mut bench, &mut plane);
    assert_eq!(pba_of(&sent[0].1).status, Status::ACCEPTED);
    let [(_, record)] = &mobiles(&store)[..] else { panic!("one record") };
    assert!(matches!(record.place, PlaceRecord::Elsewhere { s_maar, .. } if s_maar == maar(2)), "{record:?}");
}

#[test]
fn a_maar_that_starts_again_anchors_what_it_anchored_and_orders_what_its_forwarding_lacks() {
    let (mut bench, mut store, mut plane) = serving();
    follow(&mut bench);
    write(&mut bench, &mut store);
    forward(&mut bench, &mut plane);

    let stray = Entry::Tunnel { remote: maar(4) };
    let route = Entry::TunnelRoute { prefix: prefix(1), remote: maar(2) };
    let found = Plane::from([Entry::Tunnel { remote: maar(2) }, stray]);
    let again = Maar::restore(maar_config(), bench.now, mobiles(&store), &found);
    assert_eq!(again.anchored(&mn1()), [prefix(1)]);
    assert_eq!(again.records().collect::<Vec<_>>(), mobiles(&store));
    let mut bench = Bench::new(again);
    bench.input(Input::Timeout);
    let ops: Vec<Op> = bench
        .others
        .iter()
        .filter_map(|output| match output {
            Output::Forwarding { op, .. } => Some(*op),
            _ => None,
        })
        .collect();
    assert_eq!(ops, [Op::Ensure(route), Op::Remove(stray)]);
}

#[test]
fn r3_6_7_a_maar_that_starts_again_forwards_and_calls_nobody_back() {
    let (bench, store, plane) = serving();
    let again = Maar::restore(maar_config(), bench.now, mobiles(&store), &plane);
    let mut bench = Bench { now: bench.now, ..Bench::new(again) };
    assert_eq!(bench.input(Input::Timeout), []);
    assert_eq!(bench.others, [], "forwarding is as it should be");
    assert_eq!(bench.pass(250 * SECOND), [], "no refresh: the mobile node may be at another MAAR by now");
    let mut store = store;
    assert_eq!(solicit(&mut bench), []);
    let sent = write(&mut bench, &mut store);
    assert!(pbu_of(&sent[0].1).options.contains(&MobilityOption::HomeNetworkPrefix(prefix(1))), "{sent:?}");
}

#[test]
fn r1_1_a_prefix_that_the_cmd_may_have_registered_is_given_to_nobody_else() {
    let (mut bench, mut store) = (Bench::new(Maar::new(maar_config())), Records::new());
    solicit(&mut bench);
    write(&mut bench, &mut store);
    let mut config = maar_config();
    let other = MnIdentifier::nai("mn2@example.org");
    config.subscribers.insert([2, 0, 0, 0, 0, 2], other.clone());
    let again = Maar::restore(config, START, mobiles(&store), &Plane::new());
    let mut bench = Bench { now: bench.now, ..Bench::new(again) };
    bench.input(Input::Link(LinkEvent::Solicited { mobile: [2, 0, 0, 0, 0, 2], src: Ipv6Addr::UNSPECIFIED }));
    assert_eq!(bench.node.anchored(&mn1()), [prefix(1)]);
    assert!(!bench.node.anchored(&other).contains(&prefix(1)));
}
