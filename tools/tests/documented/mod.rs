//! What a page of `docs/` tells its reader to type, typed as it stands.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The way that a page goes from a heading on, in five blocks: a shell in namespaces, which the test has already; three of commands,
/// which are returned as one; and what they show at the end.
pub(crate) fn way(page: &str, heading: &str) -> (String, String) {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page)).unwrap();
    let start = page.find(heading).unwrap();
    let blocks: Vec<&str> = page[start..].split("```").skip(1).step_by(2).take(5).collect();
    let [_, first, second, third, shown] = blocks[..] else { panic!("five blocks: {blocks:?}") };
    let commands = [first, second, third].map(|block| block.strip_prefix("sh\n").unwrap()).concat();
    (commands, shown.strip_prefix("text\n").unwrap().to_owned())
}

/// Types commands in a folder, for which `dmm` is the one under test, and looks at what has come of them while what they have started
/// runs. Whether they have ended well, and what was seen.
pub(crate) fn typed<T>(commands: &str, folder: &Path, look: impl FnOnce() -> T) -> (bool, T) {
    let own = Path::new(env!("CARGO_BIN_EXE_dmm")).parent().unwrap().to_owned();
    let others = env::var_os("PATH").unwrap();
    let path = env::join_paths([own].into_iter().chain(env::split_paths(&others))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-eu", "-c", commands]).current_dir(folder).env("PATH", path).process_group(0);
    let mut shell = shell.spawn().unwrap();
    // What they have started outlives the shell, in its process group.
    let group = shell.id();
    let ended = shell.wait().unwrap();
    let seen = look();
    let killed = Command::new("sh").args(["-c", &format!("kill -TERM -{group}")]).status().unwrap();
    (ended.success() && killed.success(), seen)
}
