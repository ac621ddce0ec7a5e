//! Asks the same thing again and again.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn evaluate() -> Ruling {
        loop {
            core::hint::black_box(evidence::metric("again"));
        }
    }
}

guest!(Guest);
