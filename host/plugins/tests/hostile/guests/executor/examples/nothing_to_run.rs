//! Plans nothing.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { argv: Vec::new(), ..command() }
    }
}

guest!(Guest);
