//! Reference nodes as processes of `dmm`, on real sockets in network namespaces: a domain in each mode, what is configured is what is
//! on the wire, in the status, in the capture, and what is not in the log.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod documented;
#[allow(dead_code, reason = "the other tests use the rest")]
mod domain;
mod namespaces;

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use dmm::lab::Lab;
use dmm_codec::MnIdentifier;
use dmm_codec::headers::HOP_BY_HOP;
use dmm_codec::icmp::repair_checksum;
use dmm_codec::ndp::{
    ALL_ROUTERS, ND_HOP_LIMIT, NeighborAdvertisement, NeighborFlags, NeighborSolicitation,
    RouterAdvertisement, RouterSolicitation, solicited_node,
};
use dmm_codec::packet::{Ethernet, ICMPV6, Ipv6, Mac, link_local, multicast_mac};
use dmm_node::Role;
use dmm_node::access::Wire;
use dmm_node::admin::{Client, Request, Response};

use documented::{typed, way};
use domain::{DMM, MN, Node, PATIENCE, address, in_a_lab, maar_address, session};
use namespaces::in_namespaces;

const MOBILE: Mac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];

/// A mobile node's end of an access link.
struct Mobile(Wire);

impl Mobile {
    fn open(interface: &str) -> Self {
        Self(Wire::open(interface, Some(PATIENCE)).unwrap())
    }

    fn send(&mut self, dst: Ipv6Addr, octets: &[u8]) {
        let packet = Ipv6::packet(link_local(MOBILE), dst, ICMPV6, ND_HOP_LIMIT, octets);
        self.0.send(&Ethernet::frame(MOBILE, multicast_mac(dst), &packet)).unwrap();
    }

    /// Solicits a router (RFC 4861 §6.3.7), as a host does that has just come.
    fn solicit(&mut self) {
        let octets = RouterSolicitation { source_mac: Some(MOBILE) }.encode(link_local(MOBILE), ALL_ROUTERS);
        self.send(ALL_ROUTERS, &octets);
    }

    /// Says that it listens to no group, behind a Router Alert option (RFC 3810 §5.2): all that Linux says when its carrier is back.
    fn reports_groups(&mut self) {
        let (src, dst) = (link_local(MOBILE), "ff02::16".parse().unwrap());
        let mut report = [143, 0, 0, 0, 0, 0, 0, 0];
        repair_checksum(&mut report, src, dst);
        let payload = [&[ICMPV6, 0, 5, 2, 0, 0, 1, 0][..], &report].concat();
        let packet = Ipv6::packet(src, dst, HOP_BY_HOP, 1, &payload);
        self.0.send(&Ethernet::frame(MOBILE, multicast_mac(dst), &packet)).unwrap();
    }

    /// Waits for a packet of ICMPv6 that can be read so: who sent it on the link, from which address, and what.
    fn hears<T>(&mut self, read: impl Fn(&[u8], Ipv6Addr, Ipv6Addr, u8) -> Option<T>) -> (Mac, Ipv6Addr, T) {
        loop {
            let frame = Ethernet::parse(self.0.receive().unwrap()).unwrap();
            let Some(packet) = Ipv6::parse(frame.payload).filter(|packet| packet.next_header == ICMPV6)
            else {
                continue;
            };
            if let Some(said) = read(packet.payload(), packet.src, packet.dst, packet.hop_limit) {
                assert_eq!(frame.dst, MOBILE, "unicast on the link (RFC 6085)");
                return (frame.src, packet.src, said);
            }
        }
    }

    /// Waits until each of these prefixes was advertised, and returns whether as preferred (RFC 8885 §3.7, R3.7.7).
    fn advertised(&mut self, prefixes: &[String]) -> BTreeMap<String, bool> {
        let mut preferred = BTreeMap::new();
        while !prefixes.iter().all(|prefix| preferred.contains_key(prefix)) {
            let read = |octets: &[u8], src, dst, hop| RouterAdvertisement::parse(octets, src, dst, hop).ok();
            let (mac, src, advertisement) = self.hears(read);
            assert_eq!(
                (advertisement.source_mac, link_local(mac)),
                (Some(mac), src),
                "a DLIF's own addresses"
            );
            assert!(advertisement.router_lifetime > 0);
            assert_ne!(advertisement.routes, [], "what only this anchor reaches");
            for information in advertisement.prefixes {
                preferred.insert(information.prefix.to_string(), information.preferred > 0);
            }
        }
        preferred
    }
}

/// A CMD and three MAARs, a mobile node that comes to the first by a Router Solicitation, moves to the second by another,
/// and to the third by the admin socket.
fn a_journey(lab: &Lab, mode: &str) {
    let folder = PathBuf::from(format!("/run/dmm-{mode}"));
    fs::create_dir(&folder).unwrap();
    let mode_is = |text: &str| text.replace("mode: relay", &format!("mode: {mode}"));
    let third = "\n  - address: 2001:db8:c0::3\n    pools: [\"2001:db8:a003::/48\"]\n";
    let with_third = |text: &str, last: &str| text.replace(last, &format!("{}{third}", last.trim_end()));

    lab.host("cmd", address(0xcd)).unwrap();
    let cmd = with_third(&mode_is(Role::Cmd.examples()[0]), "    pools: [\"2001:db8:a002::/48\"]\n");
    let cmd = Node::start(lab, &folder, "cmd", Role::Cmd, &cmd);
    let [first, second] = Role::Maar.examples() else { panic!("two examples") };
    let third_maar = first
        .replace("\naddress: 2001:db8:c0::1", "\naddress: 2001:db8:c0::3")
        .replace("\npool: 2001:db8:a001::", "\npool: 2001:db8:a003::")
        .replace("2001:db8:b001::", "2001:db8:b003::")
        .replace("maar1.sock", "maar3.sock")
        .replace("peers:", "peers:\n  - address: 2001:db8:c0::1\n    pools: [\"2001:db8:a001::/48\"]");
    let configs = [
        with_third(first, "    pools: [\"2001:db8:a002::/48\"]\n"),
        with_third(second, "    pools: [\"2001:db8:a001::/48\"]\n"),
        third_maar,
    ];
    let mut maars = Vec::new();
    let mut links = Vec::new();
    for (number, config) in (1..).zip(&configs) {
        let name = format!("maar{number}");
        lab.host(&name, maar_address(number)).unwrap();
        links.push(Mobile::open(&lab.access(&name).unwrap()));
        maars.push(Node::start(lab, &folder, &name, Role::Maar, &mode_is(config)));
    }
    let prefix = |number: u16| format!("2001:db8:a00{number}::/64");

    // RFC 8885 §3.1: it comes.
    links[0].solicit();
    assert_eq!(links[0].advertised(&[prefix(1)]), BTreeMap::from([(prefix(1), true)]));
    assert_eq!(session(&cmd.until(|status| status.session_count == 1)).serving, Some(maar_address(1)));
    the_dlif_answers(&mut links[0], maar_address(1));

    // §3.2 to §3.4: it moves.
    links[1].solicit();
    let both = [prefix(1), prefix(2)];
    assert_eq!(links[1].advertised(&both), BTreeMap::from([(prefix(1), false), (prefix(2), true)]));
    let anchoring = maars[0].until(|status| session(status).state == "anchoring");
    assert_eq!(session(&anchoring).serving, Some(maar_address(2)));

    // The admin socket does what a link does, and `dmm ctl` speaks to it.
    let mut command = Command::new(DMM);
    command.arg("ctl").arg(&maars[1].config).args(["handover", MN]).arg(&maars[2].config);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all = [prefix(1), prefix(2), prefix(3)];
    let expected = BTreeMap::from([(prefix(1), false), (prefix(2), false), (prefix(3), true)]);
    assert_eq!(links[2].advertised(&all), expected);

    let settled = cmd.until(|status| session(status).state == "registered" && status.queue_length == 0);
    assert_eq!(session(&settled).serving, Some(maar_address(3)));
    let anchors: Vec<_> =
        session(&settled).p_maars.iter().map(|p_maar| (p_maar.address, p_maar.prefixes.clone())).collect();
    assert_eq!(anchors, [(maar_address(1), vec![prefix(1)]), (maar_address(2), vec![prefix(2)])]);
    assert_eq!(settled.mode.as_deref(), Some(mode));
    assert_eq!(settled.capabilities, ["CAP_NET_ADMIN", "CAP_NET_RAW"]);
    the_rest_was_given_up(&maars[2]);
    let serving = maars[2].status();
    assert_eq!((session(&serving).state.as_str(), session(&serving).p_maars.len()), ("serving", 2));
    assert!(serving.forwarding.contains("no user traffic"), "{}", serving.forwarding);
    let Response::Dump(dump) = maars[2].ask(&Request::Dump {}) else { panic!("a dump") };
    assert!(dump.plane.iter().any(|entry| entry.starts_with("SourceRoute")), "{:?}", dump.plane);
    assert!(dump.events.iter().any(|event| event.name == "serving" && event.text.contains(MN)));

    // A CMD that has lost its memory hears of the mobile node when it is registered again; here it is told to forget.
    assert_eq!(cmd.ask(&Request::Restart {}), Response::Done {});
    assert_eq!(cmd.status().session_count, 0);

    let (messages, mut log) = cmd.stop();
    the_order_is_that_of_the_mode(mode, &messages);
    for maar in maars {
        let (messages, said) = maar.stop();
        log.extend(said);
        // RFC 8885 §3.3: with a locator, P-MAARs tell the S-MAAR themselves.
        let between = messages.iter().any(|(src, dst, _)| ![*src, *dst].contains(&address(0xcd)));
        assert_eq!(between, mode == "locator", "{messages:?}");
    }
    mobile_nodes_are_not_named(&log);
}

/// CAP_NET_ADMIN (12) and CAP_NET_RAW (13) are what is left, in every thread, and no other can come back.
fn the_rest_was_given_up(node: &Node) {
    let tasks: Vec<_> = fs::read_dir(format!("/proc/{}/task", node.process.id())).unwrap().collect();
    assert_eq!(tasks.len(), 2, "the loop, and who waits for frames");
    for task in tasks {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let sets = status.lines().filter_map(|line| line.strip_prefix("Cap")?.split_once(":\t"));
        let sets: BTreeMap<&str, u64> =
            sets.map(|(name, set)| (name, u64::from_str_radix(set, 16).unwrap())).collect();
        let expected = [("Amb", 0), ("Bnd", 0x3000), ("Eff", 0x3000), ("Inh", 0), ("Prm", 0x3000)];
        assert_eq!(sets, BTreeMap::from(expected), "{status}");
    }
}

/// The DLIF is there for its mobile node (RFC 8885 §3.7).
fn the_dlif_answers(link: &mut Mobile, anchor: Ipv6Addr) {
    let dlif = dmm_proto::maar::DlifAddresses::derive(&MnIdentifier::nai(MN), anchor);
    let dst = solicited_node(dlif.link_local);
    let asked = NeighborSolicitation { target: dlif.link_local, source_mac: Some(MOBILE) };
    link.send(dst, &asked.encode(link_local(MOBILE), dst));
    let read = |octets: &[u8], src, dst, hop| NeighborAdvertisement::parse(octets, src, dst, hop).ok();
    let (mac, src, said) = link.hears(read);
    assert_eq!((mac, src), (dlif.mac, dlif.link_local));
    assert_eq!((said.target, said.target_mac), (dlif.link_local, Some(dlif.mac)));
}

/// What the CMD sends once the mobile node has come to the third MAAR: with a proxy the S-MAAR's answer goes before, with a
/// relay after what P-MAARs are told, with a locator not at all.
fn the_order_is_that_of_the_mode(mode: &str, messages: &[(Ipv6Addr, Ipv6Addr, String)]) {
    let last_pbu = messages.iter().rposition(|(src, _, kind)| *src == maar_address(3) && kind == "pbu");
    let after: Vec<(Ipv6Addr, &str)> = messages[last_pbu.expect("it came there") + 1..]
        .iter()
        .filter(|(src, ..)| *src == address(0xcd))
        .map(|(_, dst, kind)| (*dst, kind.as_str()))
        .collect();
    let (s_maar, p_maars) = ((maar_address(3), "pba"), [(maar_address(1), "pbu"), (maar_address(2), "pbu")]);
    let expected = match mode {
        "proxy" => vec![s_maar, p_maars[0], p_maars[1]],
        "locator" => p_maars.to_vec(),
        _ => vec![p_maars[0], p_maars[1], s_maar],
    };
    assert_eq!(after, expected, "{messages:?}");
}

/// RFC 8885 §6: at INFO, logs say that something happened and not to whom.
fn mobile_nodes_are_not_named(log: &[String]) {
    let all = log.join("\n");
    for said in ["mobile node registered", "handover started", "prefix anchored", "mobile node served"] {
        assert!(all.contains(said), "the log says `{said}`: {all}");
    }
    for secret in ["mn1", "example.org", "5e:10", "5eff:fe10", "2001:db8:a00", "fe80::"] {
        assert!(!all.contains(secret), "`{secret}` is in the log: {all}");
    }
    for line in log {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_ne!(line["level"], "DEBUG");
    }
}

#[test]
fn a_domain_with_a_relay() {
    in_a_lab("a_domain_with_a_relay", |lab| a_journey(lab, "relay"));
}

#[test]
fn a_domain_with_a_locator() {
    in_a_lab("a_domain_with_a_locator", |lab| a_journey(lab, "locator"));
}

#[test]
fn a_domain_with_a_proxy() {
    in_a_lab("a_domain_with_a_proxy", |lab| a_journey(lab, "proxy"));
}

#[test]
fn a_domain_of_rfc_5213() {
    in_a_lab("a_domain_of_rfc_5213", |lab| {
        let folder = PathBuf::from("/run/dmm");
        fs::create_dir(&folder).unwrap();
        lab.host("lma", address(0x1a)).unwrap();
        lab.host("mag", address(0xa)).unwrap();
        let mut link = Mobile::open(&lab.access("mag").unwrap());
        let [lma, mag] = [Role::Lma, Role::Mag]
            .map(|role| Node::start(lab, &folder, role.name(), role, role.examples()[0]));
        link.solicit();
        let read = |octets: &[u8], src, dst, hop| RouterAdvertisement::parse(octets, src, dst, hop).ok();
        let (_, _, advertisement) = link.hears(read);
        assert_eq!(advertisement.prefixes[0].prefix.to_string(), "2001:db8:e000::/64");
        assert_eq!(session(&lma.status()).serving, Some(address(0xa)));
        assert_eq!(session(&mag.status()).state, "serving");
        let gone = Request::Detach { mobile: "02:00:5e:10:00:01".to_owned() };
        assert_eq!(mag.ask(&gone), Response::Done {});
        lma.until(|status| session(status).state == "deregistered");
        mag.until(|status| status.session_count == 0);
        let unknown = Request::Attach { mobile: "nobody@example.org".to_owned(), link_local: None };
        let Response::Error(why) = mag.ask(&unknown) else { panic!("nobody is no subscriber") };
        assert!(why.contains("no subscriber"), "{why}");
        assert!(matches!(lma.ask(&unknown), Response::Error(why) if why.contains("no access link")));
        lma.stop();
        mag.stop();
    });
}

/// Who has left without a word: nobody is on a link without a carrier, nor where nobody answers.
#[test]
fn a_mobile_node_that_left_without_a_word_is_missed() {
    in_a_lab("a_mobile_node_that_left_without_a_word_is_missed", |lab| {
        let folder = PathBuf::from("/run/dmm-missed");
        fs::create_dir(&folder).unwrap();
        lab.host("cmd", address(0xcd)).unwrap();
        let cmd = Node::start(lab, &folder, "cmd", Role::Cmd, Role::Cmd.examples()[0]);
        lab.host("maar1", maar_address(1)).unwrap();
        let end = lab.access("maar1").unwrap();
        let probing = Role::Maar.examples()[0].replace("# probe_after: 30s", "probe_after: 200ms");
        let maar = Node::start(lab, &folder, "maar1", Role::Maar, &probing);
        let mut mobile = Mobile::open(&end);
        mobile.solicit();
        maar.until(|status| status.sessions.iter().any(|session| session.state == "serving"));

        // It is asked by its DLIF; as long as it answers it is there.
        let read = |octets: &[u8], src, dst, hop| NeighborSolicitation::parse(octets, src, dst, hop).ok();
        for _ in 0..2 {
            let (mac, dlif, asked) = mobile.hears(read);
            assert_eq!((asked.target, link_local(mac)), (link_local(MOBILE), dlif));
            let flags = NeighborFlags::S | NeighborFlags::O;
            let answer =
                NeighborAdvertisement { flags, target: link_local(MOBILE), target_mac: Some(MOBILE) };
            mobile.send(dlif, &answer.encode(link_local(MOBILE), dlif));
        }
        assert_eq!(session(&maar.status()).state, "serving");
        maar.until(|status| session(status).state == "away");

        // It is back, and the link is gone from under it.
        mobile.solicit();
        maar.until(|status| session(status).state == "serving");
        lab.carrier(&end, false).unwrap();
        maar.until(|status| session(status).state == "away");
        lab.carrier(&end, true).unwrap();
        let mut mobile = Mobile::open(&end);
        mobile.reports_groups();
        maar.until(|status| session(status).state == "serving");
        // R3.5.2: what is left of the lifetime is the CMD's to know; nobody de-registered.
        let (messages, _) = cmd.stop();
        assert_eq!(messages.len() % 2, 0, "each PBU was answered: {messages:?}");
        maar.stop();
    });
}

/// `docs/nodes.md` starts a domain; its commands are run here as they stand, and say what it shows.
#[test]
fn the_page_starts_a_domain() {
    in_namespaces("the_page_starts_a_domain", || {
        let (commands, shown) = way("nodes.md", "## A domain in five minutes");
        let folder = env::temp_dir().join(format!("dmm-page-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (is_well, said) = typed(&commands, &folder, || settled(&folder.join("cmd.yaml"), &shown));
        assert!(is_well);
        assert_eq!(said, without_times(&shown));
        fs::remove_dir_all(&folder).unwrap();
    });
}

/// What `dmm status` says, once that is as expected or nothing more changes.
fn settled(config: &Path, expected: &str) -> Vec<String> {
    let mut client = Client::connect(config).unwrap();
    client.set_patience(PATIENCE).unwrap();
    client.send(&Request::Watch {}).unwrap();
    for _ in 0..20 {
        let Response::Status(status) = client.next_response().unwrap() else { panic!("a status") };
        if without_times(&status.text()) == without_times(expected) {
            break;
        }
    }
    let output = Command::new(DMM).arg("status").arg(config).output().unwrap();
    without_times(&String::from_utf8_lossy(&output.stdout))
}

/// Lines without how long something takes: `ends in 299.9 s` is `ends in … s`.
fn without_times(text: &str) -> Vec<String> {
    let words = |line: &str| -> Vec<String> {
        let is_time = |word: &str| word.parse::<f64>().is_ok() && word.contains('.');
        line.split(' ').map(|word| if is_time(word) { "…".to_owned() } else { word.to_owned() }).collect()
    };
    text.trim_end().lines().map(|line| words(line).join(" ")).collect()
}
