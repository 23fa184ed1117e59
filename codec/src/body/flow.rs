//! Options for several care-of addresses, flows, multicast and quality of service: RFC 5648 §4.3, RFC 6089 §4,
//! RFC 6909 §3.1, RFC 7028 §5.1, RFC 7161 §4.1 and §6.1, RFC 7222 §4.1, RFC 8278 §4.1.
//!
//! What these options carry with types and lengths of its own has rows in `sub_option.rs`. Records of multicast groups
//! (54, 56, 57) stay octets: they are those of MLD and IGMP, have neither, and their layout hangs on the protocol that the
//! option names.

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::body::{address, address_octets, meanings, wrong_address};
use crate::sub_option::{FlowSubOption, OffloadSubOption, QosAttribute, SubOption};
use crate::value::{AccessTechnology, Status};
use crate::wire::{flags, registry, value_struct, wire_struct};

registry! {
    /// What became of a flow binding (IANA "Flow Identification Mobility Option Status Codes").
    pub struct FlowStatus(u8) {
        0 => SUCCESSFUL, "successful", "Flow binding successful", "RFC 6089";
        128 => ADMINISTRATIVELY_PROHIBITED, "administratively_prohibited", "Administratively prohibited", "RFC 6089";
        129 => REASON_UNSPECIFIED, "reason_unspecified", "Flow binding rejected, reason unspecified", "RFC 6089";
        130 => MALFORMED, "malformed", "Flow identification mobility option malformed", "RFC 6089";
        131 => BID_NOT_FOUND, "bid_not_found", "BID not found", "RFC 6089";
        132 => FID_NOT_FOUND, "fid_not_found", "FID not found", "RFC 6089";
        133 => SELECTOR_NOT_SUPPORTED, "selector_not_supported", "Traffic selector format not supported", "RFC 6089";
    }
}

registry! {
    /// What a Quality-of-Service option asks or answers (RFC 7222 §4.1).
    pub struct QosOperation(u8) {
        0 => RESPONSE, "response", "RESPONSE", "RFC 7222";
        1 => ALLOCATE, "allocate", "ALLOCATE", "RFC 7222";
        2 => DEALLOCATE, "deallocate", "DE-ALLOCATE", "RFC 7222";
        3 => MODIFY, "modify", "MODIFY", "RFC 7222";
        4 => QUERY, "query", "QUERY", "RFC 7222";
        5 => NEGOTIATE, "negotiate", "NEGOTIATE", "RFC 7222";
    }
}

registry! {
    /// How a traffic selector is encoded (IANA "Traffic Selector Format").
    pub struct SelectorFormat(u8) {
        1 => IPV4_BINARY, "ipv4_binary", "IPv4 Binary Traffic Selector", "RFC 6088";
        2 => IPV6_BINARY, "ipv6_binary", "IPv6 Binary Traffic Selector", "RFC 6088";
    }
}

registry! {
    /// What becomes of a flow binding (RFC 7109 §6.2.1).
    pub struct FlowAction(u8) {
        11 => ADD, "add", "Add a flow binding", "RFC 7109";
        12 => DELETE, "delete", "Delete a flow binding", "RFC 7109";
        13 => MODIFY, "modify", "Modify a flow binding", "RFC 7109";
        14 => REFRESH, "refresh", "Refresh a flow binding", "RFC 7109";
        15 => MOVE, "move", "Move a flow binding", "RFC 7109";
        16 => REVOKE, "revoke", "Revoke a flow binding", "RFC 7109";
    }
}

flags! {
    /// Flags of the IPv4 Traffic Offload Selector option.
    pub struct OffloadFlags(u32) {
        M = 0x8000_0000, "Offload Mode", "RFC 6909 §3.1";
    }
}

flags! {
    /// Flags of the Dynamic IP Multicast Selector option.
    pub struct MulticastSelectorFlags(u8) {
        M = 0x80, "Dynamic IP Multicast Selector Mode", "RFC 7028 §5.1.2";
    }
}

flags! {
    /// Flags of the MAG Multipath Binding option.
    pub struct MultipathFlags(u8) {
        B = 0x80, "Bulk Re-registration", "RFC 8278 §4.1";
        O = 0x40, "Registration Overwrite", "RFC 8278 §4.1";
    }
}

/// One of several bindings of a mobile node (RFC 5648 §4.3, with the priority of RFC 6089 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindingIdentifier {
    /// Its number (BID).
    pub id: u16,
    /// What became of it; zero where the message's own status holds.
    pub status: Status,
    /// Whether it is registered while the mobile node is at home (H).
    pub at_home: bool,
    /// Its priority, less is more; seven bits, of which the eighth is never sent.
    pub priority: u8,
    /// Its care-of address, where the option says one.
    pub care_of: Option<IpAddr>,
}

/// A mobile node's wish for its traffic's quality, or the answer (RFC 7222 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityOfService {
    /// Number of the service request (SR-ID).
    pub request: u8,
    /// Differentiated Services Code Point; six bits, of which the others are never sent.
    pub dscp: u8,
    /// What is asked.
    pub operation: QosOperation,
    /// QoS attributes.
    pub attributes: Vec<QosAttribute>,
}

/// Where a flow goes from now on (RFC 7109 §6.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetCareOf(pub IpAddr);

wire_struct! {
    /// Binding Identifier.
    pub struct BindingIdentifierBody {
        id: u16 => Uint, "", "Binding ID (BID)";
        status: u8 => Named(Status::NAMES), ".status", "Status";
        priority: u8 => Uint, ".priority", "H, BID-PRI (7 bits)";
        care_of: Vec<u8> => Octets, ".care_of", "Care-of Address";
    }

    /// Quality-of-Service.
    pub struct QualityOfServiceBody {
        request: u8 => Uint, ".request", "SR-ID";
        traffic_class: u8 => Uint, ".traffic_class", "Traffic Class: DSCP (6 bits), Reserved";
        operation: u8 => Named(QosOperation::NAMES), ".operation", "Operational Code";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        reserved_too: u16 => Reserved, ".reserved_too", "Reserved";
        attributes: Vec<QosAttribute> => SubOptions(QosAttribute::TABLE), "", "QoS Attributes";
    }

    /// Target Care-of Address.
    pub struct TargetCareOfBody {
        reserved: u16 => Reserved, ".reserved", "Reserved";
        address: Vec<u8> => Octets, "", "Target Care-of Address";
    }
}

value_struct! {
    /// Flows that stay bound (RFC 6089 §4.2.2): at least one.
    value FlowSummary in FlowSummaryBody {
        first: u16 => Uint, "", "FID";
        others: Vec<u16> => Octets, ".others", "FIDs";
    }

    /// A flow and where it shall go (RFC 6089 §4.2).
    value FlowIdentification in FlowIdentificationBody {
        id: u16 => Uint, "", "FID";
        priority: u16 => Uint, ".priority", "FID-PRI";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        status: FlowStatus => Named(FlowStatus::NAMES), ".status", "Status";
        sub_options: Vec<FlowSubOption> => SubOptions(FlowSubOption::TABLE), ".sub_options", "Sub-options";
    }

    /// The bindings that a flow goes to (RFC 6089 §4.2.1.3): at least one.
    value BindingReference in BindingReferenceBody {
        first: u16 => Uint, "", "BID";
        others: Vec<u16> => Octets, ".others", "BIDs";
    }

    /// Which packets are of a flow (RFC 6089 §4.2.1.4). What the format lays out (RFC 6088) stays octets.
    value TrafficSelector in TrafficSelectorBody {
        format: SelectorFormat => Named(SelectorFormat::NAMES), ".format", "TS Format";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        selector: Vec<u8> => Octets, "", "Traffic Selector";
    }

    /// What becomes of a flow binding (RFC 7109 §6.2.1).
    value FlowBindingAction in FlowBindingActionBody {
        reserved: u8 => Reserved, ".reserved", "Reserved";
        action: FlowAction => Named(FlowAction::NAMES), "", "Action";
    }

    /// Flows that leave the tunnel at the MAG (RFC 6909 §3.1).
    value TrafficOffload in TrafficOffloadBody {
        flags: OffloadFlags => Flags(OffloadFlags::FLAGS), ".flags", "Flags";
        selector: Vec<OffloadSubOption> => SubOptions(OffloadSubOption::TABLE), "", "Traffic Selector Sub-option";
    }

    /// Multicast groups that are subscribed to here or there (RFC 7028 §5.1.2). The records stay octets: they are those
    /// of an MLDv2 or IGMPv3 report, as the protocol says, and have no types.
    value MulticastSelector in MulticastSelectorBody {
        protocol: u8 => Uint, ".protocol", "Protocol";
        flags: MulticastSelectorFlags => Flags(MulticastSelectorFlags::FLAGS), ".flags", "Flags";
        record_count: u16 => Uint, ".record_count", "Nr of Mcast Address Records";
        records: Vec<u8> => Octets, "", "Multicast Address Records";
    }

    /// A multicast group that a mobile node is in, for IPv4 (RFC 7161 §6.1) and IPv6 (§4.1.2). Its context stays octets:
    /// it is one record of the protocol's reports, whose layout the type of the protocol says.
    value MulticastSubscription in MulticastSubscriptionBody {
        protocol: u8 => Uint, ".protocol", "IGMP or MLD Type";
        context: Vec<u8> => Octets, "", "Multicast Membership Context";
    }

    /// One of several paths to a MAG (RFC 8278 §4.1).
    value MultipathBinding in MultipathBindingBody {
        technology: AccessTechnology => Named(AccessTechnology::NAMES), ".technology", "If-ATT";
        label: u8 => Uint, ".label", "If-Label";
        id: u8 => Uint, "", "Binding ID";
        flags: MultipathFlags => Flags(MultipathFlags::FLAGS), ".flags", "Flags";
        reserved: u16 => Reserved, ".reserved", "Reserved";
    }
}

const H: u8 = 0x80;

meanings! {
    BindingIdentifier, BindingIdentifierBody:
        |layout| Some(Self {
            id: layout.id,
            status: Status(layout.status),
            at_home: layout.priority & H != 0,
            priority: layout.priority & !H,
            care_of: match &layout.care_of[..] {
                [] => None,
                octets => Some(address(octets)?),
            },
        }),
        |value| BindingIdentifierBody {
            id: value.id,
            status: value.status.0,
            priority: value.priority & !H | if value.at_home { H } else { 0 },
            care_of: address_octets(value.care_of),
        },
        or |layout| wrong_address(&layout.care_of, 4);
    QualityOfService, QualityOfServiceBody:
        |layout| Self {
            request: layout.request,
            dscp: layout.traffic_class >> 2,
            operation: QosOperation(layout.operation),
            attributes: layout.attributes,
        },
        |value| QualityOfServiceBody {
            request: value.request,
            traffic_class: value.dscp << 2,
            operation: value.operation.0,
            reserved: 0,
            reserved_too: 0,
            attributes: value.attributes.clone(),
        };
    TargetCareOf, TargetCareOfBody:
        |layout| address(&layout.address).map(Self),
        |value| TargetCareOfBody { reserved: 0, address: address_octets(Some(value.0)) },
        or |layout| wrong_address(&layout.address, 2);
}
