//! What an agent program printed, split anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| jackfield_fuzz::reading::run(bytes));
