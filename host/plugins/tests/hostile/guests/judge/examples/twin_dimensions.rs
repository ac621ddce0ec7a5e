//! Has one dimension twice.

#![no_std]
#![allow(unsafe_code)]

use hostile_judge::*;

struct Guest;

impl Hostile for Guest {
    fn dimensions() -> Vec<String> {
        vec!["same".into(), "same".into()]
    }
}

guest!(Guest);
