//! The plugin that was built with the tests, the real tshark, and captures that are texts of octets.

#![allow(dead_code, reason = "each test file uses its part")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use dmm_wireshark::{BUILT, Stage};

/// Fields that no octet has: what tracking and the rules find. [`crate`]`/tracking.rs` has a value for each.
pub(crate) const NOT_OF_OCTETS: &[&str] = &[
    "dmm.mn",
    "dmm.party",
    "dmm.duplicate_of",
    "dmm.response_in",
    "dmm.response_to",
    "dmm.response_time",
    "dmm.response.first",
    "dmm.unanswered",
    "dmm.retransmission",
    "dmm.retransmission.of",
    "dmm.retransmission.number",
    "dmm.retransmission.interval",
    "dmm.retransmission.doubled",
    "dmm.retransmission.in",
    "dmm.relay.of",
    "dmm.relay.in",
    "dmm.locator",
    "dmm.handover.id",
    "dmm.handover.from",
    "dmm.handover.to",
    "dmm.handover.latency",
    "dmm.handover.p_maars",
    "dmm.handover.mode",
    "dmm.session.maar",
    "dmm.session.previous_maar",
    "dmm.tunnel",
    "dmm.tunnel.mn",
    "dmm.tunnel.prefix",
    "dmm.tunnel.prefix.length",
    "dmm.tunnel.anchor",
    "dmm.tunnel.downlink",
    "dmm.requirement",
    "dmm.query",
    "dmm.status",
];

/// The plugin, next to the test that runs.
pub(crate) fn plugin() -> PathBuf {
    let test = env::current_exe().expect("a running test is a file");
    let plugin = test.with_file_name(BUILT);
    assert!(plugin.is_file(), "no plugin at {}: cargo builds it with the tests", plugin.display());
    plugin
}

/// tshark, with the plugin and without.
pub(crate) struct Tshark {
    with_plugin: Stage,
    stock: Stage,
}

impl Tshark {
    /// Finds tshark; a machine without it fails the test.
    pub(crate) fn find() -> Self {
        let staged = || {
            let tshark = dmm_wireshark::Tshark::find()?;
            Ok(Self { with_plugin: Stage::new(&tshark, Some(&plugin()))?, stock: Stage::new(&tshark, None)? })
        };
        staged().unwrap_or_else(|error: dmm_wireshark::WiresharkError| panic!("{error}"))
    }

    /// What tshark prints about a capture. More than that on stderr, or a failure, fails the test.
    pub(crate) fn run(&self, capture: &[u8], arguments: &[&str]) -> String {
        run(&self.with_plugin, capture, arguments)
    }

    /// As [`Self::run`], without the plugin.
    pub(crate) fn run_stock(&self, capture: &[u8], arguments: &[&str]) -> String {
        run(&self.stock, capture, arguments)
    }

    /// What tshark prints without a capture.
    pub(crate) fn ask(&self, arguments: &[&str]) -> String {
        self.with_plugin.ask(arguments).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// The octets of `captures/NAME.hex`: hexadecimal digits, spaces, and comments behind `#`.
pub(crate) fn packet(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/captures/{name}.hex"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let digits: Vec<u32> = text
        .lines()
        .flat_map(|line| line.split('#').next().unwrap_or_default().chars())
        .filter(|character| !character.is_whitespace())
        .map(|digit| digit.to_digit(16).unwrap_or_else(|| panic!("{name}: {digit} is no digit")))
        .collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two digits")).collect()
}

/// A capture file of IPv6 packets: octets that were captured, and how many there were.
pub(crate) fn pcap<'a>(packets: impl IntoIterator<Item = (&'a [u8], usize)>) -> Vec<u8> {
    pcap_at((0..).map(|second| second * 1000).zip(packets))
}

/// As [`pcap`], each packet at its millisecond.
pub(crate) fn pcap_at<'a>(packets: impl IntoIterator<Item = (u32, (&'a [u8], usize))>) -> Vec<u8> {
    const START: u32 = 1_700_000_000;
    const LINKTYPE_IPV6: u32 = 229;
    let words = |file: &mut Vec<u8>, words: &[u32]| {
        file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    };
    let mut file = Vec::new();
    words(&mut file, &[0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 65535, LINKTYPE_IPV6]);
    for (millis, (octets, on_wire)) in packets {
        let len = |len: usize| u32::try_from(len).expect("packets are short");
        words(&mut file, &[START + millis / 1000, millis % 1000 * 1000, len(octets.len()), len(on_wire)]);
        file.extend_from_slice(octets);
    }
    file
}

fn run(stage: &Stage, capture: &[u8], arguments: &[&str]) -> String {
    let file = CaptureFile::new(capture);
    let mut command = stage.command();
    command.arg("-n").arg("-r").arg(&file.0).args(arguments).stdin(Stdio::null());
    let output =
        command.output().unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    // A panic that was caught and a plugin that was refused are no failures of tshark.
    assert!(output.status.success() && errors.is_empty(), "{}\n{errors}", output.status);
    String::from_utf8(output.stdout).expect("tshark prints UTF-8")
}

/// A capture that everybody can read, for as long as this lives.
struct CaptureFile(PathBuf);

impl CaptureFile {
    fn new(octets: &[u8]) -> Self {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("dmm-dissector-{}-{number}.pcap", std::process::id()));
        fs::write(&path, octets).expect("the temporary directory takes files");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("the file is ours");
        Self(path)
    }
}

impl Drop for CaptureFile {
    fn drop(&mut self) {
        // Nothing is lost with a file that stays in the temporary directory.
        let _ = fs::remove_file(&self.0);
    }
}
