//! Does nothing but call the host.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(_: u32) -> Vec<Choice> {
        loop {
            log::log(log::Level::Trace, "again");
        }
    }
}

guest!(Guest);
