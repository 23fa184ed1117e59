//! The figures of RFC 8885 as message sequences, with the CMD in each of its roles and 0, 1, 2 and 20 P-MAARs; and that the
//! flows which the figures draw go on.

mod support;

use std::time::Duration;

use dmm_codec::ndp::RouterAdvertisement;
use dmm_codec::packet::{Ethernet, Ipv6};
use dmm_proto::{Deregistration, Plan};
use dmm_sim::Domain;
use dmm_sim::domain::{DomainConfig, maar_address, pool};
use support::ladder;

const SECOND: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(50);

/// A mobile node that visits these MAARs, a second each, and starts a flow at each.
fn journey(config: &DomainConfig, visits: impl IntoIterator<Item = u16>) -> Domain {
    let mut domain = Domain::new(config);
    for maar in visits {
        domain.attach(1, maar);
        domain.run_for(SECOND);
        domain.start_flow(1, EVERY).expect("an address within a second");
        domain.run_for(SECOND);
    }
    domain
}

fn config(plan: Plan, maars: u16) -> DomainConfig {
    DomainConfig { plan, maars, max_p_maars: 20, ..DomainConfig::default() }
}

/// What was said at the last of so many MAARs: figure 1 with one, figures 2 to 4 with two.
fn last_attachment(plan: Plan, maars: u16) -> String {
    let before = ladder(&journey(&config(plan, maars), 1..maars)).lines().count();
    let all = ladder(&journey(&config(plan, maars), 1..=maars));
    all.lines().skip(before).fold(String::new(), |text, line| text + line + "\n")
}

fn sequences(plan: Plan) -> String {
    let mut text = String::new();
    for p_maars in [0, 1, 2, 20] {
        text += &format!("{p_maars} P-MAARs\n");
        text += &last_attachment(plan, p_maars + 1);
    }
    text
}

#[test]
fn figures_1_and_2_with_the_cmd_as_relay() {
    insta::assert_snapshot!(sequences(Plan::RELAY));
}

#[test]
fn figures_1_and_3_with_the_cmd_as_locator() {
    insta::assert_snapshot!(sequences(Plan::LOCATOR));
}

#[test]
fn figures_1_and_4_with_the_cmd_as_proxy() {
    insta::assert_snapshot!(sequences(Plan::PROXY));
}

/// Figures 5 and 6: which routers a mobile node at its third MAAR sees, by their addresses on the link, and which prefix
/// each advertises with which preferred lifetime.
#[test]
fn figures_5_and_6_the_routers_that_a_mobile_node_sees_are_the_same_in_all_modes() {
    let seen = Plan::ALL.map(|plan| {
        let domain = journey(&config(plan, 3), 1..=3);
        let mut text = String::new();
        for tapped in domain.frames() {
            let Some(frame) = Ethernet::parse(&tapped.frame) else { continue };
            let Some(packet) = Ipv6::parse(frame.payload) else { continue };
            let parsed =
                RouterAdvertisement::parse(packet.payload(), packet.src, packet.dst, packet.hop_limit);
            let Ok(ra) = parsed else {
                continue;
            };
            if domain.link_names()[tapped.link.0] != "access3" {
                continue;
            }
            let [prefix] = &ra.prefixes[..] else { panic!("R3.7.6: one prefix a DLIF: {ra:?}") };
            let routes: Vec<String> = ra.routes.iter().map(|route| route.prefix.to_string()).collect();
            text += &format!("{} advertises {}", packet.src, prefix.prefix);
            text += &format!(" preferred {}, routes {}\n", prefix.preferred, routes.join(" "));
        }
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines.dedup();
        lines.join("\n")
    });
    insta::assert_snapshot!(seen[0]);
    assert_eq!(seen[0], seen[1], "R3.3.8");
    assert_eq!(seen[0], seen[2], "R3.4.4");
}

#[test]
fn r3_3_8_flows_go_on_in_every_mode_and_by_both_solutions_of_3_5() {
    for plan in Plan::ALL {
        for deregistration in [Deregistration::SMaarOnly, Deregistration::PMaarsToo] {
            let config = DomainConfig { deregistration, ..config(plan, 3) };
            let domain = journey(&config, [1, 2, 3, 1, 2]);
            for (number, (flow, at)) in domain.flows(1).iter().zip([1, 2, 3, 1, 2]).enumerate() {
                assert!(pool(at).contains(&flow.src), "{plan}, flow {number}: {flow:?}");
                let goes_on = flow.last_echo.is_some_and(|last| domain.now().since(last) < EVERY * 3);
                assert!(goes_on, "{plan}, flow {number}: {flow:?}");
                assert!(flow.longest_silence < SECOND / 4, "{plan}, flow {number}: {flow:?}");
            }
        }
    }
}

/// R3.5.3 and R3.5.4: a prefix outlives the lifetime of its binding as long as its mobile node is somewhere.
#[test]
fn r3_5_4_an_anchored_prefix_lives_as_long_as_its_mobile_node_is_attached() {
    for deregistration in [Deregistration::SMaarOnly, Deregistration::PMaarsToo] {
        let config = DomainConfig { deregistration, ..config(Plan::RELAY, 2) };
        let mut domain = journey(&config, [1, 2]);
        domain.run_for(SECOND * 2000);
        let flow = &domain.flows(1)[0];
        let goes_on = flow.last_echo.is_some_and(|last| domain.now().since(last) < EVERY * 3);
        assert!(goes_on, "{deregistration:?}: {flow:?}");
        domain.detach(1);
        domain.run_for(SECOND * 700);
        for number in 1..=2 {
            let load = domain.maar(number).node().load();
            assert_eq!(
                load,
                dmm_proto::maar::MaarLoad::default(),
                "{deregistration:?}, {}",
                maar_address(number)
            );
        }
        assert_eq!(domain.cmd().node.load(), dmm_proto::cmd::CmdLoad::default(), "{deregistration:?}");
    }
}

/// How long a mobile node's first prefix is silent while it moves, which is what §3.3 and §3.4 are for.
#[test]
fn a_locator_and_a_proxy_interrupt_flows_no_longer_than_a_relay() {
    let [relay, locator, proxy] = Plan::ALL.map(|plan| {
        let mut domain = Domain::new(&config(plan, 2));
        domain.attach(1, 1);
        domain.run_for(SECOND);
        domain.start_flow(1, Duration::from_millis(1));
        domain.run_for(SECOND);
        domain.attach(1, 2);
        domain.run_for(SECOND);
        domain.flows(1)[0].longest_silence
    });
    assert!(locator < relay && proxy <= relay, "relay {relay:?}, locator {locator:?}, proxy {proxy:?}");
}
