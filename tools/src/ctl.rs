//! `dmm status` and `dmm ctl`: a running node as a person or a test runner sees it and moves it, through its admin socket.

use std::io::{self, IsTerminal as _};
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use dmm_node::admin::{Client, Request, Response};

use crate::{Exit, Failure, print};

/// What `dmm status --help` shows at its end.
pub const STATUS_EXAMPLES: &str = "\
Examples:
  dmm status cmd.yaml                  the node that this configuration describes
  dmm status /run/dmm/cmd.sock         or the one behind this socket
  dmm status --watch maar1.yaml        again whenever something changes
  dmm status --json cmd.yaml | jq '.sessions[] | {mn, serving, p_maars}'";

/// What `dmm ctl --help` shows at its end.
pub const CTL_EXAMPLES: &str = "\
Examples:
  dmm ctl maar1.yaml attach mn1@example.org              as if it had solicited a router there
  dmm ctl maar1.yaml handover mn1@example.org maar2.yaml
  dmm ctl maar2.yaml detach 02:00:5e:10:00:01
  dmm ctl cmd.yaml restart                               as if it had been killed and started
  dmm ctl cmd.yaml events | jq .event.text
  dmm ctl cmd.yaml dump > cmd.json

A node's admin socket takes and gives a JSON object a line; whatever speaks that can do what this does.

Exit codes: 0 it was done, 1 the node would not, 3 no node answers.";

/// How long a node may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// `dmm status`.
#[derive(Args)]
pub struct StatusArgs {
    /// The node's configuration, or its admin socket.
    place: PathBuf,
    /// An object in place of lines.
    #[arg(long)]
    json: bool,
    /// Shows it again whenever something changes, and each second.
    #[arg(long)]
    watch: bool,
    /// How many sessions and PBUs are shown.
    #[arg(long, conflicts_with = "watch")]
    limit: Option<usize>,
}

/// `dmm ctl`.
#[derive(Args)]
pub struct CtlArgs {
    /// The node's configuration, or its admin socket.
    place: PathBuf,
    /// What is to be done.
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// A mobile node has come to the node's access link.
    Attach {
        /// Its identifier or MAC address.
        mobile: String,
        /// Its link-local address; by default that of its MAC address.
        #[arg(long)]
        link_local: Option<Ipv6Addr>,
    },
    /// A mobile node has left the node's access link.
    Detach {
        /// Its identifier or MAC address.
        mobile: String,
    },
    /// A mobile node has left this node's access link and come to another's.
    Handover {
        /// Its identifier or MAC address.
        mobile: String,
        /// The other node's configuration, or its admin socket.
        to: PathBuf,
    },
    /// Starts the state machine anew from its configuration.
    Restart,
    /// Prints everything that the node holds, as an object.
    Dump,
    /// Prints what happens from now on, an object a line.
    Events,
}

/// Shows what a node holds.
pub fn status(args: &StatusArgs) -> Result<Exit, Failure> {
    let mut client = Client::connect(&args.place).map_err(Failure::bench)?;
    if args.watch {
        client.send(&Request::Watch {}).map_err(Failure::bench)?;
        loop {
            show(client.next_response().map_err(Failure::bench)?, args)?;
        }
    }
    client.set_patience(PATIENCE).map_err(Failure::bench)?;
    show(client.ask(&Request::Status { limit: args.limit }).map_err(Failure::bench)?, args)
}

fn show(response: Response, args: &StatusArgs) -> Result<Exit, Failure> {
    let Response::Status(status) = response else { return Err(unexpected(response)) };
    if args.json {
        let line = serde_json::to_string(&status).map_err(Failure::bench)?;
        return print(&format!("{line}\n"));
    }
    // A watched terminal shows one status, not a row of them.
    let clear = args.watch && io::stdout().is_terminal();
    print(&format!("{}{}", if clear { "\x1b[2J\x1b[H" } else { "" }, status.text()))
}

/// Has a node do something.
pub fn ctl(args: &CtlArgs) -> Result<Exit, Failure> {
    let place = &args.place;
    match &args.action {
        Action::Attach { mobile, link_local } => {
            done(place, &Request::Attach { mobile: mobile.clone(), link_local: *link_local })
        }
        Action::Detach { mobile } => done(place, &Request::Detach { mobile: mobile.clone() }),
        Action::Handover { mobile, to } => {
            done(place, &Request::Detach { mobile: mobile.clone() })?;
            done(to, &Request::Attach { mobile: mobile.clone(), link_local: None })
        }
        Action::Restart => done(place, &Request::Restart {}),
        Action::Dump => match ask(place, &Request::Dump {})? {
            Response::Dump(dump) => {
                let text = serde_json::to_string_pretty(&dump).map_err(Failure::bench)?;
                print(&format!("{text}\n"))
            }
            other => Err(unexpected(other)),
        },
        Action::Events => {
            let mut client = Client::connect(place).map_err(Failure::bench)?;
            client.send(&Request::Events {}).map_err(Failure::bench)?;
            loop {
                print(&client.next_line().map_err(Failure::bench)?)?;
            }
        }
    }
}

fn done(place: &Path, request: &Request) -> Result<Exit, Failure> {
    match ask(place, request)? {
        Response::Done {} => Ok(Exit::OK),
        other => Err(unexpected(other)),
    }
}

fn ask(place: &Path, request: &Request) -> Result<Response, Failure> {
    let mut client = Client::connect(place).map_err(Failure::bench)?;
    client.set_patience(PATIENCE).map_err(Failure::bench)?;
    client.ask(request).map_err(Failure::bench)
}

fn unexpected(response: Response) -> Failure {
    match response {
        Response::Error(message) => Failure { message, exit: Exit::FELL_SHORT },
        other => Failure::bench(format!("the node has answered something else: {other:?}")),
    }
}
