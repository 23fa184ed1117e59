//! What a run in real time is besides its verdicts: triggers, an interruption, both sides of a MAAR, and the way there by
//! `docs/wire.md`.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

mod documented;
#[allow(dead_code, reason = "the other tests use the rest")]
mod iut;
mod namespaces;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::Ipv6Addr;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use dmm::lab::{Lab, Process};
use serde_json::Value;

use documented::{typed, way};
use iut::{DMM, PATIENCE, adaptor, alone, dmm, in_a_lab, path, printed, verdicts};

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
    alone("a_maar_is_tested_from_both_sides", || {
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
    alone("the_page_comes_to_a_verdict", || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let (commands, shown) = way("wire.md", "## The same without a box");
        let folder = env::temp_dir().join(format!("dmm-wire-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        symlink(root.join("conformance"), folder.join("conformance")).unwrap();
        let said = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let (is_well, ()) = typed(&commands, &folder, || ());
        assert!(is_well, "{}{}", said("preflight.txt"), said("verdicts.txt"));
        let first_words = |text: &str| -> Vec<Vec<String>> {
            let words = |line: &str| line.split_whitespace().take(2).map(str::to_owned).collect();
            text.lines().map(words).collect()
        };
        assert_eq!(first_words(&said("preflight.txt")), first_words(&shown));
        assert!(said("verdicts.txt").contains("0 failed, 0 warned, 0 inconclusive, 0 in error"));
        fs::remove_dir_all(&folder).unwrap();
    });
}
