//! What a node's access link says and is answered, without the link: Router Solicitations, tests for duplicate addresses and
//! reports of groups show that a mobile node is there; Neighbor Solicitations for its DLIFs are answered by each DLIF itself
//! (R3.7.17); who is silent is asked whether it is still there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

use std::time::Duration;

use dmm_codec::Instant;
use dmm_codec::headers::Walk;
use dmm_codec::ndp::{
    ALL_NODES, ND_HOP_LIMIT, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION, NeighborAdvertisement,
    NeighborFlags, NeighborSolicitation, ROUTER_SOLICITATION, RouterSolicitation,
};
use dmm_codec::packet::{Ethernet, ICMPV6, Ipv6, Mac};
use dmm_dataplane::{DlifId, Entry, Op};
use dmm_proto::{Advertise, LinkEvent};

use crate::config::{Access, AttachOn};
use crate::presence::{Presence, Step};

/// Which groups a node listens to, by MLDv1 (RFC 2710 §3) and MLDv2 (RFC 3810 §5.2). A host whose carrier comes back may say
/// that and nothing else.
const GROUP_REPORTS: [u8; 2] = [131, 143];

/// The DLIFs of an access link (RFC 8885 §3.7), and how attachment is noticed there.
#[derive(Clone, Debug)]
pub struct Neighbors {
    attach_on: AttachOn,
    /// By mobile node and link-local address: all MAGs of a domain have one address (RFC 6543), and DLIFs are each one
    /// mobile node's.
    dlifs: BTreeMap<(Mac, Ipv6Addr), Mac>,
    /// Who has DLIFs from before a restart, and has not shown up since.
    unseen: BTreeSet<Mac>,
    presence: Presence,
}

/// What a frame on the access link means, or a silence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What the state machine is to know.
    pub event: Option<LinkEvent>,
    /// The frame that answers or asks.
    pub reply: Option<Vec<u8>>,
}

impl Neighbors {
    /// No DLIF yet.
    pub fn new(attach_on: AttachOn, probe_after: Option<Duration>) -> Self {
        let presence = Presence::new(probe_after);
        Self { attach_on, dlifs: BTreeMap::new(), unseen: BTreeSet::new(), presence }
    }

    /// An access link with no DLIF; no access link has no mobile nodes either.
    pub fn on(access: Option<&Access>) -> Self {
        access.map_or(Self::new(AttachOn::Admin, None), |access| {
            Self::new(access.attach_on, access.probe_after)
        })
    }

    /// A mobile node was served before a restart: whether it is still there shows.
    pub fn restored(&mut self, mobile: Mac) {
        self.unseen.insert(mobile);
    }

    /// A subscriber has shown up, with this link-local address if it has one.
    pub fn seen(&mut self, now: Instant, mobile: Mac, src: Ipv6Addr) {
        self.unseen.remove(&mobile);
        self.presence.came(now, mobile, src);
    }

    /// A mobile node has left.
    pub fn left(&mut self, mobile: Mac) {
        self.presence.forget(mobile);
    }

    /// Who may be on the link.
    pub fn guests(&self) -> BTreeSet<Mac> {
        self.dlifs.keys().map(|(mobile, _)| *mobile).chain(self.presence.guests()).collect()
    }

    /// Takes note of a forwarding order that was carried out.
    pub fn ordered(&mut self, op: &Op) {
        match *op {
            Op::Ensure(Entry::Dlif { dlif: DlifId { mobile, .. }, link_local, mac }) => {
                self.dlifs.insert((mobile, link_local), mac);
            }
            Op::Remove(Entry::Dlif { dlif: DlifId { mobile, .. }, link_local, .. }) => {
                self.dlifs.remove(&(mobile, link_local));
            }
            _ => {}
        }
    }

    /// Whether a mobile node has a DLIF here and has shown up: it is served.
    pub fn serves(&self, mobile: Mac) -> bool {
        self.first_dlif(mobile).is_some() && !self.unseen.contains(&mobile)
    }

    fn first_dlif(&self, mobile: Mac) -> Option<(Ipv6Addr, Mac)> {
        let mut dlifs = self.dlifs.range((mobile, Ipv6Addr::UNSPECIFIED)..);
        let ((_, link_local), mac) = dlifs.next().filter(|((its, _), _)| *its == mobile)?;
        Some((*link_local, *mac))
    }

    /// When somebody has been silent for long enough.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.presence.next_timeout()
    }

    /// What silence means now, one thing after the other.
    pub fn silence(&mut self, now: Instant) -> Option<Heard> {
        while let Some(step) = self.presence.poll(now) {
            match step {
                Step::Ask(mobile, address) => match self.first_dlif(mobile) {
                    Some((link_local, mac)) => {
                        let reply = Some(ask(mac, link_local, mobile, address));
                        return Some(Heard { event: None, reply });
                    }
                    // It is not served: it has gone to another MAAR, for instance.
                    None => self.presence.forget(mobile),
                },
                Step::Left(mobile) => {
                    return Some(Heard { event: Some(LinkEvent::Detached { mobile }), reply: None });
                }
            }
        }
        None
    }

    /// Reads a frame.
    pub fn heard(&mut self, now: Instant, frame: &[u8]) -> Heard {
        let Some(frame) = Ethernet::parse(frame).filter(|frame| frame.ether_type == Ethernet::IPV6) else {
            return Heard::default();
        };
        let Some(packet) = Ipv6::parse(frame.payload) else { return Heard::default() };
        let mobile = frame.src;
        self.presence.heard(now, mobile, packet.src);
        if let Some(asked) = neighbor_solicitation(&packet) {
            let reply = self
                .dlifs
                .get(&(mobile, asked.target))
                .map(|mac| answer(*mac, mobile, &packet, asked.target));
            let tests_itself = packet.src.is_unspecified() && asked.target.is_unicast_link_local();
            // Its address may turn out to be taken, so it has none yet.
            let event = (tests_itself && self.attach_on != AttachOn::Admin && reply.is_none())
                .then_some(LinkEvent::Solicited { mobile, src: Ipv6Addr::UNSPECIFIED });
            return Heard { event, reply };
        }
        let solicited = |src| Some(LinkEvent::Solicited { mobile, src });
        let event = match self.attach_on {
            AttachOn::Admin => None,
            _ if is_router_solicitation(&packet) => solicited(packet.src),
            _ if self.serves(mobile) => None,
            AttachOn::Solicitation if !is_group_report(frame.payload) => None,
            AttachOn::Solicitation | AttachOn::AnyFrame => {
                let link_local = packet.src.is_unicast_link_local();
                solicited(if link_local { packet.src } else { Ipv6Addr::UNSPECIFIED })
            }
        };
        Heard { event, reply: None }
    }
}

/// Whether a frame can matter to [`Neighbors::heard`]: what can be told without knowing DLIFs, so that user traffic need
/// not reach the loop.
pub fn matters(frame: &[u8], attach_on: AttachOn) -> bool {
    let Some(frame) = Ethernet::parse(frame).filter(|frame| frame.ether_type == Ethernet::IPV6) else {
        return false;
    };
    if attach_on == AttachOn::AnyFrame {
        return true;
    }
    let Some(packet) = Ipv6::parse(frame.payload) else { return false };
    let kinds = [ROUTER_SOLICITATION, NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT];
    packet.next_header == ICMPV6 && packet.payload().first().is_some_and(|kind| kinds.contains(kind))
        || is_group_report(frame.payload)
}

/// The frame of a Router Advertisement (RFC 8885 §3.7), unicast on the link (RFC 6085).
pub fn advertisement(order: &Advertise) -> Vec<u8> {
    let octets = order.advertisement.encode(order.src, order.dst);
    let packet = Ipv6::packet(order.src, order.dst, ICMPV6, ND_HOP_LIMIT, &octets);
    Ethernet::frame(order.src_mac, order.dst_mac, &packet)
}

/// RFC 3810 §5: behind hop-by-hop options, with a hop limit of 1.
fn is_group_report(packet: &[u8]) -> bool {
    let Ok(mut walk) = Walk::new(packet) else { return false };
    // So that user traffic costs no walk.
    if walk.hop_limit != 1 {
        return false;
    }
    walk.end();
    let (next_header, octets) = walk.behind();
    next_header == ICMPV6 && octets.first().is_some_and(|kind| GROUP_REPORTS.contains(kind))
}

fn is_router_solicitation(packet: &Ipv6<'_>) -> bool {
    let &Ipv6 { src, dst, hop_limit, .. } = packet;
    packet.next_header == ICMPV6 && RouterSolicitation::parse(packet.payload(), src, dst, hop_limit).is_ok()
}

fn neighbor_solicitation(packet: &Ipv6<'_>) -> Option<NeighborSolicitation> {
    let &Ipv6 { src, dst, hop_limit, .. } = packet;
    if packet.next_header != ICMPV6 {
        return None;
    }
    NeighborSolicitation::parse(packet.payload(), src, dst, hop_limit).ok()
}

/// RFC 4861 §7.2.4: solicited unless the mobile node has no address to answer to, which then tests the DLIF's own.
fn answer(mac: Mac, mobile: Mac, packet: &Ipv6<'_>, target: Ipv6Addr) -> Vec<u8> {
    let (dst, solicited) = match packet.src {
        Ipv6Addr::UNSPECIFIED => (ALL_NODES, NeighborFlags(0)),
        src => (src, NeighborFlags::S),
    };
    let flags = NeighborFlags::R | NeighborFlags::O | solicited;
    let advertisement = NeighborAdvertisement { flags, target, target_mac: Some(mac) };
    let octets = advertisement.encode(target, dst);
    let packet = Ipv6::packet(target, dst, ICMPV6, ND_HOP_LIMIT, &octets);
    Ethernet::frame(mac, mobile, &packet)
}

/// RFC 4861 §7.3.3: unicast, from the DLIF.
fn ask(mac: Mac, link_local: Ipv6Addr, mobile: Mac, address: Ipv6Addr) -> Vec<u8> {
    let question = NeighborSolicitation { target: address, source_mac: Some(mac) };
    let octets = question.encode(link_local, address);
    let packet = Ipv6::packet(link_local, address, ICMPV6, ND_HOP_LIMIT, &octets);
    Ethernet::frame(mac, mobile, &packet)
}

#[cfg(test)]
mod tests {
    use dmm_codec::headers::HOP_BY_HOP;
    use dmm_codec::icmp::repair_checksum;
    use dmm_codec::ndp::{ALL_ROUTERS, solicited_node};
    use dmm_codec::packet::{UDP, link_local, multicast_mac};

    use super::*;

    const MOBILE: Mac = [2, 0, 0x5e, 0x10, 0, 1];
    const NOW: Instant = Instant::from_secs(1000);
    const DLIF: Mac = [2, 1, 2, 3, 4, 5];

    fn dlif(op: fn(Entry) -> Op) -> Op {
        let dlif = DlifId { mobile: MOBILE, anchor: "2001:db8::1".parse().unwrap() };
        op(Entry::Dlif { dlif, link_local: link_local(DLIF), mac: DLIF })
    }

    fn frame(src: Ipv6Addr, dst: Ipv6Addr, next_header: u8, octets: &[u8]) -> Vec<u8> {
        let packet = Ipv6::packet(src, dst, next_header, ND_HOP_LIMIT, octets);
        Ethernet::frame(MOBILE, multicast_mac(dst), &packet)
    }

    fn asks(src: Ipv6Addr, target: Ipv6Addr) -> Vec<u8> {
        let dst = solicited_node(target);
        let source_mac = (!src.is_unspecified()).then_some(MOBILE);
        frame(src, dst, ICMPV6, &NeighborSolicitation { target, source_mac }.encode(src, dst))
    }

    /// An MLDv2 report behind a Router Alert option, as Linux sends it.
    fn reports_groups(src: Ipv6Addr) -> Vec<u8> {
        let dst = "ff02::16".parse().unwrap();
        let mut report = [143, 0, 0, 0, 0, 0, 0, 0];
        repair_checksum(&mut report, src, dst);
        let packet =
            Ipv6::packet(src, dst, HOP_BY_HOP, 1, &[&[ICMPV6, 0, 5, 2, 0, 0, 1, 0][..], &report].concat());
        Ethernet::frame(MOBILE, multicast_mac(dst), &packet)
    }

    fn solicit(src: Ipv6Addr) -> Vec<u8> {
        let octets = RouterSolicitation { source_mac: None }.encode(src, ALL_ROUTERS);
        frame(src, ALL_ROUTERS, ICMPV6, &octets)
    }

    #[test]
    fn each_dlif_answers_for_its_own_address_and_for_its_own_mobile_node() {
        let mut neighbors = Neighbors::new(AttachOn::Solicitation, None);
        let asked = asks(link_local(MOBILE), link_local(DLIF));
        assert_eq!(neighbors.heard(NOW, &asked), Heard::default(), "there is no such DLIF yet");
        neighbors.ordered(&dlif(Op::Ensure));
        assert!(neighbors.serves(MOBILE));

        let answer = neighbors.heard(NOW, &asked).reply.expect("the DLIF answers");
        let answer = Ethernet::parse(&answer).unwrap();
        assert_eq!((answer.src, answer.dst), (DLIF, MOBILE));
        let packet = Ipv6::parse(answer.payload).unwrap();
        let Ipv6 { src, dst, hop_limit, .. } = packet;
        let said = NeighborAdvertisement::parse(packet.payload(), src, dst, hop_limit).unwrap();
        assert_eq!(said.target_mac, Some(DLIF));
        assert_eq!(said.flags, NeighborFlags::R | NeighborFlags::S | NeighborFlags::O);

        let mut stranger = asked.clone();
        stranger[6..12].copy_from_slice(&[2, 9, 9, 9, 9, 9]);
        assert_eq!(neighbors.heard(NOW, &stranger), Heard::default(), "another's DLIF is not there for it");
        neighbors.ordered(&dlif(Op::Remove));
        assert_eq!(neighbors.heard(NOW, &asked), Heard::default());
    }

    #[test]
    fn what_shows_that_a_mobile_node_is_there_is_configured() {
        let own = link_local(MOBILE);
        let here = |src| Some(LinkEvent::Solicited { mobile: MOBILE, src });
        let unspecified = Ipv6Addr::UNSPECIFIED;
        let (solicits, tests) = (solicit(own), asks(unspecified, own));
        let global: Ipv6Addr = "2001:db8:a001::1".parse().unwrap();
        let (tests_global, sends) = (asks(unspecified, global), frame(own, global, UDP, b"12345678"));
        let reports = reports_groups(own);
        for (attach_on, expected) in [
            (AttachOn::Solicitation, [here(own), here(unspecified), here(own), None, None]),
            (AttachOn::AnyFrame, [here(own), here(unspecified), here(own), None, here(own)]),
            (AttachOn::Admin, [None; 5]),
        ] {
            let mut neighbors = Neighbors::new(attach_on, None);
            let heard = [&solicits, &tests, &reports, &tests_global, &sends]
                .map(|frame| neighbors.heard(NOW, frame).event);
            assert_eq!(heard, expected, "{attach_on:?}");
        }
        let mut served = Neighbors::new(AttachOn::AnyFrame, None);
        served.ordered(&dlif(Op::Ensure));
        assert_eq!(served.heard(NOW, &sends).event, None, "it is served already");
        served.restored(MOBILE);
        assert_eq!(served.heard(NOW, &sends).event, here(own), "it was served before a restart");
        served.seen(NOW, MOBILE, own);
        assert_eq!(served.heard(NOW, &sends).event, None);
    }

    #[test]
    fn user_traffic_and_other_protocols_do_not_reach_the_loop() {
        let sends = frame(link_local(MOBILE), ALL_NODES, UDP, b"12345678");
        let mut ipv4 = sends.clone();
        ipv4[12..14].copy_from_slice(&[0x08, 0x00]);
        assert!(matters(&solicit(link_local(MOBILE)), AttachOn::Solicitation));
        assert!(!matters(&sends, AttachOn::Solicitation) && matters(&sends, AttachOn::AnyFrame));
        assert!(matters(&reports_groups(link_local(MOBILE)), AttachOn::Solicitation));
        assert!(!matters(&ipv4, AttachOn::AnyFrame) && !matters(&[1, 2, 3], AttachOn::AnyFrame));
    }

    #[test]
    fn a_served_mobile_node_that_is_silent_is_asked_by_its_dlif_and_has_then_left() {
        let patience = Duration::from_secs(30);
        let (own, silent) = (link_local(MOBILE), NOW + patience);
        let mut neighbors = Neighbors::new(AttachOn::Solicitation, Some(patience));
        neighbors.seen(NOW, MOBILE, own);
        neighbors.ordered(&dlif(Op::Ensure));
        assert_eq!((neighbors.next_timeout(), neighbors.silence(NOW)), (Some(silent), None));

        let heard = neighbors.silence(silent).unwrap();
        let question = Ethernet::parse(heard.reply.as_deref().unwrap()).unwrap();
        assert_eq!((heard.event, question.src, question.dst), (None, DLIF, MOBILE));
        let packet = Ipv6::parse(question.payload).unwrap();
        assert_eq!((packet.src, packet.dst), (link_local(DLIF), own));
        let asked = neighbor_solicitation(&packet).unwrap();
        assert_eq!((asked.target, asked.source_mac), (own, Some(DLIF)));

        let answer = NeighborAdvertisement { flags: NeighborFlags::S, target: own, target_mac: None };
        let answer = frame(own, packet.src, ICMPV6, &answer.encode(own, packet.src));
        assert!(matters(&answer, AttachOn::Solicitation));
        assert_eq!(neighbors.heard(silent, &answer), Heard::default());
        assert_eq!(neighbors.silence(silent + Duration::from_secs(1)), None, "it has answered");

        let last =
            (0..4).map(|n| neighbors.silence(silent + patience + Duration::from_secs(n))).last().flatten();
        let left = Heard { event: Some(LinkEvent::Detached { mobile: MOBILE }), reply: None };
        assert_eq!(last, Some(left));
    }

    #[test]
    fn nobody_is_asked_who_has_no_dlif() {
        let mut neighbors = Neighbors::new(AttachOn::Solicitation, Some(Duration::from_secs(30)));
        neighbors.seen(NOW, MOBILE, link_local(MOBILE));
        assert_eq!(neighbors.guests(), BTreeSet::from([MOBILE]));
        assert_eq!(neighbors.silence(NOW + Duration::from_secs(30)), None);
        assert_eq!((neighbors.next_timeout(), neighbors.guests()), (None, BTreeSet::new()));
    }
}
