//! Packets in words: what a ladder writes on an arrow, and every field with the octets that it stands in.

use std::net::Ipv6Addr;

use dmm_codec::header::Header;
use dmm_codec::ndp::{self, ND_MESSAGES, ND_OPTIONS, NdMessageSpec};
use dmm_codec::packet::{Ethernet, ICMPV6, Ipv6};
use dmm_codec::wire::Wire as _;
use dmm_codec::{FieldView, Instant, MessageView, OptionView};
use serde::Serialize;

use crate::contents::Contents;
use crate::judge::passive;
use crate::packet::{Logged, field_value};
use crate::record::{PacketRecord, Station};

/// Octets of an Ethernet header without tags.
const ETHERNET_HEADER: usize = 14;
/// Octets of an IPv6 header.
const IPV6_HEADER: usize = 40;

/// A part of a packet with its fields: a header, an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// The octet of the frame that it starts at.
    pub at: usize,
    /// How many octets it has.
    pub len: usize,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field: its name, its value, the octet of the frame that it starts at, and how many it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field(pub String, pub String, pub usize, pub usize);

/// One line on what a packet is: `PBU seq 1 D, serving_maar smaar`.
pub fn summary(packet: &PacketRecord, stations: &[Station]) -> String {
    let logged = logged(packet);
    let Some(ip) = &logged.ip else { return format!("{} octets without IPv6", packet.frame.len()) };
    let Some((_, view)) = logged.mobility() else {
        if let Some(Contents::Neighbor(spec, octets)) = Contents::whatever(&logged) {
            return neighbor_summary(spec, octets);
        }
        return match (ip.next_header, ip.payload.first(), ip.payload.get(1)) {
            (ICMPV6, Some(kind), Some(code)) => format!("ICMPv6 type {kind} code {code}"),
            (next, ..) => format!("IPv6 with next header {next}"),
        };
    };
    let mut said = match view.spec() {
        Some(spec) => spec.name.to_uppercase(),
        None => format!("MH type {}", view.mh_type()),
    };
    if let Some(seq) = view.field("seq") {
        said += &format!(" seq {}", seq.uint());
    }
    if let Some(status) = view.field("status") {
        let name = status.name(&[]).filter(|_| status.uint() > 0).map(|name| format!(" {}", name.name));
        said += &format!(" status {}{}", status.uint(), name.unwrap_or_default());
    }
    if view.has_dmm_flag() {
        said += " [D]";
    }
    if view.field("lifetime").is_some_and(|lifetime| lifetime.uint() == 0) {
        said += " lifetime 0";
    }
    for option in view.options().filter_map(Result::ok) {
        let Some(spec) = option.spec().filter(|spec| spec.needs_dmm) else { continue };
        let address = option.fields().find_map(|field| field.address());
        let who = address.map(|address| format!(" {}", called(address, stations)));
        said += &format!(", {}{}", spec.name, who.unwrap_or_default());
    }
    said
}

/// `RA, pio 2001:db8:1::/64 preferred 1800`.
fn neighbor_summary(spec: &'static NdMessageSpec, octets: &[u8]) -> String {
    let mut said = spec.name.to_uppercase();
    for option in Contents::Neighbor(spec, octets).options() {
        let (Some(name), Some(prefix)) = (option.name, option.field("prefix")) else { continue };
        said += &format!(", {name} {prefix}");
        if let Some(preferred) = option.field("preferred") {
            said += &format!(" preferred {preferred}");
        }
    }
    said
}

/// The name of a station, or the address itself.
pub fn called(address: Ipv6Addr, stations: &[Station]) -> String {
    let station = stations.iter().find(|station| station.addr == address);
    station.map_or_else(|| address.to_string(), |station| station.name.clone())
}

/// Every part of a packet that the codec can name, the outermost first.
pub fn parts(packet: &PacketRecord) -> Vec<Part> {
    let frame = &packet.frame;
    let mut parts = Vec::new();
    let Some(ethernet) = Ethernet::parse(frame) else { return parts };
    let mac = |octets: &[u8]| {
        let digits: Vec<_> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        digits.join(":")
    };
    let fields = vec![
        Field("Destination".into(), mac(&frame[..6]), 0, 6),
        Field("Source".into(), mac(&frame[6..12]), 6, 6),
        Field("EtherType".into(), format!("0x{:04x}", ethernet.ether_type), 12, 2),
    ];
    parts.push(Part { name: "Ethernet".into(), at: 0, len: ETHERNET_HEADER, fields });
    let Some(ip) = Ipv6::parse(ethernet.payload) else { return parts };
    let at = place(frame, ethernet.payload);
    let fields = vec![
        Field("Source".into(), ip.src.to_string(), at + 8, 16),
        Field("Destination".into(), ip.dst.to_string(), at + 24, 16),
        Field("Hop Limit".into(), ip.hop_limit.to_string(), at + 7, 1),
        Field("Next Header".into(), ip.next_header.to_string(), at + 6, 1),
    ];
    parts.push(Part { name: "IPv6".into(), at, len: IPV6_HEADER, fields });
    let payload = ip.payload();
    let at = place(frame, payload);
    let is_mobility = logged(packet).mobility().is_some();
    match MessageView::new(payload) {
        Ok(view) if is_mobility => mobility(&view, at, payload.len(), &mut parts),
        _ if ip.next_header == ICMPV6 && neighbor(payload, at, &mut parts) => {}
        _ if !payload.is_empty() => {
            let name = if ip.next_header == ICMPV6 { "ICMPv6" } else { "Payload" };
            parts.push(Part { name: name.into(), at, len: payload.len(), fields: Vec::new() });
        }
        _ => {}
    }
    parts
}

/// What is wrong with a packet by itself, as the rules for every packet see it.
pub fn faults(packet: &PacketRecord) -> Vec<String> {
    let logged = logged(packet);
    let Some((ip, _)) = logged.mobility() else { return Vec::new() };
    let violations = passive::judge(ip);
    violations.iter().map(|it| format!("{}: expected {}, seen {}", it.rule, it.expected, it.seen)).collect()
}

/// The packet as the engine had it, for a reader that has only its octets.
fn logged(packet: &PacketRecord) -> Logged {
    Logged::new(Instant::default(), &packet.port, packet.direction, packet.frame.clone())
}

/// Where a part of the frame starts.
fn place(frame: &[u8], part: &[u8]) -> usize {
    (part.as_ptr().addr() - frame.as_ptr().addr()).min(frame.len())
}

/// `len` is what the packet has, which may be more than Header Len says.
fn mobility(view: &MessageView<'_>, at: usize, len: usize, parts: &mut Vec<Part>) {
    let octets = view.octets();
    let header: Vec<_> = FieldView::all(Header::FIELDS, octets, 0).collect();
    let body: Vec<_> = view.fields().collect();
    let name = match view.spec() {
        Some(spec) => format!("{} ({})", spec.title, view.mh_type()),
        None => format!("Mobility Header of type {}", view.mh_type()),
    };
    let end = body.iter().chain(&header).map(|field| field.offset + field.octets.len()).max().unwrap_or(0);
    let mut all = fields(&header, at);
    all.extend(fields(&body, at));
    parts.push(Part { name, at, len: end, fields: all });
    let mut reached = end;
    for option in view.options() {
        match option {
            Ok(option) => {
                reached = option.body_offset + option.body.len();
                if !option.is_padding() {
                    parts.push(part(&option, at));
                }
            }
            Err(error) => {
                let name = format!("Cut short: {error}");
                reached = octets.len();
                parts.push(Part {
                    name,
                    at: at + error.offset,
                    len: reached - error.offset,
                    fields: Vec::new(),
                });
            }
        }
    }
    if reached < len {
        let name = "Behind the message".to_string();
        parts.push(Part { name, at: at + reached, len: len - reached, fields: Vec::new() });
    }
}

/// Whether it is a message of Neighbor Discovery, whose parts are then among the others.
fn neighbor(octets: &[u8], at: usize, parts: &mut Vec<Part>) -> bool {
    let spec = ND_MESSAGES.iter().find(|spec| octets.first() == Some(&spec.icmp_type));
    let Some(spec) = spec.filter(|spec| octets.len() >= spec.len) else { return false };
    let body: Vec<_> = FieldView::all(spec.fields, octets, 0).collect();
    let name = format!("{} ({})", spec.title, spec.icmp_type);
    parts.push(Part { name, at, len: spec.len, fields: fields(&body, at) });
    for option in ndp::options(spec, octets) {
        let row = ND_OPTIONS.iter().find(|row| row.kind == option.kind);
        let all: Vec<_> =
            FieldView::all(row.map_or(&[][..], |row| row.fields), option.body, option.offset + 2).collect();
        let title = row.map_or("Unknown option", |row| row.title);
        let (name, len) = (format!("{title} ({})", option.kind), option.body.len() + 2);
        parts.push(Part { name, at: at + option.offset, len, fields: fields(&all, at) });
    }
    true
}

fn part(option: &OptionView<'_>, at: usize) -> Part {
    let all: Vec<_> = option.fields().collect();
    let (name, fields) = match option.spec() {
        Some(spec) if spec.fits(option.body.len()) => {
            (format!("{} ({})", spec.title, option.kind), fields(&all, at))
        }
        spec => {
            let title = spec.map_or("Unknown option", |spec| spec.title);
            let octets = crate::script::value::hex(option.body);
            let octets = Field("Octets".into(), octets, at + option.body_offset, option.body.len());
            (format!("{title} ({})", option.kind), vec![octets])
        }
    };
    let len = option.body_offset - option.offset + option.body.len();
    Part { name, at: at + option.offset, len, fields }
}

fn fields(all: &[FieldView<'_>], at: usize) -> Vec<Field> {
    let value = |field: &FieldView<'_>| match field.name(all) {
        Some(name) => format!("{} ({})", field.uint(), name.label),
        None => field_value(field, all).to_string(),
    };
    let field = |field: &FieldView<'_>| {
        Field(field.spec.label.into(), value(field), at + field.offset, field.octets.len())
    };
    all.iter().map(field).collect()
}
