//! A suite: every script below some folders, with what it includes, looked through for mistakes that a run would trip
//! over.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::case::{Parsed, library, test};
use super::lint;
use super::model::{Library, TestCase};
use super::source::{files, read};
use super::span::{LoadErrors, Source};
use super::yaml::parse;
use crate::requirement::Catalogue;

/// Scripts that can be run.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// By id.
    pub cases: Vec<Arc<TestCase>>,
    /// What its requirement ids mean.
    pub catalogue: Arc<Catalogue>,
    /// What is worth a word, but no reason not to run.
    pub warnings: LoadErrors,
}

impl Suite {
    /// Reads every `*.test.yaml` of the files and folders given, with what they include.
    pub fn load(paths: &[PathBuf], catalogue: &Catalogue) -> Result<Self, LoadErrors> {
        let mut sources = Vec::new();
        for path in paths {
            for file in files(path, ".test.yaml")? {
                sources.push(read(&file)?);
            }
        }
        Self::parse(&sources, catalogue, &mut |path| read(Path::new(path)))
    }

    /// Reads scripts that are already in memory; `include` gives the files that they name.
    pub fn parse(
        sources: &[Arc<Source>],
        catalogue: &Catalogue,
        include: &mut dyn FnMut(&str) -> Result<Arc<Source>, LoadErrors>,
    ) -> Result<Self, LoadErrors> {
        let mut suite = Self { catalogue: Arc::new(catalogue.clone()), ..Self::default() };
        let mut errors = LoadErrors::default();
        let mut libraries: BTreeMap<String, (Arc<Source>, Library)> = BTreeMap::new();
        for source in sources {
            let parsed = parse(source).map_err(LoadErrors::from).and_then(test);
            let variants = match parsed {
                Ok(parsed) => parsed,
                Err(found) => {
                    errors.0.extend(found.0);
                    continue;
                }
            };
            for Parsed { mut case, include: names } in variants {
                let before = errors.0.len();
                for name in names {
                    let path = beside(&source.name, &name.value);
                    if !libraries.contains_key(&path) {
                        let read = include(&path).map_err(|_| {
                            let what = format!("there is no file `{path}` to include");
                            LoadErrors::from(name.span.error(what))
                        });
                        match read.and_then(|source| Ok((Arc::clone(&source), library(parse(&source)?)?))) {
                            Ok(read) => {
                                libraries.insert(path.clone(), read);
                            }
                            Err(found) => {
                                errors.extend_new(found);
                                continue;
                            }
                        }
                    }
                    let (source, library) = libraries[&path].clone();
                    case.sources.push(source);
                    case.library.templates.extend(library.templates);
                    case.library.procedures.extend(library.procedures);
                }
                if errors.0.len() == before {
                    let mut found = LoadErrors::default();
                    let mut warnings = LoadErrors::default();
                    lint::case(&case, catalogue, &mut found, &mut warnings);
                    errors.extend_new(found);
                    suite.warnings.extend_new(warnings);
                }
                suite.cases.push(Arc::new(case));
            }
        }
        suite.cases.sort_by(|a, b| a.id.value.cmp(&b.id.value));
        for pair in suite.cases.windows(2) {
            // Variants of a case share its id, and the place of it.
            if pair[0].id.value == pair[1].id.value && pair[0].id.span != pair[1].id.span {
                let what = format!("the id `{}` is already that of {}", pair[1].id.value, pair[0].id.span);
                errors.0.push(pair[1].id.span.error(what));
            }
        }
        errors.or(suite)
    }
}

/// `../lib/common.lib.yaml` as seen from `cmd/reg-001.test.yaml` is `lib/common.lib.yaml`.
fn beside(from: &str, name: &str) -> String {
    let mut path = Path::new(from).parent().map(Path::to_path_buf).unwrap_or_default();
    for part in Path::new(name).components() {
        match part {
            Component::ParentDir if matches!(path.components().next_back(), Some(Component::Normal(_))) => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path.display().to_string()
}
