//! Has a file written above the folder it was given.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { files: vec![file("notes/../../authorized_keys")], ..command() }
    }
}

guest!(Guest);
