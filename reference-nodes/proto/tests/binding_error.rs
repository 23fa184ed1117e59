//! What nodes say to who sends them a message of a type that nobody knows.

mod support;

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Message;
use dmm_codec::message::{BeStatus, BindingError, repair_checksum};
use dmm_proto::legacy::{Lma, LmaConfig, Mag, MagConfig};
use dmm_proto::{Cmd, CmdConfig, Input, Maar, MaarConfig, MaarPeer, Node};
use pretty_assertions::assert_eq;
use support::{Bench, CMD, maar, pool};

/// A Mobility Header of a type that no registry has.
fn unknown(src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let mut octets = vec![59, 0, 250, 0, 0, 0, 0, 0];
    repair_checksum(&mut octets, src, dst);
    octets
}

fn nodes() -> Vec<(Box<dyn Node>, Ipv6Addr)> {
    let peers: Vec<_> = (1..=2).map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).collect();
    vec![
        (Box::new(Cmd::new(CmdConfig::new(CMD, peers))), CMD),
        (Box::new(Maar::new(MaarConfig::new(maar(1), CMD, pool(1)))), maar(1)),
        (Box::new(Lma::new(LmaConfig::new(CMD, [maar(0x51)].into(), pool(9)))), CMD),
        (Box::new(Mag::new(MagConfig::new(maar(0x51), CMD))), maar(0x51)),
    ]
}

#[test]
fn b2_a_message_of_an_unknown_type_is_answered_with_a_binding_error() {
    for (node, own) in nodes() {
        let mut bench = Bench::new(node);
        let mut says = |src: Ipv6Addr, dst, octets: &[u8]| bench.input(Input::Signal { src, dst, octets });
        let error = BindingError {
            status: BeStatus::UNKNOWN_MH_TYPE,
            home_address: Ipv6Addr::UNSPECIFIED,
            options: Vec::new(),
        };
        assert_eq!(says(maar(7), own, &unknown(maar(7), own)), [(maar(7), Message::BindingError(error))]);
        let mut wrong = unknown(maar(7), own);
        wrong[4] ^= 1;
        assert_eq!(says(maar(7), own, &wrong), [], "B1: a wrong checksum is silently discarded");
        for src in ["::", "ff02::1"].map(|text| text.parse().expect("it is an address")) {
            assert_eq!(says(src, own, &unknown(src, own)), [], "it would go to no unicast address");
        }
    }
}

#[test]
fn binding_errors_are_limited_in_rate() {
    for (node, own) in nodes() {
        let mut bench = Bench::new(node);
        let mut sent = 0;
        for _ in 0..1000 {
            bench.now = bench.now + Duration::from_millis(1);
            let octets = unknown(maar(7), own);
            sent += bench.input(Input::Signal { src: maar(7), dst: own, octets: &octets }).len();
        }
        assert_eq!(sent, 10 + 9, "RFC 4443 §2.4 (f): ten at once, ten a second");
    }
}
