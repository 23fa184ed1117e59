//! The tables as they are, so that a changed row shows as a changed line, and what every row must keep.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use dmm_codec::body::{access, flow, handover, ipv4, mobile, proxy};
use dmm_codec::constant::CONSTANTS;
use dmm_codec::message;
use dmm_codec::sub_option::SUB_OPTIONS;
use dmm_codec::wire::{FieldKind, FieldSpec, FlagSpec, Name, Width};
use dmm_codec::{
    AccessTechnology, Align, Drafts, HandoffIndicator, MESSAGES, MnIdSubtype, OPTIONS, PbaFlags, PbuFlags,
    Status, option,
};

#[test]
fn the_options_are_these() {
    let mut table = String::new();
    for spec in OPTIONS {
        let align = match spec.align {
            Align::Any => "any".to_string(),
            Align::At { n, plus } => format!("{n}n+{plus}"),
            Align::Longer { than, n, plus } => format!("2n+0, longer than {than} {n}n+{plus}"),
            Align::LinkLayer => "by size".to_string(),
        };
        let length = if spec.has_fixed_len() { "" } else { ">=" };
        let presence = if spec.needs_dmm { "with D" } else { "always" };
        let count = if spec.repeats { "many" } else { "one" };
        let messages: Vec<_> = spec.messages.iter().map(|kind| message_name(*kind)).collect();
        let messages = if messages.is_empty() { "all".to_string() } else { messages.join("+") };
        writeln!(
            table,
            "{} {} | dmm.{} | {} | length {length}{} | align {align} | {presence} | {count} | {messages} | {}",
            spec.kind, spec.name, spec.filter, spec.title, spec.min_len, spec.source
        )
        .unwrap();
        fields(&mut table, spec.fields);
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_sub_options_are_these() {
    let mut table = String::new();
    for sub_options in SUB_OPTIONS {
        let option = option::spec(sub_options.option).unwrap();
        let of_options = if sub_options.asks_for_options { " | as options" } else { "" };
        writeln!(table, "{} {}{of_options} | {}", option.kind, option.name, sub_options.source).unwrap();
        for spec in sub_options.rows {
            let length = if spec.has_fixed_len() { "" } else { ">=" };
            let count = if spec.repeats { "many" } else { "one" };
            writeln!(
                table,
                "  {} {} | dmm.{}{} | {} | length {length}{} | {count} | {}",
                spec.kind, spec.name, option.filter, spec.filter, spec.title, spec.min_len, spec.source
            )
            .unwrap();
            fields(&mut table, spec.fields);
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_messages_are_these() {
    let mut table = String::new();
    for spec in MESSAGES {
        writeln!(
            table,
            "{} {} | {} | {} octets, {:?} | options {:?} | {}",
            spec.mh_type, spec.name, spec.title, spec.len, spec.extent, spec.carries, spec.source
        )
        .unwrap();
        fields(&mut table, spec.fields);
    }
    insta::assert_snapshot!(table);
}

/// Against the IANA "Mobile IPv6 parameters" registry; RFC 8885 §5.
#[test]
fn the_registries_are_these() {
    let registries: &[(&str, &[Name])] = &[
        ("status", Status::NAMES),
        ("handoff indicator", HandoffIndicator::NAMES),
        ("access technology", AccessTechnology::NAMES),
        ("identifier subtype", MnIdSubtype::NAMES),
        ("authentication subtype", mobile::AuthenticationSubtype::NAMES),
        ("dns status", mobile::DnsStatus::NAMES),
        ("ipv4 home address status", ipv4::Ipv4HomeAddressStatus::NAMES),
        ("link-layer code", handover::LinkLayerCode::NAMES),
        ("address code", handover::AddressCode::NAMES),
        ("lma address code", handover::LmaAddressCode::NAMES),
        ("flow status", flow::FlowStatus::NAMES),
        ("qos operation", flow::QosOperation::NAMES),
        ("traffic selector format", flow::SelectorFormat::NAMES),
        ("flow action", flow::FlowAction::NAMES),
        ("operator subtype", access::OperatorSubtype::NAMES),
        ("civic format", access::CivicFormat::NAMES),
        ("group type", proxy::GroupType::NAMES),
        ("be status", message::BeStatus::NAMES),
        ("fback status", message::FbackStatus::NAMES),
        ("hi code", message::HiCode::NAMES),
        ("hack code", message::HackCode::NAMES),
        ("revocation type", message::RevocationType::NAMES),
        ("revocation trigger", message::RevocationTrigger::NAMES),
        ("revocation status", message::RevocationStatus::NAMES),
        ("localized routing status", message::LocalizedRoutingStatus::NAMES),
        ("upn reason", message::UpnReason::NAMES),
        ("upa status", message::UpaStatus::NAMES),
        ("flow binding type", message::FlowBindingType::NAMES),
        ("flow binding trigger", message::FlowBindingTrigger::NAMES),
        ("flow binding status", message::FlowBindingStatus::NAMES),
    ];
    let mut table = String::new();
    for (title, names) in registries {
        writeln!(table, "{title}").unwrap();
        for name in *names {
            writeln!(table, "    {} {} | {} | {}", name.value, name.name, name.label, name.source).unwrap();
        }
        assert!(names.is_sorted_by(|a, b| a.value < b.value), "{title}: ascending, each once");
        let scripts: BTreeSet<_> = names.iter().map(|name| name.name).collect();
        assert_eq!(scripts.len(), names.len(), "{title}: a script names one value");
        assert!(scripts.iter().all(|name| is_snake_case(name)), "{title}");
    }
    insta::assert_snapshot!(table);
}

/// Against the texts of the RFCs, where they are there.
#[test]
fn a_constant_is_in_the_rfc_that_its_row_names() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/rfc");
    let names: BTreeSet<_> = CONSTANTS.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), CONSTANTS.len(), "each once");
    for row in CONSTANTS {
        let number = row.source.strip_prefix("RFC ").and_then(|source| source.split_once(" §")).unwrap().0;
        let Ok(text) = std::fs::read_to_string(folder.join(format!("rfc{number}.txt"))) else {
            println!("passed over: no text of RFC {number} in {}", folder.display());
            continue;
        };
        // A name may be broken at its dash.
        let text: String = text.split_whitespace().collect();
        let word = row.name.split(' ').next().unwrap();
        assert!(text.contains(word), "{} is not in RFC {number}", row.name);
    }
}

#[test]
fn types_ascend_and_each_stands_once() {
    assert!(OPTIONS.is_sorted_by(|a, b| a.kind < b.kind));
    assert!(MESSAGES.is_sorted_by(|a, b| a.mh_type < b.mh_type));
    assert!(SUB_OPTIONS.is_sorted_by(|a, b| a.option < b.option));
    for table in SUB_OPTIONS {
        assert!(table.rows.is_sorted_by(|a, b| a.kind < b.kind));
    }
}

/// The tables say of which option they are, and the options' fields which table is theirs.
#[test]
fn a_table_of_sub_options_belongs_to_the_option_that_it_names() {
    let mut tables = Vec::new();
    for spec in OPTIONS {
        for field in spec.fields {
            let FieldKind::SubOptions(table) = field.kind else { continue };
            assert_eq!(table.option, spec.kind);
            tables.push(table.option);
        }
    }
    assert_eq!(tables, SUB_OPTIONS.iter().map(|table| table.option).collect::<Vec<_>>());
    for table in SUB_OPTIONS {
        let names: BTreeSet<_> = table.rows.iter().map(|spec| spec.name).collect();
        assert_eq!(names.len(), table.rows.len());
        assert!(names.iter().all(|name| is_snake_case(name) && *name != "raw"));
    }
}

#[test]
fn a_name_a_filter_and_a_title_belong_to_one_option() {
    for column in
        [|row: usize| OPTIONS[row].name, |row: usize| OPTIONS[row].filter, |row: usize| OPTIONS[row].title]
    {
        let all: Vec<_> = (0..OPTIONS.len()).map(column).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
    }
    assert!(OPTIONS.iter().all(|spec| is_snake_case(spec.name)));
}

/// Wireshark refuses a filter that is registered twice; an option's own filter is the one of its main field, or of
/// none.
#[test]
fn a_filter_of_a_field_belongs_to_one_field() {
    let mut filters = BTreeSet::new();
    for spec in OPTIONS {
        for field in spec.fields {
            assert!(field.filter.is_empty() || field.filter.starts_with('.'), "{} {}", spec.name, field.name);
            assert!(
                filters.insert(format!("{}{}", spec.filter, field.filter)),
                "{} {}",
                spec.name,
                field.name
            );
        }
    }
    for table in SUB_OPTIONS {
        let option = option::spec(table.option).unwrap();
        for spec in table.rows {
            for field in spec.fields {
                let filter = format!("{}{}{}", option.filter, spec.filter, field.filter);
                assert!(filters.insert(filter), "{} {} {}", option.name, spec.name, field.name);
            }
        }
    }
}

/// RFC 8885 §4.3: "this option can only appear if the D bit is set in a PBU/PBA"; here of all that RFC 8885 defines.
#[test]
fn what_rfc_8885_defines_needs_the_d_flag() {
    for spec in OPTIONS {
        assert_eq!(spec.needs_dmm, (65..=70).contains(&spec.kind), "{}", spec.name);
        assert_eq!(spec.needs_dmm, spec.source.starts_with("RFC 8885"), "{}", spec.name);
    }
}

/// R4.1.1, R4.2.1, R5.2, R5.3.
#[test]
fn flags_are_single_bits_that_no_two_share() {
    for (flags, all, order) in
        [(PbuFlags::FLAGS, 0xfff8, "A H L K M R P F T B S D Q"), (PbaFlags::FLAGS, 0xff, "K R P T B S D Q")]
    {
        assert!(flags.iter().all(|flag| flag.mask.is_power_of_two()));
        assert_eq!(flags.iter().fold(0, |sum, flag| sum ^ flag.mask), all);
        assert!(flags.is_sorted_by(|a, b| a.mask > b.mask), "as the figure shows them");
        assert_eq!(flags.iter().map(|flag| flag.letter).collect::<Vec<_>>().join(" "), order);
    }
    assert_eq!(PbuFlags(0xfff8).to_string(), "A H L K M R P F T B S D");
    assert_eq!(PbaFlags(0xff).to_string(), "K R P T B S D");
    assert_eq!((PbuFlags::D.0, PbaFlags::D.0), (0x0010, 0x02));
    let layouts = OPTIONS.iter().map(|spec| (spec.name, spec.fields));
    let parts = SUB_OPTIONS.iter().flat_map(|table| table.rows);
    let layouts = layouts.chain(parts.map(|spec| (spec.name, spec.fields)));
    for (name, fields) in layouts.chain(MESSAGES.iter().map(|spec| (spec.name, spec.fields))) {
        for field in fields {
            let FieldKind::Flags(flags) = field.kind else { continue };
            let Width::Fixed(octets) = field.width else { panic!("{name}: flags have a width") };
            assert!(flags.iter().all(|flag| flag.mask.is_power_of_two()), "{name}");
            assert!(flags.iter().all(|flag| u64::from(flag.mask) >> (8 * octets) == 0), "{name}");
            assert!(flags.is_sorted_by(|a, b| a.mask > b.mask), "{name}");
        }
    }
}

/// Stance K1: of all flags, and off unless asked for.
#[test]
fn two_flags_are_of_a_draft() {
    let fields =
        MESSAGES.iter().flat_map(|spec| spec.fields).chain(OPTIONS.iter().flat_map(|spec| spec.fields));
    let parts = SUB_OPTIONS.iter().flat_map(|table| table.rows).flat_map(|spec| spec.fields);
    let mut found = Vec::new();
    for field in fields.chain(parts) {
        let FieldKind::Flags(flags) = field.kind else { continue };
        found.extend(flags.iter().filter(|flag| flag.is_of_draft()).map(|flag| (flag.letter, flag.mask)));
    }
    assert_eq!(found, [("Q", 0x0008), ("Q", 0x01)]);
    assert_eq!((PbuFlags::Q.0, PbaFlags::Q.0), (0x0008, 0x01));
    assert_eq!(Drafts::default(), Drafts { query: false });
}

/// RFC 7077 §4.1 has a D flag that says something else.
#[test]
fn two_messages_have_the_d_flag_of_rfc_8885() {
    let has = |field: &FieldSpec| match field.kind {
        FieldKind::Flags(flags) => flags.iter().any(FlagSpec::is_dmm),
        _ => false,
    };
    let with = MESSAGES.iter().filter(|message| message.fields.iter().any(has));
    assert_eq!(with.map(|message| message.name).collect::<Vec<_>>(), ["pbu", "pba"]);
}

/// The IANA registry has the types 0 to 23 of messages and 0 to 70 of options; RFC 7411's two say their length in
/// another unit than all others, so they are no rows.
#[test]
fn every_registered_type_has_a_row() {
    assert!(MESSAGES.iter().map(|spec| spec.mh_type).eq(0..=23));
    assert!(OPTIONS.iter().map(|spec| spec.kind).eq((0..=70).filter(|kind| ![60, 61].contains(kind))));
}

#[test]
fn an_option_names_only_messages_that_there_are() {
    for spec in OPTIONS {
        assert!(spec.messages.iter().all(|kind| MESSAGES.iter().any(|row| row.mh_type == *kind)));
    }
}

#[test]
fn fields_stand_without_gaps_and_a_prefix_follows_its_length() {
    let layouts = OPTIONS.iter().map(|spec| (spec.name, spec.fields, spec.min_len));
    let parts = SUB_OPTIONS.iter().flat_map(|table| table.rows);
    let layouts = layouts.chain(parts.map(|spec| (spec.name, spec.fields, spec.min_len)));
    for (name, fields, len) in layouts.chain(MESSAGES.iter().map(|spec| (spec.name, spec.fields, spec.len))) {
        let mut offset = 0;
        for field in fields {
            assert_eq!(field.offset, offset, "{name} {}", field.name);
            assert!(
                is_snake_case(field.name) && !["type", "length"].contains(&field.name),
                "{name} {}",
                field.name
            );
            if let Width::Fixed(width) = field.width {
                offset += width;
            }
        }
        assert_eq!(offset, len, "{name}");
        for field in fields {
            if let FieldKind::NamedBy { selector, .. } = field.kind {
                assert!(fields.iter().any(|other| other.name == selector), "{name} {}", field.name);
            }
        }
        let kinds = |wanted: fn(&FieldKind) -> bool| fields.iter().position(|field| wanted(&field.kind));
        let length = kinds(|kind| matches!(kind, FieldKind::PrefixLength));
        let prefix = kinds(|kind| matches!(kind, FieldKind::Prefix));
        assert_eq!(length.is_some(), prefix.is_some(), "{name}");
        assert!(length <= prefix, "{name}");
    }
}

fn fields(table: &mut String, fields: &[FieldSpec]) {
    for field in fields {
        let width = match field.width {
            Width::Fixed(octets) => octets.to_string(),
            Width::Rest => "rest".to_string(),
        };
        let kind = match field.kind {
            FieldKind::Named(names) => format!("one of {} names", names.len()),
            FieldKind::NamedBy { selector, registries } => {
                let registries =
                    registries.iter().map(|(chosen, names)| format!("{chosen}: {} names", names.len()));
                format!("by {selector} one of {}", registries.collect::<Vec<_>>().join(", "))
            }
            FieldKind::Flags(flags) => flags.iter().map(flag).collect::<Vec<_>>().join(", "),
            FieldKind::SubOptions(table) => format!("sub-options, {} types", table.rows.len()),
            kind => format!("{kind:?}"),
        };
        let FieldSpec { name, filter, label, offset, .. } = field;
        writeln!(table, "    {offset}+{width} {name} | {filter:?} | {label} | {kind}").unwrap();
    }
}

fn flag(flag: &FlagSpec) -> String {
    format!("{} {:#06x} {} ({})", flag.letter, flag.mask, flag.label, flag.source)
}

fn message_name(mh_type: u8) -> &'static str {
    MESSAGES.iter().find(|spec| spec.mh_type == mh_type).map_or("?", |spec| spec.name)
}

fn is_snake_case(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
