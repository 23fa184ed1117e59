use dmm_proto::plan::Answer;

use super::*;

fn right(text: &str) -> NodeConfig {
    NodeConfig::parse("node.yaml", text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn wrong(text: &str) -> String {
    match NodeConfig::parse("node.yaml", text) {
        Ok(config) => panic!("{config:?}"),
        Err(errors) => errors.to_string(),
    }
}

/// An example with what stands in it behind a `#` taken for said, but for these keys and what is below them.
fn spoken(example: &str, without: &[&str]) -> String {
    let mut text = String::new();
    let mut passed = None;
    for line in example.lines() {
        let comment = line.split_once("# ").filter(|(before, _)| before.trim().is_empty());
        let said = comment.map(|(before, value)| format!("{before}{value}")).unwrap_or_default();
        // `max_lifetime: 1h` is a value, `Its address, …` is none.
        let key = said.split_once(':').map(|(key, _)| key.trim_start_matches([' ', '-', '{']));
        let is_key = |key: &&str| key.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_');
        let Some(key) = key.filter(is_key) else {
            text += &format!("{line}\n");
            passed = None;
            continue;
        };
        let indent = said.len() - said.trim_start().len();
        if passed.is_some_and(|passed| indent > passed) {
            continue;
        }
        passed = without.contains(&key).then_some(indent);
        if passed.is_none() {
            text += &format!("{said}\n");
        }
    }
    text
}

#[test]
fn the_examples_load_and_make_a_node() {
    for role in Role::ALL {
        for example in role.examples() {
            let config = right(example);
            assert_eq!(config.role(), role);
            crate::machine::Machine::new(&config);
        }
    }
}

/// What the comments say holds without them does, and is spelled right.
#[test]
fn what_an_example_says_in_comments_is_what_holds_without_them() {
    for example in Role::ALL.into_iter().flat_map(Role::examples) {
        // These have no value where they are left out.
        let said = spoken(example, &["plan", "subscribers", "peer_pacing", "legacy", "metrics"]);
        assert_ne!(said, *example);
        assert_eq!(format!("{:?}", right(&said)), format!("{:?}", right(example)));
    }
    let cmd = right(&spoken(Role::Cmd.examples()[0], &[]));
    assert!(cmd.common.admin.metrics.is_some());
    let Kind::Cmd { cmd, lma: Some(lma) } = &cmd.kind else { panic!("{cmd:?}") };
    assert_eq!(cmd.plan.collected, Answer::UnlessTold);
    assert_eq!(cmd.peer_pacing.map(|pacing| pacing.rate), Some(50));
    assert_eq!(cmd.subscribers.as_ref().map(BTreeMap::len), Some(1));
    assert_eq!(lma.mags.len(), 1);
    right(&spoken(Role::Maar.examples()[0], &[]));
}

#[test]
fn all_but_a_mag_can_keep_bindings_in_a_file() {
    for role in Role::ALL {
        let mut config = right(role.examples()[0]);
        assert_eq!(config.store(), None);
        let place = PathBuf::from("/var/lib/dmm/node.redb");
        let kept = config.keep_in(Store::File(place.clone()));
        assert_eq!(kept.is_ok(), role.keeps().is_some());
        let said = format!("{}\nstore: {{file: {}}}\n", role.examples()[0], place.display());
        let Some(role) = role.keeps() else { continue };
        let owner = Owner { role, address: config.common.address };
        assert_eq!(config.store(), Some((&*place, owner)));
        assert_eq!(right(&said).store(), Some((&*place, owner)));
    }
}

#[test]
fn each_mistake_is_shown_where_it_stands() {
    let [cmd, maar, lma, mag] = Role::ALL.map(|role| role.examples()[0]);
    let metrics = ("  # metrics: \"[::1]:9464\"", "  metrics: \"[::]:9464\"");
    let cases = [
        ("no file for anything", "address: 2001:db8::1\n".to_owned()),
        ("an unknown role", cmd.replace("role: cmd", "role: cdm")),
        ("an unknown key", cmd.replace("\nmaars:", "\nmaar:")),
        ("a key of nowhere", format!("{cmd}\nzzz: 1\n")),
        ("a missing key", maar.replace("pool: 2001:db8:a001::/48", "")),
        ("a key twice", cmd.replace("mode: relay", "mode: relay\nmode: proxy")),
        ("a mode that is none", cmd.replace("mode: relay", "mode: relais")),
        ("an address that is none", cmd.replace("address: 2001:db8:c0::cd", "address: 2001:db8:c0::cg")),
        ("a link-local address", cmd.replace("address: 2001:db8:c0::cd", "address: fe80::1")),
        ("overlapping pools", cmd.replace("2001:db8:a002::/48", "2001:db8:a001:ff00::/56")),
        ("a MAAR twice", cmd.replace("2001:db8:c0::2", "2001:db8:c0::1")),
        ("a peer's pool in its own", maar.replace("2001:db8:a002::/48", "2001:db8:a001::/48")),
        ("bits behind the length", maar.replace("pool: 2001:db8:a001::/48", "pool: 2001:db8:a001::1/48")),
        ("a pool that is too small", lma.replace("2001:db8:e000::/48", "2001:db8:e000::/72")),
        ("a time without unit", format!("{cmd}\nmax_lifetime: 3600\n")),
        ("a lifetime that no PBU can say", format!("{maar}\nlifetime: 100h\n")),
        ("a lifetime between two units", format!("{maar}\nlifetime: 30s\n")),
        ("its own CMD", maar.replace("cmd: 2001:db8:c0::cd", "cmd: 2001:db8:c0::1")),
        ("a MAC address that is none", mag.replace("02:00:5e:10:00:01", "02:00:5e:10:00")),
        ("a MAC address of a group", mag.replace("02:00:5e:10:00:01", "03:00:5e:10:00:01")),
        ("a time that is none", maar.replace("  interface: eth1", "  interface: eth1\n  probe_after: soon")),
        ("a mobile node twice", mag.replace("mn2@", "mn1@")),
        ("a queue that never empties", format!("{maar}\nsending: {{pacing: {{rate: 0}}}}\n")),
        ("metrics for everybody", cmd.replace(metrics.0, metrics.1)),
        ("a message without room", format!("{cmd}\nlimits: {{message: 100}}\n")),
        ("a store that is none", format!("{cmd}\nstore: redb\n")),
        ("a store without a file", format!("{maar}\nstore: {{path: /var/lib/dmm/maar.redb}}\n")),
        ("a file without a name", format!("{cmd}\nstore: {{file: \"\"}}\n")),
        ("a store of a MAG", format!("{mag}\nstore: {{file: /var/lib/dmm/mag.redb}}\n")),
        ("no YAML", "role: [cmd\n".to_owned()),
    ];
    let shown: Vec<String> =
        cases.iter().map(|(name, text)| format!("# {name}\n{}\n", wrong(text))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}
