#![no_main]

#[path = "../../conformance/engine/tests/fuzz_body/mod.rs"]
mod fuzz_body;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzz_body::script(octets));
