//! PBUs written octet by octet, right or wrong.

use std::net::Ipv6Addr;

use dmm_codec::message::repair_checksum;

pub(crate) const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1);
pub(crate) const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);

/// A PBU with these options where they fall, and Pad1 at its end as needed.
pub(crate) fn pbu(options: &[&[u8]]) -> Vec<u8> {
    let mut octets = vec![59, 0, 5, 0, 0, 0, 0, 7, 0x82, 0x00, 0, 75];
    octets.extend(options.concat());
    octets.resize(octets.len().next_multiple_of(8), 0);
    octets[1] = (octets.len() / 8 - 1) as u8;
    summed(octets)
}

pub(crate) fn summed(mut octets: Vec<u8>) -> Vec<u8> {
    repair_checksum(&mut octets, SRC, DST);
    octets
}
