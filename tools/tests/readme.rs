//! The README promises what is so: its examples are what the tools print, its filters are those of the plugin.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use dmm_wireshark::{Stage, Tshark};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The code block that starts behind this text.
fn block(readme: &str, behind: &str) -> String {
    let rest = &readme[readme.find(behind).unwrap_or_else(|| panic!("no `{behind}` in the README"))..];
    let mut parts = rest.split("```");
    parts.nth(1).and_then(|block| block.split_once('\n')).expect("a block follows").1.to_owned()
}

/// With one blank where there are several.
fn folded(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_demo_prints_what_the_readme_shows() {
    let out = env::temp_dir().join(format!("dmm-readme-{}", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = command.arg("demo").arg("--out").arg(&out).current_dir(root).output().unwrap();
    // Versions of Wireshark differ in how wide they make columns.
    let printed: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(folded).collect();
    for line in block(&read("README.md"), "What it prints").lines().filter(|line| *line != "…") {
        // Where files are depends on where the demo is run.
        let is_place = line.starts_with("  out/") || line.starts_with("  target/");
        assert!(is_place || printed.contains(&folded(line)), "{line}\n{}", printed.join("\n"));
    }
    fs::remove_dir_all(&out).unwrap();
}

#[test]
fn the_message_in_the_readme_is_decoded_so() {
    let readme = read("README.md");
    let command = block(&readme, "Without Wireshark");
    let arguments = command.trim().strip_prefix("target/release/dmm ").expect("it is a command of dmm");
    let mut dmm = Command::new(env!("CARGO_BIN_EXE_dmm"));
    dmm.args(arguments.split_whitespace()).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let printed = String::from_utf8(dmm.output().unwrap().stdout).unwrap();
    for line in block(&readme, "It says what every field means").lines().filter(|line| *line != "…") {
        assert!(printed.lines().any(|printed| printed == line), "{line}\n{printed}");
    }
}

#[test]
fn the_reference_says_what_the_readme_shows() {
    let readme = read("README.md");
    let command = block(&readme, "one row of it, by");
    let arguments = command.trim().strip_prefix("target/release/dmm ").expect("it is a command of dmm");
    let mut dmm = Command::new(env!("CARGO_BIN_EXE_dmm"));
    let printed = String::from_utf8(dmm.args(arguments.split_whitespace()).output().unwrap().stdout).unwrap();
    assert_eq!(block(&readme, "a row is said so"), printed);
}

#[test]
fn the_failure_in_the_readme_is_the_one_that_a_test_produces() {
    let snapshot = read("tools/tests/snapshots/mutants__a_constant_interval_reads_so.snap");
    let printed = snapshot.splitn(3, "---\n").nth(2).unwrap();
    assert_eq!(block(&read("README.md"), "This is a CMD that keeps a constant").trim(), printed.trim());
}

#[test]
fn the_script_in_the_readme_is_part_of_a_suite() {
    let script = read("conformance/suites/cmd/ho-relay-001.test.yaml");
    let shown = block(&read("README.md"), "here a P-MAAR has not answered yet");
    assert!(script.contains(shown.trim_end()), "{shown}");
}

#[test]
fn the_filters_in_the_readme_are_filters() {
    let readme = read("README.md");
    let plugin = dmm::plugin::built().unwrap();
    let stage = Stage::new(&Tshark::find().unwrap(), Some(&plugin)).unwrap();
    let rows = readme.lines().filter(|line| line.starts_with("| ") && line.contains("`dmm"));
    let filters: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert!(filters.len() > 5, "{filters:?}");
    for filter in filters {
        stage.read(&demo(), &["-c", "1", "-Y", filter]).unwrap_or_else(|error| panic!("{filter}: {error}"));
    }
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures/demo.pcapng")
}
