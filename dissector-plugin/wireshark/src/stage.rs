//! A place of its own for one run of tshark: the plugin as an installed one would be, and a home without anybody's
//! preferences.
//!
//! ```text
//! DIR/4.0/epan/dmm.so    WIRESHARK_PLUGIN_DIR=DIR; the first directory is named after tshark's minor version
//! DIR/home/              HOME, empty
//! ```
//!
//! For root, tshark ignores that variable, so root runs it as the user 65534 (nobody).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{PLUGIN, Tshark, WiresharkError, file_error, is_root, run};

/// A staged plugin. The files go when it goes.
#[derive(Debug)]
pub struct Stage {
    directory: PathBuf,
}

impl Stage {
    /// Stages this plugin for this tshark; no plugin, to see what stock Wireshark says.
    pub fn new(tshark: &Tshark, plugin: Option<&Path>) -> Result<Self, WiresharkError> {
        static STAGES: AtomicU32 = AtomicU32::new(0);
        let number = STAGES.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("dmm-wireshark-{}-{number}", std::process::id()));
        let plugins = directory.join(&tshark.minor).join("epan");
        let home = directory.join("home");
        for path in [&plugins, &home] {
            fs::create_dir_all(path).map_err(file_error(path))?;
        }
        let stage = Self { directory };
        if let Some(plugin) = plugin {
            let staged = plugins.join(PLUGIN);
            fs::copy(plugin, &staged).map_err(file_error(plugin))?;
        }
        // Whoever runs tshark must be able to read all this, and to write to the home.
        let plugins_of_minor = stage.directory.join(&tshark.minor);
        for (path, mode) in
            [(&stage.directory, 0o755), (&plugins_of_minor, 0o755), (&plugins, 0o755), (&home, 0o777)]
        {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(file_error(path))?;
        }
        Ok(stage)
    }

    /// What tshark prints about a capture file.
    pub fn read(&self, capture: &Path, arguments: &[&str]) -> Result<String, WiresharkError> {
        // A copy, since the unprivileged user may not reach the file, and tshark reads twice from nothing but files.
        let file = self.directory.join("capture");
        fs::copy(capture, &file).map_err(file_error(capture))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).map_err(file_error(&file))?;
        run(self.command().arg("-r").arg(&file).args(arguments))
    }

    /// What tshark prints about a capture that is not a file yet.
    pub fn read_octets(&self, capture: &[u8], arguments: &[&str]) -> Result<String, WiresharkError> {
        let file = self.directory.join("octets");
        fs::write(&file, capture).map_err(file_error(&file))?;
        self.read(&file, arguments)
    }

    /// What tshark prints without a capture.
    pub fn ask(&self, arguments: &[&str]) -> Result<String, WiresharkError> {
        run(self.command().args(arguments))
    }

    /// tshark in this stage, not as root.
    pub fn command(&self) -> Command {
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "tshark"]);
            command
        } else {
            Command::new("tshark")
        };
        command.env("HOME", self.directory.join("home")).env("WIRESHARK_PLUGIN_DIR", &self.directory);
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Nothing is lost with a file that stays in the temporary directory.
        let _ = fs::remove_dir_all(&self.directory);
    }
}
