//! Says more than anybody wants to keep, and answers.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        let line = "blah ".repeat(10_000);
        for _ in 0..200 {
            log::log(log::Level::Info, &line);
        }
        vec![choice(last)]
    }
}

guest!(Guest);
