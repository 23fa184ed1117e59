//! Which mobile node has which prefix. A prefix belongs to one mobile node from its first registration until its session
//! has ended, wherever the mobile node is (RFC 8885 §1, R1.2; stance A6).

use std::collections::BTreeMap;

use ipnet::Ipv6Net;

use super::cache::Mn;

/// The prefixes that are in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    owners: BTreeMap<Prefix, Mn>,
    /// How many of each length there are: mostly there is one length.
    lengths: BTreeMap<u8, usize>,
}

/// In the order of addresses, the shorter first, by comparing numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefix(Ipv6Net);

impl Prefix {
    fn key(self) -> (u128, u8) {
        (self.0.addr().to_bits(), self.0.prefix_len())
    }
}

impl Ord for Prefix {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Prefix {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Prefixes {
    /// Whether a mobile node other than this has this prefix, a part of it, or what it is a part of.
    pub(super) fn is_anothers(&self, prefix: Ipv6Net, mn: Option<Mn>) -> bool {
        // Those inside follow at once.
        let inside = self.owners.range(Prefix(prefix)..).take_while(|(other, _)| prefix.contains(&other.0));
        let around = self.lengths.range(..prefix.prefix_len()).filter_map(|(len, _)| {
            let wider = Ipv6Net::new(prefix.addr(), *len).ok()?.trunc();
            self.owners.get_key_value(&Prefix(wider))
        });
        inside.chain(around).any(|(_, owner)| Some(*owner) != mn)
    }

    /// A mobile node has these prefixes in place of those.
    pub(super) fn change(&mut self, mn: Mn, before: &[Ipv6Net], after: &[Ipv6Net]) {
        for prefix in before.iter().filter(|prefix| !after.contains(prefix)) {
            if self.owners.remove(&Prefix(*prefix)).is_some() {
                let len = prefix.prefix_len();
                let count = self.lengths.get_mut(&len).expect("it was counted when it came");
                *count -= 1;
                if *count == 0 {
                    self.lengths.remove(&len);
                }
            }
        }
        for prefix in after.iter().filter(|prefix| !before.contains(prefix)) {
            if self.owners.insert(Prefix(*prefix), mn).is_none() {
                *self.lengths.entry(prefix.prefix_len()).or_default() += 1;
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }
}

#[cfg(test)]
mod tests {
    use dmm_codec::{Instant, MnIdentifier};

    use super::*;
    use crate::cmd::cache::Cache;

    #[test]
    fn a6_a_prefix_and_all_that_overlaps_it_is_one_mobile_nodes() {
        let net = |text: &str| text.parse::<Ipv6Net>().unwrap();
        let mut cache = Cache::default();
        let [mine, other] =
            ["mn1", "mn2"].map(|name| cache.enter(Instant::default(), MnIdentifier::nai(name)));
        let mut prefixes = Prefixes::default();
        prefixes.change(mine, &[], &[net("2001:db8:1:10::/60")]);
        let cases = [
            ("2001:db8:1:10::/60", true),
            ("2001:db8:1:13::/64", true),
            ("2001:db8:1::/48", true),
            ("2001:db8:1:20::/60", false),
            ("2001:db8:1:0::/60", false),
        ];
        for (prefix, taken) in cases {
            assert_eq!(prefixes.is_anothers(net(prefix), Some(other)), taken, "{prefix}");
            assert_eq!(prefixes.is_anothers(net(prefix), None), taken, "{prefix}");
            assert!(!prefixes.is_anothers(net(prefix), Some(mine)), "{prefix}");
        }
        prefixes.change(mine, &[net("2001:db8:1:10::/60")], &[]);
        assert_eq!((prefixes.len(), prefixes.lengths.len()), (0, 0));
    }
}
