//! `dmm plugin`: puts the Wireshark plugin where this user's Wireshark looks, and takes it away again.

use std::path::{Path, PathBuf};

use crate::Failure;

/// The plugin as cargo built it: beside this program, or in the `deps` folder that tests and their plugin are in.
pub fn built() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().map_err(Failure::bench)?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let places = ["", "deps"].into_iter().map(|below| folder.join(below).join(dmm_wireshark::BUILT));
    places.clone().find(|path| path.is_file()).ok_or_else(|| {
        let tried: Vec<_> = places.map(|path| path.display().to_string()).collect();
        Failure::usage(format!(
            "the plugin is not built (tried {}): cargo build --release -p dmm-dissector",
            tried.join(" and ")
        ))
    })
}

/// `dmm plugin install`.
pub fn install(plugin: &Path) -> Result<String, Failure> {
    let installed = dmm_wireshark::install(plugin).map_err(Failure::bench)?;
    Ok(format!(
        "installed for Wireshark {}: {}\nOpen a capture, and filter on `dmm` or `dmm.flag == 1`.",
        installed.version,
        installed.path.display()
    ))
}

/// `dmm plugin path`.
pub fn path() -> Result<String, Failure> {
    Ok(dmm_wireshark::installed_at().map_err(Failure::bench)?.path.display().to_string())
}

/// `dmm plugin uninstall`.
pub fn uninstall() -> Result<String, Failure> {
    let removed = dmm_wireshark::uninstall().map_err(Failure::bench)?;
    Ok(removed
        .map_or("there was no plugin to remove".to_owned(), |was| format!("removed {}", was.path.display())))
}
