//! `dmm sim run` as a script uses it.

use std::process::Command;

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
