//! Reference nodes as processes on hosts of their own, and what tests ask of them.

use std::fs;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dmm::lab::{Lab, Process};
use dmm_node::Role;
use dmm_node::admin::{Client, Request, Response};
use dmm_node::status::{SessionStatus, Status};

use crate::namespaces::in_namespaces;

/// Longer than anything here takes; a test that waits for it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const MN: &str = "mn1@example.org";
pub(crate) const DMM: &str = env!("CARGO_BIN_EXE_dmm");

/// Runs a test in a laboratory of its own; where there can be none, passes over it.
pub(crate) fn in_a_lab(test: &str, body: impl FnOnce(&Lab)) {
    in_namespaces(test, || body(&Lab::new().unwrap()));
}

pub(crate) fn address(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, last)
}

pub(crate) fn maar_address(number: u16) -> Ipv6Addr {
    address(number)
}

/// A node that runs on a host of its own.
pub(crate) struct Node {
    pub(crate) process: Process,
    pub(crate) config: PathBuf,
    capture: PathBuf,
}

impl Node {
    pub(crate) fn start(lab: &Lab, folder: &Path, name: &str, role: Role, config: &str) -> Self {
        Self::with_store(lab, folder, name, role, config, Path::new("memory"))
    }

    pub(crate) fn with_store(
        lab: &Lab,
        folder: &Path,
        name: &str,
        role: Role,
        config: &str,
        store: &Path,
    ) -> Self {
        let (path, capture) = (folder.join(format!("{name}.yaml")), folder.join(format!("{name}.pcapng")));
        // Files of different users of /run/dmm would meet; these are this test's own.
        fs::write(&path, config.replace("/run/dmm/", &format!("{}/", folder.display()))).unwrap();
        let mut command = lab.on(name, Path::new(DMM));
        command.arg(role.name()).arg("--config").arg(&path).arg("--capture").arg(&capture);
        command.arg("--store").arg(store).args(["--log", "json"]).env_remove("RUST_LOG");
        let mut process = Process::start(&mut command).unwrap();
        process.said("\"ready\"", PATIENCE).unwrap();
        Self { process, config: path, capture }
    }

    fn client(&self) -> Client {
        let client = Client::connect(&self.config).unwrap();
        client.set_patience(PATIENCE).unwrap();
        client
    }

    pub(crate) fn ask(&self, request: &Request) -> Response {
        self.client().ask(request).unwrap()
    }

    pub(crate) fn status(&self) -> Status {
        match self.ask(&Request::Status { limit: None }) {
            Response::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until what it holds is so.
    pub(crate) fn until(&self, is_so: impl Fn(&Status) -> bool) -> Status {
        let mut client = self.client();
        client.send(&Request::Watch {}).unwrap();
        for _ in 0..100 {
            let Response::Status(status) = client.next_response().unwrap() else { continue };
            if is_so(&status) {
                return *status;
            }
        }
        panic!("it never came to that: {}", self.status().text());
    }

    /// Stops it. All its messages were right, by its own capture and `dmm decode`; returns them as (source, destination,
    /// kind), Router Advertisements left out.
    pub(crate) fn stop(mut self) -> (Vec<(Ipv6Addr, Ipv6Addr, String)>, Vec<String>) {
        let socket = dmm_node::NodeConfig::load(&self.config).unwrap().common.admin.socket;
        assert!(socket.exists());
        assert!(self.process.stop().unwrap().success());
        assert!(!socket.exists(), "the admin socket goes with the node");
        let output = Command::new(DMM).args(["decode", "--json"]).arg(&self.capture).output().unwrap();
        let json = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut messages = Vec::new();
        for line in json.lines() {
            let message: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(message["faults"], serde_json::json!([]), "{line}");
            let end = |key: &str| message[key].as_str().unwrap().parse().unwrap();
            messages.push((end("src"), end("dst"), message["message"].as_str().unwrap().to_owned()));
        }
        (messages, std::mem::take(&mut self.process.log))
    }
}

/// The only session of a node.
pub(crate) fn session(status: &Status) -> &SessionStatus {
    let [session] = &status.sessions[..] else { panic!("one session: {}", status.text()) };
    assert_eq!(session.mn, MN);
    session
}
