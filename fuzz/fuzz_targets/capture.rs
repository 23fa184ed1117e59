#![no_main]

#[path = "../../captures/tests/fuzz_bodies/mod.rs"]
mod fuzz_bodies;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzz_bodies::capture(octets));
