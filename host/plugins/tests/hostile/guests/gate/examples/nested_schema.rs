//! Has a schema that is an object in an object, nine thousand deep.

#![no_std]
#![allow(unsafe_code)]

use hostile_gate::*;

struct Guest;

impl Hostile for Guest {
    fn schema() -> String {
        [r#"{"a":"#.repeat(9_000), "1".into(), "}".repeat(9_000)].concat()
    }
}

guest!(Guest);
