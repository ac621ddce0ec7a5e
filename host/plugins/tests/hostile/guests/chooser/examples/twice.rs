//! Chooses the same one twice.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        vec![choice(last), choice(last)]
    }
}

guest!(Guest);
