//! Which mobile node has which prefix. A prefix belongs to one mobile node from its first registration until its session
//! has ended, wherever the mobile node is (RFC 8885 §1, R1.2; stance A6).

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use ipnet::Ipv6Net;

use super::cache::Mn;

/// The prefixes that are in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    /// Those of up to 64 bits, as nearly all are: there is one for each mobile node at each of its MAARs, so half an address counts.
    short: BTreeMap<Short, Mn>,
    long: BTreeMap<Long, Mn>,
    /// How many of each length there are: mostly there is one length.
    lengths: BTreeMap<u8, usize>,
}

/// The first half of a prefix of up to 64 bits, and its length: in the order of addresses, the shorter first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Short([u8; 8], u8);

/// A prefix of more, in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Long([u8; 16], u8);

impl Short {
    fn of(prefix: Ipv6Net) -> Option<Self> {
        let half = (prefix.addr().to_bits() >> 64) as u64;
        (prefix.prefix_len() <= 64).then_some(Self(half.to_be_bytes(), prefix.prefix_len()))
    }

    fn address(self) -> Ipv6Addr {
        Ipv6Addr::from_bits(u128::from(u64::from_be_bytes(self.0)) << 64)
    }
}

impl Long {
    fn of(prefix: Ipv6Net) -> Self {
        Self(prefix.addr().octets(), prefix.prefix_len())
    }
}

impl Prefixes {
    /// Whether a mobile node other than this has this prefix, a part of it, or what it is a part of.
    pub(super) fn is_anothers(&self, prefix: Ipv6Net, mn: Option<Mn>) -> bool {
        // Those inside follow at once.
        let is_inside = |address: Ipv6Addr| prefix.contains(&address);
        let short = Short::of(prefix).into_iter().flat_map(|from| self.short.range(from..));
        let short = short.take_while(|(inside, _)| is_inside(inside.address())).map(|(_, owner)| *owner);
        let long = self.long.range(Long::of(prefix)..);
        let long = long.take_while(|(inside, _)| is_inside(inside.0.into())).map(|(_, owner)| *owner);
        let around = self.lengths.range(..prefix.prefix_len()).filter_map(|(len, _)| {
            let wider = Ipv6Net::new(prefix.addr(), *len).ok()?.trunc();
            self.owner(wider)
        });
        short.chain(long).chain(around).any(|owner| Some(owner) != mn)
    }

    fn owner(&self, prefix: Ipv6Net) -> Option<Mn> {
        let owner = match Short::of(prefix) {
            Some(short) => self.short.get(&short),
            None => self.long.get(&Long::of(prefix)),
        };
        owner.copied()
    }

    fn insert(&mut self, prefix: Ipv6Net, mn: Mn) -> Option<Mn> {
        match Short::of(prefix) {
            Some(short) => self.short.insert(short, mn),
            None => self.long.insert(Long::of(prefix), mn),
        }
    }

    fn remove(&mut self, prefix: Ipv6Net) -> Option<Mn> {
        match Short::of(prefix) {
            Some(short) => self.short.remove(&short),
            None => self.long.remove(&Long::of(prefix)),
        }
    }

    /// A mobile node has these prefixes in place of those.
    pub(super) fn change(&mut self, mn: Mn, before: &[Ipv6Net], after: &[Ipv6Net]) {
        for prefix in before.iter().filter(|prefix| !after.contains(prefix)) {
            if self.remove(*prefix).is_some() {
                let len = prefix.prefix_len();
                let count = self.lengths.get_mut(&len).expect("it was counted when it came");
                *count -= 1;
                if *count == 0 {
                    self.lengths.remove(&len);
                }
            }
        }
        for prefix in after.iter().filter(|prefix| !before.contains(prefix)) {
            if self.insert(*prefix, mn).is_none() {
                *self.lengths.entry(prefix.prefix_len()).or_default() += 1;
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.short.len() + self.long.len()
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
            ("2001:db8:1:13:1::/80", true),
            ("2001:db8:1:20::/60", false),
            ("2001:db8:1:20:1::/80", false),
            ("2001:db8:1:0::/60", false),
        ];
        for (prefix, taken) in cases {
            assert_eq!(prefixes.is_anothers(net(prefix), Some(other)), taken, "{prefix}");
            assert_eq!(prefixes.is_anothers(net(prefix), None), taken, "{prefix}");
            assert!(!prefixes.is_anothers(net(prefix), Some(mine)), "{prefix}");
        }
        prefixes.change(mine, &[net("2001:db8:1:10::/60")], &[]);
        assert_eq!((prefixes.len(), prefixes.lengths.len()), (0, 0));
        prefixes.change(mine, &[], &[net("2001:db8:1:10:1::/80")]);
        assert!(prefixes.is_anothers(net("2001:db8:1:10::/64"), None));
        assert!(prefixes.is_anothers(net("2001:db8:1:10:1::1/128"), None));
        assert!(!prefixes.is_anothers(net("2001:db8:1:10:2::/80"), None));
    }
}
