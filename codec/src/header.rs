//! The six octets that start every Mobility Header (RFC 6275 §6.1.1), and the types that they announce.

use crate::wire::wire_struct;

/// MH Type of Binding Update, and so of Proxy Binding Update.
pub const PBU: u8 = 5;
/// MH Type of Binding Acknowledgement, and so of Proxy Binding Acknowledgement.
pub const PBA: u8 = 6;
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
