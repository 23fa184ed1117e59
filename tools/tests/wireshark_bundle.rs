//! What a run attaches to the capture of a case, as Wireshark's own programs take it: it is no packet and no error to them, and
//! what they write themselves has lost it. `tools/hosts` runs this in other releases.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use pretty_assertions::assert_eq;

const CASE: &str = "cmd.reg.001";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn dmm(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
    let output = command.args(arguments).current_dir(root()).output().unwrap();
    (output.status.code(), [output.stdout, output.stderr].map(text).concat())
}

fn text(octets: Vec<u8>) -> String {
    String::from_utf8(octets).unwrap()
}

/// The folder of a run of one case, and its capture.
fn recorded(test: &str) -> (PathBuf, PathBuf) {
    let folder = env::temp_dir().join(format!("dmm-bundle-{}-{test}", std::process::id()));
    let run = ["conform", "run", "conformance/suites", "--iut", "ref-cmd", "--filter", CASE, "--report"];
    let (code, said) = dmm(&[&run[..], &[folder.to_str().unwrap()]].concat());
    assert_eq!(code, Some(0), "{said}");
    let capture = folder.join(format!("{CASE}.pcapng"));
    (folder, capture)
}

/// What a program of Wireshark's prints; it has nothing to complain of.
#[track_caller]
fn host(program: &str, arguments: &[&str], capture: &Path) -> String {
    let Output { status, stdout, stderr } =
        Command::new(program).args(arguments).arg(capture).output().unwrap();
    let complaints: Vec<String> =
        text(stderr).lines().filter(|line| !line.starts_with("Running as user")).map(str::to_owned).collect();
    assert_eq!((status.code(), complaints), (Some(0), Vec::new()), "{program} {arguments:?}");
    text(stdout)
}

/// Frames with their lengths and comments, as tshark has them.
#[track_caller]
fn frames(capture: &Path) -> String {
    let fields = ["-T", "fields", "-e", "frame.number", "-e", "frame.len", "-e", "frame.comment", "-r"];
    host("tshark", &fields, capture)
}

#[test]
fn it_shows_the_packets_of_a_case_and_nothing_else() {
    let (folder, kept) = recorded("frames");
    let bare = root().join(format!("captures/{CASE}.pcapng"));
    assert!(fs::read(&kept).unwrap().starts_with(&fs::read(&bare).unwrap()));
    assert!(fs::metadata(&kept).unwrap().len() > fs::metadata(&bare).unwrap().len());
    let shown = frames(&kept);
    assert_eq!(shown, frames(&bare));
    assert!(
        shown.lines().all(|line| line.contains("ref-cmd (cmd)")),
        "every packet has its comments: {shown}"
    );
    let counted = |capture| {
        let said = host("capinfos", &["-c", "-k", "-M"], capture);
        said.lines().filter(|line| !line.starts_with("File name")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(counted(&kept), counted(&bare));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_it_writes_has_lost_the_bundle_and_is_judged_by_its_packets() {
    let (folder, kept) = recorded("rewritten");
    let copy = folder.join("copy.pcapng");
    let status = Command::new("editcap").arg(&kept).arg(&copy).status().unwrap();
    assert!(status.success());
    assert_eq!(frames(&copy), frames(&kept));
    let (code, said) = dmm(&["conform", "replay", copy.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{said}");
    for part in ["no bundle is in this file", "editcap", "--clock"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let offline = ["conform", "run", "conformance/suites", "--iut", "ref-cmd", "--filter", CASE, "--clock"];
    let (code, said) = dmm(&[&offline[..], &[copy.to_str().unwrap()]].concat());
    assert!(code == Some(0) && said.contains("1 passed"), "{said}");
    // Among others it is not passed over unsaid.
    let (code, said) = dmm(&["conform", "replay", folder.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 case judged again") && said.contains("copy.pcapng: passed over"), "{said}");
    fs::remove_dir_all(&folder).unwrap();
}
