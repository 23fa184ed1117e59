//! Fresh identities for each instance, made from its name: no two instances share an address, a prefix or a mobile node, so
//! cases neither leak state nor collide, and a case keeps its identities, and so its capture, when others come and go.
//!
//! Everything lies in the documentation prefix (RFC 3849). For instance `i`, role `r` and mobile node `m`:
//!
//! ```text
//! 2001:db8:1iii:0::rr        address of a role        02:dd:ii:ii:00:rr
//! 2001:db8:1iii:rr00::/56    prefix pool of a role
//! 2001:db8:1iii:rrmm::/64    prefix of a mobile node at a role
//! mn1.c00003@conformance.example                      02:dd:ii:ii:01:mm
//! ```

use std::net::Ipv6Addr;

use ipnet::Ipv6Net;

use crate::transport::{Address, MobileSetup, Role, RoleSetup, Setup};

/// Most roles that a case can have, and most mobile nodes: one octet of their prefixes.
pub const MOST: usize = 250;

/// Name of the mobile node that `check: {alive: true}` registers; it is in every setup.
pub const PROBE: &str = "alive";

const FIRST_BLOCK: u16 = 0x1000;
/// Numbers that an instance can have.
pub const BLOCKS: u32 = 0xe000;
const POOL_LENGTH: u8 = 56;
const PREFIX_LENGTH: u8 = 64;

/// The number of an instance: a digest of its name (FNV-1a), so that it depends on no other instance but those few that
/// would have the same; `taken` says which are.
pub fn number(name: &str, taken: impl Fn(u32) -> bool) -> u32 {
    let digest =
        name.bytes().fold(0x811c_9dc5_u32, |hash, octet| (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193));
    let first = digest % BLOCKS;
    (0..BLOCKS).map(|step| (first + step) % BLOCKS).find(|number| !taken(*number)).unwrap_or(first)
}

/// The setup of an instance. `roles` are ports with what they play, `mobiles` names.
///
/// # Errors
/// When a case has more than [`MOST`] roles or mobile nodes.
pub fn allocate(
    index: u32,
    iut: Address,
    roles: &[(String, Role)],
    mobiles: &[String],
) -> Result<Setup, String> {
    if roles.len() > MOST || mobiles.len() >= MOST {
        return Err(format!("a case has at most {MOST} roles and {MOST} mobile nodes"));
    }
    let block = FIRST_BLOCK + (index % BLOCKS) as u16;
    let [high, low] = (index as u16).to_be_bytes();
    let role = |(at, (port, role)): (usize, &(String, Role))| {
        let number = at as u8 + 1;
        let subnet = u16::from(number) << 8;
        let pool = Ipv6Addr::new(0x2001, 0xdb8, block, subnet, 0, 0, 0, 0);
        RoleSetup {
            port: port.clone(),
            role: *role,
            addr: Ipv6Addr::new(0x2001, 0xdb8, block, 0, 0, 0, 0, number.into()),
            mac: [0x02, 0xdd, high, low, 0, number],
            pool: Ipv6Net::new_assert(pool, POOL_LENGTH),
        }
    };
    let mobile = |(at, name): (usize, &String)| MobileSetup {
        name: name.clone(),
        nai: format!("{name}.c{index:05}@conformance.example"),
        mac: [0x02, 0xdd, high, low, 1, at as u8 + 1],
    };
    let mobiles: Vec<String> = mobiles.iter().cloned().chain([PROBE.to_string()]).collect();
    Ok(Setup {
        iut,
        roles: roles.iter().enumerate().map(role).collect(),
        mobiles: mobiles.iter().enumerate().map(mobile).collect(),
        seed: index.into(),
    })
}

/// The prefix of the mobile node with this place in [`Setup::mobiles`], out of a role's pool.
pub fn prefix(role: &RoleSetup, mobile: usize) -> Ipv6Net {
    let mut octets = role.pool.network().octets();
    // A pool may be part of a greater one, and then ends within this octet.
    // In a record that somebody else has made, there may be more mobile nodes than prefixes.
    octets[7] = octets[7].wrapping_add((mobile as u8).wrapping_add(1));
    Ipv6Net::new_assert(Ipv6Addr::from(octets), PREFIX_LENGTH)
}
