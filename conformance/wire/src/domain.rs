//! The tester's part of the domain: which stations there are, which case has which of them, and identities of mobile nodes
//! that no case before had.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv6Addr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use dmm_codec::packet::Mac;
use dmm_conformance::Profile;
use dmm_conformance::access::{Station, Tester};
use dmm_conformance::identity::PROBE;
use dmm_conformance::transport::{MobileSetup, Role, RoleSetup, Setup, Wanted};
use dmm_conformance::trigger::Triggers;
use ipnet::Ipv6Net;

use crate::WireError;
use crate::clock::Clock;
use crate::link::Link;

/// A case's share of a role's pool: 16 prefixes of 64 bits.
const SHARE: u8 = 60;
/// Mobile nodes that fit in it; a prefix ends in the number of its mobile node, from 1 on.
const MOST_MOBILES: usize = 15;
/// Shares that are used up in a second, at most. Bindings of an hour ago are gone.
const SHARES_PER_SECOND: u64 = 4;

/// Whom of the tester's an implementation has to know: a CMD its MAARs, a MAAR its CMD and its peers, an LMA its MAGs.
pub fn partners(profile: &Profile, role: Role) -> Vec<(Role, Station)> {
    let tester = &profile.tester;
    let partners: &[Role] = match role {
        Role::Cmd => &[Role::Maar],
        Role::Maar => &[Role::Cmd, Role::Maar],
        Role::Lma => &[Role::Mag],
        Role::Mag => &[Role::Lma],
    };
    let stations =
        |role: &Role| tester.numbers(*role).map(|number| (*role, tester.station(number))).collect::<Vec<_>>();
    partners.iter().flat_map(stations).collect()
}

/// What the cases of a campaign share.
pub struct Domain {
    pub(crate) clock: Arc<Clock>,
    /// Where the tester's stations are.
    pub(crate) link: Link,
    /// Where it is a mobile node.
    pub(crate) access: BTreeMap<String, Link>,
    tester: Tester,
    /// The numbers of the mobile nodes that a MAAR or MAG knows, by their identifiers.
    subscribers: BTreeMap<String, u8>,
    iut: Ipv6Addr,
    /// The implementation's name.
    pub(crate) name: String,
    pub(crate) triggers: Triggers,
    next_hop: Ipv6Addr,
    free: Mutex<Free>,
    returned: Condvar,
    /// When it was made, in seconds since 1970: part of every identifier.
    stamp: u64,
}

struct Free {
    /// The one that was longest unused comes first, so that what is late meets nobody.
    stations: VecDeque<u8>,
    /// Mobile nodes that a MAAR or MAG knows, in the same order.
    subscribers: VecDeque<u8>,
    /// Number of the next case.
    next: u64,
}

impl Domain {
    /// The domain of a profile, at the interface that it names or at another.
    pub fn open(profile: &Profile, interface: Option<&str>) -> Result<Self, WireError> {
        let named = profile.access.as_ref().map(|access| access.interface.as_str());
        let Some(interface) = interface.or(named) else {
            let what = "which interface? Write `access: {mode: l2, interface: eth1}` in the profile, or --interface eth1";
            return Err(WireError(what.to_string()));
        };
        let (tester, iut) = (profile.tester.clone(), profile.addr);
        tester.check(iut).map_err(WireError)?;
        let clock = Arc::new(Clock::start());
        let link = Link::open(interface, &clock)?;
        let mut access = BTreeMap::new();
        for interface in profile.triggers.links() {
            if !access.contains_key(interface) {
                access.insert(interface.to_string(), Link::open(interface, &clock)?);
            }
        }
        let mut stations = VecDeque::new();
        for number in Role::all().flat_map(|role| tester.numbers(role)) {
            let Station { addr, mac, .. } = tester.station(number);
            link.settle(addr, mac)?;
            stations.push_back(number);
        }
        let stamp = clock.now().as_nanos() / 1_000_000_000;
        let next_hop = profile.access.as_ref().and_then(|access| access.next_hop).unwrap_or(iut);
        let mut unused: VecDeque<u8> = (1..=tester.subscribers).collect();
        let subscribers = unused.iter().map(|number| (tester.subscriber(*number).0, *number)).collect();
        // The run before this one may have left those that it began with where they were.
        unused.rotate_left((stamp % u64::from(tester.subscribers)) as usize);
        let free = Mutex::new(Free { stations, subscribers: unused, next: stamp * SHARES_PER_SECOND });
        let (name, triggers) = (profile.name.clone(), profile.triggers.clone());
        let returned = Condvar::new();
        Ok(Self {
            clock,
            link,
            access,
            tester,
            subscribers,
            iut,
            name,
            triggers,
            next_hop,
            free,
            returned,
            stamp,
        })
    }

    /// The MAC address that frames for the implementation go to, asked for by a station.
    pub(crate) fn peer(&self, by: &RoleSetup) -> Result<Mac, WireError> {
        self.link.resolve(self.next_hop, (by.addr, by.mac))
    }

    /// The implementation's address.
    pub(crate) fn iut(&self) -> Ipv6Addr {
        self.iut
    }

    /// Stations and identities for a case; waits until other cases leave it enough.
    pub(crate) fn lend(self: &Arc<Self>, wanted: &Wanted) -> Result<(Setup, Lease), WireError> {
        let is_known = matches!(wanted.iut.role, Role::Maar | Role::Mag);
        let mobiles = wanted.mobiles.len() + 1;
        let most = if is_known { MOST_MOBILES.min(self.tester.subscribers.into()) } else { MOST_MOBILES };
        if mobiles > most {
            return Err(WireError(format!(
                "a case has {mobiles} mobile nodes with the one for `alive`, and on the wire there are at most {most}"
            )));
        }
        let known = if is_known { mobiles } else { 0 };
        for role in Role::all() {
            let needed = wanted.roles.iter().filter(|(_, it)| *it == role).count();
            let all = self.tester.numbers(role).count();
            if needed > all {
                return Err(WireError(format!(
                    "the case needs {needed} stations as {role}, and the tester has {all}: \
`tester: {{maars: …}}` in the profile says as how many MAARs the implementation knows it"
                )));
            }
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (numbers, subscribers) = loop {
            if let Some(taken) = free.take(&self.tester, &wanted.roles, known) {
                break taken;
            }
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        };
        let number = free.next;
        free.next += 1;
        drop(free);
        let tag = format!("w{:x}-{:x}", self.stamp, number);
        let lease = Lease { domain: Arc::clone(self), numbers, subscribers, tag };
        Ok((self.setup(wanted, &lease, number), lease))
    }

    fn setup(&self, wanted: &Wanted, lease: &Lease, number: u64) -> Setup {
        let role = |((port, role), number_of_station): (&(String, Role), &u8)| {
            let Station { addr, mac, pool } = self.tester.station(*number_of_station);
            RoleSetup { port: port.clone(), role: *role, addr, mac, pool: share(pool, number) }
        };
        let mobile = |(at, name): (usize, &str)| {
            let nai = || format!("{name}.{}@{}", lease.tag, self.tester.realm);
            let fresh = || (nai(), [0x02, 0x7e, 0x57, 2, number as u8, at as u8]);
            let known = lease.subscribers.get(at).map(|known| self.tester.subscriber(*known));
            let (nai, mac) = known.unwrap_or_else(fresh);
            MobileSetup { name: name.to_string(), nai, mac }
        };
        let mobiles = wanted.mobiles.iter().map(String::as_str).chain([PROBE]);
        Setup {
            iut: wanted.iut,
            roles: wanted.roles.iter().zip(&lease.numbers).map(role).collect(),
            mobiles: mobiles.enumerate().map(mobile).collect(),
            seed: wanted.index.into(),
        }
    }

    /// Whether a mobile node is one that this or another tester has named, in another case than the one with this lease.
    pub(crate) fn is_anothers(&self, nai: &str, lease: &Lease) -> bool {
        if let Some(number) = self.subscribers.get(nai) {
            return !lease.subscribers.contains(number);
        }
        let local = nai.strip_suffix(self.tester.realm.as_str()).and_then(|local| local.strip_suffix('@'));
        let named = local.and_then(|local| local.rsplit_once('.')).map(|(_, named)| named);
        named.is_some_and(|named| named.starts_with('w') && named.contains('-') && named != lease.tag)
    }
}

impl Free {
    /// Stations for all roles, or none for any: a case that waits holds nothing that another waits for.
    fn take(
        &mut self,
        tester: &Tester,
        roles: &[(String, Role)],
        known: usize,
    ) -> Option<(Vec<u8>, Vec<u8>)> {
        if known > self.subscribers.len() {
            return None;
        }
        let mut left = self.stations.clone();
        let mut numbers = Vec::new();
        for (_, role) in roles {
            let at = left.iter().position(|number| tester.numbers(*role).contains(number))?;
            numbers.extend(left.remove(at));
        }
        self.stations = left;
        Some((numbers, self.subscribers.drain(..known).collect()))
    }
}

/// Stations while a case has them.
pub(crate) struct Lease {
    domain: Arc<Domain>,
    numbers: Vec<u8>,
    subscribers: Vec<u8>,
    /// What identifiers of its mobile nodes have in common that are new.
    tag: String,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut free = self.domain.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.stations.extend(self.numbers.drain(..));
        free.subscribers.extend(self.subscribers.drain(..));
        drop(free);
        self.domain.returned.notify_all();
    }
}

/// The share of a pool that a case has; after all of them have been used, the first again.
fn share(pool: Ipv6Net, number: u64) -> Ipv6Net {
    let shares = 1_u64 << (SHARE - pool.prefix_len());
    let offset = u128::from(number % shares) << (128 - SHARE);
    Ipv6Net::new_assert(Ipv6Addr::from(u128::from(pool.network()) | offset), SHARE)
}

#[cfg(test)]
mod tests {
    use dmm_conformance::identity;

    use super::*;

    #[test]
    fn prefixes_of_cases_lie_in_the_stations_pool_and_share_nothing() {
        let pool: Ipv6Net = "2001:db8:100::/40".parse().expect("a prefix");
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..64 {
            let role = RoleSetup {
                port: "maar1".to_string(),
                role: Role::Maar,
                addr: Ipv6Addr::LOCALHOST,
                mac: [0; 6],
                pool: share(pool, number),
            };
            for mobile in 0..MOST_MOBILES {
                let prefix = identity::prefix(&role, mobile);
                assert!(pool.contains(&prefix) && seen.insert(prefix), "{prefix}");
            }
        }
        assert_eq!(share(pool, 1 << 20), share(pool, 0));
    }

    #[test]
    fn a_case_gets_all_its_stations_or_none() {
        let tester = Tester { maars: 3, ..Tester::beside("2001:db8:c0::cd".parse().expect("an address")) };
        let stations = tester.numbers(Role::Maar).collect();
        let mut free = Free { stations, subscribers: (1..=2).collect(), next: 0 };
        let maars = |count: usize| vec![("maar".to_string(), Role::Maar); count];
        assert_eq!(free.take(&tester, &maars(2), 0), Some((vec![1, 2], vec![])));
        assert_eq!(free.take(&tester, &maars(2), 0), None);
        assert_eq!(free.take(&tester, &maars(1), 3), None);
        assert_eq!(free.stations, [3], "it holds nothing while it waits");
        free.stations.extend([2, 1]);
        assert_eq!(free.take(&tester, &maars(2), 1), Some((vec![3, 2], vec![1])), "the longest unused first");
    }
}
