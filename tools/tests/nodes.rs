//! Reference nodes as processes of `dmm`, on real sockets in network namespaces: what is configured is what is on the
//! wire, in the status, in the capture, and what is not in the log.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv6Addr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use dmm::lab::{self, Lab, Process};
use dmm_codec::headers::HOP_BY_HOP;
use dmm_codec::icmp::repair_checksum;
use dmm_codec::ndp::{
    ALL_ROUTERS, ND_HOP_LIMIT, NeighborAdvertisement, NeighborFlags, NeighborSolicitation,
    RouterAdvertisement, RouterSolicitation, solicited_node,
};
use dmm_codec::packet::{Ethernet, ICMPV6, Ipv6, MOBILITY_HEADER, Mac, link_local, multicast_mac};
use dmm_codec::{Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags, Status as Code};
use dmm_node::access::Wire;
use dmm_node::admin::{Client, Request, Response};
use dmm_node::status::{SessionStatus, Status};
use dmm_node::{Role, signalling};

/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);
const MN: &str = "mn1@example.org";
const MOBILE: Mac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];
const DMM: &str = env!("CARGO_BIN_EXE_dmm");

/// Runs a test in a laboratory of its own; where there can be none, passes over it.
fn in_a_lab(test: &str, body: impl FnOnce(&Lab)) {
    in_namespaces(test, || body(&Lab::new().unwrap()));
}

/// Runs a test in namespaces of its own; where there can be none, passes over it.
fn in_namespaces(test: &str, body: impl FnOnce()) {
    if lab::is_inside() {
        return body();
    }
    if let Some(obstacle) = lab::obstacle() {
        eprintln!("passed over, since there can be no network namespaces here: {obstacle}");
        return;
    }
    let mut command = lab::again().unwrap();
    let output = command.args([test, "--exact", "--nocapture"]).output().unwrap();
    let printed = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{}", printed.concat());
    assert!(printed[0].contains("1 passed"), "the test ran inside: {}", printed.concat());
}

fn address(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, last)
}

fn maar_address(number: u16) -> Ipv6Addr {
    address(number)
}

/// A node that runs on a host of its own.
struct Node {
    process: Process,
    config: PathBuf,
    capture: PathBuf,
}

impl Node {
    fn start(lab: &Lab, folder: &Path, name: &str, role: Role, config: &str) -> Self {
        Self::with_store(lab, folder, name, role, config, Path::new("memory"))
    }

    fn with_store(lab: &Lab, folder: &Path, name: &str, role: Role, config: &str, store: &Path) -> Self {
        let (path, capture) = (folder.join(format!("{name}.yaml")), folder.join(format!("{name}.pcapng")));
        // Files of different users of /run/dmm would meet; these are this test's own.
        fs::write(&path, config.replace("/run/dmm/", &format!("{}/", folder.display()))).unwrap();
        let mut command = lab.on(name, Path::new(DMM));
        command.arg(role.name()).arg("--config").arg(&path).arg("--capture").arg(&capture);
        command.arg("--store").arg(store).args(["--log", "json"]).env_remove("RUST_LOG");
        let mut process = Process::start(&mut command).unwrap();
        process.said("\"ready\"", PATIENCE).unwrap();
        Self { process, config: path, capture }
    }

    fn client(&self) -> Client {
        let client = Client::connect(&self.config).unwrap();
        client.set_patience(PATIENCE).unwrap();
        client
    }

    fn ask(&self, request: &Request) -> Response {
        self.client().ask(request).unwrap()
    }

    fn status(&self) -> Status {
        match self.ask(&Request::Status { limit: None }) {
            Response::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until what it holds is so.
    fn until(&self, is_so: impl Fn(&Status) -> bool) -> Status {
        let mut client = self.client();
        client.send(&Request::Watch {}).unwrap();
        for _ in 0..100 {
            let Response::Status(status) = client.next_response().unwrap() else { continue };
            if is_so(&status) {
                return *status;
            }
        }
        panic!("it never came to that: {}", self.status().text());
    }

    /// Stops it. All its messages were right, by its own capture and `dmm decode`; returns them as (source, destination,
    /// kind), Router Advertisements left out.
    fn stop(mut self) -> (Vec<(Ipv6Addr, Ipv6Addr, String)>, Vec<String>) {
        let socket = dmm_node::NodeConfig::load(&self.config).unwrap().common.admin.socket;
        assert!(socket.exists());
        assert!(self.process.stop().unwrap().success());
        assert!(!socket.exists(), "the admin socket goes with the node");
        let output = Command::new(DMM).args(["decode", "--json"]).arg(&self.capture).output().unwrap();
        let json = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut messages = Vec::new();
        for line in json.lines() {
            let message: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(message["faults"], serde_json::json!([]), "{line}");
            let end = |key: &str| message[key].as_str().unwrap().parse().unwrap();
            messages.push((end("src"), end("dst"), message["message"].as_str().unwrap().to_owned()));
        }
        (messages, std::mem::take(&mut self.process.log))
    }
}

/// The only session of a node.
fn session(status: &Status) -> &SessionStatus {
    let [session] = &status.sessions[..] else { panic!("one session: {}", status.text()) };
    assert_eq!(session.mn, MN);
    session
}

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

/// What a CMD has promised outlives it; a MAAR's forwarding comes back with it, and who is on its link shows anew.
#[test]
fn a_killed_node_goes_on_from_its_store() {
    in_a_lab("a_killed_node_goes_on_from_its_store", |lab| {
        let folder = PathBuf::from("/run/dmm-kept");
        fs::create_dir(&folder).unwrap();
        let start = |name: &str, role: Role, example: usize| {
            let store = folder.join(format!("{name}.redb"));
            Node::with_store(lab, &folder, name, role, role.examples()[example], &store)
        };
        lab.host("cmd", address(0xcd)).unwrap();
        for number in [1, 2] {
            let name = format!("maar{number}");
            lab.host(&name, maar_address(number)).unwrap();
            lab.access(&name).unwrap();
        }
        let mut cmd = start("cmd", Role::Cmd, 0);
        let (maar1, mut maar2) = (start("maar1", Role::Maar, 0), start("maar2", Role::Maar, 1));

        let attach = Request::Attach { mobile: MN.to_owned(), link_local: None };
        assert_eq!(maar1.ask(&attach), Response::Done {});
        cmd.until(|status| status.session_count == 1);
        assert_eq!(maar2.ask(&attach), Response::Done {});
        let is_quiet = |status: &Status| status.queue_length == 0 && status.writes_waiting == 0;
        let before = cmd.until(|status| {
            let session = session(status);
            session.serving == Some(maar_address(2)) && session.state == "registered" && is_quiet(status)
        });
        maar2.until(|status| session(status).state == "serving" && is_quiet(status));

        cmd.process.kill().unwrap();
        cmd = start("cmd", Role::Cmd, 0);
        let status = || {
            let output = Command::new(DMM).args(["status", "--json"]).arg(&cmd.config).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice::<Status>(&output.stdout).unwrap()
        };
        let what = |status: &Status| {
            let SessionStatus { mn, state, serving, prefixes, p_maars, .. } = session(status).clone();
            (mn, state, serving, prefixes, p_maars)
        };
        let after = status();
        assert_eq!(what(&after), what(&before));
        assert_eq!(session(&after).p_maars[0].address, maar_address(1));
        assert!(session(&after).expires_in < session(&before).expires_in, "its time goes on");
        assert_eq!(after.store, "/run/dmm-kept/cmd.redb");
        assert_eq!((after.writes_waiting, after.store_problem), (0, None));

        // The same without the end of the process.
        assert_eq!(cmd.ask(&Request::Restart {}), Response::Done {});
        assert_eq!(what(&status()), what(&before));

        // A MAAR does not know who is still there, until that shows.
        let entries = maar2.status().entries;
        maar2.process.kill().unwrap();
        maar2 = start("maar2", Role::Maar, 1);
        let restored = maar2.status();
        assert_eq!((session(&restored).state.as_str(), restored.entries), ("unseen", entries));
        assert_eq!(maar2.ask(&attach), Response::Done {});
        maar2.until(|status| session(status).state == "serving");

        maar1.stop();
        maar2.stop();
        // Its capture is that of its second life.
        let config = cmd.config.clone();
        cmd.stop();
        let foreign = folder.join("maar1.redb");
        for store in [&foreign, &folder.join("cmd.redb")] {
            assert!(Command::new(DMM).args(["store", "check"]).arg(store).status().unwrap().success());
        }
        let mut command = lab.on("cmd", Path::new(DMM));
        command.arg("cmd").arg("--config").arg(&config).arg("--store").arg(&foreign);
        let output = command.output().unwrap();
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{why}");
        let sentence = "/run/dmm-kept/maar1.redb: is the store of the MAAR 2001:db8:c0::1, not of the CMD \
2001:db8:c0::cd; give each node a file of its own";
        assert!(why.contains(sentence), "{why}");
    });
}

/// Who has which prefix outlives an LMA. A MAG that is killed has nothing, and its mobile node the same prefix as before.
fn goes_on(lab: &Lab, name: &str, role: Role, lma: Ipv6Addr, config: &str) {
    let folder = PathBuf::from("/run/dmm-lma");
    fs::create_dir(&folder).unwrap();
    let store = folder.join(format!("{name}.redb"));
    let start = || Node::with_store(lab, &folder, name, role, config, &store);
    let of_mag = Role::Mag.examples()[0].replace("2001:db8:c0::1a", &lma.to_string());
    lab.host(name, lma).unwrap();
    lab.host("mag", address(0xa)).unwrap();
    lab.access("mag").unwrap();
    let mut lma = start();
    let mut mag = Node::start(lab, &folder, "mag", Role::Mag, &of_mag);
    let attach = Request::Attach { mobile: MN.to_owned(), link_local: None };
    assert_eq!(mag.ask(&attach), Response::Done {});
    let is_served = |status: &Status| status.sessions.iter().any(|session| session.state == "serving");
    let before = session(&mag.until(is_served)).prefixes.clone();

    lma.process.kill().unwrap();
    lma = start();
    let after = lma.status();
    let SessionStatus { state, serving, prefixes, .. } = session(&after);
    assert_eq!((state.as_str(), *serving), ("registered", Some(address(0xa))));
    assert_eq!(*prefixes, before);
    assert_eq!(after.entries, 2, "its tunnel and the route into it");

    mag.process.kill().unwrap();
    mag = Node::start(lab, &folder, "mag", Role::Mag, &of_mag);
    assert_eq!(mag.status().session_count, 0);
    assert_eq!(mag.ask(&attach), Response::Done {});
    assert_eq!(session(&mag.until(is_served)).prefixes, before);
    mag.stop();
    lma.stop();
    assert!(Command::new(DMM).args(["store", "check"]).arg(&store).status().unwrap().success());
}

#[test]
fn a_killed_lma_goes_on_from_its_store() {
    in_a_lab("a_killed_lma_goes_on_from_its_store", |lab| {
        goes_on(lab, "lma", Role::Lma, address(0x1a), Role::Lma.examples()[0]);
    });
}

#[test]
fn a_killed_cmd_goes_on_with_its_mags_from_its_store() {
    in_a_lab("a_killed_cmd_goes_on_with_its_mags_from_its_store", |lab| {
        let mags = "legacy: {mags: [\"2001:db8:c0::a\"], pool: \"2001:db8:e000::/48\"}";
        let config = format!("{}\n{mags}\n", Role::Cmd.examples()[0]);
        goes_on(lab, "cmd", Role::Cmd, address(0xcd), &config);
    });
}

/// Nothing is promised that cannot be kept, and the node says why, once.
#[test]
fn a_full_device_is_said_and_promises_nothing() {
    in_a_lab("a_full_device_is_said_and_promises_nothing", |lab| {
        let (folder, device) = (PathBuf::from("/run/dmm-full"), PathBuf::from("/run/dmm-full/device"));
        fs::create_dir_all(&device).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8M", "tmpfs"]).arg(&device);
        assert!(mount.status().unwrap().success());
        lab.host("cmd", address(0xcd)).unwrap();
        lab.host("maar1", maar_address(1)).unwrap();
        lab.access("maar1").unwrap();
        let store = device.join("cmd.redb");
        let cmd = Node::with_store(lab, &folder, "cmd", Role::Cmd, Role::Cmd.examples()[0], &store);
        // It asks again soon.
        let config =
            format!("{}\nsending: {{backoff: {{initial: 1s, max: 1s}}}}\n", Role::Maar.examples()[0]);
        let maar = Node::start(lab, &folder, "maar1", Role::Maar, &config);

        let ballast = device.join("ballast");
        let full = fs::write(&ballast, vec![1; 16 << 20]).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        let attach = |mobile: &str| {
            let request = Request::Attach { mobile: mobile.to_owned(), link_local: None };
            assert_eq!(maar.ask(&request), Response::Done {});
        };
        attach(MN);
        let problem = "/run/dmm-full/device/cmd.redb: the device is full, and nothing is promised that cannot be written; \
make room";
        let status = cmd.until(|status| status.store_problem.is_some());
        assert_eq!(status.store_problem.as_deref(), Some(problem));
        assert!(status.text().contains(problem));
        attach("mn2@example.org");
        for mobile in [MN, "mn2@example.org"] {
            maar.until(|_| {
                let Response::Dump(dump) = maar.ask(&Request::Dump {}) else { panic!("a dump") };
                let refused = format!("{mobile}: 2001:db8:c0::cd rejected the PBU: status 130");
                dump.events.iter().any(|event| event.text.starts_with(&refused))
            });
        }
        assert!(maar.status().sessions.iter().all(|session| session.state != "serving"));

        fs::remove_file(&ballast).unwrap();
        maar.until(|status| status.sessions.iter().all(|session| session.state == "serving"));
        assert_eq!(cmd.until(|status| status.store_problem.is_none()).session_count, 2);
        maar.stop();
        let (_, log) = cmd.stop();
        let said = |text: &str| log.iter().filter(|line| line.contains(text)).count();
        assert_eq!((said("the device is full"), said("is written again")), (1, 1), "{log:?}");
    });
}

/// A CMD on this host itself, so that its metrics can be read and strangers can speak to it.
#[test]
fn a_node_counts_and_says_what_it_ignores() {
    in_a_lab("a_node_counts_and_says_what_it_ignores", |lab| {
        let cmd = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
        lab.own(cmd).unwrap();
        lab.own(maar_address(1)).unwrap();
        lab.own(address(0xbad)).unwrap();
        let config = Path::new("/run/cmd.yaml");
        let example = Role::Cmd.examples()[0].replace("/run/dmm/", "/run/");
        fs::write(config, example.replace("  # metrics: \"[::1]:9464\"", "  metrics: \"[::1]:9464\""))
            .unwrap();
        let mut command = Command::new(DMM);
        command
            .args(["cmd", "--log", "json", "--busy-poll", "200", "--config"])
            .arg(config)
            .env_remove("RUST_LOG");
        let mut process = Process::start(&mut command).unwrap();
        process.said("\"ready\"", PATIENCE).unwrap();

        // A second one on the same socket would take the first one's place.
        let second = Command::new(DMM).args(["cmd", "--config"]).arg(config).output().unwrap();
        let why = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(3), "{why}");
        assert!(why.contains("another node answers"), "{why}");

        let socket = signalling::open(MOBILITY_HEADER, maar_address(1)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let stranger = signalling::open(MOBILITY_HEADER, address(0xbad)).unwrap();
        stranger.set_read_timeout(Some(PATIENCE)).unwrap();
        let pbu = Message::Pbu(Pbu {
            seq: 7,
            flags: PbuFlags::A | PbuFlags::P | PbuFlags::D,
            lifetime: Lifetime(75),
            options: vec![MobilityOption::MnIdentifier(MnIdentifier::nai(MN))],
        });
        let mut answer = [0; 2048];
        for (socket, src, status) in [
            (&socket, maar_address(1), Code::MISSING_HOME_NETWORK_PREFIX_OPTION),
            (&stranger, address(0xbad), Code::MAG_NOT_AUTHORIZED_FOR_PROXY_REG),
        ] {
            socket.send_to(&pbu.encode(src, cmd).unwrap(), signalling::to(cmd)).unwrap();
            let len = socket.recv(&mut answer).unwrap();
            let Message::Pba(pba) = Message::decode(&answer[..len], cmd, src).unwrap().message else {
                panic!("a PBA")
            };
            assert_eq!((pba.status, pba.seq), (status, 7));
        }
        // Too short to be a Mobility Header of its type: ignored, and the node goes on.
        socket.send_to(&[59, 0, 5, 0, 0, 0, 0, 0], signalling::to(cmd)).unwrap();
        process.said("message ignored", PATIENCE).unwrap();

        let metrics = scrape("/metrics").unwrap();
        for line in [
            "dmm_refused_total{role=\"cmd\",address=\"2001:db8:c0::cd\",status=\"158\"} 1",
            "dmm_refused_total{role=\"cmd\",address=\"2001:db8:c0::cd\",status=\"154\"} 1",
            "dmm_ignored_total{role=\"cmd\",address=\"2001:db8:c0::cd\",why=\"malformed\"} 1",
            "dmm_sessions{role=\"cmd\",address=\"2001:db8:c0::cd\"} 0",
            "direction=\"sent\",kind=\"pba\"} 2",
            "# EOF",
        ] {
            assert!(metrics.contains(line), "no `{line}` in\n{metrics}");
        }
        assert!(scrape("/").unwrap().starts_with("HTTP/1.1 404"));
        assert!(process.stop().unwrap().success());
        let log = process.log.join("\n");
        assert!(
            log.contains("\"from\":\"unknown\"") && !log.contains("bad"),
            "a stranger is not named: {log}"
        );
    });
}

#[expect(clippy::disallowed_methods, reason = "Prometheus is not at hand, and any client will do")]
fn scrape(path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect("[::1]:9464")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// `docs/nodes.md` starts a domain; its commands are run here as they stand, and say what it shows.
#[test]
fn the_page_starts_a_domain() {
    in_namespaces("the_page_starts_a_domain", || {
        let page =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/nodes.md")).unwrap();
        let start = page.find("## A domain in five minutes").unwrap();
        let blocks: Vec<&str> = page[start..].split("```").skip(1).step_by(2).take(5).collect();
        let [_, hosts, nodes, moves, shown] = blocks[..] else { panic!("five blocks: {blocks:?}") };
        let script = [hosts, nodes, moves].map(|block| block.strip_prefix("sh\n").unwrap()).concat();
        let folder = env::temp_dir().join(format!("dmm-page-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = env::join_paths(
            [Path::new(DMM).parent().unwrap().to_owned()]
                .into_iter()
                .chain(env::split_paths(&env::var_os("PATH").unwrap())),
        );
        let mut shell = Command::new("sh");
        shell.args(["-eu", "-c", &script]).current_dir(&folder).env("PATH", path.unwrap()).process_group(0);
        let mut shell = shell.spawn().unwrap();
        // The nodes outlive the shell that started them, in its process group.
        let group = shell.id();
        let ended = shell.wait().unwrap();
        let said = settled(&folder.join("cmd.yaml"), shown.strip_prefix("text\n").unwrap());
        let killed = Command::new("sh").args(["-c", &format!("kill -TERM -{group}")]).status().unwrap();
        assert!(ended.success() && killed.success());
        let expected = without_times(shown.strip_prefix("text\n").unwrap());
        assert_eq!(said, expected);
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

#[test]
fn systemd_understands_the_units() {
    let folder = env::temp_dir().join(format!("dmm-units-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reference-nodes/node/systemd");
    let unit = fs::read_to_string(units.join("dmm@.service")).unwrap();
    for role in Role::ALL {
        let path = folder.join(format!("dmm@{role}.service"));
        fs::write(&path, unit.replace("/usr/bin/dmm", DMM)).unwrap();
        match Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output() {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success() && said.is_empty(), "{said}");
            }
            Err(error) => eprintln!("passed over: systemd-analyze: {error}"),
        }
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn who_may_not_open_the_socket_is_told_what_to_do() {
    let config = env::temp_dir().join(format!("dmm-nodes-{}.yaml", std::process::id()));
    fs::write(&config, Role::Cmd.examples()[0]).unwrap();
    let is_root = fs::read_to_string("/proc/self/status").unwrap().contains("Uid:\t0\t");
    let mut command = Command::new(if is_root { "setpriv" } else { DMM });
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]).arg(DMM);
    }
    let output = command.args(["cmd", "--config"]).arg(&config).output().unwrap();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{why}");
    for part in ["protocol 135", "CAP_NET_RAW", "setcap", "systemd", "unshare -Urnm"] {
        assert!(why.contains(part), "no `{part}` in {why}");
    }
    fs::remove_file(&config).unwrap();
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
