//! Says that its attempt cost more than there is.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn finish() -> Outcome {
        Outcome { usage: Usage { cost: Some(u64::MAX), ..usage() }, ..outcome() }
    }
}

guest!(Guest);
