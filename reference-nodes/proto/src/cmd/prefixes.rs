//! Which mobile node has which prefix. A prefix belongs to one mobile node from its first registration until its session
//! has ended, wherever the mobile node is (RFC 8885 §1, R1.2; stance A6).

use std::collections::BTreeMap;
use std::sync::Arc;

use dmm_codec::MnIdentifier;
use ipnet::Ipv6Net;

/// The prefixes that are in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    owners: BTreeMap<Ipv6Net, Arc<MnIdentifier>>,
}

impl Prefixes {
    /// Whether a mobile node other than this has this prefix, a part of it, or what it is a part of.
    pub(super) fn is_anothers(&self, prefix: &Ipv6Net, mn: &MnIdentifier) -> bool {
        // Prefixes are in the order of their addresses, the shorter first: those inside follow at once.
        let inside = self.owners.range(*prefix..).take_while(|(other, _)| prefix.contains(*other));
        let around = (0..prefix.prefix_len()).filter_map(|len| {
            let wider = Ipv6Net::new(prefix.addr(), len).ok()?.trunc();
            self.owners.get_key_value(&wider)
        });
        inside.chain(around).any(|(_, owner)| **owner != *mn)
    }

    /// A mobile node has these prefixes.
    pub(super) fn enter(&mut self, mn: &Arc<MnIdentifier>, prefixes: impl Iterator<Item = Ipv6Net>) {
        self.owners.extend(prefixes.map(|prefix| (prefix, Arc::clone(mn))));
    }

    /// Nobody has these prefixes any more.
    pub(super) fn free(&mut self, prefixes: impl Iterator<Item = Ipv6Net>) {
        for prefix in prefixes {
            self.owners.remove(&prefix);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a6_a_prefix_and_all_that_overlaps_it_is_one_mobile_nodes() {
        let net = |text: &str| text.parse::<Ipv6Net>().unwrap();
        let (mine, other) = (Arc::new(MnIdentifier::nai("mn1")), MnIdentifier::nai("mn2"));
        let mut prefixes = Prefixes::default();
        prefixes.enter(&mine, [net("2001:db8:1:10::/60")].into_iter());
        let cases = [
            ("2001:db8:1:10::/60", true),
            ("2001:db8:1:13::/64", true),
            ("2001:db8:1::/48", true),
            ("2001:db8:1:20::/60", false),
            ("2001:db8:1:0::/60", false),
        ];
        for (prefix, taken) in cases {
            assert_eq!(prefixes.is_anothers(&net(prefix), &other), taken, "{prefix}");
            assert!(!prefixes.is_anothers(&net(prefix), &mine), "{prefix}");
        }
        prefixes.free([net("2001:db8:1:10::/60")].into_iter());
        assert_eq!(prefixes.len(), 0);
    }
}
