//! Options whose octets were written down from the figures of their RFCs, field by field. Those of RFC 5213 and RFC 8885
//! stand in whole messages in `hand_made.rs`, sub-options in `hand_made_sub_options.rs`.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use dmm_codec::body::access::{HeartbeatControl, UpdateTimer};
use dmm_codec::body::flow::{
    BindingIdentifier, BindingReference, FlowIdentification, FlowStatus, FlowSummary, MulticastSelector,
    MulticastSelectorFlags, MulticastSubscription, MultipathBinding, MultipathFlags, OffloadFlags,
    QosOperation, QualityOfService, TrafficOffload,
};
use dmm_codec::body::handover::{
    AddressCode, ContextRequest, HandoverAddress, HandoverAuthorization, HandoverLinkLayer, LinkLayerCode,
    LmaAddress, MnInterfaceIdentifier,
};
use dmm_codec::body::ipv4::{
    DhcpSupportMode, Ipv4AddressAcknowledgement, Ipv4HomeAddress, Ipv4HomeAddressReply,
    Ipv4HomeAddressRequest, Ipv4HomeAddressStatus, NatDetection, NatFlags, PlainIpv4,
};
use dmm_codec::body::mobile::{
    AuthenticationSubtype, Authenticator, CareOfTestToken, CgaParameters, DnsStatus, DnsUpdate,
    DnsUpdateFlags, Experiment, MobilityAuthentication, NonceIndices, PermanentHomeKeygenToken,
    RefreshAdvice, ReplayProtection, ServiceSelection, Signature, VendorSpecific,
};
use dmm_codec::body::proxy::{
    AccessNetwork, DelegatedPrefix, GreKey, GroupIdentifier, GroupType, LmaUserPlane, LoadInformation,
    MagAddress, MagIdentifier, MagParameters, Redirect, RedirectCapability, RestartCounter, TransientBinding,
    TransientFlags,
};
use dmm_codec::body::qos::BitRate;
use dmm_codec::message::Padded;
use dmm_codec::sub_option::{
    AccessNetworkSubOption, FlowSubOption, MagParameter, QosAttribute, RequestedOption,
};
use dmm_codec::{
    AccessTechnology, Lifetime, LinkLayerAddress, Message, MessageView, MnIdSubtype, MobilityOption, OPTIONS,
    Pbu, Status,
};
use pretty_assertions::assert_eq;

const V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// An option's octets, where it stands behind a Binding Update's Lifetime (octet 12), and what it says.
type Case = (&'static [u8], usize, MobilityOption);

/// RFC 6275 §6.2, RFC 3963 §4.3, RFC 4285, RFC 4866, RFC 5026, RFC 5094, RFC 5096, RFC 5149.
#[rustfmt::skip]
fn of_mobile_ipv6() -> Vec<Case> {
    use MobilityOption as O;
    vec![
        (&[
            2, 2, // Binding Refresh Advice, Length 2
            0x00, 0x1e, // Refresh Interval: 30 * 4 s
        ], 12, O::RefreshAdvice(RefreshAdvice { interval: Lifetime(30) })),
        (&[
            3, 16, // Alternate Care-of Address, Length 16
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ], 14, O::AlternateCareOf(V6)),
        (&[
            4, 4, // Nonce Indices, Length 4
            0x00, 0x05, // Home Nonce Index
            0x00, 0x06, // Care-of Nonce Index
        ], 12, O::NonceIndices(NonceIndices { home: 5, care_of: 6 })),
        (&[
            5, 12, // Binding Authorization Data, Length 12
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, // Authenticator
        ], 18, O::Authenticator(Authenticator((1..=12).collect()))),
        (&[
            6, 18, // Mobile Network Prefix, Length 18
            0, 56, // Reserved, Prefix Length
            0x20, 0x01, 0x0d, 0xb8, 0x00, 0x0a, 0xbc, 0, 0, 0, 0, 0, 0, 0, 0, 0, // Mobile Network Prefix
        ], 12, O::MobileNetworkPrefix("2001:db8:a:bc00::/56".parse().unwrap())),
        (&[
            9, 17, // Mobility Message Authentication, Length 17
            1, // Subtype: MN-HA
            0x00, 0x00, 0x01, 0x00, // Mobility SPI: 256
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, // Authentication Data
        ], 13, O::MobilityAuthentication(MobilityAuthentication {
            subtype: AuthenticationSubtype::MN_HA,
            spi: 256,
            data: (1..=12).collect(),
        })),
        (&[
            10, 8, // Mobility Message Replay Protection, Length 8
            0xed, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, // Timestamp of NTP
        ], 18, O::ReplayProtection(ReplayProtection { ntp: 0xed00_0001_8000_0000 })),
        (&[11, 0], 12, O::CgaParametersRequest(())), // CGA Parameters Request, Length 0
        (&[
            12, 3, // CGA Parameters, Length 3
            0xc0, 0xc1, 0xc2,
        ], 12, O::CgaParameters(CgaParameters(vec![0xc0, 0xc1, 0xc2]))),
        (&[
            13, 3, // Signature, Length 3
            0xd0, 0xd1, 0xd2,
        ], 12, O::Signature(Signature(vec![0xd0, 0xd1, 0xd2]))),
        (&[
            14, 8, // Permanent Home Keygen Token, Length 8
            1, 2, 3, 4, 5, 6, 7, 8,
        ], 12, O::PermanentHomeKeygenToken(PermanentHomeKeygenToken((1..=8).collect()))),
        (&[15, 0], 12, O::CareOfTestInit(())), // Care-of Test Init, Length 0
        (&[
            16, 8, // Care-of Test, Length 8
            1, 2, 3, 4, 5, 6, 7, 8, // Care-of Keygen Token
        ], 12, O::CareOfTest(CareOfTestToken { token: 0x0102_0304_0506_0708 })),
        (&[
            17, 8, // DNS Update, Length 8
            129, // Status: administratively prohibited
            0x80, // R, Reserved
            b'm', b'n', b'.', b'e', b'x', b'.', // MN identity
        ], 12, O::DnsUpdate(DnsUpdate {
            status: DnsStatus::ADMINISTRATIVELY_PROHIBITED,
            flags: DnsUpdateFlags::R,
            identity: b"mn.ex.".to_vec(),
        })),
        (&[
            18, 2, // Experimental Mobility, Length 2
            0xaa, 0xbb, // Data
        ], 12, O::Experiment(Experiment(vec![0xaa, 0xbb]))),
        (&[
            19, 7, // Vendor Specific Mobility, Length 7
            0x00, 0x00, 0x28, 0xaf, // Vendor ID: 10415
            3, // Sub-Type
            0xde, 0xad, // Data
        ], 14, O::VendorSpecific(VendorSpecific { vendor: 10415, subtype: 3, data: vec![0xde, 0xad] })),
        (&[
            20, 3, // Service Selection, Length 3
            b'i', b'm', b's', // Identifier
        ], 12, O::ServiceSelection(ServiceSelection::new(b"ims").unwrap())),
    ]
}

/// RFC 5568 §6.4 and RFC 5949 §6.2.
#[rustfmt::skip]
fn of_handovers() -> Vec<Case> {
    use MobilityOption as O;
    vec![
        (&[
            7, 7, // Mobility Header Link-Layer Address, Length 7
            2, // Option-Code: of the MN
            0x02, 0x00, 0x5e, 0x10, 0x00, 0x01, // LLA
        ], 12, O::HandoverLinkLayer(HandoverLinkLayer {
            code: LinkLayerCode::MOBILE_NODE,
            address: LinkLayerAddress::from([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01]),
        })),
        (&[
            21, 16, // Binding Authorization Data for FMIPv6, Length 16
            0x00, 0x00, 0x00, 0x07, // SPI
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, // Authenticator
        ], 12, O::HandoverAuthorization(HandoverAuthorization { spi: 7, authenticator: (1..=12).collect() })),
        (&[
            34, 18, // Mobility Header IPv6 Address/Prefix, Length 18
            2, 64, // Option-Code: New Care-of Address; Prefix Length
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // an address is more than its prefix
        ], 12, O::HandoverAddress(HandoverAddress {
            code: AddressCode::NEW_CARE_OF,
            address: "2001:db8::1/64".parse().unwrap(),
        })),
        (&[
            34, 18, // Mobility Header IPv6 Address/Prefix, Length 18
            4, 48, // Option-Code: NAR's Prefix; Prefix Length
            0x20, 0x01, 0x0d, 0xb8, 0x00, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ], 12, O::HandoverAddress(HandoverAddress {
            code: AddressCode::NEW_PREFIX,
            address: "2001:db8:a::/48".parse().unwrap(),
        })),
        (&[
            40, 11, // Context Request, Length 11
            0, 0, // Reserved
            22, 0, // Req-type-1: Home Network Prefix, Req-length-1
            19, 5, 0x00, 0x00, 0x28, 0xaf, 3, // Req-type-2: Vendor Specific, Req-length-2, Vendor-ID, Sub-Type
        ], 12, O::ContextRequest(ContextRequest {
            requests: vec![
                RequestedOption { kind: 22, data: vec![] },
                RequestedOption { kind: 19, data: vec![0, 0, 0x28, 0xaf, 3] },
            ],
        })),
        (&[
            41, 18, // Local Mobility Anchor Address, Length 18
            1, 0, // Option-Code: IPv6; Reserved
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ], 12, O::LmaAddress(LmaAddress(IpAddr::V6(V6)))),
        (&[
            41, 6, // Local Mobility Anchor Address, Length 6
            2, 0, // Option-Code: IPv4; Reserved
            192, 0, 2, 1,
        ], 12, O::LmaAddress(LmaAddress(IpAddr::V4(V4)))),
        (&[
            42, 10, // Mobile Node Link-local Address Interface Identifier, Length 10
            0, 0, // Reserved
            0x02, 0x00, 0x5e, 0xff, 0xfe, 0x10, 0x00, 0x01, // Interface Identifier
        ], 12, O::MnInterfaceIdentifier(MnInterfaceIdentifier { identifier: 0x0200_5eff_fe10_0001 })),
    ]
}

/// RFC 5555 §3, RFC 5844 §3.3, RFC 6463 §4.4.
#[rustfmt::skip]
fn of_ipv4() -> Vec<Case> {
    use MobilityOption as O;
    let acknowledged = Ipv4AddressAcknowledgement {
        status: Ipv4HomeAddressStatus::SUCCESS,
        address: "192.0.2.1/24".parse().unwrap(),
    };
    let refused = Ipv4AddressAcknowledgement {
        status: Ipv4HomeAddressStatus::INVALID_ADDRESS,
        address: "192.0.2.1/0".parse().unwrap(),
    };
    vec![
        (&[
            29, 6, // IPv4 Home Address, Length 6
            0b0110_0010, 0, // Prefix-len 24 in six bits, P, nine bits Reserved
            192, 0, 2, 1, // IPv4 home address
        ], 12, O::Ipv4HomeAddress(Ipv4HomeAddress {
            address: "192.0.2.1/24".parse().unwrap(),
            wants_prefix: true,
        })),
        (&[
            30, 6, // IPv4 Address Acknowledgement, Length 6
            0, // Status: success
            0b0110_0000, // Pref-len 24 in six bits, two bits Reserved
            192, 0, 2, 1, // IPv4 home address
        ], 12, O::Ipv4AddressAcknowledgement(acknowledged)),
        (&[
            31, 6, // NAT Detection, Length 6
            0x80, 0x00, // F, Reserved
            0x00, 0x00, 0x00, 0x6e, // Refresh time: 110 s
        ], 12, O::NatDetection(NatDetection { flags: NatFlags::F, refresh_time: 110 })),
        (&[
            32, 6, // IPv4 Care-of Address, Length 6
            0, 0, // Reserved
            192, 0, 2, 1,
        ], 12, O::Ipv4CareOf(PlainIpv4 { address: V4 })),
        (&[
            36, 6, // IPv4 Home Address Request, Length 6
            0b1000_0000, 0, // Prefix-len 32 in six bits, ten bits Reserved
            0, 0, 0, 0, // IPv4 home address: any
        ], 12, O::Ipv4HomeAddressRequest(Ipv4HomeAddressRequest("0.0.0.0/32".parse().unwrap()))),
        (&[
            37, 6, // IPv4 Home Address Reply, Length 6
            131, // Status: invalid IPv4 address
            0b0000_0000, // Pref-len 0 in six bits, two bits Reserved
            192, 0, 2, 1, // IPv4 home address
        ], 12, O::Ipv4HomeAddressReply(Ipv4HomeAddressReply(refused))),
        (&[
            38, 6, // IPv4 Default-Router Address, Length 6
            0, 0, // Reserved
            192, 0, 2, 1,
        ], 12, O::Ipv4DefaultRouter(PlainIpv4 { address: V4 })),
        (&[
            39, 2, // IPv4 DHCP Support Mode, Length 2
            0x00, 0x01, // Reserved, S
        ], 12, O::DhcpSupportMode(DhcpSupportMode::S)),
        (&[
            49, 4, // Alternate IPv4 Care-of Address, Length 4
            192, 0, 2, 1,
        ], 14, O::AlternateIpv4CareOf(V4)),
    ]
}

/// RFC 5648 §4.3, RFC 6089 §4, RFC 6909 §3.1, RFC 7028 §5.1, RFC 7161 §4.1 and §6.1, RFC 7222 §4.1, RFC 8278 §4.1.
#[rustfmt::skip]
fn of_flows() -> Vec<Case> {
    use MobilityOption as O;
    let binding = |status, at_home, priority, care_of| {
        O::BindingIdentifier(BindingIdentifier { id: 258, status, at_home, priority, care_of })
    };
    vec![
        (&[
            35, 4, // Binding Identifier, Length 4
            0x01, 0x02, // Binding ID
            164, // Status: MCOA MALFORMED
            0x03, // H, BID-PRI 3
        ], 12, binding(Status::MCOA_MALFORMED, false, 3, None)),
        (&[
            35, 8, // Binding Identifier, Length 8
            0x01, 0x02, // Binding ID
            0, // Status
            0x83, // H, BID-PRI 3
            192, 0, 2, 1, // care-of address
        ], 18, binding(Status(0), true, 3, Some(IpAddr::V4(V4)))),
        (&[
            35, 20, // Binding Identifier, Length 20
            0x01, 0x02, // Binding ID
            0, // Status
            0x7f, // H, BID-PRI 127
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // care-of address
        ], 18, binding(Status(0), false, 127, Some(IpAddr::V6(V6)))),
        (&[
            44, 4, // Flow Summary, Length 4
            0x00, 0x01, 0x01, 0x00, // two FIDs
        ], 12, O::FlowSummary(FlowSummary { first: 1, others: vec![256] })),
        (&[
            45, 10, // Flow Identification, Length 10
            0x00, 0x01, // FID
            0x00, 0x0a, // FID-PRI
            0, // Reserved
            131, // Status: BID not found
            2, 2, 0x00, 0x05, // BID Reference sub-option
        ], 12, O::FlowIdentification(FlowIdentification {
            id: 1,
            priority: 10,
            status: FlowStatus::BID_NOT_FOUND,
            sub_options: vec![FlowSubOption::BindingReference(BindingReference { first: 5, others: vec![] })],
        })),
        (&[
            53, 4, // IPv4 Traffic Offload Selector, Length 4: "an optional sub-option" in a PBU
            0x80, 0, 0, 0, // M, Reserved
        ], 12, O::TrafficOffload(TrafficOffload { flags: OffloadFlags::M, selector: vec![] })),
        (&[
            54, 24, // Dynamic IP Multicast Selector, Length 24
            143, // Protocol: MLDv2
            0x80, // M, Reserved
            0x00, 0x01, // Nr of Mcast Address Records
            4, 0, 0, 0, // Record Type, Aux Data Len, Number of Sources
            0xff, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // Multicast Address
        ], 12, O::MulticastSelector(MulticastSelector {
            protocol: 143,
            flags: MulticastSelectorFlags::M,
            record_count: 1,
            records: vec![4, 0, 0, 0, 0xff, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        })),
        (&[
            56, 9, // Active Multicast Subscription IPv4, Length 9
            0x22, // IGMP Type: IGMPv3
            4, 0, 0, 0, 233, 252, 0, 1, // Multicast Membership Context
        ], 13, O::MulticastIpv4(MulticastSubscription {
            protocol: 0x22,
            context: vec![4, 0, 0, 0, 233, 252, 0, 1],
        })),
        (&[
            57, 21, // Active Multicast Subscription IPv6, Length 21
            131, // MLD Type: MLDv1
            0, 0, 0, 0, // Reserved
            0xff, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // Multicast Address
        ], 17, O::MulticastIpv6(MulticastSubscription {
            protocol: 131,
            context: vec![0, 0, 0, 0, 0xff, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        })),
        (&[
            58, 14, // Quality-of-Service, Length 14
            9, // SR-ID
            0b1011_1000, // Traffic Class: DSCP 46 in six bits, two bits Reserved
            1, // Operational Code: ALLOCATE
            0, 0, 0, // Reserved
            1, 6, 0, 0, 0x00, 0x0f, 0x42, 0x40, // attribute Per-MN-Agg-Max-DL-Bit-Rate
        ], 12, O::QualityOfService(QualityOfService {
            request: 9,
            dscp: 46,
            operation: QosOperation::ALLOCATE,
            attributes: vec![QosAttribute::PerMnMaxDl(BitRate { rate: 1_000_000 })],
        })),
        (&[
            63, 6, // MAG Multipath Binding, Length 6
            4, // If-ATT: IEEE 802.11
            9, // If-Label
            1, // Binding ID
            0x40, 0, 0, // B, O, Reserved
        ], 12, O::MultipathBinding(MultipathBinding {
            technology: AccessTechnology::IEEE_802_11,
            label: 9,
            id: 1,
            flags: MultipathFlags::O,
        })),
    ]
}

/// RFC 5845 §6.1, RFC 5847 §3.4, RFC 6058 §5.1, RFC 6463 §4, RFC 6602 §4.3, RFC 6705 §11.1, RFC 6757 §3, RFC 7148 §4.1,
/// RFC 7389 §4, RFC 8127 §3, RFC 8278 §4.2.
#[rustfmt::skip]
fn of_proxies() -> Vec<Case> {
    use MobilityOption as O;
    let load = LoadInformation { priority: 1, sessions: 2, max_sessions: 3, capacity: 4, max_capacity: 5 };
    vec![
        (&[
            28, 4, // Restart Counter, Length 4
            0x00, 0x00, 0x01, 0x02,
        ], 14, O::RestartCounter(RestartCounter { counter: 258 })),
        (&[
            33, 2, // GRE Key, Length 2: no key
            0, 0, // Reserved
        ], 12, O::GreKey(GreKey(None))),
        (&[
            33, 6, // GRE Key, Length 6
            0, 0, // Reserved
            0xca, 0xfe, 0x00, 0x01, // GRE Key Identifier
        ], 12, O::GreKey(GreKey(Some(0xcafe_0001)))),
        (&[
            43, 2, // Transient Binding, Length 2
            0x01, // Reserved, L
            50, // Lifetime: 50 * 100 ms
        ], 12, O::TransientBinding(TransientBinding { flags: TransientFlags::L, tenths: 50 })),
        (&[
            46, 2, // Redirect-Capability, Length 2
            0, 0, // Reserved
        ], 12, O::RedirectCapability(RedirectCapability {})),
        (&[
            47, 18, // Redirect, Length 18
            0x80, 0x00, // K, N, Reserved
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // IPv6 r2LMA Address
        ], 12, O::Redirect(Redirect(IpAddr::V6(V6)))),
        (&[
            47, 6, // Redirect, Length 6
            0x40, 0x00, // K, N, Reserved
            192, 0, 2, 1, // IPv4 r2LMA Address
        ], 12, O::Redirect(Redirect(IpAddr::V4(V4)))),
        (&[
            48, 18, // Load Information, Length 18
            0, 1, // Priority
            0, 0, 0, 2, // Sessions in Use
            0, 0, 0, 3, // Maximum Sessions
            0, 0, 0, 4, // Used Capacity
            0, 0, 0, 5, // Maximum Capacity
        ], 12, O::LoadInformation(load)),
        (&[
            50, 6, // Mobile Node Group Identifier, Length 6
            1, 0, // Sub-type: Bulk Binding Update Group; Reserved
            0, 0, 0, 1, // Mobile Node Group Identifier: ALL-SESSIONS
        ], 12, O::GroupIdentifier(GroupIdentifier { subtype: GroupType::BULK_BINDING_UPDATE, group: 1 })),
        (&[
            51, 18, // MAG IPv6 Address, Length 18
            0, 128, // Reserved, Address Length
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ], 12, O::MagAddress(MagAddress(V6))),
        (&[
            52, 4, // Access Network Identifier, Length 4
            6, 2, 0x00, 0x19, // ANI Update-Timer sub-option
        ], 12, O::AccessNetwork(AccessNetwork {
            data: vec![AccessNetworkSubOption::UpdateTimer(UpdateTimer { interval: Lifetime(25) })],
        })),
        (&[
            55, 18, // Delegated Mobile Network Prefix, Length 18
            0x00, 56, // V, Reserved; Prefix Length
            0x20, 0x01, 0x0d, 0xb8, 0x00, 0x0a, 0xbc, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ], 18, O::DelegatedPrefix(DelegatedPrefix("2001:db8:a:bc00::/56".parse().unwrap()))),
        (&[
            55, 6, // Delegated Mobile Network Prefix, Length 6
            0x80, 28, // V, Reserved; Prefix Length
            192, 0, 2, 16,
        ], 18, O::DelegatedPrefix(DelegatedPrefix("192.0.2.16/28".parse().unwrap()))),
        (&[
            59, 2, // LMA User-Plane Address, Length 2: none
            0, 0, // Reserved
        ], 18, O::LmaUserPlane(LmaUserPlane(None))),
        (&[
            59, 6, // LMA User-Plane Address, Length 6
            0, 0, // Reserved
            192, 0, 2, 1,
        ], 18, O::LmaUserPlane(LmaUserPlane(Some(IpAddr::V4(V4))))),
        (&[
            59, 18, // LMA User-Plane Address, Length 18
            0, 0, // Reserved
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ], 18, O::LmaUserPlane(LmaUserPlane(Some(IpAddr::V6(V6))))),
        (&[
            62, 8, // LMA-Controlled MAG Parameters, Length 8
            2, 6, 0, 60, 0, 5, 0, 3, // Heartbeat Control sub-option
        ], 14, O::MagParameters(MagParameters {
            data: vec![MagParameter::Heartbeat(HeartbeatControl { interval: 60, delay: 5, retransmissions: 3 })],
        })),
        (&[
            64, 5, // MAG Identifier, Length 5
            1, 0, // Subtype: NAI; Reserved
            b'm', b'@', b'x', // Identifier
        ], 12, O::MagIdentifier(MagIdentifier { subtype: MnIdSubtype::NAI, identifier: b"m@x".to_vec() })),
    ]
}

fn all() -> Vec<Case> {
    [of_mobile_ipv6(), of_handovers(), of_ipv4(), of_flows(), of_proxies()].concat()
}

#[test]
fn an_option_is_read_and_written_as_its_figure_says() {
    for (octets, at, value) in all() {
        let [kind, length, body @ ..] = octets else { panic!("{octets:?}") };
        assert_eq!(usize::from(*length), body.len(), "type {kind}");
        assert_eq!(MobilityOption::read(*kind, body), Ok(value.clone()), "type {kind}");
        let pbu = Pbu { options: vec![value], ..Pbu::default() };
        let written = Message::Pbu(pbu).encode_unsummed(Padded::Aligned).unwrap();
        assert_eq!(&written[at..at + octets.len()], octets, "type {kind}");
        let view = MessageView::new(&written).unwrap();
        let stands = view.options().map(Result::unwrap).find(|option| option.kind > 1).unwrap();
        assert_eq!(stands.offset, at, "type {kind}");
    }
}

#[test]
fn every_option_of_other_rfcs_has_octets_here() {
    let elsewhere = |kind: &u8| [0, 1, 8].contains(kind) || (22..=27).contains(kind) || *kind >= 65;
    let mut here: Vec<u8> = all().iter().map(|(_, _, value)| value.kind()).collect();
    here.sort_unstable();
    here.dedup();
    let rows: Vec<u8> = OPTIONS.iter().map(|spec| spec.kind).filter(|kind| !elsewhere(kind)).collect();
    assert_eq!(here, rows);
}

/// "MUST be ignored by the receiver", as each of these RFCs says of what it reserves.
#[test]
fn reserved_bits_are_ignored() {
    let cases: &[(&[u8], &[u8])] = &[
        (&[29, 0x62, 0x00, 192, 0, 2, 1], &[29, 0x63, 0xff, 192, 0, 2, 1]),
        (&[30, 0, 0x60, 192, 0, 2, 1], &[30, 0, 0x63, 192, 0, 2, 1]),
        (&[32, 0, 0, 192, 0, 2, 1], &[32, 0xff, 0xff, 192, 0, 2, 1]),
        (&[33, 0, 0], &[33, 0xff, 0xff]),
        (&[36, 0x80, 0x00, 0, 0, 0, 0], &[36, 0x83, 0xff, 0, 0, 0, 0]),
        (&[38, 0, 0, 192, 0, 2, 1], &[38, 0xff, 0xff, 192, 0, 2, 1]),
        (&[40, 0, 0, 22, 0], &[40, 0xff, 0xff, 22, 0]),
        (&[41, 2, 0, 192, 0, 2, 1], &[41, 2, 0xff, 192, 0, 2, 1]),
        (&[42, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8], &[42, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8]),
        (&[45, 0, 1, 0, 1, 0, 0], &[45, 0, 1, 0, 1, 0xff, 0]),
        (&[46, 0, 0], &[46, 0xff, 0xff]),
        (&[47, 0x40, 0, 192, 0, 2, 1], &[47, 0x7f, 0xff, 192, 0, 2, 1]),
        (&[50, 1, 0, 0, 0, 0, 1], &[50, 1, 0xff, 0, 0, 0, 1]),
        (&[55, 0x80, 24, 192, 0, 2, 0], &[55, 0xff, 24, 192, 0, 2, 0xff]),
        (&[58, 1, 0xb8, 1, 0, 0, 0], &[58, 1, 0xbb, 1, 0xff, 0xff, 0xff]),
        (&[59, 0, 0], &[59, 0xff, 0xff]),
        (&[63, 4, 9, 1, 0x40, 0, 0], &[63, 4, 9, 1, 0x40, 0xff, 0xff]),
        (&[64, 1, 0, b'm'], &[64, 1, 0xff, b'm']),
    ];
    for (clean, dirty) in cases {
        let [clean, dirty] = [clean, dirty].map(|octets| MobilityOption::read(octets[0], &octets[1..]));
        assert!(clean.is_ok());
        assert_eq!(clean, dirty);
    }
}
