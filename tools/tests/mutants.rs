//! A suite is worth what it catches. Each row here is a reference node with one fault, put on from outside or by a wrong
//! configuration, and the case that must find it; without a fault every case passes.

mod mangled;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use dmm::conform::{self, Inputs};
use dmm::reference::{Config, Make, MakeCmd, REFERENCES, Reference, cmds, node};
use dmm_codec::Message;
use dmm_codec::message::Padded;
use dmm_conformance::report::terminal::{Colour, Terminal};
use dmm_conformance::{Bench, Catalogue, Instance, Profile, Selection, Suite, Verdict, run};
use dmm_dataplane::{Entry, Op};
use dmm_proto::legacy::{Lma, Mag};
use dmm_proto::{Cmd, CmdConfig, Deregistration, Maar, MaarConfig, Node, Pacing, Plan};

use mangled::Mangled;
use mangled::faults::*;

/// A fault, the case that finds it, and the requirement that it names.
struct Mutant {
    fault: &'static str,
    profile: &'static str,
    make: Make,
    killer: &'static str,
    requirement: &'static str,
    verdict: Verdict,
}

fn fails(fault: &'static str, make: MakeCmd, killer: &'static str, requirement: &'static str) -> Mutant {
    Mutant { fault, profile: "ref-cmd", make: cmds(make), killer, requirement, verdict: Verdict::Fail }
}

impl Mutant {
    fn warns(self) -> Self {
        Self { verdict: Verdict::Warn, ..self }
    }

    fn by(self, profile: &'static str) -> Self {
        Self { profile, ..self }
    }
}

/// A MAAR that is configured wrongly.
fn maar(
    fault: &'static str,
    change: fn(&mut MaarConfig),
    killer: &'static str,
    requirement: &'static str,
) -> Mutant {
    let make: Make = Arc::new(move |config| match config {
        Config::Maar(mut config) => {
            change(&mut config);
            Box::new(Maar::new(config))
        }
        other => node(other),
    });
    Mutant { fault, profile: "ref-maar", make, killer, requirement, verdict: Verdict::Fail }
}

/// A node that is right, and what goes into it or out of it is not.
fn mangled(
    profile: &'static str,
    fault: &'static str,
    change: fn(&mut Mangled),
    killer: &'static str,
    requirement: &'static str,
) -> Mutant {
    let make: Make = Arc::new(move |config| mangle(config, change));
    Mutant { fault, profile, make, killer, requirement, verdict: Verdict::Fail }
}

fn mangle(config: Config, change: fn(&mut Mangled)) -> Box<dyn Node> {
    let nobody = Ipv6Addr::UNSPECIFIED;
    match config {
        Config::Cmd(config) => {
            let address = config.address;
            Mangled::node(Cmd::new(config), address, nobody, Vec::new(), change)
        }
        Config::Maar(config) => {
            let (address, home) = (config.address, config.cmd);
            let peers = config.peers.iter().map(|peer| peer.address).collect();
            Mangled::node(Maar::new(config), address, home, peers, change)
        }
        Config::Lma(config) => {
            let (address, peers) = (config.address, config.mags.clone());
            Mangled::node(Lma::new(config), address, nobody, peers, change)
        }
        Config::Mag(config) => {
            let (address, home) = (config.address, config.lma);
            Mangled::node(Mag::new(config), address, home, Vec::new(), change)
        }
    }
}

fn mutants() -> Vec<Mutant> {
    let mut all = of_cmds();
    all.extend(of_s_maars());
    all.extend(of_p_maars());
    all.extend(of_legacy());
    all
}

fn of_cmds() -> Vec<Mutant> {
    vec![
        mangled(
            "ref-cmd",
            "M31: answers the S-MAAR before the P-MAAR has answered",
            |cmd| cmd.outgoing = answer_at_once,
            "cmd.ho.relay.001",
            "RFC8885-R3.2.10",
        ),
        fails(
            "M44: a constant interval of 1 s",
            |config| configured(config, |config| config.backoff.factor = 1),
            "cmd.retx.001",
            "RFC8885-R3.6.3",
        ),
        fails(
            "M46: a factor of 3",
            |config| configured(config, |config| config.backoff.factor = 3),
            "cmd.retx.001",
            "RFC8885-R3.6.3",
        ),
        fails(
            "M47: no cap",
            |config| configured(config, |config| config.backoff.max = Duration::from_secs(64)),
            "cmd.retx.001",
            "RFC8885-R3.6.3",
        ),
        fails(
            "M57: no pacing",
            |config| configured(config, |config| config.pacing = Pacing { rate: 1_000_000, burst: 1000 }),
            "cmd.pace.001[k=8]",
            "RFC8885-R3.2.20",
        ),
        mangled(
            "ref-cmd",
            "M01: a bad checksum is not noticed",
            |cmd| cmd.octets = mend_checksum,
            "cmd.opt.002",
            "B1",
        ),
        mangled(
            "ref-cmd",
            "M07: an unknown option rejects the message",
            |cmd| cmd.octets = drop_message_with_unknown_option,
            "any.opt.001[unknown-type-skipped]",
            "RFC8885-R4.1.6",
        ),
        mangled(
            "ref-cmd",
            "M06: what stands behind an unknown option is not read",
            |cmd| cmd.octets = |octets, src, dst| stop_at_unknown_option(octets, src, dst),
            "any.opt.001[unknown-type-first]",
            "RFC8885-R4.1.6",
        ),
        mangled(
            "ref-cmd",
            "M19: PBAs without D",
            |cmd| cmd.outgoing = pba_without_d,
            "cmd.reg.001",
            "RFC8885-R4.2.2",
        ),
        mangled(
            "ref-cmd",
            "M21: PBAs with a number of their own",
            |cmd| cmd.outgoing = pba_of_another_number,
            "cmd.reg.001",
            "RFC8885-R3.1.5",
        ),
        mangled(
            "ref-cmd",
            "M35: the Previous MAAR option carries the S-MAAR's prefix",
            |cmd| cmd.outgoing = wrong_previous_prefix,
            "cmd.ho.relay.001",
            "RFC8885-R3.2.10",
        ),
        mangled(
            "ref-cmd",
            "M12: options are not aligned",
            |cmd| cmd.padded = Padded::EndOnly,
            "cmd.reg.001",
            "RFC8885-R4.1.7",
        ),
        fails(
            "M30, turned round: refuses everybody",
            |config| configured(config, |config| config.maars.clear()),
            "cmd.reg.001",
            "RFC8885-R3.1.5",
        ),
        fails(
            "M33: a locator answers as a relay does",
            |config| configured(config, |config| config.plan = Plan::RELAY),
            "cmd.ho.locator.001",
            "RFC8885-R3.3.6",
        )
        .by("ref-cmd-locator")
        .warns(),
        mangled(
            "ref-cmd-locator",
            "M34: the S-MAAR is not named",
            |cmd| cmd.outgoing = without_serving_maar,
            "cmd.ho.locator.001",
            "RFC8885-R3.3.1",
        ),
        fails(
            "M32: a proxy waits for the P-MAARs",
            |config| configured(config, |config| config.plan = Plan::RELAY),
            "cmd.ho.proxy.001",
            "RFC8885-R3.4.1",
        )
        .by("ref-cmd-proxy"),
        mangled(
            "ref-cmd-proxy",
            "a proxy does not tell the P-MAARs",
            |cmd| cmd.outgoing = |_, message| !matches!(message, Message::Pbu(_)),
            "cmd.ho.proxy.001",
            "RFC8885-R3.4.2",
        ),
        mangled(
            "ref-cmd-proxy",
            "M43: a proxy tells the P-MAARs once",
            |cmd| cmd.outgoing = |seen, message| !matches!(message, Message::Pbu(_)) || seen.sent == 0,
            "cmd.ho.proxy.001",
            "RFC8885-R3.4.5",
        ),
    ]
}

fn of_s_maars() -> Vec<Mutant> {
    let of = |fault, change, killer, requirement| mangled("ref-maar", fault, change, killer, requirement);
    vec![
        of(
            "a PBU without an access technology",
            |maar| maar.outgoing = without_technology,
            "maar.reg.001",
            "RFC8885-R3.1.3",
        ),
        of("M61: a PBU without D", |maar| maar.outgoing = pbu_without_d, "maar.reg.001", "RFC8885-R4.1.2"),
        of(
            "M61: a prefix of another MAAR",
            |maar| maar.outgoing = foreign_prefix,
            "maar.reg.001",
            "RFC8885-R3.1.1",
        ),
        of(
            "advertises before it is registered",
            |maar| maar.link = advertise_at_once,
            "maar.reg.001",
            "RFC8885-R3.1.2",
        ),
        of(
            "advertises to all on the link",
            |maar| maar.advertised = to_all,
            "maar.reg.001",
            "RFC8885-R3.1.8",
        ),
        of(
            "M67: a rejected PBA is taken for an accepting one",
            |maar| maar.incoming = take_for_accepted,
            "maar.reg.002[prohibited]",
            "RFC8885-R3.1.13",
        ),
        of(
            "a prefix that is refused is asked for again",
            |maar| maar.incoming = take_155_for_157,
            "maar.reg.003",
            "B14",
        )
        .warns(),
        of(
            "two mobile nodes have one prefix",
            |maar| maar.outgoing = one_prefix_for_all,
            "maar.reg.004",
            "RFC8885-R3.1.1",
        ),
        of(
            "M51: an answer to another PBU is taken",
            |maar| maar.incoming = take_any_number,
            "maar.ack.001[number]",
            "B15",
        ),
        of(
            "M51: an answer about somebody else is taken",
            |maar| maar.incoming = take_any_mobile,
            "maar.ack.001[unknown-mobile]",
            "B15",
        ),
        of(
            "a PBA without D is taken",
            |maar| maar.incoming = take_without_d,
            "maar.ack.001[without-d]",
            "RFC8885-R4.2.2",
        )
        .warns(),
        of(
            "M01: a bad checksum is not noticed",
            |maar| maar.octets = mend_checksum,
            "maar.ack.001[checksum]",
            "B1",
        ),
        of(
            "M68: a PBA of anybody is taken",
            |maar| maar.incoming = take_from_anybody,
            "maar.ack.001[stranger]",
            "RFC8885-R6.4",
        ),
        of("echoes are not compared", |maar| maar.incoming = forget_echoes, "maar.ack.002[handoff]", "B11"),
        of("echoes are not compared", |maar| maar.incoming = forget_echoes, "maar.ack.002[att]", "B11"),
        of(
            "echoes are not compared",
            |maar| maar.incoming = forget_echoes,
            "maar.ack.002[link-layer-identifier]",
            "B11",
        ),
        maar(
            "M44: a constant interval of 1 s",
            |config| config.backoff.factor = 1,
            "any.retx.001[maar]",
            "RFC8885-R3.6.3",
        ),
        maar(
            "M47: no cap",
            |config| config.backoff.max = Duration::from_secs(64),
            "any.retx.001[maar]",
            "RFC8885-R3.6.3",
        ),
        maar(
            "M48: a cap of 30 s",
            |config| config.backoff.max = Duration::from_secs(30),
            "any.retx.001[maar]",
            "RFC8885-R3.6.3",
        ),
        maar(
            "M44: a constant interval of 1 s",
            |config| config.backoff.factor = 1,
            "maar.retx.003",
            "RFC8885-R3.6.3",
        ),
        of(
            "M52: the same number again",
            |maar| maar.outgoing = always_seven,
            "any.retx.001[maar]",
            "RFC8885-R3.6.3",
        ),
        of(
            "M71: does not notice that the mobile node has left",
            |maar| maar.link = blind_for_leaving,
            "maar.retx.002",
            "RFC8885-R3.6.7",
        ),
        of("M54: no limit of 3 a second", |maar| maar.outgoing = twice, "maar.rate.001", "RFC8885-R3.6.5"),
        of("a binding is not refreshed", |maar| maar.incoming = live_for_ever, "maar.refresh.001", "B16"),
        of(
            "M69: an earlier prefix is advertised as preferred",
            |maar| maar.advertised = all_preferred,
            "maar.s.001",
            "RFC8885-R3.7.7",
        ),
        of(
            "M70: one MAC address for all routers",
            |maar| maar.advertised = one_mac,
            "maar.s.001",
            "RFC8885-R4.8.7",
        ),
        of(
            "M70: one link-local address for all routers",
            |maar| maar.advertised = one_link_local,
            "maar.s.001",
            "RFC8885-R4.7.5",
        ),
        of(
            "one router for all anchors",
            |maar| maar.advertised = only_preferred,
            "maar.s.001",
            "RFC8885-R3.7.1",
        ),
        of(
            "local networks are not advertised",
            |maar| maar.advertised = no_routes,
            "maar.s.001",
            "RFC8885-R3.7.13",
        ),
        of(
            "a second PBA is dropped as a duplicate",
            |maar| maar.incoming = only_the_first,
            "maar.s.002",
            "RFC8885-R3.2.18",
        ),
        of(
            "a P-MAAR's PBA is ignored",
            |maar| maar.incoming = only_from_home,
            "maar.s.003",
            "RFC8885-R3.3.5",
        )
        .by("ref-maar-locator"),
        of(
            "a P-MAAR's PBA may come from anybody",
            |maar| maar.incoming = take_from_peer,
            "maar.s.003",
            "RFC8885-R6.4",
        )
        .by("ref-maar-locator"),
        of(
            "M66: no route into the tunnel",
            |maar| maar.forwarding = |op| !matches!(op, Op::Ensure(Entry::SourceRoute { .. })),
            "maar.s.004",
            "RFC8885-R3.2.13",
        ),
        of(
            "M66: no route to the mobile node",
            |maar| maar.forwarding = |op| !matches!(op, Op::Ensure(Entry::OnLink { .. })),
            "maar.s.004",
            "RFC8885-R3.2.14",
        ),
        of(
            "M66: no tunnel",
            |maar| maar.forwarding = |op| !matches!(op, Op::Ensure(Entry::Tunnel { .. })),
            "maar.s.004",
            "RFC8885-R3.2.12",
        ),
        of(
            "de-registers when the mobile node leaves the link",
            |maar| maar.link = deregister_at_once,
            "maar.dereg.001",
            "RFC8885-R3.5.2",
        ),
        of("M73: never de-registers", |maar| maar.outgoing = never_zero, "maar.dereg.001", "RFC8885-R3.5.6"),
        of(
            "M07: an unknown option rejects the message",
            |maar| maar.octets = drop_message_with_unknown_option,
            "maar.opt.001[unknown-type-first]",
            "RFC8885-R4.2.6",
        ),
        of(
            "M06: what stands behind an unknown option is not read",
            |maar| maar.octets = |octets, src, dst| stop_at_unknown_option(octets, src, dst),
            "maar.opt.001[unknown-type-behind]",
            "RFC8885-R4.2.6",
        ),
        of(
            "M14: a receiver as strict as a sender",
            |maar| maar.octets = drop_what_no_sender_may_send,
            "maar.opt.001[reserved-flag]",
            "RFC8885-R4.2.7",
        ),
        of(
            "M14: a receiver as strict as a sender",
            |maar| maar.octets = drop_what_no_sender_may_send,
            "maar.opt.001[reserved-of-prev-maar]",
            "RFC8885-R4.5.4",
        ),
        of(
            "a receiver as strict as a sender",
            |maar| maar.octets = drop_what_no_sender_may_send,
            "maar.opt.001[padding-not-zero]",
            "B5",
        ),
        of(
            "a receiver as strict as a sender",
            |maar| maar.octets = drop_what_no_sender_may_send,
            "maar.opt.001[misaligned]",
            "RFC8885-R4.2.6",
        )
        .warns(),
    ]
}

fn of_p_maars() -> Vec<Mutant> {
    let of = |fault, change, killer, requirement| mangled("ref-maar", fault, change, killer, requirement);
    vec![
        of(
            "M62: no PBA",
            |maar| maar.outgoing = |_, message| !matches!(message, Message::Pba(_)),
            "maar.p.001",
            "RFC8885-R3.2.7",
        ),
        of("PBAs without D", |maar| maar.outgoing = pba_without_d, "maar.p.001", "RFC8885-R4.3.8"),
        of(
            "PBAs without D and what needs it",
            |maar| maar.outgoing = plain_pba,
            "maar.p.001",
            "RFC8885-R4.2.2",
        ),
        of(
            "M63: another prefix in the PBA",
            |maar| maar.outgoing = foreign_prefix_in_pba,
            "maar.p.001",
            "RFC8885-R3.2.8",
        ),
        of(
            "the Serving MAAR option is not echoed",
            |maar| maar.outgoing = without_serving_maar,
            "maar.p.001",
            "RFC8885-R3.2.7",
        )
        .warns(),
        maar(
            "a relay's P-MAAR tells the S-MAAR itself",
            |config| config.plan = Plan::LOCATOR,
            "maar.p.001",
            "RFC8885-R3.2.7",
        ),
        of(
            "M64: a locator's P-MAAR tells the CMD alone",
            |maar| maar.outgoing = only_to_home,
            "maar.p.001",
            "RFC8885-R3.3.2",
        )
        .by("ref-maar-locator"),
        of(
            "drops what it does not know",
            |maar| maar.incoming = only_who_is_known,
            "maar.p.002[unknown-mobile]",
            "B6",
        )
        .warns(),
        of(
            "M25: drops what has no identifier",
            |maar| maar.incoming = only_who_is_known,
            "maar.p.002[no-mn-id]",
            "B6",
        ),
        of(
            "anybody may move a prefix",
            |maar| maar.incoming = take_from_anybody,
            "maar.p.002[not-the-cmd]",
            "RFC8885-R6.4",
        ),
        of(
            "a Serving MAAR is made up",
            |maar| maar.incoming = make_up_serving_maar,
            "maar.p.002[no-serving-maar]",
            "RFC8885-R4.6.5",
        )
        .warns(),
        of(
            "the first of two is taken",
            |maar| maar.incoming = make_up_serving_maar,
            "maar.p.002[two-serving-maars]",
            "RFC8885-R4.6.5",
        )
        .warns(),
        of(
            "any address is taken",
            |maar| maar.incoming = make_up_serving_maar,
            "maar.p.002[multicast]",
            "RFC8885-R4.6.5",
        ),
        of(
            "any address is taken",
            |maar| maar.incoming = make_up_serving_maar,
            "maar.p.002[link-local]",
            "RFC8885-R4.6.5",
        ),
        of(
            "any address is taken",
            |maar| maar.incoming = make_up_serving_maar,
            "maar.p.002[unspecified]",
            "RFC8885-R4.6.5",
        ),
        of(
            "any address is taken",
            |maar| maar.incoming = make_up_serving_maar,
            "maar.p.002[itself]",
            "RFC8885-R4.6.5",
        )
        .warns(),
        of(
            "M28: time stamps are not looked at",
            |maar| maar.incoming = take_any_time,
            "maar.p.003[too-old]",
            "B8",
        ),
        of(
            "M28: time stamps are not looked at",
            |maar| maar.incoming = take_any_time,
            "maar.p.003[in-the-future]",
            "B8",
        ),
        of(
            "lifetime 0 is not looked at",
            |maar| maar.incoming = take_any_lifetime,
            "maar.p.004",
            "RFC8885-R3.5.6",
        ),
        maar(
            "M65: the timer runs on",
            |config| config.deregistration = Deregistration::PMaarsToo,
            "maar.p.005",
            "RFC8885-R3.5.3",
        ),
        of(
            "a prefix that is anchored is not kept",
            |maar| (maar.outgoing, maar.advertised) = (foreign_prefix_later, foreign_prefix_in_ra),
            "maar.p.006",
            "RFC8885-R1.2",
        )
        .warns(),
        of(
            "who comes back is not registered",
            |maar| maar.outgoing = only_the_first_pbu,
            "maar.p.006",
            "RFC8885-R3.2.1",
        ),
        of(
            "M07: an unknown option rejects the message",
            |maar| maar.octets = drop_message_with_unknown_option,
            "maar.opt.002[unknown-type-skipped]",
            "RFC8885-R4.1.6",
        ),
        of(
            "M06: what stands behind an unknown option is not read",
            |maar| maar.octets = |octets, src, dst| stop_at_unknown_option(octets, src, dst),
            "maar.opt.002[unknown-type-first]",
            "RFC8885-R4.1.6",
        ),
        of(
            "M14: a receiver as strict as a sender",
            |maar| maar.octets = drop_what_no_sender_may_send,
            "maar.opt.002[reserved-bits-set]",
            "RFC8885-R4.1.8",
        ),
        of(
            "a receiver as strict as a sender",
            |maar| maar.octets = drop_what_no_sender_may_send,
            "maar.opt.002[padding-not-zero]",
            "B5",
        ),
        of(
            "M01: a bad checksum is not noticed",
            |maar| maar.octets = mend_checksum,
            "maar.opt.002[bad-checksum]",
            "B1",
        ),
        of(
            "M10: a wrong length is taken",
            |maar| maar.octets = mend_lengths,
            "maar.opt.002[serving-maar-length-15]",
            "RFC8885-R4.1.6",
        )
        .warns(),
        of(
            "M09: an option may run past the end",
            |maar| maar.octets = mend_lengths,
            "maar.opt.002[serving-maar-overruns]",
            "RFC8885-R4.1.6",
        )
        .warns(),
        of(
            "M03: a header length below the least is taken",
            |maar| maar.octets = mend_header_len,
            "maar.opt.002[header-len-below-minimum]",
            "B4",
        ),
    ]
}

fn of_legacy() -> Vec<Mutant> {
    let lma = |fault, change, killer, requirement| mangled("ref-lma", fault, change, killer, requirement);
    let mag = |fault, change, killer, requirement| mangled("ref-mag", fault, change, killer, requirement);
    vec![
        lma("takes a PBU with D", |lma| lma.incoming = ignore_d, "lma.dflag.001", "RFC8885-R4.1.4"),
        lma(
            "refuses a PBU with D and does what it says",
            |lma| (lma.incoming, lma.outgoing) = (ignore_d_in_secret, refuse_in_secret),
            "lma.dflag.001",
            "RFC8885-R4.1.3",
        ),
        lma("another number in the PBA", |lma| lma.outgoing = pba_of_another_number, "lma.reg.001", "B7"),
        lma("ALL_ZERO in the PBA", |lma| lma.outgoing = all_zero_in_pba, "lma.reg.001", "B19"),
        lma("D in the PBA", |lma| lma.outgoing = pba_with_d, "lma.reg.001", "RFC8885-R4.2.2").warns(),
        lma("153 for whatever is missing", |lma| lma.outgoing = reject_with_153, "lma.reg.002[mn-id]", "B6"),
        lma("anybody may register", |lma| lma.incoming = take_from_peer, "lma.auth.001", "B6"),
        lma(
            "time stamps are not looked at",
            |lma| lma.incoming = take_any_time,
            "lma.seq.001[too-old]",
            "B8",
        ),
        lma(
            "time stamps are not looked at",
            |lma| lma.incoming = take_any_time,
            "lma.seq.001[in-the-future]",
            "B8",
        ),
        lma("156 with the other's time", |lma| lma.outgoing = echo_time, "lma.seq.001[too-old]", "B8"),
        lma(
            "a prefix for each registration",
            |lma| lma.outgoing = foreign_prefix_later_in_pba,
            "lma.ho.001",
            "B20",
        ),
        lma("anybody may de-register", |lma| lma.incoming = accept_any_deregistration, "lma.dereg.001", "B9"),
        lma(
            "M07: an unknown option rejects the message",
            |lma| lma.octets = drop_message_with_unknown_option,
            "lma.opt.001[unknown-type-skipped]",
            "RFC8885-R4.1.6",
        ),
        lma(
            "a receiver as strict as a sender",
            |lma| lma.octets = drop_what_no_sender_may_send,
            "lma.opt.001[padding-not-zero]",
            "B5",
        ),
        lma(
            "M01: a bad checksum is not noticed",
            |lma| lma.octets = mend_checksum,
            "lma.opt.001[bad-checksum]",
            "B1",
        ),
        lma(
            "M03: a header length below the least is taken",
            |lma| lma.octets = mend_header_len,
            "lma.opt.001[header-len-below-minimum]",
            "B4",
        ),
        mag(
            "a PBU without an access technology",
            |mag| mag.outgoing = without_technology,
            "mag.reg.001",
            "B17",
        ),
        mag("a PBU with D", |mag| mag.outgoing = pbu_with_d, "mag.reg.001", "RFC8885-R4.1.2"),
        mag("a PBA with D is taken", |mag| mag.incoming = ignore_d_in_pba, "mag.dflag.001", "RFC8885-R4.2.3"),
        mag(
            "a rejected PBA is taken for an accepting one",
            |mag| mag.incoming = take_for_accepted,
            "mag.reg.002[prohibited]",
            "B21",
        ),
        mag(
            "an answer to another PBU is taken",
            |mag| mag.incoming = take_any_number,
            "mag.ack.001[number]",
            "B15",
        ),
        mag(
            "an answer about somebody else is taken",
            |mag| mag.incoming = take_any_mobile,
            "mag.ack.001[unknown-mobile]",
            "B15",
        ),
        mag("a bad checksum is not noticed", |mag| mag.octets = mend_checksum, "mag.ack.001[checksum]", "B1"),
        mag(
            "a PBA of anybody is taken",
            |mag| mag.incoming = take_from_anybody,
            "mag.ack.001[stranger]",
            "B15",
        ),
        mag("echoes are not compared", |mag| mag.incoming = forget_echoes, "mag.ack.002[handoff]", "B11"),
        mag("echoes are not compared", |mag| mag.incoming = forget_echoes, "mag.ack.002[att]", "B11"),
        mag(
            "echoes are not compared",
            |mag| mag.incoming = forget_echoes,
            "mag.ack.002[link-layer-identifier]",
            "B11",
        ),
        mag(
            "does not notice that the mobile node has left",
            |mag| mag.link = blind_for_leaving,
            "mag.dereg.001",
            "B18",
        ),
        mag("a binding is not refreshed", |mag| mag.incoming = live_for_ever, "mag.refresh.001", "B16"),
        mag(
            "M52: the same number again",
            |mag| mag.outgoing = always_seven,
            "any.retx.001[mag]",
            "RFC8885-R3.6.3",
        ),
    ]
}

/// The suites, read once.
static SUITE: LazyLock<Suite> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let catalogue = Catalogue::load(&[root.join("requirements")]).unwrap_or_else(|errors| panic!("{errors}"));
    Suite::load(&[root.join("suites")], &catalogue).unwrap_or_else(|errors| panic!("{errors}"))
});

/// The cases that apply to a node, and its profile.
fn plan(name: &str) -> (Profile, Vec<Instance>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../conformance/profiles/{name}.iut.yaml"));
    let profile = Profile::load(&path).unwrap_or_else(|errors| panic!("{errors}"));
    let plan = SUITE.plan(&profile, &Selection::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let applicable = plan.into_iter().filter(|instance| instance.not_applicable.is_none()).collect();
    (profile, applicable)
}

#[test]
fn without_a_fault_every_case_passes() {
    for (name, least) in REFERENCES.iter().zip([28, 20, 20, 50, 50, 50, 15, 10]) {
        let (profile, plan) = plan(name);
        for instance in &plan {
            let case = run(instance, &profile, &mut Reference::of(&profile));
            assert_eq!(case.verdict, Verdict::Pass, "{name}: {}: {:#?}", case.name, case.findings);
            assert!(!case.unclean, "{name}: {}: its postamble failed", case.name);
        }
        assert!(plan.len() >= least, "{name}: {} cases", plan.len());
    }
}

#[test]
fn every_fault_is_found_by_the_case_that_is_named_for_it() {
    let plans: BTreeMap<&str, _> = REFERENCES.iter().map(|name| (*name, plan(name))).collect();
    let mut missed = Vec::new();
    for mutant in mutants() {
        let (profile, plan) = &plans[mutant.profile];
        let instance = plan.iter().find(|instance| instance.name == mutant.killer);
        let instance = instance.unwrap_or_else(|| panic!("no case {} for {}", mutant.killer, mutant.profile));
        let case = run(instance, profile, &mut Reference::of(profile).made_by(mutant.make));
        let finding = case.reason();
        let named = finding.and_then(|finding| finding.requirement.as_deref());
        if case.verdict != mutant.verdict || named != Some(mutant.requirement) {
            missed.push(format!("{}: {} says {}: {finding:#?}", mutant.fault, case.name, case.verdict));
            continue;
        }
        let finding = finding.expect("a verdict other than PASS has a reason");
        let line = finding.at.rsplit_once(':').and_then(|(_, line)| line.parse::<u32>().ok());
        assert!(line.is_some() && finding.at.contains(".test.yaml"), "{}: at {}", mutant.fault, finding.at);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_case_can_fail() {
    let dead = |config| {
        mangle(config, |node| {
            node.octets = |octets, _, _| octets.clear();
            node.link = |_, _| false;
        })
    };
    let killers: BTreeSet<&str> = mutants().iter().map(|mutant| mutant.killer).collect();
    for name in REFERENCES {
        let (profile, plan) = plan(name);
        // What a dead node passes must be failed by one that is named for it.
        for instance in plan.iter().filter(|instance| !killers.contains(instance.name.as_str())) {
            let case = run(instance, &profile, &mut Reference::of(&profile).made_by(Arc::new(dead)));
            assert_ne!(case.verdict, Verdict::Pass, "{name}: no fault here makes {} fail", case.name);
        }
    }
}

#[test]
fn every_case_has_a_fault_of_its_own() {
    let killers: BTreeSet<String> = mutants().iter().map(|mutant| file_of(mutant.killer)).collect();
    let cases: BTreeSet<String> = SUITE.cases.iter().map(|case| case.id.value.clone()).collect();
    // Those of the relay have faults of their own in the engine's tests, on a CMD that shares nothing with the reference.
    let elsewhere = |case: &String| case.starts_with("cmd.");
    let without: Vec<_> = cases.difference(&killers).filter(|case| !elsewhere(case)).collect();
    assert!(without.is_empty(), "no fault is named for {without:?}");
}

/// The id of a case without row and variant.
fn file_of(name: &str) -> String {
    name.split('[').next().unwrap_or(name).to_owned()
}

fn configured(mut config: CmdConfig, change: fn(&mut CmdConfig)) -> Box<dyn Node> {
    change(&mut config);
    Box::new(Cmd::new(config))
}

/// What a person reads of a failure: the README shows it.
#[test]
fn a_constant_interval_reads_so() {
    let constant = |config| configured(config, |config: &mut CmdConfig| config.backoff.factor = 1);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let (suites, requirements) = ([root.join("suites")], root.join("requirements"));
    let (profile, _) = plan("ref-cmd");
    let inputs = Inputs { paths: &suites, profile: &profile, requirements: &requirements };
    let reference = Reference::of(&profile).made_by(cmds(constant));
    let bench = || -> Box<dyn Bench> { Box::new(reference.clone()) };
    let judged = conform::judge(&inputs, &Selection::default(), &bench).expect("the suites can be read");
    let printed = Terminal { report: judged.report(false), colour: Colour::Never }.to_string();
    let failures: Vec<&str> = printed.lines().take_while(|line| !line.is_empty()).collect();
    // Where the checkout is, is nobody's business.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    insta::assert_snapshot!(failures.join("\n").replace(root, ""));
}
