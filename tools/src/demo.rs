//! `dmm demo`: the main job in one go. A domain in virtual time, its capture through Wireshark and the plugin, the
//! conformance suites against the reference CMD.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use dmm_conformance::report::terminal::{Colour, Terminal};
use dmm_sim::domain::DomainConfig;
use dmm_wireshark::{Stage, Tshark};

use crate::journey::{self, Journey};
use crate::{Exit, Failure, conform, plugin, project_path};

/// The columns of the packet list that the signalling is shown in.
const COLUMNS: &str = "gui.column.format:\"No.\",\"%m\",\"Time\",\"%t\",\"Source\",\"%s\",\"Destination\",\"%d\",\
                       \"Protocol\",\"%p\",\"Info\",\"%i\"";

/// Runs the demonstration and says what it shows; whether all of it held.
pub fn run(out: &Path, plugin: Option<PathBuf>) -> Result<Exit, Failure> {
    let plugin = plugin.map_or_else(plugin::built, Ok)?;
    let tshark = Tshark::find().map_err(Failure::bench)?;
    fs::create_dir_all(out).map_err(|error| Failure::file(out, error))?;
    let mut short = Vec::new();

    let journey = journey::make(&DomainConfig::default());
    let capture = out.join("demo.pcapng");
    let octets = journey.write(Vec::new()).map_err(Failure::bench)?;
    fs::write(&capture, octets).map_err(|error| Failure::file(&capture, error))?;

    heading("A mobile node attaches to MAAR1 and moves to MAAR2 and MAAR3 (virtual time, CMD as relay)");
    println!("Its signalling, as Wireshark {} shows it with the plugin:\n", tshark.version);
    let stage = Stage::new(&tshark, Some(&plugin)).map_err(Failure::bench)?;
    let ask = |arguments: &[&str]| stage.read(&capture, arguments).map_err(Failure::bench);
    print!("{}", ask(&["-N", "n", "-o", COLUMNS, "-Y", "mipv6"])?);
    let handovers = ask(&["-Y", "dmm.previous_maar.address", "-T", "fields", "-e", "frame.number"])?;
    let expected = journey.visits.len() - 1;
    if handovers.lines().count() != expected {
        short.push(format!(
            "`dmm.previous_maar.address` finds {} packets, {expected} handovers were made: is the plugin loaded?",
            handovers.lines().count()
        ));
    }

    heading("Each flow goes on from the prefix it began on");
    flows(&journey);
    short.extend(journey.shortfalls().iter().map(ToString::to_string));

    heading("The reference CMD, judged by the conformance suites");
    let reports = out.join("conformance");
    let judged = conform::judge_reference("ref-cmd", &project_path("conformance/suites")?)?;
    let report = judged.report(false);
    let colour = if std::io::stdout().is_terminal() { Colour::Always } else { Colour::Never };
    let passed = report.exit_code() == 0;
    print!("{}", Terminal { report, colour });
    let page = conform::write_evidence(&judged, false, &reports)?;
    if !passed {
        short.push("the reference CMD did not pass its own suites".to_owned());
    }

    heading("Where everything is");
    place(&capture, "open it: wireshark, after `dmm plugin install`; filter: dmm");
    place(&reports, "a capture per test case, verdicts in the packet comments");
    place(&page, "the verdicts and their evidence, in a browser; report.json beside it is for scripts");
    place(&plugin, "the Wireshark plugin");
    println!();
    for line in &short {
        eprintln!("dmm: fell short: {line}");
    }
    Ok(if short.is_empty() { Exit::OK } else { Exit::FELL_SHORT })
}

fn heading(text: &str) {
    println!("\n{text}\n{}", "-".repeat(text.chars().count()));
}

fn place(path: &Path, what: &str) {
    let here = std::env::current_dir().unwrap_or_default();
    println!("  {:<44} {what}", path.strip_prefix(here).unwrap_or(path).display().to_string());
}

fn flows(journey: &Journey) {
    println!("  {:<9} {:<40} {:>5} {:>7}  longest silence", "begun at", "source address", "sent", "echoed");
    for (flow, (maar, _)) in journey.domain.flows(1).iter().zip(&journey.visits) {
        let silence = format!("{} ms", flow.longest_silence.as_millis());
        let src = flow.src.to_string();
        println!("  MAAR{maar:<5} {src:<40} {:>5} {:>7}  {silence:>15}", flow.sent, flow.echoed);
    }
    println!("  {} packets went through tunnels between MAARs.", journey.tunnelled());
}
