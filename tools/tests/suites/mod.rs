//! All suites of the project against a node that is not quite the reference.

use std::path::Path;

use dmm::conform::{self, Inputs, Judged};
use dmm::reference::{Make, Reference};
use dmm_conformance::{Profile, Selection};

/// The profile of one of the references.
pub(crate) fn profile(name: &str) -> Profile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../conformance/profiles/{name}.iut.yaml"));
    Profile::load(&path).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What the suites say of what is made in the place of the reference.
pub(crate) fn judged(profile: &Profile, make: Make) -> Judged {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let (suites, requirements) = ([root.join("suites")], root.join("requirements"));
    let inputs = Inputs { paths: &suites, profile, requirements: &requirements };
    let reference = Reference::of(profile).made_by(make);
    let judged = conform::judge(&inputs, &Selection::default(), &|| Box::new(reference.clone()));
    judged.expect("the suites can be read")
}
