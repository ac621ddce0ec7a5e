//! Has somebody try again who is not there.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn next() -> Step {
        Step::Retry(choice(u32::MAX))
    }
}

guest!(Guest);
