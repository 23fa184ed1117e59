//! The proof of a verdict: one annotated pcapng per case, in which each packet says which step sent or took it, at which
//! line of the script, for which requirement. The same run writes the same octets.

use std::collections::{BTreeMap, BTreeSet};

use dmm_captures::{CaptureWriter, Section, WriteError};
use dmm_codec::Instant;
use dmm_codec::packet::link_local;

use crate::packet::{Direction, Logged};
use crate::record::{PacketRecord, Station};
use crate::result::CaseResult;
use crate::transport::{MobileSetup, Setup};

/// Longest name of a file, so that any file system takes it with its suffix.
const LONGEST_NAME: usize = 200;

/// Who takes part: the roles of the tester, mobile nodes that were on the link, then the implementation under test.
pub fn stations(setup: &Setup, iut: &str, log: &[Logged]) -> Vec<Station> {
    let role = |role: &crate::transport::RoleSetup| Station {
        name: role.port.clone(),
        role: role.role.name().to_string(),
        addr: role.addr,
        is_iut: false,
    };
    let iut = Station {
        name: iut.to_string(),
        role: setup.iut.role.name().to_string(),
        addr: setup.iut.addr,
        is_iut: true,
    };
    let mobile = |mobile: &MobileSetup| Station {
        name: mobile.name.clone(),
        role: "mn".to_string(),
        addr: link_local(mobile.mac),
        is_iut: false,
    };
    let mobiles = on_link(setup, log).map(mobile);
    setup.roles.iter().map(role).chain(mobiles).chain([iut]).collect()
}

/// The mobile nodes that sent or received something.
fn on_link<'a>(setup: &'a Setup, log: &'a [Logged]) -> impl Iterator<Item = &'a MobileSetup> {
    setup.mobiles.iter().filter(|mobile| log.iter().any(|packet| packet.port == mobile.name))
}

/// A packet as reports keep it.
pub fn record(logged: &Logged, start: Instant) -> PacketRecord {
    PacketRecord {
        at: logged.at.since(start),
        port: logged.port.clone(),
        direction: logged.direction,
        step: logged.step.clone(),
        comments: logged.comments.clone(),
        frame: logged.frame.clone(),
    }
}

/// The names of the files that cases leave, without suffix, in the order of the results: `cmd.pace.001[k=8]` is
/// `cmd.pace.001-k-8`. No two are the same, and none leaves its folder.
pub fn file_names<'a>(cases: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let name = |case: &str| {
        let keep = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let plain: String = case.chars().map(keep).take(LONGEST_NAME).collect();
        let plain = plain.trim_matches(['-', '.']).to_string();
        let plain = if plain.is_empty() { "case".to_string() } else { plain };
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        std::iter::once(plain.clone())
            .chain(numbered)
            .find(|name| taken.insert(name.clone()))
            .unwrap_or(plain)
    };
    cases.into_iter().map(name).collect()
}

/// Writes the capture of a case.
pub fn capture(result: &CaseResult, setup: &Setup, log: &[Logged]) -> Result<Vec<u8>, WriteError> {
    let section = Section { comment: Some(summary(result, setup)), ..Section::default() };
    let mut writer = CaptureWriter::new(Vec::new(), &section)?;
    let mut interfaces = BTreeMap::new();
    for role in &setup.roles {
        let description = format!("tester as {} {}", role.role, role.addr);
        interfaces.insert(role.port.as_str(), writer.interface(&role.port, &description)?);
    }
    for mobile in on_link(setup, log) {
        let description = format!("tester as mobile node {}", mobile.nai);
        interfaces.insert(mobile.name.as_str(), writer.interface(&mobile.name, &description)?);
    }
    let iut = format!("{} ({})", result.iut, setup.iut.role);
    let mobiles = on_link(setup, log).map(|mobile| (link_local(mobile.mac), mobile.name.as_str()));
    let names = setup.roles.iter().map(|role| (role.addr, role.port.as_str())).chain(mobiles);
    writer.names(names.chain([(setup.iut.addr, iut.as_str())]))?;
    for packet in log {
        let interface = if let Some(interface) = interfaces.get(packet.port.as_str()) {
            *interface
        } else {
            // A frame at a port that the setup does not have: the bench's doing, and worth seeing.
            let interface = writer.interface(&packet.port, "not of this case")?;
            interfaces.insert(&packet.port, interface);
            interface
        };
        let arrow = match packet.direction {
            Direction::Sent => format!("{} -> {iut}", packet.port),
            Direction::Received => format!("{iut} -> {}", packet.port),
        };
        let unclaimed = packet.direction == Direction::Received && packet.comments.is_empty();
        let remark = unclaimed.then(|| "no step asked for it".to_string());
        let comments: Vec<String> =
            [arrow].into_iter().chain(packet.comments.iter().cloned()).chain(remark).collect();
        writer.packet(packet.at, interface, &packet.frame, &comments)?;
    }
    writer.finish()
}

fn summary(result: &CaseResult, setup: &Setup) -> String {
    let mut lines = vec![
        format!("{}: {}", result.name, result.verdict),
        result.title.clone(),
        format!("implementation under test: {} as {} at {}", result.iut, setup.iut.role, setup.iut.addr),
        format!("script: {}", result.at),
        format!("requirements: {}", result.requirements.join(", ")),
    ];
    if let Some(reason) = result.reason() {
        let packet = reason.packet.map(|packet| format!("packet {packet}, ")).unwrap_or_default();
        let requirement = reason.requirement.clone().unwrap_or_default();
        lines.push(format!("reason: {requirement} at {}: {packet}{}", reason.at, reason.step));
        lines.push(format!("expected {}, seen {}", reason.expected, reason.seen));
    }
    lines.extend(result.measured.iter().map(|measured| format!("measured: {measured}")));
    lines.join("\n")
}
