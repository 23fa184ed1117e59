//! Values as an operator writes them: text that is one thing or an error, with units where there are any.

use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::packet::Mac;
use dmm_codec::wire::Name;
use dmm_codec::{AccessTechnology, Lifetime, MnIdentifier, Status};
use dmm_proto::cmd::Service;
use dmm_proto::plan::{Answer, Names};
use dmm_proto::stances::{AdvertiseTo, AnchoredPrefix, ForwardedPrefix};
use dmm_proto::updates::UpdateLimit;
use dmm_proto::{Deregistration, Plan};
use ipnet::Ipv6Net;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_saphyr::Spanned;

use super::{AttachOn, Forwarding, Role};

/// A value that is written as text.
pub(super) trait Setting: Sized {
    /// Reads it, or says what it is not.
    fn parse(text: &str) -> Result<Self, String>;
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<T>(pub(super) T);

/// A setting, and where it stands, for what is wrong with it only beside others.
pub(super) type At<T> = Spanned<Text<T>>;

impl<'de, T: Setting> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::parse(&text).map(Self).map_err(D::Error::custom)
    }
}

/// What was most likely meant, if anything is near.
pub(super) fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let rated = names.into_iter().map(|name| (strsim::jaro_winkler(text, name), name));
    let best = rated.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > 0.8).then_some(best.1)
}

/// One of several names.
fn one_of<T: Copy>(text: &str, names: &[(&str, T)]) -> Result<T, String> {
    if let Some((_, value)) = names.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let all: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    Err(format!("`{text}` is none of: {}", all.join(", ")))
}

/// A number of a registry, or the name that it has there.
fn number(text: &str, names: &[Name]) -> Result<u8, String> {
    let names: Vec<(&str, u32)> = names.iter().map(|name| (name.name, name.value)).collect();
    text.parse().or_else(|_| one_of(text, &names).map(|value| value as u8))
}

/// The address of a node: global unicast, since PBU and PBA travel between routers.
impl Setting for Ipv6Addr {
    fn parse(text: &str) -> Result<Self, String> {
        let address: Self = text.parse().map_err(|_| format!("`{text}` is not an IPv6 address"))?;
        let no_node = address.is_unspecified()
            || address.is_loopback()
            || address.is_multicast()
            || address.is_unicast_link_local();
        if no_node {
            return Err(format!("`{text}` is not a global unicast address"));
        }
        Ok(address)
    }
}

impl Setting for Ipv6Net {
    fn parse(text: &str) -> Result<Self, String> {
        let prefix: Self =
            text.parse().map_err(|_| format!("`{text}` is not an IPv6 prefix such as 2001:db8:a001::/48"))?;
        if prefix.trunc() != prefix {
            return Err(format!("`{text}` has bits behind its length; {} is meant", prefix.trunc()));
        }
        Ok(prefix)
    }
}

/// A pool of /64 prefixes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool(pub(super) Ipv6Net);

impl Setting for Pool {
    fn parse(text: &str) -> Result<Self, String> {
        let prefix = Ipv6Net::parse(text)?;
        if prefix.prefix_len() > 64 {
            return Err(format!("`{text}` has no /64 in it, and each mobile node gets one"));
        }
        Ok(Self(prefix))
    }
}

impl Setting for Duration {
    fn parse(text: &str) -> Result<Self, String> {
        let duration = humantime::parse_duration(text)
            .map_err(|_| format!("`{text}` is not a time with its unit, such as 800ms, 5min or 1h"))?;
        if duration.is_zero() {
            return Err(format!("`{text}` is no time at all"));
        }
        Ok(duration)
    }
}

/// After how long a silence a mobile node is asked, if ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeAfter(pub(super) Option<Duration>);

impl Setting for ProbeAfter {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(None));
        }
        Duration::parse(text).map(Some).map(Self).map_err(|what| format!("{what}, nor `never`"))
    }
}

impl Setting for Lifetime {
    fn parse(text: &str) -> Result<Self, String> {
        let duration = Duration::parse(text)?;
        let lifetime = Self::within(duration);
        if lifetime.duration() != duration {
            let longest = Self(u16::MAX).duration().as_secs();
            return Err(format!(
                "`{text}`: lifetimes are whole multiples of 4 s up to {longest} s (RFC 6275 §6.1.7)"
            ));
        }
        Ok(lifetime)
    }
}

/// A MAC address of one node.
#[derive(Clone, Copy, Debug)]
pub(super) struct MacAddress(pub(super) Mac);

/// Reads a MAC address as people write it.
pub fn mac(text: &str) -> Option<Mac> {
    let mut mac = [0; 6];
    let mut parts = text.split(':');
    for octet in &mut mac {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *octet = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(mac)
}

impl Setting for MacAddress {
    fn parse(text: &str) -> Result<Self, String> {
        let mac =
            mac(text).ok_or_else(|| format!("`{text}` is not a MAC address such as 02:00:5e:10:00:01"))?;
        if mac[0] & 1 == 1 {
            return Err(format!("`{text}` is the MAC address of a group, not of one mobile node"));
        }
        Ok(Self(mac))
    }
}

impl Setting for MnIdentifier {
    fn parse(text: &str) -> Result<Self, String> {
        // The longest that an option of 255 octets has room for, beside its subtype.
        if text.is_empty() || text.len() > 254 {
            return Err("an identifier of a mobile node has 1 to 254 octets".to_owned());
        }
        Ok(Self::nai(text))
    }
}

impl Setting for AccessTechnology {
    fn parse(text: &str) -> Result<Self, String> {
        number(text, Self::NAMES).map(Self)
    }
}

/// A rejection.
impl Setting for Status {
    fn parse(text: &str) -> Result<Self, String> {
        let status = Self(number(text, Self::NAMES)?);
        if status.is_accepted() {
            return Err(format!("{} accepts: a rejection is 128 or above", status.0));
        }
        Ok(status)
    }
}

impl Setting for Role {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &Self::ALL.map(|role| (role.name(), role)))
    }
}

impl Setting for Plan {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &Self::ALL.map(|plan| (plan.name, plan)))
    }
}

impl Setting for Answer {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &[("yes", Self::Yes), ("no", Self::No), ("unless_told", Self::UnlessTold)])
    }
}

impl Setting for Names {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &[("answered", Self::Answered), ("all", Self::All)])
    }
}

impl Setting for Deregistration {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &[("s_maar_only", Self::SMaarOnly), ("p_maars_too", Self::PMaarsToo)])
    }
}

impl Setting for UpdateLimit {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &[("mobile_node", Self::PerMobileNode), ("node", Self::PerNode)])
    }
}

impl Setting for ForwardedPrefix {
    fn parse(text: &str) -> Result<Self, String> {
        let known = [("anchored", Self::Anchored), ("serving", Self::Serving), ("all_zero", Self::AllZero)];
        one_of(text, &known)
    }
}

impl Setting for AnchoredPrefix {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &[("pba", Self::Pba), ("pbu_and_pba", Self::PbuAndPba), ("never", Self::Never)])
    }
}

impl Setting for AdvertiseTo {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &[("unicast", Self::Unicast), ("all_nodes", Self::AllNodes)])
    }
}

impl Setting for Service {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &[("enabled", Self::Enabled), ("disabled", Self::Disabled)])
    }
}

impl Setting for Forwarding {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(text, &[("none", Self::None)])
    }
}

impl Setting for AttachOn {
    fn parse(text: &str) -> Result<Self, String> {
        one_of(
            text,
            &[("solicitation", Self::Solicitation), ("any_frame", Self::AnyFrame), ("admin", Self::Admin)],
        )
    }
}
