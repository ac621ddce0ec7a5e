//! Has a schema that is a list.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn schema() -> String {
        "[]".into()
    }
}

guest!(Guest);
