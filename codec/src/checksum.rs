//! The Internet checksum over the IPv6 pseudo-header (RFC 8200 §8.1), as MH, ICMPv6 and UDP use it.

use core::net::Ipv6Addr;

/// Next Header value of the Mobility Header.
pub const MOBILITY_HEADER: u8 = 135;

/// The checksum of `payload`, whose own checksum field counts as it stands: zero it to fill it in; over a payload
/// with a right checksum the result is zero.
pub fn checksum(src: Ipv6Addr, dst: Ipv6Addr, next_header: u8, payload: &[u8]) -> u16 {
    let mut sum = sum_octets(&src.octets()) + sum_octets(&dst.octets()) + payload.len() as u64;
    sum += u64::from(next_header) + sum_octets(payload);
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn sum_octets(octets: &[u8]) -> u64 {
    let (pairs, odd) = octets.as_chunks::<2>();
    let sum: u64 = pairs.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum();
    sum + odd.first().map_or(0, |octet| u64::from(*octet) << 8)
}
