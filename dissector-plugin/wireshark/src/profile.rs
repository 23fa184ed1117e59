//! The profile `dmm`: colours, buttons and columns, put beside the user's own profiles. A file that the user has
//! changed is the user's: it is neither written over nor removed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{WiresharkError, file_error};

/// The profile's name, in `wireshark -C` and in the menu.
pub const PROFILE: &str = "dmm";

const FILES: &[(&str, &str)] = &[
    ("colorfilters", include_str!("../profile/colorfilters")),
    ("dfilter_buttons", include_str!("../profile/dfilter_buttons")),
    ("preferences", include_str!("../profile/preferences")),
];

/// What was put there, by name: `colorfilters 1f2e...`. Not a file that Wireshark knows.
const MANIFEST: &str = "dmm-manifest";

/// What became of the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Where it is.
    pub folder: PathBuf,
    /// Files that were left as they are, for the user has changed them.
    pub kept: Vec<PathBuf>,
}

/// Writes the profile below a folder of configuration.
pub(crate) fn install(configuration: &Path) -> Result<Profile, WiresharkError> {
    let folder = folder(configuration);
    fs::create_dir_all(&folder).map_err(file_error(&folder))?;
    let before = manifest(&folder);
    let (mut kept, mut written) = (Vec::new(), String::new());
    for (name, content) in FILES {
        let path = folder.join(name);
        if is_ours_or_absent(&path, before.get(*name)) {
            fs::write(&path, content).map_err(file_error(&path))?;
            written += &format!("{name} {}\n", digest(content.as_bytes()));
        } else {
            kept.push(path);
        }
    }
    let path = folder.join(MANIFEST);
    fs::write(&path, written).map_err(file_error(&path))?;
    Ok(Profile { folder, kept })
}

/// Removes what [`install`] put there; `None` if there is nothing of ours.
pub(crate) fn uninstall(configuration: &Path) -> Result<Option<Profile>, WiresharkError> {
    let folder = folder(configuration);
    let before = manifest(&folder);
    if !folder.join(MANIFEST).exists() {
        return Ok(None);
    }
    let mut kept = Vec::new();
    for (name, digest) in &before {
        let path = folder.join(name);
        if !path.exists() {
            continue;
        }
        if is_ours_or_absent(&path, Some(digest)) {
            fs::remove_file(&path).map_err(file_error(&path))?;
        } else {
            kept.push(path);
        }
    }
    let path = folder.join(MANIFEST);
    fs::remove_file(&path).map_err(file_error(&path))?;
    // Only if it is empty: Wireshark, or the user, may have put something there.
    let _ = fs::remove_dir(&folder);
    Ok(Some(Profile { folder, kept }))
}

fn folder(configuration: &Path) -> PathBuf {
    configuration.join("profiles").join(PROFILE)
}

/// The names and digests of what was put there; only names that we would put there.
fn manifest(folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .filter(|(name, _)| FILES.iter().any(|(ours, _)| ours == name))
        .map(|(name, digest)| (name.to_owned(), digest.to_owned()))
        .collect()
}

fn is_ours_or_absent(path: &Path, was: Option<&String>) -> bool {
    match fs::read(path) {
        Ok(octets) => was.is_some_and(|was| *was == digest(&octets)),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// FNV-1a, 64 bits: it tells a changed file from one that is not, and defends against nobody.
fn digest(octets: &[u8]) -> String {
    let hash = octets.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Home(PathBuf);

    impl Home {
        fn new(name: &str) -> Self {
            let home = std::env::temp_dir().join(format!("dmm-profile-{}-{name}", std::process::id()));
            fs::create_dir_all(&home).unwrap();
            Self(home)
        }

        fn file(&self, name: &str) -> PathBuf {
            folder(&self.0).join(name)
        }
    }

    impl Drop for Home {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_put_there_can_be_taken_away_and_leaves_nothing() {
        let home = Home::new("all");
        assert_eq!(install(&home.0).unwrap().kept, Vec::<PathBuf>::new());
        assert!(home.file("colorfilters").is_file());
        assert_eq!(install(&home.0).unwrap().kept, Vec::<PathBuf>::new(), "ours is written anew");
        assert_eq!(uninstall(&home.0).unwrap().unwrap().kept, Vec::<PathBuf>::new());
        assert!(!folder(&home.0).exists());
        assert_eq!(uninstall(&home.0).unwrap(), None);
    }

    #[test]
    fn what_the_user_wrote_stays() {
        let home = Home::new("kept");
        fs::create_dir_all(folder(&home.0)).unwrap();
        fs::write(home.file("dfilter_buttons"), "mine").unwrap();
        assert_eq!(install(&home.0).unwrap().kept, [home.file("dfilter_buttons")]);
        fs::write(home.file("preferences"), "changed by Wireshark for me").unwrap();
        fs::write(home.file("recent"), "written by Wireshark").unwrap();
        assert_eq!(install(&home.0).unwrap().kept.len(), 2);
        assert_eq!(
            uninstall(&home.0).unwrap().unwrap().kept,
            Vec::<PathBuf>::new(),
            "not in the manifest any more"
        );
        let left = |name| fs::read_to_string(home.file(name)).ok();
        assert_eq!(left("dfilter_buttons").as_deref(), Some("mine"));
        assert_eq!(left("preferences").as_deref(), Some("changed by Wireshark for me"));
        assert_eq!((left("recent").is_some(), left("colorfilters")), (true, None));
    }

    #[test]
    fn a_manifest_cannot_name_other_files() {
        let home = Home::new("names");
        install(&home.0).unwrap();
        let other = home.0.join("other");
        fs::write(&other, "").unwrap();
        fs::write(home.file(MANIFEST), format!("../../other {}\n", digest(b""))).unwrap();
        uninstall(&home.0).unwrap();
        assert!(other.exists());
    }
}
