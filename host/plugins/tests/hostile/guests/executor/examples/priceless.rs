//! Describes prices that no sum can hold.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn describe() -> Description {
        let rates = Rates {
            input: u64::MAX,
            cached_input: None,
            cache_write: None,
            output: u64::MAX,
            reasoning: None,
            as_of: "2026-01-01".into(),
        };
        Description { models: vec![model(Some(rates))], ..description() }
    }
}

guest!(Guest);
