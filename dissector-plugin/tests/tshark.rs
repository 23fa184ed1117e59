//! The plugin in the real tshark, on packets that were written by hand.

mod support;

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use dmm_codec::{MESSAGES, MessageView, OPTIONS};
use pretty_assertions::assert_eq;
use support::{Tshark, packet, pcap};

/// Every capture, in the order in which the tests put them into one file.
const CAPTURES: [&str; 10] = [
    "pbu_d",
    "pba_d",
    "pbu_without_d",
    "pba_without_d",
    "wrong_length",
    "cut_off",
    "zero_length",
    "prefix_length",
    "link_layer",
    "tunnel",
];

/// What `-T fields` prints for a filter in a packet; packets without the field are not listed.
const VALUES: &[(&str, &[(&str, &str)])] = &[
    (
        "dmm.flag",
        &[
            ("pbu_d", "1"),
            ("pba_d", "1"),
            ("pbu_without_d", "0"),
            ("pba_without_d", "0"),
            ("wrong_length", "1"),
            ("cut_off", "1"),
            ("zero_length", "1"),
            ("prefix_length", "1"),
            ("link_layer", "1"),
            ("tunnel", "1"),
        ],
    ),
    (
        "dmm.option.problem",
        &[
            ("wrong_length", "length 33, expected 34 (RFC 8885 §4.5)"),
            ("cut_off", "12 octets, at least 20 expected (RFC 8885 §4.3)"),
            (
                "zero_length",
                "length 0, expected 18 (RFC 8885 §4.3),length 0, expected 18 (RFC 8885 §4.4),\
                 length 0, expected 34 (RFC 8885 §4.5),length 0, expected 16 (RFC 8885 §4.6),\
                 length 0, expected 16 (RFC 8885 §4.7),length 0, expected 2 (RFC 8885 §4.8)",
            ),
            (
                "prefix_length",
                "prefix length 200, at most 128 possible (RFC 8885 §4.3),\
                 prefix length 129, at most 128 possible (RFC 8885 §4.5)",
            ),
        ],
    ),
    (
        "dmm.option.undecoded",
        &[("wrong_length", "20010db8000a000000000000000000"), ("cut_off", "20010db8000a0000")],
    ),
    (
        "dmm.anchored_prefix",
        &[("pbu_d", "2001:db8:a::"), ("prefix_length", "2001:db8:a::"), ("tunnel", "2001:db8:a::")],
    ),
    (
        "dmm.anchored_prefix.length",
        &[("pbu_d", "64"), ("cut_off", "64"), ("prefix_length", "200"), ("tunnel", "64")],
    ),
    (
        "dmm.anchored_prefix.reserved",
        &[("pbu_d", "0x00"), ("cut_off", "0x00"), ("prefix_length", "0x00"), ("tunnel", "0x00")],
    ),
    ("dmm.local_prefix", &[("pbu_d", "2001:db8:b:100:ffff::1"), ("pba_d", "2001:db8:b::")]),
    ("dmm.local_prefix.length", &[("pbu_d", "56"), ("pba_d", "64")]),
    ("dmm.local_prefix.reserved", &[("pbu_d", "0x00"), ("pba_d", "0x00")]),
    (
        "dmm.previous_maar.address",
        &[
            ("pba_d", "2001:db8:1::1,2001:db8:2::2"),
            ("wrong_length", "2001:db8:1::1"),
            ("prefix_length", "2001:db8:1::1"),
        ],
    ),
    (
        "dmm.previous_maar.prefix",
        &[("pba_d", "2001:db8:a::,2001:db8:c::"), ("prefix_length", "2001:db8:a::")],
    ),
    (
        "dmm.previous_maar.prefix.length",
        &[("pba_d", "64,48"), ("wrong_length", "64"), ("prefix_length", "129")],
    ),
    (
        "dmm.previous_maar.reserved",
        &[("pba_d", "0x00,0x00"), ("wrong_length", "0x00"), ("prefix_length", "0x00")],
    ),
    ("dmm.serving_maar", &[("pbu_d", "2001:db8:200::2")]),
    ("dmm.dlif.link_local", &[("pba_d", "fe80::1")]),
    ("dmm.dlif.link_layer", &[("pba_d", "02:5e:10:00:00:01"), ("link_layer", "02:5e:10:ff:fe:00:00:01")]),
    ("dmm.dlif.link_layer.reserved", &[("pba_d", "0x0000"), ("link_layer", "0x0000,0xbeef")]),
    // What the stock dissector has for the same options, and for the message around them.
    (
        "mip6.mobility_opt",
        &[
            ("pbu_d", "65,66,68"),
            ("pba_d", "67,67,69,70,66"),
            ("wrong_length", "67"),
            ("cut_off", "65"),
            ("zero_length", "65,66,67,68,69,70"),
            ("prefix_length", "65,67"),
            ("link_layer", "70,70"),
            ("tunnel", "65"),
        ],
    ),
    ("mip6.bu.seqnr", &[("pbu_d", "7"), ("pbu_without_d", "8"), ("cut_off", "10"), ("tunnel", "14")]),
    (
        "mip6.mnid.identifier",
        &[
            ("pbu_d", "mn1@example.org"),
            ("pba_d", "mn1@example.org"),
            ("pbu_without_d", "mn1@example.org"),
            ("pba_without_d", "mn1@example.org"),
        ],
    ),
];

#[test]
fn every_field_has_its_value() {
    let filters = VALUES.iter().map(|(filter, _)| *filter);
    let arguments: Vec<&str> = ["-T", "fields"].into_iter().chain(filters.flat_map(|f| ["-e", f])).collect();
    let printed = Tshark::find().run(&all(), &arguments);
    let lines: BTreeMap<&str, Vec<String>> = CAPTURES
        .into_iter()
        .zip(printed.lines())
        .map(|(name, line)| (name, line.split('\t').map(normalised).collect()))
        .collect();
    for (column, (filter, expected)) in VALUES.iter().enumerate() {
        let found: BTreeMap<&str, &str> = lines
            .iter()
            .map(|(name, values)| (*name, values[column].as_str()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        assert_eq!(found, expected.iter().copied().collect(), "{filter}");
    }
}

#[test]
fn every_registered_filter_is_in_the_table_of_values() {
    let fields = Tshark::find().ask(&["-G", "fields"]);
    let ours = fields
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|columns| columns[0] == "F" && columns[2].starts_with("dmm."));
    let (mut filters, mut table) = (Vec::new(), Vec::new());
    for columns in ours {
        filters.push(columns[2].to_owned());
        table.push(format!("{:<32} {:<11} {}\n", columns[2], columns[3], columns[1]));
    }
    let without_value: Vec<_> = filters
        .iter()
        .filter(|filter| VALUES.iter().all(|(known, _)| known != filter))
        // The option itself, which has all its octets for a value.
        .filter(|filter| !filter.starts_with("dmm.option.") || filter.matches('.').count() == 1)
        // Options and messages of other RFCs: `stock.rs` has values for those that the host does not know.
        .filter(|filter| !is_of_other_rfcs(filter))
        // Flags but the D flag: `stock.rs`, too.
        .filter(|filter| !filter.contains(".flag."))
        // What no octet says: `tracking.rs` has values for all of it.
        .filter(|filter| {
            !support::NOT_OF_OCTETS.contains(&filter.as_str()) && !filter.starts_with("dmm.expert.")
        })
        .collect();
    assert_eq!(without_value, Vec::<&String>::new());
    table.sort();
    insta::assert_snapshot!("fields", table.concat());
}

fn is_of_other_rfcs(filter: &str) -> bool {
    let options = OPTIONS.iter().filter(|spec| !spec.needs_dmm && spec.kind > 1).map(|spec| spec.filter);
    let messages = MESSAGES.iter().filter(|spec| spec.mh_type > 18).map(|spec| spec.name);
    let mut names = options.chain(messages);
    names.any(|name| {
        let rest = filter.strip_prefix("dmm.").and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

#[test]
fn filters_find_exactly_their_packets() {
    let tshark = Tshark::find();
    for (filter, expected) in [
        (
            "dmm.flag == 1",
            &[
                "pbu_d",
                "pba_d",
                "wrong_length",
                "cut_off",
                "zero_length",
                "prefix_length",
                "link_layer",
                "tunnel",
            ][..],
        ),
        ("dmm.flag == 0", &["pbu_without_d", "pba_without_d"]),
        ("dmm.previous_maar.address == 2001:db8:2::2", &["pba_d"]),
        ("dmm.previous_maar.prefix == 2001:db8:c::/48", &["pba_d"]),
        ("dmm.serving_maar", &["pbu_d"]),
        ("dmm.dlif.link_layer == 02:5e:10:00:00:01", &["pba_d"]),
        ("dmm.anchored_prefix.length > 128", &["prefix_length"]),
        ("dmm.option.problem", &["wrong_length", "cut_off", "zero_length", "prefix_length"]),
        ("dmm.option.previous_maar", &["pba_d", "wrong_length", "zero_length", "prefix_length"]),
        ("mip6.mobility_opt == 68", &["pbu_d", "zero_length"]),
        ("ipv6.dst == 2001:db8:300::2 && dmm.anchored_prefix", &["tunnel"]),
    ] {
        let printed = tshark.run(&all(), &["-Y", filter, "-T", "fields", "-e", "frame.number"]);
        let found: Vec<&str> =
            printed.lines().map(|line| CAPTURES[line.parse::<usize>().unwrap() - 1]).collect();
        assert_eq!(found, expected, "{filter}");
    }
}

#[test]
fn the_tree_reads_as_if_the_host_had_made_it() {
    let printed = Tshark::find().run(&all(), &["-V"]);
    for (name, frame) in CAPTURES.into_iter().zip(frames(&printed)) {
        insta::assert_snapshot!(name, mobility_part(frame));
    }
}

#[test]
fn the_flag_stands_with_the_others_wherever_the_user_wants_extension_headers() {
    let beside = ["-V", "-o", "ipv6.exthdr_under_root_protocol_tree:TRUE"];
    let printed = Tshark::find().run(&all(), &beside);
    let lines: Vec<&str> = printed.lines().collect();
    let flags: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains("DMM (D) flag")).collect();
    assert_eq!(flags.len(), CAPTURES.len());
    for at in flags {
        assert!(lines[at - 1].contains("Bulk-Binding-Update"), "{}", lines[at - 1]);
    }
}

#[test]
fn json_has_the_flag_and_the_options_inside_mobile_ipv6() {
    let printed = Tshark::find().run(&all(), &["-T", "json", "--no-duplicate-keys"]);
    let frames: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let text = frames[1].to_string();
    let mipv6 = find(&frames[1], "mipv6").unwrap_or_else(|| panic!("no mipv6 in {text}"));
    let options = find(mipv6, "Mobility Options").unwrap_or(mipv6);
    assert_eq!(find(mipv6, "dmm.flag").and_then(|v| v.as_str()).map(normalised).as_deref(), Some("1"));
    assert_eq!(find(options, "dmm.dlif.link_local").and_then(|v| v.as_str()), Some("fe80::1"));
}

#[test]
fn the_info_column_tells_what_matters_of_messages_with_the_flag() {
    let printed = Tshark::find().run(&all(), &["-T", "fields", "-e", "_ws.col.Info"]);
    insta::assert_snapshot!("info", printed);
}

#[test]
fn switched_off_it_leaves_no_trace() {
    let tshark = Tshark::find();
    for output in [&["-V"][..], &["-T", "pdml"], &[]] {
        let without_us = [&["--disable-protocol", "dmm"], output].concat();
        // The time of day is in PDML.
        let printed =
            |text: String| text.lines().filter(|l| !l.contains("<pdml")).collect::<Vec<_>>().join("\n");
        assert_eq!(
            printed(tshark.run(&all(), &without_us)),
            printed(tshark.run_stock(&all(), output)),
            "{output:?}"
        );
    }
}

/// An older copy in another folder is an easy mistake.
#[test]
fn there_twice_it_says_so_and_works() {
    let stage =
        dmm_wireshark::Stage::new(&dmm_wireshark::Tshark::find().unwrap(), Some(&support::plugin())).unwrap();
    let mut command = stage.command();
    let variable = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
        (name == "WIRESHARK_PLUGIN_DIR").then(|| value.map(std::path::PathBuf::from)).flatten()
    };
    let folder = command.get_envs().find_map(variable).expect("the stage says where its plugins are");
    let minor = dmm_wireshark::Tshark::find().unwrap().minor;
    let epan = folder.join(minor).join("epan");
    std::fs::copy(epan.join(dmm_wireshark::PLUGIN), epan.join("dmm-again.so")).unwrap();
    let output = command.args(["-G", "fields"]).output().unwrap();
    assert!(output.status.success());
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("\tdmm.flag\t"), "one of them works");
    assert_eq!(errors.trim(), "dmm: the plugin for RFC 8885 is there twice; this one is not used");
}

#[test]
fn two_passes_show_the_same_as_one() {
    let tshark = Tshark::find();
    // What only the rest of the capture can tell is another matter: `tracking.rs`.
    let octets_only = ["-o", "dmm.tracking:FALSE", "-V"];
    let twice = [&["-2"], &octets_only[..]].concat();
    assert_eq!(tshark.run(&all(), &twice), tshark.run(&all(), &octets_only));
}

#[test]
fn a_message_that_was_cut_by_the_capture_still_has_its_flag() {
    let packet = packet("pbu_d");
    let flags_end = 40 + 10;
    let cut = pcap((flags_end..packet.len()).map(|len| (&packet[..len], packet.len())));
    let printed = Tshark::find().run(&cut, &["-Y", "dmm.flag == 1", "-T", "fields", "-e", "dmm.flag"]);
    let flags: Vec<String> = printed.lines().map(normalised).collect();
    assert_eq!(flags, vec!["1"; packet.len() - flags_end]);
}

#[test]
fn no_octets_bring_it_down() {
    const MUTANTS: usize = 4000;
    let packets = CAPTURES.map(packet);
    let mut frames = Vec::new();
    for packet in &packets {
        frames.extend((0..packet.len()).map(|len| (packet[..len].to_vec(), packet.len())));
    }
    // Fewer octets on the wire, too: what the IPv6 header promises is then not there at all.
    for packet in &packets {
        frames.extend((0..packet.len()).map(|len| (packet[..len].to_vec(), len)));
    }
    let mut random = Random(8885);
    for _ in 0..MUTANTS {
        let mut packet = packets[random.below(packets.len())].clone();
        // Behind the IPv6 header, or nothing gets as far as the plugin.
        let at = 40 + random.below(packet.len() - 40);
        packet[at] = u8::try_from(random.below(256)).unwrap();
        let len = packet.len();
        frames.push((packet, len));
    }
    let capture = pcap(frames.iter().map(|(octets, len)| (octets.as_slice(), *len)));
    let printed = Tshark::find().run(&capture, &["-V"]);
    assert_eq!(self::frames(&printed).count(), frames.len());
    assert!(!printed.to_lowercase().contains("dissector bug"), "{}", context(&printed, "issector bug"));
    assert!(printed.contains("DMM (D) flag") && printed.contains("Undecoded octets"));
}

#[test]
fn the_captures_are_what_they_say() {
    for name in CAPTURES {
        let packet = packet(name);
        let header = packet.len() - message_len(&packet);
        let address = |at: usize| Ipv6Addr::from(<[u8; 16]>::try_from(&packet[at..at + 16]).unwrap());
        // The addresses of the innermost IPv6 header: behind the outer one of the tunnel.
        let ipv6 = if name == "tunnel" { 40 } else { 0 };
        let view = MessageView::received(&packet[header..], address(ipv6 + 8), address(ipv6 + 24)).unwrap();
        assert_eq!(view.has_dmm_flag(), !name.ends_with("without_d"), "{name}");
    }
    let stock = Tshark::find().run_stock(&all(), &["-Y", "_ws.malformed || _ws.short"]);
    assert_eq!(stock, "", "stock tshark finds fault with a capture");
}

/// All captures in one file.
fn all() -> Vec<u8> {
    let packets = CAPTURES.map(packet);
    pcap(packets.iter().map(|packet| (packet.as_slice(), packet.len())))
}

/// How many octets at the end of a packet are the Mobility Header.
fn message_len(packet: &[u8]) -> usize {
    const NO_NEXT_HEADER: u8 = 59;
    let fits = |start: &usize| {
        packet[*start] == NO_NEXT_HEADER && (usize::from(packet[start + 1]) + 1) * 8 == packet.len() - start
    };
    let start = (40..packet.len()).step_by(8).find(fits).expect("a Mobility Header ends the packet");
    packet.len() - start
}

/// 4.0 prints flags as `1`, later versions as `True`.
fn normalised(value: &str) -> String {
    match value {
        "True" => "1".to_owned(),
        "False" => "0".to_owned(),
        other => other.to_owned(),
    }
}

/// The frames of the output of `-V`.
fn frames(printed: &str) -> impl Iterator<Item = &str> {
    let starts: Vec<usize> = printed
        .match_indices("Frame ")
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || printed[..*at].ends_with("\n\n"))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([printed.len()]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).map(|(start, end)| &printed[start..end])
}

/// A frame from the line `Mobile IPv6` on.
fn mobility_part(frame: &str) -> &str {
    let start = frame.find("    Mobile IPv6\n").expect("every capture has a Mobility Header");
    &frame[start..]
}

/// The value of a key, anywhere in a tree of objects.
fn find<'a>(value: &'a serde_json::Value, key: &str) -> Option<&'a serde_json::Value> {
    match value {
        serde_json::Value::Object(object) => {
            object.get(key).or_else(|| object.values().find_map(|value| find(value, key)))
        }
        serde_json::Value::Array(values) => values.iter().find_map(|value| find(value, key)),
        _ => None,
    }
}

/// Some lines around a text.
fn context<'a>(printed: &'a str, text: &str) -> &'a str {
    let at = printed.find(text).unwrap_or_default();
    let start = printed[..at].rfind("Frame ").unwrap_or_default();
    &printed[start..printed.len().min(at + 200)]
}

/// Numbers without pattern (SplitMix64), the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("less than `bound`")
    }
}
