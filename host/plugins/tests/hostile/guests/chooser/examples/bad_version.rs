//! Has a version that nobody can compare.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn identify() -> Identity {
        Identity { name: "hostile".into(), version: "latest".into(), summary: "Nothing.".into() }
    }
}

guest!(Guest);
