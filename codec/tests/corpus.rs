//! Replays the corpus of the fuzz targets, so that what fuzzing once found stays found without a nightly toolchain.

mod fuzz_bodies;

use std::fs;
use std::path::Path;

#[test]
fn the_corpus_of_every_fuzz_target_holds_what_it_promises() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, body) in fuzz_bodies::BODIES {
        let folder = corpus.join(name);
        let mut replayed = 0;
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            println!("{}", path.display()); // shown when the body panics
            body(&fs::read(&path).unwrap());
            replayed += 1;
        }
        assert!(replayed > 0, "{} is empty", folder.display());
    }
}
