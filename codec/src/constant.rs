//! Constants of the protocols and defaults of their configuration variables, under the RFCs' own names: one table,
//! which the nodes and the reference page read.
//!
//! It says how long and how often. It does not know who waits: clocks and timers are the nodes'.

use core::time::Duration;

use crate::checksum;
use crate::header;
use crate::value::Lifetime;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct ConstantSpec {
    /// Name in the RFC: `MAX_BINDACK_TIMEOUT`, `MinDelayBeforeBCEDelete`.
    pub name: &'static str,
    /// How long, how often, or whether.
    pub value: Amount,
    /// What it is for.
    pub label: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

/// What a constant says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A length of time.
    Time(Duration),
    /// A number.
    Number(usize),
    /// A switch.
    Switch(bool),
}

impl core::fmt::Display for Amount {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Time(time) => write!(f, "{} s", time.as_secs_f64()),
            Self::Number(number) => write!(f, "{number}"),
            Self::Switch(on) => f.write_str(if *on { "on" } else { "off" }),
        }
    }
}

macro_rules! constants {
    ($( $constant:ident: $type:ty = $value:expr => $amount:ident, $name:literal, $label:literal, $source:literal; )*) => {
        $( #[doc = concat!($name, ": ", $label, " (", $source, ")")] pub const $constant: $type = $value; )*

        /// Every constant, in the order of the RFCs.
        pub const CONSTANTS: &[ConstantSpec] = &[$(
            ConstantSpec { name: $name, value: Amount::$amount($constant), label: $label, source: $source },
        )*];
    };
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

constants! {
    MOBILITY_HEADER: usize = checksum::MOBILITY_HEADER as usize => Number, "Mobility Header", "Next Header value in front of a Mobility Header", "RFC 6275 §6.1.1";
    PAYLOAD_PROTO: usize = header::NO_NEXT_HEADER as usize => Number, "IPPROTO_NONE", "What Payload Proto must say", "RFC 6275 §6.1.1";
    LIFETIME_UNIT: Duration = Lifetime::UNIT => Time, "Lifetime unit", "What one unit of a binding's Lifetime stands for", "RFC 6275 §6.1.7";
    DHAAD_RETRIES: usize = 4 => Number, "DHAAD_RETRIES", "Retransmissions of a Home Agent Address Discovery Request", "RFC 6275 §12";
    INITIAL_BINDACK_TIMEOUT: Duration = secs(1) => Time, "INITIAL_BINDACK_TIMEOUT", "First wait for the answer to a Binding Update; doubled upon each retransmission", "RFC 6275 §12";
    INITIAL_DHAAD_TIMEOUT: Duration = secs(3) => Time, "INITIAL_DHAAD_TIMEOUT", "First wait for a Home Agent Address Discovery Reply", "RFC 6275 §12";
    INITIAL_SOLICIT_TIMER: Duration = secs(3) => Time, "INITIAL_SOLICIT_TIMER", "First wait for the answer to a Mobile Prefix Solicitation", "RFC 6275 §12";
    MAX_BINDACK_TIMEOUT: Duration = secs(32) => Time, "MAX_BINDACK_TIMEOUT", "Longest wait for the answer to a Binding Update", "RFC 6275 §12";
    MAX_DELETE_BCE_TIMEOUT: Duration = secs(10) => Time, "MAX_DELETE_BCE_TIMEOUT", "How long a home agent keeps a binding that has ended, to tell a late Binding Update by its sequence number", "RFC 6275 §12";
    MAX_NONCE_LIFETIME: Duration = secs(240) => Time, "MAX_NONCE_LIFETIME", "Longest life of a nonce", "RFC 6275 §12";
    MAX_TOKEN_LIFETIME: Duration = secs(210) => Time, "MAX_TOKEN_LIFETIME", "Longest life of a keygen token", "RFC 6275 §12";
    MAX_RO_FAILURE: usize = 3 => Number, "MAX_RO_FAILURE", "Failed attempts at return routability after which packets go through the home agent", "RFC 6275 §12";
    MAX_RR_BINDING_LIFETIME: Duration = secs(420) => Time, "MAX_RR_BINDING_LIFETIME", "Longest life of a binding that return routability authorizes", "RFC 6275 §12";
    MAX_UPDATE_RATE: usize = 3 => Number, "MAX_UPDATE_RATE", "Binding Updates to one node within a second", "RFC 6275 §12";
    PREFIX_ADV_RETRIES: usize = 3 => Number, "PREFIX_ADV_RETRIES", "Retransmissions of a Mobile Prefix Advertisement", "RFC 6275 §12";
    PREFIX_ADV_TIMEOUT: Duration = secs(3) => Time, "PREFIX_ADV_TIMEOUT", "First wait before a Mobile Prefix Advertisement is sent again; doubled upon each retransmission", "RFC 6275 §12";
    MAX_MOB_PFX_ADV_INTERVAL: Duration = secs(86_400) => Time, "MaxMobPfxAdvInterval", "Longest time between Mobile Prefix Advertisements; a default", "RFC 6275 §13";
    MIN_DELAY_BETWEEN_RAS: Duration = secs(3) => Time, "MinDelayBetweenRAs", "Shortest time between Router Advertisements; a default, at least 0.03 s", "RFC 6275 §13";
    MIN_MOB_PFX_ADV_INTERVAL: Duration = secs(600) => Time, "MinMobPfxAdvInterval", "Shortest time between Mobile Prefix Advertisements; a default", "RFC 6275 §13";
    INITIAL_BINDACK_TIMEOUT_FIRST_REG: Duration = millis(1500) => Time, "InitialBindackTimeoutFirstReg", "First wait for the answer to a Binding Update where there is no binding yet; a default", "RFC 6275 §13";
    INITIAL_HA_SWITCH_TIMEOUT: Duration = secs(5) => Time, "INITIAL-HA-SWITCH-TIMEOUT", "First wait before a Home Agent Switch is sent again", "RFC 5142 §8";
    MAX_HA_SWITCH_TIMEOUT: Duration = secs(20) => Time, "MAX-HA-SWITCH-TIMEOUT", "Longest such wait", "RFC 5142 §8";
    MAX_HA_SWITCH_TRANSMIT_RATE: usize = 1 => Number, "MAX-HA-SWITCH-TRANSMIT-RATE", "Home Agent Switch messages within a second", "RFC 5142 §8";
    MIN_DELAY_BEFORE_BCE_DELETE: Duration = millis(10_000) => Time, "MinDelayBeforeBCEDelete", "How long an LMA waits before it deletes a binding that a MAG has ended; a default", "RFC 5213 §9.1";
    MAX_DELAY_BEFORE_NEW_BCE_ASSIGN: Duration = millis(1500) => Time, "MaxDelayBeforeNewBCEAssign", "How long an LMA waits for the de-registration of an existing session before it makes a new one; a default", "RFC 5213 §9.1";
    TIMESTAMP_VALIDITY_WINDOW: Duration = millis(300) => Time, "TimestampValidityWindow", "How far a PBU's Timestamp may be from the LMA's time; a default", "RFC 5213 §9.1";
    ENABLE_MAG_LOCAL_ROUTING: bool = false => Switch, "EnableMAGLocalRouting", "Whether a MAG routes between nodes on its own links; a default", "RFC 5213 §9.2";
    TIMESTAMP_BASED_APPROACH_IN_USE: bool = true => Switch, "TimestampBasedApproachInUse", "Whether Timestamp options order PBUs, not sequence numbers; a default", "RFC 5213 §9.3";
    MOBILE_NODE_GENERATED_TIMESTAMP_IN_USE: bool = false => Switch, "MobileNodeGeneratedTimestampInUse", "Whether mobile nodes make those time stamps; a default", "RFC 5213 §9.3";
    NAT_KEEPALIVE_TIMEOUT: Duration = secs(110) => Time, "NATKATIMEOUT", "Time after which a mobile node refreshes its bindings at a NAT", "RFC 5555 §6";
    RTSOLPR_RETRIES: usize = 3 => Number, "RTSOLPR_RETRIES", "Retransmissions of a Router Solicitation for Proxy Advertisement; a default", "RFC 5568 §9";
    MAX_RTSOLPR_RATE: usize = 3 => Number, "MAX_RTSOLPR_RATE", "Such solicitations within a second; a default", "RFC 5568 §9";
    FBU_RETRIES: usize = 3 => Number, "FBU_RETRIES", "Retransmissions of a Fast Binding Update; a default", "RFC 5568 §9";
    PROXY_ND_LIFETIME: Duration = millis(1500) => Time, "PROXY_ND_LIFETIME", "How long a router proxies a mobile node's new address; a default", "RFC 5568 §9";
    HI_RETRIES: usize = 3 => Number, "HI_RETRIES", "Retransmissions of a Handover Initiate; a default", "RFC 5568 §9";
    ACCEPT_FORCED_IPV4_UDP_ENCAPSULATION_REQUEST: bool = false => Switch, "AcceptForcedIPv4UDPEncapsulationRequest", "Whether an LMA encapsulates in UDP when it is asked to; a default", "RFC 5844 §5.1";
    FORCE_IPV4_UDP_ENCAPSULATION_SUPPORT: bool = false => Switch, "ForceIPv4UDPEncapsulationSupport", "Whether a MAG asks for that; a default", "RFC 5844 §5.2";
    BRI_MAX_RETRIES_NUMBER: usize = 1 => Number, "BRIMaxRetriesNumber", "Retransmissions of a Binding Revocation Indication; a default", "RFC 5846 §11";
    INIT_MIN_DELAY_BRIS: Duration = secs(1) => Time, "InitMINDelayBRIs", "First wait for its answer; a default, at least 0.5 s", "RFC 5846 §11";
    MAX_BRACK_TIMEOUT: Duration = secs(2) => Time, "MAX_BRACK_TIMEOUT", "Longest wait for its answer; a default", "RFC 5846 §11";
    HEARTBEAT_INTERVAL: Duration = secs(60) => Time, "HEARTBEAT_INTERVAL", "Time between Heartbeats; a default, from 30 s to 3600 s", "RFC 5847 §5";
    MISSING_HEARTBEATS_ALLOWED: usize = 3 => Number, "MISSING_HEARTBEATS_ALLOWED", "Heartbeats in a row without a response before the peer is held unreachable; a default", "RFC 5847 §5";
    ACTIVATION_DELAY: Duration = millis(2000) => Time, "ACTIVATIONDELAY", "How long the activation state of a transient binding lasts; a default", "RFC 6058 §8";
    ENABLE_LMA_REDIRECT_FUNCTION: bool = false => Switch, "EnableLMARedirectFunction", "Whether a MAG or an LMA that redirects assigns LMAs at run time; a default", "RFC 6463 §7";
    ENABLE_LMA_REDIRECT_ACCEPT_FUNCTION: bool = false => Switch, "EnableLMARedirectAcceptFunction", "Whether an LMA accepts sessions that another has redirected; a default", "RFC 6463 §7";
    ACCEPT_BULK_BINDING_UPDATE: bool = true => Switch, "AcceptBulkBindingUpdateReqForMobilitySession", "Whether an LMA accepts bulk binding updates; a default", "RFC 6602 §6.1";
    REQUEST_BULK_BINDING_UPDATE: bool = true => Switch, "RequestBulkBindingUpdateSupportForMobilitySession", "Whether a MAG asks for them; a default", "RFC 6602 §6.2";
    LRA_WAIT_TIME: Duration = secs(3) => Time, "LRA_WAIT_TIME", "Time between retransmissions of a Localized Routing Initiation; a default", "RFC 6705 §12";
    LRI_RETRIES: usize = 3 => Number, "LRI_RETRIES", "Retransmissions of a Localized Routing Initiation; a default", "RFC 6705 §12";
    MAX_UPDATE_NOTIFICATION_RETRANSMIT_COUNT: usize = 1 => Number, "MAX_UPDATE_NOTIFICATION_RETRANSMIT_COUNT", "Retransmissions of an Update Notification; a default, from 0 to 5", "RFC 7077 §7";
    MIN_DELAY_BETWEEN_UPDATE_NOTIFICATION_REPLAY: Duration = millis(1000) => Time, "MIN_DELAY_BETWEEN_UPDATE_NOTIFICATION_REPLAY", "Shortest wait before an Update Notification is sent again; a default, from 0.5 s to 5 s", "RFC 7077 §7";
    MAX_FBI_RETRIES: usize = 3 => Number, "MAX_FBI_RETRIES", "Retransmissions of a Flow Binding Indication; a default", "RFC 7109 §8";
    MAX_FBA_TIMEOUT: Duration = secs(3) => Time, "MAX_FBA_TIMEOUT", "Wait before it is sent again; a default", "RFC 7109 §8";
}
