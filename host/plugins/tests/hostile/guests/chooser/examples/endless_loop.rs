//! Never comes back.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(_: u32) -> Vec<Choice> {
        loop {
            core::hint::black_box(());
        }
    }
}

guest!(Guest);
