//! Frames of an interface with the time at which the kernel took them, so that a tester that waits for a processor does not see
//! others' packets late, and bunched. `pnet` binds the socket, makes the interface promiscuous, and sends; it knows no times, so
//! frames are read here, from the same socket.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd as _, AsRawFd as _, IntoRawFd as _, OwnedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeSpec;
use pnet::datalink::{Channel, Config, DataLinkSender, NetworkInterface, channel};

/// Greater than any frame of Ethernet with what a VLAN adds, and than jumbo frames.
const LONGEST_FRAME: usize = 10_000;

/// The receiving side of an interface.
pub(crate) struct Tap {
    socket: OwnedFd,
    frame: Vec<u8>,
    control: Vec<u8>,
}

/// Opens an interface, both ways. What is sent through it is not received through it. None where it carries no Ethernet frames.
pub(crate) fn open(interface: &NetworkInterface) -> io::Result<Option<(Tap, Box<dyn DataLinkSender>)>> {
    // Without a protocol nothing comes, from whatever interface, before pnet has bound it to this one.
    let own = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&own, sockopt::ReceiveTimestampns, &true)?;
    let socket = own.try_clone()?;
    let config = Config {
        socket_fd: Some(own.into_raw_fd()),
        write_buffer_size: LONGEST_FRAME,
        promiscuous: true,
        ..Config::default()
    };
    let Channel::Ethernet(sender, _) = channel(interface, config)? else { return Ok(None) };
    let control = nix::cmsg_space!(TimeSpec);
    Ok(Some((Tap { socket, frame: vec![0; LONGEST_FRAME], control }, sender)))
}

impl Tap {
    /// Waits for a frame; whether one has come in time.
    pub(crate) fn wait(&self, patience: Duration) -> io::Result<bool> {
        let patience = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        is_readable(&self.socket, patience)
    }

    /// Who says whether a frame waits to be read.
    pub(crate) fn pending(&self) -> io::Result<Pending> {
        Ok(Pending(self.socket.try_clone()?))
    }

    /// The frame that has come, and how long ago the kernel took it; none where another has read it.
    pub(crate) fn next(&mut self) -> io::Result<Option<(Duration, &[u8])>> {
        let mut slices = [IoSliceMut::new(&mut self.frame)];
        let fd = self.socket.as_raw_fd();
        let received = recvmsg::<()>(fd, &mut slices, Some(&mut self.control), MsgFlags::MSG_DONTWAIT);
        let message = match received {
            Err(Errno::EAGAIN) => return Ok(None),
            received => received?,
        };
        let stamp = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(stamp) => Some(Duration::from(stamp)),
            _ => None,
        });
        let length = message.bytes;
        // Without a stamp it is as if it came now.
        let ago = stamp.map_or(Duration::ZERO, |stamp| since_1970().saturating_sub(stamp));
        Ok(Some((ago, &self.frame[..length])))
    }
}

/// The same interface for who only asks whether something is there.
pub(crate) struct Pending(OwnedFd);

impl Pending {
    /// Whether no frame waits to be read.
    pub(crate) fn is_none(&self) -> bool {
        // A socket that cannot be asked has nothing; the reading thread finds out why.
        !is_readable(&self.0, PollTimeout::ZERO).unwrap_or(false)
    }
}

fn is_readable(socket: &OwnedFd, patience: PollTimeout) -> io::Result<bool> {
    match poll(&mut [PollFd::new(socket.as_fd(), PollFlags::POLLIN)], patience) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the kernel's stamps are by the system's clock")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
