//! MAARs that a mobile node is at.

use std::time::Duration;

use dmm_dataplane::{Entry, Op};

use super::{Mutant, maar, mangled};
use crate::mangled::faults::*;

pub(super) fn of_s_maars() -> Vec<Mutant> {
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
