//! The proof of a verdict: one annotated pcapng per case, in which each packet says which step sent or took it, at which
//! line of the script, for which requirement. The same run writes the same octets.

use std::collections::BTreeMap;

use dmm_captures::{CaptureWriter, Section, WriteError};

use crate::packet::{Direction, Logged};
use crate::result::CaseResult;
use crate::transport::Setup;

/// Writes the capture of a case.
pub fn capture(result: &CaseResult, setup: &Setup, log: &[Logged]) -> Result<Vec<u8>, WriteError> {
    let section = Section { comment: Some(summary(result, setup)), ..Section::default() };
    let mut writer = CaptureWriter::new(Vec::new(), &section)?;
    let mut interfaces = BTreeMap::new();
    for role in &setup.roles {
        let description = format!("tester as {} {}", role.role, role.addr);
        interfaces.insert(role.port.as_str(), writer.interface(&role.port, &description)?);
    }
    let iut = format!("{} ({})", result.iut, setup.iut.role);
    let names = setup.roles.iter().map(|role| (role.addr, role.port.as_str()));
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
