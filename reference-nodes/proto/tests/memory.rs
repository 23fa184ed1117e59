//! What a CMD takes for a mobile node that has been at four MAARs.

mod support;

use std::time::Duration;

use dmm_codec::{Message, MnIdentifier, MobilityOption, Pbu};
use dmm_proto::cmd::MaarPeer;
use dmm_proto::{Cmd, CmdConfig, Pacing};
use ipnet::Ipv6Net;
use support::{Bench, CMD, accept, attach_pbu, maar, pbu_of, pool};

const MOBILES: u16 = 1000;

/// A PBU of another mobile node than `mn1`: its name, its prefix.
fn pbu(bench: &Bench<Cmd>, n: u16, mobile: u16) -> Pbu {
    let mut pbu = attach_pbu(n, 1, bench.now);
    for option in &mut pbu.options {
        match option {
            MobilityOption::MnIdentifier(mn) => {
                *mn = MnIdentifier::nai(&format!("mn{mobile:05}@example.org"));
            }
            MobilityOption::HomeNetworkPrefix(prefix) => {
                let bits = pool(n).network().to_bits() | (u128::from(mobile) << 64);
                *prefix = Ipv6Net::new_assert(bits.into(), 64);
            }
            _ => {}
        }
    }
    pbu
}

/// Has every mobile node come to one MAAR after the other; P-MAARs answer as the reference MAAR does, with their DLIF.
fn roam(bench: &mut Bench<Cmd>) {
    for n in 1..=4 {
        for mobile in 0..MOBILES {
            come(bench, n, mobile);
        }
    }
    // What was sent within the last second is remembered for that long (R3.6.5), and cleared away with what is sent next.
    bench.pass(Duration::from_secs(10));
    come(bench, 3, 0);
    bench.events = Vec::new();
}

fn come(bench: &mut Bench<Cmd>, n: u16, mobile: u16) {
    bench.now = bench.now + Duration::from_millis(1);
    let message = Message::Pbu(pbu(bench, n, mobile));
    let sent = bench.signal(maar(n), CMD, &message);
    for (p_maar, message) in sent.iter().filter(|(_, message)| matches!(message, Message::Pbu(_))) {
        let dlif = [
            MobilityOption::DlifLinkLocal("fe80::5eff:fe10:1".parse().expect("it is an address")),
            MobilityOption::DlifLinkLayer([2, 0, 0x5e, 0x10, 0, 1].into()),
        ];
        bench.signal(*p_maar, CMD, &accept(pbu_of(message), &dlif));
    }
}

#[test]
fn a_binding_with_three_p_maars_takes_a_bounded_memory() {
    let maars = (1..=4).map(|n| MaarPeer { address: maar(n), pools: vec![pool(n)] }).collect();
    let pacing = Pacing { rate: 1_000_000, burst: 1_000_000 };
    let mut bench = Bench::new(Cmd::new(CmdConfig { pacing, ..CmdConfig::new(CMD, maars) }));
    let taken = allocation_counter::measure(|| roam(&mut bench));
    assert_eq!(bench.node.load().prefixes, usize::from(MOBILES) * 4);
    assert_eq!(bench.node.load().updates, 0);
    let each = taken.bytes_current / i64::from(MOBILES);
    println!("{each} octets a binding with three P-MAARs");
    assert!(each < 600, "{each} octets a binding");
}
