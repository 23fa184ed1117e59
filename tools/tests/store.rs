//! `dmm store`, as its users run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const EXPORT: &str = r#"{"format": "dmm-store", "version": 1, "node": {"role": "cmd", "address": "2001:db8:c0::cd"}, "records": [
  {"mn": {"nai": "mn1@example.org"}, "session": {"binding": null, "farewells": [
    {"maar": "2001:db8:c0::1", "prefixes": ["2001:db8:a001::/64"]}]}}]}"#;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("dmm-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("a folder can be made");
    folder
}

fn dmm(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dmm"))
        .arg("store")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("dmm starts")
}

#[test]
fn a_store_is_imported_checked_and_exported() {
    let folder = folder("store");
    std::fs::write(folder.join("cmd.json"), EXPORT).unwrap();
    for arguments in [&["import", "cmd.redb", "cmd.json"][..], &["check", "cmd.redb"]] {
        let output = dmm(&folder, arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said, "cmd.redb: of the CMD 2001:db8:c0::cd, 1 mobile node(s)\n", "{output:?}");
    }
    let output = dmm(&folder, &["export", "cmd.redb"]);
    let [said, expected]: [serde_json::Value; 2] =
        [&output.stdout[..], EXPORT.as_bytes()].map(|json| serde_json::from_slice(json).unwrap());
    assert_eq!(said, expected);
}

#[test]
fn what_cannot_be_used_is_said_with_what_to_do() {
    let folder = folder("no-store");
    std::fs::write(folder.join("notes.txt"), "nothing of the kind\n".repeat(500)).unwrap();
    std::fs::write(folder.join("cmd.json"), "{}").unwrap();
    let cases = [
        (
            &["check", "notes.txt"][..],
            1,
            "dmm: notes.txt: is no store of dmm; name another file, or move this one away",
        ),
        (
            &["check", "none.redb"],
            1,
            "dmm: none.redb: cannot be opened: No such file or directory (os error 2)",
        ),
        (
            &["import", "new.redb", "cmd.json"],
            2,
            "dmm: cmd.json: is no export that can be imported: missing field `format` at line 1 column 2",
        ),
        (&["import", "new.redb", "none.json"], 2, "dmm: none.json: No such file or directory (os error 2)"),
    ];
    for (arguments, code, expected) in cases {
        let output = dmm(&folder, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr).trim_end(), expected);
    }
    assert!(!folder.join("new.redb").exists());
}
