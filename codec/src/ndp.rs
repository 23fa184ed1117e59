//! Neighbor Discovery (RFC 4861): Router Solicitation and Advertisement, Neighbor Solicitation and Advertisement, with
//! the options that a MAAR and its mobile nodes put into them (§4.6; Route Information of RFC 4191 §2.3).

use alloc::vec::Vec;
use core::net::Ipv6Addr;

use ipnet::Ipv6Net;

use crate::icmp::error::{IcmpError, IcmpErrorKind, summed, summed_body};
use crate::packet::Mac;
use crate::wire::{FieldSpec, Wire, flags, wire_struct};

/// ICMPv6 Type of Router Solicitation.
pub const ROUTER_SOLICITATION: u8 = 133;
/// ICMPv6 Type of Router Advertisement.
pub const ROUTER_ADVERTISEMENT: u8 = 134;
/// ICMPv6 Type of Neighbor Solicitation.
pub const NEIGHBOR_SOLICITATION: u8 = 135;
/// ICMPv6 Type of Neighbor Advertisement.
pub const NEIGHBOR_ADVERTISEMENT: u8 = 136;
/// Neighbor Discovery is not valid unless it comes with this hop limit (RFC 4861 §6.1, §7.1).
pub const ND_HOP_LIMIT: u8 = 255;
/// All nodes on the link.
pub const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// All routers on the link.
pub const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

const SOURCE_LINK_LAYER_ADDRESS: u8 = 1;
const TARGET_LINK_LAYER_ADDRESS: u8 = 2;
const PREFIX_INFORMATION: u8 = 3;
const MTU: u8 = 5;
const ROUTE_INFORMATION: u8 = 24;

flags! {
    /// Flags of a Router Advertisement, without its preference.
    pub struct RouterFlags(u8) {
        M = 0x80, "Managed address configuration", "RFC 4861 §4.2";
        O = 0x40, "Other configuration", "RFC 4861 §4.2";
        H = 0x20, "Home Agent", "RFC 6275 §7.1";
    }
}

flags! {
    /// Flags of a Prefix Information option.
    pub struct PrefixFlags(u8) {
        L = 0x80, "on-link", "RFC 4861 §4.6.2";
        A = 0x40, "autonomous address-configuration", "RFC 4861 §4.6.2";
    }
}

flags! {
    /// Flags of a Neighbor Advertisement.
    pub struct NeighborFlags(u32) {
        R = 0x8000_0000, "Router", "RFC 4861 §4.4";
        S = 0x4000_0000, "Solicited", "RFC 4861 §4.4";
        O = 0x2000_0000, "Override", "RFC 4861 §4.4";
    }
}

/// Which of several routers or routes is preferred (RFC 4191 §2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preference {
    /// Less than others.
    Low,
    /// As others.
    #[default]
    Medium,
    /// More than others.
    High,
}

impl Preference {
    const MASK: u8 = 0x18;

    fn bits(self) -> u8 {
        match self {
            Self::Low => 0x18,
            Self::Medium => 0x00,
            Self::High => 0x08,
        }
    }

    /// `None` for the value that is reserved.
    fn of(octet: u8) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High].into_iter().find(|it| it.bits() == octet & Self::MASK)
    }
}

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
        cur_hop_limit: u8 => Uint, "", "Cur Hop Limit";
        flags: u8 => Flags(RouterFlags::FLAGS), "", "M, O, H, Prf";
        router_lifetime: u16 => Uint, "", "Router Lifetime";
        reachable_time: u32 => Uint, "", "Reachable Time";
        retrans_timer: u32 => Uint, "", "Retrans Timer";
    }

    /// Neighbor Solicitation and Advertisement before their options.
    pub struct NeighborBody {
        icmp_type: u8 => Uint, "", "Type";
        code: u8 => Uint, "", "Code";
        checksum: u16 => Uint, "", "Checksum";
        flags: u32 => Flags(NeighborFlags::FLAGS), "", "R, S, O, Reserved";
        target: Ipv6Addr => Ipv6, "", "Target Address";
    }

    /// Prefix Information option behind Type and Length.
    pub struct PrefixInformationBody {
        prefix_length: u8 => PrefixLength, "", "Prefix Length";
        flags: u8 => Flags(PrefixFlags::FLAGS), "", "L, A";
        valid: u32 => Uint, "", "Valid Lifetime";
        preferred: u32 => Uint, "", "Preferred Lifetime";
        reserved: u32 => Reserved, "", "Reserved2";
        prefix: Ipv6Addr => Prefix, "", "Prefix";
    }

    /// Source and Target Link-Layer Address options behind Type and Length.
    pub struct LinkLayerBody {
        address: Vec<u8> => LinkLayer, "", "Link-Layer Address";
    }

    /// MTU option behind Type and Length.
    pub struct MtuBody {
        reserved: u16 => Reserved, "", "Reserved";
        mtu: u32 => Uint, "", "MTU";
    }

    /// Route Information option behind Type and Length, with the whole prefix.
    pub struct RouteInformationBody {
        prefix_length: u8 => PrefixLength, "", "Prefix Length";
        preference: u8 => Uint, "", "Prf";
        lifetime: u32 => Uint, "", "Route Lifetime";
        prefix: Ipv6Addr => Prefix, "", "Prefix";
    }
}

/// A message of Neighbor Discovery as a row, for what knows messages by their fields alone.
#[derive(Clone, Copy, Debug)]
pub struct NdMessageSpec {
    /// ICMPv6 Type.
    pub icmp_type: u8,
    /// Name in scripts.
    pub name: &'static str,
    /// Name in the RFC.
    pub title: &'static str,
    /// The fields from Type to the options.
    pub fields: &'static [FieldSpec],
    /// How many octets they have.
    pub len: usize,
}

/// Every message of Neighbor Discovery that a MAAR and its mobile nodes exchange.
pub const ND_MESSAGES: &[NdMessageSpec] = &[
    nd_message::<RsBody>(&RS, "rs"),
    nd_message::<RaBody>(&RA, "ra"),
    nd_message::<NeighborBody>(&NS, "ns"),
    nd_message::<NeighborBody>(&NA, "na"),
];

const fn nd_message<T: Wire>(kind: &Kind, name: &'static str) -> NdMessageSpec {
    NdMessageSpec { icmp_type: kind.icmp_type, name, title: kind.what, fields: T::FIELDS, len: T::LEN }
}

/// An option of Neighbor Discovery as a row.
#[derive(Clone, Copy, Debug)]
pub struct NdOptionSpec {
    /// Type octet.
    pub kind: u8,
    /// Name in scripts.
    pub name: &'static str,
    /// Name in the RFC.
    pub title: &'static str,
    /// The layout behind Type and Length.
    pub fields: &'static [FieldSpec],
    /// How many octets of it there are at least; a Route Information option leaves out what its prefix does not need.
    pub len: usize,
}

/// Every option of Neighbor Discovery that is known here.
pub const ND_OPTIONS: &[NdOptionSpec] = &[
    nd_option::<LinkLayerBody>(SOURCE_LINK_LAYER_ADDRESS, "sllao", "Source Link-Layer Address"),
    nd_option::<LinkLayerBody>(TARGET_LINK_LAYER_ADDRESS, "tllao", "Target Link-Layer Address"),
    nd_option::<PrefixInformationBody>(PREFIX_INFORMATION, "pio", "Prefix Information"),
    nd_option::<MtuBody>(MTU, "link_mtu", "MTU"),
    nd_option::<RouteInformationBody>(ROUTE_INFORMATION, "rio", "Route Information"),
];

const fn nd_option<T: Wire>(kind: u8, name: &'static str, title: &'static str) -> NdOptionSpec {
    NdOptionSpec { kind, name, title, fields: T::FIELDS, len: T::LEN }
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
    /// The hop limit that hosts should send with; 0 for none in particular.
    pub hop_limit: u8,
    /// Flags.
    pub flags: RouterFlags,
    /// Which of several default routers this is (RFC 4191 §2.2).
    pub preference: Preference,
    /// How long the sender is a default router, in seconds; 0 for never.
    pub router_lifetime: u16,
    /// How long a neighbour counts as reachable, in milliseconds; 0 for none in particular.
    pub reachable_time: u32,
    /// How long between Neighbor Solicitations, in milliseconds; 0 for none in particular.
    pub retrans_timer: u32,
    /// The sender's MAC address.
    pub source_mac: Option<Mac>,
    /// The link's MTU.
    pub mtu: Option<u32>,
    /// Prefixes of the link, or to form addresses from, as their flags say.
    pub prefixes: Vec<PrefixInformation>,
    /// More specific routes (RFC 4191).
    pub routes: Vec<RouteInformation>,
}

/// A prefix of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixInformation {
    /// The prefix.
    pub prefix: Ipv6Net,
    /// What it is for.
    pub flags: PrefixFlags,
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
    /// Which of several routes this is.
    pub preference: Preference,
    /// How long the route is valid, in seconds.
    pub lifetime: u32,
}

/// A Neighbor Solicitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighborSolicitation {
    /// Whom it asks for.
    pub target: Ipv6Addr,
    /// The sender's MAC address.
    pub source_mac: Option<Mac>,
}

/// A Neighbor Advertisement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighborAdvertisement {
    /// Flags.
    pub flags: NeighborFlags,
    /// Whom it tells of.
    pub target: Ipv6Addr,
    /// The target's MAC address.
    pub target_mac: Option<Mac>,
}

/// A message as its section checks it.
struct Kind {
    what: &'static str,
    icmp_type: u8,
    section: &'static str,
}

const RS: Kind =
    Kind { what: "Router Solicitation", icmp_type: ROUTER_SOLICITATION, section: "RFC 4861 §6.1.1" };
const RA: Kind =
    Kind { what: "Router Advertisement", icmp_type: ROUTER_ADVERTISEMENT, section: "RFC 4861 §6.1.2" };
const NS: Kind =
    Kind { what: "Neighbor Solicitation", icmp_type: NEIGHBOR_SOLICITATION, section: "RFC 4861 §7.1.1" };
const NA: Kind =
    Kind { what: "Neighbor Advertisement", icmp_type: NEIGHBOR_ADVERTISEMENT, section: "RFC 4861 §7.1.2" };

impl RouterSolicitation {
    /// Reads the ICMPv6 message as a router must (RFC 4861 §6.1.1).
    pub fn parse(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8) -> Result<Self, IcmpError> {
        let (_, options) = RS.checked::<RsBody>(octets, src, dst, hop_limit)?;
        let mut solicitation = Self::default();
        for option in options {
            let option = option?;
            if option.kind == SOURCE_LINK_LAYER_ADDRESS {
                RS.has_source(src, option.offset)?;
                solicitation.source_mac = option.body.try_into().ok();
            }
        }
        Ok(solicitation)
    }

    /// Writes the ICMPv6 message with its checksum.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let mut out = Vec::new();
        RsBody { icmp_type: ROUTER_SOLICITATION, code: 0, checksum: 0, reserved: 0 }.write(&mut out);
        write_mac(&mut out, SOURCE_LINK_LAYER_ADDRESS, self.source_mac);
        summed(out, src, dst)
    }
}

impl RouterAdvertisement {
    /// Reads the ICMPv6 message as a host must (RFC 4861 §6.1.2). Options that mean nothing are skipped.
    pub fn parse(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8) -> Result<Self, IcmpError> {
        let (body, options) = RA.checked::<RaBody>(octets, src, dst, hop_limit)?;
        if !src.is_unicast_link_local() {
            let expected = "a link-local address";
            return Err(RA.error(0, IcmpErrorKind::Address { field: "source", found: src, expected }));
        }
        let known = RouterFlags::FLAGS.iter().fold(0, |known, flag| known | flag.mask as u8);
        let mut advertisement = Self {
            hop_limit: body.cur_hop_limit,
            flags: RouterFlags(body.flags & known),
            // RFC 4191 §2.2: "If the Reserved (10) value is received, the receiver MUST treat the value as if it were
            // (00)."
            preference: Preference::of(body.flags).unwrap_or_default(),
            router_lifetime: body.router_lifetime,
            reachable_time: body.reachable_time,
            retrans_timer: body.retrans_timer,
            ..Self::default()
        };
        for option in options {
            let NdOption { kind, body, .. } = option?;
            match kind {
                SOURCE_LINK_LAYER_ADDRESS => advertisement.source_mac = body.try_into().ok(),
                PREFIX_INFORMATION => advertisement.prefixes.extend(PrefixInformation::read(body)),
                MTU => advertisement.mtu = MtuBody::read(body).map(|body| body.mtu),
                ROUTE_INFORMATION => advertisement.routes.extend(RouteInformation::read(body)),
                _ => {}
            }
        }
        Ok(advertisement)
    }

    /// Writes the ICMPv6 message with its checksum.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let mut out = Vec::new();
        let body = RaBody {
            icmp_type: ROUTER_ADVERTISEMENT,
            code: 0,
            checksum: 0,
            cur_hop_limit: self.hop_limit,
            flags: self.flags.0 & !Preference::MASK | self.preference.bits(),
            router_lifetime: self.router_lifetime,
            reachable_time: self.reachable_time,
            retrans_timer: self.retrans_timer,
        };
        body.write(&mut out);
        write_mac(&mut out, SOURCE_LINK_LAYER_ADDRESS, self.source_mac);
        if let Some(mtu) = self.mtu {
            write_option(&mut out, MTU, &MtuBody { reserved: 0, mtu });
        }
        for PrefixInformation { prefix, flags, valid, preferred } in &self.prefixes {
            let body = PrefixInformationBody {
                prefix_length: prefix.prefix_len(),
                flags: flags.0,
                valid: *valid,
                preferred: *preferred,
                reserved: 0,
                prefix: prefix.network(),
            };
            write_option(&mut out, PREFIX_INFORMATION, &body);
        }
        for RouteInformation { prefix, preference, lifetime } in &self.routes {
            let body = RouteInformationBody {
                prefix_length: prefix.prefix_len(),
                preference: preference.bits(),
                lifetime: *lifetime,
                prefix: prefix.network(),
            };
            write_option(&mut out, ROUTE_INFORMATION, &body);
        }
        summed(out, src, dst)
    }
}

impl NeighborSolicitation {
    /// Reads the ICMPv6 message as a node must (RFC 4861 §7.1.1).
    pub fn parse(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8) -> Result<Self, IcmpError> {
        let (body, options) = NS.checked::<NeighborBody>(octets, src, dst, hop_limit)?;
        NS.has_unicast_target(body.target)?;
        if src.is_unspecified() && !is_solicited_node(dst) {
            let expected = "a solicited-node multicast address, for the source is unspecified";
            return Err(NS.error(0, IcmpErrorKind::Address { field: "destination", found: dst, expected }));
        }
        let mut solicitation = Self { target: body.target, source_mac: None };
        for option in options {
            let option = option?;
            if option.kind == SOURCE_LINK_LAYER_ADDRESS {
                NS.has_source(src, option.offset)?;
                solicitation.source_mac = option.body.try_into().ok();
            }
        }
        Ok(solicitation)
    }

    /// Writes the ICMPv6 message with its checksum.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let mut out = Vec::new();
        let (icmp_type, target) = (NEIGHBOR_SOLICITATION, self.target);
        NeighborBody { icmp_type, code: 0, checksum: 0, flags: 0, target }.write(&mut out);
        write_mac(&mut out, SOURCE_LINK_LAYER_ADDRESS, self.source_mac);
        summed(out, src, dst)
    }
}

impl NeighborAdvertisement {
    /// Reads the ICMPv6 message as a node must (RFC 4861 §7.1.2).
    pub fn parse(octets: &[u8], src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8) -> Result<Self, IcmpError> {
        const FLAGS: usize = 4;
        let (body, options) = NA.checked::<NeighborBody>(octets, src, dst, hop_limit)?;
        NA.has_unicast_target(body.target)?;
        let known = NeighborFlags::FLAGS.iter().fold(0, |known, flag| known | flag.mask);
        let flags = NeighborFlags(body.flags & known);
        if dst.is_multicast() && flags.contains(NeighborFlags::S) {
            return Err(NA.error(FLAGS, IcmpErrorKind::SolicitedToMany));
        }
        let mut advertisement = Self { flags, target: body.target, target_mac: None };
        for option in options {
            let NdOption { kind, body, .. } = option?;
            if kind == TARGET_LINK_LAYER_ADDRESS {
                advertisement.target_mac = body.try_into().ok();
            }
        }
        Ok(advertisement)
    }

    /// Writes the ICMPv6 message with its checksum.
    pub fn encode(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let mut out = Vec::new();
        let (icmp_type, flags, target) = (NEIGHBOR_ADVERTISEMENT, self.flags.0, self.target);
        NeighborBody { icmp_type, code: 0, checksum: 0, flags, target }.write(&mut out);
        write_mac(&mut out, TARGET_LINK_LAYER_ADDRESS, self.target_mac);
        summed(out, src, dst)
    }
}

/// The multicast address at which an address is asked for (RFC 4291 §2.7.1).
pub fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b, c] = address.octets();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), u16::from_be_bytes([b, c]))
}

fn is_solicited_node(address: Ipv6Addr) -> bool {
    address == solicited_node(address)
}

impl PrefixInformation {
    /// Reads the octets behind Type and Length; `None` where they say no prefix.
    fn read(octets: &[u8]) -> Option<Self> {
        let body = PrefixInformationBody::read(octets)?;
        let prefix = Ipv6Net::new(body.prefix, body.prefix_length).ok()?.trunc();
        let known = PrefixFlags::L | PrefixFlags::A;
        let flags = PrefixFlags(body.flags & known.0);
        Some(Self { prefix, flags, valid: body.valid, preferred: body.preferred })
    }
}

impl RouteInformation {
    /// Reads the octets behind Type and Length; `None` for what RFC 4191 §2.3 says to ignore.
    fn read(octets: &[u8]) -> Option<Self> {
        // "The Prefix field is 0, 8, or 16 octets depending on Length": what the prefix does not need is left out.
        let mut whole = octets.to_vec();
        whole.resize(RouteInformationBody::LEN.max(octets.len()), 0);
        let body = RouteInformationBody::read(&whole)?;
        let prefix = Ipv6Net::new(body.prefix, body.prefix_length).ok()?.trunc();
        let missing = whole.len() - octets.len();
        let fits = usize::from(body.prefix_length) <= 128 - 8 * missing;
        let preference = Preference::of(body.preference)?;
        fits.then_some(Self { prefix, preference, lifetime: body.lifetime })
    }
}

impl Kind {
    fn error(&self, offset: usize, kind: IcmpErrorKind) -> IcmpError {
        IcmpError { what: self.what, offset, kind, section: self.section }
    }

    /// What all of the four sections check: type, length, checksum, hop limit, code.
    fn checked<'a, T: Wire>(
        &self,
        octets: &'a [u8],
        src: Ipv6Addr,
        dst: Ipv6Addr,
        hop_limit: u8,
    ) -> Result<(T, NdOptions<'a>), IcmpError> {
        if let Some(other) = octets.first().filter(|found| **found != self.icmp_type) {
            return Err(self.error(0, IcmpErrorKind::Type(*other)));
        }
        let (body, options) = summed_body(octets, src, dst, self.what, self.section)?;
        if hop_limit != ND_HOP_LIMIT {
            return Err(self.error(0, IcmpErrorKind::HopLimit(hop_limit)));
        }
        if octets[1] != 0 {
            return Err(self.error(1, IcmpErrorKind::Code(octets[1])));
        }
        let (what, section) = (self.what, self.section);
        Ok((body, NdOptions { octets: options, offset: T::LEN, what, section }))
    }

    /// An unspecified source has no link-layer address to give.
    fn has_source(&self, src: Ipv6Addr, offset: usize) -> Result<(), IcmpError> {
        if src.is_unspecified() {
            return Err(self.error(offset, IcmpErrorKind::LinkLayerOfNobody));
        }
        Ok(())
    }

    fn has_unicast_target(&self, target: Ipv6Addr) -> Result<(), IcmpError> {
        const TARGET: usize = 8;
        let (field, expected) = ("target", "no multicast address");
        if target.is_multicast() {
            return Err(self.error(TARGET, IcmpErrorKind::Address { field, found: target, expected }));
        }
        Ok(())
    }
}

fn write_mac(out: &mut Vec<u8>, kind: u8, mac: Option<Mac>) {
    if let Some(mac) = mac {
        out.extend_from_slice(&[kind, 1]);
        out.extend_from_slice(&mac);
    }
}

fn write_option(out: &mut Vec<u8>, kind: u8, body: &impl Wire) {
    let start = out.len();
    out.extend_from_slice(&[kind, 0]);
    body.write(out);
    out[start + 1] = ((out.len() - start) / 8) as u8;
}

/// The options of a message as they stand, from Type on; ends at the first that is cut short.
pub fn options<'a>(spec: &NdMessageSpec, octets: &'a [u8]) -> impl Iterator<Item = NdOption<'a>> + use<'a> {
    let behind = octets.get(spec.len..).unwrap_or_default();
    let options = NdOptions { octets: behind, offset: spec.len, what: spec.title, section: "RFC 4861 §4.6" };
    options.map_while(Result::ok)
}

/// One option: its octets behind Type and Length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NdOption<'a> {
    /// Type octet.
    pub kind: u8,
    /// Where it starts in the message.
    pub offset: usize,
    /// The octets behind its Length.
    pub body: &'a [u8],
}

/// The options of a message; an error, and the end, at the first that is cut short or has the Length 0, which makes the
/// whole message invalid (RFC 4861 §6.1, §7.1).
struct NdOptions<'a> {
    octets: &'a [u8],
    offset: usize,
    what: &'static str,
    section: &'static str,
}

impl<'a> Iterator for NdOptions<'a> {
    type Item = Result<NdOption<'a>, IcmpError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (octets, offset) = (core::mem::take(&mut self.octets), self.offset);
        let kind = *octets.first()?;
        let expected = octets.get(1).map_or(2, |units| usize::from(*units) * 8);
        let wrong = match expected {
            0 => IcmpErrorKind::EmptyOption,
            _ => IcmpErrorKind::TooShort { found: octets.len(), expected },
        };
        let (what, section) = (self.what, self.section);
        let Some((option, rest)) = octets.split_at_checked(expected).filter(|_| expected >= 8) else {
            return Some(Err(IcmpError { what, offset, kind: wrong, section }));
        };
        (self.octets, self.offset) = (rest, offset + expected);
        Some(Ok(NdOption { kind, offset, body: &option[2..] }))
    }
}
