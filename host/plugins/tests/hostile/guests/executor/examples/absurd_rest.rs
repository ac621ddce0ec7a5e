//! Says that its program rests until the end of time.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn feed(_: u32) -> Vec<Event> {
        vec![Event::Limit(Limit { name: "weekly".into(), rejected: true, resets_at: Some(u64::MAX) })]
    }
}

guest!(Guest);
