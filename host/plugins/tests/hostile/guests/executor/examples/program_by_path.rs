//! Plans its own program, from a folder of its own.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { argv: vec![["./", PROGRAM].concat()], ..command() }
    }
}

guest!(Guest);
