//! `dmm conform init`: a profile to start from, and what the implementation must know of the tester.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::Ipv6Addr;
use std::path::PathBuf;

use clap::Args;
use dmm_codec::LinkLayerAddress;
use dmm_conformance::access::Station;
use dmm_conformance::transport::Role;
use dmm_conformance::{LoadErrors, Profile};
use dmm_wire::partners;

use crate::{Exit, Failure, print, project_path};

/// What `dmm conform init --help` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  dmm conform init my-cmd.iut.yaml --addr 2001:db8:c0::cd --interface eth1
  dmm conform init my-maar.iut.yaml --role maar --addr 2001:db8:c0::1 --interface eth1 --access eth2
  dmm conform init my-cmd.iut.yaml --list        what the CMD must be configured with, from a profile that is there

docs/wire.md goes from here to a verdict.";

/// `dmm conform init`.
#[derive(Args)]
pub struct InitArgs {
    /// The profile (`*.iut.yaml`).
    profile: PathBuf,
    /// What the implementation is.
    #[arg(long, default_value = "cmd", value_parser = ["cmd", "maar", "lma", "mag"])]
    role: String,
    /// Its address; without one, that of the example.
    #[arg(long)]
    addr: Option<Ipv6Addr>,
    /// The interface of this machine that it is behind.
    #[arg(long, default_value = "eth1")]
    interface: String,
    /// The interface of this machine that is on the access link of a MAAR or a MAG.
    #[arg(long, default_value = "eth2")]
    access: String,
    /// Writes nothing; prints what the implementation of this profile must be configured with.
    #[arg(long, conflicts_with_all = ["role", "addr", "interface", "access"])]
    list: bool,
}

/// Writes a profile, and says what to configure.
pub fn init(args: &InitArgs) -> Result<Exit, Failure> {
    if args.list {
        return print(&list(&Profile::load(&args.profile).map_err(Failure::usage)?));
    }
    let path = project_path(&format!("conformance/profiles/example-{}.iut.yaml", args.role))?;
    let example = fs::read_to_string(&path).map_err(|error| Failure::file(&path, error))?;
    let text = adapt(&example, args);
    let source = dmm_conformance::script::span::Source { name: args.profile.display().to_string(), text };
    let source = std::sync::Arc::new(source);
    let profile = Profile::parse(&source).map_err(LoadErrors::from).map_err(Failure::usage)?;
    let file = OpenOptions::new().write(true).create_new(true).open(&args.profile);
    let written = file.and_then(|mut file| file.write_all(source.text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            let there = args.profile.display();
            Failure::usage(format!(
                "{there} is there already, and is left as it is: dmm conform init {there} --list"
            ))
        }
        _ => Failure::file(&args.profile, error),
    })?;
    print(&format!(
        "# {} is written: answer its questions for your implementation.\n{}",
        args.profile.display(),
        list(&profile)
    ))
}

/// The example with what was said on the command line; comments stay.
fn adapt(example: &str, args: &InitArgs) -> String {
    let name = args.profile.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.split('.').next().filter(|name| !name.is_empty()).unwrap_or("my");
    let line = |line: &str| match line.split_once(':') {
        Some(("name", _)) => format!("name: \"{name}\"\n"),
        Some(("vendor", _)) => "vendor: \"\"\n".to_owned(),
        Some(("addr", _)) if args.addr.is_some() => {
            args.addr.map_or_else(String::new, |addr| format!("addr: \"{addr}\"\n"))
        }
        Some(("access", _)) => format!("access: {{mode: l2, interface: \"{}\"}}\n", args.interface),
        Some((name @ ("  attach" | "  handover"), _)) => {
            format!("{name}: {{wire: {{interface: \"{}\"}}}}\n", args.access)
        }
        // By itself it is in the /64 of the implementation's address.
        Some(("  addresses", _)) => String::new(),
        _ => format!("{line}\n"),
    };
    // The first lines are about the example.
    let own = example.lines().filter(|line| !line.starts_with("# What a"));
    own.map(line).collect()
}

/// As YAML, in the form that the reference nodes read, with what is for people behind `#`.
fn list(profile: &Profile) -> String {
    let mut said = String::new();
    for role in &profile.roles {
        said += &format!("# Configure your {role} with these, which the tester plays.\n");
        let partners = partners(profile, *role);
        let of =
            |wanted: Role| partners.iter().filter(move |(it, _)| *it == wanted).map(|(_, station)| station);
        // Of a domain there is one.
        let only =
            |key: &str, role| of(role).next().map_or_else(String::new, |it| format!("{key}: {}\n", it.addr));
        let anchors = || -> String {
            let entry = |it: &Station| format!("  - address: {}\n    pools: [\"{}\"]\n", it.addr, it.pool);
            of(Role::Maar).map(entry).collect()
        };
        said += &match role {
            Role::Cmd => format!("maars:\n{}", anchors()),
            Role::Maar => {
                format!("{}peers:\n{}", only("cmd", Role::Cmd), anchors())
            }
            Role::Mag => only("lma", Role::Lma),
            Role::Lma => {
                let mags: Vec<String> = of(Role::Mag).map(|it| format!("\"{}\"", it.addr)).collect();
                format!("mags: [{}]\n", mags.join(", "))
            }
        };
        said += &match role {
            Role::Cmd | Role::Lma => format!(
                "# Mobile nodes are new in each case: whatever identifier ends in @{} must be accepted.\n",
                profile.tester.realm
            ),
            Role::Maar | Role::Mag => {
                let subscriber = |number| {
                    let (nai, mac) = profile.tester.subscriber(number);
                    let mac = LinkLayerAddress::from(mac);
                    format!("  - {{mac: \"{mac}\", mn: {nai}}}\n")
                };
                let all: String = (1..=profile.tester.subscribers).map(subscriber).collect();
                format!("# Mobile nodes on its access link.\nsubscribers:\n{all}")
            }
        };
        said += "# No interface of this machine may have one of these addresses; the tester answers for them itself.\n";
    }
    said
}
