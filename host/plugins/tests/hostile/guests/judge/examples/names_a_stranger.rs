//! Has somebody win who was not in it.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn compare(results: u32) -> Comparison {
        Comparison { winner: Some(results), ..comparison() }
    }
}

guest!(Guest);
