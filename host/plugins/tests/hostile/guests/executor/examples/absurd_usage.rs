//! Says that it used more tokens than there are.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn feed(_: u32) -> Vec<Event> {
        vec![Event::Usage(Usage { input: u64::MAX, output: u64::MAX, ..usage() })]
    }
}

guest!(Guest);
