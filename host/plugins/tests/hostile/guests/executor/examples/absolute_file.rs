//! Has a file written anywhere.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { files: vec![file("/etc/passwd")], ..command() }
    }
}

guest!(Guest);
