//! What drafts add to the tables. A flag of a draft has a row like others, so that it can be sent by its name; who reads
//! a message takes its bit as reserved unless [`Drafts`] say otherwise.

use crate::wire::FlagSpec;

/// Which drafts a reader follows: none, unless it asks for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drafts {
    /// draft-jikim-dmm-pmip: the Q flag of Binding Update and Acknowledgement. The draft's figures are lost and it was
    /// never given bits; here they are the first that are free, 0x0008 and 0x01 (stance K1).
    pub query: bool,
}

impl Drafts {
    /// Whether a flag is more than a reserved bit.
    pub fn know(self, flag: &FlagSpec) -> bool {
        self.query || !flag.is_of_draft()
    }
}
