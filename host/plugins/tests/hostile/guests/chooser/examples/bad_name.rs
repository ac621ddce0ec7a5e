//! Has a name that is a path.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn identify() -> Identity {
        Identity { name: "../../etc".into(), version: "1.0.0".into(), summary: "Nothing.".into() }
    }
}

guest!(Guest);
