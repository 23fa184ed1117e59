//! Stacks that others have written and nobody here has, as they were seen on the wire: an LMA of RFC 5213 (2014), the DMM daemon of the
//! RFC's authors' group from before the RFC's wire format (2016), an LMA built on UMIP (2015). Each is the reference with what was seen of
//! it put on from outside. The suites must come to an end with each, with a verdict for each case and the requirement for each thing that
//! is wrong, whatever octets come.

#[expect(dead_code, reason = "faults of the mutants are not all seen in the wild")]
mod mangled;
mod suites;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dmm::reference::Config;
use dmm_codec::message::Padded;
use dmm_codec::{
    Lifetime, Message, MnIdentifier, MobilityOption, PbaFlags, PbuFlags, Status, home_network_prefixes,
};
use dmm_conformance::Verdict;
use dmm_proto::Plan;
use dmm_proto::stances::ForwardedPrefix;
use mangled::faults::{ignore_d, put_prefix};
use mangled::{Mangled, Seen, mangle};

/// RFC 6275 §6.1.1: Header Len counts units of 8 octets beyond the first.
fn write_length(octets: &mut [u8]) {
    octets[1] = (octets.len() / 8 - 1) as u8;
}

/// Takes the D flag for nothing, and notes what was asked.
fn takes_all(seen: &mut Seen, message: &mut Message) -> bool {
    if let Message::Pbu(pbu) = message {
        seen.last = Some(pbu.clone());
    }
    ignore_d(seen, message)
}

/// Two Binding Updates without the P flag leave it deaf.
fn takes_all_until_deaf(seen: &mut Seen, message: &mut Message) -> bool {
    seen.sent += usize::from(matches!(message, Message::Pbu(pbu) if !pbu.flags.contains(PbuFlags::P)));
    seen.sent < 2 && takes_all(seen, message)
}

/// Whoever asks for a prefix by ALL_ZERO is told this one.
fn tell_who_asks(seen: &Seen, message: &mut Message, prefix: &str) {
    let asked = seen
        .last
        .as_ref()
        .is_some_and(|pbu| home_network_prefixes(&pbu.options).any(|prefix| prefix.addr().is_unspecified()));
    if asked && matches!(message, Message::Pba(_)) {
        put_prefix(message, prefix);
    }
}

fn lma_of_2014(lma: &mut Mangled) {
    lma.incoming = takes_all_until_deaf;
    lma.outgoing = |seen, message| {
        tell_who_asks(seen, message, "::/0");
        if let Message::Pba(pba) = message
            && pba.status == Status::MISSING_MN_IDENTIFIER_OPTION
        {
            pba.status = Status::NOT_LMA_FOR_THIS_MOBILE_NODE;
        }
        true
    };
    lma.padded = Padded::EndOnly;
}

/// A PBU without an identifier has one for it: the octets behind the option's header.
fn reads_on(_: &mut Seen, message: &mut Message) -> bool {
    let options = message.options_mut();
    if !options.iter().any(|option| matches!(option, MobilityOption::MnIdentifier(_))) {
        options.insert(0, MobilityOption::MnIdentifier(MnIdentifier::nai("\u{16}\u{12}00@0000")));
    }
    true
}

fn cmd_of_2016(cmd: &mut Mangled) {
    cmd.incoming = reads_on;
    cmd.outgoing = |_, message| {
        if let Message::Pba(pba) = message {
            pba.flags = PbaFlags::R | PbaFlags::D;
        }
        for option in message.options_mut() {
            if let MobilityOption::MnIdentifier(mn) = option {
                mn.identifier.resize(8, 0);
            }
        }
        true
    };
    cmd.padded = Padded::EndOnly;
    // 87, 105 and 137 octets were seen.
    cmd.written = |octets| {
        octets.pop();
        write_length(octets);
    };
}

fn lma_on_umip(lma: &mut Mangled) {
    lma.incoming = takes_all;
    lma.outgoing = |seen, message| {
        let Message::Pba(pba) = message else { return true };
        pba.flags = PbaFlags::default();
        pba.options.retain(|option| {
            !matches!(option, MobilityOption::HandoffIndicator(_) | MobilityOption::AccessTechnology(_))
        });
        let answers = pba.lifetime != Lifetime::ZERO || !pba.status.is_accepted();
        tell_who_asks(seen, message, "::/128");
        answers
    };
    // 132 octets, and an identifier of 64 that is not as long.
    lma.written = |octets| {
        let mut at = 12;
        while octets.len() > at + 1 && octets[at] != MN_IDENTIFIER {
            at += if octets[at] == 0 { 1 } else { usize::from(octets[at + 1]) + 2 };
        }
        if octets.len() > at + 1 {
            octets[at + 1] = 64;
        }
        octets.resize(octets.len().max(at + 66).next_multiple_of(8) + 4, 0);
        write_length(octets);
    };
}

/// The type of the Mobile Node Identifier option (RFC 4283 §3).
const MN_IDENTIFIER: u8 = 8;

/// What was seen of it that is configuration: the CMD is a proxy and tells P-MAARs the new prefix; no LMA finds a time stamp too old or
/// too new.
fn configured(mut config: Config) -> Config {
    match &mut config {
        Config::Cmd(cmd) => (cmd.plan, cmd.forwarded_prefix) = (Plan::PROXY, ForwardedPrefix::Serving),
        Config::Lma(lma) => lma.timestamp_window = Duration::from_secs(1 << 20),
        Config::Maar(_) | Config::Mag(_) => {}
    }
    config
}

/// Runs the suites against it. Returns for each case what it breaks and what was seen, and all requirements that are broken.
fn judged(profile: &str, change: fn(&mut Mangled)) -> (String, BTreeSet<String>) {
    let make = Arc::new(move |config| mangle(configured(config), change));
    let cases = suites::judged(&suites::profile(profile), make).cases;
    let (mut lines, mut broken) = (Vec::new(), BTreeSet::new());
    for case in cases.iter().filter(|case| case.verdict != Verdict::NotApplicable) {
        assert_ne!(case.verdict, Verdict::Error, "{}: the bench is not to blame", case.name);
        lines.push(format!("{} {}", case.verdict, case.name));
        for finding in &case.findings {
            let requirement = finding.requirement.as_deref().unwrap_or("-");
            lines.push(format!("    {requirement}: {}: {}", finding.step, finding.seen));
            broken.extend(finding.requirement.clone());
        }
    }
    (lines.join("\n"), broken)
}

#[test]
fn an_lma_from_before_rfc_8885_is_judged_by_what_it_does() {
    let (lines, broken) = judged("ref-lma", lma_of_2014);
    insta::assert_snapshot!(lines);
    // It takes the D flag; 153 for whatever is missing; time stamps; ALL_ZERO echoed; alignment.
    seen_in(&broken, &["RFC8885-R4.1.4", "B6", "B8", "B19", "RFC8885-R4.1.7"]);
}

#[test]
fn a_cmd_from_before_the_rfcs_wire_format_is_judged_by_what_it_does() {
    let (lines, broken) = judged("ref-cmd-proxy", cmd_of_2016);
    insta::assert_snapshot!(lines);
    // Length and alignment; no identifier is one; flags and identifier in its PBAs; prefixes and options of its own at a handover.
    let expected = ["RFC8885-R4.2.5", "RFC8885-R4.1.7", "B6", "RFC8885-R3.1.5", "RFC8885-R3.4.1"];
    seen_in(&broken, &expected);
}

#[test]
fn an_lma_whose_options_swallow_each_other_is_judged_by_what_it_does() {
    let (lines, broken) = judged("ref-lma", lma_on_umip);
    insta::assert_snapshot!(lines);
    // It takes the D flag; length; what the identifier swallows; time stamps; no answer to a de-registration; another prefix.
    let expected = ["RFC8885-R4.1.4", "RFC8885-R4.2.5", "B7", "B8", "B9", "B20"];
    seen_in(&broken, &expected);
}

/// What the table of what was seen says is wrong, by requirement.
fn seen_in(broken: &BTreeSet<String>, expected: &[&str]) {
    let missed: Vec<_> = expected.iter().filter(|id| !broken.contains(**id)).collect();
    assert!(missed.is_empty(), "nothing says {missed:?}; what was found: {broken:?}");
}
