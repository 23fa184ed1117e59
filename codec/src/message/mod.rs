//! Messages as values, their table, and the one encoder.

use alloc::vec::Vec;
use core::net::Ipv6Addr;

mod handover;
mod mobile;
mod proxy;

pub use handover::{
    Fback, FbackBody, FbackFlags, FbackStatus, Fbu, FbuBody, FbuFlags, Fna, FnaBody, Hack, HackBody,
    HackCode, HackFlags, Hi, HiBody, HiCode, HiFlags,
};
pub use mobile::{
    BeStatus, BindingError, BindingErrorBody, BindingRefreshRequest, BindingRefreshRequestBody, CareOfTest,
    CareOfTestBody, CareOfTestInit, CareOfTestInitBody, Experimental, ExperimentalBody, FlowBinding,
    FlowBindingBody, FlowBindingFlags, FlowBindingStatus, FlowBindingTrigger, FlowBindingType,
    HomeAgentSwitch, HomeAgentSwitchBody, HomeTest, HomeTestBody, HomeTestInit, HomeTestInitBody,
    MessageData,
};
pub use proxy::{
    BindingRevocation, BindingRevocationBody, Heartbeat, HeartbeatBody, HeartbeatFlags, LocalizedRoutingAck,
    LocalizedRoutingAckBody, LocalizedRoutingFlags, LocalizedRoutingInit, LocalizedRoutingInitBody,
    LocalizedRoutingStatus, RevocationFlags, RevocationStatus, RevocationTrigger, RevocationType,
    SubscriptionFlags, SubscriptionQuery, SubscriptionQueryBody, SubscriptionResponse,
    SubscriptionResponseBody, Upa, UpaBody, UpaStatus, Upn, UpnBody, UpnFlags, UpnReason,
};

use crate::checksum::{MOBILITY_HEADER, checksum};
use crate::error::EncodeError;
use crate::header::{
    BE, BR, BRR, COT, COTI, EXPERIMENTAL, FBACK, FBU, FLOW_BINDING, FNA, HA_SWITCH, HACK, HEARTBEAT, HI, HOT,
    HOTI, Header, LRA, LRI, NO_NEXT_HEADER, PBA, PBU, SUBSCRIPTION_QUERY, SUBSCRIPTION_RESPONSE, UPA, UPN,
};
use crate::option::{self, MobilityOption, OptionSpec, PADN, spec};
use crate::value::{Lifetime, Status};
use crate::wire::{FieldSpec, Wire, flags, wire_struct};

flags! {
    /// Flags of a Proxy Binding Update (RFC 8885 §4.1).
    pub struct PbuFlags(u16) {
        A = 0x8000, "Acknowledge", "RFC 6275 §6.1.7";
        H = 0x4000, "Home Registration", "RFC 6275 §6.1.7";
        L = 0x2000, "Link-Local Address Compatibility", "RFC 6275 §6.1.7";
        K = 0x1000, "Key Management Mobility Capability", "RFC 6275 §6.1.7";
        M = 0x0800, "MAP Registration", "RFC 4140 §4.1";
        R = 0x0400, "Mobile Router", "RFC 3963 §4.1";
        P = 0x0200, "Proxy Registration", "RFC 5213 §8.1";
        F = 0x0100, "Forcing UDP Encapsulation", "RFC 5555 §3.1.3";
        T = 0x0080, "TLV-header Format", "RFC 5845 §6.2";
        B = 0x0040, "Bulk Binding Update", "RFC 6602 §4.1";
        S = 0x0020, "Multicast Signaling", "RFC 7161 §4.2";
        D = 0x0010, "DMM", "RFC 8885 §4.1";
        Q = 0x0008, "Query", "draft-jikim-dmm-pmip §4.1";
    }
}

flags! {
    /// Flags of a Proxy Binding Acknowledgement (RFC 8885 §4.2).
    pub struct PbaFlags(u8) {
        K = 0x80, "Key Management Mobility Capability", "RFC 6275 §6.1.8";
        R = 0x40, "Mobile Router", "RFC 3963 §4.2";
        P = 0x20, "Proxy Registration", "RFC 5213 §8.2";
        T = 0x10, "TLV-header Format", "RFC 5845 §6.3";
        B = 0x08, "Bulk Binding Update", "RFC 6602 §4.2";
        S = 0x04, "Multicast Signaling", "RFC 7161 §4.2";
        D = 0x02, "DMM", "RFC 8885 §4.2";
        Q = 0x01, "Query", "draft-jikim-dmm-pmip §4.2";
    }
}

wire_struct! {
    /// What follows the header in a PBU.
    pub struct PbuBody {
        seq: u16 => Uint, "seq", "Sequence #";
        flags: u16 => Flags(PbuFlags::FLAGS), "flag", "Flags";
        lifetime: u16 => Lifetime, "lifetime", "Lifetime";
    }

    /// What follows the header in a PBA.
    pub struct PbaBody {
        status: u8 => Named(Status::NAMES), "status", "Status";
        flags: u8 => Flags(PbaFlags::FLAGS), "flag", "Flags";
        seq: u16 => Uint, "seq", "Sequence #";
        lifetime: u16 => Lifetime, "lifetime", "Lifetime";
    }
}

/// One row of the table of messages.
#[derive(Clone, Copy, Debug)]
pub struct MessageSpec {
    /// MH Type.
    pub mh_type: u8,
    /// Name in scripts and JSON.
    pub name: &'static str,
    /// Name in the RFC.
    pub title: &'static str,
    /// The fields between header and options; offsets count from the end of the header.
    pub fields: &'static [FieldSpec],
    /// How many octets they have; where the last of them has no fixed width, how many stand in front of it.
    pub len: usize,
    /// How far the last of them reaches.
    pub extent: Extent,
    /// Which options it may carry.
    pub carries: Carries,
    /// Where it is defined.
    pub source: &'static str,
}

/// Which options a message may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Those whose rows name the message or all messages, as often as the rows say.
    Named,
    /// Those, each several times: it speaks of several mobile nodes (RFC 6705 §10.1).
    NamedOfSeveralNodes,
    /// Any (RFC 7077 §4.1: "Any of the Mobility Header options").
    Any,
}

/// How far the fields between header and options reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// As far as `len` says.
    Fixed,
    /// To the end of the message: there are no options.
    Rest,
    /// Behind `len` octets stands a list of things of this size, and the first octet says how many.
    Counted(usize),
}

impl MessageSpec {
    /// Whether this message may carry this option.
    pub fn may_carry(&self, option: &OptionSpec) -> bool {
        self.carries == Carries::Any || option.messages.is_empty() || option.messages.contains(&self.mh_type)
    }

    /// How many of the octets behind the header are the fields of this message, by what these octets say. More than
    /// there are where the message is cut short.
    pub fn body_len(&self, octets: &[u8]) -> usize {
        match self.extent {
            Extent::Fixed => self.len,
            Extent::Rest => self.len.max(octets.len()),
            Extent::Counted(size) => self.len + size * octets.first().map_or(0, |count| usize::from(*count)),
        }
    }
}

macro_rules! messages {
    ($(
        $mh_type:ident => $variant:ident: $body:ident, $extent:expr, $carries:ident, $name:literal, $title:literal,
            $source:literal;
    )*) => {
        /// Every message that is known here.
        pub const MESSAGES: &[MessageSpec] = &[$(
            MessageSpec {
                mh_type: $mh_type,
                name: $name,
                title: $title,
                fields: $body::FIELDS,
                len: $body::LEN,
                extent: $extent,
                carries: Carries::$carries,
                source: $source,
            },
        )*];

        /// A Mobility Header message, as a value that cannot be wrong.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Message {
            $( #[doc = concat!($title, ", ", $source)] $variant($variant), )*
        }

        impl Message {
            /// MH Type.
            pub fn mh_type(&self) -> u8 {
                match self {
                    $( Self::$variant(_) => $mh_type, )*
                }
            }

            /// Its options, without padding.
            pub fn options(&self) -> &[MobilityOption] {
                match self {
                    $( Self::$variant(message) => &message.options, )*
                }
            }

            /// Its options, without padding.
            pub fn options_mut(&mut self) -> &mut Vec<MobilityOption> {
                match self {
                    $( Self::$variant(message) => &mut message.options, )*
                }
            }

            fn write_body(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$variant(message) => message.layout().write(out), )*
                }
            }

            /// The message of this type with these octets between header and options; `None` for a type that the
            /// table lacks, or octets that are not as many as it says.
            pub(crate) fn from_parts(mh_type: u8, body: &[u8], options: Vec<MobilityOption>) -> Option<Self> {
                match mh_type {
                    $( $mh_type => Some(Self::$variant($variant::from_parts($body::read(body)?, options))), )*
                    _ => None,
                }
            }
        }
    };
}

messages! {
    BRR => BindingRefreshRequest: BindingRefreshRequestBody, Extent::Fixed, Named, "brr", "Binding Refresh Request", "RFC 6275 §6.1.2";
    HOTI => HomeTestInit: HomeTestInitBody, Extent::Fixed, Named, "hoti", "Home Test Init", "RFC 6275 §6.1.3";
    COTI => CareOfTestInit: CareOfTestInitBody, Extent::Fixed, Named, "coti", "Care-of Test Init", "RFC 6275 §6.1.4";
    HOT => HomeTest: HomeTestBody, Extent::Fixed, Named, "hot", "Home Test", "RFC 6275 §6.1.5";
    COT => CareOfTest: CareOfTestBody, Extent::Fixed, Named, "cot", "Care-of Test", "RFC 6275 §6.1.6";
    PBU => Pbu: PbuBody, Extent::Fixed, Named, "pbu", "Proxy Binding Update", "RFC 8885 §4.1";
    PBA => Pba: PbaBody, Extent::Fixed, Named, "pba", "Proxy Binding Acknowledgement", "RFC 8885 §4.2";
    BE => BindingError: BindingErrorBody, Extent::Fixed, Named, "be", "Binding Error", "RFC 6275 §6.1.9";
    FBU => Fbu: FbuBody, Extent::Fixed, Named, "fbu", "Fast Binding Update", "RFC 5568 §6.2.2";
    FBACK => Fback: FbackBody, Extent::Fixed, Named, "fback", "Fast Binding Acknowledgment", "RFC 5568 §6.2.3";
    FNA => Fna: FnaBody, Extent::Fixed, Named, "fna", "Fast Neighbor Advertisement", "RFC 4068 §6.3.3";
    EXPERIMENTAL => Experimental: ExperimentalBody, Extent::Rest, Any, "experimental", "Experimental Mobility Header", "RFC 5096 §3";
    HA_SWITCH => HomeAgentSwitch: HomeAgentSwitchBody, Extent::Counted(16), Named, "ha_switch", "Home Agent Switch", "RFC 5142 §4";
    HEARTBEAT => Heartbeat: HeartbeatBody, Extent::Fixed, Named, "heartbeat", "Heartbeat", "RFC 5847 §3.3";
    HI => Hi: HiBody, Extent::Fixed, Named, "hi", "Handover Initiate", "RFC 5949 §6.1.1";
    HACK => Hack: HackBody, Extent::Fixed, Named, "hack", "Handover Acknowledge", "RFC 5949 §6.1.2";
    BR => BindingRevocation: BindingRevocationBody, Extent::Fixed, Named, "br", "Binding Revocation", "RFC 5846 §5";
    LRI => LocalizedRoutingInit: LocalizedRoutingInitBody, Extent::Fixed, NamedOfSeveralNodes, "lri", "Localized Routing Initiation", "RFC 6705 §10.1";
    LRA => LocalizedRoutingAck: LocalizedRoutingAckBody, Extent::Fixed, NamedOfSeveralNodes, "lra", "Localized Routing Acknowledgment", "RFC 6705 §10.2";
    UPN => Upn: UpnBody, Extent::Fixed, Any, "upn", "Update Notification", "RFC 7077 §4.1";
    UPA => Upa: UpaBody, Extent::Fixed, Any, "upa", "Update Notification Acknowledgement", "RFC 7077 §4.2";
    FLOW_BINDING => FlowBinding: FlowBindingBody, Extent::Fixed, Named, "flow_binding", "Flow Binding", "RFC 7109 §6.1";
    SUBSCRIPTION_QUERY => SubscriptionQuery: SubscriptionQueryBody, Extent::Fixed, Named, "subscription_query", "Subscription Query", "RFC 7161 §4.3.1";
    SUBSCRIPTION_RESPONSE => SubscriptionResponse: SubscriptionResponseBody, Extent::Fixed, Named, "subscription_response", "Subscription Response", "RFC 7161 §4.3.2";
}

/// The row of a message type.
#[inline]
pub fn message_spec(mh_type: u8) -> Option<&'static MessageSpec> {
    BY_TYPE[usize::from(mh_type)]
}

/// The rows by their type.
static BY_TYPE: [Option<&MessageSpec>; 256] = {
    let mut rows = [None; 256];
    let mut i = 0;
    while i < MESSAGES.len() {
        rows[MESSAGES[i].mh_type as usize] = Some(&MESSAGES[i]);
        i += 1;
    }
    rows
};

/// A Proxy Binding Update (or a Binding Update: the P flag tells).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pbu {
    /// Sequence number.
    pub seq: u16,
    /// Flags.
    pub flags: PbuFlags,
    /// Requested lifetime; zero de-registers.
    pub lifetime: Lifetime,
    /// Options, without padding.
    pub options: Vec<MobilityOption>,
}

impl Pbu {
    fn layout(&self) -> PbuBody {
        PbuBody { seq: self.seq, flags: self.flags.0, lifetime: self.lifetime.0 }
    }

    fn from_parts(body: PbuBody, options: Vec<MobilityOption>) -> Self {
        Self { seq: body.seq, flags: PbuFlags(body.flags), lifetime: Lifetime(body.lifetime), options }
    }
}

/// A Proxy Binding Acknowledgement (or a Binding Acknowledgement: the P flag tells).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pba {
    /// Whether the PBU was accepted, or why not.
    pub status: Status,
    /// Flags.
    pub flags: PbaFlags,
    /// Sequence number of the PBU that this answers.
    pub seq: u16,
    /// Granted lifetime.
    pub lifetime: Lifetime,
    /// Options, without padding.
    pub options: Vec<MobilityOption>,
}

impl Pba {
    fn layout(&self) -> PbaBody {
        PbaBody { status: self.status.0, flags: self.flags.0, seq: self.seq, lifetime: self.lifetime.0 }
    }

    fn from_parts(body: PbaBody, options: Vec<MobilityOption>) -> Self {
        let (status, flags) = (Status(body.status), PbaFlags(body.flags));
        Self { status, flags, seq: body.seq, lifetime: Lifetime(body.lifetime), options }
    }
}

/// Room that is taken at once for a message, and for the octets behind an option's Length: few have more.
const USUAL_MESSAGE: usize = 256;
const USUAL_BODY: usize = 64;

/// Whether the encoder pads options to their alignment. Not padding is for tests of receivers only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padded {
    /// As RFC 6275 §6.2.1 asks.
    #[default]
    Aligned,
    /// No padding between options; only the end is padded to a multiple of 8 octets.
    EndOnly,
}

impl Message {
    /// Writes the message as it goes from `src` to `dst`: aligned, padded to a multiple of 8 octets, checksummed.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Result<Vec<u8>, EncodeError> {
        let mut octets = self.encode_unsummed(Padded::Aligned)?;
        repair_checksum(&mut octets, src, dst);
        Ok(octets)
    }

    /// Writes the message with a checksum of zero, for edits to be made before it is filled in.
    pub fn encode_unsummed(&self, padded: Padded) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(USUAL_MESSAGE);
        let header = Header {
            payload_proto: NO_NEXT_HEADER,
            header_len: 0,
            mh_type: self.mh_type(),
            reserved: 0,
            checksum: 0,
        };
        header.write(&mut out);
        self.write_body(&mut out);
        // Its length must be known before it is put where its alignment says.
        let mut body = Vec::with_capacity(USUAL_BODY);
        for option in self.options() {
            body.clear();
            option.write(&mut body);
            if let (Padded::Aligned, Some(spec)) = (padded, spec(option.kind())) {
                let octets = spec.align.padding(out.len(), body.len());
                pad(&mut out, octets);
            }
            write_option(&mut out, option, &body)?;
        }
        // RFC 6275 §6.1.1: "the length of the Mobility Header MUST be a multiple of 8 octets".
        let octets = (8 - out.len() % 8) % 8;
        pad(&mut out, octets);
        let header_len = u8::try_from(out.len() / 8 - 1).map_err(|_| EncodeError::TooLong(out.len()))?;
        out[1] = header_len;
        Ok(out)
    }
}

/// Fills in the checksum of a whole Mobility Header. Fewer than six octets have none and stay as they are.
pub fn repair_checksum(octets: &mut [u8], src: Ipv6Addr, dst: Ipv6Addr) {
    if octets.len() < Header::LEN {
        return;
    }
    octets[4..6].fill(0);
    let sum = checksum(src, dst, MOBILITY_HEADER, octets);
    octets[4..6].copy_from_slice(&sum.to_be_bytes());
}

/// RFC 6275 §6.2.2, §6.2.3: one octet of padding is Pad1, more are PadN with zeros.
fn pad(out: &mut Vec<u8>, octets: usize) {
    match octets {
        0 => {}
        1 => out.push(0),
        // At most 7 octets are ever needed.
        more => {
            out.extend([PADN, more as u8 - 2]);
            out.resize(out.len() + more - 2, 0);
        }
    }
}

fn write_option(out: &mut Vec<u8>, option: &MobilityOption, body: &[u8]) -> Result<(), EncodeError> {
    out.push(option.kind());
    if *option != MobilityOption::Pad1(()) {
        let too_long = EncodeError::OptionTooLong { what: option::named(option.kind()), len: body.len() };
        out.push(u8::try_from(body.len()).map_err(|_| too_long)?);
        out.extend_from_slice(body);
    }
    Ok(())
}
