//! CMDs, in every mode.

use std::time::Duration;

use dmm_codec::Message;
use dmm_codec::message::Padded;
use dmm_proto::{Pacing, Plan};

use super::{Mutant, configured, fails, mangled};
use crate::mangled::faults::*;

pub(super) fn of_cmds() -> Vec<Mutant> {
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
