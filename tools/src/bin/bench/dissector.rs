//! What the plugin costs tshark, against stock tshark in the same run, and against what a user would write in its place: a
//! post-dissector in Lua with a part of its features.

use std::fs;
use std::io::BufWriter;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dmm::{Failure, plugin, project_path, traffic};
use dmm_wireshark::{Stage, Tshark};

use crate::{Row, Target, time};

const MESSAGES: u32 = 200_000;
const MOBILES: u32 = 10_000;
const LUA: &str = "tools/lua/dmm.lua";

/// (what, arguments, runs, times as long as stock at most)
const WAYS: [(&str, &[&str], usize, f64); 4] = [
    ("packets read, nothing shown (-q)", &["-q", "-z", "io,stat,0"], 7, 1.10),
    ("two passes, nothing shown (-2 -q)", &["-2", "-q", "-z", "io,stat,0"], 5, 1.25),
    ("summary lines", &[], 5, 1.25),
    ("every field (-V)", &["-V"], 3, 1.10),
];

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let tshark = Tshark::find().map_err(Failure::bench)?;
    let stock = Stage::new(&tshark, None).map_err(Failure::bench)?;
    let with = Stage::new(&tshark, Some(&plugin::built()?)).map_err(Failure::bench)?;
    let files = Files::new(MESSAGES)?;
    let script = format!("lua_script:{}", files.copy(&project_path(LUA)?)?.display());
    let mut rows = Vec::new();
    for (name, arguments, runs, target) in WAYS {
        let (mut base, mut ours) = (Vec::new(), Vec::new());
        // In turn, so that a slow moment of the machine meets both.
        for _ in 0..runs {
            base.push(timed(&stock, &files.capture, arguments)?);
            ours.push(timed(&with, &files.capture, arguments)?);
        }
        let lua = timed(&stock, &files.capture, &[&["-X", &script], arguments].concat())?;
        let (base, ours) = (median(base).as_secs_f64(), median(ours).as_secs_f64());
        for (against, other, target) in
            [("stock tshark", base, target), ("a script in Lua", lua.as_secs_f64(), 1.0)]
        {
            let target = Some(Target::AtMost(target));
            rows.push(Row::new("dissector", name, (ours, "s"), against, ours / other, target));
        }
    }
    rows.push(memory(&stock, &with)?);
    Ok(rows)
}

/// What tracking keeps of a PBU and its PBA: how much more memory tshark takes at its most, by transaction.
fn memory(stock: &Stage, with: &Stage) -> Result<Row, Failure> {
    const MANY: u32 = 1_000_000;
    let files = Files::new(MANY)?;
    let [stock, with] = [stock, with].map(|stage| peak(stage, &files.capture));
    let (stock, with) = (f64::from(stock?), f64::from(with?));
    let octets = (with - stock) * 1024.0 / f64::from(MANY / 2);
    let name = "memory of a transaction, of 1,000,000 messages";
    Ok(Row::new("dissector", name, (octets, "octets"), "stock tshark", with / stock, None))
}

/// The most memory that tshark held while it read a capture, in units of 1024 octets, as Linux counts it.
fn peak(stage: &Stage, file: &Path) -> Result<u32, Failure> {
    let mut command = stage.command();
    command.arg("-n").arg("-r").arg(file).args(["-q", "-z", "io,stat,0"]).stdout(Stdio::null());
    let mut child = command.spawn().map_err(Failure::bench)?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().map_err(Failure::bench)?.is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        most = most.max(kilobytes.and_then(|number| number.parse::<u32>().ok()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(most)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn timed(stage: &Stage, file: &Path, arguments: &[&str]) -> Result<Duration, Failure> {
    time(stage.command().arg("-n").arg("-r").arg(file).args(arguments))
}

/// Files that whoever tshark runs as can read, for as long as this lives.
struct Files {
    folder: PathBuf,
    capture: PathBuf,
}

impl Files {
    fn new(messages: u32) -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("dmm-bench-{}-{messages}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, error))?;
        let capture = folder.join("traffic.pcapng");
        let files = Self { folder, capture };
        let path = &files.capture;
        let out = fs::File::create(path).map_err(|error| Failure::file(path, error))?;
        traffic::write(BufWriter::new(out), messages, MOBILES)?;
        for_all(path)?;
        Ok(files)
    }

    fn copy(&self, file: &Path) -> Result<PathBuf, Failure> {
        let copy = self.folder.join("script.lua");
        fs::copy(file, &copy).map_err(|error| Failure::file(file, error))?;
        for_all(&copy)?;
        Ok(copy)
    }
}

fn for_all(path: &Path) -> Result<(), Failure> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(|error| Failure::file(path, error))
}

impl Drop for Files {
    fn drop(&mut self) {
        // Nothing is lost with files that stay in the temporary directory.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
