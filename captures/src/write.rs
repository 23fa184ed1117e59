//! Annotated pcapng out. The same calls write the same octets: no clock, no host name, one byte order.

use std::borrow::Cow;
use std::io::Write;
use std::net::Ipv6Addr;
use std::time::Duration;

use dmm_codec::Instant;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::name_resolution::{Ipv6Record, NameResolutionBlock, Record};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness, PcapError};

/// `if_tsresol` of nanoseconds: 10 to the power of minus this.
const NANOSECONDS: u8 = 9;
/// Options of pcapng have 16-bit lengths; a longer text is cut, since a comment is no reason to lose a capture.
const LONGEST_TEXT: usize = 0xffff;

/// What the section header says about the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// What the capture was taken on, if that matters: `virtual time`.
    pub hardware: Option<String>,
    /// Operating system, if that matters.
    pub os: Option<String>,
    /// Shown by Wireshark under "Capture file comments".
    pub comment: Option<String>,
}

/// Why a capture could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file or pipe behind the writer failed.
    #[error("the capture cannot be written")]
    Io(#[source] std::io::Error),
    /// A packet names an interface that was not described.
    #[error("packet for interface {interface}, but only {known} were described: call `interface` first")]
    UnknownInterface {
        /// The index asked for.
        interface: u32,
        /// How many there are.
        known: u32,
    },
    /// A frame longer than the format can say.
    #[error("a frame of {0} octets does not fit a capture file")]
    FrameTooLong(usize),
    /// What `pcap-file` refuses for another reason.
    #[error("the capture cannot be written: {0}")]
    Format(String),
}

impl From<PcapError> for WriteError {
    fn from(error: PcapError) -> Self {
        match error {
            PcapError::IoError(error) => Self::Io(error),
            other => Self::Format(other.to_string()),
        }
    }
}

/// Writes one section of pcapng: interfaces of Ethernet frames with nanosecond time stamps, packets with comments.
pub struct CaptureWriter<W: Write> {
    inner: PcapNgWriter<W>,
    interfaces: u32,
}

impl<W: Write> std::fmt::Debug for CaptureWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureWriter").field("interfaces", &self.interfaces).finish_non_exhaustive()
    }
}

impl<W: Write> CaptureWriter<W> {
    /// Starts the file with its section header.
    pub fn new(writer: W, section: &Section) -> Result<Self, WriteError> {
        let application = concat!("dmm ", env!("CARGO_PKG_VERSION"));
        let mut options = Vec::new();
        if let Some(comment) = &section.comment {
            options.push(SectionHeaderOption::Comment(text(comment)));
        }
        if let Some(hardware) = &section.hardware {
            options.push(SectionHeaderOption::Hardware(text(hardware)));
        }
        if let Some(os) = &section.os {
            options.push(SectionHeaderOption::OS(text(os)));
        }
        options.push(SectionHeaderOption::UserApplication(application.into()));
        let header = SectionHeaderBlock { endianness: Endianness::Little, options, ..Default::default() };
        Ok(Self { inner: PcapNgWriter::with_section_header(writer, header)?, interfaces: 0 })
    }

    /// Describes an interface of Ethernet frames and gives the index that its packets name.
    pub fn interface(&mut self, name: &str, description: &str) -> Result<u32, WriteError> {
        let mut options = vec![InterfaceDescriptionOption::IfName(text(name))];
        if !description.is_empty() {
            options.push(InterfaceDescriptionOption::IfDescription(text(description)));
        }
        options.push(InterfaceDescriptionOption::IfTsResol(NANOSECONDS));
        let block = InterfaceDescriptionBlock { linktype: DataLink::ETHERNET, snaplen: 0, options };
        self.inner.write_pcapng_block(block)?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Gives names to addresses, so that Wireshark shows `maar1` where it resolves network addresses.
    pub fn names<'a>(
        &mut self,
        names: impl IntoIterator<Item = (Ipv6Addr, &'a str)>,
    ) -> Result<(), WriteError> {
        let record = |(address, name): (Ipv6Addr, &str)| {
            let ip_addr = Cow::Owned(address.octets().to_vec());
            // A zero octet would end the name early, in the middle of the record.
            let names = vec![Cow::Owned(name.replace('\0', " "))];
            Record::Ipv6(Ipv6Record { ip_addr, names })
        };
        let named = names.into_iter().filter(|(_, name)| !name.is_empty() && name.len() < 256);
        let records: Vec<_> = named.map(record).collect();
        if !records.is_empty() {
            self.inner.write_pcapng_block(NameResolutionBlock { records, options: Vec::new() })?;
        }
        Ok(())
    }

    /// Appends a packet.
    pub fn packet(
        &mut self,
        at: Instant,
        interface: u32,
        octets: &[u8],
        comments: &[String],
    ) -> Result<(), WriteError> {
        if interface >= self.interfaces {
            return Err(WriteError::UnknownInterface { interface, known: self.interfaces });
        }
        let block = EnhancedPacketBlock {
            interface_id: interface,
            timestamp: Duration::from_nanos(at.as_nanos()),
            original_len: u32::try_from(octets.len()).map_err(|_| WriteError::FrameTooLong(octets.len()))?,
            data: Cow::Borrowed(octets),
            options: comments.iter().map(|comment| EnhancedPacketOption::Comment(text(comment))).collect(),
        };
        self.inner.write_pcapng_block(block)?;
        Ok(())
    }

    /// Ends the file and gives back what it was written to.
    pub fn finish(self) -> Result<W, WriteError> {
        let mut writer = self.inner.into_inner();
        writer.flush().map_err(WriteError::Io)?;
        Ok(writer)
    }
}

fn text(text: &str) -> Cow<'static, str> {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(text[..end].to_string())
}
