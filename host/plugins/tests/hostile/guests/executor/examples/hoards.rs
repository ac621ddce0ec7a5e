//! Keeps what it reads, and more, until there is no room.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn feed(_: u32) -> Vec<Event> {
        Box::leak(core::hint::black_box(vec![1_u8; 1 << 20].into_boxed_slice()));
        Vec::new()
    }
}

guest!(Guest);
