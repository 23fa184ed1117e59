//! What the language says beside Mobility Headers: mobile nodes as stations, Neighbor Discovery, any packet, fragments and
//! tunnels, padding of one's own, triggers.

#[allow(dead_code, reason = "the other tests use the rest")]
mod project;
#[allow(dead_code, reason = "the other tests use the rest")]
mod puppet;

use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use dmm_codec::ndp::{
    NeighborAdvertisement, NeighborFlags, Preference, PrefixFlags, PrefixInformation, RouteInformation,
    RouterAdvertisement,
};
use dmm_codec::packet::{Ethernet, Ipv6, link_local};
use dmm_conformance::script::span::Source;
use dmm_conformance::transport::Acted;
use dmm_conformance::{CaseResult, Selection, Suite, Verdict, run};
use pretty_assertions::assert_eq;
use project::{catalogue, profile};
use puppet::{MAC, PuppetBench, Sends};

const HEAD: &str = "dmm: 1\nid: t.1\ntitle: t\nrequirements: [B7]\niut: cmd\ntesters: {maar1: {role: maar}}\nmobiles: [mn1]\n";
const NOTHING: &str = "{expect_none: {to: maar1, msg: pba, for: 1ms}}";

fn advertisement() -> Sends {
    let src = link_local(MAC);
    let prefix = "2001:db8:1::/64".parse().expect("a prefix");
    let route = "2001:db8:f::/48".parse().expect("a prefix");
    let ra = RouterAdvertisement {
        hop_limit: 64,
        router_lifetime: 1800,
        source_mac: Some(MAC),
        prefixes: vec![PrefixInformation {
            prefix,
            flags: PrefixFlags::L | PrefixFlags::A,
            valid: 3600,
            preferred: 0,
        }],
        routes: vec![RouteInformation { prefix: route, preference: Preference::default(), lifetime: 600 }],
        ..RouterAdvertisement::default()
    };
    let na = NeighborAdvertisement {
        flags: NeighborFlags::R | NeighborFlags::O,
        target: src,
        target_mac: Some(MAC),
    };
    let any = Ipv6Addr::UNSPECIFIED;
    Sends::Icmp(vec![(MAC, src, ra.encode(any, any)), (MAC, src, na.encode(any, any))])
}

#[test]
fn a_router_advertisement_is_matched_field_by_field() {
    let expect = |what: &str| {
        let steps = format!("{{expect: {{as: ra, to: mn1, msg: ra, within: 1s, {what}}}}}");
        judged(&steps, PuppetBench::new(advertisement())).verdict
    };
    for (what, verdict) in [
        (
            "match: {router_lifetime: 1800, cur_hop_limit: 64, hop_limit: 255, src_mac: {hex: \"020000000001\"}}",
            Verdict::Pass,
        ),
        ("match: {router_lifetime: 0}", Verdict::Fail),
        ("match: {flags: {clear: [M, O]}}", Verdict::Pass),
        ("match: {dst_mac: $mn1.mac, dst: $mn1.link_local}", Verdict::Pass),
        ("match: {dst_mac: {hex: \"333300000001\"}}", Verdict::Fail),
        (
            "options: {has: [{pio: {prefix: \"2001:db8:1::/64\", preferred: 0, valid: {gt: 0}, flags: {set: [A]}}}]}",
            Verdict::Pass,
        ),
        ("options: {has: [{pio: {preferred: {gt: 0}}}]}", Verdict::Fail),
        (
            "options: {has: [{rio: {prefix: \"2001:db8:f::/48\", lifetime: 600}}], lacks: [link_mtu]}",
            Verdict::Pass,
        ),
        ("options: {lacks: [{rio: {prefix: \"2001:db8:f::/48\"}}]}", Verdict::Fail),
        ("options: {count: {pio: 1, rio: 1, sllao: 1}}", Verdict::Pass),
        ("options: {mode: exact, has: [sllao, pio, rio]}", Verdict::Pass),
        ("options: {mode: exact, has: [pio, sllao, rio]}", Verdict::Fail),
    ] {
        assert_eq!(expect(what), verdict, "{what}");
    }
    let steps = "{expect: {as: ra, to: mn1, msg: ra, within: 1s}},
        {check: {value: $ra.options.pio.valid, match: 3600}}, {check: {value: $ra.options.rio.0.prefix, match: \"2001:db8:f::/48\"}},
        {check: {value: $ra.options.pio.prefix.host, match: \"2001:db8:1::1\"}}, {check: {value: $ra.options.link_mtu, match: {absent: true}}},
        {expect: {to: mn1, msg: na, within: 1s, match: {target: $ra.src, flags: {set: [R, O], clear: [S]}}, options: {has: [{tllao: $ra.src_mac}]}}},
        {expect_none: {to: mn1, msg: icmp6, for: 1s}}";
    let result = judged(steps, PuppetBench::new(advertisement()));
    assert_eq!(result.verdict, Verdict::Pass, "{:#?}", result.findings);
    let names: Vec<_> =
        result.stations.iter().map(|station| (station.name.as_str(), station.role.as_str())).collect();
    assert_eq!(names, [("maar1", "maar"), ("mn1", "mn"), ("ref-cmd", "cmd")]);
}

#[test]
fn what_a_mobile_node_sends_leaves_from_its_own_addresses() {
    let sent = |send: &str| frames(&format!("{{send: {{from: mn1, {send}}}}}, {NOTHING}"));
    let solicited = sent("msg: rs, options: [{sllao: own}]").remove(0);
    let ethernet = Ethernet::parse(&solicited).expect("Ethernet");
    let ip = Ipv6::parse(ethernet.payload).expect("IPv6");
    assert_eq!(
        (ethernet.dst, ip.hop_limit, ip.src),
        ([0x33, 0x33, 0, 0, 0, 2], 255, link_local(ethernet.src))
    );
    let parsed = dmm_codec::ndp::RouterSolicitation::parse(ip.payload(), ip.src, ip.dst, ip.hop_limit);
    assert_eq!(parsed.expect("right").source_mac, Some(ethernet.src));
    let asked = sent("msg: ns, target: \"fe80::7\"").remove(0);
    assert_eq!(asked[..6], [0x33, 0x33, 0xff, 0, 0, 7], "the solicited-node address");
    let wrong = sent("msg: rs, code: 3, options: [{raw: {type: 200, data: \"01\"}}], ip: {hop_limit: 64}, wire: {checksum: {xor: 1}}").remove(0);
    let ip = Ipv6::parse(&wrong[14..]).expect("IPv6");
    assert_eq!((ip.payload()[1], &ip.payload()[8..], ip.hop_limit), (3, &[200, 1, 1, 0, 0, 0, 0, 0][..], 64));
    let echo = sent("msg: icmp6, icmp_type: 128, value: 7, payload: \"aa bb\"").remove(0);
    let ip = Ipv6::parse(&echo[14..]).expect("IPv6");
    assert_eq!((&ip.payload()[..2], &ip.payload()[4..]), (&[128, 0][..], &[0, 0, 0, 7, 0xaa, 0xbb][..]));
}

#[test]
fn any_packet_can_be_sent_in_fragments_and_in_a_tunnel() {
    let raw = "{send: {from: maar1, msg: raw, next_header: 253, payload: \"000102030405060708090a0b0c0d0e0f1011\", IP}}";
    let sent = |ip: &str| frames(&format!("{}, {NOTHING}", raw.replace("IP", ip)));
    let pieces = sent("ip: {fragment: 8}");
    let headers: Vec<_> = pieces
        .iter()
        .map(|frame| (frame[14 + 6], frame[54], u16::from_be_bytes([frame[56], frame[57]]), frame.len() - 62))
        .collect();
    // Next Header, what it is of, offset and M flag, octets.
    assert_eq!(headers, [(44, 253, 1, 8), (44, 253, 9, 8), (44, 253, 16, 2)]);
    let tunnelled = sent(
        "ip: {src: \"2001:db8:5::1\", dst: \"2001:db8:6::1\", dst_mac: \"02 00 00 00 00 42\", tunnel: true}",
    )
    .remove(0);
    let outer = Ipv6::parse(&tunnelled[14..]).expect("IPv6");
    let inner = outer.inner().expect("a tunnel's outer packet");
    assert_eq!(
        (outer.dst, inner.src, inner.next_header),
        ("2001:db8:ff::1".parse().unwrap(), "2001:db8:5::1".parse().unwrap(), 253)
    );
    assert_eq!(tunnelled[..6], [2, 0, 0, 0, 0, 0x42]);
}

#[test]
fn padding_has_the_octets_that_the_script_gives_it() {
    let options = "options: [{mn_id: \"a@b.example\"}, {hnp: \"2001:db8:1::/64\"}, {prev_maar: {maar: \"2001:db8::9\", prefix: \"2001:db8:2::/64\"}}]";
    let frame = frames(&format!("{{send: {{from: maar1, msg: pbu, flags: [A, P, D], {options}, wire: {{padding: \"de ad\"}}}}}}, {NOTHING}")).remove(0);
    let ip = Ipv6::parse(&frame[14..]).expect("IPv6");
    let view = dmm_codec::MessageView::received(ip.payload(), ip.src, ip.dst).expect("rightly summed");
    let padding: Vec<u8> = view
        .options()
        .flatten()
        .filter(dmm_codec::OptionView::is_padding)
        .flat_map(|it| it.body.to_vec())
        .collect();
    assert!(!padding.is_empty() && padding.iter().all(|octet| [0xde, 0xad].contains(octet)), "{padding:x?}");
}

#[test]
fn each_message_of_a_series_is_answered() {
    let steps = "{expect_series: {as: s, to: maar1, msg: pbu, first_within: 1s, count: 3, reply: {msg: pba, flags: [P, D], seq: $req.seq, options: [{mn_id: $req.options.mn_id}]},
        intervals: {list: [1s, 2s], tolerance: {early: 1%, late: 1%, abs: 1ms}}}}";
    let bench = PuppetBench::new(Sends::Pbus([0, 1, 3].map(Duration::from_secs).to_vec()));
    let sent = Arc::clone(&bench.sent);
    let result = judged(steps, bench);
    assert_eq!(result.verdict, Verdict::Pass, "{:#?}", result.findings);
    let seqs: Vec<_> = sent.lock().unwrap().iter().map(|frame| frame[54 + 9]).collect();
    assert_eq!(seqs, [1, 2, 3]);
}

#[test]
fn a_trigger_that_fails_or_takes_too_long_says_nothing_about_the_implementation() {
    let trigger = |trigger: &str, acted: Acted, took: u64| {
        let bench = PuppetBench {
            acts: (acted, Duration::from_secs(took)),
            ..PuppetBench::new(Sends::Pbus(Vec::new()))
        };
        let sent = Arc::clone(&bench.sent);
        let result = judged(&format!("{{trigger: {{{trigger}}}}}, {NOTHING}"), bench);
        let sent = sent.lock().unwrap().len();
        (result.verdict, sent, result.measured)
    };
    let why = || "no".to_string();
    let nothing = Vec::<String>::new;
    let attach = "action: attach, mn: $mn1, timeout: 5s";
    assert_eq!(trigger(attach, Acted::Done, 4), (Verdict::Pass, 0, nothing()));
    assert_eq!(
        trigger(attach, Acted::OnLink, 0),
        (Verdict::Pass, 1, nothing()),
        "the mobile node solicits a router"
    );
    assert_eq!(trigger(attach, Acted::Done, 6), (Verdict::Inconclusive, 0, nothing()));
    assert_eq!(trigger(attach, Acted::Failed { why: why() }, 0), (Verdict::Inconclusive, 0, nothing()));
    assert_eq!(trigger(attach, Acted::Unsupported { why: why() }, 0), (Verdict::NotApplicable, 0, nothing()));
    assert_eq!(trigger("action: handover, mn: $mn1, at: maar1", Acted::Done, 0).0, Verdict::Pass);
    assert_eq!(trigger("action: set-config, config: {lifetime: 40s}", Acted::Done, 0).0, Verdict::Pass);
    let told = trigger("action: dump-state", Acted::Told("3 bindings".to_string()), 0);
    assert_eq!(told, (Verdict::Pass, 0, vec!["3 bindings".to_string()]));
}

/// The frames that a case sends.
fn frames(steps: &str) -> Vec<Vec<u8>> {
    let bench = PuppetBench::new(Sends::Pbus(Vec::new()));
    let sent = Arc::clone(&bench.sent);
    let result = judged(steps, bench);
    assert_eq!(result.verdict, Verdict::Pass, "{steps}: {:#?}", result.findings);
    sent.lock().expect("no test panics with it").clone()
}

fn judged(steps: &str, mut bench: PuppetBench) -> CaseResult {
    let text = format!("{HEAD}steps: [{steps}]\n");
    let source = Arc::new(Source { name: "t.test.yaml".to_string(), text });
    let suite = Suite::parse(&[source], catalogue(), &mut |_| unreachable!("nothing is included"));
    let suite = suite.unwrap_or_else(|errors| panic!("{errors}"));
    let profile = profile();
    let plan = suite.plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
    run(&plan[0], &profile, &mut bench)
}
