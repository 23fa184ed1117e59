//! LMAs and MAGs.

use super::{Mutant, mangled};
use crate::mangled::faults::*;

pub(super) fn of_legacy() -> Vec<Mutant> {
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
