//! Has them agree on nothing, in so many words.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn compare(_: u32) -> Comparison {
        Comparison { points_of_agreement: vec![String::new()], ..comparison() }
    }
}

guest!(Guest);
