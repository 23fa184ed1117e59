//! Tests in network namespaces of their own: the test's program starts itself once more inside.

use dmm::lab;

/// Runs a test in namespaces of its own; where there can be none, passes over it.
pub(crate) fn in_namespaces(test: &str, body: impl FnOnce()) {
    if lab::is_inside() {
        return body();
    }
    if let Some(obstacle) = lab::obstacle() {
        eprintln!("passed over, since there can be no network namespaces here: {obstacle}");
        return;
    }
    let mut command = lab::again().unwrap();
    let output = command.args([test, "--exact", "--nocapture"]).output().unwrap();
    let printed = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{}", printed.concat());
    assert!(printed[0].contains("1 passed"), "the test ran inside: {}", printed.concat());
    // For who asks for it: `--nocapture`.
    println!("{}", printed.concat());
}
