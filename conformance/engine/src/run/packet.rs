//! Builds what is no Mobility Header: Neighbor Discovery, ICMPv6, any packet.

use dmm_codec::ndp::{
    ALL_NODES, ALL_ROUTERS, ND_HOP_LIMIT, NdMessageSpec, ROUTER_SOLICITATION, solicited_node,
};
use dmm_codec::packet::{ICMPV6, Mac};
use dmm_codec::wire::{FieldKind, FieldSpec};

use super::send::{Given, field_octets, width, written};
use super::wire::{Station, Way};
use super::{Done, Running};
use crate::script::messages::{Msg, OptionRow};
use crate::script::model::{Body, OptionKind};
use crate::script::value::Value;
use crate::script::yaml::Node;

/// Next Header value of a packet that carries nothing (RFC 8200 §4.7).
const NO_NEXT_HEADER: u8 = 59;
/// Neighbor Discovery counts the length of its options in these.
const UNIT: usize = 8;

impl Running<'_> {
    /// The octets of a message that is no Mobility Header, and the packet around them.
    pub(super) fn packet(&mut self, station: &Station, msg: Msg, layers: &[&Body]) -> Done<(Vec<u8>, Way)> {
        match msg {
            Msg::Neighbor(spec) => self.neighbor(station, spec, layers),
            Msg::Icmp => {
                let way = self.around(self.way(station, ICMPV6), layers)?;
                Ok((self.layout(msg.layout(), layers)?, way))
            }
            Msg::Mobility(_) | Msg::Raw => {
                let number = |value: &Value| u8::try_from(value.int()?).map_err(|_| "0 to 255".to_string());
                let next_header = written(layers, "next_header").map(|node| self.resolve_as(node, number));
                let next_header = next_header.transpose()?.unwrap_or(NO_NEXT_HEADER);
                let payload = written(layers, "payload").map(|node| self.resolve_as(node, Value::octets));
                let way = self.around(self.way(station, next_header), layers)?;
                Ok((payload.transpose()?.unwrap_or_default(), way))
            }
        }
    }

    fn neighbor(
        &mut self,
        station: &Station,
        spec: &'static NdMessageSpec,
        layers: &[&Body],
    ) -> Done<(Vec<u8>, Way)> {
        let mut octets = self.layout(spec.fields, layers)?;
        octets[0] = spec.icmp_type;
        for entry in Self::entries(layers) {
            let option = match &entry.kind {
                OptionKind::Raw(kind, data) => Some(option(*kind, data)),
                OptionKind::Known(row, node) => self.neighbor_option(*row, node, station.mac)?,
            };
            octets.extend(option.into_iter().flatten());
        }
        let target = written(layers, "target").map(|node| self.resolve_as(node, Value::addr)).transpose()?;
        let dst = match (spec.name, target) {
            ("ns", Some(target)) => solicited_node(target),
            _ if spec.icmp_type == ROUTER_SOLICITATION => ALL_ROUTERS,
            _ => ALL_NODES,
        };
        let way = Way { dst, hop_limit: ND_HOP_LIMIT, ..self.way(station, ICMPV6) };
        Ok((octets, self.around(way, layers)?))
    }

    /// An option of Neighbor Discovery with Type and Length. A link-layer address is the sender's own where none is written.
    fn neighbor_option(&mut self, row: OptionRow, node: &Node, own: Mac) -> Done<Option<Vec<u8>>> {
        let given = match self.given(row, node)? {
            Given::Left | Given::Copied(_) => return Ok(None),
            Given::Fields(given) => given,
        };
        let is_own = |(field, value): &(&FieldSpec, Value)| {
            matches!(field.kind, FieldKind::LinkLayer) && *value == Value::Text("own".to_string())
        };
        if given.iter().any(is_own) {
            return Ok(Some(option(row.kind, &own)));
        }
        let body = self.row_body(row.into(), &given).map_err(|why| node.span.error(why))?;
        Ok(Some(option(row.kind, &body)))
    }

    /// A layout with what the script writes; all else is zero.
    fn layout(&mut self, fields: &'static [FieldSpec], layers: &[&Body]) -> Done<Vec<u8>> {
        let mut octets = Vec::new();
        for spec in fields {
            match written(layers, spec.name) {
                Some(node) => {
                    octets.extend(self.resolve_as(node, |value| field_octets(spec.kind, spec.width, value))?);
                }
                None => octets.extend(vec![0; width(spec)]),
            }
        }
        Ok(octets)
    }
}

/// Type, Length and octets, filled up to the next unit.
fn option(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut octets = [&[kind, 0], body].concat();
    octets.resize(octets.len().next_multiple_of(UNIT), 0);
    octets[1] = u8::try_from(octets.len() / UNIT).unwrap_or(u8::MAX);
    octets
}
