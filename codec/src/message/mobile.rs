//! Messages of Mobile IPv6: RFC 6275 §6.1, RFC 5096 §3, RFC 5142 §4, RFC 7109 §6.1.

use alloc::vec::Vec;
use core::net::Ipv6Addr;

use crate::option::MobilityOption;
use crate::wire::{flags, registry, value_struct, wire_struct};

registry! {
    /// Status of a Binding Error (RFC 6275 §6.1.9).
    pub struct BeStatus(u8) {
        1 => UNKNOWN_BINDING, "unknown_binding", "Unknown binding for Home Address destination option", "RFC 6275";
        2 => UNKNOWN_MH_TYPE, "unknown_mh_type", "Unrecognized MH Type value", "RFC 6275";
    }
}

registry! {
    /// Which of the two Flow Binding messages it is (IANA "Flow Binding Type").
    pub struct FlowBindingType(u16) {
        1 => INDICATION, "indication", "Flow Binding Indication", "RFC 7109";
        2 => ACKNOWLEDGEMENT, "acknowledgement", "Flow Binding Acknowledgement", "RFC 7109";
    }
}

registry! {
    /// Why a Flow Binding Indication is sent (IANA "Flow Binding Indication Triggers").
    pub struct FlowBindingTrigger(u8) {
        1 => UNSPECIFIED, "unspecified", "Unspecified", "RFC 7109";
        2 => ADMINISTRATIVE, "administrative", "Administrative Reason", "RFC 7109";
        3 => OUT_OF_SYNC, "out_of_sync", "Possible Out-of-Sync BCE State", "RFC 7109";
    }
}

registry! {
    /// What became of a Flow Binding Indication (IANA "Flow Binding Acknowledgement Status Codes").
    pub struct FlowBindingStatus(u8) {
        0 => SUCCESS, "success", "Success", "RFC 7109";
        128 => NO_BINDING, "no_binding", "Binding (target CoA) Does NOT Exist", "RFC 7109";
        129 => NOT_AUTHORIZED, "not_authorized", "Action NOT Authorized", "RFC 7109";
    }
}

flags! {
    /// Flags of a Flow Binding Indication; an acknowledgement has none.
    pub struct FlowBindingFlags(u8) {
        A = 0x80, "Acknowledge", "RFC 7109 §6.1.1";
    }
}

value_struct! {
    /// Asks a mobile node to refresh its binding (RFC 6275 §6.1.2).
    message BindingRefreshRequest in BindingRefreshRequestBody {
        reserved: u16 => Reserved, "reserved", "Reserved";
    }

    /// Asks for a home keygen token (RFC 6275 §6.1.3).
    message HomeTestInit in HomeTestInitBody {
        reserved: u16 => Reserved, "reserved", "Reserved";
        cookie: u64 => Uint, "cookie", "Home Init Cookie";
    }

    /// Asks for a care-of keygen token (RFC 6275 §6.1.4).
    message CareOfTestInit in CareOfTestInitBody {
        reserved: u16 => Reserved, "reserved", "Reserved";
        cookie: u64 => Uint, "cookie", "Care-of Init Cookie";
    }

    /// Gives a home keygen token (RFC 6275 §6.1.5).
    message HomeTest in HomeTestBody {
        nonce_index: u16 => Uint, "nonce_index", "Home Nonce Index";
        cookie: u64 => Uint, "cookie", "Home Init Cookie";
        token: u64 => Uint, "token", "Home Keygen Token";
    }

    /// Gives a care-of keygen token (RFC 6275 §6.1.6).
    message CareOfTest in CareOfTestBody {
        nonce_index: u16 => Uint, "nonce_index", "Care-of Nonce Index";
        cookie: u64 => Uint, "cookie", "Care-of Init Cookie";
        token: u64 => Uint, "token", "Care-of Keygen Token";
    }

    /// Tells that something about mobility cannot be (RFC 6275 §6.1.9).
    message BindingError in BindingErrorBody {
        status: BeStatus => Named(BeStatus::NAMES), "status", "Status";
        reserved: u8 => Reserved, "reserved", "Reserved";
        home_address: Ipv6Addr => Ipv6, "home_address", "Home Address";
    }

    /// Changes a mobile node's flow bindings, or answers that (RFC 7109 §6.1): the type says which.
    message FlowBinding in FlowBindingBody {
        fb_type: FlowBindingType => Named(FlowBindingType::NAMES), "fb_type", "Flow Binding Type";
        seq: u16 => Uint, "seq", "Sequence #";
        trigger_or_status: u8 => NamedBy {
            selector: "fb_type",
            registries: &[
                (FlowBindingType::INDICATION.0 as u32, FlowBindingTrigger::NAMES),
                (FlowBindingType::ACKNOWLEDGEMENT.0 as u32, FlowBindingStatus::NAMES),
            ],
        }, "trigger_or_status", "Trigger or Status";
        flags: FlowBindingFlags => Flags(FlowBindingFlags::FLAGS), "flag", "Flags";
    }
}

wire_struct! {
    /// The layout of [`HomeAgentSwitch`].
    pub struct HomeAgentSwitchBody {
        address_count: u8 => Uint, "address_count", "# of Addresses";
        reserved: u8 => Reserved, "reserved", "Reserved";
        addresses: Vec<Ipv6Addr> => Octets, "addresses", "Home Agent Addresses";
    }

    /// The layout of [`Experimental`].
    pub struct ExperimentalBody {
        data: Vec<u8> => Octets, "data", "Message Data";
    }
}

/// Sends a mobile node to another home agent (RFC 5142 §4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HomeAgentSwitch {
    /// The home agents it may choose from.
    pub addresses: Vec<Ipv6Addr>,
    /// Options, without padding.
    pub options: Vec<MobilityOption>,
}

impl HomeAgentSwitch {
    /// 127 addresses are all that fit a message, so that a count that does not fit its octet is never sent.
    pub(crate) fn layout(&self) -> HomeAgentSwitchBody {
        let address_count = u8::try_from(self.addresses.len()).unwrap_or(u8::MAX);
        HomeAgentSwitchBody { address_count, reserved: 0, addresses: self.addresses.clone() }
    }

    pub(crate) fn from_parts(body: HomeAgentSwitchBody, options: Vec<MobilityOption>) -> Self {
        Self { addresses: body.addresses, options }
    }
}

/// Data of an experiment (RFC 5096 §3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Experimental {
    /// The data.
    pub data: MessageData,
    /// Options that a sender writes behind the data. Only the experiment knows that they are options: a receiver finds
    /// them as data and none here.
    pub options: Vec<MobilityOption>,
}

impl Experimental {
    pub(crate) fn layout(&self) -> ExperimentalBody {
        ExperimentalBody { data: self.data.0.clone() }
    }

    pub(crate) fn from_parts(body: ExperimentalBody, options: Vec<MobilityOption>) -> Self {
        Self { data: MessageData::new(&body.data), options }
    }
}

/// All octets behind a header, as many as fill the message to a multiple of 8: there is nothing else that could be
/// padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageData(Vec<u8>);

impl MessageData {
    /// These octets, and zeros up to the next multiple of 8 of the whole message.
    pub fn new(octets: &[u8]) -> Self {
        let mut data = octets.to_vec();
        data.resize((octets.len() + 6).next_multiple_of(8) - 6, 0);
        Self(data)
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// "If no data is present in the message, two bytes of padding are required" (RFC 5096 §3).
impl Default for MessageData {
    fn default() -> Self {
        Self::new(&[])
    }
}
