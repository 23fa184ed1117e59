//! The six octets that start every Mobility Header (RFC 6275 §6.1.1), and the types that they announce.

use crate::wire::wire_struct;

/// MH Type of Binding Refresh Request.
pub const BRR: u8 = 0;
/// MH Type of Home Test Init.
pub const HOTI: u8 = 1;
/// MH Type of Care-of Test Init.
pub const COTI: u8 = 2;
/// MH Type of Home Test.
pub const HOT: u8 = 3;
/// MH Type of Care-of Test.
pub const COT: u8 = 4;
/// MH Type of Binding Update, and so of Proxy Binding Update.
pub const PBU: u8 = 5;
/// MH Type of Binding Acknowledgement, and so of Proxy Binding Acknowledgement.
pub const PBA: u8 = 6;
/// MH Type of Binding Error.
pub const BE: u8 = 7;
/// MH Type of Fast Binding Update.
pub const FBU: u8 = 8;
/// MH Type of Fast Binding Acknowledgment.
pub const FBACK: u8 = 9;
/// MH Type of Fast Neighbor Advertisement, deprecated by RFC 5568.
pub const FNA: u8 = 10;
/// MH Type of Experimental Mobility Header.
pub const EXPERIMENTAL: u8 = 11;
/// MH Type of Home Agent Switch.
pub const HA_SWITCH: u8 = 12;
/// MH Type of Heartbeat.
pub const HEARTBEAT: u8 = 13;
/// MH Type of Handover Initiate.
pub const HI: u8 = 14;
/// MH Type of Handover Acknowledge.
pub const HACK: u8 = 15;
/// MH Type of Binding Revocation, Indication and Acknowledgement.
pub const BR: u8 = 16;
/// MH Type of Localized Routing Initiation.
pub const LRI: u8 = 17;
/// MH Type of Localized Routing Acknowledgment.
pub const LRA: u8 = 18;
/// MH Type of Update Notification.
pub const UPN: u8 = 19;
/// MH Type of Update Notification Acknowledgement.
pub const UPA: u8 = 20;
/// MH Type of Flow Binding, Indication and Acknowledgement.
pub const FLOW_BINDING: u8 = 21;
/// MH Type of Subscription Query.
pub const SUBSCRIPTION_QUERY: u8 = 22;
/// MH Type of Subscription Response.
pub const SUBSCRIPTION_RESPONSE: u8 = 23;
/// "No next header": what Payload Proto must say (RFC 6275 §6.1.1).
pub const NO_NEXT_HEADER: u8 = 59;

wire_struct! {
    /// The six octets that start every Mobility Header (RFC 6275 §6.1.1).
    pub struct Header {
        payload_proto: u8 => Uint, "payload_proto", "Payload Proto";
        header_len: u8 => Uint, "header_len", "Header Len";
        mh_type: u8 => Uint, "type", "MH Type";
        reserved: u8 => Reserved, "reserved", "Reserved";
        checksum: u16 => Uint, "checksum", "Checksum";
    }
}
