//! The CMD as relay, locator and proxy: what differs after a handover, and what must not.

mod support;

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::{Lifetime, Message, MobilityOption, Pba, Pbu, PreviousMaar, Status};
use dmm_proto::cmd::{CmdLimits, MaarPeer, Service};
use dmm_proto::{Cmd, CmdConfig, Deregistration, Event, Ignored, Pacing, Plan};
use pretty_assertions::assert_eq;
use support::{Bench, CMD, START, accept, attach_pbu, maar, mn1, pba_of, pbu_of, pool, prefix, without};

const MILLISECOND: Duration = Duration::from_millis(1);

type Sent = Vec<(Ipv6Addr, Message)>;

fn bench(plan: Plan) -> Bench<Cmd> {
    bench_with(|config| config.plan = plan)
}

fn bench_with(change: impl FnOnce(&mut CmdConfig)) -> Bench<Cmd> {
    let maars = (1..=40).map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).collect();
    let mut config = CmdConfig { pacing: Pacing { rate: 1000, burst: 100 }, ..CmdConfig::new(CMD, maars) };
    change(&mut config);
    assert_eq!(config.validate(), Ok(()));
    Bench::new(Cmd::new(config))
}

/// The PBU of `mn1`'s attachment to MAAR `n`, half a second after anything else.
fn attach(bench: &mut Bench<Cmd>, n: u16, seq: u16) -> Sent {
    bench.now = bench.now + 500 * MILLISECOND;
    let pbu = Message::Pbu(attach_pbu(n, seq, bench.now));
    bench.signal(maar(n), CMD, &pbu)
}

/// All P-MAARs that were asked answer, in order; what the CMD says to it.
fn all_answer(bench: &mut Bench<Cmd>, sent: &Sent, more: &[MobilityOption]) -> Sent {
    let asked = sent.iter().filter(|(_, message)| matches!(message, Message::Pbu(_)));
    asked.flat_map(|(p_maar, pbu)| bench.signal(*p_maar, CMD, &accept(pbu_of(pbu), more))).collect()
}

fn previous_maars(pba: &Message) -> Vec<PreviousMaar> {
    let of = |option: &MobilityOption| match option {
        MobilityOption::PreviousMaar(previous) => Some(*previous),
        _ => None,
    };
    pba_of(pba).options.iter().filter_map(of).collect()
}

fn refusal(pbu: &Message, status: Status) -> Message {
    let Message::Pba(pba) = accept(pbu_of(pbu), &[]) else { unreachable!("`accept` makes a PBA") };
    Message::Pba(Pba { status, ..pba })
}

#[test]
fn r3_1_11_a_first_registration_is_the_same_in_every_mode() {
    let [relay, locator, proxy] = Plan::ALL.map(|plan| attach(&mut bench(plan), 1, 7));
    assert_eq!(relay.len(), 1);
    assert_eq!(relay, locator);
    assert_eq!(relay, proxy);
}

#[test]
fn r3_4_1_a_proxy_answers_first_and_names_all_p_maars() {
    let mut bench = bench(Plan::PROXY);
    attach(&mut bench, 1, 1);
    attach(&mut bench, 2, 1);
    let sent = attach(&mut bench, 3, 9);
    let to: Vec<_> = sent.iter().map(|(to, message)| (*to, message.mh_type())).collect();
    assert_eq!(to, [(maar(3), 6), (maar(1), 5), (maar(2), 5)], "the PBA, then the PBUs (R3.4.2)");
    assert_eq!(pba_of(&sent[0].1).seq, 9);
    let named: Vec<_> = previous_maars(&sent[0].1).iter().map(|p| (p.address, p.prefix)).collect();
    assert_eq!(named, [(maar(1), prefix(1)), (maar(2), prefix(2))]);
    for (_, pbu) in &sent[1..] {
        assert!(pbu_of(pbu).options.contains(&MobilityOption::ServingMaar(maar(3))), "R3.4.4");
    }
    assert_eq!(all_answer(&mut bench, &sent, &[]), [], "R3.4.3: they end the operation");
    assert_eq!(bench.pass(Duration::from_secs(60)), []);
}

#[test]
fn r3_4_5_a_proxy_asks_silent_p_maars_again() {
    let mut bench = bench(Plan::PROXY);
    attach(&mut bench, 1, 1);
    attach(&mut bench, 2, 1);
    let again: Vec<_> = bench.pass(Duration::from_secs(8)).into_iter().map(|(at, to, _)| (at, to)).collect();
    assert_eq!(again, [(1000, maar(1)), (3000, maar(1)), (7000, maar(1))]);
}

#[test]
fn a14_a_proxy_passes_on_what_the_s_maar_said_about_itself_when_it_was_one() {
    let mut bench = bench(Plan::PROXY);
    let local = MobilityOption::LocalPrefix("2001:db8:b001::/48".parse().unwrap());
    let mut pbu = attach_pbu(1, 1, START);
    pbu.options.push(local.clone());
    bench.signal(maar(1), CMD, &Message::Pbu(pbu));
    let sent = attach(&mut bench, 2, 1);
    let options = &pba_of(&sent[0].1).options;
    let named = options.iter().position(|option| option.kind() == 67).expect("a P-MAAR is named");
    assert_eq!(options[named + 1], local, "A15: behind the Previous MAAR option that it belongs to");
}

#[test]
fn m59_pacing_does_not_delay_the_answer_of_a_proxy() {
    let mut bench = bench_with(|config| {
        (config.plan, config.pacing) = (Plan::PROXY, Pacing { rate: 1, burst: 1 });
    });
    for n in 1..=5 {
        let sent = attach(&mut bench, n, 1);
        assert_eq!((sent[0].0, previous_maars(&sent[0].1).len()), (maar(n), usize::from(n - 1)));
    }
}

#[test]
fn r3_3_6_a_locator_leaves_it_to_p_maars_to_tell_the_s_maar() {
    let mut bench = bench(Plan::LOCATOR);
    attach(&mut bench, 1, 1);
    attach(&mut bench, 2, 1);
    let sent = attach(&mut bench, 3, 77);
    let asked: Vec<_> = sent.iter().map(|(to, pbu)| (*to, pbu_of(pbu).seq)).collect();
    assert_eq!(asked, [(maar(1), 77), (maar(2), 77)], "A9: the number of the S-MAAR's PBU");
    assert_eq!(all_answer(&mut bench, &sent, &[]), [], "R3.3.6, stance A10");
    assert_eq!(bench.pass(Duration::from_secs(60)), []);
}

#[test]
fn a10_a_locator_answers_where_no_p_maar_does() {
    let mut bench = bench(Plan::LOCATOR);
    attach(&mut bench, 1, 1);
    let sent = attach(&mut bench, 2, 1);
    let [(1000, to, again), ..] = &bench.pass(Duration::from_secs(1))[1..] else { panic!("asked again") };
    assert_eq!((*to, pbu_of(again).seq), (maar(1), 2), "R3.6.6: a number above the first");
    let answer = bench.signal(maar(1), CMD, &refusal(again, Status::NOT_LMA_FOR_THIS_MOBILE_NODE));
    assert_eq!(answer, [], "the S-MAAR was answered when time was up");
    let _ = sent;

    let sent = attach(&mut bench, 3, 5);
    let answer = bench.signal(maar(2), CMD, &refusal(&sent[0].1, Status::ADMINISTRATIVELY_PROHIBITED));
    assert_eq!((answer[0].0, pba_of(&answer[0].1).seq), (maar(3), 5), "nobody else will");
    assert_eq!(previous_maars(&answer[0].1), []);
}

#[test]
fn a_locator_tells_an_s_maar_that_asks_again_all_that_it_knows() {
    let mut bench = bench(Plan::LOCATOR);
    attach(&mut bench, 1, 1);
    let sent = attach(&mut bench, 2, 1);
    all_answer(&mut bench, &sent, &[]);
    let sent = attach(&mut bench, 2, 2);
    assert_eq!(previous_maars(&sent[0].1), [PreviousMaar { address: maar(1), prefix: prefix(1) }]);
}

#[test]
fn a55_a_pba_that_would_outgrow_the_mtu_becomes_several() {
    let details: Vec<_> = (0..8u16)
        .map(|n| format!("2001:db8:b{n:03x}::/48").parse().map(MobilityOption::LocalPrefix).unwrap())
        .collect();
    let mut bench = bench(Plan::RELAY);
    attach(&mut bench, 1, 1);
    for n in 2..=20 {
        let sent = attach(&mut bench, n, n);
        let pbas = all_answer(&mut bench, &sent, &details);
        let mut named = Vec::new();
        for (to, pba) in &pbas {
            let octets = pba.encode(CMD, *to).unwrap();
            assert!(octets.len() <= 1240, "{} octets", octets.len());
            assert_eq!((*to, pba_of(pba).seq, pba_of(pba).status), (maar(n), n, Status::ACCEPTED), "R3.2.18");
            let of_each = pba_of(pba).options.iter().filter(|option| option.kind() == 66).count();
            assert_eq!(of_each, 8 * previous_maars(pba).len(), "what is said of one P-MAAR stays together");
            named.extend(previous_maars(pba).iter().map(|previous| previous.address));
        }
        let expected: Vec<_> = (n.saturating_sub(16).max(1)..n).map(maar).collect();
        assert_eq!(named, expected);
        assert_eq!(pbas.len() > 1, n > 6, "{} PBAs at MAAR{n}", pbas.len());
    }
}

#[test]
fn b6_who_is_no_subscriber_is_refused_before_time_stamps_are_looked_at() {
    let serves = |service| {
        move |config: &mut CmdConfig| {
            config.subscribers = Some([(mn1(), service)].into());
        }
    };
    let old = attach_pbu(1, 1, START - Duration::from_secs(9));
    let nobody = |config: &mut CmdConfig| config.subscribers = Some([].into());
    let mut cases = [
        (bench_with(nobody), old.clone(), Status::NOT_LMA_FOR_THIS_MOBILE_NODE),
        (bench_with(serves(Service::Disabled)), old.clone(), Status::PROXY_REG_NOT_ENABLED),
        (bench_with(serves(Service::Enabled)), old, Status::TIMESTAMP_MISMATCH),
        (bench_with(serves(Service::Enabled)), attach_pbu(1, 1, START), Status::ACCEPTED),
    ];
    for (bench, pbu, status) in &mut cases {
        let sent = bench.signal(maar(1), CMD, &Message::Pbu(pbu.clone()));
        assert_eq!(pba_of(&sent[0].1).status, *status);
    }
}

#[test]
fn b7_a_rejection_of_a_pbu_without_prefix_has_one_that_is_all_zero() {
    let mut bench = bench(Plan::RELAY);
    let sent = bench.signal(maar(1), CMD, &Message::Pbu(without(&attach_pbu(1, 1, START), 22)));
    let all_zero = MobilityOption::HomeNetworkPrefix("::/0".parse().unwrap());
    let prefixes: Vec<_> = pba_of(&sent[0].1).options.iter().filter(|o| o.kind() == 22).collect();
    assert_eq!(prefixes, [&all_zero]);
}

#[test]
fn b8_a_time_stamp_that_was_overtaken_is_answered_with_our_time() {
    let mut bench = bench(Plan::RELAY);
    attach(&mut bench, 1, 1);
    let stale = Message::Pbu(attach_pbu(1, 2, bench.now - MILLISECOND));
    let sent = bench.signal(maar(1), CMD, &stale);
    assert_eq!(pba_of(&sent[0].1).status, Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED);
    assert!(pba_of(&sent[0].1).options.contains(&MobilityOption::Timestamp(bench.now.timestamp())));
}

#[test]
fn a36_reordered_pbus_of_two_maars_leave_the_latest_place() {
    let mut bench = bench(Plan::RELAY);
    attach(&mut bench, 1, 1);
    let sent_earlier = Message::Pbu(attach_pbu(1, 2, bench.now + 100 * MILLISECOND));
    attach(&mut bench, 2, 1);
    bench.now = bench.now - 300 * MILLISECOND;
    let sent = bench.signal(maar(1), CMD, &sent_earlier);
    assert_eq!(pba_of(&sent[0].1).status, Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED);
    assert_eq!(bench.node.s_maar(&mn1()), Some(maar(2)));
}

#[test]
fn a36_an_answer_for_the_old_place_does_not_count_even_with_the_right_number() {
    let mut bench = bench(Plan::LOCATOR);
    attach(&mut bench, 1, 1);
    attach(&mut bench, 2, 1);
    let sent = attach(&mut bench, 3, 1);
    let for_maar2 = accept(pbu_of(&sent[0].1), &[MobilityOption::ServingMaar(maar(2))]);
    assert_eq!(bench.signal(maar(1), CMD, &for_maar2), []);
    assert_eq!(bench.events.last(), Some(&Event::Ignored { src: maar(1), why: Ignored::Unasked }));
}

#[test]
fn a39_why_a_p_maar_refuses_decides_whether_it_is_asked_again() {
    use Status as S;
    let cases = [
        (S::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED, Some(Lifetime(75)), 0, "overtaken: at once"),
        (S::TIMESTAMP_MISMATCH, Some(Lifetime(75)), 32_000, "its clock is off: later"),
        (S::INSUFFICIENT_RESOURCES, Some(Lifetime(75)), 32_000, "short of something: later"),
        (S::NOT_LMA_FOR_THIS_MOBILE_NODE, None, 0, "A40: it knows nothing of it"),
        (S::ADMINISTRATIVELY_PROHIBITED, Some(Lifetime::ZERO), 0, "told to forget what it may still hold"),
    ];
    for (status, lifetime, after, what) in cases {
        let mut bench = bench(Plan::RELAY);
        attach(&mut bench, 1, 1);
        let sent = attach(&mut bench, 2, 1);
        let started = bench.now;
        let mut said: Vec<_> = bench
            .signal(maar(1), CMD, &refusal(&sent[0].1, status))
            .into_iter()
            .map(|(to, message)| (0, to, message))
            .collect();
        said.extend(bench.pass(Duration::from_secs(33)));
        let answer = said.iter().find(|(_, to, _)| *to == maar(2)).expect("the S-MAAR is answered");
        assert_eq!(previous_maars(&answer.2), [], "{what}");
        let asked = said.iter().find(|(_, to, _)| *to == maar(1));
        let asked = asked.map(|(at, _, pbu)| (*at, pbu_of(pbu).lifetime));
        // Lifetimes count in units of four seconds, and the one that is left has shrunk.
        let close = |(at, left): (u128, Lifetime)| {
            at == after && lifetime.is_some_and(|l| l.0 - left.0 <= 9 && (l.0 == 0) == (left.0 == 0))
        };
        assert!(asked.map_or(lifetime.is_none(), close), "{what}: {asked:?} since {started}");
    }
}

#[test]
fn r1_2_a_prefix_that_its_mobile_node_took_along_is_not_given_to_another() {
    let mut bench = bench(Plan::RELAY);
    attach(&mut bench, 1, 1);
    let sent = attach(&mut bench, 2, 1);
    all_answer(&mut bench, &sent, &[]);
    let mut other = attach_pbu(1, 2, bench.now);
    other.options[0] = MobilityOption::MnIdentifier(dmm_codec::MnIdentifier::nai("mn2@example.org"));
    let sent = bench.signal(maar(1), CMD, &Message::Pbu(other));
    assert_eq!(pba_of(&sent[0].1).status, Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX);
}

#[test]
fn what_is_beyond_the_limits_is_answered_and_not_kept() {
    let limits = CmdLimits { bindings: 1, prefixes: 2, ..CmdLimits::default() };
    let mut bench = bench_with(|config| config.limits = limits);
    let mut many = attach_pbu(1, 1, START);
    many.options
        .extend((1..60u16).map(|n| {
            MobilityOption::HomeNetworkPrefix(format!("2001:db8:a001:{n:x}::/64").parse().unwrap())
        }));
    let sent = bench.signal(maar(1), CMD, &Message::Pbu(many));
    assert_eq!(pba_of(&sent[0].1).status, Status::INSUFFICIENT_RESOURCES);
    assert_eq!(bench.node.bindings(), 0);

    attach(&mut bench, 1, 1);
    let mut other = attach_pbu(2, 1, bench.now);
    other.options[0] = MobilityOption::MnIdentifier(dmm_codec::MnIdentifier::nai("mn2@example.org"));
    let sent = bench.signal(maar(2), CMD, &Message::Pbu(other));
    assert_eq!(pba_of(&sent[0].1).status, Status::INSUFFICIENT_RESOURCES);
    assert_eq!(bench.node.bindings(), 1);
}

#[test]
fn a_queue_that_is_full_is_answered_and_grows_no_further() {
    let mut bench = bench_with(|config| config.limits.updates = 2);
    attach(&mut bench, 1, 1);
    attach(&mut bench, 2, 1);
    attach(&mut bench, 3, 1);
    assert_eq!(bench.node.load().updates, 2, "MAAR1 and MAAR2 are silent");
    let sent = attach(&mut bench, 4, 1);
    let answer = sent.iter().find(|(to, _)| *to == maar(4)).expect("an answer");
    assert_eq!(pba_of(&answer.1).status, Status::INSUFFICIENT_RESOURCES);
    assert_eq!(bench.node.load().updates, 2);
    assert_eq!(bench.node.s_maar(&mn1()), Some(maar(3)));
}

#[test]
fn r3_5_4_a_p_maar_whose_timer_ran_out_is_renewed_while_the_mobile_node_is_there() {
    let farewell = |n, now| Message::Pbu(Pbu { lifetime: Lifetime::ZERO, ..attach_pbu(n, 9, now) });
    let mut bench = bench_with(|config| config.deregistration = Deregistration::PMaarsToo);
    attach(&mut bench, 1, 1);
    let sent = attach(&mut bench, 2, 1);
    all_answer(&mut bench, &sent, &[]);
    bench.now = bench.now + 100 * MILLISECOND;
    let sent = bench.signal(maar(1), CMD, &farewell(1, bench.now));
    let pba = pba_of(&sent[0].1);
    assert_eq!((pba.status, pba.lifetime, pba.seq), (Status::ACCEPTED, Lifetime(74), 9));
    assert!(pba.options.contains(&MobilityOption::HomeNetworkPrefix(prefix(1))));
    assert_eq!(bench.node.anchors(&mn1()).len(), 2, "R3.5.1: the session is as it was");

    bench.pass(Duration::from_secs(301));
    let sent = bench.signal(maar(1), CMD, &farewell(1, bench.now));
    assert_eq!(pba_of(&sent[0].1).lifetime, Lifetime::ZERO, "R3.5.5: it has left");
}

#[test]
fn r3_0_6_pools_that_overlap_are_refused() {
    let peer = |n, pool: &str| MaarPeer { address: maar(n), pools: vec![pool.parse().unwrap()] };
    let config = CmdConfig::new(CMD, vec![peer(1, "2001:db8:a000::/40"), peer(2, "2001:db8:a002::/48")]);
    let overlap = config.validate().expect_err("MAAR2's pool is inside MAAR1's");
    let said =
        "pool 2001:db8:a000::/40 of MAAR 2001:db8::1 and pool 2001:db8:a002::/48 of MAAR 2001:db8::2 overlap";
    assert_eq!(overlap.to_string(), said);
}

#[test]
fn a_session_that_ends_leaves_nothing_at_the_cmd() {
    for plan in Plan::ALL {
        let mut bench = bench(plan);
        for n in 1..=5 {
            let sent = attach(&mut bench, n, n);
            all_answer(&mut bench, &sent, &[]);
        }
        let ended = bench.pass(Duration::from_secs(1000));
        let told: Vec<_> = ended.iter().filter(|(.., pbu)| pbu_of(pbu).lifetime == Lifetime::ZERO).collect();
        assert!(told.len() >= 4, "{plan}: A26, each P-MAAR is told");
        assert_eq!(bench.node.load(), dmm_proto::cmd::CmdLoad::default(), "{plan}");
    }
}
