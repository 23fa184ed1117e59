//! A domain of RFC 5213, which knows nothing of RFC 8885 but to refuse its D flag (§4.1, §4.2): a [`Lma`], a [`Mag`], and a
//! [`MixedCmd`] that serves such MAGs beside its MAARs.

mod lma;
mod mag;
mod mixed;

pub use lma::{Lma, LmaConfig, LmaLoad};
pub use mag::{Mag, MagConfig};
pub use mixed::MixedCmd;

use dmm_codec::{Lifetime, Pba, PbaFlags, Status};
use ipnet::Ipv6Net;

use crate::exchange::Request;

/// The PBA of a node that knows no D flag: it sends none.
fn plain(pba: Pba) -> Pba {
    Pba { flags: PbaFlags(pba.flags.0 & !PbaFlags::D.0), ..pba }
}

fn plain_answer(request: &Request, lifetime: Lifetime, prefixes: &[Ipv6Net]) -> Pba {
    plain(request.answer(Status::ACCEPTED, lifetime, prefixes))
}
