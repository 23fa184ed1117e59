//! Where other decoders say something else than the codec, who is right, and why: one table for each of them, which the
//! comparisons hold to and `docs/differences.md` is made from. A difference that is not here fails the comparison, and
//! so does a row here without a difference.

use std::collections::{BTreeMap, BTreeSet};

use super::wireshark::{Difference, Kind};

/// The versions of Wireshark that the table was compared with; of the same minor version it holds for any.
pub const WIRESHARKS: &[&str] = &["4.0.17", "4.4.18", "4.6.9"];

/// Who is right about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The codec.
    Ours,
    /// The other decoder.
    Theirs,
    /// Both: it is said in other words, or in more or fewer pieces.
    Both,
}

/// What is different.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// Which octets a field has.
    Octets,
    /// What they say.
    Value,
    /// What values are called there.
    Names(&'static [(u64, &'static str)]),
    /// What an option is called there.
    Title(&'static str),
    /// It is said to be malformed.
    Malformed,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Field, as the other decoder calls it.
    pub field: &'static str,
    /// Message or option; empty for any.
    pub place: &'static str,
    /// What is different.
    pub what: What,
    /// What the other says.
    pub theirs: &'static str,
    /// What the codec says.
    pub ours: &'static str,
    /// Who is right.
    pub right: Right,
    /// Why.
    pub why: &'static str,
}

impl Known {
    fn is(&self, difference: &Difference) -> bool {
        let is_what = match (&self.what, &difference.kind) {
            (What::Octets, Kind::Extent)
            | (What::Value, Kind::Value)
            | (What::Malformed, Kind::Malformed) => true,
            (What::Names(names), Kind::Name { number, stock, .. }) => names.contains(&(*number, stock)),
            (What::Title(theirs), Kind::Title(title)) => theirs == title,
            _ => false,
        };
        is_what && self.field == difference.field && (self.place.is_empty() || self.place == difference.place)
    }
}

/// What is wrong with the list: differences that it has not, and rows or names of it that no difference shows.
pub fn judge(list: &[Known], found: &BTreeMap<Difference, (usize, String)>) -> Vec<String> {
    let unlisted = found.iter().filter(|(difference, _)| !list.iter().any(|known| known.is(difference)));
    let mut wrong: Vec<_> = unlisted
        .map(|(Difference { field, place, kind }, (frame, said))| {
            format!("not listed: {field} in {place}, {kind:?} (frame {frame}: {said})")
        })
        .collect();
    for known in list {
        let shown: Vec<_> = found.keys().filter(|difference| known.is(difference)).collect();
        let names: BTreeSet<_> = shown
            .iter()
            .filter_map(|difference| match &difference.kind {
                Kind::Name { number, .. } => Some(*number),
                _ => None,
            })
            .collect();
        let is_whole = match known.what {
            What::Names(expected) => names.len() == expected.len(),
            _ => !shown.is_empty(),
        };
        if !is_whole {
            wrong.push(format!(
                "listed, but no longer so: {} in {}, {:?}",
                known.field, known.place, known.what
            ));
        }
    }
    wrong
}

const TWO_SHORT: &str = "the last two octets are missing";
const WHOLE: &str = "all octets that Length counts";
macro_rules! known {
    ($( $field:literal in $place:literal, $what:expr, $theirs:expr, $ours:expr, $right:ident: $why:expr; )*) => {
        &[$( Known { field: $field, place: $place, what: $what, theirs: $theirs, ours: $ours, right: Right::$right, why: $why }, )*]
    };
}

/// Stock Wireshark.
pub const WIRESHARK: &[Known] = known! {
    "_ws.malformed" in "Experimental Mobility", What::Malformed, "malformed where the last field is empty", "an option whose last field is empty", Ours: "RFC 5096 §4 sets no least Length; Wireshark takes 2 off, and fails";
    "_ws.malformed" in "Binding Authorization Data for FMIPv6", What::Malformed, "malformed where the last field is empty", "an option whose last field is empty", Ours: "RFC 5568 §6.4.5 sets no least Length; Wireshark takes 2 off, and fails";
    "_ws.malformed" in "CGA Parameters", What::Malformed, "malformed where the last field is empty", "an option whose last field is empty", Ours: "RFC 4866 §5.1 sets no least Length; Wireshark takes 2 off, and fails";
    "_ws.malformed" in "DNS Update", What::Malformed, "malformed where the last field is empty", "an option whose last field is empty", Ours: "RFC 5026 §8.1 sets no least Length; Wireshark takes 2 off, and fails";
    "_ws.malformed" in "Mobility Message Authentication", What::Malformed, "malformed where the last field is empty", "an option whose last field is empty", Ours: "RFC 4285 §5 sets no least Length; Wireshark takes 2 off, and fails";
    "_ws.malformed" in "Permanent Home Keygen Token", What::Malformed, "malformed where the last field is empty", "an option whose last field is empty", Ours: "RFC 4866 §5.3 sets no least Length; Wireshark takes 2 off, and fails";
    "_ws.malformed" in "Signature", What::Malformed, "malformed where the last field is empty", "an option whose last field is empty", Ours: "RFC 4866 §5.2 sets no least Length; Wireshark takes 2 off, and fails";
    "mip6.acc_net_id" in "Access Network Identifier", What::Octets, "each sub-option as a whole", "its Type, its Length and its fields", Both: "RFC 6757 §3.1";
    "mip6.acc_net_id" in "Access Network Identifier", What::Value, "a lone sub-option by its type", "the octets of all of them", Both: "as above";
    "mip6.acc_net_id.ap_name" in "Access Network Identifier", What::Octets, "two names and their lengths, a field each", "one field", Both: "RFC 6757 §3.1.1";
    "mip6.acc_net_id.ap_name_len" in "Access Network Identifier", What::Octets, "two names and their lengths, a field each", "one field", Both: "RFC 6757 §3.1.1";
    "mip6.acc_net_id.net_name" in "Access Network Identifier", What::Octets, "two names and their lengths, a field each", "one field", Both: "RFC 6757 §3.1.1";
    "mip6.acc_net_id.net_name_data" in "Access Network Identifier", What::Octets, "two names and their lengths, a field each", "one field", Both: "RFC 6757 §3.1.1";
    "mip6.acc_net_id.net_name_len" in "Access Network Identifier", What::Octets, "two names and their lengths, a field each", "one field", Both: "RFC 6757 §3.1.1";
    "mip6.acc_net_id.geo.latitude_degrees" in "Access Network Identifier", What::Value, "degrees", "the number as it came", Both: "RFC 6757 §3.1.2: fixed point with 15 bits behind the point";
    "mip6.acc_net_id.geo.longitude_degrees" in "Access Network Identifier", What::Value, "degrees", "the number as it came", Both: "as above";
    "mip6.acc_net_id.op_id.type" in "Access Network Identifier", What::Names(&[(1, "Private Enterprise Number (PEN)")]), "the name with its abbreviation", "Private Enterprise Number", Both: "RFC 6757 §3.1.3";
    "mip6.auth.auth_data" in "Mobility Message Authentication", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 4285 §5: Length is that of \"the Subtype, mobility Security Parameter Index (SPI) and Authentication Data fields\"; Wireshark takes 2 off again";
    "mip6.ba.status" in "Proxy Binding Acknowledgement", What::Names(&[(0, "Binding Update accepted")]), "the name in RFC 6275", "the name that fits a PBU", Both: "RFC 6275 §6.1.8, RFC 5213 §8.2";
    "mip6.ba.status" in "Proxy Binding Acknowledgement", What::Names(&[(143, "Mobile Network Prefix information unavailable")]), "another name", "Forwarding Setup failed", Ours: "RFC 3963 §4.2";
    "mip6.ba.status" in "Proxy Binding Acknowledgement", What::Names(&[(145, "Proxy Registration not supported by the LMA"), (146, "Proxy Registrations from this MAG not allowed")]), "names that the drafts of Proxy Mobile IPv6 had", "MIPV6-MESG-ID-REQD, MIPV6-AUTH-FAIL", Ours: "RFC 4285 §8; RFC 5213 §8.9 has 152 and 154 for these";
    "mip6.ba.status" in "Proxy Binding Acknowledgement", What::Names(&[(147, "No home address for this NAI"), (148, "Invalid Time Stamp Option")]), "names that the drafts of Proxy Mobile IPv6 had", "Permanent home keygen token unavailable, CGA and signature verification failed", Ours: "RFC 4866 §5.7";
    "mip6.badff.auth" in "Binding Authorization Data for FMIPv6", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 6275 §6.2.1: Length counts what is behind it; RFC 5568 §6.4.5 could also be read as without the SPI, but not as Wireshark has it";
    "mip6.cgar.cga_par" in "CGA Parameters", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 4866 §5.1: \"the length of the CGA Parameters field in octets\"; Wireshark takes 2 off again";
    "mip6.dnsu.mn_id" in "DNS Update", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 5026 §8.1: the \"length of the option excluding the type and length fields\"; Wireshark takes 2 off again";
    "mip6.em.data" in "Experimental Mobility", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 5096 §4: the \"length of the option in octets excluding the Type and Length fields\"; Wireshark takes 2 off again";
    "mip6.fback.status" in "Fast Binding Acknowledgment", What::Names(&[(1, "Accepted but use supplied NCoA")]), "the second half of the sentence", "Fast Binding Update accepted but NCoA is invalid", Both: "RFC 5568 §6.2.3: \"accepted but NCoA is invalid. Use NCoA supplied in 'alternate' CoA\"";
    "mip6.has.address" in "Home Agent Switch", What::Octets, "each address", "the list as one field", Both: "RFC 5142 §4: a list of as many addresses as the first octet says";
    "mip6.mobility_opt" in "Home Agent Switch", What::Octets, "options that start 6 octets early", "options behind the addresses", Ours: "RFC 5142 §4: options stand behind the addresses";
    "mip6.ipv4aa.sts" in "IPv4 Address Acknowledgement", What::Names(STATUS_AS_TECHNOLOGY), "names of access technologies", "names of the status", Ours: "RFC 5555 §3.2.1; Wireshark numbers its list of access technologies from 128 here";
    "mip6.ipv4aa.sts" in "IPv4 Home Address Reply", What::Names(STATUS_AS_TECHNOLOGY), "names of access technologies", "names of the status", Ours: "RFC 5844 §3.3.2; as above";
    "mip6.lra.sequence" in "Localized Routing Acknowledgment", What::Octets, "the first octets of the header", "octets 6 and 7", Ours: "RFC 6705 §10.2: the fields stand behind the checksum; Wireshark starts at the header";
    "mip6.lri.unsolicited" in "Localized Routing Acknowledgment", What::Octets, "a bit of MH Type", "the first bit of octet 8", Ours: "as above";
    "mip6.lra.reserved" in "Localized Routing Acknowledgment", What::Octets, "bits of MH Type", "the other bits of octet 8", Ours: "as above";
    "mip6.lri.sequence" in "Localized Routing Initiation", What::Octets, "the first octets of the header", "octets 6 and 7", Ours: "RFC 6705 §10.1: as above";
    "mip6.lri.reserved" in "Localized Routing Initiation", What::Octets, "MH Type and Reserved of the header", "octets 8 and 9", Ours: "as above";
    "mip6.mhipv6ap.ipv6_address_prefix" in "Mobility Header IPv6 Address/Prefix", What::Octets, "Prefix Length and prefix in one", "two fields", Both: "RFC 5568 §6.4.2";
    "mip6.mnid.subtype" in "Mobile Node Identifier", What::Names(&[(1, "Network Access Identifier (NAI)")]), "the name in full", "NAI", Both: "RFC 4283 §3.1";
    "mip6.mobility_opt.len" in "", What::Octets, "the Header Len as the Length of each option that it does not know", "the octet behind Type", Ours: "RFC 6275 §6.2.1";
    "mip6.mocot.co_keygen_tok" in "Care-of Test", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 4866 §5.5: the token has 64 bits; Wireshark takes 2 octets off";
    "mip6.mseg_id.timestamp" in "Mobility Message Replay Protection", What::Value, "seconds since 1970 and nanoseconds", "the number as it came", Ours: "RFC 4285 §6: \"formatted as specified by the Network Time Protocol\": seconds since 1900, and fractions of 2^-32 s";
    "mip6.options.alt_ip4" in "Alternate IPv4 Care-of Address", What::Title("Alternate IPv4"), "a shorter name", "the name in RFC 6463 §4.4", Both: "other words";
    "mip6.options.att" in "Access Technology Type", What::Title("Access Technology Type Option"), "a longer name", "the name in RFC 5213 §8.5", Both: "other words";
    "mip6.options.auth" in "Mobility Message Authentication", What::Title("AUTH-OPTION-TYPE"), "the name of its number in RFC 4285 §5", "the name of the option", Both: "other words";
    "mip6.options.bad_auth" in "Binding Authorization Data", What::Title("Authorization Data"), "a shorter name", "the name in RFC 6275 §6.2.7", Both: "other words";
    "mip6.options.badff" in "Binding Authorization Data for FMIPv6", What::Title("Binding Authorization Data for FMIPv6 (BADF)"), "a longer name", "the name without its abbreviation", Both: "other words";
    "mip6.options.dnsu" in "DNS Update", What::Title("DNS-UPDATE-TYPE"), "the name of its number in RFC 5026 §8.1", "the name of the option", Both: "other words";
    "mip6.options.em" in "Experimental Mobility", What::Title("Experimental"), "a shorter name", "the name in RFC 5096 §4", Both: "other words";
    "mip6.options.lmaa" in "Local Mobility Anchor Address", What::Title("Mobile Node Link-local Address Interface Identifier"), "the name of option 42", "the name of option 41", Ours: "RFC 5949 §6.2.2";
    "mip6.options.mseg_id" in "Mobility Message Replay Protection", What::Title("MESG-ID-OPTION-TYPE"), "the name of its number in RFC 4285 §6", "the name of the option", Both: "other words";
    "mip6.options.vsm" in "Vendor Specific Mobility", What::Title("Vendor Specific"), "a shorter name", "the name in RFC 5094 §3", Both: "other words";
    "mip6.phkt.phkt" in "Permanent Home Keygen Token", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 4866 §5.3: Length is that of the token; Wireshark takes 2 off";
    "mip6.sign.sign" in "Signature", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 4866 §5.2: \"the length of the Signature field in octets\"; Wireshark takes 2 off";
    "mip6.unknown_type_data" in "", What::Octets, "all octets of the messages 19 to 23, which it does not know", "fields and options", Ours: "RFC 7077 §4, RFC 7109 §6.1, RFC 7161 §4.3";
    "mip6.vsm.data" in "Vendor Specific Mobility", What::Octets, TWO_SHORT, WHOLE, Ours: "RFC 5094 §3: the \"length of the option in octets excluding the Type and the Length fields\"; Wireshark takes 2 off again";
};

/// PyPCAPKit, the pre-release that `tools/oracle/check` installs.
pub const PYPCAPKIT: &[Known] = known! {
    "lifetime" in "Fast Binding Update", What::Value, "seconds", "units of 4 s", Both: "RFC 5568 §6.2.2 says both: \"identical to the Mobile IPv6 Binding Update\" and \"time in seconds\"";
    "lifetime" in "Fast Binding Acknowledgment", What::Value, "seconds", "units of 4 s", Both: "RFC 5568 §6.2.3: as above";
    "refused" in "Access Network Identifier", What::Malformed, "the whole message, if there is no sub-option", "an option without sub-options", Both: "RFC 6757 §3: the sender \"MUST contain one or more\"; of a receiver it says nothing, so the message stands";
    "refused" in "Binding Authorization Data", What::Malformed, "the whole message, unless Length is a multiple of 8", "any length", Ours: "RFC 6275 §6.2.7: the Authenticator is \"First (96, HMAC_SHA1 (…))\": 12 octets";
    "refused" in "Binding Authorization Data for FMIPv6", What::Malformed, "the whole message, if it reads on behind such an option", "what follows", Ours: "RFC 6275 §6.2.1: Length counts the SPI too; see below";
    "length" in "Binding Authorization Data for FMIPv6", What::Value, "4 octets more than Length", "Length", Ours: "RFC 5568 §6.4.5 says \"the length of the Authenticator\", which no reader that steps over options could use; RFC 6275 §6.2.1 has one meaning for all";
    "authenticator" in "Binding Authorization Data for FMIPv6", What::Value, "4 octets too many", "as many as Length counts", Ours: "as above";
    "refused" in "CGA Parameters", What::Malformed, "the whole message, if the octets of one option are no CGA parameters", "octets", Ours: "RFC 4866 §5.1: an option is a piece; all of a message together are the parameters";
    "refused" in "IPv4 Home Address", What::Malformed, "the whole message, if the prefix length is 0", "the option, for the home agent to refuse", Ours: "RFC 5555 §3.1.1: \"A value of zero is invalid and MUST be considered an error\", which a status answers";
    "refused" in "LMA-Controlled MAG Parameters", What::Malformed, "the whole message, if there is no sub-option", "an option without sub-options", Both: "RFC 8127 §3: as for the Access Network Identifier";
    "refused" in "MAG Multipath Binding", What::Malformed, "the whole message, if B and O are both set", "an option with both flags", Both: "RFC 8278 §4.1: a sender MUST NOT set both; of a receiver it says nothing";
    "refused" in "Mobile Node Identifier", What::Malformed, "the whole message, since it takes 16 octets for subtype 2, however long the option is", "as many octets as Length counts", Ours: "RFC 6275 §6.2.1; RFC 8371 §4.1 has 16 octets, and an identifier of another length is wrong, but ends where it says";
    "identifier" in "Mobile Node Identifier", What::Value, "16 octets for subtype 2, however long the option is", "as many octets as Length counts", Ours: "as above";
    "refused" in "Mobility Message Authentication", What::Malformed, "the whole message, unless Length is one less than a multiple of 4", "any length", Ours: "RFC 4285 §5.1: 96 bits of HMAC_SHA1 make a Length of 17";
};

const STATUS_AS_TECHNOLOGY: &[(u64, &str)] =
    &[(128, "Virtual"), (129, "PPP"), (130, "IEEE 802.3"), (131, "IEEE 802.11a/b/g"), (132, "IEEE 802.16e")];

/// The page of `docs/differences.md`.
pub fn page() -> String {
    let mut page = format!(
        "\
# Where other decoders differ

What this project's codec and other decoders say differently about the same octets, who is right, and why. The messages are generated from the codec's tables
(`cargo run -p dmm --bin oracle -- --generate FILE`): every message, every option, every flag alone, every value of every registry, and random ones; the same each
time. A test compares them; it fails for a difference that is not listed here and for a row here that no longer shows.

This page is made from `tools/src/oracle/differences.rs`: `cargo run -p dmm --bin oracle -- --differences > docs/differences.md`.

## Stock Wireshark

Compared with {}; the rows hold for all of them. Fields meet by where they stand: octets, or bits of them. What Wireshark does not know is no difference.

",
        WIRESHARKS.join(", ")
    );
    table(&mut page, WIRESHARK);
    page += "\
## PyPCAPKit

Compared with 1.5.0b14 by `tools/oracle/check`, which installs it. It takes the options within options apart where the codec's table keeps octets: these are not
compared. \"refused\" is a message that it does not decode at all.

";
    table(&mut page, PYPCAPKIT);
    page.truncate(page.trim_end().len());
    page + "\n"
}

fn table(page: &mut String, rows: &[Known]) {
    *page += "| field | in | there | here | right | why |\n|---|---|---|---|---|---|\n";
    for known in rows {
        let place = if known.place.is_empty() { "any" } else { known.place };
        let theirs = match known.what {
            What::Names(names) => {
                let names: Vec<_> = names.iter().map(|(number, name)| format!("{number} “{name}”")).collect();
                format!("{}: {}", known.theirs, names.join(", "))
            }
            What::Title(title) => format!("{}: “{title}”", known.theirs),
            _ => known.theirs.to_owned(),
        };
        let right = match known.right {
            Right::Ours => "here",
            Right::Theirs => "there",
            Right::Both => "both",
        };
        *page += &format!(
            "| `{}` | {place} | {theirs} | {} | {right} | {} |\n",
            known.field, known.ours, known.why
        );
    }
    *page += "\n";
}
