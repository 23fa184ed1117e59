//! A headless Chromium that opens a page, works it with a script of the test's, and tells what the script says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

pub(crate) struct Browser(PathBuf);

impl Browser {
    /// None where there is no Chromium, with a word on it: the test passes over.
    pub(crate) fn find() -> Option<Self> {
        let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
        let found = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        let found = found.into_iter().find(|program| program.is_file());
        if found.is_none() {
            eprintln!("passed over: there is no Chromium here (apt install chromium)");
        }
        found.map(Self)
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.0);
        let profile = format!("--user-data-dir={}", folder.join("profile").display());
        // Chromium's sandbox needs another user than root, and the pages are the project's own.
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            &profile,
        ]);
        command
    }

    /// Opens the page in a frame of this width and runs `script` in it, which calls `tell(value)`; what it told. A word on
    /// the console, or an error, fails.
    pub(crate) fn work(&self, page: &str, width: u32, script: &str) -> serde_json::Value {
        let folder = folder();
        let before = "<script>window.errors = []; addEventListener('error', (e) => errors.push(String(e.message)));</script>";
        let behind = format!(
            "<script>addEventListener('load', () => setTimeout(async () => {{ \
             const tell = (value) => parent.postMessage(JSON.stringify({{ value, errors }}), '*'); \
             try {{ {script} }} catch (error) {{ errors.push(String(error)); tell(null); }} }}, 50));</script>"
        );
        let worked = page.replacen("<head>", &format!("<head>{before}"), 1);
        let (start, end) = worked.rsplit_once("</body>").expect("a page has a body");
        fs::write(folder.join("page.html"), format!("{start}{behind}</body>{end}")).expect("a file");
        let frame = format!(
            "<!DOCTYPE html><body style='margin:0'><pre id=told></pre><script>addEventListener('message', \
             (e) => {{ document.getElementById('told').textContent = btoa(encodeURIComponent(e.data)); }});</script>\
             <iframe src=page.html width={width} height=900 style='border:0'></iframe>"
        );
        fs::write(folder.join("frame.html"), frame).expect("a file");
        let mut command = self.command(&folder);
        command.args([
            "--window-size=1400,1000",
            "--timeout=15000",
            "--virtual-time-budget=20000",
            "--dump-dom",
        ]);
        let output = command.arg(format!("file://{}", folder.join("frame.html").display())).output();
        let output = output.expect("Chromium starts");
        let (dom, log) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        let told = dom.split_once("<pre id=\"told\">").and_then(|(_, rest)| rest.split_once("</pre>"));
        let told = told.map(|(told, _)| told).filter(|told| !told.is_empty());
        let told = told.unwrap_or_else(|| panic!("the page told nothing\n{log}\n{dom:.2000}"));
        assert!(!log.contains("CONSOLE"), "{log}");
        fs::remove_dir_all(&folder).expect("it was made here");
        let told: serde_json::Value = serde_json::from_str(&percent(&base64(told))).expect("JSON");
        assert_eq!(told["errors"], serde_json::json!([]), "{told}");
        told["value"].clone()
    }
}

/// A folder of its own for each page.
fn folder() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("dmm-page-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary directory takes folders");
    folder
}

/// What `btoa` wrote: so nothing of it is markup to the document that it stands in.
fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u8> = text.bytes().filter_map(digit).collect();
    let octets = digits.chunks(4).flat_map(|group| {
        let number =
            (0..4).fold(0_u32, |number, at| number << 6 | u32::from(group.get(at).copied().unwrap_or(0)));
        number.to_be_bytes()[1..].iter().copied().take(group.len() * 6 / 8).collect::<Vec<_>>()
    });
    octets.collect()
}

/// What `encodeURIComponent` wrote.
fn percent(octets: &[u8]) -> String {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(octet) = octets.get(at) {
        if *octet == b'%' {
            let digits = std::str::from_utf8(&octets[at + 1..at + 3]).expect("digits");
            out.push(u8::from_str_radix(digits, 16).expect("digits"));
            at += 3;
        } else {
            out.push(*octet);
            at += 1;
        }
    }
    String::from_utf8(out).expect("text")
}
