//! Makes four million letters of a short report.

#![no_std]
#![allow(unsafe_code)]

use hostile_compressor::*;

struct Guest;

impl Hostile for Guest {
    fn compress() -> String {
        "blah".repeat(1 << 20)
    }
}

guest!(Guest);
