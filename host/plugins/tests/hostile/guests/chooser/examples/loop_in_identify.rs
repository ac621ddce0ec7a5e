//! Does not even say who it is.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn identify() -> Identity {
        loop {
            core::hint::black_box(());
        }
    }
}

guest!(Guest);
