//! Octets and messages of Proxy Mobile IPv6 for Distributed Mobility Management (RFC 8885), and of all else that a
//! Mobility Header carries: MH Types 0 to 23 and the options of the IANA registry, as far as an RFC lays them out.
//!
//! Three layers over one set of tables ([`OPTIONS`] with their [sub-options](sub_option), [`MESSAGES`]):
//!
//! * a borrowed [`MessageView`] that keeps offsets and knows no meanings,
//! * an owned [`Message`] that cannot be wrong, with the one encoder,
//! * [`edit`]s of encoded octets, for the messages that are wrong on purpose.
//!
//! No I/O, no clock, no `unsafe`; `no_std` with `alloc`.
//!
//! ```
//! use dmm_codec::{Lifetime, Message, MnIdentifier, MobilityOption, Pbu, PbuFlags};
//!
//! let (maar, cmd) = ("2001:db8:100::1".parse().unwrap(), "2001:db8:100::ff".parse().unwrap());
//! let pbu = Message::Pbu(Pbu {
//!     seq: 7,
//!     flags: PbuFlags::A | PbuFlags::P | PbuFlags::D,
//!     lifetime: Lifetime(75),
//!     options: vec![MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@example.org"))],
//! });
//! let octets = pbu.encode(maar, cmd).unwrap();
//! assert_eq!(Message::decode(&octets, maar, cmd).unwrap().message, pbu);
//! ```
#![no_std]

extern crate alloc;

pub mod body;
pub mod checksum;
pub mod constant;
pub mod decode;
pub mod draft;
pub mod edit;
pub mod error;
pub mod header;
pub mod headers;
pub mod icmp;
pub mod lint;
pub mod message;
pub mod ndp;
pub mod option;
pub mod packet;
pub mod sub_option;
pub mod text;
pub mod time;
pub mod value;
pub mod view;
pub mod wire;

pub use body::PreviousMaar;
pub use draft::Drafts;
pub use error::{DecodeError, EncodeError, ErrorKind, Reaction, SubOptionError, What};
pub use lint::{Fault, FaultKind, Scope, Weight, lint, lint_with};
pub use message::{MESSAGES, Message, MessageSpec, Pba, PbaFlags, Pbu, PbuFlags};
pub use option::{Align, MobilityOption, OPTIONS, OptionSpec, UnknownOption, home_network_prefixes};
pub use sub_option::{SubOption, SubOptionSpec, SubOptionTable};
pub use time::Instant;
pub use value::{
    AccessTechnology, HandoffIndicator, Lifetime, LinkLayerAddress, MnIdSubtype, MnIdentifier, Status,
    Timestamp,
};
pub use view::{FieldView, MessageView, OptionView, SubOptionView};
