//! Describes a program by its path.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn describe() -> Description {
        let program = Program { name: "/bin/sh".into(), install: "is there".into() };
        Description { programs: vec![program], ..description() }
    }
}

guest!(Guest);
