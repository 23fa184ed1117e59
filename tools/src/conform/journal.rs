//! What a run has found out so far, kept in its folder as it comes: a line of JSON for each case, behind one that says which run
//! it is, and each case's capture beside it. A run that was interrupted goes on from there; one that has come to its end has left
//! its reports, and no journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use dmm_conformance::evidence::file_names;
use dmm_conformance::report::counted;
use dmm_conformance::{CaseResult, Catalogue, Instance, Profile, Selection};
use serde::{Deserialize, Serialize};

use super::evidence::capture_name;
use super::timing_name;
use crate::Failure;

/// The name of the journal in the folder of a run.
pub(super) const JOURNAL: &str = "unfinished.jsonl";

/// Which run it is: what has to be the same, or cases of one are none of the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    engine: String,
    clock: String,
    timing: String,
    names: Vec<String>,
    /// What `--rerun` chose; it is taken from here when the run is resumed.
    pub(super) only: Option<Vec<String>>,
    tags: Vec<String>,
    profile: String,
    /// Files by their names: scripts, and what they include.
    scripts: BTreeMap<String, String>,
    requirements: String,
    /// What was found out before the first case; it may be different when the run is resumed.
    pub(super) env: Vec<String>,
}

impl Identity {
    pub(super) fn of(
        plan: &[Instance],
        profile: &Profile,
        catalogue: &Catalogue,
        selection: &Selection,
        (clock, env): (&str, &[String]),
    ) -> Result<Self, Failure> {
        let files = plan.iter().flat_map(|instance| &instance.case.sources);
        let requirements: Vec<_> = catalogue.iter().collect();
        Ok(Self {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            clock: clock.to_owned(),
            timing: timing_name(selection.timing).to_owned(),
            names: selection.names.clone(),
            only: selection.only.clone(),
            tags: selection.tags.clone(),
            profile: profile.source.text.clone(),
            scripts: files.map(|source| (source.name.clone(), source.text.clone())).collect(),
            requirements: serde_json::to_string(&requirements).map_err(Failure::bench)?,
            env: env.to_vec(),
        })
    }

    /// What is not the same, in words.
    fn differs(&self, now: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |is_same: bool, what: &str| {
            if !is_same {
                differences.push(what.to_owned());
            }
        };
        let both = |what: &str, then: &str, now: &str| format!("{what} ({then} then, {now} now)");
        compare(self.engine == now.engine, &both("the engine", &self.engine, &now.engine));
        compare(self.clock == now.clock, &both("the clock", &self.clock, &now.clock));
        compare(self.timing == now.timing, &both("--quick or --full", &self.timing, &now.timing));
        let selected = |it: &Self| (it.names.clone(), it.only.clone(), it.tags.clone());
        compare(selected(self) == selected(now), "which cases are selected");
        compare(self.profile == now.profile, "the profile");
        compare(self.requirements == now.requirements, "the requirement catalogue");
        if selected(self) != selected(now) {
            // Other cases have other scripts.
            return differences;
        }
        let names: BTreeSet<&String> = self.scripts.keys().chain(now.scripts.keys()).collect();
        for name in names {
            compare(self.scripts.get(name) == now.scripts.get(name), name);
        }
        differences
    }
}

/// A line of the journal behind the first.
#[derive(Serialize, Deserialize)]
struct Line {
    /// How many octets its capture has, so that one that was cut short is noticed.
    capture: usize,
    result: CaseResult,
}

/// The captures that a journal has put into its folder.
pub(super) struct Kept {
    folder: PathBuf,
    /// Names of files by those of cases.
    names: BTreeMap<String, String>,
}

impl Kept {
    /// Whether a case's capture is in a folder by this name.
    pub(super) fn has(&self, folder: &Path, case: &str, name: &str) -> bool {
        folder == self.folder && self.names.get(case).is_some_and(|it| it == name)
    }

    fn path(&self, case: &str) -> Option<PathBuf> {
        Some(self.folder.join(capture_name(self.names.get(case)?)))
    }
}

/// A journal while its run lasts.
pub(super) struct Journal {
    captures: Kept,
    file: File,
    /// Whether each line is on the disk before the next case begins: cases on the wire are worth it.
    is_durable: bool,
}

/// A journal, and what it holds.
pub(super) struct Opened {
    pub(super) journal: Journal,
    /// Results of cases that have run.
    pub(super) results: Vec<CaseResult>,
    /// What had been found out before the first of them.
    pub(super) env: Vec<String>,
}

impl Journal {
    /// Begins a journal, or takes up the one that is there.
    pub(super) fn open(
        folder: &Path,
        identity: &Identity,
        plan: &[Instance],
        is_resumed: bool,
    ) -> Result<Opened, Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
        let path = folder.join(JOURNAL);
        let cases = plan.iter().map(|instance| instance.name.as_str());
        let names = cases.clone().map(str::to_owned).zip(file_names(cases)).collect();
        let captures = Kept { folder: folder.to_owned(), names };
        let is_durable = identity.clock == "wire";
        let (mut lines, mut results, mut env) = (Vec::new(), Vec::new(), identity.env.clone());
        if is_resumed {
            let (then, kept) = read(&path)?;
            let differences = then.differs(identity);
            if !differences.is_empty() {
                return Err(Failure::usage(format!(
                    "the run in {} was another, and cannot be resumed: not the same are {}",
                    folder.display(),
                    differences.join(", ")
                )));
            }
            env.clone_from(&then.env);
            let new = identity.env.iter().filter(|line| !then.env.contains(line));
            env.extend(new.map(|line| format!("when resumed, {line}")));
            lines
                .push(serde_json::to_string(&Identity { env: env.clone(), ..then }).map_err(Failure::bench)?);
            for (text, line) in kept {
                if let Some(result) = whole(&captures, line) {
                    lines.push(text);
                    results.push(result);
                }
            }
        } else {
            if let Ok((then, kept)) = read(&path) {
                let resumable = if then.differs(identity).is_empty() {
                    "--resume would go on with it"
                } else {
                    "it was another"
                };
                let (folder, ran) = (folder.display(), counted(kept.len(), "case"));
                eprintln!(
                    "dmm: {folder} has an interrupted run with {ran} done, and begins anew: {resumable}"
                );
            }
            lines.push(serde_json::to_string(identity).map_err(Failure::bench)?);
        }
        // In the place of the old one at once: a line that was cut short is gone, and nothing else.
        let fresh = folder.join(format!("{JOURNAL}.new"));
        let written = || -> std::io::Result<File> {
            fs::write(&fresh, lines.join("\n") + "\n")?;
            File::open(&fresh)?.sync_all()?;
            fs::rename(&fresh, &path)?;
            OpenOptions::new().append(true).open(&path)
        };
        let file = written().map_err(|error| Failure::file(&path, error))?;
        Ok(Opened { journal: Self { captures, file, is_durable }, results, env })
    }

    /// Keeps what became of a case: the capture first, so that whoever reads the line finds it.
    pub(super) fn keep(&mut self, result: &CaseResult) -> Result<(), Failure> {
        let write = |file: &mut File, octets: &[u8], is_durable: bool| {
            file.write_all(octets)?;
            if is_durable { file.sync_data() } else { Ok(()) }
        };
        let path = self.captures.path(&result.name).filter(|_| !result.capture.is_empty());
        if let Some(path) = path {
            let written =
                File::create(&path).and_then(|mut file| write(&mut file, &result.capture, self.is_durable));
            written.map_err(|error| Failure::file(&path, error))?;
        }
        let line = Line { capture: result.capture.len(), result: result.clone() };
        let line = serde_json::to_string(&line).map_err(Failure::bench)? + "\n";
        write(&mut self.file, line.as_bytes(), self.is_durable)
            .map_err(|error| Failure::file(&self.captures.folder.join(JOURNAL), error))
    }

    /// What it leaves in the folder for the reports.
    pub(super) fn kept(self) -> Kept {
        self.captures
    }
}

/// A result with its capture; none where that is not as it was written.
fn whole(captures: &Kept, line: Line) -> Option<CaseResult> {
    let mut result = line.result;
    if line.capture > 0 {
        result.capture = fs::read(captures.path(&result.name)?).ok()?;
    }
    (result.capture.len() == line.capture).then_some(result)
}

/// Which cases `--rerun` had chosen for the interrupted run in a folder.
pub(super) fn selected(folder: &Path) -> Result<Option<Vec<String>>, Failure> {
    Ok(read(&folder.join(JOURNAL))?.0.only)
}

/// The reports of the run are written: there is nothing to resume.
pub(super) fn end(folder: &Path) -> Result<(), Failure> {
    let path = folder.join(JOURNAL);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::file(&path, error)),
        _ => Ok(()),
    }
}

/// What a journal says: which run it is of, and its lines up to the first that was cut short.
fn read(path: &Path) -> Result<(Identity, Vec<(String, Line)>), Failure> {
    let nothing = |why: &dyn std::fmt::Display| {
        Failure::usage(format!("there is no interrupted run to resume: {}: {why}", path.display()))
    };
    let text = fs::read_to_string(path).map_err(|error| nothing(&error))?;
    let mut lines = text.lines();
    let identity = serde_json::from_str(lines.next().unwrap_or_default()).map_err(|error| nothing(&error))?;
    let kept = lines.map_while(|text| Some((text.to_owned(), serde_json::from_str(text).ok()?)));
    Ok((identity, kept.collect()))
}
