//! A CMD or LMA that is killed under load has what it acknowledged. `cargo run --release -p dmm --bin kill` does so a thousand times.

use std::process::Command;

fn twenty_kills(role: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_kill"))
        .args(["--times", "20", "--role", role])
        .output()
        .expect("it is built");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.ends_with(" 0 lost\n"), "{said}");
    let seen: u64 = said.split(' ').nth(2).and_then(|number| number.parse().ok()).expect("a number");
    assert!(seen > 200, "there was load: {said}");
}

#[test]
fn a_cmd_that_is_killed_twenty_times_loses_nothing_that_it_acknowledged() {
    twenty_kills("cmd");
}

#[test]
fn an_lma_that_is_killed_twenty_times_loses_nothing_that_it_acknowledged() {
    twenty_kills("lma");
}
