//! The Neighbor Discovery messages of an access link: Router Solicitation, Router Advertisement and the options that
//! a MAAR puts into them (RFC 4861 §4.1, §4.2, §4.6; Route Information of RFC 4191 §2.3).

use alloc::vec::Vec;
use core::net::Ipv6Addr;

use ipnet::Ipv6Net;

use crate::checksum::checksum;
use crate::packet::{ICMPV6, Mac};
use crate::wire::{Wire, wire_struct};

/// ICMPv6 Type of Router Solicitation.
pub const ROUTER_SOLICITATION: u8 = 133;
/// ICMPv6 Type of Router Advertisement.
pub const ROUTER_ADVERTISEMENT: u8 = 134;
/// Neighbor Discovery is not valid unless it comes with this hop limit (RFC 4861 §6.1).
pub const ND_HOP_LIMIT: u8 = 255;
/// All nodes on the link.
pub const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// All routers on the link.
pub const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

const SOURCE_LINK_LAYER_ADDRESS: u8 = 1;
const PREFIX_INFORMATION: u8 = 3;
const ROUTE_INFORMATION: u8 = 24;
const ON_LINK_AND_AUTONOMOUS: u8 = 0xc0;
const AUTONOMOUS: u8 = 0x40;
const PREFERENCE: u8 = 0x18;
const PREFERENCE_RESERVED: u8 = 0x10;

wire_struct! {
    /// Router Solicitation before its options.
    pub struct RsBody {
        icmp_type: u8 => Uint, "", "Type";
        code: u8 => Uint, "", "Code";
        checksum: u16 => Uint, "", "Checksum";
        reserved: u32 => Reserved, "", "Reserved";
    }

    /// Router Advertisement before its options.
    pub struct RaBody {
        icmp_type: u8 => Uint, "", "Type";
        code: u8 => Uint, "", "Code";
        checksum: u16 => Uint, "", "Checksum";
        hop_limit: u8 => Uint, "", "Cur Hop Limit";
        flags: u8 => Uint, "", "Flags";
        router_lifetime: u16 => Uint, "", "Router Lifetime";
        reachable_time: u32 => Uint, "", "Reachable Time";
        retrans_timer: u32 => Uint, "", "Retrans Timer";
    }

    /// Prefix Information option behind Type and Length.
    pub struct PrefixInformationBody {
        prefix_length: u8 => PrefixLength, "", "Prefix Length";
        flags: u8 => Uint, "", "L, A";
        valid: u32 => Uint, "", "Valid Lifetime";
        preferred: u32 => Uint, "", "Preferred Lifetime";
        reserved: u32 => Reserved, "", "Reserved2";
        prefix: Ipv6Addr => Prefix, "", "Prefix";
    }

    /// Route Information option behind Type and Length, with the whole prefix.
    pub struct RouteInformationBody {
        prefix_length: u8 => PrefixLength, "", "Prefix Length";
        preference: u8 => Uint, "", "Prf";
        lifetime: u32 => Uint, "", "Route Lifetime";
        prefix: Ipv6Addr => Prefix, "", "Prefix";
    }
}

/// A Router Solicitation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouterSolicitation {
    /// The sender's MAC address.
    pub source_mac: Option<Mac>,
}

/// A Router Advertisement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouterAdvertisement {
    /// How long the sender is a default router, in seconds; 0 for never.
    pub router_lifetime: u16,
    /// The sender's MAC address.
    pub source_mac: Option<Mac>,
    /// Prefixes to form addresses from.
    pub prefixes: Vec<PrefixInformation>,
    /// More specific routes (RFC 4191).
    pub routes: Vec<RouteInformation>,
}

/// A prefix to form addresses from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixInformation {
    /// The prefix.
    pub prefix: Ipv6Net,
    /// How long addresses from it are valid, in seconds.
    pub valid: u32,
    /// How long they may start new communication, in seconds; 0 deprecates them at once (RFC 8885 §3.7).
    pub preferred: u32,
}

/// A prefix that is reached through the sender (RFC 4191).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteInformation {
    /// The prefix.
    pub prefix: Ipv6Net,
    /// How long the route is valid, in seconds.
    pub lifetime: u32,
}

impl RouterSolicitation {
    /// Reads the ICMPv6 message; `None` for any other message, or one that is not valid (RFC 4861 §6.1.1), but for
    /// the hop limit, which the caller knows and compares with [`ND_HOP_LIMIT`].
    pub fn parse(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Option<Self> {
        let (body, options) = split::<RsBody>(octets, src, dst)?;
        let mut solicitation = Self::default();
        for option in NdOptions(options) {
            let (kind, body) = option?;
            if kind == SOURCE_LINK_LAYER_ADDRESS {
                // RFC 4861 §6.1.1: an unspecified source has no link-layer address to give.
                if src.is_unspecified() {
                    return None;
                }
                solicitation.source_mac = body.try_into().ok();
            }
        }
        (body.icmp_type == ROUTER_SOLICITATION && body.code == 0).then_some(solicitation)
    }

    /// Writes the ICMPv6 message with its checksum.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let mut out = Vec::new();
        RsBody { icmp_type: ROUTER_SOLICITATION, code: 0, checksum: 0, reserved: 0 }.write(&mut out);
        write_source_mac(&mut out, self.source_mac);
        summed(out, src, dst)
    }
}

impl RouterAdvertisement {
    /// Reads the ICMPv6 message; `None` for any other message, or one that is not valid (RFC 4861 §6.1.2), but for
    /// the hop limit, which the caller knows and compares with [`ND_HOP_LIMIT`].
    pub fn parse(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Option<Self> {
        let (body, options) = split::<RaBody>(octets, src, dst)?;
        if !src.is_unicast_link_local() {
            return None;
        }
        let mut advertisement = Self { router_lifetime: body.router_lifetime, ..Self::default() };
        for option in NdOptions(options) {
            let (kind, body) = option?;
            match kind {
                SOURCE_LINK_LAYER_ADDRESS => advertisement.source_mac = body.try_into().ok(),
                PREFIX_INFORMATION => {
                    let Ok(body) = PrefixInformationBody::read(body) else { continue };
                    let Ok(prefix) = Ipv6Net::new(body.prefix, body.prefix_length) else { continue };
                    if body.flags & AUTONOMOUS != 0 {
                        let PrefixInformationBody { valid, preferred, .. } = body;
                        advertisement.prefixes.push(PrefixInformation {
                            prefix: prefix.trunc(),
                            valid,
                            preferred,
                        });
                    }
                }
                ROUTE_INFORMATION => {
                    advertisement.routes.extend(RouteInformation::read(body));
                }
                _ => {}
            }
        }
        (body.icmp_type == ROUTER_ADVERTISEMENT && body.code == 0).then_some(advertisement)
    }

    /// Writes the ICMPv6 message with its checksum.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let mut out = Vec::new();
        let body = RaBody {
            icmp_type: ROUTER_ADVERTISEMENT,
            code: 0,
            checksum: 0,
            hop_limit: crate::packet::HOP_LIMIT,
            flags: 0,
            router_lifetime: self.router_lifetime,
            reachable_time: 0,
            retrans_timer: 0,
        };
        body.write(&mut out);
        write_source_mac(&mut out, self.source_mac);
        for PrefixInformation { prefix, valid, preferred } in &self.prefixes {
            let body = PrefixInformationBody {
                prefix_length: prefix.prefix_len(),
                flags: ON_LINK_AND_AUTONOMOUS,
                valid: *valid,
                preferred: *preferred,
                reserved: 0,
                prefix: prefix.network(),
            };
            write_option(&mut out, PREFIX_INFORMATION, &body);
        }
        for RouteInformation { prefix, lifetime } in &self.routes {
            let body = RouteInformationBody {
                prefix_length: prefix.prefix_len(),
                preference: 0,
                lifetime: *lifetime,
                prefix: prefix.network(),
            };
            write_option(&mut out, ROUTE_INFORMATION, &body);
        }
        summed(out, src, dst)
    }
}

impl RouteInformation {
    /// Reads the octets behind Type and Length; `None` for what RFC 4191 §2.3 says to ignore.
    fn read(octets: &[u8]) -> Option<Self> {
        // "The Prefix field is 0, 8, or 16 octets depending on Length": what the prefix does not need is left out.
        let mut whole = octets.to_vec();
        whole.resize(RouteInformationBody::LEN.max(octets.len()), 0);
        let body = RouteInformationBody::read(&whole).ok()?;
        let prefix = Ipv6Net::new(body.prefix, body.prefix_length).ok()?.trunc();
        let missing = whole.len() - octets.len();
        let fits = usize::from(body.prefix_length) <= 128 - 8 * missing;
        let reserved = body.preference & PREFERENCE == PREFERENCE_RESERVED;
        (fits && !reserved).then_some(Self { prefix, lifetime: body.lifetime })
    }
}

fn split<T: Wire>(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr) -> Option<(T, &[u8])> {
    let (body, options) = octets.split_at_checked(T::LEN)?;
    let good = checksum(src, dst, ICMPV6, octets) == 0;
    good.then(|| T::read(body).ok()).flatten().map(|body| (body, options))
}

fn summed(mut octets: Vec<u8>, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let sum = checksum(src, dst, ICMPV6, &octets);
    octets[2..4].copy_from_slice(&sum.to_be_bytes());
    octets
}

fn write_source_mac(out: &mut Vec<u8>, mac: Option<Mac>) {
    if let Some(mac) = mac {
        out.extend_from_slice(&[SOURCE_LINK_LAYER_ADDRESS, 1]);
        out.extend_from_slice(&mac);
    }
}

fn write_option(out: &mut Vec<u8>, kind: u8, body: &impl Wire) {
    let start = out.len();
    out.extend_from_slice(&[kind, 0]);
    body.write(out);
    out[start + 1] = ((out.len() - start) / 8) as u8;
}

/// Type and octets behind Type and Length of each option; `None`, and the end, at the first that is cut short or has
/// the Length 0, which makes the whole message invalid (RFC 4861 §6.1.1, §6.1.2).
struct NdOptions<'a>(&'a [u8]);

impl<'a> Iterator for NdOptions<'a> {
    type Item = Option<(u8, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        let octets = core::mem::take(&mut self.0);
        if octets.is_empty() {
            return None;
        }
        let units = octets.get(1).copied().map_or(0, usize::from);
        Some(octets.split_at_checked(units * 8).and_then(|(option, rest)| {
            self.0 = rest;
            Some((*option.first()?, option.get(2..)?))
        }))
    }
}
