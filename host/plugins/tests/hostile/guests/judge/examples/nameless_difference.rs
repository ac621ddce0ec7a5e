//! Finds a difference in nothing.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn compare(_: u32) -> Comparison {
        let differences = vec![Difference { subject: String::new(), summary: "differs".into() }];
        Comparison { differences, ..comparison() }
    }
}

guest!(Guest);
