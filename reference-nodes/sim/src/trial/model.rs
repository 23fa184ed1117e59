//! RFC 8885 as a child would tell it: a mobile node is at one MAAR; each MAAR that served it anchors its prefix for as long
//! as the CMD's last word about the session lasts; only what forgets everything may forget that.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

use dmm_codec::{Instant, Lifetime, Message, MnIdentifier, MobilityOption, home_network_prefixes};
use dmm_dataplane::Entry;
use dmm_proto::cmd::CmdLoad;
use dmm_proto::exchange::Rejection;
use dmm_proto::maar::MaarLoad;
use dmm_proto::record::Record;
use ipnet::Ipv6Net;

use super::said::Said;
use super::{Judge, unwritten};
use crate::domain::{CMD, DomainConfig, maar_address, mn_identifier, pool};
use crate::{Domain, Tapped};

/// How many MAARs, the latest first, must keep a mobile node's prefix: fewer than the CMD's limit, since the CMD also counts
/// MAARs that never came to serve it (R6.5).
const PROTECTED: usize = 8;

/// What ought to be.
pub(super) struct Model {
    mobiles: Vec<Mobile>,
    numbers: BTreeMap<MnIdentifier, usize>,
    maars: BTreeMap<Ipv6Addr, u16>,
}

struct Mobile {
    mn: MnIdentifier,
    /// The MAAR whose link it is on.
    at: Option<u16>,
    /// The MAAR that served it last.
    server: Option<u16>,
    /// Until when the session lasts, by the lifetimes that the CMD has said.
    expires: Instant,
    /// MAARs that the CMD has spoken of as S-MAAR since it last began anew: what P-MAARs say to others is its word of before.
    named: BTreeSet<u16>,
    /// MAARs that have lost their memory and that the CMD itself has not answered since: what P-MAARs tell them may be about
    /// a registration that they know nothing of (stance A10).
    unsure: BTreeSet<u16>,
    /// MAARs that were told, since they and the CMD last began anew, that it is registered with them.
    told: BTreeSet<u16>,
    /// Which prefixes the CMD has acknowledged to whom.
    promised: BTreeSet<(u16, Ipv6Net)>,
    /// Who anchors which prefix of it, in the order in which they last served it.
    anchors: Vec<(u16, Ipv6Net)>,
}

impl Model {
    pub(super) fn new(config: &DomainConfig) -> Self {
        let names = (1..=config.mobiles).map(mn_identifier);
        let mobiles: Vec<Mobile> = names.map(Mobile::new).collect();
        let numbers = mobiles.iter().enumerate().map(|(index, mobile)| (mobile.mn.clone(), index)).collect();
        Self { mobiles, numbers, maars: (1..=config.maars).map(|n| (maar_address(n), n)).collect() }
    }

    fn maar_restarted(&mut self, maar: u16) {
        for mobile in &mut self.mobiles {
            mobile.unsure.insert(maar);
            mobile.told.remove(&maar);
            mobile.anchors.retain(|(anchor, _)| *anchor != maar);
        }
    }

    fn cmd_restarted(&mut self) {
        for mobile in &mut self.mobiles {
            mobile.named.clear();
            mobile.promised.clear();
            mobile.told.clear();
            mobile.anchors.clear();
            mobile.expires = Instant::default();
        }
    }

    /// A message was sent.
    fn message_was_sent(&mut self, at: Instant, said: &Said) {
        let Said { src, dst, mn, message } = said;
        let Some(mobile) = self.numbers.get(mn).map(|index| &mut self.mobiles[*index]) else { return };
        match message {
            Message::Pbu(pbu) if *src == CMD && pbu.lifetime != Lifetime::ZERO => {
                mobile.expires = mobile.expires.max(until(at, pbu.lifetime));
                mobile.named.extend(pbu.options.iter().filter_map(|option| match option {
                    MobilityOption::ServingMaar(address) => self.maars.get(address),
                    _ => None,
                }));
            }
            // R3.5.6: the S-MAAR ends the session.
            Message::Pbu(pbu)
                if pbu.lifetime == Lifetime::ZERO
                    && *src != CMD
                    && mobile.server == self.maars.get(src).copied() =>
            {
                mobile.anchors.clear();
            }
            // The CMD may forget what a MAAR says that it does not anchor.
            Message::Pba(pba) if *dst == CMD && !pba.status.is_accepted() => {
                if let (Some(maar), Rejection::Final) = (self.maars.get(src), Rejection::of(pba.status)) {
                    mobile.promised.retain(|(anchor, _)| anchor != maar);
                }
            }
            // The CMD refuses what the MAAR came up with when it had lost its memory.
            Message::Pba(pba) if *src == CMD && !pba.status.is_accepted() => {
                if let (Some(maar), Rejection::Prefix) = (self.maars.get(dst), Rejection::of(pba.status)) {
                    mobile.told.remove(maar);
                    mobile.anchors.retain(|(anchor, _)| anchor != maar);
                }
            }
            Message::Pba(pba) if pba.status.is_accepted() && pba.lifetime != Lifetime::ZERO => {
                if let Some(maar) = self.maars.get(dst)
                    && (*src == CMD || (mobile.named.contains(maar) && !mobile.unsure.contains(maar)))
                {
                    mobile.unsure.remove(maar);
                    mobile.told.insert(*maar);
                    if *src == CMD {
                        mobile
                            .promised
                            .extend(home_network_prefixes(&pba.options).map(|prefix| (*maar, prefix)));
                    }
                    mobile.expires = mobile.expires.max(until(at, pba.lifetime));
                }
            }
            _ => {}
        }
    }

    /// A MAAR may have changed: does it still anchor what it must?
    fn compare_maar(&mut self, domain: &Domain, maar: u16) -> Result<(), String> {
        let (now, node) = (domain.now(), domain.maar(maar).node());
        for mobile in &mut self.mobiles {
            if mobile.told.contains(&maar) && node.serves(&mobile.mn) {
                mobile.serves(maar, node.anchored(&mobile.mn));
            }
            if now >= mobile.expires {
                mobile.anchors.clear();
            }
            let anchored = mobile.anchors.iter().find(|(anchor, _)| *anchor == maar);
            if let Some((_, prefix)) =
                anchored.filter(|(_, prefix)| !node.anchored(&mobile.mn).contains(prefix))
            {
                return Err(format!(
                    "{}: maar{maar} has lost {prefix}, whose session lasts {} s more",
                    mobile.mn,
                    mobile.expires.since(now).as_secs()
                ));
            }
        }
        Ok(())
    }

    /// What the CMD has told S-MAARs it knows, however often it was killed: who serves the mobile node, and who anchors what.
    fn is_known(&self, domain: &Domain) -> Result<(), String> {
        let cmd = &domain.cmd().node;
        for mobile in self.mobiles.iter().filter(|mobile| domain.now() < mobile.expires) {
            let mut promised =
                mobile.anchors.iter().filter(|anchor| mobile.promised.contains(anchor)).peekable();
            if promised.peek().is_none() {
                continue;
            }
            let listed = cmd.anchors(&mobile.mn);
            for (anchor, prefix) in promised {
                let is_it = |(maar, prefixes): &(Ipv6Addr, Vec<Ipv6Net>)| {
                    *maar == maar_address(*anchor) && prefixes.contains(prefix)
                };
                if !listed.iter().any(is_it) {
                    return Err(format!(
                        "{}: the CMD has forgotten that maar{anchor} anchors {prefix}, as it told it",
                        mobile.mn
                    ));
                }
            }
        }
        Ok(())
    }

    /// With a network that loses nothing, all agree on where every mobile node is.
    fn all_agree(&self, domain: &Domain) -> Result<(), String> {
        for (number, mobile) in (1..).zip(&self.mobiles) {
            let mn = &mobile.mn;
            let Some(at) = mobile.at else { continue };
            let serving: Vec<u16> =
                self.maars.values().copied().filter(|n| domain.maar(*n).node().serves(mn)).collect();
            if serving != [at] {
                return Err(format!("at rest: {mn} is at maar{at} and served by {serving:?}"));
            }
            let registered = domain.cmd().node.s_maar(mn);
            if registered != Some(maar_address(at)) {
                return Err(format!("at rest: {mn} is at maar{at}; the CMD says {registered:?}"));
            }
            let mut addresses = domain.mobile(number).addresses(domain.now());
            if !addresses.any(|(address, preferred)| preferred && pool(at).contains(&address)) {
                return Err(format!("at rest: {mn} is at maar{at} and has no address there to begin with"));
            }
            for (anchor, prefix) in mobile.anchors.iter().filter(|(anchor, _)| *anchor != at) {
                is_reached(domain, mn, *anchor, *prefix, at)?;
            }
        }
        Ok(())
    }
}

impl Judge for Model {
    fn attached(&mut self, mobile: u16, at: Option<u16>) {
        self.mobiles[usize::from(mobile) - 1].at = at;
    }

    fn attached_to(&self, maar: u16) -> Vec<u16> {
        (1..).zip(&self.mobiles).filter(|(_, mobile)| mobile.at == Some(maar)).map(|(n, _)| n).collect()
    }

    fn forgets(&mut self, who: Option<u16>) {
        match who {
            Some(maar) => self.maar_restarted(maar),
            None => self.cmd_restarted(),
        }
    }

    fn saw(&mut self, tapped: &Tapped, said: Option<&Said>) -> Result<(), String> {
        if let Some(said) = said {
            self.message_was_sent(tapped.at, said);
        }
        Ok(())
    }

    fn compare(&mut self, domain: &Domain, who: Option<u16>) -> Result<(), String> {
        match who {
            Some(maar) => self.compare_maar(domain, maar),
            None if domain.disk(None).is_some_and(|disk| !disk.is_down()) => self.is_known(domain),
            None => Ok(()),
        }
    }

    fn unwritten(&self, domain: &Domain, who: Option<u16>) -> Option<String> {
        if let Some(number) = who {
            let host = domain.maar(number);
            unwritten(host.disk(), host.node().records(), Record::Mobile)
        } else {
            let host = domain.cmd();
            unwritten(host.disk(), host.node.records(), Record::Session)
        }
    }

    fn is_at_rest(&self, domain: &Domain) -> Result<(), String> {
        self.all_agree(domain)
    }

    fn is_drained(&self, domain: &Domain) -> Result<(), String> {
        let cmd = domain.cmd().node.load();
        if cmd.updates > 0 {
            return Err(format!("at rest: the CMD still has {} PBU(s) to get answered", cmd.updates));
        }
        for maar in self.maars.values() {
            let load = domain.maar(*maar).node().load();
            if load.updates > 0 {
                return Err(format!("at rest: maar{maar} still has {} PBU(s) to get answered", load.updates));
            }
        }
        Ok(())
    }

    fn is_empty(&self, domain: &Domain) -> Result<(), String> {
        let cmd = domain.cmd().node.load();
        if cmd != CmdLoad::default() {
            return Err(format!("when all have left: the CMD still holds {cmd:?}"));
        }
        for maar in self.maars.values() {
            let host = domain.maar(*maar);
            let (load, plane) = (host.node().load(), host.plane());
            if load != MaarLoad::default() || !plane.is_empty() {
                return Err(format!(
                    "when all have left: maar{maar} still holds {load:?}, {} entries",
                    plane.len()
                ));
            }
        }
        Ok(())
    }
}

/// R3.2.12, R3.2.13: a prefix that is anchored elsewhere is reached through a tunnel whose both ends know of it.
fn is_reached(
    domain: &Domain,
    mn: &MnIdentifier,
    anchor: u16,
    prefix: Ipv6Net,
    at: u16,
) -> Result<(), String> {
    let down = Entry::TunnelRoute { prefix, remote: maar_address(at) };
    let up = Entry::SourceRoute { prefix, remote: maar_address(anchor) };
    for (maar, entry, way) in [(anchor, down, "down"), (at, up, "up")] {
        if !domain.maar(maar).plane().contains(&entry) {
            return Err(format!("at rest: {mn} at maar{at}: maar{maar} has no way {way} for {prefix}"));
        }
    }
    let listed = domain.cmd().node.anchors(mn);
    if !listed.iter().any(|(maar, prefixes)| *maar == maar_address(anchor) && prefixes.contains(&prefix)) {
        return Err(format!("at rest: {mn}: the CMD does not know that maar{anchor} anchors {prefix}"));
    }
    Ok(())
}

/// Lifetimes count in units of four seconds, and what is left of the last is said as a whole one.
pub(super) fn until(now: Instant, lifetime: Lifetime) -> Instant {
    now + Lifetime(lifetime.0.saturating_sub(1)).duration()
}

impl Mobile {
    fn new(mn: MnIdentifier) -> Self {
        let [named, unsure, told] = [(); 3].map(|()| BTreeSet::new());
        let (promised, anchors) = (BTreeSet::new(), Vec::new());
        let expires = Instant::default();
        Self { mn, at: None, server: None, expires, named, unsure, told, promised, anchors }
    }

    fn serves(&mut self, maar: u16, prefixes: &[Ipv6Net]) {
        self.server = Some(maar);
        let Some(prefix) = prefixes.first() else { return };
        self.anchors.retain(|(anchor, _)| *anchor != maar);
        self.anchors.push((maar, *prefix));
        let too_many = self.anchors.len().saturating_sub(PROTECTED);
        self.anchors.drain(..too_many);
    }
}
