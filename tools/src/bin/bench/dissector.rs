//! What the Wireshark plugin costs.

use std::path::Path;
use std::time::Duration;

use dmm::{Failure, plugin};
use dmm_wireshark::{Stage, Tshark};

use crate::capture::Capture;
use crate::{Row, Target, time};

/// What the plugin costs tshark, over the demo's capture repeated.
pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let capture = Capture::demo(60)?;
    let tshark = Tshark::find().map_err(Failure::bench)?;
    let stock = Stage::new(&tshark, None).map_err(Failure::bench)?;
    let with = Stage::new(&tshark, Some(&plugin::built()?)).map_err(Failure::bench)?;
    let passes: [(&str, &[&str]); 4] = [
        ("packets read, nothing shown", &["-q", "-z", "io,stat,0"]),
        ("summary lines", &[]),
        ("a display filter on mipv6", &["-Y", "mipv6"]),
        ("every field (-V)", &["-V"]),
    ];
    let mut rows = Vec::new();
    for (name, arguments) in passes {
        // In turn, so that a slow moment of the machine meets both.
        let (mut base, mut ours) = (Duration::MAX, Duration::MAX);
        for _ in 0..7 {
            base = base.min(timed(&stock, capture.path(), arguments)?);
            ours = ours.min(timed(&with, capture.path(), arguments)?);
        }
        let (seconds, ratio) = (ours.as_secs_f64(), ours.as_secs_f64() / base.as_secs_f64());
        rows.push(Row::new(
            "dissector",
            name,
            (seconds, "s"),
            "stock tshark",
            ratio,
            Some(Target::AtMost(1.25)),
        ));
    }
    Ok(rows)
}

fn timed(stage: &Stage, file: &Path, arguments: &[&str]) -> Result<Duration, Failure> {
    time(stage.command().arg("-r").arg(file).args(arguments))
}
