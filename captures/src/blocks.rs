//! Framing of pcapng blocks and their options, for reading.
//!
//! `pcap-file` 2.0 writes our captures but does not read everybody's: it ignores `if_tsresol`, refuses an `if_tzone` of
//! the length that the format gives it and options without an end mark, and can panic in a cut name record. So reading
//! does its own framing, which says no more than the reader needs.

/// Section Header Block; reads the same in both byte orders.
pub(crate) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// Interface Description Block.
pub(crate) const INTERFACE_DESCRIPTION: u32 = 1;
/// Packet Block, obsolete but still met.
pub(crate) const PACKET: u32 = 2;
/// Simple Packet Block.
pub(crate) const SIMPLE_PACKET: u32 = 3;
/// Enhanced Packet Block.
pub(crate) const ENHANCED_PACKET: u32 = 6;

/// Type, Block Total Length twice.
const FRAME_LEN: usize = 12;
const SHORT: &str = "the file ends within a block";

/// The byte order of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

impl Order {
    pub(crate) fn u16(self, octets: &[u8], at: usize) -> Option<u16> {
        let octets = *octets.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u16::from_be_bytes(octets),
            Self::Little => u16::from_le_bytes(octets),
        })
    }

    pub(crate) fn u32(self, octets: &[u8], at: usize) -> Option<u32> {
        let octets = *octets.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u32::from_be_bytes(octets),
            Self::Little => u32::from_le_bytes(octets),
        })
    }

    pub(crate) fn i64(self, octets: &[u8], at: usize) -> Option<i64> {
        let octets = *octets.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => i64::from_be_bytes(octets),
            Self::Little => i64::from_le_bytes(octets),
        })
    }
}

/// One block where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub(crate) kind: u32,
    pub(crate) order: Order,
    pub(crate) body: &'a [u8],
}

/// As many octets of a block as [`frame`] wants to see.
pub(crate) const BLOCK_START: usize = 12;

/// How a block starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    kind: u32,
    order: Order,
    /// Octets of the whole block.
    pub(crate) len: usize,
}

/// The start of a block, in the byte order of its section; a section header brings its own.
pub(crate) fn frame(octets: &[u8], order: Order) -> Result<Frame, &'static str> {
    let kind = order.u32(octets, 0).ok_or(SHORT)?;
    let order = match kind {
        SECTION_HEADER => match octets.get(8..12).ok_or(SHORT)? {
            [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
            [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
            _ => return Err("a section header without its byte-order magic"),
        },
        _ => order,
    };
    let len = order.u32(octets, 4).ok_or(SHORT)? as usize;
    if len < FRAME_LEN || !len.is_multiple_of(4) {
        return Err("a block length that no block can have");
    }
    Ok(Frame { kind, order, len })
}

/// The block at the start of `octets`.
pub(crate) fn block(octets: &[u8], order: Order) -> Result<Block<'_>, &'static str> {
    let Frame { kind, order, len } = frame(octets, order)?;
    let whole = octets.get(..len).ok_or(SHORT)?;
    if order.u32(whole, len - 4) != Some(len as u32) {
        return Err("a block whose two lengths differ");
    }
    Ok(Block { kind, order, body: &whole[8..len - 4] })
}

/// The options at the end of a block: code and value; ends at the end mark, the end, or the first that is cut short.
pub(crate) struct Options<'a> {
    pub(crate) order: Order,
    pub(crate) octets: &'a [u8],
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.order.u16(self.octets, 0).filter(|code| *code != 0)?;
        let len = usize::from(self.order.u16(self.octets, 2)?);
        let value = self.octets.get(4..4 + len)?;
        self.octets = self.octets.get(4 + len.next_multiple_of(4)..).unwrap_or(&[]);
        Some((code, value))
    }
}
