//! What a packet says, whatever kind of message it is: fields and options by their names in scripts.

use dmm_codec::icmp::{AnyBody, Icmpv6};
use dmm_codec::ndp::{self, ND_MESSAGES, ND_OPTIONS, NdMessageSpec};
use dmm_codec::packet::{Ethernet, ICMPV6, IPV6_IN_IPV6, Ipv6, MOBILITY_HEADER, Mac};
use dmm_codec::wire::{FieldSpec, Wire as _};
use dmm_codec::{FieldView, MessageView, OptionView};

use crate::packet::{Logged, Parsed, field_value, message_value, option_octets};
use crate::script::messages::{Msg, OptionRow};
use crate::script::value::Value;

/// A message of a kind that a script asked for, in a packet.
#[derive(Clone, Copy, Debug)]
pub enum Contents<'a> {
    /// A Mobility Header.
    Mobility(MessageView<'a>),
    /// A message of Neighbor Discovery, and its octets.
    Neighbor(&'static NdMessageSpec, &'a [u8]),
    /// Some ICMPv6 message.
    Icmp(&'a [u8]),
    /// Some packet.
    Raw(&'a Parsed),
}

/// One option of a message.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Type octet.
    pub kind: u8,
    /// Its name, if it has one.
    pub name: Option<&'static str>,
    /// Whether it only fills room.
    pub is_padding: bool,
    /// Its fields.
    fields: Vec<(&'static FieldSpec, Value)>,
    /// The option as a value.
    whole: Value,
}

impl Seen {
    fn mobility(option: &OptionView<'_>) -> Self {
        let views: Vec<_> = option.fields().collect();
        let fields = views.iter().map(|field| (field.spec, field_value(field, &views))).collect();
        let name = option.spec().map(|spec| spec.name);
        let (kind, is_padding) = (option.kind, option.is_padding());
        Self { kind, name, is_padding, fields, whole: option_octets(option) }
    }

    fn neighbor(option: &ndp::NdOption<'_>) -> Self {
        let spec = ND_OPTIONS.iter().find(|spec| spec.kind == option.kind);
        // RFC 4191 §2.3: what a prefix does not need is left out.
        let mut body = option.body.to_vec();
        body.resize(spec.map_or(0, |spec| spec.len).max(body.len()), 0);
        let views: Vec<_> = FieldView::all(spec.map_or(&[][..], |spec| spec.fields), &body, 0).collect();
        let fields = views.iter().map(|field| (field.spec, field_value(field, &views))).collect();
        let whole = Value::Octets(option.body.to_vec());
        Self { kind: option.kind, name: spec.map(|spec| spec.name), is_padding: false, fields, whole }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(spec, _)| spec.name == name).map(|(_, value)| value)
    }

    /// The option as a value.
    pub fn whole(&self) -> &Value {
        &self.whole
    }
}

impl<'a> Contents<'a> {
    /// What the packet says, if it is such a message and a receiver would read it.
    pub fn of(logged: &'a Logged, msg: Msg) -> Option<Self> {
        match msg {
            Msg::Mobility(spec) => {
                let (_, view) = logged.readable()?;
                (view.mh_type() == spec.mh_type).then_some(Self::Mobility(view))
            }
            Msg::Neighbor(spec) => {
                let ip = logged.ip.as_ref().filter(|ip| ip.next_header == ICMPV6)?;
                let is_it = ip.payload.first() == Some(&spec.icmp_type);
                let readable = || Icmpv6::parse(&ip.payload, ip.src, ip.dst, ip.hop_limit).is_ok();
                (is_it && readable()).then_some(Self::Neighbor(spec, &ip.payload))
            }
            Msg::Icmp => {
                let ip = logged.ip.as_ref().filter(|ip| ip.next_header == ICMPV6)?;
                (ip.payload.len() >= AnyBody::LEN).then_some(Self::Icmp(&ip.payload))
            }
            Msg::Raw => logged.ip.as_ref().map(Self::Raw),
        }
    }

    /// What the packet says as the most special kind of message that it is; nothing is checked.
    pub fn whatever(logged: &'a Logged) -> Option<Self> {
        let ip = logged.ip.as_ref()?;
        if ip.next_header == MOBILITY_HEADER
            && let Ok(view) = MessageView::new(&ip.payload)
        {
            return Some(Self::Mobility(view));
        }
        if ip.next_header == ICMPV6 && ip.payload.len() >= AnyBody::LEN {
            let spec = ND_MESSAGES.iter().find(|spec| ip.payload.first() == Some(&spec.icmp_type));
            return Some(spec.map_or(Self::Icmp(&ip.payload), |spec| Self::Neighbor(spec, &ip.payload)));
        }
        Some(Self::Raw(ip))
    }

    /// A field of the message.
    pub fn field(&self, name: &str) -> Option<Value> {
        let in_layout = |fields, octets| {
            let views: Vec<FieldView<'_>> = FieldView::all(fields, octets, 0).collect();
            views.iter().find(|field| field.spec.name == name).map(|field| field_value(field, &views))
        };
        match self {
            Self::Mobility(view) => message_value(view, name),
            Self::Neighbor(spec, octets) => in_layout(spec.fields, octets),
            Self::Icmp(octets) => in_layout(AnyBody::FIELDS, octets),
            Self::Raw(ip) => raw_field(ip, name),
        }
    }

    /// The options in the order of the wire.
    pub fn options(&self) -> Vec<Seen> {
        match self {
            Self::Mobility(view) => {
                view.options().filter_map(Result::ok).map(|option| Seen::mobility(&option)).collect()
            }
            Self::Neighbor(spec, octets) => {
                ndp::options(spec, octets).map(|option| Seen::neighbor(&option)).collect()
            }
            Self::Icmp(_) | Self::Raw(_) => Vec::new(),
        }
    }

    /// The options of one type.
    pub fn options_of(&self, row: &OptionRow) -> Vec<Seen> {
        let mut options = self.options();
        options.retain(|option| option.kind == row.kind);
        options
    }
}

fn raw_field(ip: &Parsed, name: &str) -> Option<Value> {
    let inner = || (ip.next_header == IPV6_IN_IPV6).then(|| Ipv6::parse(&ip.payload)).flatten();
    Some(match name {
        "next_header" => Value::Int(ip.next_header.into()),
        "payload" => Value::Octets(ip.payload.clone()),
        "inner_src" => Value::Addr(inner()?.src),
        "inner_dst" => Value::Addr(inner()?.dst),
        "inner_next_header" => Value::Int(inner()?.next_header.into()),
        "inner_payload" => Value::Octets(inner()?.payload().to_vec()),
        _ => return None,
    })
}

/// The link-layer addresses of a frame, source first.
pub fn macs(frame: &[u8]) -> Option<[Mac; 2]> {
    Ethernet::parse(frame).map(|ethernet| [ethernet.src, ethernet.dst])
}
