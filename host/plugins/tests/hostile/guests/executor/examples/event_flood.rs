//! Makes a hundred thousand events of one line.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn feed(_: u32) -> Vec<Event> {
        (0..100_000).map(|_| Event::Finished).collect()
    }
}

guest!(Guest);
