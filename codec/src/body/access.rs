//! Sub-options about access networks: what a MAG tells of one (RFC 6757 §3.1, RFC 7563 §3) and what an LMA wants of a
//! MAG (RFC 8127 §3.1).

use alloc::vec::Vec;

use crate::body::meanings;
use crate::error::ErrorKind;
use crate::value;
use crate::wire::{Value, Width, chunk, flags, registry, value_struct, wire_struct};

registry! {
    /// What an operator is identified by (RFC 6757 §3.1.3).
    pub struct OperatorSubtype(u8) {
        1 => PEN, "pen", "Private Enterprise Number", "RFC 6757";
        2 => REALM, "realm", "Realm of the operator", "RFC 6757";
    }
}

registry! {
    /// How a civic location is encoded (RFC 7563 §3.1).
    pub struct CivicFormat(u8) {
        0 => BINARY, "binary", "Binary Encoding", "RFC 7563";
    }
}

flags! {
    /// Flags of the Network-Identifier.
    pub struct NetworkFlags(u8) {
        E = 0x80, "Network Name in UTF-8", "RFC 6757 §3.1.1";
    }
}

/// The names of an access network and of an access point in it (RFC 6757 §3.1.1). "The value can be in the range of 5
/// to 32 octets", which neither the shortest nor the longest names keep, is not asked of its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkIdentifier {
    flags: NetworkFlags,
    network: Vec<u8>,
    access_point: Vec<u8>,
}

impl NetworkIdentifier {
    /// These names; none for a network without a name: its length "MUST NOT be set to zero".
    pub fn new(flags: NetworkFlags, network: &[u8], access_point: &[u8]) -> Option<Self> {
        let (network, access_point) = (network.to_vec(), access_point.to_vec());
        (!network.is_empty()).then_some(Self { flags, network, access_point })
    }

    /// How the network's name is encoded.
    pub fn flags(&self) -> NetworkFlags {
        self.flags
    }

    /// The network's name: an SSID, or the identifier of a PLMN.
    pub fn network(&self) -> &[u8] {
        &self.network
    }

    /// The access point's name; empty where it is not told.
    pub fn access_point(&self) -> &[u8] {
        &self.access_point
    }

    /// The names in their octets: a length before each, and nothing behind them.
    fn from_names(flags: NetworkFlags, names: &[u8]) -> Option<Self> {
        let (len, rest) = names.split_first()?;
        let (network, rest) = rest.split_at_checked((*len).into())?;
        let (len, access_point) = rest.split_first()?;
        (access_point.len() == usize::from(*len)).then(|| Self::new(flags, network, access_point)).flatten()
    }
}

/// Degrees of latitude or longitude: "a 24-bit […] two's complement, fixed point number with 9 whole bits"
/// (RFC 6757 §3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Degrees([u8; 3]);

impl Degrees {
    /// From the number on the wire, of which the last 24 bits count.
    pub fn from_bits(bits: u32) -> Self {
        let [_, a, b, c] = bits.to_be_bytes();
        Self([a, b, c])
    }

    /// As a number; north and east are positive.
    pub fn degrees(self) -> f64 {
        const ONE: f64 = 32768.0; // 15 bits behind the point
        let [a, b, c] = self.0;
        // The sign is the first of the 24 bits.
        f64::from(i32::from_be_bytes([a, b, c, 0]) >> 8) / ONE
    }
}

impl Value for Degrees {
    const WIDTH: Width = Width::Fixed(3);
    fn take(octets: &mut &[u8]) -> Option<Self> {
        chunk(octets).map(Self)
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

wire_struct! {
    /// Network-Identifier.
    pub struct NetworkIdentifierBody {
        flags: NetworkFlags => Flags(NetworkFlags::FLAGS), ".flags", "Flags";
        names: Vec<u8> => Octets, "", "Net-Name Len, Network Name, AP-Name Len, Access-Point Name";
    }
}

value_struct! {
    /// Where an access network is, in the World Geodetic System 1984 (RFC 6757 §3.1.2).
    value GeoLocation in GeoLocationBody {
        latitude: Degrees => Uint, ".latitude", "Latitude Degrees";
        longitude: Degrees => Uint, ".longitude", "Longitude Degrees";
    }

    /// Who operates an access network (RFC 6757 §3.1.3).
    value OperatorIdentifier in OperatorIdentifierBody {
        subtype: OperatorSubtype => Named(OperatorSubtype::NAMES), ".subtype", "Op-ID Type";
        identifier: Vec<u8> => Identifier, "", "Operator-Identifier";
    }

    /// Where an access network is, as an address in a town (RFC 7563 §3.1).
    value CivicLocation in CivicLocationBody {
        format: CivicFormat => Named(CivicFormat::NAMES), ".format", "Format";
        reserved: u8 => Reserved, ".reserved", "Reserved";
        location: Vec<u8> => Octets, "", "civic location";
    }

    /// The group of a MAG (RFC 7563 §3.2): of two octets, as the figure and the length say, where the text says three.
    value MagGroup in MagGroupBody {
        group: u16 => Uint, "", "group identifier";
    }

    /// How often changes are told, in units of 4 seconds; zero for at once (RFC 7563 §3.3).
    value UpdateTimer in UpdateTimerBody {
        interval: value::Lifetime => Lifetime, "", "Update-Timer";
    }

    /// When a MAG registers again (RFC 8127 §3.1.1). The first time counts units of 4 seconds, the others seconds.
    value Reregistration in ReregistrationBody {
        start: value::Lifetime => Lifetime, ".start", "Re-registration-Start-Time";
        initial: u16 => Uint, ".initial", "Initial-Retransmission-Time";
        maximum: u16 => Uint, ".maximum", "Maximum-Retransmission-Time";
    }

    /// How often a MAG asks whether its LMA lives, in seconds (RFC 8127 §3.1.2).
    value HeartbeatControl in HeartbeatControlBody {
        interval: u16 => Uint, ".interval", "HB-Interval";
        delay: u16 => Uint, ".delay", "HB-Retransmission-Delay";
        retransmissions: u16 => Uint, ".retransmissions", "HB-Max-Retransmissions";
    }
}

meanings! {
    NetworkIdentifier, NetworkIdentifierBody:
        |layout| Self::from_names(layout.flags, &layout.names),
        |value| NetworkIdentifierBody {
            flags: value.flags,
            names: [
                &[value.network.len() as u8][..],
                &value.network,
                &[value.access_point.len() as u8],
                &value.access_point,
            ]
            .concat(),
        },
        or |layout| ErrorKind::Meaningless {
            field: "net-name length",
            found: layout.names.first().copied().map_or(0, u32::from),
            expected: "a name, the length of another and that name, and nothing behind them",
        };
}
