//! The suites in real time against `dmm cmd`, a process with sockets of its own in a network namespace: the same scripts as on
//! virtual time give the same verdicts, and what is not as declared is said before a case runs.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::Ipv6Addr;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{env, fs};

use dmm::lab::{self, Lab, Process};
use serde_json::Value;

const DMM: &str = env!("CARGO_BIN_EXE_dmm");
const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
/// Another node under test.
const BOX: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 1);
const PATIENCE: Duration = Duration::from_secs(20);
/// What measures times for longer, or more finely, than a test may on a machine that does other things as well, and what only
/// waits for long; `tools/wire` runs these, too.
const SLOW: [&str; 13] = [
    "any.retx.001",
    "cmd.pace.001[k=16]",
    "cmd.retx.001",
    "maar.ack.002",
    "maar.dereg.001",
    "maar.p.005",
    "maar.refresh.001",
    "maar.reg.001",
    "maar.reg.002",
    "maar.reg.003",
    "maar.retx",
    "mag.dereg.001",
    "mag.re",
];
/// What is not the same on the wire, and its verdict there; `docs/wire.md` says why.
const EXPLAINED: [(&str, &str); 1] = [("maar.s.004", "FAIL")];
/// Set by `tools/wire`: `quick` or `full`, and everything.
const ALL: &str = "DMM_WIRE";

/// Times are measured, so one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a test in a laboratory of its own; where there can be none, passes over it.
fn in_a_lab(test: &str, body: impl FnOnce(&Bench)) {
    in_namespaces(test, || body(&Bench::new()));
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
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let output = lab::again().unwrap().args([test, "--exact", "--nocapture"]).output().unwrap();
    let printed = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{}", printed.concat());
    assert!(printed[0].contains("1 passed"), "the test ran inside: {}", printed.concat());
    if env::var_os(ALL).is_some() {
        println!("{}", printed.concat());
    }
}

/// A host for a CMD, an interface for the tester, and the profile that `dmm conform init` has written.
struct Bench {
    lab: Lab,
    profile: PathBuf,
    /// What it printed: the tester's stations, in the form that `dmm cmd` reads.
    stations: String,
}

impl Bench {
    fn new() -> Self {
        let lab = Lab::new().unwrap();
        lab.host("cmd", CMD).unwrap();
        lab.tap("ct0").unwrap();
        let profile = PathBuf::from("/run/my-cmd.iut.yaml");
        let output =
            dmm(&["conform", "init", path(&profile), "--addr", &CMD.to_string(), "--interface", "ct0"]);
        assert!(output.status.success(), "{}", printed(&output));
        Self { lab, profile, stations: String::from_utf8(output.stdout).unwrap() }
    }

    /// Starts a CMD that knows the stations, with changes of its configuration.
    fn cmd(&self, more: &str) -> Process {
        self.cmd_that_knows(&self.stations, more)
    }

    fn cmd_that_knows(&self, stations: &str, more: &str) -> Process {
        let config = Path::new("/run/cmd.yaml");
        let own = format!("role: cmd\naddress: {CMD}\nadmin: {{socket: /run/cmd.sock}}\n");
        fs::write(config, format!("{own}{more}{stations}")).unwrap();
        let mut command = self.lab.on("cmd", Path::new(DMM));
        command.args(["cmd", "--config", path(config), "--log", "json"]).env_remove("RUST_LOG");
        let mut process = Process::start(&mut command).unwrap();
        process.said("\"ready\"", PATIENCE).unwrap();
        process
    }

    fn preflight(&self) -> (Output, Value) {
        let output = dmm(&["conform", "preflight", path(&self.profile), "--json"]);
        let found = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", printed(&output)));
        (output, found)
    }
}

/// The adaptor in shell, which finds `dmm` by its environment.
fn adaptor() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/adaptors/adaptor.sh").canonicalize().unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn dmm(arguments: &[&str]) -> Output {
    let mut command = Command::new(DMM);
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).env("DMM", DMM);
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// Verdicts by case, of a run's JSON.
fn verdicts(json: &Path) -> BTreeMap<String, String> {
    let document: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    let results = document["results"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    results.iter().map(|result| (text(&result["name"]), text(&result["verdict"]))).collect()
}

/// What a finding of the preflight about something says, and how bad it is.
fn finding(found: &Value, about: &str) -> (String, String) {
    let findings = found["findings"].as_array().unwrap();
    let it = findings.iter().find(|finding| finding["about"] == about);
    let it = it.unwrap_or_else(|| panic!("nothing about {about}: {found}"));
    (it["weight"].as_str().unwrap().to_owned(), it["says"].as_str().unwrap().to_owned())
}

/// What is not as expected on the wire, a line for each case.
fn differences(seen: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) -> Vec<String> {
    let of = |verdicts: &BTreeMap<String, String>, name: &String| {
        verdicts.get(name).cloned().unwrap_or_else(|| "not run".to_owned())
    };
    let names: BTreeSet<&String> = seen.keys().chain(expected.keys()).collect();
    let differs = |name: &&String| of(seen, name) != of(expected, name);
    let line = |name| format!("{name}: {} on the wire, {} expected", of(seen, name), of(expected, name));
    names.into_iter().filter(differs).map(line).collect()
}

/// The cases of a reference on virtual time, and the same against what stands behind the interface of a profile; both give the
/// same verdicts, but for those that are explained. Without `tools/wire` those that are not slow.
fn same_verdicts(reference: &str, profile: &Path) {
    let (on_virtual, on_wire) = (Path::new("/run/virtual.json"), Path::new("/run/wire.json"));
    let all = env::var(ALL).ok();
    let timing = if all.as_deref() == Some("full") { "--full" } else { "--quick" };
    let run = ["conform", "run", "conformance/suites", timing, "--json"];
    let output = dmm(&[&run[..], &[path(on_virtual), "--iut", reference]].concat());
    assert!(output.status.success(), "{}", printed(&output));
    let mut expected = verdicts(on_virtual);
    expected.retain(|name, _| all.is_some() || !SLOW.iter().any(|slow| name.starts_with(slow)));
    for (name, verdict) in EXPLAINED {
        if let Some(judged) = expected.get_mut(name).filter(|judged| *judged != "N/A") {
            assert_ne!(judged, verdict, "{name} does not differ");
            verdict.clone_into(judged);
        }
    }
    let mut said = String::new();
    let report = Path::new("/run/report");
    let mut on_the_wire = |names: &[&String], jobs| {
        let names: Vec<&str> = names.iter().flat_map(|name| ["--filter", name.as_str()]).collect();
        let wire = ["--iut", path(profile), "--clock", "wire", "--jobs", jobs, "--report", path(report)];
        said += &printed(&dmm(&[&run[..], &[path(on_wire)], &wire, &names].concat()));
        assert!(on_wire.exists(), "{said}");
        verdicts(on_wire)
    };
    let mut seen = on_the_wire(&expected.keys().collect::<Vec<_>>(), "6");
    // Where the machine has held up the tester or the node, nothing is shown: once more, each alone. What differs differs twice.
    let again: Vec<&String> = expected.keys().filter(|name| seen.get(*name) != expected.get(*name)).collect();
    if !again.is_empty() {
        println!("{reference}: once more {again:?}");
        seen.extend(on_the_wire(&again, "1"));
    }
    if all.is_some() {
        println!("{said}");
    }
    let differences = differences(&seen, &expected);
    assert!(differences.is_empty(), "{reference} differs in\n{}\n{said}", differences.join("\n"));
    // Every case is judged from its capture as it was on the wire; and the reference on virtual time, from the same identities and
    // the same time on, gets what the node got, but for what is explained.
    let output = dmm(&["conform", "replay", path(report)]);
    let replayed = printed(&output);
    assert_eq!(output.status.code(), Some(0), "{replayed}");
    let others = replayed.lines().filter(|line| line.contains("where the reference gets"));
    let others: Vec<_> =
        others.filter(|line| !EXPLAINED.iter().any(|(name, _)| line.starts_with(name))).collect();
    assert!(others.is_empty(), "{others:#?}");
    println!("{reference}: {}", replayed.lines().last().unwrap());
    let ran = seen.values().filter(|verdict| *verdict != "N/A").count();
    println!("{reference}: {ran} cases ran on the wire; no difference that is not explained");

    let document: Value = serde_json::from_slice(&fs::read(on_wire).unwrap()).unwrap();
    assert_eq!(document["about"]["clock"], "wire");
    let env = document["about"]["env"].as_array().unwrap();
    assert!(env.iter().any(|line| line.as_str().unwrap().starts_with("jitter: ")), "{env:?}");
}

/// A node of this project is the box, and the tester has both of its sides. Its profile is the reference's, and says besides how
/// to come to it.
fn same_verdicts_of_a_node(test: &str, reference: &str, own: &str) {
    in_namespaces(test, || {
        let lab = Lab::new().unwrap();
        let addr: Ipv6Addr = "2001:db8:c0::1".parse().unwrap();
        let role = reference.split('-').nth(1).unwrap();
        lab.host("box", addr).unwrap();
        lab.tap("ct0").unwrap();
        let (config, profile) = (Path::new("/run/box.yaml"), Path::new("/run/box.iut.yaml"));
        let name = format!("../conformance/profiles/{reference}.iut.yaml");
        let virtual_ = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        let (described, _) = virtual_.split_once("\naddr:").unwrap();
        let mut text = format!("{described}\naddr: \"{addr}\"\naccess: {{mode: l2, interface: ct0}}\n");
        let has_access = ["maar", "mag"].contains(&role);
        if has_access {
            let link = lab.access("box").unwrap();
            text += &format!(
                "tester: {{subscribers: 60}}\ntriggers:\n  attach: {{wire: {{interface: {link}}}}}\n  handover: {{wire: {{interface: {link}}}}}\n  \
detach: {{exec: {{run: [{}, {}, detach]}}}}\n",
                path(&adaptor()),
                path(config)
            );
        }
        fs::write(profile, text).unwrap();
        let listed = dmm(&["conform", "init", path(profile), "--list"]);
        assert!(listed.status.success(), "{}", printed(&listed));
        let listed = String::from_utf8(listed.stdout).unwrap();
        let access = if has_access { "access: {interface: eth1}\n" } else { "" };
        let common = format!("role: {role}\naddress: {addr}\nadmin: {{socket: /run/box.sock}}\n");
        fs::write(config, [&common, own, access, &listed].concat()).unwrap();
        let mut command = lab.on("box", Path::new(DMM));
        command.args([role, "--config", path(config), "--log", "json"]).env_remove("RUST_LOG");
        let mut node = Process::start(&mut command).unwrap();
        node.said("\"ready\"", PATIENCE).unwrap();
        same_verdicts(reference, profile);
    });
}

#[test]
fn verdicts_on_the_wire_are_those_of_virtual_time() {
    in_a_lab("verdicts_on_the_wire_are_those_of_virtual_time", |bench| {
        let _cmd = bench.cmd("");
        same_verdicts("ref-cmd", &bench.profile);
    });
}

#[test]
fn verdicts_of_a_maar_are_those_of_virtual_time() {
    same_verdicts_of_a_node(
        "verdicts_of_a_maar_are_those_of_virtual_time",
        "ref-maar",
        "mode: relay\npool: 2001:db8:ff00::/48\n",
    );
}

#[test]
fn verdicts_of_an_lma_are_those_of_virtual_time() {
    same_verdicts_of_a_node(
        "verdicts_of_an_lma_are_those_of_virtual_time",
        "ref-lma",
        "pool: 2001:db8:ff00::/48\n",
    );
}

#[test]
fn verdicts_of_a_mag_are_those_of_virtual_time() {
    same_verdicts_of_a_node("verdicts_of_a_mag_are_those_of_virtual_time", "ref-mag", "");
}

#[test]
fn verdicts_of_a_locator_are_those_of_virtual_time() {
    same_verdicts_of_a_node(
        "verdicts_of_a_locator_are_those_of_virtual_time",
        "ref-cmd-locator",
        "mode: locator\n",
    );
}

#[test]
fn verdicts_of_a_proxy_are_those_of_virtual_time() {
    same_verdicts_of_a_node(
        "verdicts_of_a_proxy_are_those_of_virtual_time",
        "ref-cmd-proxy",
        "mode: proxy\n",
    );
}

#[test]
fn the_preflight_says_what_is_not_as_declared() {
    in_a_lab("the_preflight_says_what_is_not_as_declared", |bench| {
        let (output, found) = bench.preflight();
        let (weight, says) = finding(&found, "PBU");
        assert_eq!((output.status.code(), weight.as_str()), (Some(3), "obstacle"), "{found}");
        assert!(says.contains("protocol 135"), "{says}");

        let mut cmd = bench.cmd("");
        let (output, found) = bench.preflight();
        assert_eq!(output.status.code(), Some(0), "{found}");
        assert_eq!(found["result"], "ok");
        assert!(found["jitter_ns"].as_u64().unwrap() >= 2_000_000);
        assert!(finding(&found, "stations").1.starts_with("18 stations"), "{found}");
        cmd.stop().unwrap();

        for mode in ["proxy", "locator"] {
            let mut cmd = bench.cmd(&format!("mode: {mode}\n"));
            let (output, found) = bench.preflight();
            assert_eq!(output.status.code(), Some(1), "{found}");
            let name = format!("cmd.mode.{mode}");
            for (about, declared) in [("cmd.mode.relay", "true"), (name.as_str(), "false")] {
                let (weight, says) = finding(&found, about);
                assert_eq!(weight, "warning", "{found}");
                assert!(says.starts_with(&format!("declared {declared}, but ")), "{says}");
            }
            cmd.stop().unwrap();
        }
    });
}

/// A node of this project as `dmm conform init --role` describes it, on a host of its own.
struct OtherRole {
    lab: Lab,
    role: &'static str,
    profile: PathBuf,
    /// What `init` printed.
    listed: String,
}

impl OtherRole {
    fn new(role: &'static str) -> Self {
        let lab = Lab::new().unwrap();
        lab.host(role, BOX).unwrap();
        lab.tap("ct0").unwrap();
        let link = lab.access(role).unwrap();
        let profile = PathBuf::from("/run/box.iut.yaml");
        let init = ["conform", "init", path(&profile), "--role", role, "--addr", &BOX.to_string()];
        let output = dmm(&[&init[..], &["--interface", "ct0", "--access", &link]].concat());
        assert!(output.status.success(), "{}", printed(&output));
        let text = fs::read_to_string(&profile).unwrap();
        let detach = format!(
            "  detach: {{exec: {{run: [{}, /run/box.yaml, detach]}}}}\n#   detach:",
            path(&adaptor())
        );
        fs::write(&profile, text.replace("#   detach:", &detach)).unwrap();
        Self { lab, role, profile, listed: String::from_utf8(output.stdout).unwrap() }
    }

    /// Starts a node of a role, which may be another than the profile's, with what it is configured with.
    fn start(&self, role: &str, own: &str, listed: &str) -> Process {
        let access = if ["maar", "mag"].contains(&role) { "access: {interface: eth1}\n" } else { "" };
        let common = format!("role: {role}\naddress: {BOX}\nadmin: {{socket: /run/box.sock}}\n");
        fs::write("/run/box.yaml", [&common, own, access, listed].concat()).unwrap();
        let mut command = self.lab.on(self.role, Path::new(DMM));
        command.args([role, "--config", "/run/box.yaml", "--log", "json"]).env_remove("RUST_LOG");
        let mut node = Process::start(&mut command).unwrap();
        node.said("\"ready\"", PATIENCE).unwrap();
        node
    }

    /// The preflight ends so, and says of each of these how bad it is and what it begins with.
    #[track_caller]
    fn finds(&self, code: i32, expected: &[(&str, &str, &str)]) {
        let output = dmm(&["conform", "preflight", path(&self.profile), "--json"]);
        let found = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", printed(&output)));
        assert_eq!(output.status.code(), Some(code), "{found:#}");
        for (about, weight, begins) in expected {
            let (seen, says) = finding(&found, about);
            assert!(seen == *weight && says.contains(begins), "{about}: {weight}: {begins}: {found:#}");
        }
    }
}

#[test]
fn the_preflight_of_an_lma_says_whom_it_serves_and_what_it_refuses() {
    in_namespaces("the_preflight_of_an_lma_says_whom_it_serves_and_what_it_refuses", || {
        let bench = OtherRole::new("lma");
        let mut lma = bench.start("lma", "pool: 2001:db8:ff00::/48\n", &bench.listed);
        bench.finds(
            0,
            &[
                ("clock", "ok", "the implementation's clock is"),
                ("stations", "ok", "4 stations may register"),
                ("lma", "ok", "true, as declared: a PBU without the D flag is accepted"),
                ("pixit.pool", "ok", "2001:db8:ff00::/48, as declared"),
                ("lma.dmm", "ok", "false, as declared: a PBU with the D flag gets status 129"),
                ("lma.dmm_aware", "ok", "true, as declared"),
            ],
        );
        lma.stop().unwrap();
        let strangers = bench.listed.replace("2001:db8:c0::7e57:ca", "2001:db8:c0::7e57:ff");
        assert_ne!(strangers, bench.listed);
        let mut lma = bench.start("lma", "pool: 2001:db8:ee00::/48\n", &strangers);
        bench.finds(3, &[("stations", "obstacle", "1 of 4 stations (2001:db8:c0::7e57:ca) get status 154")]);
        lma.stop().unwrap();
        let _lma = bench.start("lma", "pool: 2001:db8:ee00::/48\n", &bench.listed);
        bench.finds(1, &[("pixit.pool", "warning", "declared 2001:db8:ff00::/48, but 2001:db8:ee00")]);
    });
}

#[test]
fn the_preflight_of_a_maar_says_what_it_does_for_a_mobile_node() {
    in_namespaces("the_preflight_of_a_maar_says_what_it_does_for_a_mobile_node", || {
        let bench = OtherRole::new("maar");
        let pool = "pool: 2001:db8:ff00::/48\n";
        let mut maar = bench.start("maar", &format!("mode: relay\n{pool}"), &bench.listed);
        bench.finds(
            0,
            &[
                ("trigger.attach", "ok", "true, as declared"),
                ("subscribers", "ok", "is registered when it comes"),
                ("maar", "ok", "true, as declared: its PBU has the D flag"),
                ("ordering.timestamp", "ok", "true, as declared"),
                ("clock", "ok", "the implementation's clock is"),
                ("pixit.pool", "ok", "2001:db8:ff00::/48, as declared"),
                ("access", "ok", "is advertised once its PBA has come"),
                ("maar.mode.relay", "ok", "as P-MAAR it answers the CMD alone"),
                ("maar.mode.locator", "ok", "false, as declared"),
            ],
        );
        maar.stop().unwrap();
        let mut maar = bench.start("maar", &format!("mode: locator\n{pool}"), &bench.listed);
        bench.finds(
            1,
            &[
                ("maar.mode.relay", "warning", "declared true, but as P-MAAR it answers the S-MAAR, too"),
                ("maar.mode.locator", "warning", "declared false, but"),
            ],
        );
        maar.stop().unwrap();
        // Others stand behind the MAC addresses of the mobile nodes.
        let others = bench.listed.replace("@conformance.example", "@elsewhere.example");
        let mut maar = bench.start("maar", &format!("mode: relay\n{pool}"), &others);
        bench.finds(3, &[("subscribers", "obstacle", "is not about mn")]);
        maar.stop().unwrap();
        // A MAG is no MAAR.
        let cmd = "lma: 2001:db8:c0::7e57:f0\n";
        let (_, subscribers) = bench.listed.split_once("subscribers:").unwrap();
        let _mag = bench.start("mag", cmd, &format!("subscribers:{subscribers}"));
        bench.finds(1, &[("maar", "warning", "declared true, but its PBU has no D flag")]);
    });
}

#[test]
fn the_preflight_of_a_mag_says_what_it_does_for_a_mobile_node() {
    in_namespaces("the_preflight_of_a_mag_says_what_it_does_for_a_mobile_node", || {
        let bench = OtherRole::new("mag");
        let mut mag = bench.start("mag", "", &bench.listed);
        bench.finds(
            0,
            &[
                ("subscribers", "ok", "is registered when it comes"),
                ("mag", "ok", "true, as declared: its PBU has no D flag"),
                ("clock", "ok", "the implementation's clock is"),
                ("access", "ok", "is advertised once its PBA has come"),
            ],
        );
        mag.stop().unwrap();
        let elsewhere = bench.listed.replace("lma: 2001:db8:c0::7e57:f8", "lma: 2001:db8:c0::7e57:f7");
        assert_ne!(elsewhere, bench.listed);
        let _mag = bench.start("mag", "", &elsewhere);
        bench.finds(3, &[("PBU", "obstacle", "no PBU came to the lma at 2001:db8:c0::7e57:f8")]);
    });
}

#[test]
fn no_case_runs_where_the_implementation_does_not_know_the_tester() {
    in_a_lab("no_case_runs_where_the_implementation_does_not_know_the_tester", |bench| {
        // The last of the stations has another's pool.
        let wrong = bench.stations.replace("2001:db8:1200::/40", "2001:db8:ee00::/40");
        assert_ne!(wrong, bench.stations);
        let _cmd = bench.cmd_that_knows(&wrong, "");
        let iut = path(&bench.profile);
        let output = dmm(&["conform", "run", "conformance/suites", "--iut", iut, "--clock", "wire"]);
        assert_eq!(output.status.code(), Some(3), "{}", printed(&output));
        let said = printed(&output);
        for part in ["no case ran", "1 of 18 stations (2001:db8:c0::7e57:12) get status 155", "--list"] {
            assert!(said.contains(part), "{part}: {said}");
        }

        let init = ["conform", "init", iut];
        let output = dmm(&init);
        assert_eq!(output.status.code(), Some(2), "a profile is not written over: {}", printed(&output));
        let output = dmm(&[&init[..], &["--list"]].concat());
        assert!(
            printed(&output)
                .contains("  - address: 2001:db8:c0::7e57:12\n    pools: [\"2001:db8:1200::/40\"]")
        );
    });
}

/// A mobile node is registered, the CMD loses its memory, and shows so: no P-MAAR is told of the next registration.
const RESTART: &str = "dmm: 1
id: t.restart
title: A CMD that was restarted knows no binding
requirements: [RFC8885-R3.1.6]
iut: cmd
testers: {maar1: {role: maar}, maar2: {role: maar}}
mobiles: [mn1]
include: [LIB]
preamble:
  - call: {proc: register, with: {mn: $mn1, maar: maar1, prefix: $maar1.prefix.mn1}}
  - trigger: {action: restart}
steps:
  - call: {proc: confirm_no_binding, with: {mn: $mn1, prober: maar2, witness: maar1}}
postamble:
  - send: {from: maar2, use: pbu_dmm, with: {mn: $mn1, prefix: $maar2.prefix.mn1}, lifetime: 0s}
";

#[test]
fn what_a_case_triggers_happens_at_the_implementation() {
    in_a_lab("what_a_case_triggers_happens_at_the_implementation", |bench| {
        let _cmd = bench.cmd("");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let lib = root.join("conformance/suites/lib/common.lib.yaml");
        let script = Path::new("/run/restart.test.yaml");
        fs::write(script, RESTART.replace("LIB", path(&lib))).unwrap();
        let shell = adaptor();
        let has_python = Command::new("python3").arg("--version").output().is_ok();
        let python = has_python.then(|| {
            let mut command = Command::new("python3");
            command.arg(root.join("conformance/adaptors/adaptor.py")).args(["/run/cmd.yaml", "8885"]);
            let mut python = Process::start(command.env("DMM", DMM)).unwrap();
            python.said("ready", PATIENCE).unwrap();
            python
        });
        let exec = format!("{{exec: {{run: [\"{}\", /run/cmd.yaml, \"{{action}}\"]}}}}", path(&shell));
        let http = "{http: {url: \"http://[::1]:8885\"}}";
        let nobody = "{http: {url: \"http://[::1]:1\"}}";
        let ssh = "{ssh: {host: localhost, run: \"{action}\", timeout: 5s}}";
        for (trigger, typed, code, verdict) in [
            (exec.as_str(), "", 0, "PASS"),
            (http, "", 0, "PASS"),
            ("{manual: {deadline: 20s}}", "n\n", 4, "INCONCLUSIVE"),
            ("{manual: {deadline: 20s}}", "u\n", 5, "N/A"),
            ("{exec: {run: [\"false\"]}}", "", 4, "INCONCLUSIVE"),
            (nobody, "", 4, "INCONCLUSIVE"),
            (ssh, "", 4, "INCONCLUSIVE"),
            // The bench breaks, which says nothing of the implementation.
            ("{exec: {run: [ip, link, set, ct0, down]}}", "", 3, "ERROR"),
        ] {
            if trigger == http && python.is_none() {
                eprintln!("the adaptor in Python is passed over: there is no python3");
                continue;
            }
            let profile = Path::new("/run/triggers.iut.yaml");
            let text = fs::read_to_string(&bench.profile).unwrap();
            fs::write(profile, format!("{text}\ntriggers: {{restart: {trigger}}}\n")).unwrap();
            let mut command = Command::new(DMM);
            command.args(["conform", "run", path(script), "--iut", path(profile), "--clock", "wire"]);
            command.args(["--no-preflight"]).current_dir(&root).env("DMM", DMM);
            let output = typing(&mut command, typed);
            let said = printed(&output);
            assert_eq!(output.status.code(), Some(code), "{trigger}: {said}");
            assert!(said.contains(&format!("{verdict:12}  t.restart")), "{trigger}: {said}");
        }
    });
}

/// A mobile node is registered, and that is all.
const REGISTERED: &str = "dmm: 1
id: t.registered
title: A CMD registers a mobile node
requirements: [RFC8885-R3.1.5]
iut: cmd
testers: {maar1: {role: maar}}
mobiles: [mn1]
include: [LIB]
steps:
  - call: {proc: register, with: {mn: $mn1, maar: maar1, prefix: $maar1.prefix.mn1}}
postamble:
  - send: {from: maar1, use: pbu_dmm, with: {mn: $mn1, prefix: $maar1.prefix.mn1}, lifetime: 0s}
";

/// Ctrl-C ends a run in order, and costs no case that has run.
#[test]
fn a_run_on_the_wire_that_was_interrupted_is_resumed() {
    in_a_lab("a_run_on_the_wire_that_was_interrupted_is_resumed", |bench| {
        let _cmd = bench.cmd("");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let (suite, report) = (Path::new("/run/suite"), Path::new("/run/report"));
        fs::create_dir(suite).unwrap();
        let lib = root.join("conformance/suites/lib/common.lib.yaml");
        // Whether it was restarted is not looked at.
        let restarted = REGISTERED.replace("t.registered", "t.restarted");
        let restarted =
            restarted.replace("steps:\n", "steps:\n  - trigger: {action: restart}\n  - wait: 300ms\n");
        for (name, script) in [("registered", REGISTERED), ("restarted", &restarted)] {
            let file = suite.join(format!("{name}.test.yaml"));
            fs::write(file, script.replace("LIB", path(&lib))).unwrap();
        }
        let profile = Path::new("/run/person.iut.yaml");
        let text = fs::read_to_string(&bench.profile).unwrap();
        fs::write(profile, format!("{text}\ntriggers: {{restart: {{manual: {{deadline: 20s}}}}}}\n"))
            .unwrap();
        let run = || {
            let mut command = Command::new(DMM);
            command.args(["conform", "run", path(suite), "--iut", path(profile), "--clock", "wire"]);
            command.args(["--no-preflight", "--report", path(report)]).current_dir(&root);
            command
        };
        let mut command = run();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("restart")), "somebody is asked to restart the CMD");
        let interrupt = format!("kill -INT {}", child.id());
        assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", printed(&output));
        assert!(printed(&output).contains("interrupted: 1 case has not run"), "{}", printed(&output));
        let json = report.join("report.json");
        let passed =
            |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "PASS".to_owned())).collect();
        assert_eq!(verdicts(&json), passed(&["t.registered"]));
        let capture = report.join("t.registered.pcapng");
        let kept = fs::read(&capture).unwrap();

        let output = typing(run().arg("--resume"), "\n");
        assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
        assert_eq!(verdicts(&json), passed(&["t.registered", "t.restarted"]));
        assert!(fs::read(&capture).unwrap() == kept, "it has not run again");
        assert!(!report.join("unfinished.jsonl").exists());
    });
}

/// A mobile node comes to the MAAR's access link. The MAAR registers it at the CMD, and advertises a prefix once that is done.
const ATTACH: &str = "dmm: 1
id: t.attach
title: A MAAR registers a mobile node that solicits a router
requirements: [RFC8885-R3.1.3]
iut: maar
testers: {cmd: {role: cmd}}
mobiles: [mn1]
include: [LIB]
steps:
  - trigger: {action: attach, mn: $mn1}
  - expect:
      as: reg
      to: cmd
      msg: pbu
      within: $pixit.response_time
      match: {src: $iut.addr, flags: {set: [A, P, D]}, lifetime: {gt: 0s}}
      options: {has: [{mn_id: $mn1.nai}], count: {hnp: 1}}
  - send: {from: cmd, use: pba_ok, with: {req: $reg, prefix: $reg.options.hnp}}
  - expect_none: {to: cmd, msg: pbu, for: 2s}
postamble: # it has left, which somebody who sees the link tells the MAAR
  - trigger: {action: detach, mn: $mn1}
";

/// The tester is CMD and mobile node of a MAAR.
#[test]
fn a_maar_is_tested_from_both_sides() {
    in_namespaces("a_maar_is_tested_from_both_sides", || {
        let lab = Lab::new().unwrap();
        let addr: Ipv6Addr = "2001:db8:c0::1".parse().unwrap();
        lab.host("maar", addr).unwrap();
        lab.tap("ct0").unwrap();
        let link = lab.access("maar").unwrap();
        let profile = Path::new("/run/my-maar.iut.yaml");
        let text = format!(
            "dmm: 1\nname: my-maar\nroles: [maar]\npics: {{maar: true}}\npixit: {{response_time: 1s, pool: \"2001:db8:a001::/48\"}}\naddr: \"{addr}\"\n\
access: {{mode: l2, interface: ct0}}\ntester: {{maars: 4, subscribers: 4}}\n\
triggers:\n  attach: {{wire: {{interface: {link}}}}}\n  detach: {{exec: {{run: [{}, /run/maar.yaml, detach]}}}}\n",
            path(&adaptor())
        );
        fs::write(profile, text).unwrap();
        let listed = dmm(&["conform", "init", path(profile), "--list"]);
        assert!(listed.status.success(), "{}", printed(&listed));
        let listed = String::from_utf8(listed.stdout).unwrap();
        let config = Path::new("/run/maar.yaml");
        let own = format!(
            "role: maar\naddress: {addr}\nmode: relay\npool: 2001:db8:a001::/48\naccess: {{interface: eth1}}\n\
admin: {{socket: /run/maar.sock}}\n"
        );
        fs::write(config, own + &listed).unwrap();
        let mut command = lab.on("maar", Path::new(DMM));
        command.args(["maar", "--config", path(config), "--log", "json"]).env_remove("RUST_LOG");
        let mut maar = Process::start(&mut command).unwrap();
        maar.said("\"ready\"", PATIENCE).unwrap();

        let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/suites/lib/common.lib.yaml");
        let script = Path::new("/run/attach.test.yaml");
        fs::write(script, ATTACH.replace("LIB", path(&lib.canonicalize().unwrap()))).unwrap();
        let json = Path::new("/run/maar.json");
        let run = |report| {
            let run = ["conform", "run", path(script), "--iut", path(profile), "--clock", "wire"];
            dmm(&[&run[..], &["--json", path(json), "--report", report]].concat())
        };
        // Twice: what the first has left behind does not disturb the second.
        for _ in 0..2 {
            let output = run("/run/good");
            assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
            let unclean = printed(&output).contains("unclean");
            assert!(!unclean, "{}", fs::read_to_string(json).unwrap());
        }
        let document: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
        let packets = document["results"][0]["packets"].as_array().unwrap();
        let at_mobile = packets.iter().filter(|packet| packet["port"] == "mn1").count();
        assert!(at_mobile > 0, "the prefix was advertised on the access link: {packets:?}");

        // A MAAR whose PBU is not answered goes on asking, and the case says so.
        let deaf = ATTACH
            .replace("LIB", path(&lib.canonicalize().unwrap()))
            .replace("  - send: {from: cmd, use: pba_ok, with: {req: $reg", "  # {");
        fs::write(script, deaf).unwrap();
        let output = run("/run/deaf");
        assert_eq!(output.status.code(), Some(1), "{}", printed(&output));

        // Whoever gets a capture of these has neither the scripts nor the MAAR, and judges as was judged then.
        maar.stop().unwrap();
        fs::remove_file(script).unwrap();
        fs::remove_file(profile).unwrap();
        for report in ["/run/good", "/run/deaf/t.attach.pcapng"] {
            let mut command = Command::new(DMM);
            let output = command.args(["conform", "replay", report]).current_dir("/run").output().unwrap();
            let said = printed(&output);
            assert_eq!(said, "1 case judged again, 1 driven again, 0 differences\n", "{report}");
        }
    });
}

/// What a program does whom somebody types this.
fn typing(command: &mut Command, typed: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// `docs/wire.md` goes from a checkout to a verdict; its commands are run here as they stand, and say what it shows.
#[test]
fn the_page_comes_to_a_verdict() {
    in_namespaces("the_page_comes_to_a_verdict", || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let page = fs::read_to_string(root.join("docs/wire.md")).unwrap();
        let start = page.find("## The same without a box").unwrap();
        let blocks: Vec<&str> = page[start..].split("```").skip(1).step_by(2).take(5).collect();
        let [_, hosts, box_, look, shown] = blocks[..] else { panic!("five blocks: {blocks:?}") };
        let script = [hosts, box_, look].map(|block| block.strip_prefix("sh\n").unwrap()).concat();
        let folder = env::temp_dir().join(format!("dmm-wire-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        symlink(root.join("conformance"), folder.join("conformance")).unwrap();
        let own = Path::new(DMM).parent().unwrap().to_owned();
        let others = env::var_os("PATH").unwrap();
        let path = [own].into_iter().chain(env::split_paths(&others));
        let mut shell = Command::new("sh");
        shell.args(["-eu", "-c", &script]).current_dir(&folder);
        let mut shell = shell.env("PATH", env::join_paths(path).unwrap()).process_group(0).spawn().unwrap();
        // The box outlives the shell that started it, in its process group.
        let group = shell.id();
        let ended = shell.wait().unwrap();
        let killed = Command::new("sh").args(["-c", &format!("kill -TERM -{group}")]).status().unwrap();
        let said = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert!(ended.success() && killed.success(), "{}{}", said("preflight.txt"), said("verdicts.txt"));
        let first_words = |text: &str| -> Vec<Vec<String>> {
            let words = |line: &str| line.split_whitespace().take(2).map(str::to_owned).collect();
            text.lines().map(words).collect()
        };
        assert_eq!(first_words(&said("preflight.txt")), first_words(shown.strip_prefix("text\n").unwrap()));
        assert!(said("verdicts.txt").contains("0 failed, 0 warned, 0 inconclusive, 0 in error"));
        fs::remove_dir_all(&folder).unwrap();
    });
}
