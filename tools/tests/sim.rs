//! `dmm sim run` as a script uses it.

use std::fs;
use std::process::{Command, Stdio};

#[test]
fn seeds_are_run_and_counted() {
    let ran = Command::new(env!("CARGO_BIN_EXE_dmm"))
        .args(["sim", "run", "--from", "5", "--seeds", "3", "--json"])
        .output()
        .expect("dmm runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("an object");
    assert_eq!((said["seeds"].as_u64(), said["from"].as_u64()), (Some(3), Some(5)));
    assert_eq!(said["failed"].as_array().map(Vec::len), Some(0), "{said}");
    assert!(said["frames"].as_u64() > Some(100), "{said}");
}

#[test]
fn a_seed_of_rfc_5213_is_another_run() {
    let ran = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
        let ran =
            command.args(["sim", "run", "--seeds", "2", "--json"]).args(more).output().expect("dmm runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        serde_json::from_slice::<serde_json::Value>(&ran.stdout).expect("an object")
    };
    let (dmm, legacy) = (ran(&[]), ran(&["--domain", "legacy"]));
    assert_eq!(dmm, ran(&["--domain", "dmm"]), "what is run where nothing is said");
    assert_ne!(dmm["frames"], legacy["frames"]);
    assert_eq!(legacy["failed"].as_array().map(Vec::len), Some(0), "{legacy}");
}

#[test]
fn who_is_interrupted_says_what_has_run_and_what_is_left() {
    let all = 1_000_000_000;
    let child = Command::new(env!("CARGO_BIN_EXE_dmm"))
        .args(["sim", "run", "--from", "7", "--seeds", &all.to_string(), "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("dmm runs");
    let catches_sigterm = || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it has not ended");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("Linux says so");
        u64::from_str_radix(caught.trim(), 16).expect("a number") & 1 << 14 != 0
    };
    while !catches_sigterm() {
        std::thread::yield_now();
    }
    let killed = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(killed.expect("sh runs").success());
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(130));
    let said: serde_json::Value = serde_json::from_slice(&ended.stdout).expect("an object");
    assert_eq!(said["seeds"].as_u64().zip(said["left"].as_u64()).map(|(ran, left)| ran + left), Some(all));
}
