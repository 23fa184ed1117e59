//! Whether an access link has a carrier: without one nobody is on it. The kernel tells whenever a link changes (rtnetlink(7)), and is
//! then asked what this one is like.

use std::io;
use std::net;
use std::os::fd::AsRawFd as _;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, socket};
use pnet::datalink;
use tokio::net::UdpSocket;

/// RTMGRP_LINK: links come, change and go.
const LINKS: u32 = 1;

/// The carrier of one interface.
pub(crate) struct Carrier {
    interface: String,
    /// The runtime's type for datagrams reads any kind of them.
    told: UdpSocket,
    is_there: bool,
}

impl Carrier {
    pub(crate) fn watch(interface: &str) -> io::Result<Self> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let told = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)?;
        bind(told.as_raw_fd(), &NetlinkAddr::new(0, LINKS))?;
        let told = UdpSocket::from_std(net::UdpSocket::from(told))?;
        let interface = interface.to_owned();
        let is_there = is_running(&interface);
        Ok(Self { interface, told, is_there })
    }

    /// Waits until a carrier that was there is lost.
    pub(crate) async fn lost(&mut self) -> io::Result<()> {
        // Which link it speaks of does not matter, nor that it had more to say than there was room for.
        let mut octets = [0; 64];
        loop {
            match self.told.recv(&mut octets).await {
                Ok(_) => {}
                Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) => {}
                Err(error) => return Err(error),
            }
            let was_there = std::mem::replace(&mut self.is_there, is_running(&self.interface));
            if was_there && !self.is_there {
                return Ok(());
            }
        }
    }
}

fn is_running(name: &str) -> bool {
    datalink::interfaces().iter().any(|interface| interface.name == name && interface.is_running())
}
