//! MAARs that a mobile node was at, and what they hold for it.

use dmm_codec::Message;
use dmm_proto::{Deregistration, Plan};

use super::{Mutant, maar, mangled};
use crate::mangled::faults::*;

pub(super) fn of_p_maars() -> Vec<Mutant> {
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
            |maar| {
                maar.outgoing = foreign_prefix_later;
                (maar.incoming, maar.advertised) = (all_zero_in_pba, foreign_prefix_in_ra);
            },
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
