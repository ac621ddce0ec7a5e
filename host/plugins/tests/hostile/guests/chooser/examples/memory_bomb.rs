//! Takes memory until there is none.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(_: u32) -> Vec<Choice> {
        let mut hoard: Vec<Vec<u8>> = Vec::new();
        loop {
            hoard.push(core::hint::black_box(vec![1; 1 << 20]));
        }
    }
}

guest!(Guest);
