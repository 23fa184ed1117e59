//! What a person should look at, as expert information: what the codec's tables say of the message by itself, and what
//! tracking found. Each names the requirement that it is about; its id and sentence come from the catalogue.

use std::ffi::{CString, c_int};
use std::net::Ipv6Addr;
use std::ptr;
use std::sync::OnceLock;

use dmm_codec::lint::lint_with;
use dmm_codec::option::spec;
use dmm_codec::{Fault, MessageView, Status, Weight, What};

use crate::abi::{
    ExpertField, ExpertRegistration, FieldInfo, FieldRegistration, GENERATED, base, ft, int, pi,
};
use crate::host::functions;
use crate::packet::{Id, Node, Packet, Tvb};
use crate::preferences;
use crate::requirement::{Requirement, by_id, by_rule};
use crate::text::Text;
use crate::track::{Known, Signal};

/// One kind of finding.
struct Rule {
    /// The filter behind `dmm.expert.`; for faults, what the codec calls the rule.
    name: &'static str,
    group: c_int,
    severity: c_int,
    summary: &'static str,
    /// Found by tracking: the requirement. The codec's rules find theirs in the catalogue.
    requirement: &'static str,
}

const fn fault(name: &'static str, group: c_int, severity: c_int, summary: &'static str) -> Rule {
    Rule { name, group, severity, summary, requirement: "" }
}

const fn tracked(
    name: &'static str,
    group: c_int,
    severity: c_int,
    requirement: &'static str,
    summary: &'static str,
) -> Rule {
    Rule { name, group, severity, summary, requirement }
}

const RULES: &[Rule] = &[
    fault("checksum", pi::CHECKSUM, pi::ERROR, "Checksum that does not fit"),
    fault("header", pi::MALFORMED, pi::ERROR, "Fewer octets than a Mobility Header"),
    fault("overrun", pi::MALFORMED, pi::ERROR, "Option behind the end of the message"),
    fault("length", pi::MALFORMED, pi::WARN, "Option of a wrong length"),
    fault("prefix_length", pi::MALFORMED, pi::WARN, "Prefix longer than an address"),
    fault("payload_proto", pi::PROTOCOL, pi::WARN, "Payload Proto other than 59"),
    fault("multiple_of_8", pi::PROTOCOL, pi::WARN, "Other octets than Header Len says"),
    fault("reserved", pi::PROTOCOL, pi::WARN, "Reserved bits that are set"),
    fault("dmm_flag", pi::PROTOCOL, pi::WARN, "Option that needs the D flag without it"),
    fault("place", pi::PROTOCOL, pi::WARN, "Option in a message that may not carry it"),
    fault("alignment", pi::PROTOCOL, pi::WARN, "Misaligned option"),
    fault("alignment.note", pi::PROTOCOL, pi::NOTE, "Option not aligned to the size of its address"),
    fault("repeats", pi::PROTOCOL, pi::WARN, "Option that may stand once, again"),
    fault("padding", pi::PROTOCOL, pi::WARN, "Padding that is not zero"),
    fault("padding.note", pi::PROTOCOL, pi::NOTE, "Several Pad1 in place of a PadN"),
    fault("scope", pi::PROTOCOL, pi::WARN, "Address of another kind than the option is for"),
    fault("prefix_bits.note", pi::PROTOCOL, pi::NOTE, "Bits behind the Prefix Length"),
    tracked(
        "status",
        pi::RESPONSE_CODE,
        pi::WARN,
        "RFC8885-R3.1.13",
        "Rejected, or a status that IANA does not list",
    ),
    tracked(
        "answer_flag",
        pi::PROTOCOL,
        pi::WARN,
        "RFC8885-R4.2.2",
        "Answer without the D flag to a PBU with it",
    ),
    tracked("unanswered", pi::SEQUENCE, pi::NOTE, "RFC8885-R3.6.1", "PBU without an answer"),
    tracked("retransmission", pi::SEQUENCE, pi::NOTE, "RFC8885-R3.6.1", "PBU that was sent before"),
    tracked(
        "initial_timeout",
        pi::SEQUENCE,
        pi::NOTE,
        "RFC8885-R3.6.2",
        "First wait that is not INITIAL_BINDACK_TIMEOUT",
    ),
    tracked("backoff", pi::SEQUENCE, pi::WARN, "RFC8885-R3.6.3", "Wait that is not twice the one before"),
    tracked(
        "fresh_sequence",
        pi::SEQUENCE,
        pi::WARN,
        "RFC8885-R3.6.6",
        "Sent again without a fresh sequence number",
    ),
    tracked("rate", pi::SEQUENCE, pi::WARN, "RFC8885-R3.6.5", "Too many PBUs within a second"),
    tracked(
        "node_rate",
        pi::SEQUENCE,
        pi::NOTE,
        "RFC8885-R3.6.5",
        "Too many PBUs within a second, by the letter",
    ),
    tracked("further_pba", pi::SEQUENCE, pi::NOTE, "RFC8885-R3.2.18", "Further PBA to the same PBU"),
    tracked("mode", pi::PROTOCOL, pi::WARN, "RFC8885-R3.0.8", "Another mode of the CMD than expected"),
];

/// The registered fields.
pub(crate) struct Ids {
    /// In the order of [`RULES`].
    fields: &'static [Registered],
    /// The id of the requirement, as a field of its own.
    pub(crate) requirement: Id,
}

/// Where the host wrote the numbers of a rule.
struct Registered(*mut ExpertField);

// SAFETY: the host writes there at registration only, and dissects in one thread at a time.
unsafe impl Sync for Registered {}
// SAFETY: as for `Sync`.
unsafe impl Send for Registered {}

/// Registers all rules below the protocol.
pub(crate) fn register(protocol: Id, requirement: Id) -> Ids {
    let text =
        |text: &str| CString::new(text).expect("names in the table have no NUL").into_raw().cast_const();
    let mut rows = Vec::new();
    let mut fields = Vec::new();
    for rule in RULES {
        let field = ptr::from_mut(Box::leak(Box::new(ExpertField { expert: -1, field: -1 })));
        fields.push(Registered(field));
        let info = FieldInfo {
            name: ptr::null(),
            filter: ptr::null(),
            kind: ft::NONE,
            display: base::NONE,
            strings: ptr::null(),
            bitmask: 0,
            blurb: ptr::null(),
            id: -1,
            parent: 0,
            referenced: 0,
            same_name_previous: -1,
            same_name_next: ptr::null_mut(),
        };
        rows.push(ExpertRegistration {
            field,
            filter: text(&format!("dmm.expert.{}", rule.name)),
            group: rule.group,
            severity: rule.severity,
            summary: text(rule.summary),
            id: 0,
            protocol: ptr::null(),
            original_severity: 0,
            registration: FieldRegistration { id: ptr::null_mut(), info },
        });
    }
    let rows: &'static mut [ExpertRegistration] = Box::leak(rows.into());
    // SAFETY: the protocol is registered; the rows and what they point to live on.
    unsafe {
        let module = (functions().expert_register_protocol)(protocol.number());
        (functions().expert_register_field_array)(module, rows.as_mut_ptr(), int(rows.len()));
    }
    Ids { fields: Box::leak(fields.into()), requirement }
}

/// Something found.
#[derive(Clone, Copy)]
pub(crate) struct Finding {
    rule: usize,
    requirement: &'static Requirement,
    /// The octet of the message that it is about.
    offset: usize,
    text: Text,
}

/// Everything found in a message. A message so wrong that there is more is known to be wrong.
#[derive(Clone, Copy)]
pub(crate) struct Findings {
    found: [Option<Finding>; Self::ROOM],
}

impl Findings {
    const ROOM: usize = 12;
    pub(crate) const NONE: Self = Self { found: [None; Self::ROOM] };

    fn push(&mut self, rule: usize, requirement: &'static Requirement, offset: usize, text: &Text) {
        if let Some(place) = self.found.iter_mut().find(|place| place.is_none()) {
            *place = Some(Finding { rule, requirement, offset, text: *text });
        }
    }

    /// By the name of a rule that tracking judges.
    fn tell(&mut self, name: &str, offset: usize, text: Text) {
        let found = RULES.iter().position(|rule| rule.name == name);
        let Some((rule, requirement)) = found.and_then(|rule| Some((rule, by_id(RULES[rule].requirement)?)))
        else {
            return;
        };
        self.push(rule, requirement, offset, &text);
    }

    fn fault(&mut self, fault: &Fault, message: &str) {
        let Some(rule) = fault.rule() else { return };
        let option = match fault.what {
            What::Option { kind, .. } | What::SubOption { option: kind, .. } => spec(kind),
            _ => None,
        };
        let name = match fault.weight() {
            Weight::Wrong => Text::new(format_args!("{rule}")),
            Weight::Questionable => Text::new(format_args!("{rule}.note")),
        };
        let row = RULES.iter().position(|row| row.name == name.as_str());
        let requirement = by_rule(rule, option.map_or(message, |spec| spec.name));
        let (Some(rule), Some(requirement)) = (row, requirement) else { return };
        self.push(rule, requirement, fault.offset, &Text::new(format_args!("{fault}")));
    }
}

/// What is wrong with a message by itself.
pub(crate) fn of_message(
    octets: &[u8],
    addresses: Option<(Ipv6Addr, Ipv6Addr)>,
    found: &mut Option<Findings>,
) {
    let faults = lint_with(octets, addresses, preferences::drafts());
    if faults.is_empty() {
        return;
    }
    let message = MessageView::new(octets).ok().and_then(|view| view.spec());
    let found = found.get_or_insert(Findings::NONE);
    for fault in faults {
        found.fault(&fault, message.map_or("message", |spec| spec.name));
    }
}

/// What is wrong with a message among the others.
pub(crate) fn of_exchange(signal: &Signal<'_>, known: Option<&Known>, found: &mut Option<Findings>) {
    const FLAGS: usize = 8;
    let mut tell = |name: &str, offset, text: Text| {
        found.get_or_insert(Findings::NONE).tell(name, offset, text);
    };
    let is_listed = Status::NAMES.iter().any(|name| name.value == u32::from(signal.status.0));
    if !signal.is_request && (!signal.status.is_accepted() || !is_listed) {
        tell("status", 6, Text::new(format_args!("status {}", signal.status)));
    }
    let Some(known) = known else { return };
    if known.asked_with_dmm && !signal.dmm {
        let text = format_args!("the PBU in frame {} has the D flag", known.response_to.unwrap_or(0));
        tell("answer_flag", 7, Text::new(text));
    }
    if known.unanswered {
        tell("unanswered", FLAGS, Text::new(format_args!("no PBA to this PBU in the capture")));
    }
    if let Some(again) = known.retransmission {
        let seconds = Seconds(again.interval);
        let text =
            format_args!("sending {} of the PBU, {seconds} after frame {}", again.number + 1, again.of);
        tell("retransmission", 6, Text::new(text));
        if !again.as_due {
            let (rule, due) = match again.number {
                1 => ("initial_timeout", "INITIAL_BINDACK_TIMEOUT is 1 s"),
                _ => ("backoff", "not twice the wait before it, nor MAX_BINDACK_TIMEOUT (32 s)"),
            };
            tell(rule, 6, Text::new(format_args!("{seconds} after the sending before: {due}")));
        }
    }
    if known.stale {
        tell("fresh_sequence", 6, Text::new(format_args!("sequence number {} was used before", signal.seq)));
    }
    let limit = preferences::rate();
    if known.above_rate {
        let text = format_args!("more than {limit} PBUs about this mobile node to this peer within a second");
        tell("rate", FLAGS, Text::new(text));
    } else if known.above_node_rate {
        let text =
            format_args!("more than {limit} PBUs to this peer within a second, about all mobile nodes");
        tell("node_rate", FLAGS, Text::new(text));
    }
    if let Some(first) = known.first_response {
        tell("further_pba", 8, Text::new(format_args!("the first PBA to the same PBU is in frame {first}")));
    }
    let seen = known
        .handover
        .and_then(|handover| handover.mode)
        .filter(|_| known.is_final && known.first_response.is_none());
    if let (Some(expected), Some(seen)) = (preferences::expected_mode(), seen)
        && expected != seen
    {
        let text = format_args!("the CMD is a {}, expected a {}", seen.name(), expected.name());
        tell("mode", 6, Text::new(text));
    }
}

/// Whether anybody looks at expert information: a person, a filter, or the list of it.
pub(crate) fn is_heard(tree: Node) -> bool {
    static HOSTS: OnceLock<(Id, c_int)> = OnceLock::new();
    // SAFETY: the names are C strings.
    let (protocol, tap) = *HOSTS.get_or_init(|| unsafe {
        let protocol = (functions().proto_get_id_by_filter_name)(c"_ws.expert".as_ptr());
        (Id::known(protocol), (functions().find_tap_id)(c"expert".as_ptr()))
    });
    // SAFETY: the tap is the host's; 0 is none.
    tree.wants(protocol) || tap > 0 && unsafe { (functions().have_tap_listener)(tap) != 0 }
}

/// Adds the findings to the tree of the message.
pub(crate) fn show(ids: &Ids, found: &Findings, packet: Packet, tvb: Tvb<'_>, tree: Node) {
    for finding in found.found.iter().flatten() {
        let requirement = finding.requirement;
        let id = Text::new(format_args!("{}", requirement.id));
        let end = tvb.octets().len();
        let item = tree.add_text(ids.requirement, tvb, finding.offset.min(end), &id);
        item.mark(ids.requirement, GENERATED);
        if item.is_shown() {
            item.append(&Text::new(format_args!(" ({}, {})", requirement.section, requirement.level)));
        }
        let text = Text::new(format_args!("{} [{}: {}]", finding.text, requirement.id, requirement.sentence));
        item.add_expert(packet, ids.fields[finding.rule].0, &text);
    }
}

/// A span of time as people read it.
struct Seconds(i64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = self.0 / 1_000_000;
        write!(f, "{}.{:03} s", millis / 1000, millis % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_tracking_is_about_a_requirement() {
        for rule in RULES.iter().filter(|rule| !rule.requirement.is_empty()) {
            assert!(by_id(rule.requirement).is_some(), "{}", rule.name);
        }
    }

    #[test]
    fn every_rule_of_the_catalogue_has_a_row() {
        let rules = crate::requirement::rules();
        assert!(rules.len() > 10, "{rules:?}");
        for name in rules {
            let note = format!("{name}.note");
            assert!(RULES.iter().any(|rule| rule.name == name || rule.name == note), "{name}");
        }
    }
}
