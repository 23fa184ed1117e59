//! Which mobile node has which prefix. A prefix belongs to one mobile node from its first registration until its session
//! has ended, wherever the mobile node is (RFC 8885 §1, R1.2; stance A6).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::ops::Bound;

use ipnet::Ipv6Net;

use super::cache::Mn;

/// The prefixes that are in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    short: Shorts,
    long: BTreeMap<Long, Mn>,
    /// How many of each length there are: mostly there is one length.
    lengths: BTreeMap<u8, usize>,
}

/// The first half of a prefix of up to 64 bits, and its length: in the order of addresses, the shorter first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Short {
    /// The octets that it has in common with others of its pool: a number of 48 bits.
    block: u64,
    /// The two that follow, and the length.
    rest: Rest,
}

/// Two octets of an address and a length: as octets, since a number of so many bits takes one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rest([u8; 3]);

impl Rest {
    fn number(self) -> u32 {
        let [high, low, len] = self.0;
        u32::from_be_bytes([0, high, low, len])
    }
}

impl Ord for Rest {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for Rest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Prefixes of up to 64 bits, as nearly all are. There is one for each mobile node at each of its MAARs, so octets count: those of a
/// pool have their first six in common.
#[derive(Clone, Debug, Default)]
struct Shorts {
    blocks: BTreeMap<u64, BTreeMap<Rest, Mn>>,
    len: usize,
}

/// A prefix of more, in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Long([u8; 16], u8);

impl Shorts {
    fn get(&self, short: Short) -> Option<&Mn> {
        let Short { block, rest } = short;
        self.blocks.get(&block)?.get(&rest)
    }

    fn insert(&mut self, short: Short, mn: Mn) -> Option<Mn> {
        let Short { block, rest } = short;
        let before = self.blocks.entry(block).or_default().insert(rest, mn);
        self.len += usize::from(before.is_none());
        before
    }

    fn remove(&mut self, short: Short) -> Option<Mn> {
        let Short { block, rest } = short;
        let of_block = self.blocks.get_mut(&block)?;
        let before = of_block.remove(&rest)?;
        if of_block.is_empty() {
            self.blocks.remove(&block);
        }
        self.len -= 1;
        Some(before)
    }

    /// This and those that follow.
    fn from(&self, short: Short) -> impl Iterator<Item = (Short, Mn)> {
        let Short { block: first, rest } = short;
        let in_block = self.blocks.get(&first).into_iter().flat_map(move |of_block| of_block.range(rest..));
        let in_block = in_block.map(move |(rest, mn)| (Short { block: first, rest: *rest }, *mn));
        // Looked for once they are asked for: what lies inside a prefix is mostly in its block.
        let behind = std::iter::once(first)
            .flat_map(|first| self.blocks.range((Bound::Excluded(first), Bound::Unbounded)));
        let behind = behind.flat_map(|(block, of_block)| {
            of_block.iter().map(|(rest, mn)| (Short { block: *block, rest: *rest }, *mn))
        });
        in_block.chain(behind)
    }
}

impl Short {
    fn of(prefix: Ipv6Net) -> Option<Self> {
        let first_half = (prefix.addr().to_bits() >> 64) as u64;
        let [.., high, low] = first_half.to_be_bytes();
        (prefix.prefix_len() <= 64)
            .then_some(Self { block: first_half >> 16, rest: Rest([high, low, prefix.prefix_len()]) })
    }

    fn address(self) -> Ipv6Addr {
        Ipv6Addr::from_bits(u128::from(self.block << 16 | u64::from(self.rest.number() >> 8)) << 64)
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
        let short = Short::of(prefix).into_iter().flat_map(|from| self.short.from(from));
        let short = short.take_while(|(inside, _)| is_inside(inside.address())).map(|(_, owner)| owner);
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
            Some(short) => self.short.get(short),
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
            Some(short) => self.short.remove(short),
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
        self.short.len + self.long.len()
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
        prefixes.change(mine, &[], &[net("2001:db8:2:10::/64")]);
        assert!(prefixes.is_anothers(net("2001:db8:2::/47"), Some(other)), "in a block that follows");
        assert!(!prefixes.is_anothers(net("2001:db8:2:11::/64"), Some(other)));
        prefixes.change(mine, &[net("2001:db8:1:10::/60"), net("2001:db8:2:10::/64")], &[]);
        assert_eq!((prefixes.len(), prefixes.lengths.len()), (0, 0));
        prefixes.change(mine, &[], &[net("2001:db8:1:10:1::/80")]);
        assert!(prefixes.is_anothers(net("2001:db8:1:10::/64"), None));
        assert!(prefixes.is_anothers(net("2001:db8:1:10:1::1/128"), None));
        assert!(!prefixes.is_anothers(net("2001:db8:1:10:2::/80"), None));
    }
}
