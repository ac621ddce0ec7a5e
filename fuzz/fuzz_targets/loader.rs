//! What was dropped, read from its outside.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| jackfield_fuzz::loader::run(bytes));
