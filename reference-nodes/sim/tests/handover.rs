//! The figures of RFC 8885 in virtual time: what the mobile node, the nodes and the wire show.

mod support;

use std::time::Duration;

use dmm_codec::packet::{Ethernet, IPV6_IN_IPV6, Ipv6, MOBILITY_HEADER, UDP};
use dmm_codec::{Message, MobilityOption};
use dmm_sim::domain::{CMD, CORRESPONDENT, DomainConfig, local_network, maar_address, pool};
use dmm_sim::{Domain, Fate, Profile, Tapped};
use support::ladder;

const SECOND: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(20);

/// A mobile node at MAAR1 with a flow, which then visits the others in this order, a second each.
fn journey(config: &DomainConfig, visits: &[u16]) -> Domain {
    let mut domain = Domain::new(config);
    for &maar in visits {
        domain.attach(1, maar);
        domain.run_for(SECOND);
        domain.start_flow(1, EVERY).expect("an address within a second");
        domain.run_for(SECOND);
    }
    domain.run_for(SECOND);
    domain
}

fn packets(frames: &[Tapped]) -> impl Iterator<Item = Ipv6<'_>> {
    frames.iter().filter_map(|tapped| Ipv6::parse(Ethernet::parse(&tapped.frame)?.payload))
}

#[test]
fn figures_1_and_2_a_mobile_node_attaches_and_moves_twice() {
    insta::assert_snapshot!(ladder(&journey(&DomainConfig::default(), &[1, 2, 3])));
}

#[test]
fn a29_a_mobile_node_that_comes_back_gets_its_prefix_and_no_tunnel_to_itself() {
    let domain = journey(&DomainConfig::default(), &[1, 2, 1]);
    insta::assert_snapshot!(ladder(&domain));
    let first = domain.flows(1)[0].src;
    assert!(pool(1).contains(&first));
    let preferred = domain.mobile(1).preferred_address(domain.now());
    assert_eq!(preferred, Some(first), "its first address is the preferred one again");
}

#[test]
fn r3_7_9_flows_go_on_after_each_move() {
    let domain = journey(&DomainConfig::default(), &[1, 2, 3, 1, 2]);
    let flows = domain.flows(1);
    for (number, flow) in flows.iter().enumerate() {
        let lost = flow.sent - flow.echoed;
        assert!(
            flow.last_echo.is_some_and(|at| domain.now().since(at) < EVERY * 3),
            "flow {number}: {flow:?}"
        );
        // Each move costs the gap and a round of signalling: 30 ms and some 15 ms.
        assert!(lost <= 5 * 4, "flow {number} lost {lost}: {flow:?}");
        assert!(flow.longest_silence < Duration::from_millis(120), "flow {number}: {flow:?}");
    }
    let sources: Vec<bool> =
        flows.iter().zip([1, 2, 3, 1, 2]).map(|(f, n)| pool(n).contains(&f.src)).collect();
    assert_eq!(sources, [true; 5], "R3.7.8: each new flow starts from the serving MAAR's prefix");
}

#[test]
fn r3_2_13_user_packets_of_earlier_prefixes_are_tunnelled_between_maars_only() {
    let domain = journey(&DomainConfig::default(), &[1, 2]);
    let (mut tunnelled, mut plain) = (0, 0);
    for packet in packets(domain.frames()) {
        if let Some(inner) = packet.inner() {
            tunnelled += 1;
            let ends = [packet.src, packet.dst];
            assert!(ends == [maar_address(1), maar_address(2)] || ends == [maar_address(2), maar_address(1)]);
            assert!(
                pool(1).contains(&inner.src) || pool(1).contains(&inner.dst),
                "R3.2.14: the serving MAAR's prefix needs no tunnel"
            );
            assert_ne!(inner.next_header, IPV6_IN_IPV6);
        } else if packet.next_header == UDP {
            plain += 1;
        }
    }
    assert!(tunnelled > 200 && plain > 200, "{tunnelled} tunnelled, {plain} plain");
}

#[test]
fn r1_3_the_cmd_sees_signalling_only() {
    let domain = journey(&DomainConfig::default(), &[1, 2, 3]);
    for packet in packets(domain.frames()).filter(|packet| [packet.src, packet.dst].contains(&CMD)) {
        assert_eq!(packet.next_header, MOBILITY_HEADER);
    }
}

#[test]
fn r3_1_9_at_its_first_maar_nothing_is_tunnelled() {
    let domain = journey(&DomainConfig::default(), &[1]);
    assert_eq!(packets(domain.frames()).filter(|packet| packet.next_header == IPV6_IN_IPV6).count(), 0);
    assert!(domain.flows(1)[0].echoed > 50);
}

#[test]
fn r3_7_router_advertisements_come_from_one_dlif_per_anchor_and_follow_the_mobile_node() {
    use dmm_codec::ndp::RouterAdvertisement;
    let domain = journey(&DomainConfig::default(), &[1, 2]);
    let mut text = String::new();
    let mut routers = Vec::new();
    for tapped in domain.frames() {
        let Some(frame) = Ethernet::parse(&tapped.frame) else { continue };
        let Some(packet) = Ipv6::parse(frame.payload) else { continue };
        let Ipv6 { src, dst, hop_limit, .. } = packet;
        let Ok(ra) = RouterAdvertisement::parse(packet.payload(), src, dst, hop_limit) else { continue };
        let link = &domain.link_names()[tapped.link.0];
        let [prefix] = &ra.prefixes[..] else { panic!("one prefix a DLIF: {ra:?}") };
        let routes: Vec<_> = ra.routes.iter().map(|route| route.prefix).collect();
        assert_eq!(ra.source_mac, Some(frame.src), "R3.7.2: the DLIF's own MAC address");
        routers.push((prefix.prefix, frame.src, packet.src));
        text += &format!("{link}: {} preferred {} valid {}", prefix.prefix, prefix.preferred, prefix.valid);
        text += &format!(", routes {routes:?}\n");
    }
    insta::assert_snapshot!(text);
    let of_pref1: Vec<_> = routers.iter().filter(|(prefix, ..)| pool(1).contains(prefix)).collect();
    assert_eq!(of_pref1.len(), 2, "at MAAR1 and at MAAR2");
    assert_eq!(of_pref1[0], of_pref1[1], "R3.7.3: same MAC and link-local address at both MAARs");
    assert!(
        text.contains(&local_network(1).to_string()),
        "R3.7.13: the local network behind MAAR1 as a route"
    );
}

#[test]
fn every_option_of_rfc_8885_is_on_the_wire() {
    let domain = journey(&DomainConfig::default(), &[1, 2, 3]);
    let mut seen = std::collections::BTreeSet::new();
    for packet in packets(domain.frames()).filter(|packet| packet.next_header == MOBILITY_HEADER) {
        let message = Message::decode(packet.payload(), packet.src, packet.dst).unwrap().message;
        seen.extend(
            message.options().iter().map(MobilityOption::kind).filter(|kind| (65..=70).contains(kind)),
        );
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [65, 66, 67, 68, 69, 70]);
}

#[test]
fn the_same_seed_gives_the_same_octets() {
    let lossy =
        Profile { jitter: Duration::from_millis(3), loss_per_mille: 50, ..DomainConfig::default().core };
    let config = |seed| DomainConfig { seed, core: lossy, ..DomainConfig::default() };
    let [a, b, c] = [7, 7, 8].map(|seed| journey(&config(seed), &[1, 2, 3]).frames().to_vec());
    assert_eq!(a, b);
    assert_ne!(a, c);
}

#[test]
fn lost_signalling_is_mended_by_retransmission() {
    for seed in 1..=40 {
        let core = Profile { loss_per_mille: 200, ..DomainConfig::default().core };
        let mut domain = Domain::new(&DomainConfig { seed, core, ..DomainConfig::default() });
        for maar in [1, 2, 3] {
            domain.attach(1, maar);
            domain.run_for(SECOND * 40);
        }
        // A PBA that comes after the aggregation time-out answers no outstanding PBU, so nobody sends it again if it is
        // lost; the refresh at three quarters of the lifetime mends that.
        domain.run_for(SECOND * 260);
        let src = domain.start_flow(1, EVERY).expect("an address");
        assert!(pool(3).contains(&src), "seed {seed}: {src}");
        let state = domain.maar(3).plane();
        let tunnels =
            state.iter().filter(|entry| matches!(entry, dmm_dataplane::Entry::Tunnel { .. })).count();
        assert_eq!(tunnels, 2, "seed {seed}: MAAR3 knows both P-MAARs\n{:#?}", domain.events());
    }
}

#[test]
fn a_session_that_ends_leaves_nothing_behind() {
    let mut domain = journey(&DomainConfig::default(), &[1, 2, 3]);
    domain.detach(1);
    domain.run_for(Duration::from_secs(360));
    for maar in 1..=3 {
        assert_eq!(domain.maar(maar).plane().len(), 0, "maar{maar}\n{:#?}", domain.events());
    }
    assert_eq!(domain.cmd().node.bindings(), 0);
    assert_eq!(domain.frames().iter().filter(|tapped| tapped.fate == Fate::Lost).count(), 0);
}

#[test]
fn a_binding_is_refreshed_as_long_as_the_mobile_node_stays() {
    let mut domain = Domain::new(&DomainConfig::default());
    domain.attach(1, 1);
    domain.run_for(SECOND);
    domain.start_flow(1, SECOND);
    domain.attach(1, 2);
    domain.run_for(Duration::from_secs(3000));
    assert_eq!(domain.cmd().node.bindings(), 1);
    let flow = &domain.flows(1)[0];
    assert!(flow.last_echo.is_some_and(|at| domain.now().since(at) < SECOND * 2), "{flow:?}");
    assert_eq!(flow.dst, CORRESPONDENT);
}
