//! Wants one to agree with itself.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn next() -> Step {
        Step::Consensus(Consensus { candidates: vec![0], reason: "they agree".into() })
    }
}

guest!(Guest);
