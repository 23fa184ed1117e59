//! Where a user's Wireshark looks for plugins and profiles, and putting ours there: for each version that is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::profile::{self, Profile};
use crate::{PLUGIN, Tshark, WiresharkError, file_error, is_root, run};

/// Where the plugin is, or would be, for one Wireshark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The file.
    pub path: PathBuf,
    /// The Wireshark that will load it.
    pub version: String,
    /// Its folder of configuration, with the profiles.
    configuration: PathBuf,
}

/// What [`install`] and [`uninstall`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The plugins that were put there or removed.
    pub plugins: Vec<Installed>,
    /// The profiles; versions share them, mostly.
    pub profiles: Vec<Profile>,
}

/// Where the plugin is, or would be, for every Wireshark of this user: one for each minor version on the path.
pub fn installed_at() -> Result<Vec<Installed>, WiresharkError> {
    if is_root() {
        return Err(WiresharkError::Root);
    }
    // The first one is what an error is about.
    Tshark::find()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = BTreeMap::new();
    for program in std::env::split_paths(&path).map(|folder| folder.join("tshark")) {
        // One that does not run is not the user's Wireshark.
        let Ok(tshark) = Tshark::at(&program) else { continue };
        let folders = run(Command::new(&program).args(["-G", "folders"]))?;
        let named = |name| folder(&folders, name).ok_or(WiresharkError::NoFolder(folders.clone()));
        let path = named("Personal Plugins:")?.join("epan").join(PLUGIN);
        let configuration = named("Personal configuration:")?;
        found.entry(path.clone()).or_insert(Installed { path, version: tshark.version, configuration });
    }
    Ok(found.into_values().collect())
}

/// Puts the plugin and the profile where every Wireshark of this user looks.
pub fn install(plugin: &Path) -> Result<Done, WiresharkError> {
    let mut done = Done { plugins: installed_at()?, profiles: Vec::new() };
    for installed in &done.plugins {
        let folder = installed.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(file_error(folder))?;
        // A new file in place of the old one: a Wireshark that runs keeps the old one mapped.
        let fresh = installed.path.with_extension("new");
        fs::copy(plugin, &fresh).map_err(file_error(plugin))?;
        fs::rename(&fresh, &installed.path).map_err(file_error(&installed.path))?;
    }
    for configuration in configurations(&done.plugins) {
        done.profiles.push(profile::install(&configuration)?);
    }
    Ok(done)
}

/// Removes them again, as far as they are as they were put there.
pub fn uninstall() -> Result<Done, WiresharkError> {
    let all = installed_at()?;
    let mut done = Done::default();
    for configuration in configurations(&all) {
        done.profiles.extend(profile::uninstall(&configuration)?);
    }
    for installed in all {
        match fs::remove_file(&installed.path) {
            Ok(()) => done.plugins.push(installed),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(file_error(&installed.path)(error)),
        }
    }
    Ok(done)
}

/// Each once.
fn configurations(all: &[Installed]) -> std::collections::BTreeSet<PathBuf> {
    all.iter().map(|installed| installed.configuration.clone()).collect()
}

/// `Personal Plugins: /home/me/.local/lib/wireshark/plugins/4.0`, with tabs.
fn folder(folders: &str, name: &str) -> Option<PathBuf> {
    let line = folders.lines().find(|line| line.starts_with(name))?;
    Some(PathBuf::from(line.split_once(':')?.1.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_found_among_the_others() {
        let folders = "Personal configuration:\t/home/me/.config/wireshark\n\
                       Personal Plugins:    \t/home/me/.local/lib/wireshark/plugins/4.0\n\
                       Personal Lua Plugins:\t/home/me/.local/lib/wireshark/plugins\n";
        let found = folder(folders, "Personal Plugins:");
        assert_eq!(found, Some(PathBuf::from("/home/me/.local/lib/wireshark/plugins/4.0")));
        assert_eq!(folder("Temp: /tmp\n", "Personal Plugins:"), None);
    }
}
