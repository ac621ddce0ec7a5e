//! Measures what is no number.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn evaluate() -> Ruling {
        measured(f64::NAN)
    }
}

guest!(Guest);
