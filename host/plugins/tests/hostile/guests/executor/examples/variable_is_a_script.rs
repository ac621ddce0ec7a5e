//! Describes a variable whose name is a command.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn describe() -> Description {
        let variable = Variable { name: "X=$(id)".into(), secret: false };
        Description { environment: vec![variable], ..description() }
    }
}

guest!(Guest);
