//! Gives a reason that is longer than what it judged.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn compare(_: u32) -> Comparison {
        Comparison { reason: "word ".repeat(5000), ..comparison() }
    }
}

guest!(Guest);
