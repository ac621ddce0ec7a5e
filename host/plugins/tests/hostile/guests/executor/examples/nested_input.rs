//! Tells of a tool that was given a list in a list, a hundred thousand deep.

#![no_std]
#![allow(unsafe_code)]

use hostile_executor::*;

struct Guest;

impl Hostile for Guest {
    fn feed(_: u32) -> Vec<Event> {
        let input = ["[".repeat(100_000), "]".repeat(100_000)].concat();
        let (id, name, summary) = ("1".into(), "tool".into(), "x".into());
        vec![Event::ToolCall(ToolCall { id, name, summary, input })]
    }
}

guest!(Guest);
