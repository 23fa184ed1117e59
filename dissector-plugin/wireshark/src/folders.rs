//! Where a user's Wireshark looks for plugins, and putting ours there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{PLUGIN, Tshark, WiresharkError, file_error, is_root, run};

/// A plugin that was put in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The file.
    pub path: PathBuf,
    /// The Wireshark that will load it.
    pub version: String,
}

/// Where the plugin is, or would be, for the Wireshark of this user.
pub fn installed_at() -> Result<Installed, WiresharkError> {
    if is_root() {
        return Err(WiresharkError::Root);
    }
    let tshark = Tshark::find()?;
    let folders = run(Command::new("tshark").args(["-G", "folders"]))?;
    let personal = folder(&folders).ok_or(WiresharkError::NoFolder(folders.clone()))?;
    Ok(Installed { path: personal.join("epan").join(PLUGIN), version: tshark.version })
}

/// Puts the plugin where the Wireshark of this user looks.
pub fn install(plugin: &Path) -> Result<Installed, WiresharkError> {
    let installed = installed_at()?;
    let folder = installed.path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(file_error(folder))?;
    // A new file in place of the old one: a Wireshark that runs keeps the old one mapped.
    let fresh = installed.path.with_extension("new");
    fs::copy(plugin, &fresh).map_err(file_error(plugin))?;
    fs::rename(&fresh, &installed.path).map_err(file_error(&installed.path))?;
    Ok(installed)
}

/// Removes it again; `None` where there was none.
pub fn uninstall() -> Result<Option<Installed>, WiresharkError> {
    let installed = installed_at()?;
    match fs::remove_file(&installed.path) {
        Ok(()) => Ok(Some(installed)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error(&installed.path)(error)),
    }
}

/// `Personal Plugins: /home/me/.local/lib/wireshark/plugins/4.0`, with tabs.
fn folder(folders: &str) -> Option<PathBuf> {
    let line = folders.lines().find(|line| line.starts_with("Personal Plugins:"))?;
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
        assert_eq!(folder(folders), Some(PathBuf::from("/home/me/.local/lib/wireshark/plugins/4.0")));
        assert_eq!(folder("Temp: /tmp\n"), None);
    }
}
