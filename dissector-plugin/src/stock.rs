//! What the stock dissector of 4.0 to 4.6 has of Mobile IPv6, and so what it leaves to us. It knows no host.

use std::ffi::CStr;

use dmm_codec::header::{HACK, HI, PBA, PBU};

/// Whether the stock dissector has nothing for an option. It has 0 to 41, 46 to 52 and 55, and the names of some more.
pub(crate) fn leaves_option(kind: u8) -> bool {
    !matches!(kind, 0..=41 | 46..=52 | 55)
}

/// Whether the stock dissector has nothing for a message.
pub(crate) fn leaves_message(mh_type: u8) -> bool {
    mh_type > 18
}

/// The flags of a message of which the stock dissector lacks some.
struct Flags {
    mh_type: u8,
    /// Those that it has.
    letters: &'static str,
    /// Its field before those that it lacks, and what the codec calls the octets of that.
    before: (&'static CStr, &'static str),
}

const FLAGS: &[Flags] = &[
    Flags { mh_type: PBU, letters: "AHLKMRPFTB", before: (c"mip6.bu.b_flag", "flags") },
    Flags { mh_type: PBA, letters: "KRPTB", before: (c"mip6.ba.b_flag", "flags") },
    Flags { mh_type: HI, letters: "SU", before: (c"mip6.hi.u_flag", "flags") },
    Flags { mh_type: HACK, letters: "", before: (c"mip6.hack.seqnr", "seq") },
];

/// Whether the stock dissector does not know a flag of a message.
pub(crate) fn leaves_flag(mh_type: u8, letter: &str) -> bool {
    leaves_message(mh_type) || row(mh_type).is_some_and(|row| !row.letters.contains(letter))
}

/// The stock field that such flags go behind, and the codec's field that has its octets.
pub(crate) fn before_flags(mh_type: u8) -> Option<(&'static CStr, &'static str)> {
    row(mh_type).map(|row| row.before)
}

fn row(mh_type: u8) -> Option<&'static Flags> {
    FLAGS.iter().find(|row| row.mh_type == mh_type)
}

#[cfg(test)]
mod tests {
    use dmm_codec::wire::FieldKind;
    use dmm_codec::{MESSAGES, OPTIONS};
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn the_options_of_rfc_8885_are_left_to_us() {
        assert!(OPTIONS.iter().filter(|spec| spec.needs_dmm).all(|spec| leaves_option(spec.kind)));
    }

    #[test]
    fn the_flags_that_are_left_to_us_are_these() {
        let left = MESSAGES.iter().flat_map(|message| {
            let flags = message.fields.iter().filter_map(|field| match field.kind {
                FieldKind::Flags(flags) => Some(flags),
                _ => None,
            });
            let left = flags.flatten().filter(|flag| leaves_flag(message.mh_type, flag.letter));
            left.map(|flag| format!("{} {}", message.name, flag.letter))
        });
        assert_eq!(
            left.collect::<Vec<_>>(),
            [
                "pbu S",
                "pbu D",
                "pbu Q",
                "pba S",
                "pba D",
                "pba Q",
                "hi P",
                "hi F",
                "hack U",
                "hack P",
                "hack F",
                "upn A",
                "upn D",
                "flow_binding A",
                "subscription_response I"
            ]
        );
    }
}
