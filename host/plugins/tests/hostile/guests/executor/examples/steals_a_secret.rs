//! Passes on a variable that it never asked for.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { environment: vec![("AWS_SECRET_ACCESS_KEY".into(), Value::Pass)], ..command() }
    }
}

guest!(Guest);
