//! The `dmm` command.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dmm::{Exit, Failure};

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
    #[command(after_help = "Examples:\n  dmm conform run conformance/suites --iut ref-cmd\n  \
dmm conform run conformance/suites/cmd --iut ref-cmd --report out/report --json out/report.json\n\n\
Exit codes: 0 passed, 1 failed, 2 a script is wrong, 3 the bench is broken, 4 inconclusive, 5 nothing ran.")]
    Run(dmm::conform::RunArgs),
    /// Lists the test cases, and with --plan their steps.
    #[command(after_help = "Example:\n  dmm conform list conformance/suites")]
    List(dmm::conform::ListArgs),
}

#[derive(Subcommand)]
enum Sim {
    /// Runs seeds; one that fails is printed with the command that replays it, and its capture is written.
    #[command(after_help = "Examples:\n  dmm sim run --seeds 10000\n  dmm sim run --from 74 --seeds 1\n\n\
Exit codes: 0 all seeds kept every promise, 1 some did not.")]
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
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(Cli::parse().command) {
        Ok(exit) => exit.into(),
        Err(Failure { message, exit }) => {
            eprintln!("dmm: {message}");
            exit.into()
        }
    }
}

fn run(command: Command) -> Result<Exit, Failure> {
    let said = match command {
        Command::Demo { out, plugin } => return dmm::demo::run(&out, plugin),
        Command::Conform(Conform::Run(args)) => return dmm::conform::run(&args),
        Command::Conform(Conform::List(args)) => return dmm::conform::list(&args),
        Command::Decode(args) => return dmm::decode::run(&args),
        Command::Reference(args) => return dmm::page::run(&args),
        Command::Captures { dir, check } => return dmm::captures::run(&dir, check),
        Command::Sim(Sim::Run(args)) => return dmm::sim::run(&args),
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
