//! Has the instruction run as a command, and says that it does not.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan_of(instruction: &str) -> Command {
        Command { argv: vec![PROGRAM.into(), "-c".into(), instruction.into()], ..command() }
    }
}

guest!(Guest);
