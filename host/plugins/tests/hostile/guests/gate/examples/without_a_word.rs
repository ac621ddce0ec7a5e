//! Rules, and does not say why.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn evaluate() -> Ruling {
        Ruling { message: " ".into(), ..ruling() }
    }
}

guest!(Guest);
