//! Offers more levels than anybody can choose from.

#![no_std]
#![allow(unsafe_code)]

use hostile_compressor::*;

struct Guest;

impl Hostile for Guest {
    fn levels() -> Vec<Level> {
        (0..100).map(|_| level("one")).collect()
    }
}

guest!(Guest);
