//! Has ten thousand files written.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { files: (0..10_000).map(|_| file("one")).collect(), ..command() }
    }
}

guest!(Guest);
