//! Puts the catalogue of requirements into the plugin as a table, so that ids and sentences are said in one place.

use std::path::Path;
use std::{env, fs};

use serde::Deserialize;

#[derive(Deserialize)]
struct Catalogue {
    requirements: Vec<Requirement>,
}

#[derive(Deserialize)]
struct Requirement {
    id: String,
    level: String,
    section: String,
    sentence: String,
    #[serde(default)]
    invariants: Vec<String>,
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/requirements");
    let mut requirements = Vec::new();
    for name in ["rfc8885.req.yaml", "inherited.req.yaml"] {
        let path = folder.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let catalogue: Catalogue =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        requirements.extend(catalogue.requirements);
    }
    let mut table =
        String::from("/// Every testable sentence.\npub(crate) const REQUIREMENTS: &[Requirement] = &[\n");
    for Requirement { id, level, section, sentence, invariants } in requirements {
        table += &format!(
            "    Requirement {{ id: {id:?}, level: {level:?}, section: {section:?}, sentence: {sentence:?}, \
             invariants: &{invariants:?} }},\n"
        );
    }
    table += "];\n";
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    let path = Path::new(&folder).join("requirements.rs");
    fs::write(&path, table).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
