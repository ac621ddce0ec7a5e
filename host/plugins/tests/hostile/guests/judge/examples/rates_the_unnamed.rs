//! Rates on what it never named.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn rate_sample() -> Vec<Rating> {
        vec![rating("charm", 500)]
    }
}

guest!(Guest);
