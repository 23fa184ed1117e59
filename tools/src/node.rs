//! `dmm cmd`, `dmm maar`, `dmm lma`, `dmm mag`: a reference node on real interfaces.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use dmm_node::config::Store;
use dmm_node::{NodeConfig, Options, Role};

use crate::{Exit, Failure, print};

/// What `--help` of the four shows at its end.
pub const EXAMPLES: &str = "\
Examples, for a CMD; the other three are alike:
  dmm cmd --example > cmd.yaml             a configuration with a comment on every key
  dmm cmd --config cmd.yaml --check        is it right?
  dmm cmd --config cmd.yaml                runs until it is told to stop
  dmm cmd --config cmd.yaml --capture cmd.pcapng --log json
  dmm cmd --config cmd.yaml --store /var/lib/dmm/cmd.redb
  dmm status cmd.yaml                      what it holds; more: dmm ctl --help

It needs CAP_NET_RAW and CAP_NET_ADMIN and gives up all else. Mobile nodes are named in logs at DEBUG only
(RUST_LOG=debug). docs/nodes.md starts a domain.

Exit codes: 0 it was told to stop, 2 the configuration is wrong, 3 the machine does not let it run.";

/// What every node is told on the command line.
#[derive(Args)]
pub struct NodeArgs {
    /// The configuration, in YAML.
    #[arg(long, value_name = "FILE", required_unless_present = "example")]
    config: Option<PathBuf>,
    /// Reads the configuration, says what is wrong with it, and ends.
    #[arg(long)]
    check: bool,
    /// Prints a configuration with a comment on every key, and ends. Of a MAAR there are two, for a domain.
    #[arg(long, value_name = "NUMBER", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    example: Option<usize>,
    /// Where bindings are kept, whatever the configuration says: a file for a CMD or MAAR, or memory (a file of that
    /// name is ./memory).
    #[arg(long, value_name = "memory|FILE")]
    store: Option<PathBuf>,
    /// Writes what the node sends and receives.
    #[arg(long, value_name = "FILE.pcapng")]
    capture: Option<PathBuf>,
    /// Looks for the next message for so many microseconds after one has come before it sleeps: answers come sooner, for CPU time.
    /// Unless this says, 50, and 0 where there is one processor only.
    #[arg(long, value_name = "MICROSECONDS")]
    busy_poll: Option<u32>,
    /// The form of the log, on standard error.
    #[arg(long, default_value = "text")]
    log: Log,
}

/// The form of a log.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

impl NodeArgs {
    /// Starts the log of a node: what comes and goes, unless `RUST_LOG` asks for more or less.
    pub fn start_log(&self) {
        let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        match self.log {
            Log::Text => log.init(),
            Log::Json => log.json().init(),
        }
    }
}

/// Runs a node, or does what is asked in its place.
pub fn run(role: Role, args: &NodeArgs) -> Result<Exit, Failure> {
    if let Some(number) = args.example {
        let examples = role.examples();
        let example = number.checked_sub(1).and_then(|index| examples.get(index));
        let none = || Failure::usage(format!("of a {role} there are {} examples", examples.len()));
        return print(example.ok_or_else(none)?);
    }
    let Some(path) = &args.config else { return Err(Failure::usage("no configuration: --config FILE")) };
    let mut config = NodeConfig::load(path).map_err(Failure::usage)?;
    if config.role() != role {
        let path = path.display();
        let what = format!("{path} is for a {}: dmm {} --config {path}", config.role(), config.role());
        return Err(Failure::usage(what));
    }
    if let Some(place) = &args.store {
        let is_memory = place.as_os_str() == "memory";
        let store = if is_memory { Store::Memory } else { Store::File(place.clone()) };
        config.keep_in(store).map_err(Failure::usage)?;
    }
    if args.check {
        let mode = config.mode().map_or_else(String::new, |mode| format!(" as {mode}"));
        let (address, peers) = (config.common.address, config.peers().len());
        return print(&format!("{}: a {role} at {address}{mode}, {peers} peers\n", path.display()));
    }
    let busy_poll = Duration::from_micros(args.busy_poll.unwrap_or_else(busy_poll).into());
    let options = Options { capture: args.capture.clone(), busy_poll };
    dmm_node::run(config, &options).map_err(Failure::bench)?;
    Ok(Exit::OK)
}

/// As long as the kernel's documentation advises for its own (net.core.busy_poll). On the only processor whoever is to send the next
/// message would have to wait.
fn busy_poll() -> u32 {
    if thread::available_parallelism().is_ok_and(|processors| processors.get() > 1) { 50 } else { 0 }
}
