//! The `dmm` command as a shell sees it: what it prints, and how it ends.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder of its own for one test, new and empty.
fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("dmm-cli-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the temporary directory takes folders");
    folder
}

fn dmm(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
    command.args(arguments).current_dir(root()).output().expect("the program was built with its tests")
}

/// Runs it, and compares how it ends; what it printed on both streams.
#[track_caller]
fn ends(arguments: &[&str], code: i32) -> String {
    let output = dmm(arguments);
    let printed =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert_eq!(output.status.code(), Some(code), "dmm {}\n{printed}", arguments.join(" "));
    printed
}

#[test]
fn a_run_that_passes_ends_with_0_and_leaves_its_evidence() {
    let reports = folder("reports");
    let report = reports.to_string_lossy();
    let printed =
        ends(&["conform", "run", "conformance/suites/cmd", "--iut", "ref-cmd", "--report", &report], 0);
    assert!(printed.contains("0 failed"), "{printed}");
    let json = fs::read_to_string(reports.join("report.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["exit_code"], 0);
    assert!(reports.join("cmd.reg.001.pcapng").is_file());
    fs::remove_dir_all(&reports).unwrap();
}

#[test]
fn a_failure_names_requirement_line_and_packet_and_ends_with_1() {
    let scripts = folder("fails");
    let script = fs::read_to_string(root().join("conformance/suites/cmd/reg-001-initial.test.yaml")).unwrap();
    let lib = root().join("conformance/suites/lib");
    fs::create_dir(scripts.join("cmd")).unwrap();
    fs::create_dir(scripts.join("lib")).unwrap();
    fs::copy(lib.join("common.lib.yaml"), scripts.join("lib/common.lib.yaml")).unwrap();
    let wrong = scripts.join("cmd/wrong.test.yaml");
    fs::write(&wrong, script.replace("status: 0", "status: 130")).unwrap();
    let printed = ends(&["conform", "run", &wrong.to_string_lossy(), "--iut", "ref-cmd"], 1);
    for part in ["FAIL", "RFC8885-R3.1.5", "wrong.test.yaml:17", "packet 2", "130"] {
        assert!(printed.contains(part), "no `{part}` in\n{printed}");
    }
    fs::remove_dir_all(&scripts).unwrap();
}

#[test]
fn a_run_leaves_every_report_and_can_be_run_again_by_verdict() {
    let reports = folder("again");
    let path = |name: &str| reports.join(name).to_string_lossy().into_owned();
    let (folder, junit, tap) = (path("report"), path("junit.xml"), path("results.tap"));
    let suites = ["conform", "run", "conformance/suites/cmd", "--iut", "ref-cmd", "--report", &folder];
    ends(&[&suites[..], &["--filter", "cmd.reg", "--junit", &junit, "--tap", &tap]].concat(), 0);
    assert!(fs::read_to_string(&tap).unwrap().starts_with("TAP version 14\n1..6\n"));
    assert!(fs::read_to_string(&junit).unwrap().contains("tests=\"6\""));
    let page = fs::read_to_string(reports.join("report/index.html")).unwrap();
    let document = path("report/report.json");
    ends(&["conform", "report", &document], 0);
    assert!(fs::read_to_string(reports.join("report/report.html")).unwrap() == page);
    // One of the six is made to have failed: it alone is run again.
    let failed =
        fs::read_to_string(&document).unwrap().replacen("\"verdict\": \"PASS\"", "\"verdict\": \"FAIL\"", 1);
    fs::write(&document, failed).unwrap();
    let printed = ends(&[&suites[..], &["--rerun", "failed"]].concat(), 0);
    assert!(printed.contains("cmd.reg.001 ") && printed.contains("1 passed, 0 failed"), "{printed}");
    let printed = ends(&[&suites[..], &["--rerun", "failed"]].concat(), 5);
    assert!(printed.contains("nothing was selected"), "{printed}");
    ends(&["conform", "run", "conformance/suites", "--iut", "ref-cmd", "--rerun", "failed"], 2);
    ends(&["conform", "report", "README.md"], 2);
    fs::remove_dir_all(&reports).unwrap();
}

#[test]
fn a_run_that_was_recorded_is_judged_and_driven_again() {
    let reports = folder("replay");
    let report = reports.to_string_lossy().into_owned();
    let run = [
        "conform",
        "run",
        "conformance/suites/maar",
        "--iut",
        "ref-maar",
        "--filter",
        "maar.reg",
        "--report",
        &report,
    ];
    ends(&run, 0);
    // By the scripts that are in it, and by those of today.
    for replay in [&["conform", "replay", &report][..], &["conform", "replay", &report, "conformance/suites"]]
    {
        let printed = ends(replay, 0);
        assert!(printed.contains("8 cases judged again, 8 driven again, 0 differences"), "{printed}");
    }
    let capture = reports.join("maar.reg.001.pcapng").to_string_lossy().into_owned();
    let octets = fs::read(&capture).unwrap();
    let (then, other) = (b"\"verdict\":\"PASS\"", b"\"verdict\":\"FAIL\"");
    let at = octets.windows(then.len()).position(|it| it == then).unwrap();
    let tampered = [&octets[..at], other, &octets[at + then.len()..]].concat();
    fs::write(&capture, tampered).unwrap();
    let printed = ends(&["conform", "replay", &capture], 1);
    assert!(printed.contains("maar.reg.001: FAIL then, PASS now"), "{printed}");
    assert!(printed.ends_with("\n1 case judged again, 1 driven again, 1 difference\n"), "{printed}");
    fs::write(&capture, octets).unwrap();
    let printed = ends(&["conform", "replay", "captures/cmd.reg.001.pcapng"], 2);
    assert!(printed.contains("no bundle is in this file"), "{printed}");
    let offline =
        ["conform", "run", "conformance/suites", "--iut", "ref-maar", "--clock", &capture, "--filter"];
    ends(&[&offline[..], &["maar.reg.001"]].concat(), 0);
    ends(&[&offline[..], &["maar.reg.004"]].concat(), 3);
    ends(&["conform", "run", "conformance/suites", "--iut", "ref-maar", "--clock", "sundial"], 2);
    fs::remove_dir_all(&reports).unwrap();
}

#[test]
fn a_script_that_is_wrong_ends_with_2_and_shows_where() {
    let scripts = folder("wrong");
    let wrong = scripts.join("wrong.test.yaml");
    fs::write(&wrong, "dmm: 1\nid: cmd.wrong.001\ntitle: wrong\niut: cmd\nstpes: []\n").unwrap();
    let printed = ends(&["conform", "run", &wrong.to_string_lossy(), "--iut", "ref-cmd"], 2);
    assert!(printed.contains("wrong.test.yaml:5:1") && printed.contains("stpes"), "{printed}");
    fs::remove_dir_all(&scripts).unwrap();
}

#[test]
fn what_cannot_run_is_never_success() {
    let printed =
        ends(&["conform", "run", "conformance/suites", "--iut", "ref-cmd", "--filter", "no.such.case"], 5);
    assert!(printed.contains("nothing was selected"), "{printed}");
    ends(&["conform", "run", "no/such/folder", "--iut", "ref-cmd"], 2);
    ends(&["conform", "run", "conformance/suites", "--iut", "their-cmd"], 2);
}

#[test]
fn the_list_names_every_case_and_its_line() {
    let printed = ends(&["conform", "list", "conformance/suites"], 0);
    assert!(
        printed.contains("cmd.retx.001") && printed.contains("retx-001-backoff.test.yaml:2"),
        "{printed}"
    );
    let json = ends(&["conform", "list", "conformance/suites", "--json"], 0);
    let cases: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert!(cases.len() > 6);
}

#[test]
fn the_collection_is_what_the_tools_make_and_a_changed_file_is_noticed() {
    ends(&["captures", "--check"], 0);
    let copy = folder("collection");
    for entry in fs::read_dir(root().join("captures")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
        }
    }
    let demo = copy.join("demo.pcapng");
    let mut octets = fs::read(&demo).unwrap();
    *octets.last_mut().unwrap() ^= 1;
    fs::write(&demo, octets).unwrap();
    fs::write(copy.join("stray.pcapng"), b"").unwrap();
    let printed = ends(&["captures", "--check", "--dir", &copy.to_string_lossy()], 1);
    assert!(
        printed.contains("demo.pcapng differs") && printed.contains("stray.pcapng is made by nothing"),
        "{printed}"
    );
    fs::remove_dir_all(&copy).unwrap();
}

#[test]
fn the_demo_shows_the_domain_and_ends_with_0() {
    let out = folder("demo");
    let printed = ends(&["demo", "--out", &out.to_string_lossy()], 0);
    for part in [
        "maar3 → cmd",
        "[D]",
        "← P-MAAR 2001:db8:c0::1, 2001:db8:c0::2",
        "MAAR1",
        "cmd.ho.relay.001",
        "0 failed",
        "demo.pcapng",
    ] {
        assert!(printed.contains(part), "no `{part}` in\n{printed}");
    }
    assert!(out.join("demo.pcapng").is_file());
    fs::remove_dir_all(&out).unwrap();
}

#[test]
fn an_ordinary_user_installs_the_plugin_and_removes_it() {
    let stage = folder("plugin");
    let (program, plugin) = (stage.join("dmm"), stage.join("libdmm_dissector.so"));
    fs::copy(env!("CARGO_BIN_EXE_dmm"), &program).unwrap();
    fs::copy(dmm::plugin::built().unwrap(), &plugin).unwrap();
    let home = stage.join("home");
    fs::create_dir(&home).unwrap();
    for (path, mode) in [(&stage, 0o755), (&home, 0o777), (&plugin, 0o644), (&program, 0o755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let as_user = |program: &Path, arguments: &[&str]| {
        // For root, Wireshark loads no personal plugins, and `dmm plugin` says so.
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        let mut command = Command::new(if is_root { Path::new("setpriv") } else { program });
        if is_root {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        }
        command.args(arguments).env("HOME", &home).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        let output = command.output().unwrap();
        let printed =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(output.status.success(), "{printed}");
        printed
    };
    let installed = as_user(&program, &["plugin", "install", "--plugin", &plugin.to_string_lossy()]);
    let path = as_user(&program, &["plugin", "path"]);
    assert!(installed.contains(path.trim()) && Path::new(path.trim()).is_file(), "{installed}");
    let fields = as_user(Path::new("tshark"), &["-G", "fields"]);
    assert!(fields.contains("\tdmm.previous_maar.address\t"), "tshark has loaded it");
    // The profile: its columns, and its colours and buttons, whose filters the host can read.
    let profile = home.join(".config/wireshark/profiles/dmm");
    let filters: Vec<String> =
        ["colorfilters", "dfilter_buttons"].iter().flat_map(|name| filters(&profile.join(name))).collect();
    assert!(filters.len() > 15, "{filters:?}");
    let capture = stage.join("demo.pcapng");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures/demo.pcapng"), &capture).unwrap();
    fs::set_permissions(&capture, fs::Permissions::from_mode(0o644)).unwrap();
    let all = format!("(({})) && frame.number == 92", filters.join(") || ("));
    let capture = capture.to_string_lossy();
    let lines = as_user(Path::new("tshark"), &["-2", "-C", "dmm", "-r", &capture, "-Y", &all]);
    let end = lines.lines().last().expect("frame 92");
    assert!(end.contains("mn1@example.org 1 89 0.007000000 PBA [D] status=0"), "{lines}");
    as_user(&program, &["plugin", "uninstall"]);
    assert!(!Path::new(path.trim()).exists() && !profile.exists());
    let fields = as_user(Path::new("tshark"), &["-G", "fields"]);
    assert!(!fields.contains("\tdmm.previous_maar.address\t"));
    fs::remove_dir_all(&stage).unwrap();
}

/// The filters of a file of colours (`@name@filter@...`) or of buttons (`"TRUE","name","filter",...`).
fn filters(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("it was installed");
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let filter = |row: &str| {
        let (between, place) = if row.starts_with('@') { ('@', 2) } else { ('"', 5) };
        row.split(between).nth(place).expect("a row has a filter").to_owned()
    };
    rows.map(filter).collect()
}
