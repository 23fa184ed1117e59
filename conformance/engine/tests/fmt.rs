//! One form for every file: what differs from it is put into it, what is in it stays, and nothing says something else.

#[allow(dead_code, reason = "the other tests use the rest")]
mod project;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dmm_conformance::script::fmt::format;
use dmm_conformance::script::span::Source;
use pretty_assertions::assert_eq;
use project::folder;

fn formatted(text: &str) -> Result<String, String> {
    let source = Arc::new(Source { name: "t.test.yaml".to_string(), text: text.to_string() });
    format(&source).map_err(|error| error.to_string())
}

#[test]
fn keys_have_an_order_and_comments_stay_with_them() {
    let messy = "# of the file\r\n\r\n\r\ndmm: 1\r\n# what is judged   \r\nsteps:   # first\r\n  - {wait: 1s}  \r\n\r\n\r\n\r\n# who it is\r\nid: t.1\r\ntitle: t\r\n\r\n";
    let good = "# of the file\n\ndmm: 1\n# who it is\nid: t.1\ntitle: t\n\n# what is judged\nsteps:   # first\n  - {wait: 1s}\n";
    assert_eq!(formatted(messy).expect("it can be read"), good);
    assert_eq!(formatted(good).expect("it can be read"), good);
}

#[test]
fn what_would_say_something_else_is_refused() {
    let text = "dmm: 1\npurpose: |\n  two  \n\n\n\n  lines\ntitle: t\n";
    assert!(formatted(text).expect_err("blank lines of a text").contains("something else"));
    assert!(formatted("{dmm: 1, id: t.1}\n").is_ok_and(|text| text == "{dmm: 1, id: t.1}\n"));
    assert!(
        formatted("{id: t.1, dmm: 1}\n").is_ok_and(|text| text == "{id: t.1, dmm: 1}\n"),
        "a line has no order"
    );
    assert!(formatted("- 1\n").is_err());
}

#[test]
fn every_file_of_the_project_is_in_its_form() {
    let mut files = Vec::new();
    for part in ["suites", "profiles"] {
        find(&folder(part), &mut files);
    }
    assert!(files.len() > 50);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a file");
        assert_eq!(formatted(&text).expect("it can be read"), text, "{}: dmm conform fmt", path.display());
    }
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, files);
        } else {
            files.push(path);
        }
    }
}
