//! Panics, and says why.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        panic!("candidate {last} is beneath me");
    }
}

guest!(Guest);
