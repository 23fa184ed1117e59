//! Stock Wireshark and the codec say the same about generated messages, but for the differences that are listed with
//! who is right and why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dmm::oracle::generate::{self, DST, SEED, SRC};
use dmm::oracle::{differences, wireshark};
use dmm_codec::wire::{FieldKind, FieldSpec};
use dmm_codec::{FieldView, MESSAGES, MessageView, OPTIONS, OptionView, lint};
use dmm_wireshark::{Stage, Tshark};

/// Without the layers in front.
const PDML: &[&str] = &["-T", "pdml", "-J", "ipv6 mipv6"];

#[test]
fn stock_wireshark_says_the_same_but_for_what_is_listed() {
    let tshark = Tshark::find().unwrap();
    let tested =
        differences::WIRESHARKS.iter().any(|version| version.starts_with(&format!("{}.", tshark.minor)));
    if !tested {
        eprintln!(
            "passed over: the list of differences is not known to hold for Wireshark {}",
            tshark.version
        );
        return;
    }
    let stock = Stage::new(&tshark, None).unwrap();
    let messages = generate::messages(SEED);
    let pdml = stock.read_octets(&generate::capture(&messages).unwrap(), PDML).unwrap();
    let fields = stock.ask(&["-G", "fields"]).unwrap();
    let found = wireshark::compare(&pdml, &fields, &messages).unwrap();
    let wrong = differences::judge(differences::WIRESHARK, &found.differences);
    assert!(
        wrong.is_empty(),
        "Wireshark {}, see tools/src/oracle/differences.rs:\n{}",
        tshark.version,
        wrong.join("\n")
    );
    // So that a comparison of nothing does not pass.
    assert!(found.agreed > 10_000 && found.names > 200 && found.fields.len() > 200, "{found:?}");
}

/// A comparison that finds nothing would prove nothing: here each message is shown against the octets of another.
#[test]
fn other_octets_are_told_apart() {
    let stock = Stage::new(&Tshark::find().unwrap(), None).unwrap();
    let messages: Vec<_> =
        generate::messages(SEED).into_iter().filter(|octets| octets[2] == 5).take(40).collect();
    let others: Vec<_> =
        generate::messages(SEED + 1).into_iter().filter(|octets| octets[2] == 5).take(40).collect();
    let pdml = stock.read_octets(&generate::capture(&messages).unwrap(), PDML).unwrap();
    let found = wireshark::compare(&pdml, &stock.ask(&["-G", "fields"]).unwrap(), &others).unwrap();
    let fields: BTreeSet<_> = found.differences.keys().map(|difference| difference.field.as_str()).collect();
    for field in ["mip6.bu.seqnr", "mip6.bu.lifetime", "mip6.bu.a_flag", "mip6.csum"] {
        assert!(fields.contains(field), "{fields:?}");
    }
}

#[test]
fn the_list_has_no_row_too_many_and_none_too_few() {
    use dmm::oracle::wireshark::{Difference, Kind};
    let nothing = differences::judge(differences::WIRESHARK, &BTreeMap::new());
    assert_eq!(nothing.len(), differences::WIRESHARK.len(), "each row is missed");
    assert!(nothing.iter().all(|wrong| wrong.starts_with("listed, but no longer so: ")), "{nothing:?}");
    let (field, place) = ("mip6.csum".to_owned(), "Home Test".to_owned());
    let new = BTreeMap::from([(Difference { field, place, kind: Kind::Value }, (7, "said".to_owned()))]);
    let unlisted = "not listed: mip6.csum in Home Test, Value (frame 7: said)".to_owned();
    assert!(differences::judge(differences::WIRESHARK, &new).contains(&unlisted));
}

#[test]
fn the_page_of_differences_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/differences.md");
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == differences::page(),
        "docs/differences.md is another; run: cargo run -p dmm --bin oracle -- --differences > docs/differences.md"
    );
}

#[test]
fn generated_messages_have_no_fault_and_are_the_same_each_time() {
    let messages = generate::messages(SEED);
    assert_eq!(messages, generate::messages(SEED));
    assert_ne!(messages, generate::messages(SEED + 1));
    for octets in &messages {
        assert_eq!(lint(octets, Some((SRC, DST))), [], "{octets:02x?}");
    }
}

/// Every row, every flag alone, and every value of every registry.
#[test]
fn generated_messages_cover_the_tables() {
    let messages = generate::messages(SEED);
    let views: Vec<_> = messages.iter().map(|octets| MessageView::new(octets).unwrap()).collect();
    for spec in MESSAGES {
        let fields =
            views.iter().filter(|view| view.mh_type() == spec.mh_type).map(|view| view.fields().collect());
        covers(spec.title, spec.fields, &fields.collect::<Vec<_>>());
    }
    let options: Vec<_> = views.iter().flat_map(|view| view.options().map(Result::unwrap)).collect();
    for spec in OPTIONS {
        let fields =
            options.iter().filter(|option| option.kind == spec.kind).map(|option| option.fields().collect());
        covers(spec.title, spec.fields, &fields.collect::<Vec<_>>());
    }
    let fields = options.iter().flat_map(OptionView::fields);
    let inner: Vec<_> = fields.flat_map(|field| field.sub_options().map(Result::unwrap)).collect();
    let tables = OPTIONS.iter().flat_map(|spec| spec.fields).filter_map(|field| match field.kind {
        FieldKind::SubOptions(table) => Some(table),
        _ => None,
    });
    for (table, spec) in tables.flat_map(|table| table.rows.iter().map(move |spec| (table, spec))) {
        let so = inner.iter().filter(|it| it.table.option == table.option && it.kind == spec.kind);
        let fields = so.map(|it| it.fields().collect());
        covers(spec.title, spec.fields, &fields.collect::<Vec<_>>());
    }
}

fn covers(title: &str, fields: &[FieldSpec], instances: &[Vec<FieldView<'_>>]) {
    assert!(instances.len() > 5, "{title}: {} instances", instances.len());
    for spec in fields {
        let values: BTreeSet<_> = instances
            .iter()
            .filter_map(|fields| fields.iter().find(|field| field.spec.name == spec.name))
            .map(FieldView::uint)
            .collect();
        match spec.kind {
            FieldKind::Flags(flags) => {
                // The family of an option's address may need a flag and forbid another.
                let known = flags.iter().filter(|flag| !flag.is_of_draft());
                let masks = known.map(|flag| u64::from(flag.mask));
                assert!(
                    masks.clone().all(|mask| values.contains(&mask)),
                    "{title} {}: {values:x?}",
                    spec.name
                );
            }
            FieldKind::Named(names) => {
                let all = names.iter().all(|name| values.contains(&u64::from(name.value)));
                assert!(all, "{title} {}: {values:?}", spec.name);
            }
            FieldKind::NamedBy { selector, registries } => {
                for (chosen, names) in registries {
                    let so = instances.iter().filter(|fields| {
                        fields
                            .iter()
                            .any(|field| field.spec.name == selector && field.uint() == u64::from(*chosen))
                    });
                    let values: BTreeSet<_> = so
                        .filter_map(|fields| fields.iter().find(|field| field.spec.name == spec.name))
                        .map(FieldView::uint)
                        .collect();
                    let all = names.iter().all(|name| values.contains(&u64::from(name.value)));
                    assert!(all, "{title} {}: {values:?}", spec.name);
                }
            }
            _ => {}
        }
    }
}
