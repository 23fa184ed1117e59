//! What a stack is created with, and its way over the interface.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::net::Ipv6Addr;

use dmm_codec::Instant;
use dmm_codec::packet::Mac;
use dmm_conformance::transport::{Address, MobileSetup, Role, RoleSetup, Setup};
use ipnet::Ipv6Net;

use crate::EmbedError;
use crate::abi::{CMobile, CPeer, CSetting, CSetup, ROLES};

/// What a stack is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The time.
    pub now: Instant,
    /// Its link-layer address on the core.
    pub mac: Mac,
    /// The domain. To a stack, ports have no names and peers no link-layer addresses.
    pub setup: Setup,
    /// `pics` and `pixit` of its profile.
    pub settings: BTreeMap<String, String>,
}

impl Start {
    /// Hands it over.
    pub(crate) fn with<T>(&self, take: impl FnOnce(&CSetup) -> T) -> Result<T, EmbedError> {
        let Setup { iut, roles, mobiles, seed } = &self.setup;
        let peers: Vec<CPeer> = roles.iter().map(peer).collect();
        let nais = mobiles.iter().map(|mobile| text(&mobile.nai)).collect::<Result<Vec<_>, _>>()?;
        let mobiles: Vec<CMobile> =
            nais.iter().zip(mobiles).map(|(nai, it)| CMobile { nai: nai.as_ptr(), mac: it.mac }).collect();
        let pairs: Vec<(&str, &str)> =
            self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let settings = Settings::of(pairs)?;
        let settings = settings.as_c();
        Ok(take(&CSetup {
            role: number(iut.role),
            addr: iut.addr.octets(),
            mac: self.mac,
            now: self.now.as_nanos(),
            seed: *seed,
            peers: peers.as_ptr(),
            peer_count: peers.len(),
            mobiles: mobiles.as_ptr(),
            mobile_count: mobiles.len(),
            settings: settings.as_ptr(),
            setting_count: settings.len(),
        }))
    }

    /// What was handed over; nothing where it is nothing that [`Start::with`] makes.
    ///
    /// # Safety
    /// The pointers must be those of a setup as `dmm_iut.h` describes it.
    pub(crate) unsafe fn of(setup: &CSetup) -> Option<Self> {
        // SAFETY: the caller says that pointers and counts belong together.
        let (peers, mobiles, settings) = unsafe {
            (
                slice(setup.peers, setup.peer_count),
                slice(setup.mobiles, setup.mobile_count),
                settings(setup.settings, setup.setting_count)?,
            )
        };
        let role = |(at, it): (usize, &CPeer)| {
            let role = role_of(it.role)?;
            let pool = Ipv6Net::new(it.pool.into(), u8::try_from(it.pool_length).ok()?).ok()?;
            let addr = Ipv6Addr::from(it.addr);
            Some(RoleSetup { port: format!("{role}{}", at + 1), role, addr, mac: [0; 6], pool })
        };
        let mobile = |(at, it): (usize, &CMobile)| {
            // SAFETY: the caller says that this is a text.
            let nai = unsafe { read(it.nai) }?;
            Some(MobileSetup { name: format!("mn{}", at + 1), nai, mac: it.mac })
        };
        let iut = Address { role: role_of(setup.role)?, addr: setup.addr.into() };
        let roles = peers.iter().enumerate().map(role).collect::<Option<_>>()?;
        let mobiles = mobiles.iter().enumerate().map(mobile).collect::<Option<_>>()?;
        let (now, mac) = (Instant::from_nanos(setup.now), setup.mac);
        let setup = Setup { iut, roles, mobiles, seed: setup.seed };
        Some(Self { now, mac, setup, settings: settings.into_iter().collect() })
    }
}

/// Names and values, in the memory that they are handed over from.
pub(crate) struct Settings(Vec<(CString, CString)>);

impl Settings {
    pub(crate) fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, EmbedError> {
        let pair = |(name, value)| Ok((text(name)?, text(value)?));
        Ok(Self(pairs.into_iter().map(pair).collect::<Result<_, _>>()?))
    }

    pub(crate) fn as_c(&self) -> Vec<CSetting> {
        self.0.iter().map(|(name, value)| CSetting { name: name.as_ptr(), value: value.as_ptr() }).collect()
    }
}

fn text(text: &str) -> Result<CString, EmbedError> {
    CString::new(text).map_err(|_| EmbedError::Zero(text.replace('\0', "\\0")))
}

fn peer(role: &RoleSetup) -> CPeer {
    CPeer {
        role: number(role.role),
        pool_length: role.pool.prefix_len().into(),
        addr: role.addr.octets(),
        pool: role.pool.addr().octets(),
    }
}

fn number(role: Role) -> u32 {
    ROLES.iter().find(|(it, _)| *it == role).map_or(0, |(_, number)| *number)
}

fn role_of(number: u32) -> Option<Role> {
    ROLES.iter().find(|(_, it)| *it == number).map(|(role, _)| *role)
}

/// # Safety
/// Either the count is none, or the pointer is to so many.
pub(crate) unsafe fn slice<'a, T>(at: *const T, count: usize) -> &'a [T] {
    if at.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: the caller says so.
    unsafe { std::slice::from_raw_parts(at, count) }
}

/// # Safety
/// The pointer is none, or to a text that ends with a zero.
pub(crate) unsafe fn read(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller says so.
    unsafe { CStr::from_ptr(text) }.to_str().ok().map(str::to_owned)
}

/// # Safety
/// Either the count is none, or the pointer is to so many, and all of their pointers are to texts.
pub(crate) unsafe fn settings(at: *const CSetting, count: usize) -> Option<Vec<(String, String)>> {
    // SAFETY: the caller says so.
    let all = unsafe { slice(at, count) };
    // SAFETY: and that they are texts.
    all.iter().map(|it| unsafe { Some((read(it.name)?, read(it.value)?)) }).collect()
}
