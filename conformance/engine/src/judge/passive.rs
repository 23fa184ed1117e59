//! What the codec's tables say of any message, judged on every packet from the implementation under test, whether or not
//! a step looks at it. Which requirement a rule is stands in the catalogue (`invariants: [length.prev_maar]`).

use dmm_codec::lint::FaultKind;
use dmm_codec::option::spec;
use dmm_codec::{Align, ErrorKind, Fault, MessageView, OptionSpec, Scope, Weight, What, lint};

use crate::packet::Parsed;
use crate::script::value::Value;
use crate::verdict::Verdict;

/// A rule that a message breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule: `length`, `alignment`, `reserved`, ...
    pub rule: &'static str,
    /// The message or option that breaks it.
    pub name: String,
    /// What it makes of the case.
    pub verdict: Verdict,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub seen: String,
}

/// Everything that is wrong with a Mobility Header by itself. A message of a type that no table has is not judged.
pub fn judge(ip: &Parsed) -> Vec<Violation> {
    let octets = &ip.payload;
    let message = match MessageView::new(octets) {
        Ok(view) => match view.spec() {
            Some(spec) => spec.name,
            None => return Vec::new(),
        },
        Err(_) => "message",
    };
    let faults = lint(octets, Some((ip.src, ip.dst)));
    faults.iter().filter_map(|fault| violation(fault, message)).collect()
}

/// A fault as the rule that it breaks, in the words of reports; none where no requirement speaks of it.
fn violation(fault: &Fault, message: &str) -> Option<Violation> {
    let option = match fault.what {
        What::Option { kind, .. } | What::SubOption { option: kind, .. } => spec(kind),
        _ => None,
    };
    let name = option.map_or(message, |spec| spec.name);
    let rule = fault.rule()?;
    let (expected, seen) = match &fault.kind {
        FaultKind::Decode(kind) => decoding(kind, fault)?,
        FaultKind::Behind { said, found } => of_eights(*said, *found),
        FaultKind::Reserved(value) if matches!(fault.what, What::Header(_)) => {
            ("reserved octet 0".to_string(), format!("0x{value:02x}"))
        }
        FaultKind::Reserved(value) => ("reserved 0".to_string(), format!("0x{value:x}")),
        FaultKind::ReservedFlags { field, .. } => {
            ("reserved flag bits 0".to_string(), format!("flags 0x{field:04x}"))
        }
        FaultKind::NeedsDmm => ("only with the D flag set".to_string(), "D is not set".to_string()),
        FaultKind::Place(title) => {
            ("only in messages that may carry it".to_string(), format!("in a {title}"))
        }
        FaultKind::Misaligned(align) => {
            let expected = match align {
                Align::At { n, plus } => format!("at {n}n+{plus}"),
                Align::Longer { n, plus, .. } => format!("at 2n+0, in its long form at {n}n+{plus}"),
                _ => "aligned to the size of the address".to_string(),
            };
            (expected, format!("at octet {}", fault.offset))
        }
        FaultKind::Repeated => ("at most one".to_string(), "another one".to_string()),
        FaultKind::SeveralPad1 => {
            let expected = "PadN for more than one octet of padding";
            (expected.to_string(), "several Pad1".to_string())
        }
        FaultKind::PaddingNotZero(octets) => {
            ("octets of zero".to_string(), Value::Octets(octets.clone()).to_string())
        }
        FaultKind::Scope(scope) => {
            let expected = match scope {
                Scope::Global => "a global address",
                Scope::LinkLocal => "a link-local address",
            };
            (expected.to_string(), "an address of another kind".to_string())
        }
        // No sentence tells a sender to clear the bits behind a prefix.
        _ => return None,
    };
    let verdict = match fault.weight() {
        Weight::Wrong => Verdict::Fail,
        Weight::Questionable => Verdict::Warn,
    };
    Some(Violation { rule, name: name.to_string(), verdict, expected: format!("{name}: {expected}"), seen })
}

/// What should have been, and what was.
type Words = (String, String);

fn decoding(kind: &ErrorKind, fault: &Fault) -> Option<Words> {
    Some(match (kind, fault.what) {
        (ErrorKind::Checksum { found, .. }, _) => (
            "a checksum over header and pseudo-header".to_string(),
            format!("0x{found:04x}, which does not fit octets and addresses"),
        ),
        (ErrorKind::PayloadProto(found), _) => ("59 (no next header)".to_string(), found.to_string()),
        (ErrorKind::PrefixLength(found), _) => ("0 to 128".to_string(), found.to_string()),
        (ErrorKind::Length { found, expected }, What::Option { kind, .. }) => {
            let least = if spec(kind).is_some_and(OptionSpec::has_fixed_len) { "" } else { "at least " };
            (format!("length {least}{expected}"), format!("length {found}"))
        }
        (ErrorKind::Length { .. } | ErrorKind::TooShort { .. }, What::SubOption { .. }) => {
            ("sub-options of a length that they can have".to_string(), fault.to_string())
        }
        (ErrorKind::TooShort { .. }, What::Option { .. }) => {
            ("options that end within the message".to_string(), fault.to_string())
        }
        (ErrorKind::TooShort { found, expected }, What::Body(_)) => of_eights(*expected, *found),
        (ErrorKind::TooShort { found, expected }, What::Header(_)) if fault.offset == 0 => {
            (format!("at least {expected} octets"), format!("{found} octets"))
        }
        // A Header Len too small for the message: its fields are missing, and steps see that.
        _ => return None,
    })
}

fn of_eights(said: usize, found: usize) -> Words {
    let expected = "as many octets as Header Len says, a multiple of 8".to_string();
    (expected, format!("Header Len says {said} octets, the packet has {found}"))
}
