//! Plans a program that it was not granted.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { argv: vec!["sh".into(), "-c".into(), "id".into()], ..command() }
    }
}

guest!(Guest);
