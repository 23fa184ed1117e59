//! `dmm captures`: the collection of captures, made by the tools and the same to the octet each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dmm_captures::CaptureReader;
use dmm_conformance::evidence::file_names;
use dmm_sim::domain::DomainConfig;

use crate::conform::judge_reference;
use crate::{Exit, Failure, journey};

/// The page that lists the collection.
const INDEX: &str = "README.md";
/// The suites, from the root of a checkout: packet comments name their files, so they must be named in one way.
const SUITES: &str = "conformance/suites";

/// A capture of the collection.
struct Capture {
    octets: Vec<u8>,
    /// What it shows.
    shows: String,
    /// The command that makes it.
    origin: String,
}

/// Makes the collection, or says what differs from it.
pub fn run(folder: &Path, check: bool) -> Result<Exit, Failure> {
    let files = collection()?;
    if !check {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
        for name in present(folder)?.iter().filter(|name| !files.contains_key(*name)) {
            let path = folder.join(name);
            fs::remove_file(&path).map_err(|error| Failure::file(&path, error))?;
        }
        for (name, octets) in &files {
            let path = folder.join(name);
            fs::write(&path, octets).map_err(|error| Failure::file(&path, error))?;
        }
        println!("{} files in {}", files.len(), folder.display());
        return Ok(Exit::OK);
    }
    let mut differences = Vec::new();
    for (name, octets) in &files {
        match fs::read(folder.join(name)) {
            Ok(found) if found == *octets => {}
            Ok(_) => differences.push(format!("{name} differs from what the tools make")),
            Err(error) => differences.push(format!("{name}: {error}")),
        }
    }
    let stale = present(folder)?.into_iter().filter(|name| !files.contains_key(name));
    differences.extend(stale.map(|name| format!("{name} is made by nothing")));
    for difference in &differences {
        eprintln!("dmm: {difference}");
    }
    if differences.is_empty() {
        println!("{} files are what the tools make", files.len());
        return Ok(Exit::OK);
    }
    eprintln!("dmm: `dmm captures` makes them anew; look at the differences before you commit them");
    Ok(Exit::FELL_SHORT)
}

/// Every file of the collection by its name: captures, and the page that lists them.
pub fn collection() -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut captures = BTreeMap::new();
    let demo = journey::make(&DomainConfig::default()).write(Vec::new()).map_err(Failure::bench)?;
    let shows = "attachment to MAAR1, handovers to MAAR2 and MAAR3, flows that go on".to_owned();
    captures.insert("demo.pcapng".to_owned(), Capture { octets: demo, shows, origin: "dmm demo".to_owned() });
    if !Path::new(SUITES).is_dir() {
        return Err(Failure::usage(format!(
            "there is no {SUITES} here: start `dmm captures` in the root of a checkout"
        )));
    }
    let cases = judge_reference("ref-cmd", Path::new(SUITES))?.cases;
    let names = file_names(cases.iter().map(|case| case.name.as_str()));
    for (case, name) in cases.into_iter().zip(names) {
        if case.capture.is_empty() {
            continue;
        }
        let shows = format!("{}: {}", case.title, case.verdict);
        let script = case.at.rsplit_once(':').map_or(case.at.as_str(), |(script, _)| script);
        let origin = format!("dmm conform run {script} --iut ref-cmd");
        captures.insert(format!("{name}.pcapng"), Capture { octets: case.capture, shows, origin });
    }
    let index = index(&captures)?;
    let mut files: BTreeMap<_, _> =
        captures.into_iter().map(|(name, capture)| (name, capture.octets)).collect();
    files.insert(INDEX.to_owned(), index.into_bytes());
    Ok(files)
}

fn index(captures: &BTreeMap<String, Capture>) -> Result<String, Failure> {
    let mut page = "# Captures\n\n\
        Made by the tools in virtual time, the same to the octet each time; `dmm captures --check` says whether they \
        still are, `dmm captures` makes\nthem anew. Open one in Wireshark with the plugin installed: \
        `dmm plugin install`.\n\n\
        | file | packets | what it shows | made by |\n|---|---:|---|---|\n"
        .to_owned();
    for (name, Capture { octets, shows, origin }) in captures {
        let reader = CaptureReader::from_octets(octets.clone()).map_err(Failure::bench)?;
        page += &format!("| [{name}]({name}) | {} | {shows} | `{origin}` |\n", reader.count());
    }
    Ok(page)
}

/// The captures that are there.
fn present(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| Failure::file(folder, error))? {
        let name =
            entry.map_err(|error| Failure::file(folder, error))?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "pcapng") {
            names.push(name);
        }
    }
    Ok(names)
}
