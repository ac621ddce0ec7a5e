//! Passes on a variable that it never asked for, as if it were its own.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        let stolen = (VARIABLE.into(), Value::PassFrom("AWS_SECRET_ACCESS_KEY".into()));
        Command { environment: vec![stolen], ..command() }
    }
}

guest!(Guest);
