//! The catalogue of requirements, as a table that `build.rs` makes of it.

/// One testable sentence.
#[derive(Debug)]
pub(crate) struct Requirement {
    /// `RFC8885-R4.5.2`.
    pub(crate) id: &'static str,
    /// `MUST`, `SHOULD` ... or `implied`.
    pub(crate) level: &'static str,
    /// `RFC 8885 §4.5`.
    pub(crate) section: &'static str,
    /// What it says, mostly in the RFC's words.
    pub(crate) sentence: &'static str,
    /// The rules that judge it on every packet: `length.prev_maar`.
    invariants: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/requirements.rs"));

/// The requirement with this id.
pub(crate) fn by_id(id: &str) -> Option<&'static Requirement> {
    REQUIREMENTS.iter().find(|requirement| requirement.id == id)
}

/// The requirement that a rule judges on a message or option; `length.*` stands for any other.
pub(crate) fn by_rule(rule: &str, name: &str) -> Option<&'static Requirement> {
    let judged = |on: &str| {
        REQUIREMENTS.iter().find(|requirement| {
            let mut names = requirement.invariants.iter().filter_map(|name| name.split_once('.'));
            names.any(|(found, name)| found == rule && name == on)
        })
    };
    judged(name).or_else(|| judged("*"))
}

/// The rules that the catalogue names, each once.
#[cfg(test)]
pub(crate) fn rules() -> std::collections::BTreeSet<&'static str> {
    let invariants = REQUIREMENTS.iter().flat_map(|requirement| requirement.invariants);
    invariants.filter_map(|name| name.split_once('.')).map(|(rule, _)| rule).collect()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_rule_finds_its_requirement() {
        let id = |rule, name| by_rule(rule, name).map(|requirement| requirement.id);
        assert_eq!(id("length", "prev_maar"), Some("RFC8885-R4.5.2"));
        assert_eq!(id("length", "hnp"), Some("RFC8885-R4.1.7"));
        assert_eq!(id("padding", "padn"), Some("B5"));
        assert_eq!(id("no_such_rule", "padn"), None);
        assert_eq!(
            by_id("RFC8885-R3.6.3").map(|found| (found.level, found.section)),
            Some(("MUST", "RFC 8885 §3.6"))
        );
    }
}
