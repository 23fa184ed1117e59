//! Where RFC 8885 leaves room, and stacks may differ without being wrong: what this project does is the default, and the other ways
//! are values, so that a reference node can be the peer that a stack will meet elsewhere. The letters are those of the register of
//! ambiguities, `conformance/requirements/ambiguities.md`.

/// Which prefixes stand in a CMD's PBU to a P-MAAR, which "forwards the PBU" (RFC 8885 §3.2; stance A7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedPrefix {
    /// Those that are anchored there.
    #[default]
    Anchored,
    /// Those of the S-MAAR, as in the PBU that is forwarded.
    Serving,
    /// ALL_ZERO.
    AllZero,
}

/// Where an Anchored Prefix option repeats what a Home Network Prefix option says (RFC 8885 §4.3; stance A4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnchoredPrefix {
    /// In the PBA of a P-MAAR.
    #[default]
    Pba,
    /// In the PBU of an S-MAAR as well.
    PbuAndPba,
    /// Nowhere.
    Never,
}

/// Where a Router Advertisement goes that a DLIF "unicasts" (RFC 8885 §3.7; stance A31).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdvertiseTo {
    /// To the mobile node's address.
    #[default]
    Unicast,
    /// To all nodes, in a frame for the mobile node alone (RFC 6085).
    AllNodes,
}
