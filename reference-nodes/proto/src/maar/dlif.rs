//! The identity of a distributed logical interface, and what it advertises (RFC 8885 §3.7): each is of one mobile node, with a MAC
//! address that is not the hardware's (R3.7.4).

use std::net::Ipv6Addr;

use dmm_codec::ndp::{
    ALL_NODES, Preference, PrefixFlags, PrefixInformation, RouteInformation, RouterAdvertisement,
};
use dmm_codec::packet::HOP_LIMIT;
use dmm_codec::packet::{Mac, link_local};
use dmm_codec::{LinkLayerAddress, MnIdentifier, MobilityOption};
use ipnet::Ipv6Net;

use crate::Advertise;

/// The addresses of a DLIF: "specific MAC and IPv6 addresses" that "'follow' the MN while roaming" (R3.7.2, R3.7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DlifAddresses {
    /// Link-local address.
    pub link_local: Ipv6Addr,
    /// MAC address.
    pub mac: Mac,
}

impl DlifAddresses {
    /// Where an S-MAAR is not told them, it can do so likewise (R3.7.12). The addresses that a MAAR gives its own DLIF for a mobile node. They follow from the two identities alone, so
    /// that a MAAR that lost its state comes to the same ones.
    pub fn derive(mn: &MnIdentifier, maar: Ipv6Addr) -> Self {
        // FNV-1a: well spread, stable for ever, and no secret is at stake.
        let octets = mn.identifier.iter().copied().chain(maar.octets());
        let hash = octets.fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut mac = [0; 6];
        mac.copy_from_slice(&hash.to_be_bytes()[..6]);
        // Locally administered, unicast.
        mac[0] = 0x02;
        Self { link_local: link_local(mac), mac }
    }

    /// The options that convey them to an S-MAAR (RFC 8885 §4.7, §4.8; R4.7.4), which configures its DLIF so (R4.7.5, R4.8.7). A DLIF
    /// has a MAC address always; one without could not send the second (R4.8.6).
    pub fn options(self) -> [MobilityOption; 2] {
        [
            MobilityOption::DlifLinkLocal(self.link_local),
            MobilityOption::DlifLinkLayer(LinkLayerAddress::from(self.mac)),
        ]
    }
}

/// What one DLIF stands for: an anchor, the mobile node's prefixes there, and the networks behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) maar: Ipv6Addr,
    pub(crate) prefixes: Vec<Ipv6Net>,
    pub(crate) local_prefixes: Vec<Ipv6Net>,
    pub(crate) dlif: DlifAddresses,
}

impl Anchor {
    /// A MAAR as anchor of nothing yet.
    pub(crate) fn of(mn: &MnIdentifier, maar: Ipv6Addr) -> Self {
        // Until options 69 and 70 say otherwise: each MAAR derives its own the same way (stance A14).
        let dlif = DlifAddresses::derive(mn, maar);
        Self { maar, prefixes: Vec::new(), local_prefixes: Vec::new(), dlif }
    }

    /// Takes in what an option says about it.
    fn add(&mut self, option: &MobilityOption) {
        match option {
            MobilityOption::LocalPrefix(prefix) => self.local_prefixes.push(*prefix),
            // R4.7.3: only a link-local address can be a DLIF's.
            MobilityOption::DlifLinkLocal(address) if address.is_unicast_link_local() => {
                self.dlif.link_local = *address;
            }
            MobilityOption::DlifLinkLayer(address) => {
                self.dlif.mac = address.eui48().unwrap_or(self.dlif.mac);
            }
            _ => {}
        }
    }

    /// The advertisement of this DLIF. R3.7.7: for an anchor that is not the serving one "a zero preferred prefix
    /// lifetime (and a non-zero valid prefix lifetime...)", in seconds. The networks that only an anchor
    /// reaches (R4.4.8, R4.4.10) are routes through its DLIF alone (R3.7.14).
    pub(crate) fn advertise(
        &self,
        mobile: Mac,
        mn_address: Ipv6Addr,
        is_serving: bool,
        valid: u32,
    ) -> Advertise {
        let preferred = if is_serving { valid / 2 } else { 0 };
        let flags = PrefixFlags::L | PrefixFlags::A;
        let information = |&prefix| PrefixInformation { prefix, flags, valid, preferred };
        let route = |&prefix| RouteInformation { prefix, preference: Preference::default(), lifetime: valid };
        Advertise {
            src_mac: self.dlif.mac,
            src: self.dlif.link_local,
            dst_mac: mobile,
            dst: if mn_address.is_unspecified() { ALL_NODES } else { mn_address },
            advertisement: RouterAdvertisement {
                hop_limit: HOP_LIMIT,
                // Above zero for every DLIF, else the mobile node could not send through it (stance A30). At most
                // 9000 s (RFC 4861 §6.2.1).
                router_lifetime: valid.min(9000) as u16,
                source_mac: Some(self.dlif.mac),
                prefixes: self.prefixes.iter().map(information).collect(),
                routes: self.local_prefixes.iter().map(route).collect(),
                ..RouterAdvertisement::default()
            },
        }
    }
}

/// Reads the anchors out of a CMD's PBA: each Previous MAAR option names one, or one more prefix of it, and the
/// options behind it belong to it (stances A15, A17). Options before the first belong to no anchor that could be told.
pub(super) fn anchors_in(mn: &MnIdentifier, options: &[MobilityOption]) -> Vec<Anchor> {
    let mut anchors: Vec<Anchor> = Vec::new();
    // The anchor that the options behind a Previous MAAR belong to.
    let mut current: Option<usize> = None;
    for option in options {
        if let MobilityOption::PreviousMaar(previous) = option {
            let known = anchors.iter().position(|anchor| anchor.maar == previous.address);
            let index = known.unwrap_or_else(|| {
                anchors.push(Anchor::of(mn, previous.address));
                anchors.len() - 1
            });
            anchors[index].prefixes.push(previous.prefix);
            current = Some(index);
        }
        if let Some(index) = current {
            anchors[index].add(option);
        }
    }
    anchors
}

/// Reads the anchor out of a P-MAAR's own PBA: "the prefix is embedded in the Home Network Prefix (HNP) option and the
/// P-MAAR's address is taken from the message's source address" (RFC 8885 §3.3, R3.3.3).
pub(super) fn anchor_itself(mn: &MnIdentifier, maar: Ipv6Addr, options: &[MobilityOption]) -> Anchor {
    let mut anchor = Anchor::of(mn, maar);
    for option in options {
        match option {
            MobilityOption::HomeNetworkPrefix(prefix) => anchor.prefixes.push(*prefix),
            option => anchor.add(option),
        }
    }
    anchor
}

#[cfg(test)]
mod tests {
    use dmm_codec::PreviousMaar;

    use super::*;

    #[test]
    fn options_behind_a_previous_maar_belong_to_it() {
        let mn = MnIdentifier::nai("mn1@example.org");
        let previous = |n: u16| {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, n);
            let prefix = Ipv6Net::new(Ipv6Addr::new(0x2001, 0xdb8, n, 0, 0, 0, 0, 0), 64).unwrap();
            MobilityOption::PreviousMaar(PreviousMaar { address, prefix })
        };
        let local: Ipv6Net = "2001:db8:f::/48".parse().unwrap();
        let given = DlifAddresses { link_local: "fe80::77".parse().unwrap(), mac: [2, 0, 0, 0, 0, 0x77] };
        let [ll, lla] = given.options();
        let anchors = anchors_in(
            &mn,
            &[
                MobilityOption::LocalPrefix(local),
                previous(1),
                previous(2),
                MobilityOption::LocalPrefix(local),
                ll,
                lla,
            ],
        );
        let [first, second] = &anchors[..] else { panic!("two anchors") };
        assert_eq!(first.dlif, DlifAddresses::derive(&mn, first.maar));
        assert_eq!(first.local_prefixes, []);
        assert_eq!(second.dlif, given);
        assert_eq!(second.local_prefixes, [local]);
    }
}
