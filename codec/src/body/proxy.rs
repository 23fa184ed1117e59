//! Options between LMA and MAG beyond RFC 5213: RFC 5845 §6.1, RFC 5847 §3.4, RFC 6058 §5.1, RFC 6463 §4, RFC 6602 §4.3,
//! RFC 6705 §11.1, RFC 6757 §3, RFC 7148 §4.1, RFC 7389 §4, RFC 8127 §3,
//! RFC 8278 §4.2.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use crate::body::{address, address_octets, address_of, meanings, wrong_address};
use crate::error::ErrorKind;
use crate::sub_option::{AccessNetworkSubOption, MagParameter, SubOption};
use crate::value::MnIdSubtype;
use crate::wire::{flags, registry, value_struct, wire_struct};

registry! {
    /// What a group of mobile nodes is for (IANA "Mobile Node Group Identifier Type Registry").
    pub struct GroupType(u8) {
        1 => BULK_BINDING_UPDATE, "bulk_binding_update", "Bulk Binding Update Group", "RFC 6602";
    }
}

flags! {
    /// Flags of the Transient Binding option.
    pub struct TransientFlags(u8) {
        L = 0x01, "Late Path Switch", "RFC 6058 §5.1";
    }
}

flags! {
    /// Of which family the address of a Redirect option is: one of the two is set.
    pub struct RedirectFlags(u16) {
        K = 0x8000, "IPv6 r2LMA Address", "RFC 6463 §4.2";
        N = 0x4000, "IPv4 r2LMA Address", "RFC 6463 §4.2";
    }
}

impl RedirectFlags {
    fn address_len(self) -> Option<usize> {
        match (self.contains(Self::K), self.contains(Self::N)) {
            (true, false) => Some(16),
            (false, true) => Some(4),
            _ => None,
        }
    }
}

flags! {
    /// Flags of the Delegated Mobile Network Prefix option.
    pub struct DelegatedPrefixFlags(u8) {
        V = 0x80, "IPv4 Prefix", "RFC 7148 §4.1";
    }
}

impl DelegatedPrefixFlags {
    fn address_len(self) -> usize {
        if self.contains(Self::V) { 4 } else { 16 }
    }
}

/// A key of GRE tunnels, or the wish to use GRE without one (RFC 5845 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreKey(pub Option<u32>);

/// The LMA to which a mobile node's session moves (RFC 6463 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect(pub IpAddr);

/// A MAG that takes part in localized routing (RFC 6705 §11.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MagAddress(pub Ipv6Addr);

/// A prefix for the network behind a mobile router (RFC 7148 §4.1). Only its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelegatedPrefix(pub IpNet);

/// Where an LMA takes user traffic; none in a PBU that asks (RFC 7389 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LmaUserPlane(pub Option<IpAddr>);

wire_struct! {
    /// GRE Key.
    pub struct GreKeyBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        key: Vec<u8> => Octets, "", "GRE Key Identifier";
    }

    /// Redirect.
    pub struct RedirectBody {
        flags: RedirectFlags => Flags(RedirectFlags::FLAGS), ".flags", "Flags";
        address: Vec<u8> => Octets, "", "r2LMA Address";
    }

    /// MAG IPv6 Address.
    pub struct MagAddressBody {
        reserved: u8 => Reserved, ".reserved", "Reserved";
        address_length: u8 => Uint, ".length", "Address Length";
        address: Ipv6Addr => Ipv6, "", "MAG IPv6 Address";
    }

    /// Delegated Mobile Network Prefix.
    pub struct DelegatedPrefixBody {
        flags: DelegatedPrefixFlags => Flags(DelegatedPrefixFlags::FLAGS), ".flags", "Flags";
        prefix_length: u8 => Uint, ".length", "Prefix Length";
        prefix: Vec<u8> => Octets, "", "Delegated Mobile Network Prefix";
    }

    /// LMA User-Plane Address.
    pub struct LmaUserPlaneBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        address: Vec<u8> => Octets, "", "LMA User-Plane Address";
    }
}

value_struct! {
    /// How often a node has started (RFC 5847 §3.4).
    value RestartCounter in RestartCounterBody {
        counter: u32 => Uint, "", "Restart Counter";
    }

    /// How a path is switched, and for how many tenths of a second at most the binding is transient (RFC 6058 §5.1).
    value TransientBinding in TransientBindingBody {
        flags: TransientFlags => Flags(TransientFlags::FLAGS), ".flags", "Flags";
        tenths: u8 => Uint, "", "Lifetime";
    }

    /// That a MAG knows redirection (RFC 6463 §4.1).
    value RedirectCapability in RedirectCapabilityBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
    }

    /// How much an LMA carries and can carry (RFC 6463 §4.3).
    value LoadInformation in LoadInformationBody {
        priority: u16 => Uint, ".priority", "Priority";
        sessions: u32 => Uint, ".sessions", "Sessions in Use";
        max_sessions: u32 => Uint, ".max_sessions", "Maximum Sessions";
        capacity: u32 => Uint, ".capacity", "Used Capacity";
        max_capacity: u32 => Uint, ".max_capacity", "Maximum Capacity";
    }

    /// A group of mobile nodes (RFC 6602 §4.3).
    value GroupIdentifier in GroupIdentifierBody {
        subtype: GroupType => Named(GroupType::NAMES), ".subtype", "Sub-type";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        group: u32 => Uint, "", "Mobile Node Group Identifier";
    }

    /// What a MAG knows of its access network (RFC 6757 §3).
    value AccessNetwork in AccessNetworkBody {
        data: Vec<AccessNetworkSubOption> => SubOptions(AccessNetworkSubOption::TABLE), "", "ANI Sub-options";
    }

    /// What an LMA wants of a MAG (RFC 8127 §3).
    value MagParameters in MagParametersBody {
        data: Vec<MagParameter> => SubOptions(MagParameter::TABLE), "", "LCMP Sub-Options";
    }

    /// Who a mobile access gateway is (RFC 8278 §4.2).
    value MagIdentifier in MagIdentifierBody {
        subtype: MnIdSubtype => Named(MnIdSubtype::NAMES), ".subtype", "Subtype";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        identifier: Vec<u8> => Identifier, "", "Identifier";
    }
}

meanings! {
    GreKey, GreKeyBody:
        |layout| match <[u8; 4]>::try_from(layout.key.as_slice()) {
            Ok(key) => Some(Self(Some(u32::from_be_bytes(key)))),
            Err(_) => layout.key.is_empty().then_some(Self(None)),
        },
        |value| GreKeyBody {
            reserved: 0,
            key: value.0.map_or(Vec::new(), |key| key.to_be_bytes().to_vec()),
        },
        or |layout| ErrorKind::Length { found: 2 + layout.key.len(), expected: 6 };
    Redirect, RedirectBody:
        |layout| {
            let octets = layout.flags.address_len()?;
            address_of(&layout.address, octets).map(Self)
        },
        |value| RedirectBody {
            flags: if value.0.is_ipv6() { RedirectFlags::K } else { RedirectFlags::N },
            address: address_octets(Some(value.0)),
        },
        or |layout| match layout.flags.address_len() {
            Some(octets) => ErrorKind::Length { found: 2 + layout.address.len(), expected: 2 + octets },
            None => ErrorKind::Meaningless {
                field: "flags",
                found: layout.flags.0.into(),
                expected: "either K or N",
            },
        };
    MagAddress, MagAddressBody:
        |layout| (layout.address_length == 128).then_some(Self(layout.address)),
        |value| MagAddressBody { reserved: 0, address_length: 128, address: value.0 },
        or |layout| ErrorKind::Meaningless {
            field: "address length",
            found: layout.address_length.into(),
            expected: "128",
        };
    DelegatedPrefix, DelegatedPrefixBody:
        |layout| {
            let address = address_of(&layout.prefix, layout.flags.address_len())?;
            IpNet::new(address, layout.prefix_length).ok().map(|net| Self(net.trunc()))
        },
        |value| DelegatedPrefixBody {
            flags: DelegatedPrefixFlags(if value.0.addr().is_ipv4() { DelegatedPrefixFlags::V.0 } else { 0 }),
            prefix_length: value.0.prefix_len(),
            prefix: address_octets(Some(value.0.network())),
        },
        or |layout| match layout.flags.address_len() {
            octets if octets != layout.prefix.len() => {
                ErrorKind::Length { found: 2 + layout.prefix.len(), expected: 2 + octets }
            }
            octets => ErrorKind::Meaningless {
                field: "prefix length",
                found: layout.prefix_length.into(),
                expected: if octets == 4 { "at most 32" } else { "at most 128" },
            },
        };
    LmaUserPlane, LmaUserPlaneBody:
        |layout| Some(Self(match &layout.address[..] {
            [] => None,
            octets => Some(address(octets)?),
        })),
        |value| LmaUserPlaneBody { reserved: 0, address: address_octets(value.0) },
        or |layout| wrong_address(&layout.address, 2);
}
