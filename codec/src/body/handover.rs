//! Options of fast handovers: RFC 5568 §6.4 and its proxy form, RFC 5949 §6.2.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};

use ipnet::Ipv6Net;

use crate::body::{address_octets, address_of, meanings};
use crate::error::ErrorKind;
use crate::sub_option::{RequestedOption, SubOption};
use crate::value::LinkLayerAddress;
use crate::wire::{registry, value_struct, wire_struct};

registry! {
    /// Whose link-layer address it is; "Option-Code: 2" is the only one of a Mobility Header (RFC 5568 §6.4.4).
    pub struct LinkLayerCode(u8) {
        2 => MOBILE_NODE, "mobile_node", "Link-Layer Address of the MN", "RFC 5568";
    }
}

registry! {
    /// What an address or prefix is (RFC 5568 §6.4.2).
    pub struct AddressCode(u8) {
        1 => OLD_CARE_OF, "old_care_of", "Old Care-of Address", "RFC 5568";
        2 => NEW_CARE_OF, "new_care_of", "New Care-of Address", "RFC 5568";
        3 => NEW_ROUTER, "new_router", "NAR's IP address", "RFC 5568";
        4 => NEW_PREFIX, "new_prefix", "NAR's Prefix", "RFC 5568";
    }
}

registry! {
    /// Of which family the address of an LMA is (RFC 5949 §6.2.2).
    pub struct LmaAddressCode(u8) {
        1 => IPV6, "ipv6", "IPv6 address of the local mobility anchor", "RFC 5949";
        2 => IPV4, "ipv4", "IPv4 address of the local mobility anchor", "RFC 5949";
    }
}

impl LmaAddressCode {
    fn address_len(self) -> Option<usize> {
        match self {
            Self::IPV6 => Some(16),
            Self::IPV4 => Some(4),
            _ => None,
        }
    }
}

/// A link-layer address and whose it is (RFC 5568 §6.4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverLinkLayer {
    /// Whose.
    pub code: LinkLayerCode,
    /// The address.
    pub address: LinkLayerAddress,
}

/// An address or a prefix and what it is (RFC 5568 §6.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandoverAddress {
    /// What it is.
    pub code: AddressCode,
    /// The address with the length of its prefix; of a prefix ([`AddressCode::NEW_PREFIX`]) only the first bits count.
    pub address: Ipv6Net,
}

/// The address of the LMA at which a mobile node is registered (RFC 5949 §6.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LmaAddress(pub IpAddr);

wire_struct! {
    /// Mobility Header Link-Layer Address.
    pub struct HandoverLinkLayerBody {
        code: u8 => Named(LinkLayerCode::NAMES), ".code", "Option-Code";
        address: LinkLayerAddress => LinkLayer, "", "LLA";
    }

    /// Mobility Header IPv6 Address/Prefix. The bits behind the Prefix Length of an address count, so this is no
    /// prefix to the reader of the table.
    pub struct HandoverAddressBody {
        code: u8 => Named(AddressCode::NAMES), ".code", "Option-Code";
        prefix_length: u8 => Uint, ".length", "Prefix Length";
        address: Ipv6Addr => Ipv6, "", "IPv6 Address/Prefix";
    }

    /// Local Mobility Anchor Address.
    pub struct LmaAddressBody {
        code: u8 => Named(LmaAddressCode::NAMES), ".code", "Option-Code";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        address: Vec<u8> => Octets, "", "Local Mobility Anchor Address";
    }
}

value_struct! {
    /// A message authentication code between mobile node and access router (RFC 5568 §6.4.5). Its Length counts the SPI
    /// too, as RFC 6275 §6.2.1 has it for every option, though §6.4.5 says "the length of the Authenticator".
    value HandoverAuthorization in HandoverAuthorizationBody {
        spi: u32 => Uint, ".spi", "SPI";
        authenticator: Vec<u8> => Octets, "", "Authenticator";
    }

    /// Options that the peer is asked to send (RFC 5949 §6.2.1).
    value ContextRequest in ContextRequestBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        requests: Vec<RequestedOption> => SubOptions(RequestedOption::TABLE), "", "Requested options";
    }

    /// The interface identifier of a mobile node's link-local address (RFC 5949 §6.2.3).
    value MnInterfaceIdentifier in MnInterfaceIdentifierBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        identifier: u64 => Uint, "", "Interface Identifier";
    }
}

meanings! {
    HandoverLinkLayer, HandoverLinkLayerBody:
        |layout| Self { code: LinkLayerCode(layout.code), address: layout.address },
        |value| HandoverLinkLayerBody { code: value.code.0, address: value.address.clone() };
    HandoverAddress, HandoverAddressBody:
        |layout| {
            let net = Ipv6Net::new(layout.address, layout.prefix_length).ok()?;
            let code = AddressCode(layout.code);
            Some(Self { code, address: if code == AddressCode::NEW_PREFIX { net.trunc() } else { net } })
        },
        |value| HandoverAddressBody {
            code: value.code.0,
            prefix_length: value.address.prefix_len(),
            address: match value.code {
                AddressCode::NEW_PREFIX => value.address.network(),
                _ => value.address.addr(),
            },
        },
        or |layout| ErrorKind::PrefixLength(layout.prefix_length);
    LmaAddress, LmaAddressBody:
        |layout| {
            let octets = LmaAddressCode(layout.code).address_len()?;
            address_of(&layout.address, octets).map(Self)
        },
        |value| LmaAddressBody {
            code: if value.0.is_ipv6() { LmaAddressCode::IPV6.0 } else { LmaAddressCode::IPV4.0 },
            reserved: 0,
            address: address_octets(Some(value.0)),
        },
        or |layout| match LmaAddressCode(layout.code).address_len() {
            Some(octets) => ErrorKind::Length { found: 2 + layout.address.len(), expected: 2 + octets },
            None => ErrorKind::Meaningless {
                field: "option-code",
                found: layout.code.into(),
                expected: "1 or 2",
            },
        };
}
