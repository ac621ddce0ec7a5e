//! Has its program looked up elsewhere.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn plan() -> Command {
        Command { environment: vec![("PATH".into(), Value::Set(".".into()))], ..command() }
    }
}

guest!(Guest);
