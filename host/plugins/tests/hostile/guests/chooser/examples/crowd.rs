//! Makes more choices than there are candidates.

#![no_std]
#![allow(unsafe_code)]

use hostile_chooser::*;

struct Guest;

impl Hostile for Guest {
    fn choose(last: u32) -> Vec<Choice> {
        (0..10_000).map(|_| choice(last)).collect()
    }
}

guest!(Guest);
