//! Messages of fast handovers: RFC 5568 §6.2, RFC 5949 §6.1, and the one that RFC 5568 took out of RFC 4068.

use crate::value;
use crate::wire::{flags, registry, value_struct};

flags! {
    /// Flags of a Fast Binding Update: those of RFC 6275 only.
    pub struct FbuFlags(u16) {
        A = 0x8000, "Acknowledge", "RFC 5568 §6.2.2";
        H = 0x4000, "Home Registration", "RFC 5568 §6.2.2";
        L = 0x2000, "Link-Local Address Compatibility", "RFC 5568 §6.2.2";
        K = 0x1000, "Key Management Mobility Capability", "RFC 5568 §6.2.2";
    }
}

flags! {
    /// Flags of a Fast Binding Acknowledgment.
    pub struct FbackFlags(u8) {
        K = 0x80, "Key Management Mobility Capability", "RFC 5568 §6.2.3";
    }
}

flags! {
    /// Flags of a Handover Initiate.
    pub struct HiFlags(u8) {
        S = 0x80, "Assigned Address Configuration", "RFC 5568 §6.2.1.1";
        U = 0x40, "Buffer", "RFC 5568 §6.2.1.1";
        P = 0x20, "Proxy", "RFC 5949 §6.1.1";
        F = 0x10, "Forwarding", "RFC 5949 §6.1.1";
    }
}

flags! {
    /// Flags of a Handover Acknowledge.
    pub struct HackFlags(u8) {
        U = 0x80, "Buffer", "RFC 5949 §6.1.2";
        P = 0x40, "Proxy", "RFC 5949 §6.1.2";
        F = 0x20, "Forwarding", "RFC 5949 §6.1.2";
    }
}

registry! {
    /// Status of a Fast Binding Acknowledgment (RFC 5568 §6.2.3).
    pub struct FbackStatus(u8) {
        0 => ACCEPTED, "accepted", "Fast Binding Update accepted", "RFC 5568";
        1 => ACCEPTED_OTHER_ADDRESS, "accepted_other_address", "Fast Binding Update accepted but NCoA is invalid", "RFC 5568";
        128 => REASON_UNSPECIFIED, "reason_unspecified", "Reason unspecified", "RFC 5568";
        129 => ADMINISTRATIVELY_PROHIBITED, "administratively_prohibited", "Administratively prohibited", "RFC 5568";
        130 => INSUFFICIENT_RESOURCES, "insufficient_resources", "Insufficient resources", "RFC 5568";
        131 => INCORRECT_IDENTIFIER_LENGTH, "incorrect_identifier_length", "Incorrect interface identifier length", "RFC 5568";
    }
}

registry! {
    /// Code of a Handover Initiate (IANA "Handover Initiate Status Codes").
    pub struct HiCode(u8) {
        0 => FROM_PREVIOUS_ADDRESS, "from_previous_address", "FBU with the PCoA as source IP address", "RFC 5568";
        1 => FROM_OTHER_ADDRESS, "from_other_address", "FBU whose source IP address is not PCoA", "RFC 5568";
        2 => FORWARDING_COMPLETED, "forwarding_completed", "Indicate the completion of forwarding", "RFC 5949";
        3 => ALL_CONTEXT_TRANSFERRED, "all_context_transferred", "All available context transferred", "RFC 5949";
    }
}

registry! {
    /// Code of a Handover Acknowledge (IANA "Handover Acknowledge Status Codes").
    pub struct HackCode(u8) {
        0 => ACCEPTED, "accepted", "Handover Accepted with NCoA valid, or Handover Accepted or Successful", "RFC 5568, RFC 5949";
        1 => ADDRESS_NOT_VALID, "address_not_valid", "Handover Accepted, NCoA not valid", "RFC 5568";
        2 => ADDRESS_ASSIGNED, "address_assigned", "Handover Accepted, NCoA assigned", "RFC 5568";
        3 => USE_PREVIOUS_ADDRESS, "use_previous_address", "Handover Accepted, use PCoA", "RFC 5568";
        4 => UNSOLICITED, "unsolicited", "Message sent unsolicited", "RFC 5568";
        5 => CONTEXT_ACCEPTED, "context_accepted", "Context Transfer Accepted or Successful", "RFC 5949";
        6 => ALL_CONTEXT_TRANSFERRED, "all_context_transferred", "All available Context Transferred", "RFC 5949";
        128 => REASON_UNSPECIFIED, "reason_unspecified", "Handover Not Accepted, reason unspecified", "RFC 5568";
        129 => ADMINISTRATIVELY_PROHIBITED, "administratively_prohibited", "Administratively prohibited", "RFC 5568";
        130 => INSUFFICIENT_RESOURCES, "insufficient_resources", "Insufficient resources", "RFC 5568";
        131 => CONTEXT_NOT_AVAILABLE, "context_not_available", "Requested Context Not Available", "RFC 5949";
        132 => FORWARDING_NOT_AVAILABLE, "forwarding_not_available", "Forwarding Not Available", "RFC 5949";
    }
}

value_struct! {
    /// Tells the previous router of a new care-of address (RFC 5568 §6.2.2). "The FBU is identical to the Mobile IPv6
    /// Binding Update", so its lifetime counts units of 4 seconds, though the text calls it a "time in seconds".
    message Fbu in FbuBody {
        seq: u16 => Uint, "seq", "Sequence #";
        flags: FbuFlags => Flags(FbuFlags::FLAGS), "flag", "Flags";
        lifetime: value::Lifetime => Lifetime, "lifetime", "Lifetime";
    }

    /// Answers that (RFC 5568 §6.2.3), with the lifetime's unit as there.
    message Fback in FbackBody {
        status: FbackStatus => Named(FbackStatus::NAMES), "status", "Status";
        flags: FbackFlags => Flags(FbackFlags::FLAGS), "flag", "Flags";
        seq: u16 => Uint, "seq", "Sequence #";
        lifetime: value::Lifetime => Lifetime, "lifetime", "Lifetime";
    }

    /// Tells the new router of a mobile node (RFC 4068 §6.3.3); deprecated. RFC 4068 lets it have a Payload Proto of
    /// IPv6; here it is always 59, as RFC 6275 §6.1.1 has it.
    message Fna in FnaBody {
        reserved: u16 => Reserved, "reserved", "Reserved";
    }

    /// Starts a handover between access routers (RFC 5568 §6.2.1.1) or MAGs (RFC 5949 §6.1.1).
    message Hi in HiBody {
        seq: u16 => Uint, "seq", "Sequence #";
        flags: HiFlags => Flags(HiFlags::FLAGS), "flag", "Flags";
        code: HiCode => Named(HiCode::NAMES), "code", "Code";
    }

    /// Answers that (RFC 5568 §6.2.1.2, RFC 5949 §6.1.2).
    message Hack in HackBody {
        seq: u16 => Uint, "seq", "Sequence #";
        flags: HackFlags => Flags(HackFlags::FLAGS), "flag", "Flags";
        code: HackCode => Named(HackCode::NAMES), "code", "Code";
    }
}
