//! What a node may do on its machine: raw sockets and network interfaces, and nothing else of what root may.

use caps::{CapSet, Capability, CapsHashSet};

use crate::StartError;

/// What an operator reads who started a node without them.
pub(crate) const NEEDED: &str = "CAP_NET_RAW and CAP_NET_ADMIN are needed. Start it by its systemd unit, or give them \
to the program (`sudo setcap cap_net_raw,cap_net_admin+ep $(command -v dmm)`), or start it in a namespace of your own \
(`unshare -Urnm`)";

const KEPT: [Capability; 2] = [Capability::CAP_NET_ADMIN, Capability::CAP_NET_RAW];

/// Gives up every capability of this thread but the two that a node needs, and of those that it starts later, for good: they leave the bounding set too where that is
/// allowed. Returns what is left.
pub(crate) fn drop_the_rest() -> Result<Vec<String>, StartError> {
    let failed =
        |error: caps::errors::CapsError| StartError(format!("capabilities cannot be given up: {error}"));
    let permitted = caps::read(None, CapSet::Permitted).map_err(failed)?;
    if permitted.contains(&Capability::CAP_SETPCAP) {
        for capability in caps::all() {
            if !KEPT.contains(&capability) {
                // A kernel that does not know it has none to drop.
                let _ = caps::drop(None, CapSet::Bounding, capability);
            }
        }
    }
    let left = KEPT.into_iter().filter(|capability| permitted.contains(capability));
    let names = left.clone().map(|capability| capability.to_string()).collect();
    let left: CapsHashSet = left.collect();
    caps::clear(None, CapSet::Inheritable).map_err(failed)?;
    caps::set(None, CapSet::Effective, &left).map_err(failed)?;
    caps::set(None, CapSet::Permitted, &left).map_err(failed)?;
    Ok(names)
}
