//! The catalogue of requirements: `*.req.yaml`, one entry per testable sentence of an RFC.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::script::case::file;
use crate::script::fields::{Fields, list, text, texts};
use crate::script::source::{files, read};
use crate::script::span::{LoadError, LoadErrors, Source};
use crate::script::yaml::parse;

/// One testable sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// `RFC8885-R3.2.10`.
    pub id: String,
    /// `MUST`, `SHOULD` ... as in the RFC; `implied` for a rule of the wire or of a procedure without a keyword.
    pub level: String,
    /// Who must obey it.
    pub actor: String,
    /// Where it stands: `RFC 8885 §3.2`.
    pub section: String,
    /// What it says.
    pub sentence: String,
    /// Whether `sentence` is the RFC's own words.
    pub verbatim: bool,
    /// How it can be seen: `wire`, `data`, `state`.
    pub observable: Vec<String>,
    /// How it is tested, and how an unclear place is read.
    pub note: String,
    /// Passive rules that judge it on every packet: `length.prev_maar`.
    pub invariants: Vec<String>,
}

/// All requirements that scripts may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    requirements: BTreeMap<String, Requirement>,
    invariants: BTreeMap<String, String>,
}

impl FromIterator<Requirement> for Catalogue {
    fn from_iter<I: IntoIterator<Item = Requirement>>(requirements: I) -> Self {
        let mut catalogue = Self::default();
        for requirement in requirements {
            let of = |invariant: &String| (invariant.clone(), requirement.id.clone());
            catalogue.invariants.extend(requirement.invariants.iter().map(of));
            catalogue.requirements.insert(requirement.id.clone(), requirement);
        }
        catalogue
    }
}

impl Catalogue {
    /// Reads every `*.req.yaml` of the files and folders given.
    pub fn load(paths: &[PathBuf]) -> Result<Self, LoadErrors> {
        let mut sources = Vec::new();
        for path in paths {
            for file in files(path, ".req.yaml")? {
                sources.push(read(&file)?);
            }
        }
        Self::parse(&sources)
    }

    /// Reads catalogues that are already in memory.
    pub fn parse(sources: &[Arc<Source>]) -> Result<Self, LoadErrors> {
        let mut catalogue = Self::default();
        let mut errors = LoadErrors::default();
        for source in sources {
            errors.keep(catalogue.add(source));
        }
        errors.or(catalogue)
    }

    fn add(&mut self, source: &Arc<Source>) -> Result<(), LoadError> {
        let mut fields = file(parse(source)?, "a catalogue")?;
        fields.text("source")?;
        for node in list(fields.require("requirements")?, "requirements")? {
            let span = node.span.clone();
            let mut fields = Fields::of(node, "a requirement")?;
            let requirement = Requirement {
                id: fields.require_text("id")?,
                level: fields.require_text("level")?,
                actor: fields.require_text("actor")?,
                section: fields.require_text("section")?,
                sentence: fields.require_text("sentence")?,
                verbatim: fields.flag("verbatim")?,
                observable: texts(&fields.list("observable")?, "observable")?,
                note: fields.take("note").map_or(Ok(String::new()), |node| text(&node, "note"))?,
                invariants: texts(&fields.list("invariants")?, "invariants")?,
            };
            fields.finish()?;
            for invariant in &requirement.invariants {
                if let Some(other) = self.invariants.insert(invariant.clone(), requirement.id.clone()) {
                    return Err(span.error(format!("the invariant `{invariant}` is already that of {other}")));
                }
            }
            let id = requirement.id.clone();
            if self.requirements.insert(id.clone(), requirement).is_some() {
                return Err(span.error(format!("the requirement {id} stands here twice")));
            }
        }
        fields.finish()
    }

    /// The requirement of this id.
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.requirements.get(id)
    }

    /// All requirements by id, as people count: R3.2.2 stands before R3.2.10.
    pub fn iter(&self) -> impl Iterator<Item = &Requirement> {
        let mut all: Vec<&Requirement> = self.requirements.values().collect();
        all.sort_by_cached_key(|requirement| counted(&requirement.id));
        all.into_iter()
    }

    /// The requirement that a passive rule judges, as in `length` and `prev_maar`; `length.*` stands for any other.
    pub fn invariant(&self, rule: &str, name: &str) -> Option<&Requirement> {
        let id = self
            .invariants
            .get(&format!("{rule}.{name}"))
            .or_else(|| self.invariants.get(&format!("{rule}.*")));
        id.and_then(|id| self.get(id))
    }
}

/// What an id is sorted by: its letters as they are, its numbers as numbers.
fn counted(id: &str) -> Vec<(u32, char)> {
    let mut parts: Vec<(u32, char)> = Vec::new();
    for letter in id.chars() {
        match (letter.to_digit(10), parts.last_mut()) {
            (Some(digit), Some((number, '0'))) => *number = number.saturating_mul(10).saturating_add(digit),
            (Some(digit), _) => parts.push((digit, '0')),
            (None, _) => parts.push((0, letter)),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_as_people_count() {
        let mut ids = ["B10", "RFC8885-R3.2.10", "B2", "RFC8885-R3.2.2", "RFC8885-R3.10.1", "B2a"];
        ids.sort_by_key(|id| counted(id));
        assert_eq!(ids, ["B2", "B2a", "B10", "RFC8885-R3.2.2", "RFC8885-R3.2.10", "RFC8885-R3.10.1"]);
    }
}
