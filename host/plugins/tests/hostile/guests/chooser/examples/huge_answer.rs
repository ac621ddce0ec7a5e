//! Gives a reason of eight million letters.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        vec![Choice { reason: "blah".repeat(2 << 20), ..choice(last) }]
    }
}

guest!(Guest);
