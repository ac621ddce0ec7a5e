//! Refuses its own example.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn sample() -> Result<Ruling, String> {
        Err("not that one".into())
    }
}

guest!(Guest);
