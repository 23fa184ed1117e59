//! What lies beside the engine and its tests go by: catalogue, suites, and the reference CMD's profile. Each is read once.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use dmm_conformance::{Catalogue, Profile, Suite};

/// A file or folder below `conformance/`.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

pub(crate) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        Catalogue::load(&[folder("requirements")]).unwrap_or_else(|errors| panic!("{errors}"))
    });
    &CATALOGUE
}

pub(crate) fn suites() -> &'static Suite {
    static SUITES: LazyLock<Suite> = LazyLock::new(|| {
        Suite::load(&[folder("suites")], catalogue()).unwrap_or_else(|errors| panic!("{errors}"))
    });
    &SUITES
}

pub(crate) fn profile() -> Profile {
    static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
        Profile::load(&folder("profiles/ref-cmd.iut.yaml")).unwrap_or_else(|errors| panic!("{errors}"))
    });
    PROFILE.clone()
}
