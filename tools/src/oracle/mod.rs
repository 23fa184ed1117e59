//! What other decoders are compared with and over.

pub mod differences;
pub mod generate;
pub mod pypcapkit;
pub mod wireshark;
