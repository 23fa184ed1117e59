//! An LMA keeps what it has promised (RFC 5213 §5.1), alone and beside a CMD.

mod support;

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags, Status};
use dmm_dataplane::{Entry, Op, Plane};
use dmm_proto::legacy::{Lma, LmaConfig, LmaLoad, MixedCmd};
use dmm_proto::record::{BceRecord, Record, SessionRecord};
use dmm_proto::{Cmd, CmdConfig, Event, Ignored, Input, MaarPeer, Node, NotDurable, Output, WriteId};
use ipnet::Ipv6Net;
use pretty_assertions::assert_eq;
use support::{Bench, CMD, START, attach_pbu, maar, mn1, pba_of, pool};

const SECOND: Duration = Duration::from_secs(1);
/// Two MAGs.
const MAGS: [u16; 2] = [0x51, 0x52];

type Sent = Vec<(Ipv6Addr, Message)>;
type Records = BTreeMap<MnIdentifier, Record>;

fn config() -> LmaConfig {
    LmaConfig { durable: true, ..LmaConfig::new(CMD, MAGS.map(maar).into(), pool(15)) }
}

fn lma() -> Bench<Lma> {
    Bench::new(Lma::new(config()))
}

/// The first prefix of its pool.
fn first() -> Ipv6Net {
    Ipv6Net::new_assert(pool(15).network(), 64)
}

/// A PBU of a MAG that asks for any prefix.
fn pbu<N: Node>(bench: &Bench<N>, mn: MnIdentifier) -> Pbu {
    let mut pbu = attach_pbu(1, 1, bench.now);
    pbu.flags = PbuFlags::A | PbuFlags::P;
    pbu.options[0] = MobilityOption::MnIdentifier(mn);
    pbu.options[1] = MobilityOption::HomeNetworkPrefix(Ipv6Net::default());
    pbu
}

fn register<N: Node>(bench: &mut Bench<N>, mag: u16, mn: MnIdentifier) -> Sent {
    bench.now = bench.now + SECOND;
    let pbu = Message::Pbu(pbu(bench, mn));
    bench.signal(maar(mag), CMD, &pbu)
}

/// Carries out forwarding orders; what was held back for them.
fn forward<N: Node>(bench: &mut Bench<N>, plane: &mut Plane) -> Sent {
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

/// Carries out all writes that were ordered; what was held back for them.
fn write<N: Node>(bench: &mut Bench<N>, store: &mut Records) -> Sent {
    let mut through = None;
    bench.others.retain(|output| {
        let Output::Persist(write) = output else { return true };
        assert!(through < Some(write.id), "no two writes have one number");
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

fn bces(store: &Records) -> Vec<(MnIdentifier, BceRecord)> {
    let of = |(mn, record): (&MnIdentifier, &Record)| match record {
        Record::Bce(bce) => Some((mn.clone(), bce.clone())),
        Record::Mixed(both) => Some((mn.clone(), both.bce.clone()?)),
        _ => panic!("an LMA keeps binding cache entries"),
    };
    store.iter().filter_map(of).collect()
}

fn sessions(store: &Records) -> Vec<(MnIdentifier, SessionRecord)> {
    let of = |(mn, record): (&MnIdentifier, &Record)| match record {
        Record::Mixed(both) => Some((mn.clone(), both.session.clone()?)),
        _ => panic!("a CMD that serves MAGs keeps both"),
    };
    store.iter().filter_map(of).collect()
}

/// `mn1` is at the first MAG; all is durable.
fn registered() -> (Bench<Lma>, Records, Plane) {
    let (mut bench, mut store, mut plane) = (lma(), Records::new(), Plane::new());
    register(&mut bench, MAGS[0], mn1());
    write(&mut bench, &mut store);
    let sent = forward(&mut bench, &mut plane);
    assert_eq!(pba_of(&sent[0].1).status, Status::ACCEPTED);
    (bench, store, plane)
}

fn again(bench: &Bench<Lma>, store: &Records, plane: &Plane) -> Bench<Lma> {
    let lma = Lma::restore(config(), bench.now, bces(store), plane);
    Bench { now: bench.now, ..Bench::new(lma) }
}

fn ordered<N>(bench: &Bench<N>) -> Vec<Op> {
    let order = |output: &Output| match output {
        Output::Forwarding { op, .. } => Some(*op),
        _ => None,
    };
    bench.others.iter().filter_map(order).collect()
}

#[test]
fn the_pba_leaves_once_the_tunnel_is_there_and_the_binding_durable_whichever_is_first() {
    for tunnel_first in [true, false] {
        let (mut bench, mut store, mut plane) = (lma(), Records::new(), Plane::new());
        assert_eq!(register(&mut bench, MAGS[0], mn1()), []);
        let sent = if tunnel_first {
            assert_eq!(forward(&mut bench, &mut plane), []);
            write(&mut bench, &mut store)
        } else {
            assert_eq!(write(&mut bench, &mut store), []);
            forward(&mut bench, &mut plane)
        };
        assert_eq!(pba_of(&sent[0].1).status, Status::ACCEPTED);
        assert_eq!(bces(&store), bench.node.records().collect::<Vec<_>>());
        assert_eq!(bces(&store)[0].1.prefix, first());
    }
}

#[test]
fn what_cannot_be_made_durable_is_refused_and_names_no_prefix() {
    let mut bench = lma();
    register(&mut bench, MAGS[0], mn1());
    forward(&mut bench, &mut Plane::new());
    let sent = bench.input(Input::Persisted { through: WriteId(0), result: Err(NotDurable) });
    let refusal = pba_of(&sent[0].1);
    assert_eq!((refusal.status, refusal.lifetime), (Status::INSUFFICIENT_RESOURCES, Lifetime::ZERO));
    let any = MobilityOption::HomeNetworkPrefix(Ipv6Net::default());
    assert!(refusal.options.contains(&any), "RFC 5213 §5.3.6: as in the request: {refusal:?}");
    assert_eq!(bench.events.last(), Some(&Event::NotDurable));

    bench.others.clear();
    let mut store = Records::new();
    assert_eq!(register(&mut bench, MAGS[0], mn1()), []);
    let sent = write(&mut bench, &mut store);
    assert_eq!(pba_of(&sent[0].1).status, Status::ACCEPTED);
    assert_eq!(bces(&store), bench.node.records().collect::<Vec<_>>());
}

#[test]
fn a_store_that_does_not_keep_up_is_no_reason_to_grow() {
    let mut bench = Bench::new(Lma::new(LmaConfig { max_bindings: 1, ..config() }));
    assert_eq!(register(&mut bench, MAGS[0], mn1()), []);
    let sent = register(&mut bench, MAGS[0], mn1());
    assert_eq!(pba_of(&sent[0].1).status, Status::INSUFFICIENT_RESOURCES);
}

#[test]
fn b20_an_lma_that_starts_again_knows_prefix_proxy_coa_and_which_pbus_are_old() {
    let (bench, store, plane) = registered();
    let old = Message::Pbu(pbu(&bench, mn1()));
    let mut bench = again(&bench, &store, &plane);
    assert_eq!(bench.node.records().collect::<Vec<_>>(), bces(&store));
    assert_eq!(bench.input(Input::Timeout), []);
    assert_eq!(bench.others, [], "forwarding is as it should be, and nothing is to be written");

    let sent = bench.signal(maar(MAGS[0]), CMD, &old);
    assert_eq!(pba_of(&sent[0].1).status, Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED);
    bench.now = bench.now + SECOND;
    let stranger = Message::Pbu(Pbu { lifetime: Lifetime::ZERO, ..pbu(&bench, mn1()) });
    bench.signal(maar(MAGS[1]), CMD, &stranger);
    assert_eq!(
        bench.events.last(),
        Some(&Event::Ignored { src: maar(MAGS[1]), why: Ignored::NotServing }),
        "B9"
    );

    let (mut store, mut plane) = (store, plane);
    let other = MnIdentifier::nai("mn2@example.org");
    register(&mut bench, MAGS[1], other.clone());
    register(&mut bench, MAGS[1], mn1());
    write(&mut bench, &mut store);
    forward(&mut bench, &mut plane);
    let prefix = |mn: &MnIdentifier| bces(&store).iter().find(|(of, _)| of == mn).map(|(_, bce)| bce.prefix);
    assert_eq!(prefix(&mn1()), Some(first()));
    assert_ne!(prefix(&other), Some(first()), "a prefix is one mobile node's");
}

#[test]
fn an_lma_that_starts_again_orders_what_forwarding_lacks_and_takes_away_what_is_too_much() {
    let (bench, store, plane) = registered();
    let [tunnel, route] = [0, 1].map(|index| *plane.iter().nth(index).expect("two entries"));
    let stray = Entry::Tunnel { remote: maar(4) };
    let found = Plane::from([tunnel, stray]);
    let again = again(&bench, &store, &found);
    let mut bench = again;
    bench.input(Input::Timeout);
    assert_eq!(ordered(&bench), [Op::Ensure(route), Op::Remove(stray)]);
}

#[test]
fn what_has_ended_meanwhile_ends_and_what_is_not_its_own_any_more_is_forgotten() {
    let (bench, store, plane) = registered();
    let later = Bench { now: bench.now + SECOND * 400, ..lma() };
    let mut ended = again(&later, &store, &plane);
    let elsewhere = LmaConfig { pool: pool(14), ..config() };
    let moved = Lma::restore(elsewhere, bench.now, bces(&store), &plane);
    let mut moved = Bench { now: bench.now, ..Bench::new(moved) };
    for bench in [&mut ended, &mut moved] {
        bench.input(Input::Timeout);
        let (mut store, mut plane) = (store.clone(), plane.clone());
        write(bench, &mut store);
        forward(bench, &mut plane);
        assert_eq!((bench.node.load(), store, plane), (LmaLoad::default(), Records::new(), Plane::new()));
    }
}

#[test]
fn b9_that_a_session_has_ended_is_durable_before_it_is_said() {
    let (mut bench, mut store, mut plane) = registered();
    bench.now = bench.now + SECOND;
    let over = Message::Pbu(Pbu { lifetime: Lifetime::ZERO, ..pbu(&bench, mn1()) });
    assert_eq!(bench.signal(maar(MAGS[0]), CMD, &over), []);
    let sent = write(&mut bench, &mut store);
    assert_eq!(pba_of(&sent[0].1).lifetime, Lifetime::ZERO);
    forward(&mut bench, &mut plane);
    assert_eq!(plane, Plane::new());
    assert!(bces(&store)[0].1.deregistered);
    let mut again = again(&bench, &store, &plane);
    again.pass(SECOND * 11);
    write(&mut again, &mut store);
    assert_eq!(
        (again.node.load(), store),
        (LmaLoad::default(), Records::new()),
        "after MinDelayBeforeBCEDelete"
    );
}

/// A store that is full when a session ends still has it: whoever gets its prefix must not have to share it after a restart.
#[test]
fn b19_the_prefix_of_a_session_is_nobody_elses_before_its_end_is_durable() {
    let (mut bench, mut store, mut plane) = registered();
    bench.pass(SECOND * 400);
    let Some(Output::Persist(end)) = bench.others.iter().find(|output| matches!(output, Output::Persist(_)))
    else {
        panic!("a write: {:?}", bench.others)
    };
    let through = end.id;
    assert_eq!(end.record, None);
    bench.input(Input::Persisted { through, result: Err(NotDurable) });
    bench.others.clear();
    let load = LmaLoad { bindings: 0, prefixes: 1, entries: 0 };
    assert_eq!(bench.node.load(), load);

    register(&mut bench, MAGS[0], MnIdentifier::nai("mn2@example.org"));
    register(&mut bench, MAGS[0], mn1());
    let mut assigned = bench.node.records().map(|(_, bce)| bce.prefix);
    assert_eq!(assigned.next(), Some(first()), "it was its own");
    assert_ne!(assigned.next(), Some(first()));
    drop(assigned);
    write(&mut bench, &mut store);
    forward(&mut bench, &mut plane);
    bench.pass(SECOND * 400);
    for _ in 0..2 {
        write(&mut bench, &mut store);
    }
    assert_eq!((bench.node.load().prefixes, store), (0, Records::new()));
}

fn mixed(store: &Records, plane: &Plane) -> Bench<MixedCmd> {
    let maars = vec![MaarPeer { address: maar(1), pools: vec![pool(1)] }];
    let cmd = CmdConfig { durable: true, ..CmdConfig::new(CMD, maars) };
    let cmd = Cmd::restore(cmd, START, sessions(store));
    Bench::new(MixedCmd::new(cmd, Lma::restore(config(), START, bces(store), plane)))
}

#[test]
fn a_cmd_that_serves_mags_keeps_both_halves_of_a_mobile_node_in_one_record() {
    let (mut store, mut plane) = (Records::new(), Plane::new());
    let mut bench = mixed(&store, &plane);
    // At a MAAR first, then at a MAG; the writes are done together.
    assert_eq!(bench.signal(maar(1), CMD, &Message::Pbu(attach_pbu(1, 1, START))), []);
    assert_eq!(register(&mut bench, MAGS[0], mn1()), []);
    forward(&mut bench, &mut plane);
    let sent = write(&mut bench, &mut store);
    let to: Vec<Ipv6Addr> = sent.iter().map(|(to, _)| *to).collect();
    assert_eq!(to, [maar(1), maar(MAGS[0])]);
    assert_eq!(bces(&store), bench.node.lma.records().collect::<Vec<_>>());
    assert_eq!(sessions(&store), bench.node.cmd.records().collect::<Vec<_>>());
    assert_eq!(store.len(), 1);

    let mut again = mixed(&store, &plane);
    assert_eq!((again.node.cmd.bindings(), again.node.lma.bindings()), (1, 1));
    // Either half ends in its time, and takes its part of the record with it.
    again.pass(SECOND * 400);
    write(&mut again, &mut store);
    assert_eq!(store, Records::new());
}

#[test]
fn what_a_mixed_cmd_could_not_write_is_refused_by_the_half_that_said_it() {
    let mut bench = mixed(&Records::new(), &Plane::new());
    bench.signal(maar(1), CMD, &Message::Pbu(attach_pbu(1, 1, START)));
    let first = bench.input(Input::Persisted { through: WriteId(0), result: Ok(()) });
    assert_eq!((first[0].0, pba_of(&first[0].1).status), (maar(1), Status::ACCEPTED));
    register(&mut bench, MAGS[0], mn1());
    forward(&mut bench, &mut Plane::new());
    let second = bench.input(Input::Persisted { through: WriteId(1), result: Err(NotDurable) });
    let refused = pba_of(&second[0].1).status;
    assert_eq!((second.len(), second[0].0, refused), (1, maar(MAGS[0]), Status::INSUFFICIENT_RESOURCES));
}
