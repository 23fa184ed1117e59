#![no_main]

#[path = "../../codec/tests/fuzz_bodies/mod.rs"]
#[allow(dead_code, reason = "the other targets use the rest")]
mod fuzz_bodies;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzz_bodies::packet(octets));
