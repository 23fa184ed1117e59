//! What single fields hold: registries of numbers, lifetimes, time stamps, identifiers, link-layer addresses.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use smallvec::SmallVec;

use crate::wire::{Value, Width, number_value, registry};

registry! {
    /// Status of a Proxy Binding Acknowledgement (IANA "Status Codes"). From 128 on the PBU was rejected.
    pub struct Status(u8) {
        0 => ACCEPTED, "accepted", "Proxy Binding Update accepted", "RFC 6275";
        1 => ACCEPTED_BUT_PREFIX_DISCOVERY_NECESSARY, "accepted_but_prefix_discovery_necessary", "Accepted but prefix discovery necessary", "RFC 6275";
        2 => GRE_KEY_OPTION_NOT_REQUIRED, "gre_key_option_not_required", "GRE_KEY_OPTION_NOT_REQUIRED", "RFC 5845";
        3 => GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED, "gre_tunneling_but_tlv_header_not_supported", "GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED", "RFC 5845";
        4 => MCOA_NOTCOMPLETE, "mcoa_notcomplete", "MCOA NOTCOMPLETE", "RFC 5648";
        5 => MCOA_RETURNHOME_WO_NDP, "mcoa_returnhome_wo_ndp", "MCOA RETURNHOME WO/NDP", "RFC 5648";
        6 => PBU_ACCEPTED_TB_IGNORED_SETTINGSMISMATCH, "pbu_accepted_tb_ignored_settingsmismatch", "PBU_ACCEPTED_TB_IGNORED_SETTINGSMISMATCH", "RFC 6058";
        128 => REASON_UNSPECIFIED, "reason_unspecified", "Reason unspecified", "RFC 6275";
        129 => ADMINISTRATIVELY_PROHIBITED, "administratively_prohibited", "Administratively prohibited", "RFC 6275";
        130 => INSUFFICIENT_RESOURCES, "insufficient_resources", "Insufficient resources", "RFC 6275";
        131 => HOME_REGISTRATION_NOT_SUPPORTED, "home_registration_not_supported", "Home registration not supported", "RFC 6275";
        132 => NOT_HOME_SUBNET, "not_home_subnet", "Not home subnet", "RFC 6275";
        133 => NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE, "not_home_agent_for_this_mobile_node", "Not home agent for this mobile node", "RFC 6275";
        134 => DUPLICATE_ADDRESS_DETECTION_FAILED, "duplicate_address_detection_failed", "Duplicate Address Detection failed", "RFC 6275";
        135 => SEQUENCE_NUMBER_OUT_OF_WINDOW, "sequence_number_out_of_window", "Sequence number out of window", "RFC 6275";
        136 => EXPIRED_HOME_NONCE_INDEX, "expired_home_nonce_index", "Expired home nonce index", "RFC 6275";
        137 => EXPIRED_CARE_OF_NONCE_INDEX, "expired_care_of_nonce_index", "Expired care-of nonce index", "RFC 6275";
        138 => EXPIRED_NONCES, "expired_nonces", "Expired nonces", "RFC 6275";
        139 => REGISTRATION_TYPE_CHANGE_DISALLOWED, "registration_type_change_disallowed", "Registration type change disallowed", "RFC 6275";
        140 => MOBILE_ROUTER_OPERATION_NOT_PERMITTED, "mobile_router_operation_not_permitted", "Mobile Router Operation not permitted", "RFC 3963";
        141 => INVALID_PREFIX, "invalid_prefix", "Invalid Prefix", "RFC 3963";
        142 => NOT_AUTHORIZED_FOR_PREFIX, "not_authorized_for_prefix", "Not Authorized for Prefix", "RFC 3963";
        143 => FORWARDING_SETUP_FAILED, "forwarding_setup_failed", "Forwarding Setup failed", "RFC 3963";
        144 => MIPV6_ID_MISMATCH, "mipv6_id_mismatch", "MIPV6-ID-MISMATCH", "RFC 4285";
        145 => MIPV6_MESG_ID_REQD, "mipv6_mesg_id_reqd", "MIPV6-MESG-ID-REQD", "RFC 4285";
        146 => MIPV6_AUTH_FAIL, "mipv6_auth_fail", "MIPV6-AUTH-FAIL", "RFC 4285";
        147 => PERMANENT_HOME_KEYGEN_TOKEN_UNAVAILABLE, "permanent_home_keygen_token_unavailable", "Permanent home keygen token unavailable", "RFC 4866";
        148 => CGA_AND_SIGNATURE_VERIFICATION_FAILED, "cga_and_signature_verification_failed", "CGA and signature verification failed", "RFC 4866";
        149 => PERMANENT_HOME_KEYGEN_TOKEN_EXISTS, "permanent_home_keygen_token_exists", "Permanent home keygen token exists", "RFC 4866";
        150 => NON_NULL_HOME_NONCE_INDEX_EXPECTED, "non_null_home_nonce_index_expected", "Non-null home nonce index expected", "RFC 4866";
        151 => SERVICE_AUTHORIZATION_FAILED, "service_authorization_failed", "SERVICE_AUTHORIZATION_FAILED", "RFC 5149";
        152 => PROXY_REG_NOT_ENABLED, "proxy_reg_not_enabled", "PROXY_REG_NOT_ENABLED", "RFC 5213";
        153 => NOT_LMA_FOR_THIS_MOBILE_NODE, "not_lma_for_this_mobile_node", "NOT_LMA_FOR_THIS_MOBILE_NODE", "RFC 5213";
        154 => MAG_NOT_AUTHORIZED_FOR_PROXY_REG, "mag_not_authorized_for_proxy_reg", "MAG_NOT_AUTHORIZED_FOR_PROXY_REG", "RFC 5213";
        155 => NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX, "not_authorized_for_home_network_prefix", "NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX", "RFC 5213";
        156 => TIMESTAMP_MISMATCH, "timestamp_mismatch", "TIMESTAMP_MISMATCH", "RFC 5213";
        157 => TIMESTAMP_LOWER_THAN_PREV_ACCEPTED, "timestamp_lower_than_prev_accepted", "TIMESTAMP_LOWER_THAN_PREV_ACCEPTED", "RFC 5213";
        158 => MISSING_HOME_NETWORK_PREFIX_OPTION, "missing_home_network_prefix_option", "MISSING_HOME_NETWORK_PREFIX_OPTION", "RFC 5213";
        159 => BCE_PBU_PREFIX_SET_DO_NOT_MATCH, "bce_pbu_prefix_set_do_not_match", "BCE_PBU_PREFIX_SET_DO_NOT_MATCH", "RFC 5213";
        160 => MISSING_MN_IDENTIFIER_OPTION, "missing_mn_identifier_option", "MISSING_MN_IDENTIFIER_OPTION", "RFC 5213";
        161 => MISSING_HANDOFF_INDICATOR_OPTION, "missing_handoff_indicator_option", "MISSING_HANDOFF_INDICATOR_OPTION", "RFC 5213";
        162 => MISSING_ACCESS_TECH_TYPE_OPTION, "missing_access_tech_type_option", "MISSING_ACCESS_TECH_TYPE_OPTION", "RFC 5213";
        163 => GRE_KEY_OPTION_REQUIRED, "gre_key_option_required", "GRE_KEY_OPTION_REQUIRED", "RFC 5845";
        164 => MCOA_MALFORMED, "mcoa_malformed", "MCOA MALFORMED", "RFC 5648";
        165 => MCOA_NON_MCOA_BINDING_EXISTS, "mcoa_non_mcoa_binding_exists", "MCOA NON-MCOA BINDING EXISTS", "RFC 5648";
        166 => MCOA_PROHIBITED, "mcoa_prohibited", "MCOA PROHIBITED", "RFC 5648";
        167 => MCOA_UNKNOWN_COA, "mcoa_unknown_coa", "MCOA UNKNOWN COA", "RFC 5648";
        168 => MCOA_BULK_REGISTRATION_PROHIBITED, "mcoa_bulk_registration_prohibited", "MCOA BULK REGISTRATION PROHIBITED", "RFC 5648";
        169 => MCOA_SIMULTANEOUS_HOME_AND_FOREIGN_PROHIBITED, "mcoa_simultaneous_home_and_foreign_prohibited", "MCOA SIMULTANEOUS HOME AND FOREIGN PROHIBITED", "RFC 5648";
        170 => NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE, "not_authorized_for_ipv4_mobility_service", "NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE", "RFC 5844";
        171 => NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS, "not_authorized_for_ipv4_home_address", "NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS", "RFC 5844";
        172 => NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE, "not_authorized_for_ipv6_mobility_service", "NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE", "RFC 5844";
        173 => MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED, "multiple_ipv4_home_address_assignment_not_supported", "MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED", "RFC 5844";
        174 => INVALID_CARE_OF_ADDRESS, "invalid_care_of_address", "Invalid Care-of Address", "RFC 6275";
        175 => INVALID_MOBILE_NODE_GROUP_IDENTIFIER, "invalid_mobile_node_group_identifier", "INVALID_MOBILE_NODE_GROUP_IDENTIFIER", "RFC 6602";
        176 => REINIT_SA_WITH_HAC, "reinit_sa_with_hac", "REINIT_SA_WITH_HAC", "RFC 6618";
        177 => NOT_AUTHORIZED_FOR_DELEGATED_MNP, "not_authorized_for_delegated_mnp", "NOT_AUTHORIZED_FOR_DELEGATED_MNP", "RFC 7148";
        178 => REQUESTED_DMNP_IN_USE, "requested_dmnp_in_use", "REQUESTED_DMNP_IN_USE", "RFC 7148";
        179 => CANNOT_MEET_QOS_SERVICE_REQUEST, "cannot_meet_qos_service_request", "CANNOT_MEET_QOS_SERVICE_REQUEST", "RFC 7222";
        180 => CANNOT_SUPPORT_MULTIPATH_BINDING, "cannot_support_multipath_binding", "CANNOT_SUPPORT_MULTIPATH_BINDING", "RFC 8278";
    }
}

impl Status {
    /// Whether the PBU was accepted (RFC 6275 §6.1.8: below 128).
    pub const fn is_accepted(self) -> bool {
        self.0 < 128
    }
}

registry! {
    /// Handoff Indicator (RFC 5213 §8.4).
    pub struct HandoffIndicator(u8) {
        1 => NEW_INTERFACE, "new_interface", "Attachment over a new interface", "RFC 5213";
        2 => BETWEEN_INTERFACES, "between_interfaces", "Handoff between two different interfaces of the mobile node", "RFC 5213";
        3 => BETWEEN_MAGS, "between_mags", "Handoff between mobile access gateways for the same interface", "RFC 5213";
        4 => UNKNOWN, "unknown", "Handoff state unknown", "RFC 5213";
        5 => NOT_CHANGED, "not_changed", "Handoff state not changed (Re-registration)", "RFC 5213";
        6 => SHARING_PREFIXES, "sharing_prefixes", "Attachment over a new interface sharing prefixes", "RFC 7864";
    }
}

registry! {
    /// Access Technology Type (RFC 5213 §8.5).
    pub struct AccessTechnology(u8) {
        1 => VIRTUAL, "virtual", "Virtual", "RFC 5213";
        2 => PPP, "ppp", "PPP", "RFC 5213";
        3 => IEEE_802_3, "ieee_802_3", "IEEE 802.3", "RFC 5213";
        4 => IEEE_802_11, "ieee_802_11", "IEEE 802.11a/b/g", "RFC 5213";
        5 => IEEE_802_16E, "ieee_802_16e", "IEEE 802.16e", "RFC 5213";
        6 => GERAN, "3gpp_geran", "3GPP GERAN", "3GPP TS 29.275";
        7 => UTRAN, "3gpp_utran", "3GPP UTRAN", "3GPP TS 29.275";
        8 => E_UTRAN, "3gpp_e_utran", "3GPP E-UTRAN", "3GPP TS 29.275";
        9 => EHRPD, "3gpp2_ehrpd", "3GPP2 eHRPD", "3GPP2 X.P0057";
        10 => HRPD, "3gpp2_hrpd", "3GPP2 HRPD", "3GPP2 X.P0061";
        11 => ONE_X_RTT, "3gpp2_1xrtt", "3GPP2 1xRTT", "3GPP2 X.S0011";
        12 => UMB, "3gpp2_umb", "3GPP2 UMB", "3GPP2 X.S0054";
        13 => NB_IOT, "3gpp_nb_iot", "3GPP NB-IOT", "3GPP TS 29.275";
    }
}

registry! {
    /// Subtype of the Mobile Node Identifier option (RFC 4283 §3, RFC 8371).
    pub struct MnIdSubtype(u8) {
        1 => NAI, "nai", "NAI", "RFC 4283";
        2 => IPV6_ADDRESS, "ipv6_address", "IPv6 Address", "RFC 8371";
        3 => IMSI, "imsi", "IMSI", "RFC 8371";
        4 => P_TMSI, "p_tmsi", "P-TMSI", "RFC 8371";
        5 => EUI_48, "eui_48", "EUI-48 address", "RFC 8371";
        6 => EUI_64, "eui_64", "EUI-64 address", "RFC 8371";
        7 => GUTI, "guti", "GUTI", "RFC 8371";
        8 => DUID, "duid", "DUID", "RFC 8371";
    }
}

/// A binding lifetime in the wire's unit of 4 seconds (RFC 6275 §6.1.7). Zero ends the binding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(pub u16);

number_value!(Lifetime(u16));

impl Lifetime {
    /// One unit on the wire.
    pub const UNIT: Duration = Duration::from_secs(4);
    /// Ends the binding.
    pub const ZERO: Self = Self(0);

    /// The most whole units within `duration`, at most what 16 bits hold (about 73 hours).
    pub fn within(duration: Duration) -> Self {
        Self(u16::try_from(duration.as_secs() / Self::UNIT.as_secs()).unwrap_or(u16::MAX))
    }

    /// As a duration.
    pub fn duration(self) -> Duration {
        Self::UNIT * u32::from(self.0)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.duration().as_secs())
    }
}

/// Seconds since 1970-01-01 00:00 UTC as 48.16 fixed point (RFC 5213 §8.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Whole seconds.
    pub const fn seconds(self) -> u64 {
        self.0 >> 16
    }

    /// The fraction in units of 1/65536 s.
    pub const fn fraction(self) -> u16 {
        self.0 as u16
    }

    /// How far apart two time stamps are.
    pub fn distance(self, other: Self) -> Duration {
        let ticks = self.0.abs_diff(other.0);
        Duration::from_secs(ticks >> 16) + Duration::from_nanos(((ticks & 0xffff) * 1_000_000_000) >> 16)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.seconds(), (u64::from(self.fraction()) * 1_000_000) >> 16)
    }
}

/// A link-layer address as RFC 4861 §4.6 carries it: as many octets as the link has, canonical bit order. Those of six
/// and of eight octets, which links have, take no memory beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkLayerAddress(SmallVec<[u8; 8]>);

impl From<&[u8]> for LinkLayerAddress {
    fn from(octets: &[u8]) -> Self {
        Self(SmallVec::from_slice(octets))
    }
}

impl From<[u8; 6]> for LinkLayerAddress {
    fn from(octets: [u8; 6]) -> Self {
        Self::from(&octets[..])
    }
}

/// The last field of a layout.
impl Value for LinkLayerAddress {
    const WIDTH: Width = Width::Rest;
    fn take(octets: &mut &[u8]) -> Option<Self> {
        Some(Self::from(core::mem::take(octets)))
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

impl LinkLayerAddress {
    /// Its octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// The address as EUI-48, if it is one.
    pub fn eui48(&self) -> Option<[u8; 6]> {
        self.0.as_slice().try_into().ok()
    }
}

impl fmt::Display for LinkLayerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, octet) in self.0.iter().enumerate() {
            write!(f, "{}{octet:02x}", if i == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

/// The identity of a mobile node (RFC 4283): a subtype and an identifier, mostly a NAI such as `mn1@example.org`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MnIdentifier {
    /// What kind of identifier follows.
    pub subtype: MnIdSubtype,
    /// The identifier itself.
    pub identifier: Vec<u8>,
}

impl MnIdentifier {
    /// A Network Access Identifier (RFC 4282).
    pub fn nai(nai: &str) -> Self {
        Self { subtype: MnIdSubtype::NAI, identifier: nai.as_bytes().to_vec() }
    }

    /// The identifier of no octets, for a PBA to a PBU that named no mobile node (RFC 5213 §5.3.6).
    pub fn empty() -> Self {
        Self { subtype: MnIdSubtype::NAI, identifier: Vec::new() }
    }
}

/// As `Display`, with the subtype where it is no NAI: a list of octets tells a reader nothing.
impl fmt::Debug for MnIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subtype {
            MnIdSubtype::NAI => write!(f, "MnIdentifier({self})"),
            subtype => write!(f, "MnIdentifier({subtype}: {self})"),
        }
    }
}

impl fmt::Display for MnIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&IdentifierText(&self.identifier), f)
    }
}

/// An identifier as it is shown: text where it is text, else hexadecimal.
#[derive(Clone, Copy, Debug)]
pub struct IdentifierText<'a>(pub &'a [u8]);

impl fmt::Display for IdentifierText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(self.0) {
            Ok(text) if !text.chars().any(char::is_control) => f.write_str(text),
            _ => self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}
