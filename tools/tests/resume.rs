//! A run that was interrupted goes on where it was, and ends with the octets of one that was not; what is another run is refused.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail a test by panicking, as the tests do")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};

use dmm::conform::{Inputs, Judged, Lasting, judge_lasting, write_evidence};
use dmm::reference::Reference;
use dmm_conformance::transport::{Setup, Transport, TransportError};
use dmm_conformance::{Bench, Profile, Selection, Timing};

const JOURNAL: &str = "unfinished.jsonl";

/// The reference, until so many cases have been begun on it: then somebody interrupts the run.
struct Interrupts {
    reference: Reference,
    left: Arc<AtomicIsize>,
    stop: Arc<AtomicBool>,
}

impl Bench for Interrupts {
    fn name(&self) -> &str {
        self.reference.name()
    }

    fn open(&mut self, setup: &Setup) -> Result<Box<dyn Transport>, TransportError> {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left <= 1 {
            self.stop.store(true, Ordering::SeqCst);
        }
        // However many threads have begun a case by then.
        if left < 1 { Err(TransportError::Interrupted) } else { self.reference.open(setup) }
    }
}

struct Run {
    profile: Profile,
    paths: Vec<PathBuf>,
    selection: Selection,
}

impl Run {
    fn new(suites: &Path) -> Self {
        let profile = Profile::load(&root("conformance/profiles/ref-cmd.iut.yaml")).unwrap();
        Self {
            profile,
            paths: vec![suites.to_owned()],
            selection: Selection { timing: Timing::Quick, ..Selection::default() },
        }
    }

    /// Runs it into a folder; it is interrupted when so many cases have begun.
    fn until(&self, folder: &Path, resume: bool, cases: isize) -> Result<Judged, String> {
        let judged = self.judged(folder, resume, cases)?;
        write_evidence(&judged, false, folder).map_err(|error| error.message)?;
        Ok(judged)
    }

    /// The same without its reports.
    fn judged(&self, folder: &Path, resume: bool, cases: isize) -> Result<Judged, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let left = Arc::new(AtomicIsize::new(cases));
        let reference = Reference::of(&self.profile);
        let requirements = root("conformance/requirements");
        let inputs = Inputs { paths: &self.paths, profile: &self.profile, requirements: &requirements };
        let lasting = Lasting { report: Some(folder), resume, stop: Arc::clone(&stop) };
        let bench = || -> Box<dyn Bench> {
            Box::new(Interrupts {
                reference: reference.clone(),
                left: Arc::clone(&left),
                stop: Arc::clone(&stop),
            })
        };
        judge_lasting(&inputs, &self.selection, &bench, &lasting).map_err(|error| error.message)
    }
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A folder of its own for one test, new and empty.
fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("dmm-resume-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entry =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    fs::read_dir(folder).unwrap().map(|it| entry(it.unwrap())).collect()
}

/// Without the octets of both in the message.
#[track_caller]
fn assert_same(seen: &Path, expected: &Path) {
    let (seen, expected) = (files(seen), files(expected));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&seen), names(&expected));
    for (name, octets) in &seen {
        assert!(*octets == expected[name], "{name} differs");
    }
}

#[test]
fn a_run_that_was_interrupted_ends_with_the_octets_of_one_that_was_not() {
    let run = Run::new(&root("conformance/suites/cmd"));
    let whole = folder("whole");
    let all = run.until(&whole, false, isize::MAX).unwrap();
    assert!(!whole.join(JOURNAL).exists() && all.not_run() == 0);
    for cases in [1, 7] {
        let part = folder(&format!("part-{cases}"));
        let judged = run.until(&part, false, cases).unwrap();
        let left = judged.not_run();
        assert!(left > 0 && judged.cases.len() + left == all.cases.len(), "{left}");
        assert_eq!(judged.report(false).exit_code(), 130);
        assert!(part.join("report.json").is_file() && part.join(JOURNAL).is_file());
        // It is interrupted once more, and again at the very end, where nothing is left to run.
        run.until(&part, true, 2).unwrap();
        let judged = run.until(&part, true, isize::MAX).unwrap();
        assert_eq!(judged.cases.len(), all.cases.len());
        assert_same(&part, &whole);
        fs::remove_dir_all(&part).unwrap();
    }
    fs::remove_dir_all(&whole).unwrap();
}

/// As a case ends; who reads the folder meanwhile does not meet half a file later.
#[test]
fn a_capture_is_written_once() {
    let mut run = Run::new(&root("conformance/suites/cmd"));
    run.selection.names.push("cmd.reg.001".to_owned());
    let (own, other) = (folder("once"), folder("elsewhere"));
    let judged = run.judged(&own, false, isize::MAX).unwrap();
    let capture = own.join("cmd.reg.001.pcapng");
    let kept = fs::read(&capture).unwrap();
    fs::remove_file(&capture).unwrap();
    write_evidence(&judged, false, &own).unwrap();
    assert!(!capture.exists() && own.join("cmd.reg.001.svg").is_file());
    // In another folder there is none yet.
    write_evidence(&judged, false, &other).unwrap();
    assert!(fs::read(other.join("cmd.reg.001.pcapng")).unwrap() == kept);
    fs::remove_dir_all(&own).unwrap();
    fs::remove_dir_all(&other).unwrap();
}

#[test]
fn what_was_cut_short_is_run_again() {
    let run = Run::new(&root("conformance/suites/cmd"));
    let (whole, part) = (folder("uncut"), folder("cut"));
    run.until(&whole, false, isize::MAX).unwrap();
    run.until(&part, false, 9).unwrap();
    let journal = part.join(JOURNAL);
    let text = fs::read_to_string(&journal).unwrap();
    assert!(text.lines().count() > 5, "{}", text.lines().count());
    fs::write(&journal, &text[..text.len() - 40]).unwrap();
    let captures = files(&part).into_iter().find(|(name, _)| name.ends_with(".pcapng"));
    let (name, octets) = captures.unwrap();
    fs::write(part.join(name), &octets[..octets.len() / 2]).unwrap();
    run.until(&part, true, isize::MAX).unwrap();
    assert_same(&part, &whole);
    fs::remove_dir_all(&whole).unwrap();
    fs::remove_dir_all(&part).unwrap();
}

#[test]
fn another_run_is_not_resumed_and_says_what_is_not_the_same() {
    let suites = folder("suites");
    for part in ["cmd", "lib"] {
        fs::create_dir(suites.join(part)).unwrap();
        for entry in fs::read_dir(root("conformance/suites").join(part)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, suites.join(part).join(path.file_name().unwrap())).unwrap();
        }
    }
    let part = folder("another");
    let run = Run::new(&suites);
    run.until(&part, false, 3).unwrap();
    let refused = |run: &Run, what: &str| {
        let said = run.until(&part, true, isize::MAX).err().unwrap();
        assert!(said.contains("cannot be resumed") && said.ends_with(what), "{said}");
    };
    let selection = |change: fn(&mut Selection)| {
        let mut other = Run::new(&suites);
        change(&mut other.selection);
        other
    };
    refused(&selection(|it| it.timing = Timing::Full), "--quick or --full (quick then, full now)");
    refused(&selection(|it| it.names.push("cmd".to_owned())), "which cases are selected");
    refused(&selection(|it| it.tags.push("core".to_owned())), "not the same are which cases are selected");
    let mut other = Run::new(&suites);
    other.profile = Profile::load(&root("conformance/profiles/ref-cmd-proxy.iut.yaml")).unwrap();
    refused(&other, "the profile");
    let script = suites.join("lib/common.lib.yaml");
    let text = fs::read_to_string(&script).unwrap();
    fs::write(&script, text.replace("lifetime: 300s", "lifetime: 304s")).unwrap();
    refused(&Run::new(&suites), "lib/common.lib.yaml");
    fs::write(&script, text).unwrap();
    run.until(&part, true, isize::MAX).unwrap();
    let said = run.until(&part, true, isize::MAX).err().unwrap();
    assert!(said.contains("there is no interrupted run to resume"), "{said}");
    fs::remove_dir_all(&suites).unwrap();
    fs::remove_dir_all(&part).unwrap();
}

#[test]
fn who_does_not_resume_is_told_that_there_was_a_run() {
    let part = folder("told");
    let suites = root("conformance/suites/cmd");
    let mut run = Run::new(&suites);
    run.selection.names.push("cmd.reg".to_owned());
    run.until(&part, false, 2).unwrap();
    let dmm = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dmm"));
        command
            .args(["conform", "run"])
            .arg(&suites)
            .args(["--iut", "ref-cmd", "--quick", "--filter", "cmd.reg"]);
        let output = command.args(more).current_dir(root("")).output().unwrap();
        let text = |octets| String::from_utf8_lossy(octets).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let report = part.to_str().unwrap();
    let (code, said) = dmm(&["--report", report]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("begins anew: --resume would go on with it"), "{said}");
    let (code, said) = dmm(&["--report", report, "--resume"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no interrupted run to resume"), "{said}");
    run.until(&part, false, 2).unwrap();
    let (code, said) = dmm(&["--report", report, "--resume"]);
    assert_eq!(code, Some(0), "{said}");
    // What `--rerun` had chosen is what is gone on with: the report of what has run by then names no failure.
    run.selection.only = Some(vec!["cmd.reg.001".to_owned(), "cmd.reg.002".to_owned()]);
    run.until(&part, false, 1).unwrap();
    let (code, said) = dmm(&["--report", report, "--resume", "--rerun", "failed"]);
    assert!(code == Some(0) && said.contains("2 passed"), "{said}");
    assert_eq!(dmm(&["--resume"]).0, Some(2), "without a folder there is nothing to go on with");
    fs::remove_dir_all(&part).unwrap();
}
