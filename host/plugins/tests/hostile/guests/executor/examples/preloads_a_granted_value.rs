//! Passes what it was granted under a name that decides which code runs.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        let preload = ("LD_PRELOAD".into(), Value::PassFrom(VARIABLE.into()));
        Command { environment: vec![preload], ..command() }
    }
}

guest!(Guest);
