//! What a MAAR anchors for a mobile node, in as little memory as it takes: a CMD keeps several of it for each of a million.

use std::net::Ipv6Addr;
use std::ops::Deref;

use dmm_codec::MobilityOption;
use dmm_codec::packet::{Mac, link_local};
use ipnet::Ipv6Net;
use smallvec::SmallVec;

use crate::record::{AnchorRecord, Detail};

/// A MAAR and what it anchors for a mobile node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) maar: Ipv6Addr,
    pub(super) prefixes: Anchored,
    pub(super) details: Details,
}

/// The prefixes. Most MAARs anchor one, which takes no memory beside this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Anchored {
    One(Ipv6Net),
    Several(Box<[Ipv6Net]>),
}

impl Deref for Anchored {
    type Target = [Ipv6Net];

    fn deref(&self) -> &[Ipv6Net] {
        match self {
            Self::One(prefix) => std::slice::from_ref(prefix),
            Self::Several(prefixes) => prefixes,
        }
    }
}

impl From<Vec<Ipv6Net>> for Anchored {
    fn from(prefixes: Vec<Ipv6Net>) -> Self {
        match prefixes[..] {
            [prefix] => Self::One(prefix),
            _ => Self::Several(prefixes.into()),
        }
    }
}

/// Local Prefix and DLIF options of it, passed on as they came (RFC 8885 §3.7, R3.7.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Details {
    /// The two options of a DLIF whose link-local address is that of its MAC address, as most are.
    Dlif(Mac),
    /// As on the wire: Type, Length and what follows, one behind the other.
    Options(Box<[u8]>),
}

impl Default for Details {
    fn default() -> Self {
        Self::Options(Box::default())
    }
}

impl Details {
    pub(super) fn of<'a>(options: impl Iterator<Item = &'a MobilityOption>) -> Self {
        let options: SmallVec<[&MobilityOption; 4]> = options.collect();
        if let [MobilityOption::DlifLinkLocal(address), MobilityOption::DlifLinkLayer(link_layer)] =
            options[..]
            && let Some(mac) = link_layer.eui48()
            && *address == link_local(mac)
        {
            return Self::Dlif(mac);
        }
        let mut octets = Vec::new();
        for option in options {
            let body = option.body();
            // All that came in an option has room in one.
            let Ok(len) = u8::try_from(body.len()) else { continue };
            octets.extend([option.kind(), len]);
            octets.extend(body);
        }
        Self::Options(octets.into())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = MobilityOption> {
        let (dlif, mut rest) = match self {
            Self::Dlif(mac) => {
                let address = MobilityOption::DlifLinkLocal(link_local(*mac));
                (Some([address, MobilityOption::DlifLinkLayer((*mac).into())]), &[][..])
            }
            Self::Options(octets) => (None, &octets[..]),
        };
        let others = std::iter::from_fn(move || {
            let [kind, len, behind @ ..] = rest else { return None };
            let (body, next) = behind.split_at_checked(usize::from(*len))?;
            rest = next;
            MobilityOption::read(*kind, body).ok()
        });
        dlif.into_iter().flatten().chain(others)
    }
}

impl From<&Anchor> for AnchorRecord {
    fn from(anchor: &Anchor) -> Self {
        let details = anchor.details.iter().filter_map(|option| Detail::of(&option)).collect();
        Self { maar: anchor.maar, prefixes: anchor.prefixes.to_vec(), details }
    }
}

impl From<AnchorRecord> for Anchor {
    fn from(record: AnchorRecord) -> Self {
        let details: Vec<_> = record.details.iter().map(Detail::option).collect();
        Self { maar: record.maar, prefixes: record.prefixes.into(), details: Details::of(details.iter()) }
    }
}

#[cfg(test)]
mod tests {
    use dmm_codec::LinkLayerAddress;

    use super::*;

    #[test]
    fn what_is_kept_of_options_says_them_again() {
        let mac = [2, 0, 0x5e, 0x10, 0, 1];
        let local = |address| MobilityOption::DlifLinkLocal(address);
        let layer = |octets: &[u8]| MobilityOption::DlifLinkLayer(LinkLayerAddress::from(octets));
        let other: Ipv6Addr = "fe80::1".parse().unwrap();
        let prefix = MobilityOption::LocalPrefix("2001:db8::/64".parse().unwrap());
        let cases = [
            (vec![local(link_local(mac)), layer(&mac)], true),
            (vec![layer(&mac), local(link_local(mac))], false),
            (vec![local(other), layer(&mac)], false),
            (vec![local(link_local(mac)), layer(&[1; 8])], false),
            (vec![prefix, local(link_local(mac)), layer(&mac)], false),
            (vec![], false),
        ];
        for (options, is_short) in cases {
            let details = Details::of(options.iter());
            assert_eq!(details.iter().collect::<Vec<_>>(), options);
            assert_eq!(matches!(details, Details::Dlif(_)), is_short);
        }
    }
}
