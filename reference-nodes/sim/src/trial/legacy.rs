//! RFC 5213 as a child would tell it: a mobile node is at one MAG; the LMA gives it one prefix, which it keeps wherever it goes for as
//! long as the LMA's last word lasts, and which is nobody else's; the MAG where it is advertises that and nothing else. Only an LMA
//! that forgets everything may forget that.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::ndp::RouterAdvertisement;
use dmm_codec::packet::{Ethernet, ICMPV6, Ipv6, Mac};
use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, home_network_prefixes};
use dmm_dataplane::Entry;
use dmm_proto::legacy::LmaLoad;
use dmm_proto::record::Record;
use dmm_proto::view::{Session, State};
use ipnet::Ipv6Net;

use super::model::until;
use super::said::Said;
use super::{Judge, unwritten};
use crate::domain::{DomainConfig, LMA, maar_address, mn_identifier, mobile_mac, router_of};
use crate::{Disk, Domain, Tapped};

/// For how long a prefix is sure to be its mobile node's after a MAG has sent a de-registration: the LMA keeps it for
/// MinDelayBeforeBCEDelete (RFC 5213 §5.3.5), which is 10 s, from when that has come.
const SURE: Duration = Duration::from_secs(9);

/// What ought to be.
pub(super) struct LegacyModel {
    mobiles: Vec<Mobile>,
    numbers: BTreeMap<MnIdentifier, usize>,
    macs: BTreeMap<Mac, usize>,
    mags: BTreeMap<Ipv6Addr, u16>,
}

struct Mobile {
    mn: MnIdentifier,
    /// The MAG whose link it is on.
    at: Option<u16>,
    promise: Option<Promise>,
    /// The number of each MAG's last de-registration, and until when the LMA surely keeps what it ends.
    ended: BTreeMap<u16, (u16, Instant)>,
    /// Which prefixes the LMA has told which MAG, since that has begun anew.
    told: BTreeSet<(u16, Ipv6Net)>,
    /// What was advertised to it last, and by which MAG.
    advertised: Option<(u16, Ipv6Net)>,
}

/// The LMA's last word about a mobile node.
struct Promise {
    prefix: Ipv6Net,
    /// The MAG that it was told to.
    mag: u16,
    expires: Instant,
}

impl LegacyModel {
    pub(super) fn new(config: &DomainConfig) -> Self {
        let mobile = |n| Mobile {
            mn: mn_identifier(n),
            at: None,
            promise: None,
            ended: BTreeMap::new(),
            told: BTreeSet::new(),
            advertised: None,
        };
        let mobiles: Vec<Mobile> = (1..=config.mobiles).map(mobile).collect();
        Self {
            numbers: mobiles.iter().enumerate().map(|(index, mobile)| (mobile.mn.clone(), index)).collect(),
            macs: (1..=config.mobiles).map(|n| (mobile_mac(n), usize::from(n) - 1)).collect(),
            mags: (1..=config.maars).map(|n| (maar_address(n), n)).collect(),
            mobiles,
        }
    }

    /// The LMA has told a MAG that a mobile node is registered there.
    fn promised(
        &mut self,
        at: Instant,
        index: usize,
        mag: u16,
        prefix: Ipv6Net,
        lifetime: Lifetime,
    ) -> Result<(), String> {
        let mobile = &self.mobiles[index];
        if let Some(before) = mobile.promised_at(at).filter(|before| before.prefix != prefix) {
            return Err(format!("{} had {} and is given {prefix}", mobile.mn, before.prefix));
        }
        let has_it = |other: &&Mobile| other.promised_at(at).is_some_and(|promise| promise.prefix == prefix);
        let others = self.mobiles.iter().enumerate().filter(|(other, _)| *other != index);
        if let Some(other) = others.map(|(_, other)| other).find(has_it) {
            return Err(format!("{} is given {prefix}, which {} has", mobile.mn, other.mn));
        }
        let mobile = &mut self.mobiles[index];
        mobile.promise = Some(Promise { prefix, mag, expires: until(at, lifetime) });
        mobile.told.insert((mag, prefix));
        Ok(())
    }

    fn advertised(&mut self, tapped: &Tapped) -> Result<(), String> {
        let Some((mag, mac, prefixes)) = advertisement(tapped) else { return Ok(()) };
        let Some(mobile) = self.macs.get(&mac).map(|index| &mut self.mobiles[*index]) else { return Ok(()) };
        for prefix in prefixes {
            if !mobile.told.contains(&(mag, prefix)) {
                return Err(format!(
                    "mag{mag} advertises {prefix} to {}, which no LMA has told it",
                    mobile.mn
                ));
            }
            mobile.advertised = Some((mag, prefix));
        }
        Ok(())
    }

    /// What the LMA has told MAGs it knows, however often it was killed.
    fn is_known(&self, domain: &Domain) -> Result<(), String> {
        for mobile in &self.mobiles {
            let Some(Promise { prefix, .. }) = mobile.promised_at(domain.now()) else { continue };
            if domain.lma().node().assigned(&mobile.mn) != Some(*prefix) {
                return Err(format!("{}: the LMA has forgotten {prefix}, as it told it", mobile.mn));
            }
        }
        Ok(())
    }
}

impl Judge for LegacyModel {
    fn attached(&mut self, mobile: u16, at: Option<u16>) {
        self.mobiles[usize::from(mobile) - 1].at = at;
    }

    fn attached_to(&self, mag: u16) -> Vec<u16> {
        (1..).zip(&self.mobiles).filter(|(_, mobile)| mobile.at == Some(mag)).map(|(n, _)| n).collect()
    }

    fn forgets(&mut self, who: Option<u16>) {
        for mobile in &mut self.mobiles {
            match who {
                Some(mag) => mobile.told.retain(|(told, _)| *told != mag),
                None => mobile.promise = None,
            }
        }
    }

    fn saw(&mut self, tapped: &Tapped, said: Option<&Said>) -> Result<(), String> {
        let Some(Said { src, dst, mn, message }) = said else { return self.advertised(tapped) };
        let Some(index) = self.numbers.get(mn).copied() else { return Ok(()) };
        match message {
            // Whether that has come, and whether the LMA could say so, only the LMA knows.
            Message::Pbu(pbu) if pbu.lifetime == Lifetime::ZERO => {
                let (Some(mag), sure) = (self.mags.get(src).copied(), tapped.at + SURE) else {
                    return Ok(());
                };
                let mobile = &mut self.mobiles[index];
                mobile.ended.insert(mag, (pbu.seq, sure));
                if let Some(promise) = mobile.promise.as_mut().filter(|promise| promise.mag == mag) {
                    promise.expires = promise.expires.min(sure);
                }
                Ok(())
            }
            Message::Pba(pba)
                if *src == LMA && pba.status.is_accepted() && pba.lifetime != Lifetime::ZERO =>
            {
                let Some(mag) = self.mags.get(dst).copied() else { return Ok(()) };
                let assigned: Vec<Ipv6Net> = home_network_prefixes(&pba.options).collect();
                let [prefix] = assigned[..] else { return Err(format!("{mn} is given {assigned:?}")) };
                self.promised(tapped.at, index, mag, prefix, pba.lifetime)?;
                // It may answer a PBU from before the one that ends it.
                let Mobile { promise: Some(promise), ended, .. } = &mut self.mobiles[index] else {
                    return Ok(());
                };
                if let Some((seq, sure)) = ended.get(&mag)
                    && seq.wrapping_sub(pba.seq) <= u16::MAX / 2
                {
                    promise.expires = promise.expires.min(*sure);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn unwritten(&self, domain: &Domain, who: Option<u16>) -> Option<String> {
        let lma = who.is_none().then(|| domain.lma())?;
        unwritten(lma.disk(), lma.node().records(), Record::Bce)
    }

    fn compare(&mut self, domain: &Domain, who: Option<u16>) -> Result<(), String> {
        let is_down = domain.disk(None).is_some_and(Disk::is_down);
        if who.is_some() || is_down { Ok(()) } else { self.is_known(domain) }
    }

    fn is_at_rest(&self, domain: &Domain) -> Result<(), String> {
        let at_lma: BTreeMap<_, _> =
            domain.lma().node().sessions().map(|session| (session.mn.clone(), session)).collect();
        let mut at_mags: BTreeMap<MnIdentifier, Vec<(u16, Session)>> = BTreeMap::new();
        for mag in self.mags.values() {
            for session in domain.mag(*mag).node().sessions() {
                at_mags.entry(session.mn.clone()).or_default().push((*mag, session));
            }
        }
        for (number, mobile) in (1..).zip(&self.mobiles) {
            let mn = &mobile.mn;
            let (bce, served) = (at_lma.get(mn), at_mags.get(mn).map_or(&[][..], |served| &served[..]));
            let Some(at) = mobile.at else {
                if bce.is_some() || !served.is_empty() {
                    return Err(format!("at rest: {mn} is nowhere, and there are {bce:?} and {served:?}"));
                }
                continue;
            };
            let is_right = |bce: &Session| {
                bce.state == State::Registered
                    && bce.serving == Some(maar_address(at))
                    && bce.prefixes.len() == 1
            };
            let Some(bce) = bce.filter(|bce| is_right(bce)) else {
                return Err(format!("at rest: {mn} is at mag{at}; the LMA says {bce:?}"));
            };
            let prefix = bce.prefixes[0];
            let [(mag, session)] = served else {
                return Err(format!("at rest: {mn} is at mag{at} and known at {served:?}"));
            };
            if *mag != at || session.state != State::Serving || session.prefixes != [prefix] {
                return Err(format!(
                    "at rest: {mn} is at mag{at} with {prefix}, and mag{mag} has {session:?}"
                ));
            }
            if mobile.advertised != Some((at, prefix)) {
                let said = mobile.advertised;
                return Err(format!("at rest: {mn} is at mag{at} with {prefix}; it was advertised {said:?}"));
            }
            let down = Entry::TunnelRoute { prefix, remote: maar_address(at) };
            let up = Entry::SourceRoute { prefix, remote: LMA };
            if !domain.lma().plane().contains(&down) || !domain.mag(at).plane().contains(&up) {
                return Err(format!("at rest: {mn} at mag{at}: no way for {prefix} through the tunnel"));
            }
            let mut addresses = domain.mobile(number).addresses(domain.now());
            if !addresses.any(|(address, preferred)| preferred && prefix.contains(&address)) {
                return Err(format!("at rest: {mn} is at mag{at} and has no address of {prefix}"));
            }
        }
        Ok(())
    }

    fn is_drained(&self, domain: &Domain) -> Result<(), String> {
        for mag in self.mags.values() {
            let (_, updates) = domain.mag(*mag).node().load();
            if updates > 0 {
                return Err(format!("at rest: mag{mag} still has {updates} PBU(s) to get answered"));
            }
        }
        Ok(())
    }

    fn is_empty(&self, domain: &Domain) -> Result<(), String> {
        let (load, plane) = (domain.lma().node().load(), domain.lma().plane());
        if load != LmaLoad::default() || !plane.is_empty() {
            return Err(format!("when all have left: the LMA still holds {load:?}, {} entries", plane.len()));
        }
        for mag in self.mags.values() {
            let (load, plane) = (domain.mag(*mag).node().load(), domain.mag(*mag).plane());
            if load != (0, 0) || !plane.is_empty() {
                return Err(format!(
                    "when all have left: mag{mag} still holds {load:?}, {} entries",
                    plane.len()
                ));
            }
        }
        Ok(())
    }
}

impl Mobile {
    fn promised_at(&self, now: Instant) -> Option<&Promise> {
        self.promise.as_ref().filter(|promise| now < promise.expires)
    }
}

/// Which MAG advertises what, and to whom.
fn advertisement(tapped: &Tapped) -> Option<(u16, Mac, Vec<Ipv6Net>)> {
    let mag = router_of(tapped.link)?;
    let frame = Ethernet::parse(&tapped.frame)?;
    let packet = Ipv6::parse(frame.payload).filter(|packet| packet.next_header == ICMPV6)?;
    let Ipv6 { src, dst, hop_limit, .. } = packet;
    let advertisement = RouterAdvertisement::parse(packet.payload(), src, dst, hop_limit).ok()?;
    Some((mag, frame.dst, advertisement.prefixes.iter().map(|information| information.prefix).collect()))
}
