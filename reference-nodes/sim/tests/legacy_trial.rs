//! Random domains of an LMA and MAGs against the model, and that the model sees what is wrong.

use std::time::Duration;

use dmm_codec::packet::{Ethernet, Ipv6};
use dmm_codec::{HandoffIndicator, Message, MobilityOption};
use dmm_dataplane::{Entry, Op};
use dmm_proto::Output;
use dmm_proto::exchange::{receive, send};
use dmm_sim::domain::{DomainConfig, Kind, LMA, lma_pool};
use dmm_sim::trial::{Scenario, Trial};
use dmm_sim::{Domain, Fault};
use ipnet::Ipv6Net;

fn trial(seed: u64, keep_frames: bool) -> Trial {
    Trial::of(Scenario::of_kind(Kind::Legacy, seed), keep_frames)
}

/// Seeds that failed once, and what was mended for them.
const ONCE_FAILED: &[(u64, &str)] = &[
    (12, "what a MAG sent when its link went down was counted as sent by the next one"),
    (4995, "a MAG took the answer to a PBU of its life before, of the same number, for its own"),
    (8715, "likewise"),
    (501_601, "the answer to a refresh that left before a de-registration came was taken for the last word"),
    (17795, "two refreshes, a second apart, are no queue that does not drain"),
];

#[test]
fn seeds_that_failed_once_do_so_no_more() {
    for (seed, what) in ONCE_FAILED {
        assert_eq!(trial(*seed, false).run().failure, None, "seed {seed}: {what}");
    }
}

/// `dmm sim run --domain legacy --seeds N` runs as many as one likes.
#[test]
fn a_hundred_random_domains_of_rfc_5213_keep_every_promise() {
    let mut failed = Vec::new();
    for seed in 0..100 {
        if let Some(failure) = trial(seed, false).run().failure {
            failed.push(format!("seed {seed}: {failure}"));
        }
    }
    assert!(failed.is_empty(), "{} of 100\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn a_seed_replays_to_the_octet() {
    let [mut one, mut other] = [0, 1].map(|_| trial(5, true));
    assert_eq!(one.run(), other.run());
    assert!(!one.frames().is_empty());
    assert_eq!(one.frames(), other.frames());
}

/// That what is promised is durable is something that a trial sees.
#[test]
fn a_disk_that_has_not_written_what_it_says_is_found_out() {
    let found = (0..60).filter(|seed| {
        let mut trial = trial(*seed, false);
        let lies = trial.domain_mut().with_disk(None, |disk, _| disk.lie()).is_some();
        let failure = trial.run().failure.filter(|_| lies);
        failure.is_some_and(|failure| failure.what.contains("the LMA has forgotten"))
    });
    assert!(found.count() > 3);
}

/// Each fault is put on from outside, and the model says what it is.
#[test]
fn what_is_wrong_with_an_lma_or_a_mag_is_found_out() {
    let cases: [(&str, bool, Fault, &str); 6] = [
        ("an LMA assigns one prefix to all", false, one_prefix_for_all, "is given 2001:db8:e000::/64, which"),
        ("an LMA never tears down a route", false, no_removal, "when all have left: the LMA still holds"),
        ("an LMA leaves the tunnel where it was", false, no_routes, "no way for"),
        ("a MAG advertises a prefix of before", true, advertises_the_first, "advertises 2001:db8:e000::/64"),
        ("a MAG advertises nothing", true, advertises_nothing, "it was advertised None"),
        ("a MAG does not refresh", true, no_refresh, "PBU(s) to get answered"),
    ];
    for (what, mags, fault, expected) in cases {
        let failures: Vec<String> = (0..12)
            .filter_map(|seed| {
                let mut trial = trial(seed, false);
                trial.domain_mut().spoil_legacy(mags, fault);
                trial.run().failure.map(|failure| failure.what)
            })
            .collect();
        assert!(failures.iter().any(|failure| failure.contains(expected)), "{what}: {failures:#?}");
    }
}

fn first() -> Ipv6Net {
    Ipv6Net::new_assert(lma_pool().network(), 64)
}

#[expect(clippy::unnecessary_wraps, reason = "other faults drop what leaves")]
fn one_prefix_for_all(output: Output) -> Option<Output> {
    let Output::Signal { src, dst, ref octets } = output else { return Some(output) };
    let mut message = receive(src, dst, octets).expect("a node sends what can be read");
    if let Message::Pba(pba) = &mut message {
        for option in &mut pba.options {
            if let MobilityOption::HomeNetworkPrefix(prefix) = option {
                *prefix = first();
            }
        }
    }
    Some(send(src, dst, &message))
}

fn no_removal(output: Output) -> Option<Output> {
    Some(output).filter(|output| !matches!(output, Output::Forwarding { op: Op::Remove(_), .. }))
}

fn no_routes(output: Output) -> Option<Output> {
    let is_route = |op: &Op| matches!(op, Op::Ensure(Entry::TunnelRoute { .. }));
    Some(output).filter(|output| !matches!(output, Output::Forwarding { op, .. } if is_route(op)))
}

#[expect(clippy::unnecessary_wraps, reason = "other faults drop what leaves")]
fn advertises_the_first(output: Output) -> Option<Output> {
    let Output::Advertise(mut ra) = output else { return Some(output) };
    for information in &mut ra.advertisement.prefixes {
        information.prefix = first();
    }
    Some(Output::Advertise(ra))
}

fn advertises_nothing(output: Output) -> Option<Output> {
    Some(output).filter(|output| !matches!(output, Output::Advertise(_)))
}

fn no_refresh(output: Output) -> Option<Output> {
    let Output::Signal { src, dst, ref octets } = output else { return Some(output) };
    let message = receive(src, dst, octets).expect("a node sends what can be read");
    let not_changed = MobilityOption::HandoffIndicator(HandoffIndicator::NOT_CHANGED);
    let is_refresh = matches!(message, Message::Pbu(ref pbu) if pbu.options.contains(&not_changed));
    Some(output).filter(|_| !is_refresh)
}

/// RFC 5213 §1: what the correspondent sends goes through the LMA to whichever MAG the mobile node is at.
#[test]
fn a_flow_goes_on_over_handovers_through_the_lma() {
    let mut domain = Domain::new(&DomainConfig { kind: Kind::Legacy, ..DomainConfig::default() });
    domain.attach(1, 1);
    domain.run_for(Duration::from_secs(1));
    let src = domain.start_flow(1, Duration::from_millis(20)).expect("an address within a second");
    assert!(lma_pool().contains(&src));
    for mag in [2, 3, 1] {
        domain.attach(1, mag);
        domain.run_for(Duration::from_secs(1));
        assert_eq!(
            domain.mobile(1).preferred_address(domain.now()),
            Some(src),
            "B20: it has the same at mag{mag}"
        );
    }
    let flow = &domain.flows(1)[0];
    assert!(flow.last_echo.is_some_and(|at| domain.now().since(at) < Duration::from_millis(60)), "{flow:?}");
    assert!(flow.longest_silence < Duration::from_millis(150), "{flow:?}");
    let through =
        domain.frames().iter().filter_map(|tapped| Ipv6::parse(Ethernet::parse(&tapped.frame)?.payload));
    assert!(through.filter(|packet| packet.dst == LMA && packet.inner().is_some()).count() > 100);
}
