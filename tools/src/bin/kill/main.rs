//! A CMD or LMA on a store in a file is killed at random moments under load and started again, and no binding whose PBA was seen
//! may be missing. The process that is killed is this program itself, started as `kill node ROLE STORE`.
//!
//! ```text
//!   this process: all MAARs or MAGs of a domain ──PBUs──▶ pipe ──▶ the node's process ──▶ store
//!                 remembers what was acknowledged ◀── pipe ◀──PBAs──┘  SIGKILL at any moment
//! ```

mod load;
mod node;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use dmm::{Exit, Failure};

/// Kills a CMD or LMA at random moments under load, and looks whether it has lost what it acknowledged.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    node: Option<Node>,
    /// Who is killed.
    #[arg(long, value_enum, default_value_t = Victim::Cmd)]
    role: Victim,
    /// How often.
    #[arg(long, default_value_t = 1000)]
    times: u32,
    /// Which moments, and which mobile nodes move where.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The store; by default a file of its own that is removed in the end.
    #[arg(long)]
    store: Option<PathBuf>,
}

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Victim {
    /// A CMD; this process is its MAARs.
    Cmd,
    /// An LMA; this process is its MAGs.
    Lma,
}

#[derive(Subcommand)]
enum Node {
    /// The process that is killed.
    #[command(hide = true)]
    Node {
        /// What it is.
        role: Victim,
        /// Its store.
        store: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.node {
        Some(Node::Node { role, store }) => node::run(role, &store).map(|()| Exit::OK),
        None => kill(cli.role, cli.times, cli.seed, cli.store),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(Failure { message, exit }) => {
            eprintln!("kill: {message}");
            exit.into()
        }
    }
}

fn kill(role: Victim, times: u32, seed: u64, store: Option<PathBuf>) -> Result<Exit, Failure> {
    let own = std::env::temp_dir().join(format!("dmm-kill-{}.redb", std::process::id()));
    let path = store.clone().unwrap_or_else(|| own.clone());
    let tally = load::run(role, times, seed, &path);
    if store.is_none() {
        // It may never have been made.
        let _ = std::fs::remove_file(&own);
    }
    let tally = tally?;
    println!(
        "{} kills: {} PBAs seen, {} of them in the last moment; {} records looked at, {} lost",
        times,
        tally.acknowledged,
        tally.last_moment,
        tally.looked_at,
        tally.lost.len()
    );
    for lost in tally.lost.iter().take(10) {
        println!("    {lost}");
    }
    Ok(if tally.lost.is_empty() { Exit::OK } else { Exit::FELL_SHORT })
}
