//! Measures infinity.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn evaluate() -> Ruling {
        measured(f64::NEG_INFINITY)
    }
}

guest!(Guest);
