//! Replays the corpus of the fuzz target `capture`, and every capture of the collection through what it checks.

mod fuzz_bodies;

use std::fs;
use std::path::Path;

#[test]
fn the_corpus_and_the_collection_hold_what_the_fuzz_target_promises() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in [root.join("../fuzz/corpus/capture"), root.to_path_buf()] {
        let mut replayed = 0;
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder that can be read").path();
            let is_capture = path.extension().is_none_or(|extension| extension == "pcapng");
            if !path.is_file() || !is_capture {
                continue;
            }
            println!("{}", path.display()); // shown when the body panics
            fuzz_bodies::capture(&fs::read(&path).expect("a file that can be read"));
            replayed += 1;
        }
        assert!(replayed > 0, "{} has nothing to replay", folder.display());
    }
}
