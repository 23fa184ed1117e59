//! Every message but PBU and PBA, which are in `hand_made.rs`: octets written down from the figures of their RFCs, field
//! by field, with checksums by another program (Python, over the pseudo-header of RFC 8200 §8.1) for messages from MAG
//! to LMA.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use dmm_codec::body::flow::{BindingIdentifier, FlowIdentification, FlowStatus, MulticastSubscription};
use dmm_codec::body::handover::{
    ContextRequest, HandoverAuthorization, HandoverLinkLayer, LinkLayerCode, LmaAddress,
};
use dmm_codec::body::mobile::RefreshAdvice;
use dmm_codec::body::proxy::{GroupIdentifier, GroupType, MagAddress, RestartCounter};
use dmm_codec::message::{
    BeStatus, BindingError, BindingRefreshRequest, BindingRevocation, CareOfTest, CareOfTestInit,
    Experimental, Fback, FbackFlags, FbackStatus, Fbu, FbuFlags, FlowBinding, FlowBindingFlags,
    FlowBindingTrigger, FlowBindingType, Fna, Hack, HackCode, HackFlags, Heartbeat, HeartbeatFlags, Hi,
    HiCode, HiFlags, HomeAgentSwitch, HomeTest, HomeTestInit, LocalizedRoutingAck, LocalizedRoutingFlags,
    LocalizedRoutingInit, LocalizedRoutingStatus, MessageData, RevocationFlags, RevocationStatus,
    RevocationTrigger, RevocationType, SubscriptionFlags, SubscriptionQuery, SubscriptionResponse, Upa,
    UpaStatus, Upn, UpnFlags, UpnReason,
};
use dmm_codec::sub_option::RequestedOption;
use dmm_codec::{
    Lifetime, LinkLayerAddress, MESSAGES, Message, MessageView, MnIdentifier, MobilityOption as O, Status,
};
use pretty_assertions::assert_eq;

const MAG: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1);
const LMA: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);
const ADDRESS: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// RFC 6275 §6.1.2: "If no actual options are present in this message, no padding is necessary and the Header Len field will be set to 0".
#[rustfmt::skip]
const BRR: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x00, // Header Len: 8 octets
    0x00, // MH Type: Binding Refresh Request
    0x00, // Reserved
    0x67, 0xfc, // Checksum
    0x00, 0x00, // Reserved
];

/// RFC 6275 §6.1.3.
#[rustfmt::skip]
const HOTI: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x01, // Header Len: 16 octets
    0x01, // MH Type: Home Test Init
    0x00, // Reserved
    0x56, 0xdf, // Checksum
    0x00, 0x00, // Reserved
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, // Home Init Cookie
];

/// RFC 6275 §6.1.4, with the option of RFC 5648 §4.3.
#[rustfmt::skip]
const COTI: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x02, // MH Type: Care-of Test Init
    0x00, // Reserved
    0xf1, 0x85, // Checksum
    0x00, 0x00, // Reserved
    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, // Care-of Init Cookie
    // 16
    0x23, 0x04, 0x00, 0x07, 0x00, 0x05, // Binding Identifier, Length 4, Binding ID, Status, BID-PRI
    0x01, 0x00, // PadN of 2: to 24 octets
];

/// RFC 6275 §6.1.5.
#[rustfmt::skip]
const HOT: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x03, // MH Type: Home Test
    0x00, // Reserved
    0x80, 0xf5, // Checksum
    0x00, 0x09, // Home Nonce Index
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, // Home Init Cookie
    0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, // Home Keygen Token
];

/// RFC 6275 §6.1.6.
#[rustfmt::skip]
const COT: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x04, // MH Type: Care-of Test
    0x00, // Reserved
    0x7f, 0xf4, // Checksum
    0x00, 0x0a, // Care-of Nonce Index
    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, // Care-of Init Cookie
    0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, // Care-of Keygen Token
];

/// RFC 6275 §6.1.9.
#[rustfmt::skip]
const BE: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x07, // MH Type: Binding Error
    0x00, // Reserved
    0x31, 0x30, // Checksum
    0x02, // Status: unrecognized MH Type value
    0x00, // Reserved
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // Home Address
];

/// RFC 5568 §6.2.2, with the options of RFC 6275 §6.2.5 and RFC 5568 §6.4.4.
#[rustfmt::skip]
const FBU: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x05, // Header Len: 48 octets
    0x08, // MH Type: Fast Binding Update
    0x00, // Reserved
    0x4e, 0x8d, // Checksum
    0x00, 0x05, // Sequence #
    0xc0, 0x00, // A and H
    0x00, 0x0a, // Lifetime: 10 * 4 s
    // 12
    0x01, 0x00, // PadN of 2
    // 14 = 8n+6
    0x03, 0x10, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // Alternate Care-of Address, Length 16
    // 32
    0x07, 0x07, 0x02, 0x02, 0x00, 0x5e, 0x10, 0x00, 0x01, // Mobility Header Link-Layer Address, Length 7, Option-Code, LLA
    // 41
    0x01, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, // PadN of 7: to 48 octets
];

/// RFC 5568 §6.2.3, with the option of §6.4.5.
#[rustfmt::skip]
const FBACK: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x03, // Header Len: 32 octets
    0x09, // MH Type: Fast Binding Acknowledgment
    0x00, // Reserved
    0x23, 0x11, // Checksum
    0x01, // Status: accepted but NCoA is invalid
    0x80, // K
    0x00, 0x05, // Sequence #
    0x00, 0x0a, // Lifetime: 10 * 4 s
    // 12
    0x15, 0x10, 0x00, 0x00, 0x00, 0x07, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, // Binding Authorization Data for FMIPv6, Length 16, SPI, Authenticator
    // 30
    0x01, 0x00, // PadN of 2: to 32 octets
];

/// RFC 4068 §6.3.3, with the option of RFC 5568 §6.4.4.
#[rustfmt::skip]
const FNA: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x0a, // MH Type: Fast Neighbor Advertisement
    0x00, // Reserved
    0x3e, 0x82, // Checksum
    0x00, 0x00, // Reserved
    // 8
    0x07, 0x07, 0x02, 0x02, 0x00, 0x5e, 0x10, 0x00, 0x01, // Mobility Header Link-Layer Address, Length 7, Option-Code, LLA
    // 17
    0x01, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, // PadN of 7: to 24 octets
];

/// RFC 5096 §3.
#[rustfmt::skip]
const EXPERIMENTAL: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x01, // Header Len: 16 octets
    0x0b, // MH Type: Experimental Mobility Header
    0x00, // Reserved
    0xb6, 0x49, // Checksum
    0xde, 0xad, 0xbe, 0xef, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, // Message Data
];

/// RFC 5142 §4, with the option of RFC 6275 §6.2.4.
#[rustfmt::skip]
const HA_SWITCH: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x05, // Header Len: 48 octets
    0x0c, // MH Type: Home Agent Switch
    0x00, // Reserved
    0xfb, 0x37, // Checksum
    0x02, // # of Addresses
    0x00, // Reserved
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // a Home Agent Address
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, // another
    // 40 = 2n
    0x02, 0x02, 0x00, 0x1e, // Binding Refresh Advice, Length 2, Refresh Interval: 30 * 4 s
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 48 octets
];

/// RFC 5142 §4: "If set to zero, the mobile node MUST perform home agent discovery".
#[rustfmt::skip]
const HA_SWITCH_AWAY: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x00, // Header Len: 8 octets
    0x0c, // MH Type: Home Agent Switch
    0x00, // Reserved
    0x5b, 0xfc, // Checksum
    0x00, // # of Addresses
    0x00, // Reserved
];

/// RFC 5847 §3.3, with the option of §3.4.
#[rustfmt::skip]
const HEARTBEAT: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x0d, // MH Type: Heartbeat
    0x00, // Reserved
    0x3c, 0xd7, // Checksum
    0x00, 0x03, // Reserved, U and R
    0x00, 0x01, 0x00, 0x02, // Sequence Number
    // 12
    0x01, 0x00, // PadN of 2
    // 14 = 4n+2
    0x1c, 0x04, 0x00, 0x00, 0x00, 0x07, // Restart Counter, Length 4
    // 20
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 24 octets
];

/// RFC 5949 §6.1.1, with the options of RFC 4283 §3 and RFC 5949 §6.2.1.
#[rustfmt::skip]
const HI: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x0e, // MH Type: Handover Initiate
    0x00, // Reserved
    0x22, 0xb9, // Checksum
    0x00, 0x06, // Sequence #
    0x70, // U, P and F
    0x02, // Code: completion of forwarding
    // 10
    0x08, 0x05, 0x01, 0x6d, 0x40, 0x78, 0x79, // Mobile Node Identifier, Length 5, Subtype NAI, m@xy
    // 17
    0x28, 0x04, 0x00, 0x00, 0x16, 0x00, // Context Request, Length 4, Reserved, Home Network Prefix
    0x00, // Pad1: to 24 octets
];

/// RFC 5949 §6.1.2, with the option of §6.2.2.
#[rustfmt::skip]
const HACK: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x0f, // MH Type: Handover Acknowledge
    0x00, // Reserved
    0x0a, 0x55, // Checksum
    0x00, 0x06, // Sequence #
    0x60, // P and F
    0x83, // Code: 131, requested context not available
    // 10
    0x29, 0x06, 0x02, 0x00, 0xc0, 0x00, 0x02, 0x01, // Local Mobility Anchor Address, Length 6, Option-Code, Reserved, 192.0.2.1
    // 18
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, // PadN of 6: to 24 octets
];

/// RFC 5846 §5.1, with the option of RFC 4283 §3.
#[rustfmt::skip]
const BRI: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x10, // MH Type: Binding Revocation
    0x00, // Reserved
    0xf0, 0xf4, // Checksum
    0x01, // B.R. Type: Binding Revocation Indication
    0x01, // R. Trigger: administrative reason
    0x00, 0x08, // Sequence #
    0xa0, 0x00, // P and G
    // 12
    0x08, 0x05, 0x01, 0x6d, 0x40, 0x78, 0x79, // Mobile Node Identifier, Length 5, Subtype NAI, m@xy
    // 19
    0x01, 0x03, 0x00, 0x00, 0x00, // PadN of 5: to 24 octets
];

/// RFC 5846 §5.2: "4 octets of padding are necessary and the Header Len field [...] will be set to 1".
#[rustfmt::skip]
const BRA: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x01, // Header Len: 16 octets
    0x10, // MH Type: Binding Revocation
    0x00, // Reserved
    0xb4, 0x68, // Checksum
    0x02, // B.R. Type: Binding Revocation Acknowledgement
    0x80, // Status: 128, binding does not exist
    0x00, 0x08, // Sequence #
    0xa0, 0x00, // P and G
    // 12
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 16 octets
];

/// RFC 6705 §10.1, with options for two mobile nodes and that of §11.1.
#[rustfmt::skip]
const LRI: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x0b, // Header Len: 96 octets
    0x11, // MH Type: Localized Routing Initiation
    0x00, // Reserved
    0xe0, 0xe4, // Checksum
    0x00, 0x09, // Sequence #
    0x00, 0x00, // Reserved
    0x02, 0x58, // Lifetime: 600 s
    // 12
    0x08, 0x05, 0x01, 0x6d, 0x40, 0x78, 0x79, // Mobile Node Identifier, Length 5, Subtype NAI, m@xy
    // 19
    0x00, // Pad1
    // 20 = 8n+4
    0x16, 0x12, 0x00, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // Home Network Prefix, Length 18, Reserved, Prefix Length 64
    // 40
    0x08, 0x05, 0x01, 0x6e, 0x40, 0x78, 0x79, // Mobile Node Identifier, Length 5, Subtype NAI, n@xy
    // 47
    0x01, 0x03, 0x00, 0x00, 0x00, // PadN of 5
    // 52 = 8n+4
    0x16, 0x12, 0x00, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // Home Network Prefix, Length 18, Reserved, Prefix Length 64
    // 72
    0x01, 0x02, 0x00, 0x00, // PadN of 4
    // 76 = 8n+4
    0x33, 0x12, 0x00, 0x80, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // MAG IPv6 Address, Length 18, Reserved, Address Length 128
];

/// RFC 6705 §10.2.
#[rustfmt::skip]
const LRA: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x01, // Header Len: 16 octets
    0x12, // MH Type: Localized Routing Acknowledgment
    0x00, // Reserved
    0xd2, 0x0e, // Checksum
    0x00, 0x09, // Sequence #
    0x80, // U
    0x81, // Status: 129, MN not attached
    0x02, 0x58, // Lifetime: 600 s
    // 12
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 16 octets
];

/// RFC 7077 §4.1, with the option of RFC 6602 §4.3.
#[rustfmt::skip]
const UPN: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x13, // MH Type: Update Notification
    0x00, // Reserved
    0x60, 0xd5, // Checksum
    0x00, 0x0a, // Sequence #
    0x00, 0x01, // Notification Reason: FORCE-REREGISTRATION
    0xc0, 0x00, // A and D, which is no D flag of RFC 8885
    // 12
    0x32, 0x06, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, // Mobile Node Group Identifier, Length 6, Sub-type, Reserved
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 24 octets
];

/// RFC 7077 §4.2.
#[rustfmt::skip]
const UPA: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x01, // Header Len: 16 octets
    0x14, // MH Type: Update Notification Acknowledgement
    0x00, // Reserved
    0xd2, 0xe6, // Checksum
    0x00, 0x0a, // Sequence #
    0x80, // Status Code: FAILED-TO-UPDATE-SESSION-PARAMETERS
    0x00, 0x00, 0x00, // Reserved
    // 12
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 16 octets
];

/// RFC 7109 §6.1.1, with the option of RFC 6089 §4.2.
#[rustfmt::skip]
const FLOW_BINDING: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x02, // Header Len: 24 octets
    0x15, // MH Type: Flow Binding
    0x00, // Reserved
    0x22, 0x4b, // Checksum
    0x00, 0x01, // Flow Binding Type: Flow Binding Indication
    0x00, 0x0b, // Sequence #
    0x02, // Trigger: administrative reason
    0x80, // A
    // 12 = 2n
    0x2d, 0x06, 0x00, 0x01, 0x00, 0x0a, 0x00, 0x00, // Flow Identification, Length 6, FID, FID-PRI, Reserved, Status
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 24 octets
];

/// RFC 7161 §4.3.1.2, with the option of RFC 4283 §3.
#[rustfmt::skip]
const SUBSCRIPTION_QUERY: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x01, // Header Len: 16 octets
    0x16, // MH Type: Subscription Query
    0x00, // Reserved
    0x83, 0x08, // Checksum
    0x0c, // Sequence #
    0x00, // Reserved
    // 8
    0x08, 0x05, 0x01, 0x6d, 0x40, 0x78, 0x79, // Mobile Node Identifier, Length 5, Subtype NAI, m@xy
    0x00, // Pad1: to 16 octets
];

/// RFC 7161 §4.3.2.2, with the options of RFC 4283 §3 and RFC 7161 §6.1.
#[rustfmt::skip]
const SUBSCRIPTION_RESPONSE: &[u8] = &[
    0x3b, // Payload Proto: 59, no next header
    0x03, // Header Len: 32 octets
    0x17, // MH Type: Subscription Response
    0x00, // Reserved
    0x89, 0x1b, // Checksum
    0x0c, // Sequence #
    0x80, // I
    // 8
    0x08, 0x05, 0x01, 0x6d, 0x40, 0x78, 0x79, // Mobile Node Identifier, Length 5, Subtype NAI, m@xy
    // 15
    0x01, 0x00, // PadN of 2
    // 17 = 4n+1
    0x38, 0x09, 0x22, 0x04, 0x00, 0x00, 0x00, 0xe9, 0xfc, 0x00, 0x01, // Active Multicast Subscription IPv4, Length 9, IGMP Type, Context
    0x01, 0x02, 0x00, 0x00, // PadN of 4: to 32 octets
];

fn mn(nai: &str) -> O {
    O::MnIdentifier(MnIdentifier::nai(nai))
}

fn hnp(prefix: &str) -> O {
    O::HomeNetworkPrefix(prefix.parse().unwrap())
}

fn link_layer() -> O {
    let address = LinkLayerAddress::from([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01]);
    O::HandoverLinkLayer(HandoverLinkLayer { code: LinkLayerCode::MOBILE_NODE, address })
}

fn of_mobile_ipv6() -> Vec<(&'static [u8], Message)> {
    let bid = BindingIdentifier { id: 7, status: Status(0), at_home: false, priority: 5, care_of: None };
    let other = Ipv6Addr::from_bits(ADDRESS.to_bits() + 1);
    let flow =
        FlowIdentification { id: 1, priority: 10, status: FlowStatus::SUCCESSFUL, sub_options: vec![] };
    vec![
        (BRR, Message::BindingRefreshRequest(BindingRefreshRequest { options: vec![] })),
        (HOTI, Message::HomeTestInit(HomeTestInit { cookie: 0x0102_0304_0506_0708, options: vec![] })),
        (
            COTI,
            Message::CareOfTestInit(CareOfTestInit {
                cookie: 0x1112_1314_1516_1718,
                options: vec![O::BindingIdentifier(bid)],
            }),
        ),
        (
            HOT,
            Message::HomeTest(HomeTest {
                nonce_index: 9,
                cookie: 0x0102_0304_0506_0708,
                token: 0xf1f2_f3f4_f5f6_f7f8,
                options: vec![],
            }),
        ),
        (
            COT,
            Message::CareOfTest(CareOfTest {
                nonce_index: 10,
                cookie: 0x1112_1314_1516_1718,
                token: 0xe1e2_e3e4_e5e6_e7e8,
                options: vec![],
            }),
        ),
        (
            BE,
            Message::BindingError(BindingError {
                status: BeStatus::UNKNOWN_MH_TYPE,
                home_address: ADDRESS,
                options: vec![],
            }),
        ),
        (
            EXPERIMENTAL,
            Message::Experimental(Experimental {
                data: MessageData::new(&[0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6]),
                options: vec![],
            }),
        ),
        (
            HA_SWITCH,
            Message::HomeAgentSwitch(HomeAgentSwitch {
                addresses: vec![ADDRESS, other],
                options: vec![O::RefreshAdvice(RefreshAdvice { interval: Lifetime(30) })],
            }),
        ),
        (HA_SWITCH_AWAY, Message::HomeAgentSwitch(HomeAgentSwitch::default())),
        (
            FLOW_BINDING,
            Message::FlowBinding(FlowBinding {
                fb_type: FlowBindingType::INDICATION,
                seq: 11,
                trigger_or_status: FlowBindingTrigger::ADMINISTRATIVE.0,
                flags: FlowBindingFlags::A,
                options: vec![O::FlowIdentification(flow)],
            }),
        ),
    ]
}

fn of_handovers() -> Vec<(&'static [u8], Message)> {
    let badf = HandoverAuthorization { spi: 7, authenticator: (1..=12).collect() };
    vec![
        (
            FBU,
            Message::Fbu(Fbu {
                seq: 5,
                flags: FbuFlags::A | FbuFlags::H,
                lifetime: Lifetime(10),
                options: vec![O::AlternateCareOf(ADDRESS), link_layer()],
            }),
        ),
        (
            FBACK,
            Message::Fback(Fback {
                status: FbackStatus::ACCEPTED_OTHER_ADDRESS,
                flags: FbackFlags::K,
                seq: 5,
                lifetime: Lifetime(10),
                options: vec![O::HandoverAuthorization(badf)],
            }),
        ),
        (FNA, Message::Fna(Fna { options: vec![link_layer()] })),
        (
            HI,
            Message::Hi(Hi {
                seq: 6,
                flags: HiFlags::U | HiFlags::P | HiFlags::F,
                code: HiCode::FORWARDING_COMPLETED,
                options: vec![
                    mn("m@xy"),
                    O::ContextRequest(ContextRequest {
                        requests: vec![RequestedOption { kind: 22, data: vec![] }],
                    }),
                ],
            }),
        ),
        (
            HACK,
            Message::Hack(Hack {
                seq: 6,
                flags: HackFlags::P | HackFlags::F,
                code: HackCode::CONTEXT_NOT_AVAILABLE,
                options: vec![O::LmaAddress(LmaAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))))],
            }),
        ),
    ]
}

fn of_proxies() -> Vec<(&'static [u8], Message)> {
    let flags = RevocationFlags::P | RevocationFlags::G;
    vec![
        (
            HEARTBEAT,
            Message::Heartbeat(Heartbeat {
                flags: HeartbeatFlags::U | HeartbeatFlags::R,
                seq: 0x0001_0002,
                options: vec![O::RestartCounter(RestartCounter { counter: 7 })],
            }),
        ),
        (
            BRI,
            Message::BindingRevocation(BindingRevocation {
                br_type: RevocationType::INDICATION,
                trigger_or_status: RevocationTrigger::ADMINISTRATIVE.0,
                seq: 8,
                flags,
                options: vec![mn("m@xy")],
            }),
        ),
        (
            BRA,
            Message::BindingRevocation(BindingRevocation {
                br_type: RevocationType::ACKNOWLEDGEMENT,
                trigger_or_status: RevocationStatus::NO_BINDING.0,
                seq: 8,
                flags,
                options: vec![],
            }),
        ),
        (
            LRI,
            Message::LocalizedRoutingInit(LocalizedRoutingInit {
                seq: 9,
                seconds: 600,
                options: vec![
                    mn("m@xy"),
                    hnp("2001:db8:1:a::/64"),
                    mn("n@xy"),
                    hnp("2001:db8:1:b::/64"),
                    O::MagAddress(MagAddress(ADDRESS)),
                ],
            }),
        ),
        (
            LRA,
            Message::LocalizedRoutingAck(LocalizedRoutingAck {
                seq: 9,
                flags: LocalizedRoutingFlags::U,
                status: LocalizedRoutingStatus::NOT_ATTACHED,
                seconds: 600,
                options: vec![],
            }),
        ),
        (
            UPN,
            Message::Upn(Upn {
                seq: 10,
                reason: UpnReason::FORCE_REREGISTRATION,
                flags: UpnFlags::A | UpnFlags::D,
                options: vec![O::GroupIdentifier(GroupIdentifier {
                    subtype: GroupType::BULK_BINDING_UPDATE,
                    group: 1,
                })],
            }),
        ),
        (
            UPA,
            Message::Upa(Upa {
                seq: 10,
                status: UpaStatus::FAILED_TO_UPDATE_SESSION_PARAMETERS,
                options: vec![],
            }),
        ),
        (
            SUBSCRIPTION_QUERY,
            Message::SubscriptionQuery(SubscriptionQuery { sequence: 12, options: vec![mn("m@xy")] }),
        ),
        (
            SUBSCRIPTION_RESPONSE,
            Message::SubscriptionResponse(SubscriptionResponse {
                sequence: 12,
                flags: SubscriptionFlags::I,
                options: vec![
                    mn("m@xy"),
                    O::MulticastIpv4(MulticastSubscription {
                        protocol: 0x22,
                        context: vec![4, 0, 0, 0, 233, 252, 0, 1],
                    }),
                ],
            }),
        ),
    ]
}

fn all() -> Vec<(&'static [u8], Message)> {
    [of_mobile_ipv6(), of_handovers(), of_proxies()].concat()
}

#[test]
fn a_message_is_read_and_written_as_its_figure_says() {
    for (octets, message) in all() {
        let decoded =
            Message::decode(octets, MAG, LMA).unwrap_or_else(|error| panic!("{message:?}: {error}"));
        assert_eq!(decoded.message, message);
        assert_eq!(decoded.skipped, []);
        assert_eq!(message.encode(MAG, LMA).unwrap(), octets, "{message:?}");
    }
}

#[test]
fn every_message_has_octets_here_or_in_the_other_file() {
    let mut here: Vec<u8> = all().iter().map(|(_, message)| message.mh_type()).collect();
    here.sort_unstable();
    here.dedup();
    let rows: Vec<u8> = MESSAGES.iter().map(|spec| spec.mh_type).collect();
    assert_eq!(here, rows.into_iter().filter(|mh_type| ![5, 6].contains(mh_type)).collect::<Vec<_>>());
}

/// RFC 7077 §4.1: its D flag is no sign of RFC 8885.
#[test]
fn an_update_notification_sent_again_has_no_dmm_flag() {
    let view = MessageView::received(UPN, MAG, LMA).unwrap();
    assert!(view.field("flags").unwrap().has_flag("D"));
    assert!(!view.has_dmm_flag());
}

/// RFC 5142 §4: the options start behind as many addresses as the first octet says.
#[test]
fn the_addresses_of_a_home_agent_switch_are_counted() {
    let view = MessageView::received(HA_SWITCH, MAG, LMA).unwrap();
    assert_eq!(view.field("addresses").unwrap().octets.len(), 32);
    assert_eq!(view.options().next().unwrap().unwrap().offset, 40);
}

/// RFC 5096 §3: "Message Data" is all there is; what a sender writes behind it as options is data to a receiver.
#[test]
fn an_experiment_has_data_and_no_options() {
    let view = MessageView::received(EXPERIMENTAL, MAG, LMA).unwrap();
    assert_eq!(view.field("data").unwrap().octets.len(), 10);
    assert_eq!(view.options().count(), 0);
    assert_eq!(MessageData::default().octets(), [0, 0]);
    assert_eq!(MessageData::new(&[1, 2, 3]).octets(), [1, 2, 3, 0, 0, 0, 0, 0, 0, 0]);
    let data = MessageData::new(&[7; 10]);
    let with_option = Message::Experimental(Experimental { data, options: vec![mn("m@xy")] });
    let decoded = Message::decode(&with_option.encode(MAG, LMA).unwrap(), MAG, LMA).unwrap().message;
    assert_eq!(decoded.options(), []);
    let Message::Experimental(decoded) = decoded else { panic!("{decoded:?}") };
    assert_eq!(decoded.data.octets()[10..17], [8, 5, 1, b'm', b'@', b'x', b'y']);
}
