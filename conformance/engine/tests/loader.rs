//! What is wrong with a script is said where it stands, with what to do; nothing is ignored.

#[allow(dead_code, reason = "the other tests use the rest")]
mod project;

use std::sync::Arc;

use dmm_conformance::script::span::Source;
use dmm_conformance::script::value::{Value, parse_duration};
use dmm_conformance::{LoadErrors, Profile, Selection, Suite};
use project::{catalogue, folder, profile};
use proptest::prelude::*;

/// A script without a mistake; each table row below makes one.
const GOOD: &str = "\
dmm: 1
id: t.1
title: one line
requirements: [RFC8885-R3.1.5]
iut: cmd
applies_if: cmd
testers:
  maar1: {role: maar}
mobiles: [mn1]
steps:
  - send:
      as: reg
      from: maar1
      msg: pbu
      flags: [A, P, D]
      lifetime: 300s
      options:
        - mn_id: $mn1.nai
        - hnp: $maar1.prefix.mn1
  - expect:
      to: maar1
      msg: pba
      within: 500ms
      match: {status: 0, seq: $reg.seq}
postamble:
  - wait: 1s
";

#[test]
fn a_script_without_a_mistake_loads() {
    let suite = load(GOOD).unwrap_or_else(|errors| panic!("{errors}"));
    assert!(suite.warnings.0.is_empty());
}

#[test]
fn each_mistake_is_shown_where_it_stands() {
    // (what is replaced, by what)
    let table = [
        ("dmm: 1", "dmm: 2"),
        ("dmm: 1\n", ""),
        ("title:", "titel:"),
        ("flags: [A, P, D]", "flgas: [A, P, D]"),
        ("iut: cmd", "iut: hub"),
        ("role: maar", "role: rsu"),
        ("applies_if: cmd", "applies_if: cmd &&"),
        ("- send:", "- sned:"),
        ("msg: pba", "msg: pbb"),
        ("- hnp:", "- hpn:"),
        ("- hnp: $maar1.prefix.mn1", "- ani: [{ssid: dmm}]"),
        ("- hnp: $maar1.prefix.mn1", "- flow: {id: 1, sub_options: [{bid: 5, action: add}]}"),
        ("status: 0,", "stauts: 0,"),
        ("status: 0,", "status: [0, 128],"),
        ("status: 0,", "status: {gte: 0},"),
        ("status: 0,", "status: {range: [1]},"),
        ("seq: $reg.seq", "seq: $rge.seq"),
        ("from: maar1", "from: $maar2"),
        ("from: maar1", "from: maar2"),
        ("      to: maar1", "      to: [maar1, 5]"),
        ("maar1: {role", "ma.ar: {role"),
        ("[RFC8885-R3.1.5]", "[RFC8885-R99.1]"),
        ("      within: 500ms\n", ""),
        ("  - wait: 1s", "  - wait: 1s\n    for: 2s"),
        ("  - wait: 1s", "  - wait: 1s\n - wait: 2s"),
        ("title: one line", "title: one line\ntitle: another"),
        ("mobiles: [mn1]", "mobiles: [mn1, maar1]"),
        ("  - wait: 1s", "  - call: {proc: register}"),
        ("lifetime: 300s", "lifetime: 300s\n      use: pbu_dmm"),
        ("lifetime: 300s", "status: 0"),
        ("lifetime: 300s", "wire: {patch: [{at: option.hnp, set: 1}]}"),
        ("lifetime: 300s", "wire: {patch: [{at: 3}]}"),
        ("lifetime: 300s", "wire: {checksum: none}"),
    ];
    insta::assert_snapshot!(errors_of(&table));
}

#[test]
fn what_only_some_messages_and_triggers_have_is_refused_elsewhere() {
    let table = [
        ("msg: pbu", "msg: ra"),
        ("- hnp: $maar1.prefix.mn1", "- pio: {prefix: $maar1.prefix.mn1}"),
        ("match: {status: 0, seq: $reg.seq}", "options: {has: [pio]}"),
        ("msg: pba", "msg: icmp6"),
        ("lifetime: 300s", "wire: {padding: \"\"}"),
        ("lifetime: 300s", "ip: {fragment: 12}"),
        (
            "      msg: pbu\n      flags: [A, P, D]",
            "      msg: raw\n      wire: {mh: \"00\", patch: [{at: flags, set: 1}]}",
        ),
        ("  - wait: 1s", "  - trigger: {action: handover, mn: mn1}"),
        ("  - wait: 1s", "  - trigger: {action: handover, mn: mn1, at: maar2}"),
        ("  - wait: 1s", "  - trigger: {action: set-config}"),
        ("  - wait: 1s", "  - trigger: {action: attach, mn: mn1, config: {mode: relay}}"),
        ("  - wait: 1s", "  - trigger: {action: reboot}"),
    ];
    insta::assert_snapshot!(errors_of(&table));
}

#[test]
fn a_case_that_cannot_fail_is_refused() {
    let without = &GOOD[..GOOD.find("  - expect:").expect("there")];
    let errors = load(without).expect_err("nothing is expected");
    assert!(errors.to_string().contains("L01"), "{errors}");
}

#[test]
fn the_same_id_twice_is_refused() {
    let source = |name: &str| Arc::new(Source { name: name.to_string(), text: GOOD.to_string() });
    let sources = [source("a.test.yaml"), source("b.test.yaml")];
    let errors = Suite::parse(&sources, catalogue(), &mut |_| Err(LoadErrors::default())).expect_err("twice");
    assert!(errors.to_string().contains("the id `t.1` is already that of a.test.yaml:2"), "{errors}");
}

#[test]
fn a_wrong_profile_is_refused_where_it_is_wrong() {
    let good = std::fs::read_to_string(folder("profiles/ref-cmd.iut.yaml")).expect("a file");
    let mut shown = String::new();
    for (from, to) in [
        ("cmd.mode.relay: true", "cmd.mode.relay: yes"),
        ("roles: [cmd]", "roles: [hub]"),
        ("addr: \"2001:db8:ff::1\"", "addr: 192.0.2.1"),
        ("pixit:", "pixxit:"),
        ("pixit:", "triggers: {fly: {manual: {}}}\npixit:"),
        ("pixit:", "triggers: {restart: {http: {url: \"ftp://dut\"}}}\npixit:"),
        ("pixit:", "triggers: {restart: {http: {url: \"http://dut\"}, manual: {}}}\npixit:"),
        ("pixit:", "triggers: {restart: {exec: {run: reboot}}}\npixit:"),
        ("pixit:", "triggers: {restart: {ssh: {host: -oProxyCommand=x, run: reboot}}}\npixit:"),
        ("pixit:", "triggers: {all: {exec: {run: [adaptor, \"{mn.phone}\"]}}}\npixit:"),
        ("pixit:", "triggers: {all: {manual: {timeout: 5s}}}\npixit:"),
        ("pixit:", "access: {mode: l3, interface: ct0}\npixit:"),
        ("pixit:", "access: {mode: l2}\npixit:"),
        ("pixit:", "tester: {maars: 201}\npixit:"),
        ("pixit:", "tester: {pools: \"2001:db8::/48\"}\npixit:"),
        ("pixit:", "tester: {addresses: \"2001:db8:ff::/112\"}\npixit:"),
        ("pixit:", "tester: {pools: \"2001:db8::/24\"}\npixit:"),
        ("pixit:", "waivers: [{test: t.1, reason: known, until: 2026-12-31}]\npixit:"),
        ("pixit:", "waivers: [{test: t.1, reason: known, until: 2026-12-31, issue: later}]\npixit:"),
        (
            "pixit:",
            "waivers: [{test: t.1, reason: known, until: soon, issue: \"https://t.example/1\"}]\npixit:",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let source = Arc::new(Source { name: "p.iut.yaml".to_string(), text: good.replacen(from, to, 1) });
        let error = Profile::parse(&source).expect_err(to);
        shown.push_str(&format!("{error}\n\n"));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_catalogue_knows_every_requirement() {
    let catalogue = catalogue();
    assert_eq!(catalogue.iter().filter(|r| r.id.starts_with("RFC8885-R")).count(), 163);
    assert_eq!(catalogue.iter().filter(|r| r.id.starts_with('B')).count(), 21);
    for (rule, name, id) in [
        ("length", "prev_maar", "RFC8885-R4.5.2"),
        ("alignment", "serving_maar", "RFC8885-R4.6.3"),
        ("length", "hnp", "RFC8885-R4.1.7"),
        ("repeats", "mn_id", "B12"),
    ] {
        assert_eq!(catalogue.invariant(rule, name).map(|r| r.id.as_str()), Some(id), "{rule}.{name}");
    }
}

#[test]
fn every_rule_of_the_passive_judge_is_a_requirement() {
    let catalogue = catalogue();
    let rules = [
        "header",
        "checksum",
        "multiple_of_8",
        "payload_proto",
        "reserved",
        "overrun",
        "padding",
        "repeats",
        "dmm_flag",
        "place",
        "alignment",
        "length",
        "prefix_length",
    ];
    let names = dmm_codec::OPTIONS
        .iter()
        .map(|spec| spec.name)
        .chain(dmm_codec::MESSAGES.iter().map(|spec| spec.name));
    for name in names {
        for rule in rules {
            let of_messages = ["checksum", "multiple_of_8", "payload_proto"].contains(&rule);
            let is_message = dmm_codec::MESSAGES.iter().any(|spec| spec.name == name);
            if !of_messages || is_message {
                assert!(catalogue.invariant(rule, name).is_some(), "{rule}.{name}");
            }
        }
    }
}

#[test]
fn conditions_hold_as_they_read() {
    let table = [
        ("cmd", true),
        ("!cmd", false),
        ("cmd && !maar", true),
        ("maar || cmd && lma", false),
        ("(maar || cmd) && !lma", true),
        ("pixit.max_pmaars >= 16", true),
        ("pixit.max_pmaars < 16", false),
        ("$pixit.response_time <= 500ms", true),
        ("pixit.security != ipsec", true),
    ];
    for (text, expected) in table {
        let suite = load(&GOOD.replace("applies_if: cmd", &format!("applies_if: \"{text}\""))).expect(text);
        let mut profile = profile();
        profile.pixit.insert("security".to_string(), Value::Text("none".to_string()));
        let plan = suite.plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(plan[0].not_applicable.is_none(), expected, "{text}");
    }
}

#[test]
fn durations_have_a_unit() {
    let nanos = |text| parse_duration(text).map(|duration| duration.as_nanos());
    for (text, expected) in [
        ("1s", Some(1_000_000_000)),
        ("0.5s", Some(500_000_000)),
        ("20ms", Some(20_000_000)),
        ("1.5us", Some(1500)),
        ("2m", Some(120_000_000_000)),
        ("5", None),
        ("s", None),
        ("1x", None),
        ("-1s", None),
        ("1.2.3s", None),
        ("99999999999999999999s", None),
        ("0.0000000001s", None),
    ] {
        assert_eq!(nanos(text), expected, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_loaded_or_refused(text in "\\PC{0,200}") {
        let _ = load(&text);
    }

    #[test]
    fn a_changed_script_is_loaded_or_refused(
        which in 0_usize..100,
        edits in prop::collection::vec((0_usize..1000, 0_usize..12, "[-a-z0-9$:.,{}\\[\\]\"'#&*!|>%@\n ]{0,6}"), 1..6),
    ) {
        let scripts = scripts();
        let mut text = scripts[which % scripts.len()].clone();
        for (place, cut, put) in edits {
            let mut at = place * text.len() / 1000;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let mut end = (at + cut).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.replace_range(at..end.max(at), &put);
        }
        if let Ok(suite) = load(&text) {
            let _ = suite.plan(&profile(), &Selection::default());
        }
    }
}

/// Every script and library of this project, as text.
fn scripts() -> Vec<String> {
    let mut scripts = vec![GOOD.to_string()];
    for sub in ["any", "cmd", "lma", "maar", "mag", "robust", "lib"] {
        let mut files: Vec<_> = std::fs::read_dir(folder("suites").join(sub)).expect("a folder").collect();
        files.sort_by_key(|entry| entry.as_ref().map(std::fs::DirEntry::path).ok());
        for entry in files {
            scripts.push(std::fs::read_to_string(entry.expect("an entry").path()).expect("a file"));
        }
    }
    scripts
}

fn errors_of(table: &[(&str, &str)]) -> String {
    let mut shown = String::new();
    for (from, to) in table {
        assert!(GOOD.contains(from), "{from}");
        let errors = load(&GOOD.replacen(from, to, 1)).expect_err(to);
        shown.push_str(&format!("{errors}\n\n"));
    }
    shown
}

fn load(text: &str) -> Result<Suite, LoadErrors> {
    let source = Arc::new(Source { name: "t.test.yaml".to_string(), text: text.to_string() });
    let mut include = |_: &str| {
        let text = std::fs::read_to_string(folder("suites/lib/common.lib.yaml")).expect("a file");
        Ok(Arc::new(Source { name: "common.lib.yaml".to_string(), text }))
    };
    Suite::parse(&[source], catalogue(), &mut include)
}
