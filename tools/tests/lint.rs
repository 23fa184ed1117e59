//! `dmm lint` on captures of right and wrong nodes: what it says of them, and how it ends.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use dmm::conform::{self, Inputs};
use dmm::reference::{MakeCmd, Reference, cmds};
use dmm_captures::{CaptureReader, CaptureWriter, Packet, Section};
use dmm_codec::Instant;
use dmm_conformance::{Bench, Profile, Selection};
use dmm_proto::{Cmd, CmdConfig, Node};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn lint(arguments: &[&str], code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
    let output = command.arg("lint").args(arguments).current_dir(root()).output().expect("it was built");
    let printed =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{printed}");
    printed
}

/// The capture of the retransmission case with a CMD that is configured so.
fn retransmissions(name: &str, make: MakeCmd) -> PathBuf {
    let conformance = root().join("conformance");
    let suites = [conformance.join("suites/cmd")];
    let profile = Profile::load(&conformance.join("profiles/ref-cmd.iut.yaml")).expect("a profile");
    let requirements = conformance.join("requirements");
    let inputs = Inputs { paths: &suites, profile: &profile, requirements: &requirements };
    let reference = Reference::of(&profile).made_by(cmds(make));
    let bench = || -> Box<dyn Bench> { Box::new(reference.clone()) };
    let selection = Selection { names: vec!["cmd.retx.001".to_owned()], ..Selection::default() };
    let judged = conform::judge(&inputs, &selection, &bench).expect("the suites can be read");
    let path = env::temp_dir().join(format!("dmm-lint-{}-{name}.pcapng", std::process::id()));
    fs::write(&path, &judged.cases[0].capture).expect("the temporary directory takes files");
    path
}

fn configured(mut config: CmdConfig, change: fn(&mut CmdConfig)) -> Box<dyn Node> {
    change(&mut config);
    Box::new(Cmd::new(config))
}

#[test]
fn the_captures_of_right_nodes_break_no_requirement() {
    for name in ["demo", "cmd.retx.001", "cmd.ho.relay.002", "cmd.pace.001-k-2"] {
        let printed = lint(&[&format!("captures/{name}.pcapng")], 0);
        assert!(printed.contains(", 0 times against a requirement"), "{printed}");
    }
}

#[test]
fn a_wrong_octet_is_named_with_frame_requirement_and_sentence() {
    let printed = lint(&["captures/any.opt.001-hnp-length-17.pcapng"], 1);
    for part in ["FAIL  frame 1  RFC8885-R4.1.7: ", "PBU\n", "expected hnp: length 18; seen length 17"] {
        assert!(printed.contains(part), "no `{part}` in\n{printed}");
    }
}

#[test]
fn a_backoff_that_does_not_double_is_seen_without_the_tester() {
    let constant: MakeCmd = |config| configured(config, |config| config.backoff.factor = 1);
    let capture = retransmissions("constant", constant);
    let printed = lint(&[&capture.to_string_lossy()], 1);
    for part in ["FAIL  frame 7  RFC8885-R3.6.3", "sent again after 2s (from 1.78s to 2.32s)", "seen 1s"] {
        assert!(printed.contains(part), "no `{part}` in\n{printed}");
    }
    fs::remove_file(capture).unwrap();
}

#[test]
fn a_wait_that_is_too_long_is_doubtful_since_a_sending_may_be_missing() {
    let path = rewritten("gap", |at, packet| (at != 3).then_some(packet.at));
    let printed = lint(&[&path.to_string_lossy()], 0);
    assert!(printed.contains("WARN  frame 4  RFC8885-R3.6.3"), "{printed}");
    assert!(printed.contains("unless a sending is not in the capture; seen 12s"), "{printed}");
    assert!(printed.contains("0 times against a requirement, 1 time questionable"), "{printed}");
    lint(&["--strict", &path.to_string_lossy()], 1);
    fs::remove_file(path).unwrap();
}

/// The PBUs of the retransmission case to the P-MAAR, each at another time or left out.
fn rewritten(name: &str, when: impl Fn(usize, &Packet) -> Option<Instant>) -> PathBuf {
    let octets = fs::read(root().join("captures/cmd.retx.001.pcapng")).expect("it is part of the checkout");
    let packets: Vec<_> =
        CaptureReader::from_octets(octets).expect("a capture").map(|packet| packet.expect("whole")).collect();
    let mut writer = CaptureWriter::new(Vec::new(), &Section::default()).expect("memory takes it");
    let interface = writer.interface("any", "").expect("memory takes it");
    let sent = packets.iter().filter(|it| it.interface == "peer" && it.comments[0].starts_with("ref-cmd"));
    // The PBA that the preamble got comes first.
    for (at, packet) in sent.skip(1).enumerate() {
        if let Some(time) = when(at, packet) {
            writer.packet(time, interface, &packet.octets, &[]).expect("memory takes it");
        }
    }
    let path = env::temp_dir().join(format!("dmm-lint-{}-{name}.pcapng", std::process::id()));
    fs::write(&path, writer.finish().expect("memory takes it")).expect("the temporary directory takes files");
    path
}

#[test]
fn more_than_three_pbus_within_a_second_are_too_many() {
    // Every retransmission, but each only 200 ms after the one before it.
    let step = Duration::from_millis(200);
    let path = rewritten("rate", |at, _| Some(Instant::from_secs(1) + at as u32 * step));
    let printed = lint(&[&path.to_string_lossy()], 1);
    assert!(printed.contains("RFC8885-R3.6.5") && printed.contains("seen 4 in 600ms"), "{printed}");
    fs::remove_file(path).unwrap();
}

#[test]
fn json_is_one_object_with_the_same_findings() {
    let printed = lint(&["--json", "captures/any.opt.001-hnp-length-17.pcapng"], 1);
    let said: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&said["dmm_lint"], &said["exit_code"]), (&1.into(), &1.into()));
    let finding = &said["findings"][0];
    assert_eq!((&finding["verdict"], &finding["frame"]), (&"FAIL".into(), &1.into()));
    assert_eq!(finding["requirement"], "RFC8885-R4.1.7");
    assert_eq!(finding["message"], "pbu");
}

#[test]
fn what_was_not_judged_is_no_success() {
    let path = env::temp_dir().join(format!("dmm-lint-{}-empty.pcapng", std::process::id()));
    let writer = CaptureWriter::new(Vec::new(), &Section::default()).unwrap();
    fs::write(&path, writer.finish().unwrap()).unwrap();
    lint(&[&path.to_string_lossy()], 5);
    fs::write(&path, b"no capture").unwrap();
    lint(&[&path.to_string_lossy()], 2);
    fs::remove_file(&path).unwrap();
    lint(&[&path.to_string_lossy()], 2);
}
