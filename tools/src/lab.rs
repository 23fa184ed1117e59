//! Hosts as network namespaces on one bridge, made without root in a user namespace of their own: where tests and
//! `tools/bench veth` run reference nodes on real sockets. When the process that made it ends, the kernel clears it away.
//!
//! ```text
//!   this process            host "cmd"        host "maar1"
//!        │                      │ c0              │ c0   │ eth1
//!   ─────┴──── bridge "core" ───┴─────────────────┴──    │
//!        └──────────────── maar1-a ──────────────────────┘
//! ```

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::Ipv6Addr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::Failure;

/// Set where the process is in the namespaces that it asked for.
const INSIDE: &str = "DMM_LAB";

/// Whether this process was started by [`again`].
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// This program again, as root of namespaces of its own: user, network and mounts.
pub fn again() -> Result<Command, Failure> {
    let mut command = Command::new("unshare");
    command.arg("-Urnm").arg(std::env::current_exe().map_err(Failure::bench)?).env(INSIDE, "1");
    Ok(command)
}

/// Why there can be no laboratory here, if so: some containers allow no namespaces, some machines have no `ip`.
pub fn obstacle() -> Option<String> {
    let try_it =
        "mount -t tmpfs tmpfs /run && ip link add end0 type veth peer name end1 && ip netns add host";
    let tried = Command::new("unshare").args(["-Urnm", "sh", "-c", try_it]).output();
    match tried {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    }
}

/// A laboratory.
#[derive(Debug)]
pub struct Lab(());

impl Lab {
    /// Makes an empty one of the namespaces that this process is in.
    pub fn new() -> Result<Self, Failure> {
        // `ip netns` names namespaces by files below /run.
        run("mount", ["-t", "tmpfs", "tmpfs", "/run"])?;
        run("ip", ["link", "set", "lo", "up"])?;
        run("ip", words("link add core type bridge mcast_snooping 0"))?;
        run("ip", words("link set core addrgenmode none up"))?;
        Ok(Self(()))
    }

    /// Adds a host with this address on the core.
    pub fn host(&self, name: &str, address: Ipv6Addr) -> Result<(), Failure> {
        run("ip", ["netns", "add", name])?;
        run("ip", words(&format!("link add {name}-c type veth peer name c0 netns {name}")))?;
        run("ip", words(&format!("link set {name}-c master core addrgenmode none up")))?;
        run("ip", words(&format!("-n {name} link set lo up")))?;
        run("ip", words(&format!("-n {name} link set c0 up")))?;
        run("ip", words(&format!("-n {name} -6 address add {address}/64 dev c0 nodad")))
    }

    /// Gives a host an interface `eth1` whose other end is with this process, and says nothing by itself; returns the
    /// name of that end.
    pub fn access(&self, name: &str) -> Result<String, Failure> {
        let end = format!("{name}-a");
        run("ip", words(&format!("link add {end} type veth peer name eth1 netns {name}")))?;
        run("ip", words(&format!("-n {name} link set eth1 addrgenmode none up")))?;
        run("ip", words(&format!("link set {end} addrgenmode none up")))?;
        Ok(end)
    }

    /// Takes the carrier of an end from [`Lab::access`], and so that of the host's, or gives it back.
    pub fn carrier(&self, end: &str, is_there: bool) -> Result<(), Failure> {
        run("ip", ["link", "set", end, if is_there { "up" } else { "down" }])
    }

    /// Gives this process an interface on the core that has no address and says nothing by itself.
    pub fn tap(&self, name: &str) -> Result<(), Failure> {
        run("ip", words(&format!("link add {name} type veth peer name {name}-c")))?;
        run("ip", words(&format!("link set {name}-c master core addrgenmode none up")))?;
        run("ip", words(&format!("link set {name} addrgenmode none up")))
    }

    /// Gives this process an address on the core.
    pub fn own(&self, address: Ipv6Addr) -> Result<(), Failure> {
        run("ip", words(&format!("-6 address add {address}/64 dev core nodad")))
    }

    /// Adds a host that a veth pair and nothing else connects with this process, which gets the other address.
    pub fn pair(&self, name: &str, address: Ipv6Addr, own: Ipv6Addr) -> Result<(), Failure> {
        run("ip", ["netns", "add", name])?;
        run("ip", words(&format!("link add {name}-c type veth peer name c0 netns {name}")))?;
        run("ip", words(&format!("-n {name} link set lo up")))?;
        run("ip", words(&format!("-n {name} link set c0 up")))?;
        run("ip", words(&format!("-n {name} -6 address add {address}/64 dev c0 nodad")))?;
        run("ip", words(&format!("link set {name}-c up")))?;
        run("ip", words(&format!("-6 address add {own}/64 dev {name}-c nodad")))
    }

    /// A program on a host.
    pub fn on(&self, name: &str, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/run/netns/{name}")).arg(program);
        command
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_ascii_whitespace()
}

fn run<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Result<(), Failure> {
    let mut command = Command::new(program);
    command.args(arguments);
    let output = command.output().map_err(|error| Failure::bench(format!("{program}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::bench(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

/// A program that runs beside this one, and ends with it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    /// What it has said on standard error so far.
    pub log: Vec<String>,
}

impl Process {
    /// Starts it.
    pub fn start(command: &mut Command) -> Result<Self, Failure> {
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(Failure::bench)?;
        let stderr = child.stderr.take().expect("it was asked for");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, lines, log: Vec::new() })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on standard error with this in it.
    pub fn said(&mut self, text: &str, patience: Duration) -> Result<(), Failure> {
        loop {
            match self.lines.recv_timeout(patience) {
                Ok(line) => {
                    let found = line.contains(text);
                    self.log.push(line);
                    if found {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(Failure::bench(format!("`{text}` was not said: {}", self.log.join("\n"))));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::bench(format!("it ended: {}", self.log.join("\n"))));
                }
            }
        }
    }

    /// Ends it as a loss of power would, with nothing said to it.
    pub fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill().map_err(Failure::bench)?;
        self.child.wait().map_err(Failure::bench)?;
        Ok(())
    }

    /// Tells it to stop, and waits until it has. All that it said is in its log then.
    pub fn stop(&mut self) -> Result<ExitStatus, Failure> {
        run("sh", ["-c", &format!("kill -TERM {}", self.child.id())])?;
        let status = self.child.wait().map_err(Failure::bench)?;
        self.log.extend(self.lines.iter());
        Ok(status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
