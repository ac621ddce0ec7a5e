//! Finds two thousand differences.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn compare(_: u32) -> Comparison {
        let difference = |_| Difference { subject: "answer".into(), summary: "differs".into() };
        Comparison { differences: (0..2000).map(difference).collect(), ..comparison() }
    }
}

guest!(Guest);
