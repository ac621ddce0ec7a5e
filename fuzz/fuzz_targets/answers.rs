//! What comes back from a component, held to its contract.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| jackfield_fuzz::answers::run(bytes));
