//! Dies with last words of a million letters.

#![no_std]
#![allow(unsafe_code)]

use hostile_compressor::*;

struct Guest;

impl Hostile for Guest {
    fn compress() -> String {
        log::log(log::Level::Error, &"ouch ".repeat(200_000));
        core::arch::wasm32::unreachable()
    }
}

guest!(Guest);
