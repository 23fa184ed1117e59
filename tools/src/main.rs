//! The `dmm` command.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dmm::{Exit, Failure};
use dmm_node::Role;

/// The toolkit for RFC 8885, Proxy Mobile IPv6 extensions for Distributed Mobility Management.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 all is well, 1 something fell short, 2 wrong use or unreadable input, \
3 the machine is at fault, 4 inconclusive, 5 nothing ran.\n\nMore is logged with RUST_LOG=debug."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a domain in virtual time through an attachment and two handovers, shows its signalling as Wireshark does,
    /// and judges the reference CMD.
    #[command(after_help = "Example:\n  dmm demo --out out/demo\n  wireshark out/demo/demo.pcapng")]
    Demo {
        /// Where the capture and the reports go.
        #[arg(long, default_value = "out/demo")]
        out: PathBuf,
        /// The Wireshark plugin; by default the one built beside this program.
        #[arg(long)]
        plugin: Option<PathBuf>,
    },
    /// Judges an implementation by the conformance suites.
    #[command(subcommand)]
    Conform(Conform),
    /// Says what the messages in a capture, or in hexadecimal octets, mean and what is wrong with them.
    #[command(after_help = dmm::decode::EXAMPLES)]
    Decode(dmm::decode::DecodeArgs),
    /// Judges every message of any capture by the rules that hold for every packet.
    #[command(after_help = dmm::lint::EXAMPLES)]
    Lint(dmm::lint::LintArgs),
    /// Shows every message, option, flag, status code and constant with its RFC section, or one of them with its layout.
    #[command(after_help = dmm::page::EXAMPLES)]
    Reference(dmm::page::ReferenceArgs),
    /// Makes or checks the captures of the collection.
    #[command(after_help = "Examples:\n  dmm captures --check          are they what the tools make?\n  \
dmm captures                  make them anew")]
    Captures {
        /// The folder of the collection.
        #[arg(long, default_value = "captures")]
        dir: PathBuf,
        /// Changes nothing; says what differs, and exits with 1 if anything does.
        #[arg(long)]
        check: bool,
    },
    /// Runs random domains in virtual time against a naive model of RFC 8885.
    #[command(subcommand)]
    Sim(Sim),
    /// Runs a CMD (RFC 8885) as relay, locator or proxy.
    #[command(after_help = dmm::node::EXAMPLES)]
    Cmd(dmm::node::NodeArgs),
    /// Runs a MAAR (RFC 8885). It does not forward user traffic.
    #[command(after_help = dmm::node::EXAMPLES)]
    Maar(dmm::node::NodeArgs),
    /// Runs an LMA of RFC 5213. It does not forward user traffic.
    #[command(after_help = dmm::node::EXAMPLES)]
    Lma(dmm::node::NodeArgs),
    /// Runs a MAG of RFC 5213. It does not forward user traffic.
    #[command(after_help = dmm::node::EXAMPLES)]
    Mag(dmm::node::NodeArgs),
    /// Shows what a running node holds: sessions, P-MAARs, timers, queues, peers.
    #[command(after_help = dmm::ctl::STATUS_EXAMPLES)]
    Status(dmm::ctl::StatusArgs),
    /// Moves mobile nodes at a running node, restarts it, prints all that it holds.
    #[command(after_help = dmm::ctl::CTL_EXAMPLES)]
    Ctl(dmm::ctl::CtlArgs),
    /// Reads what a node has kept: as JSON, and back.
    #[command(subcommand, after_help = dmm::store::EXAMPLES)]
    Store(dmm::store::StoreCommand),
    /// Puts the Wireshark plugin where this user's Wireshark looks, or takes it away.
    #[command(subcommand)]
    Plugin(Plugin),
}

#[derive(Subcommand)]
enum Conform {
    /// Runs test cases and gives verdicts.
    #[command(after_help = dmm::conform::RUN_EXAMPLES)]
    Run(Box<dmm::conform::RunArgs>),
    /// Lists the test cases, and with --plan their steps.
    #[command(after_help = "Example:\n  dmm conform list conformance/suites")]
    List(dmm::conform::ListArgs),
    /// Makes the page and other reports of a run again from its JSON document.
    #[command(after_help = dmm::conform::REPORT_EXAMPLES)]
    Report(dmm::conform::ReportArgs),
    /// Writes a profile for an implementation, and prints what that must be configured with.
    #[command(after_help = dmm::conform::INIT_EXAMPLES)]
    Init(dmm::conform::InitArgs),
    /// Looks at an implementation on the wire before any case runs: is it there, does it know the tester, is it what its
    /// profile says?
    #[command(after_help = dmm::conform::PREFLIGHT_EXAMPLES)]
    Preflight(dmm::conform::PreflightArgs),
    /// Puts scripts, libraries and profiles into their one form.
    #[command(after_help = "Examples:\n  dmm conform fmt conformance\n  dmm conform fmt --check conformance")]
    Fmt(dmm::conform::FmtArgs),
    /// Prints the reference page of the script language.
    #[command(after_help = "Example:\n  dmm conform reference > docs/scripts.md")]
    Reference,
    /// Judges a recorded run again without what was judged, and drives a reference node again.
    #[command(after_help = dmm::conform::REPLAY_EXAMPLES)]
    Replay(dmm::conform::ReplayArgs),
    /// Prints the JSON Schema of results, or of scripts, libraries and profiles for editors.
    Schema(dmm::conform::SchemaArgs),
}

#[derive(Subcommand)]
enum Sim {
    /// Runs seeds; one that fails is printed with the command that replays it, and its capture is written. A seed is a domain of
    /// RFC 8885; with `--domain legacy` it is another one, of an LMA and MAGs.
    #[command(after_help = "Examples:\n  dmm sim run --seeds 10000\n  dmm sim run --from 74 --seeds 1\n  \
dmm sim run --domain legacy --seeds 10000\n\n\
Exit codes: 0 all seeds kept every promise, 1 some did not, 130 interrupted: after Ctrl-C or SIGTERM no further seed begins, and what has \
run is reported; a second one ends it at once.")]
    Run(dmm::sim::SimArgs),
}

#[derive(Subcommand)]
enum Plugin {
    /// Installs the plugin for this user.
    Install {
        /// The plugin; by default the one built beside this program.
        #[arg(long)]
        plugin: Option<PathBuf>,
    },
    /// Prints where the plugin is, or would be.
    Path,
    /// Removes it.
    Uninstall,
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    start_log(&command);
    match run(command) {
        Ok(exit) => exit.into(),
        Err(Failure { message, exit }) => {
            eprintln!("dmm: {message}");
            exit.into()
        }
    }
}

fn start_log(command: &Command) {
    if let Command::Cmd(args) | Command::Maar(args) | Command::Lma(args) | Command::Mag(args) = command {
        return args.start_log();
    }
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

fn run(command: Command) -> Result<Exit, Failure> {
    let said = match command {
        Command::Demo { out, plugin } => return dmm::demo::run(&out, plugin),
        Command::Conform(Conform::Run(args)) => return dmm::conform::run(&args),
        Command::Conform(Conform::List(args)) => return dmm::conform::list(&args),
        Command::Conform(Conform::Report(args)) => return dmm::conform::report(&args),
        Command::Conform(Conform::Init(args)) => return dmm::conform::init(&args),
        Command::Conform(Conform::Preflight(args)) => return dmm::conform::preflight(&args),
        Command::Conform(Conform::Fmt(args)) => return dmm::conform::fmt(&args),
        Command::Conform(Conform::Reference) => return dmm::conform::reference(),
        Command::Conform(Conform::Replay(args)) => return dmm::conform::replay(&args),
        Command::Conform(Conform::Schema(args)) => return dmm::conform::schema(&args),
        Command::Decode(args) => return dmm::decode::run(&args),
        Command::Lint(args) => return dmm::lint::run(&args),
        Command::Reference(args) => return dmm::page::run(&args),
        Command::Captures { dir, check } => return dmm::captures::run(&dir, check),
        Command::Sim(Sim::Run(args)) => return dmm::sim::run(&args),
        Command::Cmd(args) => return dmm::node::run(Role::Cmd, &args),
        Command::Maar(args) => return dmm::node::run(Role::Maar, &args),
        Command::Lma(args) => return dmm::node::run(Role::Lma, &args),
        Command::Mag(args) => return dmm::node::run(Role::Mag, &args),
        Command::Status(args) => return dmm::ctl::status(&args),
        Command::Ctl(args) => return dmm::ctl::ctl(&args),
        Command::Store(command) => return dmm::store::run(&command),
        Command::Plugin(Plugin::Install { plugin }) => {
            dmm::plugin::install(&plugin.map_or_else(dmm::plugin::built, Ok)?)?
        }
        Command::Plugin(Plugin::Path) => dmm::plugin::path()?,
        Command::Plugin(Plugin::Uninstall) => dmm::plugin::uninstall()?,
    };
    println!("{said}");
    Ok(Exit::OK)
}
