//! Gives a reason that nobody will read to its end.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        vec![Choice { reason: "blah ".repeat(2_000), ..choice(last) }]
    }
}

guest!(Guest);
