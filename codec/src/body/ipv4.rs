//! Options for IPv4: dual-stack Mobile IPv6 (RFC 5555 §3), IPv4 in Proxy Mobile IPv6 (RFC 5844 §3.3), and the alternate
//! IPv4 care-of address of RFC 6463 §4.4.
//!
//! Their prefix length has six bits in front of flags or reserved bits of the same octet. A layout has whole octets, so
//! there it is an octet: four times the length, plus what the other two bits say.

use core::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::body::meanings;
use crate::error::ErrorKind;
use crate::wire::{flags, registry, value_struct, wire_struct};

registry! {
    /// Whether an IPv4 home address was given (IANA "Dual Stack MIPv6 (DSMIPv6) IPv4 Home Address Option Status Codes"
    /// and "IPv4 Home Address Reply Status Codes", which is the same without 133).
    pub struct Ipv4HomeAddressStatus(u8) {
        0 => SUCCESS, "success", "Success", "RFC 5555";
        128 => REASON_UNSPECIFIED, "reason_unspecified", "Failure, reason unspecified", "RFC 5555";
        129 => ADMINISTRATIVELY_PROHIBITED, "administratively_prohibited", "Administratively prohibited", "RFC 5555";
        130 => INCORRECT_ADDRESS, "incorrect_address", "Incorrect IPv4 home address", "RFC 5555";
        131 => INVALID_ADDRESS, "invalid_address", "Invalid IPv4 address", "RFC 5555";
        132 => DYNAMIC_ASSIGNMENT_NOT_AVAILABLE, "dynamic_assignment_not_available", "Dynamic IPv4 home address assignment not available", "RFC 5555";
        133 => PREFIX_UNAUTHORIZED, "prefix_unauthorized", "Prefix allocation unauthorized", "RFC 5555";
    }
}

flags! {
    /// Flags of the NAT Detection option.
    pub struct NatFlags(u16) {
        F = 0x8000, "Forcing UDP Encapsulation", "RFC 5555 §3.2.2";
    }
}

flags! {
    /// The mode of the IPv4 DHCP Support Mode option: server if set, else relay.
    pub struct DhcpSupportMode(u16) {
        S = 0x0001, "DHCP Server", "RFC 5844 §3.3.4";
    }
}

/// An IPv4 home address of a Binding Update (RFC 5555 §3.1.1). 0.0.0.0 asks for one; a prefix length of zero is an error
/// that a home agent has to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4HomeAddress {
    /// The address, with the length of its prefix.
    pub address: Ipv4Net,
    /// Whether a mobile network prefix is asked for (P).
    pub wants_prefix: bool,
}

/// An IPv4 home address, given or refused (RFC 5555 §3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4AddressAcknowledgement {
    /// Given, or why not.
    pub status: Ipv4HomeAddressStatus,
    /// The address, with the length of its prefix.
    pub address: Ipv4Net,
}

/// An IPv4 home address that is asked for with a PBU (RFC 5844 §3.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4HomeAddressRequest(pub Ipv4Net);

/// The answer to that (RFC 5844 §3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4HomeAddressReply(pub Ipv4AddressAcknowledgement);

wire_struct! {
    /// IPv4 Home Address.
    pub struct Ipv4HomeAddressBody {
        prefix_and_flags: u8 => Uint, ".prefix_and_flags", "Prefix-len (6 bits), P, Reserved";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        address: Ipv4Addr => Ipv4, "", "IPv4 home address";
    }

    /// IPv4 Address Acknowledgement and IPv4 Home Address Reply.
    pub struct Ipv4HomeAddressReplyBody {
        status: u8 => Named(Ipv4HomeAddressStatus::NAMES), ".status", "Status";
        prefix_bits: u8 => Uint, ".prefix_bits", "Pref-len (6 bits), Reserved";
        address: Ipv4Addr => Ipv4, "", "IPv4 home address";
    }

    /// IPv4 Home Address Request.
    pub struct Ipv4HomeAddressRequestBody {
        prefix_bits: u8 => Uint, ".prefix_bits", "Prefix-len (6 bits), Reserved";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        address: Ipv4Addr => Ipv4, "", "IPv4 home address";
    }

    /// Alternate IPv4 Care-of Address.
    pub struct Ipv4AddressBody {
        address: Ipv4Addr => Ipv4, "", "Address";
    }

    /// IPv4 DHCP Support Mode.
    pub struct DhcpSupportModeBody {
        flags: u16 => Flags(DhcpSupportMode::FLAGS), "", "Flags";
    }
}

value_struct! {
    /// An IPv4 address behind two reserved octets: IPv4 Care-of Address (RFC 5555 §3.1.2) and IPv4 Default-Router
    /// Address (RFC 5844 §3.3.3).
    value PlainIpv4 in PlainIpv4Body {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        address: Ipv4Addr => Ipv4, "", "Address";
    }

    /// Whether there is a NAT on the path (RFC 5555 §3.2.2).
    value NatDetection in NatDetectionBody {
        flags: NatFlags => Flags(NatFlags::FLAGS), ".flags", "Flags";
        refresh_time: u32 => Uint, "", "Refresh time";
    }
}

/// An address and the length of its prefix from the upper six bits of an octet.
fn net(address: Ipv4Addr, prefix_bits: u8) -> Option<Ipv4Net> {
    Ipv4Net::new(address, prefix_bits >> 2).ok()
}

/// An octet whose upper six bits are no length of a prefix.
fn wrong_prefix(prefix_bits: u8) -> ErrorKind {
    let found = u32::from(prefix_bits >> 2);
    ErrorKind::Meaningless { field: "prefix length", found, expected: "at most 32" }
}

const P: u8 = 0x02;

meanings! {
    Ipv4HomeAddress, Ipv4HomeAddressBody:
        |layout| Some(Self {
            address: net(layout.address, layout.prefix_and_flags)?,
            wants_prefix: layout.prefix_and_flags & P != 0,
        }),
        |value| Ipv4HomeAddressBody {
            prefix_and_flags: value.address.prefix_len() << 2 | if value.wants_prefix { P } else { 0 },
            reserved: 0,
            address: value.address.addr(),
        },
        or |layout| wrong_prefix(layout.prefix_and_flags);
    Ipv4AddressAcknowledgement, Ipv4HomeAddressReplyBody:
        |layout| Some(Self {
            status: Ipv4HomeAddressStatus(layout.status),
            address: net(layout.address, layout.prefix_bits)?,
        }),
        |value| Ipv4HomeAddressReplyBody {
            status: value.status.0,
            prefix_bits: value.address.prefix_len() << 2,
            address: value.address.addr(),
        },
        or |layout| wrong_prefix(layout.prefix_bits);
    Ipv4HomeAddressReply, Ipv4HomeAddressReplyBody:
        |layout| Ipv4AddressAcknowledgement::from_layout(layout).map(Self),
        |value| value.0.to_layout(),
        or |layout| Ipv4AddressAcknowledgement::wrong(layout);
    Ipv4HomeAddressRequest, Ipv4HomeAddressRequestBody:
        |layout| net(layout.address, layout.prefix_bits).map(Self),
        |value| Ipv4HomeAddressRequestBody {
            prefix_bits: value.0.prefix_len() << 2,
            reserved: 0,
            address: value.0.addr(),
        },
        or |layout| wrong_prefix(layout.prefix_bits);
    Ipv4Addr, Ipv4AddressBody: |layout| layout.address, |value| Ipv4AddressBody { address: *value };
    DhcpSupportMode, DhcpSupportModeBody:
        |layout| Self(layout.flags),
        |value| DhcpSupportModeBody { flags: value.0 };
}
