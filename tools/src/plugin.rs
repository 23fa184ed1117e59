//! `dmm plugin`: puts the Wireshark plugin where this user's Wireshark looks, and takes it away again.

use std::path::{Path, PathBuf};

use dmm_wireshark::PROFILE;

use crate::Failure;

/// The plugin as cargo built it last: beside this program, or in the `deps` folder that tests and their plugin are in.
pub fn built() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().map_err(Failure::bench)?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let places = ["deps", ""].into_iter().map(|below| folder.join(below).join(dmm_wireshark::BUILT));
    // `cargo test` builds the one in `deps` and leaves the other as it was; of two that are the same, the other's name is
    // the one that people know.
    let age = |path: &PathBuf| path.metadata().and_then(|it| it.modified()).ok();
    places.clone().filter(|path| path.is_file()).max_by_key(age).ok_or_else(|| {
        let tried: Vec<_> = places.map(|path| path.display().to_string()).collect();
        Failure::usage(format!(
            "the plugin is not built (tried {}): cargo build --release -p dmm-dissector",
            tried.join(" and ")
        ))
    })
}

/// `dmm plugin install`.
pub fn install(plugin: &Path) -> Result<String, Failure> {
    let done = dmm_wireshark::install(plugin).map_err(Failure::bench)?;
    let mut said = String::new();
    for installed in &done.plugins {
        said += &format!("installed for Wireshark {}: {}\n", installed.version, installed.path.display());
    }
    for profile in &done.profiles {
        said += &format!("with the profile `{PROFILE}`: {}\n", profile.folder.display());
        said += &kept(&profile.kept);
    }
    said += &format!("Open a capture with `wireshark -C {PROFILE} FILE`, and filter on `dmm`.");
    Ok(said)
}

/// `dmm plugin path`: a line for each Wireshark.
pub fn path() -> Result<String, Failure> {
    let all = dmm_wireshark::installed_at().map_err(Failure::bench)?;
    Ok(all.iter().map(|it| it.path.display().to_string()).collect::<Vec<_>>().join("\n"))
}

/// `dmm plugin uninstall`.
pub fn uninstall() -> Result<String, Failure> {
    let done = dmm_wireshark::uninstall().map_err(Failure::bench)?;
    let mut said = String::new();
    for was in &done.plugins {
        said += &format!("removed {}\n", was.path.display());
    }
    for profile in &done.profiles {
        said += &format!("removed the profile `{PROFILE}`: {}\n", profile.folder.display());
        said += &kept(&profile.kept);
    }
    if said.is_empty() {
        said += "there was no plugin to remove";
    }
    Ok(said.trim_end().to_owned())
}

fn kept(files: &[PathBuf]) -> String {
    files
        .iter()
        .fold(String::new(), |said, path| said + &format!("  kept as you changed it: {}\n", path.display()))
}
