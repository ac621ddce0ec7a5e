//! Components that do as they are told, also where they are told to fail: the task's type, the
//! instruction or the bytes fed say how. The components are the examples of this crate,
//! one world each.
//!
//! Names and versions have a fixed length, so that a test can make other components of one build by
//! writing over them in its bytes.

#![no_std]

extern crate alloc;

use alloc::string::{String, ToString};

/// What every guest calls itself.
pub const NAME: &str = "guest-name-a";
/// The version that every guest says it has.
pub const VERSION: &str = "1.4.2";

/// Whether it does as it is told; a test can write `ignores!` over it.
const MANNERS: &str = "obeys-me";

/// Whether it takes its time; a test can write `slow-pace` over it.
const PACE: &str = "good-pace";

/// What it was told, unless it does not listen.
pub fn told(how: &str) -> &str {
    if text(MANNERS).starts_with('o') { how } else { "" }
}

/// Fails if it is told to. Every other way to misbehave is a guest of its own, in `tests/hostile`.
pub fn behave(how: &str) {
    if text(PACE).starts_with('s') {
        (0..4_000_000_u32).for_each(|turn| {
            core::hint::black_box(turn);
        });
    }
    match told(how) {
        "loop" => loop {
            core::hint::black_box(());
        },
        "trap" => panic!("the guest was told to trap"),
        // Twelve megabytes, and time for others to come by.
        "hog" => {
            let taken = alloc::vec![1_u8; 12 << 20];
            (0..8_000_000_u32).for_each(|turn| {
                core::hint::black_box((turn, &taken));
            });
        }
        _ => {}
    }
}

/// Read where the compiler cannot see what it is, so that it is one piece in the data.
pub fn text(constant: &'static str) -> String {
    core::hint::black_box(constant).to_string()
}
