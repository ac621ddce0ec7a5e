//! Has the C library load code of its own.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        let path = ("GCONV_PATH".into(), Value::Set("./evil".into()));
        Command { environment: vec![path], ..command() }
    }
}

guest!(Guest);
