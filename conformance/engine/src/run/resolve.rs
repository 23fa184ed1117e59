//! References to values: `$mn1.nai`, `$maar1.prefix.mn1`, `$reg.seq`, `$series.interval.0`, `$pixit.response_time`.

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::link_local;
use ipnet::Ipv6Net;

use super::expect::subject_value;
use super::{Done, Running};
use crate::contents::Contents;
use crate::identity;
use crate::script::messages::OptionRow;
use crate::script::model::Subject;
use crate::script::span::LoadError;
use crate::script::value::Value;
use crate::script::yaml::{Kind, Node};

impl Running<'_> {
    /// The value of a node, with every reference in it looked up.
    pub(super) fn resolve(&self, node: &Node) -> Result<Value, LoadError> {
        match &node.kind {
            Kind::Text(text) => match text.strip_prefix('$') {
                Some(path) => self.reference(path).map_err(|why| node.span.error(why)),
                None => Ok(Value::literal(node)),
            },
            Kind::List(items) => {
                Ok(Value::List(items.iter().map(|item| self.resolve(item)).collect::<Result<_, _>>()?))
            }
            Kind::Map(_) => Err(node.span.error("a map stands where one value should stand")),
            _ => Ok(Value::literal(node)),
        }
    }

    /// A node as something that a value can be read as.
    pub(super) fn resolve_as<T>(
        &self,
        node: &Node,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Done<T> {
        Ok(read(&self.resolve(node)?).map_err(|why| node.span.error(why))?)
    }

    /// The ports that a node names: one role, or all of a counted one.
    pub(super) fn ports(&self, node: &Node) -> Done<Vec<String>> {
        let value = self.resolve(node)?;
        let names = match &value {
            Value::List(items) => items.clone(),
            one => vec![one.clone()],
        };
        let mut ports = Vec::new();
        for name in names {
            match self.as_role(&name) {
                Value::Role(port) | Value::Mobile(port) => ports.push(port),
                Value::List(roles) => ports.extend(roles.iter().map(ToString::to_string)),
                other => {
                    return Err(node
                        .span
                        .error(format!("`{other}` is no role and no mobile node of this case"))
                        .into());
                }
            }
        }
        Ok(ports)
    }

    /// The port of the one role that a node names.
    pub(super) fn port(&self, node: &Node) -> Done<String> {
        match self.ports(node)?.as_slice() {
            [port] => Ok(port.clone()),
            ports => Err(node.span.error(format!("one role should stand here, not {}", ports.len())).into()),
        }
    }

    /// Text that names a role or a mobile node, as that.
    pub(super) fn as_role(&self, value: &Value) -> Value {
        match value {
            Value::Text(name) => self.named(name).unwrap_or_else(|| value.clone()),
            _ => value.clone(),
        }
    }

    fn named(&self, name: &str) -> Option<Value> {
        if self.role(name).is_some() {
            return Some(Value::Role(name.to_string()));
        }
        let counted = |port: &&str| port.rsplit_once('.').is_some_and(|(base, _)| base == name);
        let ports = self.setup.roles.iter().map(|role| role.port.as_str());
        let ports: Vec<Value> = ports.filter(counted).map(|port| Value::Role(port.to_string())).collect();
        if !ports.is_empty() {
            return Some(Value::List(ports));
        }
        let mobile = self.setup.mobiles.iter().any(|mobile| mobile.name == name);
        mobile.then(|| Value::Mobile(name.to_string()))
    }

    fn reference(&self, path: &str) -> Result<Value, String> {
        let mut parts = path.split('.');
        let root = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        let argument = self.scopes.iter().rev().find_map(|scope| scope.get(root));
        if let Some(value) = argument {
            return self.inside(&self.as_role(value), path, &rest);
        }
        if let Some(packets) = self.labels.get(root) {
            return self.inside_label(packets, path, &rest);
        }
        if let Some(value) = self.named(root) {
            return self.inside(&value, path, &rest);
        }
        if self.missed.contains(root) {
            self.asked_for_missed.set(true);
            return Err(format!("`{root}` has not come"));
        }
        match (root, &rest[..]) {
            ("env", ["jitter"]) => Ok(Value::Duration(self.instance.clock.jitter)),
            ("env", ["early"]) => Ok(Value::Text(format!("{}%", self.instance.clock.early))),
            ("env", ["late"]) => Ok(Value::Text(format!("{}%", self.instance.clock.late))),
            ("iut", ["addr"]) => Ok(Value::Addr(self.setup.iut.addr)),
            ("iut", ["name"]) => Ok(Value::Text(self.profile.name.clone())),
            ("case", [key]) => {
                let row = self.instance.row().ok_or("this case has no `cases`")?;
                let value = row.values.iter().find(|(name, _)| name == key).map(|(_, node)| node);
                let node = value.ok_or_else(|| format!("the row `{}` has no `{key}`", row.name))?;
                self.resolve(node).map_err(|error| error.what)
            }
            ("pixit", [key]) => self.profile.pixit.get(*key).cloned().ok_or_else(|| {
                format!("the profile of {} has no `{key}`: add it under `pixit:`", self.profile.name)
            }),
            (_, []) => {
                self.instance.params.get(root).cloned().ok_or_else(|| format!("nothing is called `{root}`"))
            }
            _ => Err(format!("nothing is called `{path}`")),
        }
    }

    /// What follows a role, a mobile node or a packet.
    fn inside(&self, value: &Value, path: &str, rest: &[&str]) -> Result<Value, String> {
        match (value, rest) {
            (_, []) => Ok(value.clone()),
            (Value::Role(port), _) => self.inside_role(port, path, rest),
            (Value::Mobile(name), _) => {
                let mobile = self.setup.mobiles.iter().find(|mobile| mobile.name == *name);
                let mobile = mobile.ok_or_else(|| format!("no mobile node `{name}`"))?;
                match rest {
                    ["nai"] => Ok(Value::Text(mobile.nai.clone())),
                    ["mac"] => Ok(Value::Octets(mobile.mac.to_vec())),
                    ["link_local"] => Ok(Value::Addr(link_local(mobile.mac))),
                    _ => Err(format!("`{path}`: a mobile node has nai, mac and link_local")),
                }
            }
            (Value::List(items), [index, rest @ ..]) => {
                let item = index.parse::<usize>().ok().and_then(|index| items.get(index));
                let item =
                    item.ok_or_else(|| format!("`{path}`: there is no number {index} of {}", items.len()))?;
                self.inside(item, path, rest)
            }
            (Value::Packet(packet), _) => self.inside_packet(*packet, path, rest),
            // An address to speak of, where only the prefix is known.
            (Value::Net(net), ["host"]) => Ok(Value::Addr(host(net))),
            _ => Err(format!("`{path}`: `{value}` has nothing inside")),
        }
    }

    fn inside_role(&self, port: &str, path: &str, rest: &[&str]) -> Result<Value, String> {
        let role = self.role(port).ok_or_else(|| format!("no role `{port}`"))?;
        match rest {
            ["addr"] => Ok(Value::Addr(role.addr)),
            ["mac"] => Ok(Value::Octets(role.mac.to_vec())),
            ["pool"] => Ok(Value::Net(role.pool)),
            ["name"] => Ok(Value::Text(port.to_string())),
            ["prefix", mobile] => {
                let argument =
                    self.scopes.iter().rev().find_map(|scope| scope.get(*mobile)).map(ToString::to_string);
                let name = argument.unwrap_or_else(|| (*mobile).to_string());
                let at = self.setup.mobiles.iter().position(|mobile| mobile.name == name);
                let at = at.ok_or_else(|| format!("`{path}`: no mobile node `{name}` in this case"))?;
                Ok(Value::Net(identity::prefix(role, at)))
            }
            _ => Err(format!("`{path}`: a role has addr, mac, pool, name and prefix.MOBILE")),
        }
    }

    fn inside_label(&self, packets: &[usize], path: &str, rest: &[&str]) -> Result<Value, String> {
        let empty = || format!("`{path}`: no packet has this label");
        let first = *packets.first().ok_or_else(empty)?;
        let at = |packet: &usize| self.log[*packet].at;
        let interval = |number: usize| -> Result<Duration, String> {
            let pair = packets
                .get(number..number + 2)
                .ok_or_else(|| format!("`{path}`: there are fewer packets"))?;
            Ok(at(&pair[1]).since(at(&pair[0])))
        };
        match rest {
            [] if packets.len() == 1 => Ok(Value::Packet(first)),
            [] => Ok(Value::List(packets.iter().map(|packet| Value::Packet(*packet)).collect())),
            ["count"] => Ok(Value::Int(packets.len() as i128)),
            ["interval", number] => {
                let number = number.parse().map_err(|_| format!("`{path}`: `{number}` is no number"))?;
                Ok(Value::Duration(interval(number)?))
            }
            ["spread"] => {
                let (first, last) = (packets.iter().map(at).min(), packets.iter().map(at).max());
                Ok(Value::Duration(last.zip(first).map_or(Duration::ZERO, |(last, first)| last.since(first))))
            }
            ["first", rest @ ..] => self.inside(&Value::Packet(first), path, rest),
            ["last", rest @ ..] => {
                self.inside(&Value::Packet(*packets.last().ok_or_else(empty)?), path, rest)
            }
            [number, rest @ ..] if number.parse::<usize>().is_ok() => {
                let packet = number.parse::<usize>().ok().and_then(|number| packets.get(number));
                let packet =
                    packet.ok_or_else(|| format!("`{path}`: there are {} packets", packets.len()))?;
                self.inside(&Value::Packet(*packet), path, rest)
            }
            _ => self.inside_packet(first, path, rest),
        }
    }

    fn inside_packet(&self, packet: usize, path: &str, rest: &[&str]) -> Result<Value, String> {
        let none = || format!("`{path}`: packet {} has no such field", packet + 1);
        let logged = self.log.get(packet).ok_or_else(none)?;
        let (ip, contents) = logged.ip.as_ref().zip(Contents::whatever(logged)).ok_or_else(none)?;
        match rest {
            [] => Ok(Value::Packet(packet)),
            ["options", name, inside @ ..] => {
                let row = OptionRow::by_name(name);
                let row = row.ok_or_else(|| format!("`{path}`: no option is called `{name}`"))?;
                let (number, inside) = match inside.split_first() {
                    Some((number, inside)) if number.parse::<usize>().is_ok() => {
                        (number.parse().unwrap_or_default(), inside)
                    }
                    _ => (0, inside),
                };
                let options = contents.options_of(&row);
                // An option that the message does not have is nothing: a message made from it leaves it out.
                let Some(option) = options.get(number) else { return Ok(Value::Nothing) };
                match inside {
                    [] => Ok(option.whole().clone()),
                    [field, inside @ ..] => self.inside(option.field(field).ok_or_else(none)?, path, inside),
                }
            }
            [field] => match Subject::OF_PACKETS.into_iter().find(|subject| subject.name() == *field) {
                Some(subject) => subject_value(subject, logged, ip, &contents).0,
                None => contents.field(field),
            }
            .ok_or_else(none),
            _ => Err(none()),
        }
    }
}

/// The first address of a prefix behind the one that stands for its routers (RFC 4291 §2.6.1).
fn host(net: &Ipv6Net) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(net.network()) | u128::from(net.prefix_len() < 128))
}
