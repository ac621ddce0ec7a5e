//! Offers two levels of one name.

#![no_std]
#![allow(unsafe_code)]

use hostile_compressor::*;

struct Guest;

impl Hostile for Guest {
    fn levels() -> Vec<Level> {
        vec![level("same"), level("same")]
    }
}

guest!(Guest);
