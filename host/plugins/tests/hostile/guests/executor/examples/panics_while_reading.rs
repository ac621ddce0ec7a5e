//! Panics at what it reads.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn feed(_: u32) -> Vec<Event> {
        panic!("this is no JSON");
    }
}

guest!(Guest);
