//! The Internet checksum over the IPv6 pseudo-header (RFC 8200 §8.1), as MH, ICMPv6 and UDP use it.

use core::net::Ipv6Addr;

/// Next Header value of the Mobility Header.
pub const MOBILITY_HEADER: u8 = 135;

/// The checksum of `payload`, whose own checksum field counts as it stands: zero it to fill it in; over a payload
/// with a right checksum the result is zero.
#[inline]
pub fn checksum(src: Ipv6Addr, dst: Ipv6Addr, next_header: u8, payload: &[u8]) -> u16 {
    let octets = sum_octets(&src.octets()) + sum_octets(&dst.octets()) + sum_octets(payload);
    let octets = u16::from_be(folded(octets));
    !folded(u64::from(octets) + payload.len() as u64 + u64::from(next_header))
}

/// The sum in the machine's own byte order and in words of 32 bits: both come to the same when it is folded (RFC 1071
/// §2).
fn sum_octets(octets: &[u8]) -> u64 {
    let (words, rest) = octets.as_chunks::<4>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    let sum: u64 = words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum();
    sum + u64::from(u32::from_ne_bytes(last))
}

fn folded(mut sum: u64) -> u16 {
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}
