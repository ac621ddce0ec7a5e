//! Passes what nobody described.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn nonsense() -> Result<Ruling, String> {
        Ok(ruling())
    }
}

guest!(Guest);
