//! The socket that Mobility Headers travel through: raw IPv6 of protocol 135.
//!
//! The kernel writes the checksum of what is sent and drops what comes with a wrong one, as a receiver must (RFC 6275
//! §9.2); no safe interface switches that off. The socket is bound to the node's address: that is the source of all it
//! sends and the destination of all it receives.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::OwnedFd;

use dmm_codec::packet::MOBILITY_HEADER;
use socket2::{Domain, Protocol, Socket, Type};

use crate::StartError;
use crate::privileges::NEEDED;

/// No Mobility Header is longer: its length is 8 bits that count units of 8 octets (RFC 6275 §6.1.1).
pub const LONGEST: usize = 8 * 256;

/// Opens a raw IPv6 socket of a protocol at an address. The standard library's type for datagrams reads and writes any
/// kind of them, and names their other ends.
pub fn open(protocol: u8, address: Ipv6Addr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::from(i32::from(protocol))))?;
    socket.bind(&SocketAddr::from((address, 0)).into())?;
    Ok(UdpSocket::from(OwnedFd::from(socket)))
}

/// Where a raw packet for this address goes: raw sockets have no ports.
pub fn to(address: Ipv6Addr) -> SocketAddr {
    SocketAddrV6::new(address, 0, 0, 0).into()
}

/// The socket of a node in its loop.
#[derive(Debug)]
pub(crate) struct Signalling {
    socket: tokio::net::UdpSocket,
    /// The same socket, for who looks into it without asking the runtime first, which knows of what has come only once the loop
    /// has slept.
    bare: UdpSocket,
}

impl Signalling {
    pub(crate) fn open(address: Ipv6Addr) -> Result<Self, StartError> {
        let socket = open(MOBILITY_HEADER, address).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => {
                StartError(format!("a raw socket of protocol {MOBILITY_HEADER} may not be opened: {NEEDED}"))
            }
            io::ErrorKind::AddrNotAvailable => StartError(format!(
                "{address} is on no interface of this machine, or is still being tested for duplicates: \
`ip -6 address add {address}/64 dev INTERFACE nodad`"
            )),
            _ => StartError(format!("a raw socket of protocol {MOBILITY_HEADER} cannot be opened: {error}")),
        })?;
        let nonblocking = |socket: UdpSocket| {
            socket.set_nonblocking(true)?;
            let bare = socket.try_clone()?;
            Ok(Self { socket: tokio::net::UdpSocket::from_std(socket)?, bare })
        };
        nonblocking(socket).map_err(|error: io::Error| StartError(format!("the socket: {error}")))
    }

    /// Waits until something has come.
    pub(crate) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// What has come, if anything has.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<(Ipv6Addr, usize)>> {
        received(self.socket.try_recv_from(buffer))
    }

    /// As [`Signalling::receive`], whether the runtime knows of it or not.
    pub(crate) fn look(&self, buffer: &mut [u8]) -> io::Result<Option<(Ipv6Addr, usize)>> {
        received(self.bare.recv_from(buffer))
    }

    /// Sends at once or not at all: what is lost is sent again by whoever needs it (RFC 8885 §3.6).
    pub(crate) fn send(&self, dst: Ipv6Addr, octets: &[u8]) -> io::Result<()> {
        self.bare.send_to(octets, to(dst)).map(drop)
    }
}

fn received(result: io::Result<(usize, SocketAddr)>) -> io::Result<Option<(Ipv6Addr, usize)>> {
    match result {
        Ok((len, SocketAddr::V6(from))) => Ok(Some((*from.ip(), len))),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
