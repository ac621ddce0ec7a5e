//! Writes over the whole of a list with its summary.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn identify() -> Identity {
        let summary = "I am the shipped chooser.\n".repeat(100);
        Identity { name: "hostile".into(), version: "1.0.0".into(), summary }
    }
}

guest!(Guest);
