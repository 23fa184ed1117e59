//! The one table of mobility options. Encoder, decoder, Wireshark fields, script names and rules read these rows;
//! if another `match` over all options seems needed, a column is missing here.

use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;

use crate::body::{Meaning, Padding, PreviousMaar, flow, handover, ipv4, mobile, proxy};
use crate::error::{ErrorKind, What};
use crate::header::{
    BR, BRR, COT, COTI, FBACK, FBU, FLOW_BINDING, FNA, HA_SWITCH, HACK, HEARTBEAT, HI, LRA, LRI, PBA, PBU,
    SUBSCRIPTION_QUERY, SUBSCRIPTION_RESPONSE, UPA, UPN,
};
use crate::value::{AccessTechnology, HandoffIndicator, LinkLayerAddress, MnIdentifier, Timestamp};
use crate::wire::{FieldSpec, Wire, fits, has_fixed_len};

/// Type of the Mobile Node Identifier option (RFC 4283 §3), which says whom a message is about: who looks for that needs no
/// other option.
pub const MN_IDENTIFIER: u8 = 8;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Type octet.
    pub kind: u8,
    /// Name in scripts and JSON: `prev_maar`.
    pub name: &'static str,
    /// Name of its Wireshark filter behind `dmm.`: `previous_maar`.
    pub filter: &'static str,
    /// Name in the RFC: `Previous MAAR`.
    pub title: &'static str,
    /// Where the option may start.
    pub align: Align,
    /// Whether it "can only appear if the D bit is set" (RFC 8885 §4.3).
    pub needs_dmm: bool,
    /// Whether a message may carry several.
    pub repeats: bool,
    /// MH Types that may carry it; empty for all. Some messages carry any: see
    /// [`MessageSpec::may_carry`](crate::MessageSpec::may_carry).
    pub messages: &'static [u8],
    /// Where it is defined.
    pub source: &'static str,
    /// The layout behind Type and Length.
    pub fields: &'static [FieldSpec],
    /// The fewest octets behind Type and Length.
    pub min_len: usize,
}

impl OptionSpec {
    /// Whether every option of this type has the same length, `min_len`.
    pub fn has_fixed_len(&self) -> bool {
        has_fixed_len(self.fields)
    }

    /// Whether so many octets can stand behind Type and Length.
    pub fn fits(&self, len: usize) -> bool {
        fits(self.fields, self.min_len, len)
    }
}

/// Where an option may start, counted from the start of the Mobility Header (RFC 6275 §6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Anywhere.
    Any,
    /// At `n` times some number plus `plus`: `8n+4`.
    At {
        /// The multiple.
        n: usize,
        /// The rest.
        plus: usize,
    },
    /// At even octets with no more than this many octets behind its Length, else at `n` times some number plus `plus`
    /// (RFC 5648 §4.3: with or without an address).
    Longer {
        /// The length of the short form.
        than: usize,
        /// The multiple.
        n: usize,
        /// The rest.
        plus: usize,
    },
    /// "Based on the size of the address" (RFC 8885 §4.8), which stands four octets behind the option's start: the
    /// largest power of two that divides the address's size, and never less than the 16 bits of Reserved ask for
    /// (stance A20).
    LinkLayer,
}

impl Align {
    /// How many octets of padding must stand before an option with `len` octets behind its Length, if without
    /// padding it would start at `offset`.
    pub fn padding(self, offset: usize, len: usize) -> usize {
        let (n, plus) = match self {
            Self::Any => return 0,
            Self::Longer { than, .. } if len <= than => (2, 0),
            Self::At { n, plus } | Self::Longer { n, plus, .. } => (n, plus),
            Self::LinkLayer => match len.saturating_sub(2) {
                address if address > 0 && address % 8 == 0 => (8, 4),
                address if address > 0 && address % 4 == 0 => (4, 0),
                _ => (2, 0),
            },
        };
        (n + plus - offset % n) % n
    }
}

/// Type of the PadN option (RFC 6275 §6.2.3).
pub(crate) const PADN: u8 = 1;

/// The row of an option type.
#[inline]
pub fn spec(kind: u8) -> Option<&'static OptionSpec> {
    BY_KIND[usize::from(kind)]
}

/// The rows by their type: every option of every message is looked up.
static BY_KIND: [Option<&OptionSpec>; 256] = {
    let mut rows = [None; 256];
    let mut i = 0;
    while i < OPTIONS.len() {
        rows[OPTIONS[i].kind as usize] = Some(&OPTIONS[i]);
        i += 1;
    }
    rows
};

/// An option of this type, as errors name it.
pub(crate) fn named(kind: u8) -> What {
    let spec = spec(kind);
    let (title, source) = (spec.map(|spec| spec.title), spec.map_or("RFC 6275 §6.2.1", |spec| spec.source));
    What::Option { kind, title, source }
}

/// The row of an option by its name in scripts.
pub fn spec_by_name(name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|spec| spec.name == name)
}

/// The prefixes of the Home Network Prefix options among these (RFC 5213 §8.3), in their order.
pub fn home_network_prefixes(options: &[MobilityOption]) -> impl Iterator<Item = Ipv6Net> + Clone {
    options.iter().filter_map(|option| match option {
        MobilityOption::HomeNetworkPrefix(prefix) => Some(*prefix),
        _ => None,
    })
}

/// An option of a type that the table does not have, or octets that stand in the place of any option on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOption {
    kind: u8,
    data: Vec<u8>,
}

impl UnknownOption {
    /// An option of a type without a row; none for a type that has one, and would be read as that.
    pub fn new(kind: u8, data: &[u8]) -> Option<Self> {
        spec(kind).is_none().then(|| Self::on_purpose(kind, data))
    }

    /// The octets of an option of any type, written as they are, for messages that are wrong on purpose. Reading them
    /// gives what the table makes of them: another value, or an error.
    pub fn on_purpose(kind: u8, data: &[u8]) -> Self {
        Self { kind, data: data.to_vec() }
    }

    /// Type octet.
    pub fn kind(&self) -> u8 {
        self.kind
    }

    /// The octets behind its Length.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

macro_rules! mobility_options {
    ($(
        $kind:literal => $variant:ident($value:ty), $name:literal, $filter:literal, $title:literal,
            $align:expr, $presence:ident, $count:ident, in [$($message:ident),*], $source:literal;
    )*) => {
        /// A mobility option, as a value that cannot be wrong.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum MobilityOption {
            $( #[doc = concat!($title, " (", stringify!($kind), "), ", $source)] $variant($value), )*
            /// Any other, with its octets.
            Unknown(UnknownOption),
        }

        /// Every option that is known here, in the order of their types.
        pub const OPTIONS: &[OptionSpec] = &[$(
            OptionSpec {
                kind: $kind,
                name: $name,
                filter: $filter,
                title: $title,
                align: $align,
                needs_dmm: $presence,
                repeats: $count,
                messages: &[$($message),*],
                source: $source,
                fields: <$value as Meaning>::Layout::FIELDS,
                min_len: <$value as Meaning>::Layout::LEN,
            },
        )*];

        impl MobilityOption {
            /// Reads the octets behind Type and Length. What is not in the table is kept as it is; an error says
            /// why the octets of a known type mean nothing.
            pub fn read(kind: u8, body: &[u8]) -> Result<Self, ErrorKind> {
                match kind {
                    $( $kind => read_as(body, Self::$variant), )*
                    _ => Ok(Self::Unknown(UnknownOption::on_purpose(kind, body))),
                }
            }

            /// The Type octet.
            pub fn kind(&self) -> u8 {
                match self {
                    $( Self::$variant(_) => $kind, )*
                    Self::Unknown(unknown) => unknown.kind,
                }
            }

            /// The octets behind Type and Length.
            pub fn body(&self) -> Vec<u8> {
                let mut out = Vec::new();
                self.write(&mut out);
                out
            }

            /// Appends them.
            pub(crate) fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$variant(value) => value.to_layout().write(out), )*
                    Self::Unknown(unknown) => out.extend_from_slice(&unknown.data),
                }
            }
        }
    };
}

// The words of the two yes-or-no columns.
const D: bool = true;
const ALWAYS: bool = false;
const MANY: bool = true;
const ONE: bool = false;

const fn at(n: usize, plus: usize) -> Align {
    Align::At { n, plus }
}

/// Reads the octets behind a Type and a Length as a value that is part of another.
#[inline]
pub(crate) fn read_as<T: Meaning, O>(body: &[u8], of: impl FnOnce(T) -> O) -> Result<O, ErrorKind> {
    match T::Layout::read(body).and_then(T::from_layout) {
        Some(value) => Ok(of(value)),
        None => Err(wrong::<T>(body)),
    }
}

/// Why they are none.
#[cold]
fn wrong<T: Meaning>(body: &[u8]) -> ErrorKind {
    T::Layout::read(body).map_or_else(|| T::Layout::wrong(body), T::wrong)
}

mobility_options! {
    0 => Pad1(()), "pad1", "pad1", "Pad1", Align::Any, ALWAYS, MANY, in [], "RFC 6275 §6.2.2";
    1 => PadN(Padding), "padn", "padn", "PadN", Align::Any, ALWAYS, MANY, in [], "RFC 6275 §6.2.3";
    2 => RefreshAdvice(mobile::RefreshAdvice), "refresh_advice", "refresh_advice", "Binding Refresh Advice", at(2, 0), ALWAYS, ONE, in [PBA, HA_SWITCH], "RFC 6275 §6.2.4";
    3 => AlternateCareOf(Ipv6Addr), "alt_coa", "alternate_care_of", "Alternate Care-of Address", at(8, 6), ALWAYS, ONE, in [PBU, FBU, FBACK, BR], "RFC 6275 §6.2.5";
    4 => NonceIndices(mobile::NonceIndices), "nonce_indices", "nonce_indices", "Nonce Indices", at(2, 0), ALWAYS, ONE, in [PBU], "RFC 6275 §6.2.6";
    5 => Authenticator(mobile::Authenticator), "auth_data", "authorization_data", "Binding Authorization Data", at(8, 2), ALWAYS, ONE, in [PBU, PBA], "RFC 6275 §6.2.7";
    6 => MobileNetworkPrefix(Ipv6Net), "mnp", "mobile_network_prefix", "Mobile Network Prefix", at(8, 4), ALWAYS, MANY, in [PBU], "RFC 3963 §4.3";
    7 => HandoverLinkLayer(handover::HandoverLinkLayer), "mh_lla", "handover_link_layer", "Mobility Header Link-Layer Address", Align::Any, ALWAYS, ONE, in [FBU, FNA, HI, HACK], "RFC 5568 §6.4.4";
    8 => MnIdentifier(MnIdentifier), "mn_id", "mn_id", "Mobile Node Identifier", Align::Any, ALWAYS, ONE, in [], "RFC 4283 §3";
    9 => MobilityAuthentication(mobile::MobilityAuthentication), "mobility_auth", "mobility_authentication", "Mobility Message Authentication", at(4, 1), ALWAYS, MANY, in [PBU, PBA], "RFC 4285 §5";
    10 => ReplayProtection(mobile::ReplayProtection), "mesg_id", "replay_protection", "Mobility Message Replay Protection", at(8, 2), ALWAYS, ONE, in [PBU, PBA], "RFC 4285 §6";
    11 => CgaParametersRequest(()), "cga_request", "cga_request", "CGA Parameters Request", Align::Any, ALWAYS, ONE, in [PBU], "RFC 4866 §5.6";
    12 => CgaParameters(mobile::CgaParameters), "cga_parameters", "cga_parameters", "CGA Parameters", Align::Any, ALWAYS, MANY, in [PBU, PBA], "RFC 4866 §5.1";
    13 => Signature(mobile::Signature), "signature", "signature", "Signature", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 4866 §5.2";
    14 => PermanentHomeKeygenToken(mobile::PermanentHomeKeygenToken), "home_keygen_token", "home_keygen_token", "Permanent Home Keygen Token", Align::Any, ALWAYS, ONE, in [PBA], "RFC 4866 §5.3";
    15 => CareOfTestInit(()), "care_of_test_init", "care_of_test_init", "Care-of Test Init", Align::Any, ALWAYS, ONE, in [PBU], "RFC 4866 §5.4";
    16 => CareOfTest(mobile::CareOfTestToken), "care_of_test", "care_of_test", "Care-of Test", Align::Any, ALWAYS, ONE, in [PBA], "RFC 4866 §5.5";
    17 => DnsUpdate(mobile::DnsUpdate), "dns_update", "dns_update", "DNS Update", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 5026 §8.1";
    18 => Experiment(mobile::Experiment), "experiment", "experiment", "Experimental Mobility", Align::Any, ALWAYS, MANY, in [], "RFC 5096 §4";
    19 => VendorSpecific(mobile::VendorSpecific), "vendor", "vendor_specific", "Vendor Specific Mobility", at(4, 2), ALWAYS, MANY, in [], "RFC 5094 §3";
    20 => ServiceSelection(mobile::ServiceSelection), "service", "service_selection", "Service Selection", Align::Any, ALWAYS, ONE, in [PBU], "RFC 5149 §3";
    21 => HandoverAuthorization(handover::HandoverAuthorization), "badf", "handover_authorization", "Binding Authorization Data for FMIPv6", Align::Any, ALWAYS, ONE, in [FBU, FBACK], "RFC 5568 §6.4.5";
    22 => HomeNetworkPrefix(Ipv6Net), "hnp", "home_network_prefix", "Home Network Prefix", at(8, 4), ALWAYS, MANY, in [PBU, PBA, HI, HACK, BR, LRI, LRA, SUBSCRIPTION_QUERY, SUBSCRIPTION_RESPONSE], "RFC 5213 §8.3";
    23 => HandoffIndicator(HandoffIndicator), "handoff", "handoff", "Handoff Indicator", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 5213 §8.4";
    24 => AccessTechnology(AccessTechnology), "att", "access_technology", "Access Technology Type", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 5213 §8.5";
    25 => MnLinkLayerIdentifier(LinkLayerAddress), "mn_lli", "mn_link_layer", "Mobile Node Link-layer Identifier", Align::LinkLayer, ALWAYS, ONE, in [PBU, PBA, HI, HACK], "RFC 5213 §8.6";
    26 => LinkLocalAddress(Ipv6Addr), "link_local", "link_local", "Link-local Address", at(8, 6), ALWAYS, ONE, in [PBU, PBA, HI, HACK], "RFC 5213 §8.7";
    27 => Timestamp(Timestamp), "timestamp", "timestamp", "Timestamp", at(8, 2), ALWAYS, ONE, in [PBU, PBA], "RFC 5213 §8.8";
    28 => RestartCounter(proxy::RestartCounter), "restart_counter", "restart_counter", "Restart Counter", at(4, 2), ALWAYS, ONE, in [HEARTBEAT], "RFC 5847 §3.4";
    29 => Ipv4HomeAddress(ipv4::Ipv4HomeAddress), "ipv4_hoa", "ipv4_home_address", "IPv4 Home Address", at(4, 0), ALWAYS, MANY, in [PBU, BR], "RFC 5555 §3.1.1";
    30 => Ipv4AddressAcknowledgement(ipv4::Ipv4AddressAcknowledgement), "ipv4_ack", "ipv4_acknowledgement", "IPv4 Address Acknowledgement", at(4, 0), ALWAYS, MANY, in [PBA], "RFC 5555 §3.2.1";
    31 => NatDetection(ipv4::NatDetection), "nat", "nat_detection", "NAT Detection", at(4, 0), ALWAYS, ONE, in [PBA], "RFC 5555 §3.2.2";
    32 => Ipv4CareOf(ipv4::PlainIpv4), "ipv4_coa", "ipv4_care_of", "IPv4 Care-of Address", at(4, 0), ALWAYS, ONE, in [PBU], "RFC 5555 §3.1.2";
    33 => GreKey(proxy::GreKey), "gre_key", "gre_key", "GRE Key", at(4, 0), ALWAYS, ONE, in [PBU, PBA, HI, HACK], "RFC 5845 §6.1";
    34 => HandoverAddress(handover::HandoverAddress), "mh_address", "handover_address", "Mobility Header IPv6 Address/Prefix", at(8, 4), ALWAYS, MANY, in [HI, HACK], "RFC 5568 §6.4.2";
    35 => BindingIdentifier(flow::BindingIdentifier), "bid", "binding_identifier", "Binding Identifier", Align::Longer { than: 4, n: 8, plus: 2 }, ALWAYS, MANY, in [PBU, PBA, BRR, COTI, COT, BR], "RFC 5648 §4.3";
    36 => Ipv4HomeAddressRequest(ipv4::Ipv4HomeAddressRequest), "ipv4_request", "ipv4_request", "IPv4 Home Address Request", at(4, 0), ALWAYS, MANY, in [PBU, BR, HI, HACK], "RFC 5844 §3.3.1";
    37 => Ipv4HomeAddressReply(ipv4::Ipv4HomeAddressReply), "ipv4_reply", "ipv4_reply", "IPv4 Home Address Reply", at(4, 0), ALWAYS, MANY, in [PBA], "RFC 5844 §3.3.2";
    38 => Ipv4DefaultRouter(ipv4::PlainIpv4), "ipv4_router", "ipv4_router", "IPv4 Default-Router Address", at(4, 0), ALWAYS, ONE, in [PBA], "RFC 5844 §3.3.3";
    39 => DhcpSupportMode(ipv4::DhcpSupportMode), "dhcp_mode", "dhcp_mode", "IPv4 DHCP Support Mode", Align::Any, ALWAYS, ONE, in [PBA], "RFC 5844 §3.3.4";
    40 => ContextRequest(handover::ContextRequest), "context_request", "context_request", "Context Request", Align::Any, ALWAYS, ONE, in [HI], "RFC 5949 §6.2.1";
    41 => LmaAddress(handover::LmaAddress), "lma_address", "lma_address", "Local Mobility Anchor Address", Align::Any, ALWAYS, MANY, in [HI, HACK], "RFC 5949 §6.2.2";
    42 => MnInterfaceIdentifier(handover::MnInterfaceIdentifier), "mn_iid", "mn_interface_identifier", "Mobile Node Link-local Address Interface Identifier", Align::Any, ALWAYS, ONE, in [HI, HACK], "RFC 5949 §6.2.3";
    43 => TransientBinding(proxy::TransientBinding), "transient", "transient_binding", "Transient Binding", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 6058 §5.1";
    44 => FlowSummary(flow::FlowSummary), "flow_summary", "flow_summary", "Flow Summary", at(2, 0), ALWAYS, MANY, in [PBU], "RFC 6089 §4.2.2";
    45 => FlowIdentification(flow::FlowIdentification), "flow", "flow", "Flow Identification", at(2, 0), ALWAYS, MANY, in [PBU, PBA, BR, FLOW_BINDING], "RFC 6089 §4.2";
    46 => RedirectCapability(proxy::RedirectCapability), "redirect_capability", "redirect_capability", "Redirect-Capability", at(4, 0), ALWAYS, ONE, in [PBU], "RFC 6463 §4.1";
    47 => Redirect(proxy::Redirect), "redirect", "redirect", "Redirect", at(4, 0), ALWAYS, ONE, in [PBA], "RFC 6463 §4.2";
    48 => LoadInformation(proxy::LoadInformation), "load", "load", "Load Information", at(4, 0), ALWAYS, ONE, in [PBA], "RFC 6463 §4.3";
    49 => AlternateIpv4CareOf(Ipv4Addr), "alt_ipv4_coa", "alternate_ipv4_care_of", "Alternate IPv4 Care-of Address", at(4, 2), ALWAYS, ONE, in [PBU, PBA], "RFC 6463 §4.4";
    50 => GroupIdentifier(proxy::GroupIdentifier), "group", "group", "Mobile Node Group Identifier", Align::Any, ALWAYS, MANY, in [PBU, PBA], "RFC 6602 §4.3";
    51 => MagAddress(proxy::MagAddress), "mag_address", "mag_address", "MAG IPv6 Address", at(8, 4), ALWAYS, ONE, in [LRI, LRA], "RFC 6705 §11.1";
    52 => AccessNetwork(proxy::AccessNetwork), "ani", "access_network", "Access Network Identifier", at(4, 0), ALWAYS, ONE, in [PBU, PBA], "RFC 6757 §3";
    53 => TrafficOffload(flow::TrafficOffload), "offload", "traffic_offload", "IPv4 Traffic Offload Selector", at(4, 0), ALWAYS, MANY, in [PBU, PBA], "RFC 6909 §3.1";
    54 => MulticastSelector(flow::MulticastSelector), "multicast_selector", "multicast_selector", "Dynamic IP Multicast Selector", Align::Any, ALWAYS, MANY, in [PBA], "RFC 7028 §5.1";
    55 => DelegatedPrefix(proxy::DelegatedPrefix), "dmnp", "delegated_prefix", "Delegated Mobile Network Prefix", at(8, 2), ALWAYS, MANY, in [PBU, PBA], "RFC 7148 §4.1";
    56 => MulticastIpv4(flow::MulticastSubscription), "multicast_ipv4", "multicast_ipv4", "Active Multicast Subscription IPv4", at(4, 1), ALWAYS, MANY, in [PBU, PBA, SUBSCRIPTION_RESPONSE], "RFC 7161 §6.1";
    57 => MulticastIpv6(flow::MulticastSubscription), "multicast_ipv6", "multicast_ipv6", "Active Multicast Subscription IPv6", at(8, 1), ALWAYS, MANY, in [PBU, PBA, SUBSCRIPTION_RESPONSE], "RFC 7161 §4.1";
    58 => QualityOfService(flow::QualityOfService), "qos", "qos", "Quality-of-Service", at(4, 0), ALWAYS, MANY, in [PBU, PBA, UPN, UPA], "RFC 7222 §4.1";
    59 => LmaUserPlane(proxy::LmaUserPlane), "lma_user_plane", "lma_user_plane", "LMA User-Plane Address", at(8, 2), ALWAYS, MANY, in [PBU, PBA], "RFC 7389 §4";
    // 60 and 61 (RFC 7411 §5.3, §5.4) say their length in words of 32 bits, against RFC 6275 §6.2.1: no reader that does
    // not know them could step over them. They stay unknown, with as many octets as their Length says.
    62 => MagParameters(proxy::MagParameters), "mag_parameters", "mag_parameters", "LMA-Controlled MAG Parameters", at(4, 2), ALWAYS, ONE, in [PBA], "RFC 8127 §3";
    63 => MultipathBinding(flow::MultipathBinding), "multipath", "multipath", "MAG Multipath Binding", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 8278 §4.1";
    64 => MagIdentifier(proxy::MagIdentifier), "mag_id", "mag_identifier", "MAG Identifier", Align::Any, ALWAYS, ONE, in [PBU, PBA], "RFC 8278 §4.2";
    65 => AnchoredPrefix(Ipv6Net), "anchored_prefix", "anchored_prefix", "Anchored Prefix", at(8, 4), D, MANY, in [PBU, PBA], "RFC 8885 §4.3";
    66 => LocalPrefix(Ipv6Net), "local_prefix", "local_prefix", "Local Prefix", at(8, 4), D, MANY, in [PBU, PBA], "RFC 8885 §4.4";
    67 => PreviousMaar(PreviousMaar), "prev_maar", "previous_maar", "Previous MAAR", at(8, 4), D, MANY, in [PBA], "RFC 8885 §4.5";
    68 => ServingMaar(Ipv6Addr), "serving_maar", "serving_maar", "Serving MAAR", at(8, 6), D, ONE, in [PBU, PBA], "RFC 8885 §4.6";
    69 => DlifLinkLocal(Ipv6Addr), "dlif_ll", "dlif.link_local", "DLIF Link-Local Address", at(8, 6), D, MANY, in [PBU, PBA], "RFC 8885 §4.7";
    70 => DlifLinkLayer(LinkLayerAddress), "dlif_lla", "dlif.link_layer", "DLIF Link-Layer Address", Align::LinkLayer, D, MANY, in [PBU, PBA], "RFC 8885 §4.8";
}
