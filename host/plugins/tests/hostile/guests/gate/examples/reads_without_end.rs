//! Reads the same file again and again.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn evaluate() -> Ruling {
        loop {
            core::hint::black_box(evidence::read("big", 1 << 20).map(|bytes| bytes.len()).ok());
        }
    }
}

guest!(Guest);
