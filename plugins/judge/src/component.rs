//! The comparison as a component: the world's exports, and a note that goes to the operator's log.

#![allow(unsafe_code, reason = "the canonical ABI of the exports is generated")]

use crate::bindings::exports::jackfield::plugin::{about, judging};
use crate::bindings::jackfield::plugin::log;
use crate::facts::{Comparison, Rating, ResultInQuestion};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

struct Component;

impl about::Guest for Component {
    fn identify() -> about::Identity {
        about::Identity {
            name: "judge".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Compares results by what they changed, file by file and place by place, and names the \
                      one to keep."
                .to_owned(),
        }
    }
}

impl judging::Guest for Component {
    fn compare(results: Vec<ResultInQuestion>) -> Comparison {
        let comparison = crate::compare(&results);
        log::log(log::Level::Info, &comparison.reason);
        comparison
    }

    fn dimensions() -> Vec<String> {
        crate::dimensions()
    }

    fn rate(subject: ResultInQuestion) -> Vec<Rating> {
        crate::rate(&subject)
    }
}

crate::bindings::export!(Component with_types_in crate::bindings);
