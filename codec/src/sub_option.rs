//! The tables of sub-options: what stands within an option and has a type and a length of its own. One row each, as in
//! the table of options, and like there encoder, decoder, Wireshark fields, scripts and rules read the rows.

use alloc::vec::Vec;

use crate::body::{Meaning, Padding, access, flow, qos};
use crate::error::{ErrorKind, SubOptionError, What};
use crate::option::{self, read_as};
use crate::wire::{FieldSpec, Value, Width, Wire, fits, has_fixed_len};

/// One row of a table.
#[derive(Clone, Copy, Debug)]
pub struct SubOptionSpec {
    /// Type octet.
    pub kind: u8,
    /// Name in scripts and JSON: `bid`.
    pub name: &'static str,
    /// Suffix of its Wireshark filter behind the option's own: `.bid`.
    pub filter: &'static str,
    /// Name in the RFC: `BID Reference`.
    pub title: &'static str,
    /// Whether an option may have several.
    pub repeats: bool,
    /// Where it is defined.
    pub source: &'static str,
    /// The layout behind Type and Length.
    pub fields: &'static [FieldSpec],
    /// The fewest octets behind Type and Length.
    pub min_len: usize,
}

impl SubOptionSpec {
    /// Whether every sub-option of this type has the same length, `min_len`.
    pub fn has_fixed_len(&self) -> bool {
        has_fixed_len(self.fields)
    }

    /// Whether so many octets can stand behind Type and Length.
    pub fn fits(&self, len: usize) -> bool {
        fits(self.fields, self.min_len, len)
    }
}

/// The sub-options of one option.
#[derive(Clone, Copy, Debug)]
pub struct SubOptionTable {
    /// The type of the option that has them.
    pub option: u8,
    /// Every type that is known here, in ascending order. Where the first is 0, it is Pad1 and has no Length.
    pub rows: &'static [SubOptionSpec],
    /// Whether the types are those of options, which are asked for: then the rows are theirs and none stand here.
    pub asks_for_options: bool,
    /// Where such sub-options are defined as such.
    pub source: &'static str,
    /// Why the octets behind Type and Length of a known type mean nothing, if they do not.
    pub check: fn(u8, &[u8]) -> Result<(), ErrorKind>,
}

impl SubOptionTable {
    /// The row of a type.
    pub fn spec(&self, kind: u8) -> Option<&'static SubOptionSpec> {
        self.rows.iter().find(|spec| spec.kind == kind)
    }

    /// The row of a type by its name in scripts.
    pub fn spec_by_name(&self, name: &str) -> Option<&'static SubOptionSpec> {
        self.rows.iter().find(|spec| spec.name == name)
    }

    /// What the RFC calls a type: as its row says, or as the option is called that is asked for.
    pub fn title(&self, kind: u8) -> Option<&'static str> {
        match self.spec(kind) {
            Some(spec) => Some(spec.title),
            None => option::spec(kind).filter(|_| self.asks_for_options).map(|spec| spec.title),
        }
    }

    /// Whether a type is one octet without a Length (RFC 6089 §4.2.1.1).
    pub fn is_pad1(&self, kind: u8) -> bool {
        kind == 0 && self.rows.first().is_some_and(|spec| spec.kind == 0)
    }

    /// Whether a type only fills room: Pad1, and PadN behind it (RFC 6089 §4.2.1.2).
    pub fn is_padding(&self, kind: u8) -> bool {
        kind <= option::PADN && self.is_pad1(0)
    }

    /// A sub-option of this type, as errors name it.
    pub(crate) fn named(&self, kind: u8) -> What {
        let source = self.spec(kind).map_or(self.source, |spec| spec.source);
        What::SubOption { option: self.option, kind, title: self.title(kind), source }
    }
}

/// A sub-option, as a value that cannot be wrong.
pub trait SubOption: Sized {
    /// The table of its option.
    const TABLE: &'static SubOptionTable;

    /// Reads the octets behind Type and Length. What is not in the table is kept as it is; an error says why the
    /// octets of a known type mean nothing.
    fn read(kind: u8, body: &[u8]) -> Result<Self, ErrorKind>;
    /// The Type octet.
    fn kind(&self) -> u8;
    /// The octets behind Type and Length. An option with more of them than a Length can say is refused by the encoder.
    fn body(&self) -> Vec<u8>;
}

impl<T: SubOption> Value for Vec<T> {
    const WIDTH: Width = Width::Rest;

    fn take(octets: &mut &[u8]) -> Option<Self> {
        sub_options(core::mem::take(octets)).collect::<Result<_, _>>().ok()
    }

    fn wrong_part(octets: &[u8]) -> Option<SubOptionError> {
        sub_options::<T>(octets).find_map(Result::err)
    }

    fn put(&self, out: &mut Vec<u8>) {
        for sub_option in self {
            out.push(sub_option.kind());
            if !T::TABLE.is_pad1(sub_option.kind()) {
                let body = sub_option.body();
                out.push(body.len() as u8);
                out.extend_from_slice(&body);
            }
        }
    }
}

/// The sub-options in these octets.
fn sub_options<T: SubOption>(octets: &[u8]) -> impl Iterator<Item = Result<T, SubOptionError>> {
    Parts::new(T::TABLE, octets).map(|part| {
        let Part { kind, at, body, .. } = part?;
        T::read(kind, body).map_err(|wrong| SubOptionError { what: T::TABLE.named(kind), at, kind: wrong })
    })
}

/// Types with their octets, one behind the other; ends after the first one that does not fit.
#[derive(Clone, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) table: &'static SubOptionTable,
    octets: &'a [u8],
    at: usize,
}

/// One of them.
pub(crate) struct Part<'a> {
    pub(crate) kind: u8,
    /// Where its Type stands, from the first octet of all.
    pub(crate) at: usize,
    /// Where the octets behind its Length start.
    pub(crate) body_at: usize,
    pub(crate) body: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(crate) fn new(table: &'static SubOptionTable, octets: &'a [u8]) -> Self {
        Self { table, octets, at: 0 }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, SubOptionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let rest = &self.octets[at..];
        let kind = *rest.first()?;
        if self.table.is_pad1(kind) {
            self.at += 1;
            return Some(Ok(Part { kind, at, body_at: at + 1, body: &[] }));
        }
        let len = rest.get(1).map_or(0, |len| usize::from(*len));
        let Some(body) = rest.get(2..2 + len) else {
            self.at = self.octets.len();
            let wrong = ErrorKind::TooShort { found: rest.len(), expected: 2 + len };
            return Some(Err(SubOptionError { what: self.table.named(kind), at, kind: wrong }));
        };
        self.at += 2 + len;
        Some(Ok(Part { kind, at, body_at: at + 2, body }))
    }
}

/// A sub-option of a type that its table does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSubOption {
    kind: u8,
    data: Vec<u8>,
}

impl UnknownSubOption {
    /// Type octet.
    pub fn kind(&self) -> u8 {
        self.kind
    }

    /// The octets behind its Length.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

/// An option that a peer is asked to send (RFC 5949 §6.2.1): its type, and what tells it from others of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedOption {
    /// Req-type: the type of the option.
    pub kind: u8,
    /// Req-option: empty where the type says enough.
    pub data: Vec<u8>,
}

impl SubOption for RequestedOption {
    const TABLE: &'static SubOptionTable = &SubOptionTable {
        option: 40,
        rows: &[],
        asks_for_options: true,
        source: "RFC 5949 §6.2.1",
        check: |_, _| Ok(()),
    };

    fn read(kind: u8, body: &[u8]) -> Result<Self, ErrorKind> {
        Ok(Self { kind, data: body.to_vec() })
    }

    fn kind(&self) -> u8 {
        self.kind
    }

    fn body(&self) -> Vec<u8> {
        self.data.clone()
    }
}

macro_rules! sub_options {
    ($(
        $(#[$doc:meta])*
        $name:ident of $option:literal, $table_source:literal {
            $( $kind:literal => $variant:ident($value:ty), $script:literal, $filter:literal, $title:literal, $count:ident, $source:literal; )*
        }
    )*) => {
        /// Every table, in the order of the options that have them.
        pub const SUB_OPTIONS: &[&SubOptionTable] = &[RequestedOption::TABLE, $( $name::TABLE, )*];

        $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $( #[doc = concat!($title, " (", stringify!($kind), "), ", $source)] $variant($value), )*
            /// Any other, with its octets.
            Unknown(UnknownSubOption),
        }

        impl $name {
            /// A sub-option of a type without a row; none for a type that has one, and would be read as that.
            pub fn unknown(kind: u8, data: &[u8]) -> Option<Self> {
                let unknown = UnknownSubOption { kind, data: data.to_vec() };
                Self::TABLE.spec(kind).is_none().then_some(Self::Unknown(unknown))
            }
        }

        impl SubOption for $name {
            const TABLE: &'static SubOptionTable = &SubOptionTable {
                option: $option,
                rows: &[$(
                    SubOptionSpec {
                        kind: $kind,
                        name: $script,
                        filter: $filter,
                        title: $title,
                        repeats: $count,
                        source: $source,
                        fields: <$value as Meaning>::Layout::FIELDS,
                        min_len: <$value as Meaning>::Layout::LEN,
                    },
                )*],
                asks_for_options: false,
                source: $table_source,
                check: |kind, body| Self::read(kind, body).map(drop),
            };

            fn read(kind: u8, body: &[u8]) -> Result<Self, ErrorKind> {
                match kind {
                    $( $kind => read_as(body, Self::$variant), )*
                    _ => Ok(Self::Unknown(UnknownSubOption { kind, data: body.to_vec() })),
                }
            }

            fn kind(&self) -> u8 {
                match self {
                    $( Self::$variant(_) => $kind, )*
                    Self::Unknown(unknown) => unknown.kind,
                }
            }

            fn body(&self) -> Vec<u8> {
                let mut out = Vec::new();
                match self {
                    $( Self::$variant(value) => value.to_layout().write(&mut out), )*
                    Self::Unknown(unknown) => out.extend_from_slice(&unknown.data),
                }
                out
            }
        }
    )*};
}

// The words of the column that says how often one may stand; ONE where the RFC says so.
const MANY: bool = true;
const ONE: bool = false;

sub_options! {
    /// What a flow binding says (IANA "Flow Identification Sub-Options").
    FlowSubOption of 45, "RFC 6089 §4.2.1" {
        0 => Pad1(()), "pad1", ".pad1", "Pad1", MANY, "RFC 6089 §4.2.1.1";
        1 => PadN(Padding), "padn", ".padn", "PadN", MANY, "RFC 6089 §4.2.1.2";
        2 => BindingReference(flow::BindingReference), "bid", ".bid", "BID Reference", ONE, "RFC 6089 §4.2.1.3";
        3 => TrafficSelector(flow::TrafficSelector), "selector", ".selector", "Traffic Selector", ONE, "RFC 6089 §4.2.1.4";
        4 => Action(flow::FlowBindingAction), "action", ".action", "Flow Binding Action", MANY, "RFC 7109 §6.2.1";
        5 => TargetCareOf(flow::TargetCareOf), "target_coa", ".target_care_of", "Target Care-of Address", MANY, "RFC 7109 §6.2.2";
    }

    /// What a MAG knows of its access network (IANA "Access Network Information (ANI) Sub-Option Type Values").
    AccessNetworkSubOption of 52, "RFC 6757 §3.1" {
        1 => Network(access::NetworkIdentifier), "network", ".network", "Network-Identifier", ONE, "RFC 6757 §3.1.1";
        2 => Location(access::GeoLocation), "location", ".location", "Geo-Location", ONE, "RFC 6757 §3.1.2";
        3 => Operator(access::OperatorIdentifier), "operator", ".operator", "Operator-Identifier", ONE, "RFC 6757 §3.1.3";
        4 => CivicLocation(access::CivicLocation), "civic_location", ".civic_location", "Civic-Location", MANY, "RFC 7563 §3.1";
        5 => MagGroup(access::MagGroup), "mag_group", ".mag_group", "MAG-Group-Identifier", MANY, "RFC 7563 §3.2";
        6 => UpdateTimer(access::UpdateTimer), "update_timer", ".update_timer", "ANI Update-Timer", MANY, "RFC 7563 §3.3";
    }

    /// Which flows leave the tunnel at the MAG: the one sub-option of RFC 6089 that RFC 6909 §3.1 takes over.
    OffloadSubOption of 53, "RFC 6909 §3.1" {
        3 => TrafficSelector(flow::TrafficSelector), "selector", ".selector", "Traffic Selector", MANY, "RFC 6089 §4.2.1.4";
    }

    /// What quality is asked or given (IANA "Quality-of-Service Attribute Registry").
    QosAttribute of 58, "RFC 7222 §4.2" {
        1 => PerMnMaxDl(qos::BitRate), "per_mn_max_dl", ".per_mn_max_dl", "Per-MN-Agg-Max-DL-Bit-Rate", ONE, "RFC 7222 §4.2.1";
        2 => PerMnMaxUl(qos::BitRate), "per_mn_max_ul", ".per_mn_max_ul", "Per-MN-Agg-Max-UL-Bit-Rate", ONE, "RFC 7222 §4.2.2";
        3 => PerSessionMaxDl(qos::SessionBitRate), "per_session_max_dl", ".per_session_max_dl", "Per-Session-Agg-Max-DL-Bit-Rate", ONE, "RFC 7222 §4.2.3";
        4 => PerSessionMaxUl(qos::SessionBitRate), "per_session_max_ul", ".per_session_max_ul", "Per-Session-Agg-Max-UL-Bit-Rate", ONE, "RFC 7222 §4.2.4";
        5 => Retention(qos::Retention), "retention", ".retention", "Allocation-Retention-Priority", ONE, "RFC 7222 §4.2.5";
        6 => MaxDl(qos::BitRate), "max_dl", ".max_dl", "Aggregate-Max-DL-Bit-Rate", ONE, "RFC 7222 §4.2.6";
        7 => MaxUl(qos::BitRate), "max_ul", ".max_ul", "Aggregate-Max-UL-Bit-Rate", ONE, "RFC 7222 §4.2.7";
        8 => GuaranteedDl(qos::BitRate), "guaranteed_dl", ".guaranteed_dl", "Guaranteed-DL-Bit-Rate", ONE, "RFC 7222 §4.2.8";
        9 => GuaranteedUl(qos::BitRate), "guaranteed_ul", ".guaranteed_ul", "Guaranteed-UL-Bit-Rate", ONE, "RFC 7222 §4.2.9";
        10 => TrafficSelector(qos::QosTrafficSelector), "selector", ".selector", "QoS-Traffic-Selector", MANY, "RFC 7222 §4.2.10";
        11 => VendorSpecific(qos::VendorAttribute), "vendor", ".vendor", "QoS-Vendor-Specific-Attribute", MANY, "RFC 7222 §4.2.11";
    }

    /// What an LMA wants of a MAG (IANA "LMA-Controlled MAG Parameters Sub-Option Type Values").
    MagParameter of 62, "RFC 8127 §3.1" {
        1 => Reregistration(access::Reregistration), "reregistration", ".reregistration", "Binding Re-registration Control", ONE, "RFC 8127 §3.1.1";
        2 => Heartbeat(access::HeartbeatControl), "heartbeat", ".heartbeat", "Heartbeat Control", MANY, "RFC 8127 §3.1.2";
    }
}
