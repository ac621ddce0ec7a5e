//! Wants its program to live for ever after its result.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { final_grace: u64::MAX, ..command() }
    }
}

guest!(Guest);
