//! Whether what RFC 8885 asks of a node is cited where it is obeyed, or stands here with the reason why not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Requirements that no line of a node obeys by itself, and who does.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &[
            "R4.1.1", "R4.1.5", "R4.1.6", "R4.1.7", "R4.2.1", "R4.2.5", "R4.2.6", "R4.3.1", "R4.3.2",
            "R4.3.3", "R4.3.4", "R4.3.5", "R4.3.6", "R4.3.7", "R4.3.9", "R4.4.1", "R4.4.2", "R4.4.3",
            "R4.4.4", "R4.4.5", "R4.4.6", "R4.4.9", "R4.5.1", "R4.5.2", "R4.5.3", "R4.5.4", "R4.5.5",
            "R4.5.7", "R4.5.9", "R4.5.10", "R4.6.1", "R4.6.2", "R4.6.3", "R4.7.1", "R4.7.2", "R4.8.1",
            "R4.8.2", "R4.8.3", "R4.8.4", "R4.8.5", "R5.1", "R5.2", "R5.3", "B5", "B13", "A18", "A19", "A20",
            "A21",
        ],
        "octets are the codec's: its tables of options and messages, its tests",
    ),
    (&["R3.0.2", "R3.0.4", "R4.1.8", "R4.2.7"], "sums up what others ask in single sentences"),
    (&["R3.1.10", "R3.1.12", "R3.7.16", "R3.7.9"], "about mobile nodes and routing beside the node"),
    (&["R3.2.21"], "the limit of P-MAARs (R6.5) is what erases old sessions"),
    (&["R4.3.10", "R4.3.11"], "no node sends option 65: RFC 5213's option 22 says the same (stance A4)"),
    (&["B3", "B4"], "a SHOULD: the kernel speaks ICMPv6, and a node has no socket for it"),
    (&["R6.1", "A46"], "IPsec is the kernel's, under the sockets"),
    (&["A48", "A49", "A50"], "about the RFC's wording"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All Rust sources below a folder.
fn sources(folder: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("requirements.rs")
        {
            into.push(fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// Whether a character can be a part of an identifier.
fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '.'
}

/// The identifiers that a text cites, `R3.6.2 to R3.6.4` as three, and those in the names of tests.
fn cited(text: &str, into: &mut BTreeSet<String>) {
    for name in text.split("fn ").skip(1) {
        let Some(rest) = name.strip_prefix(['r', 'a', 'b']) else { continue };
        let numbers: Vec<&str> = rest
            .split('_')
            .take_while(|part| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty())
            .collect();
        into.insert(format!("{}{}", name[..1].to_uppercase(), numbers.join(".")));
    }
    let words: Vec<&str> = text.split(|c| !is_part(c)).map(|word| word.trim_end_matches('.')).collect();
    let number = |word: &str| word.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok();
    for (index, word) in words.iter().enumerate() {
        into.insert((*word).to_owned());
        if let [first, "to", last] = words[index..].get(..3).unwrap_or(&[])
            && let (Some(from), Some(to)) = (number(first), number(last))
        {
            let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
            into.extend((from..=to.min(from + 100)).map(|n| format!("{stem}{n}")));
        }
    }
}

/// The identifiers of the catalogue, and of what it says about unclear places.
fn catalogue() -> BTreeSet<String> {
    let folder = root().join("conformance/requirements");
    let mut ids = BTreeSet::new();
    for name in ["rfc8885.req.yaml", "inherited.req.yaml"] {
        let text = fs::read_to_string(folder.join(name)).expect("the catalogue");
        let found = text.lines().filter_map(|line| line.trim().strip_prefix("- id: "));
        ids.extend(found.map(|id| id.trim_start_matches("RFC8885-").to_owned()));
    }
    let mut words = BTreeSet::new();
    cited(&fs::read_to_string(folder.join("ambiguities.md")).expect("the unclear places"), &mut words);
    let is_stance = |word: &&String| {
        word.strip_prefix('A').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    };
    ids.extend(words.iter().filter(is_stance).cloned());
    ids
}

#[test]
fn every_requirement_is_cited_where_a_node_obeys_it_or_stands_here_with_a_reason() {
    let (mut texts, mut known) = (Vec::new(), BTreeSet::new());
    sources(&root().join("reference-nodes"), &mut texts);
    for text in &texts {
        cited(text, &mut known);
    }
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().flat_map(|(ids, _)| *ids).copied().collect();
    let all = catalogue();
    assert!(all.len() > 180, "{} identifiers: the catalogue is not what was expected", all.len());
    let missing: Vec<&String> =
        all.iter().filter(|id| !known.contains(*id) && !elsewhere.contains(id.as_str())).collect();
    assert_eq!(missing, Vec::<&String>::new(), "neither cited in reference-nodes nor listed here");
    let strange: Vec<&&str> = elsewhere.iter().filter(|id| !all.contains(**id)).collect();
    assert_eq!(strange, Vec::<&&str>::new(), "not in the catalogue");
}
