//! What a profile says about the way to an implementation on the wire: the interface before it, and the part of the domain
//! that is the tester's. The engine has no use for it but to read it; a bench on the wire has.

use std::net::Ipv6Addr;

use dmm_codec::packet::Mac;
use ipnet::Ipv6Net;

use crate::script::fields::{Fields, number};
use crate::script::span::LoadError;
use crate::script::value::Value;
use crate::script::yaml::Node;
use crate::transport::Role;

/// Most MAARs that a tester plays on the wire.
pub const MOST_MAARS: u8 = 200;
/// Most mobile nodes that a MAAR or MAG knows by configuration.
pub const MOST_SUBSCRIBERS: u8 = 250;
/// As how many MAGs an LMA knows the tester.
const MAGS: u8 = 4;
/// A role's number is one octet of its prefix pool.
const ROLE_BITS: u8 = 8;
/// Leaves a case 16 prefixes of each role, and twelve bits or more to tell cases apart.
const LONGEST_POOLS: u8 = 40;
const LONGEST_ADDRESSES: u8 = 120;

/// The interface that the implementation is reached through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Its name on the tester's machine.
    pub interface: String,
    /// The router before the implementation; none where both are on one link.
    pub next_hop: Option<Ipv6Addr>,
}

impl Access {
    /// `{mode: l2, interface: ct0, next_hop: "2001:db8:c0::1"}`.
    pub(crate) fn parse(node: Node) -> Result<Self, LoadError> {
        let mut fields = Fields::of(node, "`access`")?;
        let mode = fields.require("mode")?;
        if mode.text() != Some("l2") {
            let what = format!("unknown access mode {}, expected: l2 (Ethernet frames)", mode.describe());
            return Err(mode.span.error(what));
        }
        let interface = fields.require_text("interface")?;
        let next_hop = fields.take("next_hop");
        let next_hop = next_hop.map(|node| Value::literal(&node).addr().map_err(|why| node.span.error(why)));
        let next_hop = next_hop.transpose()?;
        fields.finish()?;
        Ok(Self { interface, next_hop })
    }
}

/// The part of the domain that is the tester's. An implementation that stays from case to case is configured with its
/// roles once; what is fresh for each case is mobile nodes and their prefixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tester {
    /// Where addresses of roles are from; nobody else has any of them.
    pub addresses: Ipv6Net,
    /// Where prefix pools of roles are from.
    pub pools: Ipv6Net,
    /// As how many MAARs the implementation knows the tester.
    pub maars: u8,
    /// As how many mobile nodes a MAAR or MAG knows the tester: who is behind which MAC address is its configuration.
    pub subscribers: u8,
    /// The realm of identifiers of mobile nodes.
    pub realm: String,
}

/// What a role of the tester is on the wire: the same in every case, so that neighbour caches stay right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// Its address.
    pub addr: Ipv6Addr,
    /// Its MAC address.
    pub mac: Mac,
    /// The prefixes that are its own.
    pub pool: Ipv6Net,
}

impl Tester {
    /// The tester of a domain in which nobody has said more than the implementation's address.
    pub fn beside(iut: Ipv6Addr) -> Self {
        let [a, b, c, d, ..] = iut.segments();
        let addresses = Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0x7e57, 0), 112);
        let pools = Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32);
        Self { addresses, pools, maars: 18, subscribers: 8, realm: "conformance.example".to_string() }
    }

    /// `{addresses: "2001:db8:c0::7e57:0/112", pools: "2001:db8::/32", maars: 18, realm: conformance.example}`.
    pub(crate) fn parse(node: Node, iut: Ipv6Addr) -> Result<Self, LoadError> {
        let mut tester = Self::beside(iut);
        let mut fields = Fields::of(node, "`tester`")?;
        let span = fields.span().clone();
        let mut net = |name, longest: u8| -> Result<Option<Ipv6Net>, LoadError> {
            let Some(node) = fields.take(name) else { return Ok(None) };
            let net = Value::literal(&node).net().map_err(|why| node.span.error(why))?.trunc();
            if net.prefix_len() > longest {
                return Err(node.span.error(format!("`{name}` must be a /{longest} or shorter, not {net}")));
            }
            Ok(Some(net))
        };
        tester.addresses = net("addresses", LONGEST_ADDRESSES)?.unwrap_or(tester.addresses);
        tester.pools = net("pools", LONGEST_POOLS)?.unwrap_or(tester.pools);
        let mut count = |name, most: u8| -> Result<Option<u8>, LoadError> {
            let Some(node) = fields.take(name) else { return Ok(None) };
            let count = number(&node, name)?;
            if !(1..=most).contains(&count) {
                return Err(node.span.error(format!("`{name}` is a number from 1 to {most}")));
            }
            Ok(Some(count))
        };
        tester.maars = count("maars", MOST_MAARS)?.unwrap_or(tester.maars);
        tester.subscribers = count("subscribers", MOST_SUBSCRIBERS)?.unwrap_or(tester.subscribers);
        if let Some(realm) = fields.text("realm")? {
            tester.realm = realm;
        }
        fields.finish()?;
        tester.check(iut).map_err(|why| span.error(why))?;
        Ok(tester)
    }

    /// Whether what is the tester's is nobody else's; if not, what it collides with.
    pub fn check(&self, iut: Ipv6Addr) -> Result<(), String> {
        for number in 1..=u8::MAX {
            let Station { addr, pool, .. } = self.station(number);
            if addr == iut {
                return Err(format!(
                    "{iut} is the implementation's address and a role's: give `tester: {{addresses: …}}`"
                ));
            }
            if let Some(taken) = [self.station(1).addr, iut].into_iter().find(|taken| pool.contains(taken)) {
                return Err(format!(
                    "{taken} lies in the prefix pool {pool} of a role: give `tester: {{pools: …}}`"
                ));
            }
        }
        Ok(())
    }

    /// What the role with this number is.
    pub fn station(&self, number: u8) -> Station {
        let addr = Ipv6Addr::from(u128::from(self.addresses.network()) | u128::from(number));
        let length = self.pools.prefix_len() + ROLE_BITS;
        let pool = u128::from(self.pools.network()) | (u128::from(number) << (128 - length));
        Station {
            addr,
            mac: [0x02, 0x7e, 0x57, 0, 0, number],
            pool: Ipv6Net::new_assert(Ipv6Addr::from(pool), length),
        }
    }

    /// Identifier and MAC address of a mobile node that a MAAR or MAG knows.
    pub fn subscriber(&self, number: u8) -> (String, Mac) {
        (format!("mn{number}@{}", self.realm), [0x02, 0x7e, 0x57, 1, 0, number])
    }

    /// The numbers of the stations that can play a role.
    pub fn numbers(&self, role: Role) -> std::ops::RangeInclusive<u8> {
        match role {
            Role::Maar => 1..=self.maars,
            Role::Mag => MOST_MAARS + 1..=MOST_MAARS + MAGS,
            // Of a domain there is one (RFC 8885 §2).
            Role::Cmd => 240..=240,
            Role::Lma => 248..=248,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stations_of_different_roles_share_nothing() {
        let tester = Tester::beside("2001:db8:c0::cd".parse().expect("an address"));
        let first = tester.station(1);
        assert_eq!(first.addr.to_string(), "2001:db8:c0::7e57:1");
        assert_eq!(first.pool.to_string(), "2001:db8:100::/40");
        let mut numbers: Vec<u8> = Role::all().flat_map(|role| tester.numbers(role)).collect();
        numbers.sort_unstable();
        let all = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
        assert!(!numbers.contains(&0));
    }
}
