//! Has code of its own loaded into the program.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        let preload = ("LD_PRELOAD".into(), Value::Set("./evil.so".into()));
        Command { environment: vec![preload], ..command() }
    }
}

guest!(Guest);
