//! Stops without a word.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(_: u32) -> Vec<Choice> {
        core::arch::wasm32::unreachable()
    }
}

guest!(Guest);
