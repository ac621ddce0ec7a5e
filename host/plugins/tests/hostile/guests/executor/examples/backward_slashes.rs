//! Has a file written above the folder it was given, in another notation.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { files: vec![file("..\\..\\authorized_keys")], ..command() }
    }
}

guest!(Guest);
