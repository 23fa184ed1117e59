//! An implementation under test behind an interface, and the tester at its other end, in network namespaces.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dmm::lab::{Lab, Process};
use serde_json::Value;

use crate::namespaces::in_namespaces;

pub(crate) const DMM: &str = env!("CARGO_BIN_EXE_dmm");
const CMD: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, 0xcd);
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a test in namespaces of its own; where there can be none, passes over it. Times are measured, so one test at a time.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    in_namespaces(test, body);
}

/// The same, with a bench for a CMD.
pub(crate) fn in_a_lab(test: &str, body: impl FnOnce(&Bench)) {
    alone(test, || body(&Bench::new()));
}

/// A host for a CMD, an interface for the tester, and the profile that `dmm conform init` has written.
pub(crate) struct Bench {
    lab: Lab,
    pub(crate) profile: PathBuf,
    /// What it printed: the tester's stations, in the form that `dmm cmd` reads.
    pub(crate) stations: String,
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
    pub(crate) fn cmd(&self, more: &str) -> Process {
        self.cmd_that_knows(&self.stations, more)
    }

    pub(crate) fn cmd_that_knows(&self, stations: &str, more: &str) -> Process {
        let config = Path::new("/run/cmd.yaml");
        let own = format!("role: cmd\naddress: {CMD}\nadmin: {{socket: /run/cmd.sock}}\n");
        fs::write(config, format!("{own}{more}{stations}")).unwrap();
        let mut command = self.lab.on("cmd", Path::new(DMM));
        command.args(["cmd", "--config", path(config), "--log", "json"]).env_remove("RUST_LOG");
        let mut process = Process::start(&mut command).unwrap();
        process.said("\"ready\"", PATIENCE).unwrap();
        process
    }
}

/// How the preflight of a profile ends, and what it has found.
pub(crate) fn preflight(profile: &Path) -> (Option<i32>, Value) {
    let output = dmm(&["conform", "preflight", path(profile), "--json"]);
    let found = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", printed(&output)));
    (output.status.code(), found)
}

/// The adaptor in shell, which finds `dmm` by its environment.
pub(crate) fn adaptor() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/adaptors/adaptor.sh").canonicalize().unwrap()
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn dmm(arguments: &[&str]) -> Output {
    let mut command = Command::new(DMM);
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).env("DMM", DMM);
    command.output().unwrap()
}

pub(crate) fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// Verdicts by case, of a run's JSON.
pub(crate) fn verdicts(json: &Path) -> BTreeMap<String, String> {
    let document: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    let results = document["results"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    results.iter().map(|result| (text(&result["name"]), text(&result["verdict"]))).collect()
}
