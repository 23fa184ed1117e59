//! The node's own capture: what it sent and received, in a file that `dmm decode` and Wireshark read.
//!
//! Frames of the access link are as they were on it. Of what travels through the raw socket only the Mobility Header is
//! known, so its Ethernet and IPv6 headers are made up: MAC addresses of zeros, hop limit 64. Octets are in the file
//! once the call returns, so that a node that is killed leaves a capture that ends well.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::Ipv6Addr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::rc::Rc;

use dmm_captures::{CaptureWriter, Section, WriteError};
use dmm_codec::Instant;
use dmm_codec::packet::{Ethernet, HOP_LIMIT, Ipv6, MOBILITY_HEADER};

use crate::StartError;
use crate::config::NodeConfig;

/// What the writer has written and the file has not.
#[derive(Clone, Debug, Default)]
struct Pending(Rc<RefCell<Vec<u8>>>);

impl Write for Pending {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A capture that is being written.
pub(crate) struct Capture {
    file: File,
    pending: Pending,
    writer: CaptureWriter<Pending>,
    core: u32,
    access: Option<u32>,
}

impl Capture {
    /// Starts a file that only its owner reads: it names mobile nodes (RFC 8885 §6).
    pub(crate) fn create(path: &Path, config: &NodeConfig) -> Result<Self, StartError> {
        let start = || -> Result<Self, WriteError> {
            let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
            let file = options.map_err(WriteError::Io)?;
            let pending = Pending::default();
            let comment = format!(
                "Taken by the {} {} itself. Ethernet and IPv6 headers of the core are made up.",
                config.role(),
                config.common.address
            );
            let section = Section { comment: Some(comment), ..Section::default() };
            let mut writer = CaptureWriter::new(pending.clone(), &section)?;
            let core = writer.interface("core", "Mobility Headers of the raw socket")?;
            let access = config.access().map(|access| writer.interface(&access.interface, "access link"));
            let own = (config.common.address, config.role().name());
            let peers = config.peers().into_iter().map(|(address, role)| (address, role.name()));
            // Several peers of one role have one name, which would hide which is which.
            let cmd = peers.filter(|(_, name)| *name == "cmd" || *name == "lma");
            writer.names([own].into_iter().chain(cmd))?;
            let mut capture = Self { file, pending, writer, core, access: access.transpose()? };
            capture.write_out()?;
            Ok(capture)
        };
        start().map_err(|error| StartError(format!("{}: {}", path.display(), with_source(&error))))
    }

    /// Adds a Mobility Header.
    pub(crate) fn signal(
        &mut self,
        at: Instant,
        src: Ipv6Addr,
        dst: Ipv6Addr,
        octets: &[u8],
    ) -> Result<(), WriteError> {
        let packet = Ipv6::packet(src, dst, MOBILITY_HEADER, HOP_LIMIT, octets);
        self.writer.packet(at, self.core, &Ethernet::frame([0; 6], [0; 6], &packet), &[])?;
        self.write_out()
    }

    /// Adds a frame of the access link.
    pub(crate) fn frame(&mut self, at: Instant, frame: &[u8]) -> Result<(), WriteError> {
        let Some(access) = self.access else { return Ok(()) };
        self.writer.packet(at, access, frame, &[])?;
        self.write_out()
    }

    fn write_out(&mut self) -> Result<(), WriteError> {
        let mut pending = self.pending.0.borrow_mut();
        self.file.write_all(&pending).map_err(WriteError::Io)?;
        pending.clear();
        Ok(())
    }
}

pub(crate) fn with_source(error: &WriteError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
