//! Packets of a case: the log that verdicts, references and the capture file are made from.

use std::net::Ipv6Addr;

use dmm_codec::packet::{Ethernet, Ipv6, MOBILITY_HEADER};
use dmm_codec::wire::{FieldKind, FieldSpec};
use dmm_codec::{FieldView, Instant, Lifetime, MessageView, OptionView, UnknownOption};
use ipnet::Ipv6Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::script::value::Value;

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the tester.
    Sent,
    /// To the tester.
    Received,
}

/// One packet of a case.
#[derive(Clone, Debug)]
pub struct Logged {
    /// When it left or arrived.
    pub at: Instant,
    /// At which port of the tester.
    pub port: String,
    /// Which way.
    pub direction: Direction,
    /// The Ethernet frame.
    pub frame: Vec<u8>,
    /// The step that sent it, or that took it first.
    pub step: Option<String>,
    /// What the case says about it.
    pub comments: Vec<String>,
    /// Whether a step has taken it.
    pub claimed: bool,
    /// What it carries, if it is an IPv6 packet.
    pub ip: Option<Parsed>,
}

/// An IPv6 packet.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// Source address.
    pub src: Ipv6Addr,
    /// Destination address.
    pub dst: Ipv6Addr,
    /// Hop limit.
    pub hop_limit: u8,
    /// What it carries behind extension headers.
    pub next_header: u8,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Logged {
    /// A frame that left or arrived.
    pub fn new(at: Instant, port: &str, direction: Direction, frame: Vec<u8>) -> Self {
        let ip = Ethernet::parse(&frame)
            .filter(|ethernet| ethernet.ether_type == Ethernet::IPV6)
            .and_then(|ethernet| Ipv6::parse(ethernet.payload))
            .map(|packet| Parsed {
                src: packet.src,
                dst: packet.dst,
                hop_limit: packet.hop_limit,
                next_header: packet.next_header,
                payload: packet.payload().to_vec(),
            });
        Self {
            at,
            port: port.to_string(),
            direction,
            frame,
            step: None,
            comments: Vec::new(),
            claimed: false,
            ip,
        }
    }

    /// The Mobility Header in it, whatever is wrong with it.
    pub fn mobility(&self) -> Option<(&Parsed, MessageView<'_>)> {
        let ip = self.ip.as_ref().filter(|ip| ip.next_header == MOBILITY_HEADER)?;
        Some((ip, MessageView::new(&ip.payload).ok()?))
    }

    /// The Mobility Header in it, if a receiver would read it (RFC 6275 §9.2).
    pub fn readable(&self) -> Option<(&Parsed, MessageView<'_>)> {
        let (ip, _) = self.mobility()?;
        Some((ip, MessageView::received(&ip.payload, ip.src, ip.dst).ok()?))
    }
}

/// What a field says.
pub fn field_value(field: &FieldView<'_>, siblings: &[FieldView<'_>]) -> Value {
    let number = || Value::Int(i128::from(field.uint()));
    match field.spec.kind {
        FieldKind::Reserved
        | FieldKind::Uint
        | FieldKind::Named(_)
        | FieldKind::NamedBy { .. }
        | FieldKind::Timestamp
        | FieldKind::PrefixLength => number(),
        FieldKind::Flags(known) => Value::Flags(field.uint() as u32, known),
        FieldKind::Lifetime => Lifetime(field.uint() as u16).into(),
        FieldKind::Ipv6 => field.address().map_or(Value::Nothing, Value::Addr),
        FieldKind::Ipv4 => field.ipv4().map_or(Value::Nothing, |address| Value::Text(address.to_string())),
        FieldKind::Prefix => {
            let length = siblings.iter().find(|sibling| matches!(sibling.spec.kind, FieldKind::PrefixLength));
            let length = length.map_or(128, |length| length.uint() as u8);
            let net = field.address().and_then(|address| Ipv6Net::new(address, length).ok());
            // RFC 8885 §4.3: bits behind the Prefix Length say nothing.
            net.map_or(Value::Octets(field.octets.to_vec()), |net| Value::Net(net.trunc()))
        }
        FieldKind::Identifier => match std::str::from_utf8(field.octets) {
            Ok(text) if !text.chars().any(char::is_control) => Value::Text(text.to_string()),
            _ => Value::Octets(field.octets.to_vec()),
        },
        FieldKind::LinkLayer | FieldKind::Octets | FieldKind::SubOptions(_) => {
            Value::Octets(field.octets.to_vec())
        }
    }
}

/// The field of a message between header and options.
pub fn message_value(view: &MessageView<'_>, name: &str) -> Option<Value> {
    view.field(name).map(|field| field_value(&field, &[]))
}

/// The field of an option; nothing where its octets do not hold the field.
pub fn option_value(option: &OptionView<'_>, spec: &FieldSpec) -> Option<Value> {
    let fields: Vec<_> = option.fields().collect();
    fields.iter().find(|field| field.spec.name == spec.name).map(|field| field_value(field, &fields))
}

/// The options of this type that can be read.
pub fn options<'a>(view: &MessageView<'a>, kind: u8) -> impl Iterator<Item = OptionView<'a>> + use<'a> {
    view.options().filter_map(Result::ok).filter(move |option| option.kind == kind)
}

/// An option as a value.
pub fn option_octets(option: &OptionView<'_>) -> Value {
    Value::Option(UnknownOption::on_purpose(option.kind, option.body))
}
