//! What a MAAR anchors for a mobile node, in as little memory as it takes: a CMD keeps several of it for each of a million.

use std::net::Ipv6Addr;
use std::ops::Deref;

use dmm_codec::MobilityOption;
use ipnet::Ipv6Net;

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

/// Local Prefix and DLIF options of it, passed on as they came (RFC 8885 §3.7, R3.7.11): kept as on the wire, Type, Length and what
/// follows, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Details(Box<[u8]>);

impl Details {
    pub(super) fn of<'a>(options: impl Iterator<Item = &'a MobilityOption>) -> Self {
        let mut octets = Vec::new();
        for option in options {
            let body = option.body();
            // All that came in an option has room in one.
            let Ok(len) = u8::try_from(body.len()) else { continue };
            octets.extend([option.kind(), len]);
            octets.extend(body);
        }
        Self(octets.into())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = MobilityOption> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let [kind, len, behind @ ..] = rest else { return None };
            let (body, next) = behind.split_at_checked(usize::from(*len))?;
            rest = next;
            MobilityOption::read(*kind, body).ok()
        })
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
