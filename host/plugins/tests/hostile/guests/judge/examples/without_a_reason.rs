//! Says who wins and not why.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn compare(_: u32) -> Comparison {
        Comparison { reason: " ".into(), ..comparison() }
    }
}

guest!(Guest);
