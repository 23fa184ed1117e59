//! Messages, options, sub-options and edits of every kind, for properties that are to hold for each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use dmm_codec::body::{Padding, access, flow, handover, ipv4, mobile, proxy, qos};
use dmm_codec::edit::{Change, Edit, Place};
use dmm_codec::message::{
    self, BeStatus, BindingRefreshRequest, FbackFlags, FbackStatus, FbuFlags, FlowBindingFlags,
    FlowBindingType, HackCode, HackFlags, HeartbeatFlags, HiCode, HiFlags, LocalizedRoutingFlags,
    LocalizedRoutingStatus, MessageData, RevocationFlags, RevocationType, SubscriptionFlags, UpaStatus,
    UpnFlags, UpnReason,
};
use dmm_codec::sub_option::{
    AccessNetworkSubOption, FlowSubOption, MagParameter, OffloadSubOption, QosAttribute, RequestedOption,
    SubOption,
};
use dmm_codec::{
    AccessTechnology, HandoffIndicator, Lifetime, LinkLayerAddress, MESSAGES, Message, MnIdSubtype,
    MnIdentifier, MobilityOption, OPTIONS, Pba, PbaFlags, Pbu, PbuFlags, PreviousMaar, Status, Timestamp,
    UnknownOption,
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

pub(crate) fn addresses() -> impl Strategy<Value = (Ipv6Addr, Ipv6Addr)> {
    (any::<Ipv6Addr>(), any::<Ipv6Addr>())
}

/// Every message, one strategy each, in the order of their types.
pub(crate) fn each_message() -> Vec<BoxedStrategy<Message>> {
    use Message as M;
    let options = || vec(options(), 0..12);
    let pbu = (any::<(u16, u16, u16)>(), options()).prop_map(|((seq, flags, lifetime), options)| {
        M::Pbu(Pbu { seq, flags: PbuFlags(flags), lifetime: Lifetime(lifetime), options })
    });
    let pba =
        (any::<(u8, u8, u16, u16)>(), options()).prop_map(|((status, flags, seq, lifetime), options)| {
            let (status, flags, lifetime) = (Status(status), PbaFlags(flags), Lifetime(lifetime));
            M::Pba(Pba { status, flags, seq, lifetime, options })
        });
    let fbu = (any::<(u16, u16, u16)>(), options()).prop_map(|((seq, flags, lifetime), options)| {
        M::Fbu(message::Fbu { seq, flags: FbuFlags(flags), lifetime: Lifetime(lifetime), options })
    });
    let fback =
        (any::<(u8, u8, u16, u16)>(), options()).prop_map(|((status, flags, seq, lifetime), options)| {
            let (status, flags, lifetime) = (FbackStatus(status), FbackFlags(flags), Lifetime(lifetime));
            M::Fback(message::Fback { status, flags, seq, lifetime, options })
        });
    let be = (any::<(u8, Ipv6Addr)>(), options()).prop_map(|((status, home_address), options)| {
        M::BindingError(message::BindingError { status: BeStatus(status), home_address, options })
    });
    let ha_switch = (vec(any::<Ipv6Addr>(), 0..8), options())
        .prop_map(|(addresses, options)| M::HomeAgentSwitch(message::HomeAgentSwitch { addresses, options }));
    let br = (any::<(u8, u8, u16, u16)>(), options()).prop_map(
        |((br_type, trigger_or_status, seq, flags), options)| {
            let (br_type, flags) = (RevocationType(br_type), RevocationFlags(flags));
            M::BindingRevocation(message::BindingRevocation {
                br_type,
                trigger_or_status,
                seq,
                flags,
                options,
            })
        },
    );
    let lra =
        (any::<(u16, u8, u8, u16)>(), options()).prop_map(|((seq, flags, status, seconds), options)| {
            let (flags, status) = (LocalizedRoutingFlags(flags), LocalizedRoutingStatus(status));
            M::LocalizedRoutingAck(message::LocalizedRoutingAck { seq, flags, status, seconds, options })
        });
    let flow_binding = (any::<(u16, u16, u8, u8)>(), options()).prop_map(
        |((fb_type, seq, trigger_or_status, flags), options)| {
            let (fb_type, flags) = (FlowBindingType(fb_type), FlowBindingFlags(flags));
            M::FlowBinding(message::FlowBinding { fb_type, seq, trigger_or_status, flags, options })
        },
    );
    vec![
        options().prop_map(|options| M::BindingRefreshRequest(BindingRefreshRequest { options })).boxed(),
        (any::<u64>(), options())
            .prop_map(|(cookie, options)| M::HomeTestInit(message::HomeTestInit { cookie, options }))
            .boxed(),
        (any::<u64>(), options())
            .prop_map(|(cookie, options)| M::CareOfTestInit(message::CareOfTestInit { cookie, options }))
            .boxed(),
        (any::<(u16, u64, u64)>(), options())
            .prop_map(|((nonce_index, cookie, token), options)| {
                M::HomeTest(message::HomeTest { nonce_index, cookie, token, options })
            })
            .boxed(),
        (any::<(u16, u64, u64)>(), options())
            .prop_map(|((nonce_index, cookie, token), options)| {
                M::CareOfTest(message::CareOfTest { nonce_index, cookie, token, options })
            })
            .boxed(),
        pbu.boxed(),
        pba.boxed(),
        be.boxed(),
        fbu.boxed(),
        fback.boxed(),
        options().prop_map(|options| M::Fna(message::Fna { options })).boxed(),
        // What stands behind the data is data to a receiver: nothing else is read as it was written.
        vec(any::<u8>(), 0..100)
            .prop_map(|data| {
                M::Experimental(message::Experimental { data: MessageData::new(&data), options: vec![] })
            })
            .boxed(),
        ha_switch.boxed(),
        (any::<(u16, u32)>(), options())
            .prop_map(|((flags, seq), options)| {
                M::Heartbeat(message::Heartbeat { flags: HeartbeatFlags(flags), seq, options })
            })
            .boxed(),
        (any::<(u16, u8, u8)>(), options())
            .prop_map(|((seq, flags, code), options)| {
                M::Hi(message::Hi { seq, flags: HiFlags(flags), code: HiCode(code), options })
            })
            .boxed(),
        (any::<(u16, u8, u8)>(), options())
            .prop_map(|((seq, flags, code), options)| {
                M::Hack(message::Hack { seq, flags: HackFlags(flags), code: HackCode(code), options })
            })
            .boxed(),
        br.boxed(),
        (any::<(u16, u16)>(), options())
            .prop_map(|((seq, seconds), options)| {
                M::LocalizedRoutingInit(message::LocalizedRoutingInit { seq, seconds, options })
            })
            .boxed(),
        lra.boxed(),
        (any::<(u16, u16, u16)>(), options())
            .prop_map(|((seq, reason, flags), options)| {
                M::Upn(message::Upn { seq, reason: UpnReason(reason), flags: UpnFlags(flags), options })
            })
            .boxed(),
        (any::<(u16, u8)>(), options())
            .prop_map(|((seq, status), options)| {
                M::Upa(message::Upa { seq, status: UpaStatus(status), options })
            })
            .boxed(),
        flow_binding.boxed(),
        (any::<u8>(), options())
            .prop_map(|(sequence, options)| {
                M::SubscriptionQuery(message::SubscriptionQuery { sequence, options })
            })
            .boxed(),
        (any::<(u8, u8)>(), options())
            .prop_map(|((sequence, flags), options)| {
                let flags = SubscriptionFlags(flags);
                M::SubscriptionResponse(message::SubscriptionResponse { sequence, flags, options })
            })
            .boxed(),
    ]
}

/// PBU and PBA as often as all others together: they are what this crate is for.
pub(crate) fn messages() -> impl Strategy<Value = Message> {
    let two = Union::new(each_message().into_iter().skip(5).take(2));
    prop_oneof![two, Union::new(each_message())]
}

pub(crate) fn ipv4_nets() -> impl Strategy<Value = Ipv4Net> {
    (any::<Ipv4Addr>(), 0_u8..=32).prop_map(|(address, length)| Ipv4Net::new(address, length).unwrap())
}

pub(crate) fn prefixes() -> impl Strategy<Value = Ipv6Net> {
    (any::<Ipv6Addr>(), 0_u8..=128)
        .prop_map(|(address, length)| Ipv6Net::new(address, length).unwrap().trunc())
}

/// Every option with a value, one strategy each, in the order of their types, and at the end any other.
pub(crate) fn each_option() -> Vec<BoxedStrategy<MobilityOption>> {
    use MobilityOption as O;
    let octets = |most: usize| vec(any::<u8>(), 0..=most);
    let ipv4_reply = || {
        (any::<u8>(), ipv4_nets()).prop_map(|(status, address)| ipv4::Ipv4AddressAcknowledgement {
            status: ipv4::Ipv4HomeAddressStatus(status),
            address,
        })
    };
    let unnamed = |kind: &u8| OPTIONS.iter().all(|spec| spec.kind != *kind);
    vec![
        any::<u16>().prop_map(|n| O::RefreshAdvice(mobile::RefreshAdvice { interval: Lifetime(n) })).boxed(),
        any::<Ipv6Addr>().prop_map(O::AlternateCareOf).boxed(),
        any::<(u16, u16)>()
            .prop_map(|(home, care_of)| O::NonceIndices(mobile::NonceIndices { home, care_of }))
            .boxed(),
        octets(32).prop_map(|data| O::Authenticator(mobile::Authenticator(data))).boxed(),
        prefixes().prop_map(O::MobileNetworkPrefix).boxed(),
        (any::<u8>(), octets(20))
            .prop_map(|(code, address)| {
                let (code, address) = (handover::LinkLayerCode(code), LinkLayerAddress::from(&address[..]));
                O::HandoverLinkLayer(handover::HandoverLinkLayer { code, address })
            })
            .boxed(),
        (any::<u8>(), octets(80))
            .prop_map(|(subtype, identifier)| {
                O::MnIdentifier(MnIdentifier { subtype: MnIdSubtype(subtype), identifier })
            })
            .boxed(),
        (any::<(u8, u32)>(), octets(32))
            .prop_map(|((subtype, spi), data)| {
                let subtype = mobile::AuthenticationSubtype(subtype);
                O::MobilityAuthentication(mobile::MobilityAuthentication { subtype, spi, data })
            })
            .boxed(),
        any::<u64>().prop_map(|ntp| O::ReplayProtection(mobile::ReplayProtection { ntp })).boxed(),
        Just(O::CgaParametersRequest(())).boxed(),
        octets(120).prop_map(|data| O::CgaParameters(mobile::CgaParameters(data))).boxed(),
        octets(120).prop_map(|data| O::Signature(mobile::Signature(data))).boxed(),
        octets(40)
            .prop_map(|data| O::PermanentHomeKeygenToken(mobile::PermanentHomeKeygenToken(data)))
            .boxed(),
        Just(O::CareOfTestInit(())).boxed(),
        any::<u64>().prop_map(|token| O::CareOfTest(mobile::CareOfTestToken { token })).boxed(),
        (any::<(u8, u8)>(), octets(40))
            .prop_map(|((status, flags), identity)| {
                let (status, flags) = (mobile::DnsStatus(status), mobile::DnsUpdateFlags(flags));
                O::DnsUpdate(mobile::DnsUpdate { status, flags, identity })
            })
            .boxed(),
        octets(40).prop_map(|data| O::Experiment(mobile::Experiment(data))).boxed(),
        (any::<(u32, u8)>(), octets(40))
            .prop_map(|((vendor, subtype), data)| {
                O::VendorSpecific(mobile::VendorSpecific { vendor, subtype, data })
            })
            .boxed(),
        vec(any::<u8>(), 1..40)
            .prop_map(|name| O::ServiceSelection(mobile::ServiceSelection::new(&name).unwrap()))
            .boxed(),
        (any::<u32>(), octets(32))
            .prop_map(|(spi, authenticator)| {
                O::HandoverAuthorization(handover::HandoverAuthorization { spi, authenticator })
            })
            .boxed(),
        prefixes().prop_map(O::HomeNetworkPrefix).boxed(),
        any::<u8>().prop_map(|value| O::HandoffIndicator(HandoffIndicator(value))).boxed(),
        any::<u8>().prop_map(|value| O::AccessTechnology(AccessTechnology(value))).boxed(),
        octets(20).prop_map(|address| O::MnLinkLayerIdentifier(LinkLayerAddress::from(&address[..]))).boxed(),
        any::<Ipv6Addr>().prop_map(O::LinkLocalAddress).boxed(),
        any::<u64>().prop_map(|ticks| O::Timestamp(Timestamp(ticks))).boxed(),
        any::<u32>().prop_map(|counter| O::RestartCounter(proxy::RestartCounter { counter })).boxed(),
        (ipv4_nets(), any::<bool>())
            .prop_map(|(address, wants_prefix)| {
                O::Ipv4HomeAddress(ipv4::Ipv4HomeAddress { address, wants_prefix })
            })
            .boxed(),
        ipv4_reply().prop_map(O::Ipv4AddressAcknowledgement).boxed(),
        any::<(u16, u32)>()
            .prop_map(|(flags, refresh_time)| {
                O::NatDetection(ipv4::NatDetection { flags: ipv4::NatFlags(flags), refresh_time })
            })
            .boxed(),
        any::<Ipv4Addr>().prop_map(|address| O::Ipv4CareOf(ipv4::PlainIpv4 { address })).boxed(),
        any::<Option<u32>>().prop_map(|key| O::GreKey(proxy::GreKey(key))).boxed(),
        (1_u8..8, any::<Ipv6Addr>(), 0_u8..=128)
            .prop_map(|(code, address, length)| {
                let code = handover::AddressCode(code);
                let address = Ipv6Net::new(address, length).unwrap();
                let is_prefix = code == handover::AddressCode::NEW_PREFIX;
                let address = if is_prefix { address.trunc() } else { address };
                O::HandoverAddress(handover::HandoverAddress { code, address })
            })
            .boxed(),
        (any::<(u16, u8, bool)>(), 0_u8..128, any::<Option<IpAddr>>())
            .prop_map(|((id, status, at_home), priority, care_of)| {
                let status = Status(status);
                O::BindingIdentifier(flow::BindingIdentifier { id, status, at_home, priority, care_of })
            })
            .boxed(),
        ipv4_nets().prop_map(|net| O::Ipv4HomeAddressRequest(ipv4::Ipv4HomeAddressRequest(net))).boxed(),
        ipv4_reply().prop_map(|reply| O::Ipv4HomeAddressReply(ipv4::Ipv4HomeAddressReply(reply))).boxed(),
        any::<Ipv4Addr>().prop_map(|address| O::Ipv4DefaultRouter(ipv4::PlainIpv4 { address })).boxed(),
        any::<u16>().prop_map(|flags| O::DhcpSupportMode(ipv4::DhcpSupportMode(flags))).boxed(),
        vec((any::<u8>(), octets(8)).prop_map(|(kind, data)| RequestedOption { kind, data }), 0..6)
            .prop_map(|requests| O::ContextRequest(handover::ContextRequest { requests }))
            .boxed(),
        any::<IpAddr>().prop_map(|address| O::LmaAddress(handover::LmaAddress(address))).boxed(),
        any::<u64>()
            .prop_map(|identifier| O::MnInterfaceIdentifier(handover::MnInterfaceIdentifier { identifier }))
            .boxed(),
        any::<(u8, u8)>()
            .prop_map(|(flags, tenths)| {
                O::TransientBinding(proxy::TransientBinding { flags: proxy::TransientFlags(flags), tenths })
            })
            .boxed(),
        (any::<u16>(), vec(any::<u16>(), 0..10))
            .prop_map(|(first, others)| O::FlowSummary(flow::FlowSummary { first, others }))
            .boxed(),
        (any::<(u16, u16, u8)>(), several(each_flow_sub_option()))
            .prop_map(|((id, priority, status), sub_options)| {
                let status = flow::FlowStatus(status);
                O::FlowIdentification(flow::FlowIdentification { id, priority, status, sub_options })
            })
            .boxed(),
        Just(O::RedirectCapability(proxy::RedirectCapability {})).boxed(),
        any::<IpAddr>().prop_map(|address| O::Redirect(proxy::Redirect(address))).boxed(),
        any::<(u16, u32, u32, u32, u32)>()
            .prop_map(|(priority, sessions, max_sessions, capacity, max_capacity)| {
                let load =
                    proxy::LoadInformation { priority, sessions, max_sessions, capacity, max_capacity };
                O::LoadInformation(load)
            })
            .boxed(),
        any::<Ipv4Addr>().prop_map(O::AlternateIpv4CareOf).boxed(),
        any::<(u8, u32)>()
            .prop_map(|(subtype, group)| {
                O::GroupIdentifier(proxy::GroupIdentifier { subtype: proxy::GroupType(subtype), group })
            })
            .boxed(),
        any::<Ipv6Addr>().prop_map(|address| O::MagAddress(proxy::MagAddress(address))).boxed(),
        several(each_access_network_sub_option())
            .prop_map(|data| O::AccessNetwork(proxy::AccessNetwork { data }))
            .boxed(),
        (any::<u32>(), several(each_offload_sub_option()))
            .prop_map(|(flags, selector)| {
                O::TrafficOffload(flow::TrafficOffload { flags: flow::OffloadFlags(flags), selector })
            })
            .boxed(),
        (any::<(u8, u8, u16)>(), octets(40))
            .prop_map(|((protocol, flags, record_count), records)| {
                let flags = flow::MulticastSelectorFlags(flags);
                O::MulticastSelector(flow::MulticastSelector { protocol, flags, record_count, records })
            })
            .boxed(),
        prop_oneof![prefixes().prop_map(IpNet::V6), ipv4_nets().prop_map(|net| IpNet::V4(net.trunc()))]
            .prop_map(|prefix| O::DelegatedPrefix(proxy::DelegatedPrefix(prefix)))
            .boxed(),
        (any::<u8>(), octets(40))
            .prop_map(|(protocol, context)| {
                O::MulticastIpv4(flow::MulticastSubscription { protocol, context })
            })
            .boxed(),
        (any::<u8>(), octets(40))
            .prop_map(|(protocol, context)| {
                O::MulticastIpv6(flow::MulticastSubscription { protocol, context })
            })
            .boxed(),
        (any::<(u8, u8)>(), 0_u8..64, several(each_qos_attribute()))
            .prop_map(|((request, operation), dscp, attributes)| {
                let operation = flow::QosOperation(operation);
                O::QualityOfService(flow::QualityOfService { request, dscp, operation, attributes })
            })
            .boxed(),
        any::<Option<IpAddr>>().prop_map(|address| O::LmaUserPlane(proxy::LmaUserPlane(address))).boxed(),
        several(each_mag_parameter())
            .prop_map(|data| O::MagParameters(proxy::MagParameters { data }))
            .boxed(),
        any::<(u8, u8, u8, u8)>()
            .prop_map(|(technology, label, id, flags)| {
                let (technology, flags) = (AccessTechnology(technology), flow::MultipathFlags(flags));
                O::MultipathBinding(flow::MultipathBinding { technology, label, id, flags })
            })
            .boxed(),
        (any::<u8>(), octets(40))
            .prop_map(|(subtype, identifier)| {
                O::MagIdentifier(proxy::MagIdentifier { subtype: MnIdSubtype(subtype), identifier })
            })
            .boxed(),
        prefixes().prop_map(O::AnchoredPrefix).boxed(),
        prefixes().prop_map(O::LocalPrefix).boxed(),
        (any::<Ipv6Addr>(), prefixes())
            .prop_map(|(address, prefix)| O::PreviousMaar(PreviousMaar { address, prefix }))
            .boxed(),
        any::<Ipv6Addr>().prop_map(O::ServingMaar).boxed(),
        any::<Ipv6Addr>().prop_map(O::DlifLinkLocal).boxed(),
        octets(20).prop_map(|address| O::DlifLinkLayer(LinkLayerAddress::from(&address[..]))).boxed(),
        (any::<u8>().prop_filter("a type without a row", unnamed), octets(120))
            .prop_map(|(kind, data)| O::Unknown(UnknownOption::new(kind, &data).unwrap()))
            .boxed(),
    ]
}

/// A few sub-options of any types.
pub(crate) fn several<T: Clone + std::fmt::Debug + 'static>(
    each: Vec<BoxedStrategy<T>>,
) -> impl Strategy<Value = Vec<T>> {
    vec(Union::new(each), 0..5)
}

/// A type without a row, with octets.
pub(crate) fn unnamed<T: SubOption>() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let kind = any::<u8>().prop_filter("a type without a row", |kind| T::TABLE.spec(*kind).is_none());
    (kind, vec(any::<u8>(), 0..20))
}

pub(crate) fn selectors() -> impl Strategy<Value = flow::TrafficSelector> {
    (any::<u8>(), vec(any::<u8>(), 0..20)).prop_map(|(format, selector)| flow::TrafficSelector {
        format: flow::SelectorFormat(format),
        selector,
    })
}

/// Every sub-option, one strategy each, in the order of their types, and at the end any other; so below.
pub(crate) fn each_flow_sub_option() -> Vec<BoxedStrategy<FlowSubOption>> {
    use FlowSubOption as S;
    vec![
        Just(S::Pad1(())).boxed(),
        vec(any::<u8>(), 0..6).prop_map(|padding| S::PadN(Padding(padding))).boxed(),
        (any::<u16>(), vec(any::<u16>(), 0..4))
            .prop_map(|(first, others)| S::BindingReference(flow::BindingReference { first, others }))
            .boxed(),
        selectors().prop_map(S::TrafficSelector).boxed(),
        any::<u8>()
            .prop_map(|action| S::Action(flow::FlowBindingAction { action: flow::FlowAction(action) }))
            .boxed(),
        any::<IpAddr>().prop_map(|address| S::TargetCareOf(flow::TargetCareOf(address))).boxed(),
        unnamed::<S>().prop_map(|(kind, data)| S::unknown(kind, &data).unwrap()).boxed(),
    ]
}

pub(crate) fn each_access_network_sub_option() -> Vec<BoxedStrategy<AccessNetworkSubOption>> {
    use AccessNetworkSubOption as S;
    vec![
        (any::<u8>(), vec(any::<u8>(), 1..33), vec(any::<u8>(), 0..20))
            .prop_map(|(flags, network, access_point)| {
                let flags = access::NetworkFlags(flags);
                S::Network(access::NetworkIdentifier::new(flags, &network, &access_point).unwrap())
            })
            .boxed(),
        any::<(u32, u32)>()
            .prop_map(|(latitude, longitude)| {
                let [latitude, longitude] = [latitude, longitude].map(access::Degrees::from_bits);
                S::Location(access::GeoLocation { latitude, longitude })
            })
            .boxed(),
        (any::<u8>(), vec(any::<u8>(), 0..20))
            .prop_map(|(subtype, identifier)| {
                let subtype = access::OperatorSubtype(subtype);
                S::Operator(access::OperatorIdentifier { subtype, identifier })
            })
            .boxed(),
        (any::<u8>(), vec(any::<u8>(), 0..20))
            .prop_map(|(format, location)| {
                S::CivicLocation(access::CivicLocation { format: access::CivicFormat(format), location })
            })
            .boxed(),
        any::<u16>().prop_map(|group| S::MagGroup(access::MagGroup { group })).boxed(),
        any::<u16>()
            .prop_map(|units| S::UpdateTimer(access::UpdateTimer { interval: Lifetime(units) }))
            .boxed(),
        unnamed::<S>().prop_map(|(kind, data)| S::unknown(kind, &data).unwrap()).boxed(),
    ]
}

pub(crate) fn each_offload_sub_option() -> Vec<BoxedStrategy<OffloadSubOption>> {
    use OffloadSubOption as S;
    vec![
        selectors().prop_map(S::TrafficSelector).boxed(),
        unnamed::<S>().prop_map(|(kind, data)| S::unknown(kind, &data).unwrap()).boxed(),
    ]
}

pub(crate) fn each_qos_attribute() -> Vec<BoxedStrategy<QosAttribute>> {
    use QosAttribute as S;
    let rate =
        |into: fn(qos::BitRate) -> S| any::<u32>().prop_map(move |rate| into(qos::BitRate { rate })).boxed();
    let session_rate = |into: fn(qos::SessionBitRate) -> S| {
        let rates = any::<(u16, u32)>();
        rates
            .prop_map(move |(flags, rate)| {
                into(qos::SessionBitRate { flags: qos::SessionFlags(flags), rate })
            })
            .boxed()
    };
    vec![
        rate(S::PerMnMaxDl),
        rate(S::PerMnMaxUl),
        session_rate(S::PerSessionMaxDl),
        session_rate(S::PerSessionMaxUl),
        (0_u8..16, 0_u8..4, 0_u8..4)
            .prop_map(|(priority, capability, vulnerability)| {
                S::Retention(qos::Retention { priority, capability, vulnerability })
            })
            .boxed(),
        rate(S::MaxDl),
        rate(S::MaxUl),
        rate(S::GuaranteedDl),
        rate(S::GuaranteedUl),
        (any::<u8>(), vec(any::<u8>(), 0..20))
            .prop_map(|(format, selector)| {
                let format = flow::SelectorFormat(format);
                S::TrafficSelector(qos::QosTrafficSelector { format, selector })
            })
            .boxed(),
        (any::<(u32, u8)>(), vec(any::<u8>(), 0..20))
            .prop_map(|((vendor, subtype), data)| {
                S::VendorSpecific(qos::VendorAttribute { vendor, subtype, data })
            })
            .boxed(),
        unnamed::<S>().prop_map(|(kind, data)| S::unknown(kind, &data).unwrap()).boxed(),
    ]
}

pub(crate) fn each_mag_parameter() -> Vec<BoxedStrategy<MagParameter>> {
    use MagParameter as S;
    vec![
        any::<(u16, u16, u16)>()
            .prop_map(|(start, initial, maximum)| {
                S::Reregistration(access::Reregistration { start: Lifetime(start), initial, maximum })
            })
            .boxed(),
        any::<(u16, u16, u16)>()
            .prop_map(|(interval, delay, retransmissions)| {
                S::Heartbeat(access::HeartbeatControl { interval, delay, retransmissions })
            })
            .boxed(),
        unnamed::<S>().prop_map(|(kind, data)| S::unknown(kind, &data).unwrap()).boxed(),
    ]
}

pub(crate) fn options() -> impl Strategy<Value = MobilityOption> {
    Union::new(each_option())
}

pub(crate) fn edits() -> impl Strategy<Value = Edit> {
    let fields = OPTIONS
        .iter()
        .flat_map(|spec| {
            let fields = spec.fields.iter().map(|field| field.name);
            fields.chain(["type", "length"]).map(move |field| (spec.name, field))
        })
        .collect::<Vec<_>>();
    let option = (prop::sample::select(fields), 0_usize..3).prop_map(|((name, field), index)| {
        Place::Option { name: name.to_string(), index, field: field.to_string() }
    });
    let header = ["payload_proto", "header_len", "mh_type", "reserved", "checksum"];
    let in_messages = MESSAGES.iter().flat_map(|spec| spec.fields).map(|field| field.name);
    let field = prop::sample::select(header.into_iter().chain(in_messages).collect::<Vec<_>>());
    let place = prop_oneof![
        (0_usize..100).prop_map(Place::Offset),
        field.prop_map(|name| Place::Field(name.to_string())),
        option,
    ];
    let number = prop_oneof![any::<u8>().prop_map(u64::from), any::<u16>().prop_map(u64::from), any::<u64>()];
    let change = (0..4, number).prop_map(|(change, number)| match change {
        0 => Change::Set(number),
        1 => Change::Or(number),
        2 => Change::And(number),
        _ => Change::Xor(number),
    });
    (place, change).prop_map(|(at, change)| Edit { at, change })
}
