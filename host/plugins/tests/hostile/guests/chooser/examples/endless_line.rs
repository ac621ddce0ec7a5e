//! Gives the log more in one line than it may answer in all.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        log::log(log::Level::Info, &"blah ".repeat(1_000_000));
        vec![choice(last)]
    }
}

guest!(Guest);
