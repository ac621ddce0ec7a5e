//! Gives no reason.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        vec![Choice { reason: " \n".into(), ..choice(last) }]
    }
}

guest!(Guest);
