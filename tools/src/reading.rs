//! What the plugin costs tshark, measured against stock tshark in the same run, and against what a user would write in
//! its place: a post-dissector in Lua with a part of its features.

#![expect(clippy::disallowed_methods, reason = "a benchmark is where the clock is read")]

use std::io::BufWriter;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dmm_wireshark::{Stage, Tshark};

use crate::{Failure, plugin, project_path, traffic};

const MESSAGES: u32 = 200_000;
const MOBILES: u32 = 10_000;
const LUA: &str = "tools/lua/dmm.lua";

/// One way of reading a capture.
pub struct Reading {
    /// What it is.
    pub name: &'static str,
    /// The median with the plugin.
    pub seconds: f64,
    /// How many times as long as stock tshark.
    pub ratio: f64,
    /// How many times at most.
    pub target: f64,
    /// The same for the script, if it was measured.
    pub lua: Option<f64>,
}

/// (what, arguments, runs, target)
const WAYS: [(&str, &[&str], usize, f64); 4] = [
    ("packets read, nothing shown (-q)", &["-q", "-z", "io,stat,0"], 7, 1.10),
    ("two passes, nothing shown (-2 -q)", &["-2", "-q", "-z", "io,stat,0"], 5, 1.25),
    ("summary lines", &[], 5, 1.25),
    ("every field (-V)", &["-V"], 3, 1.10),
];

/// Measures every way.
pub fn all() -> Result<Vec<Reading>, Failure> {
    let tshark = Tshark::find().map_err(Failure::bench)?;
    let stock = Stage::new(&tshark, None).map_err(Failure::bench)?;
    let with = Stage::new(&tshark, Some(&plugin::built()?)).map_err(Failure::bench)?;
    let capture = Capture::new()?;
    let script = capture.beside(&project_path(LUA)?)?;
    let script = format!("lua_script:{}", script.display());
    let mut readings = Vec::new();
    for (name, arguments, runs, target) in WAYS {
        let (mut base, mut ours) = (Vec::new(), Vec::new());
        // In turn, so that a slow moment of the machine meets both.
        for _ in 0..runs {
            base.push(timed(&stock, &capture.file, arguments)?);
            ours.push(timed(&with, &capture.file, arguments)?);
        }
        let lua = timed(&stock, &capture.file, &[&["-X", &script], arguments].concat())?;
        let (base, ours) = (median(base), median(ours));
        let ratio = |time: Duration| time.as_secs_f64() / base.as_secs_f64();
        let (seconds, ratio, lua) = (ours.as_secs_f64(), ratio(ours), Some(ratio(lua)));
        readings.push(Reading { name, seconds, ratio, target, lua });
    }
    Ok(readings)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn timed(stage: &Stage, file: &Path, arguments: &[&str]) -> Result<Duration, Failure> {
    let start = Instant::now();
    let output =
        stage.command().arg("-n").arg("-r").arg(file).args(arguments).output().map_err(Failure::bench)?;
    let elapsed = start.elapsed();
    if output.status.success() {
        return Ok(elapsed);
    }
    Err(Failure::bench(String::from_utf8_lossy(&output.stderr)))
}

/// Files that whoever tshark runs as can read, for as long as this lives.
struct Capture {
    folder: PathBuf,
    file: PathBuf,
}

impl Capture {
    fn new() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("dmm-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, error))?;
        let file = folder.join("traffic.pcapng");
        let capture = Self { folder, file };
        let path = &capture.file;
        let out = std::fs::File::create(path).map_err(|error| Failure::file(path, error))?;
        traffic::write(BufWriter::new(out), MESSAGES, MOBILES)?;
        for_all(path)?;
        Ok(capture)
    }

    /// A copy of a file, beside the capture.
    fn beside(&self, file: &Path) -> Result<PathBuf, Failure> {
        let copy = self.folder.join("script.lua");
        std::fs::copy(file, &copy).map_err(|error| Failure::file(file, error))?;
        for_all(&copy)?;
        Ok(copy)
    }
}

fn for_all(path: &Path) -> Result<(), Failure> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
        .map_err(|error| Failure::file(path, error))
}

impl Drop for Capture {
    fn drop(&mut self) {
        // Nothing is lost with files that stay in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
