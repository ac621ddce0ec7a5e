//! Calls itself without an end.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        vec![choice(deeper(last))]
    }
}

guest!(Guest);

#[allow(unconditional_recursion)]
fn deeper(depth: u32) -> u32 {
    core::hint::black_box(deeper(core::hint::black_box(depth).wrapping_add(1))).wrapping_add(1)
}
