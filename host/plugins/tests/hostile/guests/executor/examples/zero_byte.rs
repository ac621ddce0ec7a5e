//! Hides an argument behind a zero byte.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { argv: vec![PROGRAM.into(), "--safe\0--unsafe".into()], ..command() }
    }
}

guest!(Guest);
