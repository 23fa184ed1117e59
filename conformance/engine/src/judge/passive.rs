//! What the codec's tables say of any message, judged on every packet from the implementation under test, whether or not
//! a step looks at it. Which requirement a rule is stands in the catalogue (`invariants: [length.prev_maar]`).

use dmm_codec::checksum::checksum;
use dmm_codec::header::NO_NEXT_HEADER;
use dmm_codec::message::Carries;
use dmm_codec::option::spec;
use dmm_codec::wire::FieldKind;
use dmm_codec::{Align, MessageView, OptionSpec, OptionView, What};

use crate::packet::{Parsed, field_value};
use crate::verdict::Verdict;

/// Type of the PadN option (RFC 6275 §6.2.3).
const PADN: u8 = 1;

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

/// Everything that is wrong with a Mobility Header by itself.
pub fn judge(ip: &Parsed) -> Vec<Violation> {
    let octets = &ip.payload;
    let mut judge = Judge { found: Vec::new(), name: "message" };
    let Ok(view) = MessageView::new(octets) else {
        judge.fail("header", "at least 6 octets", format!("{} octets", octets.len()));
        return judge.found;
    };
    let Some(message) = view.spec() else { return judge.found };
    judge.name = message.name;
    if checksum(ip.src, ip.dst, ip.next_header, octets) != 0 {
        let seen = format!("0x{:04x}, which does not fit octets and addresses", view.checksum());
        judge.fail("checksum", "a checksum over header and pseudo-header", seen);
    }
    let said = (usize::from(octets[1]) + 1) * 8;
    if octets.len() != said {
        let seen = format!("Header Len says {said} octets, the packet has {}", octets.len());
        judge.fail("multiple_of_8", "as many octets as Header Len says, a multiple of 8", seen);
    }
    if octets[0] != NO_NEXT_HEADER {
        judge.fail("payload_proto", "59 (no next header)", octets[0].to_string());
    }
    if octets[3] != 0 {
        judge.fail("reserved", "reserved octet 0", format!("0x{:02x}", octets[3]));
    }
    for field in view.fields() {
        match field.spec.kind {
            FieldKind::Reserved if field.uint() != 0 => {
                judge.fail("reserved", "reserved 0", format!("0x{:x}", field.uint()));
            }
            FieldKind::Flags(flags) => {
                let known = flags.iter().fold(0, |known, flag| known | u64::from(flag.mask));
                if field.uint() & !known != 0 {
                    judge.fail("reserved", "reserved flag bits 0", format!("flags 0x{:04x}", field.uint()));
                }
            }
            _ => {}
        }
    }
    let mut seen_kinds = Vec::new();
    let mut pads = 0;
    for option in view.options() {
        let option = match option {
            Ok(option) => option,
            Err(error) => {
                if let What::Option { kind, .. } = error.what {
                    judge.name = spec(kind).map_or(message.name, |spec| spec.name);
                }
                judge.fail("overrun", "options that end within the message", error.to_string());
                break;
            }
        };
        let Some(spec) = spec(option.kind) else { continue };
        judge.name = spec.name;
        pads = if option.kind == 0 { pads + 1 } else { 0 };
        if pads == 2 {
            // RFC 6275 §6.2.2: "If more than one octet of padding is required, the PadN option ... should be used".
            judge.warn("padding", "PadN for more than one octet of padding", "several Pad1".to_string());
        }
        let repeats = spec.repeats || message.carries == Carries::NamedOfSeveralNodes;
        if !repeats && seen_kinds.contains(&option.kind) {
            judge.fail("repeats", "at most one", "another one".to_string());
        }
        seen_kinds.push(option.kind);
        judge.place(&view, &option, spec);
        judge.option(&option, spec);
    }
    judge.found
}

struct Judge {
    found: Vec<Violation>,
    name: &'static str,
}

impl Judge {
    fn add(&mut self, verdict: Verdict, rule: &'static str, expected: &str, seen: String) {
        let (name, expected) = (self.name.to_string(), format!("{}: {expected}", self.name));
        self.found.push(Violation { rule, name, verdict, expected, seen });
    }

    fn fail(&mut self, rule: &'static str, expected: &str, seen: String) {
        self.add(Verdict::Fail, rule, expected, seen);
    }

    fn warn(&mut self, rule: &'static str, expected: &str, seen: String) {
        self.add(Verdict::Warn, rule, expected, seen);
    }

    fn place(&mut self, view: &MessageView<'_>, option: &OptionView<'_>, spec: &OptionSpec) {
        if spec.needs_dmm && !view.has_dmm_flag() {
            self.fail("dmm_flag", "only with the D flag set", "D is not set".to_string());
        }
        if !spec.may_stand_in(view.mh_type()) {
            let message = view.spec().map_or("another message", |message| message.title);
            self.fail("place", "only in messages that may carry it", format!("in a {message}"));
        }
        let missing = spec.align.padding(option.offset, option.body.len());
        if missing != 0 {
            let seen = format!("at octet {}", option.offset);
            match spec.align {
                Align::Any => {}
                Align::At { n, plus } => self.fail("alignment", &format!("at {n}n+{plus}"), seen),
                // Two octets are what the short form asks for, and the long form is a multiple of them.
                Align::Longer { than, .. } if option.body.len() <= than => {
                    self.fail("alignment", "at 2n+0", seen);
                }
                Align::Longer { n, plus, .. } => self.fail("alignment", &format!("at {n}n+{plus}"), seen),
                // RFC 8885 §4.8 only says "appropriately": a reading (stance A20), so no failure.
                Align::LinkLayer => self.warn("alignment", "aligned to the size of the address", seen),
            }
        }
    }

    fn option(&mut self, option: &OptionView<'_>, spec: &OptionSpec) {
        let (len, expected) = (option.body.len(), spec.min_len);
        if spec.has_fixed_len() && len != expected {
            return self.fail("length", &format!("length {expected}"), format!("length {len}"));
        }
        if len < expected {
            return self.fail("length", &format!("length at least {expected}"), format!("length {len}"));
        }
        let fields: Vec<_> = option.fields().collect();
        for field in &fields {
            match field.spec.kind {
                FieldKind::Reserved if field.uint() != 0 => {
                    self.fail("reserved", "reserved 0", format!("0x{:x}", field.uint()));
                }
                FieldKind::PrefixLength if field.uint() > 128 => {
                    self.fail("prefix_length", "0 to 128", field.uint().to_string());
                }
                _ => {}
            }
        }
        // The octets of padding are zero (RFC 6275 §6.2.3); those of other options have a meaning.
        if option.kind == PADN
            && let Some(field) = fields.first()
            && field.octets.iter().any(|octet| *octet != 0)
        {
            self.fail("padding", "octets of zero", field_value(field, &fields).to_string());
        }
    }
}
