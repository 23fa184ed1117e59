//! A MAAR as the others of its domain know it: configured, since all of them "MUST be trusted parties" (RFC 8885 §6).

use std::net::Ipv6Addr;

use ipnet::Ipv6Net;

/// A MAAR that a CMD or another MAAR works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaarPeer {
    /// Its address, which its messages come from.
    pub address: Ipv6Addr,
    /// The prefixes that it alone may assign (RFC 8885 §1, R1.1).
    pub pools: Vec<Ipv6Net>,
}

impl MaarPeer {
    /// Whether it may assign this prefix.
    pub fn owns(&self, prefix: &Ipv6Net) -> bool {
        self.pools.iter().any(|pool| pool.contains(prefix))
    }

    /// Two MAARs with a prefix in common: R1.1, R3.0.6, "no other MAAR can allocate the same prefixes".
    pub fn overlap(peers: &[Self]) -> Option<Overlap> {
        for (index, one) in peers.iter().enumerate() {
            for other in &peers[index + 1..] {
                for (a, b) in one.pools.iter().flat_map(|a| other.pools.iter().map(move |b| (a, b))) {
                    if a.contains(b) || b.contains(a) {
                        let pools = [*a, *b];
                        return Some(Overlap { maars: [one.address, other.address], pools });
                    }
                }
            }
        }
        None
    }
}

/// An operator's mistake: two MAARs would assign the same prefixes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pool {} of MAAR {} and pool {} of MAAR {} overlap", .pools[0], .maars[0], .pools[1], .maars[1])]
pub struct Overlap {
    /// The two MAARs.
    pub maars: [Ipv6Addr; 2],
    /// Their pools.
    pub pools: [Ipv6Net; 2],
}
