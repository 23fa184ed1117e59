//! Options of Mobile IPv6 and of its additions for security and services: RFC 6275 §6.2, RFC 4285, RFC 4866,
//! RFC 5026, RFC 5094, RFC 5096, RFC 5149.

use alloc::vec::Vec;

use crate::body::{meanings, opaque};
use crate::error::ErrorKind;
use crate::value;
use crate::wire::{flags, registry, value_struct, wire_struct};

registry! {
    /// Who authenticates with a Mobility Message Authentication option (IANA "Subtype Field of the MN-HA and MN-AAA
    /// Authentication Mobility Options").
    pub struct AuthenticationSubtype(u8) {
        1 => MN_HA, "mn_ha", "MN-HA", "RFC 4285";
        2 => MN_AAA, "mn_aaa", "MN-AAA", "RFC 4285";
    }
}

registry! {
    /// What became of an update of the DNS (IANA "Status Codes (DNS Update Mobility Option)").
    pub struct DnsStatus(u8) {
        0 => PERFORMED, "performed", "DNS update performed", "RFC 5026";
        128 => REASON_UNSPECIFIED, "reason_unspecified", "Reason unspecified", "RFC 5026";
        129 => ADMINISTRATIVELY_PROHIBITED, "administratively_prohibited", "Administratively prohibited", "RFC 5026";
        130 => FAILED, "failed", "DNS Update Failed", "RFC 5026";
    }
}

flags! {
    /// Flags of the DNS Update option.
    pub struct DnsUpdateFlags(u8) {
        R = 0x80, "Remove", "RFC 5026 §8.1";
    }
}

value_struct! {
    /// When to refresh a binding (RFC 6275 §6.2.4).
    value RefreshAdvice in RefreshAdviceBody {
        interval: value::Lifetime => Lifetime, "", "Refresh Interval";
    }

    /// Which nonces the keygen tokens were made from (RFC 6275 §6.2.6).
    value NonceIndices in NonceIndicesBody {
        home: u16 => Uint, ".home", "Home Nonce Index";
        care_of: u16 => Uint, ".care_of", "Care-of Nonce Index";
    }

    /// A message authentication code of RFC 4285 §5.
    value MobilityAuthentication in MobilityAuthenticationBody {
        subtype: AuthenticationSubtype => Named(AuthenticationSubtype::NAMES), ".subtype", "Subtype";
        spi: u32 => Uint, ".spi", "Mobility SPI";
        data: Vec<u8> => Octets, "", "Authentication Data";
    }

    /// Replay protection of RFC 4285 §6: the time as NTP formats it, seconds since 1900 as 32.32 fixed point. Not the
    /// Timestamp of RFC 5213.
    value ReplayProtection in ReplayProtectionBody {
        ntp: u64 => Uint, "", "Timestamp";
    }

    /// The token of a care-of test within a Binding Acknowledgement (RFC 4866 §5.5).
    value CareOfTestToken in CareOfTestTokenBody {
        token: u64 => Uint, "", "Care-of Keygen Token";
    }

    /// A name that the home agent shall bind to the home address in the DNS (RFC 5026 §8.1).
    value DnsUpdate in DnsUpdateBody {
        status: DnsStatus => Named(DnsStatus::NAMES), ".status", "Status";
        flags: DnsUpdateFlags => Flags(DnsUpdateFlags::FLAGS), ".flags", "Flags";
        identity: Vec<u8> => Identifier, "", "MN identity (FQDN)";
    }

    /// What a vendor says to its own (RFC 5094 §3).
    value VendorSpecific in VendorSpecificBody {
        vendor: u32 => Uint, ".vendor", "Vendor ID";
        subtype: u8 => Uint, ".subtype", "Sub-Type";
        data: Vec<u8> => Octets, "", "Data";
    }
}

opaque! {
    /// A message authentication code of return routability (RFC 6275 §6.2.7): 12 octets.
    Authenticator in AuthenticatorBody: "Authenticator";
    /// A piece of CGA parameters (RFC 4866 §5.1): the options of a message together are the data structure of
    /// RFC 3972.
    CgaParameters in CgaParametersBody: "CGA Parameters";
    /// A signature over CGA parameters (RFC 4866 §5.2).
    Signature in SignatureBody: "Signature";
    /// An encrypted home keygen token (RFC 4866 §5.3).
    PermanentHomeKeygenToken in PermanentHomeKeygenTokenBody: "Permanent Home Keygen Token";
    /// Data of an experiment (RFC 5096 §4).
    Experiment in ExperimentBody: "Data";
}

/// The service that a mobile node asks for: text of at least one octet (RFC 5149 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSelection(Vec<u8>);

impl ServiceSelection {
    /// A service of this name; none for an empty name: "a value of zero (0) is not allowed" as its length.
    pub fn new(identifier: &[u8]) -> Option<Self> {
        (!identifier.is_empty()).then(|| Self(identifier.to_vec()))
    }

    /// The name.
    pub fn identifier(&self) -> &[u8] {
        &self.0
    }
}

wire_struct! {
    /// The layout of [`ServiceSelection`].
    pub struct ServiceSelectionBody {
        identifier: Vec<u8> => Identifier, "", "Identifier";
    }
}

meanings! {
    ServiceSelection, ServiceSelectionBody:
        |layout| Self::new(&layout.identifier),
        |value| ServiceSelectionBody { identifier: value.0.clone() },
        or |layout| ErrorKind::Length { found: layout.identifier.len(), expected: 1 };
}
