//! Messages between LMA and MAG beside PBU and PBA: RFC 5846 §5, RFC 5847 §3.3, RFC 6705 §10, RFC 7077 §4,
//! RFC 7161 §4.3.

use crate::wire::{flags, registry, value_struct};

registry! {
    /// Which of the two Binding Revocation messages it is (IANA "Binding Revocation Type").
    pub struct RevocationType(u8) {
        1 => INDICATION, "indication", "Binding Revocation Indication", "RFC 5846";
        2 => ACKNOWLEDGEMENT, "acknowledgement", "Binding Revocation Acknowledgement", "RFC 5846";
    }
}

registry! {
    /// Why a binding is revoked (IANA "Revocation Trigger Values").
    pub struct RevocationTrigger(u8) {
        0 => UNSPECIFIED, "unspecified", "Unspecified", "RFC 5846";
        1 => ADMINISTRATIVE, "administrative", "Administrative Reason", "RFC 5846";
        2 => HANDOVER_SAME_TECHNOLOGY, "handover_same_technology", "Inter-MAG Handover - same Access Type", "RFC 5846";
        3 => HANDOVER_OTHER_TECHNOLOGY, "handover_other_technology", "Inter-MAG Handover - different Access Type", "RFC 5846";
        4 => HANDOVER_UNKNOWN, "handover_unknown", "Inter-MAG Handover - Unknown", "RFC 5846";
        5 => USER_TERMINATED, "user_terminated", "User Initiated Session(s) Termination", "RFC 5846";
        6 => ACCESS_NETWORK_TERMINATED, "access_network_terminated", "Access Network Session(s) Termination", "RFC 5846";
        7 => OUT_OF_SYNC, "out_of_sync", "Possible Out-of Sync BCE State", "RFC 5846";
        128 => PEER_POLICY, "peer_policy", "Per-Peer Policy", "RFC 5846";
        129 => LOCAL_POLICY, "local_policy", "Revoking Mobility Node Local Policy", "RFC 5846";
    }
}

registry! {
    /// What became of a revocation (IANA "Binding Revocation Acknowledgement Status Codes").
    pub struct RevocationStatus(u8) {
        0 => SUCCESS, "success", "success", "RFC 5846";
        1 => PARTIAL_SUCCESS, "partial_success", "partial success", "RFC 5846";
        128 => NO_BINDING, "no_binding", "Binding Does NOT Exist", "RFC 5846";
        129 => IPV4_OPTION_REQUIRED, "ipv4_option_required", "IPv4 Home Address Option Required", "RFC 5846";
        130 => GLOBAL_NOT_AUTHORIZED, "global_not_authorized", "Global Revocation NOT Authorized", "RFC 5846";
        131 => IDENTITY_REQUIRED, "identity_required", "Revoked Mobile Nodes Identity Required", "RFC 5846";
        132 => ATTACHED, "attached", "Revocation Failed - MN is Attached", "RFC 5846";
        133 => TRIGGER_NOT_SUPPORTED, "trigger_not_supported", "Revocation Trigger NOT Supported", "RFC 5846";
        134 => FUNCTION_NOT_SUPPORTED, "function_not_supported", "Revocation Function NOT Supported", "RFC 5846";
        135 => PROXY_NOT_SUPPORTED, "proxy_not_supported", "Proxy Binding Revocation NOT Supported", "RFC 5846";
    }
}

registry! {
    /// What became of localized routing (RFC 6705 §10.2).
    pub struct LocalizedRoutingStatus(u8) {
        0 => SUCCESS, "success", "Success", "RFC 6705";
        128 => NOT_ALLOWED, "not_allowed", "Localized Routing Not Allowed", "RFC 6705";
        129 => NOT_ATTACHED, "not_attached", "MN Not Attached", "RFC 6705";
    }
}

registry! {
    /// Why a MAG is notified (IANA "Update Notification Reasons Registry").
    pub struct UpnReason(u16) {
        1 => FORCE_REREGISTRATION, "force_reregistration", "FORCE-REREGISTRATION", "RFC 7077";
        2 => UPDATE_SESSION_PARAMETERS, "update_session_parameters", "UPDATE-SESSION-PARAMETERS", "RFC 7077";
        3 => VENDOR_SPECIFIC_REASON, "vendor_specific_reason", "VENDOR-SPECIFIC-REASON", "RFC 7077";
        4 => ANI_PARAMS_REQUESTED, "ani_params_requested", "ANI-PARAMS-REQUESTED", "RFC 7077";
        5 => QOS_SERVICE_REQUEST, "qos_service_request", "QOS_SERVICE_REQUEST", "RFC 7222";
        6 => PCSCF_RESTORATION_PCO, "pcscf_restoration_pco", "PGW-TRIGGERED-PCSCF-RESTORATION-PCO", "3GPP TS 29.275";
        7 => PCSCF_RESTORATION_DHCP, "pcscf_restoration_dhcp", "PGW-TRIGGERED-PCSCF-RESTORATION-DHCP", "3GPP TS 29.275";
        8 => FLOW_MOBILITY, "flow_mobility", "FLOW-MOBILITY", "RFC 7864";
    }
}

registry! {
    /// What became of a notification (IANA "Update Notification Acknowledgement Status Registry").
    pub struct UpaStatus(u8) {
        0 => SUCCESS, "success", "SUCCESS", "RFC 7077";
        128 => FAILED_TO_UPDATE_SESSION_PARAMETERS, "failed_to_update_session_parameters", "FAILED-TO-UPDATE-SESSION-PARAMETERS", "RFC 7077";
        129 => MISSING_VENDOR_SPECIFIC_OPTION, "missing_vendor_specific_option", "MISSING-VENDOR-SPECIFIC-OPTION", "RFC 7077";
        130 => CANNOT_MEET_QOS_SERVICE_REQUEST, "cannot_meet_qos_service_request", "CANNOT_MEET_QOS_SERVICE_REQUEST", "RFC 7222";
        131 => REASON_UNSPECIFIED, "reason_unspecified", "Reason unspecified", "RFC 7864";
        132 => NOT_ATTACHED, "not_attached", "MN not attached", "RFC 7864";
    }
}

flags! {
    /// Flags of a Heartbeat.
    pub struct HeartbeatFlags(u16) {
        U = 0x0002, "Unsolicited Heartbeat Response", "RFC 5847 §3.3";
        R = 0x0001, "Response", "RFC 5847 §3.3";
    }
}

flags! {
    /// Flags of both Binding Revocation messages.
    pub struct RevocationFlags(u16) {
        P = 0x8000, "Proxy Binding", "RFC 5846 §5.1";
        V = 0x4000, "IPv4 HoA Binding Only", "RFC 5846 §5.1";
        G = 0x2000, "Global", "RFC 5846 §5.1";
    }
}

flags! {
    /// Flags of a Localized Routing Acknowledgment.
    pub struct LocalizedRoutingFlags(u8) {
        U = 0x80, "Unsolicited", "RFC 6705 §10.2";
    }
}

flags! {
    /// Flags of an Update Notification.
    pub struct UpnFlags(u16) {
        A = 0x8000, "Acknowledgement Requested", "RFC 7077 §4.1";
        D = 0x4000, "Retransmit", "RFC 7077 §4.1";
    }
}

flags! {
    /// Flags of a Subscription Response.
    pub struct SubscriptionFlags(u8) {
        I = 0x80, "Multicast Information", "RFC 7161 §4.3.2.2";
    }
}

value_struct! {
    /// Asks whether a peer lives, or answers that (RFC 5847 §3.3).
    message Heartbeat in HeartbeatBody {
        flags: HeartbeatFlags => Flags(HeartbeatFlags::FLAGS), "flag", "Flags";
        seq: u32 => Uint, "seq", "Sequence Number";
    }

    /// Ends bindings (RFC 5846 §5.1), or answers that (§5.2): the type says which.
    message BindingRevocation in BindingRevocationBody {
        br_type: RevocationType => Named(RevocationType::NAMES), "br_type", "B.R. Type";
        trigger_or_status: u8 => NamedBy {
            selector: "br_type",
            registries: &[
                (RevocationType::INDICATION.0 as u32, RevocationTrigger::NAMES),
                (RevocationType::ACKNOWLEDGEMENT.0 as u32, RevocationStatus::NAMES),
            ],
        }, "trigger_or_status", "R. Trigger or Status";
        seq: u16 => Uint, "seq", "Sequence #";
        flags: RevocationFlags => Flags(RevocationFlags::FLAGS), "flag", "Flags";
    }

    /// Asks for localized routing between two mobile nodes (RFC 6705 §10.1). The lifetime counts seconds.
    message LocalizedRoutingInit in LocalizedRoutingInitBody {
        seq: u16 => Uint, "seq", "Sequence #";
        reserved: u16 => Reserved, "reserved", "Reserved";
        seconds: u16 => Uint, "lifetime", "Lifetime";
    }

    /// Answers that (RFC 6705 §10.2). The lifetime counts seconds.
    message LocalizedRoutingAck in LocalizedRoutingAckBody {
        seq: u16 => Uint, "seq", "Sequence #";
        flags: LocalizedRoutingFlags => Flags(LocalizedRoutingFlags::FLAGS), "flag", "Flags";
        status: LocalizedRoutingStatus => Named(LocalizedRoutingStatus::NAMES), "status", "Status";
        seconds: u16 => Uint, "lifetime", "Lifetime";
    }

    /// Tells a MAG of a change (RFC 7077 §4.1). Its D flag says that it is sent again; it is not the one of RFC 8885.
    message Upn in UpnBody {
        seq: u16 => Uint, "seq", "Sequence #";
        reason: UpnReason => Named(UpnReason::NAMES), "reason", "Notification Reason";
        flags: UpnFlags => Flags(UpnFlags::FLAGS), "flag", "Flags";
    }

    /// Answers that (RFC 7077 §4.2).
    message Upa in UpaBody {
        seq: u16 => Uint, "seq", "Sequence #";
        status: UpaStatus => Named(UpaStatus::NAMES), "status", "Status Code";
        reserved: u8 => Reserved, "reserved", "Reserved";
        reserved_too: u16 => Reserved, "reserved_too", "Reserved";
    }

    /// Asks for a mobile node's multicast subscriptions (RFC 7161 §4.3.1).
    message SubscriptionQuery in SubscriptionQueryBody {
        sequence: u8 => Uint, "sequence", "Sequence #";
        reserved: u8 => Reserved, "reserved", "Reserved";
    }

    /// Answers that (RFC 7161 §4.3.2).
    message SubscriptionResponse in SubscriptionResponseBody {
        sequence: u8 => Uint, "sequence", "Sequence #";
        flags: SubscriptionFlags => Flags(SubscriptionFlags::FLAGS), "flag", "Flags";
    }
}
