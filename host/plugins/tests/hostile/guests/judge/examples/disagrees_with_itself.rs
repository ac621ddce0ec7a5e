//! Finds that two equal results differ.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn equal() -> Agreement {
        Agreement::None
    }
}

guest!(Guest);
