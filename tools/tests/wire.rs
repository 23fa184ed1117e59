//! The suites in real time against nodes that are processes with sockets of their own in network namespaces: the same scripts as on
//! virtual time give the same verdicts.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

#[allow(dead_code, reason = "the other tests use the rest")]
mod iut;
mod namespaces;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use std::path::Path;
use std::{env, fs};

use dmm::lab::{Lab, Process};
use serde_json::Value;

use iut::{DMM, PATIENCE, adaptor, alone, dmm, in_a_lab, path, printed, verdicts};

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
    alone(test, || {
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
