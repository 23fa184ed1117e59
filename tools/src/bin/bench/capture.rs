//! The demo's capture made long, in a file that tshark can read whoever it runs as.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dmm::decode::layers::{Carried, through_link};
use dmm::{Failure, journey};
use dmm_captures::{CaptureWriter, ETHERNET, Section};
use dmm_sim::domain::DomainConfig;

/// A capture in a file that goes when this goes.
pub(crate) struct Capture {
    path: PathBuf,
    packets: u32,
}

impl Capture {
    /// The demo's frames, signalling and user packets, so many times.
    pub(crate) fn demo(times: u32) -> Result<Self, Failure> {
        Self::repeated("demo", times, |_| true)
    }

    /// Those of the demo's frames that carry a Mobility Header, so many times.
    pub(crate) fn signalling(times: u32) -> Result<Self, Failure> {
        let is_signalling = |frame: &[u8]| {
            through_link(ETHERNET, frame).is_some_and(|way| matches!(way.carried, Carried::Message { .. }))
        };
        Self::repeated("signalling", times, is_signalling)
    }

    fn repeated(name: &str, times: u32, is_wanted: impl Fn(&[u8]) -> bool) -> Result<Self, Failure> {
        let journey = journey::make(&DomainConfig::default());
        let frames: Vec<_> =
            journey.domain.frames().iter().filter(|tapped| is_wanted(&tapped.frame)).collect();
        let mut writer = CaptureWriter::new(Vec::new(), &Section::default()).map_err(Failure::bench)?;
        writer.interface("core", "").map_err(Failure::bench)?;
        for round in 0..times {
            for tapped in &frames {
                let at = tapped.at + Duration::from_secs(10) * round;
                writer.packet(at, 0, &tapped.frame, &[]).map_err(Failure::bench)?;
            }
        }
        let octets = writer.finish().map_err(Failure::bench)?;
        let path = std::env::temp_dir().join(format!("dmm-bench-{}-{name}.pcapng", std::process::id()));
        let capture = Self { path, packets: frames.len() as u32 * times };
        let failed = |error| Failure::file(&capture.path, error);
        fs::write(&capture.path, octets).map_err(failed)?;
        fs::set_permissions(&capture.path, fs::Permissions::from_mode(0o644)).map_err(failed)?;
        Ok(capture)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn packets(&self) -> u32 {
        self.packets
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // A file in the temporary directory that stays is no loss.
        let _ = fs::remove_file(&self.path);
    }
}
