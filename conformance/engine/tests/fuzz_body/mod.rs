//! What the fuzz target `script` does with its octets, here too so that a stable test does the same.

use std::sync::Arc;

use dmm_conformance::script::span::Source;
use dmm_conformance::{Catalogue, LoadErrors, Profile, Selection, Suite};

/// Whatever the octets are, they are a script, a library, a profile and a catalogue, or are refused; and a script that
/// is none makes no plan.
pub(crate) fn script(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let source = |name: &str, text: &str| Arc::new(Source { name: name.to_string(), text: text.to_string() });
    let asked = source("fuzz.test.yaml", text);
    let _ = Catalogue::parse(&[Arc::clone(&asked)]);
    let profile = Profile::parse(&asked);
    let mut include = |name: &str| Ok::<_, LoadErrors>(source(name, text));
    let suite = Suite::parse(&[Arc::clone(&asked)], &Catalogue::default(), &mut include);
    let usual =
        source("p.iut.yaml", "dmm: 1\nname: p\nroles: [cmd]\naddr: \"2001:db8::1\"\npics: {cmd: true}\n");
    let profile = profile.or_else(|_| Profile::parse(&usual));
    if let (Ok(suite), Ok(profile)) = (suite, profile) {
        let _ = suite.plan(&profile, &Selection::default());
    }
}
