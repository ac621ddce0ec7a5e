//! Answers well a hundred times, and then never again.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn feed(call: u32) -> Vec<Event> {
        while call > 100 {
            core::hint::black_box(());
        }
        Vec::new()
    }
}

guest!(Guest);
