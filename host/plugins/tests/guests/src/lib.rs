//! Components that do as they are told, also where they are told to misbehave: the task's type, the
//! instruction or the bytes fed say how. The components are the examples of this crate,
//! one world each.
//!
//! Names and versions have a fixed length, so that a test can make other components of one build by
//! writing over them in its bytes.

#![no_std]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What every guest calls itself.
pub const NAME: &str = "guest-name-a";
/// The version that every guest says it has.
pub const VERSION: &str = "1.4.2";

/// Whether it does as it is told; a test can write `ignores!` over it.
const MANNERS: &str = "obeys-me";

/// What it was told, unless it does not listen.
pub fn told(how: &str) -> &str {
    if text(MANNERS).starts_with('o') { how } else { "" }
}

/// Misbehaves if it is told to.
pub fn behave(how: &str) {
    match told(how) {
        "loop" => loop {
            core::hint::black_box(());
        },
        "bomb" => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(core::hint::black_box(alloc::vec![1; 1 << 20]));
            }
        }
        "trap" => panic!("the guest was told to trap"),
        "recurse" => {
            core::hint::black_box(recurse(1));
        }
        _ => {}
    }
}

#[allow(unconditional_recursion)]
fn recurse(depth: u64) -> u64 {
    core::hint::black_box(recurse(core::hint::black_box(depth) + 1)) + 1
}

/// Read where the compiler cannot see what it is, so that it is one piece in the data.
pub fn text(constant: &'static str) -> String {
    core::hint::black_box(constant).to_string()
}
