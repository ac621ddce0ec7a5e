//! Writes a file whose name writes to the terminal of whoever lists it.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { files: vec![file("notes\n\u{1b}]0;title\u{7}.txt")], ..command() }
    }
}

guest!(Guest);
