//! A domain of RFC 5213: what an LMA and a MAG do with each other, with the D flag of RFC 8885, and beside a CMD.

mod support;

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::{Mac, link_local};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, Message, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu,
    PbuFlags, Status, home_network_prefixes,
};
use dmm_dataplane::{Entry, Op};
use dmm_proto::legacy::{Lma, LmaConfig, Mag, MagConfig, MixedCmd};
use dmm_proto::{Cmd, CmdConfig, Event, Ignored, Input, LinkEvent, MaarPeer, Node, Output};
use ipnet::Ipv6Net;
use pretty_assertions::assert_eq;
use support::{Bench, CMD, START, accept, attach_pbu, maar, mn1, pba_of, pbu_of, pool};

const MOBILE: Mac = [2, 0, 0, 0, 0, 1];
const SECOND: Duration = Duration::from_secs(1);
/// The addresses of two MAGs.
const MAGS: [u16; 2] = [0x51, 0x52];

type Sent = Vec<(Ipv6Addr, Message)>;

fn lma() -> Bench<Lma> {
    Bench::new(Lma::new(lma_config()))
}

fn lma_config() -> LmaConfig {
    let pool = Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0xf000, 0, 0, 0, 0, 0), 48);
    LmaConfig::new(CMD, MAGS.map(maar).into(), pool)
}

fn mag() -> Bench<Mag> {
    let mut config = MagConfig::new(maar(MAGS[0]), CMD);
    config.subscribers.insert(MOBILE, mn1());
    Bench::new(Mag::new(config))
}

/// The PBU of a MAG, which asks for a prefix.
fn mag_pbu<N: Node>(bench: &Bench<N>, seq: u16) -> Pbu {
    let mut pbu = attach_pbu(1, seq, bench.now);
    pbu.flags = PbuFlags::A | PbuFlags::P;
    pbu.options[1] = MobilityOption::HomeNetworkPrefix(Ipv6Net::default());
    pbu
}

/// Gives an input and carries out what is ordered, at once; what leaves.
fn run<N: Node>(bench: &mut Bench<N>, input: Input<'_>) -> Sent {
    let mut sent = bench.input(input);
    while let Some(output) = bench.others.get(bench.carried).cloned() {
        bench.carried += 1;
        if let Output::Forwarding { id, .. } = output {
            sent.extend(bench.input(Input::Forwarding { id, result: Ok(()) }));
        }
    }
    sent
}

fn signal<N: Node>(bench: &mut Bench<N>, src: Ipv6Addr, dst: Ipv6Addr, message: &Message) -> Sent {
    let octets = message.encode(src, dst).expect("short enough");
    run(bench, Input::Signal { src, dst, octets: &octets })
}

fn solicit(bench: &mut Bench<Mag>) -> Sent {
    run(bench, Input::Link(LinkEvent::Solicited { mobile: MOBILE, src: link_local(MOBILE) }))
}

fn ordered<N>(bench: &Bench<N>) -> Vec<Op> {
    let order = |output: &Output| match output {
        Output::Forwarding { op, .. } => Some(*op),
        _ => None,
    };
    bench.others.iter().filter_map(order).collect()
}

fn prefix_in(options: &[MobilityOption]) -> Ipv6Net {
    home_network_prefixes(options).next().expect("a prefix")
}

#[test]
fn r4_1_3_an_lma_does_not_process_a_pbu_with_the_d_flag_and_returns_an_error() {
    let mut bench = lma();
    let mut pbu = mag_pbu(&bench, 1);
    pbu.flags = pbu.flags | PbuFlags::D;
    let sent = signal(&mut bench, maar(MAGS[0]), CMD, &Message::Pbu(pbu));
    let pba = pba_of(&sent[0].1);
    assert_eq!(pba.status, Status::ADMINISTRATIVELY_PROHIBITED, "R4.1.4, stance A1");
    assert_eq!(pba.flags, PbaFlags::P, "R4.2.2: it supports no D");
    assert_eq!((bench.node.bindings(), ordered(&bench)), (0, Vec::new()));
}

#[test]
fn r4_2_a_mag_ignores_a_pba_with_the_d_flag() {
    let mut bench = mag();
    let sent = solicit(&mut bench);
    let pbu = pbu_of(&sent[0].1).clone();
    assert_eq!(pbu.flags, PbuFlags::A | PbuFlags::P);
    signal(&mut bench, CMD, maar(MAGS[0]), &accept(&pbu, &[]));
    assert_eq!(bench.events, [Event::Ignored { src: CMD, why: Ignored::NotForUs }]);
    assert_eq!(bench.others, []);
    let again: Vec<_> = bench.pass(SECOND * 4).into_iter().map(|(at, ..)| at).collect();
    assert_eq!(again, [1000, 3000], "it is still not answered");
}

#[test]
fn an_lma_and_a_mag_serve_a_mobile_node_until_it_leaves() {
    let (mut lma, mut mag) = (lma(), mag());
    let sent = solicit(&mut mag);
    let answer = signal(&mut lma, maar(MAGS[0]), CMD, &sent[0].1);
    let prefix = prefix_in(&pba_of(&answer[0].1).options);
    assert_eq!(prefix, "2001:db8:f000::/64".parse().unwrap(), "B19: assigned for ALL_ZERO");
    let remote = maar(MAGS[0]);
    let made = [Entry::Tunnel { remote }, Entry::TunnelRoute { prefix, remote }].map(Op::Ensure);
    assert_eq!(ordered(&lma), made);

    signal(&mut mag, CMD, maar(MAGS[0]), &answer[0].1);
    assert!(ordered(&mag).contains(&Op::Ensure(Entry::SourceRoute { prefix, remote: CMD })));
    let Some(Output::Advertise(ra)) = mag.others.last() else { panic!("an RA: {:?}", mag.others) };
    assert_eq!(ra.src_mac, [0x00, 0x00, 0x5e, 0x00, 0x52, 0x13], "RFC 6543 §3");
    assert_eq!(ra.advertisement.prefixes[0].prefix, prefix);

    mag.now = mag.now + SECOND;
    lma.now = mag.now;
    let sent = run(&mut mag, Input::Link(LinkEvent::Detached { mobile: MOBILE }));
    assert_eq!(pbu_of(&sent[0].1).lifetime, Lifetime::ZERO, "RFC 5213 §6.9.1.4: at once");
    let answer = signal(&mut lma, maar(MAGS[0]), CMD, &sent[0].1);
    assert_eq!(pba_of(&answer[0].1).lifetime, Lifetime::ZERO);
    assert_eq!(ordered(&lma).len(), 4, "traffic is dropped while the LMA waits");
    signal(&mut mag, CMD, maar(MAGS[0]), &answer[0].1);
    assert_eq!(mag.pass(SECOND * 1000), []);
    lma.pass(SECOND * 9);
    assert_eq!(lma.node.bindings(), 1, "B9: MinDelayBeforeBCEDelete");
    lma.pass(SECOND * 2);
    assert_eq!(lma.node.bindings(), 0);
}

/// A PBA of an LMA to what a MAG has sent.
fn answer(sent: &Sent, change: impl FnOnce(&mut Pba)) -> Message {
    let Message::Pba(mut pba) = accept(pbu_of(&sent[0].1), &[]) else { panic!("a PBA") };
    pba.flags = PbaFlags::P;
    let of_mn = Ipv6Net::new_assert(pool(1).network(), 64);
    for option in &mut pba.options {
        if let MobilityOption::HomeNetworkPrefix(prefix) = option {
            *prefix = of_mn;
        }
    }
    change(&mut pba);
    Message::Pba(pba)
}

/// What a PBU says of its prefix and of the handoff, and its lifetime.
fn asks(sent: &Sent) -> (Ipv6Net, HandoffIndicator, Lifetime) {
    let pbu = pbu_of(&sent[0].1);
    let of = |option: &MobilityOption| match option {
        MobilityOption::HandoffIndicator(handoff) => Some(*handoff),
        _ => None,
    };
    let handoff = pbu.options.iter().find_map(of).expect("a Handoff Indicator");
    (prefix_in(&pbu.options), handoff, pbu.lifetime)
}

/// The PBUs that leave while time passes.
fn later(bench: &mut Bench<Mag>, duration: Duration) -> Sent {
    bench.pass(duration).into_iter().map(|(_, to, message)| (to, message)).collect()
}

#[test]
fn b16_a_mag_extends_a_binding_before_it_ends_and_only_while_the_mobile_node_is_there() {
    let (mut bench, all_zero) = (mag(), Ipv6Net::default());
    let sent = solicit(&mut bench);
    let (five_minutes, none) = (Lifetime(75), Lifetime::ZERO);
    assert_eq!(asks(&sent), (all_zero, HandoffIndicator::UNKNOWN, five_minutes), "B17");
    let kinds: Vec<u8> = pbu_of(&sent[0].1).options.iter().map(MobilityOption::kind).collect();
    assert_eq!(kinds, [8, 22, 23, 24, 25, 27], "B17");
    signal(&mut bench, CMD, maar(MAGS[0]), &answer(&sent, |_| {}));
    let prefix = Ipv6Net::new_assert(pool(1).network(), 64);
    let sent = later(&mut bench, SECOND * 225);
    assert_eq!(asks(&sent), (prefix, HandoffIndicator::NOT_CHANGED, five_minutes), "B16");
    signal(&mut bench, CMD, maar(MAGS[0]), &answer(&sent, |_| {}));
    bench.now = bench.now + SECOND;
    let sent = run(&mut bench, Input::Link(LinkEvent::Detached { mobile: MOBILE }));
    assert_eq!(asks(&sent), (prefix, HandoffIndicator::UNKNOWN, none), "B18");
    signal(&mut bench, CMD, maar(MAGS[0]), &answer(&sent, |_| {}));
    assert_eq!(later(&mut bench, SECOND * 400), []);
}

#[test]
fn b15_a_mag_ignores_a_pba_to_no_pbu_of_its() {
    let mut bench = mag();
    let sent = solicit(&mut bench);
    let number = answer(&sent, |pba| pba.seq = pba.seq.wrapping_add(1));
    let other = MobilityOption::MnIdentifier(MnIdentifier::nai("mn2@example.org"));
    let mobile = answer(&sent, |pba| pba.options[0] = other);
    // RFC 5213 §5.5 (7): of a PBU of the same number that another life of this MAG had sent.
    let time = answer(&sent, |pba| {
        for option in &mut pba.options {
            if let MobilityOption::Timestamp(sent) = option {
                sent.0 -= 1;
            }
        }
    });
    for message in [number, mobile, time] {
        signal(&mut bench, CMD, maar(MAGS[0]), &message);
    }
    assert_eq!(bench.events, vec![Event::Ignored { src: CMD, why: Ignored::Unasked }; 3]);
    assert_eq!(bench.others, []);
    assert_eq!(later(&mut bench, SECOND).len(), 1, "it is asked again");
}

#[test]
fn b21_a_mag_advertises_nothing_to_whom_it_was_refused_and_asks_for_another_prefix() {
    let mut bench = mag();
    let sent = solicit(&mut bench);
    // What is ordered is not carried out yet, so the advertisement waits.
    let accepted = answer(&sent, |_| {});
    bench.signal(CMD, maar(MAGS[0]), &accepted);
    let sent = later(&mut bench, SECOND * 225);
    let refused = answer(&sent, |pba| pba.status = Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX);
    signal(&mut bench, CMD, maar(MAGS[0]), &refused);
    let advertised = |output: &Output| matches!(output, Output::Advertise(_));
    assert!(!bench.others.iter().any(advertised), "B21: {:?}", bench.others);
    let sent = later(&mut bench, SECOND);
    assert_eq!(asks(&sent).0, Ipv6Net::default(), "B14");
    let refused = answer(&sent, |pba| pba.status = Status::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX);
    signal(&mut bench, CMD, maar(MAGS[0]), &refused);
    assert_eq!(bench.node.load(), (0, 0), "there is nothing else to ask for");
}

/// RFC 5213 §6.9.1.2 (7) to (9), and (11): what each rejection of a refresh leads to, and when.
#[test]
fn b21_a_mag_that_is_refused_asks_again_where_that_is_not_the_last_word() {
    let cases: [(Status, &[u128], bool); 5] = [
        // When the queue has its next turn.
        (Status::TIMESTAMP_LOWER_THAN_PREV_ACCEPTED, &[10], true),
        (Status::TIMESTAMP_MISMATCH, &[32_000], true),
        (Status::INSUFFICIENT_RESOURCES, &[32_000], true),
        (Status::PROXY_REG_NOT_ENABLED, &[], true),
        (Status::MAG_NOT_AUTHORIZED_FOR_PROXY_REG, &[], false),
    ];
    for (status, expected, is_known) in cases {
        let mut bench = mag();
        let sent = solicit(&mut bench);
        signal(&mut bench, CMD, maar(MAGS[0]), &answer(&sent, |_| {}));
        let sent = later(&mut bench, SECOND * 225);
        signal(&mut bench, CMD, maar(MAGS[0]), &answer(&sent, |pba| pba.status = status));
        assert_eq!(ordered(&bench).len(), 8, "{status}: what was there is taken away");
        let again: Vec<u128> = bench.pass(SECOND * 32).into_iter().map(|(at, ..)| at).collect();
        assert_eq!(
            (again.get(..1).unwrap_or(&[]), bench.node.load().0),
            (expected, usize::from(is_known)),
            "{status}"
        );
    }
}

/// B11, RFC 5213 §6.9.1.2 (6): option values that are not those of the PBU. Neither time nor the mobile node is an administrator.
#[test]
fn b11_a_mag_ignores_a_pba_that_does_not_echo_its_pbu_and_asks_no_more() {
    use MobilityOption as O;
    let others = [
        O::HandoffIndicator(HandoffIndicator::NEW_INTERFACE),
        O::AccessTechnology(AccessTechnology::PPP),
        O::MnLinkLayerIdentifier([2, 0, 0, 0, 0, 9].into()),
        O::MnIdentifier(MnIdentifier::nai("mn2@example.org")),
    ];
    for other in others {
        // As one more at the end, where the option of the same kind before it is right.
        let changed = |sent: &Sent| answer(sent, |pba| pba.options.push(other.clone()));
        let mut bench = mag();
        let sent = solicit(&mut bench);
        signal(&mut bench, CMD, maar(MAGS[0]), &changed(&sent));
        assert_eq!(bench.events, [Event::Ignored { src: CMD, why: Ignored::Mismatch }], "{other:?}");
        assert_eq!((later(&mut bench, SECOND * 500), &bench.others), (vec![], &vec![]), "{other:?}");
        assert_eq!(solicit(&mut bench), [], "{other:?}");
        assert_eq!(signal(&mut bench, CMD, maar(MAGS[0]), &answer(&sent, |_| {})), []);
        assert_eq!(bench.others, [], "it is too late for the right one");
        run(&mut bench, Input::Link(LinkEvent::Detached { mobile: MOBILE }));
        let sent = solicit(&mut bench);
        assert_eq!(asks(&sent).0, Ipv6Net::default(), "that it comes anew is another matter");

        // What was granted before lasts as long as it was granted for.
        signal(&mut bench, CMD, maar(MAGS[0]), &answer(&sent, |_| {}));
        let made = ordered(&bench).len();
        let sent = later(&mut bench, SECOND * 225);
        signal(&mut bench, CMD, maar(MAGS[0]), &changed(&sent));
        assert_eq!((later(&mut bench, SECOND * 74), ordered(&bench).len()), (vec![], made), "{other:?}");
        assert_eq!((later(&mut bench, SECOND * 500), ordered(&bench).len()), (vec![], 2 * made), "{other:?}");

        // Of one that leaves nothing stays.
        run(&mut bench, Input::Link(LinkEvent::Detached { mobile: MOBILE }));
        let sent = solicit(&mut bench);
        signal(&mut bench, CMD, maar(MAGS[0]), &answer(&sent, |_| {}));
        bench.now = bench.now + SECOND;
        let sent = run(&mut bench, Input::Link(LinkEvent::Detached { mobile: MOBILE }));
        signal(&mut bench, CMD, maar(MAGS[0]), &changed(&sent));
        assert_eq!((later(&mut bench, SECOND * 500), bench.node.load()), (vec![], (0, 0)), "{other:?}");
    }
}

#[test]
fn a_handoff_between_mags_keeps_the_prefix_and_moves_the_tunnel() {
    let mut bench = lma();
    let pbu = Message::Pbu(mag_pbu(&bench, 1));
    let first = signal(&mut bench, maar(MAGS[0]), CMD, &pbu);
    bench.now = bench.now + SECOND;
    let pbu = Message::Pbu(mag_pbu(&bench, 1));
    let second = signal(&mut bench, maar(MAGS[1]), CMD, &pbu);
    let prefix = prefix_in(&pba_of(&first[0].1).options);
    assert_eq!(prefix_in(&pba_of(&second[0].1).options), prefix, "B20");
    let route = |n: u16| Entry::TunnelRoute { prefix, remote: maar(n) };
    assert!(ordered(&bench).contains(&Op::Ensure(route(MAGS[1]))));
    assert!(ordered(&bench).contains(&Op::Remove(route(MAGS[0]))));
    bench.now = bench.now + SECOND;
    let late = Message::Pbu(Pbu { lifetime: Lifetime::ZERO, ..mag_pbu(&bench, 2) });
    assert_eq!(signal(&mut bench, maar(MAGS[0]), CMD, &late), [], "B9: from the old MAG, ignored");
}

#[test]
fn b6_an_lma_checks_in_the_order_of_rfc_5213() {
    use Status as S;
    let foreign = MobilityOption::HomeNetworkPrefix("2001:db8:1::/64".parse().unwrap());
    let cases: [(u16, &[u8], Option<MobilityOption>, Status); 6] = [
        (99, &[8, 22, 23, 24], None, S::MISSING_MN_IDENTIFIER_OPTION),
        (99, &[22, 23, 24], None, S::MAG_NOT_AUTHORIZED_FOR_PROXY_REG),
        (MAGS[0], &[22, 23, 24], None, S::MISSING_HOME_NETWORK_PREFIX_OPTION),
        (MAGS[0], &[23, 24], None, S::MISSING_HANDOFF_INDICATOR_OPTION),
        (MAGS[0], &[24], None, S::MISSING_ACCESS_TECH_TYPE_OPTION),
        (MAGS[0], &[22], Some(foreign), S::NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX),
    ];
    for (from, lacks, more, status) in cases {
        let mut bench = lma();
        let mut pbu = mag_pbu(&bench, 1);
        pbu.options.retain(|option| !lacks.contains(&option.kind()));
        pbu.options.extend(more);
        let sent = signal(&mut bench, maar(from), CMD, &Message::Pbu(pbu));
        assert_eq!(pba_of(&sent[0].1).status, status);
        assert_eq!(bench.node.bindings(), 0, "{status}");
    }
}

#[test]
fn a3_a_cmd_serves_mags_where_it_is_configured_to() {
    let maars = vec![MaarPeer { address: maar(1), pools: vec![pool(1)] }];
    let cmd = || Cmd::new(CmdConfig::new(CMD, maars.clone()));
    let mut alone = Bench::new(cmd());
    let pbu = Message::Pbu(mag_pbu(&alone, 1));
    let sent = signal(&mut alone, maar(MAGS[0]), CMD, &pbu);
    assert_eq!(pba_of(&sent[0].1).status, Status::ADMINISTRATIVELY_PROHIBITED);

    let mut mixed = Bench::new(MixedCmd::new(cmd(), Lma::new(lma_config())));
    let sent = signal(&mut mixed, maar(MAGS[0]), CMD, &pbu);
    let Pba { status, flags, .. } = *pba_of(&sent[0].1);
    assert_eq!((status, flags), (Status::ACCEPTED, PbaFlags::P), "as an LMA would");
    let sent = signal(&mut mixed, maar(1), CMD, &Message::Pbu(attach_pbu(1, 1, START)));
    let Pba { status, flags, .. } = *pba_of(&sent[0].1);
    assert_eq!((status, flags), (Status::ACCEPTED, PbaFlags::P | PbaFlags::D), "as a CMD does");
    assert_eq!((mixed.node.cmd.bindings(), mixed.node.lma.bindings()), (1, 1));
    mixed.pass(SECOND * 400);
    assert_eq!((mixed.node.cmd.bindings(), mixed.node.lma.bindings()), (0, 0));
}
