//! Asks for a program that nobody granted.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn describe() -> Description {
        let mut description = description();
        description.programs.push(Program { name: "ssh".into(), install: "is there".into() });
        description
    }
}

guest!(Guest);
