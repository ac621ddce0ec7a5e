//! Gives more than full marks.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn rate() -> Vec<Rating> {
        vec![rating("dimension", 1001)]
    }
}

guest!(Guest);
