//! Says that ten thousand tools were denied to it.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn finish() -> Outcome {
        Outcome { denied: (0..10_000).map(|_| String::new()).collect(), ..outcome() }
    }
}

guest!(Guest);
